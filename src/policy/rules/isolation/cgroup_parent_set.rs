//! `cgroup_parent`.

use super::containers::containers;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A container lives outside the engine's control group.
pub static RULE: Rule = Rule {
    id: "cgroup-parent-set",
    severity: Severity::Low,
    profile: Profile::Default,
    summary: "A container lives in a control group other than the engine's.",
    check,
    document: include_str!("cgroup_parent_set.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        if let Some((parent, origin)) =
            container.text("cgroup_parent").filter(|(text, _)| !text.is_empty())
        {
            found.push(RULE.finding(
                container.subject("cgroup_parent"),
                format!(
                    "service \"{}\" lives in the control group \"{parent}\", with the limits of that group or none",
                    container.name
                ),
                "remove `cgroup_parent`, and write limits for the service (`deploy.resources.limits`)",
                origin,
            ));
        }
    }
}
