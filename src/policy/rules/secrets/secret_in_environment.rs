//! Literals in `environment`.

use crate::policy::{Finding, Profile, Rule, Severity, Target, secret::scan::Where};

/// A secret is written in the environment of a service.
pub static RULE: Rule = Rule {
    id: "secret-in-environment",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A secret is written in the environment of a service.",
    check,
    document: include_str!("secret_in_environment.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in super::literals(target, Where::Environment) {
        let message = super::message(leak, "its environment");
        let remedy = super::images::file_variable(target, leak).map_or_else(
            || {
                format!(
                    "write `${{{0}:?}}` and set {0} outside the repository, or mount a secret",
                    leak.name
                )
            },
            |file| {
                format!("declare a secret and set `{file}: /run/secrets/…`, which the image reads")
            },
        );
        found.push(super::finding(&RULE, leak, message, remedy));
    }
}
