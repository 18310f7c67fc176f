//! No limit of processors.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    rules::facts::{place, services},
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
    for (name, service) in services::containers(target) {
        let deployed = service.deploy.as_ref().and_then(|deploy| deploy.resources.as_ref());
        let deployed = deployed.and_then(|resources| resources.limits.as_ref());
        let deployed = deployed.and_then(|limits| limits.cpus.as_ref());
        let written = [service.cpus.as_ref(), deployed];
        if written.iter().flatten().any(|limit| limit.value > 0.0)
            || service.cpu_quota.as_ref().is_some_and(|quota| quota.value > 0)
            || service.cpuset.as_ref().is_some_and(|set| !set.value.is_empty())
        {
            continue;
        }
        let none = written.into_iter().flatten().next().map(|limit| limit.origin);
        let is = if none.is_some() {
            "a limit of processors that is none"
        } else {
            "no limit of processors"
        };
        found.push(RULE.finding(
            format!("services.{name}.cpus"),
            format!("service \"{name}\" has {is}"),
            "write `cpus: 1.5`, or `cpus:` below `deploy.resources.limits`",
            place::or_service(target, name, none),
        ));
    }
}
