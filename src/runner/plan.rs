//! The order in which scenarios get their turn on the running stacks, and what may run beside what.
//!
//! The plan is made before anything starts, from the features and from how long earlier runs took. A
//! scenario that breaks something has a stack to itself: whatever else speaks of it waits.
//! Environments share nothing but the machine, so they never wait for each other. Where an
//! environment has a second stack, what breaks something runs there, and on the first as well once
//! nothing that only looks is left to begin; the longest first, so that both end together.

use std::{cmp::Reverse, collections::HashSet, fmt::Write as _, time::Duration};

use indexmap::{IndexMap, IndexSet};

use super::durations::Durations;
use crate::{
    features::{DISRUPTIVE, Planned},
    run::Truth,
    steps::{Load, load, world::Berth},
};

/// How many places there are for what runs side by side. More would make the stack slow by being
/// watched: sixty that begin at once ask for sixty pages at once, of programs that have not compiled
/// one yet.
pub(super) const PLACES: usize = 8;

/// A scenario's turn.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    /// Its file and line.
    pub(super) place: String,
    pub(super) name: String,
    /// The environments whose stacks it speaks of.
    environments: Vec<String>,
    /// Whether it breaks something.
    pub(super) is_alone: bool,
    load: Load,
    /// How long it is expected to take.
    expected: Duration,
}

impl Turn {
    fn of(planned: &Planned, earlier: &Durations) -> Self {
        Self {
            place: planned.place(),
            name: planned.name.clone(),
            environments: planned.environments.clone(),
            is_alone: planned.tags.iter().any(|tag| tag == DISRUPTIVE),
            load: load(&planned.matches),
            expected: earlier.of(planned),
        }
    }

    /// The environment whose second stack will do as well, if it has one.
    pub(super) fn movable(&self) -> Option<&str> {
        match &self.environments[..] {
            [only] if self.is_alone => Some(only),
            _ => None,
        }
    }

    /// Whether it only looks, at one environment, and needs no machine to itself.
    pub(super) fn looks_at(&self, environment: &str) -> bool {
        !self.is_alone && self.load != Load::Full && self.environments == [environment]
    }

    #[cfg(test)]
    pub(super) fn sample(name: &str, environments: &[&str], is_alone: bool, load: Load) -> Self {
        Self {
            place: name.to_owned(),
            name: name.to_owned(),
            environments: environments.iter().map(|&name| name.to_owned()).collect(),
            is_alone,
            load,
            expected: Duration::ZERO,
        }
    }

    /// How many of the places it takes.
    pub(super) const fn places(&self) -> usize {
        match self.load {
            Load::Light if self.is_alone => 3,
            Load::Light => 1,
            Load::Heavy => PLACES / 2,
            Load::Full => PLACES,
        }
    }
}

/// The turns of some scenarios: those that break something first, as each of them keeps a stack to
/// itself; what needs the machine to itself last, where it holds up nothing. Where there is a second
/// stack the longest of each kind come first. Others keep the order of the features.
pub(super) fn turns<'p>(
    planned: impl Iterator<Item = &'p Planned>,
    doubled: &IndexSet<String>,
    earlier: &Durations,
) -> Vec<Turn> {
    in_order(planned.map(|planned| Turn::of(planned, earlier)).collect(), doubled)
}

pub(super) fn in_order(mut turns: Vec<Turn>, doubled: &IndexSet<String>) -> Vec<Turn> {
    turns.sort_by_key(|turn| {
        let has_second = turn.environments.iter().any(|name| doubled.contains(name));
        let longest = has_second.then_some(Reverse(turn.expected));
        (turn.load == Load::Full, !turn.is_alone, turn.load, longest)
    });
    turns
}

/// The environments in which scenarios break something, one after the other: who would gain most by
/// a second stack first. One such scenario alone gains nothing.
#[must_use]
pub(super) fn who_gains<'p>(
    planned: impl Iterator<Item = &'p Planned>,
    earlier: &Durations,
) -> Vec<String> {
    let mut lanes: IndexMap<String, (usize, Duration)> = IndexMap::new();
    for turn in planned.map(|planned| Turn::of(planned, earlier)) {
        if let Some(environment) = turn.movable() {
            let (count, sum) = lanes.entry(environment.to_owned()).or_default();
            *count += 1;
            *sum += turn.expected;
        }
    }
    lanes.retain(|_, (count, _)| *count > 1);
    lanes.sort_by_key(|_, (_, sum)| Reverse(*sum));
    lanes.into_keys().collect()
}

/// What keeps others from beginning: what runs, and what waits and is before them in the plan.
#[derive(Debug, Default)]
pub(super) struct Taken<'t> {
    /// Stacks that one has to itself.
    whole: HashSet<(&'t str, Berth)>,
    /// Stacks that are spoken of.
    spoken: HashSet<(&'t str, Berth)>,
}

impl<'t> Taken<'t> {
    /// Where a scenario meets none of them, if anywhere.
    pub(super) fn berth(&self, turn: &Turn, doubled: &IndexSet<String>) -> Option<Berth> {
        let is_free = |berth: Berth| {
            let taken = if turn.is_alone { &self.spoken } else { &self.whole };
            turn.environments.iter().all(|name| !taken.contains(&(name.as_str(), berth)))
        };
        let has_second = turn.movable().is_some_and(|name| doubled.contains(name));
        if has_second && is_free(Berth::Second) {
            return Some(Berth::Second);
        }
        is_free(Berth::First).then_some(Berth::First)
    }

    /// Adds one.
    pub(super) fn add(&mut self, turn: &'t Turn, berth: Berth) {
        let names = || turn.environments.iter().map(|name| (name.as_str(), berth));
        self.spoken.extend(names());
        if turn.is_alone {
            self.whole.extend(names());
        }
    }
}

/// The plan of `verify` in words: by environment, what runs one at a time and what side by side.
#[must_use]
pub(super) fn told(plan: &[Planned], doubled: &IndexSet<String>, earlier: &Durations) -> String {
    let observed = plan.iter().filter(|planned| planned.truths.contains(&Truth::Observed));
    let mut lanes: IndexMap<String, [Vec<Turn>; 2]> = IndexMap::new();
    for turn in turns(observed, doubled, earlier) {
        let lane = lanes.entry(turn.environments.join(" and ")).or_default();
        lane[usize::from(!turn.is_alone)].push(turn);
    }
    if lanes.is_empty() {
        return "no scenario needs a running stack: nothing would be started\n".to_owned();
    }
    let mut text = String::new();
    for (environments, [alone, beside]) in &lanes {
        let _ = writeln!(text, "{environments}");
        let by_themselves = if doubled.contains(environments) {
            "on two stacks, each with one of them to itself"
        } else {
            "one at a time, each with the environment to itself"
        };
        for (how, turns) in [(by_themselves, alone), ("side by side", beside)] {
            if !turns.is_empty() {
                let _ = writeln!(text, "  {how}: {}", turns.len());
            }
            for Turn { place, name, load, .. } in turns {
                let load = match load {
                    Load::Light => "",
                    Load::Heavy => ", takes half of the machine",
                    Load::Full => ", takes the whole machine",
                };
                let _ = writeln!(text, "    {name} ({place}){load}");
            }
        }
    }
    text
}
