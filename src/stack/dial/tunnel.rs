//! A port of a container as a loopback port of ours, for clients that take nothing but an address.

use std::{
    collections::HashMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Mutex,
    time::timeout,
};

use super::{DialError, Stream, Target, connect, connect_to};
use crate::stack::engine::Container;

/// How long our own client may take to come.
const LIMIT: Duration = Duration::from_secs(30);

fn unbound(why: &std::io::Error) -> DialError {
    DialError::Unread { name: "loopback".into(), why: why.to_string() }
}

async fn listen() -> Result<(TcpListener, SocketAddr), DialError> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|why| unbound(&why))?;
    let at = listener.local_addr().map_err(|why| unbound(&why))?;
    Ok((listener, at))
}

/// A loopback address that leads to a port of a container, for one connection of this very process.
///
/// # Errors
/// As [`connect`]: the port is connected to before this returns.
pub async fn once(container: &Container, port: u16) -> Result<SocketAddr, DialError> {
    let (mut there, _) = connect(container, port).await?;
    let (listener, at) = listen().await?;
    tokio::spawn(async move {
        let accept = async {
            loop {
                let (stream, peer) = listener.accept().await.ok()?;
                if is_own(peer, at) {
                    return Some(stream);
                }
            }
        };
        let Ok(Some(mut here)) = timeout(LIMIT, accept).await else { return };
        drop(listener);
        // However it ends, both sides see it end.
        let _ended = copy_bidirectional(&mut here, &mut there).await;
    });
    Ok(at)
}

/// Whether a connection was made by this very process: its socket is one of ours.
fn is_own(peer: SocketAddr, listener: SocketAddr) -> bool {
    let told = |at: SocketAddr| match at {
        SocketAddr::V4(at) => {
            format!("{:08X}:{:04X}", u32::from_ne_bytes(at.ip().octets()), at.port())
        }
        SocketAddr::V6(_) => String::new(),
    };
    let (peer, listener) = (told(peer), told(listener));
    let table = fs::read_to_string("/proc/thread-self/net/tcp").unwrap_or_default();
    let inode = table.lines().find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        (columns.get(1) == Some(&peer.as_str()) && columns.get(2) == Some(&listener.as_str()))
            .then(|| columns.get(9).map(|inode| format!("socket:[{inode}]")))
            .flatten()
    });
    let Some(inode) = inode else { return false };
    let mut own = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    own.any(|entry| fs::read_link(entry.path()).is_ok_and(|link| link.to_str() == Some(&inode)))
}

/// A loopback address that leads to a port of a container for as long as this process lives, in place
/// of a published port that is not this host's. It is the same at every call.
///
/// # Errors
/// When the container does not run, or its network cannot be reached.
pub async fn standing(container: &Container, port: u16) -> Result<SocketAddr, DialError> {
    lasting(container, Target::Own(port)).await
}

/// A loopback address that leads through a container's network to an address as it is seen there.
///
/// # Errors
/// As [`standing`].
pub async fn through(container: &Container, to: SocketAddr) -> Result<SocketAddr, DialError> {
    lasting(container, Target::At(to)).await
}

async fn lasting(container: &Container, target: Target) -> Result<SocketAddr, DialError> {
    static OPEN: Mutex<Option<HashMap<(String, Target), SocketAddr>>> = Mutex::const_new(None);
    let key = (container.id.clone(), target.clone());
    let mut open = OPEN.lock().await;
    let open = open.get_or_insert_default();
    if let Some(at) = open.get(&key) {
        return Ok(*at);
    }
    match connect_to(container, &target).await {
        // A closed port is for the client to find.
        Ok(_) | Err(DialError::Closed { .. }) => {}
        Err(why) => return Err(why),
    }
    let (listener, at) = listen().await?;
    let container = container.clone();
    tokio::spawn(async move {
        while let Ok((here, _)) = listener.accept().await {
            tokio::spawn(forward(here, container.clone(), target.clone()));
        }
    });
    open.insert(key, at);
    Ok(at)
}

async fn forward(mut here: TcpStream, container: Container, target: Target) {
    // Where nobody answers the connection is closed, as the engine's own forwarder does.
    let Ok((mut there, _)): Result<(Box<dyn Stream>, _), _> = connect_to(&container, &target).await
    else {
        return;
    };
    let _ended = copy_bidirectional(&mut here, &mut there).await;
}

impl From<DialError> for crate::stack::StackError {
    fn from(why: DialError) -> Self {
        match why {
            DialError::Engine(why) => Self::Engine(why),
            why => Self::Dial(Box::new(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_of_another_process_is_not_ours() {
        let (listener, at) = listen().await.expect("a listener");
        let _client = TcpStream::connect(at).await.expect("a connection");
        let (_, peer) = listener.accept().await.expect("a peer");
        assert!(is_own(peer, at));
        let mut other = std::process::Command::new("bash")
            .args([
                "-c",
                &format!("exec 3<>/dev/tcp/127.0.0.1/{}; read -t 5 -r line <&3", at.port()),
            ])
            .spawn()
            .expect("bash");
        let (_held, peer) = listener.accept().await.expect("a peer");
        assert!(!is_own(peer, at));
        let _gone = other.kill();
        let _reaped = other.wait();
    }
}
