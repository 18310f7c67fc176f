//! Who waits for whom.
//!
//! Compose specification, `depends_on`.

use super::{Row, Topic, answers::services};
use crate::compose::Project;

pub(super) const TOPIC: Topic = Topic {
    name: "dependencies",
    about: "which service starts after which, and what it waits for",
    columns: &["service", "waits for", "to be"],
    keys: &[0, 1],
    key: "depends_on",
    sentence: Some("exactly these services wait for others:"),
    declared,
};

/// The word of features for a condition of Compose.
#[must_use]
pub fn state(condition: &str) -> &str {
    match condition {
        "service_healthy" => "healthy",
        "service_completed_successfully" => "completed",
        "service_started" => "started",
        other => other,
    }
}

/// Every dependency.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, service) in services::made(project) {
        for (other, dependency) in &service.depends_on {
            let at = super::at(dependency.origin, project, name, "depends_on");
            let cells = [other.as_str(), state(dependency.condition())];
            rows.push(Row::new(name, cells, Some(at)));
        }
    }
    rows
}
