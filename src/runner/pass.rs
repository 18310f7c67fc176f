//! The pass on the running stacks: every scenario that they can judge.
//!
//! cucumber-rs says what comes next and what runs beside what; it reads no sentence. Every step is one
//! function, [`dispatch`], which takes the sentence as it was understood before anything started,
//! bounds its time and records what came of it. A failed step travels as data: recorded first, then
//! thrown past cucumber without a panic message.

use std::{
    collections::HashMap,
    fmt, panic,
    sync::{Arc, Mutex, Once},
    time::{Duration, Instant},
};

use cucumber::{
    Runner as _, event,
    runner::{self, basic::ScenarioType},
    step,
};
use futures::{StreamExt as _, future::LocalBoxFuture, stream};
use indexmap::IndexMap;
use regex::Regex;

use super::{
    Progress, Report,
    blank::blank,
    hooks::{after, before, quote_logs},
    lanes::Lanes,
    panics::{caught_in, defect},
};
use crate::{
    features::{Planned, Suite},
    run::{Connection, Evidence, Failure, Outcome, ScenarioRun, Truth},
    steps::{Context, World, explain},
};

/// What came of one step.
#[derive(Debug)]
struct Recorded {
    evidence: Vec<Evidence>,
    connections: Vec<Connection>,
    failure: Option<Failure>,
    duration: Duration,
}

/// What all scenarios of a pass share with the runner.
pub(super) struct Pass {
    pub(super) context: Arc<Context>,
    /// What will be judged, by place.
    pub(super) plans: HashMap<String, Planned>,
    /// What each scenario came to so far, by place.
    records: Mutex<HashMap<String, Vec<Recorded>>>,
    /// What went wrong after a scenario, by place.
    aftermaths: Mutex<HashMap<String, Failure>>,
    pub(super) lanes: Arc<Lanes>,
    pub(super) report: Report,
    /// cucumber silences panics while it runs: the first scenario lets us hear them again.
    pub(super) hearing: Once,
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").finish_non_exhaustive()
    }
}

/// A scenario as cucumber carries it from step to step.
#[derive(Debug, Default)]
pub(super) struct Scenario {
    pub(super) world: World,
    /// The pass that it belongs to, from the hook before its first step on.
    pub(super) pass: Option<Arc<Pass>>,
    /// Whether it got its turn.
    pub(super) is_on: bool,
    /// How many of its steps have been begun.
    begun: usize,
}

impl cucumber::World for Scenario {
    type Error = std::convert::Infallible;

    async fn new() -> Result<Self, Self::Error> {
        Ok(Self::default())
    }
}

impl Pass {
    /// Keeps the first that went wrong after a scenario.
    pub(super) fn add_aftermath(&self, place: &str, why: Failure) {
        if let Ok(mut aftermaths) = self.aftermaths.lock() {
            aftermaths.entry(place.to_owned()).or_insert(why);
        }
    }
}

/// What a step throws past cucumber when its failure is already recorded.
struct AlreadyRecorded;

/// Runs some scenarios of a suite, all of which the running stack can judge.
pub(super) async fn judge(
    suite: &Suite,
    planned: impl Iterator<Item = &Planned>,
    context: Arc<Context>,
    lanes: Arc<Lanes>,
    fail_fast: bool,
    report: &Report,
) -> Vec<ScenarioRun> {
    let planned: IndexMap<String, &Planned> =
        planned.map(|planned| (planned.place(), planned)).collect();
    if planned.is_empty() {
        return Vec::new();
    }
    // Each sentence is understood already: whatever it is, it is carried out by the same function.
    let Ok(any) = Regex::new("") else { return Vec::new() };
    let steps = step::Collection::new()
        .given(None, any.clone(), dispatch)
        .when(None, any.clone(), dispatch)
        .then(None, any, dispatch);
    let features: Vec<gherkin::Feature> = suite
        .features
        .iter()
        .filter_map(|(_, whole)| {
            let wanted =
                |scenario: &gherkin::Scenario| planned.contains_key(&place(whole, scenario));
            let mut feature = whole.clone();
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
        plans: planned.iter().map(|(place, planned)| (place.clone(), (*planned).clone())).collect(),
        records: Mutex::default(),
        aftermaths: Mutex::default(),
        lanes,
        report: Arc::clone(report),
        hearing: Once::new(),
    });
    let (first, last) = (Arc::clone(&pass), Arc::clone(&pass));
    let runner = runner::Basic::default()
        .steps(steps)
        .retry_options(|_, _, _, _| None)
        // Each waits in the hook before its first step until the plan lets it begin.
        .max_concurrent_scenarios(None)
        .which_scenario(|_, _, _| ScenarioType::Concurrent)
        .before(move |feature, _, scenario, carried| {
            before(Arc::clone(&first), feature, scenario, carried)
        })
        .after(move |feature, _, scenario, _, carried| {
            after(Arc::clone(&last), feature, scenario, carried)
        });
    let mut events =
        runner.run(stream::iter(features.into_iter().map(Ok)), runner::basic::Cli::default());
    let mut runs = Vec::new();
    while let Some(event) = events.next().await {
        let Ok(event) = event else { continue };
        let Some((place, event)) = scenario_event(&event.value) else { continue };
        match event {
            event::Scenario::Finished => {
                if let Some(planned) = planned.get(&place)
                    && let Some(took) = pass.lanes.took(&place)
                {
                    let run = finished(planned, &pass, &place, took);
                    if fail_fast && (run.outcome != Outcome::Passed || run.aftermath.is_some()) {
                        pass.lanes.close();
                    }
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
    runs
}

/// The place of the scenario that an event is about.
fn scenario_event(
    event: &event::Cucumber<Scenario>,
) -> Option<(String, &event::Scenario<Scenario>)> {
    let event::Cucumber::Feature(feature, event) = event else { return None };
    let (event::Feature::Scenario(scenario, event)
    | event::Feature::Rule(_, event::Rule::Scenario(scenario, event))) = event
    else {
        return None;
    };
    Some((place(feature, scenario), &event.event))
}

pub(super) fn place(feature: &gherkin::Feature, scenario: &gherkin::Scenario) -> String {
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
    if let Ok(mut records) = pass.records.lock() {
        records.entry(place.to_owned()).or_default().push(Recorded {
            evidence: Vec::new(),
            connections: Vec::new(),
            failure: Some(defect(why.to_string())),
            duration: Duration::ZERO,
        });
    }
}

fn finished(planned: &Planned, pass: &Pass, place: &str, took: Duration) -> ScenarioRun {
    let mut run = blank(planned, Truth::Observed);
    run.duration = took;
    let records =
        pass.records.lock().ok().and_then(|mut records| records.remove(place)).unwrap_or_default();
    run.aftermath = pass.aftermaths.lock().ok().and_then(|mut aftermaths| aftermaths.remove(place));
    for (step, recorded) in run.steps.iter_mut().zip(records) {
        step.outcome = Outcome::of(recorded.failure.as_ref());
        step.evidence = recorded.evidence;
        step.connections = recorded.connections;
        step.failure = recorded.failure;
        step.duration = recorded.duration;
    }
    // A step that was never reached is no proof, whatever stopped the scenario.
    let reached = run.steps.iter().all(|step| step.outcome != Outcome::NotRun);
    run.outcome = match (run.worst(), reached) {
        (Outcome::Passed, false) => Outcome::Failed,
        (outcome, _) => outcome,
    };
    run
}

/// The one function that cucumber calls for every step.
fn dispatch(scenario: &mut Scenario, context: step::Context) -> LocalBoxFuture<'_, ()> {
    Box::pin(async move {
        // The hook before the first step has run, or cucumber would not be here.
        let Some(pass) = scenario.pass.clone() else { return };
        if !scenario.is_on {
            panic::resume_unwind(Box::new(AlreadyRecorded));
        }
        let begun = Instant::now();
        let at = scenario.begun;
        scenario.begun += 1;
        let world = &mut scenario.world;
        world.truth = Some(Truth::Observed);
        world.context.get_or_insert_with(|| Arc::clone(&pass.context));
        let deadline = *world.deadline.get_or_insert(begun + pass.context.config.timeouts.scenario);
        let left = deadline.saturating_duration_since(begun);
        let judged = caught_in(carry_out(&pass, world, at, &context.step));
        let result = match tokio::time::timeout(left, judged).await {
            Ok(result) => result.flatten(),
            Err(_) => Err(Failure::undecided(
                "the scenario ends in time",
                format!("it was still at this step after {}", humantime::format_duration(pass.context.config.timeouts.scenario)),
            )
            .help("look at what the step waits for; `timeouts: { scenario: … }` in seaworthy.yaml sets the limit")),
        };
        world.note_targets();
        let mut failure = result.err();
        if let Some(failure) = &mut failure {
            explain(world, failure).await;
            quote_logs(world, failure).await;
        }
        let failed = failure.is_some();
        let recorded = Recorded {
            evidence: world.take_evidence(),
            connections: std::mem::take(&mut world.connections),
            failure,
            duration: begun.elapsed(),
        };
        if let Ok(mut records) = pass.records.lock() {
            records.entry(world.place.clone()).or_default().push(recorded);
        }
        if failed {
            panic::resume_unwind(Box::new(AlreadyRecorded));
        }
    })
}

/// Carries out a scenario's step number `at`, as it was understood when the features were read.
async fn carry_out(
    pass: &Pass,
    world: &mut World,
    at: usize,
    written: &gherkin::Step,
) -> Result<(), Failure> {
    let planned = pass.plans.get(&world.place);
    let step = planned.and_then(|planned| Some((planned.steps.get(at)?, planned.matches.get(at)?)));
    let Some((_, found)) = step.filter(|((_, text, _), _)| *text == written.value) else {
        return Err(defect(format!(
            "step {} of {} is not the one that was planned: {}",
            at + 1,
            world.place,
            written.value
        )));
    };
    match found.step.observed {
        Some(judge) => judge(world, &found.arguments).await,
        None => Err(Failure::undecided("judge the step", "it has no observed meaning")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use camino::Utf8PathBuf;

    use indexmap::IndexSet;

    use super::*;
    use crate::{
        config::Config,
        features::{self, Filter},
        run::FailureKind,
        runner::plan::{Known, turns},
        steps::{Keyword, Load, Step, Vocabulary, world::Undo},
    };

    /// How many scenarios are in their step now, and were at most.
    static AT_WORK: AtomicUsize = AtomicUsize::new(0);
    static AT_MOST: AtomicUsize = AtomicUsize::new(0);

    /// How many look while the machine is busy.
    static BESIDE: AtomicUsize = AtomicUsize::new(0);

    static STEPS: [Step; 7] = [
        Step::plain(Keyword::Then, "others are there").observed(|_, _| {
            Box::pin(async {
                BESIDE.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
                BESIDE.fetch_sub(1, Ordering::Relaxed);
                Ok(())
            })
        }),
        Step::plain(Keyword::Then, "the machine is busy").loads(Load::Full).observed(|_, _| {
            Box::pin(async {
                for _ in 0..20 {
                    let beside = BESIDE.load(Ordering::Relaxed);
                    if beside > 0 {
                        return Err(Failure::finding("nothing beside it", beside.to_string()));
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Ok(())
            })
        }),
        Step::plain(Keyword::Given, "the {environment} environment")
            .observed(|_, _| Box::pin(async { Ok(()) })),
        Step::plain(Keyword::Then, "all is well").observed(|_, _| Box::pin(async { Ok(()) })),
        Step::plain(Keyword::Then, "a defect panics")
            .observed(|_, _| Box::pin(async { panic!("a plank is loose") })),
        Step::plain(Keyword::When, "something breaks").observed(|world, _| {
            Box::pin(async {
                world.environment = Some("development".into());
                let undo = Undo::of_service("paused", "app", |_, _| Box::pin(async { Ok(()) }));
                world.undos.push(undo);
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
        let filter = Filter { named: vec![file.clone()], ..Filter::default() };
        let suite =
            features::load(&config, &vocabulary, &[file], &filter).expect("a sound feature");
        let context = Arc::new(Context::new(config));
        let report: Report = Arc::new(|_: Progress<'_>| {});
        let earlier = crate::runner::durations::Durations::default();
        let known = Known::of([], &earlier);
        let lanes = Lanes::new(turns(suite.plan.iter(), &IndexSet::new(), &known), IndexSet::new());
        let lanes = Arc::new(lanes);
        let mut runs = judge(&suite, suite.plan.iter(), context, lanes, false, &report).await;
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
        let at_once = super::super::plan::PLACES;
        let scenarios: String = (0..3 * at_once).map(scenario).collect();
        let runs = judged(&scenarios).await;
        assert!(runs.iter().all(|run| run.outcome == Outcome::Passed));
        assert_eq!((runs.len(), AT_MOST.load(Ordering::Relaxed)), (3 * at_once, at_once));
    }

    #[tokio::test]
    async fn what_keeps_a_machine_busy_runs_beside_nothing() {
        let scenario = |name: &str, step: &str| {
            format!("  Scenario: {name}\n    Given the development environment\n    Then {step}\n")
        };
        let light: String = (0..5).map(|_| scenario("light", "others are there")).collect();
        let runs =
            judged(&format!("{light}{}{light}", scenario("full", "the machine is busy"))).await;
        let failures: Vec<_> = runs.iter().filter_map(ScenarioRun::failure).collect();
        assert!(failures.is_empty(), "{failures:?}");
        assert_eq!(runs.len(), 11);
    }

    #[tokio::test]
    async fn what_cannot_be_mended_fails_the_scenario_that_broke_it() {
        let runs = judged(
            "  Scenario: breaks\n    Given the development environment\n    When something breaks\n    Then all is well\n",
        )
        .await;
        assert_eq!(runs[0].outcome, Outcome::Undecided);
        let (step, failure) = runs[0].failure().expect("a failure");
        assert!(step.is_none(), "no step is to blame");
        assert!(failure.found.contains("was not brought up"), "{}", failure.found);
    }
}
