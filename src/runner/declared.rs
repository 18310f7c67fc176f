//! The pass by the files: no engine, no program, nothing to wait for.
//!
//! Each environment is loaded once and shared. The steps are plain functions, so that they
//! are called one after another, without the scheduler that a running stack needs.

use std::{sync::Arc, time::Instant};

use camino::Utf8PathBuf;
use indexmap::{IndexMap, IndexSet};
use rayon::prelude::*;

use super::{Progress, Report, blank::blank, early::Early, panics};
use crate::{
    compose::{self, ComposeError, Project},
    config::Config,
    diagnostic::Diagnostic,
    features::{Planned, Suite},
    run::{Failure, Outcome, ScenarioRun, Truth},
    stack::Stack,
    steps::{Context, World},
};

/// Environments by their names, and why some of them could not be loaded.
pub(super) type Loaded = (IndexMap<String, Arc<Project>>, IndexMap<String, Vec<Diagnostic>>);

/// The projects that the scenarios speak of which the files can judge.
pub(super) fn load(
    config: &Config,
    suite: &Suite,
    overlays: &[Utf8PathBuf],
    early: &Early,
) -> Loaded {
    let asked = suite.plan.iter().filter(|planned| judges(planned));
    let names = asked.flat_map(|planned| &planned.environments).map(String::as_str);
    let names: IndexSet<&str> = names.collect();
    load_each(config, &names.into_iter().collect::<Vec<_>>(), overlays, early)
}

/// Loads some environments by their files, but those that were loaded before with the same overlays.
pub(super) fn load_each(
    config: &Config,
    names: &[&str],
    overlays: &[Utf8PathBuf],
    early: &Early,
) -> Loaded {
    let (mut projects, mut errors) = Loaded::default();
    let load = |name: &&str| {
        let anew = || load_one(config, name, overlays, None).map(Arc::new);
        early.get(name).unwrap_or_else(anew)
    };
    let loaded: Vec<_> = names.par_iter().map(load).collect();
    for (name, loaded) in names.iter().zip(loaded) {
        match loaded {
            Ok(project) => {
                projects.insert((*name).to_owned(), project);
            }
            Err(why) => {
                errors.insert((*name).to_owned(), why);
            }
        }
    }
    (projects, errors)
}

/// Loads one environment; where its stack runs, from the folders as that sees them.
pub(super) fn load_one(
    config: &Config,
    name: &str,
    overlays: &[Utf8PathBuf],
    stack: Option<&Stack>,
) -> Result<Project, Vec<Diagnostic>> {
    let environment = &config.environments[name];
    let mut invocation = compose::invocation(config, environment, overlays);
    if let Some(stack) = stack {
        invocation = stack.through_views(invocation);
    }
    let unprepared = |diagnostic: Diagnostic| match &environment.prepare {
        Some(prepare) => diagnostic.note(format!(
            "{prepare} was not run: `made_from` in seaworthy.yaml names the files that it copies"
        )),
        None => diagnostic,
    };
    compose::load_declared(config, environment, &invocation).map_err(|why| match why {
        ComposeError::Files(refusal) => refusal.0.into_iter().map(unprepared).collect(),
        why => vec![
            Diagnostic::error(format!("the {name} environment: {}", super::chain(&why)))
                .help(why.help()),
        ],
    })
}

fn judges(planned: &Planned) -> bool {
    planned.truths.contains(&Truth::Declared)
}

/// Judges every scenario that the files can judge and whose environments could be loaded.
pub(super) fn judge(
    suite: &Suite,
    context: &Arc<Context>,
    fail_fast: bool,
    report: &Report,
) -> Vec<ScenarioRun> {
    panics::hear();
    let able = |planned: &&Planned| {
        judges(planned)
            && planned.environments.iter().all(|name| context.projects.contains_key(name))
    };
    let planned: Vec<&Planned> = suite.plan.iter().filter(able).collect();
    let mut runs: Vec<_> = planned.par_iter().map(|planned| scenario(planned, context)).collect();
    let failed = runs.iter().position(|run| run.outcome != Outcome::Passed);
    if let Some(first) = failed.filter(|_| fail_fast) {
        runs.truncate(first + 1);
    }
    for run in &runs {
        report(Progress::Scenario(run));
    }
    runs
}

fn scenario(planned: &Planned, context: &Arc<Context>) -> ScenarioRun {
    let mut run = blank(planned, Truth::Declared);
    let begun = Instant::now();
    let mut world = World::of_files(Arc::clone(context), run.place());
    run.outcome = Outcome::Passed;
    for (step, found) in run.steps.iter_mut().zip(&planned.matches) {
        let at = Instant::now();
        let result = match found.step.declared {
            Some(judge) => panics::caught(|| judge(&mut world, &found.arguments)).flatten(),
            None => Err(Failure::undecided("judge the step", "it has no declared meaning")),
        };
        step.duration = at.elapsed();
        step.evidence = world.take_evidence();
        step.failure = result.err();
        step.outcome = Outcome::of(step.failure.as_ref());
        run.outcome = step.outcome;
        if step.outcome != Outcome::Passed {
            break;
        }
    }
    run.duration = begun.elapsed();
    run
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        features::{self, Filter},
        run::FailureKind,
        steps::{Keyword, Step, Vocabulary},
    };

    static STEPS: [Step; 3] = [
        Step::plain(Keyword::Given, "the {environment} environment").declared(|_, _| Ok(())),
        Step::plain(Keyword::Then, "all is well").declared(|_, _| Ok(())),
        Step::plain(Keyword::Then, "a defect panics").declared(|_, _| panic!("a plank is loose")),
    ];

    #[test]
    fn a_step_that_panics_is_a_defect_with_its_message_and_harms_no_other() {
        let config: Config =
            serde_yaml::from_str("environments: {development: {files: [a.yml]}}").expect("YAML");
        let folder = tempfile::tempdir().expect("a folder");
        let file = Utf8PathBuf::from_path_buf(folder.path().join("a.feature")).expect("UTF-8");
        let text = "Feature: f\n  Scenario: bad\n    Given the development environment\n    Then a defect panics\n    And all is well\n  Scenario: good\n    Given the development environment\n    Then all is well\n";
        std::fs::write(&file, text).expect("a file");
        let vocabulary = Vocabulary::new(&STEPS);
        let filter = Filter { named: vec![file.clone()], ..Filter::default() };
        let suite =
            features::load(&config, &vocabulary, &[file], &filter).expect("a sound feature");
        let project = compose::project::load_text("a.yml", "services: {a: {image: a}}")
            .map(Project::from)
            .expect("a model");
        let projects = IndexMap::from([("development".to_owned(), Arc::new(project))]);
        let context = Arc::new(Context { projects, ..Context::new(config) });
        let report: Report = Arc::new(|_: Progress<'_>| {});
        let runs = judge(&suite, &context, false, &report);
        let outcomes: Vec<Outcome> = runs.iter().map(|run| run.outcome).collect();
        assert_eq!(outcomes, [Outcome::Failed, Outcome::Passed]);
        let (_, failure) = runs[0].failure().expect("a failure");
        assert_eq!(failure.kind, FailureKind::Bug);
        assert!(failure.found.contains("a plank is loose"), "{}", failure.found);
        assert!(failure.found.contains("declared.rs:"), "the place is told: {}", failure.found);
        assert_eq!(runs[0].steps[2].outcome, Outcome::NotRun);
    }
}
