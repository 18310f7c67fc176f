//! Where requests are led to, in one sentence.

use crate::probe::http::Exchange;
use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    traffic::{
        http,
        requests::{self, Asker},
        responses::leads,
    },
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "a request for {path} redirects to {text}",
        "A new request for this path is answered with a status of 300 to 399 and leads to this address; a path is one of the same server.",
        "a request for \"/account\" redirects to \"/login\"",
    )
    .touches(Touch::Visit)
    .waits()
    .observed(|world, arguments| Box::pin(of_the_web(world, arguments))),
    Step::then(
        "{path} on {port} of {service} redirects to {text}",
        "The same of every replica of the service; through a port of the host it is one request, and the engine chooses the replica.",
        "\"/\" on port 80 of \"web\" redirects to \"https://shop.example.test/\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(of_service(world, arguments))),
];

/// Whether a response leads to an address.
fn redirects(exchange: &Exchange, wanted: &str) -> bool {
    let location = exchange.headers.get("location");
    (300..400).contains(&exchange.status)
        && location.is_some_and(|to| leads(&exchange.url, to, wanted))
}

async fn of_the_web(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = world.fill(arguments.text(1)?)?;
    let expected = format!("a redirect to \"{wanted}\"");
    http::request_until(world, arguments, &expected, |exchange| redirects(exchange, &wanted)).await
}

async fn of_service(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = world.fill(arguments.text(3)?)?;
    let expected = format!("redirects to \"{wanted}\"");
    requests::until(world, arguments, Asker::Here, &expected, |exchange| {
        if redirects(exchange, &wanted) {
            return Ok(());
        }
        let found = exchange.headers.get("location").map_or("nowhere", String::as_str);
        Err(format!(
            "it answers {} and leads to {found}: let the server redirect there (nginx: `return 301 …`)",
            exchange.status
        ))
    })
    .await
}
