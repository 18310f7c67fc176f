//! What happens to a single process or replica of a service.

use std::time::Duration;

use crate::steps::{
    Arguments, Need, Step, StepResult, World,
    fault::{ends, faults},
    judging::looks::unreadable,
    world::Undo,
};
use crate::{
    probe::{kernel, wait::eventually},
    run::Failure,
    stack::{Stack, StackError, engine::Container},
};

/// How long a killed process may take to be there again by itself, when a scenario has ended.
const REVIVAL: Duration = Duration::from_secs(5);

/// Seconds that a replica is given to end in good order, whatever it is about.
const GRACE: i32 = 60;

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "a process of {service} that runs {text} is killed",
        "One process with exactly these words, in one replica, gets SIGKILL.",
        "a process of \"worker\" that runs \"python worker.py --tries 3\" is killed",
    )
    .needs(&[Need::Root])
    .disrupts()
    .observed(|world, arguments| Box::pin(kill(world, arguments))),
    Step::when(
        "a replica of {service} is stopped",
        "One replica is asked to end and waited for, as `docker stop` does; the others go on.",
        "a replica of \"worker\" is stopped",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(stop_one(world, arguments))),
    Step::when(
        "a replica of {service} is killed",
        "The first process of one replica gets SIGKILL from the kernel, as by a crash, so that its restart policy acts; the others go on.",
        "a replica of \"worker\" is killed",
    )
    .needs(&[Need::Root])
    .disrupts()
    .observed(|world, arguments| Box::pin(kill_one(world, arguments))),
];

/// What a process of a replica runs; none when it has ended.
fn line(replica: &Container, process: i32) -> Result<Option<String>, Failure> {
    let line = kernel::command_line(process);
    line.map_err(|why| unreadable(replica, "/proc/<pid>/cmdline", &why))
}

/// Whether a command line is this one: `/usr/bin/python …` is `python …`.
fn is(line: &str, wanted: &str) -> bool {
    line == wanted || line.ends_with(&format!("/{wanted}"))
}

/// Sees to it that every replica runs a command again: who does not get it back is started anew.
async fn revive(stack: &Stack, service: &str, wanted: &str) -> StepResult {
    for replica in stack.service(service).await? {
        let runs = || async {
            let ids = stack.engine.process_ids(&replica).await.map_err(StackError::from)?;
            let lines: Result<Vec<_>, _> = ids.iter().map(|(id, ..)| line(&replica, *id)).collect();
            let there = lines?.iter().flatten().any(|line| is(line, wanted));
            let gone = || Failure::finding(format!("`{wanted}` runs in {}", replica.name), "gone");
            there.then_some(()).ok_or_else(gone)
        };
        if replica.state == "running" && eventually(REVIVAL, runs).await.is_err() {
            stack.engine.stop(&replica, GRACE).await.map_err(StackError::from)?;
        }
    }
    faults::start(stack, service).await
}

async fn kill(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?.to_owned(), arguments.text(1)?.to_owned());
    let running = world.running()?;
    let mut seen = Vec::new();
    for replica in world.service(&service).await? {
        let ids = running.stack.engine.process_ids(&replica).await.map_err(StackError::from)?;
        for (id, _, _) in ids {
            let Some(line) = line(&replica, id)? else { continue };
            if !is(&line, &wanted) {
                seen.push(format!("{}: {line}", replica.name));
                continue;
            }
            let (of, again) = (service.clone(), wanted.clone());
            world.undos.push(Undo::new("killed", std::slice::from_ref(&service), move |world| {
                Box::pin(async move { revive(&world.running()?.stack, &of, &again).await })
            }));
            kernel::kill(id).map_err(|why| {
                Failure::undecided(
                    format!("kill process {id} of {}", replica.name),
                    why.to_string(),
                )
                .help("only root may end processes of other users")
            })?;
            world.names.insert("killed".to_owned(), id.to_string());
            world.evidence(format!("process {id} of {}", replica.name), format!("`{line}` killed"));
            return Ok(());
        }
    }
    Err(Failure::finding(format!("a process of \"{service}\" runs `{wanted}`"), seen.join("\n"))
        .place(format!("service \"{service}\""))
        .services([&service])
        .help("look at the command of the service"))
}

/// One of several running replicas of a service: the last by name.
async fn one_of_several(world: &World, service: &str) -> Result<Container, Failure> {
    let mut replicas: Vec<Container> = world.service(service).await?;
    replicas.retain(|replica| replica.state == "running");
    replicas.sort_by(|one, other| one.name.cmp(&other.name));
    replicas.pop().filter(|_| !replicas.is_empty()).ok_or_else(|| {
        Failure::finding(format!("several replicas of \"{service}\""), "only one")
            .place(format!("service \"{service}\""))
            .help("ask for more: deploy.replicas, or When service \"api\" is scaled to 3")
    })
}

async fn stop_one(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let running = world.running()?;
    let replica = one_of_several(world, &service).await?;
    world.undos.push(faults::stopped(&service));
    running.stack.engine.stop(&replica, GRACE).await.map_err(StackError::from)?;
    world.evidence(format!("service \"{service}\""), format!("{} stopped", replica.name));
    Ok(())
}

async fn kill_one(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let replica = one_of_several(world, &service).await?;
    world.undos.push(ends::killed(&service));
    let seen = ends::kill_first(&replica)?;
    world.evidence(format!("service \"{service}\""), seen);
    Ok(())
}
