//! Text files and places in them.
//!
//! A [`Source`] is a file read whole. Everything else in the program speaks of
//! byte offsets ([`Span`]); this module alone turns a byte into a line and a
//! column. It is the first link of the chain `source ← diagnostic ← …`.

use std::{fmt, io, ops::Range, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    path: Utf8PathBuf,
    text: Arc<String>,
    line_starts: Vec<usize>,
}

impl Source {
    /// Reads a file; the path is kept as given, for messages.
    ///
    /// # Errors
    /// The operating system's error, or [`io::ErrorKind::InvalidData`] when the
    /// file is not UTF-8.
    pub fn read(path: impl Into<Utf8PathBuf>) -> io::Result<Arc<Self>> {
        let path = path.into();
        let text = std::fs::read_to_string(&path)?;
        Ok(Self::new(path, text))
    }

    /// A source from text at hand.
    pub fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Arc<Self> {
        let text = Arc::new(text.into());
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Self { path: path.into(), text, line_starts })
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

    /// The whole text, shared: values cut from a file need no copy of their own.
    #[must_use]
    pub fn shared_text(&self) -> &Arc<String> {
        &self.text
    }

    /// The place of a byte; an offset past the end is the end.
    #[must_use]
    pub fn place(&self, offset: usize) -> LineColumn {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        LineColumn { line, column: self.text[start..offset].chars().count() + 1 }
    }

    /// The text of a line (from 1) without indentation and line end, as a span.
    /// A line past the end is the empty span at the end.
    #[must_use]
    pub fn line(&self, line: usize) -> Span {
        let end_of_text = self.text.len();
        let Some(&start) = line.checked_sub(1).and_then(|at| self.line_starts.get(at)) else {
            return end_of_text..end_of_text;
        };
        let end = self.line_starts.get(line).map_or(end_of_text, |next| next - 1);
        let whole = &self.text[start..end];
        let indent = whole.len() - whole.trim_start().len();
        let text = whole.trim();
        if text.is_empty() { start..start } else { start + indent..start + indent + text.len() }
    }
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
