//! A host port below 1024.

use crate::{
    facts::answers::ports,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// The system's ports belong to the host.
pub static RULE: Rule = Rule {
    id: "privileged-host-port",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A host port below 1024 is published.",
    check,
    document: include_str!("privileged_host_port.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for port in ports::all(&target.project) {
        let Some(host) = &port.host else { continue };
        if *host.start() >= 1024 {
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
