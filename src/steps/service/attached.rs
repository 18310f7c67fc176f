//! On which networks a single service is, who shares one with whom, and which lead out: by the files
//! or by the engine's word.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::{self, key_origin},
        facts::{declared_rows, named},
        verdict::judged,
        walk::walk,
    },
    service::networks::{known, unused},
};
use crate::{
    compose::Project,
    facts::{Row, Violation},
    probe::facts::{self, Look, Undecided},
    run::Failure,
    words::quoted_list,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "service {service} is on network(s) {networks} and no other",
        "The service is on each of these networks of the Compose files, and on none besides.",
        "service \"web\" is on network \"front\" and no other",
    )
    .declared(|world, arguments| by_files(world, arguments, on_these))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, on_these))),
    Step::then(
        "service {service} is not on network {network}",
        "The service is not on this network of the Compose files, nor in the network of a service that is.",
        "service \"database\" is not on network \"front\"",
    )
    .declared(|world, arguments| by_files(world, arguments, not_on))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, not_on))),
    Step::then(
        "services {services} share no network",
        "No two of these services are on the same network.",
        "services \"web\" and \"database\" share no network",
    )
    .declared(|world, arguments| by_files(world, arguments, apart))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, apart))),
    Step::then(
        "network {network} has no way out",
        "The network is internal: the engine leads nothing from it beyond its host.",
        "network \"back\" has no way out",
    )
    .declared(|world, arguments| leads_by_files(world, arguments, "no"))
    .observed(|world, arguments| Box::pin(leads_on_stack(world, arguments, "no"))),
    Step::then(
        "network {network} has a way out",
        "The network is not internal.",
        "network \"front\" has a way out",
    )
    .declared(|world, arguments| leads_by_files(world, arguments, "yes"))
    .observed(|world, arguments| Box::pin(leads_on_stack(world, arguments, "yes"))),
];

/// Holds what a sentence says against who is on which network.
type Judge = fn(&Arguments, &Project, &[Row]) -> Result<Vec<Violation>, Failure>;

/// The services that a sentence names.
fn of(arguments: &Arguments) -> Vec<String> {
    match arguments.text(0) {
        Ok(one) => vec![one.to_owned()],
        Err(_) => arguments.names(0).map(<[String]>::to_vec).unwrap_or_default(),
    }
}

fn by_files(world: &mut World, arguments: &Arguments, judge: Judge) -> StepResult {
    let project = world.project()?;
    for name in of(arguments) {
        declared::service(&project, &name)?;
    }
    let rows = declared_rows(&project, named("attachments")?);
    settled(world, arguments, &project, &rows, judge)
}

async fn on_stack(world: &mut World, arguments: &Arguments, judge: Judge) -> StepResult {
    for name in of(arguments) {
        world.service(&name).await?;
    }
    let look = Look::at(&world.running()?.stack).await?;
    let mut rows = facts::observed(named("attachments")?, &look)?;
    // Replicas are on the same networks.
    let mut seen = Vec::new();
    rows.retain(|row| {
        let is_new = !seen.contains(&row.value);
        seen.push(row.value.clone());
        is_new
    });
    settled(world, arguments, &look.project, &rows, judge)
}

fn settled(
    world: &mut World,
    arguments: &Arguments,
    project: &Project,
    rows: &[Row],
    judge: Judge,
) -> StepResult {
    judged(project, None, judge(arguments, project, rows)?)?;
    for name in of(arguments) {
        let on = networks(rows, &name)?;
        let told = on.iter().map(|(network, row)| match row.shown.as_str() {
            "" => network.clone(),
            shown => format!("{network}: {shown}"),
        });
        let told: Vec<String> = told.collect();
        let told = if told.is_empty() { "none".to_owned() } else { told.join("\n") };
        world.evidence(format!("networks of \"{name}\""), told);
    }
    Ok(())
}

/// The networks of a service, those of the service whose network it shares among them.
fn networks<'r>(rows: &'r [Row], service: &str) -> Result<Vec<(String, &'r Row)>, Undecided> {
    let mut found = Vec::new();
    let mut asked = vec![service.to_owned()];
    let mut at = 0;
    while let Some(name) = asked.get(at).cloned() {
        at += 1;
        for row in rows.iter().filter(|row| row.subject == name) {
            let network = match row.value.get(1).map(|cell| (cell.known(), cell.unknown())) {
                Some((Some(network), _)) => network,
                cell => {
                    let why = cell.and_then(|(_, why)| why).unwrap_or("no row says it");
                    return Err(unknown(service, why));
                }
            };
            if network.starts_with("container:") {
                return Err(unknown(
                    service,
                    "its network is that of a container of somebody else",
                ));
            }
            match network.strip_prefix("service:") {
                Some(other) if asked.iter().any(|known| known == other) => {}
                Some(other) => asked.push(other.to_owned()),
                None if network == "none" => {}
                None => found.push((network.to_owned(), row)),
            }
        }
    }
    Ok(found)
}

fn unknown(service: &str, why: &str) -> Undecided {
    Undecided::new(format!("find out the networks of service \"{service}\""), why)
        .help("give the service networks of the Compose files")
}

fn violation(service: &str, expected: String, found: String, row: Option<&Row>) -> Violation {
    Violation {
        subject: service.to_owned(),
        expected,
        found,
        at: row.and_then(|row| row.at),
        help: String::new(),
    }
}

/// That a service is on these networks and on no other.
fn on_these(
    arguments: &Arguments,
    project: &Project,
    rows: &[Row],
) -> Result<Vec<Violation>, Failure> {
    let (service, wanted) = (arguments.text(0)?, arguments.names(1)?);
    for network in wanted {
        known(project, network)?;
    }
    let on = networks(rows, service)?;
    let other = on.iter().find(|(network, _)| !wanted.contains(network));
    let is_there = |network: &&String| on.iter().any(|(known, _)| known == *network);
    if other.is_none() && wanted.iter().all(|network| is_there(&network)) {
        return Ok(Vec::new());
    }
    let list = quoted_list(wanted.iter().map(String::as_str));
    let noun = if wanted.len() == 1 { "network" } else { "networks" };
    let found = if on.is_empty() {
        "it is on no network".to_owned()
    } else {
        format!("it is on {}", quoted_list(on.iter().map(|(name, _)| name.as_str())))
    };
    let expected = format!("service \"{service}\" is on {noun} {list} and no other");
    let one = violation(service, expected, found, other.map(|(_, row)| *row));
    let at = one.at.or_else(|| key_origin(project, service, "networks"));
    let help = format!("set `networks: [{}]` for service \"{service}\"", wanted.join(", "));
    Ok(vec![Violation { at, help, ..one }])
}

/// That a service is not on a network.
fn not_on(
    arguments: &Arguments,
    project: &Project,
    rows: &[Row],
) -> Result<Vec<Violation>, Failure> {
    let (service, network) = (arguments.text(0)?, arguments.text(1)?);
    if unused(project, network).is_none() {
        known(project, network)?;
    }
    let on = networks(rows, service)?;
    let Some((_, row)) = on.iter().find(|(name, _)| name == network) else {
        return Ok(Vec::new());
    };
    let by = match row.subject.as_str() {
        own if own == service => String::new(),
        other => format!(", by sharing the network of service \"{other}\""),
    };
    let expected = format!("service \"{service}\" is not on network \"{network}\"");
    let found = format!("it is on it{by}");
    let help = format!("remove `{network}` from `networks:` of service \"{}\"", row.subject);
    Ok(vec![Violation { help, ..violation(service, expected, found, Some(row)) }])
}

/// That no two services are on the same network.
fn apart(arguments: &Arguments, _: &Project, rows: &[Row]) -> Result<Vec<Violation>, Failure> {
    let names = arguments.names(0)?;
    let mut all: Vec<(&str, Vec<(String, &Row)>)> = Vec::new();
    for name in names {
        all.push((name, networks(rows, name)?));
    }
    let mut violations = Vec::new();
    for (at, (one, on)) in all.iter().enumerate() {
        for (other, also) in &all[at + 1..] {
            if one == other {
                continue;
            }
            for (network, row) in
                also.iter().filter(|(network, _)| on.iter().any(|(known, _)| known == network))
            {
                let list = quoted_list(names.iter().map(String::as_str));
                let expected = format!("services {list} share no network");
                let found = format!("\"{one}\" and \"{other}\" are both on \"{network}\"");
                let help = format!("remove `{network}` from `networks:` of one of them");
                violations.push(Violation { help, ..violation(other, expected, found, Some(row)) });
            }
        }
    }
    Ok(violations)
}

fn leads_by_files(world: &mut World, arguments: &Arguments, wanted: &str) -> StepResult {
    let project = world.project()?;
    let network = arguments.text(0)?;
    known(&project, network)?;
    let rows = declared_rows(&project, named("networks")?);
    leads(world, &project, (network, wanted), &rows)
}

async fn leads_on_stack(world: &mut World, arguments: &Arguments, wanted: &str) -> StepResult {
    let network = arguments.text(0)?;
    known(&world.running()?.stack.project, network)?;
    walk(world, &format!("network \"{network}\" is there")).await?;
    let look = Look::at(&world.running()?.stack).await?;
    let rows = facts::observed(named("networks")?, &look)?;
    leads(world, &look.project, (network, wanted), &rows)
}

/// Whether a network leads out, as is wanted.
fn leads(
    world: &mut World,
    project: &Project,
    (network, wanted): (&str, &str),
    rows: &[Row],
) -> StepResult {
    let told = |way: &str| if way == "no" { "no way out" } else { "a way out" };
    let row = rows.iter().find(|row| row.subject == network).ok_or_else(|| {
        Undecided::new(format!("see whether network \"{network}\" leads out"), "nobody is on it")
            .help("attach a service to it, or remove it from `networks:`")
    })?;
    let way = row.value.get(1).and_then(|cell| cell.known()).ok_or_else(|| {
        Undecided::new(format!("see whether network \"{network}\" leads out"), "nobody says it")
    })?;
    if way != wanted {
        let expected = format!("network \"{network}\" has {}", told(wanted));
        let found = match row.shown.as_str() {
            "" => format!("it has {}", told(way)),
            shown => format!("it has {} ({shown})", told(way)),
        };
        let help = match wanted {
            "no" => format!("set `internal: true` for network \"{network}\""),
            _ => format!("remove `internal: true` from network \"{network}\""),
        };
        let subject = format!("networks.{network}");
        let one = Violation { subject, expected, found, at: row.at, help };
        return judged(project, None, vec![one]);
    }
    let told = if row.shown.is_empty() { told(way).to_owned() } else { row.shown.clone() };
    world.evidence(format!("network \"{network}\""), told);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cell;

    fn on(service: &str, networks: &[&str]) -> Vec<Row> {
        networks.iter().map(|network| Row::new(service, [*network], None)).collect()
    }

    #[test]
    fn who_shares_the_network_of_another_is_where_that_one_is() {
        let rows = [
            on("web", &["front"]),
            on("aside", &["service:web"]),
            on("alone", &["none"]),
            on("round", &["service:about"]),
            on("about", &["service:round"]),
            on("guest", &["container:somebody"]),
        ]
        .concat();
        let of = |name: &str| {
            let on = networks(&rows, name)?;
            Ok::<_, Undecided>(on.into_iter().map(|(network, _)| network).collect::<Vec<_>>())
        };
        assert_eq!(of("aside").expect("known"), ["front"]);
        assert_eq!(of("alone").expect("known"), [""; 0]);
        assert_eq!(of("round").expect("known"), [""; 0], "a circle ends");
        assert!(of("guest").is_err());
        let open = [Row::new("web", [Cell::Unknown("a stranger's".into())], None)];
        assert!(networks(&open, "web").is_err());
    }
}
