//! Which ports a single service publishes on the host, and which it does not: by the files, or by the
//! engine's word, borne out by the kernel's.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{declared, verdict::judged},
    service::ports::{self, Judge, There, parts, unlisted, violation},
};
use crate::{
    facts::{Row, Violation, answers::reach},
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "service {service} publishes port {number}",
        "A port of the host leads to this port of the service.",
        "service \"web\" publishes port 80",
    )
    .declared(|world, arguments| by_files(world, arguments, publishes))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, publishes))),
    Step::then(
        "service {service} publishes port {number} on host port {number}",
        "This port of the host, as the files declare it, leads to this port of the service.",
        "service \"web\" publishes port 80 on host port 8080",
    )
    .declared(|world, arguments| by_files(world, arguments, publishes))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, publishes))),
    Step::then(
        "service {service} publishes no port",
        "No port of the host leads to the service.",
        "service \"database\" publishes no port",
    )
    .declared(|world, arguments| by_files(world, arguments, publishes_none))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, publishes_none))),
    Step::then(
        "port {number} of {service} is not published",
        "No port of the host leads to this port of the service, by TCP or UDP.",
        "port 5432 of \"database\" is not published",
    )
    .declared(|world, arguments| by_files(world, arguments, not_published))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, not_published))),
    Step::then(
        "port {number} of {service} is published on the loopback interface only",
        "The port is published, and each port of the host that leads to it is reachable from this machine alone.",
        "port 5432 of \"database\" is published on the loopback interface only",
    )
    .declared(|world, arguments| by_files(world, arguments, on_loopback))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, on_loopback))),
];

/// The service that a sentence speaks of, wherever it stands in it.
fn service(arguments: &Arguments) -> Result<&str, Failure> {
    arguments.text(0).or_else(|_| arguments.text(1))
}

/// The port that a sentence speaks of.
fn port(arguments: &Arguments) -> Result<String, Failure> {
    let port = arguments.number(0).or_else(|_| arguments.number(1))?;
    host_port(port)
}

fn host_port(port: u64) -> Result<String, Failure> {
    if (1..=u64::from(u16::MAX)).contains(&port) {
        return Ok(port.to_string());
    }
    Err(Failure::undecided(format!("find port {port}"), "it is no port")
        .help("ports go from 1 to 65535"))
}

fn by_files(world: &mut World, arguments: &Arguments, judge: Judge) -> StepResult {
    ports::by_files(world, arguments, judge)
}

async fn on_stack(world: &mut World, arguments: &Arguments, judge: Judge) -> StepResult {
    world.service(service(arguments)?).await?;
    ports::on_stack(world, arguments, judge).await
}

/// What a service publishes, and the one whose network it shares: its ports are those of both. That
/// nobody can list it is a violation.
fn own<'t>(there: &'t There<'_>, name: &str) -> Result<Vec<&'t Row>, Failure> {
    declared::service(there.project, name)?;
    let home = reach::home(there.project, name);
    let is_own = |row: &&Row| row.subject == name || row.subject == home;
    let own: Vec<Row> = there.rows.iter().filter(is_own).cloned().collect();
    judged(there.project, None, unlisted(&own))?;
    Ok(there.rows.iter().filter(is_own).collect())
}

/// Whether a row is of a port of the container, by whatever protocol.
fn is_of(row: &Row, port: &str) -> bool {
    parts(row)[1].split('/').next() == Some(port)
}

fn told(rows: &[&Row]) -> String {
    if rows.is_empty() {
        return "it publishes no port".to_owned();
    }
    let lines = rows.iter().map(|row| {
        let [_, port, host_port, address] = parts(row);
        format!("port {port} on host port {host_port} ({address})")
    });
    format!("it publishes {}", lines.collect::<Vec<_>>().join(", "))
}

fn publishes(arguments: &Arguments, there: &There<'_>) -> StepResult {
    let (name, port) = (arguments.text(0)?, port(arguments)?);
    let on = arguments.number(2).ok().map(host_port).transpose()?;
    let own = own(there, name)?;
    let fits = |row: &&&Row| {
        let [_, of, on_host, _] = parts(row);
        of == port && on.as_ref().is_none_or(|wanted| on_host == wanted)
    };
    if own.iter().any(|row| fits(&row)) {
        return Ok(());
    }
    let on_host = on.as_ref().map_or_else(String::new, |on| format!(" on host port {on}"));
    let near = own.iter().find(|row| is_of(row, &port));
    let write = format!("{}:{port}", on.as_deref().unwrap_or(&port));
    let one = Violation {
        subject: name.to_owned(),
        expected: format!("service \"{name}\" publishes port {port}{on_host}"),
        found: told(&own),
        at: near.and_then(|row| row.at).or_else(|| there.place(name)),
        help: format!("publish it: ports: [\"{write}\"] for service \"{name}\""),
    };
    judged(there.project, None, vec![one])
}

fn publishes_none(arguments: &Arguments, there: &There<'_>) -> StepResult {
    let name = arguments.text(0)?;
    let help = format!(
        "remove `ports:` of service \"{name}\": inside the network it is reachable without"
    );
    let expected = format!("service \"{name}\" publishes no port");
    let own = own(there, name)?;
    let each = own.iter().map(|row| violation(row, expected.as_str(), told(&[row]), help.as_str()));
    judged(there.project, None, each.collect())
}

fn not_published(arguments: &Arguments, there: &There<'_>) -> StepResult {
    let (name, port) = (arguments.text(1)?, port(arguments)?);
    let expected = format!("port {port} of \"{name}\" is not published");
    let help = format!(
        "remove it from `ports:` of service \"{name}\": inside the network it is reachable without"
    );
    let own = own(there, name)?;
    let found = own.iter().filter(|row| is_of(row, &port));
    let each = found.map(|row| violation(row, expected.as_str(), told(&[row]), help.as_str()));
    judged(there.project, None, each.collect())
}

fn on_loopback(arguments: &Arguments, there: &There<'_>) -> StepResult {
    let (name, port) = (arguments.text(1)?, port(arguments)?);
    let expected = format!("port {port} of \"{name}\" is published on the loopback interface only");
    let own = own(there, name)?;
    let of: Vec<&&Row> = own.iter().filter(|row| is_of(row, &port)).collect();
    if of.is_empty() {
        let found = told(&own);
        let one = Violation {
            subject: name.to_owned(),
            expected,
            found,
            at: there.place(name),
            help: format!(
                "publish it: ports: [\"127.0.0.1:{port}:{port}\"] for service \"{name}\""
            ),
        };
        return judged(there.project, None, vec![one]);
    }
    let beyond = of.iter().filter(|row| parts(row)[3] != "loopback");
    let each = beyond.map(|row| {
        let host_port = parts(row)[2];
        let help = format!("put the address before the port: \"127.0.0.1:{host_port}:{port}\"");
        violation(row, expected.as_str(), told(&[row]), help.as_str())
    });
    judged(there.project, None, each.collect())
}
