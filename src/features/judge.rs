//! A feature judged: what would prove nothing, or could not be understood, is an error.

use std::sync::Arc;

use cucumber::feature::Ext as _;

use super::{DISRUPTIVE, Filter, Planned, Suite, tag_lines};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    run::Truth,
    source::Source,
    steps::{Match, Vocabulary, vocabulary::Misunderstood},
    words::did_you_mean,
};

pub(super) struct Reader<'a> {
    pub(super) config: &'a Config,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) source: &'a Arc<Source>,
    pub(super) errors: &'a mut Vec<Diagnostic>,
    pub(super) suite: &'a mut Suite,
    pub(super) filter: &'a Filter,
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
    pub(super) fn feature(&mut self, feature: gherkin::Feature) -> Option<gherkin::Feature> {
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
        let environments = self.environments(scenario, &matches);
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
        let (Some(environments), Some(truths)) = (environments, truths) else { return false };
        let planned = Planned {
            source: Arc::clone(self.source),
            feature: feature.name.clone(),
            rule: rule.map(|rule| rule.name.clone()),
            name: scenario.name.clone(),
            line: scenario.position.line,
            tags,
            truths,
            environments,
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
            matches: matches.into_iter().map(|(_, found)| found).collect(),
        };
        if !self.filter.wants(&planned, *end) {
            return false;
        }
        for found in &planned.matches {
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
            Misunderstood::Keyword { stands, needs } => self.error(
                line,
                format!(
                    "\"{}\" is a {} step and stands under {}",
                    step.value,
                    needs.word(),
                    stands.word()
                ),
                "And and But go on with the keyword above them",
                format!("begin it with {}", needs.word()),
            ),
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

    /// The environments that a scenario speaks of; there must be one, and they must be known.
    fn environments(
        &mut self,
        scenario: &gherkin::Scenario,
        matches: &[(&gherkin::Step, Match)],
    ) -> Option<Vec<String>> {
        let mut names: Vec<&str> = Vec::new();
        for (step, found) in matches {
            let kinds = found.step.parameters();
            for (at, _) in kinds.enumerate().filter(|(_, kind)| *kind == "environment") {
                let name = found.arguments.text(at).unwrap_or_default();
                if !self.config.environments.contains_key(name) {
                    self.unknown_environment(step, name);
                    return None;
                }
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        if names.is_empty() {
            self.error(
                scenario.position.line,
                format!("scenario \"{}\" names no environment", scenario.name),
                "",
                "begin with `Given the development environment`",
            );
            return None;
        }
        Some(names.into_iter().map(str::to_owned).collect())
    }

    fn unknown_environment(&mut self, step: &gherkin::Step, name: &str) {
        let known = self.config.environments.keys().map(String::as_str);
        let help = did_you_mean(name, known.clone()).map_or_else(
            || format!("seaworthy.yaml names: {}", known.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        self.error(step.position.line, format!("there is no environment \"{name}\""), "", help);
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
