//! Messages of RabbitMQ: somebody publishes one, and it is seen where it should be; what nobody wants
//! goes to where dead letters go.

use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    store::{broker_sessions::session, brokers, stores::writers},
};
use crate::{
    probe::{
        amqp::Published,
        dead_letters::{self, Letters, Ways},
    },
    run::Failure,
    stack::engine::Container,
    words::{counted, quoted_list},
};

/// As many messages of a queue are looked at.
const MOST: usize = 1000;

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "{text} is published to queue {text} in {service}",
        "Sends this message to the queue of RabbitMQ, as a persistent one, and waits until the server has it in the queue.",
        "\"hello\" is published to queue \"tasks\" in \"broker\"",
    )
    .knows(&["RabbitMQ"])
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(to_queue(world, arguments))),
    Step::when(
        "{text} is published to exchange {text} in {service} with routing key {text}",
        "Sends this message to the exchange of RabbitMQ, as a persistent one, and waits until the server has it in a queue at least.",
        "\"hello\" is published to exchange \"events\" in \"broker\" with routing key \"order.created\"",
    )
    .knows(&["RabbitMQ"])
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(to_exchange(world, arguments))),
    Step::when(
        "a message of queue {text} in {service} is rejected",
        "Takes the first message that waits in the queue of RabbitMQ, as a consumer does, and rejects it for good.",
        "a message of queue \"tasks\" in \"broker\" is rejected",
    )
    .knows(&["RabbitMQ"])
    .touches(Touch::Commands)
    .observed(|world, arguments| Box::pin(reject(world, arguments))),
    Step::then(
        "queue {text} in {service} has a message with {text}",
        "The text occurs in a message that waits in the queue of RabbitMQ. Those that are looked at are put back.",
        "queue \"failed\" in \"broker\" has a message with \"hello\"",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| Box::pin(has(world, arguments, true))),
    Step::then(
        "queue {text} in {service} has no message with {text}",
        "The text occurs in no message that waits in the queue of RabbitMQ. Those that are looked at are put back.",
        "queue \"tasks\" in \"broker\" has no message with \"hello\"",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| Box::pin(has(world, arguments, false))),
    Step::then(
        "queue {text} in {service} dead-letters to queue {text}",
        "What is rejected in the first queue of RabbitMQ, or expires, comes to the second: by way of an exchange that its arguments or its policy name.",
        "queue \"tasks\" in \"broker\" dead-letters to queue \"failed\"",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| Box::pin(dead_letters_to(world, arguments))),
    Step::then(
        "queue {text} in {service} does not dead-letter",
        "What is rejected in the queue of RabbitMQ, or expires, is dropped: neither its arguments nor its policy name an exchange for it.",
        "queue \"progress\" in \"broker\" does not dead-letter",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| Box::pin(drops(world, arguments))),
];

fn of_queue(failure: Failure, queue: &str, service: &str) -> Failure {
    failure.place(format!("queue \"{queue}\" in service \"{service}\"")).services([service])
}

async fn to_queue(world: &mut World, arguments: &Arguments) -> StepResult {
    let (text, queue) = (world.fill(arguments.text(0)?)?, world.fill(arguments.text(1)?)?);
    let service = arguments.text(2)?;
    let expected = format!("queue \"{queue}\" takes a message");
    let help = "look at who declares this queue, and at its limits (`x-max-length`)";
    publish(world, service, ("", &queue), &text, &expected, help)
        .await
        .map_err(|why| of_queue(why, &queue, service))
}

async fn to_exchange(world: &mut World, arguments: &Arguments) -> StepResult {
    let (text, exchange) = (world.fill(arguments.text(0)?)?, world.fill(arguments.text(1)?)?);
    let (service, key) = (arguments.text(2)?, world.fill(arguments.text(3)?)?);
    let expected =
        format!("exchange \"{exchange}\" leads a message with routing key \"{key}\" to a queue");
    let help = "look at who declares this exchange, and which queue is bound to it with this key";
    publish(world, service, (&exchange, &key), &text, &expected, help).await.map_err(|why| {
        why.place(format!("exchange \"{exchange}\" in service \"{service}\"")).services([service])
    })
}

async fn publish(
    world: &mut World,
    service: &str,
    (exchange, key): (&str, &str),
    text: &str,
    expected: &str,
    help: &str,
) -> StepResult {
    let container = world.replica(service).await?;
    let mut session = session(world, &container, "publish a message").await?;
    let published = session.publish(exchange, key, text.as_bytes()).await?;
    session.close().await?;
    match published {
        Published::Taken => {
            let what =
                format!("a message for \"{}\"", if exchange.is_empty() { key } else { exchange });
            world.evidence(what, format!("{} has it: {text}", container.name));
            Ok(())
        }
        Published::Lost(why) => Err(Failure::finding(expected, why).help(help)),
    }
}

async fn reject(world: &mut World, arguments: &Arguments) -> StepResult {
    let (queue, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let container = world.replica(service).await?;
    let mut session = session(world, &container, "reject a message").await?;
    let message = session.take(&queue).await?;
    if let Some(message) = &message {
        session.reject(message).await?;
    }
    session.close().await?;
    let message = message.ok_or_else(|| {
        let failure = Failure::finding(
            format!("a message waits in queue \"{queue}\", and can be rejected"),
            "none waits in it",
        );
        of_queue(failure, &queue, service)
            .help("publish one before; who consumes them is quicker than any look")
    })?;
    let told = String::from_utf8_lossy(&message.body).into_owned();
    world.evidence(format!("queue \"{queue}\" in \"{service}\""), format!("rejected: {told}"));
    Ok(())
}

/// What waits in a queue, which all has its place there again.
async fn waiting(
    world: &World,
    container: &Container,
    queue: &str,
) -> Result<Vec<String>, Failure> {
    let mut session = session(world, container, "look at messages").await?;
    let mut seen = Vec::new();
    while seen.len() < MOST
        && let Some(message) = session.take(queue).await?
    {
        seen.push(String::from_utf8_lossy(&message.body).into_owned());
    }
    session.close().await?;
    Ok(seen)
}

async fn has(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (queue, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let text = world.fill(arguments.text(2)?)?;
    let container = world.replica(service).await?;
    let expected = format!(
        "queue \"{queue}\" has {} message with \"{text}\"",
        if wanted { "a" } else { "no" }
    );
    let seen = world
        .eventually(arguments.within, || async {
            let seen = waiting(world, &container, &queue).await?;
            let hit = seen.iter().find(|message| message.contains(&text));
            let count = counted(seen.len() as u64, "message");
            match hit {
                Some(message) if wanted => return Ok(format!("{count}, one is: {message}")),
                None if !wanted && seen.len() < MOST => {
                    return Ok(format!("{count}, none with this text"));
                }
                None if seen.len() == MOST => {
                    let why = format!("more than {MOST} messages wait in it");
                    return Err(of_queue(Failure::undecided(expected.clone(), why), &queue, service)
                        .help("let a test's queue be short"));
                }
                _ => {}
            }
            let found = hit.map_or_else(
                || match seen.first() {
                    None => "no message waits in it".to_owned(),
                    Some(first) => format!("{count}, none with this text; the first is: {first}"),
                },
                |message| format!("{count}, one is: {message}"),
            );
            let mut services = writers(world, service);
            services.push(service.to_owned());
            Err(of_queue(Failure::finding(expected.clone(), found), &queue, service)
                .services(services)
                .help("look at who sends to this queue and who takes from it: a message that a consumer has in hand does not wait"))
        })
        .await?;
    world.evidence(format!("queue \"{queue}\" in \"{service}\""), seen);
    Ok(())
}

/// The queues and exchanges of a server, by its own word; one of the queues must be this one.
async fn ways(
    world: &World,
    container: &Container,
    queue: &str,
    expected: &str,
) -> Result<Ways, Failure> {
    let mut printed = Vec::new();
    for listing in dead_letters::listings(brokers::virtual_host(container)) {
        printed.push(brokers::printed(world, container, listing).await?);
    }
    let ways = Ways::read(&printed)?;
    let known = ways.queues();
    if !known.contains(queue) {
        let found = match known.len() {
            0 => "no such queue, and no other".to_owned(),
            _ => format!("no such queue; there are: {}", quoted_list(known)),
        };
        let failure = of_queue(Failure::finding(expected, found), queue, &container.service);
        return Err(failure.help("look at who declares this queue"));
    }
    Ok(ways)
}

fn told(letters: &Letters) -> String {
    let key = letters.key.as_ref().map_or_else(
        || "the routing key that they came with".to_owned(),
        |key| format!("routing key \"{key}\""),
    );
    format!("they go to exchange \"{}\" with {key}", letters.exchange)
}

async fn dead_letters_to(world: &mut World, arguments: &Arguments) -> StepResult {
    let (queue, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let target = world.fill(arguments.text(2)?)?;
    let container = world.replica(service).await?;
    let expected = format!("queue \"{queue}\" dead-letters to queue \"{target}\"");
    let seen = world
        .eventually(arguments.within, || async {
            let ways = ways(world, &container, &queue, &expected).await?;
            let finding = |found: String| of_queue(Failure::finding(&*expected, found), &queue, service);
            let Some(letters) = ways.letters(&queue) else {
                return Err(finding("they are dropped: neither its arguments nor its policy name an exchange for them".to_owned())
                    .help("declare the queue with the argument `x-dead-letter-exchange`, or set a policy with `dead-letter-exchange`"));
            };
            let reached = ways.reached(&queue, &letters);
            let way = told(&letters);
            if reached.queues.contains(&target) {
                return Ok(format!("{way}, which leads to {}", quoted_list(reached.queues.iter().map(String::as_str))));
            }
            if let Some(missing) = reached.missing.first() {
                return Err(finding(format!("{way}; there is no exchange \"{missing}\", and they are lost"))
                    .help("look at who declares this exchange, under which name"));
            }
            if !reached.unknown.is_empty() {
                let why = format!("{way}; what {} leads to is not known by the key alone", reached.unknown.join(", "));
                return Err(of_queue(Failure::undecided(&*expected, why), &queue, service)
                    .help("reject a message of the queue and look for it: When a message of queue \"…\" in \"…\" is rejected"));
            }
            let found = match reached.queues.len() {
                0 => format!("{way}, which leads to no queue, and they are lost"),
                _ => format!("{way}, which leads to {}", quoted_list(reached.queues.iter().map(String::as_str))),
            };
            Err(finding(found).help(format!("bind queue \"{target}\" to that exchange with that key")))
        })
        .await?;
    world.evidence(format!("dead letters of queue \"{queue}\" in \"{service}\""), seen);
    Ok(())
}

async fn drops(world: &mut World, arguments: &Arguments) -> StepResult {
    let (queue, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let container = world.replica(service).await?;
    let expected = format!("queue \"{queue}\" does not dead-letter");
    world
        .eventually(arguments.within, || async {
            let ways = ways(world, &container, &queue, &expected).await?;
            ways.letters(&queue).map_or(Ok(()), |letters| {
                Err(of_queue(Failure::finding(&*expected, told(&letters)), &queue, service)
                    .help("the queue's arguments and its policy say where they go"))
            })
        })
        .await?;
    world.evidence(format!("dead letters of queue \"{queue}\" in \"{service}\""), "dropped");
    Ok(())
}
