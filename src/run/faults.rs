//! What is wrong in a run, fault by fault.
//!
//! A failure is one step's; what it found may be several violations, each at a place of its own.
//! Here all of them stand in one list, which every report for programs is a function of.

use std::sync::Arc;

use indexmap::IndexMap;
use sha2::{Digest as _, Sha256};

use super::{Failure, FailureKind, Outcome, Run, ScenarioRun, Spot, StepRun};

/// One thing that a sentence is not true of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What it is about, as a path that stays the same when files are reformatted:
    /// `services.web.ports`. It tells this violation from the others of its sentence.
    pub subject: String,
    /// What the sentence asks for there.
    pub expected: String,
    /// What is there instead, in one line.
    pub found: String,
    /// The text at fault, where a file that we read says it.
    pub spot: Option<Spot>,
    /// What to do about it.
    pub help: String,
}

/// A violation of a run, or a failure that has none: what a report tells once.
#[derive(Debug, Clone)]
pub struct Fault<'r> {
    /// The scenario that it belongs to.
    pub scenario: &'r ScenarioRun,
    /// The step; none for what went wrong after the last one.
    pub step: Option<&'r StepRun>,
    /// Whose fault it is.
    pub kind: FailureKind,
    /// What it is about: a violation's subject, else the sentence.
    pub subject: &'r str,
    /// What the sentence asks for; of an undecided one, what was tried.
    pub expected: &'r str,
    /// What is there instead; of an undecided one, what was missing.
    pub found: &'r str,
    /// What to do about it; may be empty.
    pub help: &'r str,
    /// The text at fault, or the sentence where no file says it.
    pub spot: Spot,
    /// Whether the spot is the text at fault.
    pub is_written: bool,
    /// What is at fault where no text is: a service, an address, a place that was only named.
    pub place: Option<&'r str>,
    /// The way by which what was found came there.
    pub notes: &'r [String],
    /// What tells it from other faults, whatever lines it moves to: scenario, truth and subject.
    pub fingerprint: String,
}

impl Run {
    /// What tells a scenario from others, whatever lines it moves to: its file, rule and title.
    /// Rows of an outline share it if their title does not name them.
    #[must_use]
    pub fn id(&self, scenario: &ScenarioRun) -> String {
        let path = self.path(scenario.source.path());
        let rule = scenario.rule.as_ref().map_or_else(String::new, |rule| format!("{rule}: "));
        format!("{path}: {rule}{}", scenario.name)
    }

    /// Everything that went wrong in scenarios, in their order, each violation by itself.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault<'_>> {
        let mut faults = Vec::new();
        for scenario in &self.scenarios {
            for step in &scenario.steps {
                if let Some(failure) = &step.failure {
                    of_failure(scenario, Some(step), failure, &mut faults);
                }
            }
            if let Some(failure) = &scenario.aftermath {
                of_failure(scenario, None, failure, &mut faults);
            }
            if scenario.outcome == Outcome::Failed && scenario.failures().next().is_none() {
                faults.push(unreached(scenario));
            }
        }
        let mut known: IndexMap<[String; 3], usize> = IndexMap::new();
        for fault in &mut faults {
            let (scenario, subject) = (fault.scenario, fault.subject);
            let key = [self.id(scenario), scenario.truth.word().to_owned(), subject.to_owned()];
            let before = known.entry(key.clone()).or_default();
            fault.fingerprint = fingerprint(&key, *before);
            *before += 1;
        }
        faults
    }
}

fn of_failure<'r>(
    scenario: &'r ScenarioRun,
    step: Option<&'r StepRun>,
    failure: &'r Failure,
    faults: &mut Vec<Fault<'r>>,
) {
    let sentence = sentence(scenario, step);
    let whole = Fault {
        scenario,
        step,
        kind: failure.kind,
        subject: step.map_or("what the scenario left behind", |step| step.text.as_str()),
        expected: &failure.expected,
        found: &failure.found,
        help: &failure.help,
        spot: failure.spot.clone().unwrap_or_else(|| sentence.clone()),
        is_written: failure.spot.is_some(),
        place: failure.place.as_deref().filter(|_| failure.spot.is_none()),
        notes: &failure.notes,
        fingerprint: String::new(),
    };
    faults.extend(failure.violations.iter().map(|violation| Fault {
        subject: &violation.subject,
        expected: &violation.expected,
        found: &violation.found,
        help: &violation.help,
        spot: violation.spot.clone().unwrap_or_else(|| whole.spot.clone()),
        is_written: violation.spot.is_some() || whole.is_written,
        place: whole.place.filter(|_| violation.spot.is_none()),
        // The way is that of the first place.
        notes: if violation.spot == failure.spot { &failure.notes } else { &[] },
        ..whole.clone()
    }));
    if failure.violations.is_empty() {
        faults.push(whole);
    }
}

/// The sentence at fault, or the scenario's first line.
fn sentence(scenario: &ScenarioRun, step: Option<&StepRun>) -> Spot {
    let line = || scenario.source.line(scenario.line);
    (Arc::clone(&scenario.source), step.map_or_else(line, |step| step.span.clone()))
}

/// A scenario that ended before its last step, and nothing says why.
fn unreached(scenario: &ScenarioRun) -> Fault<'_> {
    let step = scenario.steps.iter().find(|step| step.outcome == Outcome::NotRun);
    Fault {
        scenario,
        step,
        kind: FailureKind::Bug,
        subject: step.map_or("the scenario", |step| step.text.as_str()),
        expected: "every step is reached",
        found: "the scenario ended before this step, and nothing says why",
        help: "this is a defect of seaworthy: please report it with the feature file",
        spot: sentence(scenario, step),
        is_written: false,
        place: None,
        notes: &[],
        fingerprint: String::new(),
    }
}

fn fingerprint(key: &[String; 3], before: usize) -> String {
    let mut hash = Sha256::new();
    for part in key {
        hash.update(part);
        hash.update([0]);
    }
    if before > 0 {
        hash.update(before.to_string());
    }
    let bytes = hash.finalize();
    let digits = bytes.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
