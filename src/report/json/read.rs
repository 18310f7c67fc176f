//! A run, read back from its JSON: what any other format needs to tell it as if it had just ended.
//!
//! Keys that this version does not know are left alone, as keys are added and never changed.
//! Whatever does not fit is refused with its place: nothing here trusts a file.

mod about;
mod place;
mod scenarios;
mod sources;

use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;
use serde::{Deserialize, Deserializer, de::Error as _};

use self::{about::AboutOf, place::Step, scenarios::ScenarioOf, sources::SourceOf};
use super::{VERSION, drawing::each};
use crate::{
    diagnostic::{Code, Diagnostic, Label, Severity},
    run::{Isolation, Run, StackRun},
};
use sources::{Files, LabelOf};

/// Why a text is no run, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong.
    pub why: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What to do about it.
    pub help: &'static str,
}

/// Something that does not fit the rest of the file, and the way to it.
#[derive(Debug)]
pub(super) struct Wrong {
    why: String,
    /// From the inside out.
    way: Vec<Step>,
}

impl Wrong {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), way: Vec::new() }
    }

    #[must_use]
    pub(super) fn within(mut self, key: &'static str) -> Self {
        self.way.push(Step::Key(key));
        self
    }

    #[must_use]
    pub(super) fn at(mut self, number: usize) -> Self {
        self.way.push(Step::Number(number));
        self
    }
}

/// What tells a run from other files, and which of its schema's versions it has.
#[derive(Deserialize)]
struct Head {
    version: Option<serde_json::Value>,
    #[serde(default, deserialize_with = "is_verdict")]
    verdict: bool,
}

fn is_verdict<'d, D: Deserializer<'d>>(from: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(value.is_string())
}

#[derive(Deserialize)]
struct RunOf {
    folders: Folders,
    sources: Vec<SourceOf>,
    started_ms: i64,
    #[serde(deserialize_with = "seconds")]
    seconds: Duration,
    stacks: Vec<StackOf>,
    scenarios: Vec<ScenarioOf>,
    not_asked: Vec<ScenarioOf>,
    findings: Vec<ToldOf>,
    errors: Vec<ToldOf>,
}

#[derive(Deserialize)]
struct Folders {
    here: Utf8PathBuf,
    root: Utf8PathBuf,
}

#[derive(Deserialize)]
struct StackOf {
    environment: String,
    project: String,
    engine: String,
    images: String,
    #[serde(deserialize_with = "seconds")]
    images_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    ready_seconds: Duration,
    #[serde(deserialize_with = "maybe_seconds")]
    removed_seconds: Option<Duration>,
    notes: Vec<String>,
    views: Vec<ViewOf>,
    fresh: Vec<String>,
    shared: indexmap::IndexSet<String>,
}

#[derive(Deserialize)]
struct ViewOf {
    folder: String,
    how: How,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    Overlay,
    Copy,
}

#[derive(Deserialize)]
struct ToldOf {
    severity: SeverityOf,
    #[serde(default)]
    code: Option<String>,
    message: String,
    labels: Vec<LabelOf>,
    notes: Vec<String>,
    help: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SeverityOf {
    Error,
    Warning,
}

/// A number of seconds.
fn seconds<'d, D: Deserializer<'d>>(from: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
}

fn maybe_seconds<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Duration>, D::Error> {
    let number = Option::<f64>::deserialize(from)?;
    number.map(Duration::try_from_secs_f64).transpose().map_err(D::Error::custom)
}

/// Reads a run.
///
/// # Errors
/// What is no run, or one of a version that is not known, with its place.
pub fn read(text: &str) -> Result<Run, Unreadable> {
    let damaged = |why: &serde_json::Error| {
        let words = why.to_string();
        // The place stands beside the words.
        let words = words.split(" at line ").next().unwrap_or_default().to_owned();
        (words, why.line().max(1), why.column().max(1))
    };
    let refused = |way: &[Step], why: String, help| {
        let (line, column) = place::of(text, way);
        Unreadable { why, line, column, help }
    };
    let head: Head = serde_json::from_str(text).map_err(|why| {
        let (words, line, column) = damaged(&why);
        let (why, help) = match why.classify() {
            serde_json::error::Category::Data => {
                (format!("this is no run of seaworthy: {words}"), OTHER)
            }
            _ => (format!("this is no JSON: {words}"), DAMAGED),
        };
        Unreadable { why, line, column, help }
    })?;
    let version = head.version.filter(|_| head.verdict);
    let Some(version) = version else {
        let why = "this is no run of seaworthy: it has no version and verdict";
        return Err(refused(&[], why.into(), OTHER));
    };
    if version != VERSION {
        let why = format!("this run has version {version}, and this program knows {VERSION}");
        return Err(refused(&[Step::Key("version")], why, NEWER));
    }
    // The whole is read as it streams, so that what does not fit has its place.
    let told: RunOf = serde_json::from_str(text).map_err(|why| {
        let (why, line, column) = damaged(&why);
        Unreadable { why, line, column, help: DAMAGED }
    })?;
    // By itself: what is read through another structure forgets its place.
    let about: AboutOf = serde_json::from_str(text).map_err(|why| {
        let (why, line, column) = damaged(&why);
        Unreadable { why, line, column, help: DAMAGED }
    })?;
    run(told, about).map_err(|mut wrong| {
        wrong.way.reverse();
        refused(&wrong.way, wrong.why, DAMAGED)
    })
}

const OTHER: &str = "name a file that `--report json=FILE` of check or verify has written";
const DAMAGED: &str = "write it anew: `--report json=FILE` of check or verify";
const NEWER: &str = "read it with the seaworthy that has written it, or a newer one";

fn run(told: RunOf, about: AboutOf) -> Result<Run, Wrong> {
    let files = Files::of(told.sources)?;
    let started = if let Ok(after) = u64::try_from(told.started_ms) {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(after))
    } else {
        SystemTime::UNIX_EPOCH.checked_sub(Duration::from_millis(told.started_ms.unsigned_abs()))
    };
    // A calendar has to have it.
    let started = started
        .filter(|_| told.started_ms.unsigned_abs() < LAST_DAY)
        .ok_or_else(|| Wrong::new("no clock shows this").within("started_ms"))?;
    Ok(Run {
        here: told.folders.here,
        root: told.folders.root,
        started,
        duration: told.seconds,
        stacks: told.stacks.into_iter().map(stack).collect(),
        scenarios: each(told.scenarios, "scenarios", |one| one.run(&files))?,
        only_observed: each(told.not_asked, "not_asked", |one| one.run(&files))?,
        findings: each(told.findings, "findings", |one| one.diagnostic(&files))?,
        errors: each(told.errors, "errors", |one| one.diagnostic(&files))?,
        about: about.about(&files)?,
    })
}

/// The end of the year 9999, in milliseconds.
const LAST_DAY: u64 = 253_402_300_800_000;

fn stack(told: StackOf) -> StackRun {
    let views = told.views.into_iter().map(|view| {
        let how = match view.how {
            How::Overlay => "overlay",
            How::Copy => "copy",
        };
        (view.folder, how)
    });
    StackRun {
        environment: told.environment,
        project: told.project,
        ready_after: told.ready_seconds,
        images: told.images_seconds,
        removed_after: told.removed_seconds,
        images_from: told.images,
        notes: told.notes,
        engine: told.engine,
        isolation: Isolation { views: views.collect(), fresh: told.fresh, shared: told.shared },
    }
}

impl ToldOf {
    fn diagnostic(self, files: &Files) -> Result<Diagnostic, Wrong> {
        let severity = match self.severity {
            SeverityOf::Error => Severity::Error,
            SeverityOf::Warning => Severity::Warning,
        };
        let label = |label: LabelOf| {
            let (source, span) = files.spot(&label.place)?;
            Ok(Label { source, span, text: label.text })
        };
        let labels = each(self.labels, "labels", label)?;
        // One that a later version knows says nothing here.
        let known = |word: &str| Code::ALL.into_iter().find(|code| code.word() == word);
        Ok(Diagnostic {
            code: self.code.as_deref().and_then(known),
            severity,
            labels,
            notes: self.notes,
            help: self.help,
            ..Diagnostic::error(self.message)
        })
    }
}

#[cfg(test)]
mod tests;
