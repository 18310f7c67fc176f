//! What several formats say of a run in the same words.

use crate::{
    run::{FailureKind, Fault, Outcome, Run, ScenarioRun},
    visible,
};

/// The run's verdict in words.
pub(super) fn verdict(run: &Run) -> &'static str {
    if run.exit_code() == 0 { "seaworthy" } else { "not seaworthy" }
}

/// An outcome in the words of reports for programs.
pub(super) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Undecided => "undecided",
        Outcome::NotRun => "not_run",
    }
}

/// How the scenarios ended, in one line.
pub(super) fn counts(run: &Run) -> String {
    let counts = run.counts();
    let mut text = format!("{} passed, {} failed", counts.passed, counts.failed);
    for (count, what) in [(counts.undecided, "undecided"), (counts.not_run, "skipped")] {
        if count > 0 {
            text = format!("{text}, {count} {what}");
        }
    }
    text
}

/// What a failure means for its scenario, in one line.
pub(super) fn title(scenario: &ScenarioRun, kind: FailureKind) -> String {
    match kind {
        FailureKind::Finding => format!("\"{}\" is not so", scenario.name),
        FailureKind::Undecided => format!("\"{}\" could not be decided", scenario.name),
        FailureKind::Bug => format!("seaworthy itself failed in \"{}\"", scenario.name),
    }
}

/// What a failure calls what it asked and what it got.
pub(super) const fn asked(kind: FailureKind) -> (&'static str, &'static str) {
    match kind {
        FailureKind::Undecided => ("tried", "missing"),
        FailureKind::Finding | FailureKind::Bug => ("expected", "found"),
    }
}

/// What a fault is, line by line.
pub(super) fn told(fault: &Fault<'_>) -> String {
    let (asked, answered) = asked(fault.kind);
    let by = fault.scenario.truth.word();
    let mut text = format!("{} ({by})", title(fault.scenario, fault.kind));
    text = format!("{text}\n{answered}: {}\n{asked}: {}", fault.found, fault.expected);
    if let Some(place) = fault.place {
        text = format!("{text}\nat: {place}");
    }
    for line in fault.notes.iter().map(String::as_str).chain([fault.help]) {
        if !line.is_empty() {
            text = format!("{text}\n{line}");
        }
    }
    text
}

/// The scenarios that were not run, by the reason.
pub(super) fn not_run(run: &Run) -> Vec<(Option<&str>, Vec<&ScenarioRun>)> {
    let mut reasons: Vec<(Option<&str>, Vec<&ScenarioRun>)> = Vec::new();
    for scenario in run.scenarios.iter().filter(|run| run.outcome == Outcome::NotRun) {
        let why = scenario.not_run.as_deref();
        match reasons.iter_mut().find(|(reason, _)| *reason == why) {
            Some((_, scenarios)) => scenarios.push(scenario),
            None => reasons.push((why, vec![scenario])),
        }
    }
    reasons
}

/// How many scenarios were not run, and why.
pub(super) fn not_run_title(why: Option<&str>, count: usize) -> String {
    let scenarios = if count == 1 { "1 scenario was" } else { &format!("{count} scenarios were") };
    let why = why.map_or_else(String::new, |why| format!(", because {}", visible::line(why)));
    format!("{scenarios} not run{why}")
}

/// The first lines of a text, and how many were left out.
pub(super) fn head(text: &str, most: usize) -> String {
    let more = text.lines().count().saturating_sub(most);
    if more == 0 {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().take(most).collect();
    format!("{}\n[… {more} more lines]", lines.join("\n"))
}
