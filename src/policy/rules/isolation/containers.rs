//! The containers of a project, as the rules of this group ask for them: by
//! attribute, each value with its place, and the service's name as the place of
//! what is not written.

use crate::{
    compose::{
        Service,
        journal::Origin,
        tree::{Node, Value},
    },
    facts::answers::ports,
    policy::Target,
};

/// A service that becomes containers.
#[derive(Clone, Copy)]
pub struct Container<'a> {
    /// The service's name.
    pub name: &'a str,
    /// Its types.
    pub service: &'a Service,
    /// Its tree.
    pub node: &'a Node,
    target: &'a Target,
}

/// All of them, in the order of the files. What a provider runs is no container of this engine.
pub fn containers(target: &Target) -> impl Iterator<Item = Container<'_>> {
    target.project.services.iter().filter_map(move |(name, service)| {
        let node = target.service(name)?;
        let runs = node.get("provider").is_none_or(Node::is_null);
        runs.then_some(Container { name, service, node, target })
    })
}

impl<'a> Container<'a> {
    /// Whether its network is the host's own, however it comes to that.
    pub fn has_host_network(&self) -> bool {
        ports::host_network(&self.target.project, self.name).is_some()
    }

    /// The subject of a finding: a path below the service.
    pub fn subject(&self, below: &str) -> String {
        let name = self.name;
        if below.is_empty() {
            format!("services.{name}")
        } else {
            format!("services.{name}.{below}")
        }
    }

    /// Where the service's name is written.
    pub fn key(&self) -> Origin {
        self.target.project.key_of(self.name)
    }

    /// Where an attribute's value is written, or the service's name if nowhere.
    pub fn place(&self, attribute: &str) -> Origin {
        let services = self.node.as_mapping().and_then(|service| service.entry(attribute));
        let written = services.map(|(key, _)| key.origin);
        written.filter(|origin| origin.place.file().is_some()).unwrap_or_else(|| self.key())
    }

    /// The text of an attribute.
    pub fn text(&self, attribute: &str) -> Option<(&'a str, Origin)> {
        let node = self.node.get(attribute)?;
        Some((node.as_str()?, node.origin))
    }

    /// The items of a list.
    pub fn items(&self, attribute: &str) -> &'a [Node] {
        self.node.get(attribute).and_then(Node::as_sequence).unwrap_or_default()
    }

    /// The value of an attribute, if it is one of the given words.
    pub fn is_one_of(&self, attribute: &str, words: &[&str]) -> Option<Origin> {
        self.text(attribute).filter(|(text, _)| words.contains(text)).map(|(_, origin)| origin)
    }
}

/// Whether a node says `true`.
pub fn is_true(node: Option<&Node>) -> bool {
    matches!(node.map(|node| &node.value), Some(Value::Bool(true)))
}
