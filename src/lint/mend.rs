//! What a machine can do about findings, as plain data.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::Utf8PathBuf;

use crate::{
    diagnostic::{Code, Diagnostic, Label},
    findings::{Edit, Findings, Fix, Found, Mend},
    policy::{
        allow::{Allow, Violation},
        fix::{self, Mended},
        own,
        secret::hide::MaskedFiles,
    },
    source::{Source, Span},
};

/// Of what a rule proposes.
pub(super) fn of(proposed: Option<Result<Mended, String>>, shown: &MaskedFiles) -> Mend {
    match proposed {
        None => Mend::Nothing,
        Some(Err(why)) => Mend::Not(why),
        Some(Ok(mended)) => {
            let Mended { title, source, edits, touches } = mended;
            let shown = shown.source(&source);
            let edits = edits.into_iter().map(|(span, text)| edit(&source, &shown, span, text));
            Mend::Fix(Fix { title, edits: edits.collect(), touches })
        }
    }
}

/// Of what the loader refuses: an item that a list says twice goes.
pub(super) fn of_refusal(refused: &Diagnostic, shown: &MaskedFiles) -> Mend {
    let [item, earlier, ..] = &refused.labels[..] else { return Mend::Nothing };
    if refused.code != Some(Code::ListedTwice) {
        return Mend::Nothing;
    }
    if item.source.path() != earlier.source.path() {
        return Mend::Not("two files say it".into());
    }
    match fix::repeated(&item.source, &item.span, &earlier.span) {
        Err(why) => Mend::Not(why),
        Ok(span) => {
            let edit = edit(&item.source, &shown.source(&item.source), span, String::new());
            let title = "remove the later one".to_owned();
            Mend::Fix(Fix { title, edits: vec![edit], touches: Vec::new() })
        }
    }
}

/// Of a comment that allows what is not there.
pub(super) fn of_comment(allow: &Allow, violation: &Violation, shown: &Arc<Source>) -> Mend {
    if violation.rule.id != own::UNUSED_ALLOW.id {
        return Mend::Nothing;
    }
    match allow.without(&violation.about) {
        Err(why) => Mend::Not(why.to_owned()),
        Ok((span, text)) => {
            let title = format!("remove \"{}\"", violation.about);
            let edits = vec![edit(&allow.source, shown, span, text)];
            Mend::Fix(Fix { title, edits, touches: Vec::new() })
        }
    }
}

fn edit(source: &Arc<Source>, shown: &Arc<Source>, span: Span, text: String) -> Edit {
    let place = Label { source: Arc::clone(source), span, text: String::new() };
    Edit { place, shown: Arc::clone(shown), text }
}

/// A fault of a line that several projects read: the rule, the file and the bytes.
type Key = (&'static str, Utf8PathBuf, (usize, usize));

/// Leaves to people what not every project that reads a file would have mended in the same way.
pub(super) fn agree(findings: &mut Findings) {
    let here = findings.here.clone();
    let key = |found: &Found| -> Key {
        let span = &found.place.span;
        (found.rule.id, here.join(found.place.source.path()), (span.start, span.end))
    };
    let mut having: BTreeMap<Key, BTreeSet<usize>> = BTreeMap::new();
    let mut refused: BTreeMap<Key, String> = BTreeMap::new();
    for found in &findings.found {
        match &found.mend {
            Mend::Nothing => continue,
            Mend::Fix(_) => {}
            Mend::Not(why) => {
                refused.entry(key(found)).or_insert_with(|| why.clone());
            }
        }
        having.entry(key(found)).or_default().insert(found.project);
    }
    for found in &mut findings.found {
        let Some(fix) = found.fix() else { continue };
        let key = key(found);
        let why = refused.get(&key).cloned().or_else(|| {
            let having = having.get(&key)?;
            let mut projects = findings.projects.iter().enumerate();
            let other = projects.find(|(at, project)| {
                !fix.touches.is_empty() && !having.contains(at) && project.reads.contains(&key.1)
            });
            other.map(|(_, project)| {
                format!("{} reads the file and has no such fault", project.name)
            })
        });
        if let Some(why) = why {
            found.mend = Mend::Not(why);
        }
    }
}
