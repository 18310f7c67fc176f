//! Defaults of variables.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    secret::{
        SecretKind,
        scan::{self, How},
    },
};

/// A variable has a secret as its default.
pub static RULE: Rule = Rule {
    id: "default-secret",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A variable has a secret as its default.",
    check,
    document: include_str!("default_secret.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in scan::leaks(target) {
        let How::Default(variable) = &leak.how else { continue };
        if matches!(leak.kind, SecretKind::Token(_)) {
            continue;
        }
        let message = format!("{} falls back to a secret when {variable} is not set", leak.subject);
        let remedy = format!("write `${{{variable}:?}}`, so that nothing starts without it");
        found.push(super::finding(&RULE, leak, message, remedy));
    }
}
