//! Which services run only if one of their profiles is asked for.
//!
//! Compose specification, `profiles`.

use super::{Row, Topic};
use crate::compose::{
    Project,
    tree::{Mapping, Node},
};

pub(super) const TOPIC: Topic = Topic {
    name: "profiles",
    about: "the services that run only with one of their profiles",
    columns: &["service", "profiles"],
    keys: &[0],
    key: "profiles",
    sentence: Some("exactly these services run in profiles only:"),
    declared,
};

/// Every service of a profile, enabled or not, by name.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let enabled = project.tree.get("services").and_then(Node::as_mapping);
    let all = enabled.into_iter().chain([&*project.disabled]).flat_map(Mapping::iter);
    let mut rows = Vec::new();
    for (name, service) in all {
        let entry = service.as_mapping().and_then(|service| service.entry("profiles"));
        let Some((key, profiles)) = entry else { continue };
        let profiles = profiles.as_sequence().unwrap_or_default();
        let profiles: Vec<&str> = profiles.iter().filter_map(Node::as_str).collect();
        if !profiles.is_empty() {
            rows.push(Row::new(&name.text, [profiles.join(", ")], Some(key.origin)));
        }
    }
    rows.sort_by(|a, b| a.subject.cmp(&b.subject));
    rows
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn services_of_profiles_that_are_not_enabled_are_told_as_well() {
        let text = "services:\n  b: {image: b, profiles: [mail, debug]}\n  a: {image: a}\n";
        assert_eq!(lines("profiles", text), ["| b | mail, debug |"]);
    }
}
