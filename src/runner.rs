//! The main job: stacks up, scenarios judged, stacks down, one [`Run`] to tell of it.

mod declared;
mod hiding;
mod pass;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use camino::Utf8PathBuf;
use indexmap::IndexMap;

use self::pass::{blank, judge};
use crate::{
    compose::Project,
    config::Config,
    diagnostic::Diagnostic,
    features::{Planned, Suite},
    run::{LogTail, Run, ScenarioRun, StackRun, Truth},
    stack::{Stack, StackError, StackEvent, Tell, Wish},
    steps::{Context, Hidden, world::Running},
};

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How every stack is brought up; its environment is filled in.
    pub wish: Wish,
    /// No further scenario once one failed.
    pub fail_fast: bool,
    /// Stacks are left running.
    pub keep: bool,
    /// Stacks are left running if something failed.
    pub keep_on_failure: bool,
}

/// What is told while it happens.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A stack on its way up.
    Stack {
        /// Its environment.
        environment: &'a str,
        /// What happens.
        event: StackEvent,
    },
    /// A stack is up.
    Up(&'a StackRun),
    /// A scenario ended.
    Scenario(&'a ScenarioRun),
    /// Stacks are being removed.
    Removing,
    /// A stack is left running; how to reach and remove it.
    Kept(String),
}

/// Where progress goes.
pub type Report = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// Judges by the files what they can judge: no engine, no program, no network.
#[must_use]
pub fn check(
    config: &Config,
    suite: &Suite,
    overlays: &[Utf8PathBuf],
    fail_fast: bool,
    report: &Report,
) -> Run {
    let mut run = begin();
    let begun = Instant::now();
    let (projects, errors) = declared::load(config, suite, overlays);
    run.errors.extend(errors.into_values().flatten());
    let hidden = Hidden::of(projects.values().map(|project| (project.as_ref(), [].as_slice())));
    let context =
        Arc::new(Context { projects, overlays: overlays.to_vec(), ..Context::new(config.clone()) });
    let declared = declared::judge(suite, &context, fail_fast, report);
    let judged = |planned: &&Planned| planned.truths.contains(&Truth::Declared);
    let by_files: Vec<Planned> = suite
        .plan
        .iter()
        .filter(judged)
        .map(|planned| Planned { truths: vec![Truth::Declared], ..planned.clone() })
        .collect();
    run.scenarios = in_order(&by_files, declared, Vec::new());
    run.only_observed = suite
        .plan
        .iter()
        .filter(|planned| !judged(planned))
        .map(|planned| blank(planned, Truth::Observed))
        .collect();
    // A secret that nobody could read yet, for want of a preparation, is in no message either.
    hiding::in_run(&hidden, &mut run);
    run.duration = begun.elapsed();
    run
}

fn begin() -> Run {
    Run {
        started: SystemTime::now(),
        duration: Duration::ZERO,
        stacks: Vec::new(),
        scenarios: Vec::new(),
        only_observed: Vec::new(),
        errors: Vec::new(),
    }
}

/// Runs a suite.
pub async fn verify(config: &Config, suite: Suite, options: &Options, report: &Report) -> Run {
    let begun = Instant::now();
    let mut run = begin();

    let mut environments: Vec<&str> = Vec::new();
    for planned in suite.plan.iter().filter(|planned| planned.truths.contains(&Truth::Observed)) {
        for name in &planned.environments {
            if !environments.contains(&name.as_str()) {
                environments.push(name);
            }
        }
    }
    // The files answer in milliseconds: before anything is started.
    let overlays = &options.wish.overlays;
    let (projects, unreadable) = declared::load(config, &suite, overlays);
    let by_files = |projects: IndexMap<String, Arc<Project>>| {
        let overlays = overlays.clone();
        let context = Arc::new(Context { projects, overlays, ..Context::new(config.clone()) });
        declared::judge(&suite, &context, options.fail_fast, report)
    };
    let mut declared = by_files(projects.clone());
    let news = hiding::of_news(report, projects.values().map(AsRef::as_ref));
    let ups = futures::future::join_all(
        environments.iter().map(|name| bring_up(config, name, options, &news)),
    )
    .await;
    let mut stacks = IndexMap::new();
    for (name, up) in environments.iter().zip(ups) {
        match up {
            Ok(stack) => {
                report(Progress::Up(&stack.record));
                stacks.insert((*name).to_owned(), Arc::new(Running::new(stack)));
            }
            Err(why) => run.errors.push(stack_diagnostic(name, &why)),
        }
    }
    let hidden = hiding::of_stacks(config, &environments, overlays, &stacks).await;
    // What a preparation made is there now. Where the stack is not, it has said why.
    let mut late = IndexMap::new();
    for (name, first) in unreadable {
        match declared::load_one(config, &name, overlays) {
            Ok(project) if stacks.contains_key(&name) => {
                late.insert(name, Arc::new(project));
            }
            Err(_) if !environments.contains(&name.as_str()) => run.errors.extend(first),
            Err(why) if stacks.contains_key(&name) => run.errors.extend(why),
            _ => {}
        }
    }
    if !late.is_empty() {
        declared.extend(by_files(late));
    }
    let context = Arc::new(Context {
        projects,
        overlays: overlays.clone(),
        stacks: stacks.clone(),
        ..Context::new(config.clone())
    });
    let up = |planned: &&Planned| {
        planned.truths.contains(&Truth::Observed)
            && planned.environments.iter().all(|name| stacks.contains_key(name))
    };
    let planned = suite.plan.iter().filter(up);
    let observed = judge(&suite, planned, context, options.fail_fast, report).await;
    run.scenarios = in_order(&suite.plan, declared, observed);

    let kept = options.keep || options.keep_on_failure && run.exit_code() != 0;
    if !stacks.is_empty() && !kept {
        report(Progress::Removing);
    }
    for running in stacks.into_values() {
        let mut record = running.stack.record.clone();
        if kept {
            report(Progress::Kept(running.stack.keep().await));
        } else {
            match running.stack.down().await {
                Ok(after) => record.removed_after = Some(after),
                Err(why) => run.errors.push(stack_diagnostic(&record.environment, &why)),
            }
        }
        run.stacks.push(record);
    }
    hiding::in_run(&hidden, &mut run);
    run.errors.extend(hiding::unread(&hidden));
    run.duration = begun.elapsed();
    run
}

async fn bring_up(
    config: &Config,
    name: &str,
    options: &Options,
    report: &Report,
) -> Result<Stack, StackError> {
    let wish = Wish { environment: name.to_owned(), ..options.wish.clone() };
    let report = Arc::clone(report);
    let environment = name.to_owned();
    let tell: Tell =
        Arc::new(move |event| report(Progress::Stack { environment: &environment, event }));
    Stack::up(config, &wish, options.keep_on_failure, &tell).await
}

/// An error with all its reasons, in one line.
#[must_use]
pub fn chain(why: &dyn std::error::Error) -> String {
    let mut text = why.to_string();
    let mut source = why.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A stack's error as something to show.
#[must_use]
pub fn stack_diagnostic(environment: &str, why: &StackError) -> Diagnostic {
    let mut diagnostic =
        Diagnostic::error(format!("the {environment} environment: {}", chain(why)));
    if let Some(LogTail { service, lines }) = why.log() {
        diagnostic = diagnostic.note(format!("last words of {service}:\n{}", lines.join("\n")));
    }
    diagnostic.help(why.help())
}

/// The runs in the order of the plan; what was planned and not run is said to be so.
fn in_order(
    plan: &[Planned],
    declared: Vec<ScenarioRun>,
    observed: Vec<ScenarioRun>,
) -> Vec<ScenarioRun> {
    let mut done: HashMap<(String, Truth), ScenarioRun> =
        declared.into_iter().chain(observed).map(|run| ((run.place(), run.truth), run)).collect();
    let pairs =
        plan.iter().flat_map(|planned| planned.truths.iter().map(move |truth| (planned, *truth)));
    pairs
        .map(|(planned, truth)| {
            let blank = blank(planned, truth);
            done.remove(&(blank.place(), truth)).unwrap_or(blank)
        })
        .collect()
}
