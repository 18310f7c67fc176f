//! Which services run, on which network, from which image, with which command, and how well.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::{key_origin, point_key},
        exceptions::{settle, something},
        walk::walk,
    },
    service::{command_lines, images, networks, replicas, well, who_runs},
    world::Running,
};
use crate::{
    facts::Violation,
    run::{Failure, FailureKind},
    stack::{StackError, engine::Container},
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "exactly these services run:",
        "Containers of these services run, and of no other.",
        "exactly these services run:",
    )
    .table(&["service"])
    .declared(who_runs::by_files)
    .observed(|world, arguments| Box::pin(who_runs::on_stack(world, arguments))),
    Step::then(
        "every service is attached to network {network} and to no other",
        "Each container is on this network of the Compose files, and on none besides.",
        "every service is attached to network \"back\" and to no other",
    )
    .declared(networks::one_by_files)
    .observed(|world, arguments| Box::pin(networks::one_on_stack(world, arguments))),
    Step::then(
        "every service is healthy",
        "Each container runs, was not restarted since the stack was ready, and passes its health check; a service without one does not count as healthy. What has completed, as it may, is left out.",
        "every service is healthy",
    )
    .waits()
    .excepts()
    .observed(|world, arguments| Box::pin(healthy(world, arguments))),
    Step::then(
        "services {services} run the same image",
        "Their containers were created from one image.",
        "services \"api\" and \"worker\" run the same image",
    )
    .declared(images::same_by_files)
    .observed(|world, arguments| Box::pin(images::same_on_stack(world, arguments))),
    Step::then(
        "service {service} runs image {text}",
        "Its containers were created from this image, or from the stand-in for it.",
        "service \"web\" runs image \"nginx:alpine\"",
    )
    .declared(images::runs_by_files)
    .observed(|world, arguments| Box::pin(images::runs_on_stack(world, arguments))),
    Step::then(
        "each service runs these programs only:",
        "In each service's containers one tree of processes runs, of these programs (by commas) and no other.",
        "each service runs these programs only:",
    )
    .table(&["service", "programs"])
    .waits()
    .observed(|world, arguments| Box::pin(programs(world, arguments))),
    Step::then(
        "service {service} has {number} replica(s)",
        "So many containers of the service run.",
        "service \"worker\" has 3 replicas",
    )
    .declared(replicas::by_files)
    .observed(|world, arguments| Box::pin(replicas::on_stack(world, arguments))),
    Step::then(
        "service {service} runs the command {text}",
        "The files give it exactly these words (entry point and command), and a process with exactly these words runs in each of its containers.",
        "service \"worker\" runs the command \"python worker.py --tries 3\"",
    )
    .waits()
    .declared(command_lines::by_files)
    .observed(|world, arguments| Box::pin(command_lines::on_stack(world, arguments))),
];

async fn healthy(world: &mut World, arguments: &Arguments) -> StepResult {
    let expected = "every service is healthy";
    let running = world.running()?;
    let (mut facts, mut judged, mut faults) = (Vec::new(), Vec::<String>::new(), Vec::new());
    let walked = walk(world, expected).await?;
    let project = walked.project(&running.stack);
    for container in walked.containers() {
        let service = &container.service;
        // It cannot be well any more, and need not.
        if well::is_done(project, &well::now(&running, container).await?) {
            facts.push(format!("{}: left out: it has completed", container.name));
            continue;
        }
        if !judged.contains(service) {
            judged.push(service.clone());
        }
        let excepted = arguments.excepts && arguments.rows.iter().any(|row| row[0] == *service);
        match well::becomes_healthy(world, &running, container, arguments.within).await {
            Ok(fact) => facts.push(fact),
            Err(why) if excepted && why.kind == FailureKind::Finding => faults.push(Violation {
                subject: service.clone(),
                expected: why.expected,
                found: why.found,
                at: key_origin(project, service, "healthcheck"),
                help: why.help,
            }),
            Err(why) => return Err(why),
        }
    }
    something(&judged, expected, "every service has completed")?;
    world.evidence("health", facts.join("\n"));
    settle(world, project, arguments, expected, &judged, faults)
}

async fn programs(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let walked = walk(world, "each service runs these programs only").await?;
    let mut facts = Vec::new();
    for container in walked.containers() {
        let service = container.service.as_str();
        let row = arguments.rows.iter().find(|row| row[0] == service).ok_or_else(|| {
            Failure::finding(
                "each service has a row in the table",
                format!("\"{service}\" has none"),
            )
            .place(format!("service \"{service}\""))
            .help(format!("add a row for \"{service}\", or remove it from the Compose files"))
        })?;
        let mut wanted: Vec<&str> = row[1].split(',').map(str::trim).collect();
        wanted.sort_unstable();
        if let Some(why) = container.absence() {
            let failure = Failure::finding(
                format!("{} runs {} only", container.name, wanted.join(", ")),
                format!("it runs nothing: {why}"),
            )
            .services([service])
            .help(format!("the log of \"{service}\" says why it ended"));
            return Err(point_key(walked.project(&running.stack), service, "", failure));
        }
        let seen = world
            .eventually(arguments.within, || async {
                let seen = tree(&running, container).await?;
                let names: Vec<&str> = seen.iter().map(String::as_str).collect();
                if names == wanted {
                    return Ok(seen);
                }
                Err(Failure::finding(
                    format!("{} runs {} only", container.name, wanted.join(", ")),
                    names.join(", "),
                )
                .place(
                    running
                        .stack
                        .project
                        .place_of(service, "command")
                        .unwrap_or_else(|| format!("service \"{service}\"")),
                )
                .services([service])
                .help("give every service a container of its own, and start one program in it"))
            })
            .await?;
        facts.push(format!("{}: {}", container.name, seen.join(", ")));
    }
    for row in &arguments.rows {
        if !walked.containers().any(|container| container.service == row[0]) {
            let found = "it has no container: the files start none";
            let failure = Failure::finding(format!("service \"{}\" runs", row[0]), found)
                .help("remove the row, or give the service a replica");
            return Err(point_key(&running.stack.project, &row[0], "scale", failure));
        }
    }
    world.evidence("programs", facts.join("\n"));
    Ok(())
}

/// The programs in the process tree of a container's first process, each once. What somebody
/// executes in the container from outside has another parent and does not belong to it.
async fn tree(running: &Running, container: &Container) -> Result<Vec<String>, Failure> {
    let processes = running.stack.engine.process_ids(container).await.map_err(StackError::from)?;
    let mut inside = vec![i32::try_from(container.pid).unwrap_or_default()];
    let mut at = 0;
    while let Some(parent) = inside.get(at).copied() {
        inside.extend(processes.iter().filter(|(_, of, _)| *of == parent).map(|(id, _, _)| *id));
        at += 1;
    }
    let mut programs: Vec<String> = processes
        .into_iter()
        .filter(|(id, _, _)| inside.contains(id))
        .map(|(_, _, program)| program)
        .collect();
    programs.sort();
    programs.dedup();
    Ok(programs)
}
