//! Host ports as the files publish them.

use super::{point, point_key, service};
use crate::{
    compose::{Project, journal::Origin},
    run::Failure,
    steps::{
        Arguments, StepResult, World,
        ports::{Published, address_word, port_word, wanted},
    },
};

/// Every port that the files publish, with its place; a service in the host's own network publishes
/// whatever it listens on, so that no list of its ports is whole.
pub(in crate::steps) fn published(project: &Project) -> Result<Vec<(Published, Origin)>, Failure> {
    let mut all = Vec::new();
    for (name, service) in &project.services {
        if let Some(mode) = service.network_mode.as_ref().filter(|mode| mode.as_str() == "host") {
            let failure = Failure::finding(
                format!("the files tell which ports service \"{name}\" publishes"),
                "it is in the host's own network: whatever it listens on is published",
            )
            .help(format!(
                "remove `network_mode: host` of service \"{name}\" and publish its ports"
            ));
            return Err(point(project, mode.origin, failure));
        }
        for port in &service.ports {
            let published = Published {
                service: name.clone(),
                port: port_word(port.target(), port.protocol()),
                host_port: port.published().unwrap_or("free").to_owned(),
                host_address: address_word(port.host_ip().and_then(|address| address.parse().ok())),
            };
            all.push((published, port.origin));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}

pub(in crate::steps) fn saw(world: &mut World, ports: &[(Published, Origin)]) {
    let rows: Vec<String> = ports.iter().map(|(port, _)| port.row()).collect();
    world.saw("published ports", if rows.is_empty() { "none".into() } else { rows.join("\n") });
}

pub(in crate::steps) fn exactly(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = wanted(arguments);
    let project = world.project()?;
    let there = published(&project)?;
    saw(world, &there);
    let unexpected: Vec<_> = there.iter().filter(|(port, _)| !wanted.contains(port)).collect();
    let missing: Vec<_> =
        wanted.iter().filter(|port| !there.iter().any(|(there, _)| there == *port)).collect();
    let mut found = String::new();
    for (title, rows) in [
        ("also published:", unexpected.iter().map(|(port, _)| port.row()).collect::<Vec<_>>()),
        ("not published:", missing.iter().map(|port| port.row()).collect()),
    ] {
        if !rows.is_empty() {
            found = format!("{found}{title}\n{}\n", rows.join("\n"));
        }
    }
    let rows: Vec<String> = wanted.iter().map(Published::row).collect();
    let failure = Failure::finding(
        format!("exactly these ports:\n{}", rows.join("\n")),
        found.trim_end().to_owned(),
    );
    let help = |service: &str| {
        format!("change `ports:` of service \"{service}\" there, or document the port here")
    };
    match (unexpected.first(), missing.first()) {
        (Some((port, origin)), _) => {
            Err(point(&project, *origin, failure).help(help(&port.service)))
        }
        (None, Some(port)) => {
            Err(point_key(&project, &port.service, "ports", failure).help(help(&port.service)))
        }
        (None, None) => Ok(()),
    }
}

pub(in crate::steps) fn no_service_but(world: &mut World, arguments: &Arguments) -> StepResult {
    let allowed = arguments.names(0)?;
    let project = world.project()?;
    for name in allowed {
        service(&project, name)?;
    }
    let there = published(&project)?;
    saw(world, &there);
    let others: Vec<_> =
        there.iter().filter(|(port, _)| !allowed.contains(&port.service)).collect();
    let Some((first, origin)) = others.first() else { return Ok(()) };
    let rows: Vec<String> = others.iter().map(|(port, _)| port.row()).collect();
    let failure =
        Failure::finding("no other service publishes a port", rows.join("\n")).help(format!(
            "remove `ports:` of service \"{}\": inside the network it is reachable without",
            first.service
        ));
    Err(point(&project, *origin, failure))
}

pub(in crate::steps) fn loopback_only(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let project = world.project()?;
    service(&project, name)?;
    let mut own = published(&project)?;
    own.retain(|(port, _)| port.service == name);
    saw(world, &own);
    let expected = format!("service \"{name}\" is published on the loopback interface only");
    if own.is_empty() {
        let failure = Failure::finding(expected, "it is not published at all")
            .help(format!("publish it: ports: [\"127.0.0.1:PORT:PORT\"] for service \"{name}\""));
        return Err(point_key(&project, name, "ports", failure));
    }
    match own.iter().find(|(port, _)| port.host_address != "loopback") {
        None => Ok(()),
        Some((port, origin)) => {
            let failure = Failure::finding(expected, port.row()).help(format!(
                "put the address before the port: \"127.0.0.1:{}:{}\"",
                port.host_port, port.port
            ));
            Err(point(&project, *origin, failure))
        }
    }
}
