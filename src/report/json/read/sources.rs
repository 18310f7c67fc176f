//! The files that a run quotes, put together again: lines that were not told are empty.

use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::Deserialize;

use super::super::{drawing::each, read::Wrong};
use crate::{run::Spot, source::Source};

/// A file of more lines is none that was read.
const MOST: usize = 20_000_000;

#[derive(Deserialize)]
pub(super) struct SourceOf {
    path: Utf8PathBuf,
    outside: bool,
    /// How many lines it has.
    length: usize,
    quoted: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    from: usize,
    lines: Vec<String>,
}

/// A text in a file.
#[derive(Deserialize)]
pub(super) struct SpotOf {
    source: usize,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Deserialize)]
pub(super) struct LabelOf {
    #[serde(flatten)]
    pub place: SpotOf,
    pub text: String,
}

/// The files, by their numbers.
pub(super) struct Files(Vec<Arc<Source>>);

impl Files {
    pub(super) fn of(told: Vec<SourceOf>) -> Result<Self, Wrong> {
        let mut left = MOST;
        let one = |one: SourceOf| {
            left = left
                .checked_sub(one.length)
                .ok_or_else(|| Wrong::new("these are too many lines").within("length"))?;
            one.source()
        };
        Ok(Self(each(told, "sources", one)?))
    }

    pub(super) fn get(&self, number: usize) -> Result<&Arc<Source>, Wrong> {
        self.0.get(number).ok_or_else(|| {
            Wrong::new(format!("there are {} sources", self.0.len())).within("source")
        })
    }

    pub(super) fn spot(&self, place: &SpotOf) -> Result<Spot, Wrong> {
        let source = self.get(place.source)?;
        let start = offset(source, place.line, place.column)
            .ok_or_else(|| Wrong::new("the file has no such place").within("column"))?;
        let end = offset(source, place.end_line, place.end_column)
            .filter(|end| *end >= start)
            .ok_or_else(|| Wrong::new("the file has no such place").within("end_column"))?;
        Ok((Arc::clone(source), start..end))
    }
}

/// The byte at a line and a column, both from 1.
fn offset(source: &Source, line: usize, column: usize) -> Option<usize> {
    let text = source.text();
    let mut start = 0;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let line = text.get(start..)?.split('\n').next().filter(|_| line > 0)?;
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    Some(start + ends.into_iter().nth(column.checked_sub(1)?)?)
}

impl SourceOf {
    fn source(self) -> Result<Arc<Source>, Wrong> {
        let mut text = String::new();
        let mut line = 1;
        let blocks = each(self.quoted, "quoted", |block| {
            let end =
                block.from.checked_add(block.lines.len()).filter(|end| *end <= self.length + 1);
            if block.from < line || end.is_none() || block.lines.is_empty() {
                let why = format!("the file has {} lines, in their order", self.length);
                return Err(Wrong::new(why).within("from"));
            }
            if let Some(at) = block.lines.iter().position(|line| line.contains('\n')) {
                return Err(Wrong::new("a line ends before its end").at(at).within("lines"));
            }
            line = end.unwrap_or(line);
            Ok(block)
        })?;
        line = 1;
        for block in blocks {
            text.extend(std::iter::repeat_n('\n', block.from - line));
            line = block.from + block.lines.len() - 1;
            for (at, quoted) in block.lines.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "\n" });
                text.push_str(quoted);
            }
        }
        text.extend(std::iter::repeat_n('\n', self.length.saturating_sub(line)));
        Ok(if self.outside {
            Source::outside(self.path, text)
        } else {
            Source::new(self.path, text)
        })
    }
}
