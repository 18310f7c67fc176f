//! Dotenv files, as Compose reads them.
//!
//! [`parse`] and [`parse_after`] read the `.env` format of the Compose specification
//! (section `Env_file` format), odd corners of compose-go included; [`parse_raw`]
//! reads `format: raw`, which takes every line as it is. Both give the entries in
//! file order with their places; merging files is the caller's.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use regex::Regex;
use thiserror::Error;

use super::template::{Lookup, TemplateErrorKind, Use, substitute};
use crate::source::Span;

/// One variable that a file sets. When a key comes twice, the later value counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key; empty when a file ends in a word without `=` and without a line end,
    /// which compose-go takes for a value.
    pub key: String,
    /// The value after escapes and substitution. `None` for a key alone that nothing
    /// sets: it is left out of the result.
    pub value: Option<String>,
    /// Whether the line is the key alone, its value taken from the lookup.
    pub inherited: bool,
    /// Bytes of the key in the file.
    pub key_span: Span,
    /// Bytes of the value in the file, without quotes; empty when inherited.
    pub value_span: Span,
    /// The variables that the value asks for; their spans are bytes of the file.
    pub uses: Vec<Use>,
}

/// Why a file could not be read, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind}")]
pub struct DotenvError {
    /// Bytes of the file.
    pub span: Span,
    /// What is wrong.
    pub kind: DotenvErrorKind,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DotenvErrorKind {
    /// A character that a name cannot have.
    #[error("unexpected character {0:?} in a variable name")]
    UnexpectedCharacter(char),
    /// A name with a space, or in the raw format a tab, inside.
    /// What stands there may be a secret, or the line of a file that is no such list: it is not told.
    #[error("a variable name contains whitespace")]
    SpaceInName,
    /// A file that ends in `export`.
    #[error("\"export\" without a variable name")]
    NothingToExport,
    /// A quote that is never closed.
    #[error("value has no closing {0}")]
    UnterminatedQuote(char),
    /// A value whose variables cannot be substituted.
    #[error(transparent)]
    Template(#[from] TemplateErrorKind),
    /// A line of the raw format that starts with `=`.
    #[error("no variable name before \"=\"")]
    NoName,
    /// A line of the raw format that is longer than Compose reads.
    #[error("line is longer than 65535 bytes")]
    LineTooLong,
}

impl DotenvError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match &self.kind {
            DotenvErrorKind::UnexpectedCharacter(_) => {
                "write NAME=value; a name is letters, digits and any of _ . - [ ]".into()
            }
            DotenvErrorKind::SpaceInName => {
                "write NAME=value, one to a line; a comment starts with \"#\"".into()
            }
            DotenvErrorKind::NothingToExport => "write export NAME=value".into(),
            DotenvErrorKind::UnterminatedQuote(quote) => {
                format!(
                    "close the value with {quote}; inside it, write \\{quote} for the character"
                )
            }
            DotenvErrorKind::Template(kind) => kind.help(),
            DotenvErrorKind::NoName => "write NAME=value".into(),
            DotenvErrorKind::LineTooLong => "keep long values in a file and mount it".into(),
        }
    }
}

/// Reads a dotenv file on its own: [`parse_after`] with nothing earlier.
pub fn parse(text: &str, lookup: &mut Lookup<'_>) -> Result<Vec<Entry>, DotenvError> {
    parse_after(text, lookup, &mut |_| None)
}

/// Reads a dotenv file that follows others.
///
/// A variable in a value is what `lookup` says, else what this file set before it,
/// else what `earlier` says. A key alone asks `lookup` only. For `--env-file` and
/// `.env`, `lookup` is the process environment; for a service's `env_file` it is the
/// project's environment, then the service's `environment`; `earlier` is what the
/// files before this one set.
///
/// # Errors
/// The first [`DotenvError`] in the file.
pub fn parse_after(
    text: &str,
    lookup: &mut Lookup<'_>,
    earlier: &mut Lookup<'_>,
) -> Result<Vec<Entry>, DotenvError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut set: HashMap<&str, usize> = HashMap::new();
    let mut at = text.len() - without_bom(text).len();
    while let Some(start) = statement_start(text, at) {
        let Key { span: key_span, inherited, end } = read_key(text, start)?;
        let key = &text[key_span.clone()];
        if key.contains(' ') {
            let kind = DotenvErrorKind::SpaceInName;
            return Err(DotenvError { span: key_span, kind });
        }
        let entry = if inherited {
            at = end;
            Entry {
                key: key.to_owned(),
                value: lookup(key),
                inherited,
                value_span: key_span.end..key_span.end,
                key_span,
                uses: Vec::new(),
            }
        } else {
            let written = read_value(text, end)?;
            at = written.end;
            let mut known = |name: &str| {
                lookup(name)
                    .or_else(|| set.get(name).and_then(|&entry| entries[entry].value.clone()))
                    .or_else(|| earlier(name))
            };
            let (value, uses) = written.substitute(&mut known)?;
            Entry {
                key: key.to_owned(),
                value: Some(value),
                inherited,
                key_span,
                value_span: written.span,
                uses,
            }
        };
        if entry.value.is_some() {
            set.insert(key, entries.len());
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Reads a file of `format: raw`: every line is `KEY=VALUE` with no quotes, escapes or
/// variables, as `docker run --env-file` takes it.
///
/// # Errors
/// The first [`DotenvError`] in the file.
pub fn parse_raw(text: &str, lookup: &mut Lookup<'_>) -> Result<Vec<Entry>, DotenvError> {
    /// The line reader's buffer in docker/cli: a line and its end have to fit.
    const BUFFER: usize = 64 * 1024;
    let mut entries = Vec::new();
    let mut next = 0;
    for whole in text.split_inclusive('\n') {
        let line_start = next;
        next += whole.len();
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        if line.len() >= BUFFER {
            let kind = DotenvErrorKind::LineTooLong;
            return Err(DotenvError { span: line_start..line_start + line.len(), kind });
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        let end = line_start + line.len();
        let line = if line_start == 0 { without_bom(line) } else { line }.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let start = end - line.len();
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (line, None),
        };
        let key_span = start..start + key.len();
        if key.is_empty() {
            return Err(DotenvError { span: start..start + 1, kind: DotenvErrorKind::NoName });
        }
        if key.contains([' ', '\t']) {
            let kind = DotenvErrorKind::SpaceInName;
            return Err(DotenvError { span: key_span, kind });
        }
        entries.push(Entry {
            key: key.to_owned(),
            value: value.map_or_else(|| lookup(key), |value| Some(value.to_owned())),
            inherited: value.is_none(),
            key_span,
            value_span: end - value.map_or(0, str::len)..end,
            uses: Vec::new(),
        });
    }
    Ok(entries)
}

/// Reads a file by one of the above, and finds everything that is wrong with it: the lines of a fault are
/// left out for the next. What follows a quote that is never closed may be anything.
///
/// # Errors
/// At least one [`DotenvError`], in the order of the file.
pub fn read(
    text: &str,
    mut parse: impl FnMut(&str) -> Result<Vec<Entry>, DotenvError>,
) -> Result<Vec<Entry>, Vec<DotenvError>> {
    const ENOUGH: usize = 100;
    let mut fault = match parse(text) {
        Ok(entries) => return Ok(entries),
        Err(fault) => fault,
    };
    let mut all = Vec::new();
    let mut left = text.to_owned();
    loop {
        let start = left[..fault.span.start].rfind('\n').map_or(0, |end| end + 1);
        let end = left[fault.span.end..].find('\n').map_or(left.len(), |at| fault.span.end + at);
        let blank: String =
            left[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
        left.replace_range(start..end, &blank);
        let last = matches!(fault.kind, DotenvErrorKind::UnterminatedQuote(_));
        all.push(fault);
        match parse(&left) {
            Err(next) if !last && all.len() < ENOUGH => fault = next,
            _ => return Err(all),
        }
    }
}

fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Where the next statement starts, past blank lines and comments.
fn statement_start(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += text[at..].find(|c: char| !c.is_whitespace())?;
        if !text[at..].starts_with('#') {
            return Some(at);
        }
        at += text[at..].find('\n')?;
    }
}

struct Key {
    span: Span,
    /// Ended by the line, not by `=` or `:`.
    inherited: bool,
    /// Where the value starts, or, when inherited, the next statement.
    end: usize,
}

/// Reads the name at the start of a statement.
fn read_key(text: &str, statement: usize) -> Result<Key, DotenvError> {
    let mut start = statement;
    if let Some(after) = text[statement..].strip_prefix("export")
        && after.starts_with(['\t', '\n', '\x0c', '\r', ' '])
    {
        start = skip_blanks(text, statement + "export".len());
        if start == text.len() {
            let kind = DotenvErrorKind::NothingToExport;
            return Err(DotenvError { span: statement..statement + "export".len(), kind });
        }
    }
    for (at, found) in text[start..].char_indices() {
        match found {
            '=' | ':' | '\n' => {
                let key = text[start..start + at].trim_end();
                return Ok(Key {
                    span: start..start + key.len(),
                    inherited: found == '\n',
                    end: skip_blanks(text, start + at + 1),
                });
            }
            '_' | '.' | '-' | '[' | ']' => {}
            _ if is_blank(found) || is_letter_or_number(found) => {}
            _ => {
                let at = start + at;
                let kind = DotenvErrorKind::UnexpectedCharacter(found);
                return Err(DotenvError { span: at..at + found.len_utf8(), kind });
            }
        }
    }
    // The file ends within the name: compose-go then has no key and reads the name as a value.
    Ok(Key { span: start..start, inherited: false, end: skip_blanks(text, start) })
}

/// A value as the file writes it.
struct Written<'t> {
    /// Without quotes.
    span: Span,
    text: Cow<'t, str>,
    /// Where pieces of `text` come from, as (byte of the text, byte of the file).
    origins: Vec<(usize, usize)>,
    /// Single quotes keep a dollar sign.
    literal: bool,
    /// Where reading goes on.
    end: usize,
}

/// Reads the value at a byte: to the end of the line, or to the closing quote.
fn read_value(text: &str, start: usize) -> Result<Written<'_>, DotenvError> {
    let Some(quote) = text[start..].chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        let line = text[start..].split('\n').next().unwrap_or_default();
        let value = line.split_once(" #").map_or(line, |(value, _)| value).trim_end();
        return Ok(Written {
            span: start..start + value.len(),
            text: Cow::Borrowed(value),
            origins: vec![(0, start)],
            literal: false,
            end: text.len().min(start + line.len() + 1),
        });
    };
    let open = start + 1;
    let Some(close) = closing_quote(&text[open..], quote).map(|at| open + at) else {
        let line = text[start..].split('\n').next().unwrap_or_default().trim_end();
        let kind = DotenvErrorKind::UnterminatedQuote(quote);
        return Err(DotenvError { span: start..start + line.len(), kind });
    };
    let literal = quote == '\'';
    let value = &text[open..close];
    let (value, origins) = if value.contains('\\') {
        let pieces = unescape(value, open, literal);
        (Cow::Owned(pieces.text), pieces.origins)
    } else {
        (Cow::Borrowed(value), vec![(0, open)])
    };
    Ok(Written { span: open..close, text: value, origins, literal, end: close + 1 })
}

/// Where the quote is that no backslash precedes.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, found)| {
        let closes = found == quote && !escaped;
        escaped = found == '\\' && !escaped;
        closes.then_some(at)
    })
}

impl Written<'_> {
    /// The value with its variables replaced; spans, in errors too, are bytes of the file.
    fn substitute(&self, lookup: &mut Lookup<'_>) -> Result<(String, Vec<Use>), DotenvError> {
        if self.literal {
            return Ok((self.text.clone().into_owned(), Vec::new()));
        }
        let place = |span: &Span| {
            origin(&self.origins, span.start)..origin(&self.origins, span.end - 1) + 1
        };
        match substitute(&self.text, lookup) {
            Ok(None) => Ok((self.text.clone().into_owned(), Vec::new())),
            Ok(Some(mut done)) => {
                for used in &mut done.uses {
                    used.span = place(&used.span);
                }
                Ok((done.text, done.uses))
            }
            Err(error) => Err(DotenvError { span: place(&error.span), kind: error.kind.into() }),
        }
    }
}

/// Text put together from pieces of the file.
#[derive(Default)]
struct Pieces {
    text: String,
    origins: Vec<(usize, usize)>,
}

impl Pieces {
    fn push(&mut self, piece: &str, from: usize) {
        let at = self.text.len();
        if self.origins.last().is_none_or(|(text, file)| at - text + file != from) {
            self.origins.push((at, from));
        }
        self.text.push_str(piece);
    }
}

/// The byte of the file that a byte of the text comes from.
fn origin(origins: &[(usize, usize)], at: usize) -> usize {
    let piece = origins.partition_point(|(text, _)| *text <= at).saturating_sub(1);
    origins.get(piece).map_or(at, |(text, file)| at - text + file)
}

/// Replaces the escapes of a quoted value that starts at a byte of the file: in single
/// quotes only that of the quote. What is no escape stays.
fn unescape(value: &str, start: usize, literal: bool) -> Pieces {
    let mut pieces = Pieces::default();
    let mut at = 0;
    while let Some(backslash) = value[at..].find('\\').map(|next| at + next) {
        pieces.push(&value[at..backslash], start + at);
        let escaped = &value[backslash..];
        let (length, replacement) = if !literal {
            escape(escaped)
        } else if escaped.starts_with("\\'") {
            (2, Cow::Borrowed("'"))
        } else {
            // Both at once, so that the second of two backslashes escapes nothing.
            let length = 1 + escaped[1..].chars().next().map_or(0, char::len_utf8);
            (length, Cow::Borrowed(&escaped[..length]))
        };
        pieces.push(&replacement, start + backslash);
        at = backslash + length;
    }
    pieces.push(&value[at..], start + at);
    pieces
}

/// The length of the escape at the start of a text, and what it stands for. A dollar
/// sign is doubled: the substitution turns it into one.
fn escape(text: &str) -> (usize, Cow<'_, str>) {
    let character = match text.as_bytes().get(1) {
        Some(b'a') => "\x07",
        Some(b'b') => "\x08",
        Some(b'f') => "\x0c",
        Some(b'n') => "\n",
        Some(b'r') => "\r",
        Some(b't') => "\t",
        Some(b'v') => "\x0b",
        Some(b'"') => "\"",
        Some(b'\\') => "\\",
        Some(b'$') => "$$",
        Some(b'0') => {
            let digits = &text.as_bytes()[2..];
            let count = digits.iter().take(3).take_while(|digit| digit.is_ascii_digit()).count();
            let digits = &text[2..2 + count];
            let byte = u8::from_str_radix(digits, 8).ok().filter(|_| count == 3);
            // An octal number that is none keeps its backslash and loses its zero.
            let replacement =
                byte.map_or_else(|| format!("\\{digits}"), |byte| char::from(byte).to_string());
            return (2 + count, Cow::Owned(replacement));
        }
        _ => return (1, Cow::Borrowed("\\")),
    };
    (2, Cow::Borrowed(character))
}

fn skip_blanks(text: &str, from: usize) -> usize {
    text.len() - text[from..].trim_start_matches(is_blank).len()
}

/// White space within a line, as compose-go counts it: fewer characters than Unicode does.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// Unicode's letters and numbers, of the version that Compose 2.40 is built with:
/// narrower than [`char::is_alphanumeric`], which takes marks as well.
fn is_letter_or_number(c: char) -> bool {
    static NOT_ASCII: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[[\p{L}\p{N}]&&\p{Age=15.0}]$").ok());
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let pattern = NOT_ASCII.as_ref();
    pattern.is_some_and(|pattern| pattern.is_match(c.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests;
