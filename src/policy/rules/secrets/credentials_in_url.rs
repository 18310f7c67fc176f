//! Passwords in addresses.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    secret::{
        SecretKind,
        scan::{self, How},
    },
};

/// An address has a password in it.
pub static RULE: Rule = Rule {
    id: "credentials-in-url",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "An address has a password in it.",
    check,
    document: include_str!("credentials_in_url.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for leak in scan::leaks(target) {
        if leak.kind != SecretKind::Url || leak.how != How::Literal {
            continue;
        }
        let message = format!("the address in {} has a password in it", leak.subject);
        found.push(super::finding(
            &RULE,
            leak,
            message,
            "write the password as a variable, or let the program put the address together from a secret",
        ));
    }
}
