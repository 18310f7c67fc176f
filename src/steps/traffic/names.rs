//! What names mean inside the network.

use std::net::IpAddr;

use crate::steps::{Arguments, Step, StepResult, Touch, World};
use crate::{
    run::Failure,
    stack::{
        dial::{self, resolver::Resolved},
        engine::Container,
    },
};

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "the name {text} resolves to {service} in {service}",
        "In each container of the second service the name, which may be an alias, has addresses, and each is one of the first service.",
        "the name \"database.internal\" resolves to \"database\" in \"api\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(resolves(world, arguments))),
    Step::then(
        "the name {text} resolves to {service} on network {network}",
        "In each running container of the other services on the network the name, which may be an alias, has addresses, and each is one of the service.",
        "the name \"database.internal\" resolves to \"database\" on network \"back\"",
    )
    .touches(Touch::Everything)
    .waits()
    .observed(|world, arguments| Box::pin(resolves_on(world, arguments))),
    Step::then(
        "the name {text} does not resolve to {service} in {service}",
        "In each container of the second service the name has no address of the first one.",
        "the name \"database\" does not resolve to \"cache\" in \"api\"",
    )
    .observed(|world, arguments| Box::pin(not_to(world, arguments))),
    Step::then(
        "the name {text} resolves in {service}",
        "In each container of the service the name has an address.",
        "the name \"database\" resolves in \"api\"",
    )
    .waits()
    .observed(|world, arguments| Box::pin(known(world, arguments))),
    Step::then(
        "the name {text} does not resolve in {service}",
        "In each container of the service a name server says that there is no such name; no answer is none.",
        "the name \"database\" does not resolve in \"web\"",
    )
    .observed(|world, arguments| Box::pin(unknown(world, arguments))),
];

/// What a name means in one container: its addresses, and what was said.
struct Meaning {
    container: String,
    service: String,
    addresses: Vec<IpAddr>,
    said: String,
}

impl Meaning {
    fn shown(&self) -> String {
        format!("{}: {}", self.container, self.said)
    }
}

async fn meanings(world: &World, name: &str, service: &str) -> Result<Vec<Meaning>, Failure> {
    all_of(world.service(service).await?, name).await
}

async fn all_of(containers: Vec<Container>, name: &str) -> Result<Vec<Meaning>, Failure> {
    let mut meanings = Vec::new();
    for container in containers {
        let service = container.service.clone();
        let (resolved, way) = dial::resolve(&container, name).await?;
        let said = format!("{resolved} ({way})");
        let addresses = match resolved {
            Resolved::Known { addresses, .. } => addresses,
            Resolved::Unknown { .. } => Vec::new(),
            Resolved::Unanswered { why } => {
                return Err(Failure::undecided(
                    format!("resolve \"{name}\" in {}", container.name),
                    why,
                )
                .services([&service])
                .help("look at `dns:` of the service, and whether its network has a name server"));
            }
        };
        meanings.push(Meaning { container: container.name, service, addresses, said });
    }
    Ok(meanings)
}

/// The addresses of all containers of a service.
async fn addresses(world: &World, service: &str) -> Result<Vec<IpAddr>, Failure> {
    let containers = world.service(service).await?;
    Ok(containers.iter().flat_map(|one| one.addresses.values().flatten().copied()).collect())
}

fn wrong(expected: String, meaning: &Meaning, service: &str, help: String) -> Failure {
    Failure::finding(expected, meaning.shown())
        .place(format!("in service \"{service}\""))
        .services([service])
        .help(help)
}

fn keep(world: &mut World, name: &str, meanings: &[Meaning]) {
    let seen: Vec<String> = meanings.iter().map(Meaning::shown).collect();
    world.evidence(format!("the name \"{name}\""), seen.join("\n"));
}

/// The running containers of other services on a network.
async fn others_on(world: &World, network: &str, but: &str) -> Result<Vec<Container>, Failure> {
    let stack = &world.running()?.stack;
    let mut there = stack.containers().await?;
    there.retain(|one| {
        let mut on = one.addresses.keys();
        one.pid != 0
            && one.service != but
            && on.any(|name| stack.own.networks.declared(name) == network)
    });
    Ok(there)
}

async fn resolves_on(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, to, network) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let meanings = world
        .eventually(arguments.within, || async {
            let own = addresses(world, to).await?;
            let callers = others_on(world, network, to).await?;
            if callers.is_empty() {
                let doing = format!("resolve \"{name}\" on network \"{network}\"");
                let why = format!("nobody but \"{to}\" runs there who could ask");
                return Err(Failure::undecided(doing, why)
                    .services([to])
                    .help("let another service run on the network"));
            }
            let meanings = all_of(callers, name).await?;
            let is_so = |one: &&Meaning| {
                one.addresses.is_empty() || one.addresses.iter().any(|at| !own.contains(at))
            };
            let Some(other) = meanings.iter().find(is_so) else { return Ok(meanings) };
            let expected = format!("\"{name}\" resolves to \"{to}\" in {}", other.container);
            let help = format!("give \"{to}\", and nobody else, the alias on network \"{network}\" (`networks: {{ {network}: {{ aliases: [{name}] }} }}`)");
            Err(wrong(expected, other, &other.service, help))
        })
        .await?;
    keep(world, name, &meanings);
    Ok(())
}

async fn resolves(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, to, service) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let meanings = world
        .eventually(arguments.within, || async {
            let own = addresses(world, to).await?;
            let meanings = meanings(world, name, service).await?;
            let is_so = |one: &&Meaning| {
                one.addresses.is_empty() || one.addresses.iter().any(|at| !own.contains(at))
            };
            let Some(other) = meanings.iter().find(is_so) else { return Ok(meanings) };
            let expected = format!("\"{name}\" resolves to \"{to}\" in {}", other.container);
            Err(wrong(expected, other, service, format!("put both on one network, and give \"{to}\" the alias there (`networks: … aliases: [{name}]`)")))
        })
        .await?;
    keep(world, name, &meanings);
    Ok(())
}

async fn not_to(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, to, service) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let own = addresses(world, to).await?;
    let meanings = meanings(world, name, service).await?;
    if let Some(other) = meanings.iter().find(|one| one.addresses.iter().any(|at| own.contains(at)))
    {
        let expected = format!("\"{name}\" does not resolve to \"{to}\" in {}", other.container);
        return Err(wrong(
            expected,
            other,
            service,
            format!("take the alias away from \"{to}\", or put the two on different networks"),
        ));
    }
    keep(world, name, &meanings);
    Ok(())
}

async fn known(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, service) = (arguments.text(0)?, arguments.text(1)?);
    let meanings = world
        .eventually(arguments.within, || async {
            let meanings = meanings(world, name, service).await?;
            let Some(other) = meanings.iter().find(|one| one.addresses.is_empty()) else {
                return Ok(meanings);
            };
            let expected = format!("\"{name}\" resolves in {}", other.container);
            Err(wrong(
                expected,
                other,
                service,
                "put whoever has the name on one network with the service, and let it run"
                    .to_owned(),
            ))
        })
        .await?;
    keep(world, name, &meanings);
    Ok(())
}

async fn unknown(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, service) = (arguments.text(0)?, arguments.text(1)?);
    let meanings = meanings(world, name, service).await?;
    if let Some(other) = meanings.iter().find(|one| !one.addresses.is_empty()) {
        let expected = format!("\"{name}\" does not resolve in {}", other.container);
        return Err(wrong(expected, other, service, "give whoever has the name and the service no network in common, and look at `extra_hosts:` and `links:`".to_owned()));
    }
    keep(world, name, &meanings);
    Ok(())
}
