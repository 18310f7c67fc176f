//! Secrets as variables of images that read files.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target, secret::scan},
};

/// A secret is a variable although the image reads files.
pub static RULE: Rule = Rule {
    id: "secret-as-variable",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A secret is a variable although the image reads files.",
    check,
    document: include_str!("secret_as_variable.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let told = scan::leaks(target);
    for (service, definition) in &target.project.services {
        let Some(image) = &definition.image else { continue };
        for (name, value) in &definition.environment {
            let subject = format!("services.{service}.environment.{name}");
            // A variable that is not set here is set where it counts.
            let written = target.journal().steps(value.origin).is_empty();
            let empty = written && value.value.as_deref().is_some_and(str::is_empty);
            let Some(file) = super::images::file_of(image, name).filter(|_| !empty) else {
                continue;
            };
            if told.iter().any(|leak| leak.subject == subject) {
                continue;
            }
            found.push(RULE.finding(
                subject,
                format!(
                    "service \"{service}\" gets {name} as a variable, and its image can read a file"
                ),
                format!("declare a secret and set `{file}: /run/secrets/…`"),
                place::of_value(&target.project, value.origin),
            ));
        }
    }
}
