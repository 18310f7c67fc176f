//! Which ports of the host are open to others because of the stack.

use std::net::SocketAddr;

use crate::steps::{Arguments, StepResult, World, judging::verdict::judged, service::ports};
use crate::{
    facts::{Fact, Row, Violation},
    probe::facts::forwarded,
    run::Failure,
    words::quoted_list,
};

fn is_public(address: &str) -> bool {
    address != "loopback"
}

fn allowed(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    Ok(arguments.ports(0)?.iter().map(ToString::to_string).collect())
}

/// The ports of the host that are open to others than this machine and may not be; `stray` is what is
/// forwarded without having been published.
fn too_open(allowed: &[String], there: &[Row], stray: &[Fact<SocketAddr>]) -> Vec<Violation> {
    let unlisted = ports::unlisted(there);
    if !unlisted.is_empty() {
        return unlisted;
    }
    let names = quoted_list(allowed.iter().map(String::as_str)).replace('"', "");
    let expected = format!("no host port but {names} is open because of the stack");
    let help = |service: &str| {
        format!("remove it from `ports:` of service \"{service}\", or put \"127.0.0.1:\" before it")
    };
    let is_open = |row: &&Row| {
        let [_, port, host_port, address] = ports::parts(row);
        let fits = !port.ends_with("/udp") && allowed.iter().any(|port| port == host_port);
        is_public(address) && !fits
    };
    let published = there
        .iter()
        .filter(is_open)
        .map(|row| ports::violation(row, expected.as_str(), row.line(), help(&row.subject)));
    let stray = stray.iter().map(|fact| {
        let (service, address) = (&fact.subject, fact.value);
        Violation {
            subject: format!("services.{service}.ports: {address}"),
            expected: expected.clone(),
            found: format!("{address} is forwarded to service \"{service}\" by a process of the engine that no published port accounts for"),
            at: fact.at,
            help: help(service),
        }
    });
    published.chain(stray).collect()
}

pub(super) fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let allowed = allowed(arguments)?;
    let project = world.project()?;
    let there = ports::declared(world, &project)?;
    judged(&project, None, too_open(&allowed, &there.rows, &[]))
}

pub(super) async fn on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let allowed = allowed(arguments)?;
    let (_, look) = ports::look(world).await?;
    let there = ports::observed(world, &look)?;
    judged(there.project, None, too_open(&allowed, &there.rows, &forwarded(&look)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_port_is_open_to_nobody_else_but_where_it_may_be() {
        let row = |cells: [&str; 4]| Row::new(cells[0], cells[1..].iter().copied(), None);
        let allowed = ["80".to_owned(), "443".to_owned()];
        let of = |there: &[Row], stray: &[Fact<SocketAddr>]| {
            let violations = too_open(&allowed, there, stray);
            violations.into_iter().map(|one| one.found).collect::<Vec<_>>()
        };
        let web = row(["web", "8080", "80", "any"]);
        let db = row(["db", "3306", "3306", "loopback"]);
        assert_eq!(of(&[web.clone(), db], &[]), [""; 0]);
        let udp = row(["web", "443/udp", "443", "any"]);
        assert_eq!(of(&[web, udp], &[]), ["| web | 443/udp | 443 | any |"]);
        let at_one = row(["db", "3306", "3306", "10.0.0.1"]);
        assert_eq!(of(&[at_one], &[]), ["| db | 3306 | 3306 | 10.0.0.1 |"]);
        let stray = Fact {
            subject: "db".to_owned(),
            value: SocketAddr::from(([0, 0, 0, 0], 9000)),
            shown: String::new(),
            at: None,
        };
        let found = of(&[], &[stray]);
        assert!(found[0].starts_with("0.0.0.0:9000 is forwarded to service \"db\""), "{found:?}");
        let why = || "whatever it listens on is published".to_owned();
        let unknown = || crate::facts::Cell::Unknown(why());
        let agent = Row::new("agent", [unknown(), unknown(), unknown()], None);
        assert_eq!(of(&[agent], &[]), [why()]);
    }
}
