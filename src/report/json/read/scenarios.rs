//! Scenarios, read back.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;

use super::{
    super::{drawing::each, read::Wrong},
    seconds,
    sources::{Files, SpotOf},
};
use crate::run::{
    Connection, Evidence, Exception, Failure, FailureKind, LogTail, Outcome, ScenarioRun, Spot,
    StepRun, Truth, Violation,
};

/// A scenario; of one that nobody asked, the head and the sentences are there.
#[derive(Deserialize)]
pub(super) struct ScenarioOf {
    feature: String,
    rule: Option<String>,
    name: String,
    line: usize,
    source: usize,
    tags: Vec<String>,
    environments: Vec<String>,
    truth: TruthOf,
    #[serde(default)]
    outcome: OutcomeOf,
    not_run: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    seconds: Duration,
    steps: Vec<StepOf>,
    aftermath: Option<FailureOf>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum TruthOf {
    Declared,
    Observed,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum OutcomeOf {
    Passed,
    Failed,
    Undecided,
    #[default]
    NotRun,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum KindOf {
    Finding,
    Undecided,
    Bug,
}

#[derive(Deserialize)]
struct StepOf {
    keyword: String,
    text: String,
    line: usize,
    outcome: OutcomeOf,
    #[serde(deserialize_with = "seconds")]
    seconds: Duration,
    exceptions: Vec<ExceptionOf>,
    #[serde(default)]
    connections: Vec<ConnectionOf>,
    evidence: Vec<EvidenceOf>,
    failure: Option<FailureOf>,
}

#[derive(Deserialize)]
struct ExceptionOf {
    subject: String,
    reason: String,
    until: Option<String>,
}

#[derive(Deserialize)]
struct EvidenceOf {
    what: String,
    seen: String,
}

#[derive(Deserialize)]
struct FailureOf {
    kind: KindOf,
    expected: String,
    found: String,
    place: Option<String>,
    spot: Option<SpotOf>,
    violations: Vec<ViolationOf>,
    notes: Vec<String>,
    help: String,
    services: Vec<String>,
    logs: Vec<LogOf>,
}

#[derive(Deserialize)]
struct ViolationOf {
    subject: String,
    expected: String,
    found: String,
    spot: Option<SpotOf>,
    help: String,
}

#[derive(Deserialize)]
struct ConnectionOf {
    from: String,
    to: String,
    port: Option<String>,
    is_wanted: bool,
    outcome: OutcomeOf,
}

#[derive(Deserialize)]
struct LogOf {
    service: String,
    lines: Vec<String>,
}

impl From<OutcomeOf> for Outcome {
    fn from(told: OutcomeOf) -> Self {
        match told {
            OutcomeOf::Passed => Self::Passed,
            OutcomeOf::Failed => Self::Failed,
            OutcomeOf::Undecided => Self::Undecided,
            OutcomeOf::NotRun => Self::NotRun,
        }
    }
}

impl ScenarioOf {
    pub(super) fn run(self, files: &Files) -> Result<ScenarioRun, Wrong> {
        let source = files.get(self.source)?;
        let step = |step: StepOf| {
            let exceptions = step.exceptions.into_iter();
            let connections = step.connections.into_iter();
            let evidence = step.evidence.into_iter();
            Ok(StepRun {
                keyword: step.keyword,
                text: step.text,
                span: source.line(step.line),
                outcome: step.outcome.into(),
                exceptions: exceptions
                    .map(|one| Exception {
                        subject: one.subject,
                        reason: one.reason,
                        until: one.until,
                    })
                    .collect(),
                connections: connections
                    .map(|one| Connection {
                        from: one.from,
                        to: one.to,
                        port: one.port,
                        is_wanted: one.is_wanted,
                        outcome: one.outcome.into(),
                    })
                    .collect(),
                evidence: evidence.map(|one| Evidence::new(one.what, one.seen)).collect(),
                failure: maybe(step.failure, "failure", |one| one.failure(files))?,
                duration: step.seconds,
            })
        };
        Ok(ScenarioRun {
            source: Arc::clone(source),
            feature: self.feature,
            rule: self.rule,
            name: self.name,
            line: self.line,
            tags: self.tags,
            environments: self.environments,
            truth: match self.truth {
                TruthOf::Declared => Truth::Declared,
                TruthOf::Observed => Truth::Observed,
            },
            outcome: self.outcome.into(),
            not_run: self.not_run,
            steps: each(self.steps, "steps", step)?,
            aftermath: maybe(self.aftermath, "aftermath", |one| one.failure(files))?,
            duration: self.seconds,
        })
    }
}

/// What may be there, or what is wrong with it.
fn maybe<T, U>(
    told: Option<T>,
    key: &'static str,
    one: impl FnOnce(T) -> Result<U, Wrong>,
) -> Result<Option<U>, Wrong> {
    told.map(one).transpose().map_err(|wrong| wrong.within(key))
}

impl FailureOf {
    fn failure(self, files: &Files) -> Result<Failure, Wrong> {
        let spot = |told: Option<SpotOf>| -> Result<Option<Spot>, Wrong> {
            maybe(told, "spot", |place| files.spot(&place))
        };
        let violation = |one: ViolationOf| {
            Ok(Violation {
                subject: one.subject,
                expected: one.expected,
                found: one.found,
                spot: spot(one.spot)?,
                help: one.help,
            })
        };
        let logs = self.logs.into_iter();
        Ok(Failure {
            kind: match self.kind {
                KindOf::Finding => FailureKind::Finding,
                KindOf::Undecided => FailureKind::Undecided,
                KindOf::Bug => FailureKind::Bug,
            },
            expected: self.expected,
            found: self.found,
            place: self.place,
            spot: spot(self.spot)?,
            violations: each(self.violations, "violations", violation)?,
            notes: self.notes,
            help: self.help,
            services: self.services,
            logs: logs.map(|log| LogTail { service: log.service, lines: log.lines }).collect(),
        })
    }
}
