//! How a single service is: whether it runs, is well, has ended, and how it came to that.

use std::time::{Duration, Instant};

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::{self, key_origin, point_key},
        exceptions::settle,
        verdict::judged,
        walk::{standing, walk},
    },
    service::well::{self, is_done, now},
    world::{Running, life::state},
};
use crate::{
    compose::{Project, health_command},
    facts::Violation,
    run::Failure,
    stack::{
        StackError,
        deaths::Death,
        engine::{Container, resume},
        health::complaint,
    },
    words::counted,
};

/// How long a container must have run to have come back.
const STEADY: Duration = Duration::from_secs(1);
/// How long a health check may take.
const CHECK_LIMIT: Duration = Duration::from_secs(10);
/// The pause between two looks at all containers.
const PAUSE: Duration = Duration::from_millis(200);

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "service {service} is running",
        "Each of its containers runs, and does not end again and again.",
        "service \"worker\" is running",
    )
    .waits()
    .observed(|world, arguments| Box::pin(is_running(world, arguments))),
    Step::then(
        "service {service} is not running",
        "None of its containers runs, is paused, or is about to be started again.",
        "service \"migrate\" is not running",
    )
    .waits()
    .observed(|world, arguments| Box::pin(is_not_running(world, arguments))),
    Step::then(
        "service {service} is healthy",
        "Each of its containers runs, was not restarted since the stack was ready, and passes its health check; without one it does not count as healthy.",
        "service \"database\" is healthy",
    )
    .waits()
    .observed(|world, arguments| Box::pin(is_healthy(world, arguments))),
    Step::then(
        "service {service} was never restarted",
        "Its containers have run without an end since they were first started, on the way up as well.",
        "service \"worker\" was never restarted",
    )
    .observed(|world, arguments| Box::pin(never_restarted(world, arguments))),
    Step::then(
        "service {service} was not killed for lack of memory",
        "The kernel has killed no process of its containers because their memory was used up.",
        "service \"worker\" was not killed for lack of memory",
    )
    .observed(|world, arguments| Box::pin(not_out_of_memory(world, arguments))),
    Step::then(
        "service {service} comes back",
        "It has ended since the scenario began; each of its containers runs again for at least a second, and passes its health check if it has one.",
        "service \"worker\" comes back within 10 seconds",
    )
    .waits()
    .observed(|world, arguments| Box::pin(comes_back(world, arguments))),
    Step::then(
        "service {service} has completed",
        "Each of its containers has ended with 0, and is not started again.",
        "service \"migrate\" has completed",
    )
    .waits()
    .observed(|world, arguments| Box::pin(has_completed(world, arguments))),
    Step::then(
        "service {service} completed before service {service} started",
        "The files let the second wait until the first is completed; each container of the first ended with 0 before any of the second was started.",
        "service \"migrate\" completed before service \"api\" started",
    )
    .declared(waits_by_files)
    .observed(|world, arguments| Box::pin(completed_before(world, arguments))),
    Step::then(
        "every service is up and stays up for {duration}",
        "Each container runs, and in this time none ends or is restarted. What has completed, as it may, is left out.",
        "every service is up and stays up for 5 seconds",
    )
    .excepts()
    .observed(|world, arguments| Box::pin(all_stay_up(world, arguments))),
];

fn finding(project: &Project, service: &str, expected: String, found: String) -> Failure {
    let failure = Failure::finding(expected, found)
        .services([service])
        .help(format!("the log of \"{service}\" says why"));
    point_key(project, service, "", failure)
}

async fn is_running(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let running = world.running()?;
    let project = &running.stack.project;
    let expected = || format!("service \"{name}\" is running");
    let seen = world
        .eventually(arguments.within, || async {
            let mut seen = Vec::new();
            for container in world.service(name).await? {
                let standing = standing(&running, &container).await?;
                if let Some(why) = standing.why_not() {
                    let found = format!("{} {why}", container.name);
                    let failure = finding(project, name, expected(), found);
                    let is_paused = container.state == "paused";
                    return Err(if is_paused { failure.help(resume(name)) } else { failure });
                }
                seen.push(format!("{}: runs", container.name));
            }
            Ok(seen)
        })
        .await?;
    world.evidence(format!("service \"{name}\""), seen.join("\n"));
    Ok(())
}

async fn is_not_running(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let running = world.running()?;
    let project = &running.stack.project;
    let seen = world
        .eventually(arguments.within, || async {
            let there = match running.stack.service(name).await {
                Err(StackError::NoContainer { .. }) => Vec::new(),
                there => there?,
            };
            let mut seen = Vec::new();
            for container in there {
                if !matches!(container.state.as_str(), "exited" | "created" | "dead") {
                    let found = format!("{} is {}", container.name, container.state);
                    let expected = format!("service \"{name}\" is not running");
                    return Err(finding(project, name, expected, found)
                        .help("say who stops it, before: When service \"…\" is stopped"));
                }
                seen.push(format!("{} {}", container.name, state(&container)));
            }
            Ok(seen)
        })
        .await?;
    let told = if seen.is_empty() { "it has no container".to_owned() } else { seen.join("\n") };
    world.evidence(format!("service \"{name}\""), told);
    Ok(())
}

async fn is_healthy(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let running = world.running()?;
    let mut seen = Vec::new();
    for container in world.service(name).await? {
        seen.push(well::becomes_healthy(world, &running, &container, arguments.within).await?);
    }
    world.evidence("health", seen.join("\n"));
    Ok(())
}

/// What ended of the containers of a service, apart from what other scenarios break.
async fn ends(world: &World, running: &Running, name: &str) -> Result<Vec<Death>, Failure> {
    running.stack.deaths.hear().await.map_err(StackError::from)?;
    let own = |death: &Death| {
        death.service == name && !running.faults.are_others(&world.place, name, death.at)
    };
    Ok(running.stack.deaths.after(0).into_iter().filter(own).collect())
}

async fn never_restarted(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let running = world.running()?;
    let project = &running.stack.project;
    let ends = ends(world, &running, name).await?;
    let mut seen = Vec::new();
    for container in world.service(name).await? {
        let ready = running.stack.readiness.containers.get(&container.id);
        let before = ready.map_or(0, |(_, restarts)| *restarts);
        let since = container.restarts - running.excused_restarts(&container);
        let again = ends.iter().any(|end| end.id == container.id && end.code.is_some())
            && matches!(container.state.as_str(), "running" | "restarting" | "paused");
        if before > 0 || since > 0 || again {
            let expected = format!("service \"{name}\" was never restarted");
            let of_engine = counted(container.restarts, "restart");
            let found = format!("{} has ended and runs again ({of_engine})", container.name);
            return Err(finding(project, name, expected, found));
        }
        seen.push(format!("{}: it has not ended and begun again", container.name));
    }
    world.evidence(format!("service \"{name}\""), seen.join("\n"));
    Ok(())
}

async fn not_out_of_memory(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let running = world.running()?;
    let project = &running.stack.project;
    let ends = ends(world, &running, name).await?;
    let there = world.service(name).await?;
    let last = there.iter().find(|container| container.out_of_memory);
    let times = ends.iter().filter(|end| end.out_of_memory).count();
    if times > 0 || last.is_some() {
        let expected = format!("service \"{name}\" was not killed for lack of memory");
        let found = last.map_or_else(
            || {
                format!(
                    "a process of it was OOM-killed, {}",
                    counted(i64::try_from(times).unwrap_or(i64::MAX), "time")
                )
            },
            |last| format!("{} was OOM-killed", last.name),
        );
        let failure = finding(project, name, expected, found)
            .help(format!("give \"{name}\" more memory, or let it use less"));
        return Err(point_key(project, name, "mem_limit", failure));
    }
    world.evidence(format!("service \"{name}\""), "the kernel killed no process of it");
    Ok(())
}

fn anew(service: &str) -> String {
    format!("let the engine start \"{service}\" anew: `restart: unless-stopped`")
}

async fn comes_back(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let running = world.running()?;
    let project = &running.stack.project;
    let mark = world.marks.get(&running.stack.name).copied().unwrap_or_default();
    let expected = || format!("service \"{name}\" comes back");
    world.service(name).await?;
    let seen = world
        .eventually(arguments.within, || async {
            running.stack.deaths.hear().await.map_err(StackError::from)?;
            let ended = running.stack.deaths.after(mark);
            let mut ended = ended.iter().filter(|end| end.service == name && end.code.is_some());
            let Some(end) = ended.next_back() else {
                let there = world.service(name).await?;
                if let Some(down) = there.iter().find(|container| container.state != "running") {
                    let found = format!("{} {}", down.name, state(down));
                    return Err(point_key(
                        project,
                        name,
                        "restart",
                        finding(project, name, expected(), found).help(anew(name)),
                    ));
                }
                return Err(Failure::undecided(
                    expected(),
                    "it has not ended since the scenario began",
                )
                .services([name])
                .help("say what ends it, before: When service \"…\" is killed"));
            };
            let mut seen = Vec::new();
            for container in world.service(name).await? {
                if container.state != "running" {
                    let found = format!("{} {}", container.name, state(&container));
                    return Err(point_key(
                        project,
                        name,
                        "restart",
                        finding(project, name, expected(), found).help(anew(name)),
                    ));
                }
                tokio::time::sleep(STEADY).await;
                let again = now(&running, &container).await?;
                if again.state != "running" || again.pid != container.pid {
                    let found = format!("{} has ended again", container.name);
                    return Err(finding(project, name, expected(), found));
                }
                if health_command(&again.health_test).is_some() {
                    seen.push(passes(&running, project, name, &again).await?);
                } else {
                    seen.push(format!("{}: runs again", container.name));
                }
            }
            let since = end.at.elapsed().as_secs_f64();
            Ok(format!("{}\nended {since:.1} s ago", seen.join("\n")))
        })
        .await?;
    world.evidence(format!("service \"{name}\""), seen);
    Ok(())
}

/// That a container passes its own health check.
async fn passes(
    running: &Running,
    project: &Project,
    name: &str,
    container: &Container,
) -> Result<String, Failure> {
    let complaint = complaint(&running.stack.engine, container, CHECK_LIMIT).await;
    match complaint.map_err(StackError::from)? {
        None => Ok(format!("{}: runs again, and passes its health check", container.name)),
        Some(found) => Err(finding(project, name, format!("service \"{name}\" comes back"), found)),
    }
}

/// That a container has ended with 0, and for good.
fn completed(project: &Project, name: &str, container: &Container) -> Result<String, Failure> {
    let expected = format!("service \"{name}\" has completed");
    if container.state == "exited" && container.exit_code == 0 && !container.restart.applies(0, 0) {
        return Ok(format!("{}: it has ended with 0", container.name));
    }
    let found = match container.state.as_str() {
        "running" => format!("{} still runs", container.name),
        "exited" if container.exit_code == 0 => {
            format!("{} has ended with 0, and is to be started again", container.name)
        }
        _ => format!("{} {}", container.name, state(container)),
    };
    Err(finding(project, name, expected, found))
}

async fn has_completed(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let running = world.running()?;
    let seen = world
        .eventually(arguments.within, || async {
            let there = world.service(name).await?;
            let each = there.iter().map(|one| completed(&running.stack.project, name, one));
            each.collect::<Result<Vec<_>, _>>()
        })
        .await?;
    world.evidence(format!("service \"{name}\""), seen.join("\n"));
    Ok(())
}

/// Whether the files let a service wait, if need be by way of others, until another is completed.
fn waits_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (first, second) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    declared::service(&project, first)?;
    declared::service(&project, second)?;
    let mut waiting = vec![second.to_owned()];
    let mut at = 0;
    while let Some(name) = waiting.get(at).cloned() {
        at += 1;
        let Some(service) = project.services.get(&name) else { continue };
        for (on, dependency) in &service.depends_on {
            let is_completed = dependency.condition() == "service_completed_successfully";
            if on == first && is_completed {
                world.evidence(format!("\"{name}\" waits for \"{on}\""), "to be completed");
                return Ok(());
            }
            if !waiting.contains(on) {
                waiting.push(on.clone());
            }
        }
    }
    let one = Violation {
        subject: second.to_owned(),
        expected: format!("service \"{first}\" completed before service \"{second}\" started"),
        found: format!("nothing lets \"{second}\" wait until \"{first}\" is completed"),
        at: key_origin(&project, second, "depends_on"),
        help: format!(
            "set `depends_on: {{ {first}: {{ condition: service_completed_successfully }} }}` for service \"{second}\""
        ),
    };
    judged(&project, None, vec![one])
}

async fn completed_before(world: &mut World, arguments: &Arguments) -> StepResult {
    let (first, second) = (arguments.text(0)?, arguments.text(1)?);
    let running = world.running()?;
    let project = &running.stack.project;
    let (before, after) = (world.service(first).await?, world.service(second).await?);
    let mut seen = Vec::new();
    for one in &before {
        completed(project, first, one)?;
        for other in &after {
            // On the way up, if they were there: scenarios run a service once more.
            let times = |id| running.stack.readiness.times.get(id).copied().unwrap_or_default();
            let end = times(&one.id).completed.or(one.finished);
            let begin = times(&other.id).began.or(other.started);
            let (Some(end), Some(begin)) = (end, begin) else {
                let found = format!("{} was never started", other.name);
                let expected = format!("service \"{second}\" started");
                return Err(finding(project, second, expected, found));
            };
            if end > begin {
                let expected =
                    format!("service \"{first}\" completed before service \"{second}\" started");
                let found = format!("{} ended at {end}, {} began at {begin}", one.name, other.name);
                return Err(finding(project, second, expected, found).help(format!(
                    "let \"{second}\" wait: `depends_on: {{ {first}: {{ condition: service_completed_successfully }} }}`"
                )));
            }
            seen.push(format!("{} ended at {end}, {} began at {begin}", one.name, other.name));
        }
    }
    world.evidence(format!("\"{first}\" before \"{second}\""), seen.join("\n"));
    Ok(())
}

async fn all_stay_up(world: &mut World, arguments: &Arguments) -> StepResult {
    let window = arguments.duration(0)?;
    let told = humantime::format_duration(window);
    let expected = format!("every service is up and stays up for {told}");
    let running = world.running()?;
    let walked = walk(world, &expected).await?;
    let project = walked.project(&running.stack);
    let mut watched: Vec<&Container> = Vec::new();
    let mut faults: Vec<Violation> = Vec::new();
    for container in walked.containers() {
        if is_done(project, container) {
            world.evidence(container.name.clone(), "left out: it has completed");
        } else {
            watched.push(container);
        }
    }
    if watched.is_empty() {
        return Err(Failure::undecided(expected, "there is nothing to judge: no service goes on")
            .help("leave the sentence out, or let a service run"));
    }
    let begun = Instant::now();
    let mut is_last = false;
    loop {
        for container in &watched {
            if faults.iter().any(|fault| fault.subject == container.service) {
                continue;
            }
            let now = now(&running, container).await?;
            let found = if now.state != "running" {
                format!("{} {}", now.name, state(&now))
            } else if now.restarts > container.restarts || now.started != container.started {
                format!("{} was restarted meanwhile", now.name)
            } else {
                continue;
            };
            faults.push(Violation {
                subject: container.service.clone(),
                expected: expected.clone(),
                found,
                at: key_origin(project, &container.service, ""),
                help: format!("the log of \"{}\" says why it ended", container.service),
            });
        }
        if is_last {
            break;
        }
        tokio::time::sleep(PAUSE.min(window.saturating_sub(begun.elapsed()))).await;
        is_last = begun.elapsed() >= window;
    }
    let mut judged: Vec<String> = Vec::new();
    for container in &watched {
        if !judged.contains(&container.service) {
            judged.push(container.service.clone());
        }
    }
    settle(world, project, arguments, &expected, &judged, faults)
}
