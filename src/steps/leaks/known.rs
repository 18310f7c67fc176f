//! Which values are the secrets of a running stack.

use std::fs;

use crate::{
    compose::{Project, journal::Origin},
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
        let name = file.path().file_name().unwrap_or_default();
        if name.contains(".env") || name.ends_with("env") {
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
fn contents(project: &Project, containers: &[Container], name: &str) -> Result<String, Failure> {
    let secret = project.secrets.get(name);
    let unread = |why: String| {
        let place = project.place_of(name, "").unwrap_or_else(|| format!("secret \"{name}\""));
        Failure::error(format!("read secret \"{name}\", to look for it"), why)
            .place(place)
            .help("make its file readable for whoever runs this, or set its variable")
    };
    if let Some(file) = secret.and_then(|secret| secret.file.as_ref()) {
        let bytes = fs::read(file.as_str()).map_err(|why| unread(why.to_string()))?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    for container in containers.iter().filter(|container| container.pid != 0) {
        let Some(service) = project.services.get(&container.service) else { continue };
        for used in &service.secrets {
            if used.source.as_ref().is_none_or(|source| source.as_str() != name) {
                continue;
            }
            let target = used.target.as_ref().map_or(name, |target| target.as_str());
            let path = if target.starts_with('/') {
                target.to_owned()
            } else {
                format!("/run/secrets/{target}")
            };
            if let Ok(text) = file_of(container, &path) {
                return Ok(text);
            }
        }
    }
    let variable = secret.and_then(|secret| secret.environment.as_ref());
    let value = variable.and_then(|variable| std::env::var(variable.as_str()).ok());
    value.ok_or_else(|| unread("neither a file nor a container has it".into()))
}
