//! Runs of several machines as one.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use indexmap::IndexMap;

use super::{About, Outcome, Run, ScenarioRun, Truth, graph::Graph};
use crate::{diagnostic::Diagnostic, source::Source};

/// What tells a scenario by one truth from all others: its id, its sentences, and its line, as several
/// may share both. What is joined is of one commit, in which a line stays the same.
type Key = (String, usize, Truth, Vec<String>);

fn key(run: &Run, scenario: &ScenarioRun) -> Key {
    let sentences = scenario.steps.iter().map(|step| step.text.clone());
    (run.id(scenario), scenario.line, scenario.truth, sentences.collect())
}

/// How bad an outcome is.
const fn weight(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Failed => 3,
        Outcome::Undecided => 2,
        Outcome::NotRun => 1,
        Outcome::Passed => 0,
    }
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Failed => "failed",
        Outcome::Undecided => "undecided",
        Outcome::NotRun => "not run",
        Outcome::Passed => "proven",
    }
}

/// Joins runs, each with the name of where it comes from, in this order. Of a scenario that several
/// have judged the worst outcome stays, and a warning says so where they do not agree.
///
/// # Errors
/// Runs of different projects or commits have no verdict in common; without any run there is none.
pub fn merge(runs: Vec<(String, Run)>) -> Result<Run, Box<Diagnostic>> {
    same(&runs)?;
    let told = parts(&runs);
    let mut runs = runs.into_iter();
    let Some((first, mut whole)) = runs.next() else {
        return Err(Box::new(Diagnostic::error("no run is named").help("name at least one file")));
    };
    let mut origin: IndexMap<Key, String> = IndexMap::new();
    for scenario in &whole.scenarios {
        origin.insert(key(&whole, scenario), first.clone());
    }
    for (name, run) in runs {
        join(&mut whole, &name, run, &mut origin);
    }
    // What is joined is no part: either all are there, or what is missing is told.
    whole.about.shard = None;
    whole.errors.retain(|one| !told.words.contains(&one.title));
    whole.errors.extend(told.errors);
    tidy(&mut whole);
    Ok(whole)
}

/// What is to be told of the parts among some runs.
struct Parts {
    /// Why they are not one whole.
    errors: Vec<Diagnostic>,
    /// What each said of itself.
    words: BTreeSet<String>,
}

/// Looks whether the parts among some runs make one whole: each once, and all of one cut.
fn parts(runs: &[(String, Run)]) -> Parts {
    let mut cuts: BTreeMap<usize, BTreeMap<usize, Vec<&str>>> = BTreeMap::new();
    let mut words = BTreeSet::new();
    for (name, run) in runs {
        let Some(own) = run.about.shard else { continue };
        cuts.entry(own.of()).or_default().entry(own.number()).or_default().push(name);
        words.insert(own.told().title);
    }
    let mut errors = Vec::new();
    let mut add = |title: String, help: String| errors.push(Diagnostic::error(title).help(help));
    let firsts = cuts.iter().filter_map(|(of, known)| Some((of, known.values().flatten().next()?)));
    let firsts: Vec<String> =
        firsts.map(|(of, name)| format!("{name} is one of {of} parts")).collect();
    if firsts.len() > 1 {
        add(
            format!("parts of different cuts make no whole: {}", firsts.join(", ")),
            "join the parts of one cut: those that --shard made with one number behind the slash"
                .into(),
        );
    }
    for (of, known) in &cuts {
        let twice = known.iter().filter(|(_, names)| names.len() > 1);
        for (number, names) in twice {
            let times = if names.len() == 2 { "twice" } else { "several times" };
            add(
                format!("part {number}/{of} is there {times}: {}", names.join(", ")),
                "name each part once: one of them may stand in another's place".into(),
            );
        }
        for (first, last) in gaps(*of, known.keys().copied()) {
            let (which, is) = if first == last {
                (format!("part {first}/{of}"), "is")
            } else {
                (format!("parts {first}/{of} to {last}/{of}"), "are")
            };
            add(
                format!("{which} {is} missing: what nobody else judges is not proven"),
                "name the report of every part: `--report json=FILE` writes it, also where nothing was judged".into(),
            );
        }
    }
    Parts { errors, words }
}

/// The numbers from 1 to the last that are not known, as stretches; what is known is in order.
fn gaps(last: usize, known: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut gaps = Vec::new();
    let mut next = 1;
    for number in known {
        if number > next {
            gaps.push((next, number - 1));
        }
        // The last number that there can be has none behind it.
        let Some(behind) = number.checked_add(1) else { return gaps };
        next = behind;
    }
    if next <= last {
        gaps.push((next, last));
    }
    gaps
}

/// Sees to it that the runs are of one project and one commit.
fn same(runs: &[(String, Run)]) -> Result<(), Box<Diagnostic>> {
    let Some((first, one)) = runs.first() else { return Ok(()) };
    for (name, other) in runs {
        let (a, b) = (&one.about.project, &other.about.project);
        // A run that could not begin knows no project.
        if a != b && !a.is_empty() && !b.is_empty() {
            return Err(Box::new(
                Diagnostic::error(format!(
                    "{first} is of the project \"{a}\", and {name} of \"{b}\""
                ))
                .help("join runs of one project"),
            ));
        }
    }
    let mut known: Option<(&str, &str)> = None;
    for (name, run) in runs {
        let Some(commit) = &run.about.commit else { continue };
        match known {
            Some((other, id)) if id != commit.id => {
                return Err(Box::new(
                    Diagnostic::error(format!(
                        "{other} is of the commit {id}, and {name} of {}",
                        commit.id
                    ))
                    .help("join runs of one commit: together they prove neither of two"),
                ));
            }
            Some(_) => {}
            None => known = Some((name, &commit.id)),
        }
    }
    Ok(())
}

/// Puts one more run to those that are joined already.
fn join(whole: &mut Run, name: &str, mut run: Run, origin: &mut IndexMap<Key, String>) {
    rebase(whole, &mut run);
    if whole.about.commit.is_some() != run.about.commit.is_some() && !run.about.project.is_empty() {
        whole.errors.push(
            Diagnostic::warning(format!(
                "which commit {name} or those before it are of is not known"
            ))
            .help("run all of them within the repository"),
        );
    }
    for scenario in std::mem::take(&mut run.scenarios) {
        let key = key(whole, &scenario);
        let known = whole.scenarios.iter().position(|one| self::key(whole, one) == key);
        let Some(at) = known else {
            origin.insert(key, name.to_owned());
            whole.scenarios.push(scenario);
            continue;
        };
        let (here, there) = (whole.scenarios[at].outcome, scenario.outcome);
        if here == there {
            continue;
        }
        let from = origin.get(&key).map_or("another run", String::as_str);
        whole.errors.push(
            Diagnostic::warning(format!(
                "\"{}\" ({}) is {} in {from} and {} in {name}; the worse of both counts",
                scenario.name,
                scenario.truth.word(),
                word(here),
                word(there),
            ))
            .note(key.0.clone())
            .help("find out why machines do not agree: what is proven on one alone is not proven"),
        );
        if weight(there) > weight(here) {
            whole.scenarios[at] = scenario;
            origin.insert(key, name.to_owned());
        }
    }
    let begun = whole.started.min(run.started);
    let since = |moment: SystemTime| moment.duration_since(begun).unwrap_or_default();
    let (before, later) = (since(whole.started), since(run.started));
    let end = (before + whole.duration).max(later + run.duration);
    shift(&mut whole.about, before);
    shift(&mut run.about, later);
    whole.started = begun;
    whole.duration = end;
    whole.stacks.extend(run.stacks);
    whole.only_observed.extend(run.only_observed);
    whole.findings.extend(run.findings);
    whole.errors.extend(run.errors);
    about(&mut whole.about, run.about);
}

/// All of a run later by so much.
fn shift(about: &mut About, by: Duration) {
    for stretch in &mut about.timeline {
        stretch.begun += by;
        stretch.ended += by;
    }
}

/// Lets the paths of a run start from the folders of another: machines keep a repository where they like.
fn rebase(whole: &Run, run: &mut Run) {
    if whole.here == run.here && whole.root == run.root {
        return;
    }
    let (here, root) = (run.here.clone(), run.root.clone());
    let of = Run { here, root, ..empty(run) };
    let moved = |source: &mut std::sync::Arc<Source>| {
        let path = of.path(source.path());
        if whole.path(source.path()) != path && path.is_relative() {
            let path = whole.root.join(path);
            let text = source.text().to_owned();
            *source = if source.is_outside() {
                Source::outside(path, text)
            } else {
                Source::new(path, text)
            };
        }
    };
    let About { document, left_out, remarks, lint, .. } = &mut run.about;
    let found = lint.iter_mut().flat_map(|lint| &mut lint.findings).map(|one| &mut one.told);
    document.iter_mut().for_each(moved);
    for scenario in run.scenarios.iter_mut().chain(&mut run.only_observed).chain(left_out) {
        moved(&mut scenario.source);
        let failures = scenario.steps.iter_mut().filter_map(|step| step.failure.as_mut());
        for failure in failures.chain(&mut scenario.aftermath) {
            let spots = failure.violations.iter_mut().filter_map(|one| one.spot.as_mut());
            spots.chain(&mut failure.spot).for_each(|(source, _)| moved(source));
        }
    }
    for told in run.findings.iter_mut().chain(&mut run.errors).chain(remarks).chain(found) {
        told.labels.iter_mut().for_each(|label| moved(&mut label.source));
    }
}

/// A run with nothing in it, begun when another did.
fn empty(run: &Run) -> Run {
    Run {
        here: run.here.clone(),
        root: run.root.clone(),
        started: run.started,
        duration: Duration::ZERO,
        stacks: Vec::new(),
        scenarios: Vec::new(),
        only_observed: Vec::new(),
        findings: Vec::new(),
        errors: Vec::new(),
        about: About::default(),
    }
}

/// The environments of which a drawing says what differs: the first that a sentence holds against each
/// other in full, or else the first two.
fn about_pair(about: &About) -> Option<[&str; 2]> {
    let pair = about.differences.first().map(|pair| pair.environments.each_ref());
    let first = match &about.drawings[..] {
        [(one, _), (other, _), ..] => Some([one, other]),
        _ => None,
    };
    pair.or(first).map(|pair| pair.map(String::as_str))
}

/// Both asked: one machine's questions come to those of another.
fn calls(whole: &mut About, more: Vec<(String, u64)>) {
    for (what, count) in more {
        match whole.engine_calls.iter_mut().find(|(known, _)| *known == what) {
            Some((_, sum)) => *sum += count,
            None => whole.engine_calls.push((what, count)),
        }
    }
}

fn about(whole: &mut About, more: About) {
    calls(whole, more.engine_calls);
    if whole.project.is_empty() {
        whole.project = more.project;
    }
    whole.document = whole.document.take().or(more.document);
    whole.commit = whole.commit.take().or(more.commit);
    for name in more.environments {
        if !whole.environments.contains(&name) {
            whole.environments.push(name);
        }
    }
    for (name, version) in more.versions {
        match whole.versions.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if known.split(", ").any(|one| one == version) => {}
            Some((_, known)) => *known = format!("{known}, {version}"),
            None => whole.versions.push((name, version)),
        }
    }
    for facts in more.facts {
        let known = whole.facts.iter_mut().find(|known| known.environment == facts.environment);
        let is_observed =
            |facts: &super::EnvironmentFacts| facts.tables.iter().any(|table| table.observed);
        match known {
            // A machine that saw the stack run knows more.
            Some(known) if is_observed(&facts) && !is_observed(known) => *known = facts,
            Some(_) => {}
            None => whole.facts.push(facts),
        }
    }
    for (name, drawing) in more.drawings {
        if whole.drawings.iter().all(|(known, _)| *known != name) {
            whole.drawings.push((name, drawing));
        }
    }
    for reach in more.reach {
        if whole.reach.iter().all(|known| known.environment != reach.environment) {
            whole.reach.push(reach);
        }
    }
    for pair in more.differences {
        match whole.differences.iter_mut().find(|known| known.environments == pair.environments) {
            // A part that has the sentence knows the reasons.
            Some(known) if known.rows.iter().all(|row| row.why.is_none()) => *known = pair,
            Some(_) => {}
            None => whole.differences.push(pair),
        }
    }
    // All are of one commit, and the rules say the same of it.
    whole.lint = whole.lint.take().or(more.lint);
    // One of other environments would be told of these.
    let title = about_pair(whole).map(|[one, other]| Graph::between(one, other));
    let drawn = whole.difference.take().into_iter().chain(more.difference);
    whole.difference = drawn.into_iter().find(|drawn| Some(&drawn.title) == title.as_ref());
    for image in more.images {
        if !whole.images.contains(&image) {
            whole.images.push(image);
        }
    }
    // What each knows is of its own part.
    whole.history = None;
    whole.timeline.extend(more.timeline);
    whole.left_out.extend(more.left_out);
    whole.remarks.extend(more.remarks);
}

/// Puts everything in its order, and takes out what is there twice, or was asked elsewhere.
fn tidy(whole: &mut Run) {
    let order = |a: &ScenarioRun, b: &ScenarioRun| {
        let paths = a.source.path().cmp(b.source.path());
        paths.then(a.line.cmp(&b.line)).then(a.truth.cmp(&b.truth))
    };
    whole.scenarios.sort_by(order);
    let mut known: BTreeSet<Key> = whole.scenarios.iter().map(|one| key(whole, one)).collect();
    for list in [true, false] {
        let unasked = if list { &mut whole.only_observed } else { &mut whole.about.left_out };
        let mut unasked = std::mem::take(unasked);
        unasked.retain(|one| known.insert(key(whole, one)));
        unasked.sort_by(order);
        *(if list { &mut whole.only_observed } else { &mut whole.about.left_out }) = unasked;
    }
    whole.about.timeline.sort_by_key(|stretch| stretch.begun);
    for told in [&mut whole.findings, &mut whole.errors, &mut whole.about.remarks] {
        let mut known = BTreeSet::new();
        told.retain(|one| {
            let help = one.help.clone().unwrap_or_default();
            known.insert((one.title.clone(), one.place(), one.notes.clone(), help))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_in_stretches() {
        for (last, known, missing) in [
            (3, &[1, 2, 3][..], &[][..]),
            (3, &[], &[(1, 3)]),
            (9, &[2, 3, 7], &[(1, 1), (4, 6), (8, 9)]),
            (usize::MAX, &[1], &[(2, usize::MAX)]),
            (usize::MAX, &[usize::MAX], &[(1, usize::MAX - 1)]),
        ] {
            assert_eq!(gaps(last, known.iter().copied()), missing, "{known:?}");
        }
    }
}
