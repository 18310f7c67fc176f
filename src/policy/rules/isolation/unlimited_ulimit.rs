//! `ulimits` that limit nothing.

use super::containers::containers;
use crate::{
    compose::tree::Value,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A limit that was lifted.
pub static RULE: Rule = Rule {
    id: "unlimited-ulimit",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A limit on files, processes or core dumps is lifted.",
    check,
    document: include_str!("unlimited_ulimit.md"),
};

/// Limit, the most that is still one, and what is lost without it.
const LIMITS: &[(&str, i64, &str)] = &[
    ("nofile", 1_048_576, "it can use up the host's file handles"),
    ("nproc", 1_048_576, "it can use up the host's processes"),
    ("core", i64::MAX, "a crash writes its whole memory, secrets included, to the host's disk"),
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        let Some(limits) = container.node.get("ulimits") else { continue };
        for (name, most, what) in LIMITS {
            let Some(limit) = limits.get(name) else { continue };
            let hard = limit.get("hard").unwrap_or(limit);
            let Value::Int(value) = hard.value else { continue };
            if value >= 0 && value <= *most {
                continue;
            }
            let origin = if hard.origin.place.file().is_some() {
                hard.origin
            } else {
                container.place("ulimits")
            };
            let shown = if value < 0 { "nothing".to_owned() } else { value.to_string() };
            found.push(RULE.finding(
                container.subject(&format!("ulimits.{name}")),
                format!("service \"{}\" limits {name} to {shown}: {what}", container.name),
                "write the number that the program needs",
                origin,
            ));
        }
    }
}
