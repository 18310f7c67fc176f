//! A dependency that is only there with a profile.

use std::collections::HashMap;

use crate::{
    compose::tree::{Mapping, Node, Value},
    policy::{Finding, Profile, Rule, Severity, Target},
    words::quoted_list,
};

/// What is needed must be there whenever the service is.
pub static RULE: Rule = Rule {
    id: "dependency-on-profile",
    severity: Severity::Medium,
    profile: Profile::Default,
    summary: "A service depends on one that its profiles do not enable.",
    check,
    document: include_str!("dependency_on_profile.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    let enabled = project.tree.get("services").and_then(Node::as_mapping);
    let all = || enabled.into_iter().chain([&*project.disabled]).flat_map(Mapping::iter);
    let mut by_name = HashMap::new();
    for (name, service) in all() {
        by_name.entry(&*name.text).or_insert((name, service));
    }
    for (name, service) in all() {
        let mine = profiles(service);
        let dependencies = service.get("depends_on").and_then(Node::as_mapping);
        for (on, dependency) in dependencies.into_iter().flat_map(Mapping::iter) {
            let Some((other, theirs)) = by_name.get(&*on.text).copied() else { continue };
            let theirs = profiles(theirs);
            let always = !mine.is_empty() && mine.iter().all(|profile| theirs.contains(profile));
            let required = dependency.get("required").map(|required| &required.value);
            // The empty one is enabled where no other is asked for.
            let unasked = mine.is_empty() && theirs.contains(&"");
            if theirs.is_empty()
                || always
                || unasked
                || matches!(required, Some(Value::Bool(false)))
            {
                continue;
            }
            let origin = if on.origin.place.file().is_some() { on.origin } else { name.origin };
            let (name, on) = (&name.text, &on.text);
            let finding = RULE.finding(
                format!("services.{name}.depends_on.{on}"),
                format!(
                    "service \"{name}\" depends on \"{on}\", which is only there with profile {}",
                    quoted_list(theirs).replace(" and ", " or ")
                ),
                "give both the same profiles, or write `required: false`",
                origin,
            );
            found.push(finding.also(other.origin, "only with its profiles"));
        }
    }
}

fn profiles(service: &Node) -> Vec<&str> {
    let profiles = service.get("profiles").and_then(Node::as_sequence).unwrap_or_default();
    profiles.iter().filter_map(Node::as_str).collect()
}
