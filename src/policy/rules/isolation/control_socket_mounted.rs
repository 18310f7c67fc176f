//! The control socket of a container engine, in a container.

use super::{
    containers::{containers, is_true},
    host_paths::host_paths,
    known_paths::Claim,
};
use crate::policy::{Finding, Profile, Rule, Severity, Target};

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

fn check(target: &Target, found: &mut Vec<Finding>) {
    for path in host_paths(target) {
        if let Claim::Socket(what) = path.claim() {
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
