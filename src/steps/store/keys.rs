//! What lies in a key-value store besides strings: hashes, sets, lists and streams; how long keys
//! live, and what users may do.

use crate::probe::store::Means;
use crate::steps::{Arguments, Step, StepResult, World};
use crate::{
    probe::store::{self, KeyValue, Life, Permission},
    run::Failure,
};

use super::{
    kinds::read,
    stores::{key_value, writers},
};

/// How many items are shown when none fits.
const SHOWN: usize = 5;

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "hash {text} in {service} has field {text}",
        "The hash at this key of Redis has this field.",
        "hash \"session:1\" in \"cache\" has field \"user\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(has_field(world, arguments, true))),
    Step::then(
        "hash {text} in {service} has no field {text}",
        "The field is not in the hash at this key, or there is no such hash.",
        "hash \"session:1\" in \"cache\" has no field \"password\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(has_field(world, arguments, false))),
    Step::then(
        "field {text} of hash {text} in {service} is {text}",
        "The field of the hash at this key of Redis has this value.",
        "field \"user\" of hash \"session:1\" in \"cache\" is \"aye\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(field_is(world, arguments))),
    Step::then(
        "set {text} in {service} has member {text}",
        "The set at this key of Redis has this member.",
        "set \"online\" in \"cache\" has member \"aye\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(has_member(world, arguments, true))),
    Step::then(
        "set {text} in {service} has no member {text}",
        "The member is not in the set at this key, or there is no such set.",
        "set \"online\" in \"cache\" has no member \"nay\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(has_member(world, arguments, false))),
    Step::then(
        "list {text} in {service} is empty",
        "The list of Redis has no item: there is no such key.",
        "list \"tasks:failed\" in \"cache\" is empty",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| {
        Box::pin(async move { number(world, arguments, LIST, "no item", |count| count == 0).await })
    }),
    Step::then(
        "list {text} in {service} has exactly {number} items",
        "The list of Redis has so many items.",
        "list \"tasks:waiting\" in \"cache\" has exactly 3 items",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(exactly(world, arguments, LIST))),
    Step::then(
        "list {text} in {service} has at least {number} items",
        "The list of Redis has so many items or more.",
        "list \"tasks:waiting\" in \"cache\" has at least 1 items",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(at_least(world, arguments, LIST))),
    Step::then(
        "stream {text} in {service} is empty",
        "The stream of Redis has no entry, or there is no such key.",
        "stream \"items:failed\" in \"cache\" is empty",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| {
        Box::pin(
            async move { number(world, arguments, STREAM, "no entry", |count| count == 0).await },
        )
    }),
    Step::then(
        "stream {text} in {service} has exactly {number} entries",
        "The stream of Redis has so many entries.",
        "stream \"items\" in \"cache\" has exactly 3 entries",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(exactly(world, arguments, STREAM))),
    Step::then(
        "stream {text} in {service} has at least {number} entries",
        "The stream of Redis has so many entries or more.",
        "stream \"items\" in \"cache\" has at least 1 entries",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(at_least(world, arguments, STREAM))),
    Step::then(
        "stream {text} in {service} has an entry with {text}",
        "The text occurs in an entry of the stream, written as its id and `field=value`.",
        "stream \"items\" in \"cache\" has an entry with \"id=7\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(has_entry(world, arguments, true))),
    Step::then(
        "stream {text} in {service} has no entry with {text}",
        "The text occurs in no entry of the stream, written as its id and `field=value`.",
        "stream \"items\" in \"cache\" has no entry with \"failed\"",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(has_entry(world, arguments, false))),
    Step::then(
        "key {text} in {service} has a TTL of at most {duration}",
        "The key of Redis is there, and is removed by itself in that time or earlier.",
        "key \"session:1\" in \"cache\" has a TTL of at most 30 minutes",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(expires(world, arguments))),
    Step::then(
        "key {text} in {service} has no TTL",
        "The key of Redis is there, and stays until somebody removes it.",
        "key \"settings\" in \"cache\" has no TTL",
    )
    .asks(Means::KeyValue)
    .waits()
    .observed(|world, arguments| Box::pin(stays(world, arguments))),
    Step::then(
        "user {text} of {service} may run {text}",
        "The rules of Redis for this user let the command through; it is not run.",
        "user \"reader\" of \"cache\" may run \"GET key\"",
    )
    .asks(Means::KeyValue)
    .observed(|world, arguments| Box::pin(may(world, arguments, true))),
    Step::then(
        "user {text} of {service} may not run {text}",
        "The rules of Redis for this user refuse the command; it is not run.",
        "user \"reader\" of \"cache\" may not run \"FLUSHALL\"",
    )
    .asks(Means::KeyValue)
    .observed(|world, arguments| Box::pin(may(world, arguments, false))),
];

/// A kind of what has a length, and what it has.
type Kind = (&'static str, &'static str);
const LIST: Kind = ("list", "items");
const STREAM: Kind = ("stream", "entries");

fn items(shown: &[String]) -> String {
    shown.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n")
}

/// That something at a key is not as a sentence says.
fn wrong(world: &World, service: &str, expected: String, found: impl Into<String>) -> Failure {
    Failure::finding(expected, found)
        .place(format!("service \"{service}\""))
        .services(writers(world, service))
        .help("look at who writes this key, and whether it is the key and the store that are meant: its log says more")
}

async fn store_of(world: &World, service: &str) -> Result<Box<dyn KeyValue>, Failure> {
    let container = world.replica(service).await?;
    key_value(world, &container).await
}

async fn has_field(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (key, service, field) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let store = store_of(world, service).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let fields = read(&*store, (service, &key, "hash"), store.hash(&key)).await?;
            let names = fields.keys().cloned().collect::<Vec<_>>().join(", ");
            let names = if names.is_empty() { "no such hash".to_owned() } else { names };
            if fields.contains_key(&field) == wanted {
                return Ok(names);
            }
            let has = if wanted { "a" } else { "no" };
            Err(wrong(world, service, format!("hash \"{key}\" has {has} field \"{field}\""), names))
        })
        .await?;
    world.evidence(format!("fields of hash \"{key}\" in \"{service}\""), seen);
    Ok(())
}

async fn field_is(world: &mut World, arguments: &Arguments) -> StepResult {
    let (field, key) = (world.fill(arguments.text(0)?)?, world.fill(arguments.text(1)?)?);
    let (service, wanted) = (arguments.text(2)?, world.fill(arguments.text(3)?)?);
    let store = store_of(world, service).await?;
    world
        .eventually(arguments.within, || async {
            let fields = read(&*store, (service, &key, "hash"), store.hash(&key)).await?;
            let value = fields.get(&field).cloned().flatten();
            if value.as_ref() == Some(&wanted) {
                return Ok(());
            }
            let found = match value {
                Some(value) => format!("\"{value}\""),
                None if fields.is_empty() => "no such hash".to_owned(),
                None => format!("no such field; there are: {}", store::shown(&fields)),
            };
            let expected = format!("field \"{field}\" of hash \"{key}\" is \"{wanted}\"");
            Err(wrong(world, service, expected, found))
        })
        .await?;
    world.evidence(format!("field \"{field}\" of hash \"{key}\" in \"{service}\""), wanted);
    Ok(())
}

async fn has_member(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (key, service, member) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let store = store_of(world, service).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let members = read(&*store, (service, &key, "set"), store.members(&key)).await?;
            let told = format!("{} members\n{}", members.len(), items(&members));
            if members.contains(&member) == wanted {
                return Ok(told.trim_end().to_owned());
            }
            let has = if wanted { "a" } else { "no" };
            let expected = format!("set \"{key}\" has {has} member \"{member}\"");
            Err(wrong(world, service, expected, told.trim_end()))
        })
        .await?;
    world.evidence(format!("set \"{key}\" in \"{service}\""), seen);
    Ok(())
}

async fn has_entry(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (key, service, text) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let store = store_of(world, service).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let entries = read(&*store, (service, &key, "stream"), store.stream(&key)).await?;
            let entry = entries.iter().find(|entry| entry.contains(&text));
            let told = format!("{} entries\n{}", entries.len(), items(&entries));
            if entry.is_some() == wanted {
                return Ok(entry.cloned().unwrap_or(told));
            }
            let has = if wanted { "an" } else { "no" };
            let expected = format!("stream \"{key}\" has {has} entry with \"{text}\"");
            Err(wrong(world, service, expected, told.trim_end()))
        })
        .await?;
    world.evidence(format!("stream \"{key}\" in \"{service}\""), seen);
    Ok(())
}

async fn exactly(world: &mut World, arguments: &Arguments, kind: Kind) -> StepResult {
    let wanted = arguments.number(2)?;
    let expected = format!("exactly {wanted} {}", kind.1);
    number(world, arguments, kind, &expected, |count| count == wanted).await
}

async fn at_least(world: &mut World, arguments: &Arguments, kind: Kind) -> StepResult {
    let wanted = arguments.number(2)?;
    let expected = format!("at least {wanted} {}", kind.1);
    number(world, arguments, kind, &expected, |count| count >= wanted).await
}

async fn number(
    world: &mut World,
    arguments: &Arguments,
    (kind, of): Kind,
    expected: &str,
    fits: impl Fn(u64) -> bool,
) -> StepResult {
    let (key, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let store = store_of(world, service).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let asked = match kind {
                "stream" => store.stream(&key),
                _ => store.list(&key),
            };
            let found = read(&*store, (service, &key, kind), asked).await?;
            let told = format!("{} {of}\n{}", found.len(), items(&found)).trim_end().to_owned();
            if fits(found.len() as u64) {
                return Ok(told);
            }
            Err(wrong(world, service, format!("{kind} \"{key}\" has {expected}"), told))
        })
        .await?;
    world.evidence(format!("{kind} \"{key}\" in \"{service}\""), seen);
    Ok(())
}

async fn expires(world: &mut World, arguments: &Arguments) -> StepResult {
    let limit = arguments.duration(2)?;
    let expected = format!("a TTL of at most {}", humantime::format_duration(limit));
    life(world, arguments, &expected, |life| matches!(life, Life::Ends(left) if left <= limit))
        .await
}

async fn stays(world: &mut World, arguments: &Arguments) -> StepResult {
    life(world, arguments, "no TTL", |life| life == Life::Endless).await
}

async fn life(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    fits: impl Fn(Life) -> bool,
) -> StepResult {
    let (key, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let store = store_of(world, service).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let life = store.life(&key).await?;
            let told = match life {
                Life::None => "no such key".to_owned(),
                Life::Endless => "no TTL".to_owned(),
                Life::Ends(left) => format!("a TTL of {}", humantime::format_duration(left)),
            };
            if fits(life) {
                return Ok(told);
            }
            Err(wrong(world, service, format!("key \"{key}\" has {expected}"), told))
        })
        .await?;
    world.evidence(format!("key \"{key}\" in \"{service}\""), seen);
    Ok(())
}

async fn may(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (user, service, command) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let store = store_of(world, service).await?;
    let permission = store.may(user, command).await?;
    let told = match &permission {
        Permission::Given => "the user may run it".to_owned(),
        Permission::Refused(why) => why.clone(),
        Permission::NoUser(users) => format!("no such user; there are: {}", users.join(", ")),
    };
    let fits = match permission {
        Permission::Given => wanted,
        Permission::Refused(_) => !wanted,
        Permission::NoUser(_) => false,
    };
    if fits {
        world.evidence(format!("{command} as \"{user}\" of \"{service}\""), told);
        return Ok(());
    }
    let may = if wanted { "may" } else { "may not" };
    Err(Failure::finding(format!("user \"{user}\" {may} run {command}"), told)
        .place(format!("service \"{service}\""))
        .services([service])
        .help("look at the rules of the user: the ACL file, or `user` in the configuration"))
}
