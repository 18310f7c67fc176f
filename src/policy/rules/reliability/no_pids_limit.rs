//! No limit of processes.

use crate::{
    facts::answers::{place, services},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Without a limit one service can take all process numbers.
pub static RULE: Rule = Rule {
    id: "no-pids-limit",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A service has no limit of processes.",
    check,
    document: include_str!("no_pids_limit.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in services::containers(&target.project) {
        let limit = service.process_limit();
        if limit.holds() {
            continue;
        }
        let is = if limit.written.is_some() {
            "a limit of processes that is none"
        } else {
            "no limit of processes"
        };
        found.push(RULE.finding(
            format!("services.{name}.pids_limit"),
            format!("service \"{name}\" has {is}"),
            "write `pids_limit: 200`, or `pids:` below `deploy.resources.limits`",
            place::or_service(&target.project, name, limit.written),
        ));
    }
}
