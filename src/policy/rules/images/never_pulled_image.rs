//! An image that must already be there.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// What is on this machine is not what is on another.
pub static RULE: Rule = Rule {
    id: "never-pulled-image",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "An image is never pulled.",
    check,
    document: include_str!("never_pulled_image.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let built: Vec<&str> = target
        .project
        .services
        .values()
        .filter(|service| service.build.is_some())
        .filter_map(|service| service.image.as_ref())
        .map(|image| image.as_str())
        .collect();
    for (name, service) in &target.project.services {
        let (Some(image), None, Some(policy)) =
            (&service.image, &service.build, &service.pull_policy)
        else {
            continue;
        };
        if policy.value != "never" || built.contains(&image.as_str()) {
            continue;
        }
        found.push(RULE.finding(
            format!("services.{name}.pull_policy"),
            format!(
                "image \"{}\" of service \"{name}\" is never pulled, and no service builds it",
                image.value
            ),
            "remove `pull_policy`, or let a service of the project build the image",
            policy.origin,
        ));
    }
}
