//! The typed model: what the program asks about, each value with where it came from.
//!
//! Made last, from the canonical tree, so that nothing here can fail. Names and
//! meanings are the Compose specification's (<https://github.com/compose-spec/compose-spec>);
//! attributes that nobody asks about stay in the tree ([`Project::at`]).

mod attributes;
mod limits;

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use indexmap::IndexMap;

use self::attributes::Names;
pub use self::{attributes::*, limits::Limit};
use super::{
    builds::{Builds, Derived},
    journal::{Journal, Origin},
    project::Loaded,
    tree::{Mapping, Node, Value},
};
use crate::{
    outside::Bounds,
    source::{Source, Span},
};

/// A value and where it came from.
#[derive(Debug, Clone, Copy)]
pub struct Located<T> {
    /// What it is.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Located<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    /// Whether the values are equal, wherever they came from.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// What can be made of a canonical value.
trait FromNode {
    fn from_node(node: &Node) -> Self;
}

/// What can be made of an attribute that may be missing.
trait FromAttribute {
    fn from_attribute(node: Option<&Node>) -> Self;
}

fn located<T: FromNode>(node: &Node) -> Located<T> {
    Located { value: T::from_node(node), origin: node.origin }
}

impl<T: FromNode> FromAttribute for Option<Located<T>> {
    fn from_attribute(node: Option<&Node>) -> Self {
        node.filter(|node| !node.is_null()).map(located)
    }
}

impl<T: FromNode> FromAttribute for Vec<Located<T>> {
    fn from_attribute(node: Option<&Node>) -> Self {
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        items.iter().map(located).collect()
    }
}

impl<T: FromNode> FromAttribute for Option<Vec<Located<T>>> {
    fn from_attribute(node: Option<&Node>) -> Self {
        node.filter(|node| node.as_sequence().is_some())
            .map(|node| FromAttribute::from_attribute(Some(node)))
    }
}

impl<T: FromNode> FromAttribute for IndexMap<String, Located<T>> {
    fn from_attribute(node: Option<&Node>) -> Self {
        let entries = node.and_then(Node::as_mapping);
        entries
            .into_iter()
            .flat_map(super::tree::Mapping::iter)
            // A name without attributes is where its key is.
            .map(|(key, node)| {
                let origin = if node.is_null() { key.origin } else { node.origin };
                (key.to_string(), Located { value: T::from_node(node), origin })
            })
            .collect()
    }
}

impl<T: FromNode> FromNode for Option<T> {
    fn from_node(node: &Node) -> Self {
        (!node.is_null()).then(|| T::from_node(node))
    }
}

impl FromNode for String {
    fn from_node(node: &Node) -> Self {
        match &node.value {
            Value::Null => Self::new(),
            value => super::merge::printed(value).to_string(),
        }
    }
}

impl FromNode for bool {
    fn from_node(node: &Node) -> Self {
        matches!(node.value, Value::Bool(true))
    }
}

impl FromNode for i64 {
    fn from_node(node: &Node) -> Self {
        match node.value {
            Value::Int(value) => value,
            _ => 0,
        }
    }
}

impl FromNode for u32 {
    fn from_node(node: &Node) -> Self {
        Self::try_from(i64::from_node(node)).unwrap_or_default()
    }
}

impl FromNode for u16 {
    fn from_node(node: &Node) -> Self {
        Self::try_from(i64::from_node(node)).unwrap_or_default()
    }
}

impl FromNode for f64 {
    #[expect(clippy::cast_precision_loss, reason = "numbers of processors are small")]
    fn from_node(node: &Node) -> Self {
        match node.value {
            Value::Float(value) => value,
            Value::Int(value) => value as Self,
            _ => 0.0,
        }
    }
}

impl Resource {
    /// Whether somebody else made it.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.external.as_ref().is_some_and(|external| external.value)
    }
}

impl Port {
    /// The container's port; 0 only in a file that Compose itself refuses to start.
    #[must_use]
    pub fn target(&self) -> u16 {
        self.target.as_ref().map_or(0, |target| target.value)
    }

    /// The host's port as written.
    #[must_use]
    pub fn published(&self) -> Option<&str> {
        self.published.as_ref().map(|published| published.as_str())
    }

    /// The host's address.
    #[must_use]
    pub fn host_ip(&self) -> Option<&str> {
        self.host_ip.as_ref().map(|host_ip| host_ip.as_str())
    }

    /// `tcp` or `udp`.
    #[must_use]
    pub fn protocol(&self) -> &str {
        self.transport.as_ref().map_or("tcp", |transport| transport.as_str())
    }
}

impl Dependency {
    /// What has to be so before the service starts.
    #[must_use]
    pub fn condition(&self) -> &str {
        self.condition.as_ref().map_or("service_started", |condition| condition.as_str())
    }

    /// Whether the dependency must be there at all.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required.as_ref().is_none_or(|required| required.value)
    }
}

/// A Compose project.
#[derive(Clone)]
pub struct Project {
    /// The project's name.
    pub name: Located<String>,
    /// The services whose profiles are enabled, by name.
    pub services: Names<Service>,
    /// Networks by key.
    pub networks: Names<Resource>,
    /// Named volumes by key.
    pub volumes: Names<Resource>,
    /// Secrets by key.
    pub secrets: Names<FileObject>,
    /// Configs by key.
    pub configs: Names<FileObject>,
    /// The project's folder, absolute; relative paths start there.
    pub folder: String,
    /// Which files may be quoted.
    pub bounds: Bounds,
    /// The services whose profiles are not enabled, in their canonical form.
    pub disabled: Arc<Mapping>,
    /// The canonical tree, for everything that has no type.
    pub tree: Arc<Node>,
    /// Where everything came from.
    pub journal: Arc<Journal>,
    /// The Dockerfiles ([`Project::dockerfiles`]).
    pub builds: Builds,
    /// What was worked out from all this.
    pub derived: Derived,
}

impl fmt::Debug for Project {
    /// The name alone: values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project").field("name", &self.name.value).finish_non_exhaustive()
    }
}

impl From<Loaded> for Project {
    fn from(loaded: Loaded) -> Self {
        let Loaded { model, disabled, journal, folder, shown_from, bounds, .. } = loaded;
        let section = |name: &str| model.get(name);
        let name = section("name");
        Self {
            name: name
                .map_or_else(|| Located { value: String::new(), origin: Origin::IMPLIED }, located),
            services: FromAttribute::from_attribute(section("services")),
            networks: FromAttribute::from_attribute(section("networks")),
            volumes: FromAttribute::from_attribute(section("volumes")),
            secrets: FromAttribute::from_attribute(section("secrets")),
            configs: FromAttribute::from_attribute(section("configs")),
            folder,
            bounds,
            disabled: Arc::new(disabled),
            tree: Arc::new(model),
            journal: Arc::new(journal),
            builds: Builds::new(shown_from),
            derived: Derived::default(),
        }
    }
}

impl Service {
    /// How many containers the files ask for.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        let deployed = self.deploy.as_ref().and_then(|deploy| deploy.replicas.as_ref());
        self.scale.as_ref().or(deployed).map_or(1, |count| count.value)
    }

    /// The command that the service's health check runs in its container; `None`
    /// when the files state none. An image's own check is not known here.
    #[must_use]
    pub fn health_command(&self) -> Option<Vec<String>> {
        let off = |check: &HealthCheck| check.disable.as_ref().is_some_and(|off| off.value);
        let check = self.healthcheck.as_ref().filter(|check| !off(check))?;
        let words: Vec<String> = check.test.iter().map(|word| word.value.clone()).collect();
        health_command(&words)
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
    /// The value at a path of keys in the canonical tree.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        self.tree.at(path)
    }

    /// Where a service's name is written.
    #[must_use]
    pub fn key_of(&self, service: &str) -> Origin {
        let services = self.tree.get("services").and_then(Node::as_mapping);
        services.and_then(|all| all.entry(service)).map_or(Origin::IMPLIED, |(key, _)| key.origin)
    }

    /// Where a service's key is written, as `file:line:column`; an empty key means the service itself.
    /// None for what no file says.
    #[must_use]
    pub fn place_of(&self, service: &str, key: &str) -> Option<String> {
        let services = self.tree.get("services").and_then(Node::as_mapping)?;
        let (name, node) = services.entry(service)?;
        if key.is_empty() {
            return self.journal.place(name.origin.place);
        }
        let (key, value) = node.as_mapping()?.entry(key)?;
        self.journal.place(key.origin.place).or_else(|| self.journal.place(value.origin.place))
    }

    /// The text of the first of these keys of a service that a file says, each a path below the
    /// service; else of the service's name.
    #[must_use]
    pub fn written(&self, service: &str, keys: &[&[&str]]) -> Option<(Arc<Source>, Span)> {
        let services = self.tree.get("services").and_then(Node::as_mapping)?;
        let (name, node) = services.entry(service)?;
        let key = |path: &&[&str]| {
            let (last, before) = path.split_last()?;
            let (key, value) = node.at(before)?.as_mapping()?.entry(last)?;
            let places = [key.origin.place, value.origin.place];
            places.into_iter().find(|place| place.file().is_some())
        };
        let place = keys.iter().find_map(key).unwrap_or(name.origin.place);
        Some((Arc::clone(self.journal.file(place.file()?)), place.span()))
    }

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

    fn project(text: &str) -> Project {
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    #[test]
    fn services_start_after_what_they_depend_on() {
        let project = project(
            "services:\n  web: {image: w, depends_on: {app: {condition: service_healthy}}}\n  \
             app: {image: a, depends_on: {db: {condition: service_started, required: false}}}\n  db: {image: d}\n",
        );
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
        let project = project(
            "services:\n  a: {image: a, scale: 3, deploy: {replicas: 3}}\n  \
             b: {image: b, deploy: {replicas: 2}}\n  c: {image: c}\n",
        );
        let counts: Vec<_> = project.services.values().map(|service| service.replicas()).collect();
        assert_eq!(counts, [3, 2, 1]);
    }

    #[test]
    fn the_place_of_a_key_is_that_of_its_own_service() {
        let project = project(
            "x-a: 1\nservices:\n  app:\n    image: a\n  # db:\n  db:\n    image: b\n    ports:\n      - 1\n",
        );
        assert_eq!(project.place_of("db", "ports").as_deref(), Some("compose.yaml:8:5"));
        assert_eq!(project.place_of("db", "").as_deref(), Some("compose.yaml:6:3"));
        assert_eq!(project.place_of("app", "ports"), None);
        assert_eq!(project.place_of("web", ""), None);
        let text = |service, keys: &[&[&str]]| {
            project.written(service, keys).map(|(source, span)| source.text()[span].to_owned())
        };
        assert_eq!(text("db", &[&["command"], &["image"]]).as_deref(), Some("image"));
        assert_eq!(text("db", &[&["healthcheck", "test"]]).as_deref(), Some("db"));
        assert_eq!(text("web", &[]), None);
    }
}
