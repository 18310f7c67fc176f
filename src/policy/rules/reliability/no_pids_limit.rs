//! No limit of processes.

use crate::policy::{
    Finding, Profile, Rule, Severity, Target,
    rules::facts::{place, services},
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
    for (name, service) in services::containers(target) {
        let deployed = service.deploy.as_ref().and_then(|deploy| deploy.resources.as_ref());
        let deployed = deployed.and_then(|resources| resources.limits.as_ref());
        let deployed = deployed.and_then(|limits| limits.pids.as_ref());
        let written = [service.pids_limit.as_ref(), deployed];
        if written.iter().flatten().any(|limit| limit.value > 0) {
            continue;
        }
        let none = written.into_iter().flatten().next().map(|limit| limit.origin);
        let is = if none.is_some() {
            "a limit of processes that is none"
        } else {
            "no limit of processes"
        };
        found.push(RULE.finding(
            format!("services.{name}.pids_limit"),
            format!("service \"{name}\" has {is}"),
            "write `pids_limit: 200`, or `pids:` below `deploy.resources.limits`",
            place::or_service(target, name, none),
        ));
    }
}
