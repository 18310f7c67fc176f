//! A walk over a model that calls a function wherever a table has a row.

use super::{
    path::{Cursor, Table, Trail},
    tree::{Node, Value},
};
use crate::diagnostic::Diagnostic;

/// Calls `act` for every value that a row matches; nothing below it is visited.
///
/// # Errors
/// The first error of `act`.
pub fn walk<T: Copy>(
    node: &mut Node,
    table: &Table<T>,
    act: &mut impl FnMut(T, &mut Node, &Trail<'_>) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    descend(node, table, Table::<T>::root(), &Trail::ROOT, act)
}

fn descend<T: Copy>(
    node: &mut Node,
    table: &Table<T>,
    cursor: Cursor,
    trail: &Trail<'_>,
    act: &mut impl FnMut(T, &mut Node, &Trail<'_>) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    if let Some(row) = table.row(cursor) {
        return act(row, node, trail);
    }
    match &mut node.value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping.iter_mut() {
                if let Some(below) = table.step(cursor, key) {
                    descend(value, table, below, &trail.key(key), act)?;
                }
            }
        }
        Value::Sequence(items) => {
            if let Some(below) = table.item(cursor) {
                for (at, item) in items.iter_mut().enumerate() {
                    descend(item, table, below, &trail.item(at), act)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}
