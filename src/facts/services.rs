//! Which services run.
//!
//! Compose specification, `services`, `profiles`, `deploy.replicas`.

use super::{Cell, Row, Topic, answers::services::made};
use crate::compose::Project;

pub(super) const TOPIC: Topic = Topic {
    name: "services",
    about: "the services of which a container runs",
    columns: &["service"],
    keys: &[0],
    key: "",
    sentence: Some("exactly these services run:"),
    declared,
};

/// The services that are in use and of which the files ask for a container.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let running = made(project).filter(|(_, service)| service.replicas() > 0);
    let row = |name: &String| {
        Row::new(name, std::iter::empty::<Cell>(), Some(super::place(project, name, &[])))
    };
    running.map(|(name, _)| row(name)).collect()
}
