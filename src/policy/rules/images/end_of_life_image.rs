//! An image whose software gets no repairs any more.

use crate::{
    facts::answers::{reference::Reference, services},
    policy::{
        Finding, Profile, Rule, Severity, Target,
        rules::images::end_of_life::{Life, life_of},
    },
};

/// What is no longer repaired stays broken.
pub static RULE: Rule = Rule {
    id: "end-of-life-image",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "An image's version is past its end of life.",
    check,
    document: include_str!("end_of_life_image.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, image) in services::pulled(&target.project) {
        let Some(Life { what, ended }) = life_of(&Reference::new(image)) else { continue };
        found.push(RULE.finding(
            format!("services.{name}.image"),
            format!(
                "{what} in image \"{}\" of service \"{name}\" reached its end of life in {ended}",
                image.value
            ),
            "move to a version that is supported",
            image.origin,
        ));
    }
}
