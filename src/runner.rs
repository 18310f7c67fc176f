//! The main job: stacks up, scenarios judged, stacks down, one [`Run`] to tell of it.
//!
//! cucumber-rs executes; what it runs is one function, [`dispatch`], which finds the
//! sentence in the vocabulary, bounds its time and records what came of it. A failed
//! step travels as data: recorded first, then thrown past cucumber without a panic message.

use std::{
    collections::HashMap,
    panic,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use cucumber::{
    Runner as _, event,
    runner::{self, basic::ScenarioType},
    step,
};
use futures::{StreamExt as _, future::LocalBoxFuture, stream};
use indexmap::IndexMap;

use crate::{
    config::Config,
    diagnostic::Diagnostic,
    features::{DISRUPTIVE, Planned, Suite},
    run::{
        Evidence, Failure, FailureKind, LogTail, Outcome, Run, ScenarioRun, StackRun, StepRun,
        Truth,
    },
    stack::{Stack, StackError, StackEvent, Tell, Wish},
    steps::{Context, Vocabulary, World, world::Running},
};

/// How many lines of a service's log a failure quotes.
const LOG_LINES: usize = 12;

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

/// Runs a suite.
pub async fn verify(config: &Config, suite: Suite, options: &Options, report: &Report) -> Run {
    let started = SystemTime::now();
    let begun = Instant::now();
    let mut run = Run {
        started,
        duration: Duration::ZERO,
        stacks: Vec::new(),
        scenarios: Vec::new(),
        errors: Vec::new(),
    };

    let mut environments: Vec<&str> = Vec::new();
    for planned in suite.plan.iter().filter(|planned| planned.truths.contains(&Truth::Observed)) {
        if !environments.contains(&planned.environment.as_str()) {
            environments.push(&planned.environment);
        }
    }
    let without_stacks = Arc::new(Context { config: config.clone(), stacks: IndexMap::new() });
    let ups = futures::future::join_all(
        environments.iter().map(|name| bring_up(config, name, options, report)),
    );
    let (declared, ups) = tokio::join!(
        judge(&suite, Truth::Declared, without_stacks, options.fail_fast, report),
        ups
    );
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
    let context = Arc::new(Context { config: config.clone(), stacks: stacks.clone() });
    let observed = judge(&suite, Truth::Observed, context, options.fail_fast, report).await;
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

/// A scenario of which nothing has been run.
fn blank(planned: &Planned, truth: Truth) -> ScenarioRun {
    ScenarioRun {
        source: Arc::clone(&planned.source),
        feature: planned.feature.clone(),
        rule: planned.rule.clone(),
        name: planned.name.clone(),
        line: planned.line,
        tags: planned.tags.clone(),
        truth,
        outcome: Outcome::NotRun,
        steps: planned
            .steps
            .iter()
            .map(|(keyword, text, span)| StepRun {
                keyword: keyword.clone(),
                text: text.clone(),
                span: span.clone(),
                outcome: Outcome::NotRun,
                evidence: Vec::new(),
                failure: None,
                duration: Duration::ZERO,
            })
            .collect(),
        aftermath: None,
        duration: Duration::ZERO,
    }
}

/// What came of one step.
#[derive(Debug)]
struct Recorded {
    evidence: Vec<Evidence>,
    failure: Option<Failure>,
    duration: Duration,
}

/// What all steps of a pass share with the runner.
struct Pass {
    context: Arc<Context>,
    vocabulary: Vocabulary,
    truth: Truth,
    /// What each scenario came to so far, by place.
    records: Mutex<HashMap<String, Vec<Recorded>>>,
    /// What went wrong after a scenario, by place.
    aftermaths: Mutex<HashMap<String, Failure>>,
    /// The last panic's message; one thread runs all scenarios.
    panicked: Mutex<Option<String>>,
}

thread_local! {
    /// The pass that this thread runs: cucumber calls plain functions, which carry nothing.
    static PASS: std::cell::RefCell<Option<Arc<Pass>>> = const { std::cell::RefCell::new(None) };
}

fn current() -> Option<Arc<Pass>> {
    PASS.with_borrow(Clone::clone)
}

/// What a step throws past cucumber when its failure is already recorded.
struct AlreadyRecorded;

/// Runs every scenario that a truth can judge and a stack is there for.
async fn judge(
    suite: &Suite,
    truth: Truth,
    context: Arc<Context>,
    fail_fast: bool,
    report: &Report,
) -> Vec<ScenarioRun> {
    let planned: HashMap<String, &Planned> = suite
        .plan
        .iter()
        .filter(|planned| planned.truths.contains(&truth))
        .filter(|planned| {
            truth == Truth::Declared || context.stacks.contains_key(&planned.environment)
        })
        .map(|planned| (format!("{}:{}", planned.source.path(), planned.line), planned))
        .collect();
    if planned.is_empty() {
        return Vec::new();
    }
    let vocabulary = Vocabulary::new(suite.steps.iter().copied());
    let steps = suite.steps.iter().fold(step::Collection::new(), |steps, known| {
        let Some(regex) = vocabulary.regex(known) else { return steps };
        match known.keyword {
            crate::steps::Keyword::Given => steps.given(None, regex, dispatch),
            crate::steps::Keyword::When => steps.when(None, regex, dispatch),
            crate::steps::Keyword::Then => steps.then(None, regex, dispatch),
        }
    });
    let features: Vec<gherkin::Feature> = suite
        .features
        .iter()
        .filter_map(|(source, feature)| {
            let wanted = |scenario: &gherkin::Scenario| {
                planned.contains_key(&format!("{}:{}", source.path(), scenario.position.line))
            };
            let mut feature = feature.clone();
            feature.scenarios.retain(wanted);
            for rule in &mut feature.rules {
                rule.scenarios.retain(wanted);
            }
            feature.rules.retain(|rule| !rule.scenarios.is_empty());
            (!feature.scenarios.is_empty() || !feature.rules.is_empty()).then_some(feature)
        })
        .collect();
    let pass = Arc::new(Pass {
        context,
        vocabulary,
        truth,
        records: Mutex::default(),
        aftermaths: Mutex::default(),
        panicked: Mutex::default(),
    });
    PASS.set(Some(Arc::clone(&pass)));
    let mut runner = runner::Basic::default()
        .steps(steps)
        .retry_options(|_, _, _, _| None)
        .which_scenario(|feature, rule, scenario| {
            let tags = feature
                .tags
                .iter()
                .chain(rule.iter().flat_map(|rule| &rule.tags))
                .chain(&scenario.tags);
            let alone = tags.into_iter().any(|tag| tag.trim_start_matches('@') == DISRUPTIVE);
            if alone { ScenarioType::Serial } else { ScenarioType::Concurrent }
        })
        .before(before)
        .after(after);
    if fail_fast {
        runner = runner.fail_fast();
    }
    let mut events =
        runner.run(stream::iter(features.into_iter().map(Ok)), runner::basic::Cli::default());
    let mut begun: HashMap<String, Instant> = HashMap::new();
    let mut runs = Vec::new();
    let mut hooked = false;
    while let Some(event) = events.next().await {
        if !hooked {
            // cucumber silences panics; a defect of ours must keep its message and place.
            let pass = Arc::clone(&pass);
            panic::set_hook(Box::new(move |info| {
                if let Ok(mut panicked) = pass.panicked.lock() {
                    *panicked = Some(info.to_string());
                }
            }));
            hooked = true;
        }
        let Ok(event) = event else { continue };
        let Some((place, event)) = scenario_event(&event.value) else { continue };
        match event {
            event::Scenario::Started => {
                begun.insert(place, Instant::now());
            }
            event::Scenario::Finished => {
                if let Some(planned) = planned.get(&place) {
                    let duration = begun.get(&place).map(Instant::elapsed).unwrap_or_default();
                    let run = finished(planned, &pass, &place, duration);
                    report(Progress::Scenario(&run));
                    runs.push(run);
                }
            }
            event::Scenario::Step(_, event::Step::Failed(_, _, _, why))
            | event::Scenario::Background(_, event::Step::Failed(_, _, _, why)) => {
                record_defect(&pass, &place, why);
            }
            event::Scenario::Step(_, event::Step::Skipped)
            | event::Scenario::Background(_, event::Step::Skipped) => {
                record_defect(&pass, &place, &event::StepError::NotFound);
            }
            _ => {}
        }
    }
    drop(events);
    PASS.set(None);
    let _silent = panic::take_hook();
    runs
}

/// The place of the scenario that an event is about.
fn scenario_event(event: &event::Cucumber<World>) -> Option<(String, &event::Scenario<World>)> {
    let event::Cucumber::Feature(feature, event) = event else { return None };
    let (event::Feature::Scenario(scenario, event)
    | event::Feature::Rule(_, event::Rule::Scenario(scenario, event))) = event
    else {
        return None;
    };
    Some((place(feature, scenario), &event.event))
}

fn place(feature: &gherkin::Feature, scenario: &gherkin::Scenario) -> String {
    let path = feature.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    format!("{path}:{}", scenario.position.line)
}

/// Records a step that ended otherwise than by [`dispatch`]: a panic, or no step at all.
fn record_defect(pass: &Pass, place: &str, why: &event::StepError) {
    if let event::StepError::Panic(payload) = why
        && payload.is::<AlreadyRecorded>()
    {
        return;
    }
    let message = pass
        .panicked
        .lock()
        .ok()
        .and_then(|mut panicked| panicked.take())
        .unwrap_or_else(|| why.to_string());
    let mut failure = Failure::error("the step is carried out", message).help(
        "this is a defect of seaworthy: please report it with the feature file and this message",
    );
    failure.kind = FailureKind::Bug;
    if let Ok(mut records) = pass.records.lock() {
        records.entry(place.to_owned()).or_default().push(Recorded {
            evidence: Vec::new(),
            failure: Some(failure),
            duration: Duration::ZERO,
        });
    }
}

fn finished(planned: &Planned, pass: &Pass, place: &str, duration: Duration) -> ScenarioRun {
    let mut run = blank(planned, pass.truth);
    run.duration = duration;
    let records =
        pass.records.lock().ok().and_then(|mut records| records.remove(place)).unwrap_or_default();
    run.aftermath = pass.aftermaths.lock().ok().and_then(|mut aftermaths| aftermaths.remove(place));
    for (step, recorded) in run.steps.iter_mut().zip(records) {
        step.outcome = if recorded.failure.is_some() { Outcome::Failed } else { Outcome::Passed };
        step.evidence = recorded.evidence;
        step.failure = recorded.failure;
        step.duration = recorded.duration;
    }
    let proven =
        run.aftermath.is_none() && run.steps.iter().all(|step| step.outcome == Outcome::Passed);
    run.outcome = if proven { Outcome::Passed } else { Outcome::Failed };
    run
}

/// The one function that cucumber calls for every step.
fn dispatch(world: &mut World, context: step::Context) -> LocalBoxFuture<'_, ()> {
    Box::pin(async move {
        let Some(pass) = current() else { return };
        let begun = Instant::now();
        world.truth = Some(pass.truth);
        world.context.get_or_insert_with(|| Arc::clone(&pass.context));
        let deadline = *world.deadline.get_or_insert(begun + pass.context.config.timeouts.scenario);
        let left = deadline.saturating_duration_since(begun);
        let result = match tokio::time::timeout(left, carry_out(&pass, world, &context.step)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::error(
                "the scenario ends in time",
                format!("it was still at this step after {}", humantime::format_duration(pass.context.config.timeouts.scenario)),
            )
            .help("look at what the step waits for; `timeouts: { scenario: … }` in seaworthy.yaml sets the limit")),
        };
        let mut failure = result.err();
        if let Some(failure) = &mut failure
            && let Ok(running) = world.running()
        {
            failure.services.dedup();
            for service in &failure.services {
                failure.logs.push(running.stack.log_tail(service, LOG_LINES).await);
            }
        }
        let failed = failure.is_some();
        let recorded =
            Recorded { evidence: world.take_evidence(), failure, duration: begun.elapsed() };
        if let Ok(mut records) = pass.records.lock() {
            records.entry(world.place.clone()).or_default().push(recorded);
        }
        if failed {
            panic::resume_unwind(Box::new(AlreadyRecorded));
        }
    })
}

async fn carry_out(pass: &Pass, world: &mut World, step: &gherkin::Step) -> Result<(), Failure> {
    let found = pass
        .vocabulary
        .find(step)
        .map_err(|why| Failure::error("understand the step", format!("{why:?}")))?;
    match (pass.truth, found.step.declared, found.step.observed) {
        (Truth::Declared, Some(judge), _) => judge(world, &found.arguments),
        (Truth::Observed, _, Some(judge)) => judge(world, &found.arguments).await,
        _ => Err(Failure::error(
            "judge the step",
            format!("it has no {} meaning", pass.truth.word()),
        )),
    }
}

/// Tells a scenario's world where it stands.
fn before<'a>(
    feature: &'a gherkin::Feature,
    _rule: Option<&'a gherkin::Rule>,
    scenario: &'a gherkin::Scenario,
    world: &'a mut World,
) -> LocalBoxFuture<'a, ()> {
    world.place = place(feature, scenario);
    Box::pin(std::future::ready(()))
}

/// Mends what a scenario broke, however it ended.
fn after<'a>(
    feature: &'a gherkin::Feature,
    _rule: Option<&'a gherkin::Rule>,
    scenario: &'a gherkin::Scenario,
    _ended: &'a event::ScenarioFinished,
    world: Option<&'a mut World>,
) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let (Some(pass), Some(world)) = (current(), world) else { return };
        if let Err(why) = world.mend().await
            && let Ok(mut aftermaths) = pass.aftermaths.lock()
        {
            aftermaths.insert(place(feature, scenario), why);
        }
    })
}
