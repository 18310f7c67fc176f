//! Values that only some texts and numbers can be: a restart policy, a file's mode, the name of a
//! header. What is none of them could never be so, or, denied, would always be: it is refused when
//! the features are read, on its place in the sentence.

use regex::Regex;
use reqwest::header::{HeaderName, HeaderValue};
use rustls::pki_types::ServerName;

use super::{empty::surroundings, rows::RowFault};
use crate::{
    steps::{Arguments, Block, Step, Value},
    words::{did_you_mean, quoted_list},
};

/// What is wrong with a value, and what to write.
type Wrong = (String, String);

/// What a value behind these words has to be.
struct Rule {
    /// The end of what stands before it.
    after: &'static str,
    /// Says what is wrong with it.
    judge: fn(&Value) -> Result<(), Wrong>,
}

const RULES: &[Rule] = &[
    Rule { after: "restart policy of {service} is ", judge: |value| text(value, restart) },
    Rule { after: " waits until {service} is ", judge: |value| text(value, state) },
    Rule { after: " has mode ", judge: |value| text(value, mode) },
    Rule { after: " response header ", judge: |value| text(value, header) },
    Rule { after: " has header ", judge: |value| text(value, header) },
    Rule { after: " has no header ", judge: |value| text(value, header) },
    Rule { after: " cookie ", judge: |value| text(value, cookie) },
    Rule { after: " with subprotocol ", judge: |value| text(value, subprotocol) },
    Rule { after: " accepting ", judge: |value| text(value, header_value) },
    Rule { after: " matches ", judge: |value| text(value, pattern) },
    Rule { after: " valid for ", judge: |value| text(value, domain) },
    Rule { after: "the name ", judge: |value| text(value, domain) },
    Rule { after: "query ", judge: |value| text(value, question) },
    Rule { after: " TLS 1.", judge: version },
    Rule { after: "port ", judge: port },
];

/// What is wrong with a parameter of a sentence: its number, why, and what to write.
pub(super) fn refuse(step: &Step, arguments: &Arguments) -> Result<(), (usize, Wrong)> {
    for (at, (value, (before, _))) in
        arguments.values.iter().zip(surroundings(step.expression)).enumerate()
    {
        for rule in RULES.iter().filter(|rule| before.ends_with(rule.after)) {
            (rule.judge)(value).map_err(|wrong| (at, wrong))?;
        }
    }
    Ok(())
}

/// What is wrong with a row of a table whose cells are of a grammar.
pub(super) fn refuse_row(step: &Step, arguments: &Arguments) -> Option<RowFault> {
    if step.block != Block::Pairs || !step.expression.ends_with(" has the headers:") {
        return None;
    }
    arguments.pairs().iter().enumerate().find_map(|(row, (name, value))| {
        let judged = header(name).and_then(|()| header_value(value));
        judged.err().map(|(why, help)| RowFault { row, why, help })
    })
}

fn text(value: &Value, judge: fn(&str) -> Result<(), Wrong>) -> Result<(), Wrong> {
    match value {
        Value::Text(text) => judge(text),
        _ => Ok(()),
    }
}

/// Whether a value of the scenario is put in later: what it will be is not known yet.
fn is_open(text: &str) -> bool {
    text.contains('{')
}

fn one_of(text: &str, what: &str, all: &[&str]) -> Result<(), Wrong> {
    if all.contains(&text) {
        return Ok(());
    }
    let help = did_you_mean(text, all.iter().copied()).map_or_else(
        || format!("there are {}", quoted_list(all.iter().copied())),
        |near| format!("did you mean \"{near}\"?"),
    );
    Err((format!("\"{text}\" is no {what}"), help))
}

fn restart(text: &str) -> Result<(), Wrong> {
    const ALL: [&str; 5] = ["no", "always", "unless-stopped", "on-failure", "on-failure:3"];
    match text.strip_prefix("on-failure:").map(str::parse::<u32>) {
        Some(Ok(attempts)) if attempts > 0 => Ok(()),
        _ => one_of(text, "restart policy", &ALL),
    }
}

fn state(text: &str) -> Result<(), Wrong> {
    let what = "state that a service is waited for to be in";
    one_of(text, what, &["started", "healthy", "completed"])
}

/// A mode as `rw-r--r--`, in octal digits.
fn of_letters(text: &str) -> Option<String> {
    let text = if text.len() == 10 { text.get(1..)? } else { text };
    let fits =
        |(at, letter): (usize, char)| letter == '-' || "rwxrwxrwx".as_bytes()[at] as char == letter;
    if text.chars().count() != 9 || !text.char_indices().all(fits) {
        return None;
    }
    let bits = text.chars().fold(0_u32, |bits, letter| bits << 1 | u32::from(letter != '-'));
    Some(format!("0{bits:03o}"))
}

fn mode(text: &str) -> Result<(), Wrong> {
    let is_octal = text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    if is_octal && (3..=4).contains(&text.len()) {
        return Ok(());
    }
    let help = of_letters(text).map_or_else(
        || "write three or four digits from 0 to 7, as in \"0600\"".to_owned(),
        |octal| format!("did you mean \"{octal}\"?"),
    );
    Err((format!("\"{text}\" is no mode of a file"), help))
}

/// A token of HTTP ("5.6.2. Tokens" of RFC 9110), as the name of a header is.
fn token(text: &str, what: &str) -> Result<(), Wrong> {
    if HeaderName::from_bytes(text.as_bytes()).is_ok() {
        return Ok(());
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let near: String = text
        .trim_matches(|letter| !plain(letter))
        .chars()
        .map(|letter| if plain(letter) { letter } else { '-' })
        .collect();
    let help = if near.is_empty() || near == text {
        "letters, digits and - are in one, and neither spaces nor colons".to_owned()
    } else {
        format!("did you mean \"{near}\"?")
    };
    Err((format!("\"{text}\" is no {what}"), help))
}

fn header(text: &str) -> Result<(), Wrong> {
    token(text, "name of an HTTP header")
}

fn cookie(text: &str) -> Result<(), Wrong> {
    token(text, "name of a cookie")
}

fn subprotocol(text: &str) -> Result<(), Wrong> {
    token(text, "name of a subprotocol")
}

fn header_value(text: &str) -> Result<(), Wrong> {
    if HeaderValue::from_str(text).is_ok() {
        return Ok(());
    }
    let help = "letters, digits, signs and spaces are in one, and no line end";
    Err((format!("\"{text}\" is no value of an HTTP header"), help.to_owned()))
}

fn pattern(text: &str) -> Result<(), Wrong> {
    Regex::new(text).map(drop).map_err(|why| {
        // Its last line says what is wrong, those above it show where.
        let why = why.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let help = format!("{why}; \\\\ stands for one backslash");
        (format!("\"{text}\" is no regular expression"), help)
    })
}

fn domain(text: &str) -> Result<(), Wrong> {
    if is_open(text) || ServerName::try_from(text).is_ok() {
        return Ok(());
    }
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split(['/', ':']).next().unwrap_or_default();
    let help = if bare != text && ServerName::try_from(bare).is_ok() {
        format!("did you mean \"{bare}\"?")
    } else {
        "write it as \"shop.example.org\"".to_owned()
    };
    Err((format!("\"{text}\" is no name of a server"), help))
}

fn question(text: &str) -> Result<(), Wrong> {
    if is_open(text) {
        return Ok(());
    }
    reads_only(text)
}

/// Refuses a statement that is there to do something: a transaction that may only read does not keep
/// a server from running a program (`COPY … TO PROGRAM`) or writing a file.
///
/// # Errors
/// What is wrong with it, and what to write.
pub(in crate::steps) fn reads_only(statement: &str) -> Result<(), (String, String)> {
    const READS: [&str; 8] =
        ["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC"];
    let bare = statement.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '(');
    let end = bare.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(bare.len());
    let first = bare[..end].to_uppercase();
    if READS.contains(&first.as_str()) {
        return Ok(());
    }
    Err((
        format!("{statement} is no question: a query may only read"),
        format!("begin it with one of {}, and with no comment before it", READS.join(", ")),
    ))
}

fn version(value: &Value) -> Result<(), Wrong> {
    match value {
        Value::Number(minor) if *minor > 3 => Err((
            format!("there is no TLS 1.{minor}"),
            "the versions are TLS 1.0, TLS 1.1, TLS 1.2 and TLS 1.3".to_owned(),
        )),
        _ => Ok(()),
    }
}

fn port(value: &Value) -> Result<(), Wrong> {
    match value {
        Value::Number(number) if *number > u64::from(u16::MAX) => {
            Err((format!("{number} is no port"), "ports go from 1 to 65535".to_owned()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::{Vocabulary, all, language::vocabulary::Misunderstood};

    /// What a sentence comes to: what is wrong, where and what to write.
    fn read(sentence: &str) -> Result<(), (String, String, String)> {
        let feature = format!("Feature: f\n  Scenario: s\n    {sentence}\n");
        let feature =
            gherkin::Feature::parse(feature, gherkin::GherkinEnv::default()).expect("a feature");
        let step = &feature.scenarios[0].steps[0];
        match Vocabulary::default().find(step) {
            Ok(_) => Ok(()),
            Err(Misunderstood::Wrong { why, at, help }) => {
                let at = at.map(|at| step.value[at].to_owned());
                Err((why, at.unwrap_or_default(), help.unwrap_or_default()))
            }
            Err(Misunderstood::Row(RowFault { row, why, help })) => {
                Err((why, format!("row {row}"), help))
            }
            Err(why) => panic!("{sentence}: {why:?}"),
        }
    }

    #[test]
    fn what_could_never_be_so_is_refused_in_its_place() {
        for (sentence, says, place, help) in [
            (
                r#"Then the restart policy of "a" is "allways""#,
                "no restart policy",
                "\"allways\"",
                "did you mean \"always\"?",
            ),
            (
                r#"Then the restart policy of "a" is "on-failure:0""#,
                "no restart policy",
                "\"on-failure:0\"",
                "did you mean \"on-failure:3\"?",
            ),
            (
                r#"Then service "a" waits until "b" is helthy"#,
                "no state",
                "helthy",
                "did you mean \"healthy\"?",
            ),
            (
                r#"Then the file "/x" in "a" has mode "888""#,
                "no mode",
                "\"888\"",
                "three or four digits from 0 to 7",
            ),
            (
                r#"Then the file "/x" in "a" has mode "rw-r-----""#,
                "no mode",
                "\"rw-r-----\"",
                "did you mean \"0640\"?",
            ),
            (
                r#"Then port 443 of "a" accepts TLS 1.7"#,
                "there is no TLS 1.7",
                "7",
                "TLS 1.2 and TLS 1.3",
            ),
            (
                r#"Then the response header "Content Type" is "x""#,
                "no name of an HTTP header",
                "\"Content Type\"",
                "did you mean \"Content-Type\"?",
            ),
            (
                r#"Then the response has no header "Server:""#,
                "no name of an HTTP header",
                "\"Server:\"",
                "did you mean \"Server\"?",
            ),
            (
                r#"Then the response sets no cookie "my id""#,
                "no name of a cookie",
                "\"my id\"",
                "did you mean \"my-id\"?",
            ),
            (
                r#"Then the response header "Server" matches "(nginx""#,
                "no regular expression",
                "\"(nginx\"",
                "unclosed group",
            ),
            (
                r#"Then the certificate on port 443 of "a" is not valid for "https://a.org/""#,
                "no name of a server",
                "\"https://a.org/\"",
                "did you mean \"a.org\"?",
            ),
            (
                r#"Then the name "no name" does not resolve in "a""#,
                "no name of a server",
                "\"no name\"",
                "write it as",
            ),
            (
                r#"Then query "DELETE FROM t" in "a" returns 1"#,
                "a query may only read",
                "\"DELETE FROM t\"",
                "begin it with one of SELECT",
            ),
            (
                r#"Then service "a" publishes port 80 on host port 70000"#,
                "70000 is no port",
                "70000",
                "from 1 to 65535",
            ),
            (
                r#"When the browser sends get "/""#,
                "\"get\" is no HTTP method",
                "get",
                "did you mean \"GET\"?",
            ),
            (
                "When the next request has the headers:\n      | A | b |\n      | X Y | z |",
                "\"X Y\" is no name",
                "row 1",
                "did you mean \"X-Y\"?",
            ),
        ] {
            let (why, at, told) = read(sentence).expect_err(sentence);
            assert!(why.contains(says), "{sentence}: {why}");
            assert_eq!(at, place, "{sentence}");
            assert!(format!("{why} {told}").contains(help), "{sentence}: {told}");
        }
    }

    #[test]
    fn a_query_asks_and_does_nothing() {
        for (statement, asks) in [
            ("SELECT 1", true),
            (" (select 1)", true),
            ("with a as (select 1) select * from a", true),
            ("SHOW max_connections", true),
            ("COPY (SELECT 1) TO PROGRAM 'x'", false),
            ("-- a comment\nDELETE FROM a", false),
            ("selection", false),
            ("", false),
        ] {
            assert_eq!(reads_only(statement).is_ok(), asks, "{statement}");
        }
    }

    #[test]
    fn what_may_be_so_is_read() {
        for sentence in [
            r#"Then the restart policy of "a" is "on-failure:7""#,
            r#"Then the file "/x" in "a" has mode "4755""#,
            r#"Then the file "/x" in "a" has mode "600""#,
            r#"Then port 443 of "a" refuses TLS 1.0"#,
            r#"Then the certificate on port 443 of "a" is valid for "{name}""#,
            r#"Then the name "_dmarc.a" resolves in "b""#,
            r#"Then query "{statement}" in "a" returns 1"#,
        ] {
            assert_eq!(read(sentence), Ok(()), "{sentence}");
        }
    }

    #[test]
    fn every_rule_has_a_sentence() {
        for rule in RULES {
            let of_rule = |step: &Step| {
                surroundings(step.expression).any(|(before, _)| before.ends_with(rule.after))
            };
            assert!(all().any(of_rule), "{}", rule.after);
        }
    }
}
