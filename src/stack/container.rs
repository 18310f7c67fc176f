//! A container as the engine describes it, reduced to what we ask about.

use std::{fs, net::IpAddr, time::Duration};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use testcontainers::bollard::models::ContainerInspectResponse;

pub use super::asked::{Asked, Check};

/// The engine's default for a health check without `timeout`.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(30);
/// The label by which Compose names a container's service.
pub(super) const SERVICE_LABEL: &str = "com.docker.compose.service";

/// What is said of a paused container.
pub(super) const PAUSED: &str = "it is paused";

/// A process id that no process has (proc(5): at most 2^22), in place of one that is not of this host:
/// there somebody else may have it.
pub const ELSEWHERE: i64 = i32::MAX as i64;

/// A container of a service.
#[derive(Debug, Clone, Default)]
pub struct Container {
    /// The engine's id.
    pub id: String,
    /// The container's name, without the slash.
    pub name: String,
    /// The service in the Compose files.
    pub service: String,
    /// The image's name as the container was created from it; of a [`Stack`](super::Stack), as the files name it.
    pub image: String,
    /// The image's name by which the engine knows it.
    pub image_tag: String,
    /// The image's id.
    pub image_id: String,
    /// `created`, `running`, `paused`, `restarting`, `exited`, `dead`.
    pub state: String,
    /// The exit code of the last run.
    pub exit_code: i64,
    /// How often the engine restarted it.
    pub restarts: i64,
    /// When its last run began, by the engine's clock.
    pub started: Option<DateTime<Utc>>,
    /// When its last run ended, by the engine's clock.
    pub finished: Option<DateTime<Utc>>,
    /// What the engine does when it ends.
    pub restart: Restart,
    /// Whether the kernel ended its last run because its memory was used up.
    pub out_of_memory: bool,
    /// The engine's verdict: `starting`, `healthy`, `unhealthy`; `None` without a check.
    pub health: Option<String>,
    /// The health check in force, from the files or the image: its `test`.
    pub health_test: Vec<String>,
    /// The words of the command as the process got them (entrypoint first).
    pub command: Vec<String>,
    /// The environment as the process got it.
    pub environment: IndexMap<String, String>,
    /// Process id of its first process, in the host's numbering; 0 when not running, [`ELSEWHERE`] when
    /// its process is not on this host.
    pub pid: i64,
    /// Addresses of either version by the engine's network name.
    pub addresses: IndexMap<String, Vec<IpAddr>>,
    /// Hardware address of its interface by the engine's network name; none while it does not run.
    pub hardware: IndexMap<String, String>,
    /// Published ports.
    pub bindings: Vec<Binding>,
    /// Its labels, those of its image among them.
    pub labels: IndexMap<String, String>,
    /// What is mounted into it.
    pub mounts: Vec<Mount>,
    /// How long its health check may take.
    pub health_timeout: Duration,
    /// What the engine was asked for.
    pub asked: Asked,
}

/// The restart policy that the engine keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restart {
    /// `no`, `always`, `unless-stopped` or `on-failure`; empty is `no`.
    pub policy: String,
    /// How often `on-failure` tries again; 0 is without end.
    pub most: i64,
}

impl Restart {
    /// How many restarts it allows on the way up. A number that the files name is meant; a policy
    /// without end allows one, as more of them are a crash loop.
    #[must_use]
    pub fn allowed(&self) -> i64 {
        match self.policy.as_str() {
            "on-failure" if self.most > 0 => self.most,
            "on-failure" | "always" | "unless-stopped" => 1,
            _ => 0,
        }
    }

    /// Whether the engine starts a container again that ended by itself with this code after so
    /// many restarts.
    #[must_use]
    pub fn applies(&self, code: i64, restarts: i64) -> bool {
        match self.policy.as_str() {
            "always" | "unless-stopped" => true,
            "on-failure" => code != 0 && (self.most == 0 || restarts < self.most),
            _ => false,
        }
    }
}

impl std::fmt::Display for Restart {
    /// As the Compose files have it: `on-failure:3`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.policy.as_str(), self.most) {
            ("", _) => f.write_str("no"),
            (policy, 1..) => write!(f, "{policy}:{}", self.most),
            (policy, _) => f.write_str(policy),
        }
    }
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

/// Whether the process with a number on this host is of a container: its control group, or its mounts,
/// have the container's id.
fn is_here(id: &str, pid: i64) -> bool {
    let names = |file: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}"));
        text.is_ok_and(|text| text.contains(id))
    };
    !id.is_empty() && (names("cgroup") || names("mountinfo"))
}

impl Container {
    /// Whether its first process is still the one that has its number on this host.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.pid > 0 && is_here(&self.id, self.pid)
    }

    /// Why it cannot be looked at: `it has ended with 0`; none of one whose processes are there.
    #[must_use]
    pub fn absence(&self) -> Option<String> {
        if self.pid != 0 {
            return None;
        }
        Some(match self.state.as_str() {
            "created" => "it was never started".to_owned(),
            "restarting" => format!(
                "it is being restarted, {} so far, and has ended with {}",
                times(self.restarts),
                self.exit_code
            ),
            _ => format!("it has ended with {}", self.exit_code),
        })
    }

    /// Why no command can run in it: [`PAUSED`], or as [`Container::absence`]; none of one that runs.
    #[must_use]
    pub fn rest(&self) -> Option<String> {
        let paused = || (self.state == "paused").then(|| PAUSED.to_owned());
        self.absence().or_else(paused)
    }
}

/// `once`, or `3 times`.
fn times(count: i64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
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

impl Binding {
    /// The bindings of a port, written as the engine does: `80/tcp`. Without a host port it is 0.
    pub(super) fn all(port: &str, bound: Vec<(Option<String>, Option<String>)>) -> Vec<Self> {
        let (port, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        let Ok(port) = port.parse() else { return Vec::new() };
        let binding = |(address, host_port): (Option<String>, Option<String>)| Self {
            port,
            protocol: protocol.to_owned(),
            host_ip: address.and_then(|address| address.parse().ok()),
            host_port: host_port.and_then(|port| port.parse().ok()).unwrap_or(0),
        };
        bound.into_iter().map(binding).collect()
    }
}

impl From<ContainerInspectResponse> for Container {
    fn from(seen: ContainerInspectResponse) -> Self {
        let state = seen.state.unwrap_or_default();
        let config = seen.config.unwrap_or_default();
        let asked = Asked::new(config.clone(), seen.host_config.clone().unwrap_or_default());
        let network = seen.network_settings.unwrap_or_default();
        let restart = seen
            .host_config
            .as_ref()
            .and_then(|host| host.restart_policy.clone())
            .unwrap_or_default();
        let ends = network.networks.unwrap_or_default();
        let hardware = ends.iter().filter_map(|(name, end)| {
            let address = end.mac_address.as_deref().filter(|address| !address.is_empty())?;
            Some((name.clone(), address.to_ascii_lowercase()))
        });
        let mut hardware: IndexMap<String, String> = hardware.collect();
        hardware.sort_keys();
        let mut addresses: IndexMap<String, Vec<IpAddr>> = ends
            .into_iter()
            .map(|(name, end)| {
                let told = [end.ip_address, end.global_ipv6_address].into_iter().flatten();
                (name, told.filter_map(|address| address.parse().ok()).collect())
            })
            .collect();
        addresses.sort_keys();
        let mut bindings: Vec<Binding> = network
            .ports
            .unwrap_or_default()
            .into_iter()
            .flat_map(|(port, bound)| {
                let bound = bound.unwrap_or_default().into_iter();
                let bound = bound.map(|bound| (bound.host_ip, bound.host_port));
                Binding::all(&port, bound.filter(|(_, port)| port.is_some()).collect())
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
        let id = seen.id.unwrap_or_default();
        let pid = match state.pid.unwrap_or_default() {
            pid if pid == 0 || is_here(&id, pid) => pid,
            _ => ELSEWHERE,
        };
        let mut command = vec![seen.path.unwrap_or_default()];
        command.extend(seen.args.unwrap_or_default());
        Self {
            id,
            name: seen.name.unwrap_or_default().trim_start_matches('/').to_owned(),
            service: labels.get(SERVICE_LABEL).cloned().unwrap_or_default(),
            image_tag: config.image.clone().unwrap_or_default(),
            image: config.image.unwrap_or_default(),
            image_id: seen.image.unwrap_or_default(),
            state: state.status.map(|status| status.to_string()).unwrap_or_default(),
            exit_code: state.exit_code.unwrap_or_default(),
            restarts: seen.restart_count.unwrap_or_default(),
            started: state.started_at.and_then(|at| at.parse().ok()),
            finished: state.finished_at.and_then(|at| at.parse().ok()),
            restart: Restart {
                policy: restart.name.map(|name| name.to_string()).unwrap_or_default(),
                most: restart.maximum_retry_count.unwrap_or_default(),
            },
            out_of_memory: state.oom_killed.unwrap_or_default(),
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
            pid,
            addresses,
            hardware,
            bindings,
            labels,
            mounts,
            health_timeout: health_timeout
                .filter(|nanos| *nanos > 0)
                .map_or(HEALTH_TIMEOUT, Duration::from_nanos),
            asked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_allows_what_it_names_and_one_restart_if_it_names_no_number() {
        let of = |policy: &str, most| Restart { policy: policy.into(), most };
        let allowed = [("no", 0), ("", 0), ("always", 0), ("on-failure", 0), ("on-failure", 3)]
            .map(|(policy, most)| of(policy, most).allowed());
        assert_eq!(allowed, [0, 0, 1, 1, 3]);
        assert!(of("on-failure", 3).applies(1, 2) && !of("on-failure", 3).applies(1, 3));
        assert!(!of("on-failure", 0).applies(0, 0) && of("unless-stopped", 0).applies(0, 7));
        assert_eq!(of("on-failure", 3).to_string(), "on-failure:3");
    }

    #[test]
    fn why_no_command_can_run_is_said_of_what_has_ended_rests_or_is_restarted() {
        let of = |state: &str, pid, exit_code| {
            let restarts = i64::from(state == "restarting");
            Container { state: state.into(), pid, exit_code, restarts, ..Container::default() }
        };
        assert_eq!(of("running", 7, 0).rest(), None);
        let said = [of("exited", 0, 0), of("paused", 7, 0), of("restarting", 0, 9)]
            .map(|container| container.rest().unwrap_or_default());
        assert_eq!(
            said,
            [
                "it has ended with 0",
                "it is paused",
                "it is being restarted, once so far, and has ended with 9"
            ]
        );
        assert_eq!(of("paused", 7, 0).absence(), None, "its processes are there");
    }
}
