//! Whether health checks can tell: frozen services must fail theirs, and pass again afterwards.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Arguments, Step, StepResult, World, world::Running};
use crate::{
    compose::health_command,
    run::Failure,
    stack::{StackError, engine::Container},
};

/// How long a check may take to notice, and to recover.
const PATIENCE: Duration = Duration::from_secs(40);
/// The pause between two runs of a check.
const PAUSE: Duration = Duration::from_millis(300);

pub(super) static STEPS: &[Step] = &[Step::then(
    "the health check of every service fails while the service is frozen and passes after",
    "Every process of each container is stopped (SIGSTOP): its own check must fail or exceed its time-out; continued, it must pass.",
    "the health check of every service fails while the service is frozen and passes after",
)
.disrupts()
.observed(|world, arguments| Box::pin(notices(world, arguments)))];

/// Continues frozen processes when it is dropped, whatever happens in between.
struct Frozen(Vec<Pid>);

impl Drop for Frozen {
    fn drop(&mut self) {
        for process in &self.0 {
            // Gone in the meantime: nothing to continue.
            let _continued = kill_process(*process, Signal::CONT);
        }
    }
}

async fn notices(world: &mut World, _arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    // Side by side: each check asks its own service, so none depends on another's being well.
    let containers = running.stack.containers().await?;
    let checks = containers.iter().map(|container| notices_one(&running, container));
    let facts = futures::future::join_all(checks).await;
    let facts = facts.into_iter().collect::<Result<Vec<String>, Failure>>()?;
    world.saw("health checks", facts.join("\n"));
    Ok(())
}

async fn notices_one(running: &Arc<Running>, container: &Container) -> Result<String, Failure> {
    let service = &container.service;
    let place = |key| {
        running
            .stack
            .project
            .place_of(service, key)
            .unwrap_or_else(|| format!("service \"{service}\""))
    };
    let words = health_command(&container.health_test).ok_or_else(|| {
        Failure::finding(format!("service \"{service}\" has a health check"), "it has none")
            .place(
                running.stack.project.place_of(service, "healthcheck").unwrap_or_else(|| place("")),
            )
            .help(format!("declare one: `healthcheck:` of service \"{service}\""))
    })?;
    let frozen = freeze(running, container).await?;
    let noticed = until(running, container, &words, false).await;
    drop(frozen);
    let noticed = noticed.map_err(|last| {
        let expected =
            format!("the health check of \"{service}\" fails while the service is frozen");
        Failure::finding(expected, format!("`{}`: {last}", words.join(" ")))
            .place(place("healthcheck"))
            .services([service])
            .help("a check must ask the service something that only a working one answers")
    })?;
    let healed = until(running, container, &words, true).await.map_err(|last| {
        Failure::finding(format!("the health check of \"{service}\" passes again"), last)
            .services([service])
            .help(format!("look at the log of \"{service}\""))
    })?;
    let name = &container.name;
    Ok(format!("{name}: frozen, `{}` {noticed}; continued, it {healed}", words.join(" ")))
}

async fn freeze(running: &Arc<Running>, container: &Container) -> Result<Frozen, Failure> {
    let processes = running.stack.engine.process_ids(container).await.map_err(StackError::from)?;
    let mut frozen = Frozen(Vec::new());
    for (id, _, program) in processes {
        let Some(process) = Pid::from_raw(id) else { continue };
        kill_process(process, Signal::STOP).map_err(|why| {
            Failure::error(
                format!("freeze {program} ({id}) of {}", container.name),
                why.to_string(),
            )
            .help("this needs root, and the engine on this machine")
        })?;
        frozen.0.push(process);
    }
    Ok(frozen)
}

/// Runs a check until it passes, or until it fails; says how it ended and after how long.
async fn until(
    running: &Arc<Running>,
    container: &Container,
    words: &[String],
    passes: bool,
) -> Result<String, String> {
    let begun = Instant::now();
    loop {
        let run = running.stack.engine.execute(container, words, container.health_timeout);
        let (is_well, last) = match run.await {
            Ok(done) => (done.code == 0, format!("exits with {}", done.code)),
            Err(why) => {
                (false, format!("does not end within {:?} ({why})", container.health_timeout))
            }
        };
        if is_well == passes {
            return Ok(format!("{last} after {:.1?}", begun.elapsed()));
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("it {last}, still after {PATIENCE:?}"));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
