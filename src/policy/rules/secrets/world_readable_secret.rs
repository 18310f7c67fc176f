//! The mode of a mounted secret.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A secret is mounted readable by everybody in the container.
pub static RULE: Rule = Rule {
    id: "world-readable-secret",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A secret is mounted readable by everybody in the container.",
    check,
    document: include_str!("world_readable_secret.md"),
};

/// The bits of those who are neither owner nor in the group.
const OTHERS: i64 = 0o007;

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (service, definition) in &target.project.services {
        for secret in &definition.secrets {
            let Some(mode) = secret.mode.filter(|mode| mode.value & OTHERS != 0) else { continue };
            let name = secret.source.as_ref().map_or("", |source| source.value.as_str());
            found.push(RULE.finding(
                format!("services.{service}.secrets.{name}.mode"),
                format!(
                    "service \"{service}\" mounts the secret \"{name}\" with mode {:04o}: everybody in the container may read it",
                    mode.value
                ),
                "write `mode: 0400`, with the `uid` of the process that reads it",
                mode.origin,
            ));
        }
    }
}
