//! Mounts that the host makes and a container sees.

use super::host_paths::host_paths;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// What is mounted outside appears inside.
pub static RULE: Rule = Rule {
    id: "host-mounts-seen",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "Mounts that are made on the host appear in a container.",
    check,
    document: include_str!("host_mounts_seen.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for path in host_paths(target) {
        if let Some((mode, origin)) =
            path.propagation.filter(|(mode, _)| mode == "slave" || mode == "rslave")
        {
            found.push(RULE.finding(
                format!("{}.propagation", path.subject),
                format!("{} \"{}\" {mode}: what the host mounts there later appears inside", path.giver, path.shown),
                "remove the mode (`rprivate` is the default), or say beside the line what has to be seen",
                origin,
            ));
        }
    }
}
