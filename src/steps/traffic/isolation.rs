//! What is kept apart: who reaches whom inside the stack, who reaches out of it, and what listens
//! on the host because of it. Only addresses of the run's own networks are tried.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use futures::StreamExt as _;

use crate::steps::{
    Arguments, Need, Step, StepResult, World,
    judging::{
        declared::{self, point_key},
        walk::walk,
    },
    service::configured,
    traffic::{host_ports, way_out},
};
use crate::{
    compose::Project,
    probe::matrix,
    run::{self, Connection, Failure},
    stack::{
        Stack,
        dial::{self, Outcome, Tables},
        engine::Container,
    },
};

/// From how many containers connections are tried at a time.
const AT_ONCE: usize = 8;

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "exactly these connections are possible:",
        "From inside each container every other service's containers are tried, at all their addresses, on every TCP port that listens there or is named in the files. What is not listed with its reason must fail.",
        "exactly these connections are possible:",
    )
    .table(&["from", "to", "port", "reason"])
    .observed(|world, arguments| Box::pin(connections(world, arguments))),
    Step::then(
        way_out::SENTENCE,
        "Each service is on internal networks alone, and no container reaches a network of our own beyond the host. (Some engines let internal networks reach the host itself: that is told in the evidence, and not judged.)",
        way_out::SENTENCE,
    )
    .needs(&[Need::Root, Need::Program("ip"), Need::Program("unshare")])
    .excepts()
    .declared(way_out::by_files)
    .observed(|world, arguments| Box::pin(way_out::on_stack(world, arguments))),
    Step::then(
        "no host port but {ports} is open because of the stack",
        "On addresses that others than this machine can reach, the stack publishes no other port, and nothing of it listens on one. Where ports were moved, the declared ones are meant.",
        "no host port but 80 and 443 is open because of the stack",
    )
    .needs(&[Need::Root])
    .declared(host_ports::by_files)
    .observed(|world, arguments| Box::pin(host_ports::on_stack(world, arguments))),
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
            Failure::undecided(format!("read the port \"{port}\""), "ports go from 1 to 65535")
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

/// A container and its network as the kernel shows it.
type Seen = (Container, Tables);

/// The ports of a service that are worth trying: whatever listens, and whatever the files name.
fn ports_of(project: &Project, service: &str, containers: &[&Seen]) -> BTreeSet<u16> {
    let mut ports: BTreeSet<u16> =
        containers.iter().flat_map(|(_, tables)| matrix::listening(tables)).collect();
    if let Some(service) = project.services.get(service) {
        let tcp = service.ports.iter().filter(|port| port.protocol() == "tcp");
        ports.extend(tcp.map(|port| port.target()));
        let exposed = service.expose.iter().filter(|port| !port.ends_with("/udp"));
        ports.extend(exposed.filter_map(|port| port.split('/').next()?.parse::<u16>().ok()));
    }
    ports
}

/// The containers of the stack that run, each in a network that can be told from the host's.
async fn looked_at(world: &mut World, stack: &Stack) -> Result<Vec<Seen>, Failure> {
    const EXPECTED: &str = "exactly these connections are possible";
    let all: Vec<Container> = walk(world, EXPECTED).await?.containers().cloned().collect();
    let (running, ended): (Vec<Container>, Vec<Container>) =
        all.iter().cloned().partition(|container| container.pid != 0);
    for container in ended {
        let Some(why) = container.absence() else { continue };
        let seen = configured::alone(&container, &all, &why, EXPECTED)?;
        world.evidence(container.name.clone(), seen);
    }
    let tables = running.iter().map(dial::tables);
    let tables: Vec<Tables> = futures::future::try_join_all(tables).await?;
    let seen: Vec<Seen> = running.into_iter().zip(tables).collect();
    for (container, tables) in &seen {
        if container.addresses.contains_key("host") || tables.are_ours(container) {
            let name = &container.service;
            let failure = Failure::finding(
                format!("service \"{name}\" has a network of its own"),
                "it is in the host's own: it reaches whatever the host reaches, and the host's ports are its own",
            )
            .help(format!("remove `network_mode: host` of service \"{name}\""));
            return Err(point_key(&stack.project, name, "network_mode", failure));
        }
    }
    Ok(seen)
}

async fn connections(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let stack = &running.stack;
    let wanted = listed(arguments, &stack.project)?;
    // As long as nobody has looked, nobody knows.
    let listed = wanted.keys().map(|cell| connection(cell, true, run::Outcome::Undecided));
    world.connections = listed.collect();
    let containers = looked_at(world, stack).await?;
    let mut services: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for seen in &containers {
        services.entry(&seen.0.service).or_default().push(seen);
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
    let attempts = containers.iter().map(|(from, _)| {
        let others = containers.iter().filter(|(to, _)| to.service != from.service);
        let targets: Vec<(&Container, SocketAddr)> = others
            .flat_map(|(to, tables)| {
                let ports = ports.get(to.service.as_str());
                tables.addresses().into_iter().flat_map(move |address| {
                    let ports = ports.into_iter().flatten();
                    ports.map(move |port| (to, SocketAddr::new(address, *port)))
                })
            })
            .collect();
        async move {
            let at: Vec<SocketAddr> = targets.iter().map(|(_, at)| *at).collect();
            (from, dial::attempts(from, at).await, targets)
        }
    });
    let mut answers = futures::stream::iter(attempts).buffered(AT_ONCE);
    let mut tried: BTreeMap<Cell, Tried> = BTreeMap::new();
    while let Some((from, answers, targets)) = answers.next().await {
        for ((to, at), answer) in targets.into_iter().zip(answers?.0) {
            let cell = (from.service.clone(), to.service.clone(), at.port());
            let tried = tried.entry(cell).or_default();
            let reached = tried.pairs.entry((from.name.clone(), to.name.clone())).or_default();
            *reached |= answer == Outcome::Open;
            tried.lines.push(format!("{} -> {at}: {answer}", from.name));
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
    world.evidence("every connection that was tried", lines.join("\n"));
    world.connections = connections_of(&wanted, &tried);
    verdict(&stack.project, &wanted, &tried)
}

fn connection((from, to, port): &Cell, is_wanted: bool, outcome: run::Outcome) -> Connection {
    let port = Some(port.to_string());
    Connection { from: from.clone(), to: to.clone(), port, is_wanted, outcome }
}

/// What the list says of each connection and what came of it: those that it has, those that are possible
/// besides, and each pair of which neither is so.
fn connections_of(
    wanted: &BTreeMap<Cell, String>,
    tried: &BTreeMap<Cell, Tried>,
) -> Vec<Connection> {
    let holds = |held: bool| if held { run::Outcome::Passed } else { run::Outcome::Failed };
    let of_list = wanted.keys().map(|cell| {
        let reached = |tried: &Tried| tried.pairs.values().all(|reached| *reached);
        connection(cell, true, holds(tried.get(cell).is_some_and(reached)))
    });
    let besides = besides(wanted, tried);
    let told: Vec<Connection> = of_list
        .chain(besides.into_iter().map(|cell| connection(cell, false, run::Outcome::Failed)))
        .collect();
    let mut apart: Vec<Connection> = Vec::new();
    for (from, to, _) in tried.keys() {
        let same = |one: &Connection| one.from == *from && one.to == *to;
        if !told.iter().chain(&apart).any(same) {
            let (from, to) = (from.clone(), to.clone());
            apart.push(Connection {
                from,
                to,
                port: None,
                is_wanted: false,
                outcome: run::Outcome::Passed,
            });
        }
    }
    told.into_iter().chain(apart).collect()
}

/// What is possible and not listed.
fn besides<'t>(wanted: &BTreeMap<Cell, String>, tried: &'t BTreeMap<Cell, Tried>) -> Vec<&'t Cell> {
    let more = tried.iter().filter(|(cell, tried)| {
        !wanted.contains_key(*cell) && tried.pairs.values().any(|reached| *reached)
    });
    more.map(|(cell, _)| cell).collect()
}

fn verdict(
    project: &Project,
    wanted: &BTreeMap<Cell, String>,
    tried: &BTreeMap<Cell, Tried>,
) -> StepResult {
    let row = |(from, to, port): &Cell| format!("| {from} | {to} | {port} |");
    let more = besides(wanted, tried);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> Project {
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
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

    #[test]
    fn a_list_tells_each_connection_and_each_pair_without_one() {
        let cell = |to: &str, port| ("a".to_owned(), to.to_owned(), port);
        let tried = |reached| {
            let pairs = BTreeMap::from([(("a-1".to_owned(), "x-1".to_owned()), reached)]);
            Tried { lines: Vec::new(), pairs }
        };
        let because = || "because".to_owned();
        let wanted = BTreeMap::from([(cell("b", 1), because()), (cell("c", 2), because())]);
        let all = BTreeMap::from([
            (cell("b", 1), tried(true)),
            (cell("b", 9), tried(false)),
            (cell("c", 2), tried(false)),
            (cell("d", 3), tried(true)),
            (cell("e", 4), tried(false)),
            (cell("e", 5), tried(false)),
        ]);
        let told: Vec<String> = connections_of(&wanted, &all)
            .iter()
            .map(|one| {
                let port = one.port.as_deref().unwrap_or("none");
                format!("{} {port} {} {:?}", one.to, one.is_wanted, one.outcome)
            })
            .collect();
        assert_eq!(
            told,
            ["b 1 true Passed", "c 2 true Failed", "d 3 false Failed", "e none false Passed"]
        );
    }
}
