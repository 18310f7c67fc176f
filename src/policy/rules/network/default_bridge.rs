//! The engine's own bridge.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// The default bridge joins containers of all projects.
pub static RULE: Rule = Rule {
    id: "default-bridge",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A service is on the engine's default bridge.",
    check,
    document: include_str!("default_bridge.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let mode = service.network_mode.as_ref();
        if let Some(mode) = mode.filter(|mode| matches!(mode.as_str(), "bridge" | "default")) {
            found.push(RULE.finding(
                format!("services.{name}.network_mode"),
                format!("service \"{name}\" is on the engine's default bridge"),
                "remove `network_mode`: the project has a network of its own",
                mode.origin,
            ));
        }
    }
}
