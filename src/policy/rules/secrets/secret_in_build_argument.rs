//! Literals in `build.args`.

use crate::policy::{Finding, Profile, Rule, Severity, Target, secret::scan::Where};

/// A secret is written in the arguments of a build.
pub static RULE: Rule = Rule {
    id: "secret-in-build-argument",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A secret is written in the arguments of a build.",
    check,
    document: include_str!("secret_in_build_argument.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in super::literals(target, Where::BuildArgument) {
        let message = super::message(leak, "its build arguments");
        found.push(super::finding(&RULE, leak, message, "remove it from the file and give it to the build as a secret (`build.secrets`, `RUN --mount=type=secret`)"));
    }
}
