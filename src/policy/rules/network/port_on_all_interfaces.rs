//! A port on every interface of the host.

use crate::{
    facts::answers::{
        ports::{self, Address},
        stores,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// The web ports are for everybody; what others are, nobody has said.
pub static RULE: Rule = Rule {
    id: "port-on-all-interfaces",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A port is published on all interfaces.",
    check,
    document: include_str!("port_on_all_interfaces.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for port in ports::all(&target.project) {
        let web = port.host.as_ref().is_some_and(|host| *host == (80..=80) || *host == (443..=443));
        let told = [22, 2375, 2376].iter().any(|known| port.targets.contains(known));
        if port.address() != Address::Every || told {
            continue;
        }
        let service = target.project.services.get(port.service);
        if service.is_some_and(|service| stores::behind(&target.project, &port, service).is_some())
        {
            continue;
        }
        found.push(Finding {
            // A web server listens there for everybody.
            severity: if web { Severity::Low } else { RULE.severity },
            ..RULE.finding(
                port.subject(),
                format!(
                    "service \"{}\" publishes {} on all interfaces",
                    port.service,
                    port.host_text()
                ),
                format!(
                    "put an address before it: {} for this machine only",
                    port.local(&target.project)
                ),
                port.address_origin(),
            )
        });
    }
}
