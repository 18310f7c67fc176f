//! Ports of a service that has no network of its own.

use crate::{
    facts::answers::{place, ports},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A service without a network of its own publishes nothing.
pub static RULE: Rule = Rule {
    id: "ports-without-effect",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "Ports are published by a service without a network of its own.",
    check,
    document: include_str!("ports_without_effect.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(mode) = &service.network_mode else { continue };
        if service.ports.is_empty() || ports::has_effect(service) {
            continue;
        }
        let (what, remedy) = match mode.as_str() {
            "host" => (
                "they are ignored, and everything it listens on is open",
                "remove `ports`, or `network_mode`",
            ),
            "none" => ("they lead nowhere", "remove `ports`, or `network_mode`"),
            _ => (
                "the engine refuses to start it",
                "move them to the service whose network it shares",
            ),
        };
        found.push(
            RULE.finding(
                format!("services.{name}.ports"),
                format!("service \"{name}\" has ports with `network_mode: {}`: {what}", mode.value),
                remedy,
                place::key(&target.project, name, &["ports"]),
            )
            .also(mode.origin, "it has no network of its own"),
        );
    }
}
