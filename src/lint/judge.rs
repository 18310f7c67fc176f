//! One project: loaded, judged, and what comments allow marked.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

use super::{Asked, discover::Plan, load, machine, mend, wanting};
use crate::{
    compose::{
        journal::{Journal, Origin},
        outer::OuterWords,
    },
    diagnostic::{Code, Diagnostic, Label},
    findings::{Allowed, Found, Mend},
    outside::OPTION,
    policy::{
        self, Finding, Shared, Target,
        allow::Allow,
        fix::Mender,
        own,
        rules::{
            contradictions::MOUNTED_FILE_MISSING, network::DUPLICATE_HOST_PORT,
            reliability::UNUSED_DECLARATION,
        },
        secret::hide::MaskedFiles,
    },
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
    /// The comments that allow.
    pub allows: Vec<Comment>,
    /// Every file that was read, absolute.
    pub reads: Vec<Utf8PathBuf>,
}

/// A comment that allows.
pub struct Comment {
    /// What it says.
    pub allow: Allow,
    /// Which of the rules it names were needed.
    pub used: Vec<bool>,
    /// Its file as it may be shown.
    pub shown: Arc<Source>,
}

pub fn judge(plan: &Plan, asked: &Asked) -> Judged {
    let load::Read { plan, project, refusal, notes } = load::load(plan, &asked.here);
    let mut judged = Judged {
        name: plan.name.clone(),
        files: plan.files.clone(),
        found: Vec::new(),
        notes,
        allows: Vec::new(),
        reads: plan.files.clone(),
    };
    let mut shown = MaskedFiles::default();
    if let Some(project) = project {
        let target = Target { project };
        shown = MaskedFiles::of(&target);
        let files = target.journal().all_files();
        judged.reads.extend(files.map(|source| asked.here.join(source.path())));
        let outer = target.journal().outer_words();
        let paths = machine::Paths::of(target.journal());
        judged.allows = policy::allow::read(target.journal())
            .into_iter()
            .map(|allow| {
                let (used, shown) = (vec![false; allow.rules.len()], shown.source(&allow.source));
                Comment { allow, used, shown }
            })
            .collect();
        let mender = Mender::of(&target);
        for finding in policy::judge(&target, asked.rules.iter().copied()) {
            if plan.variant && is_of_both(&target, &finding, &plan, &asked.here) {
                continue;
            }
            // Nobody knows what the command makes without running it.
            if plan.prepared && finding.rule.id == MOUNTED_FILE_MISSING.id {
                continue;
            }
            let (finding, allowed) = allow(&target, finding, &mut judged.allows, asked);
            let mend = mend::of(mender.mend(&finding), &shown);
            let told = told(finding, (&target, &outer), &shown, &plan, asked);
            let subject = paths.named(&told.subject);
            let severity = asked.severity(told.rule, told.severity);
            judged.found.push(Found { severity, subject, allowed, mend, ..told });
        }
    }
    judged.notes = judged.notes.into_iter().map(|note| shown.diagnostic(note)).collect();
    let refused = refusal.map(|refusal| refusal.0).unwrap_or_default();
    let refused = wanting::told_once(old_format(refused)).into_iter().map(|refused| {
        let mend = mend::of_refusal(&refused, &shown);
        (shown.diagnostic(refused), mend)
    });
    if asked.rules.iter().any(|rule| rule.id == own::NOT_LOADABLE.id) {
        let found = refused.map(|(refused, mend)| not_loadable(refused, mend, &plan, asked));
        judged.found.extend(found);
    } else {
        judged.notes.extend(refused.map(|(refused, _)| as_note(refused)));
    }
    judged
}

/// Whether two files make a fault together of which nobody has said that they go together: a
/// variant with stand-ins for the base's services binds the same ports.
fn is_of_both(target: &Target, finding: &Finding, plan: &Plan, here: &Utf8Path) -> bool {
    let path = |origin: Origin| Some(target.journal().file(origin.place.file()?).path());
    let at = path(finding.origin);
    // The base may use what its variant does not.
    let of_base = finding.rule.id == UNUSED_DECLARATION.id
        && plan.own().last().map(|own| own.strip_prefix(here).unwrap_or(own)) != at;
    of_base
        || finding.rule.id == DUPLICATE_HOST_PORT.id
            && finding.related.iter().any(|(other, _)| path(*other) != at)
}

/// A file in the format of Compose 1 has its services at the top: that is one fault.
fn old_format(mut refused: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let at_the_top = |one: &Diagnostic| one.code == Some(Code::UnknownTopKey);
    if refused.len() > 1 && refused.iter().all(at_the_top) {
        let all = refused.len();
        refused.truncate(1);
        if let Some(first) = refused.first_mut() {
            first.title = format!("{}, and {} more at the top", first.title, all - 1);
            first.help = Some(
                "if they are services, the file is in the format of Compose 1: write `services:` and indent them below it"
                    .into(),
            );
        }
    }
    refused
}

/// A finding as plain data.
fn told(
    finding: Finding,
    (target, outer): (&Target, &OuterWords<'_>),
    shown: &MaskedFiles,
    plan: &Plan,
    asked: &Asked,
) -> Found {
    let journal = target.journal();
    let finding = unquoted(finding, journal, outer);
    let place = shown
        .label(target, finding.origin, "")
        .unwrap_or_else(|| start_of(journal.files().first(), plan, asked));
    let way = journal.steps(finding.origin).into_iter().filter_map(|step| journal.describe(step));
    Found {
        rule: finding.rule,
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
            .filter_map(|(origin, remark)| shown.label(target, origin, remark))
            .collect(),
        shared: finding.shared.into_iter().map(|shared| shared.service).collect(),
        project: 0,
        repeat: 0,
        allowed: None,
        mend: Mend::Nothing,
    }
}

/// A finding that quotes no file outside the repository: where one has a part in it, the rule's
/// own words stand for what was found, and a number for what it is about.
fn unquoted(mut finding: Finding, journal: &Journal, outer: &OuterWords<'_>) -> Finding {
    let rule = finding.rule;
    if !journal.has_outside() {
        return finding;
    }
    let shared = finding
        .shared
        .iter()
        .flat_map(|shared| [&shared.service, &shared.subject, &shared.message]);
    let quotes = [&finding.message, &finding.remedy, &finding.subject]
        .into_iter()
        .chain(finding.related.iter().map(|(_, remark)| remark))
        .chain(shared)
        .any(|text| outer.are_in(text));
    let related = finding.related.iter().map(|(origin, _)| *origin);
    let mut origins = std::iter::once(finding.origin).chain(related);
    if quotes || origins.any(|origin| journal.is_outside(origin)) {
        finding.message = format!(
            "{}; what a file outside the repository says of it is not shown",
            rule.summary.trim_end_matches('.')
        );
        finding.remedy = format!(
            "see `seaworthy explain {}`; {OPTION} lets messages quote files outside",
            rule.id
        );
        finding.subject = format!("outside:{}", number(&finding.subject));
        finding.related.iter_mut().for_each(|(_, remark)| remark.clear());
        finding.shared.clear();
    }
    finding
}

/// A number that tells subjects apart and says nothing of them.
fn number(subject: &str) -> String {
    let hash = Sha256::digest(subject);
    hash.iter().take(4).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
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
    machine::file(path, files, &asked.here)
}

/// A finding without the services that comments allow it for, and the comment if that is all of
/// them. Comments are noted as needed.
fn allow(
    target: &Target,
    mut finding: Finding,
    allows: &mut [Comment],
    asked: &Asked,
) -> (Finding, Option<Allowed>) {
    let place = finding.origin.place;
    let Some(source) = place.file().map(|file| target.journal().file(file)) else {
        return (finding, None);
    };
    let at = source.place(place.span().start);
    let rule = finding.rule.id;
    let mut allowed = |subject: &str| {
        for Comment { allow, used, .. } in allows.iter_mut() {
            if let Some(number) = allow.names(rule, asked.today)
                && allow.covers(source, at, subject)
            {
                used[number] = true;
                let told = !allow.source.is_outside();
                return Some(Allowed { reason: allow.reason.clone().filter(|_| told) });
            }
        }
        None
    };
    let first = allowed(&finding.subject);
    let (mut others, open): (Vec<Shared>, Vec<Shared>) =
        finding.shared.into_iter().partition(|shared| allowed(&shared.subject).is_some());
    finding.shared = open;
    if first.is_none() {
        return (finding, None);
    }
    if finding.shared.is_empty() {
        finding.shared = std::mem::take(&mut others);
        return (finding, first);
    }
    let next = finding.shared.remove(0);
    (Finding { subject: next.subject, message: next.message, ..finding }, None)
}

fn not_loadable(refused: Diagnostic, mend: Mend, plan: &Plan, asked: &Asked) -> Found {
    let mut labels = refused.labels.into_iter();
    let place = labels.next().unwrap_or_else(|| start_of(None, plan, asked));
    Found {
        rule: &own::NOT_LOADABLE,
        severity: asked.severity(&own::NOT_LOADABLE, own::NOT_LOADABLE.severity),
        // The message may hold a value; what lasts may not.
        subject: "load".into(),
        message: refused.title,
        remedy: refused.help.unwrap_or_default(),
        file: file_of(&plan.files, place.source.path(), asked),
        place,
        way: refused.notes,
        related: labels.collect(),
        shared: Vec::new(),
        project: 0,
        repeat: 0,
        allowed: None,
        mend,
    }
}

fn as_note(refused: Diagnostic) -> Diagnostic {
    Diagnostic { severity: crate::diagnostic::Severity::Warning, ..refused }
}
