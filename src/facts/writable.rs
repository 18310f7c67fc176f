//! Where a service can write.
//!
//! Compose specification, `read_only`, `volumes`, `volumes_from`, `tmpfs`.

use super::{Cell, Row, Topic, answers::services, mounts};
use crate::compose::Project;

pub(super) const TOPIC: Topic = Topic {
    name: "writable",
    about: "the paths that services can write to, / where the root file system can be",
    columns: &["service", "path"],
    keys: &[0, 1],
    key: "volumes",
    sentence: Some("exactly these paths are writable:"),
    declared,
};

/// Every path that can be written to, / among them unless the root file system is read-only.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, service) in services::made(project) {
        if !service.read_only.as_ref().is_some_and(|read_only| read_only.value) {
            rows.push(Row::new(name, ["/"], Some(super::place(project, name, &["read_only"]))));
        }
        for (mount, origin) in mounts::of(project, name) {
            if mount.mode == mounts::mode(true) {
                let at = super::at(origin, project, name, "volumes");
                rows.push(Row::new(name, [mount.target], Some(at)));
            }
        }
        if let Some((why, origin)) = mounts::unknown(project, name) {
            let at = super::at(origin, project, name, "volumes_from");
            rows.push(Row::new(name, [Cell::Unknown(why)], Some(at)));
        }
    }
    rows
}
