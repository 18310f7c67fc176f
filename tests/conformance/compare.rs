//! Two answers side by side: equal as data, or the first place where they part.

use std::{fmt, fs, path::Path, sync::LazyLock};

use regex::Regex;
use serde_json::{Map, Value};

use crate::{
    case::{Case, Print},
    programs::{End, Ran},
};

/// What a program made of a project.
pub enum Answer {
    Printed(Value),
    Refused(Ran),
    /// Neither: it crashed, hung, did not know its arguments or printed what cannot be read.
    Broken(String),
}

/// One way in which two answers part.
pub struct Difference {
    print: Option<Print>,
    at: String,
    theirs: String,
    ours: String,
}

impl Difference {
    fn new(at: &str, theirs: impl Into<String>, ours: impl Into<String>) -> Self {
        Self { print: None, at: at.to_owned(), theirs: theirs.into(), ours: ours.into() }
    }

    pub const fn of(mut self, print: Print) -> Self {
        self.print = Some(print);
        self
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let print = self.print.map(|print| format!(" ({print:?})")).unwrap_or_default();
        writeln!(f, "  at {}{print}", self.at)?;
        for (who, what) in [("theirs", &self.theirs), ("ours", &self.ours)] {
            writeln!(f, "  {who:>6}: {}", what.trim_end().replace('\n', "\n          "))?;
        }
        Ok(())
    }
}

impl Answer {
    pub fn of(print: Print, ran: Ran) -> Self {
        // The Go runtime and the command line reader both end with 2; a Rust panic ends with 101.
        let crashed = ran.stderr.contains("goroutine ") || ran.stderr.contains("panicked at ");
        match ran.end {
            _ if crashed => Self::Broken(format!("it crashed: {}", ran.stderr)),
            End::Hung => Self::Broken("it runs without end".into()),
            End::Signal => Self::Broken(format!("it was killed: {}", ran.stderr)),
            End::Code(2) => Self::Broken(format!("it does not know its arguments: {}", ran.stderr)),
            End::Code(0) => match read(print, &ran.stdout) {
                Ok(value) => Self::Printed(value),
                Err(why) => Self::Broken(format!("it cannot be read: {why}\n{}", ran.stdout)),
            },
            End::Code(_) => Self::Refused(ran),
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Printed(_) => "accepted".into(),
            Self::Refused(ran) => format!("refused: {}", ran.stderr),
            Self::Broken(why) => why.clone(),
        }
    }
}

/// An output as data; lists of lines are sorted, for the reference prints them in any order.
fn read(print: Print, text: &str) -> Result<Value, String> {
    match print {
        Print::Yaml | Print::NoInterpolateYaml => serde_yaml::from_str(text)
            .map(from_yaml)
            .map_err(|why: serde_yaml::Error| why.to_string()),
        _ if print.is_list() => {
            // The docker program says these to its plug-ins.
            let own = |line: &&str| line.starts_with("DOCKER_CLI_PLUGIN_");
            let mut lines: Vec<_> = text.lines().filter(|line| !own(line)).collect();
            lines.sort_unstable();
            Ok(lines.into())
        }
        _ => serde_json::from_str(text).map_err(|why| why.to_string()),
    }
}

fn from_yaml(value: serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Sequence(items) => items.into_iter().map(from_yaml).collect(),
        serde_yaml::Value::Mapping(pairs) => pairs
            .into_iter()
            .map(|(key, value)| {
                let key = match from_yaml(key) {
                    Value::String(key) => key,
                    other => format!("({other})"),
                };
                (key, from_yaml(value))
            })
            .collect(),
        serde_yaml::Value::Tagged(tagged) => {
            Map::from_iter([(tagged.tag.to_string(), from_yaml(tagged.value))]).into()
        }
        // JSON has no word for infinity.
        scalar => serde_json::to_value(&scalar).unwrap_or_else(|_| format!("{scalar:?}").into()),
    }
}

/// Where ours parts from theirs, or from what the case says of both.
pub fn of_case(case: &Case, theirs: &Answer, ours: &Answer) -> Option<Difference> {
    match (&case.facts.refused, theirs, ours) {
        (None, Answer::Printed(theirs), Answer::Printed(ours)) => of_values(theirs, ours),
        (Some(words), Answer::Refused(theirs), Answer::Refused(ours)) => {
            of_refusals(case, words, &theirs.stderr, &ours.stderr)
        }
        _ => {
            let wanted = case.facts.refused.as_ref().map_or("accepted", |_| "refused");
            let at = format!("the whole, which must be {wanted}");
            Some(Difference::new(&at, theirs.summary(), ours.summary()))
        }
    }
}

/// Where ours parts from theirs, whatever the case says: for outputs that it was not made for.
pub fn of_any(theirs: &Answer, ours: &Answer) -> Option<Difference> {
    match (theirs, ours) {
        (Answer::Printed(theirs), Answer::Printed(ours)) => of_values(theirs, ours),
        (Answer::Refused(_), Answer::Refused(_)) => None,
        _ => Some(Difference::new("the whole", theirs.summary(), ours.summary())),
    }
}

fn of_refusals(case: &Case, words: &str, theirs: &str, ours: &str) -> Option<Difference> {
    if let Some(word) = words.split_whitespace().find(|word| !ours.contains(*word)) {
        let at = format!("our message, where {word:?} is missing");
        return Some(Difference::new(&at, theirs, ours));
    }
    if case.facts.place.is_none() && !names_a_place(case, ours) {
        let at = "our message, where no file:line:column of the project is named";
        return Some(Difference::new(at, theirs, ours));
    }
    None
}

/// Whether a message names a line and column that a file of the case has.
fn names_a_place(case: &Case, message: &str) -> bool {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)([^\s\x60'\x22(]+?):([1-9]\d*):([1-9]\d*)\b").expect("a pattern")
    });
    let has = |file: &str, line: &str, column: &str| {
        let path = case.directory().join(file);
        let (Ok(line), Ok(column)) = (line.parse(), column.parse::<usize>()) else { return false };
        path.starts_with(&case.folder)
            && length_of(&path, line).is_some_and(|length| column <= length + 1)
    };
    PLACE.captures_iter(message).any(|found| has(&found[1], &found[2], &found[3]))
}

/// How many characters a line of a file has.
fn length_of(path: &Path, line: usize) -> Option<usize> {
    let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
    text.lines().nth(line.checked_sub(1)?).map(|text| text.chars().count())
}

/// The first place, in the order of theirs, where two values part.
fn of_values(theirs: &Value, ours: &Value) -> Option<Difference> {
    parting("", theirs, ours)
}

fn parting(at: &str, theirs: &Value, ours: &Value) -> Option<Difference> {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            let extra = ours.keys().filter(|key| !theirs.contains_key(*key));
            theirs.keys().chain(extra).find_map(|key| {
                let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                of_parts(&at, theirs.get(key), ours.get(key))
            })
        }
        (Value::Array(theirs), Value::Array(ours)) => (0..theirs.len().max(ours.len()))
            .find_map(|i| of_parts(&format!("{at}[{i}]"), theirs.get(i), ours.get(i))),
        _ if theirs == ours => None,
        _ => Some(Difference::new(at, theirs.to_string(), ours.to_string())),
    }
}

fn of_parts(at: &str, theirs: Option<&Value>, ours: Option<&Value>) -> Option<Difference> {
    if let (Some(theirs), Some(ours)) = (theirs, ours) {
        parting(at, theirs, ours)
    } else {
        let text = |part: Option<&Value>| part.map_or("(missing)".into(), Value::to_string);
        Some(Difference::new(at, text(theirs), text(ours)))
    }
}

/// Where two runs of ours on one project part; `prints` says that there must be an output.
pub fn of_two_runs([first, second]: &[Ran; 2], prints: bool) -> Option<Difference> {
    let shown = |ran: &Ran| format!("{:?}\n{}{}", ran.end, ran.stdout, ran.stderr);
    if first != second {
        return Some(Difference::new("two runs of ours", shown(first), shown(second)));
    }
    if prints && first.end != End::Code(0) {
        return Some(Difference::new("our run", "accepted", shown(first)));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::case;

    fn ran(code: i32, stdout: &str, stderr: &str) -> Ran {
        Ran { end: End::Code(code), stdout: stdout.into(), stderr: stderr.into() }
    }

    fn case(name: &str) -> Case {
        case::all().into_iter().find(|case| case.name == name).expect("the case")
    }

    fn between(print: Print, theirs: &str, ours: &str) -> Option<Difference> {
        let [theirs, ours] = [theirs, ours].map(|text| Answer::of(print, ran(0, text, "")));
        of_case(&case("yaml/crlf"), &theirs, &ours)
    }

    #[test]
    fn values_part_at_the_first_place_that_differs() {
        let theirs = json!({"services": {"a": {"ports": [80, 81], "image": "nginx"}}});
        for (ours, at) in [
            (json!({"services": {"a": {"ports": [80, 82], "image": "x"}}}), "services.a.ports[1]"),
            (json!({"services": {"a": {"ports": [80], "image": "nginx"}}}), "services.a.ports[1]"),
            (json!({"services": {"a": {"ports": [80, 81]}}}), "services.a.image"),
            (
                json!({"services": {"a": {"ports": [80, "81"], "image": "nginx"}}}),
                "services.a.ports[1]",
            ),
            (
                json!({"services": {"a": {"ports": [80, 81.0], "image": "nginx"}}}),
                "services.a.ports[1]",
            ),
            (json!({"services": {"a": null}}), "services.a"),
        ] {
            assert_eq!(of_values(&theirs, &ours).expect("a difference").at, at);
        }
        let more = json!({"services": {"a": {"ports": [80, 81], "image": "nginx"}}, "x": null});
        assert_eq!(of_values(&theirs, &more).expect("a difference").at, "x");
    }

    #[test]
    fn the_order_of_keys_and_of_lines_does_not_count() {
        assert!(between(Print::Json, r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#).is_none());
        assert!(between(Print::Services, "b\na\n", "a\nb\n").is_none());
        assert!(between(Print::Yaml, "a: [1]\nb: x\n", "b: \"x\"\na:\n  - 1\n").is_none());
    }

    #[test]
    fn every_kind_of_output_can_differ() {
        assert!(between(Print::Json, "[1, 2]", "[2, 1]").is_some());
        assert!(between(Print::NoInterpolate, r#"{"a": null}"#, "{}").is_some());
        assert!(between(Print::Variables, "{}", r#"{"A": {}}"#).is_some());
        assert!(between(Print::Yaml, "a: 'yes'\n", "a: true\n").is_some());
        assert!(between(Print::Hash, "a 12\n", "a 13\n").is_some());
        assert!(between(Print::Images, "a\n", "a\na\n").is_some());
        assert!(between(Print::Json, "{}", "{").is_some());
    }

    #[test]
    fn accepting_and_refusing_differ_whoever_does_it() {
        let accepted = case("yaml/crlf");
        let printed = || Answer::of(Print::Json, ran(0, "{}", ""));
        let refused = || Answer::of(Print::Json, ran(1, "", "no"));
        assert!(of_case(&accepted, &printed(), &printed()).is_none());
        assert!(of_case(&accepted, &printed(), &refused()).is_some());
        assert!(of_case(&accepted, &refused(), &printed()).is_some());
        assert!(of_case(&accepted, &refused(), &refused()).is_some());
        let wrong = case("schema/unknown-service");
        assert!(of_case(&wrong, &printed(), &printed()).is_some());
    }

    #[test]
    fn a_refusal_needs_its_words_and_a_place_in_the_project() {
        let wrong = case("schema/unknown-service");
        let told = |code, message: &str| {
            let theirs = Answer::of(Print::Json, ran(1, "", "theirs"));
            of_case(&wrong, &theirs, &Answer::of(Print::Json, ran(code, "", message)))
        };
        let there = wrong.folder.join("compose.yaml:4:5");
        assert!(told(1, "unknown key imagee\n  --> compose.yaml:4:5\n").is_none());
        assert!(told(1, &format!("{}: unknown key imagee", there.display())).is_none());
        for (code, message) in [
            (1, "compose.yaml:4:5: unknown key"),
            (1, "unknown key imagee"),
            (1, "compose.yaml:40:5: unknown key imagee"),
            (1, "compose.yaml:4:50: unknown key imagee"),
            (1, "other.yaml:4:5: unknown key imagee"),
            (1, "/etc/passwd:1:1: unknown key imagee"),
            (2, "error: unexpected argument, not imagee of compose.yaml:4:5"),
            (101, "thread panicked at src/main.rs:1:1: imagee compose.yaml:4:5"),
        ] {
            assert!(told(code, message).is_some(), "{message} passes");
        }
    }

    #[test]
    fn a_fault_in_no_file_needs_no_place() {
        let wrong = case("names/flag-dot");
        let theirs = Answer::of(Print::Json, ran(1, "", "theirs"));
        let ours = Answer::of(Print::Json, ran(1, "", "\"shop.one\" is no name of a project"));
        assert!(of_case(&wrong, &theirs, &ours).is_none());
    }

    #[test]
    fn two_runs_must_agree_and_print() {
        let runs = |first, second| [ran(0, first, ""), ran(0, second, "")];
        assert!(of_two_runs(&runs("a", "a"), true).is_none());
        assert!(of_two_runs(&runs("a", "b"), true).is_some());
        let refused = || [ran(1, "", "no"), ran(1, "", "no")];
        assert!(of_two_runs(&refused(), true).is_some());
        assert!(of_two_runs(&refused(), false).is_none());
    }
}
