//! What the stack publishes on the host: by the files, or by the engine's word, borne out by the
//! kernel's.
//!
//! Where host ports were moved to free ones, an observed port is spoken of by its
//! declaration: the binding that the engine made for it is what was observed.

use std::sync::Arc;

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        closed::lines,
        declared::{self, key_origin},
        facts::{declared_rows, named, written},
        looks::without,
        verdict::judged,
        walk::{Walked, walk},
    },
};
use crate::{
    compose::{Project, journal::Origin},
    facts::{Row, Violation, difference::compare_by},
    probe::facts::{self, Look},
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "exactly these ports are published:",
        "The stack publishes these ports of these services on these host ports and addresses (any, loopback, or an address), and no other.",
        "exactly these ports are published:",
    )
    .table(&["service", "port", "host port", "host address"])
    .declared(|world, arguments| by_files(world, arguments, exactly))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, exactly))),
    Step::then(
        "no service but {services} publishes a port",
        "Nothing listens on the host because of any other service.",
        "no service but \"web\" publishes a port",
    )
    .declared(|world, arguments| by_files(world, arguments, no_service_but))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, no_service_but))),
    Step::then(
        "service {service} is published on the loopback interface only",
        "The service is published, and each of its host ports is reachable from this machine alone.",
        "service \"database\" is published on the loopback interface only",
    )
    .declared(|world, arguments| by_files(world, arguments, loopback_only))
    .observed(|world, arguments| {
        Box::pin(async move {
            world.service(arguments.text(0)?).await?;
            on_stack(world, arguments, loopback_only).await
        })
    }),
    Step::then(
        "host ports {ports} are published on the loopback interface only",
        "Each of these ports of the host leads to a service, and is reachable from this machine alone.",
        "host ports 3306 and 6379 are published on the loopback interface only",
    )
    .declared(|world, arguments| by_files(world, arguments, these_on_loopback))
    .observed(|world, arguments| Box::pin(on_stack(world, arguments, these_on_loopback))),
];

/// The ports that are published, by either truth, and the files that their places are in.
pub(crate) struct There<'p> {
    pub(crate) project: &'p Project,
    /// Rows of the topic `ports`, sorted, each once.
    pub(crate) rows: Vec<Row>,
}

impl<'p> There<'p> {
    fn new(world: &mut World, project: &'p Project, mut rows: Vec<Row>) -> Self {
        rows.sort_by(|a, b| a.value.cmp(&b.value));
        let line = |row: &Row| match row.shown.as_str() {
            "" => row.line(),
            shown => format!("{}: {shown}", row.line()),
        };
        let seen: Vec<String> = rows.iter().map(line).collect();
        world.evidence(
            "published ports",
            if seen.is_empty() { "none".into() } else { seen.join("\n") },
        );
        // Replicas publish the same.
        rows.dedup_by(|a, b| a.value == b.value);
        Self { project, rows }
    }

    /// Where the ports of a service are written, or would be.
    pub(crate) fn place(&self, service: &str) -> Option<Origin> {
        key_origin(self.project, service, "ports")
    }
}

/// The ports that the files publish.
pub(crate) fn declared<'p>(world: &mut World, project: &'p Project) -> Result<There<'p>, Failure> {
    Ok(There::new(world, project, declared_rows(project, named("ports")?)))
}

/// The ports that the running stack publishes.
pub(crate) fn observed<'p>(world: &mut World, look: &'p Look) -> Result<There<'p>, Failure> {
    Ok(There::new(world, &look.project, facts::observed(named("ports")?, look)?))
}

/// The stack as it is now: the services that there should be, and a look at their containers.
pub(crate) async fn look(world: &mut World) -> Result<(Walked, Look), Failure> {
    let running = world.running()?;
    let walked = walk(world, "what the stack publishes").await?;
    Ok((walked, Look::at(&running.stack).await?))
}

/// A sentence: its words, held against the ports that are published.
pub(super) type Judge = fn(&Arguments, &There<'_>) -> StepResult;

pub(super) fn by_files(world: &mut World, arguments: &Arguments, judge: Judge) -> StepResult {
    let project: Arc<Project> = world.project()?;
    judge(arguments, &declared(world, &project)?)
}

pub(super) async fn on_stack(world: &mut World, arguments: &Arguments, judge: Judge) -> StepResult {
    let (walked, look) = look(world).await?;
    let there = observed(world, &look)?;
    // Nobody publishes the ports of a service that is not started.
    judge(&without(arguments, &walked.idle), &there)
}

fn exactly(arguments: &Arguments, there: &There<'_>) -> StepResult {
    let wanted = written(named("ports")?, &arguments.rows);
    let whole = format!("exactly these ports:\n{}", lines(&wanted));
    let violations = differing(&wanted, &there.rows, |service| there.place(service));
    judged(there.project, Some(&whole), violations)
}

fn no_service_but(arguments: &Arguments, there: &There<'_>) -> StepResult {
    let allowed = arguments.names(0)?;
    for name in allowed {
        declared::service(there.project, name)?;
    }
    judged(there.project, None, of_others(allowed, &there.rows))
}

fn loopback_only(arguments: &Arguments, there: &There<'_>) -> StepResult {
    let name = arguments.text(0)?;
    declared::service(there.project, name)?;
    judged(there.project, None, beyond_loopback(name, &there.rows, there.place(name)))
}

/// The parts of a row: service, port, host port, host address.
pub(crate) fn parts(row: &Row) -> [&str; 4] {
    let part = |at: usize| row.value.get(at).and_then(|cell| cell.known()).unwrap_or("?");
    [0, 1, 2, 3].map(part)
}

/// A published port that a sentence is not true of.
pub(crate) fn violation(
    row: &Row,
    expected: impl Into<String>,
    found: impl Into<String>,
    help: impl Into<String>,
) -> Violation {
    Violation {
        subject: format!("services.{}.ports: {}", row.subject, row.line()),
        expected: expected.into(),
        found: found.into(),
        at: row.at,
        help: help.into(),
    }
}

/// Services of which nobody can list the ports: no list of all that is published is whole then.
pub(crate) fn unlisted(there: &[Row]) -> Vec<Violation> {
    let of = |row: &Row| {
        let why = row.value.iter().find_map(|cell| cell.unknown())?;
        let service = &row.subject;
        let expected = format!("the files tell which ports service \"{service}\" publishes");
        let help = format!(
            "remove `network_mode: host`, or the network that is the host's, of service \"{service}\", and publish its ports"
        );
        Some(violation(row, expected, why, help))
    };
    there.iter().filter_map(of).collect()
}

/// Holds the ports that are published against those of a table; `place` is where the ports of a
/// service would stand.
fn differing(
    wanted: &[Row],
    there: &[Row],
    place: impl Fn(&str) -> Option<Origin>,
) -> Vec<Violation> {
    let unlisted = unlisted(there);
    if !unlisted.is_empty() {
        return unlisted;
    }
    let compared = compare_by((&[], &[]), wanted, there);
    let help = |row: &Row| {
        let service = &row.subject;
        format!("change `ports:` of service \"{service}\" there, or document the port here")
    };
    let besides = compared.differences.iter().filter_map(|one| one.there).map(|row| {
        let found = format!("also published: {}", row.line());
        violation(row, "no other ports than those of the table", found, help(row))
    });
    let missing = compared.differences.iter().filter_map(|one| one.wanted).map(|row| {
        let found = format!("not published: {}", row.line());
        Violation { at: place(&row.subject), ..violation(row, row.line(), found, help(row)) }
    });
    besides.chain(missing).collect()
}

/// The ports of services that may publish none.
fn of_others(allowed: &[String], there: &[Row]) -> Vec<Violation> {
    let unlisted = unlisted(there);
    if !unlisted.is_empty() {
        return unlisted;
    }
    let others = there.iter().filter(|row| !allowed.contains(&row.subject));
    let told = others.map(|row| {
        let service = &row.subject;
        let help = format!(
            "remove `ports:` of service \"{service}\": inside the network it is reachable without"
        );
        violation(row, "no other service publishes a port", row.line(), help)
    });
    told.collect()
}

/// The ports of a service that others than this machine can reach; or that it has none, at the place
/// where they would stand.
fn beyond_loopback(service: &str, there: &[Row], place: Option<Origin>) -> Vec<Violation> {
    let expected = format!("service \"{service}\" is published on the loopback interface only");
    let own: Vec<Row> = there.iter().filter(|row| row.subject == service).cloned().collect();
    let unlisted = unlisted(&own);
    if !unlisted.is_empty() {
        return unlisted;
    }
    if own.is_empty() {
        return vec![Violation {
            subject: format!("services.{service}.ports"),
            expected,
            found: "it is not published at all".into(),
            at: place,
            help: format!("publish it: ports: [\"127.0.0.1:PORT:PORT\"] for service \"{service}\""),
        }];
    }
    let elsewhere = own.iter().filter(|row| parts(row)[3] != "loopback");
    let told = elsewhere.map(|row| {
        let [_, port, host_port, _] = parts(row);
        let help = format!("put the address before the port: \"127.0.0.1:{host_port}:{port}\"");
        violation(row, expected.as_str(), row.line(), help)
    });
    told.collect()
}

fn these_on_loopback(arguments: &Arguments, there: &There<'_>) -> StepResult {
    judged(there.project, None, not_on_loopback(arguments.ports(0)?, &there.rows))
}

/// The ports of the host that others than this machine can reach, and those that lead nowhere.
fn not_on_loopback(ports: &[u16], there: &[Row]) -> Vec<Violation> {
    let unlisted = unlisted(there);
    if !unlisted.is_empty() {
        return unlisted;
    }
    let mut violations = Vec::new();
    for wanted in ports {
        let expected = format!("host port {wanted} is published on the loopback interface only");
        let mut of = there.iter().filter(|row| parts(row)[2] == wanted.to_string()).peekable();
        if of.peek().is_none() {
            violations.push(Violation {
                subject: format!("host port {wanted}"),
                expected: expected.clone(),
                found: "no service publishes it".into(),
                at: None,
                help: format!(
                    "publish it: ports: [\"127.0.0.1:{wanted}:PORT\"] for the service that is meant"
                ),
            });
        }
        for row in of.filter(|row| parts(row)[3] != "loopback") {
            let port = parts(row)[1];
            let help = format!("put the address before the port: \"127.0.0.1:{wanted}:{port}\"");
            violations.push(violation(row, expected.as_str(), row.line(), help));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cell;

    fn rows(lines: &[[&str; 4]]) -> Vec<Row> {
        let row = |[service, cells @ ..]: &[&str; 4]| Row::new(service, *cells, None);
        lines.iter().map(row).collect()
    }

    fn told(violations: &[Violation]) -> Vec<&str> {
        violations.iter().map(|one| one.found.as_str()).collect()
    }

    const WEB: [&str; 4] = ["web", "80", "80", "any"];
    const DB: [&str; 4] = ["db", "3306", "3306", "loopback"];

    /// A service in the host's own network.
    fn of_host() -> Vec<Row> {
        let unknown = || Cell::Unknown("whatever it listens on is published".into());
        vec![Row::new("agent", [unknown(), unknown(), unknown()], None)]
    }

    #[test]
    fn the_ports_of_a_table_are_all_there_is_and_all_there() {
        let of = |wanted: &[[&str; 4]], there: &[Row]| {
            let violations = differing(&rows(wanted), there, |_| None);
            told(&violations).iter().map(|found| (*found).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(&[DB, WEB], &rows(&[WEB, DB])), [""; 0]);
        assert_eq!(of(&[], &[]), [""; 0]);
        assert_eq!(of(&[WEB], &rows(&[WEB, WEB])), [""; 0], "replicas");
        assert_eq!(
            of(&[WEB], &rows(&[["web", "80", "80", "loopback"]])),
            [
                "also published: | web | 80 | 80 | loopback |",
                "not published: | web | 80 | 80 | any |"
            ]
        );
        assert_eq!(of(&[WEB], &[]), ["not published: | web | 80 | 80 | any |"]);
        assert_eq!(of(&[], &rows(&[DB])), ["also published: | db | 3306 | 3306 | loopback |"]);
        assert_eq!(of(&[], &of_host()), ["whatever it listens on is published"]);
    }

    #[test]
    fn nobody_publishes_but_who_may() {
        let allowed = ["web".to_owned()];
        assert!(of_others(&allowed, &rows(&[WEB])).is_empty());
        assert!(of_others(&allowed, &[]).is_empty());
        let violations = of_others(&allowed, &rows(&[DB, WEB]));
        assert_eq!(told(&violations), ["| db | 3306 | 3306 | loopback |"]);
        assert_eq!(violations[0].subject, "services.db.ports: | db | 3306 | 3306 | loopback |");
        assert!(violations[0].help.contains("service \"db\""));
        // Not even of who may: nobody could say what else there is.
        let agent = ["agent".to_owned()];
        assert_eq!(of_others(&agent, &of_host()).len(), 1);
    }

    #[test]
    fn ports_of_the_host_are_on_the_loopback_interface_or_told() {
        let there = rows(&[WEB, DB, ["db", "53/udp", "53", "any"]]);
        assert!(not_on_loopback(&[3306], &there).is_empty());
        let violations = not_on_loopback(&[3306, 80, 53, 9], &there);
        assert_eq!(
            told(&violations),
            ["| web | 80 | 80 | any |", "| db | 53/udp | 53 | any |", "no service publishes it"]
        );
        assert!(violations[0].help.contains("\"127.0.0.1:80:80\""));
        assert_eq!(not_on_loopback(&[80], &of_host()).len(), 1);
    }

    #[test]
    fn what_is_on_the_loopback_interface_only_is_published_there_and_nowhere_else() {
        assert!(beyond_loopback("db", &rows(&[WEB, DB]), None).is_empty());
        let none = beyond_loopback("db", &rows(&[WEB]), None);
        assert_eq!(told(&none), ["it is not published at all"]);
        let both = rows(&[DB, ["db", "33060", "33060", "10.0.0.1"], ["db", "53/udp", "53", "any"]]);
        let violations = beyond_loopback("db", &both, None);
        assert_eq!(
            told(&violations),
            ["| db | 33060 | 33060 | 10.0.0.1 |", "| db | 53/udp | 53 | any |"]
        );
        assert!(violations[0].help.contains("\"127.0.0.1:33060:33060\""));
        assert_eq!(beyond_loopback("agent", &of_host(), None).len(), 1);
    }
}
