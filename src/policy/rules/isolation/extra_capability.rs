//! Capabilities beyond those that the engine gives by itself.

use super::{containers::containers, dangerous_capability::CAPABILITIES};
use crate::{
    facts::answers::capability,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A capability more than the engine gives.
pub static RULE: Rule = Rule {
    id: "extra-capability",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container has a capability that containers do not have by default.",
    check,
    document: include_str!("extra_capability.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for added in &container.service.cap_add {
            let name = capability::name(&added.value);
            let dangerous = CAPABILITIES.iter().any(|(known, ..)| *known == name);
            if dangerous || capability::DEFAULTS.contains(&name.as_str()) {
                continue;
            }
            found.push(RULE.finding(
                container.subject(&format!("cap_add[{name}]")),
                format!(
                    "service \"{}\" adds {name}, which containers do not have by default",
                    container.name
                ),
                format!("remove {name}, or say beside the line what needs it"),
                added.origin,
            ));
        }
    }
}
