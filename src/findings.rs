//! What lint found, as plain data.
//!
//! `lint` fills one [`Findings`]; every report is a function of it. Nothing here
//! knows how it was found out or how it will be told.

use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

use crate::{
    diagnostic::{Diagnostic, Label},
    policy::{self, Rule, Severity},
    source::Source,
    words,
};

/// A fault, at its place.
#[derive(Debug, Clone)]
pub struct Found {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about, as a path that stays the same when files are reformatted.
    pub subject: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
    /// The main place.
    pub place: Label,
    /// How the value came there, a step each.
    pub way: Vec<String>,
    /// Other places, each with a remark.
    pub related: Vec<Label>,
    /// Further services with the same fault from the same line.
    pub shared: Vec<String>,
    /// The project it was found in, by its number.
    pub project: usize,
    /// The file, from the folder of the project.
    pub file: String,
    /// 0 for the first finding of this rule, subject and file, 1 for the next.
    pub repeat: usize,
    /// The comment that allows it.
    pub allowed: Option<Allowed>,
    /// What a machine can do about it.
    pub mend: Mend,
}

/// What a machine can do about a finding.
#[derive(Debug, Clone, Default)]
pub enum Mend {
    /// Nothing: what to write is for people to decide.
    #[default]
    Nothing,
    /// Edits that are safe.
    Fix(Fix),
    /// What it does elsewhere is not safe here, and why.
    Not(String),
}

/// Edits of one file that mend a finding.
#[derive(Debug, Clone)]
pub struct Fix {
    /// What they do, as in "remove the line".
    pub title: String,
    /// The edits, all of them or none.
    pub edits: Vec<Edit>,
    /// The paths of the canonical model that they may change; none if they change nothing.
    pub touches: Vec<Vec<String>>,
}

/// Bytes of a file, and what is written in their place.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The bytes, in the file as it was read. Its text is not for showing.
    pub place: Label,
    /// The file as it may be shown, byte for byte as long.
    pub shown: Arc<Source>,
    /// What is written there.
    pub text: String,
}

/// A finding that is mended.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// The rule that had found it.
    pub rule: &'static Rule,
    /// What was wrong.
    pub message: String,
    /// Where it was, in the file as it was before.
    pub place: Label,
    /// What was done.
    pub title: String,
}

/// A comment beside the line that allows a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Why; none if the comment does not say.
    pub reason: Option<String>,
}

/// What fixes would make of a file, as it may be shown.
#[derive(Debug, Clone)]
pub struct Change {
    /// The file, from the repository.
    pub path: Utf8PathBuf,
    /// What it says.
    pub before: String,
    /// What it would say.
    pub after: String,
    /// How many findings that mends.
    pub fixes: usize,
}

/// A Compose project that was judged.
#[derive(Debug, Clone)]
pub struct Project {
    /// How people call it: an environment, or its files.
    pub name: String,
    /// Its Compose files, absolute, in the order in which they are merged.
    pub files: Vec<Utf8PathBuf>,
    /// What is worth knowing about how it was read.
    pub notes: Vec<Diagnostic>,
    /// Every file that was read for it, absolute.
    pub reads: Vec<Utf8PathBuf>,
}

/// All that came of a run.
#[derive(Debug, Clone)]
pub struct Findings {
    /// The folder that the paths of sources start from.
    pub here: Utf8PathBuf,
    /// The folder that paths in reports for programs start from: the repository's.
    pub root: Utf8PathBuf,
    /// The rules that judged, in the order of their groups.
    pub rules: Vec<&'static Rule>,
    /// What was judged.
    pub projects: Vec<Project>,
    /// The findings: by project, file, place, rule.
    pub found: Vec<Found>,
    /// What is worth knowing about the run as a whole.
    pub notes: Vec<Diagnostic>,
    /// From which severity on a finding fails the run.
    pub fail_on: Severity,
    /// How many findings a baseline knew already.
    pub known: usize,
    /// How many findings an earlier revision had already.
    pub before: usize,
    /// What was mended, in the order in which it was.
    pub fixed: Vec<Fixed>,
    /// How many fixes that were asked for failed or were taken back.
    pub unmade: usize,
}

impl Found {
    /// The edits that mend it, if a machine may make them.
    #[must_use]
    pub fn fix(&self) -> Option<&Fix> {
        match &self.mend {
            Mend::Fix(fix) => Some(fix),
            Mend::Nothing | Mend::Not(_) => None,
        }
    }

    /// What tells this finding from others, whatever lines it moves to: rule, subject, file.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.rule.id, &self.subject, &self.file] {
            hash.update(part);
            hash.update([0]);
        }
        if self.repeat > 0 {
            hash.update(self.repeat.to_string());
        }
        let bytes = hash.finalize();
        let digits = bytes.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
    }

    /// Says in the message which services share the fault.
    pub fn name_shared(&mut self) {
        let verb = match self.shared.len() {
            0 => return,
            1 => "shares",
            _ => "share",
        };
        let names = words::quoted_list(self.shared.iter().map(String::as_str));
        self.message = format!("{}; {names} {verb} the line", self.message);
    }

    /// The finding as people read it, on its source line.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let title = format!("{} [{}]", self.message, self.rule.id);
        let mut diagnostic = match self.severity {
            Severity::Low | Severity::Medium => Diagnostic::warning(title),
            Severity::High | Severity::Critical => Diagnostic::error(title),
        };
        for (at, label) in std::iter::once(&self.place).chain(&self.related).enumerate() {
            // A file that could not be read has no line to show.
            if !label.source.text().is_empty() {
                let remark = if at == 0 { self.severity.word() } else { &label.text };
                diagnostic = diagnostic.at(&label.source, label.span.clone(), remark);
            }
        }
        diagnostic = self.way.iter().fold(diagnostic, Diagnostic::note);
        if let Mend::Not(why) = &self.mend {
            diagnostic = diagnostic.note(format!("`lint --fix` leaves this to people: {why}"));
        }
        if self.remedy.is_empty() { diagnostic } else { diagnostic.help(self.remedy.as_str()) }
    }
}

impl Findings {
    /// The findings that nothing allows.
    pub fn open(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.allowed.is_none())
    }

    /// How many open findings there are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.open().filter(|found| found.severity == severity).count()
    }

    /// The process's exit code, computed here and nowhere else: 3 if a fix that was asked
    /// for was not made, 1 if a finding is bad enough, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        /// What was asked for could not be done.
        const UNMADE: u8 = 3;
        if self.unmade > 0 {
            return UNMADE;
        }
        u8::from(self.open().any(|found| found.severity >= self.fail_on))
    }

    /// A source's path, absolute.
    #[must_use]
    pub fn absolute(&self, path: &Utf8Path) -> Utf8PathBuf {
        self.here.join(path)
    }

    /// A source's path from the root, or absolute if it lies elsewhere.
    #[must_use]
    pub fn path(&self, path: &Utf8Path) -> Utf8PathBuf {
        let path = self.absolute(path);
        path.strip_prefix(&self.root).map(Utf8Path::to_owned).unwrap_or(path)
    }

    /// All notes, those of the projects first, each once.
    #[must_use]
    pub fn all_notes(&self) -> Vec<&Diagnostic> {
        let mut notes: Vec<&Diagnostic> = Vec::new();
        for note in self.projects.iter().flat_map(|project| &project.notes).chain(&self.notes) {
            if !notes.iter().any(|one| one.title == note.title && one.place() == note.place()) {
                notes.push(note);
            }
        }
        notes
    }

    /// The verdict in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let several = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let open = self.open().count();
        let mut text = if open == 0 { "no findings".to_owned() } else { several(open, "finding") };
        let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
        let counts: Vec<String> = severities
            .into_iter()
            .filter(|severity| self.count(*severity) > 0)
            .map(|severity| format!("{} {}", self.count(severity), severity.word()))
            .collect();
        if !counts.is_empty() {
            text = format!("{text} ({})", counts.join(", "));
        }
        // Whether files can be loaded is judged with every selection, and nobody asked for it.
        let is_asked = |rule: &&&Rule| rule.id != policy::own::NOT_LOADABLE.id;
        let rules = self.rules.iter().filter(is_asked).count();
        text = format!(
            "{text} in {}, by {}",
            several(self.projects.len(), "project"),
            several(rules.max(1), "rule")
        );
        let fixable = self.open().filter(|found| found.fix().is_some()).count();
        for (count, what) in [
            (self.fixed.len(), "fixed"),
            (fixable, "to be fixed by --fix"),
            (self.found.len() - open, "allowed by comments"),
            (self.known, "known by the baseline"),
            (self.before, "there before"),
        ] {
            if count > 0 {
                text = format!("{text}; {count} {what}");
            }
        }
        text
    }
}

/// A path as seen from a folder; both absolute.
#[must_use]
pub fn seen_from(path: &Utf8Path, folder: &Utf8Path) -> String {
    let (path, folder): (Vec<Utf8Component>, Vec<Utf8Component>) =
        (path.components().collect(), folder.components().collect());
    let common = path.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let up = folder[common..].iter().map(|_| "..");
    let down = path[common..].iter().map(Utf8Component::as_str);
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_seen_from_any_folder() {
        let seen = |path: &str, folder: &str| seen_from(path.into(), folder.into());
        assert_eq!(seen("/a/b/c.yml", "/a"), "b/c.yml");
        assert_eq!(seen("/a/b/c.yml", "/a/x/y"), "../../b/c.yml");
        assert_eq!(seen("/c.yml", "/"), "c.yml");
    }
}
