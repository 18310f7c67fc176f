//! Websockets to any port of any service.

use std::time::Duration;

use reqwest::Url;

use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    traffic::door::{self, Door},
};
use crate::{
    probe::{ProbeError, websocket::Socket},
    run::Failure,
};

/// How long a websocket may take to open.
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "a websocket opens to {path} on {port} of {service}",
        "Connects to one replica and asks for the protocol to be switched; sentences on the websocket speak of this one.",
        "a websocket opens to \"/feed\" on port 8080 of \"api\"",
    )
    .observed(|world, arguments| Box::pin(open(world, arguments, None))),
    Step::when(
        "a websocket opens to {path} on {port} of {service} with subprotocol {text}",
        "The same, and offers this subprotocol, which must be taken.",
        "a websocket opens to \"/feed\" on port 8080 of \"api\" with subprotocol \"mqtt\"",
    )
    .observed(|world, arguments| Box::pin(open(world, arguments, Some(3)))),
    Step::then(
        "no websocket opens to {path} on {port} of {service}",
        "Every replica answers on the port and does not switch protocols.",
        "no websocket opens to \"/admin\" on port 8080 of \"api\"",
    )
    .observed(|world, arguments| Box::pin(opens_none(world, arguments))),
    Step::when(
        "{text} is sent on the websocket",
        "Sends a text message.",
        "\"ahoy\" is sent on the websocket",
    )
    .touches(Touch::Everything)
    .observed(|world, arguments| Box::pin(send(world, arguments))),
    Step::then(
        "the websocket hears {text}",
        "A message that contains the text has come on the websocket, or comes.",
        "the websocket hears \"ahoy\"",
    )
    .touches(Touch::Nothing)
    .waits()
    .observed(|world, arguments| Box::pin(hears(world, arguments))),
    Step::then(
        "for {duration} the websocket never hears {text}",
        "No message that came so far, or comes in this time, contains the text; the websocket stays open.",
        "for 2 seconds the websocket never hears \"error\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(never_hears(world, arguments))),
    Step::then(
        "the websocket stays open for {duration}",
        "The server does not close it in this time.",
        "the websocket stays open for 5 seconds",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(stays_open(world, arguments))),
];

async fn connect(
    door: &Door,
    path: &str,
    protocol: Option<&str>,
) -> Result<Result<Socket, ProbeError>, Failure> {
    door.plain("open a websocket")?;
    let url = Url::parse(&format!("ws://{}:{}{path}", door.name(), door.port.number));
    let url = url.map_err(|why| {
        Failure::undecided(format!("make an address of \"{path}\""), why.to_string())
    })?;
    let origin = format!("http://{}:{}", door.name(), door.port.number);
    let mut headers = vec![("Origin", &*origin)];
    headers.extend(protocol.map(|protocol| ("Sec-WebSocket-Protocol", protocol)));
    Ok(Socket::open(&url, door.at, &headers, LIMIT).await)
}

async fn open(world: &mut World, arguments: &Arguments, protocol: Option<usize>) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    let protocol = protocol.map(|at| arguments.text(at)).transpose()?;
    let door = door::find(world, arguments, 1, 2).await?;
    let socket = connect(&door, &path, protocol).await?.map_err(|why| {
        let offered = protocol.map_or_else(String::new, |name| format!(" with subprotocol \"{name}\""));
        door.wrong(
            format!("a websocket opens to \"{path}\"{offered}"),
            why.why,
            "look whether the service speaks websockets at this path and takes this subprotocol; a proxy before it must speak HTTP/1.1 and pass Upgrade and Connection on",
        )
    })?;
    let protocol = socket.protocol.as_deref().unwrap_or("none");
    let seen = format!("101 Switching Protocols, subprotocol {protocol}, at {}", socket.url);
    world.evidence("websocket", seen);
    world.socket = Some(socket);
    Ok(())
}

async fn opens_none(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = world.fill(arguments.text(0)?)?;
    for door in door::all(world, arguments, 1, 2).await? {
        let expected = format!("no websocket opens to \"{path}\"");
        match connect(&door, &path, None).await? {
            Ok(_) => {
                return Err(door.wrong(
                    expected,
                    "101 Switching Protocols",
                    "let the service, or the proxy before it, refuse the upgrade at this path",
                ));
            }
            // Whoever does not answer has not refused.
            Err(why) if !why.why.contains("HTTP error") => {
                return Err(Failure::undecided(format!("see that {expected}"), why.why)
                    .place(door.place())
                    .services([&door.service])
                    .help("let the service answer on this port; its log says why it does not"));
            }
            Err(why) => world.evidence(door.place(), why.why),
        }
    }
    Ok(())
}

fn socket<'w>(world: &'w mut World, doing: &str) -> Result<&'w mut Socket, Failure> {
    world.socket.as_mut().ok_or_else(|| {
        Failure::undecided(doing, "none is open")
            .help("say `When a websocket opens to \"/\" on port 80 of \"…\"` before")
    })
}

fn wrong(socket: &Socket, expected: String, found: &str) -> Failure {
    let heard: Vec<&str> = socket.heard.iter().map(|heard| heard.text.as_str()).collect();
    let heard = match &*heard {
        [] => "nothing was heard".to_owned(),
        some => format!("heard: {}", some.join(" ")),
    };
    Failure::finding(expected, format!("{found}; {heard}"))
        .place(format!("the websocket {}", socket.url))
        .help("look at the log of the service that it leads to")
}

async fn send(world: &mut World, arguments: &Arguments) -> StepResult {
    let text = world.fill(arguments.text(0)?)?;
    let socket = socket(world, "send on the websocket")?;
    if let Err(why) = socket.send(&text).await {
        return Err(wrong(socket, format!("\"{text}\" is sent"), &why.why));
    }
    world.evidence("sent on the websocket", text);
    Ok(())
}

async fn hears(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = world.fill(arguments.text(0)?)?;
    let limit = world.limit(arguments.within)?;
    let socket = socket(world, "listen to the websocket")?;
    match socket.await_message(limit, |text| text.contains(&wanted)).await {
        Ok(heard) => {
            world.evidence("heard on the websocket", heard.text);
            Ok(())
        }
        Err(why) => {
            let expected = format!("a message that contains \"{wanted}\"");
            Err(wrong(socket, expected, &why.why))
        }
    }
}

async fn never_hears(world: &mut World, arguments: &Arguments) -> StepResult {
    let (time, unwanted) = (arguments.duration(0)?, world.fill(arguments.text(1)?)?);
    let socket = socket(world, "listen to the websocket")?;
    let expected = || {
        format!("for {} no message that contains \"{unwanted}\"", humantime::format_duration(time))
    };
    if let Err(why) = socket.listen(time).await {
        return Err(wrong(socket, expected(), &why.why));
    }
    if socket.heard.iter().any(|heard| heard.text.contains(&unwanted)) {
        return Err(wrong(socket, expected(), "it came"));
    }
    let count = socket.heard.len();
    world.evidence("heard on the websocket", format!("{count} messages, none with \"{unwanted}\""));
    Ok(())
}

async fn stays_open(world: &mut World, arguments: &Arguments) -> StepResult {
    let time = arguments.duration(0)?;
    let socket = socket(world, "watch the websocket")?;
    if let Err(why) = socket.listen(time).await {
        let expected = format!("it stays open for {}", humantime::format_duration(time));
        return Err(wrong(socket, expected, &why.why));
    }
    world.evidence("websocket", format!("open for {}", humantime::format_duration(time)));
    Ok(())
}
