//! Where a port that a sentence names is: the container's own, or one of the host that leads to it.

use std::net::SocketAddr;

use crate::steps::{Arguments, Port, World};
use crate::{run::Failure, stack::dial};

/// A port of a service, and where a connection from this process gets to it.
#[derive(Debug, Clone)]
pub(super) struct Door {
    /// The service.
    pub service: String,
    /// The port, as the sentence names it.
    pub port: Port,
    /// Where it is reached.
    pub at: SocketAddr,
}

impl Door {
    /// How messages name it.
    pub(super) fn place(&self) -> String {
        format!("service \"{}\", {}", self.service, self.port)
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

/// The door of a sentence whose parameters at these positions are a port and its service.
///
/// # Errors
/// When the service does not run, or publishes no such port.
pub(super) async fn find(
    world: &World,
    arguments: &Arguments,
    port: usize,
    service: usize,
) -> Result<Door, Failure> {
    let (port, service) = (arguments.port(port)?, arguments.text(service)?);
    let at = if port.at_host {
        let running = world.running()?;
        let declared = &running.stack.project.services[service];
        let wanted = port.number.to_string();
        let found = declared
            .ports
            .iter()
            .find(|port| port.published() == Some(&*wanted) && port.protocol() == "tcp");
        let Some(found) = found else {
            let project = &running.stack.project;
            let place = project
                .place_of(service, "ports")
                .unwrap_or_else(|| format!("service \"{service}\""));
            let published: Vec<&str> =
                declared.ports.iter().filter_map(|port| port.published()).collect();
            let found = match &*published {
                [] => "it publishes none".to_owned(),
                some => format!("it publishes {}", some.join(", ")),
            };
            return Err(Failure::finding(
                format!("service \"{service}\" publishes host port {}", port.number),
                found,
            )
            .place(place)
            .services([service])
            .help(format!("publish it under `ports:`, or write \"port …\" for the port of \"{service}\" itself")));
        };
        running.stack.published(service, found.target()).await?
    } else {
        let container = world.replica(service).await?;
        dial::standing(&container, port.number).await?
    };
    Ok(Door { service: service.to_owned(), port, at })
}
