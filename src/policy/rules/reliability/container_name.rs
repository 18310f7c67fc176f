//! A fixed name for a container.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A fixed name allows one container on the machine.
pub static RULE: Rule = Rule {
    id: "container-name",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container has a fixed name.",
    check,
    document: include_str!("container_name.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        if let Some(fixed) = service.container_name.as_ref().filter(|fixed| !fixed.value.is_empty())
        {
            found.push(RULE.finding(
                format!("services.{name}.container_name"),
                format!("service \"{name}\" has the fixed container name \"{}\"", fixed.value),
                "remove `container_name`; `docker compose` finds the container by the service's name",
                fixed.origin,
            ));
        }
    }
}
