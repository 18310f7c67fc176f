//! Hooks with `privileged: true`.

use super::{
    containers::{containers, is_true},
    hooks::hooks,
};
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A command gets past every wall of its container.
pub static RULE: Rule = Rule {
    id: "privileged-hook",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A hook runs privileged.",
    check,
    document: include_str!("privileged_hook.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for (below, hook) in hooks(&container) {
            if let Some(node) = hook.get("privileged").filter(|node| is_true(Some(node))) {
                found.push(RULE.finding(
                    container.subject(&format!("{below}.privileged")),
                    format!("service \"{}\" runs a hook privileged: for that command no wall of its container stands", container.name),
                    "remove `privileged`, or do on the host what the hook needs it for",
                    node.origin,
                ));
            }
        }
    }
}
