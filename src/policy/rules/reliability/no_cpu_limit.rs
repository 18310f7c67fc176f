//! No limit of processors.

use crate::{
    facts::answers::{place, services},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Without a limit one service can take the processors of all.
pub static RULE: Rule = Rule {
    id: "no-cpu-limit",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A service has no CPU limit.",
    check,
    document: include_str!("no_cpu_limit.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in services::containers(&target.project) {
        let limit = service.cpu_limit();
        if limit.holds() || service.cpuset.as_ref().is_some_and(|set| !set.value.is_empty()) {
            continue;
        }
        let is = if limit.written.is_some() {
            "a limit of processors that is none"
        } else {
            "no limit of processors"
        };
        found.push(RULE.finding(
            format!("services.{name}.cpus"),
            format!("service \"{name}\" has {is}"),
            "write `cpus: 1.5`, or `cpus:` below `deploy.resources.limits`",
            place::or_service(&target.project, name, limit.written),
        ));
    }
}
