//! A common name on a network that other projects are on too.

use std::collections::BTreeMap;

use crate::{
    facts::answers::{place, services, stores},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A name on a shared network is everybody's.
pub static RULE: Rule = Rule {
    id: "name-on-shared-network",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A data store has a common name on a network that other projects share.",
    check,
    document: include_str!("name_on_shared_network.md"),
};

/// What people call their stores.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "broker", "cache", "clickhouse", "data", "database", "db", "elastic", "elasticsearch", "es", "kafka", "mariadb",
    "memcached", "mongo", "mongodb", "mq", "mysql", "opensearch", "pg", "postgres", "postgresql", "queue", "rabbit",
    "rabbitmq", "redis", "search", "sql", "store", "valkey",
];

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    let shared = |key: &str| project.networks.get(key).is_some_and(|network| network.is_external());
    // How many services are on each shared network: a store alone is there for other projects.
    let mut on: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, service) in services::containers(project) {
        for key in service.networks.keys().filter(|key| shared(key)) {
            *on.entry(key).or_default() += 1;
        }
    }
    for (name, service) in services::containers(project) {
        for (key, used) in &service.networks {
            let Some(network) =
                project.networks.get(key).filter(|_| on.get(key.as_str()) > Some(&1))
            else {
                continue;
            };
            let Some(store) = stores::of(project, name, service) else { continue };
            let aliases = used.aliases.iter().map(|alias| alias.as_str());
            let known = std::iter::once(name).chain(aliases).find(|name| COMMON.contains(name));
            let Some(known) = known else { continue };
            let called = network.name.as_ref().map_or(key.as_str(), |name| name.as_str());
            let private = service.networks.keys().any(|key| !shared(key));
            found.push(RULE.finding(
                format!("services.{name}.networks.{key}"),
                format!(
                    "{} in service \"{name}\" answers to \"{known}\" on the external network {called}: a project with a \"{known}\" of its own there gets one or the other",
                    store.name
                ),
                if private {
                    format!("take \"{name}\" off {called}: its other network is enough for this project")
                } else {
                    format!("put \"{name}\" on a network of this project, and off {called}")
                },
                place::key(project, name, &["networks", key]),
            ));
        }
    }
}
