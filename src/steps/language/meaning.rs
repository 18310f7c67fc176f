//! What a sentence is about, whatever its words: its ideas, what it denies, how it compares, and what
//! was written into it. Two sentences of one meaning come close here, also where no letter is the same.

use std::collections::BTreeSet;

use crate::steps::language::scan;

/// Words that carry no meaning of their own between the others.
const SMALL: &str = "a an and any are as at be been being by can do does equals for from had has have i in is \
    it its json keeps must of on one or service services shall should still that the there \
    these this to was we were will with successfully correctly again port ports redis rabbitmq still";

/// In what amounts are measured.
const UNITS: &str = "second seconds s ms milliseconds minute minutes min m hour hours day days kB KB KiB MB MiB GB GiB";

/// Words before others that deny.
const DENY: &[&str] =
    &["not", "no", "never", "none", "cannot", "isn't", "doesn't", "can't", "without"];

/// Words that compare: they must be the same on both sides.
const COMPARE: &[&str] = &["least", "most", "less", "more", "fewer", "only"];

/// Several words that are one idea, the longer before the shorter.
const TOGETHER: &[(&str, &str)] = &[
    ("", ""),
    ("no other service than", "only"),
    ("no service but", "only"),
    ("no older version", "only"),
    ("or newer only", "only"),
    ("to no other", "only"),
    ("and no other", "only"),
    ("and nothing else", ""),
    ("mariadb query", "query"),
    ("mysql query", "query"),
    ("sql query", "query"),
    ("postgres query", "query"),
    ("expire within", "expire"),
    ("expires within", "expire"),
    ("json path", "response field"),
    ("json field", "response field"),
    ("log in", "login"),
    ("content type", "content-type"),
    ("accepts connections", "takes"),
    ("can connect to", "reach"),
    ("connect to", "reach"),
    ("connects to", "reach"),
    ("talks to", "reach"),
    ("can talk to", "reach"),
    ("depends on", "wait"),
    ("starts after", "wait"),
    ("started after", "wait"),
    ("waits for", "wait"),
    ("waits until", "wait"),
    ("environment variable", "variable"),
    ("env variable", "variable"),
    ("env var", "variable"),
    ("health check", "healthcheck"),
    ("health checks", "healthcheck"),
    ("host name", "hostname"),
    ("read only", "read-only"),
    ("ran to completion", "completed"),
    ("to the host", ""),
    ("on the host", ""),
    ("restart policy", "restart-policy"),
    ("restart policies", "restart-policy"),
    ("same image", "same-image"),
    ("response body", "response"),
];

/// Ideas, and the words for each.
const SAME: &[(&str, &str)] = &[
    ("request", "request requests requested requesting call calls fetch fetches visit visits"),
    (
        "response",
        "response responds respond answer answers answered return returns returning status code reply replies get gets page",
    ),
    ("contain", "contains contain includes include shows show mentions mention"),
    ("run", "runs run running ran up alive"),
    ("publish", "publishes publish published exposes expose exposed"),
    ("reach", "reach reaches reached reachable"),
    ("log", "log logs logged"),
    ("complete", "completed completes complete finished finishes done"),
    ("exist", "exists exist present there"),
    ("own", "owns owner owned"),
    ("mount", "mounts mount mounted kept stores stored"),
    ("on-network", "attached joined connected"),
    ("every", "every each all"),
    ("exactly", "exactly precisely"),
    ("use", "use uses used using"),
    ("secret", "secret secrets password passwords credential credentials"),
    ("container", "container containers replica replicas instance instances"),
    ("store", "postgres postgresql mysql mariadb sql database databases"),
    ("start", "start starts started"),
    ("stop", "stop stops stopped"),
    ("kill", "kill kills killed"),
    ("succeed", "succeeds succeed works ok"),
    ("image", "image images"),
    ("item", "item items element elements"),
    ("entry", "entry entries"),
    ("file", "file files directory directories"),
];

/// What was written into a sentence, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    /// As it stands, quotes included; of a parameter its kind.
    pub text: String,
    /// The word before it.
    pub before: String,
    /// The word behind it.
    pub behind: String,
    /// Whether it is a part of the argument before it, as the port of an address.
    pub part: bool,
}

/// A sentence by what it means.
#[derive(Debug, Default)]
pub(super) struct Meaning {
    /// Its ideas.
    pub ideas: BTreeSet<String>,
    /// Whether it denies.
    pub denies: bool,
    /// How it compares.
    pub compares: BTreeSet<String>,
    /// What was written into it.
    pub arguments: Vec<Argument>,
    /// The time at its beginning or end: `5 seconds`.
    pub within: Option<String>,
}

/// The idea of a word; none if it carries none.
pub(super) fn idea(word: &str) -> Option<String> {
    // In capitals it is a method of HTTP; else people get answers.
    if word == "GET" {
        return Some("request".into());
    }
    let word = word.to_lowercase();
    if let Some((idea, _)) =
        SAME.iter().find(|(_, words)| words.split(' ').any(|other| other == word))
    {
        return Some((*idea).to_owned());
    }
    if SMALL.split(' ').any(|small| small == word) {
        return None;
    }
    Some(stem(&word).to_owned())
}

/// A word without the end that grammar gives it.
pub(super) fn stem(word: &str) -> &str {
    if word.len() > 3 && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is") {
        word.strip_suffix("ies").or_else(|| word.strip_suffix('s')).unwrap_or(word)
    } else {
        word
    }
}

impl Meaning {
    /// Of a sentence that somebody wrote.
    pub(super) fn of(sentence: &str) -> Self {
        Self::read(sentence, written)
    }

    /// Of an expression: its arguments are its parameters, in braces.
    pub(super) fn of_expression(expression: &str) -> Self {
        let parameter =
            |rest: &str, _: Option<&String>| rest.strip_prefix('{')?.find('}').map(|end| end + 2);
        Self::read(expression, parameter)
    }

    /// Of another way to say something: its numbers are arguments, too, which must be the same.
    pub(super) fn of_phrase(said: &str) -> Self {
        let argument = |rest: &str, last: Option<&String>| match rest.strip_prefix('{') {
            Some(inner) => inner.find('}').map(|end| end + 2),
            None => written(rest, last).filter(|_| rest.starts_with(|c: char| c.is_ascii_digit())),
        };
        Self::read(said, argument)
    }

    fn read(sentence: &str, argument: impl Fn(&str, Option<&String>) -> Option<usize>) -> Self {
        let mut meaning = Self::default();
        let mut words: Vec<String> = Vec::new();
        let mut rest = sentence;
        while let Some(letter) = rest.chars().next() {
            let length = argument(rest, words.last());
            if let Some(length) = length {
                let text = rest[..length].to_owned();
                let expires =
                    words.iter().rev().nth(1).is_some_and(|word| word.starts_with("expire"));
                if !expires && words.last().is_some_and(|word| word == "within") {
                    words.pop();
                    meaning.within = Some(text);
                } else {
                    let before = words.last().cloned().unwrap_or_default();
                    let mut found =
                        vec![Argument { text, before, behind: String::new(), part: false }];
                    parts(&mut found);
                    meaning.arguments.append(&mut found);
                    words.push(String::new());
                }
                rest = &rest[length..];
                continue;
            }
            let length = scan::run(rest, is_of_word);
            if length == 0 {
                rest = &rest[letter.len_utf8()..];
                continue;
            }
            let word = rest[..length].trim_end_matches('.');
            if let Some(last) = meaning.arguments.last_mut().filter(|last| last.behind.is_empty())
                && words.last().is_some_and(String::is_empty)
            {
                word.clone_into(&mut last.behind);
            }
            words.push(word.to_owned());
            rest = &rest[length..];
        }
        words.retain(|word| !word.is_empty());
        meaning.think(&words);
        meaning
    }

    fn think(&mut self, words: &[String]) {
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let mut at = 0;
        while at < words.len() {
            let here = |many: &str| {
                let count = many.split(' ').count();
                lower[at..].iter().map(String::as_str).take(count).eq(many.split(' '))
            };
            let together = TOGETHER.iter().find(|(many, _)| here(many));
            let Some((many, one)) = together else {
                self.add(&words[at]);
                at += 1;
                continue;
            };
            one.split_whitespace().for_each(|word| self.add(word));
            at += many.split(' ').count();
        }
    }

    fn add(&mut self, word: &str) {
        let lower = word.to_lowercase();
        if DENY.contains(&lower.as_str()) {
            self.denies = true;
        } else if COMPARE.contains(&lower.as_str()) {
            self.compares.insert(lower);
        } else {
            self.ideas.extend(idea(word));
        }
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '\'' | '.')
}

/// How many bytes at the start are something written into the sentence.
fn written(rest: &str, last: Option<&String>) -> Option<usize> {
    let first = rest.chars().next()?;
    match first {
        '"' => scan::names(rest).max(scan::quoted(rest)),
        't' | 'f' => {
            let word = &rest[..scan::run(rest, is_of_word)];
            matches!(word, "true" | "false").then_some(word.len())
        }
        '0'..='9' => {
            if last.is_some_and(|word| word.eq_ignore_ascii_case("TLS")) {
                return None;
            }
            let numbers = match last {
                Some(word) if word == "ports" => scan::ports(rest)?,
                _ => scan::numbers(rest, " or ")?,
            };
            let behind = &rest[numbers..];
            if behind.starts_with(is_of_word)
                && !behind.starts_with(|c: char| c.is_ascii_alphabetic())
            {
                return None;
            }
            let unit = behind.strip_prefix(' ').unwrap_or(behind);
            let unit = &unit[..scan::run(unit, |letter| letter.is_ascii_alphabetic())];
            if UNITS.split(' ').any(|known| known == unit) {
                let space = behind.len() - behind.trim_start_matches(' ').len();
                return Some(numbers + space.min(1) + unit.len());
            }
            Some(numbers)
        }
        _ => None,
    }
}

/// The path, port and host of an address stand behind it as arguments of their own.
fn parts(found: &mut Vec<Argument>) {
    let Some(whole) = found.first().cloned() else { return };
    let Some(inner) = whole.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return;
    };
    if let Some(field) = inner.strip_prefix("$.") {
        found[0].text = format!("\"{field}\"");
        return;
    }
    let piece = |text: String, before: &str| Argument {
        text,
        before: before.to_owned(),
        part: true,
        ..whole.clone()
    };
    let (scheme, address) = inner.split_once("://").unzip();
    let (host, path) = match address {
        Some(rest) => rest.find('/').map_or((rest, "/"), |at| rest.split_at(at)),
        None => (inner, ""),
    };
    let (name, port) = match host.split_once(':') {
        Some((name, port))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            (name, Some(port))
        }
        _ => (host, None),
    };
    if address.is_none() && port.is_none() {
        return;
    }
    if !path.is_empty() {
        found.push(piece(format!("\"{path}\""), &whole.before));
    }
    let is_host = matches!(name, "localhost" | "127.0.0.1");
    let tls = matches!(scheme, Some("https" | "wss"));
    let implied = if tls { "443" } else { "80" };
    let port = port.or_else(|| (scheme.is_some() && !is_host).then_some(implied));
    if let Some(port) = port {
        let before = match (tls, is_host) {
            (true, true) => "TLS host port",
            (true, false) => "TLS port",
            (false, true) => "host port",
            (false, false) => "port",
        };
        found.push(piece(port.to_owned(), before));
    }
    // A name with a domain is that of a site, which some service serves.
    if !is_host && !name.contains('.') {
        found.push(piece(format!("\"{name}\""), "service"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_one_meaning_have_the_same_ideas() {
        for (one, other) in [
            ("the status code should be 200", "the response is {statuses}"),
            ("the logs of \"a\" contain \"x\"", "the log of {service} shows {text}"),
            (
                "service \"a\" can connect to \"b\" on port 1",
                "service {service} reaches {service} on port {number}",
            ),
            ("only \"a\" publishes ports", "no service but {services} publishes a port"),
        ] {
            let (one, other) = (Meaning::of(one), Meaning::of_expression(other));
            assert_eq!(one.ideas, other.ideas);
            assert_eq!((one.denies, one.compares), (other.denies, other.compares));
            assert_eq!(one.arguments.len(), other.arguments.len());
        }
        assert!(Meaning::of("\"a\" cannot reach \"b\"").denies);
    }

    #[test]
    fn an_address_is_also_its_path_its_port_and_its_host() {
        let texts = |sentence: &str| -> Vec<String> {
            Meaning::of(sentence).arguments.into_iter().map(|argument| argument.text).collect()
        };
        assert_eq!(
            texts("I GET \"http://web:81/x\""),
            ["\"http://web:81/x\"", "\"/x\"", "81", "\"web\""]
        );
        assert_eq!(texts("I GET \"http://localhost\""), ["\"http://localhost\"", "\"/\""]);
        assert_eq!(texts("ports 1, 2 and 3 of \"a\""), ["1, 2 and 3", "\"a\""]);
        assert_eq!(texts("\"a\" reaches \"db:1\""), ["\"a\"", "\"db:1\"", "1", "\"db\""]);
        assert_eq!(texts("\"a\", \"b\" and \"c\" hold 3 MB"), ["\"a\", \"b\" and \"c\"", "3 MB"]);
        assert_eq!(Meaning::of("it runs within 5 seconds").within.as_deref(), Some("5 seconds"));
    }
}
