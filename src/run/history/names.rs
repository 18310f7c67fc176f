//! What tells the scenarios of a run apart, run after run.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::sentences;
use crate::run::{Run, ScenarioRun, Truth};

/// What tells a scenario by one truth from others, run after run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) scenario: String,
    pub(super) environments: Vec<String>,
    pub(super) row: Option<String>,
    pub(super) truth: Truth,
}

/// The scenarios that share a title and their environments, by their lines; of each what its row is,
/// and a digest of its sentences.
type Namesakes = BTreeMap<usize, (bool, String)>;

/// All scenarios of a run, asked or not: which of them have a title for themselves depends on no option.
pub(super) struct Names {
    known: HashMap<(String, Vec<String>), Namesakes>,
}

impl Names {
    pub(super) fn of(run: &Run) -> Self {
        let mut known: HashMap<_, Namesakes> = HashMap::new();
        for one in run.scenarios.iter().chain(&run.only_observed).chain(&run.about.left_out) {
            let namesakes = known.entry((run.id(one), one.environments.clone())).or_default();
            namesakes.entry(one.line).or_insert_with(|| (is_row(one), sentences(one)));
        }
        Self { known }
    }

    /// What a scenario of the run is called in others.
    pub(super) fn key(&self, run: &Run, scenario: &ScenarioRun) -> Key {
        let title = (run.id(scenario), scenario.environments.clone());
        let row = self.known.get(&title).and_then(|namesakes| row(namesakes, scenario.line));
        let (scenario, environments, truth) = (title.0, title.1, scenario.truth);
        Key { scenario, environments, row, truth }
    }
}

/// What tells a row of an outline, or one of several of a title, from the others: its sentences, and
/// among those of the same its number. Any other scenario has its title, and may be worded anew.
fn row(namesakes: &Namesakes, line: usize) -> Option<String> {
    let (is_row, sentences) = namesakes.get(&line)?;
    if !is_row && namesakes.len() == 1 {
        return None;
    }
    let same = namesakes.range(..line).filter(|(_, (_, other))| other == sentences);
    Some(match same.count() {
        0 => sentences.clone(),
        before => format!("{sentences}-{}", before + 1),
    })
}

/// Whether a scenario is a row of an outline: its line is that of its cells.
fn is_row(scenario: &ScenarioRun) -> bool {
    let source = &scenario.source;
    let line = source.text().get(source.line(scenario.line));
    line.is_some_and(|line| line.trim_start().starts_with('|'))
}

/// What earlier runs said of a claim by scenarios that are no longer there, or were called otherwise:
/// the number of the run, and whether it found it false.
///
/// `said` is what each run recorded of the claim, where it decided it; `looks` and `falsehoods` are the
/// runs in which a scenario that is there today was decided, and found false.
pub(super) fn of_others(
    said: impl Iterator<Item = (usize, bool)>,
    looks: &BTreeSet<usize>,
    falsehoods: &BTreeSet<usize>,
) -> Vec<(usize, bool)> {
    let is_others = |(run, is_false): &(usize, bool)| {
        if *is_false { !falsehoods.contains(run) } else { !looks.contains(run) }
    };
    said.filter(is_others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namesakes(all: &[(usize, bool, &str)]) -> Namesakes {
        let known = all.iter().map(|(line, is_row, text)| (*line, (*is_row, (*text).to_owned())));
        known.collect()
    }

    #[test]
    fn what_shares_a_title_is_told_apart() {
        let alone = namesakes(&[(3, false, "a")]);
        assert_eq!(row(&alone, 3), None, "it may be worded anew");
        let rows = namesakes(&[(5, true, "a"), (6, true, "b"), (12, true, "a"), (13, true, "a")]);
        let told: Vec<_> = [5, 6, 12, 13].iter().filter_map(|line| row(&rows, *line)).collect();
        assert_eq!(told, ["a", "b", "a-2", "a-3"]);
        let titles = namesakes(&[(3, false, "a"), (9, false, "b")]);
        assert_eq!(row(&titles, 9).as_deref(), Some("b"));
    }

    #[test]
    fn what_nothing_of_today_accounts_for_is_of_others() {
        let said = [(0, true), (1, true), (2, false), (3, false)];
        let (looks, falsehoods) = ([1, 3].into(), [1].into());
        let others = of_others(said.into_iter(), &looks, &falsehoods);
        assert_eq!(others, [(0, true), (2, false)]);
    }
}
