//! A service that says nothing of its health.

use crate::{
    facts::answers::{health, place, services},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A process that runs is not yet a service that works.
pub static RULE: Rule = Rule {
    id: "no-health-check",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A service has no health check.",
    check,
    document: include_str!("no_health_check.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in services::lasting(&target.project) {
        let brings = || health::of_image(&target.project, name, service) == Some(true);
        if health::of(service) == health::Check::Image && !brings() {
            found.push(RULE.finding(
                format!("services.{name}.healthcheck"),
                format!("service \"{name}\" has no health check"),
                "write `healthcheck:` with a `test` that fails when the service does not work",
                place::key(&target.project, name, &["healthcheck"]),
            ));
        }
    }
}
