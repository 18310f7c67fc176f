//! Requests that say who sends them, and requests as large as a sentence says.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;

use crate::run::Failure;
use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    traffic::{
        http,
        requests::{self, Asker, Carried},
    },
};

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "{path} on {port} of {service} is requested with header {text} set to {text}",
        "Sends GET to a service itself, with this header; for several there is `the next request has the headers:`.",
        "\"/me\" on port 8080 of \"api\" is requested with header \"Authorization\" set to \"Bearer wrong\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(with_header(world, arguments))),
    Step::when(
        "{path} on {port} of {service} is requested as user {text} with password {text}",
        "Sends GET to a service itself, with this name and password (Basic authentication of HTTP).",
        "\"/api/system\" on port 9000 of \"api\" is requested as user \"admin\" with password \"open sesame\"",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(as_user(world, arguments))),
    Step::when(
        "{method} {path} is sent to {port} of {service} with a body of {quantity}",
        "Sends so many bytes, up to 1 GiB; the type is what a sentence before it says in the header Content-Type.",
        "POST \"/upload\" is sent to port 8080 of \"api\" with a body of 6 MiB",
    )
    .touches(Touch::Visit)
    .observed(|world, arguments| {
        Box::pin(requests::sent(world, arguments, Carried::Bytes(4), Asker::Here))
    }),
    Step::when(
        "the browser sends {method} {path} with a body of {quantity}",
        "Sends so many bytes to the web server, up to 1 GiB.",
        "the browser sends POST \"/api/upload\" with a body of 6 MiB",
    )
    .touches(Touch::Everything)
    .observed(|world, arguments| Box::pin(sends(world, arguments))),
];

async fn with_header(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, value) = (arguments.text(3)?.to_owned(), world.fill(arguments.text(4)?)?);
    world.next.headers.push((name, value));
    requests::requested(world, arguments, Asker::Here).await
}

async fn as_user(world: &mut World, arguments: &Arguments) -> StepResult {
    let (user, password) = (world.fill(arguments.text(3)?)?, world.fill(arguments.text(4)?)?);
    if user.contains(':') {
        return Err(Failure::undecided("ask with a name and a password", "the name has a colon")
            .help("no name of Basic authentication has one: it ends the name"));
    }
    world.next.headers.push(("Authorization".to_owned(), basic(&user, &password)));
    requests::requested(world, arguments, Asker::Here).await
}

/// Credentials as RFC 7617 writes them.
fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

async fn sends(world: &mut World, arguments: &Arguments) -> StepResult {
    let method = Method::from_bytes(arguments.text(0)?.as_bytes())
        .map_err(|why| Failure::undecided("read the method", why.to_string()))?;
    let path = world.fill(arguments.text(1)?)?;
    let body = requests::bytes(arguments, 2)?;
    http::go(world, method, &path, body).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_written_as_the_standard_has_them() {
        // The example of RFC 7617.
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
