//! Which image each service's containers are made of.
//!
//! Compose specification, `image`, `build`.

use super::{Row, Topic};
use crate::compose::{Project, Service};

pub(super) const TOPIC: Topic = Topic {
    name: "images",
    about: "the image that each service's containers are made of",
    columns: &["service", "image"],
    keys: &[0],
    key: "image",
    sentence: Some("exactly these images run:"),
    declared,
};

/// The image of a service: as named, or as Compose names what it builds.
#[must_use]
pub fn of(project: &Project, name: &str, service: &Service) -> String {
    let built = || format!("{}-{name}", project.name.value);
    service.image.as_ref().map_or_else(built, |image| image.value.clone())
}

/// The image of every service.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    super::each(project, &["image", "build"], |name, service| {
        vec![of(project, name, service).into()]
    })
}
