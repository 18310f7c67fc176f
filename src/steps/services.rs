//! Which services run, on which network, from which image, with which command, and how well.

use camino::Utf8PathBuf;

use super::{Arguments, Step, StepResult, World, declared::services as declared, world::Running};
use crate::{
    compose::{self, Project, health_command},
    run::Failure,
    stack::{StackError, engine::Container},
    words::quoted_list,
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "exactly these services run:",
        "Containers of these services run, and of no other.",
        "exactly these services run:",
    )
    .table(&["service"])
    .declared(declared::exactly)
    .observed(|world, arguments| Box::pin(exactly(world, arguments))),
    Step::then(
        "every service is attached to network {text} and to no other",
        "Each container is on this network of the Compose files, and on none besides.",
        "every service is attached to network \"primehub-network\" and to no other",
    )
    .declared(declared::one_network)
    .observed(|world, arguments| Box::pin(one_network(world, arguments))),
    Step::then(
        "every service is healthy",
        "Each container runs, was never restarted, and passes its health check; a service without one does not count as healthy.",
        "every service is healthy",
    )
    .waits()
    .observed(|world, arguments| Box::pin(healthy(world, arguments))),
    Step::then(
        "services {services} run the same image",
        "Their containers were created from one image.",
        "services \"app\" and \"queue\" run the same image",
    )
    .declared(declared::same_image)
    .observed(|world, arguments| Box::pin(same_image(world, arguments))),
    Step::then(
        "service {service} runs image {text}",
        "Its containers were created from this image, or from the stand-in for it.",
        "service \"nginx\" runs image \"nginx:alpine\"",
    )
    .declared(declared::runs_image)
    .observed(|world, arguments| Box::pin(runs_image(world, arguments))),
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
        "service \"queue\" has 3 replicas",
    )
    .declared(declared::replicas)
    .observed(|world, arguments| Box::pin(replicas(world, arguments))),
    Step::then(
        "service {service} runs the command {text}",
        "The files give it exactly these words (entry point and command), and a process with exactly these words runs in each of its containers.",
        "service \"queue\" runs the command \"php artisan queue:work --tries=3\"",
    )
    .waits()
    .declared(declared::runs_command)
    .observed(|world, arguments| Box::pin(runs_command(world, arguments))),
];

async fn exactly(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted: Vec<&str> = arguments.rows.iter().map(|row| row[0].as_str()).collect();
    let running = world.running()?;
    let containers = running.stack.containers().await?;
    let mut seen: Vec<&str> = containers
        .iter()
        .filter(|container| container.state == "running")
        .map(|container| container.service.as_str())
        .collect();
    seen.dedup();
    let more: Vec<&str> = seen.iter().filter(|name| !wanted.contains(name)).copied().collect();
    let fewer: Vec<&str> = wanted.iter().filter(|name| !seen.contains(name)).copied().collect();
    let (found, at) = match (more.as_slice(), fewer.as_slice()) {
        ([], []) => {
            world.saw("running containers", list(&containers));
            return Ok(());
        }
        ([first, ..], []) => (format!("{} besides", quoted_list(more.iter().copied())), *first),
        ([], [first, ..]) => (format!("no {}", quoted_list(fewer.iter().copied())), *first),
        ([first, ..], _) => (
            format!(
                "{} besides, and no {}",
                quoted_list(more.iter().copied()),
                quoted_list(fewer.iter().copied())
            ),
            *first,
        ),
    };
    Err(Failure::finding(format!("exactly {} run", quoted_list(wanted.iter().copied())), found)
        .place(running.stack.project.place_of(at, "").unwrap_or_else(|| format!("service \"{at}\"")))
        .services(fewer.iter().copied())
        .help(format!("document service \"{at}\" here, or remove it from the Compose files or put it into a profile")))
}

fn list(containers: &[Container]) -> String {
    let lines: Vec<String> = containers
        .iter()
        .map(|container| format!("{} {} ({})", container.service, container.state, container.image))
        .collect();
    lines.join("\n")
}

async fn one_network(world: &mut World, arguments: &Arguments) -> StepResult {
    let network = arguments.text(0)?;
    let running = world.running()?;
    let declared = running.stack.project.networks.get(network).ok_or_else(|| {
        Failure::finding(
            format!("there is a network \"{network}\""),
            format!(
                "the networks are {}",
                quoted_list(running.stack.project.networks.keys().map(String::as_str))
            ),
        )
    })?;
    let external = declared.name.as_ref().filter(|_| declared.is_external());
    let name = external
        .map_or_else(|| format!("{}_{network}", running.stack.name), |name| name.value.clone());
    let mut facts = Vec::new();
    for container in running.stack.containers().await? {
        let on: Vec<&str> = container.addresses.keys().map(String::as_str).collect();
        if on != [name.as_str()] {
            let service = &container.service;
            return Err(Failure::finding(
                format!("service \"{service}\" is on network \"{network}\" and on no other"),
                format!("it is on {}", quoted_list(on)),
            )
            .place(
                running
                    .stack
                    .project
                    .place_of(service, "networks")
                    .unwrap_or_else(|| format!("service \"{service}\"")),
            )
            .help(format!("set `networks: [{network}]` for service \"{service}\"")));
        }
        facts.push(format!(
            "{} {}",
            container.name,
            container.address().map_or_else(String::new, |address| address.to_string())
        ));
    }
    world.saw(format!("network \"{network}\""), facts.join("\n"));
    Ok(())
}

async fn healthy(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let mut facts = Vec::new();
    for container in running.stack.containers().await? {
        let fact = world.eventually(arguments.within, || check(&running, &container)).await?;
        facts.push(fact);
    }
    world.saw("health", facts.join("\n"));
    Ok(())
}

async fn check(running: &Running, container: &Container) -> Result<String, Failure> {
    let engine = &running.stack.engine;
    let service = &container.service;
    let unwell = |found: String, help: String| {
        Failure::finding(format!("service \"{service}\" is healthy"), found)
            .place(format!("service \"{service}\""))
            .services([service])
            .help(help)
    };
    let now = engine.container(&container.id).await.map_err(StackError::from)?;
    if now.state != "running" || now.restarts > running.excused_restarts(&now) {
        return Err(unwell(
            format!(
                "{} is {} after {} restarts, exit code {}",
                now.name, now.state, now.restarts, now.exit_code
            ),
            format!("the log of \"{service}\" says why it ended"),
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
    let done = engine
        .execute(&now, &words, std::time::Duration::from_secs(10))
        .await
        .map_err(StackError::from)?;
    if done.code == 0 {
        return Ok(format!("{}: `{}` exits with 0", now.name, words.join(" ")));
    }
    Err(unwell(
        format!("`{}` exits with {}: {}", words.join(" "), done.code, done.output.trim()),
        format!("the log of \"{service}\" says more"),
    ))
}

async fn same_image(world: &mut World, arguments: &Arguments) -> StepResult {
    let services = arguments.names(0)?;
    let mut images: Vec<(String, String, String)> = Vec::new();
    for service in services {
        for container in world.service(service).await? {
            images.push((service.clone(), container.image, container.image_id));
        }
    }
    let shown: Vec<String> =
        images.iter().map(|(service, image, id)| format!("{service}: {image} {id}")).collect();
    if images.iter().any(|(_, _, id)| *id != images[0].2) {
        return Err(Failure::finding(
            format!("{} run the same image", quoted_list(services.iter().map(String::as_str))),
            shown.join("\n"),
        )
        .place(format!("service \"{}\"", services.last().cloned().unwrap_or_default()))
        .help("give them the same `image:` and build it once"));
    }
    world.saw("images", shown.join("\n"));
    Ok(())
}

/// The label by which a stand-in says for which image it stands.
const STAND_IN: &str = "seaworthy.stand-in";

/// The Compose files that name the images which are meant: all but those that put stand-ins in their place.
fn files_that_declare(world: &World, running: &Running) -> Result<Vec<Utf8PathBuf>, Failure> {
    let config = &world.context()?.config;
    let stand_ins = config.stand_in_files(&running.stack.environment);
    Ok(running.stack.files.iter().filter(|file| !stand_ins.contains(file)).cloned().collect())
}

/// The project as the files have it that name the images which are meant.
fn declared_project(world: &World, running: &Running) -> Result<Project, Failure> {
    let config = &world.context()?.config;
    let files = files_that_declare(world, running)?;
    let environment = &config.environments[&running.stack.environment];
    // The environment's own files come first, and are in the invocation already.
    let more = &files[environment.files.len()..];
    Ok(compose::load(&compose::invocation(config, environment, more)).map_err(StackError::from)?)
}

async fn runs_image(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let running = world.running()?;
    let project = declared_project(world, &running)?;
    for container in world.service(service).await? {
        let stands_for = container.labels.get(STAND_IN);
        let role =
            stands_for.map_or_else(String::new, |image| format!(", the stand-in for {image}"));
        let wrong = |found: String| {
            Failure::finding(format!("{} runs {wanted}", container.name), found)
                .place(
                    project
                        .place_of(service, "image")
                        .unwrap_or_else(|| format!("service \"{service}\"")),
                )
                .help(format!("set `image: {wanted}` for service \"{service}\""))
        };
        if container.image != wanted {
            if stands_for.is_none_or(|image| image != wanted) {
                return Err(wrong(format!("{}{role}", container.image)));
            }
            // The right stand-in proves nothing of files that ask for another image.
            let declared = project.services.get(service).and_then(|service| service.image.as_ref());
            let declared = declared.map_or("no image", |image| image.as_str());
            if declared != wanted {
                return Err(wrong(format!(
                    "the files name {declared}; {}{role} runs in its place",
                    container.image
                )));
            }
        }
        world.saw(
            format!("image of {}", container.name),
            format!("{}{role} ({})", container.image, container.image_id),
        );
    }
    Ok(())
}

async fn programs(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let containers = running.stack.containers().await?;
    let mut facts = Vec::new();
    for container in &containers {
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
        if !containers.iter().any(|container| container.service == row[0]) {
            return Err(Failure::finding(
                format!("service \"{}\" runs", row[0]),
                "it has no container",
            ));
        }
    }
    world.saw("programs", facts.join("\n"));
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

async fn runs_command(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let facts = match arguments.within {
        None => processes_with(world, service, wanted).await?,
        Some(_) => {
            world.eventually(arguments.within, || processes_with(world, service, wanted)).await?
        }
    };
    world.saw(format!("processes of \"{service}\""), facts.join("\n"));
    Ok(())
}

/// What runs in each replica of a service; in each of them this command must be.
async fn processes_with(
    world: &World,
    service: &str,
    wanted: &str,
) -> Result<Vec<String>, Failure> {
    let running = world.running()?;
    let mut facts = Vec::new();
    for container in world.service(service).await? {
        let lacking = |found: String, key: &str, help: String| {
            let place = running.stack.project.place_of(service, key);
            Failure::finding(format!("a process `{wanted}` runs in {}", container.name), found)
                .place(place.unwrap_or_else(|| format!("service \"{service}\"")))
                .services([service])
                .help(help)
        };
        if container.pid == 0 {
            let found = format!("{}, exit code {}", container.state, container.exit_code);
            let help = format!(
                "let something start it anew when it ends: `restart: unless-stopped` of service \"{service}\", or a supervisor in its image"
            );
            return Err(lacking(found, "restart", help));
        }
        let processes =
            running.stack.engine.processes(&container).await.map_err(StackError::from)?;
        if !processes.iter().any(|process| process == wanted) {
            let declared = running.stack.project.services.get(service);
            let help = if declared.is_some_and(|service| declared::command_line(service) == wanted)
            {
                format!(
                    "the files give it this command, and {} has ended it or never began it: let something start it anew when it ends (Supervisor: `autorestart = true`), or make it the container's own process with `restart: unless-stopped`",
                    container.name
                )
            } else {
                format!("set `command: {wanted}` for service \"{service}\"")
            };
            return Err(lacking(processes.join("\n"), "command", help));
        }
        facts.push(format!("{}: {}", container.name, processes.join("; ")));
    }
    Ok(facts)
}

async fn replicas(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, wanted) = (arguments.text(0)?, arguments.number(1)?);
    let containers = world.service(service).await?;
    let running: Vec<&str> = containers
        .iter()
        .filter(|container| container.state == "running")
        .map(|container| container.name.as_str())
        .collect();
    if running.len() as u64 == wanted {
        world.saw(format!("replicas of \"{service}\""), running.join(", "));
        return Ok(());
    }
    let project = &world.running()?.stack.project;
    Err(Failure::finding(
        format!("service \"{service}\" has {wanted} replicas"),
        running.join(", "),
    )
    .place(project.place_of(service, "deploy").unwrap_or_else(|| format!("service \"{service}\"")))
    .services([service])
    .help(format!("set `deploy: {{ replicas: {wanted} }}` for service \"{service}\"")))
}
