//! A service that is taken off its networks, and put back.
//!
//! The host's end of its cable goes down, so that inside everything stays as it is: its addresses, what
//! it has open, the names it knows. Whatever is sent to it, or by it, is lost.

use std::{net::IpAddr, time::Duration};

use crate::steps::{
    Arguments, Need, Step, StepResult, World, judging::failure::at_keys, world::Undo,
};
use crate::{
    facts::answers::reach,
    probe::wait::eventually,
    run::Failure,
    stack::{
        Stack, StackError, dial,
        engine::Container,
        links::{self, Link},
    },
    words::quoted_list,
};

/// What undoes a cut is called so.
const CUT: &str = "cut off";
/// How long a cable may take until packets pass again.
const LIMIT: Duration = Duration::from_secs(10);
/// What somebody can do who may not touch the host's network.
const HELP: &str = "run as root on the engine's own machine, whose network has the other end of each container's cable (a bridge network, no rootless engine)";

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "service {service} is cut off from network {network}",
        "No packet passes between the service's containers and that network, the host's published ports included; its processes, addresses and names stay.",
        "service \"database\" is cut off from network \"back\"",
    )
    .needs(&[Need::Root])
    .disrupts()
    .observed(|world, arguments| Box::pin(cut_from(world, arguments))),
    Step::when(
        "service {service} is cut off",
        "No packet passes between the service's containers and any of its networks; its processes, addresses and names stay.",
        "service \"cache\" is cut off",
    )
    .needs(&[Need::Root])
    .disrupts()
    .observed(|world, arguments| Box::pin(cut_from(world, arguments))),
    Step::when(
        "service {service} is back on network {network}",
        "A service that was cut off from that network is on it again, and a packet of each of its containers is seen to pass.",
        "service \"database\" is back on network \"back\"",
    )
    .needs(&[Need::Root])
    .disrupts()
    .observed(|world, arguments| Box::pin(back(world, arguments))),
    Step::when(
        "service {service} is back on its networks",
        "A service that was cut off is on all its networks again, and a packet of each of its containers is seen to pass.",
        "service \"cache\" is back on its networks",
    )
    .needs(&[Need::Root])
    .disrupts()
    .observed(|world, arguments| Box::pin(back(world, arguments))),
];

/// Of a container, the ends on this network, or on all.
fn ends(stack: &Stack, container: &Container, network: Option<&str>) -> Result<Vec<Link>, Failure> {
    let cannot = |why: String| {
        Failure::undecided(format!("find the ends of {} on its networks", container.name), why)
            .services([&container.service])
            .help(HELP)
    };
    let is_meant =
        |name: &str| network.is_none_or(|wanted| stack.own.networks.declared(name) == wanted);
    let links = links::of(container).map_err(cannot)?;
    if let Some(name) = container
        .addresses
        .keys()
        .find(|name| is_meant(name) && !links.iter().any(|link| link.network == ***name))
    {
        return Err(cannot(format!("its end on {name} is not on this host")));
    }
    Ok(links.into_iter().filter(|link| is_meant(&link.network)).collect())
}

async fn cut_from(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let network = arguments.text(1).ok();
    let running = world.running()?;
    let project = &running.stack.project;
    let home = reach::home(project, &service);
    if home != service {
        let tried = format!("cut off service \"{service}\"");
        return Err(Failure::undecided(tried, format!("its network is that of \"{home}\""))
            .services([&service])
            .help(format!("say `When service \"{home}\" is cut off`: both are")));
    }
    let mut cut = Vec::new();
    for container in world.service(&service).await? {
        if let Some(why) = container.absence() {
            return Err(Failure::undecided(
                format!("cut off service \"{service}\""),
                format!("{}: {why}", container.name),
            )
            .services([&service])
            .help(format!("let service \"{service}\" run: its log says why it does not")));
        }
        let ends = ends(&running.stack, &container, network)?;
        if ends.is_empty() {
            let on =
                container.addresses.keys().map(|name| running.stack.own.networks.declared(name));
            let found = format!("it is on {}", quoted_list(on));
            let whole = network.map_or_else(
                || format!("service \"{service}\" is on a network"),
                |network| format!("service \"{service}\" is on network \"{network}\""),
            );
            let failure = Failure::finding(whole, found)
                .services([&service])
                .help("name a network that the service is on: nothing else can be cut");
            return Err(at_keys(project, &service, &[&["networks"], &["network_mode"]], failure));
        }
        cut.extend(ends);
    }
    let mut broken = vec![service.clone()];
    let shares = |name: &&String| **name != service && reach::home(project, name) == service;
    broken.extend(project.services.keys().filter(shares).cloned());
    let of = service.clone();
    world.undos.push(Undo::new(CUT, &broken, move |world| {
        Box::pin(async move { rejoin(world, &of, None).await.map(|_| ()) })
    }));
    let mut seen = Vec::new();
    for link in cut {
        // One that is cut off already need not be so twice.
        if !world.cut.iter().any(|(_, known)| *known == link) {
            world.cut.push((service.clone(), link.clone()));
        }
        let cannot = |why: String| {
            Failure::undecided(format!("cut {} off from {}", link.name, link.network), why)
                .help(HELP)
        };
        link.set(false).map_err(|why| cannot(format!("{}: {why}", link.outer)))?;
        if link.is_up().map_err(|why| cannot(why.to_string()))? {
            return Err(cannot(format!("{} stays up", link.outer)));
        }
        seen.push(format!("{} of {} on {}: no packet passes", link.inner, link.name, link.network));
    }
    world.evidence(format!("service \"{service}\""), seen.join("\n"));
    Ok(())
}

async fn back(world: &mut World, arguments: &Arguments) -> StepResult {
    let service = arguments.text(0)?.to_owned();
    let network = arguments.text(1).ok();
    let running = world.running()?;
    let is_meant = |name: &str| {
        network.is_none_or(|wanted| running.stack.own.networks.declared(name) == wanted)
    };
    if !world.cut.iter().any(|(of, link)| *of == service && is_meant(&link.network)) {
        let from = network.map_or_else(|| "its networks".to_owned(), |name| format!("\"{name}\""));
        return Err(Failure::undecided(
            format!("put service \"{service}\" back on {from}"),
            "this scenario has not cut it off from there",
        )
        .services([&service])
        .help(format!("say `When service \"{service}\" is cut off` before")));
    }
    let seen = rejoin(world, &service, network).await?;
    if !world.cut.iter().any(|(of, _)| *of == service) {
        world.note_targets();
        world.undos.retain(|undo| !undo.is(CUT, &service));
    }
    world.evidence(format!("service \"{service}\""), seen);
    Ok(())
}

/// Puts a service back on this network, or on all that it was cut off from, and proves that packets
/// pass; tells what was seen.
async fn rejoin(
    world: &mut World,
    service: &str,
    network: Option<&str>,
) -> Result<String, Failure> {
    let running = world.running()?;
    let stack = &running.stack;
    let is_meant = |of: &str, link: &Link| {
        of == service
            && network.is_none_or(|name| stack.own.networks.declared(&link.network) == name)
    };
    let (meant, rest) = std::mem::take(&mut world.cut)
        .into_iter()
        .partition::<Vec<_>, _>(|(of, link)| is_meant(of, link));
    world.cut = rest;
    let containers = stack.service(service).await?;
    let (mut seen, mut first) = (Vec::new(), None);
    for (_, link) in meant {
        match put_back(stack, &containers, service, &link).await {
            Ok(told) => seen.push(told),
            Err(why) => first = first.or(Some(why)),
        }
    }
    first.map_or_else(|| Ok(seen.join("\n")), Err)
}

/// Puts one end back.
async fn put_back(
    stack: &Stack,
    containers: &[Container],
    service: &str,
    link: &Link,
) -> Result<String, Failure> {
    let tried = format!("see {} cut off from {} and back on it", link.name, link.network);
    let cannot = |why: String| Failure::undecided(&tried, why).services([service]);
    let now = containers.iter().find(|now| now.id == link.container && now.pid != 0);
    let is_there = match now {
        Some(now) => ends(stack, now, None)?.contains(link),
        None => false,
    };
    let Some(now) = now.filter(|_| is_there) else {
        // A new life has a new cable: since then nothing was cut.
        return Err(cannot("it ended meanwhile, and whatever came after it was not cut off".into())
            .help(format!("put service \"{service}\" back before it ends or is restarted, or look at the log of \"{service}\"")));
    };
    let failed = |why: std::io::Error| cannot(format!("{}: {why}", link.outer)).help(HELP);
    if link.is_up().map_err(failed)? {
        return Err(cannot("somebody else has put it back already".to_owned())
            .help("leave the host's interfaces alone while the run is at it"));
    }
    link.set(true).map_err(failed)?;
    let neighbour = neighbour(stack, now, link).await?;
    eventually(LIMIT, || async {
        let before = link.passed().map_err(failed)?;
        // What it answers does not matter: to ask it a packet passes.
        dial::attempts(now, vec![(neighbour, 9).into()]).await?;
        let is_so = link.is_up().map_err(failed)? && link.passed().map_err(failed)? > before;
        let lost = || {
            Failure::finding(
                format!("packets of {} pass to {} again", link.name, link.network),
                format!("{} is put back, and nothing comes out of it", link.outer),
            )
            .services([service])
            .help("look at the interface on the host: `ip link`")
        };
        is_so.then_some(()).ok_or_else(lost)
    })
    .await?;
    Ok(format!("{} of {} on {}: packets pass", link.inner, link.name, link.network))
}

/// An address next to a container on a network: the host's own, or any.
async fn neighbour(stack: &Stack, of: &Container, link: &Link) -> Result<IpAddr, Failure> {
    let own = of.addresses.get(&link.network).and_then(|all| all.first()).copied();
    let own = own.ok_or_else(|| {
        Failure::undecided(
            format!("see packets of {} pass to {}", link.name, link.network),
            "it has no address there",
        )
        .help("only networks with addresses can be looked at")
    })?;
    let networks = stack.engine.networks(&stack.name).await.map_err(StackError::from)?;
    let gateways = networks.into_iter().filter(|network| network.name == link.network);
    let host =
        gateways.flat_map(|network| network.gateways).find(|at| at.is_ipv4() == own.is_ipv4());
    Ok(host.unwrap_or_else(|| beside(own)))
}

/// Another address of the same network, for which one need not go through a router.
fn beside(own: IpAddr) -> IpAddr {
    match own {
        IpAddr::V4(own) => {
            let [a, b, c, last] = own.octets();
            let other = if matches!(last ^ 1, 0 | 255) { last ^ 2 } else { last ^ 1 };
            IpAddr::from([a, b, c, other])
        }
        IpAddr::V6(own) => IpAddr::V6((u128::from(own) ^ 1).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_beside_is_somebody_else_and_not_all() {
        for (own, other) in [
            ("172.18.0.2", "172.18.0.3"),
            ("172.18.0.1", "172.18.0.3"),
            ("172.18.0.254", "172.18.0.252"),
            ("fd00::4", "fd00::5"),
        ] {
            let address = |text: &str| text.parse::<IpAddr>().expect("an address");
            assert_eq!(beside(address(own)), address(other));
        }
    }
}
