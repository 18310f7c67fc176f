//! `latest`, written or meant, and its like.

use crate::{
    facts::answers::{reference::Reference, services},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// `latest` is another image tomorrow.
pub static RULE: Rule = Rule {
    id: "untagged-image",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "An image has no tag, or one that names no version.",
    check,
    document: include_str!("untagged_image.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, image) in services::pulled(&target.project) {
        let reference = Reference::new(image);
        if !reference.is_floating() || super::is_open(&target.project, image, &reference) {
            continue;
        }
        let what = reference.tag.map_or_else(
            || "no tag, which is `latest`".to_owned(),
            |tag| format!("the tag `{tag}`, which moves"),
        );
        found.push(RULE.finding(
            format!("services.{name}.image"),
            format!("image \"{}\" of service \"{name}\" has {what}", image.value),
            "name the version",
            image.origin,
        ));
    }
}
