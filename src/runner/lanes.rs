//! Lets scenarios begin as the plan has it: when what they would meet is over, and there is room.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indexmap::IndexMap;
use tokio::sync::Notify;

use super::plan::{PLACES, Taken, Turn};

/// Where the scenarios of a pass stand.
pub(super) struct Lanes(Mutex<IndexMap<String, Lane>>);

struct Lane {
    turn: Turn,
    phase: Phase,
    /// Wakes it once when it may begin, or never will.
    go: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    /// Since when: the time that it waited is not its own.
    Running(Instant),
    Over(Duration),
    /// Another failed before, and nothing more is wanted.
    Dropped,
}

impl Lanes {
    /// Lets begin what the plan lets begin at once.
    pub(super) fn new(turns: Vec<Turn>) -> Self {
        let lane = |turn: Turn| {
            (turn.place.clone(), Lane { turn, phase: Phase::Waiting, go: Arc::default() })
        };
        let lanes = Self(Mutex::new(turns.into_iter().map(lane).collect()));
        admit(&mut lanes.lock());
        lanes
    }

    /// Waits for a scenario's turn; not to be run if it gets none.
    pub(super) async fn enter(&self, place: &str) -> bool {
        let Some(go) = self.lock().get(place).map(|lane| Arc::clone(&lane.go)) else {
            return false;
        };
        go.notified().await;
        self.lock().get(place).is_some_and(|lane| lane.phase != Phase::Dropped)
    }

    /// A scenario is over, and what it broke is mended: others may begin.
    pub(super) fn leave(&self, place: &str) {
        let mut lanes = self.lock();
        if let Some(Lane { phase, .. }) = lanes.get_mut(place)
            && let Phase::Running(since) = *phase
        {
            *phase = Phase::Over(since.elapsed());
            admit(&mut lanes);
        }
    }

    /// No further scenario begins.
    pub(super) fn close(&self) {
        for lane in self.lock().values_mut().filter(|lane| lane.phase == Phase::Waiting) {
            lane.phase = Phase::Dropped;
            lane.go.notify_one();
        }
    }

    /// How long a scenario ran; nothing of one that did not.
    pub(super) fn took(&self, place: &str) -> Option<Duration> {
        match self.lock().get(place)?.phase {
            Phase::Waiting | Phase::Dropped => None,
            Phase::Running(since) => Some(since.elapsed()),
            Phase::Over(took) => Some(took),
        }
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<String, Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets begin, in the order of the plan, whoever meets nobody that runs or waits before, until the
/// first for whom there is no room: what needs much of it is not passed by.
fn admit(lanes: &mut IndexMap<String, Lane>) {
    let is_running = |lane: &&Lane| matches!(lane.phase, Phase::Running(_));
    let occupied: usize = lanes.values().filter(is_running).map(|lane| lane.turn.places()).sum();
    let mut free = PLACES.saturating_sub(occupied);
    let mut taken = Taken::default();
    lanes.values().filter(is_running).for_each(|lane| taken.add(&lane.turn));
    let mut begin = Vec::new();
    for (at, lane) in lanes.values().enumerate().filter(|(_, lane)| lane.phase == Phase::Waiting) {
        if taken.leaves(&lane.turn) {
            if lane.turn.places() > free {
                break;
            }
            free -= lane.turn.places();
            begin.push(at);
        }
        taken.add(&lane.turn);
    }
    let now = Instant::now();
    for at in begin {
        let lane = &mut lanes[at];
        lane.phase = Phase::Running(now);
        lane.go.notify_one();
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
        let lanes = lanes.lock();
        let running = lanes.values().filter(|lane| matches!(lane.phase, Phase::Running(_)));
        running.map(|lane| lane.turn.name.clone()).collect()
    }

    fn lanes(scenarios: &[(&str, &[&str], bool, Load)]) -> Lanes {
        let turn = |(name, environments, is_alone, load): &(&str, &[&str], bool, Load)| {
            Turn::sample(name, environments, *is_alone, *load)
        };
        Lanes::new(in_order(scenarios.iter().map(turn).collect()))
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
        assert!(lanes.enter("break").await);
        lanes.close();
        assert!(!lanes.enter("look").await);
        lanes.leave("break");
        assert_eq!(running(&lanes), [""; 0]);
        assert!(lanes.took("break").is_some() && lanes.took("look").is_none());
        assert!(!lanes.enter("nowhere").await);
    }
}
