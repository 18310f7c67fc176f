//! Any other device of the host.

use super::{
    containers::containers,
    known_devices::{ORDINARY, danger, devices},
};
use crate::policy::{Finding, Profile, Rule, Severity, Target};

/// A device, ordinary or not known.
pub static RULE: Rule = Rule {
    id: "host-device",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A container has a device of the host.",
    check,
    document: include_str!("host_device.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for device in devices(&container) {
            if danger(&device.source).is_some() {
                continue;
            }
            let ordinary = ORDINARY.iter().any(|known| device.source.starts_with(known));
            let by_kind = device.source.contains('=') && !device.source.starts_with('/');
            let severity = if ordinary || by_kind { Severity::Low } else { Severity::Medium };
            found.push(Finding {
                severity,
                ..RULE.finding(
                    container.subject(&format!("devices[{}]", device.source)),
                    format!(
                        "service \"{}\" is given the host's device {}",
                        container.name, device.source
                    ),
                    "remove the device, or say beside the line what needs it",
                    device.origin,
                )
            });
        }
    }
}
