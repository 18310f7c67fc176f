//! What of an engine is on this host: its process, its networks.

use std::{fs, os::fd::AsFd as _, os::unix::net::UnixStream};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use testcontainers::bollard::query_parameters::ListNetworksOptions;

use super::Tables;
use crate::stack::engine::{Container, Engine, EngineError, refused};

/// Whether we may enter network namespaces.
///
/// # Errors
/// The operating system's reason.
pub fn may_enter() -> Result<(), String> {
    let thread = std::thread::spawn(|| {
        let own = fs::File::open("/proc/self/ns/net")?;
        move_into_link_name_space(own.as_fd(), Some(LinkNameSpaceType::Network))?;
        Ok::<_, std::io::Error>(())
    });
    match thread.join() {
        Ok(done) => done.map_err(|why| why.to_string()),
        Err(_) => Err("the thread that tried has ended".into()),
    }
}

/// Where an engine is, as seen from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locality {
    /// Whether its process is on this host.
    pub process: bool,
    /// Whether the addresses of its containers are reached from our own network; none where it has no
    /// network by which one could tell.
    pub network: Option<bool>,
    /// Whether it runs without root's rights.
    pub rootless: bool,
    /// What it says it is: version and operating system.
    pub what: String,
}

impl Engine {
    /// Where it is.
    pub async fn locality(&self) -> Result<Locality, EngineError> {
        let told = self.docker.info().await.map_err(refused("tell what it is"))?;
        let options = told.security_options.unwrap_or_default();
        let what = [told.server_version, told.operating_system, told.architecture];
        Ok(Locality {
            process: self.endpoint.socket().is_some_and(has_peer_here),
            network: shares_network(self).await?,
            rootless: options.iter().any(|option| option.contains("rootless")),
            what: what.into_iter().flatten().collect::<Vec<_>>().join(", "),
        })
    }
}

/// The machine whose folders the engine mounts, if it is not this one. A socket may be forwarded:
/// the engine's own name for its machine tells.
///
/// # Errors
/// The engine's.
pub async fn other_machine(engine: &Engine) -> Result<Option<String>, EngineError> {
    if engine.endpoint.socket().is_none() {
        return Ok(Some(engine.endpoint.to_string()));
    }
    let told = engine.docker.info().await.map_err(refused("tell what it is"))?;
    let here = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Ok(told.name.filter(|name| name != here.trim()))
}

/// Whether the process behind a socket is seen on this host (`SO_PEERCRED` of unix(7)).
fn has_peer_here(socket: &std::path::Path) -> bool {
    let peer = UnixStream::connect(socket)
        .and_then(|stream| Ok(rustix::net::sockopt::socket_peercred(&stream)?));
    peer.is_ok_and(|peer| fs::exists(format!("/proc/{}", peer.pid.as_raw_pid())).unwrap_or(false))
}

/// Whether the engine's networks are in our own network namespace: a bridge is called after the first
/// twelve digits of its network's id, which nobody else's has. None where it has no such network.
///
/// # Errors
/// The engine's.
pub async fn shares_network(engine: &Engine) -> Result<Option<bool>, EngineError> {
    /// The option by which a bridge has another name.
    const NAME: &str = "com.docker.network.bridge.name";
    /// How much of an id a bridge's name has.
    const DIGITS: usize = 12;
    let networks = engine.docker.list_networks(None::<ListNetworksOptions>).await;
    let networks = networks.map_err(refused("list networks"))?;
    let own = networks.into_iter().filter(|network| {
        network.driver.as_deref() == Some("bridge")
            && !network.options.as_ref().is_some_and(|options| options.contains_key(NAME))
    });
    let bridges: Vec<String> =
        own.filter_map(|network| Some(format!("br-{}", network.id?.get(..DIGITS)?))).collect();
    if bridges.is_empty() {
        return Ok(None);
    }
    // Unreadable: nothing of it can be told to be here.
    let Ok(devices) = fs::read_to_string("/proc/thread-self/net/dev") else { return Ok(None) };
    let has = |bridge: &String| {
        devices.lines().any(|line| line.trim_start().split(':').next() == Some(bridge.as_str()))
    };
    Ok(Some(bridges.iter().any(has)))
}

impl Tables {
    /// Whether these are of our own network namespace, given a container that they are of.
    #[must_use]
    pub fn are_ours(&self, container: &Container) -> bool {
        let own = fs::read_link("/proc/thread-self/ns/net");
        // Numbers of namespaces mean nothing on another host.
        container.is_here() && own.is_ok_and(|own| own.to_string_lossy() == self.namespace)
    }
}
