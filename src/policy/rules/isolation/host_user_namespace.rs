//! `userns_mode: host`.

use super::namespaces;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// Root of the container is root of the host, whatever the engine is configured to do.
pub static RULE: Rule = Rule {
    id: "host-user-namespace",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A container opts out of the engine's mapping of users.",
    check,
    document: include_str!("host_user_namespace.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let words = (
        "opts out of the mapping of users: its root is the host's root",
        "remove `userns_mode: host`, and give the files that it needs to the mapped user",
    );
    namespaces::host(&RULE, target, "userns_mode", words, found);
}
