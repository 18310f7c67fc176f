//! Literals in `configs.*.content`.

use crate::policy::{Finding, Profile, Rule, Severity, Target, secret::scan::Where};

/// A secret is written in the contents of a config.
pub static RULE: Rule = Rule {
    id: "secret-in-config",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A secret is written in the contents of a config.",
    check,
    document: include_str!("secret_in_config.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in super::literals(target, Where::Config) {
        let message = super::message(leak, "its contents");
        found.push(super::finding(
            &RULE,
            leak,
            message,
            "put the contents into a secret, or let the program read this one value from a file",
        ));
    }
}
