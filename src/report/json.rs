//! A run as JSON, in the shape that `docs/run.schema.json` states. Keys are added, never changed.

mod about;
mod drawing;
mod read;
mod sources;

pub use self::read::{Unreadable, read};
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use self::sources::Sources;
use super::{region, sarif::started, wording};
use crate::{
    diagnostic::{Code, Diagnostic, Severity},
    run::{Failure, FailureKind, Fault, Run, ScenarioRun, Spot, StackRun, StepRun},
    source::{Source, Span},
    visible,
};

/// The version of the schema.
const VERSION: u64 = 1;

/// One object for the whole run.
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let counts = run.counts();
    let faults: Vec<Value> = run.faults().iter().map(|fault| of_fault(fault, run)).collect();
    let drift: Vec<Value> = run
        .drift()
        .into_iter()
        .map(|(declared, observed)| {
            json!({
                "scenario": run.id(declared),
                "declared": wording::outcome(declared.outcome),
                "observed": wording::outcome(observed.outcome),
            })
        })
        .collect();
    let sources = &Sources::default();
    let all =
        |told: &[Diagnostic]| told.iter().map(|one| of_told(one, run, sources)).collect::<Vec<_>>();
    let scenarios = run.scenarios.iter().map(|one| of_scenario(one, run, sources));
    let scenarios: Vec<Value> = scenarios.collect();
    let unasked = run.only_observed.iter().map(|one| of_unasked(one, run, sources));
    let unasked: Vec<Value> = unasked.collect();
    let mut whole = json!({
        "version": VERSION,
        "verdict": match run.exit_code() {
            0 => "sound",
            1 => "broken",
            _ => "undecided",
        },
        "exit_code": run.exit_code(),
        "started": started(run),
        "started_ms": milliseconds(run.started),
        "seconds": run.duration.as_secs_f64(),
        "counts": {
            "passed": counts.passed,
            "failed": counts.failed,
            "undecided": counts.undecided,
            "not_run": counts.not_run,
            "not_asked": run.only_observed.len(),
        },
        "faults": faults,
        "findings": all(&run.findings),
        "errors": all(&run.errors),
        "drift": drift,
        "stacks": run.stacks.iter().map(of_stack).collect::<Vec<_>>(),
        "scenarios": scenarios,
        "not_asked": unasked,
    });
    if let Value::Object(whole) = &mut whole {
        whole.extend(about::of(run, sources));
        whole.insert("folders".into(), json!({ "here": run.here, "root": run.root }));
        // The last: all of the above speaks of them.
        whole.insert("sources".into(), sources.told(run));
    }
    let text = serde_json::to_string_pretty(&whole).map_err(|why| why.to_string())?;
    Ok(visible::json(&text).into_owned() + "\n")
}

/// Since 1970; of a time before that, less than nothing.
fn milliseconds(time: SystemTime) -> i64 {
    let time: chrono::DateTime<chrono::Utc> = time.into();
    time.timestamp_millis()
}

const fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Finding => "finding",
        FailureKind::Undecided => "undecided",
        FailureKind::Bug => "bug",
    }
}

/// A place, all numbers from 1, the end behind the last character.
fn place(run: &Run, source: &Source, span: &Span) -> Value {
    let (start, end) = region(source, span);
    json!({
        "file": run.path(source.path()),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    })
}

/// What tells a scenario from others, and where it stands.
fn head(scenario: &ScenarioRun, run: &Run, sources: &Sources) -> Map<String, Value> {
    let fields = [
        ("id", run.id(scenario).into()),
        ("feature", scenario.feature.as_str().into()),
        ("rule", scenario.rule.as_deref().into()),
        ("name", scenario.name.as_str().into()),
        ("file", run.path(scenario.source.path()).as_str().into()),
        ("line", scenario.line.into()),
        ("source", sources.of_scenario(scenario).into()),
        ("tags", scenario.tags.as_slice().into()),
        ("environments", scenario.environments.as_slice().into()),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn of_fault(fault: &Fault<'_>, run: &Run) -> Value {
    let (source, span) = &fault.spot;
    json!({
        "scenario": run.id(fault.scenario),
        "truth": fault.scenario.truth.word(),
        "step": fault.step.map(|step| &step.text),
        "kind": kind(fault.kind),
        "subject": fault.subject,
        "expected": fault.expected,
        "found": fault.found,
        "help": fault.help,
        "notes": fault.notes,
        "place": place(run, source, span),
        "in_files": fault.is_written,
        "fingerprint": fault.fingerprint,
    })
}

/// A scenario that nobody asked, with its sentences.
fn of_unasked(scenario: &ScenarioRun, run: &Run, sources: &Sources) -> Value {
    let mut fields = head(scenario, run, sources);
    let steps = scenario.steps.iter().map(|step| of_step(step, scenario, sources));
    fields.insert("truth".into(), scenario.truth.word().into());
    fields.insert("seconds".into(), scenario.duration.as_secs_f64().into());
    fields.insert("steps".into(), steps.collect());
    fields.into()
}

fn of_scenario(scenario: &ScenarioRun, run: &Run, sources: &Sources) -> Value {
    let mut fields = head(scenario, run, sources);
    let steps = scenario.steps.iter().map(|step| of_step(step, scenario, sources));
    let steps: Vec<Value> = steps.collect();
    let aftermath = scenario.aftermath.as_ref().map(|failure| of_failure(failure, sources));
    for (key, value) in [
        ("truth", scenario.truth.word().into()),
        ("outcome", wording::outcome(scenario.outcome).into()),
        ("not_run", scenario.not_run.as_deref().into()),
        ("seconds", scenario.duration.as_secs_f64().into()),
        ("steps", steps.into()),
        ("aftermath", aftermath.into()),
    ] {
        fields.insert(key.to_owned(), value);
    }
    fields.into()
}

fn of_step(step: &StepRun, scenario: &ScenarioRun, sources: &Sources) -> Value {
    let exceptions = step
        .exceptions
        .iter()
        .map(|one| json!({ "subject": one.subject, "reason": one.reason, "until": one.until }));
    let connections = step.connections.iter().map(|one| {
        json!({
            "from": one.from,
            "to": one.to,
            "port": one.port,
            "is_wanted": one.is_wanted,
            "outcome": wording::outcome(one.outcome),
        })
    });
    let evidence = step.evidence.iter();
    let evidence = evidence.map(|one| json!({ "what": one.what, "seen": one.seen }));
    json!({
        "keyword": step.keyword.trim(),
        "text": step.text,
        "line": scenario.source.place(step.span.start).line,
        "outcome": wording::outcome(step.outcome),
        "seconds": step.duration.as_secs_f64(),
        "exceptions": exceptions.collect::<Vec<_>>(),
        "connections": connections.collect::<Vec<_>>(),
        "evidence": evidence.collect::<Vec<_>>(),
        "failure": step.failure.as_ref().map(|failure| of_failure(failure, sources)),
    })
}

/// A failure as a whole; its violations stand among the faults of the run, each with what it comes to.
fn of_failure(failure: &Failure, sources: &Sources) -> Value {
    let logs = failure.logs.iter();
    let logs = logs.map(|log| json!({ "service": log.service, "lines": log.lines }));
    let spot =
        |spot: &Option<Spot>| spot.as_ref().map(|(source, span)| sources.place(source, span));
    let violations = failure.violations.iter().map(|one| {
        json!({
            "subject": one.subject,
            "expected": one.expected,
            "found": one.found,
            "spot": spot(&one.spot),
            "help": one.help,
        })
    });
    json!({
        "kind": kind(failure.kind),
        "expected": failure.expected,
        "found": failure.found,
        "place": failure.place,
        "spot": spot(&failure.spot),
        "violations": violations.collect::<Vec<_>>(),
        "notes": failure.notes,
        "help": failure.help,
        "services": failure.services,
        "logs": logs.collect::<Vec<_>>(),
    })
}

fn of_told(told: &Diagnostic, run: &Run, sources: &Sources) -> Value {
    let label = told.labels.first();
    let labels = told.labels.iter().map(|label| {
        let mut place = sources.place(&label.source, &label.span);
        place["text"] = label.text.as_str().into();
        place
    });
    let labels: Vec<Value> = labels.collect();
    json!({
        "severity": if told.severity == Severity::Error { "error" } else { "warning" },
        "code": told.code.map(Code::word),
        "message": told.title,
        "place": label.map(|label| place(run, &label.source, &label.span)),
        "labels": labels,
        "notes": told.notes,
        "help": told.help,
    })
}

fn of_stack(stack: &StackRun) -> Value {
    json!({
        "environment": stack.environment,
        "project": stack.project,
        "engine": stack.engine,
        "images": stack.images_from,
        "images_seconds": stack.images.as_secs_f64(),
        "ready_seconds": stack.ready_after.as_secs_f64(),
        "removed_seconds": stack.removed_after.map(|after| after.as_secs_f64()),
        "notes": stack.notes,
        "views": stack.isolation.views.iter()
            .map(|(folder, how)| json!({ "folder": folder, "how": how }))
            .collect::<Vec<_>>(),
        "fresh": stack.isolation.fresh,
        "shared": stack.isolation.shared,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    /// The JSON of a run, which fits the schema.
    pub(super) fn told(run: &Run) -> Value {
        let text = render(run, false).expect("text");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let schema = include_str!("../../docs/run.schema.json");
        let schema = serde_json::from_str(schema).expect("JSON");
        let schema = jsonschema::validator_for(&schema).expect("a schema");
        let errors: Vec<String> = schema
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        value
    }

    #[test]
    fn everything_fits_the_schema() {
        told(&samples::everything());
    }

    #[test]
    fn what_a_run_was_of_is_told() {
        let value = told(&samples::with_facts());
        let limits = &value["facts"][0]["topics"][0];
        assert_eq!(limits["rows"][0]["declared"]["cells"][1], "512 MiB");
        assert_eq!(limits["rows"][0]["observed"]["cells"][1], "256 MiB");
        assert_eq!(limits["rows"][1]["declared"]["cells"][1], Value::Null);
        assert_eq!(limits["rows"][1]["declared"]["unknown"][0], "the image <b> decides");
        assert_eq!(value["timeline"][2]["waited_for"][0], "db");
        assert_eq!(value["commit"]["id"], "0123456789abcdef0123456789abcdef01234567");
        assert_eq!(value["images"][0]["services"][1], "worker");
        assert_eq!(value["left_out"][0]["truth"], "observed");
    }

    #[test]
    fn what_earlier_runs_say_is_told() {
        let history = &told(&samples::with_history())["history"];
        assert_eq!(history["runs"][0]["started"], "1969-12-30T00:00:00.000Z");
        assert_eq!(history["broken"][0]["scenario"], "a.feature: two");
        assert_eq!(history["broken"][0]["since"]["before"]["started"], "1969-12-31T00:00:00.000Z");
        assert_eq!(history["flaky"][0]["why"], "same_commit");
        assert_eq!(history["claims"][0]["held"], "broken");
        assert_eq!(told(&samples::with_facts())["history"], Value::Null);
    }

    #[test]
    fn every_outcome_is_told_and_fits_the_schema() {
        let value = told(&samples::every_outcome());
        assert_eq!((&value["verdict"], &value["exit_code"]), (&json!("broken"), &json!(1)));
        assert_eq!(
            value["counts"],
            json!({ "passed": 1, "failed": 6, "undecided": 1, "not_run": 2, "not_asked": 1 })
        );
        let faults = value["faults"].as_array().expect("faults");
        let of = |name: &str| -> Vec<&Value> {
            let id = format!("a.feature: {name}");
            faults.iter().filter(|fault| fault["scenario"] == *id).collect()
        };
        let lines: Vec<_> =
            of("listed").iter().map(|fault| fault["place"]["line"].clone()).collect();
        assert_eq!(lines, [4, 5]);
        assert_eq!(of("looked at by nobody")[0]["kind"], "undecided");
        assert_eq!(of("a defect")[0]["kind"], "bug");
        assert_eq!(of("two")[0]["in_files"], false, "the sentence is its place");
        assert_eq!(of("left")[0]["step"], Value::Null);
        assert_eq!(value["drift"][0]["declared"], "failed");
        assert_eq!(value["errors"].as_array().map(Vec::len), Some(2));
        assert_eq!(value["findings"][0]["place"]["line"], 2);
        assert_eq!(value["scenarios"][7]["aftermath"]["found"], "it does not");
        let hostile = value["scenarios"][10]["name"].as_str().expect("a name");
        assert_eq!(hostile, samples::HOSTILE, "JSON keeps every letter");
        let text = render(&samples::every_outcome(), false).expect("text");
        assert!(!text.contains('\u{1b}'), "and shows none that a terminal obeys");
    }
}
