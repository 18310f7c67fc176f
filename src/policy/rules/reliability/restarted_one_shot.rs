//! A task that is started again whenever it is done.

use crate::policy::{Finding, Profile, Rule, Severity, Target, rules::facts::place};

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
    for (name, service) in &target.project.services {
        let Some(restart) = service
            .restart
            .as_ref()
            .filter(|it| matches!(it.as_str(), "always" | "unless-stopped"))
        else {
            continue;
        };
        let waiting = target.project.services.iter().find_map(|(waiting, service)| {
            let dependency = service.depends_on.get(name)?;
            (dependency.condition() == "service_completed_successfully")
                .then_some((waiting, dependency))
        });
        let Some((waiting, dependency)) = waiting else { continue };
        found.push(
            RULE.finding(
                format!("services.{name}.restart"),
                format!("service \"{waiting}\" waits for the end of \"{name}\", which is started again whenever it ends"),
                "write `restart: on-failure:5`, or none",
                restart.origin,
            )
            .also(place::or_service(target, waiting, Some(dependency.origin)), "waits here"),
        );
    }
}
