//! `device_cgroup_rules` that open disks or the memory.

use super::containers::containers;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A rule that is wider than one harmless device.
pub static RULE: Rule = Rule {
    id: "wide-device-rule",
    severity: Severity::Critical,
    profile: Profile::Default,
    summary: "A device rule opens disks, the memory or every device to a container.",
    check,
    document: include_str!("wide_device_rule.md"),
};

/// Minor numbers of the character devices of major 1 that are the host: `mem`, `kmem`, `port`, `kmsg`.
const MEMORY: &[&str] = &["*", "1", "2", "4", "11"];

/// What a rule `TYPE MAJOR:MINOR ACCESS` opens; none if that is harmless, or no rule at all.
fn opened(rule: &str) -> Option<&'static str> {
    let parts: Vec<&str> = rule.split_whitespace().collect();
    let (kind, numbers, access) = match parts[..] {
        [kind] => (kind, "*:*", "rwm"),
        [kind, numbers] => (kind, numbers, "rwm"),
        [kind, numbers, access] => (kind, numbers, access),
        _ => return None,
    };
    let (major, minor) = numbers.split_once(':')?;
    if !access.contains(['r', 'w']) {
        return None;
    }
    match (kind, major) {
        ("a", _) => Some("every device of the host"),
        ("b", "*") => Some("every disk of the host"),
        ("b", _) => Some("a disk of the host, below its file system"),
        ("c", "*") => Some("every device of the host that is no disk, its memory among them"),
        ("c", "1") if MEMORY.contains(&minor) => Some("the host's memory or kernel log"),
        // A loop device makes a disk of any file of the host, and a way past its permissions.
        ("c", "10") if matches!(minor, "*" | "237") => Some("the host's loop devices"),
        _ => None,
    }
}

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for rule in container.items("device_cgroup_rules") {
            let Some(text) = rule.as_str() else { continue };
            if let Some(what) = opened(text) {
                let words: Vec<&str> = text.split_whitespace().collect();
                found.push(RULE.finding(
                    container.subject(&format!("device_cgroup_rules[{}]", words.join(" "))),
                    format!("service \"{}\" may open {what}: it can make the node by itself", container.name),
                    "name the one device that is needed, by both numbers (`c 188:0 rw`), or write it under `devices`",
                    rule.origin,
                ));
            }
        }
    }
}
