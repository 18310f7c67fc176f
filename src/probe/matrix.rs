//! Which container reaches which on what: what listens, at which addresses, and what a connection
//! from inside another's network comes to.
//!
//! Sockets are made by a thread that has entered the source's network namespace, and stay there
//! wherever they are used: all connections of a source are tried side by side.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    os::fd::{AsFd as _, OwnedFd},
    time::Duration,
};

use rustix::{
    net::{AddressFamily, SocketFlags, SocketType, socket_with},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};
use tokio::net::TcpSocket;

use super::{ProbeError, listeners};
use crate::stack::engine::Container;

/// How long a connection may take; a packet that was lost is sent again after one second.
const LIMIT: Duration = Duration::from_millis(1500);

/// What came of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was accepted.
    Open,
    /// It was not, for this reason.
    Closed(String),
}

/// The TCP ports that are open to others in a container's network: loopback, and with it the
/// engine's own name server, is left out.
#[must_use]
pub fn listening(container: &Container) -> BTreeSet<u16> {
    let seen = listeners::in_namespace(&format!("/proc/{}/net", container.pid));
    let open = seen.into_iter().filter(|one| !one.address.to_canonical().is_loopback());
    open.map(|one| one.port).collect()
}

/// Every address of a container on all its networks, as the kernel routes them.
#[must_use]
pub fn addresses(container: &Container) -> Vec<IpAddr> {
    let read = |file: &str| {
        fs::read_to_string(format!("/proc/{}/net/{file}", container.pid)).unwrap_or_default()
    };
    let mut all: BTreeSet<IpAddr> = local_addresses(&read("fib_trie")).collect();
    all.extend(global_addresses(&read("if_inet6")));
    all.into_iter().filter(|address| !address.is_loopback()).collect()
}

/// Addresses that `fib_trie` calls local: the line before `/32 host LOCAL` names one.
fn local_addresses(text: &str) -> impl Iterator<Item = IpAddr> {
    let lines = text.lines().map(str::trim);
    lines.clone().zip(lines.skip(1)).filter(|(_, next)| next.ends_with("host LOCAL")).filter_map(
        |(line, _)| line.strip_prefix("|-- ")?.parse::<Ipv4Addr>().ok().map(IpAddr::from),
    )
}

/// Addresses of IP version 6 with global scope.
fn global_addresses(text: &str) -> impl Iterator<Item = IpAddr> {
    text.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (address, scope) = (columns.first()?, columns.get(3)?);
        let address = u128::from_str_radix(address, 16).ok().filter(|_| *scope == "00")?;
        Some(IpAddr::from(Ipv6Addr::from(address)))
    })
}

/// Whether two network namespaces are one; `self` stands for our own.
#[must_use]
pub fn shares_network(one: &str, other: &str) -> bool {
    let inode = |process: &str| fs::read_link(format!("/proc/{process}/ns/net")).ok();
    inode(one).is_some_and(|inode_of_one| inode(other) == Some(inode_of_one))
}

/// The default routes of a container's network, in the kernel's words.
///
/// # Errors
/// The operating system's.
pub fn default_routes(container: &Container) -> io::Result<Vec<String>> {
    let folder = format!("/proc/{}/net", container.pid);
    let fourth = fs::read_to_string(format!("{folder}/route"))?;
    // Machines without IP version 6 have no such file.
    let sixth = fs::read_to_string(format!("{folder}/ipv6_route")).unwrap_or_default();
    Ok(defaults_of_v4(&fourth).chain(defaults_of_v6(&sixth)).collect())
}

fn defaults_of_v4(text: &str) -> impl Iterator<Item = String> {
    text.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [device, destination, gateway, _, _, _, _, mask, ..] = columns[..] else { return None };
        let gateway = u32::from_str_radix(gateway, 16).ok()?;
        (destination == "00000000" && mask == "00000000").then(|| {
            let gateway = Ipv4Addr::from(gateway.to_ne_bytes());
            format!("default via {gateway} dev {device}")
        })
    })
}

fn defaults_of_v6(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [destination, length, _, _, gateway, .., device] = columns[..] else { return None };
        let everything = destination.bytes().all(|digit| digit == b'0') && length == "00";
        let gateway = Ipv6Addr::from(u128::from_str_radix(gateway, 16).ok()?);
        (everything && device != "lo").then(|| format!("default via {gateway} dev {device}"))
    })
}

/// Tries to connect from a container to each address, side by side.
///
/// # Errors
/// When its network cannot be entered.
pub async fn connect(from: &Container, targets: &[SocketAddr]) -> Result<Vec<Answer>, ProbeError> {
    let doing =
        || format!("enter the network of {} (as root, on the engine's own machine)", from.name);
    let namespace = format!("/proc/{}/ns/net", from.pid);
    let families: Vec<bool> = targets.iter().map(SocketAddr::is_ipv4).collect();
    // A thread of its own, which ends with the namespace it entered.
    let thread = tokio::task::spawn_blocking(move || {
        std::thread::spawn(move || sockets(&namespace, &families)).join()
    });
    let Ok(Ok(made)) = thread.await else {
        let why = "the thread that tried has ended".into();
        return Err(ProbeError { doing: doing(), why });
    };
    let sockets = made.map_err(|why| ProbeError::new(doing(), &why))?;
    let tried = targets.iter().zip(sockets).map(|(target, socket)| attempt(socket, *target));
    Ok(futures::future::join_all(tried).await)
}

fn sockets(namespace: &str, families: &[bool]) -> io::Result<Vec<io::Result<OwnedFd>>> {
    let file = File::open(namespace)?;
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
    let socket = |is_v4: &bool| {
        let family = if *is_v4 { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        Ok(socket_with(family, SocketType::STREAM, flags, None)?)
    };
    Ok(families.iter().map(socket).collect())
}

async fn attempt(socket: io::Result<OwnedFd>, target: SocketAddr) -> Answer {
    let connecting = async {
        TcpSocket::from_std_stream(TcpStream::from(socket?)).connect(target).await.map(|_| ())
    };
    match tokio::time::timeout(LIMIT, connecting).await {
        Ok(Ok(())) => Answer::Open,
        Ok(Err(why)) => Answer::Closed(why.to_string()),
        Err(_) => Answer::Closed(format!("no answer within {LIMIT:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_a_namespace_are_those_that_the_kernel_calls_local() {
        let trie = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
            \x20    +-- 127.0.0.0/8 2 0 2\n           |-- 127.0.0.1\n              /32 host LOCAL\n\
            \x20    |-- 172.20.0.2\n        /32 host LOCAL\n     |-- 172.20.255.255\n        /32 link BROADCAST\n";
        let seen: Vec<IpAddr> = local_addresses(trie).collect();
        assert_eq!(seen, [IpAddr::from([127, 0, 0, 1]), IpAddr::from([172, 20, 0, 2])]);
        let sixth = "fd000000000000000000000000000002 1d 40 00 80 eth0\n\
            fe80000000000000004216fffe000002 1d 40 20 80 eth0\n";
        let seen: Vec<String> = global_addresses(sixth).map(|seen| seen.to_string()).collect();
        assert_eq!(seen, ["fd00::2"]);
    }

    #[test]
    fn a_default_route_is_seen_in_either_version() {
        let gateway = format!("{:08X}", u32::from_ne_bytes([172, 20, 0, 1]));
        let fourth = format!(
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
             eth0\t00000000\t{gateway}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
             eth0\t000014AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
        );
        let seen: Vec<String> = defaults_of_v4(&fourth).collect();
        assert_eq!(seen, ["default via 172.20.0.1 dev eth0"]);
        let zeros = "0".repeat(32);
        let sixth = format!(
            "{zeros} 00 {zeros} 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003 eth0\n\
             {zeros} 00 {zeros} 00 {zeros} ffffffff 00000001 00000000 00200200 lo\n"
        );
        let seen: Vec<String> = defaults_of_v6(&sixth).collect();
        assert_eq!(seen, ["default via fd00::1 dev eth0"]);
    }
}
