//! The host's network as the container's.

use super::containers::{Container, containers};
use crate::{
    compose::journal::Origin,
    facts::answers::ports,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A container stands in the host's network.
pub static RULE: Rule = Rule {
    id: "host-network",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A container shares the host's network.",
    check,
    document: include_str!("host_network.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        let mode = container
            .is_one_of("network_mode", &["host"])
            .map(|origin| ("network_mode".to_owned(), origin));
        for (below, origin) in mode.into_iter().chain(attached(target, &container)) {
            found.push(RULE.finding(
                container.subject(&below),
                format!(
                    "service \"{}\" shares the host's network: it reaches what listens on 127.0.0.1, and every port \
                     that it opens is the host's",
                    container.name
                ),
                "remove it, and publish the ports that are needed (`ports`)",
                origin,
            ));
        }
    }
}

/// Uses of a network that is the host's by name.
fn attached(target: &Target, container: &Container<'_>) -> Vec<(String, Origin)> {
    let is_host = |key: &str| ports::is_the_hosts(&target.project, key);
    let uses = container.service.networks.iter().filter(|(key, _)| is_host(key));
    uses.map(|(key, network)| (format!("networks[{key}]"), network.origin)).collect()
}
