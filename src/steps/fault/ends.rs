//! How a service ends by a fault or by order: killed, restarted, run once more, or asked to end in time.

use std::time::{Duration, Instant};

use crate::steps::{
    Arguments, Need, Step, StepResult, World,
    fault::faults::{self, stopped},
    judging::{declared::point_key, failure::asked},
    world::Undo,
};
use crate::{
    facts::answers::services,
    probe::{kernel, wait::eventually},
    run::Failure,
    stack::{
        StackError,
        engine::{Container, ELSEWHERE},
    },
};

/// Seconds that a service is given to end in good order before it is started again.
const GRACE: i32 = 10;
/// How long a service that is run on demand may take.
const RUN_LIMIT: Duration = Duration::from_mins(5);

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "service {service} is killed",
        "The first process of each of its containers gets SIGKILL from the kernel, as by a crash, so that its restart policy acts.",
        "service \"worker\" is killed",
    )
    .needs(&[Need::Root])
    .disrupts()
    .observed(|world, arguments| Box::pin(kill(world, arguments))),
    Step::when(
        "service {service} is restarted",
        "Every replica of the service is asked to end and started again, as `docker restart` does, and waited for until it is healthy.",
        "service \"cache\" is restarted",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(restart(world, arguments))),
    Step::when(
        "service {service} is run",
        "A service that has ended is started once more and waited for until it ends, whatever its exit code.",
        "service \"migrate\" is run",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(run(world, arguments))),
    Step::then(
        "service {service} stops within its grace period",
        "Asked to end, each of its containers does so by itself within `stop_grace_period` (10 seconds if not said), and need not be killed. Then it is started again.",
        "service \"worker\" stops within its grace period",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(stops_in_time(world, arguments))),
];

async fn kill(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let mut replicas = world.service(&service).await?;
    replicas.retain(|replica| replica.state == "running");
    if replicas.is_empty() {
        return Err(Failure::finding(format!("service \"{service}\" runs"), "it does not run")
            .place(format!("service \"{service}\""))
            .services([&service])
            .help(format!("the log of \"{service}\" says why it ended")));
    }
    world.undos.push(killed(&service));
    let seen: Result<Vec<String>, Failure> = replicas.iter().map(kill_first).collect();
    world.evidence(format!("service \"{service}\""), seen?.join("\n"));
    Ok(())
}

/// Starts what is about to be killed of a service, where nobody else does.
pub(super) fn killed(service: &str) -> Undo {
    Undo::of_service("killed", service, |stack, of| Box::pin(faults::start(stack, of)))
}

/// Kills the first process of a container, and says so.
pub(super) fn kill_first(replica: &Container) -> Result<String, Failure> {
    let cannot = |why: String| {
        Failure::undecided(format!("kill {}", replica.name), why)
            .help("run as root, on the engine's own machine")
    };
    if replica.pid == ELSEWHERE {
        return Err(cannot("its processes are not on this machine".to_owned()));
    }
    let id = i32::try_from(replica.pid).map_err(|why| cannot(why.to_string()))?;
    kernel::kill(id).map_err(|why| cannot(why.to_string()))?;
    Ok(format!("process {id} of {} killed", replica.name))
}

async fn restart(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let running = world.running()?;
    let replicas = world.service(&service).await?;
    running.close_taps(&service).await;
    world.undos.push(stopped(&service));
    for container in &replicas {
        let engine = &running.stack.engine;
        engine.stop(container, GRACE).await.map_err(|why| asked("stop", &service, why))?;
    }
    faults::start(&running.stack, &service).await?;
    world.evidence(format!("service \"{service}\""), "stopped, started, and healthy again");
    Ok(())
}

async fn run(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let running = world.running()?;
    let replicas = world.service(&service).await?;
    let engine = &running.stack.engine;
    if let Some(busy) = replicas.iter().find(|replica| replica.absence().is_none()) {
        return Err(Failure::finding(
            format!("service \"{service}\" has ended, and can be run once more"),
            format!("{} is {}", busy.name, busy.state),
        )
        .place(format!("service \"{service}\""))
        .services([&service])
        .help("a service that goes on is restarted: When service \"…\" is restarted"));
    }
    // Nothing is to be mended: it ends by itself.
    world.undos.push(Undo::of_service("run", &service, |_, _| Box::pin(async { Ok(()) })));
    let mut seen = Vec::new();
    for replica in &replicas {
        engine.start(replica).await.map_err(|why| asked("start", &service, why))?;
        let ended = eventually(RUN_LIMIT, || async {
            let now = engine.container(&replica.id).await.map_err(StackError::from)?;
            let goes_on = || {
                Failure::finding(format!("{} ends", now.name), format!("it is {}", now.state))
                    .services([&service])
                    .help("only a service that ends by itself can be run")
            };
            if now.state == "exited" { Ok(now.exit_code) } else { Err(goes_on()) }
        })
        .await?;
        seen.push(format!("{} run once more, has ended with {ended}", replica.name));
    }
    world.evidence(format!("service \"{service}\""), seen.join("\n"));
    Ok(())
}

/// Whether the engine had to kill it: by SIGKILL, which it sends when the time is over.
fn was_killed(container: &Container, took: Duration, grace: Duration) -> bool {
    container.exit_code == 137 && took >= grace
}

async fn stops_in_time(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let running = world.running()?;
    let project = &running.stack.project;
    let grace = services::grace(project, &service);
    let replicas = world.service(&service).await?;
    running.close_taps(&service).await;
    world.undos.push(stopped(&service));
    let mut seen = Vec::new();
    let mut late = None;
    for replica in replicas.iter().filter(|replica| replica.state == "running") {
        let begun = Instant::now();
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let engine = &running.stack.engine;
        engine.stop(replica, seconds).await.map_err(|why| asked("stop", &service, why))?;
        let took = begun.elapsed();
        let now = engine.container(&replica.id).await.map_err(StackError::from)?;
        let told = format!(
            "{} ended with {} after {:.1} s of {}",
            now.name,
            now.exit_code,
            took.as_secs_f64(),
            humantime::format_duration(grace)
        );
        if was_killed(&now, took, grace) {
            late = late.or_else(|| Some(told.clone()));
        }
        seen.push(told);
    }
    if let Some(found) = late {
        let expected = format!("service \"{service}\" stops within its grace period");
        let failure = Failure::finding(expected, format!("{found}: it was killed"))
            .services([&service])
            .help("let its first process end on SIGTERM (`init: true`, `exec` in its script), or give it more time: `stop_grace_period`");
        return Err(point_key(project, &service, "stop_grace_period", failure));
    }
    if seen.is_empty() {
        return Err(Failure::undecided(
            format!("ask service \"{service}\" to end"),
            "none of its containers runs",
        )
        .services([&service])
        .help(format!("the log of \"{service}\" says why it ended")));
    }
    faults::start(&running.stack, &service).await?;
    world.restored("stopped", &service);
    world.evidence(format!("service \"{service}\""), seen.join("\n"));
    Ok(())
}
