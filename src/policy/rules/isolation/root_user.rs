//! `user: root`.

use super::containers::containers;
use crate::{
    facts::answers::root,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A container is told to run as root.
pub static RULE: Rule = Rule {
    id: "root-user",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A container is told to run as root.",
    check,
    document: include_str!("root_user.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        if let Some(user) =
            container.service.user.as_ref().filter(|user| root::is_root(&user.value))
        {
            found.push(RULE.finding(
                container.subject("user"),
                format!("service \"{}\" runs as root (\"{}\"), whatever its image says", container.name, user.value),
                "name a user of the image (`user: \"1000:1000\"`), or remove `user` and leave it to the image",
                user.origin,
            ));
        }
    }
}
