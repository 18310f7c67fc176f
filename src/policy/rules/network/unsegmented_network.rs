//! The first tier on the network of the last.

use indexmap::IndexMap;

use crate::{
    policy::{
        Finding, Profile, Rule, Severity, Target,
        rules::facts::{place, reach},
    },
    words::quoted_list,
};

/// A published service should not reach a data store past the tier between them.
pub static RULE: Rule = Rule {
    id: "unsegmented-network",
    severity: Severity::Medium,
    profile: Profile::Strict,
    summary: "A published service and a data store share a network although a tier stands between them.",
    check,
    document: include_str!("unsegmented_network.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let mut faults: IndexMap<(&str, &str), (Vec<&str>, Vec<&str>)> = IndexMap::new();
    for pair in reach::pairs(target) {
        if let (Some(network), false) = (pair.networks.first(), pair.between.is_empty()) {
            let (stores, between) = faults.entry((pair.from, network)).or_default();
            stores.push(pair.to);
            between.extend(
                pair.between
                    .iter()
                    .filter(|name| !between.contains(name))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
    }
    for ((from, network), (stores, between)) in faults {
        let finding = RULE.finding(
            format!("services.{from}.networks.{network}"),
            format!(
                "published service \"{from}\" shares network \"{network}\" with {}, although {} stands between",
                quoted_list(stores.iter().copied()),
                quoted_list(between.iter().copied())
            ),
            format!(
                "put \"{from}\" on a network with {} alone, and the data stores on another",
                quoted_list(between.iter().copied())
            ),
            place::key(target, from, &["networks", network]),
        );
        found.push(stores.iter().fold(finding, |finding, store| {
            finding.also(
                place::key(target, store, &["networks", network]),
                "a data store on the same network",
            )
        }));
    }
}
