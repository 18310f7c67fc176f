//! Literals in Dockerfiles.

use crate::policy::{Finding, Profile, Rule, Severity, Target, secret::scan::Where};

/// A secret is written in the Dockerfile of a build.
pub static RULE: Rule = Rule {
    id: "secret-in-dockerfile",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A secret is written in the Dockerfile of a build.",
    check,
    document: include_str!("secret_in_dockerfile.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in super::literals(target, Where::Dockerfile) {
        let message = super::message(leak, "it");
        found.push(super::finding(&RULE, leak, message, "read it with `RUN --mount=type=secret` where the build needs it, or give it when the container starts"));
    }
}
