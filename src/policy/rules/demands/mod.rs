//! Rules on what images declare and demand, by the table of [`crate::facts::knowledge`].

mod authentication_off;
mod default_credentials;
mod hostname_in_data;
mod ignored_variable;
mod misplaced_data_volume;
mod missing_variable;
mod published_console;
mod published_debugger;
mod read_only_without_writable_path;
mod refused_variable;

use std::borrow::Cow;

use crate::{
    compose::{
        Project, Service,
        journal::{Origin, Step, VariableOrigin},
    },
    dockerfile::Instruction,
    facts::{
        answers::{
            path,
            ports::{self, Published},
            services,
        },
        knowledge::{self, Fact},
        products,
    },
    policy::{Rule, Target},
};

/// The group's rules.
pub static RULES: &[&Rule] = &[
    &refused_variable::RULE,
    &missing_variable::RULE,
    &ignored_variable::RULE,
    &misplaced_data_volume::RULE,
    &hostname_in_data::RULE,
    &read_only_without_writable_path::RULE,
    &authentication_off::RULE,
    &default_credentials::RULE,
    &published_console::RULE,
    &published_debugger::RULE,
];

/// A container of which the table says something.
struct Known<'a> {
    name: &'a str,
    service: &'a Service,
    rows: &'a [&'static knowledge::Row],
    /// The service whose Dockerfile stands on the image that the table knows, if that is not run itself.
    builder: Option<&'a str>,
    project: &'a Project,
}

fn known(target: &Target) -> impl Iterator<Item = Known<'_>> {
    let project = &target.project;
    let images = knowledge::all(project);
    services::containers(project).filter_map(move |(name, service)| {
        let image = images.get(name)?;
        let (rows, builder) = (image.rows.as_slice(), image.builder.as_deref());
        Some(Known { name, service, rows, builder, project })
    })
}

/// As [`known`], without those that only use a server, as a backup or a check does.
fn servers(target: &Target) -> impl Iterator<Item = Known<'_>> {
    known(target).filter(|known| products::is_server(&known.words()))
}

/// Files that say how a server behaves, by the ends of their names.
const SETTINGS: &[&str] =
    &[".conf", ".cnf", ".cfg", ".ini", ".json", ".properties", ".toml", ".xml", ".yaml", ".yml"];

impl<'a> Known<'a> {
    /// What a variable is set to; nothing where it is empty.
    fn value(&self, variable: &str) -> Option<&'a str> {
        self.service.environment.get(variable)?.as_deref().filter(|value| !value.is_empty())
    }

    /// Whether one of these variables is set.
    fn has(&self, variables: &[&str]) -> bool {
        variables.iter().any(|variable| self.value(variable).is_some())
    }

    /// Whether one of these variables is set here, or elsewhere.
    fn may_have(&self, variables: &[&str]) -> bool {
        self.has_unread_variables()
            || variables
                .iter()
                .any(|name| self.value(name).is_some() || self.is_set_elsewhere(name))
    }

    /// Whether a variable that is empty here may have a value where this is run: it is handed on, or a
    /// variable that is set nowhere, by this process alone or by its own default has a part in it.
    fn is_set_elsewhere(&self, variable: &str) -> bool {
        let Some(value) = self.service.environment.get(variable) else { return false };
        let handed_on = |step: &Step| match step {
            Step::Variable { from, .. } => match from {
                VariableOrigin::EnvFile(place) => self.project.journal.text(*place).contains('$'),
                VariableOrigin::Shell | VariableOrigin::Template | VariableOrigin::Unset => true,
                VariableOrigin::Compose => false,
            },
            _ => false,
        };
        value.value.is_none() || self.steps(value.origin).iter().any(|step| handed_on(step))
    }

    /// Whether an env file that is not there, or names variables without a value, may set more.
    fn has_unread_variables(&self) -> bool {
        let environment = self.project.at(&["services", self.name, "environment"]);
        environment.is_some_and(|environment| {
            self.steps(environment.origin).iter().any(|step| {
                matches!(
                    step,
                    Step::MissingEnvFile { .. }
                        | Step::Variable { from: VariableOrigin::Unset, .. }
                )
            })
        })
    }

    fn steps(&self, origin: Origin) -> Vec<&'a Step> {
        self.project.journal.steps(origin)
    }

    /// What it publishes; nothing where its ports have no effect.
    fn published(&self) -> Vec<Published<'a>> {
        let own = ports::has_effect(self.service) && !self.is_on_host();
        if own { ports::of(self.name, self.service) } else { Vec::new() }
    }

    /// Whether it is in the host's own network.
    fn is_on_host(&self) -> bool {
        ports::host_network(self.project, self.name).is_some()
    }

    /// The words of its own entry point and command.
    fn words(&self) -> Vec<&'a str> {
        let lists = [self.service.entrypoint.as_deref(), self.service.command.as_deref()];
        lists.into_iter().flatten().flatten().map(|word| word.as_str()).collect()
    }

    /// What its Dockerfile does to the image that the table knows.
    fn instructions(&self) -> Vec<&'a Instruction> {
        self.builder.map_or_else(Vec::new, |name| knowledge::instructions(self.project, name))
    }

    /// The paths at which something is mounted.
    fn mounted(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let volumes = self.service.volumes.iter().filter_map(|mount| mount.target.as_ref());
        let tmpfs = self.service.tmpfs.iter();
        let tmpfs = tmpfs.map(|entry| entry.split_once(':').map_or(entry.as_str(), |(at, _)| at));
        let configs = self.service.configs.iter().map(|config| path::of_config(config));
        let paths = volumes.map(|path| path.as_str()).chain(tmpfs).map(Cow::Borrowed);
        paths.chain(configs.map(Cow::Owned))
    }

    /// Whether a file of settings of the project's own may say otherwise.
    fn has_settings(&self) -> bool {
        let is_file = |text: &str| SETTINGS.iter().any(|end| text.ends_with(end));
        let is_folder = |at: &str| {
            let mut parts = at.split('/');
            parts.any(|part| matches!(part, "conf" | "config" | "conf.d" | "config.d" | "users.d"))
        };
        let copies = ["COPY", "ADD"];
        self.words().iter().any(|word| is_file(word) || word.starts_with("--config"))
            || self.mounted().any(|at| is_file(&at) || is_folder(&at))
            || self.instructions().iter().any(|one| {
                let mut words = one.arguments.text.split_whitespace();
                copies.contains(&one.keyword) && words.any(|word| is_file(word) || is_folder(word))
            })
    }

    /// Whether the project has put something in place of the file of settings that the table names.
    fn has_named_settings(&self) -> bool {
        self.rows.iter().any(|row| {
            let Fact::Settings(file) = row.fact else { return false };
            let name = file.rsplit('/').next().unwrap_or(file);
            let folder = file.strip_suffix(name).unwrap_or(file).trim_end_matches('/');
            self.mounted().any(|at| path::is_within(file, &at))
                || self.words().iter().any(|word| word.contains(name))
                || self.instructions().iter().any(|one| {
                    let text = &one.arguments.text;
                    let whole = |word: &str| word.trim_end_matches('/') == folder;
                    text.contains(name) || text.split_whitespace().any(whole)
                })
        })
    }

    /// Whether an entry point of the project's own stands before the image's.
    fn has_own_entrypoint(&self) -> bool {
        let own =
            self.service.entrypoint.as_deref().is_some_and(|words| {
                !words.iter().any(|word| word.contains("docker-entrypoint.sh"))
            });
        own || self.instructions().iter().any(|one| one.keyword == "ENTRYPOINT")
    }
}
