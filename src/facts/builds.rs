//! Which images are built, and of what.
//!
//! Compose Build specification, `context`, `dockerfile`, `target`.

use super::{Row, Topic, answers::services, mounts::shown, text};
use crate::compose::Project;

pub(super) const TOPIC: Topic = Topic {
    name: "builds",
    about: "the images that are built, with context, Dockerfile and stage",
    columns: &["service", "image", "context", "Dockerfile", "target"],
    keys: &[0],
    key: "build",
    sentence: Some("exactly these images are built:"),
    declared,
};

/// Every build.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, service) in services::made(project) {
        let Some(build) = &service.build else { continue };
        let cells = [
            text(service.image.as_ref()).to_owned(),
            shown(&project.folder, text(build.context.as_ref())),
            text(build.dockerfile.as_ref()).to_owned(),
            text(build.target.as_ref()).to_owned(),
        ];
        rows.push(Row::new(name, cells, Some(super::place(project, name, &["build"]))));
    }
    rows
}
