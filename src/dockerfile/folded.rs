//! The text of an instruction without its line breaks, which still knows where each byte is written.
//!
//! Rules: Dockerfile reference, sections Escape and Format: the escape character
//! at the end of a line joins the next one; comment lines and empty lines in between are left out.

use crate::source::Span;

/// A text that was joined from lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    text: String,
    /// Where each line of the text starts, and where that is written.
    starts: Vec<(usize, usize)>,
    span: Span,
}

impl Folded {
    /// Joins the lines of a part of a file.
    #[must_use]
    pub fn new(whole: &str, span: Span, escape: char) -> Self {
        let mut text = String::new();
        let mut starts = Vec::new();
        let mut at = span.start;
        for (number, line) in whole[span.clone()].split_inclusive('\n').enumerate() {
            let start = at;
            at += line.len();
            if number > 0 && is_skipped(line) {
                continue;
            }
            let line = line.trim_end_matches(['\n', '\r']);
            starts.push((text.len(), start));
            text.push_str(before_escape(line, escape).unwrap_or(line));
        }
        Self { text, starts, span }
    }

    /// A text as it is written: a document, a word.
    #[must_use]
    pub fn verbatim(whole: &str, span: Span) -> Self {
        Self { text: whole[span.clone()].to_owned(), starts: vec![(0, span.start)], span }
    }

    /// The joined text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Everything that was joined.
    #[must_use]
    pub fn whole(&self) -> Span {
        self.span.clone()
    }

    /// Where a part of the text is written; it may reach over line breaks.
    #[must_use]
    pub fn span(&self, part: Span) -> Span {
        let start = self.place(part.start);
        // The end belongs to the line of the last byte, not to the next.
        let end = if part.end > part.start { self.place(part.end - 1) + 1 } else { start };
        start..end
    }

    fn place(&self, at: usize) -> usize {
        let line = self.starts.partition_point(|(start, _)| *start <= at);
        let (start, written) =
            line.checked_sub(1).map_or((0, self.span.start), |line| self.starts[line]);
        (written + at - start).min(self.span.end)
    }
}

/// The line without the escape character that joins it to the next one, if it has one.
#[must_use]
pub fn before_escape(line: &str, escape: char) -> Option<&str> {
    line.trim_end_matches(['\n', '\r', ' ', '\t']).strip_suffix(escape)
}

/// Comment lines and empty lines are no part of what they stand in.
#[must_use]
pub fn is_skipped(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_text_knows_where_its_parts_are_written() {
        let whole = "ENV A=1 \\\n  # why\n\n  B=zwei\\\r\nC\n";
        let folded = Folded::new(whole, 4..whole.len() - 1, '\\');
        assert_eq!(folded.text(), "A=1   B=zweiC");
        let at = folded.text().find("zwei").expect("a part");
        assert_eq!(&whole[folded.span(at..at + 4)], "zwei");
        assert_eq!(&whole[folded.span(at..at + 5)], "zwei\\\r\nC");
    }
}
