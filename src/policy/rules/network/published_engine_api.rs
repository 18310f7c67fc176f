//! The port of the engine's API, published.

use crate::{
    facts::answers::ports::{self, Address},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// The engine's API gives the host away.
pub static RULE: Rule = Rule {
    id: "published-engine-api",
    severity: Severity::Critical,
    profile: Profile::Default,
    summary: "The port of the Docker API is published.",
    check,
    document: include_str!("published_engine_api.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for port in ports::all(&target.project) {
        let api = [2375, 2376].into_iter().find(|api| port.targets.contains(api));
        let Some(api) = api.filter(|_| port.address() != Address::Loopback) else { continue };
        let name = port.service;
        let what = if api == 2375 { "without TLS" } else { "with TLS" };
        found.push(RULE.finding(
            port.subject(),
            format!("service \"{name}\" publishes port {api}: the Docker API {what}"),
            "remove the port; services on the same network reach the API without it",
            port.address_origin(),
        ));
    }
}
