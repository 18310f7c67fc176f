//! The sentence that somebody meant who wrote one that there is not: the nearest by what it says, with
//! the names, numbers and texts that were written put in. What was not written stays in braces.

use std::collections::BTreeSet;

use crate::{
    steps::{
        Keyword, Step,
        language::{
            candidate::{Candidate, Weights},
            matching,
            meaning::Meaning,
            phrases::PHRASES,
        },
    },
    words,
};

/// So near must a sentence be to be named; 1 is the same.
const NEAR: f64 = 0.55;

/// The sentence that comes nearest to what was written, under its keyword and with what was written
/// put in; none if nothing is near.
pub(super) fn meant(
    steps: &[&'static Step],
    keyword: Keyword,
    sentence: &str,
    has_table: bool,
) -> Option<String> {
    let phrases = PHRASES
        .iter()
        .map(|phrase| Candidate::of_phrase(phrase.keyword, phrase.said, phrase.sentence));
    let candidates: Vec<Candidate> =
        steps.iter().map(|step| Candidate::of_step(step)).chain(phrases).collect();
    let weights = Weights::new(&candidates);
    let mut written = Meaning::of(sentence);
    weights.spelt(&mut written);
    let mut best: Option<(f64, String)> = None;
    for candidate in &candidates {
        let (near, mut filled) = candidate.nearness(keyword, has_table, &written, &weights);
        if near >= NEAR && best.as_ref().is_none_or(|(nearest, _)| near > *nearest) {
            // Another way to say a sentence waits as long as the sentence does.
            if let Some(time) = &written.within {
                let waits = format!("{filled} within {time}");
                let open = [("{service}", "\"a\""), ("{text}", "\"a\""), ("{port}", "port 1")];
                let sentence = waits.split_once(' ').map_or("", |(_, sentence)| sentence);
                let whole = open
                    .iter()
                    .fold(sentence.to_owned(), |all, (place, some)| all.replace(place, some));
                if steps.iter().any(|step| matching::read(step, &whole).is_some()) {
                    filled = waits;
                }
            }
            best = Some((near, filled));
        }
    }
    best.map(|(_, sentence)| sentence)
        .or_else(|| misspelt(&candidates, keyword, sentence, &written))
}

/// The sentence nearest by its letters.
fn misspelt(
    candidates: &[Candidate],
    keyword: Keyword,
    sentence: &str,
    written: &Meaning,
) -> Option<String> {
    const LIKELY: f64 = 0.8;
    let bare = |sentence: &str, marks: [char; 2]| -> String {
        sentence.split(marks).step_by(2).collect::<Vec<_>>().join("_")
    };
    let here = bare(sentence, ['"', '"']);
    candidates
        .iter()
        .filter(|candidate| candidate.keyword == keyword && candidate.is_as_strict(written))
        .map(|candidate| {
            (words::likeness(&here, &bare(&candidate.sentence, ['{', '}'])), candidate)
        })
        .filter(|(likeness, _)| *likeness >= LIKELY)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.filled(&candidate.places(&written.arguments), written))
}

/// The steps that words come nearest to, best first: none if they have nothing to do with any.
pub(super) fn about(steps: &[&'static Step], asked: &str) -> Vec<&'static Step> {
    let candidates: Vec<Candidate> = steps.iter().map(|step| Candidate::of_step(step)).collect();
    let mut weights = Weights::new(&candidates);
    let meanings: Vec<BTreeSet<String>> = steps
        .iter()
        .map(|step| Meaning::of_expression(&format!("{} {}", step.expression, step.meaning)).ideas)
        .collect();
    for idea in meanings.iter().flatten() {
        weights.sentences.entry(idea.clone()).or_insert(1);
    }
    let mut asked = Meaning::of(asked);
    weights.spelt(&mut asked);
    let mut near: Vec<(f64, &'static Step)> = Vec::new();
    for ((step, candidate), meaning) in steps.iter().zip(&candidates).zip(&meanings) {
        let shared = |ideas: &BTreeSet<String>| -> f64 {
            ideas.intersection(&asked.ideas).map(|idea| weights.weight(idea)).sum()
        };
        let said = shared(&candidate.meaning.ideas).mul_add(2.0, shared(meaning));
        if said > 0.0 {
            near.push((said, step));
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().map(|(_, step)| step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::language::arguments::KINDS;

    fn meant_by(keyword: Keyword, sentence: &str) -> Option<String> {
        meant(&crate::steps::all().collect::<Vec<_>>(), keyword, sentence, false)
    }

    #[test]
    fn what_was_written_is_put_into_what_is_meant() {
        for (written, meant) in [
            ("the status code should be 404", "the response is 404"),
            ("it responds with 401 or 403", "the response is 401 or 403"),
            (
                "the service \"api\" can reach \"db\" on port 1",
                "service \"api\" reaches \"db\" on port 1",
            ),
            ("\"api\" can connect to \"db:5432\"", "service \"api\" reaches \"db\" on port 5432"),
            ("\"a\" cannot reach \"b\"", "service \"a\" does not reach \"b\" on port {number}"),
            ("the logs of \"a\" contain \"x\"", "the log of \"a\" shows \"x\""),
            (
                "the logs of \"a\" contain no \"x\"",
                "for 5 seconds the log of \"a\" never shows \"x\"",
            ),
            ("the log of \"{1}\" contains \"<0>\"", "the log of \"{1}\" shows \"<0>\""),
            ("2 containers of \"api\" are running", "service \"api\" has 2 replicas"),
            ("the JSON path \"$.a.b\" equals true", "the response field \"a.b\" is \"true\""),
            ("only \"web\" exposes ports", "no service but \"web\" publishes a port"),
            ("service \"a\" must run as user \"b\"", "service \"a\" runs as user \"b\""),
            (
                "service \"a\" has label \"x.y\" with value \"z\"",
                "\"services.a.labels.[x.y]\" is \"z\"",
            ),
            (
                "the table \"votes\" has at least 3 rows",
                "table \"votes\" in {service} has at least 3 rows",
            ),
            (
                "\"http://localhost:8080/a\" returns 200",
                "\"/a\" on host port 8080 of {service} answers 200",
            ),
            (
                "\"https://web:8443/\" responds with 401 or 403",
                "\"/\" on TLS port 8443 of \"web\" answers 401 or 403",
            ),
            (
                "the memory limit of \"a\" is 256 MB",
                "every \"services.a.mem_limit\" is at most 256 MiB",
            ),
            (
                "\"http://localhost/a/\" answers within 5 seconds",
                "a request for \"/a/\" succeeds within 5 seconds",
            ),
            (
                "the certificate on port 443 does not expire within 30 days",
                "the certificate on port 443 of {service} is valid for at least 30 days",
            ),
            (
                "\"http://a.test/\" redirects to \"https://a.test/\"",
                "\"/\" on port 80 of {service} redirects to \"https://a.test/\"",
            ),
            (
                "\"http://a:81/x\" returns 200 from inside \"b\"",
                "\"/x\" on port 81 of \"a\" answers 200 from inside \"b\"",
            ),
            (
                "\"http://a:81/x\" from \"b\" contains \"c\"",
                "\"/x\" on port 81 of \"a\" contains \"c\" from inside \"b\"",
            ),
            (
                "\"a\" resolves to \"b\" inside the network \"c\"",
                "the name \"a\" resolves to \"b\" on network \"c\"",
            ),
            ("service \"a\" has restarted once", "service \"a\" was restarted 1 time"),
            (
                "service \"a\" uses less than 5 MB of memory",
                "service \"a\" uses less than 5 MiB of memory",
            ),
            (
                "ports 1, 2 and 3 are only bound to localhost",
                "host ports 1, 2 and 3 are published on the loopback interface only",
            ),
            (
                "the RabbitMQ user \"a\" does not exist",
                "RabbitMQ in service {service} has no user \"a\"",
            ),
            ("the RabbitMQ queue \"a\" is durable", "queue \"a\" in {service} is durable"),
            (
                "the queue \"a\" has 0 messages within 15 seconds",
                "queue \"a\" in {service} has exactly 0 messages within 15 seconds",
            ),
            ("\"a\" listens on TCP port 5140", "port 5140 of \"a\" accepts connections"),
            ("evry srvice is helthy", "every service is healthy"),
        ] {
            let expected = format!("Then {meant}");
            assert_eq!(
                meant_by(Keyword::Then, written).as_deref(),
                Some(expected.as_str()),
                "{written}"
            );
        }
    }

    #[test]
    fn nothing_is_named_that_says_less_or_the_contrary() {
        for written in [
            "all Prometheus targets are up",
            "the MongoDB database \"a\" exists",
            "the bucket \"uploads\" is empty",
            "",
            "\"",
            "{0} {1}",
        ] {
            assert_eq!(meant_by(Keyword::Then, written), None, "{written}");
        }
        let asked = |sentence: &str| meant_by(Keyword::When, sentence);
        assert_eq!(
            asked("I GET \"http://localhost:8080/\"").as_deref(),
            Some("When \"/\" on host port 8080 of {service} is requested"),
        );
    }

    #[test]
    fn every_phrase_leads_to_a_sentence_that_there_is() {
        for phrase in PHRASES {
            let candidate = Candidate::of_phrase(phrase.keyword, phrase.said, phrase.sentence);
            let mut sentence = phrase.sentence.to_owned();
            let value = |kind: &str| match kind {
                "number" => "7".to_owned(),
                "quantity" => "7 MiB".to_owned(),
                "port" => "port 7".to_owned(),
                "ports" => "7 and 8".to_owned(),
                "path" => "\"/a\"".to_owned(),
                "statuses" => "200".to_owned(),
                "duration" => "5 days".to_owned(),
                _ => "\"a\"".to_owned(),
            };
            for (at, kind) in candidate.kinds.iter().enumerate() {
                let value = value(kind);
                sentence = sentence.replace(&format!("<{at}>"), value.trim_matches('"'));
                sentence = sentence.replace(&format!("{{{at}}}"), &value);
            }
            for kind in KINDS {
                sentence = sentence.replace(&format!("{{{}}}", kind.name), &value(kind.name));
            }
            let is_it = |step: &Step| {
                step.keyword == phrase.keyword && matching::read(step, &sentence).is_some()
            };
            assert!(crate::steps::all().any(is_it), "{sentence}");
        }
    }

    #[test]
    fn a_word_that_no_sentence_has_still_leads_somewhere() {
        let steps: Vec<&'static Step> = crate::steps::all().collect();
        let first = |words: &str| about(&steps, words).first().map(|step| step.expression);
        assert!(first("postgres").is_some_and(|expression| expression.contains("database")));
        assert!(first("exposed").is_some_and(|expression| expression.contains("publish")));
        assert_eq!(first("zzz"), None);
    }
}
