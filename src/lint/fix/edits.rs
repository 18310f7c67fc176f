//! The edits of a file: which can be made in one go, and what they make of its text.

use crate::{
    findings::{Edit, Found},
    source::Span,
};

fn edits(found: &Found) -> impl Iterator<Item = &Edit> {
    found.fix().into_iter().flat_map(|fix| &fix.edits)
}

/// The findings whose edits do not meet those of another before them in the file.
pub(super) fn choose<'f>(found: &[&'f Found]) -> Vec<&'f Found> {
    let mut sorted = found.to_vec();
    sorted.sort_by_key(|found| {
        edits(found).map(|edit| (edit.place.span.start, edit.place.span.end)).min()
    });
    let mut taken: Vec<Span> = Vec::new();
    sorted.retain(|found| {
        let spans: Vec<Span> = edits(found).map(|edit| edit.place.span.clone()).collect();
        let is_free = spans.iter().all(|span| !taken.iter().any(|other| meet(span, other)));
        if is_free {
            taken.extend(spans);
        }
        is_free
    });
    sorted
}

fn meet(one: &Span, other: &Span) -> bool {
    one.start == other.start || one.start < other.end && other.start < one.end
}

/// The text with the edits of findings, which do not meet.
pub(super) fn apply(text: &str, chosen: &[&Found]) -> String {
    let mut all: Vec<&Edit> = chosen.iter().flat_map(|found| edits(found)).collect();
    all.sort_by_key(|edit| edit.place.span.start);
    let mut made = String::with_capacity(text.len());
    let mut at = 0;
    for edit in all {
        let span = &edit.place.span;
        made.push_str(text.get(at..span.start).unwrap_or_default());
        made.push_str(&edit.text);
        at = span.end;
    }
    made.push_str(text.get(at..).unwrap_or_default());
    made
}
