//! The volumes that the files name.
//!
//! Compose specification, `volumes`.

use super::{Row, Topic, yes_or_no};
use crate::compose::Project;

pub(super) const TOPIC: Topic = Topic {
    name: "volumes",
    about: "the named volumes that services use",
    columns: &["volume", "external"],
    keys: &[0],
    key: "volumes",
    sentence: Some("exactly these volumes are declared:"),
    declared,
};

/// Every volume.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let all = project.volumes.iter();
    all.map(|(name, volume)| Row::new(name, [yes_or_no(volume.is_external())], Some(volume.origin)))
        .collect()
}
