//! Groups that are as good as root.

use super::containers::containers;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A container's user is in a group that owns the host's things.
pub static RULE: Rule = Rule {
    id: "privileged-group",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A container's user is in a group that is as good as root.",
    check,
    document: include_str!("privileged_group.md"),
};

/// Groups, and what is theirs.
const GROUPS: &[(&str, &str)] = &[
    ("docker", "the engine's control socket"),
    ("podman", "the engine's control socket"),
    ("lxd", "the engine's control socket"),
    ("incus", "the engine's control socket"),
    ("libvirt", "the control socket of virtual machines"),
    ("root", "the files of root's group"),
    ("0", "the files of root's group"),
    ("disk", "every disk"),
    ("kmem", "the memory"),
    ("shadow", "the password hashes"),
    ("sudo", "what root may do"),
    ("wheel", "what root may do"),
    ("adm", "the logs"),
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for group in container.items("group_add") {
            let Some(name) = group.as_str() else { continue };
            let Some((_, what)) = GROUPS.iter().find(|(group, _)| *group == name) else { continue };
            found.push(RULE.finding(
                container.subject(&format!("group_add[{name}]")),
                format!(
                    "service \"{}\" is in the group \"{name}\": {what} may be its own",
                    container.name
                ),
                "remove the group, and give the one file that is needed to a group of its own",
                group.origin,
            ));
        }
    }
}
