//! What earlier runs found: what each leaves behind, and what they tell together.
//!
//! A [`Past`] is what a run leaves: plain data that a folder keeps as JSON. A [`History`] is what all of
//! them say with the run at hand: since when what is so, what changes its verdict, how long it took.
//! What a run did not ask, or could not decide, says nothing: neither that it changed nor that it stayed.

mod names;
mod telling;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{FailureKind, Outcome, Run, ScenarioRun};

/// Of so many runs that decided a scenario the last are looked at for flakiness.
pub const WINDOW: usize = 20;
/// A scenario whose verdict changed so often within them is flaky.
pub const CHANGES: usize = 3;

/// What asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    /// The files alone.
    Check,
    /// Files and running stack.
    Verify,
}

impl Asking {
    /// The command's name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Verify => "verify",
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Exit code 0.
    Sound,
    /// 1.
    Broken,
    /// 3.
    Undecided,
}

impl Ended {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Broken => "broken",
            Self::Undecided => "undecided",
        }
    }
}

/// What a scenario or a claim came to in a run. The worst is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Found false.
    Broken,
    /// Nobody could tell, or a defect of ours ended it.
    Undecided,
    /// Planned, and not reached.
    NotRun,
    /// Proven.
    Proven,
}

impl Held {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Undecided => "undecided",
            Self::NotRun => "not run",
            Self::Proven => "proven",
        }
    }

    /// What a scenario came to.
    #[must_use]
    pub fn of(scenario: &ScenarioRun) -> Self {
        let found = || scenario.failures().any(|failure| failure.kind == FailureKind::Finding);
        match scenario.outcome {
            Outcome::Passed => Self::Proven,
            Outcome::Failed if found() => Self::Broken,
            Outcome::Failed | Outcome::Undecided => Self::Undecided,
            Outcome::NotRun => Self::NotRun,
        }
    }

    /// Whether it is false, if that was found out.
    const fn is_false(self) -> Option<bool> {
        match self {
            Self::Broken => Some(true),
            Self::Proven => Some(false),
            Self::Undecided | Self::NotRun => None,
        }
    }
}

/// What a run leaves for later ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// When it began: RFC 3339, UTC.
    pub started: String,
    /// How long it took.
    pub seconds: f64,
    /// The commit that was checked out.
    pub commit: Option<String>,
    /// Its branch.
    pub branch: Option<String>,
    /// What asked.
    pub command: Asking,
    /// Whether only a part of the scenarios was asked that the command can ask.
    pub partly: bool,
    /// What it came to.
    pub verdict: Ended,
    /// The stacks that came up.
    pub ready: Vec<Ready>,
    /// Each claim that was asked, by all its scenarios that were.
    pub claims: IndexMap<String, Held>,
    /// What was asked, each scenario once.
    pub scenarios: Vec<Judged>,
}

/// How long a stack took to be ready, images aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Its environment.
    pub environment: String,
    /// From the first command to the last service ready.
    pub seconds: f64,
}

/// A scenario in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// File, rule and title.
    pub scenario: String,
    /// Those that it speaks of.
    pub environments: Vec<String>,
    /// What tells a row of an outline from the others, or one of several of the same title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// What it came to by the files, if they were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Held>,
    /// What it came to on the running stack, if that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Held>,
}

/// What all runs that are known say, this one among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The runs, the oldest first; the last is this one.
    pub runs: Vec<PastRun>,
    /// Older results that are kept and were not read.
    pub unread: usize,
    /// The claims that any of them decided, in the order of the features.
    pub claims: Vec<ClaimHistory>,
    /// The scenarios that this run found broken, by a truth each.
    pub broken: Vec<ScenarioHistory>,
    /// Scenarios that are now so and now otherwise.
    pub flaky: Vec<Flaky>,
}

/// A run among others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastRun {
    /// When, and of which commit.
    #[serde(flatten)]
    pub at: Moment,
    /// Its branch.
    pub branch: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// What asked.
    pub command: Asking,
    /// Whether only a part was asked.
    pub partly: bool,
    /// What it came to.
    pub verdict: Ended,
    /// Of the claims that it asked, those that it proved.
    pub proven: usize,
    /// The claims that it asked.
    pub claims: usize,
    /// The stacks that came up.
    pub ready: Vec<Ready>,
}

/// A run, as others are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When it began: RFC 3339, UTC.
    pub started: String,
    /// The commit that was checked out.
    pub commit: Option<String>,
}

impl Moment {
    /// The minute, as people read it.
    #[must_use]
    pub fn when(&self) -> String {
        match (self.started.get(..10), self.started.get(11..16)) {
            (Some(day), Some(time)) => format!("{day} {time} UTC"),
            _ => self.started.clone(),
        }
    }

    /// The first digits of the commit.
    #[must_use]
    pub fn short(&self) -> Option<&str> {
        let commit = self.commit.as_deref()?;
        Some(commit.get(..7).unwrap_or(commit))
    }

    /// `2026-11-20 14:05 UTC (commit abc1234)`.
    #[must_use]
    pub fn told(&self) -> String {
        match self.short() {
            Some(commit) => format!("{} (commit {commit})", self.when()),
            None => self.when(),
        }
    }
}

/// Since when something is as it was found last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The first run that found it so, with no other verdict since.
    pub first: Moment,
    /// How many runs found it so, that one and the last among them.
    pub runs: usize,
    /// The last run that found otherwise; none if no run that is known did.
    pub before: Option<Moment>,
}

impl Since {
    /// In words: `broken since 2026-11-20 14:05 UTC (commit abc1234, 3 runs); last proven …`.
    #[must_use]
    pub fn told(&self, held: Held) -> String {
        let (word, other) = (held.word(), if held == Held::Broken { "proven" } else { "broken" });
        let first = &self.first;
        let commit = first.short().map_or_else(String::new, |commit| format!("commit {commit}, "));
        let runs = if self.runs == 1 { "1 run" } else { &format!("{} runs", self.runs) };
        let since = format!("{word} since {} ({commit}{runs})", first.when());
        match &self.before {
            Some(before) => format!("{since}; last {other} {}", before.told()),
            None => format!("{since}; never {other} in the runs that are known"),
        }
    }
}

/// A claim over the runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimHistory {
    /// Its id.
    pub claim: String,
    /// What was found last: proven or broken.
    pub held: Held,
    /// Whether this run found it; else an earlier one did, and this one did not ask or could not tell.
    pub asked: bool,
    /// Since when.
    pub since: Since,
    /// The last run that decided it.
    pub last: Moment,
    /// Where this run found it proven: the last look of an earlier one at something that this one did
    /// not ask, or could not decide, and that was broken then.
    pub besides: Option<Moment>,
}

/// What tells a scenario by one truth from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// File, rule and title.
    pub scenario: String,
    /// Those that it speaks of.
    pub environments: Vec<String>,
    /// `declared` or `observed`.
    pub truth: String,
    /// A digest of its sentences: what tells rows of an outline apart.
    pub sentences: String,
    /// Its line in the run at hand, from 1; 0 in what was kept before lines were.
    #[serde(default)]
    pub line: usize,
}

/// A scenario that is broken now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioHistory {
    /// Which.
    #[serde(flatten)]
    pub of: Told,
    /// Since when.
    pub since: Since,
}

/// Why a scenario is called flaky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It was proven and broken at one commit.
    SameCommit,
    /// Its verdict changed [`CHANGES`] times or more.
    BackAndForth,
}

/// A scenario on the running stack that is now so and now otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaky {
    /// Which.
    #[serde(flatten)]
    pub of: Told,
    /// Why it is called so.
    pub why: Why,
    /// The last [`WINDOW`] runs that decided it, the oldest first.
    pub runs: Vec<Look>,
}

impl Flaky {
    /// How often its verdict changed.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.runs.windows(2).filter(|pair| pair[0].held != pair[1].held).count()
    }
}

/// What a run found of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The run.
    #[serde(flatten)]
    pub at: Moment,
    /// Proven or broken.
    pub held: Held,
}

impl History {
    /// What is known of a claim.
    #[must_use]
    pub fn claim(&self, id: &str) -> Option<&ClaimHistory> {
        self.claims.iter().find(|known| known.claim == id)
    }

    /// Since when a scenario that is broken is so.
    #[must_use]
    pub fn broken_since(&self, run: &Run, scenario: &ScenarioRun) -> Option<&Since> {
        let known = self.broken.iter().find(|known| known.of.is(run, scenario));
        known.map(|known| &known.since)
    }
}

impl Told {
    /// Whether it is about a scenario of a run.
    #[must_use]
    pub fn is(&self, run: &Run, scenario: &ScenarioRun) -> bool {
        self.truth == scenario.truth.word()
            && self.environments == scenario.environments
            && (self.line == 0 || self.line == scenario.line)
            && self.sentences == sentences(scenario)
            && self.scenario == run.id(scenario)
    }
}

/// A digest of the sentences of a scenario.
fn sentences(scenario: &ScenarioRun) -> String {
    let mut hash = Sha256::new();
    for step in &scenario.steps {
        hash.update(&step.text);
        hash.update([0]);
    }
    let bytes = hash.finalize();
    let digits = bytes.iter().take(6).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests;
