//! Feature files, read and judged before anything starts.
//!
//! The Gherkin parser takes a misspelt keyword for a description and an outline without
//! examples for a scenario without steps; here both are errors on their line, as are steps
//! that are undefined, ambiguous or wrongly filled in. What comes out is a [`Suite`]: the
//! features as cucumber runs them, and a plan of what will be judged by which truth.

mod judge;
mod lines;
mod lines_of;
mod shard;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use gherkin::{GherkinEnv, ParseFileError, tagexpr::TagOperation};
use rayon::prelude::*;

pub use self::shard::Shard;
use self::{judge::Reader, lines_of::Lines};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    outside::Bounds,
    run::Truth,
    source::{Source, Span},
    steps::{Match, Vocabulary},
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
    /// The files and folders that the user named, which may lie outside the repository.
    pub named: Vec<Utf8PathBuf>,
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

impl Planned {
    /// `path:line`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.source.path(), self.line)
    }
}

/// Features ready to run.
#[derive(Debug, Default)]
pub struct Suite {
    /// As cucumber runs them, with their files.
    pub features: Vec<(Arc<Source>, gherkin::Feature)>,
    /// What will be judged.
    pub plan: Vec<Planned>,
    /// What the same files say besides, and nobody asked for.
    pub rest: Vec<Planned>,
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
    let mut suite = Suite::default();
    let mut errors: Vec<Diagnostic> = filter
        .places
        .iter()
        .filter(|(file, _)| !files.contains(file))
        .map(|(file, line)| {
            Diagnostic::error(format!(
                "{file}:{line} is no place of a scenario: {file} is a folder"
            ))
            .help("a line is one of a feature file; a folder is asked for without a line")
        })
        .collect();
    let mut bounds = config.bounds();
    for file in files.iter().filter(|file| filter.named.iter().any(|named| file.starts_with(named)))
    {
        bounds.name(file);
    }
    let of_file = |file| {
        let mut suite = Suite::default();
        let (source, feature) = match read(file, &bounds) {
            Ok(feature) => feature,
            Err(why) => return (suite, why),
        };
        let mut errors = Vec::new();
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
        (suite, errors)
    };
    let judged: Vec<_> = files.par_iter().map(of_file).collect();
    for (of_file, why) in judged {
        suite.features.extend(of_file.features);
        suite.plan.extend(of_file.plan);
        suite.rest.extend(of_file.rest);
        errors.extend(why);
    }
    if errors.is_empty() { Ok(suite) } else { Err(errors) }
}

/// A feature as it is written.
fn read(
    file: &Utf8PathBuf,
    bounds: &Bounds,
) -> Result<(Arc<Source>, gherkin::Feature), Vec<Diagnostic>> {
    let source = bounds.read(file.clone()).map_err(|why| {
        vec![
            Diagnostic::error(format!("cannot read {file}: {why}"))
                .help("a feature file is UTF-8 text"),
        ]
    })?;
    // A byte order mark is no letter of the text (Unicode standard, 23.8).
    let marked = source.text().strip_prefix('\u{feff}').map(str::to_owned);
    let is_marked = marked.is_some();
    let source = marked.map_or(Arc::clone(&source), |text| source.with_text(text));
    let misspelt = lines::check(&source);
    if !misspelt.is_empty() {
        return Err(misspelt);
    }
    let mut feature = parse(&source, is_marked).map_err(|why| vec![*why])?;
    resolve_stars(&mut feature);
    Ok((source, feature))
}

/// A step that begins with `*` goes on with the keyword above it, as `And` does (Gherkin reference,
/// "*"); the parser takes it for a `Given`.
fn resolve_stars(feature: &mut gherkin::Feature) {
    let rules = feature.rules.iter_mut();
    let (of_rules, in_rules): (Vec<_>, Vec<_>) =
        rules.map(|rule| (&mut rule.background, &mut rule.scenarios)).unzip();
    let backgrounds = std::iter::once(&mut feature.background).chain(of_rules).flatten();
    let scenarios = feature.scenarios.iter_mut().chain(in_rules.into_iter().flatten());
    let lists = backgrounds.map(|background| &mut background.steps);
    for steps in lists.chain(scenarios.map(|scenario| &mut scenario.steps)) {
        let mut above = None;
        for step in steps {
            if step.keyword.trim() == "*" {
                step.ty = above.unwrap_or(step.ty);
            }
            above = Some(step.ty);
        }
    }
}

/// Parses a file, which the parser reads by itself; of one with a byte order mark it is given the text.
fn parse(source: &Arc<Source>, is_marked: bool) -> Result<gherkin::Feature, Box<Diagnostic>> {
    let parsed = if is_marked {
        let path = source.path().as_std_path().to_owned();
        match gherkin::Feature::parse(source.text(), GherkinEnv::default()) {
            Ok(feature) => Ok(gherkin::Feature { path: Some(path), ..feature }),
            Err(why) => Err(ParseFileError::Parsing { path, error: None, source: why }),
        }
    } else {
        gherkin::Feature::parse_path(source.path(), GherkinEnv::default())
    };
    parsed.map_err(|why| {
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
    /// The lines of a file that are asked for; none where it is asked for as a whole, or not by place.
    fn lines_in(&self, path: &Utf8Path) -> Vec<usize> {
        self.places.iter().filter(|(file, _)| file == path).map(|(_, line)| *line).collect()
    }

    fn wants(&self, planned: &Planned, lines: &Lines) -> bool {
        let asked = self.lines_in(planned.source.path());
        let by_place = asked.is_empty() || asked.iter().any(|line| lines.cover(*line));
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
