//! Phase: of list items that mean the same thing, the later holds, in the place of the first.
//!
//! The Compose specification, section Merge, "Unique resources". [`KEYS`] says
//! by what the items of a list are told apart.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use super::{
    journal::{Journal, Refusal},
    path::{Cursor, Table, Trail},
    tree::{Mapping, Node, Value},
    values::volume,
};
use crate::diagnostic::Diagnostic;

/// What tells the items of a list apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// What comes before `=`.
    Name,
    /// Address, host port, container port and protocol; a short form as it is written.
    Port,
    /// The path in the container.
    Mount,
    /// The path of the device in the container.
    Device,
    /// The target, by default the source.
    Config,
    /// The target, by default the source in `/run/secrets`.
    Secret,
    /// The path of an env file.
    EnvFile,
    /// A port that is exposed.
    Expose,
}

/// The lists with unique items, as compose-go lists them.
const KEYS: &[(&str, Identity)] = &[
    ("networks.*.labels", Identity::Name),
    ("networks.*.ipam.options", Identity::Name),
    ("services.*.annotations", Identity::Name),
    ("services.*.build.args", Identity::Name),
    ("services.*.build.additional_contexts", Identity::Name),
    ("services.*.build.platform", Identity::Name),
    ("services.*.build.tags", Identity::Name),
    ("services.*.build.labels", Identity::Name),
    ("services.*.cap_add", Identity::Name),
    ("services.*.cap_drop", Identity::Name),
    ("services.*.configs", Identity::Config),
    ("services.*.deploy.labels", Identity::Name),
    ("services.*.devices", Identity::Device),
    ("services.*.dns", Identity::Name),
    ("services.*.dns_opt", Identity::Name),
    ("services.*.dns_search", Identity::Name),
    ("services.*.environment", Identity::Name),
    ("services.*.env_file", Identity::EnvFile),
    ("services.*.expose", Identity::Expose),
    ("services.*.labels", Identity::Name),
    ("services.*.links", Identity::Name),
    ("services.*.networks.*.aliases", Identity::Name),
    ("services.*.networks.*.link_local_ips", Identity::Name),
    ("services.*.ports", Identity::Port),
    ("services.*.profiles", Identity::Name),
    ("services.*.secrets", Identity::Secret),
    ("services.*.sysctls", Identity::Name),
    ("services.*.tmpfs", Identity::Name),
    ("services.*.volumes", Identity::Mount),
];

pub(super) static TABLE: LazyLock<Table<Identity>> = LazyLock::new(|| Table::new(KEYS));

/// Removes the earlier of two items that mean the same thing.
///
/// # Errors
/// A [`Refusal`] with every item that has no identity, such as a mount without a target.
pub fn enforce(model: &mut Mapping, journal: &Journal) -> Result<(), Refusal> {
    let mut found = Vec::new();
    walk(model, Table::<Identity>::root(), &Trail::ROOT, journal, &mut found);
    if found.is_empty() { Ok(()) } else { Err(Refusal(found)) }
}

fn walk(
    mapping: &mut Mapping,
    cursor: Cursor,
    trail: &Trail<'_>,
    journal: &Journal,
    found: &mut Vec<Diagnostic>,
) {
    for (key, node) in mapping.iter_mut() {
        let Some(cursor) = TABLE.step(cursor, key) else { continue };
        let trail = trail.key(key);
        match &mut node.value {
            Value::Mapping(below) => walk(below, cursor, &trail, journal, found),
            Value::Sequence(items) => {
                if let Some(identity) = TABLE.row(cursor) {
                    found.extend(keep_last(items, identity, &trail, journal));
                }
            }
            _ => {}
        }
    }
}

/// Keeps the last of several that are the same; what is no item of this kind is returned as a fault.
fn keep_last(
    items: &mut Vec<Node>,
    identity: Identity,
    trail: &Trail<'_>,
    journal: &Journal,
) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::with_capacity(items.len());
    let mut kept: Vec<Node> = Vec::with_capacity(items.len());
    for (at, item) in std::mem::take(items).into_iter().enumerate() {
        let key = match key_of(&item, identity) {
            Ok(key) => key,
            Err((title, help)) => {
                let fault = Diagnostic::error(format!("{}: {title}", trail.item(at)));
                faults.push(journal.point(fault, item.origin, "").help(help));
                continue;
            }
        };
        if let Some(&at) = known.get(&key) {
            kept[at] = item;
        } else {
            known.insert(key, kept.len());
            kept.push(item);
        }
    }
    *items = kept;
    faults
}

type Problem = (String, Cow<'static, str>);

/// What to write where `- 8080: 80` stands for `- 8080:80`; the value is not repeated.
fn joined(item: &Node) -> Option<Cow<'static, str>> {
    const LONG: &[&str] = &["published", "source", "type", "protocol", "host_ip", "read_only"];
    let only = item.as_mapping().filter(|mapping| mapping.len() == 1)?;
    let (key, _) = only.iter().next()?;
    let long = LONG.contains(&&*key.text) || key.text.starts_with("x-");
    let help =
        || format!("write \"{}:…\" without the space: behind a colon it makes a mapping", key.text);
    (!long).then(|| help().into())
}

fn key_of(item: &Node, identity: Identity) -> Result<String, Problem> {
    let not = |wanted: &'static str| {
        // `- name: value` in a list: the value may be a secret, and is not repeated.
        let only = item.as_mapping().filter(|mapping| mapping.len() == 1);
        let help = only.and_then(|mapping| mapping.iter().next()).map(|(key, _)| {
            format!(
                "write `- {0}=…`, or leave out the dashes of the whole list: `{0}: …`",
                key.text
            )
        });
        (
            format!("expected {wanted}, found {}", item.value.kind()),
            help.map_or("write it as the Compose specification has it".into(), Cow::Owned),
        )
    };
    match identity {
        Identity::Name => {
            let text = item.as_str().ok_or_else(|| not("a string"))?;
            Ok(text.split_once('=').map_or(text, |(name, _)| name).to_owned())
        }
        Identity::Port => Ok(port(item).ok_or_else(|| {
            (
                "a port without its target".to_owned(),
                joined(item).unwrap_or("add `target:`, the port in the container".into()),
            )
        })?),
        Identity::Mount => match &item.value {
            Value::String(text) => {
                volume::parse(text).map(|volume| volume.target).map_err(|error| {
                    (error.to_string(), "write SOURCE:TARGET, or the long form".into())
                })
            }
            Value::Mapping(_) => target(item, "a mount without its target")
                .map_err(|(title, help)| (title, joined(item).unwrap_or(help))),
            _ => Ok(String::new()),
        },
        Identity::Device => match &item.value {
            Value::String(text) => {
                let mut parts = text.split(':');
                let source = parts.next().unwrap_or_default();
                Ok(parts.next().unwrap_or(source).to_owned())
            }
            Value::Mapping(_) => target(item, "a device without its target"),
            _ => Ok(String::new()),
        },
        Identity::Config | Identity::Secret => {
            let folder = if identity == Identity::Secret { "/run/secrets" } else { "" };
            match &item.value {
                Value::String(text) => Ok(format!("{folder}/{text}")),
                Value::Mapping(mapping) => match mapping.get("target") {
                    Some(target) => Ok(target
                        .as_str()
                        .ok_or_else(|| not("a target that is a string"))?
                        .to_owned()),
                    None => Ok(format!(
                        "{folder}/{}",
                        mapping.get("source").and_then(Node::as_str).unwrap_or_default()
                    )),
                },
                _ => Err(not("a name or a mapping")),
            }
        }
        Identity::EnvFile => match &item.value {
            Value::String(text) => Ok(text.to_string()),
            Value::Mapping(mapping) => match mapping.get("path").map(Node::as_str) {
                Some(Some(path)) => Ok(path.to_owned()),
                _ => Err(("an env file without its path".into(), "add `path:`".into())),
            },
            _ => Ok(String::new()),
        },
        Identity::Expose => match &item.value {
            Value::String(text) => Ok(text.to_string()),
            Value::Int(port) => Ok(port.to_string()),
            _ => Err(not("a port")),
        },
    }
}

fn target(item: &Node, missing: &str) -> Result<String, Problem> {
    item.get("target")
        .and_then(Node::as_str)
        .map(str::to_owned)
        .ok_or_else(|| (missing.to_owned(), "add `target:`, the path in the container".into()))
}

/// None for a long form without a target. The kind of a value counts: `"80"` and `80` differ.
fn port(item: &Node) -> Option<String> {
    match &item.value {
        Value::Int(port) => Some(port.to_string()),
        Value::String(text) => Some(text.to_string()),
        Value::Mapping(mapping) => {
            let part = |key: &str, default: &str| {
                mapping
                    .get(key)
                    .map_or_else(|| default.to_owned(), |node| format!("{:?}", node.value))
            };
            let target = mapping.get("target")?;
            Some(format!(
                "{}:{}:{:?}/{}",
                part("host_ip", "String(\"0.0.0.0\")"),
                part("published", "Null"),
                target.value,
                part("protocol", "String(\"tcp\")"),
            ))
        }
        _ => Some(String::new()),
    }
}
