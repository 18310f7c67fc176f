//! Data stores by their images and ports: databases, caches, brokers, search engines.

use super::{path, ports::Published};
pub use crate::facts::products::Product as Store;
use crate::{
    compose::{Service, VolumeUse},
    facts::products::{self, PRODUCTS, Signs},
};

/// The words of a service's own command, entrypoint first.
fn command(service: &Service) -> Vec<&str> {
    let lists = [service.entrypoint.as_deref(), service.command.as_deref()];
    lists.into_iter().flatten().flatten().map(|word| word.as_str()).collect()
}

/// The store that a service with a known image runs.
#[must_use]
pub fn run_by(service: &Service) -> Option<&'static Store> {
    let store = service.image.as_ref().and_then(|image| products::by_image(image))?;
    products::is_server(&command(service)).then_some(store)
}

/// The store that a published port leads to, and the store's port.
#[must_use]
pub fn behind(port: &Published<'_>, service: &Service) -> Option<(&'static Store, u16)> {
    // A known image has the word: a port that another product is known for says nothing beside it.
    if let Some(store) = run_by(service) {
        let at = store.ports().find(|at| port.targets.contains(at))?;
        return Some((store, at));
    }
    let at = PRODUCTS.iter().find_map(|store| {
        let at = store.own_ports.iter().find(|at| port.targets.contains(at))?;
        Some((store, *at))
    });
    // A range wide enough to hold many is about none of them.
    at.filter(|_| port.targets.end() - port.targets.start() < 100)
}

/// The store that a service is: by its image and command, else by a port that it publishes or exposes.
#[must_use]
pub fn of(service: &Service) -> Option<&'static Store> {
    let exposed = service.expose.iter().filter_map(|port| port.split('/').next()?.parse().ok());
    products::detect(&Signs {
        image: service.image.as_ref().map(|image| image.as_str()),
        command: command(service),
        programs: None,
        ports: service.ports.iter().map(|port| port.target()).chain(exposed).collect(),
        variables: service.environment.keys().map(String::as_str).collect(),
    })
}

/// Whether a path of the container is the store's data, holds it or is a part of it.
#[must_use]
pub fn is_data(service: &Service, store: &Store, path: &str) -> bool {
    let moved = service.environment.get("PGDATA").and_then(|path| path.as_deref());
    let moved = moved.filter(|_| store.name == "PostgreSQL");
    // What is said in the environment holds; else the image's own folder.
    let folders = moved.map_or(store.data, |_| &[]);
    let mut folders = folders.iter().copied().chain(moved);
    folders.any(|data| path::is_within(path, data) || path::is_within(data, path))
}

/// The mounts of a store's data.
pub fn data_mounts<'a>(
    service: &'a Service,
    store: &'static Store,
) -> impl Iterator<Item = &'a VolumeUse> {
    service.volumes.iter().map(|mount| &mount.value).filter(move |mount| {
        mount.target.as_ref().is_some_and(|path| is_data(service, store, path))
    })
}
