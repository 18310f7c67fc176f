//! Where the files write a cell of a topic's table, where it has a key of its own.

use super::{Row, Topic};
use crate::compose::{Project, journal::Origin, tree::Node};

/// Topic, column, and the keys of a service that say it; the first that is written has the last word.
const KEYS: &[(&str, &str, &[&str])] = &[
    ("builds", "image", &["image"]),
    ("builds", "context", &["build.context"]),
    ("builds", "Dockerfile", &["build.dockerfile", "build.dockerfile_inline"]),
    ("builds", "target", &["build.target"]),
    ("images", "image", &["image"]),
    ("command", "entry point", &["entrypoint"]),
    ("command", "command", &["command"]),
    ("health", "command", &["healthcheck.disable", "healthcheck.test"]),
    ("health", "interval", &["healthcheck.interval"]),
    ("health", "timeout", &["healthcheck.timeout"]),
    ("health", "retries", &["healthcheck.retries"]),
    ("restart", "policy", &["deploy.restart_policy.condition", "deploy.restart_policy", "restart"]),
    ("replicas", "replicas", &["scale", "deploy.replicas"]),
    ("limits", "memory", &["mem_limit", "deploy.resources.limits.memory"]),
    ("limits", "CPUs", &["cpus", "deploy.resources.limits.cpus"]),
    ("limits", "processes", &["pids_limit", "deploy.resources.limits.pids"]),
    ("rights", "user", &["user"]),
    ("rights", "capabilities", &["cap_add", "cap_drop"]),
    ("rights", "privileged", &["privileged"]),
    ("rights", "new privileges", &["security_opt"]),
    ("rights", "root file system", &["read_only"]),
    ("logging", "driver", &["logging.driver"]),
    ("logging", "options", &["logging.options"]),
];

/// Where the files of a service write what a column says; none where they do not, or it has no key of
/// its own.
#[must_use]
pub fn of(project: &Project, topic: &Topic, service: &str, column: &str) -> Option<Origin> {
    let known = KEYS.iter().find(|(of, name, _)| *of == topic.name && *name == column);
    let (_, _, keys) = known?;
    keys.iter().find_map(|key| written(project, service, key))
}

/// A row at the place of its one cell, where that is written.
pub(super) fn at_cell(project: &Project, topic: &Topic, row: Row) -> Row {
    let at = topic.columns.get(1).and_then(|column| of(project, topic, &row.subject, column));
    Row { at: at.or(row.at), ..row }
}

/// Where the files write the first cell of two rows on a service that differs and has a key of its own.
#[must_use]
pub fn of_difference(project: &Project, topic: &Topic, one: &Row, other: &Row) -> Option<Origin> {
    let cells = topic.columns.iter().zip(one.value.iter().zip(&other.value));
    let mut differing = cells.filter(|(_, (a, b))| !a.agrees(b));
    differing.find_map(|(column, _)| of(project, topic, &one.subject, column))
}

/// Where a key of a service is written: `build.context`.
fn written(project: &Project, service: &str, path: &str) -> Option<Origin> {
    let mut keys = path.rsplit('.');
    let last = keys.next()?;
    let above = keys.rev();
    let service = project.at(&["services", service])?;
    let above = above.into_iter().try_fold(service, |node, key| node.get(key));
    let (key, node) = above.and_then(Node::as_mapping)?.entry(last)?;
    let origins = [key.origin, node.origin];
    origins.into_iter().find(|origin| origin.place.file().is_some())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{TOPICS, topic},
        *,
    };

    const TEXT: &str = "services:
  a:
    image: a
    restart: always
    scale: 2
    cap_drop: [ALL]
    build: {context: ., target: t}
    healthcheck: {test: [CMD, x], retries: 4}
    deploy:
      restart_policy:
        condition: none
      resources: {limits: {memory: 1g, cpus: '2'}}
    logging: {driver: local}
";

    #[test]
    fn a_cell_is_where_its_own_key_is() {
        let project: Project =
            crate::compose::project::load_text("compose.yaml", TEXT).expect("a model").into();
        for (name, column, text) in [
            ("restart", "policy", Some("condition")),
            ("replicas", "replicas", Some("scale")),
            ("limits", "memory", Some("memory")),
            ("limits", "CPUs", Some("cpus")),
            ("limits", "processes", None),
            ("rights", "capabilities", Some("cap_drop")),
            ("builds", "target", Some("target")),
            ("health", "retries", Some("retries")),
            ("logging", "driver", Some("driver")),
            ("mounts", "path", None),
        ] {
            let origin = of(&project, topic(name).expect("a topic"), "a", column);
            let shown = origin.map(|origin| &TEXT[origin.place.span()]);
            assert_eq!(shown, text, "{name}: {column}");
        }
        let restart = topic("restart").expect("a topic");
        let at = (restart.declared)(&project).remove(0).at.expect("a place");
        assert_eq!(&TEXT[at.place.span()], "condition", "deploy has the last word over restart");
    }

    #[test]
    fn the_keys_are_of_columns_that_there_are() {
        for (name, column, _) in KEYS {
            let topic = TOPICS.iter().find(|topic| topic.name == *name).expect("a topic");
            assert!(topic.columns[1..].contains(column), "{name}: {column}");
        }
    }
}
