//! What a scenario knows while it runs.
//!
//! The [`Context`] is shared by all scenarios of a run; a [`World`] is one scenario's own:
//! the stack it speaks of, the last request, the names it gave, what it saw, and what it
//! broke and must mend.

pub mod ears;
pub mod faults;
pub mod incidents;
pub mod life;
pub mod listening;
mod news;
pub(crate) mod open;
pub mod running;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use camino::Utf8PathBuf;
use futures::future::LocalBoxFuture;
use indexmap::{IndexMap, IndexSet};

use self::life::Before;
pub use self::running::Running;
use crate::{
    compose::Project,
    config::Config,
    probe::{browser::Browser as RealBrowser, http::Exchange, wait::eventually, websocket::Socket},
    run::{Connection, Evidence, Failure, Truth},
    stack::{Stack, links::Link},
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
    /// Second stacks, for what breaks something, of the environments that have one by now.
    pub seconds: RwLock<IndexMap<String, Arc<Running>>>,
}

impl Context {
    /// A context of the configuration alone.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            projects: IndexMap::new(),
            overlays: Vec::new(),
            stacks: IndexMap::new(),
            seconds: RwLock::default(),
        }
    }
}

/// Of the stacks of an environment, one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Berth {
    /// The one that all speak of.
    #[default]
    First,
    /// The one that only scenarios speak of that break something.
    Second,
}

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// As people are told to come.
    AsDeclared,
    /// Without TLS.
    Plain,
}

/// How a request is sent, if not as usual.
#[derive(Debug)]
pub struct Next {
    /// With TLS or without.
    pub(crate) transport: Transport,
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
    /// Which stack of an environment it speaks of.
    pub berth: Berth,
    /// A further stack of that environment, empty at first; while it is there the scenario speaks of it.
    pub scratch: Option<Arc<Running>>,
    /// Its HTTP client: a browser with its own cookies.
    pub browser: Option<reqwest::Client>,
    /// What asks services themselves, by what it asks, each with its own cookies.
    pub clients: IndexMap<String, reqwest::Client>,
    /// The service that the last request went to, if it was no visit to the web server.
    pub asked: Option<String>,
    /// How the next request is sent, if not as usual.
    pub next: Next,
    /// Requests that one sentence sent.
    pub exchanges: Vec<Exchange>,
    /// The rows that were found last, with where.
    pub rows: Option<(String, Vec<crate::probe::store::Record>)>,
    /// The last request and its response.
    pub exchange: Option<Exchange>,
    /// Its real browser, once it has opened a page.
    pub real_browser: Option<RealBrowser>,
    /// Whether a sentence stated the status of that response.
    pub status_stated: bool,
    /// The websocket it holds open.
    pub socket: Option<Socket>,
    /// Its turn at editing files of the project, until they are put back.
    pub editing: Option<tokio::sync::OwnedMutexGuard<()>>,
    /// When it last saved a file, for measuring how soon that is noticed.
    pub saved: Option<(Utf8PathBuf, std::time::Instant)>,
    /// The services about whose stores it will ask.
    pub asked_about: Vec<String>,
    /// The stores that it listens to, with their stacks.
    pub(crate) listens: Vec<(Arc<Running>, String)>,
    /// Subscriptions to channels, open until the scenario ends.
    pub subscription: Option<crate::probe::store::Subscription>,
    /// Names it gave to values; `request` is the id of the last request.
    pub names: IndexMap<String, String>,
    /// What undoes what it broke and has not yet mended, in the order of the breaking.
    pub undos: Vec<Undo>,
    /// The ends of services that it took off their networks and has not put back.
    pub(crate) cut: Vec<(String, Link)>,
    /// Whether it runs alone, as it breaks something.
    pub is_alone: bool,
    /// Whether it ran a program of the project on the host, which may do anything to the stack.
    pub beside: bool,
    /// How many deaths each stack had seen when the scenario began, by its name.
    pub marks: IndexMap<String, usize>,
    /// The services that it broke, mended or not.
    pub targets: IndexSet<String>,
    /// What ran in each stack before it broke something.
    pub before: Vec<(Arc<Running>, Before)>,
    evidence: Vec<Evidence>,
    /// The connections that a closed list was held against, until somebody takes them.
    pub connections: Vec<Connection>,
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
            .ok_or_else(|| Failure::undecided("find the run's context", "no hook provided it"))
    }

    /// The stack that the scenario speaks of.
    ///
    /// # Errors
    /// When no `Given` named an environment.
    pub fn running(&self) -> Result<Arc<Running>, Failure> {
        if let Some(scratch) = &self.scratch {
            return Ok(Arc::clone(scratch));
        }
        let environment = self.environment.as_ref().ok_or_else(|| {
            Failure::undecided(
                "find the stack that the scenario speaks of",
                "no Given names an environment",
            )
            .help("begin the scenario with `Given the development environment`")
        })?;
        self.brought_up(environment)
    }

    /// The stack that the run brought up for an environment, and this scenario speaks of.
    ///
    /// # Errors
    /// When it did not.
    pub fn brought_up(&self, environment: &str) -> Result<Arc<Running>, Failure> {
        let Context { stacks, seconds, .. } = &**self.context()?;
        let seconds = seconds.read().unwrap_or_else(PoisonError::into_inner);
        let second = seconds.get(environment).filter(|_| self.berth == Berth::Second);
        second.or_else(|| stacks.get(environment)).cloned().ok_or_else(|| {
            Failure::undecided(
                format!("find the running {environment} environment"),
                "it was not brought up",
            )
        })
    }

    /// Ends the visit: what comes next is asked anew, by a browser that has been nowhere.
    pub fn end_visit(&mut self) {
        (self.browser, self.exchange, self.socket, self.subscription) = (None, None, None, None);
        (self.real_browser, self.asked) = (None, None);
        self.clients.clear();
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
    pub fn evidence(&mut self, what: impl Into<String>, seen: impl Into<String>) {
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
                Failure::undecided(
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
            Failure::undecided("look at the response", "nothing was requested yet")
                .help("say `When the browser requests \"/\"` before")
        })
    }

    /// Gives a value a name, for later sentences.
    ///
    /// # Errors
    /// There is nothing to name: a later sentence that looks for it would find it everywhere.
    pub(crate) fn name(&mut self, name: &str, value: &str, place: &str) -> Result<(), Failure> {
        if value.trim().is_empty() {
            return Err(Failure::finding(format!("a value to be called \"{name}\""), "it is empty")
                .place(place)
                .help("name something that has a value: what is empty is in every text, so that a sentence with it would prove nothing"));
        }
        self.names.insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}

/// What undoes something that a scenario broke.
pub struct Undo {
    /// What was done: who undoes it in a sentence takes it off by this word.
    what: &'static str,
    /// The services that it was done to.
    services: Vec<String>,
    /// Whether the number of their containers is the scenario's own meanwhile.
    resizes: bool,
    way: Undoing,
}

type Undoing = Box<dyn for<'w> FnOnce(&'w mut World) -> LocalBoxFuture<'w, Result<(), Failure>>>;

/// Undoes something of a service of the stack that the scenario speaks of.
pub type OfService = for<'a> fn(&'a Stack, &'a str) -> LocalBoxFuture<'a, Result<(), Failure>>;

impl std::fmt::Debug for Undo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, services, resizes, way: _ } = self;
        let mut told = formatter.debug_struct("Undo");
        told.field("what", what).field("services", services).field("resizes", resizes);
        told.finish_non_exhaustive()
    }
}

impl Undo {
    /// Undoes what was done to these services, in whatever way.
    pub fn new(
        what: &'static str,
        services: &[String],
        way: impl for<'w> FnOnce(&'w mut World) -> LocalBoxFuture<'w, Result<(), Failure>> + 'static,
    ) -> Self {
        Self { what, services: services.to_vec(), resizes: false, way: Box::new(way) }
    }

    /// Undoes what was done to one service.
    #[must_use]
    pub fn of_service(what: &'static str, service: &str, way: OfService) -> Self {
        let name = service.to_owned();
        Self::new(what, &[service.to_owned()], move |world| {
            Box::pin(async move { way(&world.running()?.stack, &name).await })
        })
    }

    /// Whether it undoes this, done to a service in the first place.
    pub(crate) fn is(&self, what: &str, service: &str) -> bool {
        self.what == what && self.services.first().is_some_and(|first| first == service)
    }

    /// Whether it undoes this, whomever it was done to.
    pub(crate) fn does(&self, what: &str) -> bool {
        self.what == what
    }

    /// Until then the service has as many containers as the scenario wants.
    #[must_use]
    pub fn resizes(self) -> Self {
        Self { resizes: true, ..self }
    }
}

impl World {
    /// Undoes everything that the scenario broke and has not mended, the last first; each way proves
    /// that what it mends is well.
    ///
    /// # Errors
    /// The first that could not be mended; the others are undone all the same.
    pub async fn restore(&mut self) -> Result<(), Failure> {
        let mut first = None;
        self.note_targets();
        for undo in std::mem::take(&mut self.undos).into_iter().rev() {
            if let Err(why) = (undo.way)(self).await {
                first.get_or_insert(why);
            }
        }
        self.editing = None;
        first.map_or(Ok(()), Err)
    }

    /// A sentence has undone this to a service: it need not be undone again.
    pub(crate) fn restored(&mut self, what: &str, service: &str) {
        self.undos.retain(|undo| undo.what != what || undo.services != [service]);
    }

    /// Remembers which services the scenario has broken so far.
    pub fn note_targets(&mut self) {
        let broken = self.broken_services();
        self.targets.extend(broken);
    }

    /// The services that the scenario broke and has not mended.
    #[must_use]
    pub fn broken_services(&self) -> IndexSet<String> {
        self.undos.iter().flat_map(|undo| undo.services.iter().cloned()).collect()
    }

    /// Whether a service has as many containers as the scenario wants, not the files.
    #[must_use]
    pub fn has_resized(&self, service: &str) -> bool {
        self.undos.iter().any(|undo| undo.resizes && undo.services.iter().any(|of| of == service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[tokio::test]
    async fn what_was_broken_is_undone_the_last_first_and_whatever_fails() {
        let undo = |what: &'static str, well: bool| {
            Undo::new(what, &["app".to_owned()], move |world| {
                Box::pin(async move {
                    world.evidence("undone", what);
                    well.then_some(()).ok_or_else(|| Failure::finding("it is well", what))
                })
            })
        };
        let mut world = World {
            undos: vec![undo("first", true), undo("second", false), undo("third", false)],
            ..World::default()
        };
        world.undos.push(undo("by a sentence", true).resizes());
        assert!(world.has_resized("app") && !world.has_resized("db"));
        world.restored("by a sentence", "db");
        assert!(world.has_resized("app"), "another service was mended");
        world.restored("by a sentence", "app");
        assert!(!world.has_resized("app"));
        let why = world.restore().await.expect_err("two are not well");
        assert_eq!(why.found, "third", "the first that could not be mended");
        let undone: Vec<String> = world.take_evidence().into_iter().map(|seen| seen.seen).collect();
        assert_eq!(undone, ["third", "second", "first"]);
        assert!(world.undos.is_empty() && world.targets.contains("app"));
    }
}
