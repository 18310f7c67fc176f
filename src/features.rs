//! Feature files, read and judged before anything starts.
//!
//! The Gherkin parser takes a misspelt keyword for a description and an outline without
//! examples for a scenario without steps; here both are errors on their line, as are steps
//! that are undefined, ambiguous or wrongly filled in. What comes out is a [`Suite`]: the
//! features as cucumber runs them, and a plan of what will be judged by which truth.

mod lines;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use cucumber::feature::Ext as _;
use gherkin::{GherkinEnv, ParseFileError, tagexpr::TagOperation};

use crate::{
    config::Config,
    diagnostic::Diagnostic,
    run::Truth,
    source::{Source, Span},
    steps::{Keyword, Match, Step, Vocabulary, vocabulary::Misunderstood},
    words::did_you_mean,
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
    /// The environment it speaks of.
    pub environment: String,
    /// Its steps: keyword, sentence, place.
    pub steps: Vec<(String, String, Span)>,
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
    for file in files {
        let source = match Source::read(file.clone()) {
            Ok(source) => source,
            Err(why) => {
                errors.push(
                    Diagnostic::error(format!("cannot read {file}: {why}"))
                        .help("a feature file is UTF-8 text"),
                );
                continue;
            }
        };
        let misspelt = lines::check(&source);
        if !misspelt.is_empty() {
            errors.extend(misspelt);
            continue;
        }
        match parse(&source) {
            Err(why) => errors.push(*why),
            Ok(feature) => {
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
        }
    }
    if errors.is_empty() { Ok(suite) } else { Err(errors) }
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

struct Reader<'a> {
    config: &'a Config,
    vocabulary: &'a Vocabulary,
    source: &'a Arc<Source>,
    errors: &'a mut Vec<Diagnostic>,
    suite: &'a mut Suite,
    filter: &'a Filter,
}

/// Where a scenario stands.
struct Place<'a> {
    feature: &'a gherkin::Feature,
    rule: Option<&'a gherkin::Rule>,
    /// The first line after it.
    end: usize,
}

impl Reader<'_> {
    fn error(
        &mut self,
        line: usize,
        title: impl Into<String>,
        label: &str,
        help: impl Into<String>,
    ) {
        let error =
            Diagnostic::error(title).at(self.source, self.source.line(line), label).help(help);
        self.errors.push(error);
    }

    /// Judges a feature and keeps of it what is wanted; `None` when that is nothing.
    fn feature(&mut self, feature: gherkin::Feature) -> Option<gherkin::Feature> {
        let errors = self.errors.len();
        for scenario in
            feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios))
        {
            self.outline(scenario);
        }
        if feature.scenarios.is_empty()
            && feature.rules.iter().all(|rule| rule.scenarios.is_empty())
        {
            self.error(
                feature.position.line,
                format!("feature \"{}\" has no scenario", feature.name),
                "",
                "write one, or remove the file",
            );
        }
        if self.errors.len() > errors {
            return None;
        }
        let path = feature.path.clone();
        let mut expanded = match feature.expand_examples() {
            Ok(expanded) => expanded,
            Err(why) => {
                self.error(
                    why.pos.line,
                    format!("<{}> is no column of the examples", why.name),
                    "",
                    "add the column, or correct the name",
                );
                return None;
            }
        };
        expanded.path = path;
        let whole = expanded.clone();
        let mut starts: Vec<usize> = whole
            .scenarios
            .iter()
            .chain(whole.rules.iter().flat_map(|rule| &rule.scenarios))
            .map(|scenario| {
                scenario
                    .position
                    .line
                    .saturating_sub(tag_lines(self.source, scenario.position.line))
            })
            .chain(whole.rules.iter().map(|rule| rule.position.line))
            .collect();
        starts.sort_unstable();
        let end =
            |line: usize| starts.iter().find(|start| **start > line).copied().unwrap_or(usize::MAX);
        expanded.scenarios.retain(|scenario| {
            self.scenario(
                scenario,
                &Place { feature: &whole, rule: None, end: end(scenario.position.line) },
            )
        });
        for (rule, whole_rule) in expanded.rules.iter_mut().zip(&whole.rules) {
            rule.scenarios.retain(|scenario| {
                self.scenario(
                    scenario,
                    &Place {
                        feature: &whole,
                        rule: Some(whole_rule),
                        end: end(scenario.position.line),
                    },
                )
            });
        }
        expanded.rules.retain(|rule| !rule.scenarios.is_empty());
        (!expanded.scenarios.is_empty() || !expanded.rules.is_empty()).then_some(expanded)
    }

    fn outline(&mut self, scenario: &gherkin::Scenario) {
        let line = scenario.position.line;
        let name = &scenario.name;
        if scenario.steps.is_empty() {
            self.error(
                line,
                format!("scenario \"{name}\" has no steps"),
                "it would prove nothing",
                "say what is true: Then …",
            );
        }
        let is_outline =
            scenario.keyword.contains("Outline") || scenario.keyword.contains("Template");
        if is_outline && scenario.examples.is_empty() {
            self.error(
                line,
                format!("outline \"{name}\" has no examples"),
                "it would never run",
                "add an `Examples:` table, or make it a scenario",
            );
        }
        for examples in &scenario.examples {
            if examples.table.as_ref().is_none_or(|table| table.rows.len() < 2) {
                self.error(
                    examples.position.line,
                    format!("the examples of \"{name}\" have no row"),
                    "it would never run",
                    "add a row below the header",
                );
            }
        }
    }

    /// Judges a scenario and, if it is wanted, plans it.
    fn scenario(&mut self, scenario: &gherkin::Scenario, place: &Place<'_>) -> bool {
        let Place { feature, rule, end } = place;
        let background =
            feature.background.iter().chain(rule.and_then(|rule| rule.background.as_ref()));
        let written: Vec<&gherkin::Step> =
            background.flat_map(|background| &background.steps).chain(&scenario.steps).collect();
        let mut tags: Vec<String> = Vec::new();
        for tag in
            feature.tags.iter().chain(rule.iter().flat_map(|rule| &rule.tags)).chain(&scenario.tags)
        {
            let tag = tag.trim_start_matches('@').to_owned();
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let mut matches: Vec<(&gherkin::Step, Match)> = Vec::new();
        let errors = self.errors.len();
        for step in &written {
            match self.vocabulary.find(step) {
                Ok(found) => matches.push((step, found)),
                Err(why) => self.misunderstood(step, why),
            }
        }
        if self.errors.len() > errors || matches.is_empty() {
            return false;
        }
        let environment = self.environment(scenario, &matches);
        let truths = self.truths(scenario, &matches);
        if let Some((step, _)) = matches.iter().find(|(_, found)| found.step.disrupts)
            && !tags.iter().any(|tag| tag == DISRUPTIVE)
        {
            self.error(
                step.position.line,
                format!(
                    "scenario \"{}\" breaks something and is not tagged @{DISRUPTIVE}",
                    scenario.name
                ),
                "others may run beside it",
                format!("write @{DISRUPTIVE} above the scenario: then it runs alone"),
            );
        }
        let (Some(environment), Some(truths)) = (environment, truths) else { return false };
        let planned = Planned {
            source: Arc::clone(self.source),
            feature: feature.name.clone(),
            rule: rule.map(|rule| rule.name.clone()),
            name: scenario.name.clone(),
            line: scenario.position.line,
            tags,
            truths,
            environment,
            steps: written
                .iter()
                .map(|step| {
                    (
                        step.keyword.trim().to_owned(),
                        step.value.clone(),
                        self.source.line(step.position.line),
                    )
                })
                .collect(),
        };
        if !self.filter.wants(&planned, *end) {
            return false;
        }
        for (_, found) in matches {
            if !self.suite.steps.iter().any(|known| std::ptr::eq(*known, found.step)) {
                self.suite.steps.push(found.step);
            }
        }
        self.suite.plan.push(planned);
        true
    }

    fn misunderstood(&mut self, step: &gherkin::Step, why: Misunderstood) {
        let line = step.position.line;
        match why {
            Misunderstood::Undefined { meant } => {
                let help = meant.map_or_else(
                    || "`seaworthy steps` lists every sentence there is".to_owned(),
                    |meant| format!("did you mean: {meant}"),
                );
                self.error(
                    line,
                    format!("no step reads \"{}\"", step.value),
                    "unknown to the vocabulary",
                    help,
                );
            }
            Misunderstood::Ambiguous(several) => {
                self.error(
                    line,
                    format!("several steps read \"{}\"", step.value),
                    "ambiguous",
                    format!("they are: {}", several.join("; ")),
                );
            }
            Misunderstood::Wrong { why } => {
                self.error(
                    line,
                    why,
                    "",
                    format!(
                        "`seaworthy steps` shows an example of each sentence (keyword {})",
                        step.keyword.trim()
                    ),
                );
            }
        }
    }

    /// The environment that a scenario speaks of; there must be one, and it must be known.
    fn environment(
        &mut self,
        scenario: &gherkin::Scenario,
        matches: &[(&gherkin::Step, Match)],
    ) -> Option<String> {
        let given = matches.iter().find(|(_, found)| found.step.keyword == Keyword::Given);
        let Some((step, found)) = given else {
            self.error(
                scenario.position.line,
                format!("scenario \"{}\" names no environment", scenario.name),
                "",
                "begin with `Given the development environment`",
            );
            return None;
        };
        let name = found.arguments.text(0).unwrap_or_default();
        if self.config.environments.contains_key(name) {
            return Some(name.to_owned());
        }
        let known = self.config.environments.keys().map(String::as_str);
        let help = did_you_mean(name, known.clone()).map_or_else(
            || format!("seaworthy.yaml names: {}", known.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        self.error(step.position.line, format!("there is no environment \"{name}\""), "", help);
        None
    }

    /// The truths that all steps share.
    fn truths(
        &mut self,
        scenario: &gherkin::Scenario,
        matches: &[(&gherkin::Step, Match)],
    ) -> Option<Vec<Truth>> {
        let knows = |found: &Match, truth| found.step.truths().any(|known| known == truth);
        let shared: Vec<Truth> = [Truth::Declared, Truth::Observed]
            .into_iter()
            .filter(|truth| matches.iter().all(|(_, found)| knows(found, *truth)))
            .collect();
        if !shared.is_empty() {
            return Some(shared);
        }
        let lacking =
            |truth| matches.iter().find(|(_, found)| !knows(found, truth)).map(|(step, _)| *step);
        let (not_declared, not_observed) = (lacking(Truth::Declared)?, lacking(Truth::Observed)?);
        let error =
            Diagnostic::error(format!("no truth can judge all steps of \"{}\"", scenario.name))
                .at(
                    self.source,
                    self.source.line(not_declared.position.line),
                    "can be judged on the running stack only",
                )
                .at(
                    self.source,
                    self.source.line(not_observed.position.line),
                    "can be judged by the files only",
                )
                .help("split the scenario in two");
        self.errors.push(error);
        None
    }
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
        let by_environment =
            self.environments.is_empty() || self.environments.contains(&planned.environment);
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
