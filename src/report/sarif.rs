//! A run as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format).
//!
//! A rule is a scenario, a result one violation at its place, or a finding about a stack. What
//! nobody could look at is a result of the kind `open`; what kept the run from judging is a
//! notification. Lines and columns start at 1, columns count code points, an end column is the
//! one behind the last character. Files are relative to `SRCROOT`, the repository.

use std::fmt::Write as _;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Value, json};

use super::{region, wording};
use crate::{
    diagnostic::{Diagnostic, Label, Severity},
    run::{FailureKind, Fault, Run, ScenarioRun},
    source::{Source, Span},
    visible,
};

/// What relative URIs start from.
const BASE: &str = "SRCROOT";
/// The rule of what is wrong with a stack, whichever scenario ran.
const STACK: &str = "the stack comes up and stays up";
/// The rule of what document and scenarios do not both speak of.
const COVERAGE: &str = "document and scenarios state the same claims";

/// A log with one run.
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let mut rules: IndexMap<String, Value> = IndexMap::new();
    for scenario in run.scenarios.iter().chain(&run.only_observed) {
        rules.entry(run.id(scenario)).or_insert_with_key(|id| rule(id, scenario));
    }
    for id in run.findings.iter().map(rule_of) {
        let rule = || json!({ "id": id, "shortDescription": { "text": id } });
        rules.entry(id.into()).or_insert_with(rule);
    }
    let index = |id: &str| rules.get_index_of(id);
    let faults = run.faults();
    let (defects, faults): (Vec<_>, Vec<_>) =
        faults.iter().partition(|fault| fault.kind == FailureKind::Bug);
    let results = faults.into_iter().map(|fault| {
        let id = run.id(fault.scenario);
        result(fault, index(&id), &id, run)
    });
    let stacks = run.findings.iter().enumerate().map(|(at, told)| {
        let mut result = json!({
            "ruleId": rule_of(told),
            "ruleIndex": index(rule_of(told)),
            "level": "error",
            "message": { "text": message(&words(told)) },
            "partialFingerprints": { "title/v1": print(run.findings.iter().take(at), told) },
        });
        if let Some(label) = told.labels.first() {
            result["locations"] = json!([of_label(label, run)]);
        }
        result
    });
    let results: Vec<Value> = results.chain(stacks).collect();
    let mut notes: Vec<Value> = run.errors.iter().map(|error| notification(error, run)).collect();
    notes.extend(defects.into_iter().map(|fault| {
        let mut note = note("error", &wording::told(fault));
        let (source, span) = &fault.spot;
        note["locations"] = json!([location(run.path(source.path()).as_str(), source, span)]);
        note
    }));
    notes.extend(wording::not_run(run).into_iter().map(|(why, scenarios)| {
        let mut text = wording::not_run_title(why, scenarios.len());
        for scenario in scenarios {
            let _infallible = write!(text, "\n{}", run.id(scenario));
        }
        note("warning", &text)
    }));
    let is_error = |told: &Diagnostic| told.severity == Severity::Error;
    let rules: Vec<Value> = rules.into_values().collect();
    let log = log(
        &rules,
        &json!({
            "executionSuccessful": run.exit_code() != 3 && !run.errors.iter().any(is_error),
            "exitCode": run.exit_code(),
            "startTimeUtc": started(run),
            "toolExecutionNotifications": notes,
        }),
        &results,
    );
    let text = serde_json::to_string_pretty(&log).map_err(|why| why.to_string())?;
    Ok(visible::json(&text).into_owned() + "\n")
}

/// The rule of a finding that no scenario has.
fn rule_of(finding: &Diagnostic) -> &'static str {
    if finding.is_coverage() { COVERAGE } else { STACK }
}

/// When a run began, as RFC 3339 has it.
pub(super) fn started(run: &Run) -> String {
    let started: chrono::DateTime<chrono::Utc> = run.started.into();
    started.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A log of this program with one run.
pub(super) fn log(rules: &[Value], invocation: &Value, results: &[Value]) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "seaworthy",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "invocations": [invocation],
            "originalUriBaseIds": {
                BASE: { "description": { "text": "The folder of the repository." } },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(id: &str, scenario: &ScenarioRun) -> Value {
    // A tag of a feature may be its scenario's too; in a log each stands once.
    let tags: IndexSet<&String> = scenario.tags.iter().collect();
    json!({
        "id": visible::whole_line(id),
        "shortDescription": { "text": message(&scenario.name) },
        "fullDescription": { "text": message(&format!("{}: {}", scenario.feature, scenario.name)) },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": tags },
    })
}

fn result(fault: &Fault<'_>, index: Option<usize>, id: &str, run: &Run) -> Value {
    let (source, span) = &fault.spot;
    let mut place = location(run.path(source.path()).as_str(), source, span);
    let subject = visible::whole_line(fault.subject);
    place["logicalLocations"] = json!([{ "fullyQualifiedName": subject }]);
    // A result that is no failure has no level.
    let (kind, level) = match fault.kind {
        FailureKind::Undecided => ("open", "none"),
        FailureKind::Finding | FailureKind::Bug => ("fail", "error"),
    };
    let mut result = json!({
        "ruleId": visible::whole_line(id),
        "kind": kind,
        "level": level,
        "message": { "text": message(&wording::told(fault)) },
        "locations": [place],
        "partialFingerprints": { "scenarioSubject/v1": fault.fingerprint },
    });
    if let Some(index) = index {
        result["ruleIndex"] = index.into();
    }
    if let Some(step) = fault.step.filter(|_| fault.is_written) {
        let source = &fault.scenario.source;
        let mut related = location(run.path(source.path()).as_str(), source, &step.span);
        related["id"] = 0.into();
        related["message"] = json!({ "text": message(&format!("the sentence: {}", step.text)) });
        result["relatedLocations"] = json!([related]);
    }
    result
}

/// What tells a finding about a stack from others: its title, and how often it was told before.
fn print<'d>(before: impl Iterator<Item = &'d Diagnostic>, told: &Diagnostic) -> String {
    let repeated = before.filter(|one| one.title == told.title).count();
    format!(
        "{}{}",
        message(&told.title),
        if repeated == 0 { String::new() } else { format!(" {repeated}") }
    )
}

fn words(told: &Diagnostic) -> String {
    let lines = std::iter::once(&told.title).chain(&told.notes).chain(&told.help);
    lines.map(String::as_str).collect::<Vec<_>>().join("\n")
}

fn note(level: &str, text: &str) -> Value {
    json!({ "level": level, "message": { "text": message(text) } })
}

fn notification(told: &Diagnostic, run: &Run) -> Value {
    let level = if told.severity == Severity::Error { "error" } else { "warning" };
    let mut note = note(level, &words(told));
    if let Some(label) = told.labels.first() {
        note["locations"] = json!([of_label(label, run)]);
    }
    note
}

fn of_label(label: &Label, run: &Run) -> Value {
    location(run.path(label.source.path()).as_str(), &label.source, &label.span)
}

/// A plain text message; what others wrote makes no embedded link (SARIF 2.1.0, 3.11.6).
pub(super) fn message(text: &str) -> String {
    visible::text(text).replace("](", "] (")
}

/// A place in a file, by its path from the repository, else from the root.
pub(super) fn location(path: &str, source: &Source, span: &Span) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": artifact(path),
            "region": lines_and_columns(source, span),
        },
    })
}

/// A file, as SARIF names it.
pub(super) fn artifact(path: &str) -> Value {
    if path.starts_with('/') {
        json!({ "uri": format!("file://{}", encoded(path)) })
    } else {
        json!({ "uri": encoded(path), "uriBaseId": BASE })
    }
}

/// A part of a text.
pub(super) fn lines_and_columns(source: &Source, span: &Span) -> Value {
    let (start, end) = region(source, span);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A path as part of a URI (RFC 3986): everything but unreserved characters and slashes is encoded.
fn encoded(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _infallible = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    fn results(run: &Run) -> (Value, Vec<Value>) {
        let log: Value = serde_json::from_str(&render(run, false).expect("text")).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        (log, results)
    }

    #[test]
    fn every_violation_is_a_result_at_its_place_and_what_nobody_saw_is_open() {
        let (log, results) = results(&samples::every_outcome());
        let of = |name: &str| -> Vec<&Value> {
            let id = format!("a.feature: {name}");
            results.iter().filter(|result| result["ruleId"] == *id).collect()
        };
        let [first, second] = of("listed")[..] else { panic!("{results:#?}") };
        for (result, line) in [(first, 4), (second, 5)] {
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "shop/a%20b/c%C3%B6mpose.yaml");
            assert_eq!(place["region"]["startLine"], line);
            assert_eq!(
                (&place["region"]["startColumn"], &place["region"]["endColumn"]),
                (&json!(9), &json!(16))
            );
            assert_eq!((&result["kind"], &result["level"]), (&json!("fail"), &json!("error")));
            let sentence = &result["relatedLocations"][0]["physicalLocation"];
            assert_eq!(sentence["artifactLocation"]["uri"], "a.feature");
            let index =
                usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
            assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
        let [open] = of("looked at by nobody")[..] else { panic!("{results:#?}") };
        assert_eq!((&open["kind"], &open["level"]), (&json!("open"), &json!("none")));
        assert_eq!(of("two").len() + of("left").len(), 2);
        assert_eq!(of("one").len() + of("absent").len() + of("not asked").len(), 0);
        let stack = results.iter().find(|result| result["ruleId"] == STACK).expect("the stack");
        assert_eq!(stack["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["exitCode"], 1);
        let notes = invocation["toolExecutionNotifications"].to_string();
        for told in [
            "no engine answers",
            "a secret cannot be read",
            "it panicked",
            "a.feature: absent",
            "ended before this step",
        ] {
            assert!(notes.contains(told), "no {told:?} in {notes}");
        }
    }

    #[test]
    fn a_fingerprint_outlives_lines_and_tells_faults_apart() {
        let prints = |run: &Run| -> Vec<String> {
            let (_, results) = results(run);
            let of = |result: &Value| {
                result["partialFingerprints"]["scenarioSubject/v1"].as_str().map(str::to_owned)
            };
            results.iter().filter_map(of).collect()
        };
        let run = samples::every_outcome();
        let before = prints(&run);
        let different: std::collections::BTreeSet<_> = before.iter().collect();
        assert_eq!(different.len(), before.len(), "{before:?}");
        let mut moved = run.clone();
        for scenario in &mut moved.scenarios {
            scenario.line += 3;
            scenario.source =
                Source::new(scenario.source.path(), format!("\n\n\n{}", scenario.source.text()));
            for step in &mut scenario.steps {
                step.span = step.span.start + 3..step.span.end + 3;
                for violation in step.failure.iter_mut().flat_map(|failure| &mut failure.violations)
                {
                    let (source, span) = violation.spot.clone().expect("a place");
                    let lower = Source::new(source.path(), format!("# moved\n{}", source.text()));
                    violation.spot = Some((lower, span.start + 8..span.end + 8));
                }
            }
        }
        assert_eq!(prints(&moved), before);
        // Two faults of one subject are two.
        let failure = moved.scenarios[3].steps[0].failure.as_mut().expect("a failure");
        failure.violations[1].subject = failure.violations[0].subject.clone();
        let doubled = prints(&moved);
        let different: std::collections::BTreeSet<_> = doubled.iter().collect();
        assert_eq!(different.len(), doubled.len(), "{doubled:?}");
    }
}
