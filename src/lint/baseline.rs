//! Findings that are known: written once, left out from then on.
//!
//! The file says of each finding which rule, what about and in which file; never a value
//! and never a line. Files are named from the folder of the baseline, so that it does not
//! matter where lint is called.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::{
    diagnostic::Diagnostic,
    findings::{Findings, Found, seen_from},
};

const VERSION: u32 = 1;

/// A baseline file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of the format.
    version: u32,
    /// The findings, sorted.
    findings: Vec<Entry>,
}

/// A finding that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    rule: String,
    subject: String,
    fingerprint: String,
}

fn entry(found: &Found, findings: &Findings, folder: &Utf8Path) -> Entry {
    Entry {
        file: seen_from(&findings.absolute(found.place.source.path()), folder),
        rule: found.rule.id.to_owned(),
        subject: found.subject.clone(),
        fingerprint: found.fingerprint(),
    }
}

/// The folder of a baseline, absolute.
fn folder(path: &Utf8Path, here: &Utf8Path) -> Utf8PathBuf {
    let path = here.join(path);
    let folder = path.parent().unwrap_or(here);
    folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned())
}

/// What to write to a file so that the open findings are known.
#[must_use]
pub fn text(findings: &Findings, path: &Utf8Path) -> String {
    let folder = folder(path, &findings.here);
    let mut known: Vec<Entry> =
        findings.open().map(|found| entry(found, findings, &folder)).collect();
    known.sort();
    let baseline = Baseline { version: VERSION, findings: known };
    // Strings and numbers always become JSON.
    serde_json::to_string_pretty(&baseline).map(|text| text + "\n").unwrap_or_default()
}

/// Reads a baseline.
///
/// # Errors
/// A [`Diagnostic`] for a file that cannot be read or is no baseline.
pub fn read(path: &Utf8Path) -> Result<Baseline, Box<Diagnostic>> {
    let refuse = |why: String| {
        let help = format!("write it with `seaworthy lint --write-baseline {path}`");
        Box::new(Diagnostic::error(why).help(help))
    };
    let text = std::fs::read_to_string(path)
        .map_err(|why| refuse(format!("cannot read the baseline {path}: {why}")))?;
    let baseline: Baseline = serde_json::from_str(&text)
        .map_err(|why| refuse(format!("{path} is no baseline: {why}")))?;
    if baseline.version != VERSION {
        let title =
            format!("{path} is a baseline of version {}, expected {VERSION}", baseline.version);
        return Err(refuse(title));
    }
    Ok(baseline)
}

/// Leaves out what a baseline knows, and notes what of it is no longer found.
pub fn apply(findings: &mut Findings, baseline: &Baseline, path: &Utf8Path) {
    let folder = folder(path, &findings.here);
    let mut known: BTreeMap<&Entry, usize> = BTreeMap::new();
    for entry in &baseline.findings {
        *known.entry(entry).or_default() += 1;
    }
    let entries: Vec<Entry> =
        findings.found.iter().map(|found| entry(found, findings, &folder)).collect();
    let mut left_out = 0;
    let mut at = 0;
    findings.found.retain(|found| {
        let entry = &entries[at];
        at += 1;
        let Some(count) = known.get_mut(entry).filter(|count| **count > 0) else { return true };
        // What a comment allows by now needs no baseline any more.
        if found.allowed.is_some() {
            return true;
        }
        *count -= 1;
        left_out += 1;
        false
    });
    findings.known += left_out;
    let judged = |entry: &Entry| findings.rules.iter().any(|rule| rule.id == entry.rule);
    let read: Vec<String> = findings
        .projects
        .iter()
        .flat_map(|project| &project.files)
        .map(|file| seen_from(file, &folder))
        .collect();
    // Who judges a part of the projects learns nothing of the others.
    let looked_at =
        |entry: &Entry| read.contains(&entry.file) || !folder.join(&entry.file).exists();
    let gone: Vec<String> = known
        .into_iter()
        .filter(|(entry, count)| *count > 0 && judged(entry) && looked_at(entry))
        .map(|(entry, _)| format!("{} at {} in {}", entry.rule, entry.subject, entry.file))
        .collect();
    if !gone.is_empty() {
        let (what, they) = if gone.len() == 1 {
            ("1 finding".to_owned(), "is")
        } else {
            (format!("{} findings", gone.len()), "are")
        };
        let title = format!("{what} of the baseline {path} {they} no longer there");
        let note = gone.into_iter().fold(Diagnostic::warning(title), Diagnostic::note);
        let help = format!("write it again with `seaworthy lint --write-baseline {path}`");
        findings.notes.push(note.help(help));
    }
}
