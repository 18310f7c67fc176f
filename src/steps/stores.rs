//! What lies in the stores: rows of MySQL's tables, keys and lists of Redis.

use super::{Arguments, Step, StepResult, World};
use crate::{
    probe::{redis, sql},
    run::Failure,
};

/// How many rows or items are shown when none fits.
const SHOWN: usize = 5;

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "table {text} in {service} has exactly one row with:",
        "One row, and no other, has these values in these columns.",
        "table \"job_results\" in \"db\" has exactly one row with:",
    )
    .pairs()
    .waits()
    .observed(|world, arguments| Box::pin(rows(world, arguments, 1))),
    Step::then(
        "table {text} in {service} has exactly {number} rows with:",
        "So many rows, and no more, have these values in these columns.",
        "table \"job_results\" in \"db\" has exactly 30 rows with:",
    )
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
    .observed(|world, arguments| Box::pin(async move { different(world, arguments) })),
    Step::then(
        "table {text} in {service} has no row with:",
        "No row has these values in these columns.",
        "table \"failed_jobs\" in \"db\" has no row with:",
    )
    .pairs()
    .observed(|world, arguments| Box::pin(rows(world, arguments, 0))),
    Step::then(
        "key {text} in {service} is {text}",
        "The string at this key of Redis is this one.",
        "key \"job:{job}:status\" in \"redis\" is \"done\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(key_is(world, arguments))),
    Step::then(
        "a key like {text} in {service} exists",
        "Redis has a key that fits the pattern (`*` is any text).",
        "a key like \"session:*\" in \"redis\" exists",
    )
    .waits()
    .observed(|world, arguments| Box::pin(key_exists(world, arguments))),
    Step::when(
        "key {text} in {service} is set to {text}",
        "Sets a key of Redis.",
        "key \"seaworthy:probe\" in \"redis\" is set to \"aye\"",
    )
    .observed(|world, arguments| Box::pin(set_key(world, arguments))),
    Step::when(
        "a subscriber listens to channel {text} in {service}",
        "Subscribes to a channel of Redis, until the scenario ends.",
        "a subscriber listens to channel \"orders\" in \"redis\"",
    )
    .observed(|world, arguments| Box::pin(subscribe(world, arguments))),
    Step::then(
        "the subscriber hears {text}",
        "A message that contains the text arrives at the subscriber.",
        "the subscriber hears \"created\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(hears(world, arguments))),
    Step::then(
        "user {text} of {service} owns database {text} and nothing else",
        "The database exists; the user has all rights on it, and none on anything else.",
        "user \"primehub_user\" of \"db\" owns database \"primehub\" and nothing else",
    )
    .observed(|world, arguments| Box::pin(owns(world, arguments))),
    Step::then(
        "list {text} in {service} has an item with {text}",
        "The text occurs in an item of this list of Redis.",
        "list \"queues:default\" in \"redis\" has an item with \"{job}\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(list_has(world, arguments))),
    Step::then(
        "list {text} in {service} has no item with {text}",
        "The text occurs in no item of this list of Redis.",
        "list \"queues:default\" in \"redis\" has no item with \"{job}\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(list_has_not(world, arguments))),
];

async fn rows(world: &mut World, arguments: &Arguments, count: usize) -> StepResult {
    let (table, service) = (arguments.text(0)?, arguments.text(1)?);
    let mut wanted = arguments.pairs();
    for (_, value) in &mut wanted {
        *value = world.fill(value)?;
    }
    let container = world.replica(service).await?;
    let mut conn = sql::connect(&container, sql::Login::Application)
        .await
        .map_err(|why| Failure::from(why).services([service]))?;
    let described: Vec<String> =
        wanted.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let described = described.join(" ");
    let number = if count == 0 { "no".to_owned() } else { count.to_string() };
    let limit = world.limit(arguments.within)?;
    let begun = std::time::Instant::now();
    let found = loop {
        let found = sql::rows(&mut conn, table, &wanted)
            .await
            .map_err(|why| Failure::from(why).services([service]))?;
        // What must not be there is looked for once; what must be there is waited for.
        let enough = found.as_ref().is_some_and(|found| found.len() == count || count == 0);
        if enough || begun.elapsed() > limit {
            break found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let shown = |rows: &[sql::Record]| {
        rows.iter().take(SHOWN).map(sql::shown).collect::<Vec<_>>().join("\n")
    };
    let Some(found) = found else {
        return Err(Failure::finding(format!("{number} row with {described}"), "no such table")
            .place(format!("table \"{table}\" in service \"{service}\""))
            .services([service])
            .help("whoever makes the tables did not, or they were lost with the data"));
    };
    let result = if found.len() == count {
        let seen = if count == 0 { format!("no row with {described}") } else { shown(&found) };
        let place = format!("table \"{table}\" in \"{service}\"");
        world.saw(place.clone(), seen);
        world.rows = Some((place, found));
        Ok(())
    } else {
        let near = if found.is_empty() {
            sql::rows(&mut conn, table, &wanted[..1.min(wanted.len())])
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
                wanted[0].1,
                shown(&near)
            );
        }
        Err(Failure::finding(format!("{number} row with {described}"), seen.trim_end().to_owned())
            .place(format!("table \"{table}\" in service \"{service}\""))
            .services(
                world
                    .running()?
                    .stack
                    .project
                    .services
                    .keys()
                    .filter(|name| *name != service)
                    .cloned(),
            )
            .help(if count == 0 {
                "look at whoever writes this table: what fails half-way belongs into one transaction"
            } else {
                "whoever writes this table did not, or wrote something else, or it was lost since: its log says more"
            }))
    };
    let _closed = conn.disconnect().await;
    result
}

fn different(world: &mut World, arguments: &Arguments) -> StepResult {
    let (wanted, column) = (arguments.number(0)?, arguments.text(1)?);
    let Some((place, rows)) = &world.rows else {
        return Err(Failure::error("look at the rows", "none were looked for yet")
            .help("say `Then table \"…\" in \"…\" has exactly 3 rows with:` before"));
    };
    let mut values: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for row in rows {
        let Some(value) = row.get(column) else {
            let columns = row.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(Failure::finding(format!("the rows have a column \"{column}\""), columns)
                .place(place.clone())
                .help("name a column of the table"));
        };
        *values.entry(value.as_deref().unwrap_or("NULL")).or_default() += 1;
    }
    let seen: Vec<_> = values.iter().map(|(value, count)| format!("{value}: {count}")).collect();
    if values.len() as u64 == wanted {
        let what = format!("{column} in {place}");
        world.saw(what, seen.join("\n"));
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
    let connection = redis::connect(&container).await?;
    world
        .eventually(arguments.within, || async {
            let value = redis::value(&mut connection.clone(), &key).await?;
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
    world.saw(format!("key \"{key}\" in \"{service}\""), wanted);
    Ok(())
}

async fn key_exists(world: &mut World, arguments: &Arguments) -> StepResult {
    let (pattern, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let container = world.replica(service).await?;
    let connection = redis::connect(&container).await?;
    let keys = world
        .eventually(arguments.within, || async {
            let keys = redis::keys(&mut connection.clone(), &pattern).await?;
            if !keys.is_empty() {
                return Ok(keys);
            }
            let all = redis::keys(&mut connection.clone(), "*").await?;
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
    world.saw(
        format!("keys in \"{service}\""),
        keys.into_iter().take(SHOWN).collect::<Vec<_>>().join("\n"),
    );
    Ok(())
}

async fn set_key(world: &mut World, arguments: &Arguments) -> StepResult {
    let (key, service, value) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let container = world.replica(service).await?;
    redis::set(&mut redis::connect(&container).await?, &key, &value).await?;
    world.saw(format!("key \"{key}\" in \"{service}\""), format!("set to \"{value}\""));
    Ok(())
}

async fn subscribe(world: &mut World, arguments: &Arguments) -> StepResult {
    let (channel, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let container = world.replica(service).await?;
    world.subscription = Some(redis::Subscription::open(&container, &channel).await?);
    world.saw(format!("channel \"{channel}\" in \"{service}\""), "subscribed");
    Ok(())
}

async fn hears(world: &mut World, arguments: &Arguments) -> StepResult {
    let text = world.fill(arguments.text(0)?)?;
    let limit = world.limit(arguments.within)?;
    let subscription = world.subscription.as_mut().ok_or_else(|| {
        Failure::error("listen to a channel", "nobody subscribed")
            .help("say `When a subscriber listens to channel \"…\" in \"redis\"` before")
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
    world.saw(format!("channel \"{channel}\""), message);
    Ok(())
}

async fn owns(world: &mut World, arguments: &Arguments) -> StepResult {
    let (user, service, database) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let container = world.replica(service).await?;
    let grants = sql::grants(&container, user).await?;
    let all = format!("GRANT ALL PRIVILEGES ON `{database}`.* TO ");
    // USAGE is MySQL's word for no right at all.
    let more: Vec<&String> = grants
        .iter()
        .filter(|grant| {
            !grant.starts_with("GRANT USAGE ON *.* TO ")
                && !grant.replace('\\', "").starts_with(&all)
        })
        .collect();
    let owns = grants.iter().any(|grant| grant.replace('\\', "").starts_with(&all));
    if owns && more.is_empty() {
        world.saw(format!("rights of \"{user}\""), grants.join("\n"));
        return Ok(());
    }
    Err(Failure::finding(
        format!("\"{user}\" has all rights on `{database}` and no other"),
        if grants.is_empty() { "no such user".to_owned() } else { grants.join("\n") },
    )
    .place(format!("service \"{service}\""))
    .services([service])
    .help("give MYSQL_USER and MYSQL_DATABASE to the image and grant nothing by hand"))
}

/// The services that depend on a store, whose logs tell what they wrote to it.
fn writers(world: &World, store: &str) -> Vec<String> {
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
    let connection = redis::connect(&container).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let items = redis::list(&mut connection.clone(), &key).await?;
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
    world.saw(format!("list \"{key}\" in \"{service}\""), seen);
    Ok(())
}
