//! What a sentence needs to have happened before it: no response without a request.
//!
//! Known from the words alone, so that a scenario which speaks of what nobody asked for is an error
//! before anything starts.

use crate::steps::Step;

/// Something that a scenario does once and speaks of later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed {
    /// What later sentences speak of, for people.
    pub what: &'static str,
    /// What to write before.
    pub help: &'static str,
    /// How the sentences begin that do it.
    does: &'static [&'static str],
    /// How the sentences begin that speak of it.
    speaks: &'static [&'static str],
}

/// How the sentences begin that send a request and judge the answer themselves.
const ASKS: &str = "{path} on {port} of {service} ";

/// Whether a sentence sets what the next request carries.
#[must_use]
pub fn prepares_a_request(step: &Step) -> bool {
    step.expression.starts_with("the next request ")
}

/// Whether a sentence sends a request that carries what was set before.
#[must_use]
pub fn sends_a_request(step: &Step) -> bool {
    DEEDS[0].is_done_by(step) || step.expression.starts_with(ASKS)
}

/// In the order of a scenario.
pub static DEEDS: &[Deed] = &[
    Deed {
        what: "a request",
        help: "say `When the browser requests \"/\"` before",
        does: &[
            "the browser requests",
            "another browser requests",
            "the browser sends",
            "a request for",
            "the browser asks whether",
            "the page ",
            "{number} requests for",
            "requests for",
            "the browser opens the websocket",
            "{path} on {port} of {service} is requested",
            "{method} {path} is sent to {port}",
        ],
        speaks: &[
            "the response ",
            "the request ",
            "every query of the request",
            "the browser asks whether",
            "the browser forgets its cookies",
        ],
    },
    Deed {
        what: "a websocket",
        help: "say `When a websocket opens to \"/\" on port 80 of \"web\"` before",
        does: &["the browser opens the websocket", "a websocket opens to "],
        speaks: &["the websocket ", "{text} is sent on the websocket"],
    },
    Deed {
        what: "a subscriber",
        help: "say `When a subscriber listens to channel \"…\" in \"cache\"` before",
        does: &["a subscriber listens"],
        speaks: &["the subscriber "],
    },
    Deed {
        what: "rows",
        help: "say `Then table \"…\" in \"…\" has exactly 3 rows with:` before",
        does: &["table {text} in {service} has exactly"],
        speaks: &["these rows "],
    },
];

impl Deed {
    /// Whether a sentence speaks of it.
    #[must_use]
    pub fn is_spoken_of(&self, step: &Step) -> bool {
        self.speaks.iter().any(|words| step.expression.starts_with(words))
    }

    /// Whether a sentence does it.
    #[must_use]
    pub fn is_done_by(&self, step: &Step) -> bool {
        self.does.iter().any(|words| step.expression.starts_with(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::{all, language::matching};

    #[test]
    fn what_to_write_before_is_a_sentence_under_its_keyword() {
        for deed in DEEDS {
            let said = deed.help.split('`').nth(1).expect("a sentence");
            let (keyword, sentence) = said.split_once(' ').expect("a keyword");
            let is_it = |step: &Step| {
                step.keyword.word() == keyword && matching::read(step, sentence).is_some()
            };
            assert!(all().any(is_it), "{said}");
        }
    }

    #[test]
    fn every_beginning_is_that_of_a_step() {
        for deed in DEEDS {
            for words in deed.does.iter().chain(deed.speaks).chain(&[ASKS]) {
                assert!(all().any(|step| step.expression.starts_with(words)), "{words}");
            }
        }
        assert!(all().any(prepares_a_request));
    }
}
