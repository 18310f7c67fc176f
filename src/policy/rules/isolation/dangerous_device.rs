//! Devices that give the host away.

use super::{
    containers::containers,
    known_devices::{danger, devices},
};
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A disk, the memory or the kernel's own devices.
pub static RULE: Rule = Rule {
    id: "dangerous-device",
    severity: Severity::Critical,
    profile: Profile::Default,
    summary: "A container has a disk, the memory or another device that is the host itself.",
    check,
    document: include_str!("dangerous_device.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for device in devices(&container) {
            let Some((severity, what)) = danger(&device.source) else { continue };
            found.push(Finding {
                severity,
                ..RULE.finding(
                    container.subject(&format!("devices[{}]", device.source)),
                    format!("service \"{}\" is given {}: {what}", container.name, device.source),
                    "remove the device; files of a disk are reached through a volume",
                    device.origin,
                )
            });
        }
    }
}
