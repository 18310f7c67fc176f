//! The observed source of facts: the same rows as the declared source has, in the same words, read
//! from the kernel where it has the last word, and from the engine otherwise.
//!
//! [`Look::at`] looks once; everything else here is a pure function of that look. What a run changes on
//! purpose (its own names of networks, volumes and images, moved host ports, views of folders) is
//! spoken of as the files do. A row has the place that declares its subject, and as its `shown` the
//! kernel's or the engine's word.

mod limits;
mod look;
mod mounts;
mod networks;
mod ports;
mod process;
mod services;

pub use self::{
    limits::limits_of,
    look::{Kernel, Look, Seen},
    mounts::{Root, mounts_of, path_in, points_of, root_of, writable_of},
    networks::attachments_of,
    ports::forwarded,
};
use crate::facts::{Row, Topic};

/// What nobody could find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// What was tried.
    pub tried: String,
    /// What was missing.
    pub missing: String,
    /// How to give it.
    pub help: String,
}

impl Undecided {
    /// What was tried, and what was missing.
    pub fn new(tried: impl Into<String>, missing: impl Into<String>) -> Self {
        Self { tried: tried.into(), missing: missing.into(), help: String::new() }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

type Fill = fn(&Look, Vec<Row>, &[Row]) -> Vec<Row>;

/// How a topic is read from a running stack.
struct Source {
    /// The topic's name.
    topic: &'static str,
    /// Reads its rows from a look.
    rows: fn(&Look) -> Result<Vec<Row>, Undecided>,
    /// Puts what images, the engine and paths of containers say into rows of the files that leave it to
    /// them; the last are the rows that are there.
    filled: Option<Fill>,
}

/// Every topic that a running stack shows.
#[rustfmt::skip]
const SOURCES: &[Source] = &[
    Source { topic: "services", rows: |look| Ok(services::rows(look)), filled: None },
    Source { topic: "images", rows: |look| Ok(services::images(look)), filled: None },
    Source { topic: "ports", rows: ports::rows, filled: Some(|_, rows, there| ports::of_host(rows, there)) },
    Source { topic: "mounts", rows: mounts::rows, filled: None },
    Source { topic: "writable", rows: mounts::writable, filled: None },
    Source { topic: "volumes", rows: |look| Ok(networks::volumes(look)), filled: None },
    Source { topic: "networks", rows: |look| Ok(networks::rows(look)), filled: None },
    Source { topic: "attachments", rows: |look| Ok(networks::attachments(look)), filled: None },
    Source { topic: "dependencies", rows: services::dependencies, filled: Some(|look, rows, _| services::in_use(look, rows)) },
    Source { topic: "command", rows: |look| Ok(process::commands(look)), filled: Some(|look, rows, _| process::commands_of_images(look, rows)) },
    Source { topic: "environment", rows: |look| Ok(process::environments(look)), filled: None },
    Source { topic: "secrets", rows: |look| mounts::given(look, "secrets"), filled: None },
    Source { topic: "configs", rows: |look| mounts::given(look, "configs"), filled: None },
    Source { topic: "health", rows: |look| Ok(process::checks(look)), filled: Some(|look, rows, _| process::checks_of_images(look, rows)) },
    Source { topic: "restart", rows: |look| Ok(services::restarts(look)), filled: None },
    Source { topic: "replicas", rows: |look| Ok(services::replicas(look)), filled: None },
    Source { topic: "limits", rows: limits::rows, filled: None },
    Source { topic: "rights", rows: process::rights, filled: Some(|look, rows, _| process::users_of_images(look, rows)) },
    Source { topic: "logging", rows: |look| Ok(services::logs(look)), filled: Some(|look, rows, _| services::default_logs(look, rows)) },
];

/// Topics with a column of paths in containers, and its number.
const PATHS: &[(&str, usize)] = &[("mounts", 3), ("writable", 1), ("secrets", 2), ("configs", 2)];

/// Topics that no running stack shows, and why.
const UNSEEN: &[(&str, &str)] = &[
    ("builds", "no engine keeps what an image was built of"),
    ("profiles", "a profile is a word of the files alone"),
];

fn source(topic: &Topic) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.topic == topic.name)
}

/// Why no running stack shows a topic; none of one that is shown.
#[must_use]
pub fn unseen(topic: &Topic) -> Option<&'static str> {
    UNSEEN.iter().find(|(name, _)| *name == topic.name).map(|(_, why)| *why)
}

/// The facts of a topic as the running stack shows them; equal ones of several replicas once each.
///
/// # Errors
/// [`Undecided`] when the kernel or the engine does not show them.
pub fn observed(topic: &Topic, look: &Look) -> Result<Vec<Row>, Undecided> {
    let Some(source) = source(topic) else {
        let why = unseen(topic).unwrap_or("nothing reads them");
        return Err(Undecided::new(format!("read the {} of the running stack", topic.name), why));
    };
    (source.rows)(look)
}

/// The facts of a topic as the files declare them of the services that were brought up. What they leave
/// to an image is what the image says, where that is at hand; paths are what containers resolve them to.
/// `there` are the observed facts.
#[must_use]
pub fn expected(topic: &Topic, look: &Look, there: &[Row]) -> Vec<Row> {
    let mut rows = (topic.declared)(&look.project);
    // Of a stack of one service and what it depends on, the others are not there.
    rows.retain(|row| !topic.is_of_services() || look.due.contains(&row.subject));
    let rows = resolved(topic, look, rows);
    match source(topic).and_then(|source| source.filled) {
        Some(filled) => filled(look, rows, there),
        None => rows,
    }
}

/// The rows of a table as this stack can show them: paths are what containers resolve them to, and
/// what is said of services that were not brought up, and of a dependency on one that is not in use,
/// is left out.
#[must_use]
pub fn asked(topic: &Topic, look: &Look, mut rows: Vec<Row>) -> Vec<Row> {
    let is_idle =
        |name: &String| look.project.services.contains_key(name) && !look.due.contains(name);
    rows.retain(|row| !topic.is_of_services() || !is_idle(&row.subject));
    if topic.name == "dependencies" {
        let all = (topic.declared)(&look.project);
        let there = services::in_use(look, all.clone());
        let is_in = |rows: &[Row], row: &Row| rows.iter().any(|one| one.value == row.value);
        rows.retain(|row| !is_in(&all, row) || is_in(&there, row));
    }
    resolved(topic, look, rows)
}

/// Rows with paths as the containers of their services resolve them.
fn resolved(topic: &Topic, look: &Look, rows: Vec<Row>) -> Vec<Row> {
    match PATHS.iter().find(|(name, _)| *name == topic.name) {
        Some((_, column)) => mounts::resolve(look, rows, *column),
        None => rows,
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod table {
    use super::*;
    use crate::facts::TOPICS;

    #[test]
    fn every_topic_is_observed_or_has_a_reason_why_not() {
        for topic in TOPICS {
            assert!(
                source(topic).is_some() != unseen(topic).is_some(),
                "{} has no observed source: write src/probe/facts/{}.rs",
                topic.name,
                topic.name
            );
        }
        let names = SOURCES.iter().map(|source| source.topic);
        for name in names.chain(UNSEEN.iter().map(|(name, _)| *name)) {
            assert!(crate::facts::topic(name).is_some(), "{name} is no topic");
        }
    }
}
