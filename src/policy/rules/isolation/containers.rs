//! The containers of a project, as the rules of this group ask for them: by
//! attribute, each value with its place, and the service's name as the place of
//! what is not written.

use crate::{
    compose::{
        Service,
        journal::Origin,
        tree::{Node, Value},
    },
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

/// The name of a capability: upper case, without `CAP_`.
pub fn capability(written: &str) -> String {
    let name = written.trim().to_ascii_uppercase();
    name.strip_prefix("CAP_").map_or_else(|| name.clone(), str::to_owned)
}

/// A security option as the engine reads it: `key=value`, `key:value` or `key`.
pub fn security_option(written: &str) -> (&str, Option<&str>) {
    let written = written.trim();
    let parts = written.split_once('=').or_else(|| written.split_once(':'));
    parts.map_or((written, None), |(key, value)| (key.trim(), Some(value.trim())))
}

/// Whether `user` names root, whatever the group: `root`, `0`, `0:1000`.
pub fn is_root(user: &str) -> bool {
    let name = user.trim().split(':').next().unwrap_or_default();
    name == "root" || name.parse::<i64>() == Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_by_its_number_in_every_spelling() {
        for user in ["root", "0", "0:0", "root:staff", "0:1000", "00", "+0"] {
            assert!(is_root(user), "{user}");
        }
        for user in ["", "app", "1000", "1000:0", "rooty", ":0", "nobody:root"] {
            assert!(!is_root(user), "{user}");
        }
    }

    #[test]
    fn a_security_option_is_parted_at_its_first_sign() {
        assert_eq!(security_option("seccomp:unconfined"), ("seccomp", Some("unconfined")));
        assert_eq!(security_option("label=type:spc_t"), ("label", Some("type:spc_t")));
        assert_eq!(security_option("no-new-privileges"), ("no-new-privileges", None));
    }

    #[test]
    fn a_capability_is_known_with_and_without_its_prefix() {
        assert_eq!(capability("cap_sys_admin"), "SYS_ADMIN");
        assert_eq!(capability(" Net_Admin"), "NET_ADMIN");
    }
}
