//! Capabilities that reach past the container.

use super::containers::{Container, containers};
use crate::{
    facts::answers::capability,
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A capability that is the host's, not the container's.
pub static RULE: Rule = Rule {
    id: "dangerous-capability",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "A container has a capability that reaches past it.",
    check,
    document: include_str!("dangerous_capability.md"),
};

use Severity::{Critical, High, Medium};

/// Each with its severity and what it lets a container do.
pub const CAPABILITIES: &[(&str, Severity, &str)] = &[
    ("ALL", Critical, "do everything that root of the host can"),
    ("SYS_ADMIN", Critical, "mount the host's disks and leave its namespaces"),
    ("SYS_MODULE", Critical, "load code into the host's kernel"),
    ("SYS_RAWIO", Critical, "read and write the host's memory and disks past the kernel"),
    (
        "DAC_READ_SEARCH",
        Critical,
        "open any file of a mounted file system by its number, the host's included",
    ),
    ("BPF", High, "load programs into the host's kernel"),
    ("PERFMON", High, "watch the host's kernel and every process"),
    ("SYS_BOOT", High, "restart the host"),
    ("MAC_ADMIN", High, "change the host's AppArmor or Smack policy"),
    ("MAC_OVERRIDE", High, "pass over the host's mandatory access control"),
    ("SYS_PTRACE", Medium, "read and change the memory of every process that it sees"),
    (
        "NET_ADMIN",
        Medium,
        "change interfaces, routes and packet filters, which gives it much of the kernel to attack",
    ),
    (
        "SYS_TIME",
        Medium,
        "set the host's clock, on which certificates and logs of all others depend",
    ),
    ("SYSLOG", Medium, "read the host's kernel log and the addresses in it"),
    ("CHECKPOINT_RESTORE", Medium, "look into other processes and choose process numbers"),
    ("AUDIT_CONTROL", Medium, "switch off the host's audit"),
    ("AUDIT_READ", Medium, "read the host's audit log"),
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        for added in &container.service.cap_add {
            let name = capability::name(&added.value);
            let Some((_, severity, what)) = CAPABILITIES.iter().find(|(known, ..)| *known == name)
            else {
                continue;
            };
            let (severity, what) = worsened(&container, &name).unwrap_or((*severity, what));
            found.push(Finding {
                severity,
                ..RULE.finding(
                    container.subject(&format!("cap_add[{name}]")),
                    format!("service \"{}\" adds {name}: it can {what}", container.name),
                    remedy(&container, &name),
                    added.origin,
                )
            });
        }
    }
}

/// Images whose one task needs a capability, and what they do without it.
const TASKS: &[(&str, &[&str], Option<&str>)] = &[
    (
        "NET_ADMIN",
        &["tailscale/tailscale"],
        Some(
            "leave out `TS_USERSPACE=false` and NET_ADMIN where nothing has to connect into the tailnet by itself",
        ),
    ),
    (
        "NET_ADMIN",
        &[
            "linuxserver/wireguard",
            "wg-easy/wg-easy",
            "weejewel/wg-easy",
            "qmcgaw/gluetun",
            "kylemanna/openvpn",
            "bubuntux/nordlynx",
            "firezone/firezone",
            "netbirdio/netbird",
            "zerotier/zerotier",
            "osixia/keepalived",
        ],
        None,
    ),
];

/// What to do: a container whose one task needs the capability cannot be parted any further.
fn remedy(container: &Container<'_>, name: &str) -> String {
    let image = container.service.image.as_ref().map_or("", |image| image.as_str());
    let repository = image.split(['@']).next().unwrap_or_default();
    let repository = match repository.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => repository,
    };
    let is = |known: &&str| {
        repository == *known
            || repository.strip_suffix(known).is_some_and(|host| host.ends_with('/'))
    };
    let task = TASKS.iter().find(|(of, images, _)| *of == name && images.iter().any(&is));
    let Some((_, _, without)) = task else {
        return format!(
            "remove {name}, or move what needs it into a container that does nothing else"
        );
    };
    let said = "the image is made for what needs it: say so in a comment, `# seaworthy: allow[dangerous-capability] REASON`";
    without.map_or_else(|| said.to_owned(), |without| format!("{without}; else {said}"))
}

/// What a capability is on top of a namespace of the host.
fn worsened(container: &Container<'_>, name: &str) -> Option<(Severity, &'static str)> {
    let shared = |attribute| container.is_one_of(attribute, &["host"]).is_some();
    match name {
        "SYS_PTRACE" if shared("pid") => {
            Some((Critical, "take over any process of the host, whose process namespace it shares"))
        }
        "NET_ADMIN" if container.has_host_network() => Some((
            High,
            "change interfaces, routes and packet filters of the host, whose network it shares",
        )),
        _ => None,
    }
}
