//! The typed model, in the canonical form that `docker compose config` prints.
//!
//! Only what the program asks about is typed; everything follows the Compose
//! specification (<https://github.com/compose-spec/compose-spec>).

use indexmap::IndexMap;
use serde::Deserialize;

/// A Compose project.
#[derive(Debug, Clone, Deserialize)]
pub struct Project {
    /// The project's name.
    pub name: String,
    /// Services by name.
    #[serde(default)]
    pub services: IndexMap<String, Service>,
    /// Networks by key.
    #[serde(default)]
    pub networks: IndexMap<String, Option<Resource>>,
    /// Named volumes by key.
    #[serde(default)]
    pub volumes: IndexMap<String, Option<Resource>>,
}

/// A network or a volume.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Resource {
    /// The name that the engine knows it by.
    #[serde(default)]
    pub name: Option<String>,
    /// Made by somebody else; never removed by us.
    #[serde(default)]
    pub external: bool,
}

/// A service.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Service {
    /// `image`.
    #[serde(default)]
    pub image: Option<String>,
    /// `build`.
    #[serde(default)]
    pub build: Option<Build>,
    /// `command`, as a list of words.
    #[serde(default)]
    pub command: Option<Vec<String>>,
    /// `container_name`.
    #[serde(default)]
    pub container_name: Option<String>,
    /// `environment`; a variable without a value is unset.
    #[serde(default)]
    pub environment: IndexMap<String, Option<String>>,
    /// `ports`, long form.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// `depends_on`, long form.
    #[serde(default)]
    pub depends_on: IndexMap<String, Dependency>,
    /// `healthcheck`.
    #[serde(default)]
    pub healthcheck: Option<HealthCheck>,
    /// `networks`, long form.
    #[serde(default)]
    pub networks: IndexMap<String, Option<NetworkUse>>,
    /// `volumes`, long form.
    #[serde(default)]
    pub volumes: Vec<VolumeUse>,
    /// `scale`.
    #[serde(default)]
    pub scale: Option<u32>,
    /// `deploy`.
    #[serde(default)]
    pub deploy: Option<Deploy>,
    /// `network_mode`.
    #[serde(default)]
    pub network_mode: Option<String>,
}

/// `build`; its details are Compose's business.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Build {
    /// `context`.
    #[serde(default)]
    pub context: Option<String>,
}

/// A published port, long form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Port {
    /// The container's port.
    pub target: u16,
    /// The host's port as written; absent means any free one.
    #[serde(default)]
    pub published: Option<String>,
    /// The host's address; absent means every interface.
    #[serde(default)]
    pub host_ip: Option<String>,
    /// `tcp` or `udp`.
    #[serde(default = "tcp")]
    pub protocol: String,
}

fn tcp() -> String {
    "tcp".into()
}

/// `depends_on`, long form.
#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    /// `service_started`, `service_healthy` or `service_completed_successfully`.
    pub condition: String,
    /// Whether the dependency must be there at all.
    #[serde(default = "yes")]
    pub required: bool,
}

fn yes() -> bool {
    true
}

/// `healthcheck`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct HealthCheck {
    /// `["CMD", …]`, `["CMD-SHELL", …]` or `["NONE"]`.
    #[serde(default)]
    pub test: Vec<String>,
    /// Switched off.
    #[serde(default)]
    pub disable: bool,
}

/// A service's use of a network.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct NetworkUse {
    /// Further names on that network.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// A mount, long form.
#[derive(Debug, Clone, Deserialize)]
pub struct VolumeUse {
    /// `bind`, `volume`, `tmpfs`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Host path or volume key.
    #[serde(default)]
    pub source: Option<String>,
    /// Path in the container.
    pub target: String,
    /// Mounted read-only.
    #[serde(default)]
    pub read_only: bool,
}

/// `deploy`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Deploy {
    /// `replicas`.
    #[serde(default)]
    pub replicas: Option<u32>,
}

impl Service {
    /// How many containers the files ask for.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        let deployed = self.deploy.as_ref().and_then(|deploy| deploy.replicas);
        self.scale.or(deployed).unwrap_or(1)
    }

    /// The command that the service's health check runs in its container; `None`
    /// when the files state none. An image's own check is not known here.
    #[must_use]
    pub fn health_command(&self) -> Option<Vec<String>> {
        let check = self.healthcheck.as_ref().filter(|check| !check.disable)?;
        health_command(&check.test)
    }
}

/// Turns a health check's `test` into the words to execute.
#[must_use]
pub fn health_command(test: &[String]) -> Option<Vec<String>> {
    match test {
        [kind, words @ ..] if kind == "CMD" && !words.is_empty() => Some(words.to_vec()),
        [kind, words @ ..] if kind == "CMD-SHELL" && !words.is_empty() => {
            Some(vec!["/bin/sh".into(), "-c".into(), words.join(" ")])
        }
        _ => None,
    }
}

impl Project {
    /// Services in an order in which each comes after those it depends on: the more services
    /// wait for one, directly or not, the earlier it comes.
    #[must_use]
    pub fn start_order(&self) -> Vec<&str> {
        let mut order: Vec<&str> = self.services.keys().map(String::as_str).collect();
        order.sort_by_key(|name| std::cmp::Reverse(self.waiting_for(name)));
        order
    }

    /// How many services wait for one, directly or not.
    fn waiting_for(&self, name: &str) -> usize {
        let mut waiting: Vec<&str> = vec![name];
        let mut at = 0;
        while let Some(on) = waiting.get(at).copied() {
            for (other, service) in &self.services {
                if service.depends_on.contains_key(on) && !waiting.contains(&other.as_str()) {
                    waiting.push(other);
                }
            }
            at += 1;
        }
        waiting.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(json: serde_json::Value) -> Project {
        serde_json::from_value(json).expect("a model")
    }

    #[test]
    fn services_start_after_what_they_depend_on() {
        let project = project(serde_json::json!({"name": "p", "services": {
            "web": {"depends_on": {"app": {"condition": "service_healthy"}}},
            "app": {"depends_on": {"db": {"condition": "service_started", "required": false}}},
            "db": {},
        }}));
        assert_eq!(project.start_order(), ["db", "app", "web"]);
    }

    #[test]
    fn a_health_check_is_a_command_or_nothing() {
        let words = |test: &[&str]| {
            health_command(&test.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(words(&["CMD", "true"]), Some(vec!["true".into()]));
        assert_eq!(
            words(&["CMD-SHELL", "a | b"]),
            Some(vec!["/bin/sh".into(), "-c".into(), "a | b".into()])
        );
        assert_eq!(words(&["NONE"]), None);
        assert_eq!(words(&[]), None);
    }

    #[test]
    fn scale_wins_over_replicas() {
        let project = project(serde_json::json!({"name": "p", "services": {
            "a": {"scale": 2, "deploy": {"replicas": 3}}, "b": {"deploy": {"replicas": 3}}, "c": {},
        }}));
        let counts: Vec<_> = project.services.values().map(Service::replicas).collect();
        assert_eq!(counts, [2, 3, 1]);
    }
}
