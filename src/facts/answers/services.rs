//! What a service is for, as far as the others tell.

use std::{collections::BTreeSet, time::Duration};

use crate::compose::{Located, Project, Service, values::duration};

/// Services that others wait for until they have ended.
#[must_use]
pub fn one_shots(project: &Project) -> BTreeSet<&str> {
    let dependencies = project.services.values().flat_map(|service| &service.depends_on);
    dependencies
        .filter(|(_, dependency)| dependency.condition() == "service_completed_successfully")
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Whether a service is a provider's: a program of Compose's that makes no container.
#[must_use]
pub fn is_provided(project: &Project, name: &str) -> bool {
    let provider = project.at(&["services", name, "provider"]);
    provider.is_some_and(|provider| !provider.is_null())
}

/// The services that the engine makes containers of: all but a provider's.
pub fn made(project: &Project) -> impl Iterator<Item = (&String, &Located<Service>)> {
    project.services.iter().filter(|(name, _)| !is_provided(project, name))
}

/// The services that are containers: a provider's are none, and one without replicas runs nothing.
pub fn containers(project: &Project) -> impl Iterator<Item = (&str, &Service)> {
    let services = made(project).filter(|(_, service)| service.replicas() > 0);
    services.map(|(name, service)| (name.as_str(), &service.value))
}

/// The containers that run until they are stopped.
pub fn lasting(project: &Project) -> impl Iterator<Item = (&str, &Service)> {
    let ending = one_shots(project);
    containers(project).filter(move |(name, _)| !ending.contains(name))
}

/// The services that run somebody else's image: neither they nor another service of the project build it.
pub fn pulled(project: &Project) -> impl Iterator<Item = (&str, &Located<String>)> {
    let services = &project.services;
    let built = services.values().filter(|service| service.build.is_some());
    let built: BTreeSet<&str> =
        built.filter_map(|service| service.image.as_ref()).map(|image| image.as_str()).collect();
    services.iter().filter_map(move |(name, service)| {
        let image = service.image.as_ref().filter(|_| service.build.is_none())?;
        (!built.contains(image.as_str())).then_some((name.as_str(), image))
    })
}
/// How long a service is given to end by itself before it is killed: `stop_grace_period`, else what
/// Compose gives, 10 seconds.
#[must_use]
pub fn grace(project: &Project, name: &str) -> Duration {
    const DEFAULT: Duration = Duration::from_secs(10);
    let written = project.services.get(name).and_then(|of| of.stop_grace_period.as_ref());
    let nanoseconds = written.and_then(|text| duration::parse_go(text.as_str()).ok());
    nanoseconds.and_then(|of| u64::try_from(of).ok()).map_or(DEFAULT, Duration::from_nanos)
}
