//! Literals in labels.

use crate::policy::{Finding, Profile, Rule, Severity, Target, secret::scan::Where};

/// A secret is written in a label.
pub static RULE: Rule = Rule {
    id: "secret-in-label",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A secret is written in a label.",
    check,
    document: include_str!("secret_in_label.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in super::literals(target, Where::Label) {
        let message = super::message(leak, "a label");
        found.push(super::finding(
            &RULE,
            leak,
            message,
            "take it out of the label: labels are for what everybody may read",
        ));
    }
}
