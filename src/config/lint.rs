//! The section `lint:` — what `seaworthy lint` judges by, and what it leaves out.
//!
//! It is read with the places of its keys, so that a wrong one is told where it stands. Whether
//! rules of these names exist, lint itself knows.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::nodes::{self, Node, Value, text};
use crate::{
    diagnostic::Diagnostic,
    source::{Source, Span},
    words::{did_you_mean, quoted_list},
};

/// The section's name.
const SECTION: &str = "lint";

/// Its keys.
const KEYS: &[&str] = &["strict", "rules", "exclude", "baseline", "fail_on"];

/// What `seaworthy lint` is set to.
#[derive(Debug, Clone, Default)]
pub struct Lint {
    /// The file that says so; none if there is no such section.
    pub source: Option<Arc<Source>>,
    /// Whether the rules for a release judge too.
    pub strict: bool,
    /// Rules that are switched, in the order of the file.
    pub rules: Vec<Switched>,
    /// Files and folders that are left out, each with its place: `*` stands for any name or a part
    /// of one, `**` for any number of folders.
    pub exclude: Vec<(String, Span)>,
    /// The baseline, from the folder of the configuration.
    pub baseline: Option<Utf8PathBuf>,
    /// The least severity that fails.
    pub fail_on: Option<Level>,
}

/// A rule that the project has a word on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switched {
    /// Its name as it is written.
    pub rule: String,
    /// Where the name stands.
    pub span: Span,
    /// The word.
    pub to: Setting,
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// It does not judge.
    Off,
    /// It judges, whatever its profile.
    On,
    /// It judges, and its findings are as bad as this.
    As(Level),
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth tidying.
    Low,
    /// Weakens the stack.
    Medium,
    /// One further fault away from a loss.
    High,
    /// Gives the host or the data away.
    Critical,
}

/// The words for the levels.
const LEVELS: &[(&str, Level)] = &[
    ("low", Level::Low),
    ("medium", Level::Medium),
    ("high", Level::High),
    ("critical", Level::Critical),
];

fn level(text: &str) -> Option<Level> {
    LEVELS.iter().find(|(word, _)| *word == text).map(|(_, level)| *level)
}

/// Reads the section of a configuration; without one, everything is as lint has it.
///
/// # Errors
/// A [`Diagnostic`] at the first key or value that is not what it must be.
pub(super) fn read(source: &Arc<Source>) -> Result<Lint, Box<Diagnostic>> {
    let Some(node) = nodes::section(source.text(), SECTION) else { return Ok(Lint::default()) };
    let mut lint = Lint { source: Some(Arc::clone(source)), ..Lint::default() };
    let entries = match node.value {
        Value::Mapping(entries) => entries,
        Value::Text(text) if is_nothing(&text) => return Ok(lint),
        _ => return wrong(source, node.span, "lint must be a mapping", &keys_help()),
    };
    for (key, span, node) in entries {
        match key.as_str() {
            "strict" => match text(&node) {
                Some("true") => lint.strict = true,
                Some("false") => lint.strict = false,
                _ => {
                    return wrong(
                        source,
                        node.span,
                        "lint.strict must be true or false",
                        "write one of them",
                    );
                }
            },
            "rules" => lint.rules = rules(source, node)?,
            "exclude" => lint.exclude = paths(source, node)?,
            "baseline" => match text(&node).filter(|text| !is_nothing(text)) {
                Some(text) => lint.baseline = Some(text.into()),
                None => {
                    return wrong(
                        source,
                        node.span,
                        "lint.baseline must be the path of a file",
                        "write it from the folder of this file",
                    );
                }
            },
            "fail_on" => {
                let found = text(&node).unwrap_or_default();
                let Some(level) = level(found) else {
                    let title = "lint.fail_on must be low, medium, high or critical";
                    let near = did_you_mean(found, LEVELS.iter().map(|(word, _)| *word));
                    return wrong(source, node.span, title, &meant(near, "write one of them"));
                };
                lint.fail_on = Some(level);
            }
            other => {
                let near = did_you_mean(other, KEYS.iter().copied());
                let title = format!("lint: unknown key \"{other}\"");
                return wrong(source, span, &title, &meant(near, &keys_help()));
            }
        }
    }
    Ok(lint)
}

fn keys_help() -> String {
    format!("its keys are {}", quoted_list(KEYS.iter().copied()))
}

fn meant(near: Option<&str>, otherwise: &str) -> String {
    near.map_or_else(|| otherwise.to_owned(), |near| format!("did you mean \"{near}\"?"))
}

/// What is wrong, at its place.
fn wrong<T>(
    source: &Arc<Source>,
    span: Span,
    title: &str,
    help: &str,
) -> Result<T, Box<Diagnostic>> {
    Err(Box::new(Diagnostic::error(title).at(source, span, "").help(help)))
}

fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn rules(source: &Arc<Source>, node: Node) -> Result<Vec<Switched>, Box<Diagnostic>> {
    let help = "write a line for each rule: `RULE: off`, `on`, or how bad it is (low, medium, high, critical)";
    let entries = match node.value {
        Value::Mapping(entries) => entries,
        Value::Text(text) if is_nothing(&text) => return Ok(Vec::new()),
        _ => return wrong(source, node.span, "lint.rules must be a mapping", help),
    };
    let switched = |(rule, span, node): (String, Span, Node)| {
        let word = text(&node).unwrap_or_default();
        let to = match word {
            "off" => Setting::Off,
            "on" => Setting::On,
            word => {
                let Some(level) = level(word) else {
                    let words = LEVELS.iter().map(|(word, _)| *word).chain(["on", "off"]);
                    let title =
                        format!("lint.rules.{rule} must be off, on, low, medium, high or critical");
                    let help = meant(did_you_mean(word, words), help);
                    return wrong(source, node.span, &title, &help);
                };
                Setting::As(level)
            }
        };
        Ok(Switched { rule, span, to })
    };
    entries.into_iter().map(switched).collect()
}

fn paths(source: &Arc<Source>, node: Node) -> Result<Vec<(String, Span)>, Box<Diagnostic>> {
    let help = "write a list: exclude: [examples, \"**/compose.local.yaml\"]";
    let one = |node: Node| match node.value {
        Value::Text(text) if is_nothing(&text) || text.starts_with('/') => {
            let title = "lint.exclude must name files or folders below the one of this file";
            wrong(source, node.span, title, help)
        }
        Value::Text(text) => Ok((text, node.span)),
        _ => wrong(source, node.span, "lint.exclude must be a list of paths", help),
    };
    match node.value {
        Value::List(items) => items.into_iter().map(one).collect(),
        Value::Text(text) if is_nothing(&text) => Ok(Vec::new()),
        _ => wrong(source, node.span, "lint.exclude must be a list of paths", help),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Lint, Box<Diagnostic>> {
        read(&Source::new("seaworthy.yaml", text))
    }

    #[test]
    fn every_key_is_read_and_none_must_be_there() {
        let text = "environments: {a: {files: [lint]}}\nlint:\n  strict: true\n  rules:\n    container-name: off\n    \
                    'root-user': on\n    user-not-set: low\n  exclude: [examples]\n  baseline: known.json\n  fail_on: high\n";
        let lint = parse(text).expect("settings");
        assert!(lint.strict);
        let rules: Vec<_> = lint.rules.iter().map(|one| (one.rule.as_str(), one.to)).collect();
        let expected = [
            ("container-name", Setting::Off),
            ("root-user", Setting::On),
            ("user-not-set", Setting::As(Level::Low)),
        ];
        assert_eq!(rules, expected);
        assert_eq!(&text[lint.rules[0].span.clone()], "container-name");
        assert_eq!(lint.exclude[0].0, "examples");
        assert_eq!(lint.baseline.as_deref(), Some("known.json".into()));
        assert_eq!(lint.fail_on, Some(Level::High));
        for none in ["environments: {lint: {x: 1}}\n", "lint:\n", "lint: {}\n", "- lint\n", "", "{"]
        {
            assert!(parse(none).expect("none").rules.is_empty(), "{none}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place_with_what_was_meant() {
        for (text, place, title, help) in [
            ("lint:\n  rulse: {}\n", "2:3", "unknown key \"rulse\"", "did you mean \"rules\"?"),
            (
                "a: {b: [1]}\nlint:\n  fail_on: hihg\n",
                "3:12",
                "lint.fail_on",
                "did you mean \"high\"?",
            ),
            (
                "lint:\n  rules:\n    root-user: of\n",
                "3:16",
                "lint.rules.root-user",
                "did you mean \"off\"?",
            ),
            ("lint:\n  rules: [root-user]\n", "2:10", "must be a mapping", "RULE: off"),
            ("lint: [rules]\n", "1:7", "must be a mapping", "its keys are"),
            ("lint:\n  exclude: x\n", "2:12", "must be a list", "write a list"),
            ("lint:\n  exclude: [a, [b]]\n", "2:16", "must be a list", "write a list"),
            ("lint:\n  exclude: [/etc]\n", "2:13", "below the one", "write a list"),
            ("lint:\n  strict: yes\n", "2:11", "true or false", "write one"),
            ("lint:\n  baseline: [a]\n", "2:13", "path of a file", "from the folder"),
            ("x: &a {}\nlint:\n  rules: *a\n", "3:10", "must be a mapping", "RULE: off"),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.place(), Some(format!("seaworthy.yaml:{place}")), "{text}");
            assert!(error.title.contains(title), "{}", error.title);
            assert!(error.help.as_deref().is_some_and(|told| told.contains(help)), "{error:?}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = format!("lint: {}{}", "[".repeat(200), "]".repeat(200));
        assert!(parse(&deep).is_err());
    }
}
