//! Findings as JSON, in the shape that `docs/lint.md` states. Keys are added, never changed.

use serde_json::{Map, Value, json};

use super::region;
use crate::{
    diagnostic::{Diagnostic, Label},
    findings::{Findings, Fix, Fixed, Found, Mend},
    policy::Severity,
    visible,
};

/// One object for the whole run.
pub fn render(findings: &Findings, _colour: bool) -> Result<String, String> {
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let counts: Map<String, Value> = severities
        .into_iter()
        .map(|severity| (severity.word().to_owned(), findings.count(severity).into()))
        .collect();
    let projects: Vec<Value> = findings
        .projects
        .iter()
        .map(|project| {
            let files: Vec<_> = project.files.iter().map(|file| findings.path(file)).collect();
            json!({ "name": project.name, "files": files })
        })
        .collect();
    let notes: Vec<Value> = findings.all_notes().into_iter().map(note).collect();
    let rules: Vec<&str> = findings.rules.iter().map(|rule| rule.id).collect();
    let found: Vec<Value> = findings.found.iter().map(|found| one(found, findings)).collect();
    let whole = json!({
        "version": 1,
        "summary": {
            "findings": findings.open().count(),
            "by_severity": counts,
            "allowed": findings.found.len() - findings.open().count(),
            "known": findings.known,
            "before": findings.before,
            "fail_on": findings.fail_on.word(),
            "fixed": findings.fixed.len(),
            "passed": findings.exit_code() == 0,
        },
        "rules": rules,
        "projects": projects,
        "findings": found,
        "fixed": findings.fixed.iter().map(|fixed| mended(fixed, findings)).collect::<Vec<_>>(),
        "notes": notes,
    });
    let text = serde_json::to_string_pretty(&whole).map_err(|why| why.to_string())?;
    Ok(visible::json(&text).into_owned() + "\n")
}

fn one(found: &Found, findings: &Findings) -> Value {
    let mut value = json!({
        "rule": found.rule.id,
        "severity": found.severity.word(),
        "subject": found.subject,
        "message": found.message,
        "remedy": found.remedy,
        "project": findings.projects.get(found.project).map(|project| &project.name),
    });
    let related: Vec<Value> = found
        .related
        .iter()
        .map(|label| {
            let mut value = place(label, findings);
            value.insert("message".into(), label.text.as_str().into());
            Value::Object(value)
        })
        .collect();
    if let Value::Object(fields) = &mut value {
        fields.extend(place(&found.place, findings));
        fields.insert("way".into(), json!(found.way));
        fields.insert("shared".into(), json!(found.shared));
        fields.insert("related".into(), related.into());
        fields.insert("fingerprint".into(), found.fingerprint().into());
        let allowed = found.allowed.as_ref().map(|allowed| json!({ "reason": allowed.reason }));
        fields.insert("allowed".into(), allowed.into());
        let (fix, why) = match &found.mend {
            Mend::Nothing => (None, None),
            Mend::Fix(fix) => (Some(edits(fix, findings)), None),
            Mend::Not(why) => (None, Some(why.as_str())),
        };
        fields.insert("fix".into(), fix.into());
        fields.insert("not_fixed".into(), why.into());
    }
    value
}

fn edits(fix: &Fix, findings: &Findings) -> Value {
    let edits = fix.edits.iter().map(|edit| {
        let mut value = place(&edit.place, findings);
        value.insert("text".into(), edit.text.as_str().into());
        Value::Object(value)
    });
    json!({ "title": fix.title, "edits": edits.collect::<Vec<_>>() })
}

fn mended(fixed: &Fixed, findings: &Findings) -> Value {
    let mut value = place(&fixed.place, findings);
    value.insert("rule".into(), fixed.rule.id.into());
    value.insert("message".into(), fixed.message.as_str().into());
    value.insert("title".into(), fixed.title.as_str().into());
    Value::Object(value)
}

fn place(label: &Label, findings: &Findings) -> Map<String, Value> {
    let (start, end) = region(&label.source, &label.span);
    let mut fields = Map::new();
    fields.insert("file".into(), findings.path(label.source.path()).as_str().into());
    for (key, number) in [
        ("line", start.line),
        ("column", start.column),
        ("end_line", end.line),
        ("end_column", end.column),
    ] {
        fields.insert(key.into(), number.into());
    }
    fields
}

fn note(note: &Diagnostic) -> Value {
    json!({ "message": note.title, "place": note.place(), "help": note.help })
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_finding_has_its_place_in_numbers_from_one() {
        let text = render(&samples::findings(), false).expect("text");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let first = &value["findings"][0];
        assert_eq!(first["file"], "a b/cömpose.yaml");
        let numbers = ["line", "column", "end_line", "end_column"].map(|key| first[key].as_u64());
        assert_eq!(numbers, [Some(3), Some(17), Some(3), Some(21)]);
        assert!(first["allowed"].is_null());
        assert_eq!(value["findings"][1]["allowed"]["reason"], "it must");
        assert_eq!(value["summary"]["findings"], 1);
        assert_eq!(value["summary"]["by_severity"]["critical"], 1);
        assert_eq!(value["summary"]["passed"], false);
    }
}
