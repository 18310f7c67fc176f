//! How a run is told, and what lint found. Each format is a function of plain data; none finds
//! anything out.
//!
//! A format of runs is a file here and a line in [`FORMATS`]; one of findings is a file in
//! [`findings`] and a line in the table there.

mod closing;
mod cucumber;
mod elsewhere;
pub mod evidence;
pub mod facts;
pub mod findings;
mod github;
mod guess;
mod html;
pub mod json;
pub mod junit;
mod markdown;
mod marked;
#[cfg(test)]
mod merged;
mod messages;
mod openmetrics;
#[cfg(test)]
mod samples;
mod sarif;
pub mod steps;
mod table;
mod tap;
pub mod terminal;
mod wording;

pub use self::guess::guess_in_run;
use crate::{
    run::Run,
    source::{LineColumn, Source, Span},
};

/// A format of what `T` says: its name, who reads it, and how it is written (in colour, if for people).
pub struct Format<T> {
    /// The name on the command line.
    pub name: &'static str,
    /// Whether people read it; then it ends with the summary, and may have colours.
    pub for_people: bool,
    /// Whether it is lines that others may stand beside: a document wants a stream to itself.
    pub is_lines: bool,
    /// Whether it tells what a run was of, beside its verdicts: facts, images, drawings.
    pub tells_about: bool,
    /// Writes it.
    pub render: fn(&T, bool) -> Result<String, String>,
}

impl<T> Format<T> {
    /// For people.
    const fn terminal(render: fn(&T, bool) -> Result<String, String>) -> Self {
        Self { name: "terminal", for_people: true, is_lines: true, tells_about: false, render }
    }

    /// One document for programs.
    const fn document(name: &'static str, render: fn(&T, bool) -> Result<String, String>) -> Self {
        Self { name, for_people: false, is_lines: false, tells_about: false, render }
    }

    /// With what a run was of.
    const fn with_all_about(self) -> Self {
        Self { tells_about: true, ..self }
    }

    /// Lines for programs.
    const fn lines(name: &'static str, render: fn(&T, bool) -> Result<String, String>) -> Self {
        Self { name, for_people: false, is_lines: true, tells_about: false, render }
    }
}

/// All formats of a run.
pub const FORMATS: &[Format<Run>] = &[
    Format::terminal(terminal::render),
    Format::document("json", json::render).with_all_about(),
    Format::document("sarif", sarif::render),
    Format::lines("github", github::render),
    Format::document("junit", junit::render),
    Format::document("markdown", markdown::render).with_all_about(),
    Format::document("html", html::render).with_all_about(),
    Format::document("messages", messages::render),
    Format::document("cucumber-json", cucumber::render),
    Format::document("tap", tap::render),
    Format::document("openmetrics", openmetrics::render),
];

/// Where a span starts and ends; the end is the place behind its last character.
fn region(source: &Source, span: &Span) -> (LineColumn, LineColumn) {
    (source.place(span.start), source.place(span.end.max(span.start)))
}
