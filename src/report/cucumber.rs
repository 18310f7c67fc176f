//! A run as Cucumber's classic JSON: features, their scenarios, steps with results in nanoseconds.
//!
//! What nobody could look at is `pending`, what was not reached or not asked is `skipped`. What is
//! wrong with a stack, and what kept the run from judging, are scenarios of a feature of their own.

mod model;

use serde_json::{Value, json};

use self::model::Step;
pub(super) use self::model::{Element, Feature, Status, features};
use crate::{run::Run, visible};

/// The list of features.
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let features: Vec<Value> = features(run).iter().map(feature).collect();
    let text = serde_json::to_string_pretty(&features).map_err(|why| why.to_string())?;
    Ok(visible::json(&text).into_owned() + "\n")
}

fn feature(feature: &Feature<'_>) -> Value {
    json!({
        "uri": feature.uri,
        "id": id(&feature.name),
        "keyword": "Feature",
        "name": feature.name,
        "description": "",
        "line": 1,
        "tags": [],
        "elements": feature.elements.iter().map(|one| element(feature, one)).collect::<Vec<_>>(),
    })
}

fn element(feature: &Feature<'_>, one: &Element<'_>) -> Value {
    let tags = one.tags.iter().map(|tag| json!({ "name": format!("@{tag}"), "line": one.line }));
    let mut told = json!({
        "id": format!("{};{}", id(&feature.name), id(&one.name)),
        "keyword": "Scenario",
        "type": "scenario",
        "name": one.name,
        "description": one.rule.map(|rule| format!("Rule: {rule}")).unwrap_or_default(),
        "line": one.line,
        "tags": tags.collect::<Vec<_>>(),
        "steps": one.steps.iter().map(|step| of_step(feature, step)).collect::<Vec<_>>(),
    });
    if let Some(after) = &one.after {
        told["after"] = json!([{
            "match": { "location": format!("{}:{}", feature.uri, one.line) },
            "result": { "status": after.0.word(), "duration": 0, "error_message": after.1 },
        }]);
    }
    told
}

fn of_step(feature: &Feature<'_>, step: &Step<'_>) -> Value {
    let mut result = json!({
        "status": step.status.word(),
        "duration": u64::try_from(step.duration.as_nanos()).unwrap_or(u64::MAX),
    });
    if let Some(message) = &step.message {
        result["error_message"] = message.as_str().into();
    }
    let mut told = json!({
        "keyword": format!("{} ", step.keyword),
        "name": step.text,
        "line": step.line,
        "match": { "location": format!("{}:{}", feature.uri, step.line) },
        "result": result,
    });
    if !step.rows.is_empty() {
        let rows = step.rows.iter().map(|row| json!({ "cells": row.cells }));
        told["rows"] = rows.collect();
    }
    if !step.evidence.is_empty() {
        let seen = step.evidence.iter().map(|one| format!("{}: {}", one.what, one.seen));
        told["output"] = seen.collect();
    }
    told
}

/// Words in small letters with lines between them.
fn id(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    #[test]
    fn every_outcome_has_its_status_and_the_worst_is_never_passed() {
        let text = render(&samples::every_outcome(), false).expect("JSON");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let features = value.as_array().expect("features");
        let names: Vec<_> = features.iter().map(|one| one["name"].clone()).collect();
        assert_eq!(
            names,
            ["Flows", "What is wrong with the stacks", "What kept the run from judging"]
        );
        let elements = features[0]["elements"].as_array().expect("elements");
        assert_eq!(elements.len(), 12);
        let status = |name: &str| -> Vec<&str> {
            let is_it =
                |one: &&Value| one["name"].as_str().is_some_and(|own| own.starts_with(name));
            let one = elements.iter().find(is_it).unwrap_or_else(|| panic!("no {name}"));
            let steps = one["steps"].as_array().expect("steps").iter();
            let all = steps.chain(one["after"].as_array().into_iter().flatten());
            all.map(|step| step["result"]["status"].as_str().expect("a status")).collect()
        };
        for (name, expected) in [
            ("one", &["passed"][..]),
            ("two", &["failed"]),
            ("three", &["skipped"]),
            ("listed [declared]", &["failed"]),
            ("looked at by nobody", &["pending"]),
            ("a defect", &["failed"]),
            ("left", &["passed", "failed"]),
            ("absent", &["skipped"]),
            ("not asked", &["skipped"]),
        ] {
            assert_eq!(status(name), expected, "{name}");
        }
        let two = &elements[1]["steps"][0];
        assert_eq!(two["result"]["duration"], 10_000_000);
        let message = two["result"]["error_message"].as_str().expect("a message");
        assert!(message.contains("found: status 502"), "{message}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_scenario_that_ended_early_is_failed_though_no_step_is() {
        let mut run = samples::run();
        run.scenarios.truncate(1);
        run.scenarios[0].outcome = crate::run::Outcome::Failed;
        run.scenarios[0].steps[0].outcome = crate::run::Outcome::NotRun;
        let text = render(&run, false).expect("JSON");
        assert!(text.contains("\"status\": \"failed\"") && text.contains("nothing says why"));
    }
}
