//! Places that the parser gives and that are not where a reader would look.

use crate::{compose::journal::Place, source::Source};

/// An offset in a file, which the reader accepts up to 256 MiB.
pub fn to_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A block collection ends where its last line does, not where the next token starts.
pub fn trimmed_end(source: &Source, start: u32, end: u32) -> u32 {
    let text = &source.text()[start as usize..end.max(start) as usize];
    start + to_u32(text.trim_end().len())
}

/// A block scalar without the lines that follow it and are no part of it.
pub fn block(source: &Source, place: Place, text: &str) -> Place {
    let Some(file) = place.file() else { return place };
    let (start, end) = (to_u32(place.span().start), to_u32(place.span().end));
    let end = match text {
        "" => start,
        // The empty lines at its end belong to it.
        _ if text.ends_with("\n\n") => end,
        _ => {
            let last = trimmed_end(source, start, end);
            let rest = &source.text()[last as usize..end as usize];
            let line = match (text.ends_with('\n'), rest.find('\n')) {
                (true, at) => at.map(|at| at + 1),
                (false, _) => rest.find(['\r', '\n']),
            };
            last + to_u32(line.unwrap_or(rest.len()))
        }
    };
    Place::new(file, start, end)
}

/// A value that is left out stands right after the colon of its key, not at the token that follows.
pub fn beside(source: &Source, key: Place, value: Place) -> Place {
    let (written, start) = (key.span(), value.span().start);
    let between = source.text().get(written.end..start);
    let Some(file) = key.file().filter(|_| value.span().is_empty()) else { return value };
    if between.is_some_and(|between| !between.contains('\n')) {
        return value;
    }
    let colon = between.and_then(|between| between.find(':')).map_or(0, |at| at + 1);
    let at = to_u32(written.end + colon);
    Place::new(file, at, at)
}
