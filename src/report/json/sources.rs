//! The files that a run quotes, with no more of each than reports may show: the lines that a
//! place stands on, and the sentences with their tables. All other lines are left empty.

use std::{cell::RefCell, collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use serde_json::{Value, json};

use super::super::{region, table::below};
use crate::{
    diagnostic::Diagnostic,
    policy::secret::hide::guessed,
    run::{Run, ScenarioRun},
    source::{Source, Span},
};

/// Files in the order in which the run speaks of them.
#[derive(Debug, Default)]
pub(super) struct Sources {
    all: RefCell<Vec<Quoted>>,
}

/// A file, and what may be shown of it.
#[derive(Debug)]
struct Quoted {
    source: Arc<Source>,
    lines: BTreeMap<usize, String>,
}

impl Sources {
    /// The number of a file, from 0.
    fn number(&self, source: &Arc<Source>) -> usize {
        let mut all = self.all.borrow_mut();
        let is_it = |known: &Quoted| {
            Arc::ptr_eq(&known.source, source)
                || known.source.is_outside() == source.is_outside() && known.source == *source
        };
        // Who speaks of a file often speaks of it again.
        if let Some(at) = all.iter().rposition(is_it) {
            return at;
        }
        all.push(Quoted { source: Arc::clone(source), lines: BTreeMap::new() });
        all.len() - 1
    }

    /// A place in a file, with its lines as they may be shown.
    pub(super) fn place(&self, source: &Arc<Source>, span: &Span) -> Value {
        let at = self.number(source);
        let (start, end) = region(source, span);
        let lines = start.line..=end.line;
        if source.is_outside() {
            // Places alone are told: as many letters as it takes to point at them.
            self.put(
                at,
                lines.clone().map(|line| {
                    let most = if line == end.line { end.column } else { start.column };
                    (line, veiled(source, line, most))
                }),
            );
        } else {
            let mut label = Diagnostic::error("").at(source, span.clone(), "");
            label = guessed(label);
            let shown = label.labels.first().map_or(source, |label| &label.source);
            self.put(at, texts(shown, lines));
        }
        json!({
            "source": at,
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
        })
    }

    fn put(&self, at: usize, lines: impl Iterator<Item = (usize, String)>) {
        if let Some(quoted) = self.all.borrow_mut().get_mut(at) {
            for (line, text) in lines {
                let known = quoted.lines.entry(line).or_default();
                // Of a file that is not shown, the longer line has all places.
                if !quoted.source.is_outside() || known.len() < text.len() {
                    *known = text;
                }
            }
        }
    }

    /// The file of a scenario: its title, its sentences and the tables below them.
    pub(super) fn of_scenario(&self, scenario: &ScenarioRun) -> usize {
        let source = &scenario.source;
        let at = self.number(source);
        let first = |span: &Span| source.place(span.start).line;
        let mut wanted = vec![scenario.line..=scenario.line];
        for step in &scenario.steps {
            let line = first(&step.span);
            wanted.push(line..=line + below(source, line).count());
        }
        let known = {
            let all = self.all.borrow();
            let known = all.get(at).map(|quoted| &quoted.lines);
            wanted.iter().all(|lines| {
                known.is_some_and(|known| lines.clone().all(|line| known.contains_key(&line)))
            })
        };
        if !known {
            for lines in wanted {
                let shown: Vec<(usize, String)> = if source.is_outside() {
                    lines.map(|line| (line, veiled(source, line, usize::MAX))).collect()
                } else {
                    let all = self.all.borrow();
                    let known = all.get(at).map(|quoted| &quoted.lines);
                    // What a place has shown with a blot stays so.
                    texts(source, lines)
                        .filter(|(line, _)| known.is_none_or(|known| !known.contains_key(line)))
                        .collect()
                };
                self.put(at, shown.into_iter());
            }
        }
        at
    }

    /// A file as a whole, which a report shows as a whole.
    pub(super) fn whole(&self, source: &Arc<Source>) -> usize {
        let at = self.number(source);
        self.put(at, texts(source, 1..=usize::MAX));
        at
    }

    /// All files.
    pub(super) fn told(&self, run: &Run) -> Value {
        let all = self.all.borrow();
        all.iter().map(|quoted| quoted.told(run)).collect()
    }
}

impl Quoted {
    fn told(&self, run: &Run) -> Value {
        let mut blocks: Vec<(usize, Vec<&str>)> = Vec::new();
        for (line, text) in &self.lines {
            match blocks.last_mut() {
                Some((from, lines)) if *from + lines.len() == *line => lines.push(text),
                _ => blocks.push((*line, vec![text])),
            }
        }
        let blocks =
            blocks.into_iter().map(|(from, lines)| json!({ "from": from, "lines": lines }));
        json!({
            "path": self.source.path(),
            "file": run.path(self.source.path()),
            "outside": self.source.is_outside(),
            "length": self.source.text().split('\n').count(),
            "quoted": blocks.collect::<Vec<_>>(),
        })
    }
}

/// Lines with their numbers.
fn texts(source: &Source, lines: RangeInclusive<usize>) -> impl Iterator<Item = (usize, String)> {
    let all = source.text().split('\n').enumerate().map(|(at, text)| (at + 1, text));
    let from = *lines.start();
    all.skip(from.saturating_sub(1))
        .take_while(move |(line, _)| lines.contains(line))
        .map(|(line, text)| (line, text.to_owned()))
}

/// A line with a sign for each letter before a column; the blanks around them stay.
fn veiled(source: &Source, line: usize, column: usize) -> String {
    let text = texts(source, line..=line).next().map(|(_, text)| text).unwrap_or_default();
    let (indent, end) = (text.len() - text.trim_start().len(), text.trim_end().len());
    let letters = text.char_indices().take(column.saturating_sub(1));
    letters.map(|(at, c)| if at < indent || at >= end { c } else { 'x' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_quoted_where_a_place_is_and_without_what_looks_like_a_secret() {
        let sources = Sources::default();
        let text = "a: 1\nb: 2\n  DB_PASSWORD: Blau-und-Rot\nd: 4";
        let source = Source::new("a.yaml", text);
        let at = text.find("DB").expect("a key");
        let place = sources.place(&source, &(at..at + 11));
        assert_eq!(
            (&place["source"], &place["line"], &place["column"]),
            (&json!(0), &json!(3), &json!(3))
        );
        let told = sources.told(&super::super::super::samples::run());
        assert_eq!(
            told[0]["quoted"],
            json!([{ "from": 3, "lines": ["  DB_PASSWORD: ************"] }])
        );
        assert_eq!(told[0]["length"], 4);
    }

    #[test]
    fn of_a_file_outside_the_repository_no_letter_is_told() {
        let sources = Sources::default();
        let source = Source::outside("/etc/x", "a: 1\n  Größe: Blau\n");
        let place = sources.place(&source, &(7..16));
        assert_eq!((&place["column"], &place["end_column"]), (&json!(3), &json!(10)));
        let told = sources.told(&super::super::super::samples::run());
        assert_eq!(told[0]["quoted"], json!([{ "from": 2, "lines": ["  xxxxxxx"] }]));
    }
}
