//! Literals under names that mean nothing to Compose.

use crate::policy::{Finding, Profile, Rule, Severity, Target, secret::scan::Where};

/// A secret is written in another part of the files.
pub static RULE: Rule = Rule {
    id: "secret-in-text",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A secret is written in another part of the files.",
    check,
    document: include_str!("secret_in_text.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in super::literals(target, Where::Text) {
        let message = super::message(leak, leak.service.as_ref().map_or("it", |_| &leak.subject));
        found.push(super::finding(
            &RULE,
            leak,
            message,
            "write a variable, and set it outside the repository",
        ));
    }
}
