//! Is this a secret? By its name, its value, or the text that it stands in.
//!
//! [`decide`] judges a name and a value, [`find`] any text. Names, values and
//! token shapes are tables in the files beside. Nothing here prints a value, nor a part of one.

pub mod names;
pub mod shapes;
#[cfg(test)]
mod tests;
pub mod texts;
pub mod values;
pub mod words;

use self::names::Strength;
use crate::source::Span;

/// What kind of secret it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A token whose shape gives it away, with what it is.
    Token(&'static str),
    /// The password in an address.
    Url,
    /// The password in a connection string or an option.
    Pair,
    /// A value under the name of a credential.
    Named,
}

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What kind.
    pub kind: SecretKind,
    /// Where in the text.
    pub span: Span,
    /// Why it is taken for one; reads after "because".
    pub why: String,
    /// Whether it is a password that everybody tries first: it keeps nobody out, but gives no real secret away.
    pub well_known: bool,
}

impl Secret {
    fn new(kind: SecretKind, span: Span, text: &str, why: impl Into<String>) -> Self {
        let well_known = values::is_well_known(&text[span.clone()]);
        Self { kind, span, why: why.into(), well_known }
    }

    fn moved(mut self, by: usize) -> Self {
        self.span = self.span.start + by..self.span.end + by;
        self
    }
}

/// Where a value stands: what a name means there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// A variable, a label, an option: the name says what the value is.
    Variable,
    /// The contents of a file: lines may have names of their own.
    File,
    /// A command or a shell script.
    Script,
    /// Any other text.
    Text,
}

/// The first secret of a value under a name, if it is one.
#[must_use]
pub fn decide(name: &str, value: &str, context: Context) -> Option<Secret> {
    let mut found = match context {
        Context::Variable => find_in_value(value),
        Context::Text => texts::find(value),
        Context::File => texts::find_in_lines(value),
        Context::Script => words::find_in_script(value),
    };
    if !found.is_empty() {
        return Some(found.remove(0));
    }
    named(name, value)
}

/// Whether a variable's value is not to be shown: its name is a credential's, or it holds a secret.
/// An empty one hides nothing.
#[must_use]
pub fn is_secret(name: &str, value: &str) -> bool {
    let holds = || decide(name, value, Context::Variable).is_some();
    !value.is_empty() && (names::strength(name).is_some() || holds())
}

/// All secrets of a text that has no name.
#[must_use]
pub fn find(text: &str, context: Context) -> Vec<Secret> {
    match context {
        Context::Variable => find_in_value(text),
        Context::Text => texts::find(text),
        Context::File => texts::find_in_lines(text),
        Context::Script => words::find_in_script(text),
    }
}

/// The secrets of a value by itself: `JAVA_OPTS` and the like are the options of a command.
fn find_in_value(value: &str) -> Vec<Secret> {
    let options = value.starts_with('-') || value.contains(" -");
    if options { words::find_in_script(value) } else { texts::find(value) }
}

/// A value that is a secret by its name.
#[must_use]
pub fn named(name: &str, value: &str) -> Option<Secret> {
    let strength = names::strength(name)?;
    if values::is_harmless(value, strength) {
        return None;
    }
    let lead = value.len() - value.trim_start().len();
    let span = lead..lead + value.trim().len();
    let why = match strength {
        Strength::Password | Strength::Token => format!("{name} is the name of a credential"),
        Strength::Key => format!("{name} is the name of a key and its value looks random"),
    };
    Some(Secret::new(SecretKind::Named, span, value, why))
}

/// The words of a table: one text is read more easily than a line for each of two hundred words.
fn listed(list: &str) -> impl Iterator<Item = &str> {
    list.split_ascii_whitespace()
}
