//! Reachability, measured from inside the source's network namespace.
//!
//! Where we may (root, the engine on this machine) a thread of ours enters the namespace and
//! connects: no program is needed in the container. Names are resolved by the container itself.

use std::{
    fs::File,
    io,
    net::{IpAddr, SocketAddr, TcpStream},
    os::fd::AsFd as _,
    time::Duration,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::ProbeError;
use crate::stack::engine::{Container, Engine};

/// How long a connection may take.
const LIMIT: Duration = Duration::from_secs(3);

/// How long a name may take to be resolved: a program has to be started for it.
const RESOLVE_LIMIT: Duration = Duration::from_secs(15);

/// What came of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It was accepted at this address.
    Open(SocketAddr),
    /// It was refused at this address.
    Refused(SocketAddr),
    /// Nothing answered at this address.
    TimedOut(SocketAddr),
    /// The name means nothing there.
    NoSuchName,
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(at) => write!(f, "open at {at}"),
            Self::Refused(at) => write!(f, "refused at {at}"),
            Self::TimedOut(at) => write!(f, "no answer at {at} within {LIMIT:?}"),
            Self::NoSuchName => write!(f, "no such name"),
        }
    }
}

/// Tries to connect from a container to a name and port, as a program in it would.
///
/// # Errors
/// When the container cannot resolve names or its namespace cannot be entered.
pub async fn connect(
    engine: &Engine,
    from: &Container,
    name: &str,
    port: u16,
) -> Result<Reach, ProbeError> {
    let words = ["getent".to_owned(), "hosts".into(), name.to_owned()];
    let found = engine
        .execute(from, &words, RESOLVE_LIMIT)
        .await
        .map_err(|why| ProbeError::new(format!("resolve \"{name}\" in {}", from.name), &why))?;
    let address =
        found.output.split_whitespace().next().and_then(|word| word.parse::<IpAddr>().ok());
    let (0, Some(address)) = (found.code, address) else { return Ok(Reach::NoSuchName) };
    let at = SocketAddr::new(address, port);
    let namespace = format!("/proc/{}/ns/net", from.pid);
    let doing =
        format!("enter the network of {} (as root, on the engine's own machine)", from.name);
    // A thread of its own, which ends with the namespace it entered.
    let thread = tokio::task::spawn_blocking(move || {
        std::thread::spawn(move || connect_in(&namespace, at)).join()
    });
    match thread.await {
        Ok(Ok(Ok(()))) => Ok(Reach::Open(at)),
        Ok(Ok(Err(Connect::Namespace(why)))) => Err(ProbeError::new(doing, &why)),
        Ok(Ok(Err(Connect::Refused))) => Ok(Reach::Refused(at)),
        Ok(Ok(Err(Connect::Silent))) => Ok(Reach::TimedOut(at)),
        Ok(Err(_)) | Err(_) => {
            Err(ProbeError { doing, why: "the thread that tried has ended".into() })
        }
    }
}

enum Connect {
    Namespace(io::Error),
    Refused,
    Silent,
}

fn connect_in(namespace: &str, at: SocketAddr) -> Result<(), Connect> {
    let file = File::open(namespace).map_err(Connect::Namespace)?;
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
        .map_err(|why| Connect::Namespace(why.into()))?;
    match TcpStream::connect_timeout(&at, LIMIT) {
        Ok(_) => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::ConnectionRefused => Err(Connect::Refused),
        Err(_) => Err(Connect::Silent),
    }
}
