//! `read_only: true` is missing.

use super::containers::containers;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// An intruder can leave something behind.
pub static RULE: Rule = Rule {
    id: "writable-root-filesystem",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container can change its own programs.",
    check,
    document: include_str!("writable_root_filesystem.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        let read_only = container.service.read_only;
        if read_only.is_some_and(|read_only| read_only.value) {
            continue;
        }
        found.push(RULE.finding(
            container.subject("read_only"),
            format!("service \"{}\" can change its own programs and configuration", container.name),
            "write `read_only: true`, `tmpfs` for what it writes for a while, and a volume for what it keeps",
            read_only.map_or_else(|| container.key(), |read_only| read_only.origin),
        ));
    }
}
