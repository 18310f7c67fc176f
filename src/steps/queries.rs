//! How many statements a request costs, and how the database executes them.

use std::time::Duration;

use reqwest::Method;

use super::{Arguments, Step, StepResult, World, http};
use crate::{probe::sql, run::Failure};

/// How long a single request may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What to do when there is no statement that could be judged.
const NO_STATEMENT: &str = "either the request asks the database nothing (its result may be \
                            cached), or the application does not write the id into its statements";

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "the request runs {number} queries in {service}",
        "So many statements carried the id of the last request.",
        "the request runs 0 queries in \"db\"",
    )
    .observed(|world, arguments| Box::pin(runs(world, arguments))),
    Step::then(
        "requests for {path} and {path} run as many queries in {service}",
        "Both run the same number of statements, at least one, and the second answer is the longer one: their number does not grow with the rows.",
        "requests for \"/orders?limit=5\" and \"/orders?limit=100\" run as many queries in \"db\"",
    )
    .observed(|world, arguments| Box::pin(as_many(world, arguments))),
    Step::then(
        "every query of the request in {service} uses an index",
        "The database, asked to EXPLAIN the statements that carried the id of the last request, reads no table as a whole.",
        "every query of the request in \"db\" uses an index",
    )
    .observed(|world, arguments| Box::pin(uses_index(world, arguments))),
];

async fn statements(world: &World, service: &str, id: &str) -> Result<Vec<String>, Failure> {
    let taps = world.running()?.taps().await?;
    let tap = taps.iter().find(|tap| tap.container.service == service).ok_or_else(|| {
        Failure::finding(
            format!("service \"{service}\" is a database"),
            "no server that can be listened to runs in it",
        )
        .place(format!("service \"{service}\""))
        .help("name the service in which MySQL or MariaDB runs")
    })?;
    Ok(tap.heard(id).await?)
}

async fn runs(world: &mut World, arguments: &Arguments) -> StepResult {
    let (wanted, service) = (arguments.number(0)?, arguments.text(1)?);
    let id = world.exchange()?.id.clone();
    let statements = statements(world, service, &id).await?;
    if statements.len() as u64 == wanted {
        world.saw(
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
    world.running()?.taps().await?;
    let (mut counts, mut lengths) = (Vec::new(), Vec::new());
    for path in [arguments.text(0)?, arguments.text(1)?] {
        let exchange = http::exchange(world, Method::GET, path, None, PATIENCE).await?;
        if exchange.status >= 400 {
            return Err(http::refused(world, &exchange));
        }
        lengths.push((path, exchange.body.len()));
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
        world.saw(
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
        .filter(|statement| statement.to_lowercase().contains("select"))
        .collect();
    if selects.is_empty() {
        return Err(Failure::finding(
            "the request reads from the database",
            "none of its statements is a SELECT",
        )
        .place(format!("the request {id} in service \"{service}\""))
        .help(NO_STATEMENT));
    }
    let mut conn = sql::connect(&container, sql::Login::Application).await?;
    for select in &selects {
        let plan = sql::explain(&mut conn, select).await?;
        let shown: Vec<String> = plan.iter().map(sql::shown).collect();
        // "EXPLAIN Output Format" in MySQL's manual: type ALL is a full scan.
        let scans = plan
            .iter()
            .any(|row| row.get("type").is_some_and(|kind| kind.as_deref() == Some("ALL")));
        let keyless = plan.iter().any(|row| {
            row.get("table").is_some_and(Option::is_some)
                && row.get("key").is_some_and(Option::is_none)
        });
        if scans || keyless {
            return Err(Failure::finding(
                "an index is used",
                format!("{select}\n{}", shown.join("\n")),
            )
            .place(format!(
                "table {} in service \"{service}\"",
                plan.iter().find_map(|row| row.get("table").cloned().flatten()).unwrap_or_default()
            ))
            .help("add an index on the columns of the condition"));
        }
        world.saw(format!("EXPLAIN in \"{service}\""), format!("{select}\n{}", shown.join("\n")));
    }
    let _closed = conn.disconnect().await;
    Ok(())
}
