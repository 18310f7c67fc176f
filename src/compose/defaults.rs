//! Phase: what Compose adds to attributes that leave something out, and the
//! rules that the schema cannot say.

use std::sync::LazyLock;

use super::{
    journal::{Journal, Step},
    path::{Table, Trail},
    tree::{Mapping, Node, Value},
    values::host,
    walk::walk,
};
use crate::diagnostic::Diagnostic;

/// What is added.
#[derive(Debug, Clone, Copy)]
enum Default {
    /// `context: .`
    BuildContext,
    /// A secret's target in `/run/secrets`.
    SecretTarget,
    /// `protocol: tcp` and `mode: ingress`.
    Port,
    /// `count: all`, unless devices are named.
    DeviceCount,
}

const DEFAULTS: &[(&str, Default)] = &[
    ("services.*.build", Default::BuildContext),
    ("services.*.secrets.*", Default::SecretTarget),
    ("services.*.ports.*", Default::Port),
    ("services.*.deploy.resources.reservations.devices.*", Default::DeviceCount),
    ("services.*.gpus.*", Default::DeviceCount),
];

static DEFAULTS_TABLE: LazyLock<Table<Default>> = LazyLock::new(|| Table::new(DEFAULTS));

/// Completes attributes.
///
/// # Errors
/// A [`Diagnostic`] for a device request or a secret that is no mapping.
pub fn complete(model: &mut Node, journal: &mut Journal) -> Result<(), Diagnostic> {
    walk(model, &DEFAULTS_TABLE, &mut |default, node, trail| {
        let origin = node.origin;
        let Value::Mapping(mapping) = &mut node.value else {
            return match default {
                Default::BuildContext | Default::Port => Ok(()),
                Default::SecretTarget | Default::DeviceCount => {
                    Err(expected_mapping(node, trail, journal))
                }
            };
        };
        let implied = journal.step(origin, Step::Implied);
        let source = mapping.get("source").and_then(Node::as_str).unwrap_or_default();
        let target = format!("/run/secrets/{source}");
        let missing: &[(&str, &str)] = match default {
            Default::BuildContext => &[("context", ".")],
            Default::Port => &[("protocol", "tcp"), ("mode", "ingress")],
            Default::SecretTarget => &[("target", &target)],
            Default::DeviceCount if mapping.contains("device_ids") => &[],
            Default::DeviceCount => &[("count", "all")],
        };
        for (key, text) in missing {
            if !mapping.contains(key) {
                mapping.put(key, Node::string(*text, implied));
            }
        }
        Ok(())
    })
}

fn expected_mapping(node: &Node, trail: &Trail<'_>, journal: &Journal) -> Diagnostic {
    let title = format!("{trail}: expected a mapping, found {}", node.value.kind());
    journal.point(Diagnostic::error(title), node.origin, "").help("write the long form")
}

/// What is checked.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// An external volume says nothing else.
    External,
    /// Exactly one of these says where the content is.
    OneOf(&'static [&'static str]),
    /// `host_ip` is an address.
    HostIp,
    /// A path is not empty.
    Path,
    /// `count` and `device_ids` exclude each other.
    DeviceRequest,
}

const RULES: &[(&str, Rule)] = &[
    ("volumes.*", Rule::External),
    ("configs.*", Rule::OneOf(&["file", "environment", "content"])),
    ("secrets.*", Rule::OneOf(&["file", "environment"])),
    ("services.*.ports.*", Rule::HostIp),
    ("services.*.develop.watch.*.path", Rule::Path),
    ("services.*.deploy.resources.reservations.devices.*", Rule::DeviceRequest),
    ("services.*.gpus.*", Rule::DeviceRequest),
];

static RULES_TABLE: LazyLock<Table<Rule>> = LazyLock::new(|| Table::new(RULES));

/// Checks the rules that the schema cannot say; every violation, in the order of the files.
#[must_use]
pub fn check(model: &mut Node, journal: &Journal) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let walked = walk(model, &RULES_TABLE, &mut |rule, node, trail| {
        if let Some((title, help, origin)) = violation(rule, node) {
            let diagnostic = Diagnostic::error(format!("{trail}: {title}"));
            found.push(journal.point(diagnostic, origin, "").help(help));
        }
        Ok(())
    });
    found.extend(walked.err());
    found
}

type Violation = (String, String, super::journal::Origin);

fn violation(rule: Rule, node: &Node) -> Option<Violation> {
    let origin = node.origin;
    match rule {
        Rule::External => {
            let mapping = node.as_mapping()?;
            if !matches!(mapping.get("external")?.value, Value::Bool(true)) {
                return None;
            }
            let (key, _) = mapping.iter().find(|(key, _)| {
                !matches!(&*key.text, "name" | "external") && !key.starts_with("x-")
            })?;
            Some((
                format!("`external` and `{}` exclude each other", key.text),
                "an external volume is made by somebody else: keep `external` and `name` alone"
                    .into(),
                key.origin,
            ))
        }
        Rule::OneOf(keys) => {
            one_of(node.as_mapping()?, keys).map(|(title, help)| (title, help, origin))
        }
        Rule::HostIp => {
            let address = node.get("host_ip")?;
            let text = address.as_str()?;
            (!host::is_ip(text)).then(|| {
                (
                    format!("\"{text}\" is not an IP address"),
                    "write an IPv4 or IPv6 address".into(),
                    address.origin,
                )
            })
        }
        Rule::Path => (node.as_str() == Some(""))
            .then(|| ("the path is empty".into(), "write the path to watch".into(), origin)),
        Rule::DeviceRequest => {
            let mapping = node.as_mapping()?;
            (mapping.contains("count") && mapping.contains("device_ids")).then(|| {
                (
                    "`count` and `device_ids` exclude each other".into(),
                    "keep one of them".into(),
                    origin,
                )
            })
        }
    }
}

fn one_of(mapping: &Mapping, keys: &[&str]) -> Option<(String, String)> {
    let present: Vec<_> = keys.iter().filter(|key| mapping.contains(key)).collect();
    let all = keys.join(", ");
    match present[..] {
        [] if mapping.contains("driver") || mapping.contains("external") => None,
        [] => Some((
            format!("nothing says where its content is: one of {all} must be set"),
            format!("add one of {all}, or `external: true`"),
        )),
        [_] => None,
        _ => Some((format!("{all} exclude each other"), "keep one of them".into())),
    }
}
