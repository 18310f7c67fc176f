//! Secrets as build arguments, wherever they come from.

use crate::{
    facts::answers::secret::names::{self, Strength},
    policy::{
        Finding, Profile, Rule, Severity, Target,
        secret::{scan, values},
    },
};

/// A secret is passed to a build as an argument.
pub static RULE: Rule = Rule {
    id: "secret-as-build-argument",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A secret is passed to a build as an argument.",
    check,
    document: include_str!("secret_as_build_argument.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let told = scan::leaks(target);
    for (service, definition) in &target.project.services {
        let Some(build) = &definition.build else { continue };
        for (name, value) in &build.args {
            let subject = format!("services.{service}.build.args.{name}");
            let secret = names::strength(name).is_some_and(|strength| strength >= Strength::Token);
            let text = value.value.as_deref().unwrap_or_default();
            let placeholder = !text.is_empty() && values::is_harmless(text, Strength::Password);
            if !secret || placeholder || told.iter().any(|leak| leak.subject == subject) {
                continue;
            }
            found.push(RULE.finding(
                subject,
                format!("service \"{service}\" passes {name} to its build as an argument, which the image keeps"),
                "declare it under `build.secrets` and read it with `RUN --mount=type=secret`",
                value.origin,
            ));
        }
    }
}
