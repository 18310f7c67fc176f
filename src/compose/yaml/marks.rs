//! `!reset` and `!override`: taken out of a document's tree, their paths noted for the merge.

use thin_vec::ThinVec;

use super::Reset;
use crate::compose::tree::{Key, Node, Text, Value};

/// Takes the marks out of a tree and notes their paths.
pub(super) fn take_marks(node: &mut Node, path: &mut Vec<Text>, resets: &mut Vec<Reset>) {
    while let Value::Marked(marked) = &mut node.value {
        resets.push(Reset { path: path.clone(), origin: node.origin });
        let (_, inner) =
            std::mem::replace(&mut **marked, (false, Node::new(Value::Null, node.origin)));
        *node = inner;
    }
    match &mut node.value {
        Value::Sequence(items) => {
            // Items have no path that a model could be reset by: they only go.
            items.retain(|item| !is_reset(item));
            for item in items {
                path.push("[]".into());
                take_marks(item, path, resets);
                path.pop();
            }
        }
        Value::Mapping(mapping) => {
            mapping.retain(|key, value| {
                path.push(key.text.clone());
                let kept = !is_reset(value);
                if kept {
                    take_marks(value, path, resets);
                } else {
                    resets.push(Reset { path: path.clone(), origin: value.origin });
                }
                path.pop();
                kept
            });
        }
        _ => {}
    }
}

/// Whether `!reset` takes this value away.
fn is_reset(node: &Node) -> bool {
    matches!(&node.value, Value::Marked(marked) if marked.0)
}

/// Takes away what `!reset` marks below a node: it is spent where the anchor stands, aliases do without.
/// A mark on the node itself counts again at each alias, and nothing below it is looked at.
pub(super) fn drop_resets(node: &mut Node) {
    match &mut node.value {
        Value::Sequence(items) => {
            items.retain(|item| !is_reset(item));
            items.iter_mut().for_each(drop_resets);
        }
        Value::Mapping(mapping) => mapping.retain(|_, value| {
            drop_resets(value);
            !is_reset(value)
        }),
        _ => {}
    }
}

/// Takes the entries out that `!reset` takes away.
pub(super) fn take_resets(entries: &mut ThinVec<(Key, Node)>) -> Vec<(Key, Node)> {
    if !entries.iter().any(|(_, node)| is_reset(node)) {
        return Vec::new();
    }
    let all = std::mem::take(entries);
    let (resets, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, node)| is_reset(node));
    *entries = kept.into();
    resets
}

/// Leaves a value as it is, marked for the merge where another with the same path is, or below.
pub(super) fn keep_marks(node: &mut Node, other: &Node) {
    let marked = |node: &Node| matches!(node.value, Value::Marked(_));
    if marked(node) {
        return;
    }
    if marked(other) {
        let origin = other.origin;
        let inner = std::mem::replace(node, Node::new(Value::Null, origin));
        *node = Node::new(Value::Marked(Box::new((false, inner))), origin);
        return;
    }
    let (Value::Mapping(mapping), Value::Mapping(others)) = (&mut node.value, &other.value) else {
        return;
    };
    for (key, below) in others.iter() {
        match mapping.get_mut(&key.text) {
            Some(node) => keep_marks(node, below),
            None if marked(below) => {
                let nothing = Node::new(Value::Null, below.origin);
                let reset = Value::Marked(Box::new((true, nothing)));
                mapping.insert(key.clone(), Node::new(reset, below.origin));
            }
            None => {}
        }
    }
}

/// Leaves the values that are marked, without their marks.
pub(super) fn unmark(node: &mut Node) {
    if let Value::Marked(marked) = &mut node.value {
        let inner = std::mem::replace(&mut marked.1, Node::new(Value::Null, node.origin));
        *node = inner;
        return unmark(node);
    }
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(unmark),
        Value::Mapping(mapping) => mapping.iter_mut().for_each(|(_, value)| unmark(value)),
        _ => {}
    }
}
