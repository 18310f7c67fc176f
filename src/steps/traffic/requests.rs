//! Requests to any port of any service: from the host through a port that it publishes, or inside
//! the network at the container's own.

use std::time::Duration;

use reqwest::{Method, Url};

use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    language::arguments::Unit,
    traffic::{
        door::{self, Door},
        http::{self as visit, PATIENCE, first_line, is_success, or_list, request_id},
    },
    world::Next,
};
use crate::{
    probe::http::{self, Body, Exchange, Request},
    run::{Failure, FailureKind},
};

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "{path} on {port} of {service} is requested",
        "Sends GET to a service itself, to one replica of it. The port is the container's own (port 80) or one of the host that leads to it (host port 8080); with TLS before it (TLS port 443) it is asked over HTTPS, whoever signed its certificate. Sentences on the response speak of this one.",
        "\"/health\" on port 8080 of \"api\" is requested",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(requested(world, arguments, Asker::Here))),
    Step::when(
        "{method} {path} is sent to {port} of {service}",
        "Sends a request without a body.",
        "DELETE \"/items/7\" is sent to port 8080 of \"api\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(sent(world, arguments, Carried::Nothing, Asker::Here))),
    Step::when(
        "{method} {path} is sent to {port} of {service} with:",
        "Sends the rows of the table as a JSON object.",
        "POST \"/items\" is sent to port 8080 of \"api\" with:",
    )
    .pairs()
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(sent(world, arguments, Carried::Json, Asker::Here))),
    Step::when(
        "{method} {path} is sent to {port} of {service} with the form:",
        "Sends the rows of the table as the fields of a form.",
        "POST \"/login\" is sent to port 8080 of \"api\" with the form:",
    )
    .pairs()
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(sent(world, arguments, Carried::Form, Asker::Here))),
    Step::when(
        "{method} {path} is sent to {port} of {service} with the body {text}",
        "Sends the text as it is; the type is what a sentence before it says in the header Content-Type.",
        "PUT \"/notes/1\" is sent to port 8080 of \"api\" with the body \"Ahoy\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(sent(world, arguments, Carried::Text(4), Asker::Here))),
    Step::when(
        "the next request has the headers:",
        "The request that comes next, of whoever and to whichever service, is sent with these headers.",
        "the next request has the headers:",
    )
    .pairs()
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { headers(world, arguments) })),
    Step::then(
        "{path} on {port} of {service} answers {statuses}",
        "A new request to every replica of the service is answered with this status, or one of these; through a port of the host it is one request, and the engine chooses the replica.",
        "\"/health\" on port 8080 of \"api\" answers 200",
    )
    .waits()
    .observed(|world, arguments| Box::pin(answers(world, arguments, Asker::Here))),
    Step::then(
        "{path} on {port} of {service} contains {text}",
        "The same, with a status of success (200 to 299) and a body that contains the text.",
        "\"/email\" on port 1080 of \"mailbox\" contains \"captain@example.org\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(contains(world, arguments, Asker::Here))),
    Step::then(
        "{path} on {port} of {service} answers {statuses} with {text}",
        "The same for another status, or one of these.",
        "\"/missing\" on port 1080 of \"mailbox\" answers 404 with \"Not found\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(answers_with(world, arguments))),
];

/// What a request carries, as its sentence says.
#[derive(Clone, Copy)]
pub(super) enum Carried {
    Nothing,
    Json,
    Form,
    /// The text at this parameter.
    Text(usize),
    /// As many bytes as this parameter says.
    Bytes(usize),
}

/// From where a sentence asks.
#[derive(Clone, Copy)]
pub(super) enum Asker {
    /// From here.
    Here,
    /// From inside the service at this parameter.
    Inside(usize),
}

fn headers(world: &mut World, arguments: &Arguments) -> StepResult {
    for (name, value) in arguments.pairs() {
        let value = world.fill(&value)?;
        world.next.headers.push((name, value));
    }
    Ok(())
}

/// The doors of a sentence whose parameters at these positions are a port and its service.
async fn doors(
    world: &World,
    arguments: &Arguments,
    (port, service): (usize, usize),
    from: Asker,
) -> Result<Vec<Door>, Failure> {
    match from {
        Asker::Here => door::all(world, arguments, port, service).await,
        Asker::Inside(from) => door::all_from_inside(world, arguments, (port, service), from).await,
    }
}

/// One of them, for a sentence that asks once.
async fn one_door(
    world: &World,
    arguments: &Arguments,
    (port, service): (usize, usize),
    from: Asker,
) -> Result<Door, Failure> {
    let Asker::Inside(_) = from else {
        return door::find(world, arguments, port, service).await;
    };
    let doors = doors(world, arguments, (port, service), from).await?;
    doors.into_iter().next().ok_or_else(|| {
        Failure::undecided("ask a service from inside another", "it has no container")
    })
}

pub(super) async fn requested(world: &mut World, arguments: &Arguments, from: Asker) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    let door = one_door(world, arguments, (1, 2), from).await?;
    ask(world, &door, Method::GET, &path, Body::None).await
}

pub(super) async fn sent(
    world: &mut World,
    arguments: &Arguments,
    carried: Carried,
    from: Asker,
) -> StepResult {
    let method = Method::from_bytes(arguments.text(0)?.as_bytes())
        .map_err(|why| Failure::undecided("read the method", why.to_string()))?;
    let path = world.fill(arguments.text(1)?)?;
    let body = match carried {
        Carried::Nothing => Body::None,
        Carried::Json => visit::body(world, arguments)?,
        Carried::Form => {
            let fields = arguments.pairs().into_iter();
            let fields = fields.map(|(name, value)| Ok((name, world.fill(&value)?)));
            Body::Form(fields.collect::<Result<_, Failure>>()?)
        }
        Carried::Text(at) => Body::Text(world.fill(arguments.text(at)?)?),
        Carried::Bytes(at) => bytes(arguments, at)?,
    };
    let door = one_door(world, arguments, (2, 3), from).await?;
    ask(world, &door, method, &path, body).await
}

/// A body of as many bytes as a parameter says.
pub(super) fn bytes(arguments: &Arguments, at: usize) -> Result<Body, Failure> {
    /// More is no test of a limit, but of this machine's memory.
    const MOST: f64 = 1_073_741_824.0;
    let (number, unit) = arguments.quantity(at)?;
    if !matches!(unit, Unit::Bytes) || !(1.0..=MOST).contains(&number) {
        return Err(Failure::undecided("make a body", "it is no size from 1 B to 1 GiB")
            .help("write how large it is, as in \"6 MiB\""));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in bounds")]
    let length = number as usize;
    Ok(Body::Text("x".repeat(length)))
}

/// Sends a request and remembers what came of it.
async fn ask(world: &mut World, door: &Door, method: Method, path: &str, body: Body) -> StepResult {
    // Whoever asks later which stores a request reached must have listened from now on.
    world.listen().await;
    let next = std::mem::take(&mut world.next);
    let exchange = send(world, door, (method, path), body, next, PATIENCE).await?;
    world.evidence("request and response", exchange.shown());
    world.names.insert("request".to_owned(), exchange.id.clone());
    world.exchange = Some(exchange);
    world.asked = Some(door.service.clone());
    world.status_stated = false;
    Ok(())
}

async fn send(
    world: &mut World,
    door: &Door,
    (method, path): (Method, &str),
    body: Body,
    next: Next,
    limit: Duration,
) -> Result<Exchange, Failure> {
    let key = format!("{} at {}", door.place(), door.at);
    let client = if let Some(client) = world.clients.get(&key) {
        client.clone()
    } else {
        let client = http::visitor(door.name(), door.at)?;
        world.clients.entry(key).or_insert(client).clone()
    };
    let scheme = if door.port.tls { "https" } else { "http" };
    let url = format!("{scheme}://{}:{}{path}", door.name(), door.at.port());
    let url = Url::parse(&url).map_err(|why| {
        Failure::undecided(format!("make an address of \"{path}\""), why.to_string())
    })?;
    let mut headers = next.headers;
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        // The port where it is reached from here is nobody's else.
        headers.push(("Host".to_owned(), format!("{}:{}", door.name(), door.port.number)));
    }
    let request = Request { method, url, headers, body };
    let header = world.context()?.config.request_id_header.clone();
    http::send(&client, &request, (&header, &request_id()), limit).await.map_err(|why| {
        door.wrong(
            format!("{} \"{path}\" gets a response", request.method),
            why.why,
            format!(
                "look at the log of \"{}\", and whether it listens on this port of all its addresses, {} TLS",
                door.service,
                if door.port.tls { "with" } else { "without" }
            ),
        )
    })
}

/// Asks until the answer fits, of every replica where the port is the container's own.
pub(super) async fn until(
    world: &mut World,
    arguments: &Arguments,
    from: Asker,
    expected: &str,
    fits: impl Fn(&Exchange) -> Result<(), String>,
) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    let limit = world.limit(arguments.within)?;
    let headers = std::mem::take(&mut world.next).headers;
    let inside = match from {
        Asker::Here => String::new(),
        Asker::Inside(at) => format!(" from inside \"{}\"", arguments.text(at)?),
    };
    let judge = |door: &Door, exchange: Exchange| match fits(&exchange) {
        Ok(()) => Ok(exchange),
        Err(help) => Err(door.wrong(
            format!("\"{path}\" on {} of \"{}\" {expected}{inside}", door.port, door.service),
            exchange.shown(),
            help,
        )),
    };
    let begun = std::time::Instant::now();
    loop {
        let left = limit.saturating_sub(begun.elapsed()).max(Duration::from_millis(200));
        let patience = left.min(PATIENCE);
        let (mut seen, mut why) = (Vec::new(), None);
        // Found anew each time: who was restarted is elsewhere.
        let doors = match doors(world, arguments, (1, 2), from).await {
            // A name may have no address yet, or nobody who listens there.
            Err(failure) if !inside.is_empty() && failure.kind == FailureKind::Finding => {
                why = Some(failure);
                Vec::new()
            }
            doors => doors?,
        };
        for door in doors {
            let next = Next { headers: headers.clone(), ..Next::default() };
            let sent = (Method::GET, &*path);
            let exchange = send(world, &door, sent, Body::None, next, patience).await;
            match exchange.and_then(|exchange| judge(&door, exchange)) {
                Ok(exchange) => seen.push((door, exchange)),
                Err(failure) => {
                    why = Some(failure);
                    break;
                }
            }
        }
        let Some(why) = why else {
            for (door, exchange) in seen {
                world.evidence(format!("{path} on {}", door.place()), exchange.shown());
                world.exchange = Some(exchange);
                world.asked = Some(door.service);
            }
            world.status_stated = true;
            return Ok(());
        };
        if begun.elapsed() >= limit {
            let found = format!("{} (after {})", why.found, humantime::format_duration(limit));
            return Err(Failure { found, ..why });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(super) async fn answers(world: &mut World, arguments: &Arguments, from: Asker) -> StepResult {
    let wanted = arguments.statuses(3)?;
    let expected = format!("answers {}", or_list(wanted));
    until(world, arguments, from, &expected, |exchange| {
        if wanted.contains(&exchange.status) {
            return Ok(());
        }
        let line = first_line(exchange);
        Err(format!("its log tells what became of the request; it said {} {line}", exchange.status))
    })
    .await
}

pub(super) async fn contains(world: &mut World, arguments: &Arguments, from: Asker) -> StepResult {
    let wanted = world.fill(arguments.text(3)?)?;
    with(world, arguments, from, ("200 to 299", &wanted), is_success).await
}

async fn answers_with(world: &mut World, arguments: &Arguments) -> StepResult {
    let (statuses, wanted) = (arguments.statuses(3)?, world.fill(arguments.text(4)?)?);
    let fits = |status| statuses.contains(&status);
    with(world, arguments, Asker::Here, (&or_list(statuses), &wanted), fits).await
}

async fn with(
    world: &mut World,
    arguments: &Arguments,
    from: Asker,
    (statuses, wanted): (&str, &str),
    fits: impl Fn(u16) -> bool,
) -> StepResult {
    let (path, port, service) = (arguments.text(0)?, arguments.port(1)?, arguments.text(2)?);
    let expected = format!("answers {statuses} and contains \"{wanted}\"");
    until(world, arguments, from, &expected, |exchange| {
        if !fits(exchange.status) {
            let status = exchange.status;
            let say = match from {
                Asker::Here => format!("{path:?} on {port} of {service:?} answers {status} with {wanted:?}"),
                Asker::Inside(_) => format!("When {path:?} on {port} of {service:?} is requested from inside …, Then the response is {status}, And the response contains {wanted:?}"),
            };
            return Err(format!("if status {status} is what is meant, say so: {say}"));
        }
        let there = exchange.text().contains(wanted);
        there.then_some(()).ok_or_else(|| "look at who should have put it there".to_owned())
    })
    .await
}
