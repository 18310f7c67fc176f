//! Values of env files.

use crate::{
    compose::journal::Origin,
    policy::{
        Finding, Profile, Rule, Severity, Target,
        secret::scan::{self, How},
    },
};

/// A secret of an env file reaches a container as a literal.
pub static RULE: Rule = Rule {
    id: "secret-in-env-file",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A secret of an env file reaches a container as a literal.",
    check,
    document: include_str!("secret_in_env_file.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in scan::leaks(target) {
        let How::EnvFile(variable) = &leak.how else { continue };
        let message =
            format!("the secret {variable} is written in an env file and reaches {}", leak.subject);
        let mut finding = RULE.finding(
            leak.subject.as_str(),
            message,
            "keep the file out of version control, or give the value as a secret file or from the environment",
            Origin::written(leak.place),
        );
        // The place where it is used says nothing of the value.
        finding = finding.also(leak.origin, "reaches the container here");
        found.push(finding);
    }
}
