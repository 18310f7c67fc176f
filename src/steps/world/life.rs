//! What is known of a stack's services beyond what they are now.

use std::{
    collections::{BTreeSet, HashMap},
    time::Instant,
};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use crate::{
    run::Incident,
    stack::{deaths::Death, engine::Container},
};

/// What is known of a stack's services beyond what they are now.
#[derive(Debug, Default)]
pub(crate) struct Life {
    /// How many of the deaths are accounted for.
    pub(crate) accounted: usize,
    /// Those of them that nothing excuses.
    pub(crate) found: Vec<Death>,
    /// Each container that is meant to be there, by id: its service, and its excused restarts.
    pub(crate) known: IndexMap<String, (String, i64)>,
    /// When services ended in a scenario for a reason that the files do not give.
    pub(crate) unexplained: IndexMap<String, Instant>,
    /// What was excused and is worth telling.
    pub(crate) told: Vec<Incident>,
}

/// What runs before a scenario breaks something.
#[derive(Debug)]
pub struct Before {
    /// How many deaths there were.
    pub(crate) deaths: usize,
    /// The replicas that run, by service.
    pub(crate) running: IndexMap<String, usize>,
    /// When each container without a health check was started.
    pub(crate) started: HashMap<String, Option<DateTime<Utc>>>,
    /// The ports on which services without a health check listen for others.
    pub(crate) open: IndexMap<String, BTreeSet<u16>>,
}

impl Life {
    /// Of a stack that has just come up.
    pub(crate) fn of(stack: &crate::stack::Stack) -> Self {
        let readiness = &stack.readiness;
        Self {
            accounted: stack.deaths.count(),
            known: readiness.containers.clone(),
            told: readiness.incidents.clone(),
            ..Self::default()
        }
    }

    /// How often a container may have been restarted.
    pub(crate) fn restarts(&self, id: &str) -> i64 {
        // One that ended for no reason that the files give may be in a loop.
        let known =
            self.known.get(id).filter(|(service, _)| !self.unexplained.contains_key(service));
        known.map_or(0, |(_, restarts)| *restarts)
    }

    /// Takes what was heard since the last call as what nobody caused.
    pub(crate) fn account(&mut self, stack: &crate::stack::Stack) {
        let new = stack.deaths.after(self.accounted);
        self.accounted += new.len();
        self.found.extend(new);
    }
}

/// `is exited with exit code 1`
pub(crate) fn state(now: &Container) -> String {
    match now.state.as_str() {
        "exited" | "dead" => {
            let memory = if now.out_of_memory { " (OOM-killed)" } else { "" };
            format!("does not run: it has ended with exit code {}{memory}", now.exit_code)
        }
        "created" => "does not run: it was never started".into(),
        "restarting" => {
            format!(
                "does not run: it ended with exit code {} and is to be started again",
                now.exit_code
            )
        }
        state => format!("does not run: it is {state}"),
    }
}
