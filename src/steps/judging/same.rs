//! Whether a value of the files is the one that a sentence names, however either is written.

use crate::{
    compose::{
        tree::{Node, Value},
        values::duration,
    },
    facts::answers::{capability, size},
    steps::language::arguments::{Scalar, Unit},
};

/// What the texts at a path stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Itself.
    Text,
    /// A capability: with or without `CAP_`, in any case (capabilities(7)).
    Capability,
    /// `key:value` or `key=value`, which the engine reads alike.
    Pair,
    /// Nanoseconds.
    Duration,
    /// Bytes.
    Size,
}

/// A value as people read it.
pub(crate) fn told(node: &Node) -> String {
    match &node.value {
        Value::Null => "nothing".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Unsigned(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::String(text) | Value::Timestamp(text) => format!("\"{text}\""),
        Value::Sequence(items) => {
            format!("[{}]", items.iter().map(told).collect::<Vec<_>>().join(", "))
        }
        Value::Mapping(entries) => {
            let keys: Vec<&str> = entries.iter().map(|(key, _)| &**key).collect();
            format!("a mapping of {}", keys.join(", "))
        }
        Value::Marked(marked) => told(&marked.1),
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of machines fit in 52 bits")]
pub(crate) fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Int(value) => Some(*value as f64),
        Value::Unsigned(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The bytes of a size of the model.
#[expect(clippy::cast_precision_loss, reason = "sizes of machines fit in 52 bits")]
pub(crate) fn bytes(node: &Node) -> Option<f64> {
    number(node).or_else(|| size::of_compose(node.as_str()?).map(|bytes| bytes as f64))
}

/// The parts of a path; a key with dots stands in brackets.
pub(crate) fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (part, after) = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((key, after)) => (key, after),
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        parts.push(part);
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    parts
}

fn meaning(path: &str) -> Meaning {
    const DURATIONS: [&str; 7] =
        ["interval", "timeout", "start_period", "start_interval", "delay", "monitor", "window"];
    const SIZES: [&str; 4] = ["mem_limit", "memswap_limit", "mem_reservation", "shm_size"];
    match parts(path)[..] {
        ["services", _, "cap_add" | "cap_drop", ..] => Meaning::Capability,
        ["services", _, "security_opt" | "extra_hosts", ..] => Meaning::Pair,
        ["services", _, "stop_grace_period"] => Meaning::Duration,
        ["services", _, "healthcheck" | "deploy", .., key] if DURATIONS.contains(&key) => {
            Meaning::Duration
        }
        ["services", _, key] if SIZES.contains(&key) => Meaning::Size,
        ["services", _, "deploy", "resources", _, "memory"] => Meaning::Size,
        _ => Meaning::Text,
    }
}

/// Whether what stands at a path is of a kind that a unit can be put to: a size is bytes, a time is
/// seconds, and a bare number of an attribute that is neither is neither. What the files' authors name
/// themselves (labels, variables, settings of the kernel, …) is in whatever unit they mean.
pub(crate) fn is_in(path: &str, node: &Node, unit: Unit) -> bool {
    const FREE: [&str; 13] = [
        "environment",
        "labels",
        "annotations",
        "sysctls",
        "options",
        "driver_opts",
        "args",
        "x-",
        "tmpfs",
        "blkio_config",
        "ulimits",
        "storage_opt",
        "cache_to",
    ];
    let is_free = || parts(path).iter().any(|part| part.starts_with("x-") || FREE.contains(part));
    match (meaning(path), unit) {
        (Meaning::Size, Unit::Bytes) | (Meaning::Duration, Unit::Seconds) => true,
        (Meaning::Size | Meaning::Duration, _) => false,
        (_, Unit::None) => true,
        _ => number(node).is_none() || is_free(),
    }
}

/// Whether a size at this path is one of a log, which the engine counts in thousands.
pub(crate) fn is_of_log(path: &str) -> bool {
    matches!(parts(path)[..], ["services", _, "logging", "options", _])
}

fn pair(text: &str) -> (&str, &str) {
    let (key, value) = text.split_once(['=', ':']).unwrap_or((text, ""));
    // Alone it is as good as `no-new-privileges:true`.
    let value = if key == "no-new-privileges" && value.is_empty() { "true" } else { value };
    (key.trim(), value.trim())
}

fn texts(meaning: Meaning, one: &str, other: &str) -> bool {
    one == other
        || match meaning {
            Meaning::Text => false,
            Meaning::Capability => capability::name(one) == capability::name(other),
            Meaning::Pair => pair(one) == pair(other),
            Meaning::Duration => {
                duration::parse(one).is_ok_and(|one| duration::parse(other) == Ok(one))
            }
            Meaning::Size => {
                size::of_compose(one).is_some_and(|one| size::of_compose(other) == Some(one))
            }
        }
}

fn equal(meaning: Meaning, node: &Node, wanted: &str) -> bool {
    match &node.value {
        Value::Bool(value) => wanted.trim() == value.to_string(),
        Value::String(text) | Value::Timestamp(text) => texts(meaning, text, wanted),
        Value::Marked(marked) => equal(meaning, &marked.1, wanted),
        Value::Int(_) | Value::Unsigned(_) | Value::Float(_) => {
            let number = number(node);
            let same = wanted.trim().parse::<f64>().is_ok_and(|wanted| {
                number.is_some_and(|number| number.to_bits() == wanted.to_bits())
            });
            same || meaning == Meaning::Size && texts(meaning, &told(node), wanted)
        }
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => false,
    }
}

/// Whether the value at a path is this one. `true` is `"true"` and `5` is `"5"`: the files write
/// many values as text that sentences write bare, and the other way round.
pub(crate) fn is(path: &str, node: &Node, wanted: &Scalar) -> bool {
    match wanted {
        Scalar::Bool(wanted) => equal(Meaning::Text, node, &wanted.to_string()),
        Scalar::Number(wanted) => {
            number(node).is_some_and(|value| value.to_bits() == wanted.to_bits())
        }
        Scalar::Text(wanted) => equal(meaning(path), node, wanted),
    }
}

/// Whether the list at a path has the item, the mapping the key (or the key with its value,
/// `NAME=value`), or the text the words. A list of mappings has none: see [`nested`].
pub(crate) fn contains(path: &str, node: &Node, wanted: &str) -> bool {
    let meaning = meaning(path);
    match &node.value {
        Value::Null => false,
        Value::Sequence(items) => items.iter().any(|item| equal(meaning, item, wanted)),
        Value::Mapping(entries) => {
            let with_value = |sign| {
                wanted.split_once(sign).is_some_and(|(key, value)| {
                    entries
                        .entry(key.trim())
                        .is_some_and(|(_, node)| equal(meaning, node, value.trim()))
                })
            };
            entries.contains(wanted) || with_value('=') || with_value(':')
        }
        Value::String(text) | Value::Timestamp(text) => text.contains(wanted),
        Value::Marked(marked) => contains(path, &marked.1, wanted),
        _ => told(node).contains(wanted),
    }
}

/// The key to ask for instead, of a list whose items are mappings in the model: no item of it is
/// ever a text, whatever the short form in the file looks like.
pub(crate) fn nested(node: &Node) -> Option<String> {
    let Value::Sequence(items) = &node.value else { return None };
    let keys = items.iter().find_map(Node::as_mapping)?;
    let usual = ["source", "target", "path"].into_iter().find(|key| keys.contains(key));
    let first = || keys.iter().next().map(|(key, _)| (**key).to_owned());
    usual.map(str::to_owned).or_else(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Project;

    fn project() -> Project {
        let text = "services:\n  a:\n    image: a\n    privileged: true\n    pids_limit: 5\n    \
            cap_add: [CAP_SYS_ADMIN, net_raw]\n    security_opt: ['seccomp:unconfined', no-new-privileges]\n    \
            mem_limit: 512m\n    healthcheck: {test: [CMD, x], interval: 60s}\n    \
            environment: {DEBUG: 'true', N: '5', WAIT: 60s}\n    volumes: ['/var/run/docker.sock:/s']\n    \
            ports: ['8080:80']\n    devices: ['/dev/kmsg:/dev/kmsg']\n";
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    fn at<T>(path: &str, act: impl Fn(&Node) -> T) -> T {
        let project = project();
        act(project.at(&parts(path)).expect("a node"))
    }

    #[test]
    fn a_value_is_itself_however_it_is_written() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        for (path, wanted) in [
            ("services.a.privileged", text("true")),
            ("services.a.privileged", Scalar::Bool(true)),
            ("services.a.pids_limit", text("5")),
            ("services.a.pids_limit", Scalar::Number(5.0)),
            ("services.a.environment.DEBUG", Scalar::Bool(true)),
            ("services.a.environment.N", Scalar::Number(5.0)),
            ("services.a.healthcheck.interval", text("1m")),
            ("services.a.healthcheck.interval", text("60s")),
            ("services.a.mem_limit", text("512m")),
        ] {
            assert!(at(path, |node| is(path, node, &wanted)), "{path}: {wanted:?}");
        }
        for (path, wanted) in [
            ("services.a.privileged", text("false")),
            ("services.a.pids_limit", text("6")),
            ("services.a.environment.DEBUG", Scalar::Bool(false)),
            ("services.a.environment.WAIT", text("1m")),
            ("services.a.healthcheck.interval", text("61s")),
        ] {
            assert!(!at(path, |node| is(path, node, &wanted)), "{path}: {wanted:?}");
        }
    }

    #[test]
    fn a_list_has_its_items_however_they_are_written() {
        for (path, wanted, holds) in [
            ("services.a.cap_add", "SYS_ADMIN", true),
            ("services.a.cap_add", "cap_net_raw", true),
            ("services.a.cap_add", "NET_ADMIN", false),
            ("services.a.security_opt", "seccomp=unconfined", true),
            ("services.a.security_opt", "no-new-privileges:true", true),
            ("services.a.security_opt", "apparmor=unconfined", false),
            ("services.a.environment", "DEBUG", true),
            ("services.a.environment", "DEBUG=true", true),
            ("services.a.environment", "DEBUG=false", false),
            ("services.a.privileged", "true", true),
        ] {
            assert_eq!(at(path, |node| contains(path, node, wanted)), holds, "{path}: {wanted}");
        }
    }

    #[test]
    fn a_list_of_mappings_is_asked_by_a_key() {
        for (path, key) in [
            ("services.a.volumes", Some("source")),
            ("services.a.ports", Some("target")),
            ("services.a.devices", Some("source")),
            ("services.a.cap_add", None),
            ("services.a.environment", None),
        ] {
            assert_eq!(at(path, nested).as_deref(), key, "{path}");
        }
    }

    #[test]
    fn a_key_with_dots_is_one_part() {
        assert_eq!(parts("services.[a.b].cap_add.0"), ["services", "a.b", "cap_add", "0"]);
        assert_eq!(meaning("services.[a.b].cap_add.0"), Meaning::Capability);
    }
}
