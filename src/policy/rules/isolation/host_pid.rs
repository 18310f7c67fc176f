//! `pid: host`.

use super::namespaces;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A container sees the host's processes.
pub static RULE: Rule = Rule {
    id: "host-pid",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A container shares the host's process namespace.",
    check,
    document: include_str!("host_pid.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let words = (
        "sees every process of the host, with its arguments and environment, and can end those of its user",
        "remove `pid: host`; to look into one container, write `pid: service:NAME`",
    );
    namespaces::host(&RULE, target, "pid", words, found);
}
