//! Whether health checks can tell: frozen services must fail theirs, and pass again afterwards.

use std::{sync::Arc, time::Duration};

use crate::steps::{
    Arguments, Need, Step, StepResult, World,
    judging::{failure::at_keys, walk},
    world::{Running, life::state},
};
use crate::{
    compose::health_command,
    probe::kernel::Frozen,
    run::Failure,
    stack::{
        StackError,
        engine::{Container, EngineError},
        health::{self, Pace},
        ran::missing_program,
    },
};

/// How long a check may take to notice, and to recover.
const PATIENCE: Duration = Duration::from_secs(40);
/// The pause between two runs of a check.
const PAUSE: Duration = Duration::from_millis(300);

pub(crate) static STEPS: &[Step] = &[Step::then(
    "the health check of every service fails while the service is frozen and passes after",
    "Every process of each container is stopped (SIGSTOP): its own check must fail or exceed its time-out; continued, it must pass.",
    "the health check of every service fails while the service is frozen and passes after",
)
.needs(&[Need::Root])
.disrupts()
.observed(|world, arguments| Box::pin(notices(world, arguments)))];

async fn notices(world: &mut World, _arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    // Side by side: each check asks its own service, so none depends on another's being well.
    let walked = walk::walk(world, "every service notices that it is frozen").await?;
    let checks = walked.containers().map(|container| notices_one(&running, container));
    let facts = futures::future::join_all(checks).await;
    let facts = facts.into_iter().collect::<Result<Vec<String>, Failure>>()?;
    world.evidence("health checks", facts.join("\n"));
    Ok(())
}

async fn notices_one(running: &Arc<Running>, container: &Container) -> Result<String, Failure> {
    const CHECK: &[&[&str]] = &[&["healthcheck", "test"], &["healthcheck"]];
    let service = &container.service;
    let words = health_command(&container.health_test).ok_or_else(|| {
        let expected = format!("service \"{service}\" has a health check");
        // Who switches the image's check off does so beside a test that may stand elsewhere.
        at_keys(
            &running.stack.project,
            service,
            &[&["healthcheck"]],
            Failure::finding(expected, "it has none"),
        )
        .help(format!("declare one: `healthcheck:` of service \"{service}\""))
    })?;
    if container.state != "running" {
        return Err(Failure::undecided(
            format!("freeze {}", container.name),
            format!("service \"{service}\" {}", state(container)),
        )
        .services([service])
        .help(format!("look at the log of \"{service}\"")));
    }
    let frozen = freeze(running, container).await?;
    let noticed = until(running, container, &words, false).await;
    drop(frozen);
    let noticed = noticed?.map_err(|last| {
        let expected =
            format!("the health check of \"{service}\" fails while the service is frozen");
        at_keys(
            &running.stack.project,
            service,
            CHECK,
            Failure::finding(expected, format!("`{}`: {last}", words.join(" "))),
        )
        .services([service])
        .help("a check must ask the service something that only a working one answers")
    })?;
    let healed = until(running, container, &words, true).await?.map_err(|last| {
        Failure::finding(format!("the health check of \"{service}\" passes again"), last)
            .services([service])
            .help(format!("look at the log of \"{service}\""))
    })?;
    let name = &container.name;
    Ok(format!("{name}: frozen, `{}` {noticed}; continued, it {healed}", words.join(" ")))
}

async fn freeze(running: &Arc<Running>, container: &Container) -> Result<Frozen, Failure> {
    let mut frozen = Frozen::default();
    // Until a look finds no new one: what is not stopped yet may start others.
    loop {
        let listed = running.stack.engine.process_ids(container).await.map_err(StackError::from)?;
        let mut more = false;
        for (id, _, program) in listed {
            more |= frozen.add(id).map_err(|why| {
                Failure::undecided(
                    format!("freeze {program} ({id}) of {}", container.name),
                    why.to_string(),
                )
                .help("this needs root, and the engine on this machine")
            })?;
        }
        if !more {
            break;
        }
    }
    if frozen.is_empty() {
        return Err(Failure::undecided(
            format!("freeze {}", container.name),
            "the engine lists no process of it",
        ));
    }
    Ok(frozen)
}

/// Runs a check until it passes, or until it fails; says how it ended and after how long, or how it
/// still ended when the time was up.
async fn until(
    running: &Arc<Running>,
    container: &Container,
    words: &[String],
    passes: bool,
) -> Result<Result<String, String>, Failure> {
    let pace = Pace::steady(PATIENCE, PAUSE);
    let seen = health::until_well(pace, async || {
        let asked = health::ask(&running.stack.engine, container, container.health_timeout).await;
        let (is_well, last) = match asked {
            Ok(Ok(())) => (true, "exits with 0".to_owned()),
            Ok(Err(done)) => match missing_program(&done) {
                // A program that is not there fails whatever the service does.
                Some(said) => return Err(cannot_ask(container, words, &said)),
                None => (false, format!("exits with {}", done.code)),
            },
            Err(EngineError::Silent { limit, .. }) => {
                (false, format!("does not end within {limit:?}"))
            }
            // Whoever cannot be asked has not noticed anything.
            Err(why) => {
                let why = Failure::from(StackError::from(why)).found;
                return Err(cannot_ask(container, words, &why));
            }
        };
        Ok(if is_well == passes { Ok(last) } else { Err(last) })
    });
    Ok(match seen.await? {
        Ok(last) => Ok(format!("{last} after {:.1?}", pace.begun.elapsed())),
        Err(last) => Err(format!("it {last}, still after {PATIENCE:?}")),
    })
}

fn cannot_ask(container: &Container, words: &[String], why: &str) -> Failure {
    Failure::undecided(format!("run `{}` in {}", words.join(" "), container.name), why)
        .services([&container.service])
        .help(format!("see that the check of \"{}\" can be run in its image", container.service))
}
