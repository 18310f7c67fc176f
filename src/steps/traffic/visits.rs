//! Other ways to visit the web server: without TLS, as somebody else, again, and many times.

use reqwest::Method;

use crate::run::Failure;
use crate::steps::{Arguments, Step, StepResult, Touch, World, traffic::http, world::Transport};

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "the browser requests {path} over plain HTTP",
        "Sends GET without TLS, to the port published as 80; a redirect is shown and not followed.",
        "the browser requests \"/items\" over plain HTTP",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(plain(world, arguments))),
    Step::when(
        "another browser requests {path}",
        "Sends GET as a browser that was never here: without the cookies of the scenario's own.",
        "another browser requests \"/items\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(another(world, arguments))),
    Step::when(
        "the browser forgets its cookies",
        "What follows is somebody else's visit: no session, login or other cookie of before is sent any more.",
        "the browser forgets its cookies",
    )
    .touches(Touch::Nothing)
    .observed(|world, _| Box::pin(async move { forget(world) })),
    Step::when(
        "the browser asks whether {path} has changed",
        "Sends GET with what the last response said of its version (ETag, Last-Modified).",
        "the browser asks whether \"/robots.txt\" has changed",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(has_changed(world, arguments))),
    Step::when(
        "the browser sends {method} {path} {number} times with:",
        "Sends that many requests, one after the other, with the rows of the table as a JSON object; each must be answered with a status below 400.",
        "the browser sends POST \"/api/jobs/qr\" 30 times with:",
    )
    .pairs()
    .observed(|world, arguments| Box::pin(many(world, arguments))),
];

async fn plain(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    world.next.transport = Transport::Plain;
    http::go(world, Method::GET, &path, http::Body::None).await
}

async fn another(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    let own = world.browser.take();
    let done = http::go(world, Method::GET, &path, http::Body::None).await;
    world.browser = own;
    done
}

fn forget(world: &mut World) -> StepResult {
    if world.browser.take().is_none() {
        return Err(Failure::undecided(
            "forget the browser's cookies",
            "it has requested nothing yet",
        )
        .help("say `When the browser requests \"/\"` before"));
    }
    world.evidence("cookies", "none: what follows is somebody else's visit");
    Ok(())
}

async fn has_changed(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    let headers = &http::answer(world)?.headers;
    let conditions = [("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")];
    let known: Vec<_> = conditions
        .iter()
        .filter_map(|(said, asked)| Some(((*asked).to_owned(), headers.get(*said)?.clone())))
        .collect();
    if known.is_empty() {
        return Err(Failure::finding(
            "the last response says which version it is",
            "neither ETag nor Last-Modified",
        )
        .place(format!("GET {}", world.exchange()?.url))
        .help("the web server must send a validator (nginx: `etag on`, which is its default for files)"));
    }
    world.next.headers = known;
    http::go(world, Method::GET, &path, http::Body::None).await
}

async fn many(world: &mut World, arguments: &Arguments) -> StepResult {
    let method = Method::from_bytes(arguments.text(0)?.as_bytes())
        .map_err(|why| Failure::undecided("read the method", why.to_string()))?;
    let (path, count) = (world.fill(arguments.text(1)?)?, arguments.number(2)?);
    let body = http::body(world, arguments)?;
    for _ in 0..count {
        let exchange =
            http::exchange(world, method.clone(), &path, body.clone(), http::PATIENCE).await?;
        if exchange.status >= 400 {
            return Err(http::refused(world, &exchange));
        }
        world.exchange = Some(exchange);
        world.status_stated = false;
    }
    let last = world.exchange()?.shown();
    world.evidence(format!("{count} requests, the last of them"), last);
    Ok(())
}
