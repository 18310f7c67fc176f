//! Mounts that a container makes and the host sees.

use super::host_paths::host_paths;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// What is mounted inside appears outside.
pub static RULE: Rule = Rule {
    id: "shared-mount-propagation",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "Mounts that are made in a container appear on the host.",
    check,
    document: include_str!("shared_mount_propagation.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for path in host_paths(target) {
        if let Some((mode, origin)) =
            path.propagation.filter(|(mode, _)| mode == "shared" || mode == "rshared")
        {
            found.push(RULE.finding(
                format!("{}.propagation", path.subject),
                format!("{} \"{}\" {mode}: what is mounted inside appears on the host", path.giver, path.shown),
                "remove the mode (`rprivate` is the default), or write `rslave` if mounts of the host must be seen",
                origin,
            ));
        }
    }
}
