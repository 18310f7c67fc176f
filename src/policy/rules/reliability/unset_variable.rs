//! A variable that nobody sets.

use std::collections::BTreeMap;

use crate::{
    compose::{
        journal::{Origin, Step, VariableOrigin},
        tree::{Node, Value},
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// Compose puts nothing in for it, and goes on.
pub static RULE: Rule = Rule {
    id: "unset-variable",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "A variable is set nowhere, has no default and is not required.",
    check,
    document: include_str!("unset_variable.md"),
};

/// What a container's shell reads: there a variable of the container is meant.
const FOR_THE_SHELL: &[&str] = &["command", "entrypoint", "healthcheck", "labels"];

fn check(target: &Target, found: &mut Vec<Finding>) {
    let mut unset: BTreeMap<&str, (Origin, usize)> = BTreeMap::new();
    let Some(root) = target.project.at(&[]) else { return };
    // With the variables that are the container's where a shell reads.
    let mut waiting: Vec<(&Node, Vec<&str>)> = vec![(root, Vec::new())];
    while let Some((node, path)) = waiting.pop() {
        match &node.value {
            Value::Mapping(mapping) => {
                let below = mapping.iter().map(|(key, node)| {
                    let path: Vec<&str> = path.iter().copied().chain([&*key.text]).collect();
                    (node, path)
                });
                let below: Vec<_> = below.collect();
                waiting.extend(below.into_iter().rev());
            }
            Value::Sequence(items) => {
                waiting.extend(items.iter().rev().map(|item| (item, path.clone())));
            }
            _ => {}
        }
        if matches!(node.value, Value::Mapping(_) | Value::Sequence(_)) {
            continue;
        }
        for step in target.journal().steps(node.origin) {
            let Step::Variable { name, from: VariableOrigin::Unset } = step else { continue };
            if is_of_container(target, &path, name) {
                continue;
            }
            unset.entry(name).or_insert((node.origin, 0)).1 += 1;
        }
    }
    for (name, (origin, places)) in unset {
        let more = match places {
            1 => String::new(),
            2 => ", here and in 1 more place".to_owned(),
            _ => format!(", here and in {} more places", places - 1),
        };
        found.push(RULE.finding(
            format!("variables.{name}"),
            format!("{name} is set nowhere and has no default: Compose puts nothing in for it{more}"),
            format!("write `${{{name}:?}}`, so that nothing starts without it, or a default, `${{{name}:-…}}`"),
            origin,
        ));
    }
}

/// Whether a variable in a text for the container's shell is one that the container has.
fn is_of_container(target: &Target, path: &[&str], variable: &str) -> bool {
    let ["services", service, key, ..] = path else { return false };
    let service = target.project.services.get(*service);
    FOR_THE_SHELL.contains(key)
        && service.is_some_and(|service| service.environment.contains_key(variable))
}
