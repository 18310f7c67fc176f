//! The Compose model: what the files say, merged and interpolated.
//!
//! [`load`] is the one way to a [`Project`]. It asks `docker compose config`,
//! the reference implementation of the Compose specification; nothing else in
//! the program knows where the model comes from.

mod annotate;
mod canonical;
mod command;
mod consistency;
mod defaults;
pub mod dotenv;
mod env_files;
mod extends;
mod include;
mod interpolate;
pub mod journal;
mod load;
mod merge;
mod model;
mod normalize;
mod path;
pub mod project;
mod relative;
pub mod request;
mod resolve;
mod schema;
pub mod shape;
pub mod template;
pub mod tree;
mod unique;
pub mod values;
mod variables;
mod walk;
pub mod yaml;

use camino::{Utf8Path, Utf8PathBuf};

pub use self::{
    command::{ComposeError, Invocation, install_engine},
    model::{
        Build, Dependency, Deploy, HealthCheck, NetworkUse, Port, Project, Resource, Service,
        VolumeUse, health_command,
    },
};
use crate::config::{Config, Environment};

/// Everything that `docker compose` needs to find an environment's model.
#[must_use]
pub fn invocation(
    config: &Config,
    environment: &Environment,
    more_files: &[Utf8PathBuf],
) -> Invocation {
    let files = environment.files.iter().map(|file| config.path(file)).collect::<Vec<_>>();
    let directory = environment.project_directory.as_deref().map_or_else(
        || files[0].parent().unwrap_or(Utf8Path::new(".")).to_owned(),
        |folder| config.path(folder),
    );
    Invocation {
        directory,
        files: files.into_iter().chain(more_files.iter().cloned()).collect(),
        env_files: environment.env_files.iter().map(|file| config.path(file)).collect(),
        profiles: environment.profiles.clone(),
        project: None,
    }
}

/// A request for the model of a folder, in the environment of this process.
#[must_use]
pub fn request_from(directory: &Utf8Path) -> request::Request {
    let environment = std::env::vars_os()
        .map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        })
        .collect();
    request::Request {
        directory: directory.to_string(),
        environment,
        ..request::Request::default()
    }
}

/// Reads an environment's model.
///
/// # Errors
/// [`ComposeError`] with Compose's own words when it refuses the files.
pub async fn load(invocation: &Invocation) -> Result<Project, ComposeError> {
    let output = invocation.output(&["config", "--format", "json"]).await?;
    serde_json::from_slice(&output).map_err(ComposeError::Model)
}

/// Where a service's key is written, as `file:line`: the last file that sets it wins.
/// An empty key means the service itself.
///
/// Compose's own model has no places; this looks the key up in the files as they are written.
#[must_use]
pub fn place_of(files: &[Utf8PathBuf], service: &str, key: &str) -> Option<String> {
    files.iter().rev().find_map(|file| {
        let text = std::fs::read_to_string(file).ok()?;
        Some(format!("{file}:{}", line_of(&text, service, key)?))
    })
}

/// The line, from 1, of `services.<service>.<key>` in block style.
fn line_of(text: &str, service: &str, key: &str) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_key = |line: &str, name: &str| {
        let line = line.trim_start();
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'))
    };
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.find(|(_, line)| *line == "services:")?;
    let (at, head) = lines
        .by_ref()
        .take_while(|(_, line)| indent(line) > 0)
        .find(|(_, line)| is_key(line, service))?;
    if key.is_empty() {
        return Some(at + 1);
    }
    let (at, _) = lines
        .take_while(|(_, line)| indent(line) > indent(head))
        .find(|(_, line)| is_key(line, key))?;
    Some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_key_is_that_of_its_own_service() {
        let text = "x: 1\nservices:\n  app:\n    image: a\n  # db:\n  db:\n    image: b\n    ports:\n      - 1\nnetworks:\n  db: {}\n";
        assert_eq!(line_of(text, "db", "ports"), Some(8));
        assert_eq!(line_of(text, "db", ""), Some(6));
        assert_eq!(line_of(text, "app", "ports"), None);
        assert_eq!(line_of(text, "web", ""), None);
    }
}
