//! What the engine was asked for when a container was created: all that one which has ended can
//! still be judged by.

use std::time::Duration;

use testcontainers::bollard::models::{ContainerConfig, HealthConfig, HostConfig, MountType};

use super::{container::Binding, logging::Logging};
use crate::facts::answers::privileges;

/// A container's configuration, as the engine keeps it (`HostConfig` of its API).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The user, and after a colon the group; empty for root.
    pub user: String,
    /// Whether it was given everything that the host may do.
    pub privileged: bool,
    /// Whether its root file system is mounted read-only.
    pub read_only: bool,
    /// `security_opt`, as written.
    pub security_options: Vec<String>,
    /// Capabilities that were dropped, as written.
    pub dropped: Vec<String>,
    /// Capabilities that were given, as written.
    pub added: Vec<String>,
    /// Memory in bytes; none is without a limit.
    pub memory: Option<i64>,
    /// Processors; none is without a limit.
    pub cpus: Option<f64>,
    /// Processes and threads; none is without a limit.
    pub processes: Option<i64>,
    /// Temporary file systems: path and options, as `mount` takes them.
    pub tmpfs: Vec<(String, String)>,
    /// Ports to be published; host port 0 is one of the engine's choice.
    pub ports: Vec<Binding>,
    /// Where what it logs is written, and how much of it is kept.
    pub logging: Logging,
    /// The words of its entry point, the image's where nobody gave others.
    pub entrypoint: Vec<String>,
    /// The words behind the entry point.
    pub arguments: Vec<String>,
    /// The health check in force.
    pub health: Check,
    /// The network that is meant by `network_mode`: `host`, `none`, `container:ID`, or a network's name.
    pub network_mode: String,
}

/// A health check as the engine keeps it, the image's where nobody gave another. What is zero is the
/// engine's own default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// `[CMD, …]`, `[CMD-SHELL, …]` or `[NONE]`.
    pub test: Vec<String>,
    /// From one run to the next.
    pub interval: Duration,
    /// How long a run may take.
    pub timeout: Duration,
    /// How often it may fail on end.
    pub retries: i64,
    /// How long failures count for nothing at first.
    pub start_period: Duration,
}

impl From<HealthConfig> for Check {
    fn from(config: HealthConfig) -> Self {
        let span = |nanos: Option<i64>| {
            Duration::from_nanos(nanos.and_then(|nanos| u64::try_from(nanos).ok()).unwrap_or(0))
        };
        Self {
            interval: span(config.interval),
            timeout: span(config.timeout),
            retries: config.retries.unwrap_or_default(),
            start_period: span(config.start_period),
            test: config.test.unwrap_or_default(),
        }
    }
}

impl Asked {
    /// From the engine's description of a container.
    pub(super) fn new(config: ContainerConfig, host: HostConfig) -> Self {
        // Zero and less are no limit to the engine.
        let limit = |number: Option<i64>| number.filter(|number| *number > 0);
        let mut tmpfs: Vec<(String, String)> = host.tmpfs.unwrap_or_default().into_iter().collect();
        for mount in host.mounts.unwrap_or_default() {
            if mount.typ == Some(MountType::TMPFS) {
                let size = mount.tmpfs_options.and_then(|options| limit(options.size_bytes));
                let options = size.map(|size| format!("size={size}")).unwrap_or_default();
                tmpfs.push((mount.target.unwrap_or_default(), options));
            }
        }
        tmpfs.sort();
        let mut ports: Vec<Binding> = host
            .port_bindings
            .unwrap_or_default()
            .into_iter()
            .flat_map(|(port, asked)| {
                let asked = asked.unwrap_or_default().into_iter();
                let asked = asked.map(|asked| (asked.host_ip, asked.host_port));
                Binding::all(&port, asked.collect())
            })
            .collect();
        ports.sort();
        Self {
            user: config.user.unwrap_or_default(),
            privileged: host.privileged.unwrap_or_default(),
            read_only: host.readonly_rootfs.unwrap_or_default(),
            security_options: host.security_opt.unwrap_or_default(),
            dropped: host.cap_drop.unwrap_or_default(),
            added: host.cap_add.unwrap_or_default(),
            memory: limit(host.memory),
            cpus: cpus(limit(host.nano_cpus), limit(host.cpu_quota), limit(host.cpu_period)),
            processes: limit(host.pids_limit),
            tmpfs,
            ports,
            logging: host.log_config.map(Logging::from).unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            arguments: config.cmd.unwrap_or_default(),
            health: config.healthcheck.map(Check::from).unwrap_or_default(),
            network_mode: host.network_mode.unwrap_or_default(),
        }
    }

    /// Whether neither it nor its children could gain privileges by running a program.
    #[must_use]
    pub fn no_new_privileges(&self) -> bool {
        privileges::no_new_privileges(&self.security_options) == Some(true)
    }
}

#[expect(clippy::cast_precision_loss, reason = "billionths and microseconds of a period are few")]
fn cpus(nano: Option<i64>, quota: Option<i64>, period: Option<i64>) -> Option<f64> {
    let by_quota = quota.map(|quota| quota as f64 / period.unwrap_or(100_000) as f64);
    nano.map(|nano| nano as f64 / 1e9).or(by_quota)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read_with_what_bounds_nothing_left_out() {
        let text = r#"{"Memory": 0, "NanoCpus": 500000000, "PidsLimit": -1, "ReadonlyRootfs": true,
            "SecurityOpt": ["no-new-privileges:true"], "CapDrop": ["ALL"],
            "Tmpfs": {"/run": "size=1m"}, "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}}"#;
        let host: HostConfig = serde_json::from_str(text).expect("a configuration");
        let config = ContainerConfig { user: Some("101:101".into()), ..ContainerConfig::default() };
        let asked = Asked::new(config, host);
        assert_eq!((asked.memory, asked.cpus, asked.processes), (None, Some(0.5), None));
        assert!(asked.read_only && asked.no_new_privileges() && !asked.privileged);
        assert_eq!(asked.tmpfs, [("/run".to_owned(), "size=1m".to_owned())]);
        assert_eq!((asked.ports[0].port, asked.ports[0].host_port), (80, 0));
    }

    #[test]
    fn the_last_security_option_holds() {
        let of = |options: &[&str]| {
            let security_options = options.iter().map(|option| (*option).to_owned()).collect();
            Asked { security_options, ..Asked::default() }.no_new_privileges()
        };
        assert!(of(&["no-new-privileges"]) && of(&["no-new-privileges=1"]));
        assert!(!of(&["no-new-privileges:true", "no-new-privileges:false"]) && !of(&[]));
    }
}
