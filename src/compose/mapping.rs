//! The mapping of the loader's tree: entries in the order they are written, with unique keys.
//!
//! Most mappings of a Compose file are short, and a search from the front is the
//! fastest there is. A long one (services, an env file's variables) gets an index of
//! hashes when it is first searched, so that no file makes a load quadratic.

use std::{
    hash::{BuildHasher, RandomState},
    ops::Deref,
    sync::{LazyLock, OnceLock},
};

use hashbrown::HashTable;
use thin_vec::ThinVec;

use super::{
    journal::Origin,
    tree::{Node, Text},
};

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
#[derive(Debug, Clone)]
pub struct Mapping(Entries);

/// Narrower than a list, so that no node is wider than one that holds a list.
#[derive(Debug, Clone)]
enum Entries {
    Short(ThinVec<(Key, Node)>),
    Long(Box<Long>),
}

#[derive(Debug, Clone)]
struct Long {
    entries: ThinVec<(Key, Node)>,
    /// Positions by hash of the key; made at the first search.
    index: OnceLock<HashTable<u32>>,
}

/// Up to this many keys a search from the front is faster than hashing.
const SHORT: usize = 24;

fn hash(key: &str) -> u64 {
    static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    STATE.hash_one(key)
}

/// More entries than this cannot come from files that the reader accepts.
fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Long {
    fn new(entries: ThinVec<(Key, Node)>) -> Self {
        Self { entries, index: OnceLock::new() }
    }

    fn position(&self, key: &str) -> Option<usize> {
        let index = self.index.get_or_init(|| {
            let mut index = HashTable::with_capacity(self.entries.len());
            for (at, (key, _)) in self.entries.iter().enumerate() {
                index.insert_unique(hash(key), small(at), |at| hash(&self.entries[*at as usize].0));
            }
            index
        });
        let at = index.find(hash(key), |at| &*self.entries[*at as usize].0 == key)?;
        Some(*at as usize)
    }
}

impl Default for Mapping {
    fn default() -> Self {
        Self::new()
    }
}

impl Mapping {
    /// An empty mapping.
    #[must_use]
    pub const fn new() -> Self {
        Self(Entries::Short(ThinVec::new()))
    }

    /// An empty mapping with room for so many entries.
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self(Entries::Short(ThinVec::with_capacity(entries)))
    }

    /// A mapping of entries whose keys are known to be unique.
    #[must_use]
    pub fn from_unique(entries: ThinVec<(Key, Node)>) -> Self {
        Self(if entries.len() > SHORT {
            Entries::Long(Box::new(Long::new(entries)))
        } else {
            Entries::Short(entries)
        })
    }

    fn entries(&self) -> &[(Key, Node)] {
        match &self.0 {
            Entries::Short(entries) => entries,
            Entries::Long(long) => &long.entries,
        }
    }

    fn entries_mut(&mut self) -> &mut [(Key, Node)] {
        match &mut self.0 {
            Entries::Short(entries) => entries,
            Entries::Long(long) => &mut long.entries,
        }
    }

    /// The list of entries, for what moves them: the index no longer holds.
    fn list_mut(&mut self) -> &mut ThinVec<(Key, Node)> {
        match &mut self.0 {
            Entries::Short(entries) => entries,
            Entries::Long(long) => {
                long.index.take();
                &mut long.entries
            }
        }
    }

    fn position(&self, key: &str) -> Option<usize> {
        match &self.0 {
            Entries::Short(entries) => entries.iter().position(|(at, _)| &**at == key),
            Entries::Long(long) => long.position(key),
        }
    }

    /// Adds an entry whose key is known to be new.
    fn push(&mut self, key: Key, node: Node) {
        match &mut self.0 {
            Entries::Short(entries) => {
                let length = entries.len();
                if length == entries.capacity() {
                    // Most mappings that Compose makes have an entry or five: doubling would
                    // cost more than they hold.
                    entries.reserve_exact(1 + length / 8);
                }
                entries.push((key, node));
                if length == SHORT {
                    self.0 = Entries::Long(Box::new(Long::new(std::mem::take(entries))));
                }
            }
            Entries::Long(long) => {
                let at = small(long.entries.len());
                if let Some(index) = long.index.get_mut() {
                    let entries = &long.entries;
                    index.insert_unique(hash(&key), at, |at| hash(&entries[*at as usize].0));
                }
                long.entries.push((key, node));
            }
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// The key as written, and its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        let (key, node) = &self.entries()[self.position(key)?];
        Some((key, node))
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let at = self.position(key)?;
        Some(&mut self.entries_mut()[at].1)
    }

    /// Whether a key is there.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets a key: in its place if it is there, else at the end.
    pub fn insert(&mut self, key: Key, node: Node) {
        match self.position(&key) {
            Some(at) => self.entries_mut()[at].1 = node,
            None => self.push(key, node),
        }
    }

    /// Sets a key that Compose adds and nobody wrote.
    pub fn put(&mut self, key: &str, node: Node) {
        let origin = node.origin;
        self.insert(Key { text: key.into(), origin }, node);
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.position(key)?;
        Some(self.list_mut().remove(at).1)
    }

    /// Keeps the entries for which the function says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&Key, &mut Node) -> bool) {
        self.list_mut().retain_mut(|(key, node)| keep(key, node));
    }

    /// The entries in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Node)> {
        self.entries().iter().map(|(key, node)| (key, node))
    }

    /// The entries in order, values to be changed.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&Key, &mut Node)> {
        self.entries_mut().iter_mut().map(|(key, node)| (&*key, node))
    }

    /// Calls a function for the origin of each key and for its value.
    pub fn visit_entries(&mut self, mut act: impl FnMut(&mut Origin, &mut Node)) {
        for (key, node) in self.entries_mut() {
            act(&mut key.origin, node);
        }
    }

    /// Adds all entries of another mapping. A key that is in both goes to `both`: where it is
    /// written, its value, and the two of the other mapping.
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
        for (key, node) in other {
            match self.position(&key) {
                Some(at) => {
                    let (mine, value) = &mut self.entries_mut()[at];
                    both(mine, value, key, node)?;
                }
                None => self.push(key, node),
            }
        }
        Ok(())
    }
}

impl IntoIterator for Mapping {
    type Item = (Key, Node);
    type IntoIter = thin_vec::IntoIter<(Key, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        match self.0 {
            Entries::Short(entries) => entries.into_iter(),
            Entries::Long(long) => long.entries.into_iter(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tree::Value;

    fn key(text: String) -> Key {
        Key { text: text.into(), origin: Origin::IMPLIED }
    }

    fn number(value: i64) -> Node {
        Node::new(Value::Int(value), Origin::IMPLIED)
    }

    fn numbers(mapping: &Mapping) -> Vec<(String, i64)> {
        let entry = |(key, node): (&Key, &Node)| match node.value {
            Value::Int(value) => (key.to_string(), value),
            _ => (key.to_string(), -1),
        };
        mapping.iter().map(entry).collect()
    }

    /// A mapping and a plain list go through the same changes, short and long.
    #[test]
    fn a_mapping_of_any_length_keeps_order_and_finds_every_key() {
        let (mut mapping, mut plain) = (Mapping::new(), Vec::<(String, i64)>::new());
        for step in 0..400_i64 {
            let name = format!("k{}", step * 7 % 97);
            if step % 5 == 4 {
                assert_eq!(mapping.remove(&name).is_some(), plain.iter().any(|(k, _)| *k == name));
                plain.retain(|(known, _)| *known != name);
            } else {
                mapping.insert(key(name.clone()), number(step));
                match plain.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, value)) => *value = step,
                    None => plain.push((name, step)),
                }
            }
            assert_eq!(numbers(&mapping), plain);
            assert!(plain.iter().all(|(known, _)| mapping.contains(known)));
            assert!(!mapping.contains("absent"));
        }
    }

    #[test]
    fn keys_of_two_long_mappings_meet() {
        let of = |from: i64, to: i64| {
            Mapping::from_unique((from..to).map(|at| (key(format!("k{at}")), number(at))).collect())
        };
        let mut mapping = of(0, 60);
        let mut both = Vec::new();
        let merged: Result<(), ()> = mapping.merge_keys(of(50, 100), |mine, _, theirs, _| {
            assert_eq!(mine.text, theirs.text);
            both.push(theirs.to_string());
            Ok(())
        });
        assert_eq!((merged, both.len(), mapping.len()), (Ok(()), 10, 100));
    }

    #[test]
    fn a_node_is_as_small_as_it_can_be() {
        assert_eq!(size_of::<Node>(), 40);
    }
}
