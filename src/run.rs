//! What happened, as plain data.
//!
//! The runner fills one [`Run`]; every report is a function of it. Nothing here
//! knows how it was found out or how it will be told.

mod about;
mod faults;
pub mod graph;
pub mod history;
mod merge;
mod step;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use indexmap::{IndexMap, IndexSet};

pub use self::{
    about::{
        About, Commit, Difference, Differences, Disclosure, EnvironmentFacts, Exception, FactRow,
        FactTable, ImageUsed, Line, LintFinding, LintRun, Part, Place, Reach, Shown, Stretch, Way,
        Work,
    },
    faults::{Fault, Violation},
    merge::merge,
    step::{Connection, StepRun},
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    source::{Source, Span},
};

/// By what a statement is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// What the files say; needs no engine.
    Declared,
    /// What the running stack does.
    Observed,
}

impl Truth {
    /// The word people read: `declared` or `observed`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Observed => "observed",
        }
    }
}

/// Something that was seen and bears out a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What was looked at, for instance `log of "nginx"`.
    pub what: String,
    /// What was seen there.
    pub seen: String,
}

impl Evidence {
    /// Evidence from anything printable.
    pub fn new(what: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { what: what.into(), seen: seen.into() }
    }
}

/// Whose fault a failed step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The stack is not what the sentence says.
    Finding,
    /// Nobody could look: no rights, no program, the container has ended, the engine would not say.
    /// The failure names what was missing and how to give it.
    Undecided,
    /// A defect of seaworthy itself.
    Bug,
}

/// The last lines that a service wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTail {
    /// The service's name in the Compose files.
    pub service: String,
    /// Lines, oldest first.
    pub lines: Vec<String>,
}

/// A text in a file that was read.
pub type Spot = (Arc<Source>, Span);

/// Something that happened to a service, whichever scenario ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The service's name in the Compose files.
    pub service: String,
    /// What happened, to be read after the service's name.
    pub what: String,
    /// What in the files is to blame, or declares the service.
    pub spot: Option<Spot>,
    /// Facts on how it came to be so.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: String,
    /// The last lines that the service wrote, oldest first.
    pub last_words: Vec<String>,
}

impl Incident {
    /// One without a place, notes and last words.
    pub fn new(service: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            what: what.into(),
            spot: None,
            notes: Vec::new(),
            help: String::new(),
            last_words: Vec::new(),
        }
    }

    /// As something to show: the service first, on the line that declares it.
    #[must_use]
    pub fn diagnostic(&self, environment: &str, severity: Severity) -> Diagnostic {
        let mut diagnostic = Diagnostic {
            severity,
            ..Diagnostic::error(format!("service \"{}\" {}", self.service, self.what))
        };
        if let Some((source, span)) = &self.spot {
            diagnostic = diagnostic.at(source, span.clone(), "declared here");
        }
        diagnostic = diagnostic.note(format!("in the {environment} environment"));
        diagnostic = self.notes.iter().fold(diagnostic, |shown, note| shown.note(note.as_str()));
        diagnostic = diagnostic.note(if self.last_words.is_empty() {
            format!("{} has logged nothing", self.service)
        } else {
            format!("last words of {}:\n{}", self.service, self.last_words.join("\n"))
        });
        if self.help.is_empty() { diagnostic } else { diagnostic.help(self.help.as_str()) }
    }
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// What the sentence asks for; of an undecided one, what was tried.
    pub expected: String,
    /// What is there instead; of an undecided one, what was missing.
    pub found: String,
    /// The file, service or address at fault.
    pub place: Option<String>,
    /// The text at fault, where a file that we read says it.
    pub spot: Option<Spot>,
    /// Everything that is not so, each with its own place; none where the failure is one fault.
    pub violations: Vec<Violation>,
    /// The way by which what was found came there.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: String,
    /// The services whose logs tell more.
    pub services: Vec<String>,
    /// Their last words.
    pub logs: Vec<LogTail>,
}

impl Failure {
    /// The stack is not what the sentence says.
    pub fn finding(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Finding,
            expected: expected.into(),
            found: found.into(),
            place: None,
            spot: None,
            violations: Vec::new(),
            notes: Vec::new(),
            help: String::new(),
            services: Vec::new(),
            logs: Vec::new(),
        }
    }

    /// The question could not be answered: what was tried, and what was missing.
    pub fn undecided(tried: impl Into<String>, missing: impl Into<String>) -> Self {
        Self { kind: FailureKind::Undecided, ..Self::finding(tried, missing) }
    }

    /// Names the place at fault.
    #[must_use]
    pub fn place(mut self, place: impl Into<String>) -> Self {
        // One without a name is none.
        self.place = Some(place.into()).filter(|place| !place.is_empty());
        self
    }

    /// Shows the text at fault; the place follows from it.
    #[must_use]
    pub fn spot(mut self, source: &Arc<Source>, span: Span) -> Self {
        self.place = Some(format!("{}:{}", source.path(), source.place(span.start)));
        self.spot = Some((Arc::clone(source), span));
        self
    }

    /// Tells everything that is not so, each with its own place.
    #[must_use]
    pub fn violations(mut self, violations: impl IntoIterator<Item = Violation>) -> Self {
        self.violations.extend(violations);
        self
    }

    /// Adds a fact on how it came to be so.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Names the services whose logs tell more.
    #[must_use]
    pub fn services<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.services.extend(names.into_iter().map(Into::into));
        self
    }
}

/// How a step or a scenario ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Proven.
    Passed,
    /// Found false, or ended by a defect of seaworthy: see the failure.
    Failed,
    /// Nobody could look: see the failure.
    Undecided,
    /// Not reached, because something before it failed.
    NotRun,
}

impl Outcome {
    /// What a step or a scenario comes to by its failure, or without one.
    #[must_use]
    pub fn of(failure: Option<&Failure>) -> Self {
        match failure.map(|failure| failure.kind) {
            None => Self::Passed,
            Some(FailureKind::Undecided) => Self::Undecided,
            Some(FailureKind::Finding | FailureKind::Bug) => Self::Failed,
        }
    }
}

/// A scenario, judged by one truth.
#[derive(Debug, Clone)]
pub struct ScenarioRun {
    /// The feature file.
    pub source: Arc<Source>,
    /// Title of the feature.
    pub feature: String,
    /// Title of the rule, if it stands in one.
    pub rule: Option<String>,
    /// Title of the scenario.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// Tags of feature, rule and scenario, without `@`.
    pub tags: Vec<String>,
    /// The environments that it speaks of.
    pub environments: Vec<String>,
    /// By what it was judged.
    pub truth: Truth,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was not run, where that has a reason of its own.
    pub not_run: Option<String>,
    /// Its steps in order.
    pub steps: Vec<StepRun>,
    /// What went wrong outside the steps, for instance while restoring what the scenario broke.
    pub aftermath: Option<Failure>,
    /// How long it took.
    pub duration: Duration,
}

impl ScenarioRun {
    /// `path:line`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.source.path(), self.line)
    }

    /// What its failures come to: a finding or a defect outweighs what nobody could look at.
    #[must_use]
    pub fn worst(&self) -> Outcome {
        let outcomes: Vec<Outcome> =
            self.failures().map(|failure| Outcome::of(Some(failure))).collect();
        if outcomes.contains(&Outcome::Failed) {
            Outcome::Failed
        } else {
            outcomes.first().copied().unwrap_or(Outcome::Passed)
        }
    }

    /// Everything that went wrong, in order.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.steps.iter().filter_map(|step| step.failure.as_ref()).chain(&self.aftermath)
    }

    /// The first failure, and the step it belongs to when it belongs to one.
    #[must_use]
    pub fn failure(&self) -> Option<(Option<&StepRun>, &Failure)> {
        self.steps
            .iter()
            .find_map(|step| step.failure.as_ref().map(|failure| (Some(step), failure)))
            .or_else(|| self.aftermath.as_ref().map(|failure| (None, failure)))
    }
}

/// How a stack is kept apart from the rest of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Isolation {
    /// Folders of the host that the run sees through a view of its own, and how: `overlay`, `copy`.
    pub views: Vec<(String, &'static str)>,
    /// Data folders and volumes in whose place the run has empty ones, and why.
    pub fresh: Vec<String>,
    /// What is shared on purpose.
    pub shared: IndexSet<String>,
}

/// A stack that was brought up.
#[derive(Debug, Clone)]
pub struct StackRun {
    /// The environment's name.
    pub environment: String,
    /// The Compose project's name.
    pub project: String,
    /// From the first command to the last service ready; builds are apart.
    pub ready_after: Duration,
    /// Time spent on images before that.
    pub images: Duration,
    /// Time to remove everything again.
    pub removed_after: Option<Duration>,
    /// Which images it ran on, in one line.
    pub images_from: String,
    /// In what it differs from the files so that it touches nothing of others, and what it shares; a line each.
    pub notes: Vec<String>,
    /// The engine it ran on: its address, and what named it.
    pub engine: String,
    /// How it is kept apart from the rest of the machine.
    pub isolation: Isolation,
}

/// A whole run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The folder that the paths of sources start from.
    pub here: Utf8PathBuf,
    /// The folder that paths in reports for programs start from: the repository's.
    pub root: Utf8PathBuf,
    /// When it began.
    pub started: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// The stacks that were used.
    pub stacks: Vec<StackRun>,
    /// The scenarios, in the order of the features; one that two truths judge stands there twice.
    pub scenarios: Vec<ScenarioRun>,
    /// Scenarios that were asked for and that only the running stack can judge, which nobody asked.
    pub only_observed: Vec<ScenarioRun>,
    /// What is wrong with the stacks, whichever scenario ran: a service that does not come up, one
    /// that ended and nobody asked it to.
    pub findings: Vec<Diagnostic>,
    /// What went wrong outside any scenario.
    pub errors: Vec<Diagnostic>,
    /// What it was a run of, and when what happened.
    pub about: About,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Proven.
    pub passed: usize,
    /// Not as stated.
    pub failed: usize,
    /// Nobody could look.
    pub undecided: usize,
    /// Never run.
    pub not_run: usize,
}

impl Run {
    /// A source's path from the root, or absolute if it lies elsewhere.
    #[must_use]
    pub fn path(&self, path: &Utf8Path) -> Utf8PathBuf {
        let mut clean = Utf8PathBuf::new();
        for part in self.here.join(path).components() {
            match part {
                Utf8Component::ParentDir => _ = clean.pop(),
                Utf8Component::CurDir => {}
                part => clean.push(part),
            }
        }
        clean.strip_prefix(&self.root).map(Utf8Path::to_owned).unwrap_or(clean)
    }

    /// Counts scenarios: one is proven when every truth that judges it says so.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for verdicts in self.verdicts() {
            let any = |outcome| verdicts.iter().any(|verdict| verdict.outcome == outcome);
            if any(Outcome::Failed) {
                counts.failed += 1;
            } else if any(Outcome::Undecided) {
                counts.undecided += 1;
            } else if any(Outcome::NotRun) {
                counts.not_run += 1;
            } else {
                counts.passed += 1;
            }
        }
        counts
    }

    /// How many scenarios of the features this run was not asked to judge at all (`--tags`, paths, `--shard`):
    /// neither by a truth that it asked, nor by the running stack that it did not ask.
    #[must_use]
    pub fn left_out(&self) -> usize {
        let key = |one: &ScenarioRun| format!("{} {}", one.place(), one.name);
        let asked: BTreeSet<String> =
            self.scenarios.iter().chain(&self.only_observed).map(key).collect();
        let left: BTreeSet<String> = self.about.left_out.iter().map(key).collect();
        left.difference(&asked).count()
    }

    /// The scenarios in the order of the features, each with the verdicts of all its truths.
    #[must_use]
    pub fn verdicts(&self) -> Vec<Vec<&ScenarioRun>> {
        let mut verdicts: IndexMap<String, Vec<&ScenarioRun>> = IndexMap::new();
        for scenario in &self.scenarios {
            // A title is its scenario's own; outlines share it among their rows.
            let key = format!("{} {}", scenario.place(), scenario.name);
            verdicts.entry(key).or_default().push(scenario);
        }
        verdicts.into_values().collect()
    }

    /// The scenarios on which files and running stack do not agree: what the files say, and what runs.
    #[must_use]
    pub fn drift(&self) -> Vec<(&ScenarioRun, &ScenarioRun)> {
        let of = |verdicts: &[&'_ ScenarioRun], truth| {
            verdicts.iter().position(|verdict| verdict.truth == truth)
        };
        let pairs = self.verdicts().into_iter().filter_map(|verdicts| {
            let declared = verdicts[of(&verdicts, Truth::Declared)?];
            let observed = verdicts[of(&verdicts, Truth::Observed)?];
            Some((declared, observed))
        });
        let decided = |run: &ScenarioRun| matches!(run.outcome, Outcome::Passed | Outcome::Failed);
        pairs
            .filter(|(declared, observed)| {
                declared.outcome != observed.outcome && decided(declared) && decided(observed)
            })
            .collect()
    }

    /// The process's exit code, computed here and nowhere else: 0 sound, 1 a
    /// finding, 3 something could not be found out and nothing was found wrong.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let mut failures = self.scenarios.iter().flat_map(ScenarioRun::failures);
        let found = failures.any(|failure| failure.kind == FailureKind::Finding);
        if found || !self.findings.is_empty() {
            return 1;
        }
        let counts = self.counts();
        let errors = self.errors.iter().any(|error| error.severity == Severity::Error);
        let open = counts.failed + counts.undecided + counts.not_run;
        if errors || open > 0 { 3 } else { 0 }
    }
}
