//! An outside of our own: a network namespace behind this host, which a container reaches if and
//! only if its packets are forwarded out of its networks. Nobody else's address is ever tried.
//!
//! It lives as long as a process of ours that reads from us: when we end, however we end, the
//! kernel takes the namespace away, and both ends of the cable to it.

use std::{
    fs::File,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::fd::AsFd as _,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::ProbeError;

/// How often another address is taken when somebody has the first.
const ATTEMPTS: u32 = 5;

/// The outside.
#[derive(Debug)]
pub struct Outside {
    /// Where it listens.
    pub beyond: SocketAddr,
    /// Where the host itself listens, on its end of the cable.
    pub host: SocketAddr,
    _listeners: [TcpListener; 2],
    _process: Child,
}

impl Outside {
    /// Makes it.
    ///
    /// # Errors
    /// When we may not, or `unshare` or `ip` is not there.
    pub async fn make() -> Result<Self, ProbeError> {
        let why = |why: io::Error| ProbeError::new("make a network outside the stack", &why);
        let mut process = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo ready; read -r end"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(why)?;
        let pipe = process.stdout.take().ok_or_else(|| why(io::Error::other("no pipe")))?;
        let ready = BufReader::new(pipe).lines().next_line().await.map_err(why)?;
        let id = process.id().filter(|_| ready.is_some());
        let id = id.ok_or_else(|| why(io::Error::other("unshare is not permitted here")))?;
        for _ in 1..ATTEMPTS {
            if let Ok(ends) = connected(id).await {
                return listening(id, ends, process).await.map_err(why);
            }
        }
        let ends = connected(id).await.map_err(why)?;
        listening(id, ends, process).await.map_err(why)
    }
}

async fn listening(
    id: u32,
    (host, beyond): (Ipv4Addr, Ipv4Addr),
    process: Child,
) -> io::Result<Outside> {
    let namespace = format!("/proc/{id}/ns/net");
    let thread = tokio::task::spawn_blocking(move || {
        std::thread::spawn(move || {
            let file = File::open(namespace)?;
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
            TcpListener::bind((beyond, 0))
        })
        .join()
    });
    let there = match thread.await {
        Ok(Ok(listener)) => listener?,
        Ok(Err(_)) | Err(_) => return Err(io::Error::other("the thread that listens has ended")),
    };
    let here = TcpListener::bind((host, 0))?;
    Ok(Outside {
        beyond: there.local_addr()?,
        host: here.local_addr()?,
        _listeners: [there, here],
        _process: process,
    })
}

/// Lays the cable: the addresses of its two ends, of the block for such measurements (RFC 2544).
async fn connected(id: u32) -> io::Result<(Ipv4Addr, Ipv4Addr)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // Runs side by side differ in their process, scenarios in their count.
    let number =
        id.wrapping_mul(64).wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed)) % (1 << 15);
    let base = u32::from(Ipv4Addr::new(198, 18, 0, 0)) + number * 4;
    let (host, beyond) = (Ipv4Addr::from(base + 1), Ipv4Addr::from(base + 2));
    let (near, far) = (format!("sw{number}a"), format!("sw{number}b"));
    let id = id.to_string();
    let inside = ["-t", &id, "-n", "ip"];
    run("ip", &["link", "add", &near, "type", "veth", "peer", "name", &far, "netns", &id]).await?;
    run("ip", &["addr", "add", &format!("{host}/30"), "dev", &near]).await?;
    run("ip", &["link", "set", &near, "up"]).await?;
    for words in [
        &["addr", "add", &format!("{beyond}/30"), "dev", &far][..],
        &["link", "set", &far, "up"],
        &["route", "add", "default", "via", &host.to_string()],
    ] {
        run("nsenter", &[&inside, words].concat()).await?;
    }
    Ok((host, beyond))
}

async fn run(program: &str, words: &[&str]) -> io::Result<()> {
    let done = Command::new(program).args(words).stdin(Stdio::null()).output().await?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(io::Error::other(format!("`{program} {}`: {}", words.join(" "), said.trim())))
}
