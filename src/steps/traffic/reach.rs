//! Who reaches whom inside the network, and what stays inside it.

use std::net::IpAddr;

use crate::steps::{Arguments, Step, StepResult, World, world::Running};
use crate::{
    facts::answers::reach::home,
    probe::{listeners, reach},
    run::Failure,
    stack::{
        dial::{self, DialError},
        engine::Container,
    },
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "service {service} reaches {service} on port {number}",
        "From inside the first service's network a connection to the second's name and port is accepted, at any address that the name has there.",
        "service \"api\" reaches \"database\" on port 3306",
    )
    .waits()
    .observed(|world, arguments| Box::pin(reaches(world, arguments))),
    Step::then(
        "service {service} does not reach {service} on port {number}",
        "Such a connection is refused or not answered at every address of the name and of the second service's containers; both services run.",
        "service \"web\" does not reach \"database\" on port 3307",
    )
    .observed(|world, arguments| Box::pin(does_not_reach(world, arguments))),
    Step::then(
        "port {number} of {service} is reached from inside the network only",
        "The service listens on the port, and no port of the host leads to it.",
        "port 9000 of \"api\" is reached from inside the network only",
    )
    .observed(|world, arguments| Box::pin(inside_only(world, arguments))),
];

async fn reaches(world: &mut World, arguments: &Arguments) -> StepResult {
    let (from, to, port) = route(arguments)?;
    let running = world.running()?;
    let mut facts = Vec::new();
    for container in world.service(from).await? {
        let expected = || format!("{} reaches {to}:{port}", container.name);
        let wrong = |found: String| {
            Failure::finding(expected(), found)
                .place(format!("from service \"{from}\" to service \"{to}\""))
        };
        let seen = world
            .eventually(arguments.within, || async {
                if let Some(why) = unsteady(&running, &container).await? {
                    return Err(wrong(why)
                        .services([from])
                        .help(format!("look at the log of service \"{from}\"")));
                }
                match reach::connect(&container, to, port, &[]).await {
                    Ok(seen) if seen.open_by_name().is_some() => Ok(seen),
                    Ok(seen) => Err(wrong(seen.to_string())
                        .services([to])
                        .help(format!("put both on one network, let \"{to}\" listen on port {port} of all its addresses, and let nothing else in \"{from}\" have the name \"{to}\" (`extra_hosts:`, `links:`)"))),
                    Err(why @ DialError::Ended { .. }) => {
                        let help = why.help();
                        Err(wrong(why.to_string()).services([from]).help(help))
                    }
                    Err(why) => Err(why.into()),
                }
            })
            .await?;
        facts.push(format!("{} -> {to}:{port}: {seen}", container.name));
    }
    world.evidence(format!("connections of \"{from}\""), facts.join("\n"));
    Ok(())
}

/// Why a container cannot be said to run: it has ended, or keeps ending.
async fn unsteady(running: &Running, container: &Container) -> Result<Option<String>, Failure> {
    /// One restart may be of the way up.
    const OFTEN: i64 = 2;
    let engine = &running.stack.engine;
    let now = engine.container(&container.id).await.map_err(crate::stack::StackError::from)?;
    let restarts = now.restarts - running.excused_restarts(&now);
    Ok(if now.pid == 0 || now.state == "restarting" {
        Some(format!(
            "{} does not run: it is {}, with exit code {}",
            now.name, now.state, now.exit_code
        ))
    } else if restarts >= OFTEN {
        Some(format!("{} keeps ending: it was restarted {restarts} times", now.name))
    } else {
        None
    })
}

fn port(arguments: &Arguments, at: usize) -> Result<u16, Failure> {
    u16::try_from(arguments.number(at)?)
        .map_err(|_| Failure::undecided("read the port", "ports go from 1 to 65535"))
}

fn route(arguments: &Arguments) -> Result<(&str, &str, u16), Failure> {
    Ok((arguments.text(0)?, arguments.text(1)?, port(arguments, 2)?))
}

/// The replicas of a service, if all of them run: of one that does not nobody can say what it reaches.
async fn steady(world: &World, service: &str, tried: &str) -> Result<Vec<Container>, Failure> {
    let running = world.running()?;
    let containers = world.service(service).await?;
    for container in &containers {
        if let Some(why) = unsteady(&running, container).await? {
            return Err(Failure::undecided(tried, why)
                .place(format!("service \"{service}\""))
                .services([service])
                .help(format!("let service \"{service}\" run: its log says why it does not")));
        }
    }
    Ok(containers)
}

/// Every address of these containers.
async fn addresses(containers: &[Container]) -> Result<Vec<IpAddr>, Failure> {
    let mut all = Vec::new();
    for container in containers {
        let own: Vec<IpAddr> = container.addresses.values().flatten().copied().collect();
        // Who shares the network of another, or of the host, has no address of its own for the engine.
        all.extend(if own.is_empty() { dial::tables(container).await?.addresses() } else { own });
    }
    Ok(all)
}

async fn does_not_reach(world: &mut World, arguments: &Arguments) -> StepResult {
    let (from, to, port) = route(arguments)?;
    let tried = format!("see that \"{from}\" does not reach {to}:{port}");
    let there = steady(world, to, &tried).await?;
    let besides = addresses(&there).await?;
    let mut facts = Vec::new();
    for container in steady(world, from, &tried).await? {
        let seen = reach::connect(&container, to, port, &besides).await?;
        if seen.open().next().is_some() {
            return Err(Failure::finding(
                format!("{} does not reach {to}:{port}", container.name),
                seen.to_string(),
            )
            .place(format!("from service \"{from}\" to service \"{to}\""))
            .help(format!(
                "give \"{from}\" and \"{to}\" no network in common, or do not listen on port {port}"
            )));
        }
        facts.push(format!("{} -> {to}:{port}: {seen}", container.name));
    }
    // Who ended meanwhile refused for another reason.
    let starts = |containers: &[Container]| -> Vec<_> {
        containers.iter().map(|container| container.started).collect()
    };
    if starts(&steady(world, to, &tried).await?) != starts(&there) {
        return Err(Failure::undecided(tried, format!("\"{to}\" was restarted meanwhile"))
            .services([to])
            .help(format!("look at the log of service \"{to}\"")));
    }
    world.evidence(format!("connections of \"{from}\""), facts.join("\n"));
    Ok(())
}

async fn inside_only(world: &mut World, arguments: &Arguments) -> StepResult {
    let (port, service) = (port(arguments, 0)?, arguments.text(1)?);
    let running = world.running()?;
    // In the network of another it is reached by the other's ports.
    let home = home(&running.stack.project, service);
    let others = if home == service { Vec::new() } else { world.service(home).await? };
    for container in world.service(service).await? {
        let wrong = |expected: &str, found: String| {
            Failure::finding(expected, found)
                .place(
                    running
                        .stack
                        .project
                        .place_of(service, "ports")
                        .unwrap_or_else(|| format!("service \"{service}\"")),
                )
                .services([service])
        };
        let expected = format!("{} listens on port {port}", container.name);
        let listening: Vec<IpAddr> = listeners::in_tables(&dial::tables(&container).await?)
            .into_iter()
            .filter(|listener| listener.port == port)
            .map(|listener| listener.address)
            .collect();
        if listening.is_empty() {
            return Err(wrong(&expected, "it does not".into())
                .help(format!("look at the log of \"{service}\"")));
        }
        if listening.iter().all(|address| address.to_canonical().is_loopback()) {
            return Err(wrong(&expected, "it listens on its loopback address alone".into())
                .help(format!("let \"{service}\" listen on all its addresses")));
        }
        let all = others.iter().chain([&container]).flat_map(|one| &one.bindings);
        if let Some(bound) = all.clone().find(|bound| bound.port == port) {
            let at = bound.host_ip.map_or_else(String::new, |address| format!("{address}:"));
            return Err(wrong(
                "no port of the host leads to it",
                format!("{at}{} of the host leads to {port}", bound.host_port),
            )
            .help(format!("remove the port from `ports:` of service \"{home}\"")));
        }
        world.evidence(
            container.name.clone(),
            format!(
                "listens on {port}; the engine publishes {}",
                if all.count() == 0 { "nothing of it" } else { "other ports of it" }
            ),
        );
    }
    Ok(())
}
