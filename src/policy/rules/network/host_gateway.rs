//! A name for the host itself.

use crate::{
    compose::tree::Node,
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// The way from a container to the host's own services.
pub static RULE: Rule = Rule {
    id: "host-gateway",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container is given a way to the services of the host.",
    check,
    document: include_str!("host_gateway.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for name in target.project.services.keys() {
        for (host, addresses) in place::entries(&target.project, name, &["extra_hosts"]) {
            let items = addresses.as_sequence().unwrap_or(std::slice::from_ref(addresses));
            if items.iter().filter_map(Node::as_str).any(|address| address == "host-gateway") {
                let origin = place::or_service(&target.project, name, Some(addresses.origin));
                found.push(RULE.finding(
                    format!("services.{name}.extra_hosts[{}]", host.text),
                    format!("service \"{name}\" calls the host itself \"{}\"", host.text),
                    "run what it needs as a service of the project, and remove the entry",
                    origin,
                ));
            }
        }
    }
}
