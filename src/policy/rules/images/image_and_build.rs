//! `image` and `build` together.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Is it built or pulled?
pub static RULE: Rule = Rule {
    id: "image-and-build",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A service has an image and a build, and no pull policy.",
    check,
    document: include_str!("image_and_build.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let (Some(image), Some(_), None) = (&service.image, &service.build, &service.pull_policy)
        else {
            continue;
        };
        found.push(
            RULE.finding(
                format!("services.{name}.image"),
                format!(
                    "service \"{name}\" has an image and a build: which one runs is left to chance"
                ),
                "say it: `pull_policy: build`, or `missing` to pull first",
                image.origin,
            )
            .also(place::key(&target.project, name, &["build"]), "built here"),
        );
    }
}
