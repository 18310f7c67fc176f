//! Health checks: the service's own, and what is known of images.

use crate::{
    compose::{Project, Service},
    facts::{image, knowledge},
};

/// What a service says of its health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It has a check of its own.
    Own,
    /// The image's check is switched off.
    Off,
    /// It leaves it to the image.
    Image,
}

/// What a service says.
#[must_use]
pub fn of(service: &Service) -> Check {
    let Some(check) = &service.healthcheck else { return Check::Image };
    let disabled = check.disable.as_ref().is_some_and(|disable| disable.value);
    match check.test.first().map(|word| word.as_str()) {
        _ if disabled => Check::Off,
        Some("NONE") => Check::Off,
        Some(_) => Check::Own,
        None => Check::Image,
    }
}

/// Whether the image of a service brings a health check: by its Dockerfile where one is at hand, else
/// by what is known of the image or of the base that it stands on; none if nobody knows.
#[must_use]
pub fn of_image(project: &Project, name: &str, service: &Service) -> Option<bool> {
    let known = knowledge::brings_health_check;
    by_dockerfile(project, name, service).or_else(|| match image::recipe(project, name, service) {
        Ok(recipe) => known(&recipe.base()),
        Err(_) if service.build.is_some() => None,
        Err(_) => known(service.image.as_ref()?),
    })
}

/// Whether the image of a service has a health check by its Dockerfile; none if that says nothing or
/// is not at hand.
#[must_use]
pub fn by_dockerfile(project: &Project, name: &str, service: &Service) -> Option<bool> {
    let check = image::recipe(project, name, service).and_then(|recipe| recipe.health_check());
    check.ok().map(|check| check.is_some())
}
