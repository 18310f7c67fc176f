//! A data store within reach of a published service that has no business with it.

use crate::{
    facts::answers::{
        place,
        ports::{self, Address},
        reach::{self, Pair},
    },
    policy::{Finding, Profile, Rule, Severity, Target},
    words::quoted_list,
};

/// Who may reach a data store should be said somewhere.
pub static RULE: Rule = Rule {
    id: "undeclared-reach",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A published service can reach a data store that it does not name.",
    check,
    document: include_str!("undeclared_reach.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    for pair in reach::pairs(&target.project).into_iter().filter(|pair| pair.between.is_empty()) {
        let Pair { from, to, store, networks, .. } = &pair;
        let Some(network) = networks.first() else { continue };
        let Some(at) = store.ports().next() else { continue };
        let way = if networks.len() == 1 { "network" } else { "networks" };
        found.push(
            RULE.finding(
                format!("services.{from}.reaches.{to}"),
                format!(
                    "service \"{from}\", published on {}, can reach {} at \"{to}:{at}\" through {way} {}, and nothing says that it should",
                    published(target, from),
                    store.name,
                    quoted_list(networks.iter().copied())
                ),
                format!("take one of them off that network, or name \"{to}\" in `depends_on` of \"{from}\""),
                place::key(&target.project, from, &["networks", network]),
            )
            .also(place::key(&target.project, to, &["networks", network]), "the data store"),
        );
    }
}

/// The ports of the host that lead to a service from other machines.
fn published(target: &Target, name: &str) -> String {
    let ports = ports::all(&target.project).into_iter();
    let ports = ports.filter(|port| port.service == name && port.address() != Address::Loopback);
    let ports: Vec<String> = ports.map(|port| port.host_text()).collect();
    ports.join(" and ")
}
