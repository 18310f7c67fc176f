//! Requests as a browser sends them to the published web server, and their responses.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use reqwest::Method;

use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    traffic::web,
    world::{Next, Transport},
};
use crate::{
    probe::http::{self, Exchange, Request},
    run::{Failure, FailureKind},
};

pub(crate) use crate::probe::http::Body;

/// How long a browser waits for a response.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "the browser requests {path}",
        "Sends GET to the web server's published port, with an id by which the request can be followed.",
        "the browser requests \"/items\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(requests(world, arguments))),
    Step::when(
        "the browser requests {path} accepting {text}",
        "Sends GET with this Accept-Encoding; the body is left as it comes.",
        "the browser requests \"/items\" accepting \"gzip\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(requests_accepting(world, arguments))),
    Step::when(
        "the browser sends {method} {path}",
        "Sends a request without a body.",
        "the browser sends DELETE \"/api/items/7\"",
    )
    .observed(|world, arguments| Box::pin(sends(world, arguments))),
    Step::when(
        "the browser sends {method} {path} with:",
        "Sends a request with the rows of the table as a JSON object.",
        "the browser sends POST \"/api/jobs/qr\" with:",
    )
    .pairs()
    .observed(|world, arguments| Box::pin(sends(world, arguments))),
    Step::then(
        "the response is {statuses}",
        "The response has this status, or one of these.",
        "the response is 200",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { status(world, arguments) })),
    Step::then(
        "the response header {text} is {text}",
        "The response is a success, or of the status that a sentence before this one states, and has this header with exactly this value.",
        "the response header \"Content-Type\" is \"application/json\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { header_is(world, arguments) })),
    Step::then(
        "the response header {text} contains {text}",
        "The same, and the text occurs in the header's value.",
        "the response header \"Content-Type\" contains \"javascript\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { header_contains(world, arguments) })),
    Step::then(
        "the response has header {text}",
        "The response, a success if no sentence states its status, has this header, whatever its value.",
        "the response has header \"Set-Cookie\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| {
        Box::pin(async move { judge_header(world, arguments.text(0)?, "", "is there", |_| true) })
    }),
    Step::then(
        "the response has no header {text}",
        "The response, a success if no sentence states its status, does not have this header.",
        "the response has no header \"Set-Cookie\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { no_header(world, arguments) })),
    Step::then(
        "the response contains {text}",
        "The text occurs in the body of the response, which is a success if no sentence before this one states its status.",
        "the response contains \"Items\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { contains(world, arguments) })),
    Step::then(
        "the response does not contain {text}",
        "The text does not occur in the body of the response, which is a success if no sentence before this one states its status.",
        "the response does not contain \"Stack trace\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { does_not_contain(world, arguments) })),
    Step::then(
        "the response field {text} is {text}",
        "The JSON body has this field (dots lead inwards) with this value.",
        "the response field \"status\" is \"queued\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { field_is(world, arguments) })),
    Step::then(
        "the response field {text} is at least {number}",
        "The JSON body has this field, and it is a number no smaller than this one.",
        "the response field \"opcache.cached_scripts\" is at least 10",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { field_at_least(world, arguments) })),
    Step::then(
        "the response field {text} is called {text}",
        "Gives the field's value a name, for later sentences: {name}.",
        "the response field \"id\" is called \"job\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { called(world, arguments) })),
    Step::then(
        "a request for {path} succeeds",
        "A new request for this path is answered with a status of 200 to 299.",
        "a request for \"/items\" succeeds",
    )
    .touches(Touch::Visit)
    .waits()
    .observed(|world, arguments| Box::pin(succeeds(world, arguments))),
    Step::then(
        "a request for {path} fails with {statuses}",
        "A new request for this path is answered with this status, or one of these.",
        "a request for \"/items\" fails with 502 or 504",
    )
    .touches(Touch::Visit)
    .waits()
    .observed(|world, arguments| Box::pin(fails(world, arguments))),
];

/// An id that no other request has, of letters that every log and statement can carry.
pub(super) fn request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let time =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("sw-{:x}-{:x}-{count:x}", std::process::id(), time.as_millis())
}

pub(crate) async fn exchange(
    world: &mut World,
    method: Method,
    path: &str,
    body: Body,
    limit: Duration,
) -> Result<Exchange, Failure> {
    world.asked = None;
    // Whoever asks later which stores a request reached must have listened from now on.
    world.listen().await;
    let running = world.running()?;
    let url = web::address(&running.stack, path, world.next.transport).await?;
    let header = world.context()?.config.request_id_header.clone();
    let browser = match &world.browser {
        Some(browser) => browser.clone(),
        None => world.browser.insert(web::browser(world.context()?, &running.stack).await?).clone(),
    };
    let mut headers = if matches!(body, Body::Json(_)) {
        vec![("Accept".to_owned(), "application/json".to_owned())]
    } else {
        Vec::new()
    };
    headers.extend(world.next.headers.iter().cloned());
    let request = Request { method, url, headers, body };
    let (service, _) = web::server(&running.stack)?;
    http::send(&browser, &request, (&header, &request_id()), limit).await.map_err(|why| {
        Failure::finding(format!("{} \"{path}\" gets a response", request.method), why.why)
            .place(format!("service \"{service}\" at {}", request.url))
            .services([service])
            .help("look whether the web server runs and listens on the port that is published")
    })
}

async fn requests(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    go(world, Method::GET, &path, Body::None).await
}

async fn requests_accepting(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    world.next.headers.push(("Accept-Encoding".to_owned(), arguments.text(1)?.to_owned()));
    go(world, Method::GET, &path, Body::None).await
}

fn field_at_least(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, wanted) = (arguments.text(0)?, arguments.number(1)?);
    let value = field(world, path)?;
    if value.parse::<u64>().is_ok_and(|number| number >= wanted) {
        world.evidence("response field", format!("{path} = {value}"));
        return Ok(());
    }
    Err(response_failure(world, format!("field \"{path}\" is at least {wanted}"), value))
}

async fn sends(world: &mut World, arguments: &Arguments) -> StepResult {
    let method = Method::from_bytes(arguments.text(0)?.as_bytes())
        .map_err(|why| Failure::undecided("read the method", why.to_string()))?;
    let path = world.fill(arguments.text(1)?)?;
    let body = body(world, arguments)?;
    go(world, method, &path, body).await
}

/// The rows of a step's table as a JSON object; none without rows.
pub(crate) fn body(world: &World, arguments: &Arguments) -> Result<Body, Failure> {
    let mut body = serde_json::Map::new();
    for (name, value) in arguments.pairs() {
        let value = world.fill(&value)?;
        // A number or a truth value stands for itself, everything else for its text.
        let value = serde_json::from_str(&value)
            .ok()
            .filter(|json: &serde_json::Value| json.is_number() || json.is_boolean())
            .unwrap_or(serde_json::Value::String(value));
        body.insert(name, value);
    }
    Ok(if body.is_empty() { Body::None } else { Body::Json(serde_json::Value::Object(body)) })
}

/// Sends a request, as [`World::next`] says, and remembers what came of it.
pub(crate) async fn go(world: &mut World, method: Method, path: &str, body: Body) -> StepResult {
    let exchange = exchange(world, method, path, body, PATIENCE).await;
    world.next = Next::default();
    let exchange = exchange?;
    world.evidence("request and response", exchange.shown());
    world.names.insert("request".to_owned(), exchange.id.clone());
    world.exchange = Some(exchange);
    world.status_stated = false;
    Ok(())
}

pub(super) fn response_failure(world: &World, expected: String, found: String) -> Failure {
    let mut failure = Failure::finding(expected, found);
    if let Some(exchange) = &world.exchange {
        failure = failure.place(format!("{} {}", exchange.method, exchange.url));
    }
    if let Some(service) = &world.asked {
        failure = failure.services([service]);
    } else if let Ok(running) = world.running() {
        let web = web::server(&running.stack).map(|(service, _)| service).ok();
        let behind = web
            .iter()
            .flat_map(|web| running.stack.project.services[web].depends_on.keys().cloned());
        let services: Vec<String> = web.iter().cloned().chain(behind).collect();
        failure = failure.services(services);
    }
    failure.help("the logs of the services in the flow tell what became of the request")
}

/// A request, sent for the sake of something else, that was answered with an error.
pub(crate) fn refused(world: &World, exchange: &Exchange) -> Failure {
    let mut failure = response_failure(
        world,
        format!("{} \"{}\" gets a status below 400", exchange.method, exchange.url.path()),
        format!("status {} {}", exchange.status, first_line(exchange)),
    );
    failure.place = Some(format!("{} {}", exchange.method, exchange.url));
    failure
}

fn status(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = arguments.statuses(0)?;
    let exchange = world.exchange()?;
    let seen = format!("{} {}", exchange.status, first_line(exchange));
    if wanted.contains(&exchange.status) {
        world.evidence("status", seen);
        world.status_stated = true;
        return Ok(());
    }
    Err(response_failure(world, format!("status {}", or_list(wanted)), format!("status {seen}")))
}

pub(super) fn first_line(exchange: &Exchange) -> String {
    let text = exchange.legible();
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.chars().take(120).collect()
}

pub(crate) fn or_list(statuses: &[u16]) -> String {
    statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// The response whose content a sentence speaks of. What stands on an error page or a redirect is
/// not what was asked for, unless a sentence says that one comes.
///
/// # Errors
/// Its status is no success, and no sentence of the scenario stated it.
pub(crate) fn answer(world: &World) -> Result<&Exchange, Failure> {
    let exchange = world.exchange()?;
    if world.status_stated || is_success(exchange.status) {
        return Ok(exchange);
    }
    let leads =
        exchange.headers.get("location").map_or_else(String::new, |to| format!(", leads to {to}"));
    let found = format!("status {}{leads} {}", exchange.status, first_line(exchange));
    let expected = "a response of status 200 to 299, as no sentence before states another";
    let mut failure = response_failure(world, expected.to_owned(), found.trim_end().to_owned());
    failure.help = format!(
        "if this is the response that is meant, say so before: Then the response is {}; if not, {}",
        exchange.status, failure.help
    );
    Err(failure)
}

/// "Successful 2xx" of RFC 9110.
pub(crate) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn header<'w>(world: &'w World, name: &str) -> Result<Option<&'w str>, Failure> {
    Ok(answer(world)?.headers.get(&name.to_lowercase()).map(String::as_str))
}

fn header_is(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, world.fill(arguments.text(1)?)?);
    judge_header(world, name, &wanted, "is", |value| value == wanted)
}

fn header_contains(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, world.fill(arguments.text(1)?)?);
    judge_header(world, name, &wanted, "contains", |value| value.contains(&wanted))
}

pub(super) fn judge_header(
    world: &mut World,
    name: &str,
    wanted: &str,
    verb: &str,
    fits: impl Fn(&str) -> bool,
) -> StepResult {
    let found = match header(world, name)? {
        Some(value) if fits(value) => {
            let seen = format!("{name}: {value}");
            world.evidence("response header", seen);
            return Ok(());
        }
        Some(value) => format!("{name}: {value}"),
        None => format!("no header \"{name}\""),
    };
    let failure = response_failure(world, format!("header \"{name}\" {verb} \"{wanted}\""), found);
    Err(failure.help(format!("let the web server (nginx: `add_header {name} … always`, or what makes it) or the application send it; their logs tell which of them answered")))
}

fn no_header(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    if let Some(value) = header(world, name)? {
        let found = format!("{name}: {value}");
        return Err(response_failure(world, format!("no header \"{name}\""), found));
    }
    let names: Vec<String> = answer(world)?.headers.keys().cloned().collect();
    world.evidence("response headers", names.join(", "));
    Ok(())
}

fn contains(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = world.fill(arguments.text(0)?)?;
    let text = answer(world)?.text();
    if let Some(line) = text
        .lines()
        .find(|line| line.contains(&wanted))
        .map(str::to_owned)
        .or_else(|| text.contains(&wanted).then(|| wanted.clone()))
    {
        world.evidence("response body", line.trim());
        Ok(())
    } else {
        let found = world.exchange()?.shown();
        Err(response_failure(world, format!("a body that contains \"{wanted}\""), found))
    }
}

fn does_not_contain(world: &mut World, arguments: &Arguments) -> StepResult {
    let unwanted = world.fill(arguments.text(0)?)?;
    let text = answer(world)?.text();
    if let Some(line) = text.lines().find(|line| line.contains(&unwanted)) {
        let found = line.trim().to_owned();
        return Err(response_failure(world, format!("a body without \"{unwanted}\""), found));
    }
    world.evidence("response body", format!("{} bytes without \"{unwanted}\"", text.len()));
    Ok(())
}

pub(super) fn field(world: &World, path: &str) -> Result<String, Failure> {
    let exchange = answer(world)?;
    exchange.field(path).ok_or_else(|| {
        response_failure(world, format!("a JSON body with the field \"{path}\""), exchange.shown())
    })
}

fn field_is(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, wanted) = (arguments.text(0)?, world.fill(arguments.text(1)?)?);
    let value = field(world, path)?;
    if value == wanted {
        world.evidence("response field", format!("{path} = {value}"));
        return Ok(());
    }
    Err(response_failure(
        world,
        format!("field \"{path}\" is \"{wanted}\""),
        format!("\"{value}\""),
    ))
}

fn called(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, name) = (arguments.text(0)?, arguments.text(1)?);
    let value = field(world, path)?;
    let place = world.exchange()?.url.to_string();
    world.name(name, &value, &place)?;
    world.evidence("response field", format!("{path} = {value}, called \"{name}\""));
    Ok(())
}

async fn succeeds(world: &mut World, arguments: &Arguments) -> StepResult {
    let fits = |exchange: &Exchange| is_success(exchange.status);
    request_until(world, arguments, "a status of 200 to 299", fits).await
}

async fn fails(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = arguments.statuses(1)?.to_vec();
    request_until(world, arguments, &format!("status {}", or_list(&wanted)), |exchange| {
        wanted.contains(&exchange.status)
    })
    .await
}

/// Asks the web server until the answer fits.
pub(super) async fn request_until(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    fits: impl Fn(&Exchange) -> bool,
) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    let limit = world.limit(arguments.within)?;
    web::published(&world.running()?.stack, world.next.transport)?;
    let begun = std::time::Instant::now();
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        // A request that outlives the sentence's time is an answer too: none came in time.
        let patience = left.max(Duration::from_millis(200));
        let result = exchange(world, Method::GET, &path, Body::None, patience).await;
        let found = match result {
            Ok(exchange) if fits(&exchange) => {
                world.evidence(
                    format!("request for \"{path}\""),
                    format!("{} after {:.1?}", exchange.status, begun.elapsed()),
                );
                // The sentence says which status it is.
                world.status_stated = true;
                world.exchange = Some(exchange);
                return Ok(());
            }
            Ok(exchange) => {
                let to = exchange.headers.get("location");
                let to = to.map_or_else(String::new, |to| format!(", leads to {to}"));
                let found = format!("status {}{to} {}", exchange.status, first_line(&exchange));
                world.exchange = Some(exchange);
                found
            }
            Err(why) if why.kind == FailureKind::Undecided && begun.elapsed() >= limit => {
                return Err(why);
            }
            Err(why) => why.found,
        };
        if begun.elapsed() >= limit {
            let found = format!("{found} (after {})", humantime::format_duration(limit));
            let mut failure =
                response_failure(world, format!("a request for \"{path}\" gets {expected}"), found);
            // Without an answer the last exchange is an older one.
            let url = web::address(&world.running()?.stack, &path, Transport::AsDeclared).await?;
            failure.place = Some(format!("{} {url}", Method::GET));
            return Err(failure);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
