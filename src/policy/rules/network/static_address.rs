//! A fixed address for a container.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Names outlive addresses.
pub static RULE: Rule = Rule {
    id: "static-address",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container has a fixed address.",
    check,
    document: include_str!("static_address.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        for (network, used) in &service.networks {
            let fixed = [&used.ipv4_address, &used.ipv6_address, &used.mac_address];
            let Some(address) = fixed.into_iter().flatten().next() else { continue };
            found.push(RULE.finding(
                format!("services.{name}.networks.{network}"),
                format!(
                    "service \"{name}\" has the fixed address {} on network \"{network}\"",
                    address.value
                ),
                "remove the address, and use the service's name",
                place::or_service(&target.project, name, Some(address.origin)),
            ));
        }
    }
}
