//! The untyped tree that the loader works on.
//!
//! Every phase takes this tree and gives it back changed; types come last. A
//! [`Node`] is a value and its [`Origin`]: where it is written, and through
//! what it came. An origin is only ever added to, never rewritten.

use std::{borrow::Borrow, fmt, hash, ops::Deref, sync::Arc};

use super::journal::Origin;

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

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.data[self.start as usize..self.end as usize]
    }
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
        Self::from(text.to_owned())
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
                for (key, node) in &mut mapping.entries {
                    act(&mut key.origin);
                    node.visit_origins(act);
                }
            }
            _ => {}
        }
    }

    /// How many nodes this is, itself included.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + match &self.value {
            Value::Sequence(items) => items.iter().map(Self::count).sum(),
            Value::Mapping(mapping) => mapping.entries.iter().map(|(_, node)| node.count()).sum(),
            _ => 0,
        }
    }
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its text.
    pub text: Text,
    /// Where it is written.
    pub origin: Origin,
}

impl Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// An ordered mapping with unique keys.
///
/// Compose mappings are short, so that a search from the front beats a hash;
/// [`Mapping::merge_keys`] is for those that are not.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    entries: Vec<(Key, Node)>,
}

/// Up to this many keys a search from the front is faster than hashing.
const SHORT: usize = 24;

impl Mapping {
    /// An empty mapping.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// An empty mapping with room for so many entries.
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self { entries: Vec::with_capacity(entries) }
    }

    /// A mapping of entries whose keys are known to be unique.
    #[must_use]
    pub fn from_unique(entries: Vec<(Key, Node)>) -> Self {
        Self { entries }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|(at, _)| &**at == key)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(at, _)| &**at == key).map(|(_, node)| node)
    }

    /// The key as written, and its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.entries.iter().find(|(at, _)| &**at == key).map(|(key, node)| (key, node))
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(at, _)| &**at == key).map(|(_, node)| node)
    }

    /// Whether a key is there.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets a key: in its place if it is there, else at the end.
    pub fn insert(&mut self, key: Key, node: Node) {
        match self.position(&key) {
            Some(at) => self.entries[at].1 = node,
            None => self.entries.push((key, node)),
        }
    }

    /// Sets a key that Compose adds and nobody wrote.
    pub fn put(&mut self, key: &str, node: Node) {
        let origin = node.origin;
        self.insert(Key { text: key.into(), origin }, node);
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        self.position(key).map(|at| self.entries.remove(at).1)
    }

    /// Keeps the entries for which the function says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&Key, &mut Node) -> bool) {
        self.entries.retain_mut(|(key, node)| keep(key, node));
    }

    /// The entries in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Node)> {
        self.entries.iter().map(|(key, node)| (key, node))
    }

    /// The entries in order, values to be changed.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&Key, &mut Node)> {
        self.entries.iter_mut().map(|(key, node)| (&*key, node))
    }

    /// Adds all entries of another mapping. A key that is in both goes to `both` with the two values.
    ///
    /// # Errors
    /// What `both` returns.
    pub fn merge_keys<E>(
        &mut self,
        other: Self,
        mut both: impl FnMut(&mut Key, &mut Node, Key, Node) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.is_empty() {
            *self = other;
            return Ok(());
        }
        let index = (self.len() > SHORT && other.len() > 1).then(|| {
            self.entries
                .iter()
                .enumerate()
                .map(|(at, (key, _))| (key.text.clone(), at))
                .collect::<std::collections::HashMap<_, _>>()
        });
        for (key, node) in other.entries {
            let found = match &index {
                Some(index) => index.get(&*key).copied(),
                None => self.position(&key),
            };
            match found {
                Some(at) => {
                    let (mine, value) = &mut self.entries[at];
                    both(mine, value, key, node)?;
                }
                None => self.entries.push((key, node)),
            }
        }
        Ok(())
    }
}

impl IntoIterator for Mapping {
    type Item = (Key, Node);
    type IntoIter = std::vec::IntoIter<(Key, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
