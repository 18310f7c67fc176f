//! The run that asks the files alone.

use std::{sync::Arc, time::Instant};

use camino::Utf8PathBuf;

use super::{
    BY_FILES, Early, Progress, Report, about, begin, blank::in_order, clock::Clock, declared,
    hiding, names,
};
use crate::{
    config::Config,
    features::Suite,
    run::{Run, Work},
    steps::{Context, Redactor},
};

/// What `check` is asked to do besides.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckOptions {
    /// No further scenario once one failed.
    pub fail_fast: bool,
    /// Facts and drawings are gathered too: a report tells them, as it does [`Told::All`].
    pub about: bool,
    /// Which scenarios somebody will read of.
    pub told: Told,
}

/// Which scenarios of a run somebody will read of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Told {
    /// All of them.
    #[default]
    All,
    /// What is not as it should be; what passed is counted.
    Failures,
}

/// Judges by the files what they can judge: no engine, no program, no network.
#[must_use]
pub fn check(
    config: &Config,
    suite: &Suite,
    overlays: &[Utf8PathBuf],
    early: &Early,
    options: CheckOptions,
    report: &Report,
) -> Run {
    let mut run = begin();
    let begun = Instant::now();
    about::begin(config, &mut run);
    let clock = Clock::new(begun);
    let (projects, errors) = declared::load(config, suite, overlays, early);
    run.errors.extend(errors.into_values().flatten());
    let unknown = names::unknown(config, suite, overlays, &projects, early);
    let context =
        Arc::new(Context { projects, overlays: overlays.to_vec(), ..Context::new(config.clone()) });
    let projects = &context.projects;
    // Before what is judged reads more files.
    let outer = Redactor::outer_words(projects.values().map(AsRef::as_ref));
    let alone: Vec<_> =
        projects.values().map(|project| (project.as_ref(), [].as_slice())).collect();
    let judged_from = clock.now();
    let judge = || declared::judge(suite, &context, options.fail_fast, report);
    let learn = || Redactor::knowing(outer.clone(), &alone);
    let (declared, redactor) = match options.told {
        Told::All => {
            let (declared, redactor) = rayon::join(judge, learn);
            (declared, Some(redactor))
        }
        // Most often all is well: then nothing is told that could hold a secret.
        Told::Failures => (judge(), None),
    };
    clock.took(Work::Files, BY_FILES, judged_from);
    if let (true, Some(redactor)) = (options.about, &redactor) {
        about::of_files(config, projects, redactor, &mut run.about);
        about::of_differences(suite, projects, redactor, &mut run.about);
        about::of_rules(config, redactor, &mut run);
    }
    for run in &unknown.scenarios {
        report(Progress::Scenario(run));
    }
    run.errors.extend(unknown.settings.iter().cloned());
    let (told, only_observed) = unknown.by_files(&suite.plan);
    run.scenarios = in_order(&told, declared, unknown.scenarios);
    run.only_observed = only_observed;
    run.about.left_out = about::left_out(suite, true);
    run.about.timeline = clock.timeline();
    // A secret that nobody could read yet, for want of a preparation, is in no message either.
    match redactor {
        Some(redactor) => hiding::in_run(&redactor, &mut run),
        None if hiding::is_only_counted(&run) => hiding::but_counts(&mut run),
        None => hiding::in_run(&learn(), &mut run),
    }
    run.duration = begun.elapsed();
    run
}
