//! The Compose model: what the files say, merged and interpolated.
//!
//! [`load`] is the one way from files to a [`Project`]: no engine, no program, only files.
//! How it works is in `docs/loader.md`; the phases stand in order in `load.rs` and `project.rs`.

mod annotate;
pub mod attributes;
pub mod builds;
mod canonical;
mod command;
mod consistency;
mod defaults;
pub mod dotenv;
mod env_files;
mod extends;
mod host_ports;
pub mod idle;
mod include;
mod interpolate;
pub mod journal;
mod load;
mod mapping;
mod merge;
mod model;
mod normalize;
pub mod outer;
mod path;
pub mod project;
mod refused;
mod relative;
pub mod request;
mod resolve;
mod schema;
pub mod select;
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
        Build, Dependency, Deploy, FileObject, FileUse, HealthCheck, Limit, Limits, Located,
        Logging, NetworkUse, Port, Project, Resource, Resources, RestartPolicy, Service, VolumeUse,
        health_command,
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
        named_at: environment
            .named_at
            .iter()
            .map(|(file, at)| (config.path(file), at.clone()))
            .collect(),
        profiles: environment.profiles.clone(),
        project: None,
        home: config.root.clone(),
        named: more_files.iter().filter(|file| !config.is_stand_in(file)).cloned().collect(),
        seen_at: Vec::new(),
        covered: false,
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

/// Loads an environment's model.
///
/// # Errors
/// [`ComposeError::Files`] with everything that is wrong with the files.
pub fn load(invocation: &Invocation) -> Result<Project, ComposeError> {
    load_with(invocation, Vec::new())
}

/// Loads an environment's model as the repository has it: what its preparation makes of other
/// files (`made_from`) is read from these, so that the answer is the same on every machine.
///
/// # Errors
/// As [`load`].
pub fn load_declared(
    config: &Config,
    environment: &Environment,
    invocation: &Invocation,
) -> Result<Project, ComposeError> {
    let here = current_folder()?;
    let full = |path: &Utf8Path| values::path::clean(here.join(config.path(path)).as_str());
    let made_from = environment.made_from.iter();
    load_with(invocation, made_from.map(|(made, from)| (full(made), full(from))).collect())
}

/// Loads the model with the services of every profile, without their env files: what a call of
/// Compose might ever start.
///
/// # Errors
/// As [`load`].
pub fn load_all(invocation: &Invocation) -> Result<Project, ComposeError> {
    let mut request = request_from(&current_folder()?);
    invocation.fill(&mut request);
    request.profiles = vec!["*".into()];
    Ok(project::load(&request, project::Depth::WithoutEnvFiles)?.into())
}

fn current_folder() -> Result<Utf8PathBuf, ComposeError> {
    let here = std::env::current_dir().map_err(ComposeError::Folder)?;
    Ok(Utf8PathBuf::from_path_buf(here)
        .unwrap_or_else(|path| path.to_string_lossy().into_owned().into()))
}

fn load_with(
    invocation: &Invocation,
    made_from: Vec<(String, String)>,
) -> Result<Project, ComposeError> {
    let mut request = request_from(&current_folder()?);
    invocation.fill(&mut request);
    request.made_from = made_from;
    Ok(project::load(&request, project::Depth::Whole)?.into())
}
