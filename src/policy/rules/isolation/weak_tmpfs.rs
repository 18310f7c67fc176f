//! `tmpfs` options that take back what the engine sets.

use super::containers::containers;
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// Programs can be left in memory and run there.
pub static RULE: Rule = Rule {
    id: "weak-tmpfs",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A tmpfs allows programs, set-user-id bits or devices.",
    check,
    document: include_str!("weak_tmpfs.md"),
};

/// Option, its opposite, and what it allows.
const WEAK: &[(&str, &str, &str)] = &[
    ("exec", "noexec", "programs"),
    ("suid", "nosuid", "set-user-id bits"),
    ("dev", "nodev", "devices"),
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for mount in &container.service.tmpfs {
            let (path, options) = mount.value.split_once(':').unwrap_or((&mount.value, ""));
            // The engine goes by the last of two opposites.
            let allowed = |(on, off, _): &&(&str, &str, &str)| {
                let last =
                    options.split(',').map(str::trim).rfind(|option| option == on || option == off);
                last == Some(*on)
            };
            let weak: Vec<_> = WEAK.iter().filter(allowed).collect();
            if weak.is_empty() {
                continue;
            }
            let what: Vec<&str> = weak.iter().map(|(.., what)| *what).collect();
            let words: Vec<String> = weak.iter().map(|(on, ..)| format!("`{on}`")).collect();
            found.push(RULE.finding(
                container.subject(&format!("tmpfs[{path}]")),
                format!(
                    "service \"{}\" allows {} on the tmpfs {path}",
                    container.name,
                    what.join(", ")
                ),
                format!("remove {}: the engine forbids it by default", words.join(", ")),
                mount.origin,
            ));
        }
    }
}
