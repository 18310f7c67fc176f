//! Sentences that were part of the language, or that people write for one of it, and what says the
//! same now.
//!
//! The nearest sentence by its letters may mean the opposite (`does not show`, `shows`), so that
//! what takes their place is said here, with the names of whoever wrote it.

use crate::steps::{Step, language::matching};

/// A sentence of before, and the one that takes its place: `{n}` is its parameter number n.
struct Former {
    step: Step,
    instead: &'static str,
}

const FORMER: &[Former] = &[
    Former {
        step: Step::then("the log of {service} does not show {text}", "", ""),
        instead: "for 5 seconds the log of {0} never shows {1}",
    },
    Former {
        step: Step::then("the log of {service} never shows {text}", "", ""),
        instead: "for 5 seconds the log of {0} never shows {1}",
    },
    Former {
        step: Step::then("for {duration} the log of {service} does not show {text}", "", ""),
        instead: "for {0} the log of {1} never shows {2}",
    },
    Former {
        step: Step::then("table {text} in {service} has no row with:", "", ""),
        instead: "for 2 seconds table {0} in {1} has no row with:",
    },
    Former {
        step: Step::then("service {service} is up", "", ""),
        instead: "service {0} is running",
    },
    Former {
        step: Step::then("the service {service} is running", "", ""),
        instead: "service {0} is running",
    },
    Former {
        step: Step::then("service {service} is still running", "", ""),
        instead: "service {0} is running",
    },
    Former {
        step: Step::then("service {service} was not restarted", "", ""),
        instead: "service {0} was never restarted",
    },
    Former {
        step: Step::then("service {service} has exited successfully", "", ""),
        instead: "service {0} has completed",
    },
    Former {
        step: Step::then("service {service} exited successfully", "", ""),
        instead: "service {0} has completed",
    },
    Former {
        step: Step::then("service {service} has restart policy {text}", "", ""),
        instead: "the restart policy of {0} is {1}",
    },
    Former {
        step: Step::then("service {service} is only on network {network}", "", ""),
        instead: "service {0} is on network {1} and no other",
    },
    Former {
        step: Step::then("service {service} is on network {network}", "", ""),
        instead: "service {0} is on network {1} and no other",
    },
    Former {
        step: Step::then("network {network} is internal", "", ""),
        instead: "network {0} has no way out",
    },
    Former {
        step: Step::then("service {service} publishes no ports", "", ""),
        instead: "service {0} publishes no port",
    },
    Former {
        step: Step::then("the environment variable {text} is not set in {service}", "", ""),
        instead: "variable {0} is not set in {1}",
    },
    Former {
        step: Step::then("the file {path} exists in {service}", "", ""),
        instead: "the file {0} in {1} exists",
    },
    Former {
        step: Step::then("the file {path} in {service} is owned by {text}", "", ""),
        instead: "the file {0} in {1} belongs to user {2}",
    },
    Former {
        step: Step::then("the process {text} is running in {service}", "", ""),
        instead: "a process {0} runs in {1}",
    },
    Former {
        step: Step::then("the logs of {service} do not contain {text}", "", ""),
        instead: "for 5 seconds the log of {0} never shows {1}",
    },
    Former {
        step: Step::then("the logs of {service} contain no {text}", "", ""),
        instead: "for 5 seconds the log of {0} never shows {1}",
    },
    Former {
        step: Step::then("the logs of {service} contain {text}", "", ""),
        instead: "the log of {0} shows {1}",
    },
    Former {
        step: Step::then("service {service} listens on TCP port {number}", "", ""),
        instead: "port {1} of {0} accepts connections",
    },
    Former {
        step: Step::then("service {service} listens on port {number}", "", ""),
        instead: "port {1} of {0} accepts connections",
    },
    Former {
        step: Step::then("{service} listens on TCP port {number}", "", ""),
        instead: "port {1} of {0} accepts connections",
    },
    Former {
        step: Step::when("the stack is recreated", "", ""),
        instead: "the stack is taken down and brought up again",
    },
    Former {
        step: Step::when("the whole stack is recreated", "", ""),
        instead: "the stack is taken down and brought up again",
    },
    Former {
        step: Step::when("the whole stack is taken down and brought up again", "", ""),
        instead: "the stack is taken down and brought up again",
    },
    Former {
        step: Step::when("the stack is removed and created again", "", ""),
        instead: "the stack is taken down and brought up again",
    },
    Former {
        step: Step::when("every service is removed and created again", "", ""),
        instead: "the stack is taken down and brought up again",
    },
    Former {
        step: Step::when("the whole stack is restarted", "", ""),
        instead: "the stack is restarted",
    },
    Former {
        step: Step::when("every service is restarted", "", ""),
        instead: "the stack is restarted",
    },
    Former {
        step: Step::when("all services are restarted", "", ""),
        instead: "the stack is restarted",
    },
    Former {
        step: Step::when("the {service} container is killed", "", ""),
        instead: "service {0} is killed",
    },
    Former {
        step: Step::when("{service} is cut off from the network", "", ""),
        instead: "service {0} is cut off",
    },
    Former {
        step: Step::when("service {service} is cut off from the network", "", ""),
        instead: "service {0} is cut off",
    },
    Former {
        step: Step::when("service {service} is disconnected from network {network}", "", ""),
        instead: "service {0} is cut off from network {1}",
    },
    Former {
        step: Step::when("{service} is disconnected from the network {network}", "", ""),
        instead: "service {0} is cut off from network {1}",
    },
    Former {
        step: Step::when("service {service} is reconnected to network {network}", "", ""),
        instead: "service {0} is back on network {1}",
    },
];

/// What to write in place of a sentence of before; none if it never was one.
pub(crate) fn instead(sentence: &str) -> Option<String> {
    FORMER.iter().find_map(|former| {
        let words = matching::read(&former.step, sentence)?;
        // From left to right: what somebody wrote may itself look like a number in braces.
        let mut instead = String::new();
        let mut rest = former.instead;
        while let Some((before, after)) = rest.split_once('{') {
            let (at, behind) = after.split_once('}')?;
            instead += before;
            instead += words.parameters.get(at.parse::<usize>().ok()?)?;
            rest = behind;
        }
        instead += rest;
        Some(format!("{} {instead}", former.step.keyword.word()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_before_is_answered_with_the_one_of_now_and_its_own_names() {
        for (before, now) in [
            (
                r#"the log of "web" does not show "{0}""#,
                r#"Then for 5 seconds the log of "web" never shows "{0}""#,
            ),
            (
                r#"for 3 seconds the log of "web" does not show "x""#,
                r#"Then for 3 seconds the log of "web" never shows "x""#,
            ),
            (
                r#"service "web" is only on network "front""#,
                r#"Then service "web" is on network "front" and no other"#,
            ),
            (
                r#"the logs of "web" contain no "x""#,
                r#"Then for 5 seconds the log of "web" never shows "x""#,
            ),
            (r#""db" is cut off from the network"#, r#"When service "db" is cut off"#),
            (
                r#"table "a" in "db" has no row with:"#,
                r#"Then for 2 seconds table "a" in "db" has no row with:"#,
            ),
        ] {
            assert_eq!(instead(before).as_deref(), Some(now));
        }
        assert_eq!(instead(r#"the log of "web" shows "x""#), None);
    }

    #[test]
    fn what_takes_its_place_is_a_step_and_the_old_one_is_none() {
        for former in FORMER {
            let is_step = |sentence: &str| {
                crate::steps::all().any(|step| matching::read(step, sentence).is_some())
            };
            let mut filled = former.instead.to_owned();
            for (at, kind) in former.step.parameters().enumerate() {
                let example = match kind {
                    "number" => "7",
                    "duration" => "5 seconds",
                    _ => "\"a\"",
                };
                filled = filled.replace(&format!("{{{at}}}"), example);
            }
            assert!(is_step(&filled), "{filled}");
            assert!(crate::steps::all().all(|step| step.expression != former.step.expression));
        }
    }
}
