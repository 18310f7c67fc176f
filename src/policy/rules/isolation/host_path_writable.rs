//! Bind mounts without `:ro`.

use super::{host_paths::host_paths, known_paths::Claim};
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A container may change files of the host.
pub static RULE: Rule = Rule {
    id: "host-path-writable",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container may write to a file or folder of the host.",
    check,
    document: include_str!("host_path_writable.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for path in host_paths(target) {
        if path.claim() == Claim::Own && path.writable && !path.path.starts_with("/dev/") {
            found.push(RULE.finding(
                path.subject.as_str(),
                format!("{} \"{}\" of the host, writable", path.giver, path.shown),
                "add `:ro` if it only reads there; let it write to a named volume",
                path.origin,
            ));
        }
    }
}
