//! A service that stays down.

use crate::{
    facts::answers::{place, services},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// After a crash somebody has to start it again.
pub static RULE: Rule = Rule {
    id: "no-restart-policy",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A service has no restart policy.",
    check,
    document: include_str!("no_restart_policy.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in services::lasting(&target.project) {
        let deployed = service.deploy.as_ref().and_then(|deploy| deploy.restart_policy.as_ref());
        if service.restart.is_none() && deployed.is_none() {
            found.push(RULE.finding(
                format!("services.{name}.restart"),
                format!("service \"{name}\" has no restart policy: after a crash it stays down"),
                "write `restart: unless-stopped`, `restart: on-failure:5`, or `restart: \"no\"` if it is to stay down",
                place::service(&target.project, name),
            ));
        }
    }
}
