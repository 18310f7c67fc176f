//! The types of the model: one line an attribute, read by its name.

use indexmap::IndexMap;

use super::{FromAttribute, FromNode, Located};
use crate::compose::tree::Node;

/// Declares a type whose attributes are read by their names.
macro_rules! attributes {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $kind:ty = $key:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $kind,)*
        }

        impl FromNode for $name {
            fn from_node(node: &Node) -> Self {
                Self { $($field: FromAttribute::from_attribute(node.get($key)),)* }
            }
        }
    };
}

pub(super) type Names<T> = IndexMap<String, Located<T>>;

attributes! {
    /// A service.
    Service {
        /// `image`.
        image: Option<Located<String>> = "image",
        /// `build`.
        build: Option<Located<Build>> = "build",
        /// `command`, as a list of words; none leaves it to the image.
        command: Option<Vec<Located<String>>> = "command",
        /// `entrypoint`, as a list of words; none leaves it to the image.
        entrypoint: Option<Vec<Located<String>>> = "entrypoint",
        /// `container_name`.
        container_name: Option<Located<String>> = "container_name",
        /// `environment` with the env files in it; a variable without a value is unset.
        environment: Names<Option<String>> = "environment",
        /// `ports`, long form.
        ports: Vec<Located<Port>> = "ports",
        /// `expose`.
        expose: Vec<Located<String>> = "expose",
        /// `depends_on`, long form.
        depends_on: Names<Dependency> = "depends_on",
        /// `healthcheck`.
        healthcheck: Option<Located<HealthCheck>> = "healthcheck",
        /// `networks`, long form.
        networks: Names<NetworkUse> = "networks",
        /// `network_mode`.
        network_mode: Option<Located<String>> = "network_mode",
        /// `volumes`, long form.
        volumes: Vec<Located<VolumeUse>> = "volumes",
        /// `secrets`, long form.
        secrets: Vec<Located<FileUse>> = "secrets",
        /// `configs`, long form.
        configs: Vec<Located<FileUse>> = "configs",
        /// `scale`.
        scale: Option<Located<u32>> = "scale",
        /// `deploy`.
        deploy: Option<Located<Deploy>> = "deploy",
        /// `restart`.
        restart: Option<Located<String>> = "restart",
        /// `user`.
        user: Option<Located<String>> = "user",
        /// `privileged`.
        privileged: Option<Located<bool>> = "privileged",
        /// `read_only`.
        read_only: Option<Located<bool>> = "read_only",
        /// `init`.
        init: Option<Located<bool>> = "init",
        /// `cap_add`.
        cap_add: Vec<Located<String>> = "cap_add",
        /// `cap_drop`.
        cap_drop: Vec<Located<String>> = "cap_drop",
        /// `security_opt`.
        security_opt: Vec<Located<String>> = "security_opt",
        /// `tmpfs`.
        tmpfs: Vec<Located<String>> = "tmpfs",
        /// `profiles`.
        profiles: Vec<Located<String>> = "profiles",
        /// `labels` with the label files in it.
        labels: Names<String> = "labels",
        /// `logging`.
        logging: Option<Located<Logging>> = "logging",
        /// `cpus`.
        cpus: Option<Located<f64>> = "cpus",
        /// `mem_limit`, in bytes.
        mem_limit: Option<Located<i64>> = "mem_limit",
        /// `pids_limit`.
        pids_limit: Option<Located<i64>> = "pids_limit",
        /// `mem_reservation`, in bytes.
        mem_reservation: Option<Located<i64>> = "mem_reservation",
        /// `memswap_limit`, in bytes; -1 is without a limit.
        memswap_limit: Option<Located<i64>> = "memswap_limit",
        /// `mem_swappiness`, in percent.
        mem_swappiness: Option<Located<i64>> = "mem_swappiness",
        /// `cpu_quota`, in microseconds of each period.
        cpu_quota: Option<Located<i64>> = "cpu_quota",
        /// `cpu_period`, in microseconds.
        cpu_period: Option<Located<i64>> = "cpu_period",
        /// `cpuset`.
        cpuset: Option<Located<String>> = "cpuset",
        /// `oom_kill_disable`.
        oom_kill_disable: Option<Located<bool>> = "oom_kill_disable",
        /// `oom_score_adj`.
        oom_score_adj: Option<Located<i64>> = "oom_score_adj",
        /// `stop_grace_period`, as Go prints durations.
        stop_grace_period: Option<Located<String>> = "stop_grace_period",
        /// `pull_policy`.
        pull_policy: Option<Located<String>> = "pull_policy",
        /// `hostname`.
        hostname: Option<Located<String>> = "hostname",
        /// `links`, as written.
        links: Vec<Located<String>> = "links",
        /// `external_links`, as written.
        external_links: Vec<Located<String>> = "external_links",
    }
}

attributes! {
    /// `build`; its details are the builder's business.
    Build {
        /// `context`, absolute unless it is remote.
        context: Option<Located<String>> = "context",
        /// `dockerfile`.
        dockerfile: Option<Located<String>> = "dockerfile",
        /// `target`.
        target: Option<Located<String>> = "target",
        /// `args`; an argument without a value is unset.
        args: Names<Option<String>> = "args",
    }
}

attributes! {
    /// A published port, long form.
    Port {
        /// The container's port.
        target: Option<Located<u16>> = "target",
        /// The host's port or range of ports as written; none means any free one.
        published: Option<Located<String>> = "published",
        /// The host's address; none means every interface.
        host_ip: Option<Located<String>> = "host_ip",
        /// `tcp` or `udp`; none means `tcp`.
        transport: Option<Located<String>> = "protocol",
    }
}

attributes! {
    /// `depends_on`, long form.
    Dependency {
        /// `service_started`, `service_healthy` or `service_completed_successfully`.
        condition: Option<Located<String>> = "condition",
        /// Whether the dependency must be there at all.
        required: Option<Located<bool>> = "required",
    }
}

attributes! {
    /// `healthcheck`.
    HealthCheck {
        /// `["CMD", …]`, `["CMD-SHELL", …]` or `["NONE"]`.
        test: Vec<Located<String>> = "test",
        /// `interval`, as Go prints durations.
        interval: Option<Located<String>> = "interval",
        /// `timeout`.
        timeout: Option<Located<String>> = "timeout",
        /// `retries`.
        retries: Option<Located<u32>> = "retries",
        /// `start_period`.
        start_period: Option<Located<String>> = "start_period",
        /// Switched off.
        disable: Option<Located<bool>> = "disable",
    }
}

attributes! {
    /// A service's use of a network.
    NetworkUse {
        /// Further names on that network.
        aliases: Vec<Located<String>> = "aliases",
        /// A fixed address.
        ipv4_address: Option<Located<String>> = "ipv4_address",
        /// A fixed address of IP version 6.
        ipv6_address: Option<Located<String>> = "ipv6_address",
        /// A fixed hardware address.
        mac_address: Option<Located<String>> = "mac_address",
    }
}

attributes! {
    /// A mount, long form.
    VolumeUse {
        /// `bind`, `volume`, `tmpfs`, …
        kind: Option<Located<String>> = "type",
        /// Host path or volume key.
        source: Option<Located<String>> = "source",
        /// Path in the container.
        target: Option<Located<String>> = "target",
        /// Mounted read-only.
        read_only: Option<Located<bool>> = "read_only",
    }
}

attributes! {
    /// A service's use of a secret or a config, long form.
    FileUse {
        /// Its key.
        source: Option<Located<String>> = "source",
        /// Path in the container.
        target: Option<Located<String>> = "target",
        /// Permissions.
        mode: Option<Located<i64>> = "mode",
    }
}

attributes! {
    /// `deploy`.
    Deploy {
        /// `replicas`.
        replicas: Option<Located<u32>> = "replicas",
        /// `resources`.
        resources: Option<Located<Resources>> = "resources",
        /// `restart_policy.condition`.
        restart_policy: Option<Located<RestartPolicy>> = "restart_policy",
    }
}

attributes! {
    /// `deploy.restart_policy`.
    RestartPolicy {
        /// `condition`.
        condition: Option<Located<String>> = "condition",
        /// `max_attempts`.
        max_attempts: Option<Located<u32>> = "max_attempts",
    }
}

attributes! {
    /// `deploy.resources`.
    Resources {
        /// `limits`.
        limits: Option<Located<Limits>> = "limits",
        /// `reservations`.
        reservations: Option<Located<Limits>> = "reservations",
    }
}

attributes! {
    /// Limits or reservations.
    Limits {
        /// `cpus`.
        cpus: Option<Located<f64>> = "cpus",
        /// `memory`, in bytes.
        memory: Option<Located<i64>> = "memory",
        /// `pids`.
        pids: Option<Located<i64>> = "pids",
    }
}

attributes! {
    /// `logging`.
    Logging {
        /// `driver`.
        driver: Option<Located<String>> = "driver",
        /// `options`.
        options: Names<String> = "options",
    }
}

attributes! {
    /// A network or a volume.
    Resource {
        /// The name that the engine knows it by.
        name: Option<Located<String>> = "name",
        /// Made by somebody else; never removed by us.
        external: Option<Located<bool>> = "external",
        /// `driver`.
        driver: Option<Located<String>> = "driver",
        /// `internal`: no way out, for a network.
        internal: Option<Located<bool>> = "internal",
    }
}

attributes! {
    /// A secret or a config.
    FileObject {
        /// The name that the engine knows it by.
        name: Option<Located<String>> = "name",
        /// The file, absolute.
        file: Option<Located<String>> = "file",
        /// The variable.
        environment: Option<Located<String>> = "environment",
        /// Made by somebody else.
        external: Option<Located<bool>> = "external",
    }
}
