//! Which scenario breaks which services of a stack, and when: to others, what ends of it is no news.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use indexmap::IndexMap;

/// What the scenarios that break something break, by place.
#[derive(Debug, Default)]
pub struct Faults(Mutex<IndexMap<String, Fault>>);

#[derive(Debug)]
struct Fault {
    /// With whoever asks them; nothing if it may be any.
    services: Option<BTreeSet<String>>,
    from: Instant,
    until: Option<Instant>,
}

impl Faults {
    /// A scenario is about to break these, or any.
    pub fn begin(&self, place: &str, services: Option<BTreeSet<String>>) {
        let fault = Fault { services, from: Instant::now(), until: None };
        self.lock().insert(place.to_owned(), fault);
    }

    /// What it broke is mended.
    pub fn end(&self, place: &str) {
        if let Some(fault) = self.lock().get_mut(place) {
            fault.until = Some(Instant::now());
        }
    }

    /// Whether a scenario other than this one was at breaking a service.
    pub(crate) fn are_others(&self, place: &str, service: &str, at: Instant) -> bool {
        self.lock().iter().any(|(other, fault)| {
            let is_of_it =
                fault.services.as_ref().is_none_or(|services| services.contains(service));
            other != place
                && is_of_it
                && fault.from <= at
                && fault.until.is_none_or(|until| at <= until)
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, IndexMap<String, Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_breaks_is_known_while_it_does_so() {
        let faults = Faults::default();
        let before = Instant::now();
        faults.begin("a:1", Some(["queue".to_owned()].into()));
        let during = Instant::now();
        assert!(faults.are_others("b:1", "queue", during));
        assert!(!faults.are_others("a:1", "queue", during), "its own");
        assert!(!faults.are_others("b:1", "db", during), "another service");
        assert!(!faults.are_others("b:1", "queue", before), "earlier");
        faults.end("a:1");
        assert!(faults.are_others("b:1", "queue", during), "what ended then stays its doing");
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!(!faults.are_others("b:1", "queue", Instant::now()), "later");
        faults.begin("c:1", None);
        assert!(faults.are_others("b:1", "db", Instant::now()), "any");
    }
}
