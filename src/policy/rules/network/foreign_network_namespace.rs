//! The network of a container that is not in the files.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A container outside of the project decides on the network.
pub static RULE: Rule = Rule {
    id: "foreign-network-namespace",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A service shares the network of a container outside of the project.",
    check,
    document: include_str!("foreign_network_namespace.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(mode) = &service.network_mode else { continue };
        let Some(other) = mode.value.strip_prefix("container:") else { continue };
        found.push(RULE.finding(
            format!("services.{name}.network_mode"),
            format!("service \"{name}\" shares the network of container \"{other}\", which is not part of the project"),
            "write `network_mode: service:NAME` with a service of the project, or use a common network",
            mode.origin,
        ));
    }
}
