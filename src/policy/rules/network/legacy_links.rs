//! `links` and `external_links`.

use crate::{
    facts::answers::place,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Names work without links.
pub static RULE: Rule = Rule {
    id: "legacy-links",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "Services are joined by legacy links.",
    check,
    document: include_str!("legacy_links.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for (name, service) in &target.project.services {
        for (attribute, links, remedy) in [
            (
                "links",
                &service.links,
                "use the service's name, or `aliases` of a network; say the order with `depends_on`",
            ),
            (
                "external_links",
                &service.external_links,
                "put both on a network that is declared `external: true`",
            ),
        ] {
            if !links.is_empty() {
                found.push(RULE.finding(
                    format!("services.{name}.{attribute}"),
                    format!("service \"{name}\" uses `{attribute}`, a legacy of Docker before it had networks"),
                    remedy,
                    place::key(&target.project, name, &[attribute]),
                ));
            }
        }
    }
}
