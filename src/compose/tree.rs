//! The untyped tree that the loader works on.
//!
//! Every phase takes this tree and gives it back changed; types come last. A
//! [`Node`] is a value and its [`Origin`]: where it is written, and through
//! what it came. An origin is only ever added to, never rewritten.

use std::{borrow::Borrow, cell::RefCell, collections::HashMap, fmt, hash, ops::Deref, sync::Arc};

use super::journal::Origin;

pub use super::mapping::{Key, Mapping};

/// A piece of text that is cheap to clone: a slice of a file, or of a string made on the way.
#[derive(Clone)]
pub struct Text {
    data: Arc<String>,
    start: u32,
    end: u32,
}

impl Text {
    /// A slice of a shared text. The bounds must be character boundaries inside it.
    #[must_use]
    pub fn slice(data: &Arc<String>, start: u32, end: u32) -> Self {
        debug_assert!(data.get(start as usize..end as usize).is_some());
        Self { data: Arc::clone(data), start, end }
    }

    /// A part of this text, without a copy where it stands in it.
    #[must_use]
    pub fn part(&self, part: &str) -> Self {
        let bounds = |at: usize| u32::try_from(at).ok().zip(u32::try_from(part.len()).ok());
        match self.as_str().find(part).and_then(bounds) {
            Some((at, length)) => {
                let start = self.start + at;
                Self { data: Arc::clone(&self.data), start, end: start + length }
            }
            None => part.into(),
        }
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.data[self.start as usize..self.end as usize]
    }
}

/// Texts up to this length that are made on the way are kept once.
const SHORT: usize = 24;

/// So many of them are kept for as long as their thread lives.
const KEPT: usize = 1024;

thread_local! {
    /// What Compose adds to a model is the same few words for every service.
    static WORDS: RefCell<HashMap<Box<str>, Arc<String>>> = RefCell::default();
}

/// The one copy of a short text.
fn word(text: &str) -> Option<Text> {
    let end = u32::try_from(text.len()).ok().filter(|_| text.len() <= SHORT)?;
    WORDS.with_borrow_mut(|words| {
        let data = match words.get(text) {
            Some(data) => Arc::clone(data),
            None if words.len() < KEPT => {
                let data = Arc::new(text.to_owned());
                words.insert(text.into(), Arc::clone(&data));
                data
            }
            None => return None,
        };
        Some(Text { data, start: 0, end })
    })
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        // A single value past 4 GiB cannot come from a file that the reader accepts.
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { data: Arc::new(text), start: 0, end }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        word(text).unwrap_or_else(|| Self::from(text.to_owned()))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl hash::Hash for Text {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// A value with its origin.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// What a node holds: the kinds of YAML's core schema, and the timestamp that Compose's reader knows.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number past the largest signed one.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(Text),
    /// A date or time, as written; Compose accepts it nowhere but under `x-` keys.
    Timestamp(Text),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping.
    Mapping(Mapping),
    /// A value under `!reset` (true) or `!override`; the reader of the document takes the mark off.
    Marked(Box<(bool, Node)>),
}

impl Value {
    /// What people call this kind of value.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Unsigned(_) => "an integer",
            Self::Float(_) => "a number",
            Self::String(_) => "a string",
            Self::Timestamp(_) => "a timestamp",
            Self::Sequence(_) => "a list",
            Self::Mapping(_) => "a mapping",
            Self::Marked(_) => "a marked value",
        }
    }

    /// Whether two values are the same, wherever they came from.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Unsigned(a), Self::Unsigned(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::String(a), Self::String(b)) | (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            (Self::Sequence(a), Self::Sequence(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.value.same(&b.value))
            }
            (Self::Mapping(a), Self::Mapping(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| a.value.same(&b.value)))
            }
            _ => false,
        }
    }
}

impl Node {
    /// A value that came from somewhere.
    #[must_use]
    pub fn new(value: Value, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// A string.
    #[must_use]
    pub fn string(text: impl Into<Text>, origin: Origin) -> Self {
        Self::new(Value::String(text.into()), origin)
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The entries of a mapping, to change them.
    pub fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        match &mut self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The value of a key, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    /// The node at a path of keys, all of them mappings.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Calls a function for the origin of this node and of every node and key below it.
    pub fn visit_origins(&mut self, act: &mut impl FnMut(&mut Origin)) {
        act(&mut self.origin);
        match &mut self.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| item.visit_origins(act)),
            Value::Mapping(mapping) => {
                mapping.visit_entries(|key_origin, node| {
                    act(key_origin);
                    node.visit_origins(act);
                });
            }
            _ => {}
        }
    }

    /// How many nodes this is, itself included.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + match &self.value {
            Value::Sequence(items) => items.iter().map(Self::count).sum(),
            Value::Mapping(mapping) => mapping.iter().map(|(_, node)| node.count()).sum(),
            _ => 0,
        }
    }
}
