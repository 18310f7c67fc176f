//! `seaworthy explain`: a rule's document, or the list of rules.

use std::fmt::Write as _;

use super::{COULD_NOT, SOUND, USAGE, model::write, show};
use crate::{diagnostic::Diagnostic, lint, policy};

pub(super) fn run(name: Option<&str>) -> u8 {
    let text = match name.map(lint::rule) {
        Some(Ok(rule)) => rule.document.to_owned(),
        Some(Err(unknown)) => {
            show(&Diagnostic::error(unknown.to_string()).help(unknown.help));
            return USAGE;
        }
        None => list(),
    };
    match write(&text) {
        Ok(()) => SOUND,
        Err(why) => {
            show(&Diagnostic::error(why));
            COULD_NOT
        }
    }
}

/// Every rule on a line.
fn list() -> String {
    let width = policy::named().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in policy::named() {
        let (severity, profile) = (rule.severity.word(), rule.profile.word());
        let fix = if rule.has_fix() { "fix" } else { "" };
        let _infallible = writeln!(
            text,
            "{:width$}  {severity:8}  {profile:7}  {fix:3}  {}",
            rule.id, rule.summary
        );
    }
    text
}
