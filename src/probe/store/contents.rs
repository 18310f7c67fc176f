//! What a database holds, in a form that two servers can be held against.

use std::fmt;

/// A table, view, procedure, function or event of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is: `table`, `view`, `procedure`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What a table holds; views, routines and events hold nothing of their own.
    pub rows: Option<Rows>,
    /// A line for each column, key, reference, check, trigger and parameter, and what it does.
    pub definition: Vec<String>,
}

/// The rows of a table, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// How many there are.
    pub count: u64,
    /// The server's own sum of all of them.
    pub checksum: u64,
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.kind, self.name)?;
        self.rows.map_or(Ok(()), |rows| write!(out, ": {rows}"))
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} rows, checksum {}", self.count, self.checksum)
    }
}

/// What is not the same of a database after a restore, a line each; a database without tables proves nothing.
#[must_use]
pub fn differences(before: &[Part], after: &[Part]) -> Vec<String> {
    if !before.iter().any(|part| part.kind == "table") {
        return vec!["the original database has no table".into()];
    }
    let more = after.iter().filter(|part| !before.iter().any(|other| same(part, other)));
    let more = more.map(|part| format!("{} {} is not in the original", part.kind, part.name));
    before.iter().flat_map(|part| changes(part, after)).chain(more).collect()
}

fn same(one: &Part, other: &Part) -> bool {
    (&one.kind, &one.name) == (&other.kind, &other.name)
}

/// What is not the same of a part.
fn changes(part: &Part, after: &[Part]) -> Vec<String> {
    let name = format!("{} {}", part.kind, part.name);
    let Some(restored) = after.iter().find(|other| same(part, other)) else {
        return vec![format!("{name} is missing")];
    };
    let mut lines = Vec::new();
    if restored.rows != part.rows {
        let told = |rows: Option<Rows>| {
            rows.map_or_else(|| "no rows of its own".into(), |rows| rows.to_string())
        };
        lines.push(format!("{name} has {} instead of {}", told(restored.rows), told(part.rows)));
    }
    let missing = part.definition.iter().filter(|line| !restored.definition.contains(line));
    lines.extend(missing.map(|line| format!("{name} lacks: {line}")));
    let more = restored.definition.iter().filter(|line| !part.definition.contains(line));
    lines.extend(more.map(|line| format!("{name} has besides: {line}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: &str, name: &str, count: Option<u64>, definition: &[&str]) -> Part {
        Part {
            kind: kind.into(),
            name: name.into(),
            rows: count.map(|count| Rows { count, checksum: count * 10 }),
            definition: definition.iter().map(ToString::to_string).collect(),
        }
    }

    fn database() -> Vec<Part> {
        vec![
            part("table", "orders", Some(2), &["column 1 id", "trigger loud AFTER INSERT"]),
            part("view", "late", None, &["view select 1"]),
            part("procedure", "late", None, &["procedure select 2"]),
            part("event", "nightly", None, &["event ENABLED"]),
        ]
    }

    #[test]
    fn a_database_that_came_back_whole_has_no_differences() {
        assert!(differences(&database(), &database()).is_empty());
    }

    #[test]
    fn every_part_that_is_lost_or_changed_is_told() {
        let after = [
            part("table", "orders", Some(1), &["column 1 id"]),
            part("procedure", "late", None, &["procedure select 3"]),
            part("table", "other", Some(0), &[]),
        ];
        assert_eq!(
            differences(&database(), &after),
            [
                "table orders has 1 rows, checksum 10 instead of 2 rows, checksum 20",
                "table orders lacks: trigger loud AFTER INSERT",
                "view late is missing",
                "procedure late lacks: procedure select 2",
                "procedure late has besides: procedure select 3",
                "event nightly is missing",
                "table other is not in the original",
            ]
        );
    }

    #[test]
    fn a_database_without_tables_proves_nothing() {
        assert_eq!(differences(&[], &[]), ["the original database has no table"]);
    }
}
