//! What took its time: the news of a run, with the moments at which they came.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Progress, Report};
use crate::{
    run::{Stretch, Work},
    stack::StackEvent,
};

/// Listens to the news of a run and notes when what happened.
#[derive(Clone)]
pub(super) struct Clock {
    begun: Instant,
    noted: Arc<Mutex<Noted>>,
}

#[derive(Default)]
struct Noted {
    done: Vec<Stretch>,
    /// What goes on, by environment.
    open: Vec<Stretch>,
}

impl Clock {
    pub(super) fn new(begun: Instant) -> Self {
        Self { begun, noted: Arc::default() }
    }

    /// The same news, noted on their way.
    pub(super) fn listen(&self, report: &Report) -> Report {
        let (clock, report) = (self.clone(), Arc::clone(report));
        Arc::new(move |progress| {
            clock.note(&progress);
            report(progress);
        })
    }

    /// Something that took from a moment until now.
    pub(super) fn took(&self, work: Work, what: &str, begun: Duration) {
        let ended = self.now();
        let stretch = stretch(work, None, what, begun);
        self.with(|noted| noted.done.push(Stretch { ended, done: true, ..stretch }));
    }

    /// Something begins in an environment that goes on until its next step.
    pub(super) fn begins(&self, environment: &str, what: &str) {
        let stretch = stretch(Work::Preparation, Some(environment), what, self.now());
        self.with(|noted| noted.open.push(stretch));
    }

    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn with(&self, change: impl FnOnce(&mut Noted)) {
        change(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn note(&self, progress: &Progress<'_>) {
        let now = self.now();
        self.with(|noted| match progress {
            Progress::Stack { environment, event } => noted.stack(environment, event, now),
            Progress::Up(stack) => noted.close(&stack.environment, Work::Preparation, None, now),
            Progress::Scenario(run) if run.truth == crate::run::Truth::Observed => {
                let begun = now.saturating_sub(run.duration);
                let environment = run.environments.first().map(String::as_str);
                let stretch = stretch(Work::Scenario, environment, &run.name, begun);
                let done = run.outcome == crate::run::Outcome::Passed;
                noted.done.push(Stretch { ended: now, done, ..stretch });
            }
            Progress::Begun { .. }
            | Progress::Scenario(_)
            | Progress::Removing
            | Progress::Kept(_) => {}
        });
    }

    /// The time line so far, in the order in which things began; what is not over ends now.
    pub(super) fn timeline(&self) -> Vec<Stretch> {
        let now = self.now();
        let mut all = Vec::new();
        self.with(|noted| {
            all.clone_from(&noted.done);
            all.extend(noted.open.iter().cloned().map(|open| Stretch { ended: now, ..open }));
        });
        all.sort_by(|a, b| (a.begun, &a.what).cmp(&(b.begun, &b.what)));
        all
    }
}

fn stretch(work: Work, environment: Option<&str>, what: &str, begun: Duration) -> Stretch {
    Stretch {
        work,
        environment: environment.map(str::to_owned),
        what: what.to_owned(),
        begun,
        ended: begun,
        waited_for: Vec::new(),
        done: false,
    }
}

impl Noted {
    fn stack(&mut self, environment: &str, event: &StackEvent, now: Duration) {
        match event {
            StackEvent::Step(text) => {
                self.close(environment, Work::Preparation, None, now);
                self.open.push(stretch(Work::Preparation, Some(environment), text, now));
            }
            StackEvent::Line(_) => {}
            StackEvent::Waiting { service } => {
                self.close(environment, Work::Preparation, None, now);
                self.open.push(stretch(Work::Service, Some(environment), service, now));
            }
            StackEvent::Completed { service, .. } | StackEvent::Ready { service, .. } => {
                self.close(environment, Work::Service, Some(service), now);
            }
        }
    }

    /// Ends what goes on in an environment: of one name, or all of a kind.
    fn close(&mut self, environment: &str, work: Work, what: Option<&str>, now: Duration) {
        let ends = |open: &Stretch| {
            open.work == work
                && open.environment.as_deref() == Some(environment)
                && what.is_none_or(|what| open.what == what)
        };
        let (ended, open) = std::mem::take(&mut self.open).into_iter().partition(ends);
        self.open = open;
        let ended: Vec<Stretch> = ended;
        self.done.extend(ended.into_iter().map(|one| Stretch { ended: now, done: true, ..one }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_each_other_and_services_stand_beside_each_other() {
        let clock = Clock::new(Instant::now());
        let silent: Report = Arc::new(|_: Progress<'_>| {});
        let report = clock.listen(&silent);
        let tell = |event| report(Progress::Stack { environment: "small", event });
        let after = Duration::ZERO;
        clock.begins("small", "preparing");
        tell(StackEvent::Step("building images".into()));
        tell(StackEvent::Step("creating".into()));
        tell(StackEvent::Waiting { service: "db".into() });
        tell(StackEvent::Waiting { service: "app".into() });
        tell(StackEvent::Ready { service: "db".into(), after });
        let timeline = clock.timeline();
        let told: Vec<_> =
            timeline.iter().map(|one| (one.work, one.what.as_str(), one.done)).collect();
        assert_eq!(
            told,
            [
                (Work::Preparation, "preparing", true),
                (Work::Preparation, "building images", true),
                (Work::Preparation, "creating", true),
                (Work::Service, "db", true),
                (Work::Service, "app", false),
            ]
        );
        let [_, build, create, db, app] = &timeline[..] else { panic!("{timeline:?}") };
        assert!(build.ended <= create.begun && create.ended <= db.begun);
        assert!(app.begun <= db.ended && app.ended >= db.ended);
    }
}
