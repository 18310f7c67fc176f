//! `privileged: true`.

use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A privileged container owns the host.
pub static RULE: Rule = Rule {
    id: "privileged-container",
    severity: Severity::Critical,
    profile: Profile::Default,
    summary: "A container is privileged.",
    check,
    document: include_str!("privileged_container.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        if let Some(privileged) = service.privileged.filter(|privileged| privileged.value) {
            found.push(RULE.finding(
                format!("services.{name}.privileged"),
                format!("service \"{name}\" is privileged: it can do to the host what root can"),
                "remove `privileged`, and add the one capability or device that is needed",
                privileged.origin,
            ));
        }
    }
}
