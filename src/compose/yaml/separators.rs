//! The characters that end a line for Compose's reader of YAML and for no YAML 1.2 reader.
//!
//! YAML 1.1, section 5.4, counts U+0085, U+2028 and U+2029 among the line breaks, and
//! go-yaml does so to this day. Where one of them would be read in two ways the file is
//! refused: it looks like one line and is two.

use std::{ops::Range, sync::Arc};

use crate::{diagnostic::Diagnostic, source::Source};

const SEPARATORS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Where such characters stand in a file and nobody has accounted for them yet; almost always nowhere.
pub struct Separators {
    /// Offset in bytes, and whether quotes make it a part of the text.
    found: Vec<(usize, bool)>,
}

impl Separators {
    /// Finds them.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self { found: Vec::new() };
        }
        let kept = |at: usize, separator: &str| {
            let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
            separator != "\u{85}"
                && !blank(text[..at].chars().next_back())
                && !blank(text[at + separator.len()..].chars().next())
        };
        let found = text.match_indices(SEPARATORS);
        Self { found: found.map(|(at, separator)| (at, kept(at, separator))).collect() }
    }

    /// Accounts for those in a quoted scalar, where U+2028 and U+2029 between two characters stay what they are.
    pub fn allow(&mut self, quoted: Range<usize>) {
        self.found.retain(|(at, kept)| !(*kept && quoted.contains(at)));
    }

    /// Refuses those that are left.
    ///
    /// # Errors
    /// A [`Diagnostic`] at the first of them.
    pub fn refuse(&self, source: &Arc<Source>) -> Result<(), Diagnostic> {
        let Some((at, _)) = self.found.first() else { return Ok(()) };
        let separator = source.text()[*at..].chars().next().unwrap_or_default();
        let code = u32::from(separator);
        let title = format!("the character U+{code:04X} ends a line here");
        let span = *at..at + separator.len_utf8();
        Err(Diagnostic::error(title)
            .at(source, span, "it is invisible")
            .help(format!("break the line as usual, or write \"\\u{code:04X}\" in double quotes")))
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        compose::{journal::Journal, yaml},
        source::Source,
    };

    fn refused(text: &str) -> Option<String> {
        let source = Source::new("compose.yaml", text);
        yaml::read(&source, &mut Journal::default()).err().map(|found| found.0[0].title.clone())
    }

    #[test]
    fn a_separator_that_compose_takes_for_a_line_break_is_refused() {
        for text in
            ["# a\u{2028}b: c\n", "a: b\u{85}c\n", "a: \"b \u{2029}c\"\n", "a: |\n  b\u{2028}c\n"]
        {
            assert!(refused(text).is_some_and(|why| why.contains("ends a line here")), "{text:?}");
        }
    }

    #[test]
    fn a_separator_within_quotes_is_text() {
        assert_eq!(refused("a: \"b\u{2028}c\"\nd: 'e\u{2029}f'\n"), None);
    }
}
