//! A task that is started again whenever it is done.

use std::collections::HashMap;

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A task that is done must not start again.
pub static RULE: Rule = Rule {
    id: "restarted-one-shot",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A service that others wait for to end is restarted for ever.",
    check,
    document: include_str!("restarted_one_shot.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let mut awaited = HashMap::new();
    for (waiting, service) in &target.project.services {
        for (on, dependency) in &service.depends_on {
            if dependency.condition() == "service_completed_successfully" {
                awaited.entry(on.as_str()).or_insert((waiting, dependency));
            }
        }
    }
    for (name, service) in &target.project.services {
        let Some(restart) = service
            .restart
            .as_ref()
            .filter(|it| matches!(it.as_str(), "always" | "unless-stopped"))
        else {
            continue;
        };
        let Some((waiting, dependency)) = awaited.get(name.as_str()).copied() else { continue };
        found.push(
            RULE.finding(
                format!("services.{name}.restart"),
                format!("service \"{waiting}\" waits for the end of \"{name}\", which is started again whenever it ends"),
                "write `restart: on-failure:5`, or none",
                restart.origin,
            )
            .also(place::or_service(&target.project, waiting, Some(dependency.origin)), "waits here"),
        );
    }
}
