//! Rules on who can reach what: ports of the host, networks, and the ways between services.

mod default_bridge;
mod default_network_only;
mod duplicate_host_port;
mod foreign_network_namespace;
mod host_gateway;
mod legacy_links;
mod port_on_all_interfaces;
mod ports_without_effect;
mod privileged_host_port;
mod published_data_store;
mod published_engine_api;
mod published_ssh;
mod static_address;
mod undeclared_reach;
mod unsegmented_network;

use crate::policy::Rule;

/// What two services want of the host: lint asks whether anybody said that they go together.
pub use duplicate_host_port::RULE as DUPLICATE_HOST_PORT;

/// The group's rules.
pub static RULES: &[&Rule] = &[
    &published_data_store::RULE,
    &published_engine_api::RULE,
    &published_ssh::RULE,
    &port_on_all_interfaces::RULE,
    &privileged_host_port::RULE,
    &duplicate_host_port::RULE,
    &ports_without_effect::RULE,
    &default_network_only::RULE,
    &unsegmented_network::RULE,
    &undeclared_reach::RULE,
    &default_bridge::RULE,
    &foreign_network_namespace::RULE,
    &legacy_links::RULE,
    &host_gateway::RULE,
    &static_address::RULE,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::{
        compose::project::load_text,
        policy::{Target, judge, rules},
    };

    /// The lines that a block marks, and those that its rule finds.
    fn lines(rule: &'static crate::policy::Rule, text: &str) -> (BTreeSet<usize>, Vec<usize>) {
        let marked =
            text.lines().enumerate().filter(|(_, line)| line.trim_end().ends_with("# here"));
        let marked = marked.map(|(at, _)| at + 1).collect();
        let loaded = load_text("compose.yaml", text)
            .unwrap_or_else(|refusal| panic!("{}: {:?}", rule.id, refusal.0));
        let target = Target { project: loaded.into() };
        let found = judge(&target, [rule]).into_iter().map(|finding| {
            let place = finding.origin.place;
            let file = place.file().unwrap_or_else(|| panic!("{}: no place", rule.id));
            target.journal().file(file).place(place.span().start).line
        });
        (marked, found.collect())
    }

    #[test]
    fn the_documents_of_these_groups_are_true() {
        let mut wrong = Vec::new();
        for rule in
            [rules::network::RULES, rules::reliability::RULES, rules::images::RULES].concat()
        {
            let (mut flagged, mut clean) = (0, 0);
            for block in rule.document.split("\n```yaml ").skip(1) {
                let (kind, text) = block.split_once('\n').expect("a block");
                let text = text.split("\n```").next().expect("a block");
                // Those of several files are laid out and judged in tests/suite/rules.rs.
                if text.starts_with("# file: ") {
                    flagged += usize::from(kind == "flagged");
                    clean += usize::from(kind == "clean");
                    continue;
                }
                let (marked, found) = lines(rule, text);
                let once: BTreeSet<usize> = found.iter().copied().collect();
                if once != marked || once.len() != found.len() {
                    wrong.push(format!(
                        "{}: marked {marked:?}, found {found:?} in\n{text}\n",
                        rule.id
                    ));
                }
                match kind {
                    "flagged" => flagged += usize::from(!marked.is_empty()),
                    "clean" => clean += usize::from(marked.is_empty()),
                    other => panic!("{}: a block that is {other}", rule.id),
                }
            }
            assert!(flagged > 0 && clean > 0, "{} lacks a flagged or a clean block", rule.id);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
