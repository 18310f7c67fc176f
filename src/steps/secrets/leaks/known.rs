//! Which values are the secrets of a running stack.

use std::fs;

use crate::{
    compose::{Project, journal::Origin},
    facts::answers::{
        env_file, path,
        secret::{
            names::{Strength, strength},
            values::tells_nothing,
        },
    },
    policy::secret::{Context, decide, find},
    probe::{credentials::file_of, search::Secret},
    run::Failure,
    stack::engine::Container,
};

/// A secret, and where the files speak of it.
pub(super) struct Known {
    pub secret: Secret,
    pub origin: Option<Origin>,
}

/// Every secret of a stack, each value once: what `secrets:` names, and what is secret by its name
/// in the environment of services and in env files. Besides, which of them could not be read.
pub(super) fn all(project: &Project, containers: &[Container]) -> (Vec<Known>, Vec<Failure>) {
    let mut unread = Vec::new();
    let mut secrets: Vec<Known> = Vec::new();
    let mut add = |name: String, value: &str, origin: Option<Origin>| {
        let value = value.trim();
        if !value.is_empty() && !secrets.iter().any(|known| known.secret.value == value) {
            let secret = Secret { name, value: value.to_owned() };
            let origin = origin.filter(|origin| origin.place.file().is_some());
            secrets.push(Known { secret, origin });
        }
    };
    for (name, declared) in &project.secrets {
        let text = match contents(project, containers, name) {
            Ok(text) => text,
            Err(why) => {
                unread.push(why);
                continue;
            }
        };
        add(name.clone(), &text, Some(declared.origin));
        // A file may hold more than the password alone: a line of a configuration, an address.
        for inner in find(&text, Context::File) {
            let value = text.get(inner.span).unwrap_or_default();
            add(name.clone(), value, Some(declared.origin));
        }
    }
    for (service, definition) in &project.services {
        for (variable, value) in &definition.environment {
            let origin = value.origin;
            let value = value.value.as_deref().unwrap_or_default();
            if let Some(secret) = decide(variable, value, Context::Variable) {
                let value = value.get(secret.span).unwrap_or_default();
                add(format!("{variable} of {service}"), value, Some(origin));
            }
        }
    }
    for file in project.journal.files() {
        if env_file::is_one(file.path()) {
            // What a line says is not always what it comes to: quotes, escapes, other lines.
            for set in env_file::all(file.text(), &|_| None).unwrap_or_default() {
                let line = file.place(set.span.start).line;
                if let Some(secret) = decide(&set.name, &set.value, Context::Variable) {
                    let value = set.value.get(secret.span).unwrap_or_default();
                    add(format!("line {line} of {}", file.path()), value, None);
                }
            }
            for secret in find(file.text(), Context::File) {
                let line = file.place(secret.span.start).line;
                let value = file.text().get(secret.span).unwrap_or_default();
                add(format!("line {line} of {}", file.path()), value, None);
            }
        }
    }
    (secrets, unread)
}

/// What a secret says: its file, else what the containers that were given it see.
/// Values of variables that are secret by their names, and that look as if they should be replaced before
/// they are used: no finding, and not to be shown all the same.
pub(super) fn named(project: &Project) -> Vec<Secret> {
    let hidden = |variable: &str, value: &str| {
        let is_credential = strength(variable).is_some_and(|strength| strength > Strength::Key);
        (is_credential && !tells_nothing(value)).then(|| value.trim().to_owned())
    };
    let mut secrets = Vec::new();
    for (service, definition) in &project.services {
        for (variable, value) in &definition.environment {
            let value = hidden(variable, value.value.as_deref().unwrap_or_default());
            secrets.extend(
                value.map(|value| Secret { name: format!("{variable} of {service}"), value }),
            );
        }
    }
    for file in project.journal.files().iter().filter(|file| env_file::is_one(file.path())) {
        for set in env_file::all(file.text(), &|_| None).unwrap_or_default() {
            let line = file.place(set.span.start).line;
            let name = || format!("line {line} of {}", file.path());
            secrets
                .extend(hidden(&set.name, &set.value).map(|value| Secret { name: name(), value }));
        }
    }
    secrets
}

fn contents(project: &Project, containers: &[Container], name: &str) -> Result<String, Failure> {
    let secret = project.secrets.get(name);
    let unread = |why: String| {
        let place = project.place_of(name, "").unwrap_or_else(|| format!("secret \"{name}\""));
        Failure::undecided(format!("read secret \"{name}\", to look for it"), why)
            .place(place)
            .help("make its file readable for whoever runs this, or set its variable")
    };
    if let Some(file) = secret.and_then(|secret| secret.file.as_ref()) {
        let bytes = fs::read(file.as_str()).map_err(|why| unread(why.to_string()))?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let mut refused = None;
    for container in containers.iter().filter(|container| container.pid != 0) {
        let Some(service) = project.services.get(&container.service) else { continue };
        for used in &service.secrets {
            if used.source.as_ref().is_none_or(|source| source.as_str() != name) {
                continue;
            }
            match file_of(container, &path::of_secret(used)) {
                Ok(text) => return Ok(text),
                Err(why) => refused = Some(format!("{}: {why}", container.name)),
            }
        }
    }
    let variable = secret.and_then(|secret| secret.environment.as_ref());
    let value = variable.and_then(|variable| std::env::var(variable.as_str()).ok());
    let why = refused.unwrap_or_else(|| "neither a file nor a container has it".into());
    value.ok_or_else(|| unread(why))
}
