//! Tables that are closed: what the files have, held against rows that are all there may be.

use super::{StepResult, World, declared};
use crate::{
    compose::{Project, journal::Origin},
    run::Failure,
};

/// Something that the files have, in the words of a table.
pub(super) struct Row {
    /// The cells.
    pub cells: Vec<String>,
    /// Where it is written.
    pub origin: Option<Origin>,
}

impl Row {
    pub(super) fn new<S: Into<String>>(cells: impl IntoIterator<Item = S>, origin: Origin) -> Self {
        let origin = origin.place.file().map(|_| origin);
        Self { cells: cells.into_iter().map(Into::into).collect(), origin }
    }
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Where to look, and what to do, when a table and the files are not the same.
pub(super) struct Subject<'a> {
    /// `mounts`, `networks`, …
    pub what: &'a str,
    /// The key of a service that lists them, or a section of the files if `section`.
    pub key: &'a str,
    /// Whether the key is a section of its own.
    pub section: bool,
}

/// Compares; the order of rows says nothing.
pub(super) fn compare(
    world: &mut World,
    project: &Project,
    subject: &Subject<'_>,
    wanted: &[Vec<String>],
    there: &[Row],
) -> StepResult {
    let more: Vec<&Row> = there.iter().filter(|row| !wanted.contains(&row.cells)).collect();
    let fewer: Vec<&Vec<String>> =
        wanted.iter().filter(|row| !there.iter().any(|there| there.cells == **row)).collect();
    let Subject { what, key, section } = subject;
    if more.is_empty() && fewer.is_empty() {
        let rows: Vec<String> = there.iter().map(|row| line(&row.cells)).collect();
        world.saw(*what, if rows.is_empty() { "none".into() } else { rows.join("\n") });
        return Ok(());
    }
    let mut found = Vec::new();
    if !more.is_empty() {
        found.push("besides:".to_owned());
        found.extend(more.iter().map(|row| line(&row.cells)));
    }
    if !fewer.is_empty() {
        found.push("missing:".to_owned());
        found.extend(fewer.iter().map(|row| line(row)));
    }
    let rows: Vec<String> = wanted.iter().map(|row| line(row)).collect();
    let expected = if rows.is_empty() {
        format!("no {what}")
    } else {
        format!("exactly these {what}:\n{}", rows.join("\n"))
    };
    let failure = Failure::finding(expected, found.join("\n"))
        .help(format!("change `{key}:` there, or document it here"));
    if let Some(origin) = more.iter().find_map(|row| row.origin) {
        return Err(declared::point(project, origin, failure));
    }
    let name = fewer
        .first()
        .and_then(|row| row.first())
        .or(more.first().and_then(|row| row.cells.first()));
    Err(match name {
        Some(name) if !section => declared::point_key(project, name, key, failure),
        _ => declared::section(project, key, failure),
    })
}
