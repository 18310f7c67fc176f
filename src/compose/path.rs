//! Tables keyed by path pattern.
//!
//! What the loader knows of single attributes sits in tables like
//! `services.*.ports → …`. A [`Table`] turns such rows into a tree once; a walk
//! over a model then carries a [`Cursor`] beside it and knows at each step
//! whether anything below can still match.

use std::fmt;

/// The keys from the root of a model to a value, kept on the stack of a walk.
#[derive(Clone, Copy)]
pub struct Trail<'a> {
    before: Option<&'a Self>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Root,
    Key(&'a str),
    Item(usize),
}

impl<'a> Trail<'a> {
    /// The root.
    pub const ROOT: Trail<'static> = Trail { before: None, part: Part::Root };

    /// One key down.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Self {
        Self { before: Some(self), part: Part::Key(key) }
    }

    /// One list position down.
    #[must_use]
    pub fn item(&'a self, at: usize) -> Self {
        Self { before: Some(self), part: Part::Item(at) }
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(before) = self.before else { return Ok(()) };
        before.fmt(f)?;
        match self.part {
            Part::Root => Ok(()),
            Part::Key(key) if matches!(before.part, Part::Root) => f.write_str(key),
            Part::Key(key) => write!(f, ".{key}"),
            Part::Item(at) => write!(f, "[{at}]"),
        }
    }
}

/// Rows `(pattern, what)`; `*` stands for any one key or list position.
pub struct Table<T> {
    branches: Vec<Branch<T>>,
}

struct Branch<T> {
    names: Vec<(&'static str, u32)>,
    any: Option<u32>,
    row: Option<T>,
}

impl<T> Default for Branch<T> {
    fn default() -> Self {
        Self { names: Vec::new(), any: None, row: None }
    }
}

/// How far a walk has come in a table.
#[derive(Debug, Clone, Copy)]
pub struct Cursor(u32);

impl<T: Copy> Table<T> {
    /// A table of rows. Of two rows with the same pattern the later holds.
    #[must_use]
    pub fn new(rows: &[(&'static str, T)]) -> Self {
        let mut table = Self { branches: vec![Branch::default()] };
        for (pattern, row) in rows {
            let end = pattern.split('.').fold(0, |at, part| table.grow(at, part));
            table.branches[end as usize].row = Some(*row);
        }
        table
    }

    fn grow(&mut self, at: u32, part: &'static str) -> u32 {
        let next = u32::try_from(self.branches.len()).unwrap_or(u32::MAX);
        let branch = &mut self.branches[at as usize];
        let slot = if part == "*" {
            branch.any.get_or_insert(next)
        } else {
            let at = branch.names.iter().position(|(name, _)| *name == part).unwrap_or_else(|| {
                branch.names.push((part, next));
                branch.names.len() - 1
            });
            &mut branch.names[at].1
        };
        let found = *slot;
        if found == next {
            self.branches.push(Branch::default());
        }
        found
    }

    /// The start of a walk, at the root of a model.
    #[must_use]
    pub fn root() -> Cursor {
        Cursor(0)
    }

    /// The start of a walk somewhere below the root; none if nothing there can match.
    #[must_use]
    pub fn enter(&self, path: &[&str]) -> Option<Cursor> {
        path.iter().try_fold(Self::root(), |cursor, key| self.step(cursor, key))
    }

    /// One key down; none if nothing below can match.
    #[must_use]
    pub fn step(&self, cursor: Cursor, key: &str) -> Option<Cursor> {
        let branch = &self.branches[cursor.0 as usize];
        branch
            .names
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, next)| *next)
            .or(branch.any)
            .map(Cursor)
    }

    /// One list position down; none if nothing below can match.
    #[must_use]
    pub fn item(&self, cursor: Cursor) -> Option<Cursor> {
        self.branches[cursor.0 as usize].any.map(Cursor)
    }

    /// The row that matches where the walk is.
    #[must_use]
    pub fn row(&self, cursor: Cursor) -> Option<T> {
        self.branches[cursor.0 as usize].row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_reads_as_people_write_paths() {
        let services = Trail::ROOT.key("services");
        let web = services.key("web");
        let ports = web.key("ports");
        assert_eq!(ports.item(1).key("target").to_string(), "services.web.ports[1].target");
        assert_eq!(Trail::ROOT.to_string(), "");
    }

    #[test]
    fn a_walk_ends_as_soon_as_nothing_can_match() {
        let table =
            Table::new(&[("services.*.ports", 1), ("services.*.build.args", 2), ("networks.*", 3)]);
        let service = table.enter(&["services", "web"]).expect("services match");
        assert!(table.step(service, "environment").is_none());
        let ports = table.step(service, "ports").expect("a row");
        assert_eq!(table.row(ports), Some(1));
        assert!(table.item(ports).is_none());
        assert_eq!(table.enter(&["networks", "x"]).and_then(|at| table.row(at)), Some(3));
        assert!(table.enter(&["volumes"]).is_none());
    }
}
