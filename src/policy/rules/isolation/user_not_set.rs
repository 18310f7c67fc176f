//! Nobody says which user a container runs as.

use super::containers::{Container, containers};
use crate::{
    compose::journal::Origin,
    dockerfile::RunAs,
    facts::{answers::root, image},
    policy::{Finding, Profile, Rule, Severity, Target},
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
        if let Some((what, origin)) = unset(target, &container) {
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
fn unset(target: &Target, container: &Container<'_>) -> Option<(String, Origin)> {
    let service = container.service;
    let written = service.user.as_ref();
    if written.is_some_and(|user| root::is_said(&user.value)) {
        return None;
    }
    let place = written.map_or_else(|| container.key(), |user| user.origin);
    let by_dockerfile = run_as(target, container);
    if service.build.is_some() || by_dockerfile.is_some() {
        return match by_dockerfile {
            Some(RunAs::Named(user)) if root::is_root(&user.text) => {
                let user = user.text;
                Some((format!("has no `user`, and its Dockerfile ends as \"{user}\""), place))
            }
            Some(RunAs::Named(_) | RunAs::Variable) => None,
            Some(RunAs::OfBase(base)) if promises(&base.text) => None,
            Some(RunAs::OfBase(base)) => Some((
                format!(
                    "has no `user`, and its Dockerfile none either: it runs as {} says, by default as root",
                    base.text
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

/// Whom the image of a service runs as; none if there is no Dockerfile at hand.
fn run_as(target: &Target, container: &Container<'_>) -> Option<RunAs> {
    let Container { name, service, .. } = *container;
    if let Ok(recipe) = image::recipe(&target.project, name, service) {
        return Some(recipe.run_as());
    }
    // What cannot be read may name one.
    let unread = target.project.dockerfile(name).is_some_and(|file| file.dockerfile.is_err());
    unread.then_some(RunAs::Variable)
}

fn promises(image: &str) -> bool {
    PROMISES.iter().any(|promise| image.contains(promise))
}
