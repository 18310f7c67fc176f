//! What a scenario knows while it runs.
//!
//! The [`Context`] is shared by all scenarios of a run; a [`World`] is one scenario's own:
//! the stack it speaks of, the last request, the names it gave, what it saw, and what it
//! broke and must mend.

use std::{sync::Arc, time::Duration};

use camino::Utf8PathBuf;
use indexmap::IndexMap;

use super::web::Transport;
use crate::{
    compose::Project,
    config::Config,
    probe::{
        ProbeError,
        http::Exchange,
        tap::{self, Tap},
        wait::eventually,
        websocket::Socket,
    },
    run::{Evidence, Failure, Truth},
    stack::{Stack, StackError, engine::Container},
};

/// What all scenarios of a run share.
#[derive(Debug)]
pub struct Context {
    /// The configuration.
    pub config: Config,
    /// What the files say, by environment.
    pub projects: IndexMap<String, Arc<Project>>,
    /// Compose files added after those of every environment.
    pub overlays: Vec<Utf8PathBuf>,
    /// The running stacks by environment.
    pub stacks: IndexMap<String, Arc<Running>>,
}

impl Context {
    /// A context of the configuration alone.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, projects: IndexMap::new(), overlays: Vec::new(), stacks: IndexMap::new() }
    }
}

/// A running stack, the taps on its stores, and the restarts that our own faults caused.
#[derive(Debug)]
pub struct Running {
    /// The stack.
    pub stack: Stack,
    taps: tokio::sync::Mutex<Option<Arc<Vec<Tap>>>>,
    restarts: std::sync::Mutex<IndexMap<String, i64>>,
}

impl Running {
    /// Wraps a stack that is up.
    #[must_use]
    pub fn new(stack: Stack) -> Self {
        Self { stack, taps: tokio::sync::Mutex::default(), restarts: std::sync::Mutex::default() }
    }

    /// The taps on every store of the stack; opened at the first call.
    ///
    /// # Errors
    /// When a store cannot be listened to.
    pub async fn taps(&self) -> Result<Arc<Vec<Tap>>, Failure> {
        let mut taps = self.taps.lock().await;
        if let Some(taps) = taps.as_ref() {
            return Ok(Arc::clone(taps));
        }
        let mut opened = Vec::new();
        for container in self.stack.containers().await? {
            if container.state != "running" {
                continue;
            }
            let store =
                tap::store(&self.stack.engine, &container).await.map_err(StackError::from)?;
            if let Some(store) = store {
                opened.push(Tap::open(container, store).await?);
            }
        }
        Ok(Arc::clone(taps.insert(Arc::new(opened))))
    }

    /// Closes the taps: a store is about to go, and another server will come in its place.
    pub async fn close_taps(&self) {
        *self.taps.lock().await = None;
    }

    /// How often a container may have been restarted: as often as our own faults made it.
    #[must_use]
    pub fn excused_restarts(&self, container: &Container) -> i64 {
        self.restarts.lock().ok().and_then(|known| known.get(&container.id).copied()).unwrap_or(0)
    }

    /// Excuses the restarts so far.
    async fn excuse_restarts(&self) -> Result<(), Failure> {
        let containers = self.stack.containers().await?;
        if let Ok(mut known) = self.restarts.lock() {
            *known = containers
                .into_iter()
                .map(|container| (container.id, container.restarts))
                .collect();
        }
        Ok(())
    }
}

/// Something a scenario broke.
#[derive(Debug, Clone)]
pub enum Broken {
    /// Paused replicas of a service.
    Paused(String),
    /// Stopped replicas of a service.
    Stopped(String),
    /// A process of a service, by its command.
    Killed(String, String),
    /// More replicas of a service than the files ask for.
    Scaled(String),
    /// Services that a profile added.
    Added(Vec<String>),
    /// A service whose container was removed.
    Removed(String),
    /// A second stack, empty at first.
    Begun,
    /// An edited file; its original is kept in the run's folder.
    Edited(Utf8PathBuf),
}

/// How a request is sent, if not as usual.
#[derive(Debug)]
pub struct Next {
    /// With TLS or without.
    pub(super) transport: Transport,
    /// Headers beyond those that the browser sends by itself.
    pub headers: Vec<(String, String)>,
}

impl Default for Next {
    fn default() -> Self {
        Self { transport: Transport::AsDeclared, headers: Vec::new() }
    }
}

/// One scenario's own knowledge.
#[derive(Debug, Default)]
pub struct World {
    /// What all scenarios share; there from the first step on.
    pub context: Option<Arc<Context>>,
    /// `file:line` of the scenario.
    pub place: String,
    /// When the scenario must have ended.
    pub deadline: Option<std::time::Instant>,
    /// By what the scenario is judged now.
    pub truth: Option<Truth>,
    /// The environment it speaks of.
    pub environment: Option<String>,
    /// The environment that it compares with the first.
    pub other_environment: Option<String>,
    /// A second stack of that environment, empty at first; while it is there the scenario speaks of it.
    pub twin: Option<Arc<Running>>,
    /// Its HTTP client: a browser with its own cookies.
    pub browser: Option<reqwest::Client>,
    /// How the next request is sent, if not as usual.
    pub next: Next,
    /// Requests that one sentence sent.
    pub exchanges: Vec<Exchange>,
    /// The rows that were found last, with where.
    pub rows: Option<(String, Vec<crate::probe::sql::Record>)>,
    /// The last request and its response.
    pub exchange: Option<Exchange>,
    /// The websocket it holds open.
    pub socket: Option<Socket>,
    /// When it last saved a file, for measuring how soon that is noticed.
    pub saved: Option<(Utf8PathBuf, std::time::Instant)>,
    /// Subscriptions to channels, open until the scenario ends.
    pub subscription: Option<crate::probe::redis::Subscription>,
    /// Names it gave to values; `request` is the id of the last request.
    pub names: IndexMap<String, String>,
    /// What it broke and has not yet mended.
    pub broken: Vec<Broken>,
    evidence: Vec<Evidence>,
}

impl cucumber::World for World {
    type Error = std::convert::Infallible;

    async fn new() -> Result<Self, Self::Error> {
        Ok(Self::default())
    }
}

impl From<ProbeError> for Failure {
    fn from(why: ProbeError) -> Self {
        Self::error(why.doing, why.why)
    }
}

impl From<StackError> for Failure {
    fn from(why: StackError) -> Self {
        let mut reason = why.to_string();
        let mut source = std::error::Error::source(&why);
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        let help = why.help();
        let logs = why.log().into_iter().collect();
        let failure = match &why {
            // The sentence speaks of something the stack does not have: that is a finding.
            StackError::NoService { .. } | StackError::NotPublished { .. } => {
                Self::finding("what the sentence speaks of is there", reason)
            }
            _ => Self::error("ask the running stack", reason),
        };
        Self { logs, ..failure.help(help) }
    }
}

impl World {
    /// The world of a scenario that is judged by the files.
    #[must_use]
    pub fn of_files(context: Arc<Context>, place: String) -> Self {
        Self { context: Some(context), place, truth: Some(Truth::Declared), ..Self::default() }
    }

    /// The run's context.
    ///
    /// # Errors
    /// A defect, when no hook provided it.
    pub fn context(&self) -> Result<&Arc<Context>, Failure> {
        self.context
            .as_ref()
            .ok_or_else(|| Failure::error("find the run's context", "no hook provided it"))
    }

    /// The stack that the scenario speaks of.
    ///
    /// # Errors
    /// When no `Given` named an environment.
    pub fn running(&self) -> Result<Arc<Running>, Failure> {
        if let Some(twin) = &self.twin {
            return Ok(Arc::clone(twin));
        }
        let environment = self.environment.as_ref().ok_or_else(|| {
            Failure::error(
                "find the stack that the scenario speaks of",
                "no Given names an environment",
            )
            .help("begin the scenario with `Given the development environment`")
        })?;
        self.brought_up(environment)
    }

    /// The stack that the run brought up for an environment.
    ///
    /// # Errors
    /// When it did not.
    pub fn brought_up(&self, environment: &str) -> Result<Arc<Running>, Failure> {
        self.context()?.stacks.get(environment).cloned().ok_or_else(|| {
            Failure::error(
                format!("find the running {environment} environment"),
                "it was not brought up",
            )
        })
    }

    /// The replicas of a service as they are now.
    ///
    /// # Errors
    /// When there are none.
    pub async fn service(&self, name: &str) -> Result<Vec<Container>, Failure> {
        Ok(self.running()?.stack.service(name).await?)
    }

    /// One replica of a service.
    ///
    /// # Errors
    /// When there is none.
    pub async fn replica(&self, name: &str) -> Result<Container, Failure> {
        Ok(self.service(name).await?.swap_remove(0))
    }

    /// Ends the visit: what comes next is asked anew, by a browser that has been nowhere.
    pub fn end_visit(&mut self) {
        (self.browser, self.exchange, self.socket, self.subscription) = (None, None, None, None);
        self.exchanges.clear();
        self.rows = None;
    }

    /// How long to wait for a fact: as the sentence says, or as configured.
    ///
    /// # Errors
    /// As [`World::context`].
    pub fn limit(&self, within: Option<Duration>) -> Result<Duration, Failure> {
        Ok(within.unwrap_or(self.context()?.config.timeouts.wait))
    }

    /// Waits until a fact is seen.
    ///
    /// # Errors
    /// What was seen last, with the time that was waited.
    pub async fn eventually<T, F>(
        &self,
        within: Option<Duration>,
        look: impl FnMut() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let limit = self.limit(within)?;
        eventually(limit, look).await.map_err(|mut failure| {
            failure.found =
                format!("{} (after {})", failure.found, humantime::format_duration(limit));
            failure
        })
    }

    /// Records what was seen.
    pub fn saw(&mut self, what: impl Into<String>, seen: impl Into<String>) {
        self.evidence.push(Evidence::new(what, seen));
    }

    /// Takes what was seen since the last call.
    pub fn take_evidence(&mut self) -> Vec<Evidence> {
        std::mem::take(&mut self.evidence)
    }

    /// Puts the values of names into a text: `{job}` becomes what was called "job".
    ///
    /// # Errors
    /// When a name in braces was never given.
    pub fn fill(&self, text: &str) -> Result<String, Failure> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            filled.push_str(before);
            let is_name = name.starts_with(char::is_alphabetic)
                && name.chars().all(|letter| letter.is_alphanumeric() || letter == ' ');
            if !is_name {
                // Not a name: braces of the text itself, for instance of JSON.
                filled.push('{');
                rest = after;
                continue;
            }
            filled.push_str(self.names.get(name).ok_or_else(|| {
                Failure::error(
                    format!("put the value of {{{name}}} into \"{text}\""),
                    "nothing was given that name",
                )
                .help(format!("name it first: And the response field \"id\" is called \"{name}\""))
            })?);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The last request.
    ///
    /// # Errors
    /// When nothing was requested yet.
    pub fn exchange(&self) -> Result<&Exchange, Failure> {
        self.exchange.as_ref().ok_or_else(|| {
            Failure::error("look at the response", "nothing was requested yet")
                .help("say `When the browser requests \"/\"` before")
        })
    }

    /// Mends everything that the scenario broke and has not mended, and proves it.
    ///
    /// # Errors
    /// What could not be mended.
    pub async fn mend(&mut self) -> Result<(), Failure> {
        if self.broken.is_empty() {
            return Ok(());
        }
        let mut first = None;
        for broken in std::mem::take(&mut self.broken).into_iter().rev() {
            if let Err(why) = self.mend_one(&broken).await {
                first.get_or_insert(why);
            }
        }
        self.running()?.excuse_restarts().await?;
        first.map_or(Ok(()), Err)
    }

    async fn mend_one(&mut self, broken: &Broken) -> Result<(), Failure> {
        let running = self.running()?;
        match broken {
            Broken::Begun => {
                self.twin = None;
                running.stack.down().await?;
                Ok(())
            }
            Broken::Paused(service) => super::faults::resume(&running.stack, service).await,
            Broken::Stopped(service) => super::faults::start(&running.stack, service).await,
            Broken::Killed(service, command) => {
                super::processes::revive(&running.stack, service, command).await
            }
            Broken::Scaled(service) => super::scale::shrink(&running.stack, service).await,
            Broken::Added(services) => super::scale::remove(&running.stack, services).await,
            Broken::Removed(service) => super::faults::create_again(&running.stack, service).await,
            Broken::Edited(file) => {
                let why = |why: std::io::Error| {
                    Failure::error(format!("put {file} back as it was"), why.to_string())
                };
                running.stack.put_back().map(|_| ()).map_err(why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::FailureKind;

    #[test]
    fn names_in_braces_become_their_values() {
        let world =
            World { names: IndexMap::from([("job".into(), "7".into())]), ..World::default() };
        assert_eq!(world.fill("job:{job}:status").expect("filled"), "job:7:status");
        assert_eq!(world.fill("{\"a\": 1}").expect("JSON is left alone"), "{\"a\": 1}");
        assert_eq!(world.fill("[a-z]{8}$").expect("a pattern is left alone"), "[a-z]{8}$");
        let why = world.fill("{other}").expect_err("no such name");
        assert!(why.found.contains("nothing was given that name"));
    }

    #[test]
    fn a_program_that_fails_is_quoted_with_its_last_lines() {
        let failure = Failure::from(StackError::Program {
            what: "docker compose create".into(),
            status: "exit status: 1".into(),
            last_words: vec!["no such image".into()],
        });
        assert_eq!(failure.kind, FailureKind::Error);
        assert_eq!(failure.logs.len(), 1);
        assert_eq!(failure.logs[0].service, "docker compose create");
        assert_eq!(failure.logs[0].lines, ["no such image"]);
    }
}
