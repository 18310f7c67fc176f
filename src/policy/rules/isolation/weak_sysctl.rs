//! Kernel settings that weaken a container's network, or are the host's.

use super::containers::{Container, containers};
use crate::{
    compose::tree::{Mapping, Node, Value},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A setting that an attacker would choose.
pub static RULE: Rule = Rule {
    id: "weak-sysctl",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A kernel setting weakens a container's network, or is the host's.",
    check,
    document: include_str!("weak_sysctl.md"),
};

/// Beginning and end of the key, whether it is weak when it is zero (or else when it is not), and what it does.
const WEAK: &[(&str, &str, bool, &str)] = &[
    ("net.ipv4.conf.", ".accept_redirects", false, "lets neighbours change its routes"),
    ("net.ipv6.conf.", ".accept_redirects", false, "lets neighbours change its routes"),
    ("net.ipv4.conf.", ".secure_redirects", false, "lets gateways change its routes"),
    ("net.ipv4.conf.", ".accept_source_route", false, "lets senders choose the way of packets"),
    ("net.ipv6.conf.", ".accept_source_route", false, "lets senders choose the way of packets"),
    ("net.ipv4.conf.", ".rp_filter", true, "takes packets with forged senders"),
    ("net.ipv4.conf.", ".route_localnet", false, "lets neighbours reach what listens on 127.0.0.1"),
    ("net.ipv4.tcp_syncookies", "", true, "has no answer to floods of connections"),
    ("net.ipv4.icmp_echo_ignore_broadcasts", "", true, "answers to broadcasts"),
];

/// Beginnings of settings that each container has for itself.
const OWN: &[&str] = &[
    "net.",
    "fs.mqueue.",
    "kernel.shm",
    "kernel.msg",
    "kernel.sem",
    "kernel.auto_msgmni",
    "kernel.domainname",
    "kernel.hostname",
];

/// Why a setting is weak.
fn weakness(container: &Container<'_>, key: &str, value: &str) -> Option<String> {
    let key = key.replace('/', ".");
    if !OWN.iter().any(|own| key.starts_with(own)) {
        return Some(
            "is the whole host's: the engine refuses it, unless the container is privileged".into(),
        );
    }
    let zero = value.trim() == "0";
    let row = WEAK.iter().find(|(begin, end, when_zero, _)| {
        let middle = key.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end));
        middle && (!end.is_empty() || key == *begin) && zero == *when_zero
    });
    if let Some((.., what)) = row {
        return Some((*what).into());
    }
    let forwards = key == "net.ipv4.ip_forward"
        || key.starts_with("net.ipv6.conf.") && key.ends_with(".forwarding");
    let networks = container.service.networks.len();
    (forwards && !zero && networks > 1).then(|| {
        format!("makes it a router between its {networks} networks, which are apart for a reason")
    })
}

fn check(target: &Target, found: &mut Vec<Finding>) {
    for container in containers(target) {
        let settings = container.node.get("sysctls").and_then(Node::as_mapping);
        for (key, node) in settings.into_iter().flat_map(Mapping::iter) {
            let value = match &node.value {
                Value::String(text) => text.to_string(),
                Value::Int(number) => number.to_string(),
                _ => continue,
            };
            if let Some(what) = weakness(&container, key, &value) {
                found.push(RULE.finding(
                    container.subject(&format!("sysctls[{}]", &**key)),
                    format!(
                        "service \"{}\" sets {} to {value}: that {what}",
                        container.name, &**key
                    ),
                    "remove the setting; what is the host's is set on the host",
                    if node.origin.place.file().is_some() { node.origin } else { key.origin },
                ));
            }
        }
    }
}
