//! The main job: stacks up, scenarios judged, stacks down, one [`Run`] to tell of it.

mod about;
mod blank;
mod by_files;
mod clock;
mod commit;
mod declared;
mod durations;
mod early;
pub mod facts;
mod hiding;
mod hooks;
mod lanes;
mod names;
mod panics;
mod pass;
mod plan;
mod second;
mod touches;

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use camino::Utf8PathBuf;
use indexmap::{IndexMap, IndexSet};

pub use self::about::project;
pub use self::by_files::{CheckOptions, Told, check};
pub use self::early::Early;
pub use self::second::refuse;
use self::{
    blank::in_order, clock::Clock, durations::Durations, lanes::Lanes, pass::judge, plan::Known,
};
use crate::{
    compose::Project,
    config::Config,
    diagnostic::{Diagnostic, Severity},
    features::{Planned, Suite},
    outside,
    run::{About, LogTail, Outcome, Run, ScenarioRun, StackRun, Truth, Work},
    stack::{Stack, StackError, StackEvent, Tell, Wish, calls},
    steps::{Context, Redactor, world::Running},
};

/// What the time line calls the pass by the files.
const BY_FILES: &str = "judging by the files";

/// How to run.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Options {
    /// How every stack is brought up; its environment is filled in.
    pub wish: Wish,
    /// No further scenario once one failed.
    pub fail_fast: bool,
    /// Stacks are left running.
    pub keep: bool,
    /// Stacks are left running if something failed.
    pub keep_on_failure: bool,
    /// Facts, images and drawings are gathered too: a report tells them.
    pub about: bool,
    /// How many stacks of an environment there are at most; as many as there is room for, at most
    /// two, if nobody says.
    pub stacks: Option<u8>,
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
    /// The running stack is asked about a scenario from now on.
    Begun {
        /// Its file and line.
        place: String,
        /// Its title.
        name: String,
    },
    /// A scenario ended.
    Scenario(&'a ScenarioRun),
    /// Stacks are being removed.
    Removing,
    /// A stack is left running; how to reach and remove it.
    Kept(String),
}

/// Where progress goes.
pub type Report = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// A run that could not begin, and why.
#[must_use]
pub fn refused(why: Vec<Diagnostic>) -> Run {
    Run { errors: why, ..begin() }
}

/// A run in which nothing has happened, begun now and here.
fn begin() -> Run {
    let here = std::env::current_dir().ok().and_then(|here| Utf8PathBuf::from_path_buf(here).ok());
    let here = here.unwrap_or_default();
    Run {
        root: outside::repository(&here),
        here,
        started: SystemTime::now(),
        duration: Duration::ZERO,
        stacks: Vec::new(),
        scenarios: Vec::new(),
        only_observed: Vec::new(),
        findings: Vec::new(),
        errors: Vec::new(),
        about: About::default(),
    }
}

/// The environments whose stacks scenarios of a suite speak of, in their order.
fn observed(suite: &Suite) -> Vec<&str> {
    let planned = suite.plan.iter().filter(|planned| planned.truths.contains(&Truth::Observed));
    let names = planned.flat_map(|planned| &planned.environments).map(String::as_str);
    names.collect::<IndexSet<&str>>().into_iter().collect()
}

/// What [`verify`] would do, in words: by environment, what runs one at a time and what side by side.
/// Starts nothing.
#[must_use]
pub fn plan(config: &Config, suite: &Suite, options: &Options) -> String {
    let earlier = Durations::of_project(config);
    let firsts = observed(suite);
    let (projects, _) =
        declared::load_each(config, &firsts, &options.wish.overlays, &Early::default());
    let doubled = second::environments(config, suite, &firsts, &projects, options, &earlier);
    let files = projects.iter().map(|(name, project)| (name, &**project));
    plan::told(&suite.plan, &doubled, &Known::of(files, &earlier))
}

/// Runs a suite.
pub async fn verify(config: &Config, mut suite: Suite, options: &Options, report: &Report) -> Run {
    let begun = Instant::now();
    let mut run = begin();
    about::begin(config, &mut run);
    let clock = Clock::new(begun);
    let report = &clock.listen(report);

    // The files answer in milliseconds: before anything is started.
    let overlays = &options.wish.overlays;
    let early = &Early::default();
    let (projects, unreadable) = declared::load(config, &suite, overlays, early);
    let unknown = names::unknown(config, &suite, overlays, &projects, early);
    run.errors.extend(unknown.settings.iter().cloned());
    if !run.errors.is_empty() {
        return run;
    }
    let left = unknown.left(&suite.plan);
    let whole = mem::replace(&mut suite.plan, left);
    let environments = observed(&suite);
    let news = hiding::of_news(report, projects.values().map(AsRef::as_ref));
    let by_files = |projects: IndexMap<String, Arc<Project>>, news: &Report| {
        let overlays = overlays.clone();
        let context = Arc::new(Context { projects, overlays, ..Context::new(config.clone()) });
        declared::judge(&suite, &context, options.fail_fast, news)
    };
    let judged_from = clock.now();
    let mut declared = by_files(projects.clone(), &news);
    for run in &unknown.scenarios {
        news(Progress::Scenario(run));
    }
    declared.extend(unknown.scenarios);
    clock.took(Work::Files, BY_FILES, judged_from);
    let lost = Lost::default();
    let earlier = Durations::of_project(config);
    let doubled = second::environments(config, &suite, &environments, &projects, options, &earlier);
    for name in &environments {
        clock.begins(name, "preparing");
    }
    let firsts =
        environments.iter().map(|name| bring_up(config, name, name, options, &news, &lost));
    let ups = futures::future::join_all(firsts).await;
    let (mut stacks, mut absent) = (IndexMap::new(), IndexMap::new());
    for (name, up) in environments.iter().zip(ups) {
        match up {
            Ok(stack) => {
                report(Progress::Up(&stack.record));
                stacks.insert((*name).to_owned(), Arc::new(Running::new(stack)));
            }
            Err(why) => {
                absent.insert((*name).to_owned(), not_up(name, &why));
                tell_of(&mut run, name, why);
            }
        }
    }
    let all = stacks.values();
    let redactor = hiding::of_stacks(config, &environments, overlays, all, &projects).await;
    let secrets = hiding::Secrets::default();
    secrets.add(redactor.clone());
    let news = hiding::through_all(&news, &secrets);
    // What a preparation made is there now. Where the stack is not, it has said why.
    let mut late: IndexMap<String, Arc<Project>> = IndexMap::new();
    for (name, first) in unreadable {
        let running = stacks.get(&name).map(|running| &running.stack);
        match declared::load_one(config, &name, overlays, running) {
            Ok(project) if stacks.contains_key(&name) => {
                late.insert(name, Arc::new(project));
            }
            Err(_) if !environments.contains(&name.as_str()) => run.errors.extend(first),
            Err(why) if stacks.contains_key(&name) => run.errors.extend(why),
            _ => {}
        }
    }
    if !late.is_empty() {
        declared.extend(by_files(late.clone(), &news));
    }
    if options.about {
        let known = projects.iter().chain(&late);
        let known = known.map(|(name, project)| (name.clone(), project.clone()));
        let known = known.collect();
        about::of_files(config, &known, &redactor, &mut run.about);
        about::of_differences(&suite, &known, &redactor, &mut run.about);
        about::of_rules(config, &redactor, &mut run);
        let looked_from = clock.now();
        about::of_stacks(config, &stacks, &redactor, &mut run).await;
        clock.took(Work::End, "looking at what the stacks are", looked_from);
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
    let planned: Vec<&Planned> = suite.plan.iter().filter(up).collect();
    let files = stacks.iter().map(|(name, running)| (name, &running.stack.project));
    let known = Known::of(files, &earlier);
    let doubled: IndexSet<String> =
        doubled.into_iter().filter(|name| stacks.contains_key(name)).collect();
    let turns = plan::turns(planned.iter().copied(), &doubled, &known);
    let lanes = Arc::new(Lanes::new(turns, doubled.clone()));
    let second_up = |name: &str| {
        let title = second::title(name);
        clock.begins(&title, "preparing");
        let (name, news, lost) = (name.to_owned(), Arc::clone(&news), &lost);
        async move { bring_up(config, &name, &title, options, &news, lost).await }
    };
    let late = second::Late { config, context: &context, lanes: &lanes, secrets: &secrets, report };
    let judged = async {
        let planned = planned.into_iter();
        let lanes = Arc::clone(&lanes);
        let runs =
            judge(&suite, planned, Arc::clone(&context), lanes, options.fail_fast, &news).await;
        // Whatever became of its scenarios, no second stack waits for them.
        late.lanes.end();
        runs
    };
    let (observed, ended) = tokio::join!(judged, late.come_and_go(&doubled, second_up));
    if second::would_help(&suite, &earlier) {
        earlier.keep(&observed);
    }
    run.scenarios = in_order(&whole, declared, observed);
    say_why_not_run(&mut run.scenarios, &suite.plan, &absent);

    for running in stacks.values() {
        let (findings, errors) = look_last(&running.stack.record.environment, running).await;
        run.findings.extend(findings);
        run.errors.extend(errors);
    }
    let mut others = Vec::new();
    for one in ended {
        run.about.remarks.extend(one.remarks);
        run.findings.extend(one.findings);
        run.errors.extend(one.errors);
        others.extend(one.stacks);
    }

    let waits = stacks.iter().map(|(name, running)| about::depending(name, &running.stack.project));
    let waits: Vec<_> = waits.collect();
    let ended_from = clock.now();
    let kept = options.keep || options.keep_on_failure && run.exit_code() != 0;
    if !stacks.is_empty() && !kept {
        report(Progress::Removing);
    }
    // One after the other: engines were seen to lose count of what is on a network otherwise.
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
    run.stacks.extend(others);
    if !run.stacks.is_empty() && !kept {
        clock.took(Work::End, "removing the stacks", ended_from);
    }
    run.about.engine_calls = calls::counted();
    run.about.left_out = about::left_out(&suite, false);
    run.about.timeline = clock.timeline();
    about::dependencies(&mut run.about.timeline, &waits);
    for lost in lost.into_inner().unwrap_or_else(PoisonError::into_inner) {
        hiding::in_run(&lost, &mut run);
    }
    for redactor in secrets.all() {
        hiding::in_run(&redactor, &mut run);
    }
    run.errors.extend(hiding::unread(&secrets));
    run.duration = begun.elapsed();
    run
}

/// The secrets of stacks that did not come up.
type Lost = Mutex<Vec<Redactor>>;

async fn bring_up(
    config: &Config,
    name: &str,
    title: &str,
    options: &Options,
    report: &Report,
    lost: &Lost,
) -> Result<Stack, StackError> {
    let wish = Wish { environment: name.to_owned(), ..options.wish.clone() };
    let report = Arc::clone(report);
    let environment = title.to_owned();
    let tell: Tell =
        Arc::new(move |event| report(Progress::Stack { environment: &environment, event }));
    let remember = |project: &Project| {
        let redactor = Redactor::of([(project, [].as_slice())]);
        lost.lock().unwrap_or_else(PoisonError::into_inner).push(redactor);
    };
    let mut stack = Stack::up(config, &wish, options.keep_on_failure, &tell, &remember).await?;
    title.clone_into(&mut stack.record.environment);
    Ok(stack)
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

/// What happened to a stack's services that no scenario caused, before they are removed: findings and
/// errors.
async fn look_last(environment: &str, running: &Running) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let (mut findings, mut errors) = (Vec::new(), Vec::new());
    match running.last_look().await {
        Ok(incidents) => findings.extend(
            incidents.iter().map(|incident| incident.diagnostic(environment, Severity::Error)),
        ),
        Err(why) => errors.push(
            Diagnostic::error(format!(
                "what happened to the {environment} environment meanwhile cannot be found out: {}",
                why.found
            ))
            .help(why.help),
        ),
    }
    let told = running.take_told();
    errors.extend(told.iter().map(|incident| incident.diagnostic(environment, Severity::Warning)));
    (findings, errors)
}

/// Why the scenarios of an environment are not run.
fn not_up(environment: &str, why: &StackError) -> String {
    why.finding().map_or_else(
        || format!("the {environment} environment could not be brought up"),
        |incident| {
            format!(
                "the {environment} environment does not come up because of service \"{}\"",
                incident.service
            )
        },
    )
}

/// Says of each scenario that was not run for want of a stack why that is so.
fn say_why_not_run(
    scenarios: &mut [ScenarioRun],
    plan: &[Planned],
    absent: &IndexMap<String, String>,
) {
    let by_place: HashMap<String, &Planned> =
        plan.iter().map(|planned| (planned.place(), planned)).collect();
    for scenario in scenarios
        .iter_mut()
        .filter(|scenario| scenario.truth == Truth::Observed && scenario.outcome == Outcome::NotRun)
    {
        let environments =
            by_place.get(&scenario.place()).map_or(&[][..], |planned| &planned.environments);
        scenario.not_run = environments.iter().find_map(|name| absent.get(name)).cloned();
    }
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

/// Why a stack is not there, where it belongs in a run.
fn tell_of(run: &mut Run, environment: &str, why: StackError) {
    let titled = |mut found: Diagnostic| {
        found.title = format!("the {environment} environment: {}", found.title);
        found
    };
    match why {
        StackError::Wrong(found) => run.findings.extend(found.into_iter().map(titled)),
        StackError::Beyond(found) => run.errors.extend(found.into_iter().map(titled)),
        why => match why.finding() {
            Some(incident) => {
                run.findings.push(incident.diagnostic(environment, Severity::Error));
            }
            None => run.errors.push(stack_diagnostic(environment, &why)),
        },
    }
}
