//! A container as the engine describes it, reduced to what we ask about.

use std::{net::IpAddr, time::Duration};

use indexmap::IndexMap;
use testcontainers::bollard::models::ContainerInspectResponse;

/// The engine's default for a health check without `timeout`.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(30);
/// The label by which Compose names a container's service.
const SERVICE_LABEL: &str = "com.docker.compose.service";

/// A container of a service.
#[derive(Debug, Clone)]
pub struct Container {
    /// The engine's id.
    pub id: String,
    /// The container's name, without the slash.
    pub name: String,
    /// The service in the Compose files.
    pub service: String,
    /// The image's name as the container was created from it.
    pub image: String,
    /// The image's id.
    pub image_id: String,
    /// `created`, `running`, `paused`, `restarting`, `exited`, `dead`.
    pub state: String,
    /// The exit code of the last run.
    pub exit_code: i64,
    /// How often the engine restarted it.
    pub restarts: i64,
    /// The engine's verdict: `starting`, `healthy`, `unhealthy`; `None` without a check.
    pub health: Option<String>,
    /// The health check in force, from the files or the image: its `test`.
    pub health_test: Vec<String>,
    /// The words of the command as the process got them (entrypoint first).
    pub command: Vec<String>,
    /// The environment as the process got it.
    pub environment: IndexMap<String, String>,
    /// Process id of its first process, in the host's numbering; 0 when not running.
    pub pid: i64,
    /// Address by the engine's network name.
    pub addresses: IndexMap<String, Option<IpAddr>>,
    /// Published ports.
    pub bindings: Vec<Binding>,
    /// Its labels, those of its image among them.
    pub labels: IndexMap<String, String>,
    /// What is mounted into it.
    pub mounts: Vec<Mount>,
    /// How long its health check may take.
    pub health_timeout: Duration,
}

/// A mount as the engine made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// `bind`, `volume` or `tmpfs`.
    pub kind: String,
    /// The volume's name, or the folder on the host.
    pub source: String,
    /// Where it is in the container.
    pub target: String,
    /// Whether it can be written to.
    pub writable: bool,
}

impl Container {
    /// Any address at which the host can reach it.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.addresses.values().flatten().next().copied()
    }
}

/// A port that the engine publishes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// The container's port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// The host's address.
    pub host_ip: Option<IpAddr>,
    /// The host's port.
    pub host_port: u16,
}

impl From<ContainerInspectResponse> for Container {
    fn from(seen: ContainerInspectResponse) -> Self {
        let state = seen.state.unwrap_or_default();
        let config = seen.config.unwrap_or_default();
        let network = seen.network_settings.unwrap_or_default();
        let mut addresses: IndexMap<String, Option<IpAddr>> = network
            .networks
            .unwrap_or_default()
            .into_iter()
            .map(|(name, end)| (name, end.ip_address.and_then(|address| address.parse().ok())))
            .collect();
        addresses.sort_keys();
        let mut bindings: Vec<Binding> = network
            .ports
            .unwrap_or_default()
            .into_iter()
            .flat_map(|(port, bound)| {
                let (port, protocol) = port
                    .split_once('/')
                    .map_or((port.clone(), "tcp".to_owned()), |(port, protocol)| {
                        (port.to_owned(), protocol.to_owned())
                    });
                bound.unwrap_or_default().into_iter().filter_map(move |bound| {
                    Some(Binding {
                        port: port.parse().ok()?,
                        protocol: protocol.clone(),
                        host_ip: bound.host_ip.and_then(|address| address.parse().ok()),
                        host_port: bound.host_port?.parse().ok()?,
                    })
                })
            })
            .collect();
        bindings.sort();
        let mut labels: IndexMap<String, String> =
            config.labels.unwrap_or_default().into_iter().collect();
        labels.sort_keys();
        let mut mounts: Vec<Mount> = seen
            .mounts
            .unwrap_or_default()
            .into_iter()
            .map(|mount| Mount {
                kind: mount.typ.unwrap_or_default(),
                source: mount
                    .name
                    .filter(|name| !name.is_empty())
                    .or(mount.source)
                    .unwrap_or_default(),
                target: mount.destination.unwrap_or_default(),
                writable: mount.rw.unwrap_or_default(),
            })
            .collect();
        mounts.sort_by(|a, b| a.target.cmp(&b.target));
        let health = config.healthcheck.unwrap_or_default();
        let health_timeout = health.timeout.and_then(|nanos| u64::try_from(nanos).ok());
        let mut command = vec![seen.path.unwrap_or_default()];
        command.extend(seen.args.unwrap_or_default());
        Self {
            id: seen.id.unwrap_or_default(),
            name: seen.name.unwrap_or_default().trim_start_matches('/').to_owned(),
            service: labels.get(SERVICE_LABEL).cloned().unwrap_or_default(),
            image: config.image.unwrap_or_default(),
            image_id: seen.image.unwrap_or_default(),
            state: state.status.map(|status| status.to_string()).unwrap_or_default(),
            exit_code: state.exit_code.unwrap_or_default(),
            restarts: seen.restart_count.unwrap_or_default(),
            health: state
                .health
                .and_then(|health| health.status)
                .map(|status| status.to_string())
                .filter(|status| !status.is_empty() && status != "none"),
            health_test: health.test.unwrap_or_default(),
            command,
            environment: config
                .env
                .unwrap_or_default()
                .iter()
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            pid: state.pid.unwrap_or_default(),
            addresses,
            bindings,
            labels,
            mounts,
            health_timeout: health_timeout
                .filter(|nanos| *nanos > 0)
                .map_or(HEALTH_TIMEOUT, Duration::from_nanos),
        }
    }
}
