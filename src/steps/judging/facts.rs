//! The judge of closed lists of facts: the rows of a table, held against what the files declare.

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        closed::{Subject, differing, lines},
        declared,
        looks::without,
        walk::walk,
    },
};
use crate::{
    compose::Project,
    facts::{self, Row, Topic, difference, mounts::resolved, ports},
    probe::facts::{Look, asked, observed},
    run::Failure,
};

/// Judges a closed list of a topic by the files.
pub(crate) fn by_files(world: &mut World, arguments: &Arguments, topic: &str) -> StepResult {
    let project = world.project()?;
    let topic = named(topic)?;
    judge(world, &project, topic, &written(topic, &arguments.rows), &declared_rows(&project, topic))
}

/// Judges a closed list of a topic by the running stack; services that were not brought up are left out.
pub(crate) async fn on_stack(world: &mut World, arguments: &Arguments, topic: &str) -> StepResult {
    let topic = named(topic)?;
    let running = world.running()?;
    // How many containers there are is what replicas are about; whatever else is said of a service
    // needs all of them.
    let idle = if topic.name == "replicas" {
        Vec::new()
    } else {
        walk(world, &format!("exactly these {}", what(topic))).await?.idle
    };
    let look = Look::at(&running.stack).await?;
    let rows = if topic.is_of_services() {
        written(topic, &without(arguments, &idle).rows)
    } else {
        written(topic, &arguments.rows)
    };
    let wanted = asked(topic, &look, rows);
    let seen = observed(topic, &look)?;
    let lines: Vec<String> =
        seen.iter().map(|row| format!("{} {}", row.line(), row.shown)).collect();
    let there: Vec<Row> = seen.into_iter().map(Row::sayable).collect();
    judge(world, &look.project, topic, &wanted, &there)?;
    world.evidence(format!("{} of the running stack", what(topic)), lines.join("\n"));
    Ok(())
}

/// A topic by its name.
pub(crate) fn named(topic: &str) -> Result<&'static Topic, Failure> {
    facts::topic(topic).ok_or_else(|| Failure::undecided("find a topic of facts", topic))
}

/// The rows of a table.
pub(crate) fn written(topic: &Topic, rows: &[Vec<String>]) -> Vec<Row> {
    // A path is what the container resolves it to, however it is spelt.
    let paths = ["mounts", "writable", "secrets", "configs"].contains(&topic.name);
    let path = topic.columns.iter().position(|column| paths && *column == "path");
    let address = topic.columns.iter().position(|column| *column == "host address");
    let row = |cells: &Vec<String>| {
        let resolved = |(at, cell): (usize, &String)| match Some(at) {
            at if at == path => resolved(cell),
            at if at == address => ports::address_cell(cell),
            _ => cell.clone(),
        };
        let cells: Vec<String> = cells.iter().enumerate().map(resolved).collect();
        Row::written(&cells, topic.leaves_open())
    };
    rows.iter().map(row).collect()
}

/// What the files declare, as tables can say it.
pub(crate) fn declared_rows(project: &Project, topic: &Topic) -> Vec<Row> {
    (topic.declared)(project).into_iter().map(Row::sayable).collect()
}

/// What a topic's facts are called in messages.
fn what(topic: &Topic) -> &'static str {
    match topic.name {
        "command" => "commands",
        "health" => "health checks",
        "logging" => "log drivers",
        "restart" => "restart policies",
        "writable" => "writable paths",
        "profiles" => "services of profiles",
        name => name,
    }
}

/// Holds what a table says against what is so; nobody knows is undecided, unless the table leaves it
/// open as well.
pub(crate) fn judge(
    world: &mut World,
    project: &Project,
    topic: &Topic,
    wanted: &[Row],
    there: &[Row],
) -> StepResult {
    let compared = difference::compare(topic, wanted, there);
    if !compared.differences.is_empty() {
        let subject = Subject {
            what: what(topic),
            key: topic.key,
            section: !topic.is_of_services(),
            topic: Some(topic),
        };
        return Err(differing(project, &subject, wanted, &compared.differences));
    }
    let says = |row: &Row, column: &str| {
        let at = topic.columns.iter().position(|known| *known == column);
        at.and_then(|at| row.value.get(at)).is_some_and(|cell| cell.unknown().is_none())
    };
    // A row of the table leaves open on purpose what it leaves open.
    let asked = |open: &&difference::Open<'_>| {
        there.iter().any(|row| std::ptr::eq(row, open.row)) && says(open.other, open.column)
    };
    if let Some(open) = compared.open.iter().find(asked) {
        let tried = format!("find out the {} of \"{}\"", open.column, open.row.subject);
        let failure = Failure::undecided(tried, open.why)
            .help("say it in the Compose files, or write `any` in the table");
        return Err(match open.row.at {
            Some(origin) => declared::point(project, origin, failure),
            None => declared::point_key(project, &open.row.subject, topic.key, failure),
        });
    }
    world.evidence(what(topic), lines(there));
    Ok(())
}
