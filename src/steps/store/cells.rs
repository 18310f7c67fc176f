//! Cells of a feature's table that stand for what a database says: `NULL` is SQL's NULL, and text in
//! quotes is the text between them, so that `"NULL"` is a text, and `" a"` begins with a space.

use crate::steps::World;
use crate::{probe::store, run::Failure};

/// A value of a row, as a feature wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// The text; `None` is SQL's NULL.
    pub text: Option<String>,
    /// Whether spaces around it count, as they do in quotes.
    is_exact: bool,
}

impl Cell {
    /// What a cell says, with what is in braces put in.
    ///
    /// # Errors
    /// A name in braces that was never given.
    pub(super) fn read(world: &World, cell: &str) -> Result<Self, Failure> {
        let Self { text, is_exact } = Self::written(cell);
        let text = text.map(|text| world.fill(&text)).transpose()?;
        Ok(Self { text, is_exact })
    }

    fn written(cell: &str) -> Self {
        let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match inner {
            None if cell == "NULL" => Self { text: None, is_exact: true },
            None => Self { text: Some(cell.to_owned()), is_exact: false },
            Some(inner) => {
                let text = inner.replace("\\\"", "\"").replace("\\\\", "\\");
                Self { text: Some(text), is_exact: true }
            }
        }
    }

    /// Whether a server's value is this one.
    pub(super) fn is(&self, found: Option<&str>) -> bool {
        match (&self.text, found) {
            (Some(wanted), Some(found)) if self.is_exact => wanted == found,
            (Some(wanted), Some(found)) => wanted == found.trim(),
            (None, None) => true,
            _ => false,
        }
    }
}

/// A value as a cell writes it.
pub(super) fn shown(value: Option<&str>) -> String {
    store::cell(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_its_four_letters_are_two_values() {
        for (cell, found, is_it) in [
            ("NULL", None, true),
            ("NULL", Some("NULL"), false),
            ("\"NULL\"", Some("NULL"), true),
            ("\"NULL\"", None, false),
            ("a", Some(" a "), true),
            ("\"a\"", Some(" a "), false),
            ("\" a\"", Some(" a"), true),
            ("", Some(""), true),
            ("\"\"", Some(""), true),
            ("", None, false),
            ("\"\\\"a\\\"\"", Some("\"a\""), true),
            ("{\"a\": 1}", Some("{\"a\": 1}"), true),
        ] {
            assert_eq!(Cell::written(cell).is(found), is_it, "{cell} {found:?}");
        }
    }

    #[test]
    fn what_is_shown_can_be_written() {
        for value in [None, Some("NULL"), Some("a"), Some(" a"), Some("\"a\""), Some("a\\\"b")] {
            assert!(Cell::written(&shown(value)).is(value), "{value:?}");
        }
        assert_eq!(shown(Some("NULL")), "\"NULL\"");
    }
}
