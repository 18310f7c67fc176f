//! Phase: short forms become long forms.
//!
//! The Compose specification's "short syntax" of each attribute; [`FORMS`] has
//! them all. What a short form implies keeps the place of the short form.

use std::sync::LazyLock;

use super::{
    journal::{Journal, Origin, Refusal},
    merge::{printed, started},
    path::{Cursor, Table, Trail},
    tree::{Key, Mapping, Node, Text, Value},
    values::{port, volume},
};
use crate::diagnostic::Diagnostic;

/// A short form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A string is the context.
    Build,
    /// A string or a list of strings and mappings is a list of `path`, `required`, `format`.
    EnvFiles,
    /// A string is a list of one.
    List,
    /// A string names the service.
    Extends,
    /// `all` is one request for every device.
    Gpus,
    /// A list of names is a mapping.
    Names,
    /// A list of names is a mapping to conditions; a mapping's conditions are completed.
    DependsOn,
    /// `KEY=value` strings are a mapping.
    Pairs,
    /// `id=path` strings are a mapping.
    Ssh,
    /// `SOURCE:TARGET:OPTIONS`.
    Volume,
    /// `SOURCE:TARGET:PERMISSIONS`.
    Device,
    /// A name is the source of a config or secret.
    FileMount,
    /// `IP:HOST:CONTAINER/PROTOCOL`, ranges included.
    Ports,
    /// A number, or `soft` and `hard`.
    Ulimit,
    /// Anything is text.
    Text,
    /// `external: {name: …}` is `external: true` and the name.
    External,
}

/// The attributes with a short form, as compose-go lists them.
const FORMS: &[(&str, Form)] = &[
    ("services.*.build", Form::Build),
    ("services.*.build.secrets.*", Form::FileMount),
    ("services.*.build.provenance", Form::Text),
    ("services.*.build.sbom", Form::Text),
    ("services.*.build.additional_contexts", Form::Pairs),
    ("services.*.build.ssh", Form::Ssh),
    ("services.*.build.ulimits.*", Form::Ulimit),
    ("services.*.depends_on", Form::DependsOn),
    ("services.*.env_file", Form::EnvFiles),
    ("services.*.label_file", Form::List),
    ("services.*.extends", Form::Extends),
    ("services.*.gpus", Form::Gpus),
    ("services.*.networks", Form::Names),
    ("services.*.models", Form::Names),
    ("services.*.volumes.*", Form::Volume),
    ("services.*.dns", Form::List),
    ("services.*.devices.*", Form::Device),
    ("services.*.secrets.*", Form::FileMount),
    ("services.*.configs.*", Form::FileMount),
    ("services.*.ports", Form::Ports),
    ("services.*.ulimits.*", Form::Ulimit),
    ("services.*.develop.watch.*.ignore", Form::List),
    ("services.*.develop.watch.*.include", Form::List),
    ("volumes.*", Form::External),
    ("networks.*", Form::External),
    ("secrets.*", Form::External),
    ("configs.*", Form::External),
];

static TABLE: LazyLock<Table<Form>> = LazyLock::new(|| Table::new(FORMS));

/// Rewrites every short form of a model.
///
/// With `lenient`, short forms that cannot be read stay as they are: without
/// interpolation they may hold variables.
///
/// # Errors
/// A [`Refusal`] with every short form that cannot be read.
pub fn canonical(model: &mut Mapping, lenient: bool, journal: &mut Journal) -> Result<(), Refusal> {
    let mut canonical = Canonical { lenient, journal, found: Vec::new() };
    canonical.mapping(model, Table::<Form>::root(), &Trail::ROOT);
    if canonical.found.is_empty() { Ok(()) } else { Err(Refusal(canonical.found)) }
}

struct Canonical<'a> {
    lenient: bool,
    journal: &'a mut Journal,
    /// What cannot be read.
    found: Vec<Diagnostic>,
}

impl Canonical<'_> {
    fn mapping(&mut self, mapping: &mut Mapping, cursor: Cursor, trail: &Trail<'_>) {
        for (key, node) in mapping.iter_mut() {
            if let Some(below) = TABLE.step(cursor, key) {
                self.node(node, below, &trail.key(key));
            }
        }
    }

    fn items(&mut self, items: &mut [Node], cursor: Cursor, trail: &Trail<'_>) {
        let Some(below) = TABLE.item(cursor) else { return };
        for (at, item) in items.iter_mut().enumerate() {
            self.node(item, below, &trail.item(at));
        }
    }

    fn node(&mut self, node: &mut Node, cursor: Cursor, trail: &Trail<'_>) {
        if let Some(form) = TABLE.row(cursor) {
            if let Err(why) = self.rewrite(form, node, cursor, trail) {
                self.found.push(why);
                return;
            }
            let below = matches!(form, Form::Build | Form::Extends | Form::External);
            if let Value::Mapping(mapping) = &mut node.value
                && below
            {
                self.mapping(mapping, cursor, trail);
            }
            return;
        }
        match &mut node.value {
            Value::Mapping(mapping) => self.mapping(mapping, cursor, trail),
            Value::Sequence(items) => self.items(items, cursor, trail),
            _ => {}
        }
    }

    fn rewrite(
        &mut self,
        form: Form,
        node: &mut Node,
        cursor: Cursor,
        trail: &Trail<'_>,
    ) -> Result<(), Diagnostic> {
        let origin = node.origin;
        let one = |key: &str, text: &Text| {
            let mut mapping = Mapping::with_capacity(1);
            mapping.put(key, Node::string(text.clone(), origin));
            Value::Mapping(mapping)
        };
        let rewritten = match (form, &mut node.value) {
            (Form::Build, Value::String(text)) => one("context", text),
            (Form::Extends, Value::String(text)) => one("service", text),
            (Form::FileMount, Value::String(text)) => one("source", text),
            (Form::List | Form::EnvFiles, Value::String(text)) => {
                let mut items = vec![Node::string(text.clone(), origin)];
                if form == Form::EnvFiles {
                    items.iter_mut().for_each(env_file);
                }
                Value::Sequence(items)
            }
            (Form::EnvFiles, Value::Sequence(items)) => {
                items.iter_mut().for_each(env_file);
                return Ok(());
            }
            (Form::Gpus, Value::String(_)) => {
                let mut request = Mapping::new();
                request.put("count", Node::string("all", origin));
                Value::Sequence(vec![Node::new(Value::Mapping(request), origin)])
            }
            (Form::Gpus, Value::Sequence(items)) => {
                self.items(items, cursor, trail);
                return Ok(());
            }
            (Form::Names | Form::DependsOn, Value::Sequence(items)) => {
                self.names(std::mem::take(items), form == Form::DependsOn, trail)
            }
            (Form::DependsOn, Value::Mapping(mapping)) => {
                self.complete(mapping, trail);
                return Ok(());
            }
            (Form::Pairs, Value::Sequence(items)) => match self.pairs(items, trail) {
                Some(pairs) => pairs,
                None => return Ok(()),
            },
            (Form::Ssh, Value::Sequence(items)) => self.ssh(items, trail),
            (Form::Volume, Value::String(text)) => match volume::parse(text) {
                Ok(volume) => {
                    if volume.source.is_empty() && volume::is_on_drive(&volume.target) {
                        let title = format!("{trail}: \"{text}\" names no volume");
                        let warning = Diagnostic::warning(title);
                        let warning = self.journal.point(warning, origin, "");
                        self.journal.warn(warning.help(volume::drive_help(&volume.target)));
                    }
                    long_volume(&volume, text, origin)
                }
                Err(_) if self.lenient => return Ok(()),
                Err(error) => {
                    return Err(self.refuse(
                        trail,
                        &error.to_string(),
                        origin,
                        "write SOURCE:TARGET[:OPTIONS], or the long form",
                    ));
                }
            },
            (Form::Device, Value::String(text)) => match long_device(text, origin) {
                Some(device) => device,
                None if self.lenient => return Ok(()),
                None => {
                    let words = format!("\"{text}\" has more than three parts");
                    return Err(self.refuse(
                        trail,
                        &words,
                        origin,
                        "write SOURCE:TARGET:PERMISSIONS, or the long form",
                    ));
                }
            },
            (Form::Ports, Value::Sequence(items)) => match self.ports(items, trail) {
                Some(ports) => Value::Sequence(ports),
                None => return Ok(()),
            },
            (Form::External, Value::Mapping(mapping)) => return self.external(mapping, trail),
            (Form::Text, Value::String(_))
            | (Form::External, Value::Null)
            | (
                Form::Build
                | Form::Extends
                | Form::FileMount
                | Form::Pairs
                | Form::Ssh
                | Form::Volume
                | Form::Device,
                Value::Mapping(_),
            )
            | (Form::Ulimit, Value::Mapping(_) | Value::Int(_))
            | (Form::List | Form::Names, _) => return Ok(()),
            (Form::Text, value) => Value::String(printed(value)),
            (_, value) => {
                let words = format!("{} cannot stand here", value.kind());
                return Err(self.refuse(
                    trail,
                    &words,
                    origin,
                    "write it as the Compose specification has it",
                ));
            }
        };
        node.value = rewritten;
        Ok(())
    }

    fn refuse(&self, trail: &Trail<'_>, words: &str, origin: Origin, help: &str) -> Diagnostic {
        self.journal.point(Diagnostic::error(format!("{trail}: {words}")), origin, "").help(help)
    }

    /// Keeps what is wrong, and goes on.
    fn fault(&mut self, trail: &Trail<'_>, words: &str, origin: Origin, help: &str) {
        let fault = self.refuse(trail, words, origin, help);
        self.found.push(fault);
    }

    fn names(&mut self, items: Vec<Node>, conditions: bool, trail: &Trail<'_>) -> Value {
        let mut mapping = Mapping::new();
        for item in items {
            let Value::String(text) = item.value else {
                let words = format!("a name must be a string, and this is {}", item.value.kind());
                self.fault(trail, &words, item.origin, "put it in quotes");
                continue;
            };
            let value =
                if conditions { started(item.origin) } else { Node::new(Value::Null, item.origin) };
            mapping.insert(Key { text, origin: item.origin }, value);
        }
        Value::Mapping(mapping)
    }

    fn complete(&mut self, mapping: &mut Mapping, trail: &Trail<'_>) {
        for (key, node) in mapping.iter_mut() {
            let origin = node.origin;
            let Value::Mapping(dependency) = &mut node.value else {
                let words =
                    format!("expected a mapping with `condition`, found {}", node.value.kind());
                self.fault(&trail.key(key), &words, origin, "write `condition: service_started`");
                continue;
            };
            if !dependency.contains("condition") {
                dependency.put("condition", Node::string("service_started", origin));
            }
            if !dependency.contains("required") {
                dependency.put("required", Node::new(Value::Bool(true), origin));
            }
        }
    }

    fn pairs(&mut self, items: &[Node], trail: &Trail<'_>) -> Option<Value> {
        let mut mapping = Mapping::new();
        for item in items {
            let Some((name, value)) = item.as_str().and_then(|text| text.split_once('=')) else {
                if self.lenient {
                    return None;
                }
                self.fault(trail, "expected NAME=VALUE", item.origin, "write it as NAME=VALUE");
                continue;
            };
            mapping.insert(
                Key { text: name.into(), origin: item.origin },
                Node::string(value, item.origin),
            );
        }
        Some(Value::Mapping(mapping))
    }

    fn ssh(&mut self, items: &[Node], trail: &Trail<'_>) -> Value {
        let mut mapping = Mapping::new();
        for item in items {
            let text = item.as_str().unwrap_or_default();
            let (id, value) = match text.split_once('=') {
                Some((id, path)) => (id, Node::string(path, item.origin)),
                None if text == "default" => (text, Node::new(Value::Null, item.origin)),
                None => {
                    let words = format!("\"{text}\" is not an SSH key");
                    self.fault(trail, &words, item.origin, "write `default`, or ID=PATH");
                    continue;
                }
            };
            mapping.insert(Key { text: id.into(), origin: item.origin }, value);
        }
        Value::Mapping(mapping)
    }

    fn ports(&mut self, items: &[Node], trail: &Trail<'_>) -> Option<Vec<Node>> {
        let mut ports = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let text = match &item.value {
                Value::Mapping(_) => {
                    ports.push(item.clone());
                    continue;
                }
                Value::Int(port) => Text::from(port.to_string()),
                Value::String(text) => text.clone(),
                value => {
                    let words = format!("{} is not a port", value.kind());
                    self.fault(
                        &trail.item(at),
                        &words,
                        item.origin,
                        "write \"HOST:CONTAINER\" in quotes",
                    );
                    continue;
                }
            };
            match port::parse(&text) {
                Ok(parsed) => {
                    ports.extend(parsed.iter().map(|port| long_port(port, &text, item.origin)));
                }
                Err(_) if self.lenient && item.as_str().is_some() => return None,
                Err(error) => {
                    let help = "write [IP:][HOST:]CONTAINER[/PROTOCOL], ports from 0 to 65535";
                    self.fault(&trail.item(at), &error.to_string(), item.origin, help);
                }
            }
        }
        Some(ports)
    }

    fn external(&mut self, mapping: &mut Mapping, trail: &Trail<'_>) -> Result<(), Diagnostic> {
        let Some(external) = mapping.get("external") else { return Ok(()) };
        let origin = external.origin;
        let Some(inner) = external.as_mapping() else { return Ok(()) };
        let name = inner.get("name").cloned();
        mapping
            .insert(Key { text: "external".into(), origin }, Node::new(Value::Bool(true), origin));
        let Some(name) = name else { return Ok(()) };
        let warning = Diagnostic::warning(format!("{trail}: external.name is deprecated"));
        let warning =
            self.journal.point(warning, name.origin, "").help("write `name:` and `external: true`");
        self.journal.warn(warning);
        match mapping.get("name") {
            Some(known) if !known.value.same(&name.value) => Err(self.refuse(
                trail,
                &format!(
                    "`name` \"{}\" and `external.name` \"{}\" differ",
                    printed(&known.value),
                    printed(&name.value)
                ),
                name.origin,
                "keep `name` alone",
            )),
            Some(_) => Ok(()),
            None => {
                mapping.put("name", name);
                Ok(())
            }
        }
    }
}

fn env_file(node: &mut Node) {
    let origin = node.origin;
    match &mut node.value {
        Value::String(text) => {
            let mut file = Mapping::with_capacity(2);
            file.put("path", Node::string(text.clone(), origin));
            file.put("required", Node::new(Value::Bool(true), origin));
            node.value = Value::Mapping(file);
        }
        Value::Mapping(file) if !file.contains("required") => {
            file.put("required", Node::new(Value::Bool(true), origin));
        }
        _ => {}
    }
}

fn long_port(port: &port::Port, written: &Text, origin: Origin) -> Node {
    let mut mapping = Mapping::with_capacity(5);
    let mut text = |key: &str, value: &str| {
        if !value.is_empty() {
            mapping.put(key, Node::string(written.part(value), origin));
        }
    };
    text("mode", "ingress");
    text("host_ip", &port.host_ip);
    text("published", &port.published);
    text("protocol", &port.protocol);
    // Compose leaves a port of 0 out.
    if port.target != 0 {
        mapping.put("target", Node::new(Value::Int(i64::from(port.target)), origin));
    }
    Node::new(Value::Mapping(mapping), origin)
}

fn long_volume(volume: &volume::Volume, written: &Text, origin: Origin) -> Value {
    let flag = |mapping: &mut Mapping, key: &str, set: bool| {
        if set {
            mapping.put(key, Node::new(Value::Bool(true), origin));
        }
    };
    let text = |mapping: &mut Mapping, key: &str, value: &str| {
        if !value.is_empty() {
            mapping.put(key, Node::string(written.part(value), origin));
        }
    };
    let mut mapping = Mapping::with_capacity(4);
    let kind = if volume.kind == volume::MountSource::Bind { "bind" } else { "volume" };
    text(&mut mapping, "type", kind);
    text(&mut mapping, "source", &volume.source);
    text(&mut mapping, "target", &volume.target);
    flag(&mut mapping, "read_only", volume.read_only);
    if let Some(bind) = &volume.bind {
        let mut options = Mapping::new();
        text(&mut options, "selinux", &bind.selinux);
        text(&mut options, "propagation", &bind.propagation);
        flag(&mut options, "create_host_path", bind.create_host_path);
        mapping.put("bind", Node::new(Value::Mapping(options), origin));
    }
    if let Some(named) = &volume.volume {
        let mut options = Mapping::new();
        flag(&mut options, "nocopy", named.nocopy);
        mapping.put("volume", Node::new(Value::Mapping(options), origin));
    }
    Value::Mapping(mapping)
}

fn long_device(text: &str, origin: Origin) -> Option<Value> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match parts[..] {
        [source] => (source, source, "rwm"),
        [source, target] => (source, target, "rwm"),
        [source, target, permissions] => (source, target, permissions),
        _ => return None,
    };
    let target = if target.is_empty() { source } else { target };
    let mut mapping = Mapping::new();
    for (key, value) in [("source", source), ("target", target), ("permissions", permissions)] {
        mapping.put(key, Node::string(value, origin));
    }
    Some(Value::Mapping(mapping))
}
