//! Every secret that a project's files say, with where it stands and where it is written.
//!
//! Rules take from this what is theirs; a secret that reaches several services
//! through an anchor or `extends` is told once.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::{
    Context, Secret, SecretKind, find, named, texts, words,
    written::{self, Written},
};
use crate::{
    compose::{
        builds::BuildFile,
        journal::{Journal, Origin, Place},
        tree::{Mapping, Node, Value},
    },
    dockerfile::{Folded, Instruction, Variable},
    policy::Target,
};

/// What a secret stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// `environment`.
    Environment,
    /// `build.args`.
    BuildArgument,
    /// `labels`.
    Label,
    /// `command` or `entrypoint`.
    Command,
    /// `healthcheck.test`.
    HealthCheck,
    /// `content` of a config.
    Config,
    /// The Dockerfile of a build.
    Dockerfile,
    /// Anything else.
    Text,
}

/// How it got there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is written there.
    Literal,
    /// It is the default of a variable.
    Default(String),
    /// A line of an env file says it: the variable, and whether the value came as a whole.
    EnvFile(String),
}

/// A secret that a file says.
#[derive(Debug, Clone)]
pub struct Leak {
    /// What it stands in.
    pub at: Where,
    /// How it got there.
    pub how: How,
    /// What kind it is.
    pub kind: SecretKind,
    /// The service, if it is one's.
    pub service: Option<String>,
    /// The path in the model.
    pub subject: String,
    /// The name of the variable, label or argument; the last key of the path for anything else.
    pub name: String,
    /// Why it is taken for a secret.
    pub why: String,
    /// Whether it is a password that everybody tries first.
    pub well_known: bool,
    /// Where its bytes are written.
    pub place: Place,
    /// Where the value is in the model, with the way it came.
    pub origin: Origin,
}

/// Every secret of a project, in the order of the model; looked for once.
#[must_use]
pub fn leaks(target: &Target) -> &[Leak] {
    target.project.derived.get_or_make(|| scan(target))
}

fn scan(target: &Target) -> Vec<Leak> {
    let mut scan = Scan { journal: target.journal(), found: Vec::new(), known: BTreeSet::new() };
    let tree = &target.project.tree;
    for (name, service) in entries(tree.get("services")) {
        scan.service(name, service);
    }
    for (key, node) in entries(Some(tree)).filter(|(key, _)| &***key != "services") {
        if &**key == "configs" {
            for (name, config) in entries(Some(node)) {
                if let Some(content) = config.get("content") {
                    scan.value(
                        &Spot::of(
                            Where::Config,
                            None,
                            format!("configs.{}.content", &**name),
                            name,
                        ),
                        content,
                    );
                }
            }
        } else {
            scan.rest(None, key.to_string(), key, node, &[]);
        }
    }
    for (name, build) in target.project.dockerfiles() {
        scan.dockerfile(name, build);
    }
    scan.found
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&crate::compose::tree::Key, &Node)> {
    node.and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter)
}

/// What is looked at.
struct Spot<'a> {
    at: Where,
    service: Option<&'a str>,
    subject: String,
    name: &'a str,
}

impl<'a> Spot<'a> {
    fn of(at: Where, service: Option<&'a str>, subject: String, name: &'a str) -> Self {
        Self { at, service, subject, name }
    }
}

struct Scan<'a> {
    journal: &'a Journal,
    found: Vec<Leak>,
    /// Places by path: an env file is read once for each service that names it.
    known: BTreeSet<(Utf8PathBuf, usize, usize)>,
}

impl Scan<'_> {
    fn service(&mut self, name: &str, service: &Node) {
        let below = |path: &[&str]| service.at(path);
        let maps: &[(&[&str], Where)] = &[
            (&["environment"], Where::Environment),
            (&["build", "args"], Where::BuildArgument),
            (&["labels"], Where::Label),
            (&["deploy", "labels"], Where::Label),
            (&["build", "labels"], Where::Label),
        ];
        for (path, at) in maps {
            for (key, node) in entries(below(path)) {
                let subject = format!("services.{name}.{}.{}", path.join("."), &**key);
                self.value(&Spot::of(*at, Some(name), subject, key), node);
            }
        }
        for key in ["command", "entrypoint"] {
            let items = below(&[key]).and_then(Node::as_sequence).unwrap_or_default();
            self.words(
                &Spot::of(Where::Command, Some(name), format!("services.{name}.{key}"), key),
                items,
            );
        }
        let test = below(&["healthcheck", "test"]).and_then(Node::as_sequence).unwrap_or_default();
        let subject = format!("services.{name}.healthcheck.test");
        self.words(
            &Spot::of(Where::HealthCheck, Some(name), subject, "test"),
            test.get(1..).unwrap_or_default(),
        );
        let done = [
            "environment",
            "args",
            "labels",
            "command",
            "entrypoint",
            "healthcheck",
            "dockerfile_inline",
        ];
        self.rest(Some(name), format!("services.{name}"), "", service, &done);
    }

    /// A value under a name.
    fn value(&mut self, spot: &Spot<'_>, node: &Node) {
        let Some(text) = node.as_str() else { return };
        let in_file = spot.at == Where::Config;
        // With a variable in it, a value is no secret by its name alone.
        let by_itself = |text: &str| {
            if in_file { texts::find_in_lines(text) } else { find(text, Context::Variable) }
        };
        let secrets = |text: &str| {
            let found = by_itself(text);
            let by_name = found.is_empty() && !in_file;
            if by_name { named(spot.name, text).into_iter().collect() } else { found }
        };
        for secret in secrets(text) {
            self.note(spot, node.origin, text, &secret, &by_itself);
        }
        // What nobody sets today may be set by nobody tomorrow: defaults count whether they apply or not.
        if let Some(text) = written::with_defaults(self.journal, node.origin, Some(spot.name)) {
            for secret in secrets(&text) {
                self.note(spot, node.origin, &text, &secret, &by_itself);
            }
        }
    }

    /// The words of a command.
    fn words(&mut self, spot: &Spot<'_>, items: &[Node]) {
        let texts: Vec<&str> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
        for (number, secret) in words::find_in_words(&texts) {
            let (Some(text), Some(item)) = (texts.get(number), items.get(number)) else { continue };
            self.note(spot, item.origin, text, &secret, &words::find_in_script);
        }
    }

    /// Everything that has no meaning of its own, down to its strings.
    fn rest(&mut self, service: Option<&str>, path: String, key: &str, node: &Node, done: &[&str]) {
        match &node.value {
            Value::Mapping(mapping) => {
                for (key, node) in mapping.iter().filter(|(key, _)| !done.contains(&&***key)) {
                    self.rest(service, format!("{path}.{}", &**key), key, node, done);
                }
            }
            Value::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.rest(service, format!("{path}[{at}]"), "", item, done);
                }
            }
            Value::String(_) => self.value(&Spot::of(Where::Text, service, path, key), node),
            _ => {}
        }
    }

    fn note(
        &mut self,
        spot: &Spot<'_>,
        origin: Origin,
        text: &str,
        secret: &Secret,
        detect: &dyn Fn(&str) -> Vec<Secret>,
    ) {
        let Some(value) = text.get(secret.span.clone()) else { return };
        let Some(written) = written::of(self.journal, origin, value, detect) else { return };
        let place = written.place();
        let how = match written {
            Written::Literal(_) => How::Literal,
            Written::Default { name, .. } => How::Default(name),
            Written::EnvFile { name, .. } => How::EnvFile(name),
        };
        self.add(spot, how, place, origin, secret);
    }

    fn add(&mut self, spot: &Spot<'_>, how: How, place: Place, origin: Origin, secret: &Secret) {
        let Some(file) = place.file() else { return };
        let span = place.span();
        if !self.known.insert((self.journal.file(file).path().to_owned(), span.start, span.end)) {
            return;
        }
        self.found.push(Leak {
            at: spot.at,
            how,
            kind: secret.kind,
            service: spot.service.map(str::to_owned),
            subject: spot.subject.clone(),
            name: spot.name.to_owned(),
            why: secret.why.clone(),
            well_known: secret.well_known,
            place,
            origin,
        });
    }

    fn dockerfile(&mut self, service: &str, build: &BuildFile) {
        let Ok(file) = &build.dockerfile else { return };
        let all = file.arguments.iter().chain(file.instructions().map(|(_, one)| one));
        for one in all {
            for variable in &one.variables {
                self.variable(service, build, one, variable);
            }
            let spot = |name| {
                Spot::of(
                    Where::Dockerfile,
                    Some(service),
                    format!("services.{service}.build.dockerfile.{name}"),
                    name,
                )
            };
            let line = one.line.text();
            let start = line.len() - one.arguments.text.len();
            if ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"].contains(&one.keyword) {
                if let Some(words) = &one.words {
                    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
                    for (number, secret) in words::find_in_words(&texts) {
                        let origin = build.origin(self.journal, &words[number].span);
                        self.at(
                            &spot(one.keyword),
                            origin,
                            &texts[number][secret.span.clone()],
                            &secret,
                        );
                    }
                } else {
                    for secret in words::find_in_script(&one.arguments.text) {
                        let span = secret.span.start + start..secret.span.end + start;
                        self.folded(&spot(one.keyword), build, &one.line, span, &secret);
                    }
                }
            }
            for document in &one.documents {
                let script = one.keyword == "RUN";
                let found = super::find(
                    document.text(),
                    if script { Context::Script } else { Context::File },
                );
                for secret in found {
                    self.folded(&spot(one.keyword), build, document, secret.span.clone(), &secret);
                }
            }
        }
    }

    fn variable(
        &mut self,
        service: &str,
        build: &BuildFile,
        one: &Instruction,
        variable: &Variable,
    ) {
        let Some(value) = &variable.value else { return };
        let name = variable.name.text.as_str();
        let Some(secret) = super::decide(name, &value.text, Context::Variable) else { return };
        let subject = format!("services.{service}.build.dockerfile.{}.{name}", one.keyword);
        let origin = build.origin(self.journal, &value.span);
        let spot = Spot::of(Where::Dockerfile, Some(service), subject, name);
        self.at(&spot, origin, &value.text[secret.span.clone()], &secret);
    }

    fn folded(
        &mut self,
        spot: &Spot<'_>,
        build: &BuildFile,
        text: &Folded,
        span: crate::source::Span,
        secret: &Secret,
    ) {
        let Some(value) = text.text().get(span.clone()) else { return };
        let origin = build.origin(self.journal, &text.span(span));
        self.at(spot, origin, value, secret);
    }

    /// A secret of a Dockerfile: as exactly as the text allows.
    fn at(&mut self, spot: &Spot<'_>, origin: Origin, value: &str, secret: &Secret) {
        let exact = written::within(self.journal, origin.place, value);
        self.add(spot, How::Literal, exact, origin.inside(exact), secret);
    }
}
