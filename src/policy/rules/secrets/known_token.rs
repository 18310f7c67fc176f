//! Tokens whose shape gives them away.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    secret::{
        SecretKind,
        scan::{self, How},
    },
};

/// A token of a known service is written in the files.
pub static RULE: Rule = Rule {
    id: "known-token",
    severity: Severity::Critical,
    profile: Profile::Default,
    summary: "A token of a known service is written in the files.",
    check,
    document: include_str!("known_token.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in scan::leaks(target) {
        let SecretKind::Token(kind) = leak.kind else { continue };
        if matches!(leak.how, How::EnvFile(_)) {
            continue;
        }
        let message =
            format!("{} is written in {}", crate::words::with_article(kind), leak.subject);
        found.push(super::finding(
            &RULE,
            leak,
            message,
            "revoke it where it was issued, then give the new one from outside the repository",
        ));
    }
}
