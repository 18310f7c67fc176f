//! The pass on the running stacks: every scenario that they can judge.
//!
//! cucumber-rs executes; what it runs is one function, [`dispatch`], which finds the
//! sentence in the vocabulary, bounds its time and records what came of it. A failed
//! step travels as data: recorded first, then thrown past cucumber without a panic message.

use std::{
    collections::HashMap,
    panic,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use cucumber::{
    Runner as _, event,
    runner::{self, basic::ScenarioType},
    step,
};
use futures::{StreamExt as _, future::LocalBoxFuture, stream};

use super::{Progress, Report};
use crate::{
    features::{DISRUPTIVE, Planned, Suite},
    run::{Evidence, Failure, FailureKind, Outcome, ScenarioRun, StepRun, Truth},
    steps::{Context, Keyword, Vocabulary, World},
};

/// How many lines of a service's log a failure quotes.
const LOG_LINES: usize = 12;

/// How many scenarios run side by side. More would make the stack slow by being watched: sixty
/// that begin at once ask for sixty pages at once, of programs that have not compiled one yet.
const AT_ONCE: usize = 8;

/// A scenario of which nothing has been run.
pub(super) fn blank(planned: &Planned, truth: Truth) -> ScenarioRun {
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

/// Keeps a panic's message and place for whoever tells of it. cucumber silences panics while
/// it runs, so this is put in its place at every step.
fn record_panic(info: &panic::PanicHookInfo<'_>) {
    match current() {
        Some(pass) => {
            if let Ok(mut panicked) = pass.panicked.lock() {
                *panicked = Some(info.to_string());
            }
        }
        // Not a thread of ours: nobody else will tell of it.
        None => anstream::eprintln!("{info}"),
    }
}

fn current() -> Option<Arc<Pass>> {
    PASS.with_borrow(Clone::clone)
}

/// What a step throws past cucumber when its failure is already recorded.
struct AlreadyRecorded;

/// Runs some scenarios of a suite, all of which the running stack can judge.
pub(super) async fn judge(
    suite: &Suite,
    planned: impl Iterator<Item = &Planned>,
    context: Arc<Context>,
    fail_fast: bool,
    report: &Report,
) -> Vec<ScenarioRun> {
    let planned: HashMap<String, &Planned> = planned
        .map(|planned| (format!("{}:{}", planned.source.path(), planned.line), planned))
        .collect();
    if planned.is_empty() {
        return Vec::new();
    }
    let vocabulary = Vocabulary::new(suite.steps.iter().copied());
    let steps = suite.steps.iter().fold(step::Collection::new(), |steps, known| {
        let Some(regex) = vocabulary.regex(known) else { return steps };
        match known.keyword {
            Keyword::Given => steps.given(None, regex, dispatch),
            Keyword::When => steps.when(None, regex, dispatch),
            Keyword::Then => steps.then(None, regex, dispatch),
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
        records: Mutex::default(),
        aftermaths: Mutex::default(),
        panicked: Mutex::default(),
    });
    PASS.set(Some(Arc::clone(&pass)));
    let mut runner = runner::Basic::default()
        .steps(steps)
        .retry_options(|_, _, _, _| None)
        .max_concurrent_scenarios(AT_ONCE)
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
    while let Some(event) = events.next().await {
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
    // Back to the default, which prints.
    let _recording = panic::take_hook();
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
    let mut run = blank(planned, Truth::Observed);
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
        panic::set_hook(Box::new(record_panic));
        let begun = Instant::now();
        world.truth = Some(Truth::Observed);
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
    match found.step.observed {
        Some(judge) => judge(world, &found.arguments).await,
        None => Err(Failure::error("judge the step", "it has no observed meaning")),
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use camino::Utf8PathBuf;

    use super::*;
    use crate::{
        config::Config,
        features::{self, Filter},
        steps::{Step, world::Broken},
    };

    /// How many scenarios are in their step now, and were at most.
    static AT_WORK: AtomicUsize = AtomicUsize::new(0);
    static AT_MOST: AtomicUsize = AtomicUsize::new(0);

    static STEPS: [Step; 5] = [
        Step::plain(Keyword::Given, "the {environment} environment")
            .observed(|_, _| Box::pin(async { Ok(()) })),
        Step::plain(Keyword::Then, "all is well").observed(|_, _| Box::pin(async { Ok(()) })),
        Step::plain(Keyword::Then, "a defect panics")
            .observed(|_, _| Box::pin(async { panic!("a plank is loose") })),
        Step::plain(Keyword::When, "something breaks").observed(|world, _| {
            Box::pin(async {
                world.environment = Some("development".into());
                world.broken.push(Broken::Paused("app".into()));
                Ok(())
            })
        }),
        Step::plain(Keyword::Then, "it takes a while").observed(|_, _| {
            Box::pin(async {
                let now = AT_WORK.fetch_add(1, Ordering::Relaxed) + 1;
                AT_MOST.fetch_max(now, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
                AT_WORK.fetch_sub(1, Ordering::Relaxed);
                Ok(())
            })
        }),
    ];

    /// Judges a feature of these steps.
    async fn judged(scenarios: &str) -> Vec<ScenarioRun> {
        let config: Config =
            serde_yaml::from_str("environments: {development: {files: [a.yml]}}").expect("YAML");
        let folder = tempfile::tempdir().expect("a folder");
        let file = Utf8PathBuf::from_path_buf(folder.path().join("a.feature")).expect("UTF-8");
        std::fs::write(&file, format!("Feature: f\n{scenarios}")).expect("a file");
        let vocabulary = Vocabulary::new(&STEPS);
        let suite = features::load(&config, &vocabulary, &[file], &Filter::default())
            .expect("a sound feature");
        let context = Arc::new(Context::new(config));
        let report: Report = Arc::new(|_: Progress<'_>| {});
        let mut runs = judge(&suite, suite.plan.iter(), context, false, &report).await;
        runs.sort_by_key(|run| run.line);
        runs
    }

    #[tokio::test]
    async fn a_step_that_panics_is_a_defect_with_its_message_and_harms_no_other() {
        let runs = judged(
            "  Scenario: bad\n    Given the development environment\n    Then a defect panics\n    And all is well\n  Scenario: good\n    Given the development environment\n    Then all is well\n",
        )
        .await;
        let outcomes: Vec<Outcome> = runs.iter().map(|run| run.outcome).collect();
        assert_eq!(outcomes, [Outcome::Failed, Outcome::Passed]);
        let (step, failure) = runs[0].failure().expect("a failure");
        assert_eq!(step.map(|step| step.text.as_str()), Some("a defect panics"));
        assert_eq!(failure.kind, FailureKind::Bug);
        assert!(failure.found.contains("a plank is loose"), "{}", failure.found);
        assert!(failure.found.contains("pass.rs:"), "the place is told: {}", failure.found);
        assert_eq!(runs[0].steps[2].outcome, Outcome::NotRun);
    }

    #[tokio::test]
    async fn scenarios_run_side_by_side_and_not_in_a_crowd() {
        let scenario = |number| {
            format!(
                "  Scenario: {number}\n    Given the development environment\n    Then it takes a while\n"
            )
        };
        let scenarios: String = (0..3 * AT_ONCE).map(scenario).collect();
        let runs = judged(&scenarios).await;
        assert!(runs.iter().all(|run| run.outcome == Outcome::Passed));
        assert_eq!((runs.len(), AT_MOST.load(Ordering::Relaxed)), (3 * AT_ONCE, AT_ONCE));
    }

    #[tokio::test]
    async fn what_cannot_be_mended_fails_the_scenario_that_broke_it() {
        let runs = judged(
            "  Scenario: breaks\n    Given the development environment\n    When something breaks\n    Then all is well\n",
        )
        .await;
        assert_eq!(runs[0].outcome, Outcome::Failed);
        let (step, failure) = runs[0].failure().expect("a failure");
        assert!(step.is_none(), "no step is to blame");
        assert!(failure.found.contains("was not brought up"), "{}", failure.found);
    }
}
