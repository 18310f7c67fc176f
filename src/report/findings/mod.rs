//! How findings are told. Each format is a function of the same plain data; [`FORMATS`]
//! is the one list of them.

mod github;
mod json;
mod junit;
mod sarif;
mod terminal;

use crate::{
    findings::Findings,
    source::{LineColumn, Source, Span},
};

/// A format: its name, whether it is for people, and how it is written (in colour, if for people).
pub struct Format {
    /// The name on the command line.
    pub name: &'static str,
    /// Whether people read it; then it ends with the summary, and may have colours.
    pub for_people: bool,
    /// Writes it.
    pub render: fn(&Findings, bool) -> Result<String, String>,
}

/// All formats.
pub const FORMATS: &[Format] = &[
    Format { name: "terminal", for_people: true, render: terminal::render },
    Format { name: "json", for_people: false, render: json::render },
    Format { name: "sarif", for_people: false, render: sarif::render },
    Format { name: "github", for_people: false, render: github::render },
    Format { name: "junit", for_people: false, render: junit::render },
];

/// A format by its name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// Where a span starts and ends; the end is the place behind its last character.
fn region(source: &Source, span: &Span) -> (LineColumn, LineColumn) {
    (source.place(span.start), source.place(span.end.max(span.start)))
}

#[cfg(test)]
mod samples {
    use camino::Utf8Path;

    use super::*;
    use crate::{
        diagnostic::{Diagnostic, Label},
        findings::{Allowed, Found, Project},
        policy::{self, Severity},
    };

    /// One open finding, one allowed, and a note, in a file with letters of several bytes.
    pub fn findings() -> Findings {
        let text = "services:\n  wéb:\n    privileged: true\n  b:\n    privileged: true\n";
        let source = Source::new("a b/cömpose.yaml", text);
        let rule = policy::all().find(|rule| rule.id == "privileged-container").expect("the rule");
        let at = text.find("true").expect("a value");
        let other = text.rfind("true").expect("a value");
        let label =
            |at: usize| Label { source: source.clone(), span: at..at + 4, text: String::new() };
        let found = |service: &str, at: usize, allowed: Option<Allowed>| Found {
            rule,
            severity: rule.severity,
            subject: format!("services.{service}.privileged"),
            message: format!("service \"{service}\": 100% privileged, <really>"),
            remedy: "remove it".into(),
            place: label(at),
            way: vec!["through the alias *a at x:1:1".into()],
            shared: Vec::new(),
            related: vec![Label { text: "also, here".into(), ..label(other) }],
            project: 0,
            file: "cömpose.yaml".into(),
            repeat: 0,
            allowed,
        };
        Findings {
            here: "/repository".into(),
            root: "/repository".into(),
            rules: vec![rule],
            projects: vec![Project {
                name: "a b/cömpose.yaml".into(),
                files: vec![Utf8Path::new("/repository/a b/cömpose.yaml").to_owned()],
                notes: vec![Diagnostic::warning("X is not set").help("set it")],
            }],
            found: vec![
                found("wéb", at, None),
                found("b", other, Some(Allowed { reason: Some("it must".into()) })),
            ],
            notes: Vec::new(),
            fail_on: Severity::Medium,
            known: 2,
            before: 0,
        }
    }
}
