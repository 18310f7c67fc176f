//! What really listens on this host because of a stack: the kernel's word beside the engine's.
//!
//! Read from `/proc/net/tcp` and `/proc/net/tcp6` (proc(5)): each listening socket, and the
//! process that holds it, found by the socket's inode in `/proc/<pid>/fd`.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use super::ProbeError;
use crate::stack::dial::Tables;

/// `TCP_LISTEN` in the state column.
const LISTEN: &str = "0A";

/// A listening TCP socket of the host's own network namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// The address.
    pub address: IpAddr,
    /// The process that holds it; `None` where we may not look.
    pub process: Option<i32>,
    /// Its command line.
    pub command: Vec<String>,
}

/// What listens on the host.
#[derive(Debug, Clone)]
pub struct OnHost {
    /// All listening TCP sockets.
    pub listeners: Vec<Listener>,
    /// Whether there are processes that we may not look at: they may hold what nobody seems to hold.
    pub blind: bool,
}

impl OnHost {
    /// A listener of a process that we may not look at.
    pub fn unseen(&self, fits: impl Fn(&Listener) -> bool) -> Option<&Listener> {
        let unheld = |seen: &&Listener| seen.process.is_none() && fits(seen);
        self.listeners.iter().filter(|_| self.blind).find(unheld)
    }
}

/// All listening TCP sockets of the host, with their processes as far as we may see them.
///
/// # Errors
/// When the kernel's tables cannot be read.
pub fn all() -> Result<OnHost, ProbeError> {
    let why = |why: std::io::Error| ProbeError::new("read what listens on the host", &why);
    let tables = Tables::read().map_err(why)?;
    let sockets = sockets(&tables);
    let (holders, blind) = holders().map_err(why)?;
    let mut listeners: Vec<Listener> = sockets
        .into_iter()
        .map(|(address, port, inode)| {
            let process = holders.get(&inode).copied();
            Listener { port, address, process, command: process.map(command).unwrap_or_default() }
        })
        .collect();
    listeners.sort();
    Ok(OnHost { listeners, blind })
}

/// Address, port and inode of the listening sockets of a network.
fn sockets(tables: &Tables) -> Vec<(IpAddr, u16, u64)> {
    let texts = [&tables.tcp, &tables.tcp6].into_iter();
    texts.flat_map(|text| text.lines().skip(1)).filter_map(listening).collect()
}

/// The listening TCP sockets of a network, without their processes.
#[must_use]
pub fn in_tables(tables: &Tables) -> Vec<Listener> {
    let unheld =
        |(address, port, _)| Listener { port, address, process: None, command: Vec::new() };
    sockets(tables).into_iter().map(unheld).collect()
}

/// The addresses and ports to which UDP sockets of a network are bound without a peer.
#[must_use]
pub fn of_datagrams(tables: &Tables) -> Vec<SocketAddr> {
    let texts = [&tables.udp, &tables.udp6].into_iter();
    let unpeered = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (local, peer) = (columns.get(1)?, columns.get(2)?);
        let has_peer = socket_address(peer)?.port() != 0;
        socket_address(local).filter(|_| !has_peer)
    };
    texts.flat_map(|text| text.lines().skip(1)).filter_map(unpeered).collect()
}

/// Address, port and inode of a line about a listening socket.
fn listening(line: &str) -> Option<(IpAddr, u16, u64)> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let (local, state, inode) = (columns.get(1)?, columns.get(3)?, columns.get(9)?);
    if *state != LISTEN {
        return None;
    }
    let local = socket_address(local)?;
    Some((local.ip(), local.port(), inode.parse().ok()?))
}

/// An address and a port as these tables print them.
#[must_use]
pub fn socket_address(column: &str) -> Option<SocketAddr> {
    let (address, port) = column.split_once(':')?;
    Some(SocketAddr::new(parse_address(address)?, u16::from_str_radix(port, 16).ok()?))
}

/// The kernel prints addresses as 32-bit words in the machine's own byte order.
fn parse_address(hex: &str) -> Option<IpAddr> {
    let mut bytes = Vec::with_capacity(16);
    for at in (0..hex.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    }
    match bytes.len() {
        4 => Some(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?))),
        16 => Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?))),
        _ => None,
    }
}

/// Processes by the inode of the sockets they hold, and whether there are some that we may not look at.
fn holders() -> std::io::Result<(BTreeMap<u64, i32>, bool)> {
    let (mut holders, mut blind) = (BTreeMap::new(), false);
    for process in fs::read_dir("/proc")?.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        let descriptors = fs::read_dir(process.path().join("fd"));
        blind |= descriptors.as_ref().is_err_and(|why| why.kind() == ErrorKind::PermissionDenied);
        for descriptor in descriptors.into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(descriptor.path()) else { continue };
            let inode = target
                .to_str()
                .and_then(|target| target.strip_prefix("socket:["))
                .and_then(|rest| rest.strip_suffix(']'))
                .and_then(|inode| inode.parse().ok());
            if let Some(inode) = inode {
                holders.insert(inode, id);
            }
        }
    }
    Ok((holders, blind))
}

fn command(process: i32) -> Vec<String> {
    let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    words
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

/// The container id that a process belongs to, read from its control group.
#[must_use]
pub fn container_of(process: i32) -> Option<String> {
    const ID: usize = 64;
    let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
    groups
        .split(['/', '-', '.', '\n'])
        .find(|part| part.len() == ID && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_socket_of_ours_is_seen_with_its_process() {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let port = socket.local_addr().expect("its address").port();
        let seen = all()
            .expect("the tables")
            .listeners
            .into_iter()
            .find(|listener| listener.port == port)
            .expect("it listens");
        assert_eq!(seen.address, IpAddr::from([127, 0, 0, 1]));
        assert_eq!(seen.process, i32::try_from(std::process::id()).ok());
    }

    #[test]
    fn addresses_are_in_the_byte_order_of_the_machine() {
        let text = format!("{:08X}", u32::from_ne_bytes([127, 0, 0, 1]));
        assert_eq!(parse_address(&text), Some(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(parse_address("zz"), None);
    }
}
