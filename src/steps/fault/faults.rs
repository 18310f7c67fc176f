//! What a fault does to a stack: a service freezes, ends, and comes back.
//!
//! Whatever a scenario breaks is mended after it, and the mending is proven.

use std::time::{Duration, Instant};

use crate::steps::{Arguments, Step, StepResult, World, judging::failure::asked, world::Undo};
use crate::{
    run::Failure,
    stack::{
        Stack,
        engine::Container,
        health::{self, Pace},
    },
};

/// How long a service may take to be well again.
const MEND_LIMIT: Duration = Duration::from_mins(1);

/// The pause between two looks at a service that comes back.
const PAUSE: Duration = Duration::from_millis(50);

/// What the sentences do that others undo.
const PAUSED: &str = "paused";
const STOPPED: &str = "stopped";

/// Seconds that a service is given to end in good order.
const GRACE: i32 = 10;

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "service {service} is paused",
        "Every process of the service freezes: it holds its connections and answers nothing.",
        "service \"api\" is paused",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(pause(world, arguments))),
    Step::when(
        "service {service} is resumed",
        "The processes of a paused service go on.",
        "service \"api\" is resumed",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(resumed(world, arguments))),
    Step::when(
        "service {service} is stopped",
        "Every replica of the service is asked to end, as `docker stop` does.",
        "service \"cache\" is stopped",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(stop(world, arguments))),
    Step::when(
        "service {service} is started",
        "Every stopped replica of the service is started again and waited for until it is healthy.",
        "service \"cache\" is started",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(started(world, arguments))),
    Step::when(
        "service {service} is removed and created again",
        "The service's containers are stopped and removed, its volumes stay; then Compose creates it anew.",
        "service \"database\" is removed and created again",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(recreate(world, arguments))),
];

async fn pause(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let running = world.running()?;
    let replicas = world.service(&service).await?;
    world.undos.push(Undo::of_service(PAUSED, &service, |stack, of| Box::pin(resume(stack, of))));
    for container in &replicas {
        running.stack.engine.pause(container).await.map_err(|why| asked("pause", &service, why))?;
    }
    world.evidence(format!("service \"{service}\""), format!("{} paused", count(&replicas)));
    Ok(())
}

async fn resumed(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    resume(&world.running()?.stack, &service).await?;
    world.restored(PAUSED, &service);
    world.evidence(format!("service \"{service}\""), "running again");
    Ok(())
}

async fn stop(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let running = world.running()?;
    let replicas = world.service(&service).await?;
    running.close_taps(&service).await;
    world.undos.push(stopped(&service));
    for container in &replicas {
        running
            .stack
            .engine
            .stop(container, GRACE)
            .await
            .map_err(|why| asked("stop", &service, why))?;
    }
    world.evidence(format!("service \"{service}\""), format!("{} stopped", count(&replicas)));
    Ok(())
}

/// Starts a service whose replicas are about to be stopped.
pub(crate) fn stopped(service: &str) -> Undo {
    Undo::of_service(STOPPED, service, |stack, of| Box::pin(start(stack, of)))
}

async fn started(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    start(&world.running()?.stack, &service).await?;
    world.restored(STOPPED, &service);
    world.evidence(format!("service \"{service}\""), "running and healthy again");
    Ok(())
}

fn count(replicas: &[Container]) -> String {
    match replicas.len() {
        1 => "its container".into(),
        several => format!("its {several} containers"),
    }
}

/// Removes a service's containers, after asking them to end.
async fn recreate(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let running = world.running()?;
    let replicas = world.service(&service).await?;
    running.close_taps(&service).await;
    world
        .undos
        .push(Undo::of_service("removed", &service, |stack, of| Box::pin(create_again(stack, of))));
    for container in &replicas {
        let engine = &running.stack.engine;
        engine.stop(container, GRACE).await.map_err(|why| asked("stop", &service, why))?;
        engine.remove(container).await.map_err(|why| asked("remove", &service, why))?;
    }
    create_again(&running.stack, &service).await?;
    let fresh = world.service(&service).await?;
    if let Some(same) = fresh.iter().find(|new| replicas.iter().any(|old| old.id == new.id)) {
        return Err(Failure::undecided(
            "remove the container and create it again",
            format!("{} is still the old one", same.name),
        ));
    }
    let ids = |containers: &[Container]| {
        containers
            .iter()
            .map(|container| container.id.chars().take(12).collect())
            .collect::<Vec<String>>()
            .join(", ")
    };
    world.evidence(
        format!("service \"{service}\""),
        format!("container {} removed, {} created and healthy", ids(&replicas), ids(&fresh)),
    );
    Ok(())
}

/// Creates what is missing of a service, starts it and proves that it is healthy.
pub(crate) async fn create_again(stack: &Stack, service: &str) -> StepResult {
    stack.create(&[], &[service]).await?;
    start(stack, service).await
}

/// Resumes what is paused of a service and proves that it runs.
pub(crate) async fn resume(stack: &Stack, service: &str) -> StepResult {
    for container in stack.service(service).await? {
        if container.state == "paused" {
            stack.engine.resume(&container).await.map_err(|why| asked("resume", service, why))?;
        }
    }
    await_state(stack, service).await
}

/// Starts what is stopped of a service and proves that it runs and is healthy.
pub(crate) async fn start(stack: &Stack, service: &str) -> StepResult {
    for container in stack.service(service).await? {
        if container.state != "running" {
            stack.engine.start(&container).await.map_err(|why| asked("start", service, why))?;
        }
    }
    await_state(stack, service).await
}

async fn await_state(stack: &Stack, service: &str) -> StepResult {
    let begun = Instant::now();
    for container in stack.service(service).await? {
        let limit = MEND_LIMIT.saturating_sub(begun.elapsed());
        let pace = Pace::steady(limit, PAUSE);
        // An engine that does not answer may do so in a moment.
        let look = async || Ok::<_, Failure>(is_well(stack, service, &container).await);
        health::until_well(pace, look).await??;
    }
    Ok(())
}

/// Whether a container runs and passes its health check.
async fn is_well(stack: &Stack, service: &str, container: &Container) -> StepResult {
    let now = stack
        .engine
        .container(&container.id)
        .await
        .map_err(|why| asked("look at", service, why))?;
    let unwell = |found: String| {
        Failure::finding(format!("service \"{service}\" runs and is healthy"), found)
            .services([service])
            .help(format!("look at the log of \"{service}\""))
    };
    if now.state != "running" {
        return Err(unwell(format!("{} is {}", now.name, now.state)));
    }
    let complaint = health::complaint(&stack.engine, &now, MEND_LIMIT).await;
    match complaint.map_err(|why| asked("check", service, why))? {
        None => Ok(()),
        Some(why) => Err(unwell(why)),
    }
}
