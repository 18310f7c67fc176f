//! An image that must already be there.

use crate::{
    facts::answers::services,
    policy::{Finding, Profile, Rule, Severity, Target},
};

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
    for (name, image) in services::pulled(&target.project) {
        let policy = target.project.services.get(name).and_then(|it| it.pull_policy.as_ref());
        if let Some(policy) = policy.filter(|policy| policy.value == "never") {
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
}
