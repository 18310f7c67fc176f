//! Phase: checks that the parts of a decoded model fit together.
//!
//! What compose-go checks after loading: references to networks, volumes,
//! secrets, configs, models and services; values that exclude each other;
//! mounts at the same path; circles of dependencies; container names.

use std::collections::HashMap;

use super::{
    journal::{Journal, Origin},
    tree::{Key, Mapping, Node, Value},
};
use crate::{
    diagnostic::{Code, Diagnostic},
    words,
};

/// Everything that does not fit, in the order of the services.
///
/// `services` are those whose profiles are enabled, `disabled` the others.
#[must_use]
pub fn check(model: &Mapping, disabled: &Mapping, journal: &Journal) -> Vec<Diagnostic> {
    let mut check = Check { model, disabled, journal, found: Vec::new() };
    for (name, service) in check.section("services") {
        if let Some(mapping) = service.as_mapping() {
            check.service(name, mapping);
        }
    }
    for (name, secret) in check.section("secrets") {
        let says = |key: &str| {
            secret.get(key).is_some_and(|node| !node.is_null() && node.as_str() != Some(""))
        };
        let external =
            matches!(secret.get("external").map(|node| &node.value), Some(Value::Bool(true)));
        if !external && !says("file") && !says("environment") {
            let title = format!("secrets.{}: nothing says where its content is", name.text);
            check.tell(title, name.origin, "add `file:` or `environment:`, or `external: true`");
        }
    }
    check.circles();
    check.found
}

/// Container names that two services share; `docker compose config` checks them when it prints the model.
#[must_use]
pub fn container_names<'a>(
    services: impl Iterator<Item = (&'a Key, &'a Node)>,
    journal: &Journal,
) -> Vec<Diagnostic> {
    let none = Mapping::new();
    let mut check = Check { model: &none, disabled: &none, journal, found: Vec::new() };
    check.container_names(services);
    check.found
}

struct Check<'a> {
    model: &'a Mapping,
    disabled: &'a Mapping,
    journal: &'a Journal,
    found: Vec<Diagnostic>,
}

impl<'a> Check<'a> {
    fn section(&self, name: &str) -> Vec<(&'a Key, &'a Node)> {
        let section = self.model.get(name).and_then(Node::as_mapping);
        section.map(|section| section.iter().collect()).unwrap_or_default()
    }

    /// The names that a message may tell: not those of files outside the repository.
    fn tellable<'k>(&self, known: &'k [(&'a Key, &'a Node)]) -> impl Iterator<Item = &'k str> {
        let journal = self.journal;
        let known = known.iter().filter(move |(key, _)| !journal.is_outside(key.origin));
        known.map(|(key, _)| &*key.text)
    }

    fn has(&self, section: &str, name: &str) -> bool {
        self.model
            .get(section)
            .and_then(Node::as_mapping)
            .is_some_and(|section| section.contains(name))
    }

    fn tell(&mut self, title: String, origin: Origin, help: impl Into<String>) {
        let diagnostic = self.journal.point(Diagnostic::error(title), origin, "");
        self.found.push(diagnostic.help(help));
    }

    /// Says of what was told last what it is about.
    fn mark(&mut self, code: Code) {
        if let Some(told) = self.found.last_mut() {
            told.code = Some(code);
        }
    }

    fn undefined(&mut self, service: &str, kind: &str, section: &str, name: &str, origin: Origin) {
        let known = self.section(section);
        let close = words::did_you_mean(name, self.tellable(&known));
        let help = match close {
            Some(close) => format!("did you mean \"{close}\"?"),
            None => format!("declare it under `{section}:`, or remove it here"),
        };
        self.tell(
            format!("service \"{service}\" refers to undefined {kind} \"{name}\""),
            origin,
            help,
        );
        if close.is_none() {
            self.mark(Code::Undeclared);
        }
    }

    fn service(&mut self, key: &'a Key, service: &'a Mapping) {
        let name = &*key.text;
        let present = |attribute: &str| service.get(attribute).filter(|node| !node.is_null());
        let image = present("image").is_some_and(|node| node.as_str() != Some(""));
        if !image && present("build").is_none() && present("provider").is_none() {
            let title = format!("service \"{name}\" has neither an image nor a build");
            self.tell(title, key.origin, "add `image:` or `build:`");
            self.mark(Code::NoImage);
        }
        if let Some(build) = present("build") {
            self.build(name, build, service);
        }
        self.networks(name, service);
        if let Some(test) = present("healthcheck").and_then(|check| check.get("test"))
            && let Some(first) = test.as_sequence().and_then(<[Node]>::first)
            && !matches!(first.as_str(), Some("CMD" | "CMD-SHELL" | "NONE"))
        {
            let title =
                format!("services.{name}.healthcheck.test must start with CMD, CMD-SHELL or NONE");
            self.tell(title, first.origin, "write [\"CMD\", …], or the command as one string");
        }
        self.dependencies(name, service);
        self.references(name, service);
        self.limits(name, service);
        self.watches(name, service);
        self.mounts(name, service);
    }

    fn build(&mut self, name: &str, build: &Node, service: &Mapping) {
        let text = |node: &'a Node| node.as_str().filter(|text| !text.is_empty());
        let inline = build.get("dockerfile_inline").filter(|node| node.as_str() != Some(""));
        if let (Some(inline), Some(_)) =
            (inline, build.get("dockerfile").filter(|node| node.as_str() != Some("")))
        {
            let title = format!(
                "services.{name}.build: dockerfile and dockerfile_inline exclude each other"
            );
            self.tell(title, inline.origin, "keep one of them");
        }
        let contexts = build.get("additional_contexts").and_then(Node::as_mapping);
        for (context, node) in contexts.into_iter().flat_map(Mapping::iter) {
            let Some(other) = node.as_str().and_then(|text| text.strip_prefix("service:")) else {
                continue;
            };
            match self.section("services").iter().find(|(key, _)| &*key.text == other) {
                None => self.undefined(name, "service", "services", other, node.origin),
                Some((_, service)) if service.get("build").is_none_or(Node::is_null) => {
                    let title = format!(
                        "services.{name}.build.additional_contexts.{}: service \"{other}\" is not built",
                        context.text
                    );
                    self.tell(title, node.origin, "name a service that has `build:`");
                }
                Some(_) => {}
            }
        }
        let platforms = build.get("platforms").and_then(Node::as_sequence).unwrap_or_default();
        let platform = self
            .section("services")
            .iter()
            .find(|(key, _)| &*key.text == name)
            .and_then(|(_, node)| text(node.get("platform")?));
        let _ = service;
        if let Some(platform) = platform
            && !platforms.is_empty()
            && !platforms.iter().any(|node| node.as_str() == Some(platform))
        {
            let title = format!(
                "services.{name}.build.platforms must include the service's platform \"{platform}\""
            );
            self.tell(title, platforms[0].origin, "add it to the list");
        }
        for secret in build.get("secrets").and_then(Node::as_sequence).unwrap_or_default() {
            self.source(name, "build secret", "secrets", secret);
        }
    }

    /// A config or secret that a service uses.
    fn source(&mut self, name: &str, kind: &str, section: &str, node: &Node) {
        let source = node.get("source").and_then(Node::as_str).unwrap_or_default();
        if !self.has(section, source) {
            self.undefined(name, kind, section, source, node.origin);
        }
    }

    fn networks(&mut self, name: &str, service: &'a Mapping) {
        let networks = service.get("networks").and_then(Node::as_mapping);
        let mode = service
            .get("network_mode")
            .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()));
        if let (Some(mode), Some(networks)) = (mode, networks)
            && !networks.is_empty()
        {
            let title = format!("service \"{name}\": network_mode and networks exclude each other");
            self.tell(title, mode.origin, "keep one of them");
        }
        for (network, _) in networks.into_iter().flat_map(Mapping::iter) {
            if !self.has("networks", network) {
                self.undefined(name, "network", "networks", network, network.origin);
            }
        }
        if let Some(mode) = mode
            && let Some(other) = mode.as_str().and_then(|text| text.strip_prefix("service:"))
            && !self.has("services", other)
        {
            self.undefined(name, "service", "services", other, mode.origin);
        }
    }

    fn dependencies(&mut self, name: &str, service: &'a Mapping) {
        let dependencies = service.get("depends_on").and_then(Node::as_mapping);
        for (other, node) in dependencies.into_iter().flat_map(Mapping::iter) {
            if self.has("services", other) {
                continue;
            }
            let required =
                matches!(node.get("required").map(|node| &node.value), Some(Value::Bool(true)));
            match self.disabled.get(other) {
                Some(_) if !required => {}
                Some(disabled) => {
                    let profiles =
                        disabled.get("profiles").and_then(Node::as_sequence).unwrap_or_default();
                    let profiles: Vec<_> = profiles
                        .iter()
                        .filter(|profile| !self.journal.is_outside(profile.origin))
                        .filter_map(Node::as_str)
                        .collect();
                    let title = format!(
                        "service \"{name}\" depends on undefined service \"{}\": it is disabled",
                        other.text
                    );
                    let help = format!(
                        "enable it with --profile {}, or write `required: false`",
                        profiles.join(" or --profile ")
                    );
                    self.tell(title, other.origin, help);
                }
                None => {
                    let known = self.section("services");
                    let close = words::did_you_mean(other, self.tellable(&known));
                    let help = close.map_or_else(
                        || "name a service of the project".to_owned(),
                        |close| format!("did you mean \"{close}\"?"),
                    );
                    let title = format!(
                        "service \"{name}\" depends on undefined service \"{}\"",
                        other.text
                    );
                    self.tell(title, other.origin, help);
                    if close.is_none() {
                        self.mark(Code::Undeclared);
                    }
                }
            }
        }
    }

    fn references(&mut self, name: &str, service: &'a Mapping) {
        let list = |key: &str| service.get(key).and_then(Node::as_sequence).unwrap_or_default();
        for volume in list("volumes") {
            let source = volume.get("source").filter(|node| node.as_str() != Some(""));
            let named = volume.get("type").and_then(Node::as_str) == Some("volume");
            if let Some(source) = source.filter(|_| named) {
                let text = source.as_str().unwrap_or_default();
                if !self.has("volumes", text) {
                    self.undefined(name, "volume", "volumes", text, source.origin);
                }
            }
        }
        for config in list("configs") {
            self.source(name, "config", "configs", config);
        }
        let models = service.get("models").and_then(Node::as_mapping);
        for (model, _) in models.into_iter().flat_map(Mapping::iter) {
            if !self.has("models", model) {
                self.undefined(name, "model", "models", model, model.origin);
            }
        }
        for secret in list("secrets") {
            self.source(name, "secret", "secrets", secret);
        }
    }

    fn limits(&mut self, name: &str, service: &'a Mapping) {
        let deploy = service.get("deploy").filter(|node| !node.is_null());
        let whole = |node: Option<&Node>| match node.map(|node| &node.value) {
            Some(Value::Int(value)) => Some(*value),
            _ => None,
        };
        let scale = whole(service.get("scale"));
        let replicas = whole(deploy.and_then(|deploy| deploy.get("replicas")));
        let at = |path: &[&str]| match path {
            [first, rest @ ..] => service.get(first).and_then(|node| node.at(rest)),
            [] => None,
        };
        let origin = |path: &[&str]| at(path).map_or(Origin::IMPLIED, |node| node.origin);
        if let (Some(scale), Some(replicas)) = (scale, replicas)
            && scale != replicas
        {
            let title =
                format!("services.{name}: scale ({scale}) and deploy.replicas ({replicas}) differ");
            self.tell(title, origin(&["scale"]), "keep one of them");
        }
        for (path, value) in [(&["scale"][..], scale), (&["deploy", "replicas"][..], replicas)] {
            if value.is_some_and(|value| value < 0) {
                let title = format!(
                    "services.{name}.{} must be greater than or equal to 0",
                    path.join(".")
                );
                self.tell(title, origin(path), "write 0 or more");
            }
        }
        for (own, section, theirs) in [
            ("cpus", "limits", "cpus"),
            ("mem_limit", "limits", "memory"),
            ("mem_reservation", "reservations", "memory"),
            ("pids_limit", "limits", "pids"),
        ] {
            let Some(resources) = deploy.and_then(|deploy| deploy.at(&["resources", section]))
            else {
                continue;
            };
            let number = |node: Option<&Node>| as_number(node.map(|node| &node.value));
            let mine = number(service.get(own));
            if mine != 0.0
                && !resources.is_null()
                && mine.to_bits() != number(resources.get(theirs)).to_bits()
            {
                let title = format!(
                    "services.{name}: {own} and deploy.resources.{section}.{theirs} differ"
                );
                self.tell(title, origin(&[own]), "write the same value, or keep one of them");
            }
        }
        let copies = scale.or(replicas).unwrap_or(1);
        let container = service
            .get("container_name")
            .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()));
        if let Some(container) = container.filter(|_| copies > 1) {
            let title = format!(
                "services.{name}: container_name with {copies} replicas: a container's name must be unique"
            );
            self.tell(title, container.origin, "remove container_name, or run one replica");
        }
    }

    fn watches(&mut self, name: &str, service: &'a Mapping) {
        let watches = service.get("develop").and_then(|develop| develop.get("watch"));
        for watch in watches.and_then(Node::as_sequence).unwrap_or_default() {
            let text = |key: &str| watch.get(key).and_then(Node::as_str).unwrap_or_default();
            if text("target").is_empty() && !matches!(text("action"), "rebuild" | "restart") {
                let title = format!(
                    "services.{name}.develop.watch: the action \"{}\" needs a target",
                    text("action")
                );
                self.tell(title, watch.origin, "add `target:`, the path in the container");
            }
        }
    }

    fn mounts(&mut self, name: &str, service: &'a Mapping) {
        let list = |key: &str| service.get(key).and_then(Node::as_sequence).unwrap_or_default();
        let tmpfs = list("tmpfs").iter().filter_map(|node| {
            let text = node.as_str()?;
            Some((text.split(':').next().unwrap_or_default(), node.origin))
        });
        let volumes = list("volumes").iter().map(|node| {
            let target = node.get("target").and_then(Node::as_str).unwrap_or_default();
            (target, node.origin)
        });
        let mut known: HashMap<&str, Origin> = HashMap::new();
        let mut again = Vec::new();
        for (target, origin) in tmpfs.chain(volumes) {
            match known.get(target) {
                Some(first) => again.push((target, origin, *first)),
                None => {
                    known.insert(target, origin);
                }
            }
        }
        for (target, origin, first) in again {
            let title = format!("service \"{name}\" mounts two things at {target}");
            let diagnostic = self.journal.point(Diagnostic::error(title), origin, "the second");
            let diagnostic = match first.place.file() {
                Some(file) => {
                    diagnostic.at(self.journal.file(file), first.place.span(), "the first")
                }
                None => diagnostic,
            };
            self.found.push(diagnostic.help("give one of them another path"));
        }
    }

    /// Circles in `depends_on`, each told once.
    fn circles(&mut self) {
        let services = self.section("services");
        let edges: HashMap<&str, Vec<&Key>> = services
            .iter()
            .filter_map(|(key, service)| {
                // What waits for nothing is in no circle.
                let below = service.get("depends_on").and_then(Node::as_mapping);
                let below = below.filter(|below| !below.is_empty())?;
                Some((&*key.text, below.iter().map(|(key, _)| key).collect()))
            })
            .collect();
        let mut done: HashMap<&str, bool> = HashMap::new();
        for (start, _) in &services {
            let mut path: Vec<(&str, usize)> = Vec::new();
            if done.contains_key(&*start.text) || !edges.contains_key(&*start.text) {
                continue;
            }
            path.push((&start.text, 0));
            done.insert(&start.text, false);
            while let Some((at, next)) = path.last_mut() {
                let Some(other) = edges.get(at).and_then(|edges| edges.get(*next)) else {
                    done.insert(at, true);
                    path.pop();
                    continue;
                };
                *next += 1;
                match done.get(&*other.text) {
                    None if edges.contains_key(&*other.text) => {
                        done.insert(&other.text, false);
                        path.push((&other.text, 0));
                    }
                    Some(false) => {
                        let from =
                            path.iter().position(|(name, _)| *name == &*other.text).unwrap_or(0);
                        let names: Vec<_> = path[from..]
                            .iter()
                            .map(|(name, _)| *name)
                            .chain([&*other.text])
                            .collect();
                        let title = format!(
                            "services depend on each other in a circle: {}",
                            names.join(" → ")
                        );
                        self.tell(title, other.origin, "take one dependency out of the circle");
                    }
                    _ => {}
                }
            }
        }
    }

    fn container_names<'s>(&mut self, services: impl Iterator<Item = (&'s Key, &'s Node)>) {
        let mut known: HashMap<&str, &Key> = HashMap::new();
        for (key, service) in services {
            let Some(node) = service.get("container_name") else { continue };
            let Some(text) = node.as_str().filter(|text| !text.is_empty()) else { continue };
            if let Some(first) = known.insert(text, key) {
                let title = format!(
                    "services \"{}\" and \"{}\" have the same container_name \"{text}\"",
                    first.text, key.text
                );
                self.tell(title, node.origin, "give each container a name of its own, or none");
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "limits are far below 2^52")]
fn as_number(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::Int(value)) => *value as f64,
        Some(Value::Float(value)) => *value,
        _ => 0.0,
    }
}
