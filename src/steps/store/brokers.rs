//! Queues of RabbitMQ: what waits in them, who takes it, what outlives a restart, and who is let in.

use std::time::Duration;

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{execute::execute, looks},
};
use crate::{
    probe::{
        amqp,
        rabbitmq::{self, Kept, Queue},
        store,
    },
    run::Failure,
    stack::engine::Container,
    words::counted,
};

use super::stores::writers;

/// How long the server's command line may take: it starts an Erlang of its own.
const LISTING: Duration = Duration::from_secs(20);
/// The user, and the password, that a server has which was given no other.
pub(super) const GUEST: &str = "guest";

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "queue {text} in {service} exists",
        "RabbitMQ has this queue.",
        "queue \"tasks\" in \"broker\" exists",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| Box::pin(is(world, arguments, "exists", |queue| queue.is_some()))),
    Step::then(
        "queue {text} in {service} does not exist",
        "RabbitMQ has no such queue.",
        "queue \"tasks\" in \"broker\" does not exist",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| Box::pin(is(world, arguments, "does not exist", |queue| queue.is_none()))),
    Step::then(
        "queue {text} in {service} is durable",
        "The queue of RabbitMQ outlives a restart of the server; messages do as well if they are sent as persistent.",
        "queue \"tasks\" in \"broker\" is durable",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| {
        Box::pin(is(world, arguments, "is durable", |queue| queue.is_some_and(|it| it.durable)))
    }),
    Step::then(
        "queue {text} in {service} is not durable",
        "The queue of RabbitMQ is gone when the server is started again.",
        "queue \"progress\" in \"broker\" is not durable",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| {
        Box::pin(is(world, arguments, "is not durable", |queue| {
            queue.is_some_and(|it| !it.durable)
        }))
    }),
    Step::then(
        "queue {text} in {service} is empty",
        "The queue of RabbitMQ has no message, waiting or in the hands of a consumer.",
        "queue \"tasks\" in \"broker\" is empty",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| {
        Box::pin(is(world, arguments, "is empty", |queue| queue.is_some_and(|it| it.messages == 0)))
    }),
    Step::then(
        "queue {text} in {service} has exactly {number} messages",
        "The queue of RabbitMQ has so many messages, waiting or in the hands of a consumer.",
        "queue \"tasks\" in \"broker\" has exactly 3 messages",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| {
        Box::pin(async move {
            let wanted = arguments.number(2)?;
            let expected = format!("has exactly {}", counted(wanted, "message"));
            is(world, arguments, &expected, |queue| queue.is_some_and(|it| it.messages == wanted))
                .await
        })
    }),
    Step::then(
        "queue {text} in {service} has at least {number} messages",
        "The queue of RabbitMQ has so many messages or more, waiting or in the hands of a consumer.",
        "queue \"tasks\" in \"broker\" has at least 1 messages",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| {
        Box::pin(async move {
            let wanted = arguments.number(2)?;
            let expected = format!("has at least {}", counted(wanted, "message"));
            is(world, arguments, &expected, |queue| queue.is_some_and(|it| it.messages >= wanted))
                .await
        })
    }),
    Step::then(
        "queue {text} in {service} has a consumer",
        "Somebody takes messages from the queue of RabbitMQ.",
        "queue \"tasks\" in \"broker\" has a consumer",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| {
        Box::pin(is(world, arguments, "has a consumer", |queue| {
            queue.is_some_and(|it| it.consumers > 0)
        }))
    }),
    Step::then(
        "queue {text} in {service} has no consumer",
        "Nobody takes messages from the queue of RabbitMQ.",
        "queue \"failed\" in \"broker\" has no consumer",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| {
        Box::pin(is(world, arguments, "has no consumer", |queue| {
            queue.is_some_and(|it| it.consumers == 0)
        }))
    }),
    Step::then(
        "RabbitMQ in service {service} refuses the user \"guest\"",
        "The server does not let in the user guest with the password guest, which a server has that was given no other.",
        "RabbitMQ in service \"broker\" refuses the user \"guest\"",
    )
    .knows(&["RabbitMQ"])
    .observed(|world, arguments| Box::pin(refuses_guest(world, arguments))),
];

/// The virtual host that the server was given, or the one that every server has.
pub(super) fn virtual_host(container: &Container) -> &str {
    container.environment.get("RABBITMQ_DEFAULT_VHOST").map_or("/", String::as_str)
}

/// The queues of a server, by its own word.
async fn queues(world: &World, container: &Container) -> Result<Vec<Queue>, Failure> {
    let printed = printed(world, container, rabbitmq::listing(virtual_host(container))).await?;
    Ok(rabbitmq::queues(&printed)?)
}

/// What a server keeps, by its own word.
pub(super) async fn kept(
    world: &World,
    container: &Container,
    what: Kept,
) -> Result<Vec<String>, Failure> {
    let printed = printed(world, container, what.listing()).await?;
    Ok(what.names(&printed)?)
}

/// What the server's own command line prints.
pub(super) async fn printed(
    world: &World,
    container: &Container,
    words: Vec<String>,
) -> Result<String, Failure> {
    let running = world.running()?;
    let line = words.join(" ");
    let done = execute(&running, container, None, (&words, &line), LISTING).await;
    if !matches!(&done, Ok(done) if done.code == 0) {
        not_another(world, container, "list what it holds").await?;
    }
    let done = done?;
    if done.code != 0 {
        let service = &container.service;
        let found = format!("`{line}` exits with {}: {}", done.code, done.output.trim());
        let tried = format!("ask RabbitMQ in \"{service}\"");
        return Err(Failure::undecided(tried, found)
            .place(format!("service \"{service}\""))
            .services([service])
            .help("name the service in which RabbitMQ runs; its log tells whether it is ready"));
    }
    Ok(done.output)
}

/// That what did not answer is RabbitMQ at all.
pub(super) async fn not_another(world: &World, container: &Container, tried: &str) -> StepResult {
    let running = world.running()?;
    let other = store::in_place_of(&running.stack.engine, container, "RabbitMQ").await;
    let service = &container.service;
    other.map_or(Ok(()), |found| {
        Err(Failure::undecided(format!("ask \"{service}\" as RabbitMQ, to {tried}"), found)
            .place(format!("service \"{service}\""))
            .services([service])
            .help("name the service in which RabbitMQ runs"))
    })
}

fn told(queue: &Queue) -> String {
    let Queue { messages, consumers, durable, .. } = queue;
    let lasting = if *durable { "durable" } else { "not durable" };
    format!("{}, {}, {lasting}", counted(*messages, "message"), counted(*consumers, "consumer"))
}

/// That a queue is as a sentence says.
async fn is(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    fits: impl Fn(Option<&Queue>) -> bool,
) -> StepResult {
    let (name, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let container = world.replica(service).await?;
    let seen = world
        .eventually(arguments.within, || async {
            let all = queues(world, &container).await?;
            let queue = all.iter().find(|queue| queue.name == name);
            let seen = queue.map_or_else(
                || {
                    let names: Vec<&str> = all.iter().map(|queue| queue.name.as_str()).collect();
                    match &*names {
                        [] => "no such queue, and no other".to_owned(),
                        names => format!("no such queue; there are: {}", names.join(", ")),
                    }
                },
                told,
            );
            if fits(queue) {
                return Ok(seen);
            }
            let mut services = writers(world, service);
            services.push(service.to_owned());
            Err(Failure::finding(format!("queue \"{name}\" {expected}"), seen)
                .place(format!("queue \"{name}\" in service \"{service}\""))
                .services(services)
                .help("look at who declares this queue, who sends to it and who takes from it: their logs say more"))
        })
        .await?;
    world.evidence(format!("queue \"{name}\" in \"{service}\""), seen);
    Ok(())
}

async fn refuses_guest(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?;
    let expected = format!("RabbitMQ in service \"{service}\" refuses the user \"{GUEST}\"");
    let mut seen = Vec::new();
    for container in world.service(service).await? {
        if let Some(why) = container.absence() {
            return Err(looks::gone(&container, &expected, &why));
        }
        let lets_in = amqp::lets_in(&container, GUEST, GUEST).await;
        if lets_in.is_err() {
            not_another(world, &container, "log in").await?;
        }
        if lets_in? {
            return Err(Failure::finding(
                expected,
                format!("{} lets {GUEST} in with the password {GUEST}", container.name),
            )
            .place(format!("service \"{service}\""))
            .services([service])
            .help("give the server a user of its own (`RABBITMQ_DEFAULT_USER`, or `default_user` in its configuration) before its data is made: then there is no guest"));
        }
        seen.push(format!("{} does not let {GUEST} in", container.name));
    }
    world.evidence(format!("the user {GUEST} of \"{service}\""), seen.join("\n"));
    Ok(())
}
