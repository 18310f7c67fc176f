//! Who is on which network, by the files or by the engine's word.

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        declared::{self, key_origin, section},
        facts::{declared_rows, named},
        looks::seen_of,
        verdict::judged,
        walk::walk,
    },
};
use crate::{
    compose::{Project, journal::Origin},
    facts::{Row, Violation, answers::services},
    probe::facts::{Look, attachments_of},
    run::Failure,
    words::quoted_list,
};

/// Where a network is declared that no service is on, so that the engine never makes it.
pub(super) fn unused(project: &Project, network: &str) -> Option<Origin> {
    let dropped = project.journal.dropped().iter();
    let mut networks = dropped.filter(|dropped| dropped.section == "networks");
    networks.find(|dropped| &*dropped.name == network).map(|dropped| dropped.origin)
}

/// Sees to it that the files have a network, and a service on it.
pub(super) fn known(project: &Project, network: &str) -> StepResult {
    if project.networks.contains_key(network) {
        return Ok(());
    }
    if let Some(origin) = unused(project, network) {
        let tried = format!("look at network \"{network}\"");
        let failure = Failure::undecided(tried, "no service is on it, so that nothing makes it")
            .help(format!("attach a service to it, or remove `{network}` from `networks:`"));
        return Err(declared::point(project, origin, failure));
    }
    let names = quoted_list(project.networks.keys().map(String::as_str));
    let failure = Failure::finding(
        format!("there is a network \"{network}\""),
        format!("the networks are {names}"),
    )
    .help(format!("add `{network}:` to `networks:`, or correct the name"));
    Err(section(project, "networks", failure))
}

/// The attachments of one service, and where they are written.
fn of_service(project: &Project, rows: &[Row], name: &str) -> (Vec<Row>, Option<Origin>) {
    let own = rows.iter().filter(|row| row.subject == name).cloned().collect();
    (own, key_origin(project, name, "networks"))
}

pub(super) fn one_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let network = arguments.text(0)?;
    let project = world.project()?;
    known(&project, network)?;
    let rows = declared_rows(&project, named("attachments")?);
    let mut violations = Vec::new();
    for (name, _) in services::made(&project) {
        let (own, place) = of_service(&project, &rows, name);
        violations.extend(elsewhere(network, name, &own, place));
    }
    judged(&project, None, violations)?;
    let names = services::made(&project).map(|(name, _)| name.as_str());
    world.evidence(format!("network \"{network}\""), names.collect::<Vec<_>>().join(", "));
    Ok(())
}

pub(super) async fn one_on_stack(world: &mut World, arguments: &Arguments) -> StepResult {
    let network = arguments.text(0)?;
    let running = world.running()?;
    known(&running.stack.project, network)?;
    let expected = format!("every service is attached to network \"{network}\" and to no other");
    let walked = walk(world, &expected).await?;
    let look = Look::at(&running.stack).await?;
    let (mut violations, mut shown) = (Vec::new(), Vec::new());
    for container in walked.containers() {
        let rows = attachments_of(&look, seen_of(&look, container)?);
        let place = key_origin(&look.project, &container.service, "networks");
        let violation = elsewhere(network, &container.service, &rows, place);
        // Replicas are on the same networks.
        let is_new = |one: &Violation| {
            violations.iter().all(|known: &Violation| known.subject != one.subject)
        };
        if let Some(violation) = violation.filter(is_new) {
            violations.push(violation);
        }
        shown.extend(rows.into_iter().map(|row| row.shown));
    }
    judged(&look.project, None, violations)?;
    world.evidence(format!("network \"{network}\""), shown.join("\n"));
    Ok(())
}

pub(super) fn nobody_else_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (wanted, network) = (arguments.names(0)?, arguments.text(1)?);
    let project = world.project()?;
    let mut services = Vec::new();
    for name in wanted {
        declared::service(&project, name)?;
        services.push((name.as_str(), key_origin(&project, name, "networks")));
    }
    let rows = declared_rows(&project, named("attachments")?);
    judged(&project, None, not_these(network, &services, &rows))?;
    world.evidence(format!("network \"{network}\""), wanted.join(", "));
    Ok(())
}

/// The network of an attachment, or a word for one that nobody knows.
fn network_of(row: &Row) -> &str {
    row.value.get(1).and_then(|cell| cell.known()).unwrap_or("that of a container of somebody else")
}

/// Whether it is no network of the files, but a network mode.
fn is_mode(network: &str) -> bool {
    ["host", "none", "bridge"].contains(&network)
        || network.starts_with("service:")
        || network.starts_with("container:")
}

/// Networks in words.
fn told(rows: &[&Row]) -> String {
    match rows {
        [] => "no network".to_owned(),
        _ => quoted_list(rows.iter().map(|row| network_of(row))),
    }
}

/// What keeps a service, or one of its containers, from being on this network alone; `rows` are its
/// attachments, `place` is where they would stand.
fn elsewhere(
    network: &str,
    service: &str,
    rows: &[Row],
    place: Option<Origin>,
) -> Option<Violation> {
    let other = rows.iter().find(|row| network_of(row) != network);
    if other.is_none() && !rows.is_empty() {
        return None;
    }
    let mode = other.map(network_of).filter(|name| is_mode(name));
    let (key, found) = match mode {
        Some(mode) => ("network_mode", format!("its network mode is \"{mode}\"")),
        None => ("networks", format!("it is on {}", told(&rows.iter().collect::<Vec<_>>()))),
    };
    Some(Violation {
        subject: format!("services.{service}.{key}"),
        expected: format!("service \"{service}\" is on network \"{network}\" and on no other"),
        found,
        at: other.and_then(|row| row.at).or(place),
        help: format!("set `networks: [{network}]` for service \"{service}\""),
    })
}

/// Which of these services are not on a network, and who else is; each of them with the place where
/// its attachments would stand.
fn not_these(network: &str, services: &[(&str, Option<Origin>)], rows: &[Row]) -> Vec<Violation> {
    let subject = |service: &str| format!("services.{service}.networks.{network}");
    let missing = services.iter().filter_map(|(service, place)| {
        let own: Vec<&Row> = rows.iter().filter(|row| row.subject == *service).collect();
        let is_there = own.iter().any(|row| network_of(row) == network);
        (!is_there).then(|| Violation {
            subject: subject(service),
            expected: format!("service \"{service}\" is attached to network \"{network}\""),
            found: format!("it is attached to {}", told(&own)),
            at: *place,
            help: format!("add `{network}` to `networks:` of service \"{service}\""),
        })
    });
    let others = rows.iter().filter(|row| {
        network_of(row) == network && services.iter().all(|(service, _)| *service != row.subject)
    });
    let besides = others.map(|row| {
        let service = &row.subject;
        Violation {
            subject: subject(service),
            expected: format!("no other service is attached to network \"{network}\""),
            found: format!("service \"{service}\" is"),
            at: row.at,
            help: format!("remove `{network}` from `networks:` of service \"{service}\""),
        }
    });
    missing.chain(besides).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cell;

    fn on(service: &str, networks: &[&str]) -> Vec<Row> {
        networks.iter().map(|network| Row::new(service, [*network], None)).collect()
    }

    #[test]
    fn a_service_is_on_one_network_and_on_no_other() {
        let of = |rows: &[Row]| elsewhere("back", "web", rows, None).map(|one| one.found);
        assert_eq!(of(&on("web", &["back"])), None);
        assert_eq!(of(&on("web", &["front"])).as_deref(), Some("it is on \"front\""));
        assert_eq!(
            of(&on("web", &["back", "front"])).as_deref(),
            Some("it is on \"back\" and \"front\"")
        );
        assert_eq!(of(&[]).as_deref(), Some("it is on no network"));
        for mode in ["host", "none", "service:db"] {
            let found = format!("its network mode is \"{mode}\"");
            assert_eq!(of(&on("web", &[mode])), Some(found));
        }
        let unknown = Row::new("web", [Cell::Unknown("a stranger's".into())], None);
        let found = of(&[unknown]).expect("a violation");
        assert!(found.contains("a container of somebody else"), "{found}");
        let violation = elsewhere("back", "web", &on("web", &["host"]), None).expect("one");
        assert_eq!(violation.subject, "services.web.network_mode");
    }

    #[test]
    fn these_services_are_on_a_network_and_nobody_else_is() {
        let rows: Vec<Row> =
            [on("web", &["front", "back"]), on("db", &["back"]), on("mail", &["front"])].concat();
        let of = |network: &str, services: &[&str]| {
            let services: Vec<_> = services.iter().map(|name| (*name, None)).collect();
            let violations = not_these(network, &services, &rows);
            violations.into_iter().map(|one| (one.subject, one.found)).collect::<Vec<_>>()
        };
        let pair = |subject: &str, found: &str| (subject.to_owned(), found.to_owned());
        assert_eq!(of("back", &["web", "db"]), []);
        assert_eq!(of("back", &["web"]), [pair("services.db.networks.back", "service \"db\" is")]);
        assert_eq!(
            of("front", &["web", "db", "mail"]),
            [pair("services.db.networks.front", "it is attached to \"back\"")]
        );
        assert_eq!(
            of("front", &["web", "mail", "idle"]),
            [pair("services.idle.networks.front", "it is attached to no network")]
        );
    }
}
