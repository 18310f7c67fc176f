//! From created containers to a stack that is ready, as fast as the services allow.
//!
//! Compose waits for the engine's health intervals. We start each service as soon as those
//! it depends on are far enough, and run its declared health check ourselves until it
//! passes. A service is ready when every replica runs, was not restarted more often than its policy
//! allows, is healthy, and has stayed so for a moment.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use tokio::sync::watch;

use super::{
    StackError, StackEvent, Tell, blame,
    deaths::Deaths,
    engine::{Container, Engine},
    health::{self, Pace},
    ran::missing_program,
    unready::{self, NotReady},
};
use crate::{
    compose::{Project, health_command},
    run::Incident,
};

/// The first pause between two looks at a service, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(250));
/// How long one run of a health check may take.
const CHECK_LIMIT: Duration = Duration::from_secs(10);
/// How many lines of its log a service that does not come up is quoted with.
pub(super) const LAST_WORDS: usize = 20;
/// How long each container must have run before its readiness counts: one that ends within a second
/// may pass its check before.
const STEADY: Duration = Duration::from_millis(1200);
/// The same of one that has been restarted: whatever ends once may do so again.
const STEADY_AGAIN: Duration = Duration::from_secs(3);
/// The program of a health check that is not there for so long will not come any more.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// How far a service has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Waiting,
    Started,
    Ready,
}

/// Whose verdict on a service's health counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthBy {
    /// The declared check, executed by us as often as it takes.
    Exec,
    /// The engine, at its own intervals.
    Engine,
}

/// A stack that is ready, and what it took.
#[derive(Debug, Default)]
pub struct Readiness {
    /// Restarts on the way up that the services' policies allow.
    pub incidents: Vec<Incident>,
    /// The containers that are there, by id: the service of each, and how often it was restarted.
    pub containers: IndexMap<String, (String, i64)>,
    /// When each container ran on the way up, by id: a scenario may start it again.
    pub times: IndexMap<String, Times>,
}

/// When a container ran.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// When it began.
    pub began: Option<DateTime<Utc>>,
    /// When it completed, if it has.
    pub completed: Option<DateTime<Utc>>,
}

/// What is asked about each service on its way up.
pub(super) struct Startup<'a> {
    pub(super) engine: &'a Engine,
    pub(super) project: &'a Project,
    pub(super) deaths: &'a Deaths,
    terms: Terms<'a>,
    pub(super) begun: Instant,
    pub(super) limit: Duration,
}

/// On which terms a stack counts as ready.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Whose verdict on a service's health counts.
    pub health: HealthBy,
    /// How long it may take.
    pub limit: Duration,
    /// Services that may end as often as they like, as long as they are started again.
    pub restless: &'a IndexMap<String, String>,
}

/// How far a container has come.
#[derive(Debug)]
struct Seen {
    container: Container,
    /// Since when it runs without a restart that we know of.
    since: Instant,
    restarts: i64,
    /// It has ended with 0, as one may that nobody needs to go on.
    completed: bool,
}

/// Starts every service of a created project and waits until all are ready.
///
/// # Errors
/// The first service that crashes or is not ready in time, with its last words.
pub async fn start(
    engine: &Engine,
    project: &Project,
    deaths: &Deaths,
    containers: Vec<Container>,
    terms: Terms<'_>,
    tell: &Tell,
) -> Result<Readiness, StackError> {
    let limit = terms.limit;
    let way = Startup { engine, project, deaths, terms, begun: Instant::now(), limit };
    let mut by_service: IndexMap<&str, Vec<Container>> =
        project.start_order().into_iter().map(|name| (name, Vec::new())).collect();
    for container in containers {
        if let Some((name, _)) = project.services.get_key_value(&container.service) {
            by_service.entry(name).or_default().push(container);
        }
    }
    let phases: IndexMap<&str, watch::Sender<Phase>> =
        by_service.keys().map(|name| (*name, watch::Sender::new(Phase::Waiting))).collect();
    let starts = by_service.into_iter().map(|(name, replicas)| {
        let (phases, way) = (&phases, &way);
        let tell = Arc::clone(tell);
        async move {
            await_dependencies(project, name, phases).await;
            let mut seen = Vec::new();
            for container in replicas {
                let started = engine.start(&container).await;
                started.map_err(|why| blame::not_started(project, name, why))?;
                seen.push(Seen { container, since: Instant::now(), restarts: 0, completed: false });
            }
            phases[name].send_replace(Phase::Started);
            if !seen.is_empty() {
                tell(StackEvent::Waiting { service: name.to_owned() });
            }
            for seen in &mut seen {
                way.ready(seen).await?;
            }
            phases[name].send_replace(Phase::Ready);
            let mut told = Told { name, completed: None };
            told.tell(&seen, way, &tell);
            // Those that wait for it go on, while it is watched for a moment.
            for seen in &mut seen {
                way.stays(seen).await?;
            }
            told.tell(&seen, way, &tell);
            Ok::<_, StackError>((told, seen))
        }
    });
    let services = futures::future::try_join_all(starts).await?;
    let mut readiness = Readiness::default();
    // What was ready first may have ended since, when the last came up.
    for (mut told, mut replicas) in services {
        for seen in &mut replicas {
            way.stays(seen).await?;
        }
        told.tell(&replicas, &way, tell);
        for Seen { container, restarts, completed, .. } in replicas {
            if restarts > 0 {
                readiness.incidents.push(unready::restarted(&way, &container, restarts).await);
            }
            let Container { id, service, started, finished, .. } = container;
            let times = Times { began: started, completed: finished.filter(|_| completed) };
            readiness.times.insert(id.clone(), times);
            readiness.containers.insert(id, (service, restarts));
        }
    }
    Ok(readiness)
}

/// What has been told of a service.
struct Told<'a> {
    name: &'a str,
    /// Whether that it has completed, or that it is ready; nothing yet.
    completed: Option<bool>,
}

impl Told<'_> {
    /// Tells that the service is ready, or that every replica has completed, where that is new; of a
    /// service that has no container, nothing.
    fn tell(&mut self, replicas: &[Seen], way: &Startup<'_>, tell: &Tell) {
        let completed = replicas.iter().all(|seen| seen.completed);
        if replicas.is_empty() || self.completed.replace(completed) == Some(completed) {
            return;
        }
        let (service, after) = (self.name.to_owned(), way.begun.elapsed());
        tell(if completed {
            StackEvent::Completed { service, after }
        } else {
            StackEvent::Ready { service, after }
        });
    }
}

async fn await_dependencies(
    project: &Project,
    name: &str,
    phases: &IndexMap<&str, watch::Sender<Phase>>,
) {
    for (on, dependency) in &project.services[name].depends_on {
        // A dependency outside the active profiles is not there to wait for.
        let Some(phase) = phases.get(on.as_str()) else { continue };
        let far_enough =
            if dependency.condition() == "service_started" { Phase::Started } else { Phase::Ready };
        let mut phase = phase.subscribe();
        let _phase = phase.wait_for(|phase| *phase >= far_enough).await;
    }
}

/// The service that waits for this one to end successfully, if one does.
pub(super) fn awaited_by<'p>(project: &'p Project, name: &str) -> Option<&'p str> {
    let waits = |(other, service): (&'p String, &'p crate::compose::Service)| {
        let on = service.depends_on.get(name)?;
        (on.condition() == "service_completed_successfully").then_some(other.as_str())
    };
    project.services.iter().find_map(|(other, service)| waits((other, service)))
}

/// Whether a container may end with 0 for good: its policy does not start it again, and neither a
/// health check nor a published port says that it is meant to go on.
#[must_use]
pub fn may_complete(project: &Project, container: &Container) -> bool {
    let publishes =
        project.services.get(&container.service).is_some_and(|service| !service.ports.is_empty());
    let awaited = awaited_by(project, &container.service).is_some();
    let goes_on = publishes || health_command(&container.health_test).is_some();
    !container.restart.applies(0, 0) && (awaited || !goes_on)
}

/// What a look at a container shows.
enum Look {
    Runs(Box<Container>),
    /// It has ended, and the engine is about to start it again.
    Between,
    Completed,
}

impl Startup<'_> {
    /// Waits until a container is as far as those that depend on it need it.
    async fn ready(&self, seen: &mut Seen) -> Result<(), StackError> {
        match self.await_ready(seen).await {
            Ok(()) => Ok(()),
            Err(why) => Err(unready::error(self, &seen.container, why).await),
        }
    }

    /// Watches a container until it has run for a moment, whatever it was when it was ready.
    async fn stays(&self, seen: &mut Seen) -> Result<(), StackError> {
        // One that ends now and then is never steady for good.
        while !seen.completed && !self.is_restless(seen) {
            let steady = if seen.restarts > 0 { STEADY_AGAIN } else { STEADY };
            let young = seen.since.elapsed() < steady;
            let before = seen.since;
            let look = match self.look(seen).await {
                Ok(look) => look,
                Err(why) => return Err(unready::error(self, &seen.container, why).await),
            };
            match look {
                Look::Completed => seen.completed = true,
                Look::Runs(_) if seen.since == before && !young => break,
                Look::Runs(_) if seen.since == before => {
                    let left = steady.saturating_sub(seen.since.elapsed());
                    tokio::time::sleep(left.min(PAUSES.1)).await;
                    // A check may have passed in the first moment of a crash loop.
                    if seen.since.elapsed() >= steady {
                        self.ready(seen).await?;
                    }
                }
                // It was restarted, or is about to be.
                Look::Runs(_) | Look::Between => self.ready(seen).await?,
            }
        }
        Ok(())
    }

    /// Whether a container may end whenever it likes: it is started again, and whoever wrote the
    /// configuration knows.
    fn is_restless(&self, seen: &Seen) -> bool {
        let Container { service, restart, .. } = &seen.container;
        self.terms.restless.contains_key(service) && restart.applies(1, 0)
    }

    /// Looks at a container, and notes restarts.
    async fn look(&self, seen: &mut Seen) -> Result<Look, NotReady> {
        let now = self.engine.container(&seen.container.id).await.map_err(NotReady::Engine)?;
        (seen.container.started, seen.container.finished) = (now.started, now.finished);
        if now.restarts > seen.restarts {
            seen.restarts = now.restarts;
            seen.since = Instant::now();
        }
        if now.restarts > now.restart.allowed() && !self.is_restless(seen) {
            return Err(NotReady::Crashed(Box::new(now)));
        }
        match now.state.as_str() {
            "running" => Ok(Look::Runs(Box::new(now))),
            "restarting" | "paused" => {
                seen.since = Instant::now();
                Ok(Look::Between)
            }
            "exited" if now.exit_code == 0 && may_complete(self.project, &now) => {
                Ok(Look::Completed)
            }
            _ => Err(NotReady::Crashed(Box::new(now))),
        }
    }

    async fn await_ready(&self, seen: &mut Seen) -> Result<(), NotReady> {
        let must_end = awaited_by(self.project, &seen.container.service).is_some();
        let mut missing_since = None;
        let pace = Pace { begun: self.begun, limit: self.limit, pauses: PAUSES };
        let ready = health::until_well(pace, async || {
            Ok(match self.look(seen).await? {
                Look::Completed => {
                    seen.completed = true;
                    Ok(())
                }
                Look::Between => Err("it was about to be started again".to_owned()),
                Look::Runs(_) if must_end => Err("it still runs".to_owned()),
                Look::Runs(now) => self.ask(&now, &mut missing_since).await?.map_or(Ok(()), Err),
            })
        });
        ready.await?.map_err(|last| NotReady::Late { last, must_end })
    }

    /// Asks a running container how it is; `None`: well.
    async fn ask(
        &self,
        now: &Container,
        missing_since: &mut Option<Instant>,
    ) -> Result<Option<String>, NotReady> {
        let Some(words) = health_command(&now.health_test) else { return Ok(None) };
        if self.terms.health == HealthBy::Engine && now.health.as_deref() == Some("healthy") {
            return Ok(None);
        }
        // The engine's word takes its time; whether there is such a program is seen at once.
        let may_be_missing = missing_since.is_some() || self.begun.elapsed() < SECOND_LOOK;
        if self.terms.health == HealthBy::Engine && !may_be_missing {
            let word = now.health.as_deref().unwrap_or("nothing");
            return Ok(Some(format!("the engine says {word}")));
        }
        let failed = match health::ask(self.engine, now, CHECK_LIMIT).await {
            Ok(done) => done.err(),
            // A container that ends while it is asked is seen in the next round.
            Err(why) => return Ok(Some(super::error::chain(&why))),
        };
        let missing = failed.as_ref().and_then(|done| Some((missing_program(done)?, done.code)));
        if let Some((said, code)) = missing {
            let since = *missing_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= SECOND_LOOK {
                return Err(NotReady::NoProgram { words, said, code });
            }
        } else {
            *missing_since = None;
        }
        if self.terms.health == HealthBy::Engine {
            return Ok(Some("the engine has not said yet".to_owned()));
        }
        Ok(failed.map(|done| {
            format!("its health check exited with {}: {}", done.code, done.output.trim())
        }))
    }
}
