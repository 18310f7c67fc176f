//! TCP connections between containers, as the kernel keeps them in each network namespace.
//!
//! `/proc/<pid>/net/tcp` (proc(5)) lists a connection from its first packet until `TIME_WAIT`
//! ends, a minute after it was closed, on the side that closed it. One that is reset leaves no such
//! trace, and a short one may come and go between two looks: `/proc/<pid>/net/snmp` counts them all
//! (`ActiveOpens`, `PassiveOpens`: RFC 4022), and does not say between whom.

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, SocketAddr},
};

use super::{ProbeError, listeners};

/// Whose connections are meant.
#[derive(Debug, Clone)]
pub struct Called {
    /// The addresses of those who call.
    pub from: BTreeSet<IpAddr>,
    /// The addresses of those who answer.
    pub to: BTreeSet<IpAddr>,
}

/// A connection: who called, and whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection {
    /// The caller's end.
    pub from: SocketAddr,
    /// The other end.
    pub to: SocketAddr,
}

/// The connections that the namespace of a process knows, seen from either side.
///
/// # Errors
/// When `/proc` cannot be read, for instance because the process is gone.
pub fn between(process: i64, called: &Called) -> Result<BTreeSet<Connection>, ProbeError> {
    let mut found = BTreeSet::new();
    for file in ["tcp", "tcp6"] {
        let path = format!("/proc/{process}/net/{file}");
        let text = fs::read_to_string(&path)
            .map_err(|why| ProbeError::new(format!("read {path}"), &why))?;
        found.extend(text.lines().skip(1).filter_map(|line| connection(line, called)));
    }
    Ok(found)
}

/// Connections that the namespace of a process has accepted from anybody who is not meant, itself
/// among them: a health check's own leave their trace there for a minute.
///
/// # Errors
/// As [`between`].
pub fn from_others(process: i64, called: &Called) -> Result<BTreeSet<Connection>, ProbeError> {
    let mut found = BTreeSet::new();
    for file in ["tcp", "tcp6"] {
        let path = format!("/proc/{process}/net/{file}");
        let text = fs::read_to_string(&path)
            .map_err(|why| ProbeError::new(format!("read {path}"), &why))?;
        found.extend(text.lines().skip(1).filter_map(|line| foreign(line, called)));
    }
    Ok(found)
}

/// How many connections a network namespace has opened, and how many it has accepted, since it is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Opens {
    /// `ActiveOpens`: it called.
    pub called: u64,
    /// `PassiveOpens`: it was called.
    pub accepted: u64,
}

/// What the namespaces of some processes have opened and accepted together, each namespace once.
///
/// # Errors
/// When `/proc` cannot be read, for instance because a process is gone.
pub fn opens(processes: &[i64]) -> Result<Opens, ProbeError> {
    let mut known = BTreeSet::new();
    let mut all = Opens::default();
    for process in processes {
        let link = format!("/proc/{process}/ns/net");
        let namespace =
            fs::read_link(&link).map_err(|why| ProbeError::new(format!("read {link}"), &why))?;
        if !known.insert(namespace) {
            continue;
        }
        let path = format!("/proc/{process}/net/snmp");
        let text = fs::read_to_string(&path)
            .map_err(|why| ProbeError::new(format!("read {path}"), &why))?;
        let one = counted(&text).ok_or_else(|| {
            let why = io::Error::from(io::ErrorKind::InvalidData);
            ProbeError::new(format!("find ActiveOpens and PassiveOpens in {path}"), &why)
        })?;
        all.called += one.called;
        all.accepted += one.accepted;
    }
    Ok(all)
}

/// A line of names and a line of numbers in the same order.
fn counted(text: &str) -> Option<Opens> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Tcp:"));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let of = |wanted: &str| {
        let at = names.split_whitespace().position(|name| name == wanted)?;
        numbers.split_whitespace().nth(at)?.parse().ok()
    };
    Some(Opens { called: of("ActiveOpens")?, accepted: of("PassiveOpens")? })
}

/// `LISTEN` in the state column: no connection.
const LISTEN: &str = "0A";
/// `SYN_RECV`: not accepted yet.
const SYN_RECEIVED: &str = "03";

/// Both ends of a line of `/proc/net/tcp`, and its state.
fn ends(line: &str) -> Option<(SocketAddr, SocketAddr, &str)> {
    let mut columns = line.split_whitespace();
    let (here, there, state) = (columns.nth(1)?, columns.next()?, columns.next()?);
    let ends = [here, there].map(listeners::socket_address);
    let [Some(here), Some(there)] = ends else { return None };
    (state != LISTEN).then_some((here, there, state))
}

/// A connection that was accepted here, and not from those who are meant.
fn foreign(line: &str, called: &Called) -> Option<Connection> {
    let (here, there, state) = ends(line)?;
    // What a namespace says to itself is accepted in it, whichever end is left.
    let (from, to) = if here.port() < there.port() {
        (there, here)
    } else if here.ip().is_loopback() && there.ip().is_loopback() {
        (here, there)
    } else {
        return None;
    };
    let is_known = state == SYN_RECEIVED || called.from.contains(&from.ip());
    (!is_known && from.port() != to.port()).then_some(Connection { from, to })
}

fn connection(line: &str, called: &Called) -> Option<Connection> {
    let (here, there, _) = ends(line)?;
    let meant = |from: SocketAddr, to: SocketAddr| {
        let fits = called.from.contains(&from.ip()) && called.to.contains(&to.ip());
        // The side that answers has the well-known port.
        (fits && to.port() < from.port()).then_some(Connection { from, to })
    };
    meant(here, there).or_else(|| meant(there, here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_their_names() {
        let text = "Ip: Forwarding\nIp: 1\nTcp: RtoMin ActiveOpens MaxConn PassiveOpens\nTcp: 200 44 -1 7\nUdp: InDatagrams\nUdp: 3\n";
        assert_eq!(counted(text), Some(Opens { called: 44, accepted: 7 }));
        assert_eq!(counted("Tcp: RtoMin\nTcp: 200\n"), None);
        assert_eq!(counted(""), None);
        let own = opens(&[i64::from(std::process::id()), i64::from(std::process::id())]);
        let once = opens(&[i64::from(std::process::id())]);
        assert!(own.is_ok() && once.is_ok(), "{own:?}");
    }

    #[test]
    fn what_others_opened_is_told_apart() {
        let called = Called {
            from: BTreeSet::from(["172.18.0.2".parse().expect("an address")]),
            to: BTreeSet::from(["172.18.0.3".parse().expect("an address")]),
        };
        let of = |ends: &str, state: &str| {
            foreign(&format!("   1: {ends} {state} 00000000:00000000 0 0 0 1"), &called)
        };
        // The caller itself, somebody else, and the check that runs beside the server.
        assert_eq!(of("030012AC:0CEA 020012AC:C350", "01"), None);
        assert!(of("030012AC:0CEA 040012AC:C350", "01").is_some());
        let check = of("0100007F:C350 0100007F:0CEA", "06");
        assert!(check.is_some());
        assert_eq!(of("0100007F:0CEA 0100007F:C350", "01"), check, "the same from both ends");
        // Not yet accepted, opened by the server itself, and no connection.
        assert_eq!(of("030012AC:0CEA 040012AC:C350", "03"), None);
        assert_eq!(of("030012AC:C350 040012AC:0CEA", "01"), None);
        assert_eq!(of("00000000:0CEA 00000000:0000", "0A"), None);
    }

    #[test]
    fn a_connection_is_the_same_from_both_ends() {
        let called = Called {
            from: BTreeSet::from(["172.18.0.2".parse().expect("an address")]),
            to: BTreeSet::from(["172.18.0.3".parse().expect("an address")]),
        };
        let established =
            "   1: 020012AC:C350 030012AC:2328 01 00000000:00000000 00:00000000 0 0 0 1";
        let time_wait =
            "   2: 030012AC:2328 020012AC:C350 06 00000000:00000000 00:00000000 0 0 0 1";
        let wanted = Some(Connection {
            from: "172.18.0.2:50000".parse().expect("an end"),
            to: "172.18.0.3:9000".parse().expect("an end"),
        });
        assert_eq!(connection(established, &called), wanted);
        assert_eq!(connection(time_wait, &called), wanted);
        let listening = established.replace(" 01 ", " 0A ");
        assert_eq!(connection(&listening, &called), None);
        let elsewhere = established.replace("030012AC", "040012AC");
        assert_eq!(connection(&elsewhere, &called), None);
    }
}
