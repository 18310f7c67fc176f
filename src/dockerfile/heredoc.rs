//! Logical lines and here-documents.
//!
//! The parser crate knows a here-document only at the start of `RUN`, one of
//! them, so they are found here and hidden from it: bodies become comment lines
//! and `<<` two other characters, all bytes stay in their places. Rules:
//! `BuildKit`, `frontend/dockerfile/parser`.

use super::folded::{Folded, before_escape, is_skipped};
use crate::source::Span;

/// One instruction as it is written.
#[derive(Debug)]
pub struct Line {
    /// From the keyword to the last character, without here-documents.
    pub span: Span,
    /// The bodies of its here-documents.
    pub documents: Vec<Span>,
}

/// A file cut into instructions.
#[derive(Debug)]
pub struct Lines {
    /// The instructions in order.
    pub instructions: Vec<Line>,
    /// The text with here-documents hidden.
    pub masked: String,
    /// The escape character.
    pub escape: char,
    /// A here-document that does not end: where it is asked for.
    pub unfinished: Option<Span>,
}

/// Cuts a file.
#[must_use]
pub fn cut(text: &str) -> Lines {
    let escape = escape(text);
    let mut found =
        Lines { instructions: Vec::new(), masked: text.to_owned(), escape, unfinished: None };
    let mut masked: Vec<Span> = Vec::new();
    let mut markers: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let start = at;
        let line = line_at(text, at);
        at += line.len();
        if is_skipped(line) {
            continue;
        }
        let mut open = before_escape(line, escape).is_some();
        while open && at < text.len() {
            let next = line_at(text, at);
            at += next.len();
            open = is_skipped(next) || before_escape(next, escape).is_some();
        }
        let whole = &text[start..at];
        let lead = whole.len() - whole.trim_start().len();
        let span = start + lead..start + whole.trim_end().len().max(lead);
        let folded = Folded::new(text, span.clone(), escape);
        let mut documents = Vec::new();
        for marker in markers_of(folded.text()) {
            let written = folded.span(marker.arrows.clone());
            let body = at;
            let Some(end) = end_of(text, at, &marker) else {
                found.unfinished.get_or_insert(written);
                break;
            };
            documents.push(body..end.start);
            masked.push(body..end.end);
            markers.push(written.start);
            at = end.end;
        }
        found.instructions.push(Line { span, documents });
    }
    found.masked = mask(text, &masked, &markers);
    found
}

fn line_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    rest.find('\n').map_or(rest, |end| &rest[..=end])
}

/// What `# escape=` says at the head of the file.
fn escape(text: &str) -> char {
    for line in text.trim_start_matches('\u{feff}').lines() {
        let directive = line.trim().strip_prefix('#').and_then(|line| line.split_once('='));
        let Some((name, value)) = directive else { break };
        if name.trim().eq_ignore_ascii_case("escape") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

struct Marker {
    /// The `<<` in the joined text.
    arrows: Span,
    name: String,
    tabs: bool,
}

/// The here-documents that an instruction asks for.
fn markers_of(line: &str) -> Vec<Marker> {
    let mut rest = line;
    let mut keyword = rest.split_whitespace().next().unwrap_or_default();
    if keyword.eq_ignore_ascii_case("ONBUILD") {
        rest = rest[keyword.len()..].trim_start();
        keyword = rest.split_whitespace().next().unwrap_or_default();
    }
    if !["RUN", "COPY", "ADD"].iter().any(|known| keyword.eq_ignore_ascii_case(known)) {
        return Vec::new();
    }
    let mut markers = Vec::new();
    for word in shell_words(line) {
        let text = &line[word.clone()];
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some(after) = text[digits..].strip_prefix("<<") else { continue };
        let (tabs, name) = after.strip_prefix('-').map_or((false, after), |name| (true, name));
        let name = name.trim_matches(['"', '\'']);
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || !name.chars().all(is_name) {
            continue;
        }
        let start = word.start + digits;
        markers.push(Marker { arrows: start..start + 2, name: name.to_owned(), tabs });
    }
    markers
}

/// Words as a shell sees them, quotes left on.
#[must_use]
pub fn shell_words(line: &str) -> Vec<Span> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if c.is_whitespace() && quote.is_none() && !escaped {
            words.extend(start.take().map(|start| start..at));
            continue;
        }
        start.get_or_insert(at);
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    words.extend(start.map(|start| start..line.len()));
    words
}

/// The line that ends a here-document.
fn end_of(text: &str, mut at: usize, marker: &Marker) -> Option<Span> {
    while at < text.len() {
        let line = line_at(text, at);
        let bare = line.trim_end_matches(['\n', '\r']);
        let bare = if marker.tabs { bare.trim_start_matches('\t') } else { bare };
        if bare == marker.name {
            return Some(at..at + line.len());
        }
        at += line.len();
    }
    None
}

fn mask(text: &str, bodies: &[Span], markers: &[usize]) -> String {
    if bodies.is_empty() {
        return text.to_owned();
    }
    let mut bytes = text.as_bytes().to_vec();
    for byte in bodies.iter().flat_map(Clone::clone) {
        if bytes[byte] != b'\n' {
            bytes[byte] = b'#';
        }
    }
    for marker in markers {
        // Arrows with a line break in between are left to the crate, which refuses them.
        if let Some(arrows) = bytes.get_mut(*marker..marker + 2).filter(|arrows| **arrows == *b"<<")
        {
            arrows.copy_from_slice(b"@@");
        }
    }
    // Only whole characters were replaced, so that this is never anything else.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
