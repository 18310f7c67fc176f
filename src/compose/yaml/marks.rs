//! `!reset` and `!override`: taken out of a document's tree, their paths noted for the merge.

use super::Reset;
use crate::compose::tree::{Node, Text, Value};

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
        Value::Marked(marked) => drop_resets(&mut marked.1),
        _ => {}
    }
}
