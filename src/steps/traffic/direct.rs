//! Requests to a service itself, past the web server.

use reqwest::{Method, Url};

use crate::steps::{
    Arguments, Step, StepResult, World,
    traffic::http::{PATIENCE, is_success, or_list},
};
use crate::{
    probe::http::{self, Request},
    run::Failure,
    stack::dial,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "{path} on port {number} of {service} contains {text}",
        "A request to the service itself, from the host to its address in the network, is answered with a status of success (200 to 299) and a body that contains the text.",
        "\"/email\" on port 1080 of \"mailbox\" contains \"captain@example.org\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(direct(world, arguments, 3))),
    Step::then(
        "{path} on port {number} of {service} answers {statuses} with {text}",
        "The same for another status, or one of these.",
        "\"/missing\" on port 1080 of \"mailbox\" answers 404 with \"Not found\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(direct(world, arguments, 4))),
];

async fn direct(world: &mut World, arguments: &Arguments, text: usize) -> StepResult {
    let (path, port, service) =
        (world.fill(arguments.text(0)?)?, arguments.number(1)?, arguments.text(2)?);
    let wanted = world.fill(arguments.text(text)?)?;
    let statuses = if text == 3 { None } else { Some(arguments.statuses(3)?) };
    let with = statuses.map_or_else(|| "200 to 299".to_owned(), or_list);
    let fits =
        |status| statuses.map_or_else(|| is_success(status), |these| these.contains(&status));
    let container = world.replica(service).await?;
    let port = u16::try_from(port)
        .map_err(|_| Failure::undecided("read the port", "ports go from 1 to 65535"))?;
    let at = dial::standing(&container, port).await?;
    let url = Url::parse(&format!("http://{at}{path}"))
        .map_err(|why| Failure::undecided("make an address", why.to_string()))?;
    let client = http::browser(None, &[])?;
    let request = Request { method: Method::GET, url, headers: Vec::new(), json: None };
    let exchange = world
        .eventually(arguments.within, || async {
            let exchange =
                http::send(&client, &request, ("X-Request-Id", "seaworthy"), PATIENCE).await?;
            if fits(exchange.status) && exchange.text().contains(&wanted) {
                return Ok(exchange);
            }
            let help = if fits(exchange.status) {
                "look at who should have put it there".to_owned()
            } else {
                format!(
                    "if status {} is what is meant, say so: {path:?} on port {port} of {service:?} answers {} with {wanted:?}",
                    exchange.status, exchange.status
                )
            };
            Err(Failure::finding(
                format!("{} answers {with} and contains \"{wanted}\"", request.url),
                exchange.shown(),
            )
            .place(format!("service \"{service}\", port {port}"))
            .services([service])
            .help(help))
        })
        .await?;
    world.evidence(format!("{path} on port {port} of \"{service}\""), exchange.shown());
    Ok(())
}
