//! A dependency that does not wait for the health check that is there.

use crate::{
    facts::answers::{health, place},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Started is not ready.
pub static RULE: Rule = Rule {
    id: "waits-for-start-only",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A dependency does not wait for a health check that exists.",
    check,
    document: include_str!("waits_for_start_only.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let implied = service
            .links
            .iter()
            .map(|link| link.origin)
            .chain(service.network_mode.as_ref().map(|it| it.origin));
        let implied: Vec<_> = implied.map(|origin| origin.place).collect();
        let written = place::is_written(&target.project, name, "depends_on");
        for (on, dependency) in service.depends_on.iter().filter(|_| written) {
            let other = target.project.services.get(on);
            let checked = other.is_some_and(|other| match health::of(other) {
                health::Check::Own => true,
                health::Check::Off => false,
                health::Check::Image => {
                    health::by_dockerfile(&target.project, on, other) == Some(true)
                }
            });
            if !checked
                || dependency.condition() != "service_started"
                || implied.contains(&dependency.origin.place)
            {
                continue;
            }
            let condition = dependency.condition.as_ref().map(|condition| condition.origin);
            found.push(RULE.finding(
                format!("services.{name}.depends_on.{on}"),
                format!(
                    "service \"{name}\" waits until \"{on}\" has started, not until it is healthy"
                ),
                "write `condition: service_healthy`: there is a health check",
                place::or_service(&target.project, name, condition),
            ));
        }
    }
}
