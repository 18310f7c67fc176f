//! Where values come from.
//!
//! An [`Origin`] is twelve bytes of place and four bytes of way: the way is a
//! number in the [`Journal`], which keeps every [`Step`] that a value took
//! after it was written. Phases add steps; nothing removes or changes one.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use super::tree::{Node, Text};
use crate::{
    diagnostic::Diagnostic,
    source::{Source, Span},
};

/// A file of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId(u32);

impl FileId {
    /// Its number, from 0, in the order in which files were read.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

/// A range of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    file: FileId,
    start: u32,
    end: u32,
}

impl Place {
    /// The place of something that no file says.
    pub const NOWHERE: Self = Self { file: FileId(u32::MAX), start: 0, end: 0 };

    /// Bytes of a file.
    #[must_use]
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// The bytes.
    #[must_use]
    pub fn span(self) -> Span {
        self.start as usize..self.end as usize
    }

    /// The file, unless this is nowhere.
    #[must_use]
    pub fn file(self) -> Option<FileId> {
        (self != Self::NOWHERE).then_some(self.file)
    }
}

/// Where a value is written, and through what it came here.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// Where it is written.
    pub place: Place,
    way: u32,
}

impl Origin {
    /// The origin of what Compose says by itself.
    pub const IMPLIED: Self = Self { place: Place::NOWHERE, way: 0 };

    /// A value as it is written, without detours.
    #[must_use]
    pub fn written(place: Place) -> Self {
        Self { place, way: 0 }
    }

    /// A part of a value: its own place, the same way.
    #[must_use]
    pub fn inside(self, place: Place) -> Self {
        Self { place, way: self.way }
    }
}

/// One thing that happened to a value on its way into the model.
#[derive(Debug, Clone)]
pub enum Step {
    /// Copied by an alias (`*name`) from an anchor.
    Alias {
        /// The alias.
        at: Place,
    },
    /// Taken over through a merge key (`<<`).
    MergeKey {
        /// The merge key.
        at: Place,
    },
    /// A variable was put in.
    Variable {
        /// Its name.
        name: Text,
        /// Where its value came from.
        from: VariableOrigin,
    },
    /// Taken over from another service.
    Extends {
        /// The value of `extends`.
        at: Place,
    },
    /// Part of an included file.
    Include {
        /// The entry of `include`.
        at: Place,
    },
    /// Replaced an earlier value.
    Override {
        /// The value that was replaced.
        earlier: Place,
    },
    /// An env file is named that is not there: elsewhere it may be, and say more.
    MissingEnvFile {
        /// Where it is named.
        at: Place,
    },
    /// A part of a short form, or a default that belongs to what is written here.
    Implied,
}

/// Where a variable's value came from.
#[derive(Debug, Clone)]
pub enum VariableOrigin {
    /// The environment of the process.
    Shell,
    /// A line of an env file.
    EnvFile(Place),
    /// Compose sets it (`COMPOSE_PROJECT_NAME`).
    Compose,
    /// The template's own default or alternative.
    Template,
    /// It is set nowhere and became empty.
    Unset,
}

/// Something that is written and means nothing: the model leaves it out.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// The section of the file; `version` itself.
    pub section: &'static str,
    /// Its name in the section.
    pub name: Text,
    /// Where the name is written.
    pub origin: Origin,
}

struct Entry {
    step: Step,
    before: u32,
}

/// All files that were read, all steps that were taken, all warnings that came up.
#[derive(Default)]
pub struct Journal {
    files: Vec<Arc<Source>>,
    late: OnceLock<Vec<Arc<Source>>>,
    steps: Vec<Entry>,
    warnings: Vec<Diagnostic>,
    dropped: Vec<Dropped>,
    reads: Vec<(String, Option<Origin>)>,
}

impl Journal {
    /// Keeps that a file was read, and where it is named.
    pub fn has_read(&mut self, path: &str, named_at: Option<Origin>) {
        self.reads.push((path.to_owned(), named_at));
    }

    /// Every file that was read, absolute, with the place that names it if one does.
    #[must_use]
    pub fn reads(&self) -> &[(String, Option<Origin>)] {
        &self.reads
    }

    /// Adds a file.
    pub fn add_file(&mut self, source: &Arc<Source>) -> FileId {
        self.files.push(Arc::clone(source));
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds the files that are read after the model is made, all at once: only the first call adds any.
    #[must_use]
    pub fn add_late(&self, sources: &[Arc<Source>]) -> Vec<FileId> {
        if self.late.set(sources.to_vec()).is_err() {
            return Vec::new();
        }
        let number = |at: usize| FileId(u32::try_from(self.files.len() + at).unwrap_or(u32::MAX));
        (0..sources.len()).map(number).collect()
    }

    /// A file by its number.
    #[must_use]
    pub fn file(&self, id: FileId) -> &Arc<Source> {
        let at = id.0 as usize;
        let late = || self.late.get()?.get(at.checked_sub(self.files.len())?);
        late().unwrap_or_else(|| &self.files[at])
    }

    /// All files, in the order in which they were read.
    #[must_use]
    pub fn files(&self) -> &[Arc<Source>] {
        &self.files
    }

    /// The files that were read for the model, with their numbers.
    pub fn numbered_files(&self) -> impl Iterator<Item = (FileId, &Arc<Source>)> {
        let number = |at: usize| FileId(u32::try_from(at).unwrap_or(u32::MAX));
        self.files.iter().enumerate().map(move |(at, file)| (number(at), file))
    }

    /// All files, those that were read after the model was made last.
    pub fn all_files(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.files.iter().chain(self.late.get().into_iter().flatten())
    }

    /// An origin with one more step.
    #[must_use]
    pub fn step(&mut self, origin: Origin, step: Step) -> Origin {
        self.steps.push(Entry { step, before: origin.way });
        Origin { place: origin.place, way: u32::try_from(self.steps.len()).unwrap_or(0) }
    }

    /// Adds a step to a node and everything below it.
    pub fn step_all(&mut self, node: &mut Node, step: &Step) {
        // Most nodes of a subtree share their way, and so share the new one.
        let mut known: Vec<(u32, u32)> = Vec::new();
        let mut add = |journal: &mut Self, origin: &mut Origin| {
            let found = known.iter().rev().find(|(before, _)| *before == origin.way);
            origin.way = if let Some((_, way)) = found {
                *way
            } else {
                let way = journal.step(*origin, step.clone()).way;
                known.push((origin.way, way));
                way
            };
        };
        node.visit_origins(&mut |origin| add(self, origin));
    }

    /// The variables that were put in, and where their values came from.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &VariableOrigin)> {
        self.steps.iter().filter_map(|entry| match &entry.step {
            Step::Variable { name, from } => Some((&**name, from)),
            _ => None,
        })
    }

    /// The steps of an origin, the first first.
    #[must_use]
    pub fn steps(&self, origin: Origin) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut way = origin.way;
        while let Some(entry) = (way as usize).checked_sub(1).and_then(|at| self.steps.get(at)) {
            steps.push(&entry.step);
            way = entry.before;
        }
        steps.reverse();
        steps
    }

    /// `file:line:column` of a place; none for what no file says.
    #[must_use]
    pub fn place(&self, place: Place) -> Option<String> {
        let source = self.file(place.file()?);
        Some(format!("{}:{}", source.path(), source.place(place.start as usize)))
    }

    /// The text at a place.
    #[must_use]
    pub fn text(&self, place: Place) -> &str {
        place.file().and_then(|file| self.file(file).text().get(place.span())).unwrap_or_default()
    }

    /// Points a diagnostic at where a value is written, with the way it came as notes.
    #[must_use]
    pub fn point(&self, diagnostic: Diagnostic, origin: Origin, remark: &str) -> Diagnostic {
        let diagnostic = match origin.place.file() {
            Some(file) => diagnostic.at(self.file(file), origin.place.span(), remark),
            None => diagnostic,
        };
        let diagnostic = if self.is_outside(origin) { diagnostic.veil() } else { diagnostic };
        self.steps(origin)
            .into_iter()
            .filter_map(|step| self.describe(step))
            .fold(diagnostic, Diagnostic::provenance)
    }

    /// Whether a file outside the repository says a value, or a part of it: it may not be quoted.
    #[must_use]
    pub fn is_outside(&self, origin: Origin) -> bool {
        let outside = |place: Place| place.file().is_some_and(|file| self.file(file).is_outside());
        outside(origin.place)
            || self.steps(origin).into_iter().any(|step| match step {
                Step::Variable { from: VariableOrigin::EnvFile(at), .. } => outside(*at),
                _ => false,
            })
    }

    /// Whether any file outside the repository was read.
    #[must_use]
    pub fn has_outside(&self) -> bool {
        self.all_files().any(|file| file.is_outside())
    }

    /// A step in words; none for what says nothing to a reader.
    #[must_use]
    pub fn describe(&self, step: &Step) -> Option<String> {
        let place = |place: &Place| self.place(*place).unwrap_or_else(|| "nowhere".into());
        Some(match step {
            Step::Alias { at } if at.file().is_some_and(|file| self.file(file).is_outside()) => {
                format!("through the alias at {}", place(at))
            }
            Step::Alias { at } => format!("through the alias {} at {}", self.text(*at), place(at)),
            Step::MergeKey { at } => format!("through the merge key at {}", place(at)),
            Step::Variable { name, from } => match from {
                // Of an outer file the name may be its own word too.
                VariableOrigin::EnvFile(at)
                    if at.file().is_some_and(|file| self.file(file).is_outside()) =>
                {
                    format!("with a variable from {}", place(at))
                }
                VariableOrigin::Shell => format!("with {name} from the environment"),
                VariableOrigin::EnvFile(at) => format!("with {name} from {}", place(at)),
                VariableOrigin::Compose => format!("with {name}, which Compose sets"),
                VariableOrigin::Template => format!("with the default of {name}"),
                VariableOrigin::Unset => format!("with {name}, which is not set"),
            },
            Step::Extends { at } => format!("through extends at {}", place(at)),
            Step::Include { at } => format!("through include at {}", place(at)),
            Step::Override { earlier } => format!("overrides {}", self.place(*earlier)?),
            Step::MissingEnvFile { at } => {
                format!("without the env file named at {}, which is not there", place(at))
            }
            Step::Implied => return None,
        })
    }

    /// Notes what the model leaves out.
    pub fn leave_out(&mut self, section: &'static str, name: &Text, origin: Origin) {
        self.dropped.push(Dropped { section, name: name.clone(), origin });
    }

    /// What is written and the model leaves out because nothing uses it.
    #[must_use]
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    /// Notes a warning.
    pub fn warn(&mut self, warning: Diagnostic) {
        self.warnings.push(warning);
    }

    /// Takes the warnings out.
    pub(super) fn take_warnings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings)
    }

    /// The warnings, in the order in which they came up.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}

/// Why files were refused: everything found, in the order of the files.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.first().map_or("the Compose files were refused", |first| first.title.as_str()))]
pub struct Refusal(pub Vec<Diagnostic>);

impl Refusal {
    /// All that several say in the order of the files, of each place what the first of them says; none if
    /// nothing is wrong.
    ///
    /// # Errors
    /// Itself.
    pub fn of(several: impl IntoIterator<Item = Self>) -> Result<(), Self> {
        let mut told = HashSet::new();
        let mut is_new = |found: &Diagnostic| {
            let label = found.labels.first();
            label
                .is_none_or(|label| told.insert((label.source.path().to_owned(), label.span.start)))
        };
        let mut all: Vec<Diagnostic> =
            several.into_iter().flat_map(|one| one.0).filter(|one| is_new(one)).collect();
        all.sort_by_cached_key(|found| {
            found.labels.first().map(|label| (label.source.path().to_owned(), label.span.start))
        });
        if all.is_empty() { Ok(()) } else { Err(Self(all)) }
    }
}

impl From<Diagnostic> for Refusal {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}
