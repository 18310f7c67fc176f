//! The control socket of a container engine, in a container.

use super::{
    containers::{containers, is_true},
    host_paths::host_paths,
    known_paths::Claim,
};
use crate::{
    facts::answers::{
        ports::{self, Address},
        reference::Reference,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Whoever speaks to the engine can start a container that owns the host.
pub static RULE: Rule = Rule {
    id: "control-socket-mounted",
    severity: Severity::Critical,
    profile: Profile::Default,
    summary: "A container can speak to the engine that runs it.",
    check,
    document: include_str!("control_socket_mounted.md"),
};

const REMEDY: &str = "take the socket out; what must ask the engine asks through a proxy that lets only \
                      single requests pass (read-only does not help: the socket still takes orders)";

/// Images that are such a proxy and nothing else, each by the page of its own that says so:
/// github.com/Tecnativa/docker-socket-proxy, github.com/linuxserver/docker-socket-proxy,
/// github.com/wollomatic/socket-proxy, github.com/11notes/docker-socket-proxy.
const PROXIES: [&str; 4] = [
    "tecnativa/docker-socket-proxy",
    "linuxserver/socket-proxy",
    "wollomatic/socket-proxy",
    "11notes/socket-proxy",
];

/// Whether a service is a proxy that guards the socket, and that only its own networks reach.
fn is_guard(target: &Target, name: &str) -> bool {
    let project = &target.project;
    let image = project.services.get(name).and_then(|service| service.image.as_ref());
    let is_proxy = image.is_some_and(|image| {
        let repository = Reference::new(image).repository;
        PROXIES.contains(&repository)
    });
    // With both, a container of any kind can be made through it.
    let lets_make = || {
        let grants = |variable: &str| {
            let service = project.services.get(name);
            let value = service.and_then(|service| service.environment.get(variable));
            value.and_then(|value| value.value.as_deref()).is_some_and(|value| value != "0")
        };
        grants("POST") && grants("CONTAINERS")
    };
    let is_open = || {
        let published = ports::all(project);
        let open = published
            .iter()
            .any(|port| port.service == name && port.address() != Address::Loopback);
        open || ports::host_network(project, name).is_some()
    };
    is_proxy && !lets_make() && !is_open()
}

fn check(target: &Target, found: &mut Vec<Finding>) {
    for path in host_paths(target) {
        if let Claim::Socket(what) = path.claim() {
            // It is what this rule asks for.
            if path.service.as_deref().is_some_and(|name| is_guard(target, name)) {
                continue;
            }
            let message =
                format!("{} {what} ({}): its user is root on the host", path.giver, path.shown);
            found.push(RULE.finding(path.subject, message, REMEDY, path.origin));
        }
    }
    for container in containers(target) {
        if let Some(node) = container.node.get("use_api_socket").filter(|node| is_true(Some(node)))
        {
            found.push(RULE.finding(
                container.subject("use_api_socket"),
                format!(
                    "service \"{}\" is given the engine's control socket and its user's registry credentials",
                    container.name
                ),
                "remove `use_api_socket`; what must ask the engine asks through a proxy that lets only single \
                 requests pass",
                node.origin,
            ));
        }
    }
}
