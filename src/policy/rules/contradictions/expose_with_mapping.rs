//! A mapping where there is none to make.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// `expose` names ports of the container.
pub static RULE: Rule = Rule {
    id: "expose-with-mapping",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "`expose` maps a port of the host.",
    check,
    document: include_str!("expose_with_mapping.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        for port in &service.expose {
            let Some((host, own)) = port.rsplit_once(':') else { continue };
            found.push(RULE.finding(
                format!("services.{name}.expose[{}]", port.value),
                format!(
                    "service \"{name}\" exposes \"{}\", and `expose` has no mapping: nothing is published on {host}",
                    port.value
                ),
                format!(
                    "write \"{own}\", or \"127.0.0.1:{}\" in `ports:` if the host is to reach it",
                    port.value
                ),
                place::or_service(&target.project, name, Some(port.origin)),
            ));
        }
    }
}
