//! `cgroup: host`.

use super::namespaces;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A container sees the control groups of all.
pub static RULE: Rule = Rule {
    id: "host-cgroup",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A container shares the host's control groups.",
    check,
    document: include_str!("host_cgroup.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let words = (
        "sees the control groups of the host and of every other container",
        "remove `cgroup: host`, or write `cgroup: private`",
    );
    namespaces::host(&RULE, target, "cgroup", words, found);
}
