//! Who reaches whom inside the network, and what stays inside it.

use super::{Arguments, Step, StepResult, World};
use crate::{
    probe::{
        listeners,
        reach::{Reach, connect},
    },
    run::Failure,
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "service {service} reaches {service} on port {number}",
        "A connection from inside the first service's network to the second's name and port is accepted.",
        "service \"app\" reaches \"db\" on port 3306",
    )
    .waits()
    .observed(|world, arguments| Box::pin(reaches(world, arguments))),
    Step::then(
        "service {service} does not reach {service} on port {number}",
        "Such a connection is refused, not answered, or the name is unknown.",
        "service \"nginx\" does not reach \"db\" on port 3307",
    )
    .observed(|world, arguments| Box::pin(does_not_reach(world, arguments))),
    Step::then(
        "port {number} of {service} is reached from inside the network only",
        "The service listens on the port, and no port of the host leads to it.",
        "port 9000 of \"app\" is reached from inside the network only",
    )
    .observed(|world, arguments| Box::pin(inside_only(world, arguments))),
];

async fn reaches(world: &mut World, arguments: &Arguments) -> StepResult {
    let (from, to, port) = route(arguments)?;
    let running = world.running()?;
    let mut facts = Vec::new();
    for container in world.service(from).await? {
        let seen = world
            .eventually(arguments.within, || async {
                match connect(&running.stack.engine, &container, to, port).await? {
                    Reach::Open(at) => Ok(at),
                    other => Err(Failure::finding(format!("{} reaches {to}:{port}", container.name), other.to_string())
                        .place(format!("from service \"{from}\" to service \"{to}\""))
                        .services([to])
                        .help(format!("put both on one network, let \"{to}\" listen on port {port} of all its addresses, and let nothing else in \"{from}\" have the name \"{to}\" (`extra_hosts:`, `links:`)"))),
                }
            })
            .await?;
        facts.push(format!("{} -> {to}:{port}: open at {seen}", container.name));
    }
    world.saw(format!("connections of \"{from}\""), facts.join("\n"));
    Ok(())
}

fn route(arguments: &Arguments) -> Result<(&str, &str, u16), Failure> {
    let port = u16::try_from(arguments.number(2)?)
        .map_err(|_| Failure::error("read the port", "ports go from 1 to 65535"))?;
    Ok((arguments.text(0)?, arguments.text(1)?, port))
}

async fn does_not_reach(world: &mut World, arguments: &Arguments) -> StepResult {
    let (from, to, port) = route(arguments)?;
    world.service(to).await?;
    let running = world.running()?;
    let mut facts = Vec::new();
    for container in world.service(from).await? {
        let seen = connect(&running.stack.engine, &container, to, port).await?;
        if let Reach::Open(at) = seen {
            return Err(Failure::finding(
                format!("{} does not reach {to}:{port}", container.name),
                format!("open at {at}"),
            )
            .place(format!("from service \"{from}\" to service \"{to}\""))
            .help(format!(
                "give \"{from}\" and \"{to}\" no network in common, or do not listen on port {port}"
            )));
        }
        facts.push(format!("{} -> {to}:{port}: {seen}", container.name));
    }
    world.saw(format!("connections of \"{from}\""), facts.join("\n"));
    Ok(())
}

async fn inside_only(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(1)?;
    let port = u16::try_from(arguments.number(0)?)
        .map_err(|_| Failure::error("read the port", "ports go from 1 to 65535"))?;
    let running = world.running()?;
    for container in world.service(service).await? {
        let namespace = format!("/proc/{}/net", container.pid);
        let listens =
            listeners::in_namespace(&namespace).iter().any(|listener| listener.port == port);
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
        if !listens {
            return Err(wrong(
                &format!("{} listens on port {port}", container.name),
                "it does not".into(),
            )
            .help(format!("look at the log of \"{service}\"")));
        }
        if let Some(bound) = container.bindings.iter().find(|bound| bound.port == port) {
            let at = bound.host_ip.map_or_else(String::new, |address| format!("{address}:"));
            return Err(wrong(
                "no port of the host leads to it",
                format!("{at}{} of the host leads to {port}", bound.host_port),
            )
            .help(format!("remove the port from `ports:` of service \"{service}\"")));
        }
        world.saw(
            container.name.clone(),
            format!(
                "listens on {port}; the engine publishes {}",
                if container.bindings.is_empty() { "nothing of it" } else { "other ports of it" }
            ),
        );
    }
    Ok(())
}
