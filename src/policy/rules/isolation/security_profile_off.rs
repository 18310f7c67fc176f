//! The walls of the engine (`seccomp`, `apparmor`, `label`, `systempaths`), switched off.

use super::containers::containers;
use crate::{
    compose::Located,
    facts::answers::privileges::security_option,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A wall that the engine puts up by itself is taken down.
pub static RULE: Rule = Rule {
    id: "security-profile-off",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A container runs without seccomp, AppArmor, SELinux or the mask over /proc.",
    check,
    document: include_str!("security_profile_off.md"),
};

/// Option, value, severity, what is gone.
const OFF: &[(&str, &str, Severity, &str)] = &[
    (
        "seccomp",
        "unconfined",
        Severity::High,
        "every system call of the host's kernel is open to it",
    ),
    (
        "apparmor",
        "unconfined",
        Severity::Medium,
        "AppArmor no longer keeps it from the kernel's files and from mounting",
    ),
    (
        "label",
        "disable",
        Severity::Medium,
        "SELinux no longer parts it from the host and from other containers",
    ),
    (
        "label",
        "type:spc_t",
        Severity::Medium,
        "SELinux no longer parts it from the host and from other containers",
    ),
    (
        "systempaths",
        "unconfined",
        Severity::High,
        "the parts of /proc and /sys that are the host's are open to it",
    ),
    ("writable-cgroups", "true", Severity::Medium, "it can change its own limits"),
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        let options = &container.service.security_opt;
        for (at, option) in options.iter().enumerate() {
            let (key, value) = security_option(&option.value);
            let value = value.unwrap_or_default();
            // The engine takes the last one of a kind; labels add up.
            let again = |later: &Located<String>| security_option(&later.value).0 == key;
            if key != "label" && options[at + 1..].iter().any(again) {
                continue;
            }
            let off = OFF
                .iter()
                .find(|(name, word, ..)| *name == key && value.eq_ignore_ascii_case(word));
            if let Some((_, _, severity, what)) = off {
                found.push(Finding {
                    severity: *severity,
                    ..RULE.finding(
                        container.subject(&format!("security_opt[{key}]")),
                        format!("service \"{}\" sets {key} to {value}: {what}", container.name),
                        format!("remove the entry; if {key} is in the way, name a profile that allows the one thing more"),
                        option.origin,
                    )
                });
            }
        }
    }
}
