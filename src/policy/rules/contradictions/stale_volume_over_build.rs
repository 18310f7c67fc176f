//! A named volume over what the image's build has made.

use camino::Utf8Path;

use super::{made, starts};
use crate::{
    facts::{
        answers::{path, place},
        image,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A named volume is filled once, by the first image that meets it.
pub static RULE: Rule = Rule {
    id: "stale-volume-over-build",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A named volume keeps what an earlier build has made.",
    check,
    document: include_str!("stale_volume_over_build.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    for (name, service) in &project.services {
        let Ok(recipe) = image::recipe(project, name, service) else { continue };
        let named = service.volumes.iter().filter(|mount| {
            let volume = mount.kind.as_ref().is_some_and(|kind| kind.value == "volume");
            volume && mount.source.as_ref().is_some_and(|source| !source.is_empty())
        });
        let named: Vec<_> = named.collect();
        if named.is_empty() {
            continue;
        }
        let made = made::by(&recipe);
        for mount in named {
            let (Some(volume), Some(at)) = (&mount.source, &mount.target) else { continue };
            let Some(made) = made.iter().find(|made| path::same(&made.at, at)) else { continue };
            // With the working copy mounted over it, the volume is what keeps the dependencies there.
            let worked_on = service.volumes.iter().any(|other| {
                let bind = other.kind.as_ref().is_some_and(|kind| kind.value == "bind");
                bind && other.target.as_ref().is_some_and(|over| path::is_within(at, over))
            });
            if worked_on || starts::say(target, name, service, made.again) {
                continue;
            }
            let what = Utf8Path::new(&made.at).file_name().unwrap_or_default();
            let finding = RULE.finding(
                format!("services.{name}.volumes[{at}]", at = at.value),
                format!(
                    "volume \"{volume}\" hides {at} of the image of service \"{name}\", which {} made: it is filled by the first image and keeps the old {what} after each build",
                    made.by,
                    volume = volume.value,
                    at = at.value
                ),
                format!(
                    "make {at} at each start, or leave the volume out and have the image that serves it copy it in its own build",
                    at = at.value
                ),
                place::or_service(project, name, Some(mount.origin)),
            );
            let piece = &made.instruction.arguments;
            found.push(finding.also(recipe.origin(project, piece), "made here"));
        }
    }
}
