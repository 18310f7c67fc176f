//! Namespaces that a container shares with the host, for the rules that forbid it one by one.

use super::containers::containers;
use crate::policy::{Finding, Rule, Target};

/// Finds the services in which an attribute is `host`.
pub fn host(
    rule: &'static Rule,
    target: &Target,
    attribute: &str,
    (what, remedy): (&str, &str),
    found: &mut Vec<Finding>,
) {
    for container in containers(target) {
        if let Some(origin) = container.is_one_of(attribute, &["host"]) {
            found.push(rule.finding(
                container.subject(attribute),
                format!("service \"{}\" {what}", container.name),
                remedy,
                origin,
            ));
        }
    }
}
