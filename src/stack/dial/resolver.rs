//! What a name means inside a container, by its own `hosts` and the name servers of its own
//! `resolv.conf` (hosts(5), resolv.conf(5); RFC 1035, section 4), whatever programs its image has.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

/// How long a name server may take to answer; it is asked twice.
const LIMIT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;
/// The port of name servers.
const PORT: u16 = 53;
/// A record with an address of IP version 4 (RFC 1035, section 3.2.2).
const A: u16 = 1;
/// A record with an address of IP version 6 (RFC 3596).
const AAAA: u16 = 28;

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolved {
    /// These addresses.
    Known {
        /// In the order they were told.
        addresses: Vec<IpAddr>,
        /// Who told them.
        by: String,
    },
    /// Nothing.
    Unknown {
        /// Who said so.
        by: String,
    },
    /// Nobody said.
    Unanswered {
        /// What came instead.
        why: String,
    },
}

impl std::fmt::Display for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known { addresses, by } => {
                let told: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                write!(f, "{} by {by}", told.join(", "))
            }
            Self::Unknown { by } => write!(f, "no such name, by {by}"),
            Self::Unanswered { why } => write!(f, "the name is not resolved: {why}"),
        }
    }
}

/// Resolves a name as a program in the container would: first `hosts`, then the name servers.
pub async fn resolve(name: &str, resolv: &str, hosts: &str) -> Resolved {
    let listed = in_hosts(name, hosts);
    if !listed.is_empty() {
        return Resolved::Known { addresses: listed, by: "/etc/hosts".into() };
    }
    let servers = Servers::read(resolv);
    if servers.addresses.is_empty() {
        return Resolved::Unknown { by: "/etc/hosts; /etc/resolv.conf names no server".into() };
    }
    let mut last = Resolved::Unknown { by: "/etc/resolv.conf".into() };
    let mut unanswered = None;
    for candidate in servers.candidates(name) {
        match servers.ask(&candidate).await {
            known @ Resolved::Known { .. } => return known,
            silent @ Resolved::Unanswered { .. } => unanswered = Some(silent),
            unknown @ Resolved::Unknown { .. } => last = unknown,
        }
    }
    unanswered.unwrap_or(last)
}

/// The addresses of a name in hosts(5).
fn in_hosts(name: &str, text: &str) -> Vec<IpAddr> {
    let of_line = |line: &str| {
        let line = line.split('#').next()?;
        let mut words = line.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word.eq_ignore_ascii_case(name)).then_some(address)
    };
    text.lines().filter_map(of_line).collect()
}

/// resolv.conf(5), as far as it bears on us.
#[derive(Debug, Default, PartialEq, Eq)]
struct Servers {
    addresses: Vec<SocketAddr>,
    search: Vec<String>,
    dots: usize,
}

impl Servers {
    fn read(text: &str) -> Self {
        /// No resolver asks more.
        const MOST: usize = 3;
        let mut found = Self { dots: 1, ..Self::default() };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") if found.addresses.len() < MOST => {
                    let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
                    found.addresses.extend(address.map(|address| SocketAddr::new(address, PORT)));
                }
                Some("search" | "domain") => found.search = words.map(str::to_owned).collect(),
                Some("options") => {
                    let dots = words.find_map(|word| word.strip_prefix("ndots:")?.parse().ok());
                    found.dots = dots.unwrap_or(found.dots);
                }
                _ => {}
            }
        }
        found
    }

    /// The full names that a name may stand for, in the order they are asked for.
    fn candidates(&self, name: &str) -> Vec<String> {
        let below = self.search.iter().map(|domain| format!("{name}.{}", domain.trim_matches('.')));
        let plain = name.to_owned();
        if name.matches('.').count() >= self.dots {
            std::iter::once(plain).chain(below).collect()
        } else {
            below.chain(std::iter::once(plain)).collect()
        }
    }

    async fn ask(&self, name: &str) -> Resolved {
        let (fourth, sixth) = tokio::join!(self.records(name, A), self.records(name, AAAA));
        let addresses: Vec<IpAddr> =
            [&fourth, &sixth].into_iter().flatten().flat_map(|(found, _)| found).copied().collect();
        match (fourth, sixth) {
            (Ok((_, by)), _) | (_, Ok((_, by))) if !addresses.is_empty() => {
                Resolved::Known { addresses, by }
            }
            (Ok((_, by)), Ok(_)) => Resolved::Unknown { by },
            (Err(why), _) | (_, Err(why)) => Resolved::Unanswered { why },
        }
    }

    /// The records of one kind, and the server that told them.
    async fn records(&self, name: &str, kind: u16) -> Result<(Vec<IpAddr>, String), String> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            for server in &self.addresses {
                match exchange(*server, name, kind).await {
                    Ok(found) => return Ok((found, format!("name server {}", server.ip()))),
                    Err(error) => why = format!("name server {}: {error}", server.ip()),
                }
            }
        }
        Err(why)
    }
}

async fn exchange(server: SocketAddr, name: &str, kind: u16) -> io::Result<Vec<IpAddr>> {
    let query = query(name, kind)?;
    let late = |_| io::Error::other(format!("no answer within {LIMIT:?}"));
    let reply = timeout(LIMIT, over_udp(server, &query)).await.map_err(late)??;
    let reply = if is_cut(&reply) {
        timeout(LIMIT, over_tcp(server, &query)).await.map_err(late)??
    } else {
        reply
    };
    read(&reply, kind)
}

async fn over_udp(server: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(query).await?;
    let mut reply = vec![0; 4096];
    loop {
        let length = socket.recv(&mut reply).await?;
        // An answer to another question is none.
        if length >= 12 && reply[..2] == query[..2] {
            reply.truncate(length);
            return Ok(reply);
        }
    }
}

async fn over_tcp(server: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), query].concat()).await?;
    let length = stream.read_u16().await?;
    let mut reply = vec![0; usize::from(length)];
    stream.read_exact(&mut reply).await?;
    Ok(reply)
}

/// Whether a reply was too long for one packet.
fn is_cut(reply: &[u8]) -> bool {
    reply.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

/// A message with one question (RFC 1035, section 4.1).
fn query(name: &str, kind: u16) -> io::Result<Vec<u8>> {
    /// Any number will do: the socket hears its own server alone.
    const ID: u16 = 0x5ea1;
    const RECURSE: u16 = 0x0100;
    const INTERNET: u16 = 1;
    let mut message = Vec::new();
    for number in [ID, RECURSE, 1, 0, 0, 0] {
        message.extend(number.to_be_bytes());
    }
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length));
        let Some(length) = length else {
            return Err(io::Error::other(format!("\"{name}\" is no name of DNS")));
        };
        message.push(length);
        message.extend(label.as_bytes());
    }
    message.push(0);
    message.extend(kind.to_be_bytes());
    message.extend(INTERNET.to_be_bytes());
    Ok(message)
}

/// The addresses of a reply; none where the name has none or is unknown.
fn read(reply: &[u8], kind: u16) -> io::Result<Vec<IpAddr>> {
    const UNKNOWN: u8 = 3;
    let broken = || io::Error::other("its answer cannot be read");
    let number = |at: usize| {
        let bytes = reply.get(at..at + 2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    };
    match reply.get(3).map(|flags| flags & 0x0f) {
        Some(0) => {}
        Some(UNKNOWN) => return Ok(Vec::new()),
        Some(code) => return Err(io::Error::other(format!("it answers with code {code}"))),
        None => return Err(broken()),
    }
    let (questions, answers) = number(4).zip(number(6)).ok_or_else(broken)?;
    let mut at = 12;
    for _ in 0..questions {
        at = after_name(reply, at).ok_or_else(broken)? + 4;
    }
    let mut found = Vec::new();
    for _ in 0..answers {
        at = after_name(reply, at).ok_or_else(broken)?;
        let (own, length) = number(at).zip(number(at + 8)).ok_or_else(broken)?;
        let from = at + 10;
        let data = reply.get(from..from + usize::from(length)).ok_or_else(broken)?;
        at = from + usize::from(length);
        let address = match own {
            A => <[u8; 4]>::try_from(data).map(IpAddr::from),
            AAAA => <[u8; 16]>::try_from(data).map(IpAddr::from),
            // An alias; what it stands for is told beside it.
            _ => continue,
        };
        if own == kind {
            found.push(address.map_err(|_| broken())?);
        }
    }
    Ok(found)
}

/// Where a name ends that begins at a byte; a pointer ends it.
fn after_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_may_list_several_addresses_of_a_name() {
        let text = "127.0.0.1 localhost\n10.0.0.2\tstore Db # db\nfd00::2 db\n";
        let seen: Vec<String> = in_hosts("db", text).iter().map(ToString::to_string).collect();
        assert_eq!(seen, ["10.0.0.2", "fd00::2"]);
        assert!(in_hosts("d", text).is_empty());
    }

    #[test]
    fn domains_are_searched_as_resolv_conf_says() {
        let text = "nameserver 127.0.0.11\nsearch a.example b.example\noptions edns0 ndots:1\n";
        let servers = Servers::read(text);
        assert_eq!(servers.addresses, ["127.0.0.11:53".parse().expect("an address")]);
        assert_eq!(servers.candidates("db"), ["db.a.example", "db.b.example", "db"]);
        assert_eq!(servers.candidates("db.x")[0], "db.x");
        let none = Servers::read("nameserver 127.0.0.11\noptions ndots:0\n");
        assert_eq!(none.candidates("db"), ["db"]);
    }

    #[test]
    fn every_address_of_a_reply_is_read_and_aliases_are_passed_over() {
        let mut reply = query("db", A).expect("a message");
        reply[2..8].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 3]);
        let alias = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 1, 0, 2, 0xc0, 12];
        reply.extend(alias);
        for last in [2, 3] {
            reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, 0, 0, last]);
        }
        let seen = read(&reply, A).expect("addresses");
        assert_eq!(seen, [IpAddr::from([10, 0, 0, 2]), IpAddr::from([10, 0, 0, 3])]);
        reply[3] = 0x83;
        assert!(read(&reply, A).expect("an answer").is_empty(), "an unknown name has none");
        reply[3] = 0x82;
        assert!(read(&reply, A).is_err(), "a server that fails says nothing of the name");
        assert!(read(&reply[..20], A).is_err());
    }

    #[tokio::test]
    async fn a_name_server_that_does_not_answer_is_not_one_that_knows_no_such_name() {
        let servers = Servers {
            addresses: vec!["127.0.0.1:9".parse().expect("an address")],
            ..Servers::default()
        };
        let seen = servers.ask("db").await;
        assert!(matches!(seen, Resolved::Unanswered { .. }), "{seen}");
    }
}
