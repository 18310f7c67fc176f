//! Listening to stores for the scenarios that ask about them.
//!
//! Which stores a scenario will ask about is known before it begins (`asked_about`): they are
//! listened to from its first request on, and no longer than scenarios ask. A store that cannot be
//! listened to leaves those scenarios undecided, and no other.

use std::sync::Arc;

use crate::steps::world::{
    World,
    ears::{Ear, State},
    running::Running,
};
use crate::{
    probe::store::{self, Tap},
    run::Failure,
    stack::{StackError, engine::Container},
};

impl Running {
    /// Sees to it that a service's store is listened to; `joins` counts one more scenario that asks.
    async fn listen(&self, service: &str, joins: bool) {
        let mut listened = self.listened.lock().await;
        let ear = listened.entry(service.to_owned()).or_default();
        ear.users += usize::from(joins);
        let containers = match self.stack.service(service).await {
            Ok(containers) => containers,
            // The sentence itself says that there is no such service.
            Err(StackError::NoService { .. } | StackError::NoContainer { .. }) => return,
            Err(why) => {
                ear.state = State::Deaf(why.into());
                return;
            }
        };
        let running: Vec<Container> =
            containers.into_iter().filter(|container| container.state == "running").collect();
        match &ear.state {
            State::NoStore if !running.is_empty() => return,
            State::Open(taps) if are_open(taps, &running) => return,
            _ => {}
        }
        let known = match std::mem::take(&mut ear.state) {
            State::Open(taps) => taps,
            _ => Vec::new(),
        };
        ear.state = match self.open(service, running, &known).await {
            Ok(None) => State::Closed,
            Ok(Some(taps)) if taps.is_empty() => State::NoStore,
            Ok(Some(taps)) => State::Open(taps),
            Err(why) => State::Deaf(why),
        };
    }

    /// Taps on the stores of a service; none where nothing of it runs.
    async fn open(
        &self,
        service: &str,
        running: Vec<Container>,
        known: &[Arc<dyn Tap>],
    ) -> Result<Option<Vec<Arc<dyn Tap>>>, Failure> {
        if running.is_empty() {
            return Ok(None);
        }
        let mut taps = Vec::new();
        for container in running {
            if let Some(tap) = known.iter().find(|tap| listens(&***tap, &container)) {
                taps.push(Arc::clone(tap));
                continue;
            }
            let tap = store::tap(&self.stack.engine, container).await.map_err(|deaf| {
                Failure::from(deaf.why)
                    .place(format!("service \"{service}\""))
                    .services([service])
                    .help(format!("let \"{service}\" be listened to: {}", deaf.needs))
            })?;
            taps.extend(tap.map(Arc::from));
        }
        Ok(Some(taps))
    }

    /// What listens to a service's store: every replica's tap; none where it is no store.
    ///
    /// # Errors
    /// Why nobody could listen.
    pub(crate) async fn taps(&self, service: &str) -> Result<Option<Vec<Arc<dyn Tap>>>, Failure> {
        let listened = self.listened.lock().await;
        match listened.get(service).map(|ear| &ear.state) {
            Some(State::Open(taps)) => Ok(Some(taps.clone())),
            Some(State::Deaf(why)) => Err(why.clone()),
            Some(State::NoStore | State::Closed) => Ok(None),
            None => Err(Failure::undecided(
                format!("recall what \"{service}\" was asked"),
                "nobody listened when the request was sent",
            )
            .help("send the request in the same scenario, before the sentence")),
        }
    }

    /// One scenario less asks about a service's store: after the last one nobody listens.
    async fn leave(&self, service: &str) -> Result<(), Failure> {
        let mut listened = self.listened.lock().await;
        let Some(ear) = listened.get_mut(service) else { return Ok(()) };
        ear.users = ear.users.saturating_sub(1);
        if ear.users > 0 {
            return Ok(());
        }
        let Some(Ear { state: State::Open(taps), .. }) = listened.shift_remove(service) else {
            return Ok(());
        };
        let mut done = Ok(());
        for tap in &taps {
            // A server that has ended has forgotten what it was told.
            match self.stack.containers().await {
                Ok(now) if now.iter().any(|now| lives(&**tap, now)) => {
                    done = done.and(tap.close().await.map_err(Failure::from));
                }
                Ok(_) => {}
                Err(why) => done = done.and(Err(Failure::from(why))),
            }
        }
        done
    }

    /// Forgets what a service's store was asked: it is about to go, and another server will come
    /// in its place.
    pub async fn close_taps(&self, service: &str) {
        if let Some(ear) = self.listened.lock().await.get_mut(service) {
            ear.state = State::Closed;
        }
    }
}

/// Whether the server that a tap was told to is still there.
fn lives(tap: &dyn Tap, container: &Container) -> bool {
    let of = tap.container();
    container.id == of.id && container.state == "running" && container.pid == of.pid
}

/// Whether a tap listens to this very process.
fn listens(tap: &dyn Tap, container: &Container) -> bool {
    tap.is_open() && tap.container().id == container.id && tap.container().pid == container.pid
}

fn are_open(taps: &[Arc<dyn Tap>], running: &[Container]) -> bool {
    taps.len() == running.len()
        && running.iter().all(|container| taps.iter().any(|tap| listens(&**tap, container)))
}

impl World {
    /// Listens to the stores that the scenario will ask about; what cannot be listened to is told
    /// by the sentence that asks.
    pub(crate) async fn listen(&mut self) {
        let Ok(running) = self.running() else { return };
        for service in self.asked_about.clone() {
            let listens = |(stack, known): &(Arc<Running>, String)| {
                Arc::ptr_eq(stack, &running) && *known == service
            };
            let joins = !self.listens.iter().any(listens);
            running.listen(&service, joins).await;
            if joins {
                self.listens.push((Arc::clone(&running), service));
            }
        }
    }

    /// Listens no longer.
    ///
    /// # Errors
    /// A server whose settings could not be put back.
    pub async fn stop_listening(&mut self) -> Result<(), Failure> {
        let mut done = Ok(());
        for (running, service) in std::mem::take(&mut self.listens) {
            done = done.and(running.leave(&service).await);
        }
        done
    }
}
