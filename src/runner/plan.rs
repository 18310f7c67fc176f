//! The order in which scenarios get their turn on the running stacks, and what may run beside what.
//!
//! The plan is made before anything starts, from the features, the Compose files and how long earlier
//! runs took. A scenario that breaks something runs beside those that have nothing to do with what it
//! breaks (`touches`), and beside no other that breaks something there. Environments share nothing but
//! the machine, so they never wait for each other. Where an environment has a second stack, what
//! breaks something runs there, and on the first as well once nothing that only looks is left to
//! begin; the longest first, so that both end together.

use std::{cmp::Reverse, collections::BTreeSet, fmt::Write as _, time::Duration};

use indexmap::{IndexMap, IndexSet};

use super::{
    durations::Durations,
    touches::{Reach, Touched, Ways},
};
use crate::{
    compose::Project,
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
    /// The environments whose stacks it speaks of, and what it has to do with there.
    environments: IndexMap<String, Touched>,
    /// Whether it breaks something.
    pub(super) is_alone: bool,
    load: Load,
    /// How long it is expected to take.
    expected: Duration,
}

impl Turn {
    fn of(planned: &Planned, known: &Known<'_>) -> Self {
        let is_alone = planned.tags.iter().any(|tag| tag == DISRUPTIVE);
        let touched = |name: &String| {
            let ways = known.ways.get(name);
            let touched = ways.map(|ways| ways.touched(planned, is_alone));
            (name.clone(), touched.unwrap_or(Touched::unknown(is_alone)))
        };
        Self {
            place: planned.place(),
            name: planned.name.clone(),
            environments: planned.environments.iter().map(touched).collect(),
            is_alone,
            load: load(&planned.matches),
            expected: known.earlier.of(planned),
        }
    }

    /// The environment whose second stack will do as well, if it has one.
    pub(super) fn movable(&self) -> Option<&str> {
        match self.environments.keys().collect::<Vec<_>>()[..] {
            [only] if self.is_alone => Some(only),
            _ => None,
        }
    }

    /// Whether it only looks, at one environment, and needs no machine to itself.
    pub(super) fn looks_at(&self, environment: &str) -> bool {
        let is_here = self.environments.len() == 1 && self.environments.contains_key(environment);
        !self.is_alone && self.load != Load::Full && is_here
    }

    fn told(&self) -> String {
        let load = match self.load {
            Load::Light => "",
            Load::Heavy => ", takes half of the machine",
            Load::Full => ", takes the whole machine",
        };
        format!("{} ({}){load}", self.name, self.place)
    }

    /// The services that it breaks on the stack of an environment, with whoever asks them; nothing if
    /// that may be any.
    pub(super) fn breaks(&self, environment: &str) -> Option<BTreeSet<String>> {
        match &self.environments.get(environment)?.breaks {
            Reach::All => None,
            Reach::Some(names) => Some(names.clone()),
        }
    }

    /// Whether they must not run side by side, were they on the same stacks.
    fn meets(&self, other: &Self) -> bool {
        self.environments.iter().any(|(name, touched)| {
            other.environments.get(name).is_some_and(|others| touched.meets(others))
        })
    }

    #[cfg(test)]
    pub(super) fn sample(name: &str, environments: &[&str], is_alone: bool, load: Load) -> Self {
        Self {
            place: name.to_owned(),
            name: name.to_owned(),
            environments: environments
                .iter()
                .map(|&name| (name.to_owned(), Touched::unknown(is_alone)))
                .collect(),
            is_alone,
            load,
            expected: Duration::ZERO,
        }
    }

    /// The same with what it breaks and looks at, and how long it is expected to take.
    #[cfg(test)]
    pub(super) fn touching(mut self, breaks: &[&str], looks: &[&str], expected: Duration) -> Self {
        let reach = |names: &[&str]| Reach::Some(names.iter().map(ToString::to_string).collect());
        for touched in self.environments.values_mut() {
            *touched = Touched { breaks: reach(breaks), looks: reach(looks) };
        }
        Self { expected, ..self }
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

/// What a plan rests on besides the sentences.
#[derive(Debug)]
pub(super) struct Known<'k> {
    /// Who asks whom, by environment.
    pub(super) ways: IndexMap<String, Ways>,
    /// How long scenarios took.
    pub(super) earlier: &'k Durations,
}

impl<'k> Known<'k> {
    pub(super) fn of<'p>(
        projects: impl IntoIterator<Item = (&'p String, &'p Project)>,
        earlier: &'k Durations,
    ) -> Self {
        let ways = projects.into_iter().map(|(name, project)| (name.clone(), Ways::of(project)));
        Self { ways: ways.collect(), earlier }
    }
}

/// The turns of some scenarios: those that break something first, each followed by those that may run
/// beside it and will be over before it; what needs the machine to itself last, where it holds up
/// nothing. Where there is a second stack the longest of each kind come first. Others keep the order
/// of the features.
pub(super) fn turns<'p>(
    planned: impl Iterator<Item = &'p Planned>,
    doubled: &IndexSet<String>,
    known: &Known<'_>,
) -> Vec<Turn> {
    in_order(planned.map(|planned| Turn::of(planned, known)).collect(), doubled)
}

pub(super) fn in_order(mut turns: Vec<Turn>, doubled: &IndexSet<String>) -> Vec<Turn> {
    let has_second = |turn: &Turn| turn.environments.keys().any(|name| doubled.contains(name));
    turns.sort_by_key(|turn| {
        let longest = has_second(turn).then_some(Reverse(turn.expected));
        (turn.load == Load::Full, !turn.is_alone, turn.load, longest)
    });
    let (alone, mut others): (Vec<Turn>, Vec<Turn>) =
        turns.into_iter().partition(|turn| turn.is_alone && turn.load != Load::Full);
    let mut ordered = Vec::new();
    for turn in alone {
        let (beside, rest) =
            if has_second(&turn) { (Vec::new(), others) } else { beside(&turn, others) };
        others = rest;
        ordered.push(turn);
        ordered.extend(beside);
    }
    ordered.extend(others);
    ordered
}

/// Of those that break nothing, the ones that have nothing to do with what a scenario breaks and are
/// expected to be over before it; and the rest.
fn beside(alone: &Turn, others: Vec<Turn>) -> (Vec<Turn>, Vec<Turn>) {
    // So many side by side, on average.
    const SIDE_BY_SIDE: u32 = 3;
    let mut left = alone.expected * SIDE_BY_SIDE;
    others.into_iter().partition(|other| {
        let is_here = other.environments.keys().all(|name| alone.environments.contains_key(name));
        let fits = other.load == Load::Light && other.expected <= alone.expected.min(left);
        let goes = is_here && fits && !alone.meets(other);
        if goes {
            left -= other.expected;
        }
        goes
    })
}

/// The environments in which scenarios break something, one after the other, with how long all but the
/// longest are expected to take: who would gain most by a second stack first. One such scenario alone
/// gains nothing.
#[must_use]
pub(super) fn who_gains<'p>(
    planned: impl Iterator<Item = &'p Planned>,
    earlier: &Durations,
) -> IndexMap<String, Duration> {
    let known = Known { ways: IndexMap::new(), earlier };
    let mut lanes: IndexMap<String, Vec<Duration>> = IndexMap::new();
    for turn in planned.map(|planned| Turn::of(planned, &known)) {
        if let Some(environment) = turn.movable() {
            lanes.entry(environment.to_owned()).or_default().push(turn.expected);
        }
    }
    lanes.retain(|_, each| each.len() > 1);
    let gain = |each: Vec<Duration>| {
        let longest = each.iter().max().copied().unwrap_or_default();
        each.iter().sum::<Duration>().saturating_sub(longest)
    };
    let mut gains: IndexMap<String, Duration> =
        lanes.into_iter().map(|(name, each)| (name, gain(each))).collect();
    gains.sort_by_key(|_, gain| Reverse(*gain));
    gains
}

/// What keeps others from beginning: what runs, and what waits and is before them in the plan.
#[derive(Debug, Default)]
pub(super) struct Taken<'t> {
    turns: Vec<(&'t Turn, Berth)>,
}

impl<'t> Taken<'t> {
    /// Where a scenario meets none of them, if anywhere.
    pub(super) fn berth(&self, turn: &Turn, doubled: &IndexSet<String>) -> Option<Berth> {
        let is_free = |berth: Berth| {
            self.turns.iter().all(|(other, theirs)| *theirs != berth || !turn.meets(other))
        };
        let has_second = turn.movable().is_some_and(|name| doubled.contains(name));
        if has_second && is_free(Berth::Second) {
            return Some(Berth::Second);
        }
        is_free(Berth::First).then_some(Berth::First)
    }

    /// Adds one.
    pub(super) fn add(&mut self, turn: &'t Turn, berth: Berth) {
        self.turns.push((turn, berth));
    }
}

/// The plan of `verify` in words: by environment, what breaks something and what runs beside it, and
/// what runs side by side.
#[must_use]
pub(super) fn told(plan: &[Planned], doubled: &IndexSet<String>, known: &Known<'_>) -> String {
    let observed = plan.iter().filter(|planned| planned.truths.contains(&Truth::Observed));
    let mut lanes: IndexMap<String, Lane> = IndexMap::new();
    let has_two = |turn: &Turn| turn.environments.keys().any(|name| doubled.contains(name));
    for turn in turns(observed, doubled, known) {
        let names: Vec<&str> = turn.environments.keys().map(String::as_str).collect();
        let lane = lanes.entry(names.join(" and ")).or_default();
        if turn.is_alone {
            lane.alone.push((turn, Vec::new()));
        } else if let Some((_, beside)) = lane
            .alone
            .last_mut()
            .filter(|(alone, _)| lane.beside.is_empty() && !has_two(alone) && !alone.meets(&turn))
        {
            beside.push(turn);
        } else {
            lane.beside.push(turn);
        }
    }
    if lanes.is_empty() {
        return "no scenario needs a running stack: nothing would be started\n".to_owned();
    }
    let mut text = String::new();
    for (environments, Lane { alone, beside }) in &lanes {
        let _ = writeln!(text, "{environments}");
        if !alone.is_empty() {
            let how = if doubled.contains(environments) {
                "on two stacks, on each one at a time"
            } else {
                "one at a time"
            };
            let _ = writeln!(text, "  break something, {how}: {}", alone.len());
        }
        for (turn, beside) in alone {
            let breaks = turn.environments.values().next().map(|touched| touched.breaks.told());
            let breaks = breaks.unwrap_or_default();
            let _ = writeln!(text, "    {}, breaks {breaks}", turn.told());
            for turn in beside {
                let _ = writeln!(text, "      beside it: {}", turn.told());
            }
        }
        if !beside.is_empty() {
            let _ = writeln!(text, "  side by side: {}", beside.len());
        }
        for turn in beside {
            let _ = writeln!(text, "    {}", turn.told());
        }
    }
    text
}

/// The turns of an environment.
#[derive(Default)]
struct Lane {
    /// What breaks something, each with those that run beside it.
    alone: Vec<(Turn, Vec<Turn>)>,
    /// What runs when nothing is broken.
    beside: Vec<Turn>,
}
