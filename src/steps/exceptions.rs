//! Exceptions from a sentence on everything: each with its reason, and until when it holds.
//!
//! An exception without a reason, one that nothing needs and one that has expired are findings:
//! a list that only grows proves nothing.

use chrono::{Local, NaiveDate};

use super::{Arguments, StepResult, World, declared};
use crate::{
    compose::{Project, journal::Origin},
    run::Failure,
    words::{did_you_mean, quoted_list},
};

/// What a sentence is not true of.
pub(super) struct Fault {
    /// The service, network, … that it is about.
    pub subject: String,
    /// What is there instead, in one line.
    pub found: String,
    /// Where.
    pub origin: Option<Origin>,
    /// What to write.
    pub help: String,
}

/// Holds faults against the exceptions of a sentence: all that is wrong, at the place of the first.
///
/// `judged` are the subjects that the sentence speaks of.
pub(super) fn settle(
    world: &mut World,
    project: &Project,
    arguments: &Arguments,
    expected: &str,
    judged: &[String],
    faults: Vec<Fault>,
) -> StepResult {
    let exceptions: &[Vec<String>] = if arguments.excepts { &arguments.rows } else { &[] };
    let kind = arguments.header.first().map_or("service", String::as_str);
    let of = |row: &Vec<String>| row.first().cloned().unwrap_or_default();
    for row in exceptions {
        check(row, kind, judged, &faults, expected)?;
    }
    let excused = |fault: &Fault| exceptions.iter().any(|row| of(row) == fault.subject);
    let (excused, open): (Vec<Fault>, Vec<Fault>) = faults.into_iter().partition(excused);
    let Some(first) = open.first() else {
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
        world.saw(expected, seen);
        return Ok(());
    };
    let lines: Vec<&str> = open.iter().map(|fault| fault.found.as_str()).collect();
    let failure = Failure::finding(expected, lines.join("\n")).help(first.help.as_str());
    let written = first.origin.filter(|origin| origin.place.file().is_some());
    Err(match written {
        Some(origin) => declared::point(project, origin, failure),
        None => declared::point_key(project, &first.subject, "", failure),
    })
}

/// Judges an exception itself.
fn check(
    row: &[String],
    kind: &str,
    judged: &[String],
    faults: &[Fault],
    expected: &str,
) -> StepResult {
    let subject = row.first().map_or("", String::as_str);
    let at = format!("the exception of {kind} \"{subject}\"");
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
    if row.get(1).is_none_or(|reason| reason.trim().is_empty()) {
        let help = "say why it is accepted, so that the next reader can judge it".to_owned();
        return wrong("the exception has a reason".into(), "it has none".into(), help);
    }
    if !faults.iter().any(|fault| fault.subject == subject) {
        return wrong(
            format!("the exception of {kind} \"{subject}\" is needed"),
            format!("without it the sentence holds as well: {expected}"),
            "remove the row".into(),
        );
    }
    let Some(until) = row.get(2).map(|until| until.trim()).filter(|until| !until.is_empty()) else {
        return Ok(());
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
            format!("the exception of {kind} \"{subject}\" still holds"),
            format!("it ended on {until}"),
            "mend what it excused, or set a new day and say why".into(),
        );
    }
    Ok(())
}
