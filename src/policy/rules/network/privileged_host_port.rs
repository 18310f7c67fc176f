//! A host port below 1024 that is not a web port.

use crate::policy::{Finding, Profile, Rule, Severity, Target, rules::facts::ports};

/// The system's ports belong to the host.
pub static RULE: Rule = Rule {
    id: "privileged-host-port",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A host port below 1024 other than 80 and 443 is published.",
    check,
    document: include_str!("privileged_host_port.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for port in ports::all(target) {
        let Some(host) = &port.host else { continue };
        let web = *host == (80..=80) || *host == (443..=443);
        if web || *host.start() >= 1024 {
            continue;
        }
        found.push(RULE.finding(
            port.subject(),
            format!(
                "service \"{}\" takes the privileged {} of the host",
                port.service,
                port.host_text()
            ),
            "publish it on a port from 1024 on, or put a proxy before it",
            port.host_origin().unwrap_or(port.origin),
        ));
    }
}
