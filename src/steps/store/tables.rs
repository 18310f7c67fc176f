//! Whether tables, databases and extensions are there, how many rows there are, and what a query
//! returns, of whichever relational database runs.

use std::time::{Duration, Instant};

use crate::probe::store::Means;
use crate::steps::{
    Arguments, Step, StepResult, World,
    language::{arguments::Scalar, grammar::reads_only},
};
use crate::{
    probe::store::{Database, Login, OpenDatabase, Table},
    run::Failure,
    stack::engine::Container,
};

use super::{
    absence::{absent, no_table},
    cells::{self, Cell},
    stores::way_to,
};

/// How many rows of an answer are shown.
const SHOWN: usize = 20;
/// So long may a query take at least, that begins when the time is nearly over.
const LEAST: Duration = Duration::from_secs(1);

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "table {text} in {service} exists",
        "The application's database has this table or view; one outside of the search path is named with its schema, as \"sales.orders\".",
        "table \"items\" in \"database\" exists",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| Box::pin(count(world, arguments, "such a table", |n| n.is_some()))),
    Step::then(
        "table {text} in {service} does not exist",
        "The application's database has no such table or view.",
        "table \"old_orders\" in \"database\" does not exist",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| Box::pin(count(world, arguments, "no such table", |n| n.is_none()))),
    Step::then(
        "table {text} in {service} is empty",
        "The table is there and has no row.",
        "table \"failed_jobs\" in \"database\" is empty",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| Box::pin(count(world, arguments, "no row", |n| n == Some(0)))),
    Step::then(
        "table {text} in {service} is not empty",
        "The table has a row.",
        "table \"items\" in \"database\" is not empty",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| {
        Box::pin(count(world, arguments, "a row", |n| n.is_some_and(|n| n > 0)))
    }),
    Step::then(
        "table {text} in {service} has exactly {number} rows",
        "The table has so many rows.",
        "table \"countries\" in \"database\" has exactly 249 rows",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| {
        Box::pin(async move {
            let wanted = arguments.number(2)?;
            let expected = format!("exactly {wanted} rows");
            count(world, arguments, &expected, |n| n == Some(wanted)).await
        })
    }),
    Step::then(
        "table {text} in {service} has at least {number} rows",
        "The table has so many rows or more.",
        "table \"items\" in \"database\" has at least 30 rows",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| {
        Box::pin(async move {
            let wanted = arguments.number(2)?;
            let expected = format!("at least {wanted} rows");
            count(world, arguments, &expected, |n| n.is_some_and(|n| n >= wanted)).await
        })
    }),
    Step::then(
        "query {text} in {service} returns:",
        "The query, which may only read, returns these columns and rows in this order, and no others; equal rows as often as they are written. NULL is written NULL, and a text in quotes is the text between them: \"NULL\" is a text.",
        "query \"SELECT state, COUNT(*) AS number FROM orders GROUP BY state ORDER BY state\" in \"database\" returns:",
    )
    .asks(Means::Database)
    .free(&["state", "number"])
    .waits()
    .observed(|world, arguments| Box::pin(returns_rows(world, arguments))),
    Step::then(
        "query {text} in {service} returns {value}",
        "The query, which may only read, returns one row of one column, with this value.",
        "query \"SELECT COUNT(*) FROM orders\" in \"database\" returns 3",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| Box::pin(returns_value(world, arguments))),
    Step::then(
        "database {text} exists in {service}",
        "The server has a database of this name.",
        "database \"shop\" exists in \"database\"",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| Box::pin(listed(world, arguments, DATABASES, true))),
    Step::then(
        "database {text} does not exist in {service}",
        "The server has no database of this name.",
        "database \"test\" does not exist in \"database\"",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| Box::pin(listed(world, arguments, DATABASES, false))),
    Step::then(
        "extension {text} is installed in {service}",
        "The application's database of PostgreSQL has this extension.",
        "extension \"pgcrypto\" is installed in \"database\"",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| Box::pin(listed(world, arguments, EXTENSIONS, true))),
    Step::then(
        "extension {text} is not installed in {service}",
        "The application's database of PostgreSQL does not have this extension.",
        "extension \"dblink\" is not installed in \"database\"",
    )
    .asks(Means::Database)
    .waits()
    .observed(|world, arguments| Box::pin(listed(world, arguments, EXTENSIONS, false))),
];

/// What a server lists, and what to do when it is not as a sentence says.
#[derive(Clone, Copy)]
struct Kind {
    one: &'static str,
    name: &'static str,
    login: Login,
    help: &'static str,
}

const DATABASES: Kind = Kind {
    one: "a",
    name: "database",
    // Others see only what they have rights on.
    login: Login::Root,
    help: "databases are made by the image's variables and by what lies in /docker-entrypoint-initdb.d, and only while the volume is empty",
};
const EXTENSIONS: Kind = Kind {
    one: "an",
    name: "extension",
    login: Login::Application,
    help: "CREATE EXTENSION belongs into a migration, or into /docker-entrypoint-initdb.d",
};

/// A database, and how it is connected to.
struct Way {
    container: Container,
    open: OpenDatabase,
}

async fn way(world: &World, service: &str) -> Result<Way, Failure> {
    let container = world.replica(service).await?;
    let open = way_to(world, &container).await?;
    Ok(Way { container, open })
}

impl Way {
    /// A connection of its own for each look: a server that went meanwhile says so.
    async fn connect(&self, login: Login) -> Result<Box<dyn Database>, Failure> {
        let opened = (self.open)(&self.container, login).await;
        opened.map_err(|why| Failure::from(why).services([&self.container.service]))
    }
}

async fn count(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    fits: impl Fn(Option<u64>) -> bool,
) -> StepResult {
    let (table, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let way = way(world, service).await?;
    let place = format!("table \"{table}\" in service \"{service}\"");
    let seen = world
        .eventually(arguments.within, || async {
            let mut connection = way.connect(Login::Application).await?;
            let number = connection.count(&table).await;
            let elsewhere = match number {
                Ok(None) => connection.elsewhere(&table).await,
                _ => Ok(Vec::new()),
            };
            connection.close().await;
            let of_service = |why| Failure::from(why).services([service]);
            let (number, elsewhere) =
                (number.map_err(of_service)?, elsewhere.map_err(of_service)?);
            let told = number
                .map_or_else(|| absent(&table, &elsewhere), |number| format!("{number} rows"));
            if fits(number) {
                return Ok(told);
            }
            if number.is_none() {
                return Err(no_table(&table, service, expected.to_owned(), &elsewhere));
            }
            Err(Failure::finding(expected, told).place(place.clone()).services([service]).help(
                "look at who writes this table, and who empties it: migrations, seeds, workers; their logs say more",
            ))
        })
        .await?;
    world.evidence(place, seen);
    Ok(())
}

/// An answer as a table of a feature is written.
fn shown(table: &Table) -> String {
    let line = |row: &[String]| format!("| {} |", row.join(" | "));
    let cells = |row: &Vec<Option<String>>| {
        row.iter().map(|value| cells::shown(value.as_deref())).collect::<Vec<_>>()
    };
    let rows = table.rows.iter().take(SHOWN).map(|row| line(&cells(row)));
    std::iter::once(line(&table.columns)).chain(rows).collect::<Vec<_>>().join("\n")
}

async fn query(
    world: &World,
    arguments: &Arguments,
    expected: &str,
    fits: impl Fn(&Table) -> bool,
) -> Result<(String, Table), Failure> {
    let (statement, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    reads_only(&statement)
        .map_err(|(why, help)| Failure::undecided("run a query", why).help(help))?;
    let way = way(world, service).await?;
    let limit = world.limit(arguments.within)?;
    let begun = Instant::now();
    let table = world
        .eventually(arguments.within, || async {
            let mut connection = way.connect(Login::Application).await?;
            let left = limit.saturating_sub(begun.elapsed()).max(LEAST);
            let Ok(table) = tokio::time::timeout(left, connection.query(&statement)).await else {
                let told = humantime::format_duration(limit);
                return Err(Failure::finding(expected, format!("no answer within {told}"))
                    .place(format!("service \"{service}\": {statement}"))
                    .services([service])
                    .help("look at what the query waits for, or give it more time: within 30 seconds"));
            };
            connection.close().await;
            let table = table.map_err(|why| Failure::from(why).services([service]))?;
            if fits(&table) {
                return Ok(table);
            }
            Err(Failure::finding(expected, format!("{} rows\n{}", table.rows.len(), shown(&table)))
                .place(format!("service \"{service}\": {statement}"))
                .services([service])
                .help("look at who writes these tables; where the order of rows matters, the query says ORDER BY"))
        })
        .await?;
    Ok((format!("{statement} in \"{service}\""), table))
}

async fn returns_rows(world: &mut World, arguments: &Arguments) -> StepResult {
    let columns = arguments.header.clone();
    let read = |row: &Vec<String>| row.iter().map(|cell| Cell::read(world, cell)).collect();
    let rows: Vec<Vec<Cell>> = arguments.rows.iter().map(read).collect::<Result<_, _>>()?;
    let wanted = Table {
        columns: columns.clone(),
        rows: rows.iter().map(|row| row.iter().map(|cell| cell.text.clone()).collect()).collect(),
    };
    let expected = format!("{} rows\n{}", rows.len(), shown(&wanted));
    let fits = |table: &Table| {
        table.columns == columns
            && table.rows.len() == rows.len()
            && table.rows.iter().zip(&rows).all(|(found, wanted)| is_row(found, wanted))
    };
    let (what, table) = query(world, arguments, &expected, fits).await?;
    world.evidence(what, shown(&table));
    Ok(())
}

fn is_row(found: &[Option<String>], wanted: &[Cell]) -> bool {
    found.len() == wanted.len()
        && found.iter().zip(wanted).all(|(found, wanted)| wanted.is(found.as_deref()))
}

async fn returns_value(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = match arguments.scalar(2)? {
        Scalar::Text(text) => Scalar::Text(world.fill(text)?),
        other => other.clone(),
    };
    let expected = match &wanted {
        Scalar::Bool(value) => format!("one value: {value}"),
        Scalar::Number(value) => format!("one value: {value}"),
        Scalar::Text(value) => format!("one value: \"{value}\""),
    };
    let fits = |table: &Table| match table.rows.as_slice() {
        [row] if row.len() == 1 => row[0].as_deref().is_some_and(|found| is(found, &wanted)),
        _ => false,
    };
    let (what, table) = query(world, arguments, &expected, fits).await?;
    world.evidence(what, shown(&table));
    Ok(())
}

/// Whether a server's text is a value: truth is `t` in one product and `1` in another.
fn is(found: &str, wanted: &Scalar) -> bool {
    match wanted {
        Scalar::Bool(true) => matches!(found, "t" | "true" | "1"),
        Scalar::Bool(false) => matches!(found, "f" | "false" | "0"),
        Scalar::Number(number) => {
            found.parse::<f64>().is_ok_and(|found| found.total_cmp(number).is_eq())
        }
        Scalar::Text(text) => found == text,
    }
}

async fn listed(world: &mut World, arguments: &Arguments, kind: Kind, wanted: bool) -> StepResult {
    let (name, service) = (arguments.text(0)?, arguments.text(1)?);
    let way = way(world, service).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let mut connection = way.connect(kind.login).await?;
            let listed = match kind.name {
                "extension" => connection.extensions().await,
                _ => connection.databases().await,
            };
            connection.close().await;
            let listed = listed.map_err(|why| Failure::from(why).services([service]))?;
            let told = format!("there are: {}", listed.join(", "));
            if listed.iter().any(|known| known == name) == wanted {
                return Ok(told);
            }
            let some = if wanted { kind.one } else { "no" };
            Err(Failure::finding(format!("{some} {} \"{name}\"", kind.name), told)
                .place(format!("service \"{service}\""))
                .services([service])
                .help(kind.help))
        })
        .await?;
    world.evidence(format!("{} \"{name}\" in \"{service}\"", kind.name), seen);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_same_in_the_words_of_every_product() {
        for (found, wanted, same) in [
            ("t", Scalar::Bool(true), true),
            ("1", Scalar::Bool(true), true),
            ("f", Scalar::Bool(true), false),
            ("3.00", Scalar::Number(3.0), true),
            ("4", Scalar::Number(3.0), false),
            ("three", Scalar::Number(3.0), false),
            ("aye", Scalar::Text("aye".into()), true),
            ("Aye", Scalar::Text("aye".into()), false),
        ] {
            assert_eq!(is(found, &wanted), same, "{found} and {wanted:?}");
        }
    }

    #[test]
    fn an_answer_is_shown_as_a_feature_has_it() {
        let table = Table {
            columns: vec!["id".into(), "name".into()],
            rows: vec![vec![Some("1".into()), None], vec![Some("2".into()), Some("NULL".into())]],
        };
        assert_eq!(shown(&table), "| id | name |\n| 1 | NULL |\n| 2 | \"NULL\" |");
    }
}
