//! What happened, as plain data.
//!
//! The runner fills one [`Run`]; every report is a function of it. Nothing here
//! knows how it was found out or how it will be told.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use indexmap::IndexMap;

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
    /// We could not find out.
    Error,
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

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// What the sentence asks for.
    pub expected: String,
    /// What is there instead.
    pub found: String,
    /// The file, service or address at fault.
    pub place: Option<String>,
    /// The text at fault, where a file that we read says it.
    pub spot: Option<(Arc<Source>, Span)>,
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
            notes: Vec::new(),
            help: String::new(),
            services: Vec::new(),
            logs: Vec::new(),
        }
    }

    /// The question could not be answered.
    pub fn error(doing: impl Into<String>, why: impl Into<String>) -> Self {
        Self { kind: FailureKind::Error, ..Self::finding(doing, why) }
    }

    /// Names the place at fault.
    #[must_use]
    pub fn place(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Shows the text at fault; the place follows from it.
    #[must_use]
    pub fn spot(mut self, source: &Arc<Source>, span: Span) -> Self {
        self.place = Some(format!("{}:{}", source.path(), source.place(span.start)));
        self.spot = Some((Arc::clone(source), span));
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
    /// Found false, or not decided: see the failure.
    Failed,
    /// Not reached, because something before it failed.
    NotRun,
}

/// A step and what came of it.
#[derive(Debug, Clone)]
pub struct StepRun {
    /// The keyword as written (`Given`, `And`, …).
    pub keyword: String,
    /// The sentence.
    pub text: String,
    /// Its line in the feature file.
    pub span: Span,
    /// How it ended.
    pub outcome: Outcome,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// How long it took.
    pub duration: Duration,
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
    /// By what it was judged.
    pub truth: Truth,
    /// How it ended.
    pub outcome: Outcome,
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

    /// The first failure, and the step it belongs to when it belongs to one.
    #[must_use]
    pub fn failure(&self) -> Option<(Option<&StepRun>, &Failure)> {
        self.steps
            .iter()
            .find_map(|step| step.failure.as_ref().map(|failure| (Some(step), failure)))
            .or_else(|| self.aftermath.as_ref().map(|failure| (None, failure)))
    }
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
}

/// A whole run.
#[derive(Debug, Clone)]
pub struct Run {
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
    /// What went wrong outside any scenario.
    pub errors: Vec<Diagnostic>,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Proven.
    pub passed: usize,
    /// Not as stated, or not decided.
    pub failed: usize,
    /// Never run.
    pub not_run: usize,
}

impl Run {
    /// Counts scenarios: one is proven when every truth that judges it says so.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for verdicts in self.verdicts() {
            let any = |outcome| verdicts.iter().any(|verdict| verdict.outcome == outcome);
            if any(Outcome::Failed) {
                counts.failed += 1;
            } else if any(Outcome::NotRun) {
                counts.not_run += 1;
            } else {
                counts.passed += 1;
            }
        }
        counts
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
        let decided = |run: &ScenarioRun| {
            let finding = |(_, failure): (_, &Failure)| failure.kind == FailureKind::Finding;
            run.outcome == Outcome::Passed || run.failure().is_some_and(finding)
        };
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
        let mut failures = self.scenarios.iter().filter_map(|scenario| scenario.failure());
        if failures.any(|(_, failure)| failure.kind == FailureKind::Finding) {
            return 1;
        }
        let counts = self.counts();
        let errors = self.errors.iter().any(|error| error.severity == Severity::Error);
        if errors || counts.failed > 0 || counts.not_run > 0 { 3 } else { 0 }
    }
}
