//! `user: root`.

use super::containers::containers;
use crate::{
    compose::Service,
    facts::answers::{place, root},
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
        // What is left to a variable that is not set here is said where it counts.
        let is_left = |user: &str, at| {
            root::parts(user).0.is_empty() && place::has_unset(&target.project, at)
        };
        if changes_owners(container.service) {
            continue;
        }
        if let Some(user) = container
            .service
            .user
            .as_ref()
            .filter(|user| root::is_root(&user.value) && !is_left(&user.value, user.origin))
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

/// Whether a container is told to change owners, which only root may.
fn changes_owners(service: &Service) -> bool {
    let lists = [&service.entrypoint, &service.command].into_iter().flatten().flatten();
    let apart = |letter: char| letter.is_whitespace() || ";&|()\"'".contains(letter);
    lists.flat_map(|word| word.split(apart)).any(|word| word == "chown")
}
