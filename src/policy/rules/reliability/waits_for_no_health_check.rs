//! Waiting for a health check that does not exist.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    rules::facts::{
        health::{self, Check},
        place,
    },
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
            let image = other.image.as_ref().filter(|_| other.build.is_none());
            let why = match health::of(other) {
                Check::Off => "whose health check is switched off",
                Check::Image if image.is_some_and(|image| health::image_lacks_one(image)) => {
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
                    place::or_service(target, name, condition),
                )
                .also(place::service(target, on), "has no health check"),
            );
        }
    }
}
