//! Text files and places in them.
//!
//! A [`Source`] is a file read whole. Everything else in the program speaks of
//! byte offsets ([`Span`]); this module alone turns a byte into a line and a
//! column. It is the first link of the chain `source ← diagnostic ← …`.

use std::{
    borrow::Cow,
    fmt,
    io::{self, Read as _},
    ops::Range,
    sync::{Arc, OnceLock},
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{plain, visible};

/// A range of bytes in a [`Source`], end exclusive.
pub type Span = Range<usize>;

/// A place as people read it: both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for LineColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A text file, read whole.
#[derive(Debug, Clone)]
pub struct Source {
    path: Utf8PathBuf,
    text: Arc<String>,
    /// Found when the first place is asked for: most files that are read are sound.
    line_starts: OnceLock<Vec<u32>>,
    /// Whether it lies outside the repository: its places are told, its text is not.
    outside: bool,
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.text == other.text
    }
}

impl Eq for Source {}

impl Source {
    /// Reads a file; the path is kept as given, for messages.
    ///
    /// # Errors
    /// The operating system's error, or [`io::ErrorKind::InvalidData`] when the
    /// file is not UTF-8.
    pub fn read(path: impl Into<Utf8PathBuf>) -> io::Result<Arc<Self>> {
        let path = path.into();
        let mut text = String::new();
        plain::open(&path)?.read_to_string(&mut text)?;
        Ok(Self::new(path, text))
    }

    /// A source from text at hand.
    pub fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Arc<Self> {
        let text = Arc::new(text.into());
        Arc::new(Self { path: path.into(), text, line_starts: OnceLock::new(), outside: false })
    }

    /// A source whose places may be told and whose text may not be quoted.
    pub fn outside(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Arc<Self> {
        let text = Arc::new(text.into());
        Arc::new(Self { path: path.into(), text, line_starts: OnceLock::new(), outside: true })
    }

    /// The same file with another text, of which no more may be quoted.
    #[must_use]
    pub fn with_text(&self, text: String) -> Arc<Self> {
        if self.outside { Self::outside(self.path(), text) } else { Self::new(self.path(), text) }
    }

    /// Whether the file lies outside the repository, so that nothing of its text may be shown.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.outside
    }

    /// The path as given.
    #[must_use]
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole text as a terminal may show it. Every byte keeps its place, so that spans and
    /// columns hold: what cannot be seen is a sign of the same length. Controls of one byte stay;
    /// who draws source lines has signs for them.
    #[must_use]
    pub fn printable(&self) -> Cow<'_, str> {
        printable(&self.text)
    }

    /// The lines of a place, as [`Source::printable`] shows them, with the number of the first and the byte
    /// that it starts with.
    #[must_use]
    pub fn printable_lines(&self, span: &Span) -> (Cow<'_, str>, usize, usize) {
        let starts = self.line_starts();
        let line = self.place(span.start).line;
        let start = starts.get(line - 1).map_or(0, |start| *start as usize);
        let next = starts.get(self.place(span.end.max(span.start)).line);
        let end = next.map_or(self.text.len(), |next| *next as usize);
        (printable(self.text.get(start..end).unwrap_or_default()), line, start)
    }
    /// The whole text, shared: values cut from a file need no copy of their own.
    #[must_use]
    pub fn shared_text(&self) -> &Arc<String> {
        &self.text
    }

    /// Where each line starts. Files of more than 4 GiB are not read.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let starts = self.text.match_indices('\n').map(|(at, _)| at + 1);
            let starts = std::iter::once(0).chain(starts);
            starts.map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect()
        })
    }

    /// The place of a byte; an offset past the end is the end.
    #[must_use]
    pub fn place(&self, offset: usize) -> LineColumn {
        let offset = self.text.floor_char_boundary(offset);
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start as usize <= offset);
        let start = starts[line - 1] as usize;
        // A byte order mark is no part of the text that people see.
        let mark = usize::from(line == 1 && offset > 0 && self.text.starts_with('\u{feff}'));
        LineColumn { line, column: self.text[start..offset].chars().count() + 1 - mark }
    }

    /// The text of a line (from 1) without indentation and line end, as a span.
    /// A line past the end is the empty span at the end.
    #[must_use]
    pub fn line(&self, line: usize) -> Span {
        let end_of_text = self.text.len();
        let Some(&start) = line.checked_sub(1).and_then(|at| self.line_starts().get(at)) else {
            return end_of_text..end_of_text;
        };
        let start = start as usize;
        let next = self.line_starts().get(line);
        let end = next.map_or(end_of_text, |next| *next as usize - 1);
        let whole = &self.text[start..end];
        let indent = whole.len() - whole.trim_start().len();
        let text = whole.trim();
        if text.is_empty() { start..start } else { start + indent..start + indent + text.len() }
    }
}

fn printable(text: &str) -> Cow<'_, str> {
    let odd = |c: char| !c.is_ascii() && visible::is_invisible(c);
    if text.is_ascii() || !text.contains(odd) {
        return text.into();
    }
    let sign = |c: char| match c.len_utf8() {
        _ if !odd(c) => c,
        2 => '¿',
        3 => char::REPLACEMENT_CHARACTER,
        _ => '🚫',
    };
    text.chars().map(sign).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.txt", "één\n  zwei\n");
        assert_eq!(source.place(0), LineColumn { line: 1, column: 1 });
        assert_eq!(source.place("éé".len()), LineColumn { line: 1, column: 3 });
        assert_eq!(source.place("één\n  ".len()), LineColumn { line: 2, column: 3 });
        assert_eq!(source.place(9999).line, 3);
        let marked = Source::new("a.txt", "\u{feff}a: b");
        assert_eq!(marked.place("\u{feff}a: ".len()), LineColumn { line: 1, column: 4 });
    }

    #[test]
    fn a_line_is_its_text_without_indentation_and_line_end() {
        let source = Source::new("a.txt", "a\n  zwei \r\n\nlast");
        assert_eq!(&source.text()[source.line(2)], "zwei");
        assert_eq!(&source.text()[source.line(3)], "");
        assert_eq!(&source.text()[source.line(4)], "last");
        assert_eq!(&source.text()[source.line(99)], "");
    }
}
