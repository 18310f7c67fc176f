//! Keeps secrets out of source lines that are shown.

use std::sync::Arc;

use super::scan;
use crate::{
    policy::{Finding, Target},
    source::{Source, Span},
};

/// A copy of a source in which some bytes cannot be read: same length, same lines, same columns.
#[must_use]
pub fn mask_source(source: &Source, hidden: &[Span]) -> Arc<Source> {
    let mut text = String::with_capacity(source.text().len());
    for (at, c) in source.text().char_indices() {
        let is_hidden = hidden.iter().any(|span| span.contains(&at));
        text.push(match c.len_utf8() {
            _ if !is_hidden || matches!(c, '\n' | '\r') => c,
            1 => '*',
            2 => '·',
            3 => '•',
            _ => '🔒',
        });
    }
    Source::new(source.path(), text)
}

/// Tells every finding which secrets stand on the lines that it shows, whatever rule it is of.
pub fn hide(target: &Target, found: &mut [Finding]) {
    if found.is_empty() {
        return;
    }
    let journal = target.journal();
    let places: Vec<_> = scan::leaks(target).iter().map(|leak| leak.place).collect();
    for finding in found {
        for place in &places {
            let Some(file) = place.file() else { continue };
            let source = journal.file(file);
            let lines = |span: &Span| {
                (source.place(span.start).line, source.place(span.end.saturating_sub(1)).line)
            };
            let (first, last) = lines(&place.span());
            let origins = std::iter::once(&finding.origin)
                .chain(finding.related.iter().map(|(origin, _)| origin));
            let shown = origins
                .filter(|origin| {
                    // A file that is read twice has two numbers and one path.
                    let shown = origin.place.file().map(|shown| journal.file(shown).path());
                    shown == Some(source.path())
                })
                .map(|origin| lines(&origin.place.span()))
                .any(|(from, to)| first <= to && from <= last);
            if shown && !finding.secrets.contains(place) {
                finding.secrets.push(*place);
            }
        }
    }
}
