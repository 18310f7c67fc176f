//! A database, cache, broker or search port on every interface of the host.

use crate::{
    facts::answers::{
        ports::{self, Address},
        stores,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A data store that the whole network can reach.
pub static RULE: Rule = Rule {
    id: "published-data-store",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A data store's port is published on all interfaces.",
    check,
    document: include_str!("published_data_store.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for port in ports::all(&target.project) {
        let Some(service) = target.project.services.get(port.service) else { continue };
        if port.address() != Address::Every {
            continue;
        }
        let Some((store, at)) = stores::behind(&target.project, &port, service) else { continue };
        let name = port.service;
        found.push(RULE.finding(
            port.subject(),
            format!("service \"{name}\" publishes port {at} of {} on all interfaces", store.name),
            format!(
                "write {} to reach it from this machine only, or remove the port: services on the same network need none",
                port.local(&target.project)
            ),
            port.address_origin(),
        ));
    }
}
