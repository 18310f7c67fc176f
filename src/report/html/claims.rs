//! The claims of a run: what each comes to by each truth, and the scenarios that carry it.

use indexmap::IndexMap;

pub(super) use crate::document::judged::{State, worst};
use crate::{
    document::judged::Ended,
    run::{FailureKind, Outcome, Run, ScenarioRun, Truth},
};

/// A scenario judged by one truth, or one that nobody asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict<'r> {
    pub(super) scenario: &'r ScenarioRun,
    pub(super) state: State,
}

impl<'r> Verdict<'r> {
    fn asked(scenario: &'r ScenarioRun) -> Self {
        let is_finding = |kind| kind == FailureKind::Finding;
        let ended = match scenario.outcome {
            Outcome::Failed => {
                Ended::Failed { found: scenario.failures().any(|failure| is_finding(failure.kind)) }
            }
            Outcome::Undecided | Outcome::NotRun => Ended::Open,
            Outcome::Passed => {
                let excepted = scenario.steps.iter().any(|step| !step.exceptions.is_empty());
                Ended::Passed { excepted }
            }
        };
        let state = State::of(ended);
        Self { scenario, state }
    }
}

/// Everything that could be judged, in the order of the features, with what was not asked.
pub(super) fn verdicts(run: &Run) -> Vec<Verdict<'_>> {
    let unasked = run.only_observed.iter().chain(&run.about.left_out);
    let unasked = unasked.map(|scenario| Verdict { scenario, state: State::NotAsked });
    let mut all: Vec<_> = run.scenarios.iter().map(Verdict::asked).chain(unasked).collect();
    // The files' own order: a stable sort keeps rows of an outline, and declared before observed.
    all.sort_by(|a, b| {
        let (a, b) = (a.scenario, b.scenario);
        let paths = a.source.path().cmp(b.source.path());
        paths.then(a.line.cmp(&b.line)).then(a.truth.cmp(&b.truth))
    });
    all
}

/// A statement of the architecture.
#[derive(Debug, Clone)]
pub(super) struct Claim<'r> {
    pub(super) id: &'r str,
    /// In the order of the features.
    pub(super) verdicts: Vec<Verdict<'r>>,
}

impl Claim<'_> {
    /// One of which the document speaks and no scenario.
    pub(super) fn nobodys(id: &str) -> Claim<'_> {
        Claim { id, verdicts: Vec::new() }
    }

    /// What it comes to: a single scenario breaks it.
    pub(super) fn state(&self) -> State {
        worst(self.verdicts.iter().map(|verdict| verdict.state))
    }

    /// What it comes to by one truth; none where that truth has no say.
    pub(super) fn by(&self, truth: Truth) -> Option<State> {
        let of = |verdict: &&Verdict<'_>| verdict.scenario.truth == truth;
        let mut states = self.verdicts.iter().filter(of).map(|verdict| verdict.state).peekable();
        states.peek()?;
        Some(worst(states))
    }

    /// Whether something that could be asked was not.
    pub(super) fn is_partly_asked(&self) -> bool {
        let unasked = |verdict: &Verdict<'_>| verdict.state == State::NotAsked;
        self.state() != State::NotAsked && self.verdicts.iter().any(unasked)
    }
}

/// A tag is a claim's id if it begins with a capital.
pub(super) fn is_claim(tag: &str) -> bool {
    tag.starts_with(char::is_uppercase)
}

/// The claims that scenarios carry, in the order in which the features name them.
pub(super) fn of<'r>(verdicts: &[Verdict<'r>]) -> IndexMap<&'r str, Claim<'r>> {
    let mut claims: IndexMap<&str, Claim<'_>> = IndexMap::new();
    for verdict in verdicts {
        for tag in verdict.scenario.tags.iter().filter(|tag| is_claim(tag)) {
            claims.entry(tag).or_insert_with(|| Claim::nobodys(tag)).verdicts.push(*verdict);
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};

    #[test]
    fn a_claim_is_as_bad_as_its_worst_scenario() {
        let mut run = samples::every_outcome();
        let state = |run: &Run| of(&verdicts(run))["FLOW-1"].state();
        assert_eq!(state(&run), State::Broken);
        run.scenarios.retain(|scenario| scenario.outcome != Outcome::Failed);
        assert_eq!(state(&run), State::Undecided, "one could not be looked at");
        run.scenarios.retain(|scenario| scenario.outcome == Outcome::Passed);
        assert_eq!(state(&run), State::Proven);
        assert!(of(&verdicts(&run))["FLOW-1"].is_partly_asked());
        run.scenarios.clear();
        assert_eq!(state(&run), State::NotAsked);
        assert_eq!(Claim::nobodys("A-1").state(), State::NoScenario);
    }

    #[test]
    fn a_defect_of_ours_breaks_no_claim() {
        let mut run = samples::every_outcome();
        run.scenarios.retain(|scenario| scenario.name == "a defect");
        assert_eq!(verdicts(&run)[0].state, State::Undecided);
    }
}
