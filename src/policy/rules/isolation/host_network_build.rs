//! Builds in the host's network.

use crate::{
    compose::tree::Node,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Steps of a build reach what listens on the builder.
pub static RULE: Rule = Rule {
    id: "host-network-build",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A build shares the host's network.",
    check,
    document: include_str!("host_network_build.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for name in target.project.services.keys() {
        let Some(build) = target.service(name).and_then(|service| service.get("build")) else {
            continue;
        };
        let network = build.get("network").filter(|node| node.as_str() == Some("host"));
        let entitlements =
            build.get("entitlements").and_then(Node::as_sequence).unwrap_or_default();
        let entitled = entitlements.iter().find(|node| node.as_str() == Some("network.host"));
        let places = [("network", network), ("entitlements[network.host]", entitled)];
        let mut places = places.into_iter().filter_map(|(below, node)| Some((below, node?.origin)));
        let Some((below, origin)) = places.next() else { continue };
        let mut finding = RULE.finding(
            format!("services.{name}.build.{below}"),
            format!(
                "the build of service \"{name}\" reaches what listens on 127.0.0.1 of the builder"
            ),
            "remove it; packages are reached through the builder's own network",
            origin,
        );
        for (_, also) in places {
            finding = finding.also(also, "here too");
        }
        found.push(finding);
    }
}
