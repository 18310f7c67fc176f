//! Builds that may do what root of the host can.

use super::containers::is_true;
use crate::{
    compose::tree::Node,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A step of the build is no longer kept from the host.
pub static RULE: Rule = Rule {
    id: "privileged-build",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A build may run privileged steps.",
    check,
    document: include_str!("privileged_build.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for name in target.project.services.keys() {
        let Some(build) = target.service(name).and_then(|service| service.get("build")) else {
            continue;
        };
        let privileged = build.get("privileged").filter(|node| is_true(Some(node)));
        let entitlements =
            build.get("entitlements").and_then(Node::as_sequence).unwrap_or_default();
        let insecure = entitlements.iter().find(|node| node.as_str() == Some("security.insecure"));
        let places = [("privileged", privileged), ("entitlements[security.insecure]", insecure)];
        let mut places = places.into_iter().filter_map(|(below, node)| Some((below, node?.origin)));
        let Some((below, origin)) = places.next() else { continue };
        let mut finding = RULE.finding(
            format!("services.{name}.build.{below}"),
            format!("the build of service \"{name}\" may run privileged steps: what it downloads is root on the builder"),
            "remove it; steps that need a device or a mount belong into a script outside the build",
            origin,
        );
        for (_, also) in places {
            finding = finding.also(also, "here too");
        }
        found.push(finding);
    }
}
