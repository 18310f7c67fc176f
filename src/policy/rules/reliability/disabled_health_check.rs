//! A health check that is switched off.

use crate::{
    facts::answers::{health, place},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Switching the check off hides the fault.
pub static RULE: Rule = Rule {
    id: "disabled-health-check",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A health check is switched off.",
    check,
    document: include_str!("disabled_health_check.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) =
            service.healthcheck.as_ref().filter(|_| health::of(service) == health::Check::Off)
        else {
            continue;
        };
        let off = check.disable.as_ref().filter(|off| off.value).map(|off| off.origin);
        let origin = off.or_else(|| check.test.first().map(|word| word.origin));
        found.push(RULE.finding(
            format!("services.{name}.healthcheck"),
            format!("the health check of service \"{name}\" is switched off"),
            "write a `test` that fits this service",
            place::or_service(&target.project, name, origin),
        ));
    }
}
