//! A feature judged: what would prove nothing, or could not be understood, is an error.

use std::{ops::Range, sync::Arc};

use cucumber::feature::Ext as _;

use super::{
    DISRUPTIVE, Filter, Planned, Suite,
    lines_of::{self, Lines},
};
use crate::{
    config::Config,
    diagnostic::Diagnostic,
    run::{Spot, Truth},
    source::{Source, Span},
    steps::{
        Arguments, Keyword, Match, Vocabulary,
        order::{self, DEEDS, Deed},
        vocabulary::{Misunderstood, RowFault},
    },
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
    /// By which lines it is asked for.
    lines: Lines,
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
        let (own, of_rules) = lines_of::of(self.source, &feature);
        for line in self.filter.lines_in(self.source.path()) {
            let all = || own.iter().chain(of_rules.iter().flatten());
            if !all().any(|lines| lines.cover(line)) {
                self.errors.push(lines_of::nothing_at(self.source, line, all()));
            }
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
        let mut lines = own.into_iter();
        expanded.scenarios.retain(|scenario| {
            let place = lines.next().map(|lines| Place { feature: &whole, rule: None, lines });
            place.is_some_and(|place| self.scenario(scenario, &place))
        });
        for ((rule, whole_rule), own) in expanded.rules.iter_mut().zip(&whole.rules).zip(of_rules) {
            let mut lines = own.into_iter();
            rule.scenarios.retain(|scenario| {
                let rule = Some(whole_rule);
                let place = lines.next().map(|lines| Place { feature: &whole, rule, lines });
                place.is_some_and(|place| self.scenario(scenario, &place))
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
        let Place { feature, rule, lines } = place;
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
                Ok(mut found) => {
                    found.arguments.lines = self.row_spots(step, &found.arguments);
                    matches.push((step, found));
                }
                Err(why) => self.misunderstood(step, why),
            }
        }
        if self.errors.len() > errors || matches.is_empty() {
            return false;
        }
        if matches.iter().all(|(_, found)| found.step.keyword != Keyword::Then) {
            self.error(
                scenario.position.line,
                format!("scenario \"{}\" states nothing", scenario.name),
                "it would prove nothing",
                "add a `Then`: it says what is true afterwards",
            );
        }
        self.order(&matches);
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
        if !self.filter.wants(&planned, lines) {
            self.suite.rest.push(planned);
            return false;
        }
        self.suite.plan.push(planned);
        true
    }

    /// A sentence on a response stands behind one that asks for it; another environment is another visit.
    fn order(&mut self, matches: &[(&gherkin::Step, Match)]) {
        let mut done: Vec<Deed> = Vec::new();
        let mut there: Option<&str> = None;
        let mut prepared: Option<&gherkin::Step> = None;
        for (step, found) in matches {
            if order::prepares_a_request(found.step) {
                prepared = Some(step);
            } else if order::sends_a_request(found.step) {
                prepared = None;
            }
            let mut kinds = found.step.parameters();
            if found.step.keyword == Keyword::Given
                && let Some(at) = kinds.position(|kind| kind == "environment")
            {
                let goes_to = found.arguments.text(at).ok();
                if goes_to != there || found.step.expression.starts_with("an empty") {
                    done.clear();
                }
                there = goes_to;
            }
            for deed in DEEDS {
                if deed.is_spoken_of(found.step) && !done.contains(deed) {
                    self.error(
                        step.position.line,
                        format!(
                            "\"{}\" stands behind no sentence that makes {}",
                            step.value, deed.what
                        ),
                        "there is nothing to look at yet",
                        deed.help,
                    );
                }
                if deed.is_done_by(found.step) {
                    done.push(*deed);
                }
            }
        }
        if let Some(step) = prepared {
            self.error(
                step.position.line,
                format!("\"{}\" stands before no sentence that sends a request", step.value),
                "nothing would be sent with it",
                "say `When the browser requests \"/\"` after it, or remove it",
            );
        }
    }

    /// The rows of the table below a step, each with its line.
    fn row_spots(&self, step: &gherkin::Step, said: &Arguments) -> Vec<(Vec<String>, Spot)> {
        if said.rows.is_empty() {
            return Vec::new();
        }
        let first = usize::from(!said.header.is_empty());
        let lines = self.source.text().lines().enumerate().skip(step.position.line);
        let lines = lines.filter(|(_, text)| text.trim_start().starts_with('|')).skip(first);
        let spot = |(row, (at, _)): (&Vec<String>, (usize, &str))| {
            (row.clone(), (Arc::clone(self.source), self.source.line(at + 1)))
        };
        said.rows.iter().zip(lines).map(spot).collect()
    }

    /// The line of a row of the table below a step; comments may stand between the rows.
    fn row_line(&self, step: usize, row: usize) -> usize {
        let lines = self.source.text().lines().enumerate().skip(step);
        let mut rows = lines.filter(|(_, text)| text.trim_start().starts_with('|'));
        rows.nth(row).map_or(step, |(at, _)| at + 1)
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
            Misunderstood::Row(RowFault { row, why, help }) => {
                self.error(self.row_line(line, row), why, "", help);
            }
            Misunderstood::Wrong { why, at, help } => {
                let help = help.unwrap_or_else(|| {
                    format!(
                        "`seaworthy steps` shows an example of each sentence (keyword {})",
                        step.keyword.trim()
                    )
                });
                let place = at.and_then(|at| self.words(step, &at));
                let place = place.unwrap_or_else(|| self.source.line(line));
                let error = Diagnostic::error(why).at(self.source, place, "").help(help);
                self.errors.push(error);
            }
        }
    }

    /// Where a part of a sentence stands; none where an outline put it together.
    fn words(&self, step: &gherkin::Step, at: &Range<usize>) -> Option<Span> {
        let line = self.source.line(step.position.line);
        let start = line.start + self.source.text().get(line)?.find(&step.value)?;
        Some(start + at.start..start + at.end)
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
