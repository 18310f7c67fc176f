//! Names of services, networks and volumes that no file declares: told before anything starts.
//!
//! A scenario that the files judge says so itself. One of the running stack would say so only once
//! the stack is up, and it would have been brought up for nothing.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use camino::Utf8PathBuf;
use indexmap::IndexMap;

use super::declared::load_each;
use crate::{
    compose::Project,
    config::Config,
    diagnostic::Diagnostic,
    features::{Planned, Suite},
    run::Truth,
    steps::{Keyword, Match},
    words::did_you_mean,
};

/// A kind of thing that a sentence names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Service,
    Network,
    Volume,
}

impl Kind {
    /// Of a parameter, by its name.
    fn of(parameter: &str) -> Option<Self> {
        match parameter {
            "service" | "services" => Some(Self::Service),
            "network" | "networks" => Some(Self::Network),
            "volume" => Some(Self::Volume),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Network => "network",
            Self::Volume => "volume",
        }
    }

    /// What the files of a project call so.
    fn known(self, project: &Project) -> BTreeSet<&str> {
        match self {
            Self::Service => {
                let enabled = project.services.keys().map(String::as_str);
                enabled.chain(project.disabled.iter().map(|(name, _)| &**name)).collect()
            }
            Self::Network => project.networks.keys().map(String::as_str).collect(),
            Self::Volume => project.volumes.keys().map(String::as_str).collect(),
        }
    }
}

/// What the scenarios of running stacks name and no file declares, each at its place.
///
/// An environment whose files cannot be read yet is left out: what is wrong there is told elsewhere.
/// `loaded` are environments that have been read before.
pub(super) fn unknown(
    config: &Config,
    suite: &Suite,
    overlays: &[Utf8PathBuf],
    loaded: &IndexMap<String, Arc<Project>>,
) -> Vec<Diagnostic> {
    let asked = || suite.plan.iter().filter(|planned| !planned.truths.contains(&Truth::Declared));
    let names = asked().flat_map(|planned| &planned.environments).map(String::as_str);
    let missing: BTreeSet<&str> = names.filter(|name| !loaded.contains_key(*name)).collect();
    let (mut projects, _) = load_each(config, &missing.into_iter().collect::<Vec<_>>(), overlays);
    projects.extend(loaded.iter().map(|(name, project)| (name.clone(), Arc::clone(project))));
    let found: Vec<Unknown<'_>> = asked().flat_map(|planned| of(planned, &projects)).collect();
    // A stand-in may bring services of its own.
    let stood_in = |environment: &str| {
        let mut files = overlays.to_vec();
        files.extend(config.stand_in_files(environment));
        load_each(config, &[environment], &files).0.shift_remove(environment)
    };
    let mut with_stand_ins: IndexMap<&str, Option<Arc<Project>>> = IndexMap::new();
    let mut told: Vec<Diagnostic> = projects
        .iter()
        .flat_map(|(environment, project)| of_settings(config, environment, project))
        .collect();
    for unknown in found {
        let project = with_stand_ins
            .entry(unknown.environment)
            .or_insert_with(|| stood_in(unknown.environment));
        if !project.as_ref().is_some_and(|project| unknown.is_known(project)) {
            told.push(unknown.told(&projects[unknown.environment]));
        }
    }
    told
}

/// The services that the settings of an environment name and its files do not declare.
fn of_settings(config: &Config, environment: &str, project: &Project) -> Vec<Diagnostic> {
    let Some(settings) = config.environments.get(environment) else { return Vec::new() };
    let web = settings.web.iter().filter_map(|web| web.service.as_deref());
    let web = web.map(|name| (name, ["environments", environment, "web", "service"]));
    let restless = settings.restless.keys().map(String::as_str);
    let restless = restless.map(|name| (name, ["environments", environment, "restless", name]));
    let known = Kind::Service.known(project);
    web.chain(restless)
        .filter(|(name, _)| !known.contains(name))
        .map(|(name, keys)| {
            let title = no_such(Kind::Service, name, environment);
            let help = instead(Kind::Service, name, &known);
            Diagnostic::error(title).or_at(config.named_at(&keys)).help(help)
        })
        .collect()
}

fn no_such(kind: Kind, name: &str, environment: &str) -> String {
    format!("there is no {} \"{name}\" in the {environment} environment", kind.word())
}

fn instead(kind: Kind, name: &str, known: &BTreeSet<&str>) -> String {
    match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.is_empty() => format!("the files declare no {}", kind.word()),
        None => format!(
            "the files declare: {}",
            known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// A name that no file of its environment declares.
struct Unknown<'s> {
    planned: &'s Planned,
    /// The number of its step.
    step: usize,
    environment: &'s str,
    kind: Kind,
    name: &'s str,
}

impl Unknown<'_> {
    fn is_known(&self, project: &Project) -> bool {
        self.kind.known(project).contains(self.name)
    }

    fn told(&self, project: &Project) -> Diagnostic {
        let title = no_such(self.kind, self.name, self.environment);
        let help = instead(self.kind, self.name, &self.kind.known(project));
        let place = self.place();
        Diagnostic::error(title).at(&self.planned.source, place, "named here").help(help)
    }

    /// Where it stands in its line, or the line.
    fn place(&self) -> Range<usize> {
        let Some((_, _, line)) = self.planned.steps.get(self.step) else { return 0..0 };
        let quoted = format!("\"{}\"", self.name);
        let text = self.planned.source.text().get(line.clone()).unwrap_or_default();
        text.find(&quoted)
            .map_or_else(|| line.clone(), |at| line.start + at..line.start + at + quoted.len())
    }
}

/// What a scenario names and its environments do not have.
fn of<'s>(planned: &'s Planned, projects: &IndexMap<String, Arc<Project>>) -> Vec<Unknown<'s>> {
    let mut found = Vec::new();
    let mut there: Option<&str> = None;
    for (step, matched) in planned.matches.iter().enumerate() {
        if let Some(environment) = goes_to(matched) {
            there = Some(environment);
        }
        let Some(environment) = there else { continue };
        let Some(project) = projects.get(environment) else { continue };
        for (kind, name) in named(matched) {
            let unknown = Unknown { planned, step, environment, kind, name };
            // `{name}` stands for what the run finds out, `<name>` for a column of examples.
            if !name.contains(['{', '<']) && !unknown.is_known(project) {
                found.push(unknown);
            }
        }
    }
    found
}

/// The environment that a sentence goes to.
fn goes_to(matched: &Match) -> Option<&str> {
    let at = matched.step.parameters().position(|kind| kind == "environment")?;
    let is_given = matched.step.keyword == Keyword::Given;
    matched.arguments.text(at).ok().filter(|_| is_given)
}

/// What a sentence names.
fn named(matched: &Match) -> Vec<(Kind, &str)> {
    let mut names = Vec::new();
    for (at, parameter) in matched.step.parameters().enumerate() {
        let Some(kind) = Kind::of(parameter) else { continue };
        match matched.arguments.names(at) {
            Ok(several) => names.extend(several.iter().map(|name| (kind, name.as_str()))),
            Err(_) => names.extend(matched.arguments.text(at).ok().map(|name| (kind, name))),
        }
    }
    names
}
