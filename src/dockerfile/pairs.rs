//! The names and values of `ENV`, `ARG` and `LABEL`.
//!
//! Dockerfile reference: `NAME=value NAME="a b" NAME=a\ b`, and `ENV NAME the rest of the line`.

use super::{Piece, Variable, folded::Folded};
use crate::source::Span;

/// Reads the pairs of an instruction; `legacy` allows the form without `=`.
#[must_use]
pub fn read(folded: &Folded, start: usize, escape: char, legacy: bool) -> Vec<Variable> {
    let line = &folded.text()[start..];
    let words = words(line, start, escape);
    let piece = |part: Span, text: String| Piece { text, span: folded.span(part) };
    let mut pairs = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let text = &folded.text()[word.clone()];
        if let Some(at) = text.find('=') {
            let (name, value) = (word.start..word.start + at, word.start + at + 1..word.end);
            let plain = unquote(&folded.text()[value.clone()], escape);
            pairs.push(Variable {
                name: piece(name, unquote(&text[..at], escape)),
                value: Some(piece(inner(folded.text(), value), plain)),
            });
        } else if legacy && number == 0 {
            let end = start + line.trim_end().len();
            let rest = &folded.text()[word.end..end];
            let lead = rest.len() - rest.trim_start().len();
            let value = word.end + lead..end;
            let plain = folded.text()[value.clone()].to_owned();
            return vec![Variable {
                name: piece(word.clone(), text.to_owned()),
                value: (!plain.is_empty()).then(|| piece(value, plain)),
            }];
        } else {
            pairs.push(Variable { name: piece(word.clone(), text.to_owned()), value: None });
        }
    }
    pairs
}

/// The value without the quotes around it.
fn inner(text: &str, span: Span) -> Span {
    let value = &text[span.clone()];
    let quoted = |quote| value.len() >= 2 && value.starts_with(quote) && value.ends_with(quote);
    if quoted('"') || quoted('\'') { span.start + 1..span.end - 1 } else { span }
}

fn words(line: &str, start: usize, escape: char) -> Vec<Span> {
    let mut words = Vec::new();
    let mut begun = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if c.is_whitespace() && quote.is_none() && !escaped {
            words.extend(begun.take().map(|begun| begun + start..at + start));
            continue;
        }
        begun.get_or_insert(at);
        match (c, quote) {
            _ if escaped => escaped = false,
            (c, None | Some('"')) if c == escape => escaped = true,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    words.extend(begun.map(|begun| begun + start..line.len() + start));
    words
}

/// A word without its quotes and escapes.
#[must_use]
pub fn unquote(word: &str, escape: char) -> String {
    let mut plain = String::with_capacity(word.len());
    let mut quote = None;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, None) if c == escape => plain.extend(chars.next()),
            (c, Some('"')) if c == escape => match chars.next() {
                Some(next @ ('"' | '$')) => plain.push(next),
                Some(next) if next == escape => plain.push(next),
                next => {
                    plain.push(c);
                    plain.extend(next);
                }
            },
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => plain.push(c),
        }
    }
    plain
}
