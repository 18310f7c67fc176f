//! Whether a container is well: it runs, goes on, and passes its own health check.

use std::time::Duration;

use crate::steps::{
    World,
    judging::{execute::execute, walk::standing},
    world::Running,
};
use crate::{
    compose::{Project, health_command},
    run::Failure,
    stack::{
        StackError,
        engine::{Container, resume},
        ready::may_complete,
    },
    words::counted,
};

/// A container as it is now.
pub(super) async fn now(running: &Running, container: &Container) -> Result<Container, Failure> {
    Ok(running.stack.engine.container(&container.id).await.map_err(StackError::from)?)
}

/// Whether a container has done its work, and may have.
pub(super) fn is_done(project: &Project, container: &Container) -> bool {
    container.state == "exited" && container.exit_code == 0 && may_complete(project, container)
}

/// That a container is healthy, or becomes so.
pub(super) async fn becomes_healthy(
    world: &World,
    running: &Running,
    container: &Container,
    within: Option<Duration>,
) -> Result<String, Failure> {
    // What the scenario itself has broken may have come back.
    let excused = if world.broken_services().contains(&container.service) {
        i64::MAX
    } else {
        running.excused_restarts(container)
    };
    // A check that is not there does not come.
    if health_command(&container.health_test).is_none() {
        return check(running, container, excused).await;
    }
    world.eventually(within, || check(running, container, excused)).await
}

async fn check(running: &Running, container: &Container, excused: i64) -> Result<String, Failure> {
    let engine = &running.stack.engine;
    let service = &container.service;
    let unwell = |found: String, help: String| {
        Failure::finding(format!("service \"{service}\" is healthy"), found)
            .place(format!("service \"{service}\""))
            .services([service])
            .help(help)
    };
    let now = engine.container(&container.id).await.map_err(StackError::from)?;
    if now.state != "running" || now.restarts > excused {
        let standing = standing(running, &now).await?;
        let why = standing.why_not().unwrap_or("runs again");
        let help = if now.state == "paused" {
            resume(service)
        } else {
            format!("the log of \"{service}\" says why it ended")
        };
        return Err(unwell(
            format!("{} {why} ({} in all)", now.name, counted(now.restarts, "restart")),
            help,
        ));
    }
    let words = health_command(&now.health_test).ok_or_else(|| {
        let written =
            ["healthcheck", ""].iter().find_map(|key| running.stack.project.place_of(service, key));
        unwell(
            "it has no health check".into(),
            format!("declare one: `healthcheck:` of service \"{service}\""),
        )
        .place(written.unwrap_or_else(|| format!("service \"{service}\"")))
    })?;
    if now.health.as_deref() == Some("healthy") {
        return Ok(format!("{}: the engine says healthy", now.name));
    }
    // The engine asks at its own intervals; until it has, its question is ours to ask.
    let limit = Duration::from_secs(10);
    let done = execute(running, &now, None, (&words, &words.join(" ")), limit).await?;
    if done.code == 0 {
        return Ok(format!("{}: `{}` exits with 0", now.name, words.join(" ")));
    }
    Err(unwell(
        format!("`{}` exits with {}: {}", words.join(" "), done.code, done.output.trim()),
        format!("the log of \"{service}\" says more"),
    ))
}
