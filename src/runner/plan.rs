//! The order in which scenarios get their turn on the running stacks, and what may run beside what.
//!
//! The plan is made before anything starts, from the features alone. A scenario that breaks something
//! has its environments to itself: whatever else speaks of them waits. Environments share nothing but
//! the machine, so they never wait for each other.

use std::{collections::HashSet, fmt::Write as _};

use indexmap::IndexMap;

use crate::{
    features::{DISRUPTIVE, Planned},
    run::Truth,
    steps::{Load, load},
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
}

impl Turn {
    fn of(planned: &Planned) -> Self {
        Self {
            place: planned.place(),
            name: planned.name.clone(),
            environments: planned.environments.clone(),
            is_alone: planned.tags.iter().any(|tag| tag == DISRUPTIVE),
            load: load(&planned.matches),
        }
    }

    #[cfg(test)]
    pub(super) fn sample(name: &str, environments: &[&str], is_alone: bool, load: Load) -> Self {
        Self {
            place: name.to_owned(),
            name: name.to_owned(),
            environments: environments.iter().map(|&name| name.to_owned()).collect(),
            is_alone,
            load,
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

/// The turns of some scenarios: those that break something first, as each of them keeps its
/// environments to itself; what needs the machine to itself last, where it holds up nothing. Others
/// keep the order of the features.
pub(super) fn turns<'p>(planned: impl Iterator<Item = &'p Planned>) -> Vec<Turn> {
    in_order(planned.map(Turn::of).collect())
}

pub(super) fn in_order(mut turns: Vec<Turn>) -> Vec<Turn> {
    turns.sort_by_key(|turn| (turn.load == Load::Full, !turn.is_alone, turn.load));
    turns
}

/// What keeps others from beginning: what runs, and what waits and is before them in the plan.
#[derive(Debug, Default)]
pub(super) struct Taken<'t> {
    /// Environments that one has to itself.
    whole: HashSet<&'t str>,
    /// Environments that are spoken of.
    spoken: HashSet<&'t str>,
}

impl<'t> Taken<'t> {
    /// Whether a scenario meets none of them.
    pub(super) fn leaves(&self, turn: &Turn) -> bool {
        let taken = if turn.is_alone { &self.spoken } else { &self.whole };
        turn.environments.iter().all(|name| !taken.contains(name.as_str()))
    }

    /// Adds one.
    pub(super) fn add(&mut self, turn: &'t Turn) {
        let names = || turn.environments.iter().map(String::as_str);
        self.spoken.extend(names());
        if turn.is_alone {
            self.whole.extend(names());
        }
    }
}

/// The plan of `verify` in words: by environment, what runs one at a time and what side by side.
#[must_use]
pub fn told(plan: &[Planned]) -> String {
    let observed = plan.iter().filter(|planned| planned.truths.contains(&Truth::Observed));
    let mut lanes: IndexMap<String, [Vec<Turn>; 2]> = IndexMap::new();
    for turn in turns(observed) {
        let lane = lanes.entry(turn.environments.join(" and ")).or_default();
        lane[usize::from(!turn.is_alone)].push(turn);
    }
    if lanes.is_empty() {
        return "no scenario needs a running stack: nothing would be started\n".to_owned();
    }
    let mut text = String::new();
    for (environments, [alone, beside]) in &lanes {
        let _ = writeln!(text, "{environments}");
        for (how, turns) in [
            ("one at a time, each with the environment to itself", alone),
            ("side by side", beside),
        ] {
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
