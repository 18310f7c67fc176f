//! A command run in a container of the stack, for the sake of a sentence.
//!
//! Where none can run, nobody has looked: the sentence is undecided, at once and with the reason.

use std::time::Duration;

use crate::steps::world::Running;
use crate::{
    run::Failure,
    stack::{
        StackError,
        engine::{Container, EngineError, Executed},
    },
};

/// Runs a command in a container as a user of choice (`None`: its own); `line` is how people write it.
///
/// # Errors
/// Undecided, when the container does not run or the engine does not do it.
pub(crate) async fn execute(
    running: &Running,
    container: &Container,
    user: Option<&str>,
    (words, line): (&[String], &str),
    limit: Duration,
) -> Result<Executed, Failure> {
    let done = running.stack.engine.execute_as(user, container, words, limit).await;
    done.map_err(|why| not_run(running, container, line, why))
}

/// What a command came to that was not run to its end.
pub(crate) fn not_run(
    running: &Running,
    container: &Container,
    line: &str,
    why: EngineError,
) -> Failure {
    let service = &container.service;
    let rest = match &why {
        EngineError::NotRunning { why, .. } => why.clone(),
        _ => return StackError::from(why).into(),
    };
    let place = running.stack.project.place_of(service, "");
    Failure::undecided(format!("run `{line}` in \"{service}\""), rest)
        .place(place.unwrap_or_else(|| format!("service \"{service}\"")))
        .services([service])
        .help(why.help())
}
