//! Findings as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format).
//!
//! Lines and columns start at 1, columns count code points, an end column is the one
//! behind the last character. Files are relative to `SRCROOT`, the repository.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    diagnostic::{Diagnostic, Label},
    findings::{Findings, Fix, Found},
    policy::{Rule, Severity},
    report::sarif::{self, log, message},
    visible,
};

/// A log with one run.
pub fn render(findings: &Findings, _colour: bool) -> Result<String, String> {
    let results: Vec<Value> = findings.found.iter().map(|found| result(found, findings)).collect();
    let rules: Vec<Value> = findings.rules.iter().map(|rule| descriptor(rule)).collect();
    let notes: Vec<Value> =
        findings.all_notes().into_iter().map(|note| notification(note, findings)).collect();
    let invocation = json!({ "executionSuccessful": true, "toolExecutionNotifications": notes });
    let log = log(&rules, &invocation, &results);
    let text = serde_json::to_string_pretty(&log).map_err(|why| why.to_string())?;
    Ok(visible::json(&text).into_owned() + "\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// The number that GitHub makes its own severities of: above 9 critical, 7 high, 4 medium.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn descriptor(rule: &Rule) -> Value {
    let why = rule.why().split_whitespace().collect::<Vec<_>>().join(" ");
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": why },
        "help": { "text": rule.document, "markdown": rule.document },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "security-severity": score(rule.severity),
            "severity": rule.severity.word(),
            "profile": rule.profile.word(),
            "fix": rule.has_fix(),
            "tags": ["security", "compose"],
        },
    })
}

fn result(found: &Found, findings: &Findings) -> Value {
    let mut text = found.message.clone();
    for step in &found.way {
        let _infallible = write!(text, "\n{step}");
    }
    if !found.remedy.is_empty() {
        let _infallible = write!(text, "\n{}", found.remedy);
    }
    let mut main = location(&found.place, findings);
    main["logicalLocations"] = json!([{ "fullyQualifiedName": found.subject }]);
    let mut result = json!({
        "ruleId": found.rule.id,
        "level": level(found.severity),
        "message": { "text": message(&text) },
        "locations": [main],
        "partialFingerprints": { "ruleSubjectFile/v1": found.fingerprint() },
    });
    if let Some(index) = findings.rules.iter().position(|rule| rule.id == found.rule.id) {
        result["ruleIndex"] = index.into();
    }
    let related = found.related.iter().enumerate().map(|(at, label)| {
        let mut related = location(label, findings);
        related["id"] = at.into();
        related["message"] = json!({ "text": message(&label.text) });
        related
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if let Some(fix) = found.fix() {
        result["fixes"] = json!([fixed(fix, findings)]);
    }
    if let Some(allowed) = &found.allowed {
        let mut suppression = json!({ "kind": "inSource" });
        if let Some(reason) = &allowed.reason {
            suppression["justification"] = reason.as_str().into();
        }
        result["suppressions"] = json!([suppression]);
    }
    result
}

/// A fix (3.55): what is deleted and what stands there then. All edits are of one file.
fn fixed(fix: &Fix, findings: &Findings) -> Value {
    let path = fix.edits.first().map(|edit| findings.path(edit.place.source.path()));
    let replacements = fix.edits.iter().map(|edit| {
        let region = sarif::lines_and_columns(&edit.place.source, &edit.place.span);
        let mut replacement = json!({ "deletedRegion": region });
        if !edit.text.is_empty() {
            replacement["insertedContent"] = json!({ "text": edit.text });
        }
        replacement
    });
    json!({
        "description": { "text": message(&fix.title) },
        "artifactChanges": [{
            "artifactLocation": sarif::artifact(path.unwrap_or_default().as_str()),
            "replacements": replacements.collect::<Vec<_>>(),
        }],
    })
}

fn location(label: &Label, findings: &Findings) -> Value {
    let path = findings.path(label.source.path());
    sarif::location(path.as_str(), &label.source, &label.span)
}

fn notification(note: &Diagnostic, findings: &Findings) -> Value {
    let mut text = note.title.clone();
    if let Some(help) = &note.help {
        let _infallible = write!(text, "\n{help}");
    }
    let mut notification = json!({ "level": "note", "message": { "text": message(&text) } });
    if let Some(label) = note.labels.first() {
        notification["locations"] = json!([location(label, findings)]);
    }
    notification
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn files_are_encoded_and_what_is_allowed_is_suppressed() {
        let text = render(&samples::findings(), false).expect("text");
        let log: Value = serde_json::from_str(&text).expect("JSON");
        let results = &log["runs"][0]["results"];
        let place = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/c%C3%B6mpose.yaml");
        assert_eq!(place["region"]["startColumn"], 17);
        assert_eq!(place["region"]["endColumn"], 21);
        assert!(results[0].get("suppressions").is_none());
        assert_eq!(results[1]["suppressions"][0]["justification"], "it must");
        assert_eq!(results[0]["ruleIndex"], 0);
        assert_eq!(results[0]["relatedLocations"][0]["message"]["text"], "also, here");
    }
}
