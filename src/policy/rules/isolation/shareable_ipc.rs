//! `ipc: shareable` that nobody of the project shares.

use super::containers::containers;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// Any container of the host may join.
pub static RULE: Rule = Rule {
    id: "shareable-ipc",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container lets any other container join its shared memory.",
    check,
    document: include_str!("shareable_ipc.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        let Some(origin) = container.is_one_of("ipc", &["shareable"]) else { continue };
        let joined = format!("service:{}", container.name);
        if containers(target).any(|other| other.is_one_of("ipc", &[&joined]).is_some()) {
            continue;
        }
        found.push(RULE.finding(
            container.subject("ipc"),
            format!(
                "service \"{}\" lets any container join its shared memory, and no service of the project does",
                container.name
            ),
            "write `ipc: private`, or say with `ipc: service:NAME` which service joins",
            origin,
        ));
    }
}
