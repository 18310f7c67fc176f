//! What happens to a single process or replica of a service.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Arguments, Step, StepResult, World, faults, world::Broken};
use crate::{
    probe::wait::eventually,
    run::Failure,
    stack::{Stack, StackError, engine::Container},
};

/// How long a killed process may take to be there again by itself, when a scenario has ended.
const REVIVAL: Duration = Duration::from_secs(5);

/// Seconds that a replica is given to end in good order, whatever it is about.
const GRACE: i32 = 60;

pub(super) static STEPS: &[Step] = &[
    Step::when(
        "a process of {service} that runs {text} is killed",
        "One process with exactly these words, in one replica, gets SIGKILL.",
        "a process of \"queue\" that runs \"php artisan queue:work --tries=3\" is killed",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(kill(world, arguments))),
    Step::when(
        "a replica of {service} is stopped",
        "One replica is asked to end and waited for, as `docker stop` does; the others go on.",
        "a replica of \"queue\" is stopped",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(stop_one(world, arguments))),
];

fn words(process: i32) -> String {
    let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>().join(" ")
}

/// Whether a command line is this one: `/usr/bin/php artisan …` is `php artisan …`.
fn is(line: &str, wanted: &str) -> bool {
    line == wanted || line.ends_with(&format!("/{wanted}"))
}

/// Sees to it that every replica runs a command again: who does not get it back is started anew.
pub(super) async fn revive(stack: &Stack, service: &str, wanted: &str) -> StepResult {
    for replica in stack.service(service).await? {
        let runs = || async {
            let ids = stack.engine.process_ids(&replica).await.map_err(StackError::from)?;
            let there = ids.iter().any(|(id, _, _)| is(&words(*id), wanted));
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
            let line = words(id);
            if !is(&line, &wanted) {
                seen.push(format!("{}: {line}", replica.name));
                continue;
            }
            let pid = Pid::from_raw(id).ok_or_else(|| {
                Failure::error(format!("kill a process of {}", replica.name), "it has no id")
            })?;
            world.broken.push(Broken::Killed(service.clone(), wanted.clone()));
            kill_process(pid, Signal::KILL).map_err(|why| {
                Failure::error(format!("kill process {id} of {}", replica.name), why.to_string())
                    .help("only root may end processes of other users")
            })?;
            world.names.insert("killed".to_owned(), id.to_string());
            world.saw(format!("process {id} of {}", replica.name), format!("`{line}` killed"));
            return Ok(());
        }
    }
    Err(Failure::finding(format!("a process of \"{service}\" runs `{wanted}`"), seen.join("\n"))
        .place(format!("service \"{service}\""))
        .services([&service])
        .help("look at the command of the service"))
}

async fn stop_one(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let running = world.running()?;
    let mut replicas: Vec<Container> = world.service(&service).await?;
    replicas.retain(|replica| replica.state == "running");
    replicas.sort_by(|one, other| one.name.cmp(&other.name));
    let Some(replica) = replicas.pop().filter(|_| !replicas.is_empty()) else {
        return Err(Failure::finding(format!("several replicas of \"{service}\""), "only one")
            .place(format!("service \"{service}\""))
            .help("ask for more: deploy.replicas, or When service \"app\" is scaled to 3"));
    };
    world.broken.push(Broken::Stopped(service.clone()));
    running.stack.engine.stop(&replica, GRACE).await.map_err(StackError::from)?;
    world.saw(format!("service \"{service}\""), format!("{} stopped", replica.name));
    Ok(())
}
