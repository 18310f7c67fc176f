//! What is asked inside a container's network namespace, by a thread of ours that has entered it or
//! by a process of ours in a container that shares it. Plain questions, plain answers.

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

use super::resolver::{self, Resolved};

/// How long a connection may take; a packet that was lost is sent again after one second.
pub const LIMIT: Duration = Duration::from_millis(1500);

/// A question about a network namespace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Question {
    /// What a name means there.
    Resolve {
        /// The name.
        name: String,
        /// `resolv.conf` and `hosts`, where they are not those of who answers.
        files: Option<(String, String)>,
    },
    /// What connections to these come to; nothing is sent on them.
    Connect(Vec<SocketAddr>),
    /// The kernel's tables.
    Tables,
}

/// Where a connection from inside a network namespace goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// A port of the namespace's own addresses.
    Own(u16),
    /// An address as it is seen from there.
    At(SocketAddr),
}

/// Its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Answer {
    /// Of [`Question::Resolve`].
    Resolved(Resolved),
    /// Of [`Question::Connect`], in the same order.
    Connected(Vec<Outcome>),
    /// Of [`Question::Tables`].
    Tables(Tables),
    /// It could not be found out, for this reason.
    Failed(String),
}

/// What a connection came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was accepted.
    Open,
    /// Somebody refused it.
    Refused,
    /// Nothing answered.
    TimedOut,
    /// It could not be tried from there, in the kernel's words.
    NoRoute(String),
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Refused => f.write_str("connection refused"),
            Self::TimedOut => write!(f, "no answer within {LIMIT:?}"),
            Self::NoRoute(why) => f.write_str(why),
        }
    }
}

/// The files of proc(5) on a network namespace, as the kernel prints them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tables {
    /// Sockets over IP version 4.
    pub tcp: String,
    /// Sockets over IP version 6; empty on a kernel without it.
    pub tcp6: String,
    /// Sockets of UDP over IP version 4.
    pub udp: String,
    /// The same over IP version 6; empty on a kernel without it.
    pub udp6: String,
    /// Routes of IP version 4, with local addresses.
    pub fib_trie: String,
    /// Addresses of IP version 6; empty on a kernel without it.
    pub if_inet6: String,
    /// Routes of IP version 4.
    pub route: String,
    /// Routes of IP version 6; empty on a kernel without it.
    pub ipv6_route: String,
    /// Which namespace it is: `net:[4026531840]`.
    pub namespace: String,
}

impl Tables {
    /// Reads them for whoever calls.
    ///
    /// # Errors
    /// The operating system's, with the file.
    pub fn read() -> io::Result<Self> {
        Self::of(Path::new("/proc/thread-self"))
    }

    fn of(process: &Path) -> io::Result<Self> {
        let named = |file: &Path, why: io::Error| {
            io::Error::new(why.kind(), format!("cannot read {}: {why}", file.display()))
        };
        let read = |file: &str| {
            let path = process.join("net").join(file);
            fs::read_to_string(&path).map_err(|why| named(&path, why))
        };
        // A kernel without IP version 6 has no such files.
        let sixth = |file: &str| match read(file) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            text => text,
        };
        let link = process.join("ns/net");
        let namespace = fs::read_link(&link).map_err(|why| named(&link, why))?;
        Ok(Self {
            tcp: read("tcp")?,
            tcp6: sixth("tcp6")?,
            udp: read("udp")?,
            udp6: sixth("udp6")?,
            fib_trie: read("fib_trie")?,
            if_inet6: sixth("if_inet6")?,
            route: read("route")?,
            ipv6_route: sixth("ipv6_route")?,
            namespace: namespace.to_string_lossy().into_owned(),
        })
    }

    /// Every address of the namespace but loopback.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let all: BTreeSet<IpAddr> =
            local_addresses(&self.fib_trie).chain(global_addresses(&self.if_inet6)).collect();
        all.into_iter().filter(|address| !address.is_loopback()).collect()
    }
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

/// Answers a question about the namespace of whoever calls. Sockets are made by the calling thread,
/// so that it must be driven by a runtime of this thread alone.
pub(super) async fn answer(question: Question) -> Answer {
    match question {
        Question::Resolve { name, files } => {
            let files = match files {
                Some(files) => Ok(files),
                None => files_of(Path::new("/etc")),
            };
            match files {
                Ok((resolv, hosts)) => {
                    Answer::Resolved(resolver::resolve(&name, &resolv, &hosts).await)
                }
                Err(why) => Answer::Failed(why.to_string()),
            }
        }
        Question::Connect(targets) => {
            let tried = targets.into_iter().map(attempt);
            Answer::Connected(futures::future::join_all(tried).await)
        }
        Question::Tables => match Tables::read() {
            Ok(tables) => Answer::Tables(tables),
            Err(why) => Answer::Failed(why.to_string()),
        },
    }
}

/// `resolv.conf` and `hosts` of a folder.
fn files_of(folder: &Path) -> io::Result<(String, String)> {
    let read = |name: &str| {
        let file = folder.join(name);
        let named = |why: io::Error| {
            io::Error::new(why.kind(), format!("cannot read {}: {why}", file.display()))
        };
        fs::read_to_string(&file).map_err(named)
    };
    Ok((read("resolv.conf")?, read("hosts")?))
}

async fn attempt(target: SocketAddr) -> Outcome {
    match tokio::time::timeout(LIMIT, TcpStream::connect(target)).await {
        Ok(Ok(_)) => Outcome::Open,
        Ok(Err(why)) if why.kind() == io::ErrorKind::ConnectionRefused => Outcome::Refused,
        Ok(Err(why)) if why.kind() == io::ErrorKind::TimedOut => Outcome::TimedOut,
        Ok(Err(why)) => Outcome::NoRoute(why.to_string()),
        Err(_) => Outcome::TimedOut,
    }
}

/// Connects to an address, or to the first address of the namespace at which a port is open: loopback
/// only where there is no other. All that was tried otherwise.
///
/// # Errors
/// What each address answered.
pub(super) async fn dial(target: &Target) -> Result<(TcpStream, SocketAddr), String> {
    let mut tried = Vec::new();
    for at in meant(target)? {
        match tokio::time::timeout(LIMIT, TcpStream::connect(at)).await {
            Ok(Ok(stream)) => return Ok((stream, at)),
            Ok(Err(why)) => tried.push(format!("{at}: {why}")),
            Err(_) => tried.push(format!("{at}: no answer within {LIMIT:?}")),
        }
    }
    Err(tried.join("; "))
}

/// The addresses that are meant by a target, seen from here.
fn meant(target: &Target) -> Result<Vec<SocketAddr>, String> {
    let port = match target {
        Target::At(at) => return Ok(vec![*at]),
        Target::Own(port) => *port,
    };
    let mut addresses = Tables::read().map_err(|why| why.to_string())?.addresses();
    if addresses.is_empty() {
        addresses.push(Ipv4Addr::LOCALHOST.into());
    }
    Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_a_namespace_are_those_that_the_kernel_calls_local() {
        let trie = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
            \x20    +-- 127.0.0.0/8 2 0 2\n           |-- 127.0.0.1\n              /32 host LOCAL\n\
            \x20    |-- 172.20.0.2\n        /32 host LOCAL\n     |-- 172.20.255.255\n        /32 link BROADCAST\n";
        let sixth = "fd000000000000000000000000000002 1d 40 00 80 eth0\n\
            fe80000000000000004216fffe000002 1d 40 20 80 eth0\n";
        let tables = Tables { fib_trie: trie.into(), if_inet6: sixth.into(), ..Tables::default() };
        let seen: Vec<String> = tables.addresses().iter().map(ToString::to_string).collect();
        assert_eq!(seen, ["172.20.0.2", "fd00::2"]);
    }

    #[test]
    fn a_table_that_cannot_be_read_is_named() {
        let why = Tables::of(Path::new("/nowhere")).expect_err("no such process");
        assert!(why.to_string().contains("/nowhere/ns/net"), "{why}");
    }

    #[tokio::test]
    async fn a_connection_is_open_or_refused() {
        let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let [here, there] = [&open, &closed].map(|socket| socket.local_addr().expect("an address"));
        drop(closed);
        let Answer::Connected(seen) = answer(Question::Connect(vec![here, there])).await else {
            panic!("another answer")
        };
        assert_eq!(seen, [Outcome::Open, Outcome::Refused]);
        let (_stream, at) = dial(&Target::At(here)).await.expect("a connection");
        assert_eq!(at, here);
        assert!(dial(&Target::At(there)).await.expect_err("closed").contains(&there.to_string()));
    }
}
