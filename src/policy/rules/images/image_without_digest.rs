//! A tag that may be moved.

use crate::{
    facts::answers::{reference::Reference, services},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A tag can be pushed again.
pub static RULE: Rule = Rule {
    id: "image-without-digest",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "An image is named by a tag without a digest.",
    check,
    document: include_str!("image_without_digest.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, image) in services::pulled(&target.project) {
        let reference = Reference::new(image);
        let named = reference.digest.is_some() || reference.is_floating();
        if named || super::is_open(&target.project, image, &reference) {
            continue;
        }
        found.push(RULE.finding(
            format!("services.{name}.image"),
            format!(
                "image \"{}\" of service \"{name}\" has no digest: its tag may be moved",
                image.value
            ),
            "add the digest that `docker buildx imagetools inspect` shows: `name:tag@sha256:…`",
            image.origin,
        ));
    }
}
