//! The tables below sentences, as the features write them.

use crate::{
    run::{ScenarioRun, StepRun},
    source::Source,
};

/// The lines below a sentence that are a table of it: rows, and remarks between them.
pub(super) fn below(source: &Source, line: usize) -> impl Iterator<Item = &str> {
    let lines = source.text().lines().skip(line).map(str::trim);
    lines.take_while(|row| row.starts_with('|') || row.starts_with('#'))
}

/// A row of a table: its line, and its cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub line: usize,
    pub cells: Vec<String>,
}

/// The rows of the table below a sentence; of a file outside the repository, none.
pub(super) fn rows(scenario: &ScenarioRun, step: &StepRun) -> Vec<Row> {
    let source = &scenario.source;
    if source.is_outside() {
        return Vec::new();
    }
    let line = source.place(step.span.start).line;
    let rows = below(source, line).enumerate().filter(|(_, row)| row.starts_with('|'));
    rows.map(|(at, row)| Row { line: line + 1 + at, cells: cells(row) }).collect()
}

/// The cells between bars; `\|` is a bar, `\\` a backslash, `\n` a line break.
fn cells(row: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut letters = row.trim().trim_start_matches('|').chars();
    while let Some(c) = letters.next() {
        match c {
            '|' => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            '\\' => match letters.next() {
                Some('n') => cell.push('\n'),
                Some(c @ ('|' | '\\')) => cell.push(c),
                other => {
                    cell.push('\\');
                    cell.extend(other);
                }
            },
            c => cell.push(c),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    #[test]
    fn rows_have_their_lines_and_a_bar_in_a_cell_ends_nothing() {
        let run = samples::everything();
        let tables = run.scenarios.iter().find(|one| one.name == "tables").expect("a scenario");
        let rows = rows(tables, &tables.steps[0]);
        let row = |line, cells: [&str; 2]| Row { line, cells: cells.map(str::to_owned).to_vec() };
        assert_eq!(rows, [row(6, ["a", "b|c"]), row(8, ["é", "<i>"])]);
        assert_eq!(cells(r"| a\nb | \\ | |"), ["a\nb", "\\", ""]);
        assert_eq!(cells("| open"), [""; 0]);
    }
}
