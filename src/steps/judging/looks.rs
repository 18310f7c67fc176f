//! What sentences share that look at containers: whose service a container is, what a look showed of
//! it, and why nobody can look.
//!
//! Of a container that has ended there is nothing to look at. It is judged by what it was created
//! with, and the evidence says so.

use crate::steps::{
    Arguments,
    judging::{declared, walk::Walked},
};
use crate::{
    compose::{Project, Service},
    probe::facts,
    run::Failure,
    stack::engine::Container,
};

/// Evidence that no process bears out.
pub(crate) fn by_configuration(why: &str, seen: &str) -> String {
    format!("by its configuration: {why}\n{seen}")
}

/// Why something of a container cannot be read by us.
pub(crate) fn unreadable(
    container: &Container,
    what: &str,
    why: &impl std::fmt::Display,
) -> Failure {
    Failure::undecided(format!("read {what} of {}", container.name), why.to_string())
        .help("run as root, on the engine's own machine")
}

/// What cannot be found out about a container that does not run.
pub(crate) fn gone(container: &Container, expected: &str, why: &str) -> Failure {
    let service = &container.service;
    Failure::undecided(expected, format!("{} cannot be looked at: {why}", container.name))
        .place(format!("service \"{service}\""))
        .services([service])
        .help(format!(
            "let service \"{service}\" run while it is looked at; its log says why it ended"
        ))
}

/// A container of a walk, as a look shows it.
///
/// # Errors
/// Undecided when somebody has removed it meanwhile.
pub(crate) fn seen_of<'l>(
    look: &'l facts::Look,
    container: &Container,
) -> Result<&'l facts::Seen, Failure> {
    look.containers.iter().find(|seen| seen.container.id == container.id).ok_or_else(|| {
        Failure::undecided(format!("look at {}", container.name), "it is not there any more")
            .help("find out who removed it: `docker events`")
    })
}

/// The containers of a walk, each with its service.
pub(crate) fn with_services<'a>(
    project: &'a Project,
    walked: &'a Walked,
) -> Result<Vec<(&'a Service, &'a Container)>, Failure> {
    walked
        .containers()
        .map(|container| Ok((declared::service(project, &container.service)?, container)))
        .collect()
}

/// A sentence without its exceptions of services that are not started: of those it says nothing.
pub(crate) fn without(arguments: &Arguments, idle: &[String]) -> Arguments {
    let started = |row: &&Vec<String>| row.first().is_none_or(|name| !idle.contains(name));
    let rows = arguments.rows.iter().filter(started).cloned().collect();
    Arguments { rows, ..arguments.clone() }
}
