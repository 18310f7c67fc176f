//! `cap_drop: [ALL]` is missing.

use super::containers::containers;
use crate::{
    facts::answers::capability::{Capabilities, texts},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A container has capabilities that nobody asked for.
pub static RULE: Rule = Rule {
    id: "default-capabilities-kept",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A container keeps the capabilities that the engine gives to all.",
    check,
    document: include_str!("default_capabilities_kept.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        let (added, dropped) = (&container.service.cap_add, &container.service.cap_drop);
        let granted = Capabilities::of(texts(added), texts(dropped));
        let kept = granted.kept(texts(added));
        if kept.is_empty() {
            continue;
        }
        let what = if dropped.is_empty() {
            "all capabilities that the engine gives to containers, NET_RAW and SETUID among them"
                .to_owned()
        } else {
            kept.join(", ")
        };
        found.push(RULE.finding(
            container.subject("cap_drop"),
            format!("service \"{}\" keeps {what}", container.name),
            "write `cap_drop: [ALL]`, and add back with `cap_add` what the program cannot do without",
            container.place("cap_drop"),
        ));
    }
}
