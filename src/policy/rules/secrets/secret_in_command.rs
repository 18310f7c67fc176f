//! Literals in `command` and `entrypoint`.

use crate::policy::{Finding, Profile, Rule, Severity, Target, secret::scan::Where};

/// A secret is written in a command.
pub static RULE: Rule = Rule {
    id: "secret-in-command",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A secret is written in a command.",
    check,
    document: include_str!("secret_in_command.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in super::literals(target, Where::Command) {
        let message = super::message(leak, &format!("its {}", leak.name));
        found.push(super::finding(&RULE, leak, message, "read it from a file or a variable inside the container: `sh -c 'exec … \"$$(cat /run/secrets/…)\"'`"));
    }
}
