//! What a run was of, for programs: facts, images, versions, the time line.

use serde_json::{Map, Value, json};

use super::{drawing, of_told, of_unasked, sources::Sources};
use crate::run::{
    Differences, Disclosure, EnvironmentFacts, FactRow, FactTable, Line, LintRun, Place, Reach,
    Run, Stretch,
};

/// The keys that tell it, in their order.
pub(super) fn of(run: &Run, sources: &Sources) -> Map<String, Value> {
    let about = &run.about;
    let versions = about.versions.iter();
    let versions = versions.map(|(name, version)| (name.clone(), version.as_str().into()));
    let calls = about.engine_calls.iter().map(|(what, count)| (what.clone(), (*count).into()));
    let images = about.images.iter().map(|image| {
        json!({
            "environment": image.environment,
            "services": image.services,
            "name": image.name,
            "id": image.id,
        })
    });
    let commit = about.commit.as_ref();
    let left_out = about.left_out.iter().map(|one| of_unasked(one, run, sources));
    let remarks = about.remarks.iter().map(|one| of_told(one, run, sources));
    let drawings = about.drawings.iter();
    let drawings =
        drawings.map(|(name, graph)| json!({ "environment": name, "drawing": drawing::of(graph) }));
    let document = about.document.as_ref();
    let fields = [
        ("project", about.project.as_str().into()),
        ("document", document.map(|one| run.path(one.path()).into_string()).into()),
        ("document_source", document.map(|one| sources.whole(one)).into()),
        ("environments", about.environments.as_slice().into()),
        ("shard", about.shard.map(|one| json!({ "part": one.number(), "of": one.of() })).into()),
        ("commit", commit.map(|one| json!({ "id": one.id, "branch": one.branch })).into()),
        ("versions", Value::Object(versions.collect())),
        ("engine_calls", Value::Object(calls.collect())),
        ("images", images.collect::<Vec<_>>().into()),
        ("left_out", left_out.collect::<Vec<_>>().into()),
        ("timeline", about.timeline.iter().map(stretch).collect::<Vec<_>>().into()),
        ("facts", about.facts.iter().map(environment).collect::<Vec<_>>().into()),
        ("drawings", drawings.collect::<Vec<_>>().into()),
        ("reach", about.reach.iter().map(reach).collect::<Vec<_>>().into()),
        ("differences", about.differences.iter().map(differences).collect::<Vec<_>>().into()),
        ("lint", about.lint.as_ref().map(|lint| of_lint(lint, run, sources)).into()),
        ("difference", about.difference.as_ref().map(drawing::of).into()),
        ("remarks", remarks.collect::<Vec<_>>().into()),
        ("history", json!(about.history)),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn stretch(one: &Stretch) -> Value {
    json!({
        "work": one.work.word(),
        "environment": one.environment,
        "what": one.what,
        "begun_ms": one.begun.as_millis(),
        "ended_ms": one.ended.as_millis(),
        "begun_seconds": one.begun.as_secs_f64(),
        "ended_seconds": one.ended.as_secs_f64(),
        "waited_for": one.waited_for,
        "done": one.done,
    })
}

fn reach(reach: &Reach) -> Value {
    let services = reach.services.iter();
    let ways = reach.ways.iter().map(|way| {
        json!({
            "from": way.from,
            "to": way.to,
            "networks": way.networks,
            "ports": way.ports,
            "is_named": way.is_named,
        })
    });
    json!({
        "environment": reach.environment,
        "services": services
            .map(|(name, networks)| json!({ "name": name, "networks": networks }))
            .collect::<Vec<_>>(),
        "ways": ways.collect::<Vec<_>>(),
    })
}

fn differences(pair: &Differences) -> Value {
    let rows = pair.rows.iter().map(|row| {
        json!({
            "path": row.path,
            "sides": row.sides,
            "place": row.place.as_ref().map(place),
            "why": row.why,
        })
    });
    json!({ "environments": pair.environments, "rows": rows.collect::<Vec<_>>() })
}

fn place(at: &Place) -> Value {
    json!({ "file": at.file, "line": at.line, "column": at.column })
}

fn of_lint(lint: &LintRun, run: &Run, sources: &Sources) -> Value {
    let findings = lint.findings.iter().map(|one| {
        json!({
            "rule": one.rule,
            "severity": one.severity,
            "told": of_told(&one.told, run, sources),
            "allowed": one.allowed,
            "fingerprint": one.fingerprint,
        })
    });
    json!({ "summary": lint.summary, "findings": findings.collect::<Vec<_>>() })
}

fn environment(facts: &EnvironmentFacts) -> Value {
    json!({
        "environment": facts.environment,
        "topics": facts.tables.iter().map(table).collect::<Vec<_>>(),
    })
}

fn table(table: &FactTable) -> Value {
    json!({
        "name": table.topic,
        "about": table.about,
        "columns": table.columns,
        "keys": table.keys,
        "observed": table.observed,
        "unseen": table.unseen,
        "rows": table.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &FactRow) -> Value {
    json!({
        "declared": row.declared.as_ref().map(line),
        "observed": row.observed.as_ref().map(line),
        "drift": row.drift,
    })
}

/// What nobody knows is null, and its reason stands beside it.
fn line(line: &Line) -> Value {
    let cells = line.cells.iter().map(|cell| match &cell.kind {
        Disclosure::Unknown(_) => Value::Null,
        _ => cell.text.as_str().into(),
    });
    let unknown = line.cells.iter().filter_map(|cell| match &cell.kind {
        Disclosure::Unknown(why) => Some(why.as_str()),
        _ => None,
    });
    let of = |wanted: Disclosure| {
        let all = line.cells.iter().enumerate().filter(move |(_, cell)| cell.kind == wanted);
        all.map(|(at, _)| at).collect::<Vec<_>>()
    };
    json!({
        "cells": cells.collect::<Vec<_>>(),
        "unknown": unknown.collect::<Vec<_>>(),
        "hidden": of(Disclosure::Hidden),
        "lengths": of(Disclosure::Length),
        "seen": line.seen,
        "place": line.place.as_ref().map(place),
    })
}
