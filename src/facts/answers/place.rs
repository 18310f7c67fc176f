//! Where a finding points: at the env file that says a value, or at what is nearest to it when
//! nothing is written that it could point at.

use crate::compose::{
    Project,
    journal::{Origin, Step, VariableOrigin},
    tree::{Key, Mapping, Node},
};

/// Where a service's name is written.
#[must_use]
pub fn service(project: &Project, name: &str) -> Origin {
    let services = project.tree.get("services").and_then(Node::as_mapping);
    services.and_then(|services| services.entry(name)).map_or(Origin::IMPLIED, |(key, node)| {
        if key.origin.place.file().is_some() { key.origin } else { node.origin }
    })
}

/// Where the key of a service's attribute is written, else the service's name.
#[must_use]
pub fn key(project: &Project, name: &str, path: &[&str]) -> Origin {
    let found = path.split_last().and_then(|(last, before)| {
        let parent = project.at(&["services", name])?.at(before)?;
        Some(parent.as_mapping()?.entry(last)?.0.origin)
    });
    or_service(project, name, found)
}

/// A place if a file says it, else the service's name.
#[must_use]
pub fn or_service(project: &Project, name: &str, origin: Option<Origin>) -> Origin {
    origin.filter(|origin| origin.place.file().is_some()).unwrap_or_else(|| service(project, name))
}

/// Where a value is written, be it in an env file, with the way that it came.
#[must_use]
pub fn of_value(project: &Project, origin: Origin) -> Origin {
    let steps = project.journal.steps(origin);
    let place = steps.into_iter().rev().find_map(|step| match step {
        Step::Variable { from: VariableOrigin::EnvFile(place), .. } => Some(*place),
        _ => None,
    });
    place.map_or(origin, |place| origin.inside(place))
}

/// Whether a mapping of a service is written, and not what Compose implies.
#[must_use]
pub fn is_written(project: &Project, name: &str, attribute: &str) -> bool {
    let entry = project
        .at(&["services", name])
        .and_then(Node::as_mapping)
        .and_then(|node| node.entry(attribute));
    entry.is_some_and(|(key, _)| key.origin.place.file().is_some())
}

/// Whether a value lacks a variable that is set nowhere: then nobody knows it whole.
#[must_use]
pub fn has_unset(project: &Project, origin: Origin) -> bool {
    let unset = |step: &&Step| matches!(step, Step::Variable { from: VariableOrigin::Unset, .. });
    project.journal.steps(origin).iter().any(unset)
}

/// The entries of a mapping of a service, for what has no type or whose keys matter.
pub fn entries<'a>(
    project: &'a Project,
    name: &str,
    path: &[&str],
) -> impl Iterator<Item = (&'a Key, &'a Node)> {
    let node =
        project.at(&["services", name]).and_then(|node| node.at(path)).and_then(Node::as_mapping);
    node.into_iter().flat_map(Mapping::iter)
}
