//! What a service is for, as far as the others tell.

use std::collections::BTreeSet;

use crate::{
    compose::{Located, Service},
    policy::Target,
};

/// Services that others wait for until they have ended.
pub fn one_shots(target: &Target) -> BTreeSet<&str> {
    let dependencies = target.project.services.values().flat_map(|service| &service.depends_on);
    dependencies
        .filter(|(_, dependency)| dependency.condition() == "service_completed_successfully")
        .map(|(name, _)| name.as_str())
        .collect()
}

/// The services that are containers: a provider's are none, and one without replicas runs nothing.
pub fn containers(target: &Target) -> impl Iterator<Item = (&str, &Service)> {
    let services = target.project.services.iter();
    let services = services.filter(|(name, service)| {
        let provided = target.service(name).is_some_and(|node| node.get("provider").is_some());
        !provided && service.replicas() > 0
    });
    services.map(|(name, service)| (name.as_str(), &service.value))
}

/// The containers that run until they are stopped.
pub fn lasting(target: &Target) -> impl Iterator<Item = (&str, &Service)> {
    let ending = one_shots(target);
    containers(target).filter(move |(name, _)| !ending.contains(name))
}

/// The services that run somebody else's image: neither they nor another service of the project build it.
pub fn pulled(target: &Target) -> impl Iterator<Item = (&str, &Located<String>)> {
    let services = &target.project.services;
    let built = services.values().filter(|service| service.build.is_some());
    let built: BTreeSet<&str> =
        built.filter_map(|service| service.image.as_ref()).map(|image| image.as_str()).collect();
    services.iter().filter_map(move |(name, service)| {
        let image = service.image.as_ref().filter(|_| service.build.is_none())?;
        (!built.contains(image.as_str())).then_some((name.as_str(), image))
    })
}
