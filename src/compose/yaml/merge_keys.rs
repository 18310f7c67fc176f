//! Merge keys: what `<<` brings into a mapping, and what `!reset` and `!override` mean beside it.

use std::collections::HashMap;

use thin_vec::ThinVec;

use super::{
    Reader,
    marks::{drop_resets, keep_marks, take_resets, unmark},
};
use crate::{
    compose::{
        journal::{Place, Step},
        tree::{Key, Mapping, Node, Value},
    },
    diagnostic::Diagnostic,
};

impl Reader<'_> {
    /// A mapping with what its merge keys bring, and whether one of these marks the mapping itself.
    ///
    /// A key that `!reset` takes away is away before the merge: what is merged still brings it.
    pub(super) fn mapping(
        &mut self,
        mut entries: ThinVec<(Key, Node)>,
        merges: Vec<(Place, Node)>,
    ) -> Result<(Mapping, bool), Diagnostic> {
        self.drop_duplicates(&mut entries);
        if merges.is_empty() {
            return Ok((Mapping::from_unique(entries), false));
        }
        let resets = if self.marks { take_resets(&mut entries) } else { Vec::new() };
        let mut mapping = Mapping::from_unique(entries);
        let mut marked = false;
        for (at, value) in merges {
            let value = match value.value {
                Value::Marked(mark) => {
                    marked = true;
                    let (reset, inner) = *mark;
                    if reset {
                        continue;
                    }
                    inner
                }
                _ => value,
            };
            // The path of a merge key is that of its mapping, except at the top, and except in a list.
            let (parts, at_path) = match value.value {
                Value::Sequence(items) => (items, false),
                _ => (vec![value], !self.open.is_empty()),
            };
            for mut part in parts {
                if let Value::Marked(mark) = part.value {
                    let (reset, inner) = *mark;
                    if reset {
                        continue;
                    }
                    part = inner;
                }
                if self.marks && !at_path {
                    drop_resets(&mut part);
                    unmark(&mut part);
                }
                self.journal.step_all(&mut part, &Step::MergeKey { at });
                let Value::Mapping(part) = part.value else {
                    return Err(self
                        .at(
                            at,
                            format!(
                                "a merge key takes a mapping or a list of mappings, not {}",
                                part.value.kind()
                            ),
                        )
                        .help("write `<<: *name` with the anchor of a mapping"));
                };
                let kept: Result<(), Diagnostic> =
                    mapping.merge_keys(part, |_, mine, _, theirs| {
                        if at_path && self.marks {
                            keep_marks(mine, &theirs);
                        }
                        Ok(())
                    });
                kept?;
            }
        }
        for (key, reset) in resets {
            match mapping.get_mut(&key.text) {
                Some(brought) => keep_marks(brought, &reset),
                None => mapping.insert(key, reset),
            }
        }
        Ok((mapping, marked))
    }

    /// Takes what is written a second time out of a mapping, and keeps it as a fault of the file.
    fn drop_duplicates(&mut self, entries: &mut ThinVec<(Key, Node)>) {
        let mut again: Vec<(usize, usize)> = Vec::new();
        if entries.len() <= 16 {
            for (at, (key, _)) in entries.iter().enumerate() {
                let mut before = entries[..at].iter();
                again.extend(
                    before.position(|(other, _)| other.text == key.text).map(|of| (of, at)),
                );
            }
        } else {
            let mut seen: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
            for (at, (key, _)) in entries.iter().enumerate() {
                let first = *seen.entry(key.text.as_str()).or_insert(at);
                again.extend((first != at).then_some((first, at)));
            }
        }
        if again.is_empty() {
            return;
        }
        for (first, second) in &again {
            let (first, second) = (&entries[*first].0, &entries[*second].0);
            let fault = self
                .at(second.origin.place, format!("the key \"{}\" is written twice", second.text))
                .at(self.source, first.origin.place.span(), "it is here already")
                .help("keep one of the two, or merge what they say");
            self.faults.push(fault);
        }
        let mut at = 0;
        entries.retain(|_| {
            at += 1;
            again.iter().all(|(_, second)| *second != at - 1)
        });
    }
}
