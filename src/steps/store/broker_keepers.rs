//! Who may use a RabbitMQ, and where: its users and its virtual hosts.

use crate::steps::{Arguments, Step, StepResult, World};
use crate::{probe::rabbitmq::Kept, run::Failure};

use super::brokers;

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "virtual host {text} exists in {service}",
        "RabbitMQ has this virtual host.",
        "virtual host \"tasks\" exists in \"broker\"",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| Box::pin(has(world, arguments, Kept::VirtualHosts, 0, true))),
    Step::then(
        "virtual host {text} does not exist in {service}",
        "RabbitMQ has no such virtual host.",
        "virtual host \"trial\" does not exist in \"broker\"",
    )
    .knows(&["RabbitMQ"])
    .observed(|world, arguments| Box::pin(has(world, arguments, Kept::VirtualHosts, 0, false))),
    Step::then(
        "RabbitMQ in service {service} has the user {text}",
        "RabbitMQ keeps a user of this name.",
        "RabbitMQ in service \"broker\" has the user \"worker\"",
    )
    .knows(&["RabbitMQ"])
    .waits()
    .observed(|world, arguments| Box::pin(has(world, arguments, Kept::Users, 1, true))),
    Step::then(
        "RabbitMQ in service {service} has no user {text}",
        "RabbitMQ keeps no user of this name.",
        "RabbitMQ in service \"broker\" has no user \"guest\"",
    )
    .knows(&["RabbitMQ"])
    .observed(|world, arguments| Box::pin(has(world, arguments, Kept::Users, 1, false))),
];

/// That a server keeps a user or a virtual host, or does not; `at` is the parameter that names it.
async fn has(
    world: &mut World,
    arguments: &Arguments,
    kept: Kept,
    at: usize,
    wanted: bool,
) -> StepResult {
    let (name, service) = (world.fill(arguments.text(at)?)?, arguments.text(1 - at)?);
    let kind = kept.word();
    let look = || async {
        let mut seen = Vec::new();
        for container in world.service(service).await? {
            let names = brokers::kept(world, &container, kept).await?;
            let told = format!("{}: {}", container.name, names.join(", "));
            if names.contains(&name) != wanted {
                let verb = if wanted { "has the" } else { "has no" };
                return Err(Failure::finding(
                    format!("RabbitMQ in service \"{service}\" {verb} {kind} \"{name}\""),
                    told,
                )
                .place(format!("service \"{service}\""))
                .services([service])
                .help(format!("the server's definitions, and the variables with which its data was first made, say which {kind}s there are")));
            }
            seen.push(told);
        }
        Ok(seen)
    };
    let seen =
        if wanted { world.eventually(arguments.within, look).await? } else { look().await? };
    world.evidence(format!("{kind}s of \"{service}\""), seen.join("\n"));
    Ok(())
}
