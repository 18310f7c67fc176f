//! What is kept apart: who reaches whom inside the stack, who reaches out of it, and what listens
//! on the host because of it. Only addresses of the run's own networks are tried.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
};

use futures::StreamExt as _;

use super::{
    Arguments, Step, StepResult, World,
    declared::{self, key_origin, point, point_key},
    exceptions::{Fault, settle},
    looks::{self, Lack, Look},
    ports,
};
use crate::{
    compose::{Project, Service},
    probe::{
        listeners,
        matrix::{self, Answer},
        outside::Outside,
    },
    run::Failure,
    stack::{Stack, StackError, engine::Container},
    words::quoted_list,
};

/// From how many containers connections are tried at a time.
const AT_ONCE: usize = 8;
const NO_WAY_OUT: &str = "no service has a way out of the stack";

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "exactly these connections are possible:",
        "From inside each container every other service's containers are tried, at all their addresses, on every TCP port that listens there or is named in the files. What is not listed with its reason must fail.",
        "exactly these connections are possible:",
    )
    .table(&["from", "to", "port", "reason"])
    .observed(|world, arguments| Box::pin(connections(world, arguments))),
    Step::then(
        NO_WAY_OUT,
        "Each service is on internal networks alone, and no container reaches a network of our own beyond the host. (Some engines let internal networks reach the host itself: that is told in the evidence, and not judged.)",
        NO_WAY_OUT,
    )
    .excepts()
    .declared(way_out_by_files)
    .observed(|world, arguments| Box::pin(way_out(world, arguments))),
    Step::then(
        "no host port but {ports} is open because of the stack",
        "On addresses that others than this machine can reach, the stack publishes no other port, and nothing of it listens on one. Where ports were moved, the declared ones are meant.",
        "no host port but 80 and 443 is open because of the stack",
    )
    .declared(host_ports_by_files)
    .observed(|world, arguments| Box::pin(host_ports(world, arguments))),
];

/// From, to, port.
type Cell = (String, String, u16);

/// What was tried of a cell: each attempt, and whether it was accepted.
#[derive(Default)]
struct Tried {
    lines: Vec<String>,
    /// For each pair of containers, whether any address of the second was reached.
    pairs: BTreeMap<(String, String), bool>,
}

fn listed(arguments: &Arguments, project: &Project) -> Result<BTreeMap<Cell, String>, Failure> {
    let mut cells = BTreeMap::new();
    for row in &arguments.rows {
        let [from, to, port, reason] = row.as_slice() else { continue };
        for name in [from, to] {
            declared::service(project, name)?;
        }
        let port = port.parse::<u16>().map_err(|_| {
            Failure::error(format!("read the port \"{port}\""), "ports go from 1 to 65535")
                .help("write the number of a TCP port")
        })?;
        let wrong = |expected: &str, found: &str, help: &str| {
            Err(Failure::finding(expected, found)
                .place(format!("the row | {from} | {to} | {port} |"))
                .help(help))
        };
        if reason.trim().is_empty() {
            let help = "say what the connection is for, so that the next reader can judge it";
            return wrong("the connection has a reason", "it has none", help);
        }
        if from == to {
            let help = "remove the row: the replicas of a service are not held against each other";
            return wrong("a connection is between two services", "it is of one with itself", help);
        }
        cells.insert((from.clone(), to.clone(), port), reason.clone());
    }
    Ok(cells)
}

/// The ports of a service that are worth trying: whatever listens, and whatever the files name.
fn ports_of(project: &Project, service: &str, containers: &[&Container]) -> BTreeSet<u16> {
    let mut ports: BTreeSet<u16> =
        containers.iter().flat_map(|container| matrix::listening(container)).collect();
    if let Some(service) = project.services.get(service) {
        let tcp = service.ports.iter().filter(|port| port.protocol() == "tcp");
        ports.extend(tcp.map(|port| port.target()));
        let exposed = service.expose.iter().filter(|port| !port.ends_with("/udp"));
        ports.extend(exposed.filter_map(|port| port.split('/').next()?.parse::<u16>().ok()));
    }
    ports
}

/// The containers of the stack that run, each in a network that can be told from the host's.
async fn looked_at(world: &mut World, stack: &Stack) -> Result<Vec<Container>, Failure> {
    let (running, idle): (Vec<Container>, Vec<Container>) =
        stack.containers().await?.into_iter().partition(|container| container.pid != 0);
    for container in idle {
        let Look { seen, lack } = looks::ended(&container);
        if let Some(lack) = lack {
            let found = format!("{} {}", container.name, lack.found);
            return Err(Failure::finding("every container of the stack can be asked", found)
                .place(format!("service \"{}\"", container.service))
                .services([container.service])
                .help(lack.help));
        }
        world.saw(container.name, seen);
    }
    for container in &running {
        if matrix::shares_network("self", &container.pid.to_string()) {
            let name = &container.service;
            let failure = Failure::finding(
                format!("service \"{name}\" has a network of its own"),
                "it is in the host's own: it reaches whatever the host reaches, and the host's ports are its own",
            )
            .help(format!("remove `network_mode: host` of service \"{name}\""));
            return Err(point_key(&stack.project, name, "network_mode", failure));
        }
    }
    Ok(running)
}

async fn connections(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let stack = &running.stack;
    let wanted = listed(arguments, &stack.project)?;
    let containers = looked_at(world, stack).await?;
    let mut services: BTreeMap<&str, Vec<&Container>> = BTreeMap::new();
    for container in &containers {
        services.entry(&container.service).or_default().push(container);
    }
    let mut ports: BTreeMap<&str, BTreeSet<u16>> = services
        .iter()
        .map(|(name, containers)| (*name, ports_of(&stack.project, name, containers)))
        .collect();
    for (_, to, port) in wanted.keys() {
        if let Some(ports) = ports.get_mut(to.as_str()) {
            ports.insert(*port);
        }
    }
    // Each attempt of a source: the container, the port, and where it is tried.
    let attempts = containers.iter().map(|from| {
        let others = containers.iter().filter(|to| to.service != from.service);
        let targets: Vec<(&Container, SocketAddr)> = others
            .flat_map(|to| {
                let ports = ports.get(to.service.as_str());
                matrix::addresses(to).into_iter().flat_map(move |address| {
                    let ports = ports.into_iter().flatten();
                    ports.map(move |port| (to, SocketAddr::new(address, *port)))
                })
            })
            .collect();
        async move {
            let at: Vec<SocketAddr> = targets.iter().map(|(_, at)| *at).collect();
            (from, matrix::connect(from, &at).await, targets)
        }
    });
    let mut answers = futures::stream::iter(attempts).buffered(AT_ONCE);
    let mut tried: BTreeMap<Cell, Tried> = BTreeMap::new();
    while let Some((from, answers, targets)) = answers.next().await {
        for ((to, at), answer) in targets.into_iter().zip(answers?) {
            let cell = (from.service.clone(), to.service.clone(), at.port());
            let tried = tried.entry(cell).or_default();
            let reached = tried.pairs.entry((from.name.clone(), to.name.clone())).or_default();
            *reached |= answer == Answer::Open;
            let told = match &answer {
                Answer::Open => "open",
                Answer::Closed(why) => why,
            };
            tried.lines.push(format!("{} -> {at}: {told}", from.name));
        }
    }
    drop(answers);
    let lines: Vec<String> = tried
        .iter()
        .flat_map(|((from, to, port), tried)| {
            let head = format!("{from} -> {to}:{port}");
            tried.lines.iter().map(move |line| format!("{head}  {line}"))
        })
        .collect();
    world.saw("every connection that was tried", lines.join("\n"));
    verdict(&stack.project, &wanted, &tried)
}

fn verdict(
    project: &Project,
    wanted: &BTreeMap<Cell, String>,
    tried: &BTreeMap<Cell, Tried>,
) -> StepResult {
    let row = |(from, to, port): &Cell| format!("| {from} | {to} | {port} |");
    let more: Vec<&Cell> = tried
        .iter()
        .filter(|(cell, tried)| {
            !wanted.contains_key(*cell) && tried.pairs.values().any(|reached| *reached)
        })
        .map(|(cell, _)| cell)
        .collect();
    let fewer: Vec<&Cell> = wanted
        .keys()
        .filter(|cell| {
            tried.get(*cell).is_none_or(|tried| tried.pairs.values().any(|reached| !reached))
        })
        .collect();
    let mut found = Vec::new();
    if !more.is_empty() {
        found.push("possible besides:".to_owned());
        found.extend(more.iter().map(|cell| row(cell)));
    }
    if !fewer.is_empty() {
        found.push("not possible:".to_owned());
        for cell in &fewer {
            let lines = tried.get(*cell).map(|tried| tried.lines.join("; ")).unwrap_or_default();
            found.push(format!("{} {lines}", row(cell)).trim_end().to_owned());
        }
    }
    let help = match (more.first(), fewer.first()) {
        (Some((from, to, port)), _) => format!(
            "give \"{from}\" and \"{to}\" no network in common, let nothing in \"{to}\" listen on port {port}, or list the connection with its reason"
        ),
        (None, Some((from, to, port))) => format!(
            "put \"{from}\" and \"{to}\" on one network and let \"{to}\" listen on port {port} of all its addresses, or remove the row"
        ),
        (None, None) => return Ok(()),
    };
    let rows: Vec<String> = wanted.keys().map(row).collect();
    let expected = if rows.is_empty() {
        "no connection between services".to_owned()
    } else {
        format!("exactly these connections:\n{}", rows.join("\n"))
    };
    let (from, to, _) = more.first().or(fewer.first()).copied().cloned().unwrap_or_default();
    let failure = Failure::finding(expected, found.join("\n")).help(help);
    let failure = if more.is_empty() { failure.services([to]) } else { failure };
    Err(point_key(project, &from, "networks", failure))
}

/// How a service gets out by what the files say; none if it does not.
fn exit(project: &Project, name: &str, service: &Service) -> Option<Lack> {
    let lack = |found: String, key, help: String| Some(Lack { found, key, help });
    let mut name = name;
    let mut service = service;
    // A circle of shared networks ends here too.
    for _ in 0..=project.services.len() {
        let Some(mode) = service.network_mode.as_ref() else { break };
        match mode.strip_prefix("service:").and_then(|other| project.services.get_key_value(other))
        {
            Some((other, shared)) => (name, service) = (other, &shared.value),
            None if mode.as_str() == "none" => return None,
            None => {
                let help = format!(
                    "remove `network_mode:` of service \"{name}\" and put it on an internal network"
                );
                return lack(format!("is in the network \"{}\"", mode.value), "network_mode", help);
            }
        }
    }
    let open = service.networks.keys().find(|network| {
        let network = project.networks.get(*network);
        network.is_none_or(|network| {
            network.is_external()
                || !network.internal.as_ref().is_some_and(|internal| internal.value)
        })
    })?;
    let help =
        format!("write `internal: true` for network \"{open}\", or take service \"{name}\" off it");
    lack(format!("is on network \"{open}\", which is not internal"), "networks", help)
}

fn way_out_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let fault = |(name, service): (&String, &crate::compose::Located<Service>)| {
        let Lack { found, key, help } = exit(&project, name, service)?;
        Some(Fault {
            subject: name.clone(),
            found: format!("service \"{name}\" {found}"),
            origin: key_origin(&project, name, key),
            help: format!("{help}, or add an exception with its reason"),
        })
    };
    let faults = project.services.iter().filter_map(fault).collect();
    let judged: Vec<String> = project.services.keys().cloned().collect();
    settle(world, &project, arguments, NO_WAY_OUT, &judged, faults)
}

async fn way_out(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let stack = &running.stack;
    let outside = Outside::make().await.map_err(|why| {
        Failure::from(why).help("run as root, on the engine's own machine, with `ip` (iproute2) and `unshare` (util-linux) there")
    })?;
    let networks = stack.engine.networks(&stack.name).await.map_err(StackError::from)?;
    let internal: Vec<&str> = networks
        .iter()
        .filter(|network| network.internal)
        .map(|network| network.name.as_str())
        .collect();
    let at = [outside.beyond, outside.host];
    let look = async |_: &Service, container: &Container| {
        let routes = matrix::default_routes(container)
            .map_err(|why| looks::unreadable(container, "the routes", &why))?;
        let answers = matrix::connect(container, &at).await?;
        let told = |answer: Option<&Answer>| match answer {
            Some(Answer::Closed(why)) => why.clone(),
            _ => "open".to_owned(),
        };
        let open: Vec<&str> = container
            .addresses
            .keys()
            .map(String::as_str)
            .filter(|name| !internal.contains(name))
            .collect();
        let seen = [
            if routes.is_empty() { "no default route".to_owned() } else { routes.join("\n") },
            format!("-> {} beyond the host: {}", at[0], told(answers.first())),
            format!("-> {} of the host itself: {}", at[1], told(answers.get(1))),
        ];
        let found = if answers.first() == Some(&Answer::Open) {
            let way = routes.first().map_or("no default route", String::as_str);
            format!("reaches {} outside the stack ({way})", at[0])
        } else if !open.is_empty() {
            format!("is on {}, which the engine did not make internal", quoted_list(open))
        } else {
            return Ok(Look { seen: seen.join("\n"), lack: None });
        };
        let help = format!(
            "put service \"{}\" on networks with `internal: true` alone, or add an exception with its reason",
            container.service
        );
        Ok(Look { seen: seen.join("\n"), lack: Some(Lack { found, key: "networks", help }) })
    };
    looks::every(world, arguments, NO_WAY_OUT, look).await
}

fn is_public(address: &str) -> bool {
    address != "loopback"
}

fn allowed(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    Ok(arguments.ports(0)?.iter().map(ToString::to_string).collect())
}

fn too_open(service: &str, allowed: &[String], rows: &[String]) -> Failure {
    let names = quoted_list(allowed.iter().map(String::as_str)).replace('"', "");
    Failure::finding(
        format!("no host port but {names} is open because of the stack"),
        rows.join("\n"),
    )
    .help(format!(
        "remove it from `ports:` of service \"{service}\", or put \"127.0.0.1:\" before it"
    ))
}

fn host_ports_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let allowed = allowed(arguments)?;
    let project = world.project()?;
    let there = declared::ports::published(&project)?;
    declared::ports::saw(world, &there);
    let open: Vec<_> = there
        .iter()
        .filter(|(port, _)| is_public(&port.host_address) && !fits(port, &allowed))
        .collect();
    let Some((first, origin)) = open.first() else { return Ok(()) };
    let rows: Vec<String> = open.iter().map(|(port, _)| port.row()).collect();
    Err(point(&project, *origin, too_open(&first.service, &allowed, &rows)))
}

fn fits(port: &ports::Published, allowed: &[String]) -> bool {
    !port.port.ends_with("/udp") && allowed.contains(&port.host_port)
}

/// What the engine's own forwarders listen on for these containers, and no binding speaks of.
fn forwarded(containers: &[Container]) -> Vec<(String, u16, IpAddr)> {
    let owner = |address: &str| {
        let address = address.parse::<IpAddr>().ok()?;
        containers.iter().find(|one| one.addresses.values().flatten().any(|own| *own == address))
    };
    let forwarder = |seen: listeners::Listener| {
        let at = seen.command.iter().position(|word| word == "-container-ip")?;
        let container = owner(seen.command.get(at + 1)?)?;
        let bound = container.bindings.iter().any(|bound| bound.host_port == seen.port);
        (!bound && !seen.address.to_canonical().is_loopback())
            .then(|| (container.service.clone(), seen.port, seen.address))
    };
    listeners::all().into_iter().filter_map(forwarder).collect()
}

async fn host_ports(world: &mut World, arguments: &Arguments) -> StepResult {
    let allowed = allowed(arguments)?;
    let seen = ports::published(world).await?;
    let running = world.running()?;
    let containers = running.stack.containers().await?;
    let stray = tokio::task::spawn_blocking(move || forwarded(&containers))
        .await
        .map_err(|why| Failure::error("read what listens on the host", why.to_string()))?;
    let mut rows = Vec::new();
    let mut first = None;
    for port in seen.iter().filter(|port| is_public(&port.host_address) && !fits(port, &allowed)) {
        rows.push(port.row());
        first.get_or_insert_with(|| port.service.clone());
    }
    for (service, port, address) in stray {
        rows.push(format!("{address}:{port} is forwarded to service \"{service}\" by a process of the engine that no published port accounts for"));
        first.get_or_insert(service);
    }
    let Some(service) = first else { return Ok(()) };
    let failure = too_open(&service, &allowed, &rows);
    Err(point_key(&running.stack.project, &service, "ports", failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> Project {
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    #[test]
    fn a_network_that_is_not_internal_is_a_way_out() {
        let project = project(
            "services:\n  inner: {image: a, networks: [back]}\n  both: {image: a, networks: [back, front]}\n  \
             beside: {image: a, network_mode: 'service:both'}\n  none: {image: a, network_mode: none}\n  \
             host: {image: a, network_mode: host}\n  plain: {image: a}\n  theirs: {image: a, networks: [theirs]}\n\
             networks:\n  back: {internal: true}\n  front: {}\n  theirs: {external: true}\n",
        );
        let out: Vec<&str> = project
            .services
            .iter()
            .filter(|(name, service)| exit(&project, name, service).is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(out, ["both", "beside", "host", "plain", "theirs"]);
    }

    #[test]
    fn a_connection_of_one_replica_is_possible_and_of_all_is_as_listed() {
        let project = project("services:\n  a: {image: a}\n  b: {image: b}\n");
        let cell = || ("a".to_owned(), "b".to_owned(), 80);
        let tried = |reached: &[bool]| {
            let pairs = reached.iter().enumerate();
            let pairs = pairs.map(|(at, reached)| ((format!("a-{at}"), "b-1".into()), *reached));
            BTreeMap::from([(cell(), Tried { lines: Vec::new(), pairs: pairs.collect() })])
        };
        let listed = BTreeMap::from([(cell(), "because".to_owned())]);
        let unlisted = BTreeMap::new();
        assert!(verdict(&project, &listed, &tried(&[true, true])).is_ok());
        assert!(verdict(&project, &listed, &tried(&[true, false])).is_err());
        assert!(verdict(&project, &listed, &BTreeMap::new()).is_err(), "never tried");
        assert!(verdict(&project, &unlisted, &tried(&[false, false])).is_ok());
        assert!(verdict(&project, &unlisted, &tried(&[false, true])).is_err());
    }
}
