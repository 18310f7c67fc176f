//! How findings are told. Each format is a function of the same plain data; [`FORMATS`]
//! is the one list of them.

mod diff;
mod github;
mod json;
mod junit;
mod markdown;
mod sarif;
mod terminal;

use super::{Format, region};
use crate::findings::Findings;

/// Findings as people read them.
#[must_use]
pub fn for_people(findings: &Findings, colour: bool) -> String {
    terminal::text(findings, colour)
}

pub use self::{diff::diff, terminal::fixed};

/// All formats.
pub const FORMATS: &[Format<Findings>] = &[
    Format::terminal(terminal::render),
    Format::document("json", json::render),
    Format::document("sarif", sarif::render),
    Format::lines("github", github::render),
    Format::document("junit", junit::render),
    Format::document("markdown", markdown::render),
];

#[cfg(test)]
mod samples {
    use camino::Utf8Path;

    use super::*;
    use crate::{
        diagnostic::{Diagnostic, Label},
        findings::{Allowed, Found, Mend, Project},
        policy::{self, Severity},
        source::Source,
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
            mend: Mend::Nothing,
        };
        Findings {
            here: "/repository".into(),
            root: "/repository".into(),
            rules: vec![rule],
            projects: vec![Project {
                name: "a b/cömpose.yaml".into(),
                files: vec![Utf8Path::new("/repository/a b/cömpose.yaml").to_owned()],
                notes: vec![Diagnostic::warning("X is not set").help("set it")],
                reads: Vec::new(),
            }],
            found: vec![
                found("wéb", at, None),
                found("b", other, Some(Allowed { reason: Some("it must".into()) })),
            ],
            notes: Vec::new(),
            fail_on: Severity::Medium,
            known: 2,
            before: 0,
            fixed: Vec::new(),
            unmade: 0,
        }
    }
}
