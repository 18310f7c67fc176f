//! From what runs left to what they tell: pure functions over plain data.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use indexmap::IndexMap;

use super::{
    Asking, CHANGES, ClaimHistory, Ended, Flaky, Held, History, Judged, Look, Moment, Past,
    PastRun, Ready, ScenarioHistory, Since, Told, WINDOW, Why,
    names::{Key, Names, of_others},
    sentences,
};
use crate::run::{Run, ScenarioRun, Truth};

/// A tag that begins with a capital is a claim's id.
fn claims(scenario: &ScenarioRun) -> impl Iterator<Item = &str> {
    let is_claim = |tag: &&String| tag.starts_with(char::is_uppercase);
    scenario.tags.iter().filter(is_claim).map(String::as_str)
}

impl Past {
    /// What a run leaves for later ones.
    #[must_use]
    pub fn of(run: &Run, command: Asking) -> Self {
        let names = Names::of(run);
        let mut judged: IndexMap<Key, Judged> = IndexMap::new();
        let mut stated: IndexMap<String, Held> = IndexMap::new();
        for scenario in &run.scenarios {
            let held = Held::of(scenario);
            // Both truths stand in one entry.
            let key = Key { truth: Truth::Declared, ..names.key(run, scenario) };
            let one = judged.entry(key).or_insert_with_key(|key| Judged {
                scenario: key.scenario.clone(),
                environments: key.environments.clone(),
                row: key.row.clone(),
                declared: None,
                observed: None,
            });
            let place = match scenario.truth {
                Truth::Declared => &mut one.declared,
                Truth::Observed => &mut one.observed,
            };
            *place = Some(place.map_or(held, |known| known.min(held)));
            for claim in claims(scenario) {
                let known = stated.entry(claim.to_owned()).or_insert(held);
                *known = held.min(*known);
            }
        }
        // `check` leaves the running stack out always, and that is no part.
        let is_missed =
            |scenario: &ScenarioRun| command == Asking::Verify || scenario.truth == Truth::Declared;
        Self {
            started: DateTime::<Utc>::from(run.started)
                .to_rfc3339_opts(SecondsFormat::Millis, true),
            seconds: run.duration.as_secs_f64(),
            commit: run.about.commit.as_ref().map(|commit| commit.id.clone()),
            branch: run.about.commit.as_ref().and_then(|commit| commit.branch.clone()),
            command,
            partly: run.about.left_out.iter().any(is_missed),
            verdict: match run.exit_code() {
                0 => Ended::Sound,
                1 => Ended::Broken,
                _ => Ended::Undecided,
            },
            ready: run
                .stacks
                .iter()
                .map(|stack| Ready {
                    environment: stack.environment.clone(),
                    seconds: stack.ready_after.as_secs_f64(),
                })
                .collect(),
            claims: stated,
            scenarios: judged.into_values().collect(),
        }
    }

    fn moment(&self) -> Moment {
        Moment { started: self.started.clone(), commit: self.commit.clone() }
    }

    fn among_others(&self) -> PastRun {
        PastRun {
            at: self.moment(),
            branch: self.branch.clone(),
            seconds: self.seconds,
            command: self.command,
            partly: self.partly,
            verdict: self.verdict,
            proven: self.claims.values().filter(|held| **held == Held::Proven).count(),
            claims: self.claims.len(),
            ready: self.ready.clone(),
        }
    }
}

/// What a run found of something: the run's number, and whether it is false.
type Found = (usize, bool);

/// Everything that was decided, by scenario and truth, in the order of the runs.
struct Decided<'p> {
    runs: Vec<&'p Past>,
    found: IndexMap<Key, Vec<Found>>,
}

impl<'p> Decided<'p> {
    fn of(runs: Vec<&'p Past>) -> Self {
        let mut found: IndexMap<Key, Vec<Found>> = IndexMap::new();
        for (number, past) in runs.iter().enumerate() {
            for judged in &past.scenarios {
                let truths =
                    [(Truth::Declared, judged.declared), (Truth::Observed, judged.observed)];
                for (truth, held) in truths {
                    let Some(is_false) = held.and_then(Held::is_false) else { continue };
                    let key = Key {
                        scenario: judged.scenario.clone(),
                        environments: judged.environments.clone(),
                        row: judged.row.clone(),
                        truth,
                    };
                    found.entry(key).or_default().push((number, is_false));
                }
            }
        }
        Self { runs, found }
    }

    fn of_key(&self, key: &Key) -> &[Found] {
        self.found.get(key).map_or(&[], Vec::as_slice)
    }

    fn moment(&self, number: usize) -> Moment {
        self.runs[number].moment()
    }

    /// The last run, which is the one at hand.
    fn now(&self) -> usize {
        self.runs.len() - 1
    }

    /// What some scenarios come to together, run after run: false as long as the last look at any of them
    /// found it so. With it, whether the run saw that itself.
    ///
    /// `others` are looks at what is no longer there: such a one counts until the next look at anything.
    fn together(&self, keys: &[&Key], others: &[Found]) -> Vec<(Found, bool)> {
        let mut looks: Vec<(usize, usize, bool)> = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            looks
                .extend(self.of_key(key).iter().map(|(number, is_false)| (*number, at, *is_false)));
        }
        looks.extend(others.iter().map(|(number, is_false)| (*number, keys.len(), *is_false)));
        looks.sort_unstable();
        let mut last = vec![false; keys.len() + 1];
        let mut told: Vec<(Found, bool)> = Vec::new();
        for looks in looks.chunk_by(|a, b| a.0 == b.0) {
            let mut seen = false;
            last[keys.len()] = false;
            for (_, at, is_false) in looks {
                last[*at] = *is_false;
                seen |= *is_false;
            }
            let is_false = last.contains(&true);
            told.push(((looks[0].0, is_false), seen || !is_false));
        }
        told
    }

    /// What runs recorded of a claim that no scenario of today accounts for.
    fn gone(&self, claim: &str, keys: &[(Key, bool)]) -> Vec<Found> {
        let looks = || keys.iter().flat_map(|(key, _)| self.of_key(key));
        let decided: BTreeSet<usize> = looks().map(|(number, _)| *number).collect();
        let falsehoods = looks().filter(|(_, is_false)| *is_false);
        let falsehoods: BTreeSet<usize> = falsehoods.map(|(number, _)| *number).collect();
        let said = self.runs.iter().enumerate().filter_map(|(number, past)| {
            let held = past.claims.get(claim)?;
            held.is_false().map(|is_false| (number, is_false))
        });
        of_others(said, &decided, &falsehoods)
    }

    /// Since when they are as they were found last; with the verdict, and the run that gave it.
    fn since(&self, keys: &[&Key], others: &[Found]) -> Option<(Held, Since, usize)> {
        let told = self.together(keys, others);
        let ((last, is_false), _) = *told.last()?;
        let same = told.iter().rev().take_while(|((_, other), _)| *other == is_false);
        let same: Vec<&(Found, bool)> = same.collect();
        let ((first, _), _) = **same.last()?;
        let before = told.len().checked_sub(same.len() + 1).map(|at| self.moment(told[at].0.0));
        let runs = same.iter().filter(|(_, seen)| *seen).count();
        let held = if is_false { Held::Broken } else { Held::Proven };
        Some((held, Since { first: self.moment(first), runs, before }, last))
    }
}

impl History {
    /// What earlier runs, the oldest first, and the one at hand say together; of the latter also what it
    /// left. `unread` results are kept besides.
    #[must_use]
    pub fn of(earlier: &[Past], unread: usize, run: &Run, now: &Past) -> Self {
        let decided = Decided::of(earlier.iter().chain([now]).collect());
        let told = |scenario: &ScenarioRun| Told {
            scenario: run.id(scenario),
            environments: scenario.environments.clone(),
            truth: scenario.truth.word().to_owned(),
            sentences: sentences(scenario),
            line: scenario.line,
        };
        let names = Names::of(run);
        let all = run.scenarios.iter().chain(&run.only_observed).chain(&run.about.left_out);
        let (mut broken, mut flaky) = (Vec::new(), Vec::new());
        let mut by_claim: IndexMap<&str, Vec<(Key, bool)>> = IndexMap::new();
        for (at, scenario) in all.enumerate() {
            let key = names.key(run, scenario);
            let held = (at < run.scenarios.len()).then(|| Held::of(scenario));
            if held == Some(Held::Broken)
                && let Some((_, since, _)) = decided.since(&[&key], &[])
            {
                broken.push(ScenarioHistory { of: told(scenario), since });
            }
            if let Some((why, runs)) = is_flaky(&decided, &key) {
                flaky.push(Flaky { of: told(scenario), why, runs });
            }
            for claim in claims(scenario) {
                by_claim
                    .entry(claim)
                    .or_default()
                    .push((key.clone(), held.and_then(Held::is_false).is_some()));
            }
        }
        let claims = by_claim.iter().filter_map(|(claim, keys)| of_claim(&decided, claim, keys));
        Self {
            runs: decided.runs.iter().map(|past| past.among_others()).collect(),
            unread,
            claims: claims.collect(),
            broken,
            flaky,
        }
    }
}

/// A claim with its scenarios, each with whether the run at hand decided it.
fn of_claim(decided: &Decided<'_>, claim: &str, keys: &[(Key, bool)]) -> Option<ClaimHistory> {
    let pick = |decides: bool| -> Vec<&Key> {
        keys.iter().filter(|(_, does)| *does == decides).map(|(key, _)| key).collect()
    };
    let (ours, others) = (pick(true), pick(false));
    // What this run decided is held against what others said of the same; else the last word of any counts.
    let asked = !ours.is_empty();
    let (held, since, last) =
        decided.since(if asked { &ours } else { &others }, &decided.gone(claim, keys))?;
    let besides = others.iter().filter_map(|key| decided.of_key(key).last());
    let besides = besides.filter(|(_, is_false)| *is_false).map(|(number, _)| *number).max();
    let besides = besides.filter(|_| asked && held == Held::Proven);
    Some(ClaimHistory {
        claim: claim.to_owned(),
        held,
        asked: asked && last == decided.now(),
        since,
        last: decided.moment(last),
        besides: besides.map(|number| decided.moment(number)),
    })
}

/// Whether a scenario on the running stack is now so and now otherwise. By the files a verdict changes
/// with the files alone: there is nothing flaky about it.
fn is_flaky(decided: &Decided<'_>, key: &Key) -> Option<(Why, Vec<Look>)> {
    if key.truth != Truth::Observed {
        return None;
    }
    let found = decided.of_key(key);
    let found = &found[found.len().saturating_sub(WINDOW)..];
    let commit = |number: usize| decided.runs[number].commit.as_deref();
    let both = found.iter().enumerate().any(|(at, (number, is_false))| {
        let differs = |(other, other_is_false): &Found| {
            other_is_false != is_false
                && commit(*other).is_some()
                && commit(*other) == commit(*number)
        };
        found[..at].iter().any(differs)
    });
    let changes = found.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    let why = match () {
        () if both => Why::SameCommit,
        () if changes >= CHANGES => Why::BackAndForth,
        () => return None,
    };
    let look = |(number, is_false): &Found| Look {
        at: decided.moment(*number),
        held: if *is_false { Held::Broken } else { Held::Proven },
    };
    Some((why, found.iter().map(look).collect()))
}
