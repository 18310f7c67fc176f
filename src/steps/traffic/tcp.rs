//! Ports that take connections or refuse them, and what is said on them.

use std::time::Duration;

use tokio::{io::AsyncWriteExt as _, time::timeout};

use crate::steps::{
    Arguments, Step, StepResult, World,
    traffic::door::{self, Door},
};
use crate::{
    probe::tcp,
    run::Failure,
    stack::dial::{self, DialError},
};

/// Whoever forwards a host port takes the connection first, and closes it if nobody is behind it.
const FORWARDED: Duration = Duration::from_millis(300);
/// How long one conversation may take.
const TALK: Duration = Duration::from_secs(5);

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "{port} of {service} accepts connections",
        "A TCP connection to the port is taken by every replica; a host port leads to somebody who keeps it open.",
        "port 5432 of \"database\" accepts connections",
    )
    .waits()
    .observed(|world, arguments| Box::pin(accepts(world, arguments))),
    Step::then(
        "{port} of {service} refuses connections",
        "The service runs, and no replica takes a TCP connection to the port.",
        "port 8081 of \"api\" refuses connections",
    )
    .observed(|world, arguments| Box::pin(refuses(world, arguments))),
    Step::when(
        "{text} is sent to {port} of {service} over TCP",
        "The text and a line end (LF) are sent to one replica, and the connection is closed; an answer is not waited for.",
        "\"a line of a log\" is sent to port 5140 of \"api\" over TCP",
    )
    .observed(|world, arguments| Box::pin(send(world, arguments))),
    Step::then(
        "{port} of {service} greets with {text}",
        "Whoever connects is told this text without asking, by every replica; it may stand amid others.",
        "port 25 of \"mailbox\" greets with \"220 \"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(talks(world, arguments, None, 2))),
    Step::then(
        "{port} of {service} answers {text} with {text}",
        "The first text and a line end (CR LF) are sent over TCP, and the second occurs in what comes back from every replica.",
        "port 6379 of \"cache\" answers \"PING\" with \"PONG\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(talks(world, arguments, Some(2), 3))),
];

/// What connections to a port come to, replica by replica: whether one is taken, and what was seen.
async fn knock(world: &World, arguments: &Arguments) -> Result<Vec<(bool, String)>, Failure> {
    let (port, service) = (arguments.port(0)?, arguments.text(1)?);
    if port.at_host {
        let door = door::find(world, arguments, 0, 1).await?;
        door.plain("see whether connections are accepted")?;
        let seen = match tcp::talk(door.at, None, FORWARDED, |heard| !heard.is_empty()).await {
            Ok(said) if said.ended && said.text.is_empty() => {
                (false, format!("{} takes the connection and closes it at once", door.at))
            }
            Ok(_) => (true, format!("{} takes the connection", door.at)),
            Err(why) => (false, format!("{}: {}", door.at, why.why)),
        };
        return Ok(vec![seen]);
    }
    let mut seen = Vec::new();
    for container in world.service(service).await? {
        seen.push(match dial::connect(&container, port.number).await {
            Ok((_, way)) => (true, format!("{} takes the connection, {way}", container.name)),
            Err(why @ DialError::Closed { .. }) => (false, why.to_string()),
            Err(why) => return Err(why.into()),
        });
    }
    Ok(seen)
}

fn listed(seen: &[(bool, String)]) -> String {
    seen.iter().map(|(_, seen)| seen.as_str()).collect::<Vec<_>>().join("\n")
}

async fn accepts(world: &mut World, arguments: &Arguments) -> StepResult {
    let (port, service) = (arguments.port(0)?, arguments.text(1)?);
    let seen = world
        .eventually(arguments.within, || async {
            let seen = knock(world, arguments).await?;
            if seen.iter().all(|(taken, _)| *taken) {
                return Ok(seen);
            }
            Err(Failure::finding(
                format!("{port} of \"{service}\" accepts connections"),
                listed(&seen),
            )
            .place(format!("service \"{service}\", {port}"))
            .services([service])
            .help(format!(
                "let \"{service}\" listen on port {} of all its addresses, not of 127.0.0.1 alone; its log tells whether it does",
                port.number
            )))
        })
        .await?;
    world.evidence(format!("{port} of \"{service}\""), listed(&seen));
    Ok(())
}

async fn refuses(world: &mut World, arguments: &Arguments) -> StepResult {
    let (port, service) = (arguments.port(0)?, arguments.text(1)?);
    let seen = knock(world, arguments).await?;
    if seen.iter().any(|(taken, _)| *taken) {
        return Err(Failure::finding(
            format!("{port} of \"{service}\" refuses connections"),
            listed(&seen),
        )
        .place(format!("service \"{service}\", {port}"))
        .services([service])
        .help(format!("let nothing in \"{service}\" listen on port {}", port.number)));
    }
    world.evidence(format!("{port} of \"{service}\""), listed(&seen));
    Ok(())
}

async fn send(world: &mut World, arguments: &Arguments) -> StepResult {
    let text = world.fill(arguments.text(0)?)?;
    let (port, service) = (arguments.port(1)?, arguments.text(2)?);
    let sent = format!("{text}\n");
    let wrong = |found: String| {
        Failure::finding(format!("{port} of \"{service}\" takes \"{text}\""), found)
            .place(format!("service \"{service}\", {port}"))
            .services([service])
            .help(format!("the log of \"{service}\" tells whether it listens on this port"))
    };
    let place = if port.at_host {
        let door = door::find(world, arguments, 1, 2).await?;
        door.plain("send a text over TCP")?;
        let said = tcp::talk(door.at, Some(&sent), FORWARDED, |heard| !heard.is_empty()).await;
        match said {
            Ok(said) if said.ended && said.text.is_empty() => {
                return Err(wrong(format!("{} closes the connection at once", door.at)));
            }
            Ok(_) => door.place(),
            Err(why) => return Err(wrong(why.why)),
        }
    } else {
        let container = world.replica(service).await?;
        let (mut stream, way) = match dial::connect(&container, port.number).await {
            Ok(connected) => connected,
            Err(why @ DialError::Closed { .. }) => return Err(wrong(why.to_string())),
            Err(why) => return Err(why.into()),
        };
        let written = async {
            stream.write_all(sent.as_bytes()).await?;
            stream.shutdown().await
        };
        let written = timeout(TALK, written).await;
        written
            .map_err(|_| wrong(format!("not taken within {TALK:?}")))?
            .map_err(|why| wrong(why.to_string()))?;
        format!("{port} of {}, {way}", container.name)
    };
    world.evidence(place, format!("sent: {text}"));
    Ok(())
}

async fn talks(
    world: &mut World,
    arguments: &Arguments,
    sends: Option<usize>,
    wants: usize,
) -> StepResult {
    let wanted = world.fill(arguments.text(wants)?)?;
    let sent = match sends {
        Some(at) => Some(format!("{}\r\n", world.fill(arguments.text(at)?)?)),
        None => None,
    };
    let limit = world.limit(arguments.within)?.min(TALK);
    let seen = world
        .eventually(arguments.within, || async {
            let mut seen = Vec::new();
            for door in door::all(world, arguments, 0, 1).await? {
                seen.push(talk(&door, sent.as_deref(), &wanted, limit).await?);
            }
            Ok(seen)
        })
        .await?;
    for (place, heard) in seen {
        world.evidence(place, heard);
    }
    Ok(())
}

/// What was heard behind a door until a text came, and how it is named.
async fn talk(
    door: &Door,
    sent: Option<&str>,
    wanted: &str,
    limit: Duration,
) -> Result<(String, String), Failure> {
    door.plain("talk over TCP")?;
    let expected = match sent {
        Some(sent) => format!("the answer to \"{}\" contains \"{wanted}\"", sent.trim_end()),
        None => format!("the greeting contains \"{wanted}\""),
    };
    let help = format!(
        "look at the log of \"{}\", and which protocol it speaks on this port",
        door.service
    );
    match tcp::talk(door.at, sent, limit, |heard| heard.contains(wanted)).await {
        Ok(said) if said.text.contains(wanted) => Ok((door.place(), said.text)),
        Ok(said) => {
            let end = if said.ended { ", and the connection was closed" } else { "" };
            let found = match said.text.trim() {
                "" => format!("nothing was said{end}"),
                text => format!("\"{text}\"{end}"),
            };
            Err(door.wrong(expected, found, help))
        }
        Err(why) => Err(door.wrong(expected, why.why, help)),
    }
}
