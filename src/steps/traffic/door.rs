//! Where a port that a sentence names is: the container's own, or one of the host that leads to it.

use std::net::SocketAddr;

use crate::steps::{Arguments, Port, World};
use crate::{compose::Port as Published, probe::reach, run::Failure, stack::dial};

/// A port of a service, and where a connection from this process gets to it.
#[derive(Debug, Clone)]
pub(super) struct Door {
    /// The service.
    pub service: String,
    /// The port, as the sentence names it.
    pub port: Port,
    /// Where it is reached.
    pub at: SocketAddr,
    /// The replica behind it, where it is one of several.
    replica: Option<String>,
    /// The container from inside whose network it is reached, and the address there.
    from: Option<String>,
}

impl Door {
    /// How messages name it.
    pub(super) fn place(&self) -> String {
        let replica = self.replica.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
        let from = self.from.as_ref().map_or_else(String::new, |from| format!(", {from}"));
        format!("service \"{}\", {}{replica}{from}", self.service, self.port)
    }

    /// The name by which it is called: as the other services or as people of this machine do.
    pub(super) fn name(&self) -> &str {
        if self.port.at_host { "localhost" } else { &self.service }
    }

    /// A finding about it.
    pub(super) fn wrong(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
        help: impl Into<String>,
    ) -> Failure {
        Failure::finding(expected, found).place(self.place()).services([&self.service]).help(help)
    }

    /// What this mechanism cannot do through TLS.
    pub(super) fn plain(&self, doing: &str) -> Result<(), Failure> {
        if !self.port.tls {
            return Ok(());
        }
        Err(Failure::undecided(doing, "this sentence speaks without TLS")
            .place(self.place())
            .help("write the port without \"TLS\"; for TLS there are requests and certificates"))
    }
}

/// The doors of a sentence whose parameters at these positions are a port and its service: inside
/// the network one a replica, by their names; through a host port the one that the engine chooses.
///
/// # Errors
/// When the service does not run, or publishes no such port.
pub(super) async fn all(
    world: &World,
    arguments: &Arguments,
    port: usize,
    service: usize,
) -> Result<Vec<Door>, Failure> {
    let (port, service) = (arguments.port(port)?, arguments.text(service)?);
    let door = |at, replica| Door { service: service.to_owned(), port, at, replica, from: None };
    if port.at_host {
        return Ok(vec![door(at_host(world, service, port).await?, None)]);
    }
    let mut replicas = world.service(service).await?;
    replicas.sort_by(|one, other| one.name.cmp(&other.name));
    let mut doors = Vec::new();
    for replica in &replicas {
        let name = (replicas.len() > 1).then(|| replica.name.clone());
        doors.push(door(dial::standing(replica, port.number).await?, name));
    }
    Ok(doors)
}

/// One door of a sentence that speaks once, with whichever replica.
///
/// # Errors
/// As for [`all`].
pub(super) async fn find(
    world: &World,
    arguments: &Arguments,
    port: usize,
    service: usize,
) -> Result<Door, Failure> {
    let (port, service) = (arguments.port(port)?, arguments.text(service)?);
    let at = if port.at_host {
        at_host(world, service, port).await?
    } else {
        dial::standing(&world.replica(service).await?, port.number).await?
    };
    Ok(Door { service: service.to_owned(), port, at, replica: None, from: None })
}

/// The doors of a sentence that speaks from inside a service; `from` is the parameter that names it.
/// From inside each of its containers: every address that the name of the service has there and
/// that takes a connection.
///
/// # Errors
/// When one of the services does not run, or nothing takes a connection by that name.
pub(super) async fn all_from_inside(
    world: &World,
    arguments: &Arguments,
    (port, service): (usize, usize),
    from: usize,
) -> Result<Vec<Door>, Failure> {
    let (port, service) = (arguments.port(port)?, arguments.text(service)?);
    let from = arguments.text(from)?;
    if port.at_host {
        let doing = format!("ask for {port} from inside \"{from}\"");
        let why = "inside the network a service is asked at its own ports";
        return Err(Failure::undecided(doing, why).services([from]).help(format!(
            "write \"port …\" with the port on which \"{service}\" itself listens"
        )));
    }
    // What has no container is told as in every other sentence.
    world.service(service).await?;
    let mut callers = world.service(from).await?;
    callers.sort_by(|one, other| one.name.cmp(&other.name));
    let mut doors = Vec::new();
    for caller in &callers {
        let seen = reach::connect(caller, service, port.number, &[]).await?;
        if seen.open_by_name().is_none() {
            return Err(Failure::finding(
                format!("{} reaches {service}:{}", caller.name, port.number),
                seen.to_string(),
            )
            .place(format!("from service \"{from}\" to service \"{service}\""))
            .services([service, from])
            .help(format!(
                "put both on one network, and let \"{service}\" listen on port {} of all its addresses",
                port.number
            )));
        }
        for there in seen.open() {
            let at = dial::through(caller, there).await?;
            let from = Some(format!("at {there} from inside {}", caller.name));
            doors.push(Door { service: service.to_owned(), port, at, replica: None, from });
        }
    }
    Ok(doors)
}

/// A port that the files publish, as messages name it.
fn shown(port: &Published) -> Option<String> {
    let number = port.published()?;
    Some(match port.protocol() {
        "tcp" => number.to_owned(),
        other => format!("{number}/{other}"),
    })
}

/// Where a host port that leads to a service is reached.
async fn at_host(world: &World, service: &str, port: Port) -> Result<SocketAddr, Failure> {
    let running = world.running()?;
    let project = &running.stack.project;
    let ports = &project.services[service].ports;
    let wanted = port.number.to_string();
    let of_number = || ports.iter().filter(|port| port.published() == Some(&*wanted));
    if let Some(found) = of_number().find(|port| port.protocol() == "tcp") {
        return Ok(running.stack.published(service, found.target()).await?);
    }
    let place =
        project.place_of(service, "ports").unwrap_or_else(|| format!("service \"{service}\""));
    let published: Vec<String> = ports.iter().filter_map(|port| shown(port)).collect();
    let found = match &*published {
        [] => "it publishes none".to_owned(),
        some => format!("it publishes {}", some.join(", ")),
    };
    let help = if of_number().next().is_some() {
        format!(
            "sentences on ports speak TCP, and {wanted} is published for another protocol: publish it for TCP too, or ask in another way whether the service answers (a command of its image)"
        )
    } else {
        format!(
            "publish it under `ports:`, or write \"port …\" for the port of \"{service}\" itself"
        )
    };
    Err(Failure::finding(
        format!("service \"{service}\" publishes host port {} for TCP", port.number),
        found,
    )
    .place(place)
    .services([service])
    .help(help))
}
