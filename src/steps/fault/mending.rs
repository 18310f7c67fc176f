//! What ran before a scenario broke something runs after it, and that is proven.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use indexmap::IndexSet;

use crate::steps::{
    StepResult,
    judging::failure,
    world::{
        Running,
        life::{Before, state},
        open,
    },
};
use crate::{
    compose::health_command,
    facts::answers::reach,
    run::Failure,
    stack::{
        engine::Container,
        health::{self, Pace},
        unready::{RUNS, times},
    },
};

/// How long everything may take to be well again.
const LIMIT: Duration = Duration::from_mins(1);
/// How long one run of a health check may take.
const CHECK_LIMIT: Duration = Duration::from_secs(10);
/// How long a service without a health check must have run after we started it.
const STEADY: Duration = Duration::from_secs(1);
/// How often a container that ends again is started.
const STARTS: usize = 3;
/// How long a service without a health check may take to listen again where it listened before: what
/// it listens on may be another port each time.
const OPENING: Duration = Duration::from_secs(15);
/// Seconds that one is given to end in good order which must begin anew.
const GRACE: i32 = 10;
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// How often we started a container, and when last.
type Started = HashMap<String, (usize, Instant)>;

/// Starts again what died of a fault and waits until all that ran before runs and is healthy. The
/// services that the scenario broke are `targets`; `beside` it a program of the project ran on the
/// host, which may have removed any.
///
/// # Errors
/// Who did not come back.
pub async fn bring_back(
    running: &Running,
    before: &Before,
    targets: &IndexSet<String>,
    beside: bool,
) -> StepResult {
    let mut started = Started::new();
    let mut untrue = None;
    let mut opened_by = None;
    let back = health::until_well(Pace::steady(LIMIT, PAUSE), async || {
        let containers = running.stack.containers().await?;
        let missing = missing(running, before, &containers, &started).await?;
        let Some((name, lack)) = missing.first().cloned() else {
            let Some(lost) = cut_off(running, &containers) else {
                let by = *opened_by.get_or_insert_with(|| Instant::now() + OPENING);
                let closed =
                    if Instant::now() < by { closed(before, &containers).await } else { None };
                let lack = |port| format!("it does not listen on port {port} again");
                return Ok(closed.map_or(Ok(()), |(service, port)| {
                    Err(not_back(running, service, &lack(port)))
                }));
            };
            let (engine, service) = (&running.stack.engine, lost.service.as_str());
            let done = engine.stop(lost, GRACE).await;
            done.map_err(|why| failure::asked("stop", service, why))?;
            engine.start(lost).await.map_err(|why| failure::asked("start", service, why))?;
            let lack = "it was left in the network of a container that is gone";
            return Ok(Err(not_back(running, service, lack)));
        };
        for (service, _) in &missing {
            let own = || containers.iter().filter(|container| container.service == *service);
            if own().count() < before.running[*service] {
                if !beside && !targets.contains(*service) {
                    untrue.get_or_insert_with(|| removed(running, service));
                }
                running.stack.create(&[], &[service]).await?;
            }
            let waits = running.stack.project.services.get(*service).is_some_and(|of| {
                of.depends_on.keys().any(|on| missing.iter().any(|(other, _)| *other == on))
            });
            // One that died for want of another is started when that one is there.
            if waits {
                continue;
            }
            for container in own().filter(|own| matches!(own.state.as_str(), "exited" | "created"))
            {
                let (count, _) = started.get(&container.id).copied().unwrap_or((0, Instant::now()));
                if count == STARTS {
                    return Err(not_back(running, service, &ended_again(container)));
                }
                running.hear().await?;
                if !targets.contains(*service) && is_broken_promise(running, container, before) {
                    untrue.get_or_insert_with(|| broken_promise(running, container));
                }
                let done = running.stack.engine.start(container).await;
                done.map_err(|why| failure::asked("start", service, why))?;
                started.insert(container.id.clone(), (count + 1, Instant::now()));
            }
            for container in own().filter(|own| own.state == "paused") {
                let done = running.stack.engine.resume(container).await;
                done.map_err(|why| failure::asked("resume", service, why))?;
            }
        }
        Ok(Err(not_back(running, name, &lack)))
    });
    back.await??;
    untrue.map_or(Ok(()), Err)
}

/// A service that was started anew, has no health check, and does not listen yet where it did before.
async fn closed<'b>(before: &'b Before, containers: &[Container]) -> Option<(&'b str, u16)> {
    for (service, ports) in before.open.iter().filter(|(_, ports)| !ports.is_empty()) {
        let own = containers.iter().filter(|container| {
            container.service == *service
                && container.state == "running"
                && before.started.get(&container.id) != Some(&container.started)
        });
        for container in own {
            let Some(now) = open::ports(container).await else { continue };
            if let Some(port) = ports.difference(&now).next() {
                return Some((service, *port));
            }
        }
    }
    None
}

/// A container that shares the network of another which was started after it: its network went with the
/// other's first life.
fn cut_off<'c>(running: &Running, containers: &'c [Container]) -> Option<&'c Container> {
    let project = &running.stack.project;
    let runs = |container: &&Container| container.state == "running";
    containers.iter().filter(runs).find(|container| {
        let home = reach::home(project, &container.service);
        let mut others = containers.iter().filter(runs).filter(|other| other.service == home);
        home != container.service && others.any(|other| other.started > container.started)
    })
}

/// The services of which less runs than before, or is healthy, each with what it lacks.
async fn missing<'b>(
    running: &Running,
    before: &'b Before,
    containers: &[Container],
    started: &Started,
) -> Result<Vec<(&'b str, String)>, Failure> {
    let looks = before.running.iter().map(|(service, count)| async move {
        let own: Vec<&Container> =
            containers.iter().filter(|container| container.service == *service).collect();
        let looks = own.iter().map(|container| lack(running, container, started));
        let lacks = futures::future::join_all(looks).await;
        let well = lacks.iter().filter(|lack| lack.is_none()).count();
        if well >= *count {
            return None;
        }
        let first = lacks.into_iter().flatten().next();
        Some((service.as_str(), first.unwrap_or_else(|| "its container is gone".into())))
    });
    Ok(futures::future::join_all(looks).await.into_iter().flatten().collect())
}

/// What a container lacks to be well.
async fn lack(running: &Running, now: &Container, started: &Started) -> Option<String> {
    if now.state != "running" {
        return Some(format!("it {}", state(now)));
    }
    if health_command(&now.health_test).is_none() {
        let since = started.get(&now.id).map(|(_, since)| since.elapsed());
        return since
            .filter(|since| *since < STEADY)
            .map(|_| "it was only just started".to_owned());
    }
    match health::complaint(&running.stack.engine, now, CHECK_LIMIT).await {
        Ok(complaint) => complaint,
        Err(why) => Some(Failure::from(crate::stack::StackError::from(why)).found),
    }
}

fn ended_again(container: &Container) -> String {
    format!(
        "it was started {} and ended each time, last with exit code {}",
        times(STARTS),
        container.exit_code
    )
}

/// A container that somebody removed while a scenario ran that does no such thing.
fn removed(running: &Running, service: &str) -> Failure {
    let failure = Failure::finding(
        "what ran before the scenario runs after it",
        format!(
            "service \"{service}\" lost its container, and no sentence removes it; it was created again"
        ),
    )
    .services([service])
    .help("somebody else removed it: leave the stack alone while it is judged");
    failure::at_keys(&running.stack.project, service, RUNS, failure)
}

fn not_back(running: &Running, service: &str, why: &str) -> Failure {
    let failure = Failure::finding(
        "what ran before the scenario runs after it",
        format!("service \"{service}\" did not come back: {why}"),
    )
    .services([service])
    .help(format!(
        "let \"{service}\" outlast what the scenario breaks, or let `restart:` bring it back"
    ));
    failure::at_keys(&running.stack.project, service, RUNS, failure)
}

/// Whether a container is down though its policy should have started it again.
fn is_broken_promise(running: &Running, container: &Container, before: &Before) -> bool {
    let deaths = running.stack.deaths.after(before.deaths);
    let last = deaths.iter().rev().find(|death| death.id == container.id && death.code.is_some());
    last.is_some_and(|last| !last.asked)
        && container.restart.applies(container.exit_code, container.restarts)
}

fn broken_promise(running: &Running, container: &Container) -> Failure {
    let why = format!(
        "it ended with exit code {}, and its policy ({}) did not start it again",
        container.exit_code, container.restart
    );
    not_back(running, &container.service, &why)
}
