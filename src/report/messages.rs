//! A run as Cucumber Messages: one JSON object a line, as Cucumber's own HTML formatter reads them.
//!
//! A scenario by each truth is a scenario of its feature. Everything begins when the run began, as
//! it ran side by side; how long each took is told.

use std::time::{Duration, SystemTime};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::cucumber::{Element, Feature, Status, features};
use crate::{run::Run, visible};

/// All messages.
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let mut lines = Lines { next: 0, all: Vec::new(), documents: Vec::new(), run };
    let features = features(run);
    for feature in &features {
        lines.feature(feature);
    }
    let version = run.about.versions.iter().find(|(name, _)| name == "seaworthy");
    let version = version.map_or(env!("CARGO_PKG_VERSION"), |(_, version)| version.as_str());
    let program = json!({ "name": "seaworthy", "version": version });
    let unknown = json!({ "name": "not recorded" });
    let meta = json!({ "meta": {
        "protocolVersion": "34.2.1",
        "implementation": program,
        "runtime": program,
        "os": unknown,
        "cpu": unknown,
    } });
    let begun = json!({ "testRunStarted": { "id": "run", "timestamp": lines.at(Duration::ZERO) } });
    let ended = json!({ "testRunFinished": {
        "testRunStartedId": "run",
        "success": run.exit_code() == 0,
        "timestamp": lines.at(run.duration),
    } });
    let mut text = String::new();
    let Lines { all, documents, .. } = lines;
    for message in [vec![meta], documents, vec![begun], all, vec![ended]].into_iter().flatten() {
        text.push_str(&serde_json::to_string(&message).map_err(|why| why.to_string())?);
        text.push('\n');
    }
    Ok(visible::json(&text).into_owned())
}

struct Lines<'r> {
    run: &'r Run,
    /// The last id that was given.
    next: usize,
    /// What happened.
    all: Vec<Value>,
    /// What it happened to.
    documents: Vec<Value>,
}

/// What one scenario is called in the messages.
struct Ids {
    scenario: String,
    steps: Vec<String>,
}

impl Lines<'_> {
    fn id(&mut self) -> String {
        self.next += 1;
        self.next.to_string()
    }

    /// A time since the run began.
    fn at(&self, after: Duration) -> Value {
        let since = self.run.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // A kept run knows its beginning to the millisecond.
        let since = Duration::from_millis(u64::try_from(since.as_millis()).unwrap_or_default());
        duration(since + after)
    }

    fn feature(&mut self, feature: &Feature<'_>) {
        let mut rules: IndexMap<Option<&str>, Vec<Value>> = IndexMap::new();
        let mut ids = Vec::new();
        for one in &feature.elements {
            let known =
                Ids { scenario: self.id(), steps: one.steps.iter().map(|_| self.id()).collect() };
            let scenario = json!({ "scenario": self.scenario(one, &known) });
            rules.entry(one.rule).or_default().push(scenario);
            ids.push(known);
        }
        let mut children = Vec::new();
        for (rule, scenarios) in rules {
            let Some(rule) = rule else {
                children.extend(scenarios);
                continue;
            };
            let location = scenarios.first().map(|one| one["scenario"]["location"].clone());
            children.push(json!({ "rule": {
                "id": self.id(),
                "location": location,
                "tags": [],
                "keyword": "Rule",
                "name": visible::whole_line(rule),
                "description": "",
                "children": scenarios,
            } }));
        }
        self.documents.push(json!({ "gherkinDocument": {
            "uri": feature.uri,
            "feature": {
                "location": { "line": 1, "column": 1 },
                "tags": [],
                "language": "en",
                "keyword": "Feature",
                "name": visible::whole_line(&feature.name),
                "description": "",
                "children": children,
            },
            "comments": [],
        } }));
        for (one, known) in feature.elements.iter().zip(&ids) {
            self.judged(feature, one, known);
        }
    }

    fn scenario(&mut self, one: &Element<'_>, ids: &Ids) -> Value {
        let location = json!({ "line": one.line, "column": 1 });
        let tags: Vec<Value> = one
            .tags
            .iter()
            .map(|tag| json!({ "location": location, "name": format!("@{tag}"), "id": self.id() }))
            .collect();
        let mut steps = Vec::new();
        for (step, id) in one.steps.iter().zip(&ids.steps) {
            let location = json!({ "line": step.line, "column": 1 });
            let mut told = json!({
                "id": id,
                "location": location,
                "keyword": format!("{} ", step.keyword),
                "keywordType": kind(step.keyword),
                "text": step.text,
            });
            if !step.rows.is_empty() {
                let mut rows = Vec::new();
                for row in &step.rows {
                    let location = json!({ "line": row.line, "column": 1 });
                    let cells = row.cells.iter();
                    let cells = cells.map(|cell| json!({ "location": location, "value": cell }));
                    let cells: Vec<Value> = cells.collect();
                    rows.push(json!({ "id": self.id(), "location": location, "cells": cells }));
                }
                told["dataTable"] = json!({ "location": location, "rows": rows });
            }
            steps.push(told);
        }
        json!({
            "id": ids.scenario,
            "location": location,
            "tags": tags,
            "keyword": "Scenario",
            "name": visible::whole_line(&one.name),
            "description": "",
            "steps": steps,
            "examples": [],
        })
    }

    /// What was to be judged, and what came of it.
    fn judged(&mut self, feature: &Feature<'_>, one: &Element<'_>, ids: &Ids) {
        let (pickle, case, started) = (self.id(), self.id(), self.id());
        let mut steps = Vec::new();
        let mut of_case = Vec::new();
        let mut tests = Vec::new();
        for (step, node) in one.steps.iter().zip(&ids.steps) {
            let (id, test) = (self.id(), self.id());
            let mut told = json!({ "id": id, "text": step.text, "astNodeIds": [node], "type": meaning(step.keyword) });
            if !step.rows.is_empty() {
                let row = |row: &super::table::Row| {
                    let cells = row.cells.iter().map(|cell| json!({ "value": cell }));
                    json!({ "cells": cells.collect::<Vec<_>>() })
                };
                let rows: Vec<Value> = step.rows.iter().map(row).collect();
                told["argument"] = json!({ "dataTable": { "rows": rows } });
            }
            steps.push(told);
            of_case.push(json!({ "id": test, "pickleStepId": id }));
            tests.push(test);
        }
        let tags = one
            .tags
            .iter()
            .map(|tag| json!({ "name": format!("@{tag}"), "astNodeId": ids.scenario }));
        self.documents.push(json!({ "pickle": {
            "id": pickle,
            "uri": feature.uri,
            "location": { "line": one.line, "column": 1 },
            "astNodeIds": [ids.scenario],
            "name": visible::whole_line(&one.name),
            "language": "en",
            "tags": tags.collect::<Vec<_>>(),
            "steps": steps,
        } }));
        let after = one.after.as_ref().map(|after| {
            let (hook, test) = (self.id(), self.id());
            self.documents.push(json!({ "hook": {
                "id": hook,
                "name": "what the scenario left behind",
                "sourceReference": { "uri": feature.uri, "location": { "line": one.line } },
                "type": "AFTER_TEST_CASE",
            } }));
            of_case.push(json!({ "id": test, "hookId": hook }));
            (test, after)
        });
        self.all.push(json!({ "testCase": {
            "id": case, "pickleId": pickle, "testRunStartedId": "run", "testSteps": of_case,
        } }));
        self.all.push(json!({ "testCaseStarted": {
            "id": started, "testCaseId": case, "attempt": 0, "timestamp": self.at(Duration::ZERO),
        } }));
        let mut at = Duration::ZERO;
        for (step, test) in one.steps.iter().zip(&tests) {
            self.begun(&started, test, at);
            for evidence in step.evidence {
                self.all.push(json!({ "attachment": {
                    "testCaseStartedId": started,
                    "testStepId": test,
                    "body": format!("{}\n{}", evidence.what, evidence.seen),
                    "contentEncoding": "IDENTITY",
                    "mediaType": "text/plain",
                    "timestamp": self.at(at),
                } }));
            }
            at += step.duration;
            self.ended(&started, test, at, (step.status, step.duration), step.message.as_deref());
        }
        if let Some((test, (status, message))) = after {
            self.begun(&started, &test, at);
            self.ended(&started, &test, at, (*status, Duration::ZERO), Some(message));
        }
        self.all.push(json!({ "testCaseFinished": {
            "testCaseStartedId": started,
            "timestamp": self.at(one.duration.max(at)),
            "willBeRetried": false,
        } }));
    }

    fn begun(&mut self, case: &str, step: &str, at: Duration) {
        self.all.push(json!({ "testStepStarted": {
            "testCaseStartedId": case, "testStepId": step, "timestamp": self.at(at),
        } }));
    }

    fn ended(
        &mut self,
        case: &str,
        step: &str,
        at: Duration,
        (status, took): (Status, Duration),
        message: Option<&str>,
    ) {
        let mut result = json!({
            "status": status.word().to_uppercase(),
            "duration": duration(took),
        });
        if let Some(message) = message {
            result["message"] = message.into();
        }
        self.all.push(json!({ "testStepFinished": {
            "testCaseStartedId": case,
            "testStepId": step,
            "testStepResult": result,
            "timestamp": self.at(at),
        } }));
    }
}

fn duration(of: Duration) -> Value {
    json!({ "seconds": of.as_secs(), "nanos": of.subsec_nanos() })
}

fn kind(keyword: &str) -> &'static str {
    match keyword {
        "Given" => "Context",
        "When" => "Action",
        "Then" => "Outcome",
        "And" | "But" => "Conjunction",
        _ => "Unknown",
    }
}

/// What a step of a pickle is; that of `And` is not told apart.
fn meaning(keyword: &str) -> &'static str {
    match kind(keyword) {
        "Conjunction" => "Unknown",
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::samples, *};

    #[test]
    fn each_line_is_a_message_and_each_id_leads_to_one() {
        let run = samples::everything();
        let text = render(&run, false).expect("messages");
        let messages: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let of = |kind: &str| -> Vec<&Value> {
            messages.iter().filter_map(|message| message.get(kind)).collect()
        };
        assert!(messages.first().is_some_and(|first| first.get("meta").is_some()));
        assert!(messages.last().is_some_and(|last| last.get("testRunFinished").is_some()));
        // Every scenario, the finding, and the error.
        let count = run.scenarios.len() + run.only_observed.len() + 2;
        for kind in ["pickle", "testCase", "testCaseStarted", "testCaseFinished"] {
            assert_eq!(of(kind).len(), count, "{kind}");
        }
        let ids = |kind: &str| -> BTreeSet<String> {
            of(kind).iter().map(|one| one["id"].to_string()).collect()
        };
        let (pickles, cases) = (ids("pickle"), ids("testCase"));
        assert!(of("testCase").iter().all(|one| pickles.contains(&one["pickleId"].to_string())));
        assert!(
            of("testCaseStarted").iter().all(|one| cases.contains(&one["testCaseId"].to_string()))
        );
        let steps = of("testStepFinished");
        let count = |status: &str| {
            steps.iter().filter(|one| one["testStepResult"]["status"] == status).count()
        };
        assert!(count("PASSED") > 0 && count("SKIPPED") > 0 && count("PENDING") > 0);
        assert_eq!(of("hook").len(), 1);
        assert_eq!(of("testRunFinished")[0]["success"], false);
        assert!(text.contains("\"dataTable\"") && text.contains("b|c"));
        assert!(!text.contains('\u{1b}'));
    }
}
