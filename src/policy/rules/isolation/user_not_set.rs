//! Nobody says which user a container runs as.

use super::containers::{Container, containers, is_root};
use crate::{
    compose::{journal::Origin, tree::Node},
    policy::{
        Finding, Profile, Rule, Severity, Target,
        dockerfile::{self, User},
    },
};

/// A container runs as whoever its image says, and that is root more often than not.
pub static RULE: Rule = Rule {
    id: "user-not-set",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "Neither the files nor a Dockerfile at hand name the user that a container runs as.",
    check,
    document: include_str!("user_not_set.md"),
};

/// Words of an image's name that promise a user of its own.
const PROMISES: &[&str] = &["nonroot", "non-root", "unprivileged", "rootless"];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        if let Some((what, origin)) = unset(&container) {
            found.push(RULE.finding(
                container.subject("user"),
                format!("service \"{}\" {what}", container.name),
                "name a user of the image: `user: \"1000:1000\"`",
                origin,
            ));
        }
    }
}

/// What is missing, and where.
fn unset(container: &Container<'_>) -> Option<(String, Origin)> {
    let service = container.service;
    let written = service.user.as_ref();
    if written
        .is_some_and(|user| !user.value.split(':').next().unwrap_or_default().trim().is_empty())
    {
        return None;
    }
    let place = written.map_or_else(|| container.key(), |user| user.origin);
    if service.build.is_some() {
        let inline = container.node.at(&["build", "dockerfile_inline"]).and_then(Node::as_str);
        return match dockerfile::user_of(service, inline) {
            Some(User::Named(user)) if is_root(&user) => {
                Some((format!("has no `user`, and its Dockerfile ends as \"{user}\""), place))
            }
            Some(User::Named(_) | User::Variable) => None,
            Some(User::OfBase(base)) if promises(&base) => None,
            Some(User::OfBase(base)) => Some((
                format!(
                    "has no `user`, and its Dockerfile none either: it runs as {base} says, by default as root"
                ),
                place,
            )),
            None => {
                Some(("has no `user`: it runs as its image says, by default as root".into(), place))
            }
        };
    }
    let image = service.image.as_ref().filter(|image| !promises(&image.value))?;
    Some((format!("has no `user`: it runs as {} says, by default as root", image.value), place))
}

fn promises(image: &str) -> bool {
    PROMISES.iter().any(|promise| image.contains(promise))
}
