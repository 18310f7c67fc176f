//! Who ends in a stack while it is up, as the engine tells it.
//!
//! A look at a container shows its last run alone: a service that ended and was restarted between
//! two looks has nothing but a higher count of restarts. The engine's events have each end with its
//! exit code, and whether somebody asked for it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use testcontainers::bollard::{models::EventMessage, query_parameters as query};
use tokio::task::AbortHandle;

use super::{
    container::SERVICE_LABEL,
    engine::{Engine, EngineError, PROJECT_LABEL, refused},
};

/// The label of containers that `docker compose run` made.
pub const ONE_OFF_LABEL: &str = "com.docker.compose.oneoff";
/// The pause before the engine is asked again that ended a stream of events.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the engine may take to tell what has happened.
const HEARING: Duration = Duration::from_secs(10);
/// From how long before the last event on they are asked for again, in nanoseconds: one may have
/// been told out of its order.
const OVERLAP: i64 = 1_000_000_000;
/// Before all events, as far as the engine reads times, in nanoseconds.
const BEGINNING: i64 = 1_000_000_000;
/// How often in a row it is asked in vain: what it does not tell is then seen by looks alone.
const TRIES: usize = 5;

/// The end of a container's process, or of one process that the kernel's OOM killer chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// The container's id.
    pub id: String,
    /// The service in the Compose files.
    pub service: String,
    /// The exit code; none where the OOM killer ended one process and the container goes on.
    pub code: Option<i64>,
    /// Whether the engine was asked to end it.
    pub asked: bool,
    /// Whether the kernel killed a process of it because its memory was used up.
    pub out_of_memory: bool,
    /// When we heard of it.
    pub at: Instant,
}

/// What the engine has told so far.
#[derive(Debug, Default)]
struct Heard {
    deaths: Vec<Death>,
    /// The time of the latest event, in the engine's nanoseconds.
    last: i64,
    /// The events that were heard, each by its time, container and kind: who listens and who asks
    /// hear the same ones, and the engine does not keep them in the order of their times.
    known: HashSet<(i64, String, String)>,
    /// Containers that were asked to end since they were started.
    asked: HashSet<String>,
    /// Containers of which the kernel killed a process since they were started.
    out_of_memory: HashSet<String>,
}

/// Listens to the engine until it is dropped.
#[derive(Debug)]
pub struct Deaths {
    engine: Engine,
    project: String,
    heard: Arc<Mutex<Heard>>,
    listener: AbortHandle,
}

impl Drop for Deaths {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Deaths {
    /// Listens to what happens to the containers of a Compose project, from its beginning on.
    pub(super) fn of(engine: &Engine, project: &str) -> Self {
        let heard = Arc::<Mutex<Heard>>::default();
        let listener = tokio::spawn(listen(engine.clone(), project.to_owned(), Arc::clone(&heard)));
        let (engine, project) = (engine.clone(), project.to_owned());
        Self { engine, project, heard, listener: listener.abort_handle() }
    }

    /// Hears all that has happened until now: what a look at the engine has shown before has its
    /// events then, however late the stream brings them.
    ///
    /// # Errors
    /// When the engine does not tell.
    pub async fn hear(&self) -> Result<(), EngineError> {
        let doing = || format!("tell what happened to the containers of {}", self.project);
        let all = async {
            let until = stamp(now(&self.engine).await?);
            let since = stamp(self.heard().last.saturating_sub(OVERLAP).max(BEGINNING));
            let filters = filters(&self.project);
            let options = query::EventsOptionsBuilder::new().since(&since).until(&until);
            let mut events =
                Box::pin(self.engine.docker.events(Some(options.filters(&filters).build())));
            while let Some(event) = events.next().await {
                let event = event.map_err(refused(doing()))?;
                self.heard().take(&event);
            }
            Ok(())
        };
        let late = |_| EngineError::Silent { doing: doing(), limit: HEARING };
        tokio::time::timeout(HEARING, all).await.map_err(late)?
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there were so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.heard().deaths.len()
    }

    /// Those after the first `count`, in the order in which they happened.
    #[must_use]
    pub fn after(&self, count: usize) -> Vec<Death> {
        self.heard().deaths.get(count..).unwrap_or_default().to_vec()
    }

    /// The exit codes of a container's runs so far.
    #[must_use]
    pub fn codes(&self, id: &str) -> Vec<i64> {
        let all = self.after(0);
        all.into_iter().filter(|death| death.id == id).filter_map(|death| death.code).collect()
    }
}

/// The events that tell of ends in a Compose project.
fn filters(project: &str) -> HashMap<&'static str, Vec<String>> {
    HashMap::from([
        ("type", vec!["container".to_owned()]),
        ("label", vec![format!("{PROJECT_LABEL}={project}")]),
        ("event", ["die", "oom", "kill", "start"].map(str::to_owned).to_vec()),
    ])
}

/// A time in nanoseconds as the engine reads it.
fn stamp(nanos: i64) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// The engine's time, in nanoseconds. On this machine it is ours.
async fn now(engine: &Engine) -> Result<i64, EngineError> {
    if engine.endpoint.host.starts_with("unix:") {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        return Ok(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
    }
    let told = engine.docker.info().await.map_err(refused("tell its time"))?.system_time;
    let time = told.as_deref().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    // Without a time it goes on telling until ours, which may be later or earlier than its own.
    Ok(time.map_or_else(Utc::now, |time| time.to_utc()).timestamp_nanos_opt().unwrap_or(i64::MAX))
}

async fn listen(engine: Engine, project: String, heard: Arc<Mutex<Heard>>) {
    let filters = filters(&project);
    let mut tries = 0;
    while tries < TRIES {
        // A project's name is its own: from the beginning of time on, all that is heard is about it.
        let last = heard.lock().unwrap_or_else(PoisonError::into_inner).last;
        let since = stamp(last.saturating_sub(OVERLAP).max(BEGINNING));
        let options = query::EventsOptionsBuilder::new().since(&since).filters(&filters).build();
        let mut events = Box::pin(engine.docker.events(Some(options)));
        while let Some(Ok(event)) = events.next().await {
            tries = 0;
            heard.lock().unwrap_or_else(PoisonError::into_inner).take(&event);
        }
        tries += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

impl Heard {
    fn take(&mut self, event: &EventMessage) {
        let at = event.time_nano.unwrap_or_default();
        let Some(actor) = event.actor.as_ref() else { return };
        let id = actor.id.clone().unwrap_or_default();
        let action = event.action.clone().unwrap_or_default();
        if !self.known.insert((at, id.clone(), action)) {
            return;
        }
        self.last = self.last.max(at);
        let attribute = |name: &str| actor.attributes.as_ref()?.get(name).cloned();
        // What `docker compose run` or a probe made ends when it is done.
        let is_one_off = attribute(ONE_OFF_LABEL).is_some_and(|value| value == "True");
        if is_one_off || attribute(SERVICE_LABEL).is_none() {
            return;
        }
        let mut death = |code, asked, out_of_memory| {
            let service = attribute(SERVICE_LABEL).unwrap_or_default();
            let at = Instant::now();
            self.deaths.push(Death { id: id.clone(), service, code, asked, out_of_memory, at });
        };
        match event.action.as_deref() {
            Some("start") => {
                self.asked.remove(&id);
                self.out_of_memory.remove(&id);
            }
            // Other signals ask for something else: SIGHUP to read a configuration again.
            Some("kill")
                if attribute("signal").is_none_or(|signal| {
                    matches!(signal.as_str(), "2" | "3" | "6" | "9" | "15" | "28" | "37")
                }) =>
            {
                self.asked.insert(id);
            }
            Some("oom") => {
                death(None, false, true);
                self.out_of_memory.insert(id);
            }
            Some("die") => {
                let code = attribute("exitCode").and_then(|code| code.parse().ok());
                let asked = self.asked.contains(&id);
                death(Some(code.unwrap_or(-1)), asked, self.out_of_memory.contains(&id));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use testcontainers::bollard::models::EventActor;

    use super::*;

    fn event(at: i64, action: &str, attributes: &[(&str, &str)]) -> EventMessage {
        let of = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut attributes: HashMap<String, String> = attributes.iter().map(of).collect();
        attributes.insert(SERVICE_LABEL.into(), "db".into());
        EventMessage {
            action: Some(action.into()),
            actor: Some(EventActor { id: Some("1".into()), attributes: Some(attributes) }),
            time_nano: Some(at),
            ..EventMessage::default()
        }
    }

    #[test]
    fn an_end_is_told_with_its_code_and_whether_it_was_asked_for() {
        let mut heard = Heard::default();
        for event in [
            event(1, "start", &[]),
            event(2, "kill", &[("signal", "1")]),
            event(3, "oom", &[]),
            event(4, "die", &[("exitCode", "137")]),
            event(4, "die", &[("exitCode", "137")]),
            event(5, "start", &[]),
            event(6, "kill", &[("signal", "15")]),
            event(7, "die", &[("exitCode", "0")]),
        ] {
            heard.take(&event);
        }
        let told: Vec<_> = heard
            .deaths
            .iter()
            .map(|death| (death.code, death.asked, death.out_of_memory))
            .collect();
        assert_eq!(told, [(None, false, true), (Some(137), false, true), (Some(0), true, false)]);
    }

    #[test]
    fn an_event_that_comes_out_of_its_order_is_heard_and_none_is_heard_twice() {
        let mut heard = Heard::default();
        let events = [
            event(9, "die", &[("exitCode", "1")]),
            event(8, "die", &[("exitCode", "2")]),
            event(9, "die", &[("exitCode", "1")]),
            event(8, "die", &[("exitCode", "2")]),
        ];
        for event in &events {
            heard.take(event);
        }
        let codes: Vec<_> = heard.deaths.iter().map(|death| death.code).collect();
        assert_eq!(codes, [Some(1), Some(2)]);
        assert_eq!(heard.last, 9);
    }

    /// An engine whose stream of events is late: it never brings any. Asked until now, it tells one.
    async fn late_engine() -> std::net::SocketAddr {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        const EVENT: &str = r#"{"Type":"container","Action":"die","Actor":{"ID":"1","Attributes":{"com.docker.compose.service":"db","exitCode":"3"}},"timeNano":5}"#;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut asked = vec![0; 8192];
                    let length = stream.read(&mut asked).await.unwrap_or_default();
                    let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
                    let body = if asked.contains("/info") {
                        r#"{"SystemTime":"2026-01-01T00:00:00.5Z"}"#.to_owned()
                    } else if asked.contains("until=1767225600.500000000") {
                        format!("{EVENT}\n")
                    } else {
                        tokio::time::sleep(Duration::from_mins(1)).await;
                        String::new()
                    };
                    let head =
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                    let length = body.len();
                    let answer = format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}");
                    let _sent = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn who_asks_hears_what_the_stream_has_not_brought() {
        let host = format!("tcp://{}", late_engine().await);
        let named_by = "a test".to_owned();
        let endpoint = crate::endpoint::Endpoint { host, named_by, certificates: None };
        let endpoint = Box::leak(Box::new(endpoint));
        let docker = super::super::client::new(endpoint).expect("a client");
        let deaths = Deaths::of(&Engine { docker, endpoint }, "seaworthy-late-1");
        assert_eq!(deaths.count(), 0);
        deaths.hear().await.expect("the engine tells");
        assert_eq!(deaths.codes("1"), [3]);
        deaths.hear().await.expect("the engine tells");
        assert_eq!(deaths.count(), 1, "no end is heard twice");
    }
}
