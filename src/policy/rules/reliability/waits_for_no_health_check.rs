//! Waiting for a health check that does not exist.

use crate::{
    facts::answers::{
        health::{self, Check},
        place,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// What is not checked never becomes healthy.
pub static RULE: Rule = Rule {
    id: "waits-for-no-health-check",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A dependency waits for a health check that does not exist.",
    check,
    document: include_str!("waits_for_no_health_check.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        for (on, dependency) in &service.depends_on {
            let Some(other) = target.project.services.get(on) else { continue };
            if dependency.condition() != "service_healthy" {
                continue;
            }
            let why = match health::of(other) {
                Check::Off => "whose health check is switched off",
                Check::Image if health::of_image(&target.project, on, other) == Some(false) => {
                    "which has no health check, nor has its image"
                }
                _ => continue,
            };
            let condition = dependency.condition.as_ref().map(|condition| condition.origin);
            found.push(
                RULE.finding(
                    format!("services.{name}.depends_on.{on}"),
                    format!("service \"{name}\" waits for the health of \"{on}\", {why}"),
                    format!("give service \"{on}\" a `healthcheck`"),
                    place::or_service(&target.project, name, condition),
                )
                .also(place::service(&target.project, on), "has no health check"),
            );
        }
    }
}
