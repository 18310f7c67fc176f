//! Feature files, read and judged before anything starts.
//!
//! The Gherkin parser takes a misspelt keyword for a description and an outline without
//! examples for a scenario without steps; here both are errors on their line, as are steps
//! that are undefined, ambiguous or wrongly filled in. What comes out is a [`Suite`]: the
//! features as cucumber runs them, and a plan of what will be judged by which truth.

mod judge;
mod lines;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use gherkin::{GherkinEnv, ParseFileError, tagexpr::TagOperation};
use rayon::prelude::*;

use self::judge::Reader;
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    run::Truth,
    source::{Source, Span},
    steps::{Match, Step, Vocabulary},
};

/// The tag of a scenario that breaks something and so runs alone.
pub const DISRUPTIVE: &str = "disruptive";

/// Which scenarios are wanted.
#[derive(Debug, Default)]
pub struct Filter {
    /// A tag expression (`@a and not @b`).
    pub tags: Option<TagOperation>,
    /// A part of the scenario's name.
    pub name: Option<String>,
    /// Only scenarios of these environments; empty means all.
    pub environments: Vec<String>,
    /// Only scenarios at these places: file and line.
    pub places: Vec<(Utf8PathBuf, usize)>,
}

/// A scenario that will be judged.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The feature file.
    pub source: Arc<Source>,
    /// The feature's title.
    pub feature: String,
    /// The rule's title.
    pub rule: Option<String>,
    /// The scenario's title.
    pub name: String,
    /// Its line, or that of its row of examples.
    pub line: usize,
    /// Its tags, inherited ones first.
    pub tags: Vec<String>,
    /// By what it is judged.
    pub truths: Vec<Truth>,
    /// The environments it speaks of; more than one where they are compared.
    pub environments: Vec<String>,
    /// Its steps: keyword, sentence, place.
    pub steps: Vec<(String, String, Span)>,
    /// The same steps understood.
    pub matches: Vec<Match>,
}

/// Features ready to run.
#[derive(Debug)]
pub struct Suite {
    /// As cucumber runs them, with their files.
    pub features: Vec<(Arc<Source>, gherkin::Feature)>,
    /// What will be judged.
    pub plan: Vec<Planned>,
    /// The steps in use.
    pub steps: Vec<&'static Step>,
}

/// Splits `features/a.feature:12` into its file and line.
#[must_use]
pub fn file_and_line(path: &Utf8Path) -> (Utf8PathBuf, Option<usize>) {
    let split =
        path.as_str().rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?)));
    split.map_or_else(|| (path.to_owned(), None), |(file, line)| (file.into(), Some(line)))
}

/// The feature files at or below some paths, sorted.
///
/// # Errors
/// A path that is not there, or holds no feature.
pub fn files(paths: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>, Box<Diagnostic>> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        collect(path, &mut files).map_err(|why| {
            Diagnostic::error(format!("cannot read {path}: {why}"))
                .help("name a feature file, a folder of them, or file:line")
        })?;
        if files.len() == before {
            return Err(Box::new(
                Diagnostic::error(format!("there is no .feature file in {path}"))
                    .help("write one: docs/writing-features.md shows how"),
            ));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn collect(path: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in path.read_dir_utf8()? {
            let entry = entry?;
            if entry.file_type()?.is_dir() || entry.path().extension() == Some("feature") {
                collect(entry.path(), files)?;
            }
        }
        return Ok(());
    }
    std::fs::metadata(path)?;
    files.push(path.to_owned());
    Ok(())
}

/// Reads and judges feature files.
///
/// # Errors
/// Everything that is wrong with them, each with its place.
pub fn load(
    config: &Config,
    vocabulary: &Vocabulary,
    files: &[Utf8PathBuf],
    filter: &Filter,
) -> Result<Suite, Vec<Diagnostic>> {
    let mut suite = Suite { features: Vec::new(), plan: Vec::new(), steps: Vec::new() };
    let mut errors = Vec::new();
    let written: Vec<_> = files.par_iter().map(read).collect();
    for feature in written {
        let (source, feature) = match feature {
            Ok(feature) => feature,
            Err(why) => {
                errors.extend(why);
                continue;
            }
        };
        let mut reader = Reader {
            config,
            vocabulary,
            source: &source,
            errors: &mut errors,
            suite: &mut suite,
            filter,
        };
        if let Some(feature) = reader.feature(feature) {
            suite.features.push((source, feature));
        }
    }
    if errors.is_empty() { Ok(suite) } else { Err(errors) }
}

/// A feature as it is written.
fn read(file: &Utf8PathBuf) -> Result<(Arc<Source>, gherkin::Feature), Vec<Diagnostic>> {
    let source = Source::read(file.clone()).map_err(|why| {
        vec![
            Diagnostic::error(format!("cannot read {file}: {why}"))
                .help("a feature file is UTF-8 text"),
        ]
    })?;
    let misspelt = lines::check(&source);
    if !misspelt.is_empty() {
        return Err(misspelt);
    }
    let feature = parse(&source).map_err(|why| vec![*why])?;
    Ok((source, feature))
}

fn parse(source: &Arc<Source>) -> Result<gherkin::Feature, Box<Diagnostic>> {
    gherkin::Feature::parse_path(source.path(), GherkinEnv::default()).map_err(|why| {
        let (reason, line) = match &why {
            ParseFileError::Reading { source, .. } => (source.to_string(), 1),
            ParseFileError::Parsing { error, source: at, .. } => {
                // The parser tells its position in words alone: "Error at 3:1: …".
                let words = at.to_string();
                let line = words.split([' ', ':']).find_map(|word| word.parse().ok()).unwrap_or(1);
                (error.as_ref().map_or("this is not Gherkin".to_owned(), ToString::to_string), line)
            }
        };
        Box::new(
            Diagnostic::error(format!("cannot read the feature: {reason}"))
                .at(source, source.line(line), "the parser stopped here or just above")
                .help("rows of a table must have the same number of cells; a text block must be closed"),
        )
    })
}

impl Filter {
    fn wants(&self, planned: &Planned, end: usize) -> bool {
        let path = planned.source.path();
        let here = self
            .places
            .iter()
            .filter(|(file, _)| file == path)
            .map(|(_, line)| *line)
            .collect::<Vec<_>>();
        let by_place = self.places.is_empty()
            || here.iter().any(|line| {
                (planned.line.saturating_sub(tag_lines(&planned.source, planned.line))..end)
                    .contains(line)
            })
            || !self.places.iter().any(|(file, _)| file == path);
        let by_name = self.name.as_ref().is_none_or(|name| planned.name.contains(name.as_str()));
        let by_tags = self.tags.as_ref().is_none_or(|tags| eval(tags, &planned.tags));
        let by_environment = self.environments.is_empty()
            || planned.environments.iter().all(|name| self.environments.contains(name));
        by_place && by_name && by_tags && by_environment
    }
}

/// Lines of tags right above a scenario: they belong to it.
fn tag_lines(source: &Source, line: usize) -> usize {
    let is_tags = |line: &usize| source.text()[source.line(*line)].starts_with('@');
    (1..line).rev().take_while(is_tags).count()
}

fn eval(expression: &TagOperation, tags: &[String]) -> bool {
    match expression {
        TagOperation::And(left, right) => eval(left, tags) && eval(right, tags),
        TagOperation::Or(left, right) => eval(left, tags) || eval(right, tags),
        TagOperation::Not(inner) => !eval(inner, tags),
        TagOperation::Tag(tag) => tags.iter().any(|known| known == tag.trim_start_matches('@')),
    }
}

#[cfg(test)]
mod tests;
