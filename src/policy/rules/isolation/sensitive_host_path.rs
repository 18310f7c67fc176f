//! Paths of the host that give the host away.

use super::{
    host_paths::{HostPath, host_paths},
    known_paths::{self, Claim},
};
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
            let remedy = remedy(&path);
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

/// What to do about a path: of what shows the whole host, no file is the one that is needed.
fn remedy(path: &HostPath) -> &'static str {
    let harmless =
        |writable| !matches!(known_paths::claim(&path.path, writable), Claim::Sensitive(..));
    if path.writable && harmless(false) {
        return "add `:ro` if it is only read, or mount the one file that is needed";
    }
    if known_paths::shows_the_host(&path.path) {
        return if path.writable {
            "leave it out; what has to watch the host gets it with `:ro`, and a comment that says so: `# seaworthy: allow[sensitive-host-path] REASON`"
        } else {
            "leave it out, or mount the part that is read; what has to watch the whole host says so in a comment: `# seaworthy: allow[sensitive-host-path] REASON`"
        };
    }
    if known_paths::is_message_bus(&path.path) {
        return "leave it out; a proxy such as xdg-dbus-proxy lets single calls pass";
    }
    if path.writable {
        "mount the one file that is needed, with `:ro`; data belongs into a named volume"
    } else {
        "mount the one file that is needed, or hand it over with `secrets` or `configs`"
    }
}
