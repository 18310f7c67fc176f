//! What a run was of, and when what happened: the document, the facts, the images, the time line.

use std::{sync::Arc, time::Duration};

use super::{ScenarioRun, graph::Graph, history::History};
use crate::{diagnostic::Diagnostic, source::Source};

/// Everything that is known of a run beside its verdicts.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// What the project is called: its folder's name.
    pub project: String,
    /// The architecture document, where there is one that may be quoted.
    pub document: Option<Arc<Source>>,
    /// The environments that were looked at, in the order of the configuration.
    pub environments: Vec<String>,
    /// Which part of the scenarios was judged; none where all that was asked for was.
    pub shard: Option<Part>,
    /// The commit that was checked out.
    pub commit: Option<Commit>,
    /// What it was found out with: a name and its version each.
    pub versions: Vec<(String, String)>,
    /// How often the engine was asked, by what for: method and resource of its API.
    pub engine_calls: Vec<(String, u64)>,
    /// What each environment is.
    pub facts: Vec<EnvironmentFacts>,
    /// A drawing of each environment as its files have it.
    pub drawings: Vec<(String, Graph)>,
    /// Who may reach whom in each environment, by its files.
    pub reach: Vec<Reach>,
    /// What the rules found in the files; nothing where nobody asked them.
    pub lint: Option<LintRun>,
    /// What pairs of environments differ in: each pair that a sentence holds against each other in full, and
    /// the first two.
    pub differences: Vec<Differences>,
    /// A drawing of what the first of these pairs differs in.
    pub difference: Option<Graph>,
    /// The images that the stacks ran on.
    pub images: Vec<ImageUsed>,
    /// What took its time, in the order in which it began.
    pub timeline: Vec<Stretch>,
    /// Verdicts that the features could give and that nobody asked for: a scenario by a truth each.
    /// Those of [`Run::only_observed`](super::Run::only_observed) are not among them.
    pub left_out: Vec<ScenarioRun>,
    /// What this run and earlier ones say together, where their results are kept.
    pub history: Option<History>,
    /// What kept some of this from being known; it concerns no verdict.
    pub remarks: Vec<Diagnostic>,
}

/// One part of several into which the scenarios were cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    number: usize,
    of: usize,
}

impl Part {
    /// The part of a number, from 1; none where there are not so many.
    #[must_use]
    pub const fn new(number: usize, of: usize) -> Option<Self> {
        if number == 0 || number > of { None } else { Some(Self { number, of }) }
    }

    /// Which of them, from 1.
    #[must_use]
    pub const fn number(self) -> usize {
        self.number
    }

    /// How many there are.
    #[must_use]
    pub const fn of(self) -> usize {
        self.of
    }

    /// What every report says of a run that is one.
    #[must_use]
    pub fn told(self) -> Diagnostic {
        let Self { number, of } = self;
        Diagnostic::warning(format!(
            "this is part {number}/{of} of a run: the others are not asked here"
        ))
        .help("join all parts: `seaworthy report --merge` says what they come to together")
    }
}

/// Who may reach whom in an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The environment.
    pub environment: String,
    /// Its services, those on the same networks beside each other, each with its networks.
    pub services: Vec<(String, Vec<String>)>,
    /// The ways between them.
    pub ways: Vec<Way>,
}

/// A way from one service to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Who may reach.
    pub from: String,
    /// Who may be reached.
    pub to: String,
    /// The networks that both are on.
    pub networks: Vec<String>,
    /// The ports, as far as the files tell.
    pub ports: Vec<String>,
    /// Whether one names the other.
    pub is_named: bool,
}

/// Everything that two environments differ in, by their files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Both.
    pub environments: [String; 2],
    /// In the order of the first one's files.
    pub rows: Vec<Difference>,
}

/// What two environments differ in, at one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The attribute's path.
    pub path: String,
    /// The value in each, as a table has it.
    pub sides: [String; 2],
    /// Where it is written: in the second, or else in the first.
    pub place: Option<Place>,
    /// The reason that a sentence gives for it; none if no sentence lists it.
    pub why: Option<String>,
}

/// What the rules of `lint` found.
#[derive(Debug, Clone, Default)]
pub struct LintRun {
    /// What was judged, and by how many rules, in one line.
    pub summary: String,
    /// The findings, the worst first.
    pub findings: Vec<LintFinding>,
}

/// Something that a rule found.
#[derive(Debug, Clone)]
pub struct LintFinding {
    /// The rule.
    pub rule: String,
    /// How bad it is: `critical`, `high`, `medium`, `low`.
    pub severity: String,
    /// What is wrong, where it is written, and what to do.
    pub told: Diagnostic,
    /// The reason of the comment that allows it.
    pub allowed: Option<String>,
    /// What tells it from others, whatever lines it moves to.
    pub fingerprint: String,
}

/// A commit, as the repository's own files say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id in hexadecimal digits.
    pub id: String,
    /// The branch that was checked out, if it was one.
    pub branch: Option<String>,
}

/// An image that services of a stack ran on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUsed {
    /// The environment.
    pub environment: String,
    /// The services, in the order of their containers.
    pub services: Vec<String>,
    /// Its name in the files.
    pub name: String,
    /// What the engine knows it by: the digest of its configuration.
    pub id: String,
}

/// What kind of work a stretch of the time line was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Scenarios judged by the files, all of them.
    Files,
    /// Something that a stack needs before its services start: preparation, pulls, builds.
    Preparation,
    /// A service, from its start until it was ready.
    Service,
    /// A scenario on the running stack.
    Scenario,
    /// Looking at the stacks once more, and removing them.
    End,
}

impl Work {
    /// The word for it in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Preparation => "preparation",
            Self::Service => "service",
            Self::Scenario => "scenario",
            Self::End => "end",
        }
    }
}

/// Something that took its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// What kind of work it was.
    pub work: Work,
    /// The environment, where it was one's own.
    pub environment: Option<String>,
    /// What it was: a step, a service, a scenario's title.
    pub what: String,
    /// When it began, since the run did.
    pub begun: Duration,
    /// When it ended, since the run began.
    pub ended: Duration,
    /// Of a service: those that had to be ready or started before it.
    pub waited_for: Vec<String>,
    /// Whether it came to the end that was meant.
    pub done: bool,
}

/// What one environment is, by all that was looked at.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentFacts {
    /// Its name.
    pub environment: String,
    /// A table a topic, in the order of the topics.
    pub tables: Vec<FactTable>,
}

/// All facts of a topic in one environment.
#[derive(Debug, Clone)]
pub struct FactTable {
    /// The topic's name.
    pub topic: String,
    /// What it is about, in one line.
    pub about: String,
    /// The columns; the first is the subject.
    pub columns: Vec<String>,
    /// The numbers of the columns that say which thing a row is about.
    pub keys: Vec<usize>,
    /// The rows, in the order of the files.
    pub rows: Vec<FactRow>,
    /// Whether the running stack showed this topic.
    pub observed: bool,
    /// Why the running stack did not show it, though it was asked.
    pub unseen: Option<String>,
}

/// A thing as the files declare it and as the running stack shows it.
#[derive(Debug, Clone)]
pub struct FactRow {
    /// What the files say; none for what no file says.
    pub declared: Option<Line>,
    /// What the running stack shows; none where it was not asked, shows the same, or has no such thing.
    pub observed: Option<Line>,
    /// Whether the two differ.
    pub drift: bool,
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// A cell for each column of the topic.
    pub cells: Vec<Shown>,
    /// In whose words it was seen; empty where the files say it.
    pub seen: String,
    /// Where it is declared.
    pub place: Option<Place>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as messages name it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

impl Place {
    /// `file:line`.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// A cell as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What is so; `?` where nobody knows it.
    pub text: String,
    /// How much of it is told.
    pub kind: Disclosure,
}

/// How much of a cell is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disclosure {
    /// All.
    Whole,
    /// Of a secret, its length; the sentences know it by the same words.
    Length,
    /// A secret stands in it, which was taken out.
    Hidden,
    /// Nothing: nobody knows it from this source, and why.
    Unknown(String),
}

/// An exception that a sentence names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Of what the sentence need not be true.
    pub subject: String,
    /// Why that is accepted.
    pub reason: String,
    /// The last day on which it holds, as the feature writes it; none if it has no end.
    pub until: Option<String>,
}
