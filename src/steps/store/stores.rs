//! What lies in the stores: rows of MySQL's tables, keys and lists of Redis.

use std::time::Duration;

use crate::probe::store::Means;
use crate::steps::{Arguments, Step, StepResult, Touch, World};
use crate::{
    probe::store::{self, KeyValue, Login, OpenDatabase, Record},
    run::Failure,
    stack::engine::Container,
};

use super::{
    absence::no_table,
    cells::{self, Cell},
    kinds::read,
};

/// How many rows or items are shown when none fits.
const SHOWN: usize = 5;
/// The pause between two looks at what must not come.
const REST: Duration = Duration::from_millis(200);
/// How long no row more may come once there are as many as there must be.
const SETTLE: Duration = Duration::from_secs(1);

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "table {text} in {service} has exactly one row with:",
        "One row has these values in these columns, and no other gets them within a second. NULL is SQL's NULL, and \"NULL\" in quotes a text.",
        "table \"results\" in \"database\" has exactly one row with:",
    )
    .asks(Means::Database)
    .pairs()
    .waits()
    .observed(|world, arguments| Box::pin(rows(world, arguments, 1))),
    Step::then(
        "table {text} in {service} has exactly {number} rows with:",
        "So many rows have these values in these columns, and no more get them within a second.",
        "table \"results\" in \"database\" has exactly 30 rows with:",
    )
    .asks(Means::Database)
    .pairs()
    .waits()
    .observed(|world, arguments| {
        Box::pin(async move {
            let count = usize::try_from(arguments.number(2)?).unwrap_or(usize::MAX);
            rows(world, arguments, count).await
        })
    }),
    Step::then(
        "these rows have {number} different values of {text}",
        "The rows that were found last have so many different values in this column.",
        "these rows have 3 different values of \"worker\"",
    )
    .asks(Means::Database)
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { different(world, arguments) })),
    Step::then(
        "for {duration} table {text} in {service} has no row with:",
        "No row has these values in these columns, and none gets them in that time.",
        "for 1 second table \"failures\" in \"database\" has no row with:",
    )
    .asks(Means::Database)
    .pairs()
    .observed(|world, arguments| Box::pin(no_row(world, arguments))),
    Step::then(
        "key {text} in {service} is {text}",
        "The string at this key of Redis is this one.",
        "key \"task:{task}:state\" in \"cache\" is \"done\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(key_is(world, arguments))),
    Step::then(
        "a key like {text} in {service} exists",
        "Redis has a key that fits the pattern (`*` is any text).",
        "a key like \"visit:*\" in \"cache\" exists",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(key_exists(world, arguments))),
    Step::when(
        "key {text} in {service} is set to {text}",
        "Sets a key of Redis.",
        "key \"lamp\" in \"cache\" is set to \"aye\"",
    )
    .asks(Means::KeyValue)
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(set_key(world, arguments))),
    Step::when(
        "a subscriber listens to channel {text} in {service}",
        "Subscribes to a channel of Redis, until the scenario ends.",
        "a subscriber listens to channel \"news\" in \"cache\"",
    )
    .asks(Means::KeyValue)
    .observed(|world, arguments| Box::pin(subscribe(world, arguments))),
    Step::then(
        "the subscriber hears {text}",
        "A message that contains the text arrives at the subscriber.",
        "the subscriber hears \"created\"",
    )
    .asks(Means::KeyValue)
    .touches(Touch::Nothing)
    .waits()
    .observed(|world, arguments| Box::pin(hears(world, arguments))),
    Step::then(
        "user {text} of {service} owns database {text} and nothing else",
        "The database exists; the user has all rights on it, and none on anything else.",
        "user \"shop_user\" of \"database\" owns database \"shop\" and nothing else",
    )
    .asks(Means::Database)
    .observed(|world, arguments| Box::pin(owns(world, arguments))),
    Step::then(
        "list {text} in {service} has an item with {text}",
        "The text occurs in an item of this list of Redis.",
        "list \"tasks:waiting\" in \"cache\" has an item with \"{task}\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(list_has(world, arguments))),
    Step::then(
        "list {text} in {service} has no item with {text}",
        "The item is gone from this list of Redis, or goes in time; that nobody puts it there later is not said.",
        "list \"tasks:waiting\" in \"cache\" has no item with \"{task}\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(list_has_not(world, arguments))),
];

/// The values that a row must have, names put in, and the same in one line.
/// Columns, and what each is to be; none is NULL.
type Wanted = Vec<(String, Option<String>)>;

fn row_wanted(world: &World, arguments: &Arguments) -> Result<(Wanted, String), Failure> {
    let read = |(name, cell): (String, String)| Ok((name, Cell::read(world, &cell)?.text));
    let wanted = arguments.pairs().into_iter().map(read).collect::<Result<Wanted, Failure>>()?;
    let described = |(name, value): &(String, Option<String>)| {
        format!("{name}={}", cells::shown(value.as_deref()))
    };
    let told: Vec<String> = wanted.iter().map(described).collect();
    Ok((wanted, told.join(" ")))
}

fn shown(rows: &[Record]) -> String {
    rows.iter().take(SHOWN).map(store::shown).collect::<Vec<_>>().join("\n")
}

fn wrong_rows(
    world: &World,
    (table, service): (&str, &str),
    expected: String,
    found: &str,
) -> Failure {
    let others = world.running().map(|running| {
        let services = running.stack.project.services.keys();
        services.filter(|name| *name != service).cloned().collect::<Vec<_>>()
    });
    Failure::finding(expected, found.trim_end())
        .place(format!("table \"{table}\" in service \"{service}\""))
        .services(others.unwrap_or_default())
}

async fn no_row(world: &mut World, arguments: &Arguments) -> StepResult {
    let (window, table, service) = (arguments.duration(0)?, arguments.text(1)?, arguments.text(2)?);
    let (wanted, described) = row_wanted(world, arguments)?;
    let told = humantime::format_duration(window);
    let expected = || format!("for {told} no row with {described}");
    let container = world.replica(service).await?;
    let open = way_to(world, &container).await?;
    let begun = std::time::Instant::now();
    loop {
        let late = begun.elapsed() >= window;
        // A connection of its own for each look: a server that went meanwhile says so.
        let mut connection = open(&container, Login::Application)
            .await
            .map_err(|why| Failure::from(why).services([service]))?;
        let found = connection
            .rows(table, &wanted)
            .await
            .map_err(|why| Failure::from(why).services([service]))?;
        let Some(found) = found else {
            let elsewhere = connection.elsewhere(table).await?;
            return Err(no_table(table, service, expected(), &elsewhere));
        };
        connection.close().await;
        if !found.is_empty() {
            let found = format!("{} such rows\n{}", found.len(), shown(&found));
            return Err(wrong_rows(world, (table, service), expected(), &found).help(
                "look at whoever writes this table: what fails half-way belongs into one transaction",
            ));
        }
        if late {
            break;
        }
        tokio::time::sleep(REST.min(window.saturating_sub(begun.elapsed()))).await;
    }
    world.evidence(
        format!("table \"{table}\" in \"{service}\""),
        format!("no row with {described}, and none came within {told}"),
    );
    Ok(())
}

async fn rows(world: &mut World, arguments: &Arguments, count: usize) -> StepResult {
    let (table, service) = (arguments.text(0)?, arguments.text(1)?);
    let (wanted, described) = row_wanted(world, arguments)?;
    let container = world.replica(service).await?;
    let open = way_to(world, &container).await?;
    let mut connection = open(&container, Login::Application)
        .await
        .map_err(|why| Failure::from(why).services([service]))?;
    let limit = world.limit(arguments.within)?;
    let begun = std::time::Instant::now();
    let mut complete: Option<(std::time::Instant, Vec<Record>)> = None;
    let found = loop {
        let found = connection
            .rows(table, &wanted)
            .await
            .map_err(|why| Failure::from(why).services([service]))?;
        let number = found.as_ref().map_or(0, Vec::len);
        // So many and no more: a row too many may be on its way.
        match (&complete, found) {
            (_, Some(found)) if number > count => break Some(found),
            (None, Some(found)) if number == count => {
                complete = Some((std::time::Instant::now(), found));
            }
            (Some((since, found)), _) if since.elapsed() >= SETTLE => break Some(found.clone()),
            (None, found) if begun.elapsed() > limit => break found,
            _ => {}
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let expected =
        format!("exactly {count} row{} with {described}", if count == 1 { "" } else { "s" });
    let Some(found) = found else {
        let elsewhere = connection.elsewhere(table).await?;
        return Err(no_table(table, service, expected, &elsewhere));
    };
    let result = if found.len() == count {
        let place = format!("table \"{table}\" in \"{service}\"");
        world.evidence(place.clone(), shown(&found));
        world.rows = Some((place, found));
        Ok(())
    } else {
        let near = if found.is_empty() {
            connection
                .rows(table, &wanted[..1.min(wanted.len())])
                .await
                .unwrap_or_default()
                .unwrap_or_default()
        } else {
            Vec::new()
        };
        let mut seen = format!("{} such rows\n{}", found.len(), shown(&found));
        if !near.is_empty() {
            seen = format!(
                "no such row; with {}={} there is:\n{}",
                wanted[0].0,
                cells::shown(wanted[0].1.as_deref()),
                shown(&near)
            );
        }
        Err(wrong_rows(world, (table, service), expected, &seen).help(
            "whoever writes this table did not, or wrote something else, or it was lost since: its log says more",
        ))
    };
    connection.close().await;
    result
}

fn different(world: &mut World, arguments: &Arguments) -> StepResult {
    let (wanted, column) = (arguments.number(0)?, arguments.text(1)?);
    let Some((place, rows)) = &world.rows else {
        return Err(Failure::undecided("look at the rows", "none were looked for yet")
            .help("say `Then table \"…\" in \"…\" has exactly 3 rows with:` before"));
    };
    let mut values: std::collections::BTreeMap<Option<&str>, usize> =
        std::collections::BTreeMap::new();
    for row in rows {
        let Some(value) = row.get(column) else {
            let columns = row.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(Failure::finding(format!("the rows have a column \"{column}\""), columns)
                .place(place.clone())
                .help("name a column of the table"));
        };
        *values.entry(value.as_deref()).or_default() += 1;
    }
    let seen: Vec<_> =
        values.iter().map(|(value, count)| format!("{}: {count}", cells::shown(*value))).collect();
    if values.len() as u64 == wanted {
        let what = format!("{column} in {place}");
        world.evidence(what, seen.join("\n"));
        return Ok(());
    }
    Err(Failure::finding(format!("{wanted} different values of \"{column}\""), seen.join("\n"))
        .place(place.clone())
        .help("look at who writes these rows: some did nothing, or more than were meant did"))
}

async fn key_is(world: &mut World, arguments: &Arguments) -> StepResult {
    let (key, service, wanted) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let container = world.replica(service).await?;
    let store = key_value(world, &container).await?;
    world
        .eventually(arguments.within, || async {
            let value = read(&*store, (service, &key, "string"), store.value(&key)).await?;
            if value.as_ref() == Some(&wanted) {
                return Ok(());
            }
            let found =
                value.map_or_else(|| "no such key".to_owned(), |value| format!("\"{value}\""));
            Err(Failure::finding(format!("key \"{key}\" is \"{wanted}\""), found)
                .place(format!("service \"{service}\""))
                .services(writers(world, service))
                .help(
                    "whoever writes this key did not, or wrote something else, or it was lost since: its log says more",
                ))
        })
        .await?;
    world.evidence(format!("key \"{key}\" in \"{service}\""), wanted);
    Ok(())
}

async fn key_exists(world: &mut World, arguments: &Arguments) -> StepResult {
    let (pattern, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let container = world.replica(service).await?;
    let store = key_value(world, &container).await?;
    let keys = world
        .eventually(arguments.within, || async {
            let keys = store.keys(&pattern).await?;
            if !keys.is_empty() {
                return Ok(keys);
            }
            let all = store.keys("*").await?;
            Err(Failure::finding(
                format!("a key like \"{pattern}\""),
                format!(
                    "none; there are: {}",
                    all.into_iter().take(SHOWN * 4).collect::<Vec<_>>().join(", ")
                ),
            )
            .place(format!("service \"{service}\""))
            .services(writers(world, service))
            .help("look at which store the application is configured to use for this"))
        })
        .await?;
    world.evidence(
        format!("keys in \"{service}\""),
        keys.into_iter().take(SHOWN).collect::<Vec<_>>().join("\n"),
    );
    Ok(())
}

async fn set_key(world: &mut World, arguments: &Arguments) -> StepResult {
    let (key, service, value) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let container = world.replica(service).await?;
    key_value(world, &container).await?.set(&key, &value).await?;
    world.evidence(format!("key \"{key}\" in \"{service}\""), format!("set to \"{value}\""));
    Ok(())
}

async fn subscribe(world: &mut World, arguments: &Arguments) -> StepResult {
    let (channel, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let container = world.replica(service).await?;
    let store = key_value(world, &container).await?;
    world.subscription = Some(store.subscribe(&channel).await?);
    world.evidence(format!("channel \"{channel}\" in \"{service}\""), "subscribed");
    Ok(())
}

async fn hears(world: &mut World, arguments: &Arguments) -> StepResult {
    let text = world.fill(arguments.text(0)?)?;
    let limit = world.limit(arguments.within)?;
    let subscription = world.subscription.as_mut().ok_or_else(|| {
        Failure::undecided("listen to a channel", "nobody subscribed")
            .help("say `When a subscriber listens to channel \"…\" in \"cache\"` before")
    })?;
    let heard = subscription.hear(&text, limit).await;
    let channel = subscription.channel.clone();
    let service = subscription.service.clone();
    let Some(message) = heard else {
        let heard = subscription.heard.join("\n");
        return Err(Failure::finding(
            format!("a message with \"{text}\" on channel \"{channel}\""),
            if heard.is_empty() { "nothing was heard".to_owned() } else { heard },
        )
        .place(format!("channel \"{channel}\" of service \"{service}\""))
        .services(writers(world, &service))
        .help("look whether the application publishes on this channel"));
    };
    world.evidence(format!("channel \"{channel}\""), message);
    Ok(())
}

async fn owns(world: &mut World, arguments: &Arguments) -> StepResult {
    let (user, service, database) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let container = world.replica(service).await?;
    let open = way_to(world, &container).await?;
    let mut connection = open(&container, Login::Root).await?;
    let rights = connection.rights(user, database).await?;
    connection.close().await;
    if rights.owns && !rights.more {
        world.evidence(format!("rights of \"{user}\""), rights.all.join("\n"));
        return Ok(());
    }
    Err(Failure::finding(
        format!("\"{user}\" has all rights on `{database}` and no other"),
        if rights.all.is_empty() { "no such user".to_owned() } else { rights.all.join("\n") },
    )
    .place(format!("service \"{service}\""))
    .services([service])
    .help(rights.advice))
}

/// How the database in a container is connected to.
pub(super) async fn way_to(world: &World, container: &Container) -> Result<OpenDatabase, Failure> {
    let open = store::database(&world.running()?.stack.engine, container).await;
    open.map_err(|why| Failure::from(why).services([&container.service]))
}

/// A connection to the key-value store in a container.
pub(super) async fn key_value(
    world: &World,
    container: &Container,
) -> Result<Box<dyn KeyValue>, Failure> {
    let opened = store::key_value(&world.running()?.stack.engine, container).await;
    opened.map_err(|why| Failure::from(why).services([&container.service]))
}

/// The services that depend on a store, whose logs tell what they wrote to it.
pub(super) fn writers(world: &World, store: &str) -> Vec<String> {
    let Ok(running) = world.running() else { return Vec::new() };
    let services = &running.stack.project.services;
    services
        .iter()
        .filter(|(_, service)| service.depends_on.contains_key(store))
        .map(|(name, _)| name.clone())
        .collect()
}

async fn list_has(world: &mut World, arguments: &Arguments) -> StepResult {
    list(world, arguments, true).await
}

async fn list_has_not(world: &mut World, arguments: &Arguments) -> StepResult {
    list(world, arguments, false).await
}

async fn list(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (key, service, text) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let container = world.replica(service).await?;
    let store = key_value(world, &container).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let items = read(&*store, (service, &key, "list"), store.list(&key)).await?;
            let item = items.iter().find(|item| item.contains(&text));
            if item.is_some() == wanted {
                return Ok(item.cloned().unwrap_or_else(|| format!("{} items, none with \"{text}\"", items.len())));
            }
            let expected = if wanted { "an item" } else { "no item" };
            let shown = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
            Err(Failure::finding(
                format!("list \"{key}\" has {expected} with \"{text}\""),
                format!("{} items\n{shown}", items.len()).trim_end().to_owned(),
            )
            .place(format!("service \"{service}\""))
            .services(writers(world, service))
            .help("look at which queue or list the application writes to and which one the worker reads"))
        })
        .await?;
    world.evidence(format!("list \"{key}\" in \"{service}\""), seen);
    Ok(())
}
