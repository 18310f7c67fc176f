//! The first tier on the network of the last.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::{
    facts::answers::{
        place,
        reach::{self, Pair},
    },
    policy::{Finding, Profile, Rule, Severity, Target},
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
    let mut faults: IndexMap<(&str, &str), Vec<Pair<'_>>> = IndexMap::new();
    for pair in reach::pairs(&target.project).into_iter().filter(|pair| !pair.between.is_empty()) {
        if let Some(network) = pair.networks.first() {
            faults.entry((pair.from, network)).or_default().push(pair);
        }
    }
    for ((from, network), pairs) in faults {
        let stores: Vec<&str> = pairs.iter().map(|pair| pair.to).collect();
        let between: BTreeSet<&str> =
            pairs.iter().flat_map(|pair| &pair.between).copied().collect();
        let stand = if between.len() == 1 { "stands" } else { "stand" };
        let finding = RULE.finding(
            format!("services.{from}.networks.{network}"),
            format!(
                "published service \"{from}\" shares network \"{network}\" with {}, although {} {stand} between",
                quoted_list(stores.iter().copied()),
                quoted_list(between.iter().copied())
            ),
            format!(
                "put \"{from}\" on a network with {} alone, and the data stores on another",
                quoted_list(between.iter().copied())
            ),
            place::key(&target.project, from, &["networks", network]),
        );
        found.push(stores.iter().fold(finding, |finding, store| {
            finding.also(
                place::key(&target.project, store, &["networks", network]),
                "a data store on the same network",
            )
        }));
    }
}
