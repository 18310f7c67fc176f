//! Paths of the host that give the host away.

use super::{host_paths::host_paths, known_paths::Claim};
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A folder of the host in which keys, accounts or programs of root lie.
pub static RULE: Rule = Rule {
    id: "sensitive-host-path",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A container sees a path of the host that gives the host away.",
    check,
    document: include_str!("sensitive_host_path.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for path in host_paths(target) {
        if let Claim::Sensitive(severity, what) = path.claim() {
            let remedy = if path.writable {
                "mount the one file that is needed, with `:ro`; data belongs into a named volume"
            } else {
                "mount the one file that is needed, or hand it over with `secrets` or `configs`"
            };
            found.push(Finding {
                severity,
                ..RULE.finding(
                    path.subject.as_str(),
                    format!(
                        "{} \"{}\" of the host, {}: {what}",
                        path.giver,
                        path.shown,
                        path.mode()
                    ),
                    remedy,
                    path.origin,
                )
            });
        }
    }
}
