//! A namespace that two containers share.

use super::containers::containers;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// What holds for one container holds for both.
pub static RULE: Rule = Rule {
    id: "shared-namespace",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A container shares the network, processes or memory of another.",
    check,
    document: include_str!("shared_namespace.md"),
};

/// Attribute and what is shared by it.
const SHARED: &[(&str, &str)] = &[
    ("network_mode", "the network, its loopback interface included,"),
    ("pid", "the processes, with their environment and files,"),
    ("ipc", "the shared memory"),
    ("uts", "the name"),
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for (attribute, what) in SHARED {
            let Some((text, origin)) = container.text(attribute) else { continue };
            let of = text.strip_prefix("service:").map(|name| format!("service \"{name}\""));
            let of = of.or_else(|| {
                text.strip_prefix("container:").map(|name| format!("container \"{name}\""))
            });
            if let Some(of) = of {
                found.push(RULE.finding(
                    container.subject(attribute),
                    format!("service \"{}\" shares {what} of {of}", container.name),
                    "give each its own, and let them speak over a network; or say beside the line why they are one",
                    origin,
                ));
            }
        }
    }
}
