//! What the stack publishes on the host: the engine's word, borne out by the kernel's.
//!
//! Where host ports were moved to free ones, an observed port is spoken of by its
//! declaration: the binding that the engine made for it is what was observed.

use std::net::IpAddr;

use super::{Arguments, Step, StepResult, World, declared::ports as declared};
use crate::{
    compose::{Located, Port},
    probe::listeners,
    run::Failure,
    stack::{
        HostPorts, Stack,
        engine::{Binding, Container},
    },
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "exactly these ports are published:",
        "The stack publishes these ports of these services on these host ports and addresses (any, loopback, or an address), and no other.",
        "exactly these ports are published:",
    )
    .table(&["service", "port", "host port", "host address"])
    .declared(declared::exactly)
    .observed(|world, arguments| Box::pin(exactly(world, arguments))),
    Step::then(
        "no service but {services} publishes a port",
        "Nothing listens on the host because of any other service.",
        "no service but \"nginx\" publishes a port",
    )
    .declared(declared::no_service_but)
    .observed(|world, arguments| Box::pin(no_service_but(world, arguments))),
    Step::then(
        "service {service} is published on the loopback interface only",
        "The service is published, and each of its host ports is reachable from this machine alone.",
        "service \"db\" is published on the loopback interface only",
    )
    .declared(declared::loopback_only)
    .observed(|world, arguments| Box::pin(loopback_only(world, arguments))),
];

/// A port that is open on the host because of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Published {
    pub(super) service: String,
    pub(super) port: String,
    pub(super) host_port: String,
    pub(super) host_address: String,
}

impl Published {
    pub(super) fn row(&self) -> String {
        format!("| {} | {} | {} | {} |", self.service, self.port, self.host_port, self.host_address)
    }
}

pub(super) fn address_word(address: Option<IpAddr>) -> String {
    match address {
        Some(address) if address.is_loopback() => "loopback".into(),
        Some(address) if !address.is_unspecified() => address.to_string(),
        _ => "any".into(),
    }
}

pub(super) fn port_word(port: u16, protocol: &str) -> String {
    if protocol == "tcp" { port.to_string() } else { format!("{port}/{protocol}") }
}

/// The bindings of a container, spoken of as declared where they were moved.
fn bindings(stack: &Stack, container: &Container) -> Vec<(Published, Binding)> {
    let declared: &[Located<Port>] =
        stack.project.services.get(&container.service).map_or(&[], |service| &service.ports);
    let mut taken = vec![false; declared.len()];
    let spoken = container.bindings.iter().map(|bound| {
        let mut published = Published {
            service: container.service.clone(),
            port: port_word(bound.port, &bound.protocol),
            host_port: bound.host_port.to_string(),
            host_address: address_word(bound.host_ip),
        };
        let position = (stack.ports == HostPorts::Free)
            .then(|| {
                declared.iter().enumerate().position(|(at, port)| {
                    !taken[at] && port.target() == bound.port && port.protocol() == bound.protocol
                })
            })
            .flatten();
        if let Some(at) = position {
            taken[at] = true;
            let port = &declared[at];
            port.published().unwrap_or("free").clone_into(&mut published.host_port);
            published.host_address =
                address_word(port.host_ip().and_then(|address| address.parse().ok()));
        }
        (published, bound.clone())
    });
    spoken.collect()
}

/// All that is open on the host because of the stack, and the kernel's word on it.
pub(super) async fn published(world: &mut World) -> Result<Vec<Published>, Failure> {
    let running = world.running()?;
    let stack = &running.stack;
    let containers = stack.containers().await?;
    let listening = tokio::task::spawn_blocking(listeners::all)
        .await
        .map_err(|why| Failure::error("read what listens on the host", why.to_string()))?;
    let mut all = Vec::new();
    let mut facts = Vec::new();
    for container in &containers {
        for (published, bound) in bindings(stack, container) {
            let fits = |address: &IpAddr| {
                bound.host_ip.is_none_or(|wanted| {
                    wanted == *address || wanted.is_unspecified() && address.is_unspecified()
                })
            };
            let kernel =
                listening.iter().find(|seen| seen.port == bound.host_port && fits(&seen.address));
            let moved = if stack.ports == HostPorts::Free {
                format!(" (moved to {})", bound.host_port)
            } else {
                String::new()
            };
            let kernel_says = kernel.map_or_else(
                || "forwarded by the firewall, no process listens".to_owned(),
                |seen| {
                    format!(
                        "the kernel shows {}:{} held by {}",
                        seen.address,
                        seen.port,
                        seen.command.first().map_or("a process we may not see", String::as_str)
                    )
                },
            );
            facts.push(format!("{}{moved}: {kernel_says}", published.row()));
            if !all.contains(&published) {
                all.push(published);
            }
        }
    }
    for seen in &listening {
        let Some(process) = seen.process else { continue };
        let holder = listeners::container_of(process)
            .and_then(|id| containers.iter().find(|container| container.id == id));
        // A container of ours whose socket is the host's shares the host's network.
        if let Some(container) = holder {
            let published = Published {
                service: container.service.clone(),
                port: seen.port.to_string(),
                host_port: seen.port.to_string(),
                host_address: address_word(Some(seen.address)),
            };
            facts.push(format!("{}: it listens in the host's own network", published.row()));
            if !all.contains(&published) {
                all.push(published);
            }
        }
    }
    all.sort();
    world.saw("published ports", if facts.is_empty() { "none".into() } else { facts.join("\n") });
    Ok(all)
}

fn place(stack: &Stack, service: &str) -> String {
    stack.project.place_of(service, "ports").unwrap_or_else(|| format!("service \"{service}\""))
}

/// The rows of a table of ports.
pub(super) fn wanted(arguments: &Arguments) -> Vec<Published> {
    let row = |row: &Vec<String>| Published {
        service: row[0].clone(),
        port: row[1].clone(),
        host_port: row[2].clone(),
        host_address: row[3].clone(),
    };
    arguments.rows.iter().map(row).collect()
}

async fn exactly(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = wanted(arguments);
    let seen = published(world).await?;
    let unexpected: Vec<&Published> = seen.iter().filter(|port| !wanted.contains(port)).collect();
    let missing: Vec<&Published> = wanted.iter().filter(|port| !seen.contains(port)).collect();
    let Some(first) = unexpected.first().or(missing.first()) else { return Ok(()) };
    let mut found = String::new();
    for (title, ports) in [("also published:", &unexpected), ("not published:", &missing)] {
        if !ports.is_empty() {
            let rows: Vec<String> = ports.iter().map(|port| port.row()).collect();
            found = format!("{found}{title}\n{}\n", rows.join("\n"));
        }
    }
    let running = world.running()?;
    let rows: Vec<String> = wanted.iter().map(Published::row).collect();
    Err(Failure::finding(
        format!("exactly these ports:\n{}", rows.join("\n")),
        found.trim_end().to_owned(),
    )
    .place(place(&running.stack, &first.service))
    .help(format!(
        "change `ports:` of service \"{}\" there, or document the port here",
        first.service
    )))
}

async fn no_service_but(world: &mut World, arguments: &Arguments) -> StepResult {
    let allowed = arguments.names(0)?;
    let seen = published(world).await?;
    let rows: Vec<String> =
        seen.iter().filter(|port| !allowed.contains(&port.service)).map(Published::row).collect();
    let Some(first) = seen.iter().find(|port| !allowed.contains(&port.service)) else {
        return Ok(());
    };
    let running = world.running()?;
    Err(Failure::finding("no other service publishes a port", rows.join("\n"))
        .place(place(&running.stack, &first.service))
        .help(format!(
            "remove `ports:` of service \"{}\": inside the network it is reachable without",
            first.service
        )))
}

async fn loopback_only(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?;
    world.service(service).await?;
    let seen = published(world).await?;
    let own: Vec<&Published> = seen.iter().filter(|port| port.service == service).collect();
    let running = world.running()?;
    let expected = format!("service \"{service}\" is published on the loopback interface only");
    if own.is_empty() {
        return Err(Failure::finding(expected, "it is not published at all")
            .place(place(&running.stack, service))
            .help(format!(
                "publish it: ports: [\"127.0.0.1:PORT:PORT\"] for service \"{service}\""
            )));
    }
    match own.iter().find(|port| port.host_address != "loopback") {
        None => Ok(()),
        Some(port) => Err(Failure::finding(expected, port.row())
            .place(place(&running.stack, service))
            .help(format!(
                "put the address before the port: \"127.0.0.1:{}:{}\"",
                port.host_port, port.port
            ))),
    }
}
