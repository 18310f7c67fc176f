//! What is open on the host because of the stack: the engine's bindings, and what listens in the
//! host's own network. Where host ports were moved to free ones, a binding is spoken of as declared.

use std::net::{IpAddr, SocketAddr};

use super::{Look, Seen, Undecided};
use crate::{
    compose::{Located, Port, journal::Origin},
    facts::{
        Fact, Row,
        ports::{Published, address_word, port_word, row},
    },
    probe::listeners::{Listener, container_of},
    stack::{
        HostPorts,
        engine::{Binding, Container},
    },
};

/// Whether a binding may be what became of a declared port.
fn is_of(look: &Look, port: &Port, bound: &Binding) -> bool {
    let moved = look.ports == HostPorts::Free;
    let address = port.host_ip().and_then(|address| address.parse().ok());
    port.target() == bound.port
        && port.protocol() == bound.protocol
        // The run binds free ports of the loopback interface, and nothing else.
        && if moved {
            bound.host_ip.is_none_or(|address| address.is_loopback())
        } else {
            address_word(address) == address_word(bound.host_ip)
                && port.published().is_none_or(|ports| covers(ports, bound.host_port))
        }
}

/// Whether a host port is one of those that are written: `8080`, `8000-8010`.
fn covers(written: &str, port: u16) -> bool {
    let (from, to) = written.split_once('-').unwrap_or((written, written));
    let bounds = (from.trim().parse::<u16>(), to.trim().parse::<u16>());
    matches!(bounds, (Ok(from), Ok(to)) if (from..=to).contains(&port))
}

/// The bindings of a container with the words of the files, and their places.
fn bound(look: &Look, seen: &Seen) -> Vec<(Binding, Published, Option<Origin>)> {
    let container = &seen.container;
    let declared: &[Located<Port>] =
        look.service(&container.service).map_or(&[], |service| &service.ports);
    // One that has ended publishes nothing; these are the ports that it would.
    let bindings = match seen.kernel {
        None if container.bindings.is_empty() => &container.asked.ports,
        _ => &container.bindings,
    };
    let mut taken = vec![false; declared.len()];
    let spoken = bindings.iter().map(|bound| {
        let fits = |at: &usize| !taken[*at] && is_of(look, &declared[*at], bound);
        let at = (0..declared.len()).find(fits);
        if let Some(at) = at {
            // With declared ports an address of each version is the same port.
            taken[at] = look.ports == HostPorts::Free;
            return (bound.clone(), Published::of(&declared[at]), Some(declared[at].origin));
        }
        let published = Published {
            port: port_word(bound.port, &bound.protocol).into(),
            host_port: bound.host_port.to_string().into(),
            host_address: address_word(bound.host_ip).into(),
        };
        (bound.clone(), published, None)
    });
    spoken.collect()
}

pub(super) fn rows(look: &Look) -> Result<Vec<Row>, Undecided> {
    unseen(look)?;
    let mut rows = Vec::new();
    let fact = |seen: &Seen, value: Published, at: Option<Origin>, word: &str| {
        let service = &seen.container.service;
        let subject = if service.is_empty() { &seen.container.name } else { service };
        let at = at.filter(|origin| origin.place.file().is_some());
        let at = at.or_else(|| look.place(service, &["ports"]));
        row(&Fact { subject: subject.clone(), value, shown: seen.says(word), at })
    };
    for seen in &look.containers {
        for (bound, published, at) in bound(look, seen) {
            let address = bound.host_ip.map_or("any address".to_owned(), |ip| ip.to_string());
            let holder = holder(look, seen, &bound);
            let word = format!("bound to {address}, port {}{holder}", bound.host_port);
            rows.push(fact(seen, published, at, &word));
        }
    }
    for listener in look.listening.iter().filter(|_| look.is_here).flat_map(|on| &on.listeners) {
        let Some(id) = listener.process.and_then(container_of) else { continue };
        // A container of ours whose socket is the host's shares the host's network.
        let Some(seen) = look.containers.iter().find(|seen| seen.container.id == id) else {
            continue;
        };
        let published = Published {
            port: listener.port.to_string().into(),
            host_port: listener.port.to_string().into(),
            host_address: address_word(Some(listener.address)).into(),
        };
        rows.push(fact(seen, published, None, "it listens in the host's own network"));
    }
    Ok(rows)
}

/// The kernel's word on a binding, or why there is none.
fn holder(look: &Look, seen: &Seen, bound: &Binding) -> String {
    let listening = match &look.listening {
        _ if seen.kernel.is_none() => return String::new(),
        _ if !look.is_here => {
            return ", by the engine's word alone: its network is not this host's".into();
        }
        Err(why) => return format!(", by the engine's word alone: {}", why.missing),
        Ok(listening) => listening,
    };
    let fits = |address: &IpAddr| {
        bound.host_ip.is_none_or(|wanted| {
            wanted == *address || wanted.is_unspecified() && address.is_unspecified()
        })
    };
    let mut on_port = listening.listeners.iter().filter(|seen| seen.port == bound.host_port);
    on_port.find(|seen| fits(&seen.address)).map_or_else(
        || ", forwarded by the firewall: no process listens".to_owned(),
        |seen| {
            let by = seen.command.first().map_or("a process we may not see", String::as_str);
            format!(", held by {by}")
        },
    )
}

/// What the engine's own forwarders listen on for containers, on addresses that others than this
/// machine can reach, and no binding speaks of.
///
/// # Errors
/// [`Undecided`] when who listens cannot be seen: it may be a forwarder.
pub fn forwarded(look: &Look) -> Result<Vec<Fact<SocketAddr>>, Undecided> {
    const HELP: &str = "run as root, on the engine's own machine";
    let tried = "see what listens on the engine's host";
    if !look.is_here {
        let missing = "the engine's network is not this host's";
        return Err(Undecided::new(tried, missing).help(HELP));
    }
    let listening = look.listening.as_ref().map_err(Clone::clone)?;
    let is_bound = |port: u16| {
        let bindings = look.containers.iter().flat_map(|seen| &seen.container.bindings);
        bindings.into_iter().any(|bound| bound.host_port == port)
    };
    let is_strange = |listener: &Listener| {
        !listener.address.to_canonical().is_loopback() && !is_bound(listener.port)
    };
    if let Some(other) = listening.unseen(is_strange) {
        let found = format!("who holds {}:{} cannot be seen", other.address, other.port);
        return Err(Undecided::new("see who listens on the host", found)
            .help("run as root: the processes of other users are seen by root alone"));
    }
    let of = |listener: &Listener| {
        let at = listener.command.iter().position(|word| word == "-container-ip")?;
        let address = listener.command.get(at + 1)?.parse::<IpAddr>().ok()?;
        look.containers
            .iter()
            .find(|seen| seen.container.addresses.values().flatten().any(|own| *own == address))
    };
    let strange = listening.listeners.iter().filter(|listener| is_strange(listener));
    let facts = strange.filter_map(|listener| {
        let seen = of(listener)?;
        let service = &seen.container.service;
        Some(Fact {
            subject: service.clone(),
            value: SocketAddr::new(listener.address, listener.port),
            shown: seen.says(&listener.command.join(" ")),
            at: look.place(service, &["ports"]),
        })
    });
    Ok(facts.collect())
}

/// Where a container shares the network of its engine's host, all that listens there may be its own:
/// undecided as long as we do not see who holds it.
fn unseen(look: &Look) -> Result<(), Undecided> {
    // The network of another container of the project is that one's; a stranger's may be the host's.
    let of_a_stranger = |container: &Container| {
        let other = container.asked.network_mode.strip_prefix("container:");
        other.is_some_and(|id| look.containers.iter().all(|own| own.container.id != id))
    };
    let shares = |seen: &&Seen| {
        let container = &seen.container;
        seen.kernel.is_some()
            && (container.addresses.contains_key("host") || of_a_stranger(container))
    };
    let Some(seen) = look.containers.iter().find(shares) else { return Ok(()) };
    let name = &seen.container.name;
    let tried =
        format!("see what listens on the host because of {name}, which may share its network");
    if !look.is_here {
        return Err(Undecided::new(tried, "the engine's network is not this host's")
            .help("run on the engine's own machine, as root"));
    }
    let listening = look.listening.as_ref().map_err(Clone::clone)?;
    match listening.unseen(|_| true) {
        None => Ok(()),
        Some(other) => {
            let found = format!("who holds {}:{} cannot be seen", other.address, other.port);
            Err(Undecided::new(tried, found)
                .help("run as root: the processes of other users are seen by root alone"))
        }
    }
}

/// A service that the files put into the host's own network publishes whatever it listens on.
pub(super) fn of_host(declared: Vec<Row>, there: &[Row]) -> Vec<Row> {
    let spoken = declared.into_iter().flat_map(|row| {
        let is_known = row.value.iter().all(|cell| cell.unknown().is_none());
        let own = there.iter().filter(|own| own.subject == row.subject).cloned();
        if is_known { vec![row] } else { own.collect() }
    });
    spoken.collect()
}
