//! From created containers to a stack that is ready, as fast as the services allow.
//!
//! Compose waits for the engine's health intervals. We start each service as soon as those
//! it depends on are far enough, and run its declared health check ourselves until it
//! passes. A service is ready when every replica runs, has not been restarted, and is healthy.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use indexmap::IndexMap;
use tokio::sync::watch;

use super::{
    StackError, StackEvent, Tell,
    engine::{Container, Engine, EngineError},
};
use crate::compose::{Project, health_command};

/// The first pause between two looks at a service, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(250));
/// How long one run of a health check may take.
const CHECK_LIMIT: Duration = Duration::from_secs(10);
/// How many lines of its log a service that does not come up is quoted with.
const LAST_WORDS: usize = 20;

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

/// Starts every service of a created project and waits until all are ready.
///
/// # Errors
/// The first service that crashes or is not ready in time, with its last words.
pub async fn start(
    engine: &Engine,
    project: &Project,
    containers: Vec<Container>,
    health: HealthBy,
    limit: Duration,
    tell: &Tell,
) -> Result<(), StackError> {
    let begun = Instant::now();
    let mut by_service: IndexMap<&str, Vec<Container>> =
        project.start_order().into_iter().map(|name| (name, Vec::new())).collect();
    for container in containers {
        if let Some((name, _)) = project.services.get_key_value(&container.service) {
            by_service.entry(name).or_default().push(container);
        }
    }
    let phases: IndexMap<&str, watch::Sender<Phase>> =
        by_service.keys().map(|name| (*name, watch::Sender::new(Phase::Waiting))).collect();
    let starts = by_service.iter().map(|(name, replicas)| {
        let phases = &phases;
        let tell = Arc::clone(tell);
        async move {
            await_dependencies(project, name, phases).await;
            for container in replicas {
                engine.start(container).await.map_err(|why| StackError::start(name, &why))?;
            }
            phases[name].send_replace(Phase::Started);
            tell(StackEvent::Waiting { service: (*name).to_owned() });
            let service_begun = Instant::now();
            let run_once = is_run_once(project, name);
            for container in replicas {
                let wait = if run_once {
                    completed(engine, container).await
                } else {
                    ready(engine, container, health, begun + limit).await
                };
                if let Err(why) = wait {
                    return Err(not_ready(engine, container, why, service_begun).await);
                }
            }
            phases[name].send_replace(Phase::Ready);
            tell(StackEvent::Ready { service: (*name).to_owned(), after: begun.elapsed() });
            Ok(())
        }
    });
    futures::future::try_join_all(starts).await?;
    // A service without a health check was ready as soon as it ran; it may have ended since.
    let lasting = by_service.iter().filter(|(name, _)| !is_run_once(project, name));
    for container in lasting.flat_map(|(_, replicas)| replicas) {
        let now = engine.container(&container.id).await?;
        if now.state != "running" || now.restarts > 0 {
            let why = NotReady::Crashed(Box::new(now));
            return Err(not_ready(engine, container, why, begun).await);
        }
    }
    Ok(())
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

/// Whether somebody waits for this service to end successfully.
fn is_run_once(project: &Project, name: &str) -> bool {
    project.services.values().any(|service| {
        service
            .depends_on
            .get(name)
            .is_some_and(|on| on.condition() == "service_completed_successfully")
    })
}

/// Why a service is not ready.
enum NotReady {
    Crashed(Box<Container>),
    Late { last: String },
    Engine(EngineError),
}

async fn completed(engine: &Engine, container: &Container) -> Result<(), NotReady> {
    loop {
        let now = engine.container(&container.id).await.map_err(NotReady::Engine)?;
        match (now.state.as_str(), now.exit_code) {
            ("exited", 0) => return Ok(()),
            ("exited" | "dead", _) => return Err(NotReady::Crashed(Box::new(now))),
            _ => tokio::time::sleep(PAUSES.0).await,
        }
    }
}

async fn ready(
    engine: &Engine,
    container: &Container,
    health: HealthBy,
    deadline: Instant,
) -> Result<(), NotReady> {
    let check = health_command(&container.health_test);
    let mut pause = PAUSES.0;
    loop {
        let now = engine.container(&container.id).await.map_err(NotReady::Engine)?;
        if now.state != "running" || now.restarts > 0 {
            return Err(NotReady::Crashed(Box::new(now)));
        }
        let last = match (&check, health) {
            (None, _) => return Ok(()),
            (Some(_), HealthBy::Engine) if now.health.as_deref() == Some("healthy") => {
                return Ok(());
            }
            (Some(_), HealthBy::Engine) => {
                format!("the engine says {}", now.health.as_deref().unwrap_or("nothing"))
            }
            (Some(words), HealthBy::Exec) => {
                match engine.execute(container, words, CHECK_LIMIT).await {
                    // A container that ends while it is asked is seen in the next round.
                    Err(why) => why.to_string(),
                    Ok(done) if done.code == 0 => return Ok(()),
                    Ok(done) => {
                        let said = done.output.trim();
                        format!("its health check exited with {}: {said}", done.code)
                    }
                }
            }
        };
        if Instant::now() > deadline {
            return Err(NotReady::Late { last });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(PAUSES.1);
    }
}

async fn not_ready(
    engine: &Engine,
    container: &Container,
    why: NotReady,
    begun: Instant,
) -> StackError {
    let log = engine.log(&container.id, Some(LAST_WORDS)).await.unwrap_or_default();
    let service = container.service.clone();
    let reason = match why {
        NotReady::Engine(why) => return StackError::Engine(why),
        NotReady::Crashed(now) => format!(
            "it {} with exit code {}{}",
            if now.restarts > 0 { "keeps ending" } else { "ended" },
            now.exit_code,
            if now.restarts > 0 { format!(" ({} restarts)", now.restarts) } else { String::new() },
        ),
        NotReady::Late { last } => {
            format!("it was not ready after {:.0?}: {last}", begun.elapsed())
        }
    };
    StackError::NotReady { service, reason, log }
}
