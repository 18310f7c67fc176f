//! Mending: the edits of findings, written to their files and held against what they promise.
//!
//! [`edits`] chooses what of a file can be done in one go, [`file`] says whether it may be written, and
//! [`held`] loads and judges the projects that read it before and after. What does not keep its promise
//! is taken back. Edits that overlap wait for the next round.

mod edits;
mod file;
mod held;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use self::held::Held;
use super::{Asked, discover::Plan};
use crate::{
    diagnostic::{Diagnostic, Severity},
    findings::{Change, Findings, Fixed, Found},
    outside::Bounds,
    replace::replace,
};

/// More rounds than edits overlap in earnest.
const ROUNDS: usize = 10;

/// What is to be mended: a file, and the findings whose edits are of it.
struct Task<'f> {
    /// Where it really lies; none of what is no file.
    real: Option<Utf8PathBuf>,
    found: Vec<&'f Found>,
    /// The projects that read it, by their numbers.
    readers: BTreeSet<usize>,
}

/// Mends what `judge` finds, until there is no more to mend. `judge` leaves out what is not asked for.
///
/// # Errors
/// Those of `judge`.
pub fn fix(
    plans: &[Plan],
    asked: &Asked,
    judge: impl Fn() -> Result<Findings, Box<Diagnostic>>,
) -> Result<Findings, Box<Diagnostic>> {
    let mut findings = judge()?;
    let (mut fixed, mut notes, mut unmade) = (Vec::new(), Vec::new(), 0);
    let mut left: BTreeSet<Utf8PathBuf> = BTreeSet::new();
    for round in 0.. {
        let mut is_changed = false;
        for task in tasks(&findings) {
            let at = called(&findings, &task);
            if left.contains(&at) {
                continue;
            }
            if round == ROUNDS {
                let title = format!("{at}: fixes are left after {ROUNDS} rounds");
                notes.push(Diagnostic::warning(title).help("call --fix again"));
                continue;
            }
            match mend(&task, plans, asked) {
                Ok(done) => {
                    fixed.extend(done);
                    is_changed = true;
                }
                Err(why) => {
                    unmade += task.found.len();
                    notes.push(match why {
                        Refused::Left(why) => not_written(&task, &why),
                        Refused::TakenBack(why) => {
                            Diagnostic { severity: Severity::Error, ..not_written(&task, &why) }
                        }
                    });
                    left.insert(at);
                }
            }
        }
        if !is_changed {
            break;
        }
        findings = judge()?;
    }
    findings.fixed = fixed;
    findings.unmade = unmade;
    findings.notes.extend(notes);
    Ok(findings)
}

/// What the first round would write, and notes on what it would not.
#[must_use]
pub fn preview(findings: &Findings, plans: &[Plan]) -> (Vec<Change>, Vec<Diagnostic>) {
    let (mut changes, mut notes) = (Vec::new(), Vec::new());
    for task in tasks(findings) {
        if let Err(why) = may_write(&task, plans) {
            notes.push(not_written(&task, &why));
            continue;
        }
        let chosen = edits::choose(&task.found);
        let Some(first) = chosen.first().and_then(|found| found.fix()?.edits.first()) else {
            continue;
        };
        if chosen.len() < task.found.len() {
            let more = several(task.found.len() - chosen.len());
            let title =
                format!("{}: {more} not in this diff: edits overlap", called(findings, &task));
            notes.push(Diagnostic::warning(title).help("--fix makes them in its next round"));
        }
        let shown = first.shown.text();
        changes.push(Change {
            path: findings.path(first.place.source.path()),
            before: shown.to_owned(),
            after: edits::apply(shown, &chosen),
            fixes: chosen.len(),
        });
    }
    (changes, notes)
}

/// The files with fixes, by their paths. A file with two names is one.
fn tasks(findings: &Findings) -> Vec<Task<'_>> {
    let mut tasks: BTreeMap<Utf8PathBuf, Task<'_>> = BTreeMap::new();
    for found in findings.open() {
        let Some(edit) = found.fix().and_then(|fix| fix.edits.first()) else { continue };
        let called = findings.absolute(edit.place.source.path());
        let real = called.canonicalize_utf8().ok();
        let key = real.clone().unwrap_or(called);
        let task = || Task { real, found: Vec::new(), readers: BTreeSet::new() };
        tasks.entry(key).or_insert_with(task).found.push(found);
    }
    if !tasks.is_empty() {
        let mut known: BTreeMap<&Utf8Path, Option<Utf8PathBuf>> = BTreeMap::new();
        for (number, project) in findings.projects.iter().enumerate() {
            for read in &project.reads {
                let real = known.entry(read).or_insert_with(|| read.canonicalize_utf8().ok());
                let key = real.as_deref().unwrap_or(read);
                if let Some(task) = tasks.get_mut(key) {
                    task.readers.insert(number);
                }
            }
        }
    }
    tasks.into_values().collect()
}

fn called(findings: &Findings, task: &Task<'_>) -> Utf8PathBuf {
    let edit = task.found.first().and_then(|found| found.fix()?.edits.first());
    edit.map(|edit| findings.path(edit.place.source.path())).unwrap_or_default()
}

/// Where a file may be written.
fn may_write(task: &Task<'_>, plans: &[Plan]) -> Result<Utf8PathBuf, String> {
    let edit = task.found.first().and_then(|found| found.fix()?.edits.first());
    let source = &edit.ok_or("there is nothing to write")?.place.source;
    let bounds = task.readers.iter().filter_map(|at| plans.get(*at));
    let mut bounds =
        bounds.map(|plan| Bounds::around(plan.home.as_deref().unwrap_or(&plan.folder())));
    file::may_write(task.real.as_deref(), source, |real| {
        bounds.any(|bounds| bounds.are_around(real))
    })
}

/// Why a file was not mended.
enum Refused {
    /// It was never written.
    Left(String),
    /// What was written did not keep its promise.
    TakenBack(String),
}

fn mend(task: &Task<'_>, plans: &[Plan], asked: &Asked) -> Result<Vec<Fixed>, Refused> {
    may_write(task, plans).map_err(Refused::Left)?;
    let readers: Vec<Plan> = task.readers.iter().filter_map(|at| plans.get(*at)).cloned().collect();
    let chosen = edits::choose(&task.found);
    let before = Held::of(&readers, asked);
    let first = chosen.first().and_then(|found| found.fix()?.edits.first());
    let old = first.map_or("", |edit| edit.place.source.text());
    let new = edits::apply(old, &chosen);
    // Loading took its time.
    let real = may_write(task, plans).map_err(Refused::Left)?;
    replace(&real, new.as_bytes())
        .map_err(|why| Refused::Left(format!("the file cannot be written: {why}")))?;
    if let Err(why) = before.kept_by(&Held::of(&readers, asked), &chosen) {
        return Err(Refused::TakenBack(match file::restore(&real, &new, old) {
            Ok(()) => format!("{why}; the file is as it was before"),
            Err(not) => format!("{why}; and the file could not be restored: {not}"),
        }));
    }
    let done = chosen.into_iter().filter_map(|found| {
        let title = found.fix()?.title.clone();
        let (message, place) = (found.message.clone(), found.place.clone());
        Some(Fixed { rule: found.rule, message, place, title })
    });
    Ok(done.collect())
}

fn several(count: usize) -> String {
    if count == 1 { "1 fix is".to_owned() } else { format!("{count} fixes are") }
}

/// What is told of a file that is left as it is.
fn not_written(task: &Task<'_>, why: &str) -> Diagnostic {
    let title = format!("{} not made: {why}", several(task.found.len()));
    let note = Diagnostic::warning(title);
    let note = match task.found.first() {
        Some(first) => note.at(&first.place.source, first.place.span.clone(), first.rule.id),
        None => note,
    };
    note.help("mend it by hand; docs/fixes.md says which files --fix writes")
}
