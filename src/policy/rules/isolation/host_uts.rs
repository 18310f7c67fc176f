//! `uts: host`.

use super::namespaces;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A container has the host's name.
pub static RULE: Rule = Rule {
    id: "host-uts",
    severity: Severity::Low,
    profile: Profile::Default,
    summary: "A container shares the host's name.",
    check,
    document: include_str!("host_uts.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let words = (
        "shares the host's name, and with SYS_ADMIN can change it",
        "remove `uts: host`; to name the container, write `hostname`",
    );
    namespaces::host(&RULE, target, "uts", words, found);
}
