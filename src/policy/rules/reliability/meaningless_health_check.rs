//! A check that cannot fail.

use crate::{
    compose::idle,
    facts::answers::{health, place},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A check that cannot fail proves nothing.
pub static RULE: Rule = Rule {
    id: "meaningless-health-check",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A health check cannot fail.",
    check,
    document: include_str!("meaningless_health_check.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let Some(check) =
            service.healthcheck.as_ref().filter(|_| health::of(service) == health::Check::Own)
        else {
            continue;
        };
        let words: Vec<&str> = check.test.iter().map(|word| word.as_str()).collect();
        let Some(why) = idle::why_idle(&words) else { continue };
        let origin = check.test.get(1).or(check.test.first()).map(|word| word.origin);
        found.push(RULE.finding(
            format!("services.{name}.healthcheck.test"),
            format!("the health check of service \"{name}\" cannot fail: {why}"),
            "test what the service does: a request, a query, a ping",
            place::or_service(&target.project, name, origin),
        ));
    }
}
