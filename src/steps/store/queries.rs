//! How many statements a request costs, and how the database executes them.

use std::time::Duration;

use reqwest::Method;

use crate::probe::store::Means;
use crate::steps::{Arguments, Step, StepResult, Touch, World, traffic::http};
use crate::{
    probe::store::{self, Login},
    run::Failure,
};

/// How long a single request may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What to do when there is no statement that could be judged.
const NO_STATEMENT: &str = "either the request asks the database nothing (its result may be \
                            cached), or the application does not write the id into its statements";

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "the request runs {number} queries in {service}",
        "So many statements carried the id of the last request.",
        "the request runs 0 queries in \"database\"",
    )
    .asks(Means::Tap)
    .asks_stores(|arguments| database(arguments, 1))
    .observed(|world, arguments| Box::pin(runs(world, arguments))),
    Step::then(
        "requests for {path} and {path} run as many queries in {service}",
        "Both run the same number of statements, at least one, and the second answer is the longer one: their number does not grow with the rows.",
        "requests for \"/items?limit=5\" and \"/items?limit=100\" run as many queries in \"database\"",
    )
    .asks(Means::Tap)
    .touches(Touch::Visit)
    .asks_stores(|arguments| database(arguments, 2))
    .observed(|world, arguments| Box::pin(as_many(world, arguments))),
    Step::then(
        "every query of the request in {service} uses an index",
        "The database, asked to EXPLAIN the statements that carried the id of the last request, reads no table as a whole.",
        "every query of the request in \"database\" uses an index",
    )
    .asks(Means::Tap)
    .asks_stores(|arguments| database(arguments, 0))
    .observed(|world, arguments| Box::pin(uses_index(world, arguments))),
];

fn database(arguments: &Arguments, at: usize) -> Vec<String> {
    arguments.text(at).map(str::to_owned).into_iter().collect()
}

/// The statements that carried a request's id, at all replicas of a service.
async fn statements(world: &World, service: &str, id: &str) -> Result<Vec<String>, Failure> {
    let running = world.running()?;
    running.stack.service(service).await?;
    let taps = running.taps(service).await?.ok_or_else(|| {
        Failure::finding(
            format!("service \"{service}\" is a database"),
            "no server that can be listened to runs in it",
        )
        .place(format!("service \"{service}\""))
        .help("name the service in which the database runs")
    })?;
    let mut statements = Vec::new();
    for tap in &taps {
        statements.extend(tap.heard(id).await?);
    }
    Ok(statements)
}

async fn runs(world: &mut World, arguments: &Arguments) -> StepResult {
    let (wanted, service) = (arguments.number(0)?, arguments.text(1)?);
    // An error page runs no query either.
    let id = http::answer(world)?.id.clone();
    let statements = statements(world, service, &id).await?;
    if statements.len() as u64 == wanted {
        world.evidence(
            format!("statements of the request in \"{service}\""),
            if statements.is_empty() { "none".to_owned() } else { statements.join("\n") },
        );
        return Ok(());
    }
    Err(Failure::finding(
        format!("{wanted} queries"),
        format!("{} queries\n{}", statements.len(), statements.join("\n")).trim_end().to_owned(),
    )
    .place(format!("the request {id} in service \"{service}\""))
    .help(if statements.is_empty() {
        NO_STATEMENT
    } else {
        "fetch related rows at once (eager loading), or keep results in the cache"
    }))
}

async fn as_many(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(2)?;
    let (mut counts, mut lengths) = (Vec::new(), Vec::new());
    for path in [world.fill(arguments.text(0)?)?, world.fill(arguments.text(1)?)?] {
        let exchange =
            http::exchange(world, Method::GET, &path, http::Body::None, PATIENCE).await?;
        if exchange.status >= 400 {
            return Err(http::refused(world, &exchange));
        }
        lengths.push((path.clone(), exchange.body.len()));
        counts.push((path, statements(world, service, &exchange.id).await?));
    }
    // Two answers with the same rows would cost the same however they are fetched.
    if lengths[0].1 >= lengths[1].1 {
        let shown: Vec<String> =
            lengths.iter().map(|(path, length)| format!("{path}: {length} bytes")).collect();
        return Err(Failure::finding(
            "the second answer is longer than the first, as it has more rows",
            shown.join("\n"),
        )
        .place(format!("service \"{service}\""))
        .help("ask for few rows first and for many after"));
    }
    let shown: Vec<String> = counts
        .iter()
        .map(|(path, statements)| format!("{path}: {} queries", statements.len()))
        .collect();
    if counts[0].1.len() == counts[1].1.len() && !counts[0].1.is_empty() {
        world.evidence(
            format!("statements in \"{service}\""),
            format!("{}\n{}", shown.join("\n"), counts[1].1.join("\n")),
        );
        return Ok(());
    }
    let repeated: Vec<String> = counts[1].1.iter().take(5).cloned().collect();
    Err(Failure::finding(
        "as many queries for few rows as for many, and at least one",
        format!("{}\n{}", shown.join("\n"), repeated.join("\n")),
    )
    .place(format!("service \"{service}\""))
    .help(if counts[0].1.is_empty() {
        NO_STATEMENT
    } else {
        "fetch related rows at once (eager loading) instead of one by one"
    }))
}

async fn uses_index(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?;
    let id = world.exchange()?.id.clone();
    let container = world.replica(service).await?;
    let selects: Vec<String> = statements(world, service, &id)
        .await?
        .into_iter()
        .filter(|statement| store::reads(statement))
        .collect();
    if selects.is_empty() {
        return Err(Failure::finding(
            "the request reads from the database",
            "none of its statements is a SELECT",
        )
        .place(format!("the request {id} in service \"{service}\""))
        .help(NO_STATEMENT));
    }
    let open = store::database(&world.running()?.stack.engine, &container).await?;
    let mut connection = open(&container, Login::Application).await?;
    for select in &selects {
        let plan = connection.plan(select).await?;
        let shown = format!("{select}\n{}", plan.lines.join("\n"));
        if plan.scans {
            let table = plan.table.unwrap_or_default();
            return Err(Failure::finding("an index is used", shown)
                .place(format!("table {table} in service \"{service}\""))
                .help("add an index on the columns of the condition"));
        }
        world.evidence(format!("EXPLAIN in \"{service}\""), shown);
    }
    connection.close().await;
    Ok(())
}
