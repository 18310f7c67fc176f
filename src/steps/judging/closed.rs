//! Tables that are closed: what is so, held against rows that are all there may be.

use crate::steps::{
    StepResult, World,
    judging::{declared, violations::Violations},
};
use crate::{
    compose::{Project, journal::Origin},
    facts::{
        Cell, Row, Topic,
        difference::{Difference, compare_by},
        places,
    },
    run::Failure,
};

/// Something that is so, in the words of a table.
pub(crate) fn row<S: Into<String>>(cells: impl IntoIterator<Item = S>, origin: Origin) -> Row {
    let mut cells = cells.into_iter().map(Into::into);
    Row::new(&cells.next().unwrap_or_default(), cells, Some(origin))
}

/// The rows of a table, nothing left open.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<Row> {
    rows.iter().map(|row| Row::written(row, false)).collect()
}

/// Rows as evidence.
pub(crate) fn lines<'a>(rows: impl IntoIterator<Item = &'a Row>) -> String {
    let rows: Vec<String> = rows.into_iter().map(Row::line).collect();
    if rows.is_empty() { "none".to_owned() } else { rows.join("\n") }
}

/// Where to look, and what to do, when a table and the files are not the same.
pub(crate) struct Subject<'a> {
    /// `mounts`, `networks`, …
    pub what: &'a str,
    /// The key of a service that lists them, or a section of the files if `section`.
    pub key: &'a str,
    /// Whether the key is a section of its own.
    pub section: bool,
    /// The topic whose facts they are, for the keys of its cells.
    pub topic: Option<&'a Topic>,
}

impl Subject<'_> {
    /// Where what differs is written, if it has a place of its own: the key of a cell.
    fn own(&self, project: &Project, one: &Difference<'_>) -> Option<Origin> {
        places::of_difference(project, self.topic?, one.wanted?, one.there?)
    }

    /// Where a row that is not there would stand.
    fn origin(&self, project: &Project, row: &Row) -> Option<Origin> {
        if self.section {
            return declared::section_origin(project, self.key);
        }
        declared::key_origin(project, &row.subject, self.key)
    }

    /// What a row is about, as a path, and what else it says.
    fn named(&self, project: &Project, row: &Row) -> String {
        let (name, key) = (&row.subject, self.key);
        let cells = row.value.iter().skip(1).map(Cell::word);
        let rest = format!("| {} |", cells.collect::<Vec<_>>().join(" | "));
        if !self.section && project.services.contains_key(name) {
            format!("services.{name}.{key}: {rest}")
        } else {
            format!("{key}.{name}: {rest}")
        }
    }
}

/// Compares; the order of rows says nothing.
pub(crate) fn compare(
    world: &mut World,
    project: &Project,
    subject: &Subject<'_>,
    wanted: &[Row],
    there: &[Row],
) -> StepResult {
    let compared = compare_by((&[], &[]), wanted, there);
    if compared.differences.is_empty() {
        world.evidence(subject.what, lines(there));
        return Ok(());
    }
    Err(differing(project, subject, wanted, &compared.differences))
}

/// What is told where a table and what is so differ.
pub(crate) fn differing(
    project: &Project,
    subject: &Subject<'_>,
    wanted: &[Row],
    differences: &[Difference<'_>],
) -> Failure {
    // Of a running stack, with the word of who showed it.
    let said = |row: &Row| match row.shown.as_str() {
        "" => row.line(),
        word => format!("{} ({word})", row.line()),
    };
    let told = |rows: &[(&Row, Option<Origin>)]| {
        rows.iter().map(|(row, _)| said(row)).collect::<Vec<_>>().join("\n")
    };
    let own = |one: &Difference<'_>| subject.own(project, one);
    let more: Vec<(&Row, Option<Origin>)> =
        differences.iter().filter_map(|one| Some((one.there?, own(one)))).collect();
    let fewer: Vec<(&Row, Option<Origin>)> =
        differences.iter().filter_map(|one| Some((one.wanted?, own(one)))).collect();
    let Subject { what, key, section, .. } = subject;
    let mut found = Vec::new();
    for (title, rows) in [("besides:", &more), ("missing:", &fewer)] {
        if !rows.is_empty() {
            found.push(format!("{title}\n{}", told(rows)));
        }
    }
    let expected = if wanted.is_empty() {
        format!("no {what}")
    } else {
        format!("exactly these {what}:\n{}", lines(wanted))
    };
    let help = format!("change `{key}:` there, or document it here");
    let mut violations = Violations::of(project);
    for (row, own) in &more {
        let expected = format!("no other {what} than those of the table");
        let found = format!("besides: {}", said(row));
        let at = own.or(row.at).or_else(|| subject.origin(project, row));
        violations.add(subject.named(project, row), expected, found, at, help.as_str());
    }
    for (row, own) in &fewer {
        let found = format!("missing: {}", row.line());
        let at = own.or_else(|| subject.origin(project, row));
        violations.add(subject.named(project, row), row.line(), found, at, help.as_str());
    }
    let failure = Failure::finding(expected, found.join("\n"))
        .violations(violations.all())
        .help(help.as_str());
    if let Some(origin) = more.iter().find_map(|(row, own)| own.or(row.at)) {
        return declared::point(project, origin, failure);
    }
    match fewer.first().or(more.first()) {
        Some((row, _)) if !section => declared::point_key(project, &row.subject, key, failure),
        _ => declared::section(project, key, failure),
    }
}
