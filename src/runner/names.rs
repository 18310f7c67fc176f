//! Names of services, networks and volumes that no file declares: told before anything starts.
//!
//! A scenario that the files judge says so itself. One of the running stack would say so only once
//! the stack is up: it fails here instead, and a stack of which no other scenario speaks is not
//! brought up for nothing.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use camino::Utf8PathBuf;
use indexmap::IndexMap;

use super::{blank::blank, declared::load_each, early::Early};
use crate::{
    compose::Project,
    config::Config,
    diagnostic::Diagnostic,
    features::{Planned, Suite},
    run::{Failure, Outcome, ScenarioRun, Truth},
    steps::{Keyword, Match},
    words::{did_you_mean, quoted_list},
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

    /// What the files of a project call so, whether anything uses it or not.
    fn known(self, project: &Project) -> BTreeSet<&str> {
        let unused = |section: &'static str| {
            let dropped = project.journal.dropped().iter();
            dropped.filter(move |dropped| dropped.section == section).map(|dropped| &*dropped.name)
        };
        match self {
            Self::Service => {
                let enabled = project.services.keys().map(String::as_str);
                enabled.chain(project.disabled.iter().map(|(name, _)| &**name)).collect()
            }
            Self::Network => {
                project.networks.keys().map(String::as_str).chain(unused("networks")).collect()
            }
            Self::Volume => {
                project.volumes.keys().map(String::as_str).chain(unused("volumes")).collect()
            }
        }
    }
}

/// What is named and no file declares.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    /// By the settings, each at its place.
    pub settings: Vec<Diagnostic>,
    /// The scenarios of running stacks that name such things. They failed, and need no stack.
    pub scenarios: Vec<ScenarioRun>,
}

impl Unknown {
    /// The part of a plan that is left to be run.
    pub(super) fn left(&self, plan: &[Planned]) -> Vec<Planned> {
        let failed: HashSet<String> = self.scenarios.iter().map(ScenarioRun::place).collect();
        plan.iter().filter(|planned| !failed.contains(&planned.place())).cloned().collect()
    }

    /// What the files tell of a plan, each scenario by one truth; and the scenarios of which they tell
    /// nothing.
    pub(super) fn by_files(&self, plan: &[Planned]) -> (Vec<Planned>, Vec<ScenarioRun>) {
        let failed: HashSet<String> = self.scenarios.iter().map(ScenarioRun::place).collect();
        let (mut told, mut untold) = (Vec::new(), Vec::new());
        for planned in plan {
            let truth = if planned.truths.contains(&Truth::Declared) {
                Truth::Declared
            } else if failed.contains(&planned.place()) {
                Truth::Observed
            } else {
                untold.push(blank(planned, Truth::Observed));
                continue;
            };
            told.push(Planned { truths: vec![truth], ..planned.clone() });
        }
        (told, untold)
    }
}

/// What the settings and the scenarios of running stacks name and no file declares.
///
/// An environment whose files cannot be read yet is left out: what is wrong there is told elsewhere.
/// `loaded` are environments that have been read before, and `early` those of the same overlays.
pub(super) fn unknown(
    config: &Config,
    suite: &Suite,
    overlays: &[Utf8PathBuf],
    loaded: &IndexMap<String, Arc<Project>>,
    early: &Early,
) -> Unknown {
    let asked = || suite.plan.iter().filter(|planned| !planned.truths.contains(&Truth::Declared));
    let names = asked().flat_map(|planned| &planned.environments).map(String::as_str);
    let missing: BTreeSet<&str> = names.filter(|name| !loaded.contains_key(*name)).collect();
    let missing: Vec<&str> = missing.into_iter().collect();
    let (mut projects, _) = load_each(config, &missing, overlays, early);
    projects.extend(loaded.iter().map(|(name, project)| (name.clone(), Arc::clone(project))));
    // A stand-in may bring services of its own.
    let stood_in = |environment: &str| {
        let mut files = overlays.to_vec();
        files.extend(config.stand_in_files(environment));
        load_each(config, &[environment], &files, &Early::default()).0.shift_remove(environment)
    };
    let mut with_stand_ins: IndexMap<&str, Option<Arc<Project>>> = IndexMap::new();
    let mut unknown = Unknown::default();
    for (environment, project) in &projects {
        unknown.settings.extend(of_settings(config, environment, project));
    }
    for planned in asked() {
        let found = of(planned, &projects).into_iter().find(|named| {
            let project = with_stand_ins
                .entry(named.environment)
                .or_insert_with(|| stood_in(named.environment));
            !project.as_ref().is_some_and(|project| named.is_known(project))
        });
        if let Some(named) = found {
            unknown.scenarios.push(named.failed(&projects[named.environment]));
        }
    }
    unknown
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
            let title = format!("there is no service \"{name}\" in the {environment} environment");
            let (found, help) = instead(Kind::Service, name, &known);
            Diagnostic::error(title).or_at(config.named_at(&keys)).note(found).help(help)
        })
        .collect()
}

/// What the files declare in place of a name, and what to do.
fn instead(kind: Kind, name: &str, known: &BTreeSet<&str>) -> (String, String) {
    let word = kind.word();
    let found = if known.is_empty() {
        format!("the files declare no {word}")
    } else {
        format!("the {word}s are {}", quoted_list(known.iter().copied()))
    };
    let help = did_you_mean(name, known.iter().copied()).map_or_else(
        || format!("correct the name, or declare the {word}"),
        |near| format!("did you mean \"{near}\"?"),
    );
    (found, help)
}

/// A name in a sentence.
struct Named<'s> {
    planned: &'s Planned,
    /// The number of its step.
    step: usize,
    environment: &'s str,
    kind: Kind,
    name: &'s str,
}

impl Named<'_> {
    fn is_known(&self, project: &Project) -> bool {
        self.kind.known(project).contains(self.name)
    }

    /// Its scenario, in which this sentence failed and no other was asked.
    fn failed(&self, project: &Project) -> ScenarioRun {
        let (kind, name) = (self.kind.word(), self.name);
        let environment = self.environment;
        let (found, help) = instead(self.kind, name, &self.kind.known(project));
        let failure = Failure::finding(
            format!("there is a {kind} \"{name}\" in the {environment} environment"),
            found,
        );
        let failure =
            failure.place(self.place()).note("the files tell this: no stack was asked").help(help);
        let mut run = blank(self.planned, Truth::Observed);
        run.outcome = Outcome::Failed;
        if let Some(step) = run.steps.get_mut(self.step) {
            step.outcome = Outcome::Failed;
            step.failure = Some(failure);
        }
        run
    }

    /// Where it stands: file, line and column.
    fn place(&self) -> String {
        let source = &self.planned.source;
        let line = self.planned.steps.get(self.step).map_or(0..0, |(_, _, line)| line.clone());
        let text = source.text().get(line.clone()).unwrap_or_default();
        let at = text.find(&format!("\"{}\"", self.name)).unwrap_or_default();
        let place = source.place(line.start + at);
        format!("{}:{}:{}", source.path(), place.line, place.column)
    }
}

/// What a scenario names and its environments do not have.
fn of<'s>(planned: &'s Planned, projects: &IndexMap<String, Arc<Project>>) -> Vec<Named<'s>> {
    let mut found = Vec::new();
    let mut there: Option<&str> = None;
    for (step, matched) in planned.matches.iter().enumerate() {
        if let Some(environment) = goes_to(matched) {
            there = Some(environment);
        }
        let Some(environment) = there else { continue };
        let Some(project) = projects.get(environment) else { continue };
        for (kind, name) in names_of(matched) {
            let named = Named { planned, step, environment, kind, name };
            // `{name}` stands for what the run finds out, `<name>` for a column of examples.
            if !name.contains(['{', '<']) && !named.is_known(project) {
                found.push(named);
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
fn names_of(matched: &Match) -> Vec<(Kind, &str)> {
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
