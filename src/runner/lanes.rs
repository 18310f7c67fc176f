//! Lets scenarios begin as the plan has it: when what they would meet is over, and there is room.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indexmap::{IndexMap, IndexSet};
use tokio::sync::Notify;

use super::plan::{PLACES, Taken, Turn};
use crate::steps::world::Berth;

/// Where the scenarios of a pass stand.
pub(super) struct Lanes {
    lanes: Mutex<Stand>,
    /// Wakes those who wait for others to be over.
    left: Notify,
}

/// Whose turn it is, and where.
struct Stand {
    lanes: IndexMap<String, Lane>,
    /// The environments that have a second stack, or will.
    doubled: IndexSet<String>,
    /// Those of them whose second stack is up.
    open: IndexSet<String>,
}

struct Lane {
    turn: Turn,
    phase: Phase,
    /// Wakes it once when it may begin, or never will.
    go: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    /// Where, and since when: the time that it waited is not its own.
    Running(Berth, Instant),
    Over(Duration),
    /// Another failed before, and nothing more is wanted.
    Dropped,
}

impl Lanes {
    /// Lets begin what the plan lets begin at once; some environments will have a second stack.
    pub(super) fn new(turns: Vec<Turn>, doubled: IndexSet<String>) -> Self {
        let lane = |turn: Turn| {
            (turn.place.clone(), Lane { turn, phase: Phase::Waiting, go: Arc::default() })
        };
        let lanes = turns.into_iter().map(lane).collect();
        let mut stand = Stand { lanes, doubled, open: IndexSet::new() };
        stand.admit();
        Self { lanes: Mutex::new(stand), left: Notify::new() }
    }

    /// The second stack of an environment is up.
    pub(super) fn open(&self, environment: &str) {
        let mut stand = self.lock();
        stand.open.insert(environment.to_owned());
        stand.admit();
    }

    /// An environment gets no second stack after all.
    pub(super) fn shut(&self, environment: &str) {
        let mut stand = self.lock();
        stand.doubled.shift_remove(environment);
        stand.admit();
    }

    /// Waits until nothing runs on the second stack of an environment, and nothing will.
    pub(super) async fn second_is_over(&self, environment: &str) {
        loop {
            let left = self.left.notified();
            if !self.lock().needs_second(environment) {
                return;
            }
            left.await;
        }
    }

    /// Waits for a scenario's turn, and says on which stack it is; not to be run if it gets none.
    pub(super) async fn enter(&self, place: &str) -> Option<Berth> {
        let go = self.lock().lanes.get(place).map(|lane| Arc::clone(&lane.go))?;
        go.notified().await;
        match self.lock().lanes.get(place)?.phase {
            Phase::Running(berth, _) => Some(berth),
            _ => None,
        }
    }

    /// A scenario is over, and what it broke is mended: others may begin.
    pub(super) fn leave(&self, place: &str) {
        let mut lanes = self.lock();
        if let Some(Lane { phase, .. }) = lanes.lanes.get_mut(place)
            && let Phase::Running(_, since) = *phase
        {
            *phase = Phase::Over(since.elapsed());
            lanes.admit();
        }
        drop(lanes);
        self.left.notify_waiters();
    }

    /// No further scenario begins.
    pub(super) fn close(&self) {
        for lane in self.lock().lanes.values_mut().filter(|lane| lane.phase == Phase::Waiting) {
            lane.phase = Phase::Dropped;
            lane.go.notify_one();
        }
        self.left.notify_waiters();
    }

    /// All that will run has run: nobody waits for anybody any more.
    pub(super) fn end(&self) {
        for lane in self.lock().lanes.values_mut() {
            lane.phase = match lane.phase {
                Phase::Waiting => Phase::Dropped,
                Phase::Running(_, since) => Phase::Over(since.elapsed()),
                ended => ended,
            };
        }
        self.left.notify_waiters();
    }

    /// The services that a scenario breaks on the stack of an environment; nothing if that may be any.
    pub(super) fn breaks(&self, place: &str, environment: &str) -> Option<BTreeSet<String>> {
        self.lock().lanes.get(place).and_then(|lane| lane.turn.breaks(environment))
    }

    /// How long a scenario ran; nothing of one that did not.
    pub(super) fn took(&self, place: &str) -> Option<Duration> {
        match self.lock().lanes.get(place)?.phase {
            Phase::Waiting | Phase::Dropped => None,
            Phase::Running(_, since) => Some(since.elapsed()),
            Phase::Over(took) => Some(took),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Stand> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stand {
    /// Whether anything runs on the second stack of an environment, or could.
    fn needs_second(&self, environment: &str) -> bool {
        self.lanes.values().any(|lane| match lane.phase {
            Phase::Waiting => lane.turn.movable() == Some(environment),
            Phase::Running(berth, _) => {
                berth == Berth::Second && lane.turn.movable() == Some(environment)
            }
            Phase::Over(_) | Phase::Dropped => false,
        })
    }

    /// Lets begin, in the order of the plan, whoever meets nobody that runs or waits before, until the
    /// first for whom there is no room: what needs much of it is not passed by.
    ///
    /// Where there is a second stack, the first is for those who only look, as long as any of them waits.
    fn admit(&mut self) {
        let Self { lanes, doubled, open } = self;
        let mut free = PLACES;
        let mut taken = Taken::default();
        for lane in lanes.values() {
            if let Phase::Running(berth, _) = lane.phase {
                free = free.saturating_sub(lane.turn.places());
                taken.add(&lane.turn, berth);
            }
        }
        let is_waiting = |lane: &Lane| lane.phase == Phase::Waiting;
        let looked_at: IndexSet<&str> = doubled
            .iter()
            .map(String::as_str)
            .filter(|name| lanes.values().any(|lane| is_waiting(lane) && lane.turn.looks_at(name)))
            .collect();
        let mut begin = Vec::new();
        for (at, lane) in lanes.values().enumerate().filter(|(_, lane)| is_waiting(lane)) {
            let turn = &lane.turn;
            let gives_way = turn.movable().is_some_and(|name| looked_at.contains(name));
            match taken.berth(turn, open) {
                None | Some(Berth::First) if gives_way => {}
                None => taken.add(turn, Berth::First),
                Some(_) if turn.places() > free => break,
                Some(berth) => {
                    free -= turn.places();
                    begin.push((at, berth));
                    taken.add(turn, berth);
                }
            }
        }
        let now = Instant::now();
        for (at, berth) in begin {
            let lane = &mut lanes[at];
            lane.phase = Phase::Running(berth, now);
            lane.go.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{runner::plan::in_order, steps::Load};

    const DEV: &[&str] = &["development"];
    const PROD: &[&str] = &["production"];

    /// What runs now, by name.
    fn running(lanes: &Lanes) -> Vec<String> {
        let stand = lanes.lock();
        let running = stand.lanes.values().filter(|lane| matches!(lane.phase, Phase::Running(..)));
        running.map(|lane| lane.turn.name.clone()).collect()
    }

    fn lanes(scenarios: &[(&str, &[&str], bool, Load)]) -> Lanes {
        lanes_with(&[], scenarios)
    }

    /// With a second stack of some environments.
    fn lanes_with(doubled: &[&str], scenarios: &[(&str, &[&str], bool, Load)]) -> Lanes {
        let turn = |(name, environments, is_alone, load): &(&str, &[&str], bool, Load)| {
            Turn::sample(name, environments, *is_alone, *load)
        };
        let doubled: IndexSet<String> = doubled.iter().map(|&name| name.to_owned()).collect();
        let lanes =
            Lanes::new(in_order(scenarios.iter().map(turn).collect(), &doubled), doubled.clone());
        doubled.iter().for_each(|name| lanes.open(name));
        lanes
    }

    /// On which stack a scenario runs.
    fn berth(lanes: &Lanes, place: &str) -> Option<Berth> {
        match lanes.lock().lanes[place].phase {
            Phase::Running(berth, _) => Some(berth),
            _ => None,
        }
    }

    #[test]
    fn what_breaks_something_has_a_second_stack_and_the_first_once_nobody_looks() {
        let lanes = lanes_with(
            DEV,
            &[
                ("look", DEV, false, Load::Light),
                ("compare", &["development", "production"], false, Load::Light),
                ("search", DEV, false, Load::Full),
                ("break", DEV, true, Load::Light),
                ("break again", DEV, true, Load::Light),
                ("break on", DEV, true, Load::Light),
                ("break both", &["development", "production"], true, Load::Light),
            ],
        );
        // The breaking of both has no second stack, and its turn is before those who look.
        assert_eq!(running(&lanes), ["break", "break both"]);
        assert_eq!(berth(&lanes, "break"), Some(Berth::Second));
        assert_eq!(berth(&lanes, "break both"), Some(Berth::First));
        lanes.leave("break");
        assert_eq!(running(&lanes), ["break again", "break both"]);
        assert_eq!(berth(&lanes, "break again"), Some(Berth::Second));
        lanes.leave("break both");
        assert_eq!(running(&lanes), ["break again", "look", "compare"]);
        lanes.leave("look");
        assert_eq!(running(&lanes), ["break again", "compare"], "the first is spoken of");
        lanes.leave("compare");
        assert_eq!(running(&lanes), ["break again", "break on"]);
        assert_eq!(berth(&lanes, "break on"), Some(Berth::First));
        lanes.leave("break on");
        lanes.leave("break again");
        assert_eq!(running(&lanes), ["search"]);
        assert_eq!(berth(&lanes, "search"), Some(Berth::First));
    }

    #[test]
    fn until_the_second_stack_is_up_who_looks_comes_first_and_who_breaks_does_not_wait_for_it() {
        let doubled: IndexSet<String> = ["development".to_owned()].into();
        let turn = |name: &str, is_alone: bool| Turn::sample(name, DEV, is_alone, Load::Light);
        let turns = || {
            in_order(vec![turn("look", false), turn("break", true), turn("again", true)], &doubled)
        };
        let lanes = Lanes::new(turns(), doubled.clone());
        assert_eq!(running(&lanes), ["look"]);
        lanes.open("development");
        assert_eq!(running(&lanes), ["break", "look"]);
        assert_eq!(berth(&lanes, "break"), Some(Berth::Second));
        lanes.leave("look");
        assert_eq!(running(&lanes), ["break", "again"]);
        assert!(lanes.lock().needs_second("development"), "one runs there");
        lanes.leave("break");
        assert!(!lanes.lock().needs_second("development"), "the last one runs on the first");

        let lanes = Lanes::new(turns(), doubled.clone());
        lanes.leave("look");
        assert_eq!(running(&lanes), ["break"], "it is late");
        assert_eq!(berth(&lanes, "break"), Some(Berth::First));
        lanes.shut("development");
        lanes.leave("break");
        assert_eq!(running(&lanes), ["again"], "it does not come");
        assert_eq!(berth(&lanes, "again"), Some(Berth::First));
    }

    #[test]
    fn who_is_over_before_what_is_broken_runs_beside_it_and_passes_who_waits() {
        let turn = |name: &str, breaks: &[&str], looks: &[&str], seconds: u64| {
            Turn::sample(name, DEV, !breaks.is_empty(), Load::Light).touching(
                breaks,
                looks,
                Duration::from_secs(seconds),
            )
        };
        let turns = vec![
            turn("look at the store", &[], &["store"], 1),
            turn("look for long", &[], &["store"], 9),
            turn("look at the worker", &[], &["worker"], 1),
            turn("kill the worker", &["worker"], &["worker"], 5),
            turn("stop the store", &["store", "worker"], &["store"], 5),
        ];
        let lanes = Lanes::new(in_order(turns, &IndexSet::new()), IndexSet::new());
        // The stop waits, and meets the store as well: who is long would hold it up.
        assert_eq!(running(&lanes), ["kill the worker", "look at the store"]);
        lanes.leave("kill the worker");
        assert_eq!(running(&lanes), ["look at the store"], "it is still looked at");
        lanes.leave("look at the store");
        assert_eq!(running(&lanes), ["stop the store"]);
        lanes.leave("stop the store");
        assert_eq!(running(&lanes), ["look for long", "look at the worker"]);
    }

    #[test]
    fn what_breaks_something_has_its_environment_to_itself_and_holds_up_no_other() {
        let lanes = lanes(&[
            ("look", DEV, false, Load::Light),
            ("break", DEV, true, Load::Light),
            ("break again", DEV, true, Load::Light),
            ("look there", PROD, false, Load::Light),
            ("compare", &["development", "production"], false, Load::Light),
        ]);
        assert_eq!(running(&lanes), ["break", "look there"]);
        lanes.leave("break");
        assert_eq!(running(&lanes), ["break again", "look there"]);
        lanes.leave("break again");
        assert_eq!(running(&lanes), ["look", "look there", "compare"]);
    }

    #[test]
    fn who_waits_for_onlookers_is_not_passed_by_more_of_them() {
        let lanes = lanes(&[
            ("compare", &["development", "production"], false, Load::Light),
            ("look", DEV, false, Load::Light),
            ("break", PROD, true, Load::Light),
            ("break both", &["development", "production"], true, Load::Light),
        ]);
        assert_eq!(running(&lanes), ["break"], "both environments are spoken for");
        lanes.leave("break");
        assert_eq!(running(&lanes), ["break both"]);
        lanes.leave("break both");
        assert_eq!(running(&lanes), ["compare", "look"]);
    }

    #[test]
    fn what_needs_the_whole_machine_comes_last_and_alone() {
        let lanes = lanes(&[
            ("search", PROD, false, Load::Full),
            ("surf", DEV, false, Load::Heavy),
            ("surf on", DEV, false, Load::Heavy),
            ("surf more", DEV, false, Load::Heavy),
            ("look", PROD, false, Load::Light),
        ]);
        assert_eq!(running(&lanes), ["look", "surf"], "one place is too few for the next");
        lanes.leave("look");
        assert_eq!(running(&lanes), ["surf", "surf on"]);
        lanes.leave("surf");
        assert_eq!(running(&lanes), ["surf on", "surf more"]);
        lanes.leave("surf on");
        assert_eq!(running(&lanes), ["surf more"]);
        lanes.leave("surf more");
        assert_eq!(running(&lanes), ["search"]);
    }

    #[tokio::test]
    async fn after_a_failure_nothing_more_begins() {
        let lanes = lanes(&[("break", DEV, true, Load::Light), ("look", DEV, false, Load::Light)]);
        assert_eq!(lanes.enter("break").await, Some(Berth::First));
        lanes.close();
        assert_eq!(lanes.enter("look").await, None);
        lanes.leave("break");
        assert_eq!(running(&lanes), [""; 0]);
        assert!(lanes.took("break").is_some() && lanes.took("look").is_none());
        assert_eq!(lanes.enter("nowhere").await, None);
    }
}
