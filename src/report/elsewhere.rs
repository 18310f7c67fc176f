//! The further places of a failure for people: each with what is wrong there and its line.

use std::{fmt::Write as _, sync::Arc};

use indexmap::IndexMap;

use crate::{
    diagnostic::{Diagnostic, Label},
    policy::secret::hide::guessed,
    run::Failure,
    visible,
};

/// Who reads more than these wants another format.
const MOST: usize = 20;

/// The places of a failure's violations beside the one that it is shown at; empty without any.
pub(super) fn shown(failure: &Failure) -> String {
    let mut places: IndexMap<(&str, usize), (Label, Vec<&str>)> = IndexMap::new();
    for violation in &failure.violations {
        let Some((source, span)) = &violation.spot else { continue };
        let is_first = failure
            .spot
            .as_ref()
            .is_some_and(|(first, at)| first.path() == source.path() && at.start == span.start);
        if is_first {
            continue;
        }
        let label = Label { source: Arc::clone(source), span: span.clone(), text: String::new() };
        let place = places.entry((source.path().as_str(), span.start));
        place.or_insert_with(|| (label, Vec::new())).1.push(&violation.found);
    }
    let more = places.len().saturating_sub(MOST);
    let mut text = String::new();
    for (label, found) in places.into_values().take(MOST) {
        let mut told = Diagnostic::error("");
        told.labels.push(label);
        let Some(Label { source, span, .. }) = guessed(told).labels.pop() else { continue };
        let place = source.place(span.start);
        let found = found.join("; ");
        let path = visible::line(source.path().as_str());
        let _infallible = write!(text, "\n  also at {path}:{place}: {}", visible::line(&found));
        if !source.is_outside() {
            let line = source.printable();
            let line = line.get(source.line(place.line)).unwrap_or_default();
            let _infallible = write!(text, "\n  {:>4} | {}", place.line, visible::line(line));
        }
    }
    if more > 0 {
        let places = if more == 1 { "place" } else { "places" };
        let _infallible =
            write!(text, "\n  and at {more} more {places}, which the other reports name");
    }
    text
}
