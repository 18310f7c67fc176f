//! One project: loaded, judged, and what comments allow marked.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Asked, discover::Plan, load, mask::Mask};
use crate::{
    compose::journal::{Journal, Origin},
    diagnostic::{Diagnostic, Label},
    findings::{Allowed, Found, seen_from},
    policy::{self, Finding, Rule, Target, allow::Allow, own},
    source::Source,
};

/// What came of a project.
pub struct Judged {
    /// How people call it.
    pub name: String,
    /// Its files, absolute.
    pub files: Vec<Utf8PathBuf>,
    /// What is wrong, by place.
    pub found: Vec<Found>,
    /// What is worth knowing.
    pub notes: Vec<Diagnostic>,
    /// The comments that allow, each with which of its rules were needed.
    pub allows: Vec<(Allow, Vec<bool>)>,
}

pub fn judge(plan: &Plan, asked: &Asked) -> Judged {
    let load::Read { plan, project, refusal, notes } = load::load(plan, &asked.here);
    let mut judged = Judged {
        name: plan.name.clone(),
        files: plan.files.clone(),
        found: Vec::new(),
        notes,
        allows: Vec::new(),
    };
    if let Some(project) = project {
        let target = Target { project };
        let journal = Arc::clone(target.journal());
        let mut mask = Mask::of(&target);
        judged.allows = policy::allow::read(&journal)
            .into_iter()
            .map(|allow| {
                let used = vec![false; allow.rules.len()];
                (allow, used)
            })
            .collect();
        for finding in policy::judge(&target, asked.rules.iter().copied()) {
            let Some(rule) = asked.rules.iter().copied().find(|rule| rule.id == finding.rule)
            else {
                continue;
            };
            let mut found = told(rule, finding, &journal, &plan, asked);
            found.allowed = allowed(&found, &mut judged.allows, asked);
            mask.apply(&mut found);
            judged.found.push(found);
        }
    }
    let refused = refusal.map(|refusal| refusal.0).unwrap_or_default();
    if asked.rules.iter().any(|rule| rule.id == own::NOT_LOADABLE.id) {
        let found = refused.into_iter().map(|refused| not_loadable(refused, &plan, asked));
        judged.found.extend(found);
    } else {
        judged.notes.extend(refused.into_iter().map(as_note));
    }
    judged
}

/// A finding as plain data.
fn told(
    rule: &'static Rule,
    finding: Finding,
    journal: &Journal,
    plan: &Plan,
    asked: &Asked,
) -> Found {
    let label = |origin: Origin, text: String| {
        let file = origin.place.file()?;
        Some(Label { source: Arc::clone(journal.file(file)), span: origin.place.span(), text })
    };
    let place = label(finding.origin, String::new())
        .unwrap_or_else(|| start_of(journal.files().first(), plan, asked));
    let way = journal.steps(finding.origin).into_iter().filter_map(|step| journal.describe(step));
    Found {
        rule,
        severity: finding.severity,
        subject: finding.subject,
        message: finding.message,
        remedy: finding.remedy,
        file: file_of(&plan.files, place.source.path(), asked),
        place,
        way: way.collect(),
        related: finding
            .related
            .into_iter()
            .filter_map(|(origin, remark)| label(origin, remark))
            .collect(),
        project: 0,
        repeat: 0,
        allowed: None,
    }
}

/// The beginning of a project's first file.
fn start_of(source: Option<&Arc<Source>>, plan: &Plan, asked: &Asked) -> Label {
    let source = source.map_or_else(
        || {
            let path = plan.files.first().map_or(Utf8Path::new("."), Utf8PathBuf::as_path);
            Source::new(path.strip_prefix(&asked.here).unwrap_or(path), "")
        },
        Arc::clone,
    );
    Label { source, span: 0..0, text: String::new() }
}

/// A file as its project's folder sees it; the same wherever the project lies.
pub fn file_of(files: &[Utf8PathBuf], path: &Utf8Path, asked: &Asked) -> String {
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(&asked.here);
    seen_from(&asked.here.join(path), folder)
}

/// The comment that allows a finding, noted as needed.
fn allowed(found: &Found, allows: &mut [(Allow, Vec<bool>)], asked: &Asked) -> Option<Allowed> {
    let source = &found.place.source;
    let at = source.place(found.place.span.start);
    for (allow, used) in allows {
        if let Some(number) = allow.names(found.rule.id, asked.today)
            && allow.covers(source, at, &found.subject)
        {
            used[number] = true;
            return Some(Allowed { reason: allow.reason.clone() });
        }
    }
    None
}

fn not_loadable(refused: Diagnostic, plan: &Plan, asked: &Asked) -> Found {
    let mut labels = refused.labels.into_iter();
    let place = labels.next().unwrap_or_else(|| start_of(None, plan, asked));
    Found {
        rule: &own::NOT_LOADABLE,
        severity: own::NOT_LOADABLE.severity,
        // The message may hold a value; what lasts may not.
        subject: "load".into(),
        message: refused.title,
        remedy: refused.help.unwrap_or_default(),
        file: file_of(&plan.files, place.source.path(), asked),
        place,
        way: refused.notes,
        related: labels.collect(),
        project: 0,
        repeat: 0,
        allowed: None,
    }
}

fn as_note(refused: Diagnostic) -> Diagnostic {
    Diagnostic { severity: crate::diagnostic::Severity::Warning, ..refused }
}
