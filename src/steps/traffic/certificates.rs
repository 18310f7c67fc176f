//! The certificate that a port shows, and which versions of TLS it takes: inside the network of every
//! replica.

use std::time::SystemTime;

use crate::steps::{
    Arguments, Step, StepResult, World,
    traffic::door::{self, Door},
};
use crate::{
    probe::{
        certificate::{self, Shown},
        tls::{self, Answer, Version},
    },
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "the certificate on {port} of {service} is valid for {text}",
        "Every replica shows on this port a certificate that has this name among its alternative names and is valid today. Who signed it is another sentence's matter.",
        "the certificate on port 443 of \"web\" is valid for \"shop.example.org\"",
    )
    .observed(|world, arguments| Box::pin(valid_for(world, arguments))),
    Step::then(
        "the certificate on {port} of {service} is not valid for {text}",
        "Every replica shows on this port a certificate that does not have this name.",
        "the certificate on port 443 of \"web\" is not valid for \"other.example.org\"",
    )
    .observed(|world, arguments| Box::pin(not_valid_for(world, arguments))),
    Step::then(
        "the certificate on {port} of {service} is valid for at least {number} days",
        "The certificate is valid today and will be for that many days.",
        "the certificate on port 443 of \"web\" is valid for at least 30 days",
    )
    .observed(|world, arguments| Box::pin(days(world, arguments))),
    Step::then(
        "the certificate on {port} of {service} is issued by {text}",
        "The text occurs in the name of who signed the certificate.",
        "the certificate on port 443 of \"web\" is issued by \"Let's Encrypt\"",
    )
    .observed(|world, arguments| Box::pin(issuer(world, arguments, true))),
    Step::then(
        "the certificate on {port} of {service} is not issued by {text}",
        "The text does not occur in the name of who signed the certificate.",
        "the certificate on port 443 of \"web\" is not issued by \"Snake Oil\"",
    )
    .observed(|world, arguments| Box::pin(issuer(world, arguments, false))),
    Step::then(
        "{port} of {service} accepts TLS 1.{number}",
        "A connection that offers this version alone is taken up by every replica.",
        "port 443 of \"web\" accepts TLS 1.3",
    )
    .observed(|world, arguments| Box::pin(version(world, arguments, true))),
    Step::then(
        "{port} of {service} refuses TLS 1.{number}",
        "The port speaks TLS, and a connection that offers this version alone is refused by every replica.",
        "port 443 of \"web\" refuses TLS 1.1",
    )
    .observed(|world, arguments| Box::pin(version(world, arguments, false))),
];

/// The certificates that a port shows, one a replica.
async fn shown(
    world: &World,
    arguments: &Arguments,
    name: Option<&str>,
) -> Result<Vec<(Door, Shown)>, Failure> {
    let mut all = Vec::new();
    for door in door::all(world, arguments, 0, 1).await? {
        let name = name.unwrap_or_else(|| door.name());
        let shown = certificate::shown(door.at, name).await.map_err(|why| {
            door.wrong(
                format!("{} of \"{}\" shows a certificate", door.port, door.service),
                why.why,
                "look whether this port speaks TLS, and at the log of the service",
            )
        })?;
        all.push((door, shown));
    }
    Ok(all)
}

/// Keeps what was seen, or says what is wrong with the first certificate of which something is.
fn judge(
    world: &mut World,
    seen: &[(Door, Shown)],
    expected: &str,
    wrong: impl Fn(&Shown) -> Option<String>,
    help: &str,
) -> StepResult {
    for (door, shown) in seen {
        if let Some(wrong) = wrong(shown) {
            return Err(door.wrong(expected, format!("{wrong}: a certificate {shown}"), help));
        }
        world.evidence(format!("certificate of {}", door.place()), shown.to_string());
    }
    Ok(())
}

/// Why a certificate is not valid today.
fn outdated(shown: &Shown) -> Option<String> {
    let now = SystemTime::now();
    let why = if now < shown.from { "it is not valid yet" } else { "it has expired" };
    shown.days(now).is_none().then(|| why.to_owned())
}

async fn valid_for(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = world.fill(arguments.text(2)?)?;
    let seen = shown(world, arguments, Some(&name)).await?;
    let wrong = |shown: &Shown| shown.refuses(&name).or_else(|| outdated(shown));
    let help = "let the server have a certificate with this subject alternative name, and select it by the name that is asked for (SNI)";
    judge(world, &seen, &format!("a certificate that is valid for \"{name}\""), wrong, help)
}

async fn not_valid_for(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = world.fill(arguments.text(2)?)?;
    let seen = shown(world, arguments, Some(&name)).await?;
    let wrong =
        |shown: &Shown| shown.refuses(&name).is_none().then(|| "it has this name".to_owned());
    let help = "take this name, or the pattern that covers it, out of the certificate";
    judge(world, &seen, &format!("a certificate that is not for \"{name}\""), wrong, help)
}

async fn days(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = arguments.number(2)?;
    let seen = shown(world, arguments, None).await?;
    let wrong = |shown: &Shown| match shown.days(SystemTime::now()) {
        None => outdated(shown),
        Some(left) if left < wanted => Some(format!("{left} days are left")),
        Some(_) => None,
    };
    let help = "renew the certificate, and let the server read it anew";
    judge(world, &seen, &format!("a certificate that is valid for {wanted} days"), wrong, help)
}

async fn issuer(world: &mut World, arguments: &Arguments, positive: bool) -> StepResult {
    let name = world.fill(arguments.text(2)?)?;
    let seen = shown(world, arguments, None).await?;
    let wrong = |shown: &Shown| {
        let is_so = shown.issuer.contains(&name) == positive;
        (!is_so).then(|| format!("it is issued by \"{}\"", shown.issuer))
    };
    let not = if positive { "" } else { "not " };
    let help = "let the server have a certificate of another authority";
    judge(world, &seen, &format!("a certificate {not}issued by \"{name}\""), wrong, help)
}

async fn version(world: &mut World, arguments: &Arguments, positive: bool) -> StepResult {
    let version = match arguments.number(2)? {
        0 => Version::Tls1,
        1 => Version::Tls11,
        2 => Version::Tls12,
        _ => Version::Tls13,
    };
    let verb = if positive { "accepts" } else { "refuses" };
    // Who speaks no TLS refuses every version, and that is no answer.
    for (door, _) in shown(world, arguments, None).await? {
        let answer = tls::offer(door.at, Some(door.name()), version).await?;
        let said = match &answer {
            Answer::Accepted => format!("{} is accepted", version.name()),
            Answer::Refused(why) => format!("{} is refused: {why}", version.name()),
        };
        if (answer == Answer::Accepted) != positive {
            return Err(door.wrong(
                format!("{} of \"{}\" {verb} {}", door.port, door.service, version.name()),
                said,
                "say which versions are spoken (nginx: `ssl_protocols TLSv1.2 TLSv1.3;`)",
            ));
        }
        world.evidence(door.place(), said);
    }
    Ok(())
}
