//! Nobody says which user a container runs as.

use super::containers::{Container, containers, is_root};
use crate::{
    compose::journal::Origin,
    dockerfile::RunAs,
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
    if written
        .is_some_and(|user| !user.value.split(':').next().unwrap_or_default().trim().is_empty())
    {
        return None;
    }
    let place = written.map_or_else(|| container.key(), |user| user.origin);
    if service.build.is_some() {
        return match run_as(target, container) {
            Some(RunAs::Named(user)) if is_root(&user.text) => {
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

/// Whom the image of a service's build runs as; none if there is no Dockerfile at hand.
fn run_as(target: &Target, container: &Container<'_>) -> Option<RunAs> {
    let build = container.service.build.as_ref()?;
    let file = target.project.dockerfile(container.name)?;
    // What cannot be read may name one.
    let Ok(dockerfile) = &file.dockerfile else { return Some(RunAs::Variable) };
    let stage = dockerfile.target(build.target.as_ref().map(|target| target.as_str()))?;
    let argument = |name: &str| build.args.get(name)?.value.clone();
    Some(dockerfile.run_as(stage, &argument))
}

fn promises(image: &str) -> bool {
    PROMISES.iter().any(|promise| image.contains(promise))
}
