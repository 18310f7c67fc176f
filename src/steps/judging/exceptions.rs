//! Exceptions from a sentence on everything: each with its reason, and until when it holds.
//!
//! An exception without a reason, one that nothing needs and one that has expired are findings:
//! a list that only grows proves nothing.

use chrono::{Local, NaiveDate};

use crate::steps::{
    Arguments, StepResult, World,
    judging::{
        declared,
        violations::{self, Violations},
        walk,
    },
};
use crate::{
    compose::Project,
    facts::Violation,
    run::{self, Failure},
    words::{did_you_mean, quoted_list},
};

/// Holds violations against the exceptions of a sentence: all that is wrong, at the place of the first.
///
/// `judged` are the subjects that the sentence speaks of.
pub(crate) fn settle(
    world: &mut World,
    project: &Project,
    arguments: &Arguments,
    expected: &str,
    judged: &[String],
    faults: Vec<Violation>,
) -> StepResult {
    let exceptions: &[Vec<String>] = if arguments.excepts { &arguments.rows } else { &[] };
    let kind = arguments.header.first().map_or("service", String::as_str);
    let of = |row: &Vec<String>| row.first().cloned().unwrap_or_default();
    let wrong = exceptions.iter().filter_map(|row| {
        let why = check(row, kind, judged, &faults).err()?;
        Some((subject_of(kind, &of(row)), arguments.point(row, why)))
    });
    let wrong: Vec<(String, Failure)> = wrong.collect();
    let excused = |fault: &Violation| exceptions.iter().any(|row| of(row) == fault.subject);
    let (excused, open): (Vec<Violation>, Vec<Violation>) = faults.into_iter().partition(excused);
    let Some(first) = open.first() else {
        rows(wrong)?;
        let names = judged.iter().map(String::as_str);
        let mut seen = format!(
            "so it is of {}",
            quoted_list(names.filter(|name| !excused.iter().any(|fault| fault.subject == *name)))
        );
        for fault in &excused {
            let reason = exceptions.iter().find(|row| of(row) == fault.subject);
            let reason = reason.and_then(|row| row.get(1)).map_or("", String::as_str);
            seen = format!("{seen}\nexcept \"{}\": {} ({reason})", fault.subject, fault.found);
        }
        world.evidence(expected, seen);
        return Ok(());
    };
    let lines: Vec<&str> = open.iter().map(|fault| fault.found.as_str()).collect();
    let mut violations = Violations::of(project);
    for fault in &open {
        let Violation { subject, found, at, help, .. } = fault;
        let origin = at
            .filter(|origin| origin.place.file().is_some())
            .or_else(|| declared::key_origin(project, subject, ""));
        let path = violations::path(project, subject, origin);
        violations.add(path, expected, found.as_str(), origin, help.as_str());
    }
    let failure = Failure::finding(expected, lines.join("\n"))
        .violations(violations.all())
        .help(first.help.as_str());
    // A row that is wrong hides nothing that is wrong besides.
    let failure = failure.violations(wrong.iter().map(row_at_fault));
    let written = first.at.filter(|origin| origin.place.file().is_some());
    Err(match written {
        Some(origin) => declared::point(project, origin, failure),
        None => declared::point_key(project, &first.subject, "", failure),
    })
}

/// What an exception is about, among what a sentence is not true of.
pub(crate) fn subject_of(kind: &str, subject: &str) -> String {
    format!("the exception of {kind} \"{subject}\"")
}

/// The faults of rows of a table, each with its own line in the feature; the failure is the first's.
///
/// # Errors
/// That failure.
pub(crate) fn rows(wrong: Vec<(String, Failure)>) -> StepResult {
    let violations: Vec<run::Violation> = wrong.iter().map(row_at_fault).collect();
    match wrong.into_iter().next() {
        Some((_, first)) => Err(first.violations(violations)),
        None => Ok(()),
    }
}

/// The fault of a row of a table, as one of several.
pub(crate) fn row_at_fault((subject, wrong): &(String, Failure)) -> run::Violation {
    let Failure { expected, found, spot, help, .. } = wrong;
    run::Violation {
        subject: subject.clone(),
        expected: expected.clone(),
        found: format!("not so: {expected}: {found}").replace('\n', "; "),
        spot: spot.clone(),
        help: help.clone(),
    }
}

/// Sees to it that a sentence on everything speaks of something: of nothing it would always be so.
///
/// # Errors
/// Undecided when there is nothing to judge.
pub(crate) fn something(judged: &[String], expected: &str, why: &str) -> StepResult {
    if judged.is_empty() {
        return Err(walk::nothing(expected, why).help(
            "leave the sentence out, or correct what the environment consists of (files, profiles)",
        ));
    }
    Ok(())
}

/// Judges an exception itself.
fn check(row: &[String], kind: &str, judged: &[String], faults: &[Violation]) -> StepResult {
    let subject = row.first().map_or("", String::as_str);
    let at = subject_of(kind, subject);
    let wrong = |expected: String, found: String, help: String| {
        Err(Failure::finding(expected, found).place(at.clone()).help(help))
    };
    if !judged.iter().any(|name| name == subject) {
        let help = did_you_mean(subject, judged.iter().map(String::as_str)).map_or_else(
            || "remove the row".to_owned(),
            |near| format!("did you mean \"{near}\"? If not, remove the row"),
        );
        let found = format!("it speaks of {}", quoted_list(judged.iter().map(String::as_str)));
        return wrong(format!("the sentence speaks of {kind} \"{subject}\""), found, help);
    }
    has_reason(&at, row.get(1))?;
    if !faults.iter().any(|fault| fault.subject == subject) {
        return wrong(
            format!("the exception of {kind} \"{subject}\" is needed"),
            format!("the sentence is true of {kind} \"{subject}\" as it is"),
            "remove the row".into(),
        );
    }
    still_holds(&at, row.get(2))
}

/// Judges that an exception says why.
pub(crate) fn has_reason(at: &str, reason: Option<&String>) -> StepResult {
    if reason.is_some_and(|reason| !reason.trim().is_empty()) {
        return Ok(());
    }
    Err(Failure::finding("the exception has a reason", "it has none")
        .place(at)
        .help("say why it is accepted, so that the next reader can judge it"))
}

/// Judges that the day of an exception has not passed.
pub(crate) fn still_holds(at: &str, until: Option<&String>) -> StepResult {
    let Some(until) = until.map(|until| until.trim()).filter(|until| !until.is_empty()) else {
        return Ok(());
    };
    let wrong = |expected: String, found: String, help: String| {
        Err(Failure::finding(expected, found).place(at).help(help))
    };
    let Ok(day) = until.parse::<NaiveDate>() else {
        return wrong(
            "the exception's end is a day".into(),
            format!("\"{until}\""),
            "write it as 2027-03-31".into(),
        );
    };
    if day < Local::now().date_naive() {
        return wrong(
            format!("{at} still holds"),
            format!("it ended on {until}"),
            "mend what it excused, or set a new day and say why".into(),
        );
    }
    Ok(())
}
