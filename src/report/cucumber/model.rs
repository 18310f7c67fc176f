//! What both of Cucumber's formats tell: features with scenarios by one truth each, and the steps.

use std::time::Duration;

use indexmap::IndexMap;

use super::super::{
    table::{self, Row},
    terminal::failure_text,
    wording,
};
use crate::{
    diagnostic::{self, Diagnostic, Severity},
    policy::secret::hide::guessed,
    run::{Evidence, Failure, FailureKind, Outcome, Run, ScenarioRun},
};

/// How a step ended, in Cucumber's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Status {
    Passed,
    Failed,
    /// Nobody could look.
    Pending,
    /// Not reached, or not asked.
    Skipped,
}

impl Status {
    pub(in super::super) const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Debug)]
pub(in super::super) struct Feature<'r> {
    pub uri: String,
    pub name: String,
    pub elements: Vec<Element<'r>>,
}

/// A scenario by one truth.
#[derive(Debug)]
pub(in super::super) struct Element<'r> {
    pub name: String,
    pub rule: Option<&'r str>,
    pub line: usize,
    pub tags: &'r [String],
    pub steps: Vec<Step<'r>>,
    pub duration: Duration,
    /// What went wrong after the last step.
    pub after: Option<(Status, String)>,
}

#[derive(Debug)]
pub(in super::super) struct Step<'r> {
    pub keyword: &'r str,
    pub text: &'r str,
    pub line: usize,
    pub status: Status,
    pub duration: Duration,
    pub message: Option<String>,
    pub evidence: &'r [Evidence],
    pub rows: Vec<Row>,
}

/// Everything that a run tells, by the files of its features.
pub(in super::super) fn features(run: &Run) -> Vec<Feature<'_>> {
    let mut features: IndexMap<(String, &str), Vec<Element<'_>>> = IndexMap::new();
    for scenario in run.scenarios.iter().chain(&run.only_observed) {
        let uri = run.path(scenario.source.path()).into_string();
        features.entry((uri, &scenario.feature)).or_default().push(element(scenario));
    }
    let mut features: Vec<Feature<'_>> = features
        .into_iter()
        .map(|((uri, name), elements)| Feature { uri, name: name.to_owned(), elements })
        .collect();
    let errors = run.errors.iter().filter(|one| one.severity == Severity::Error);
    for (name, told, status) in [
        ("What is wrong with the stacks", run.findings.iter().collect::<Vec<_>>(), Status::Failed),
        ("What kept the run from judging", errors.collect(), Status::Failed),
    ] {
        if !told.is_empty() {
            let elements = told.into_iter().map(|one| beside(one, status)).collect();
            features.push(Feature { uri: "seaworthy".into(), name: name.into(), elements });
        }
    }
    features
}

/// Something that was told outside of scenarios.
fn beside(told: &Diagnostic, status: Status) -> Element<'_> {
    let step = Step {
        keyword: "*",
        text: "nothing is in the way",
        line: 1,
        status,
        duration: Duration::ZERO,
        message: Some(diagnostic::render(&guessed(told.clone()), false)),
        evidence: &[],
        rows: Vec::new(),
    };
    Element {
        name: told.title.clone(),
        rule: None,
        line: 1,
        tags: &[],
        steps: vec![step],
        duration: Duration::ZERO,
        after: None,
    }
}

fn element(scenario: &ScenarioRun) -> Element<'_> {
    let mut steps: Vec<Step<'_>> = scenario
        .steps
        .iter()
        .map(|step| {
            let source = &scenario.source;
            Step {
                keyword: step.keyword.trim(),
                text: &step.text,
                line: source.place(step.span.start).line,
                status: status(step.outcome),
                duration: step.duration,
                message: step.failure.as_ref().map(|_| failure_text(scenario, false)),
                evidence: &step.evidence,
                rows: table::rows(scenario, step),
            }
        })
        .collect();
    // One that ended before its end is not what all its steps look like.
    if scenario.outcome == Outcome::Failed && scenario.failures().next().is_none() {
        let unreached = steps.iter().position(|step| step.status == Status::Skipped);
        let at = unreached.unwrap_or(steps.len().saturating_sub(1));
        if let Some(step) = steps.get_mut(at) {
            step.status = Status::Failed;
            step.message = Some("the scenario ended early, and nothing says why".into());
        }
    }
    if let (Some(why), Some(step)) = (&scenario.not_run, steps.first_mut()) {
        step.message.get_or_insert_with(|| format!("not run: {why}"));
    }
    Element {
        name: format!("{} [{}]", scenario.name, scenario.truth.word()),
        rule: scenario.rule.as_deref(),
        line: scenario.line,
        tags: &scenario.tags,
        steps,
        duration: scenario.duration,
        after: scenario.aftermath.as_ref().map(after),
    }
}

fn after(failure: &Failure) -> (Status, String) {
    let (asked, answered) = wording::asked(failure.kind);
    let status =
        if failure.kind == FailureKind::Undecided { Status::Pending } else { Status::Failed };
    let text = format!("{asked}: {}\n{answered}: {}", failure.expected, failure.found);
    let help = if failure.help.is_empty() { String::new() } else { format!("\n{}", failure.help) };
    (status, text + &help)
}

const fn status(outcome: Outcome) -> Status {
    match outcome {
        Outcome::Passed => Status::Passed,
        Outcome::Failed => Status::Failed,
        Outcome::Undecided => Status::Pending,
        Outcome::NotRun => Status::Skipped,
    }
}
