//! No limit of memory.

use crate::{
    facts::answers::{place, services},
    policy::{Finding, Profile, Rule, Severity, Target},
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
    for (name, service) in services::containers(&target.project) {
        let limit = service.memory_limit();
        if limit.holds() {
            continue;
        }
        let is = if limit.written.is_some() {
            "a limit of memory that is none"
        } else {
            "no limit of memory"
        };
        found.push(RULE.finding(
            format!("services.{name}.mem_limit"),
            format!("service \"{name}\" has {is}"),
            "write `mem_limit: 512m`, or `memory:` below `deploy.resources.limits`",
            place::or_service(&target.project, name, limit.written),
        ));
    }
}
