//! Data stores by their images: databases, caches, brokers, search engines.

use super::{path, ports::Published};
pub use crate::facts::products::Product as Store;
use crate::{
    compose::{Project, Service, VolumeUse},
    facts::{
        knowledge,
        products::{self, Signs},
    },
};

/// The words of a service's own command, entrypoint first.
fn command(service: &Service) -> Vec<&str> {
    let lists = [service.entrypoint.as_deref(), service.command.as_deref()];
    lists.into_iter().flatten().flatten().map(|word| word.as_str()).collect()
}

/// The image that a service is or stands on; none where its own Dockerfile starts something else.
fn image<'p>(project: &'p Project, name: &str, service: &Service) -> Option<&'p str> {
    let (image, builder) = knowledge::base_of(project, name)?;
    let own = service.entrypoint.is_some() || service.command.is_some();
    let Some(builder) = builder.filter(|_| !own) else { return Some(image) };
    let starts = knowledge::instructions(project, builder).into_iter();
    let starts = starts.filter(|one| ["CMD", "ENTRYPOINT"].contains(&one.keyword));
    let starts: Vec<&str> = starts.map(|one| one.arguments.text.as_str()).collect();
    (starts.is_empty() || products::names_server(&starts)).then_some(image)
}

/// The store that a service with a known image, or one built on it, runs.
#[must_use]
pub fn run_by(project: &Project, name: &str, service: &Service) -> Option<&'static Store> {
    let store = image(project, name, service).and_then(products::by_image)?;
    products::is_server(&command(service)).then_some(store)
}

/// The store that a published port leads to, and the store's port.
#[must_use]
pub fn behind(
    project: &Project,
    port: &Published<'_>,
    service: &Service,
) -> Option<(&'static Store, u16)> {
    let store = of(project, port.service, service)?;
    let at = store.ports().find(|at| port.targets.contains(at))?;
    // A range wide enough to hold many is about none of them, where only ports say what it is.
    let wide = port.targets.end() - port.targets.start() >= 100;
    (!wide || run_by(project, port.service, service).is_some()).then_some((store, at))
}

/// The store that a service is: by its image, or the one that it is built on, and its command; else by
/// a port that it publishes or exposes together with its variables.
#[must_use]
pub fn of(project: &Project, name: &str, service: &Service) -> Option<&'static Store> {
    let exposed = service.expose.iter().filter_map(|port| port.split('/').next()?.parse().ok());
    products::detect(&Signs {
        image: image(project, name, service),
        command: command(service),
        programs: None,
        ports: service.ports.iter().map(|port| port.target()).chain(exposed).collect(),
        variables: service.environment.keys().map(String::as_str).collect(),
    })
}

/// The folders of a store's data in a service.
#[must_use]
pub fn data_folders(project: &Project, name: &str) -> Vec<&'static str> {
    knowledge::base_of(project, name)
        .map_or_else(Vec::new, |(image, _)| knowledge::data_folders(image))
}

/// Whether a path of the container is the store's data, holds it or is a part of it.
#[must_use]
pub fn is_data(project: &Project, name: &str, service: &Service, path: &str) -> bool {
    // What is said in the environment holds; else the image's own folders.
    let moved = service.environment.get("PGDATA").and_then(|path| path.as_deref());
    let moved = moved
        .filter(|_| run_by(project, name, service).is_some_and(|store| store.name == "PostgreSQL"));
    let folders = match moved {
        Some(moved) => vec![moved],
        None => data_folders(project, name),
    };
    folders.iter().any(|data| path::is_within(path, data) || path::is_within(data, path))
}

/// The mounts of a store's data.
pub fn data_mounts<'a>(
    project: &'a Project,
    name: &'a str,
    service: &'a Service,
) -> impl Iterator<Item = &'a VolumeUse> {
    service.volumes.iter().map(|mount| &mount.value).filter(move |mount| {
        mount.target.as_ref().is_some_and(|path| is_data(project, name, service, path))
    })
}
