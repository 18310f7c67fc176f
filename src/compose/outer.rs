//! What files outside the repository say: no message repeats it.
//!
//! A message about such a value is veiled where the value's origin is known ([`Journal::point`]).
//! What is here holds the others too: an error that a value went into before it had an origin, a
//! rule that speaks of one value and names another.

use std::collections::HashSet;

use super::{
    journal::{Journal, Origin, Refusal},
    tree::{Node, Value},
};
use crate::{diagnostic::Diagnostic, source::Source};

/// A word of fewer letters tells nobody anything.
const SHORTEST: usize = 3;

/// The words that files outside the repository say and those within it do not.
#[derive(Debug, Default)]
pub struct OuterWords<'j>(HashSet<&'j str>);

impl OuterWords<'_> {
    /// Whether a text repeats one of them.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        !self.0.is_empty() && words(text).any(|word| self.0.contains(word))
    }

    /// All of them, in no order.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.iter().copied()
    }

    /// A diagnostic that repeats none of them.
    #[must_use]
    pub fn veil(&self, diagnostic: Diagnostic) -> Diagnostic {
        let labels = diagnostic.labels.iter().map(|label| &label.text);
        let mut texts = labels.chain(&diagnostic.notes).chain(&diagnostic.help);
        if self.are_in(&diagnostic.title) || texts.any(|text| self.are_in(text)) {
            diagnostic.veil()
        } else {
            diagnostic
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| word.len() >= SHORTEST)
}

impl Journal {
    /// The words of files outside the repository; of a project without such files this costs nothing.
    #[must_use]
    pub fn outer_words(&self) -> OuterWords<'_> {
        if !self.has_outside() {
            return OuterWords::default();
        }
        let of = |outside: bool| {
            let files = self.all_files().filter(move |file| file.is_outside() == outside);
            files.flat_map(|file| words(Source::text(file)))
        };
        let inner: HashSet<&str> = of(false).collect();
        OuterWords(of(true).filter(|word| !inner.contains(word)).collect())
    }

    /// A refusal that repeats nothing of them.
    #[must_use]
    pub fn veiled(&self, refusal: Refusal) -> Refusal {
        let outer = self.outer_words();
        Refusal(refusal.0.into_iter().map(|refused| outer.veil(refused)).collect())
    }

    /// Makes warnings repeat nothing of them.
    pub fn veil_warnings(&mut self) {
        if !self.has_outside() {
            return;
        }
        let warnings = self.take_warnings();
        let outer = self.outer_words();
        let veiled: Vec<_> = warnings.into_iter().map(|warning| outer.veil(warning)).collect();
        for warning in veiled {
            self.warn(warning);
        }
    }

    /// Every value of a model that a file outside the repository says, with the place that it is
    /// from; names are values too.
    pub fn outer_values(&self, node: &Node, found: &mut Vec<(String, Origin)>) {
        if !self.has_outside() {
            return;
        }
        let mut add = |text: &str, origin: Origin| {
            if self.is_outside(origin) {
                found.push((text.to_owned(), origin));
            }
        };
        match &node.value {
            Value::String(text) => add(text, node.origin),
            Value::Sequence(items) => {
                for item in items {
                    self.outer_values(item, found);
                }
            }
            Value::Mapping(mapping) => {
                for (key, value) in mapping.iter() {
                    if self.is_outside(key.origin) {
                        found.push((key.text.to_string(), key.origin));
                    }
                    self.outer_values(value, found);
                }
            }
            _ => {}
        }
    }
}
