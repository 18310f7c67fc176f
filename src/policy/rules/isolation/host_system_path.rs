//! Paths below the host's system folders, with nothing known to be dangerous in them.

use super::{host_paths::host_paths, known_paths::Claim};
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// What lies there is the host's, not the project's.
pub static RULE: Rule = Rule {
    id: "host-system-path",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container sees a path below one of the host's system folders.",
    check,
    document: include_str!("host_system_path.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for path in host_paths(target) {
        if path.claim() == Claim::System {
            let severity = if path.writable { Severity::Medium } else { Severity::Low };
            found.push(Finding {
                severity,
                ..RULE.finding(
                    path.subject.as_str(),
                    format!("{} \"{}\" of the host's system, {}", path.giver, path.shown, path.mode()),
                    "use a named volume for data, and the project's own folder or `configs` for configuration",
                    path.origin,
                )
            });
        }
    }
}
