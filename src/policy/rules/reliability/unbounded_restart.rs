//! Restarts without an end.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A crash that repeats should end.
pub static RULE: Rule = Rule {
    id: "unbounded-restart",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A service is restarted without a limit.",
    check,
    document: include_str!("unbounded_restart.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        let when = |restart: &String| match restart.as_str() {
            "on-failure" => Some("on failure "),
            "always" => Some(""),
            _ => None,
        };
        if let Some(restart) = &service.restart
            && let Some(when) = when(&restart.value)
        {
            found.push(RULE.finding(
                format!("services.{name}.restart"),
                format!("service \"{name}\" is restarted {when}without an end"),
                "write how often: `on-failure:5`",
                restart.origin,
            ));
        }
        let policy = service.deploy.as_ref().and_then(|deploy| deploy.restart_policy.as_ref());
        let Some(policy) = policy.filter(|_| service.restart.is_none()) else { continue };
        let condition = policy.condition.as_ref().filter(|it| it.value == "on-failure");
        if let Some(condition) = condition.filter(|_| policy.max_attempts.is_none()) {
            found.push(RULE.finding(
                format!("services.{name}.deploy.restart_policy"),
                format!("service \"{name}\" is restarted on failure without an end"),
                "write `max_attempts: 5`",
                place::or_service(&target.project, name, Some(condition.origin)),
            ));
        }
    }
}
