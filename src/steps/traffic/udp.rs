//! Ports on which a service takes datagrams. UDP answers nobody who knocks, so the kernel is asked.

use crate::steps::{Arguments, Step, StepResult, World, judging::looks};
use crate::{
    probe::listeners,
    run::Failure,
    stack::{dial, engine::Container},
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "service {service} listens on UDP port {number}",
        "In every replica a socket is bound to this UDP port, on another address than loopback.",
        "service \"api\" listens on UDP port 5140",
    )
    .waits()
    .observed(|world, arguments| Box::pin(listens(world, arguments, true))),
    Step::then(
        "service {service} does not listen on UDP port {number}",
        "The service runs, and in no replica a socket is bound to this UDP port, but on loopback.",
        "service \"api\" does not listen on UDP port 5140",
    )
    .observed(|world, arguments| Box::pin(listens(world, arguments, false))),
];

async fn listens(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let (service, port) = (arguments.text(0)?, arguments.number(1)?);
    let verb = if wanted { "listens" } else { "does not listen" };
    let expected = || format!("service \"{service}\" {verb} on UDP port {port}");
    let look = || async {
        let mut seen = Vec::new();
        for container in world.service(service).await? {
            if let Some(why) = container.absence() {
                return Err(looks::gone(&container, &expected(), &why));
            }
            let (is_bound, told) = bound(&container, port).await?;
            if is_bound != wanted {
                let help = if wanted {
                    format!(
                        "let \"{service}\" bind this port on all its addresses, not on 127.0.0.1 alone; its log tells whether it does"
                    )
                } else {
                    format!("let nothing in \"{service}\" bind UDP port {port}")
                };
                return Err(Failure::finding(expected(), told)
                    .place(format!("service \"{service}\", UDP port {port}"))
                    .services([service])
                    .help(help));
            }
            seen.push(told);
        }
        Ok(seen)
    };
    let seen =
        if wanted { world.eventually(arguments.within, look).await? } else { look().await? };
    world.evidence(format!("UDP port {port} of \"{service}\""), seen.join("\n"));
    Ok(())
}

/// Whether a socket of a container is bound to a UDP port, and what the kernel lists.
async fn bound(container: &Container, port: u64) -> Result<(bool, String), Failure> {
    let tables = dial::tables(container).await?;
    let all = listeners::of_datagrams(&tables);
    let is_bound = all.iter().any(|at| u64::from(at.port()) == port && !at.ip().is_loopback());
    let list: Vec<String> = all.iter().map(ToString::to_string).collect();
    let list = if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    Ok((is_bound, format!("{}: UDP sockets are bound to {list}", container.name)))
}
