//! Which lines of a feature file belong to which scenario, for `FILE:LINE`.
//!
//! A scenario is there from the tags above it to its last line. Blank lines and comments below
//! it, the heads and backgrounds of a feature or rule, and what lies behind the end of the file
//! belong to none: a line that was mistyped must not run what happens to be near.

use std::ops::RangeInclusive;

use super::tag_lines;
use crate::{diagnostic::Diagnostic, source::Source};

/// The lines of a scenario as it is written.
#[derive(Debug, Clone)]
struct Extent {
    lines: RangeInclusive<usize>,
    /// Its rows of examples; each is a scenario of its own.
    rows: Vec<usize>,
}

/// The lines by which a scenario that will be run is asked for.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    extent: Extent,
    row: Option<usize>,
}

impl Lines {
    /// Whether a line asks for it: one of its own row, or one that it shares with the other rows.
    pub(super) fn cover(&self, line: usize) -> bool {
        self.row == Some(line)
            || self.extent.lines.contains(&line) && !self.extent.rows.contains(&line)
    }
}

/// The scenarios of a feature in their order, one for each row of examples: those of the feature
/// itself, and those of its rules.
pub(super) fn of(source: &Source, feature: &gherkin::Feature) -> (Vec<Lines>, Vec<Vec<Lines>>) {
    let first = |line: usize| line - tag_lines(source, line);
    let all = feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios));
    let starts: Vec<usize> = all
        .map(|scenario| scenario.position.line)
        .chain(feature.rules.iter().map(|rule| rule.position.line))
        .map(first)
        .collect();
    let lines = |scenarios: &[gherkin::Scenario]| {
        scenarios.iter().flat_map(|scenario| of_one(source, scenario, &starts)).collect()
    };
    let of_rules = feature.rules.iter().map(|rule| lines(&rule.scenarios)).collect();
    (lines(&feature.scenarios), of_rules)
}

fn of_one(source: &Source, scenario: &gherkin::Scenario, starts: &[usize]) -> Vec<Lines> {
    let line = scenario.position.line;
    let behind = starts.iter().filter(|start| **start > line).min();
    let text = |line: usize| &source.text()[source.line(line)];
    let of_nobody = |line: &usize| text(*line).is_empty() || text(*line).starts_with('#');
    let end = behind.map_or_else(|| source.text().lines().count(), |next| next - 1);
    let last = (line..=end).rev().find(|line| !of_nobody(line)).unwrap_or(line);
    // The parser counts rows as if nothing stood between them.
    let rows: Vec<usize> = scenario
        .examples
        .iter()
        .flat_map(|examples| {
            let rows = examples.table.as_ref().map_or(0, |table| table.rows.len());
            let is_row = |line: &usize| text(*line).starts_with('|');
            (examples.position.line..=last).filter(is_row).take(rows).skip(1)
        })
        .collect();
    let extent = Extent { lines: line - tag_lines(source, line)..=last, rows };
    if scenario.examples.is_empty() {
        return vec![Lines { extent, row: None }];
    }
    let own = |row: &usize| Lines { extent: extent.clone(), row: Some(*row) };
    extent.rows.iter().map(own).collect()
}

/// Why a line asks for nothing.
pub(super) fn nothing_at<'l>(
    source: &std::sync::Arc<Source>,
    line: usize,
    all: impl Iterator<Item = &'l Lines>,
) -> Diagnostic {
    let count = source.text().lines().count();
    let mut extents: Vec<&RangeInclusive<usize>> = all.map(|lines| &lines.extent.lines).collect();
    extents.dedup();
    let before = extents.iter().rev().find(|lines| *lines.end() < line);
    let behind = extents.iter().find(|lines| *lines.start() > line);
    let near: Vec<String> = before
        .into_iter()
        .chain(behind)
        .map(|lines| format!("{} to {}", lines.start(), lines.end()))
        .collect();
    let path = source.path();
    let why = if line > count {
        format!("the file has {count} lines")
    } else {
        "this line belongs to no scenario".to_owned()
    };
    let error = Diagnostic::error(format!("no scenario stands at {path}:{line}: {why}"));
    let error = if (1..=count).contains(&line) {
        error.at(source, source.line(line), "")
    } else {
        error.at(source, source.line(count.max(1)), "the last line")
    };
    error.help(format!(
        "the nearest stand in lines {}; `{path}` without a line asks for all of them",
        near.join(" and ")
    ))
}
