//! Hooks with `user: root`.

use super::{containers::containers, hooks::hooks};
use crate::{
    facts::answers::root,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A command runs as root in a container that does not.
pub static RULE: Rule = Rule {
    id: "root-hook",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A hook runs as root.",
    check,
    document: include_str!("root_hook.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for (below, hook) in hooks(&container) {
            let user = hook.get("user").filter(|user| user.as_str().is_some_and(root::is_root));
            if let Some(user) = user {
                found.push(RULE.finding(
                    container.subject(&format!("{below}.user")),
                    format!("service \"{}\" runs a hook as root", container.name),
                    "remove `user`, or name the user that the command needs; owners of files are set in the image",
                    user.origin,
                ));
            }
        }
    }
}
