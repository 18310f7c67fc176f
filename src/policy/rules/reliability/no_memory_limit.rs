//! No limit of memory.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    rules::facts::{place, services},
};

/// Without a limit one service can take the memory of all.
pub static RULE: Rule = Rule {
    id: "no-memory-limit",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A service has no memory limit.",
    check,
    document: include_str!("no_memory_limit.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in services::containers(target) {
        let deployed = service.deploy.as_ref().and_then(|deploy| deploy.resources.as_ref());
        let deployed = deployed.and_then(|resources| resources.limits.as_ref());
        let deployed = deployed.and_then(|limits| limits.memory.as_ref());
        let written = [service.mem_limit.as_ref(), deployed];
        if written.iter().flatten().any(|limit| limit.value > 0) {
            continue;
        }
        let none = written.into_iter().flatten().next().map(|limit| limit.origin);
        let is =
            if none.is_some() { "a limit of memory that is none" } else { "no limit of memory" };
        found.push(RULE.finding(
            format!("services.{name}.mem_limit"),
            format!("service \"{name}\" has {is}"),
            "write `mem_limit: 512m`, or `memory:` below `deploy.resources.limits`",
            place::or_service(target, name, none),
        ));
    }
}
