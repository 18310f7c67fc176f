//! How many containers each service has.
//!
//! Compose specification, `scale`, `deploy.replicas`.

use super::{Row, Topic, places};
use crate::compose::Project;

pub(super) const TOPIC: Topic = Topic {
    name: "replicas",
    about: "how many containers each service has",
    columns: &["service", "replicas"],
    keys: &[0],
    key: "deploy",
    sentence: Some("exactly these replicas run:"),
    declared,
};

/// The number of every service's containers.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let rows = super::each(project, &[], |_, service| vec![service.replicas().to_string().into()]);
    rows.into_iter().map(|row| places::at_cell(project, &TOPIC, row)).collect()
}
