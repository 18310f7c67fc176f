//! What is told of a scenario before anything of it has been run.

use std::{collections::HashMap, sync::Arc, time::Duration};

use crate::{
    features::Planned,
    run::{Exception, Outcome, ScenarioRun, StepRun, Truth},
    steps::Match,
};

/// A scenario of which nothing has been run.
pub(super) fn blank(planned: &Planned, truth: Truth) -> ScenarioRun {
    ScenarioRun {
        source: Arc::clone(&planned.source),
        feature: planned.feature.clone(),
        rule: planned.rule.clone(),
        name: planned.name.clone(),
        line: planned.line,
        tags: planned.tags.clone(),
        environments: planned.environments.clone(),
        truth,
        outcome: Outcome::NotRun,
        not_run: None,
        steps: planned
            .steps
            .iter()
            .enumerate()
            .map(|(at, (keyword, text, span))| StepRun {
                keyword: keyword.clone(),
                text: text.clone(),
                span: span.clone(),
                outcome: Outcome::NotRun,
                exceptions: planned.matches.get(at).map_or_else(Vec::new, exceptions),
                connections: Vec::new(),
                evidence: Vec::new(),
                failure: None,
                duration: Duration::ZERO,
            })
            .collect(),
        aftermath: None,
        duration: Duration::ZERO,
    }
}

/// The exceptions that a sentence lists: what, why, and until when.
fn exceptions(found: &Match) -> Vec<Exception> {
    let arguments = &found.arguments;
    let exception = |row: &Vec<String>| {
        let named = arguments.header.iter().zip(row);
        let of = |name: &str| {
            let cell = named.clone().find(|(column, _)| *column == name);
            cell.map(|(_, cell)| cell.trim().to_owned())
        };
        let is_subject = |column: &str| !matches!(column, "reason" | "until");
        let subject = named.clone().filter(|(column, _)| is_subject(column));
        let subject: Vec<&str> = subject.map(|(_, cell)| cell.as_str()).collect();
        Exception {
            subject: subject.join(" "),
            reason: of("reason").unwrap_or_default(),
            until: of("until").filter(|day| !day.is_empty()),
        }
    };
    let rows = arguments.rows.iter().filter(|_| arguments.excepts);
    rows.map(exception).collect()
}

/// The runs in the order of the plan; what was planned and not run is said to be so.
pub(super) fn in_order(
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
