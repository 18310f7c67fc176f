//! The running stack: brought up once an environment and run, shared by its scenarios,
//! removed without a trace.
//!
//! [`Stack::up`] goes through: folder, watchdog and views, preparation, model, images, override
//! file, create (Compose), start and readiness (us). [`Stack::down`] is the same sweep that the
//! watchdog and `gc` use.

mod again;
mod asked;
mod attempt;
mod blame;
pub mod calls;
mod client;
mod container;
pub mod deaths;
pub mod dial;
pub mod digests;
pub mod engine;
mod error;
mod execute;
mod gc;
pub mod health;
pub mod images;
pub mod isolation;
pub mod links;
pub mod logging;
pub mod looks;
mod outward;
pub mod overlay;
mod process;
mod programs;
pub mod ran;
pub mod ready;
pub mod rundir;
mod scratch;
mod tail;
pub mod unready;
mod usage;
pub mod versions;
pub mod watchdog;

use std::{
    io,
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use tokio::process::Command;

use self::{
    attempt::{Attempt, Raised},
    deaths::Deaths,
    engine::{Container, Engine},
    isolation::Own,
};
pub use self::{
    error::{StackError, chain},
    gc::collect_garbage,
    images::ImageChoice,
    overlay::HostPorts,
    process::Companion,
    ready::{HealthBy, Readiness},
};
use crate::{
    compose::{self, Invocation, Project},
    config::{Config, Shared, Web},
    run::StackRun,
};

/// Every project of ours begins so.
pub const PREFIX: &str = "seaworthy-";

/// What goes on while a stack comes up.
#[derive(Debug, Clone)]
pub enum StackEvent {
    /// Something begins that may take a while.
    Step(String),
    /// A line that a program at work for us printed.
    Line(String),
    /// A service was started and is waited for.
    Waiting {
        /// Its name.
        service: String,
    },
    /// A service has ended with 0, as it may.
    Completed {
        /// Its name.
        service: String,
        /// Since the first container was started.
        after: Duration,
    },
    /// A service is ready.
    Ready {
        /// Its name.
        service: String,
        /// Since the first container was started.
        after: Duration,
    },
}

/// Where events go.
pub type Tell = Arc<dyn Fn(StackEvent) + Send + Sync>;

/// How a stack is to be brought up.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The environment's name in the configuration.
    pub environment: String,
    /// Compose files added after all others.
    pub overlays: Vec<Utf8PathBuf>,
    /// Whether host ports are bound as declared.
    pub ports: HostPorts,
    /// Where images come from.
    pub images: ImageChoice,
    /// Whose verdict on health counts.
    pub health: HealthBy,
}

/// A stack that is up.
#[derive(Debug)]
pub struct Stack {
    /// The model it was made from: the environment's own files, without our override.
    pub project: Project,
    /// The Compose files that the model came from.
    pub files: Vec<Utf8PathBuf>,
    /// The environment's name.
    pub environment: String,
    /// The Compose project's name.
    pub name: String,
    /// The folder that the files' relative paths start from.
    pub directory: Utf8PathBuf,
    /// The engine it runs on.
    pub engine: Engine,
    /// Whether host ports are bound as declared.
    pub ports: HostPorts,
    /// Where a browser finds its web server, if the configuration says so.
    pub web: Option<Web>,
    /// How it came up.
    pub record: StackRun,
    /// What is its own though the files name it otherwise.
    pub own: Own,
    shared: Shared,
    /// Services that may end by themselves now and then, as long as they come back; with the reasons.
    pub restless: IndexMap<String, String>,
    /// The one service that was brought up, with what it depends on; none where all were.
    pub only: Option<String>,
    /// What it took to be ready.
    pub readiness: Readiness,
    /// Who ended in it.
    pub deaths: Deaths,
    /// Whose verdict on health counted.
    health: HealthBy,
    invocation: Invocation,
    attempt: Attempt,
}

impl Stack {
    /// Brings a stack up. Whatever goes wrong, nothing is left behind, unless `keep` says so.
    /// One that does not come up is shown to `lost` before its files go, as the run saw them: their
    /// secrets are in nobody else's reach.
    ///
    /// # Errors
    /// [`StackError`] with the last words of whoever failed.
    pub async fn up(
        config: &Config,
        wish: &Wish,
        keep_failed: bool,
        tell: &Tell,
        lost: &(dyn Fn(&Project) + Send + Sync),
    ) -> Result<Self, StackError> {
        let engine = Engine::connect().await?;
        let mut attempt = Attempt::begin(&wish.environment, config.shared_folders())?;
        let raised = attempt.bring_up(config, wish, &engine, tell).await;
        if let (Err(_), Some(project)) = (&raised, attempt.seen_project(config, wish)) {
            lost(&project);
        }
        match raised {
            Ok(Raised { project, files, invocation, record, own, readiness, deaths }) => Ok(Self {
                own,
                readiness,
                deaths,
                health: wish.health,
                shared: config.shared.clone(),
                restless: config.environments[&wish.environment].restless.clone(),
                only: None,
                project,
                files,
                environment: wish.environment.clone(),
                name: attempt.name.clone(),
                directory: invocation.directory.clone(),
                engine,
                ports: wish.ports,
                web: config.environments[&wish.environment].web.clone(),
                record,
                invocation,
                attempt,
            }),
            Err(why) if keep_failed => {
                let (name, folder) = (&attempt.name, attempt.folder.override_file());
                tell(StackEvent::Step(format!(
                    "kept {name} as it failed ({folder}); remove it with `seaworthy gc {name}`"
                )));
                attempt.keep();
                Err(why)
            }
            Err(why) => {
                attempt.end().await?;
                Err(why)
            }
        }
    }

    /// Every container of the stack, as it is now.
    pub async fn containers(&self) -> Result<Vec<Container>, StackError> {
        let mut containers = self.engine.containers(&self.name).await?;
        for container in &mut containers {
            container.image = self.own.images.declared(&container.service, &container.image_tag);
        }
        Ok(containers)
    }

    /// The replicas of a service, as they are now; at least one.
    ///
    /// # Errors
    /// When there is none: [`StackError::NoContainer`] of a service of the files, else
    /// [`StackError::NoService`].
    pub async fn service(&self, name: &str) -> Result<Vec<Container>, StackError> {
        let replicas: Vec<_> = self
            .containers()
            .await?
            .into_iter()
            .filter(|container| container.service == name)
            .collect();
        if replicas.is_empty() {
            return Err(self.nobody(name));
        }
        Ok(replicas)
    }

    /// What is wrong with asking for the containers of a service that has none.
    fn nobody(&self, name: &str) -> StackError {
        let name = name.to_owned();
        let Some(service) = self.project.services.get(&name) else {
            let known = self.project.services.keys().cloned().collect();
            return StackError::NoService { name, known };
        };
        let place =
            ["scale", "deploy", ""].iter().find_map(|key| self.project.place_of(&name, key));
        StackError::NoContainer { name, replicas: service.replicas(), place }
    }

    /// Lets Compose create what is missing of some services, without starting it.
    ///
    /// # Errors
    /// Compose's.
    pub async fn create(&self, options: &[&str], services: &[&str]) -> Result<(), StackError> {
        let words = [&["create", "--no-build", "--no-recreate"], options, services].concat();
        self.attempt.programs().compose(&self.invocation, &words, &silent()).await?;
        self.join_quietly(&self.project).await
    }

    /// Lets Compose create the services that only a profile has; returns their names.
    ///
    /// # Errors
    /// Compose's.
    pub async fn create_profile(&self, profile: &str) -> Result<Vec<String>, StackError> {
        let mut invocation = self.invocation.clone();
        invocation.profiles.push(profile.to_owned());
        let mut all = compose::load(&invocation)?;
        all.services.retain(|name, _| !self.project.services.contains_key(name));
        isolation::refuse(&all, &self.shared)?;
        let more: Vec<String> = all.services.keys().cloned().collect();
        let names: Vec<&str> = more.iter().map(String::as_str).collect();
        if all.services.values().any(|service| service.build.is_some()) {
            isolation::images::build(
                &self.engine,
                &invocation,
                &names,
                self.attempt.programs(),
                &silent(),
            )
            .await?;
        }
        if !names.is_empty() {
            let words = [&["create", "--no-build", "--no-recreate"], names.as_slice()].concat();
            self.attempt.programs().compose(&invocation, &words, &silent()).await?;
            self.join_quietly(&all).await?;
        }
        Ok(more)
    }

    /// A folder that goes with the run.
    ///
    /// # Errors
    /// The operating system's.
    pub fn scratch_folder(&self) -> io::Result<Utf8PathBuf> {
        self.attempt.folder.scratch()
    }

    /// Starts a program that works beside us and ends with the run, however that ends.
    ///
    /// # Errors
    /// The operating system's.
    pub fn companion(&self, command: Command) -> io::Result<Companion> {
        Companion::start(command, &self.attempt.watchdog)
    }

    /// Where a path is seen by the run, for whoever reads or writes it here: in the view of its
    /// folder, or itself where that is shared on purpose.
    #[must_use]
    pub fn seen(&self, path: &Utf8Path) -> Utf8PathBuf {
        let views = &self.attempt.views;
        let full = camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned());
        let real = views.locate(Utf8Path::new(&compose::values::path::clean(full.as_str())));
        views.seen(&real).unwrap_or(real)
    }

    /// As [`Stack::seen`], for a file that is about to be written.
    ///
    /// # Errors
    /// [`StackError::NoView`] when what is written there would not be the run's own.
    pub fn own(&self, path: &Utf8Path) -> Result<Utf8PathBuf, StackError> {
        let seen = self.seen(path);
        let views = &self.attempt.views;
        let real = views.real(&seen);
        if seen == real || views.is_shared(&real) {
            let why = if views.is_shared(&real) {
                "it is shared on purpose, and what stands there is not the run's to change"
            } else {
                "the run has no view of it"
            };
            return Err(StackError::NoView { folder: real, why: why.into() });
        }
        Ok(seen)
    }

    /// The real path of one that the engine names: a mount's source in a view.
    #[must_use]
    pub fn real(&self, path: &str) -> Utf8PathBuf {
        self.attempt.views.real(Utf8Path::new(path))
    }

    /// The engine's name of a volume of the files.
    #[must_use]
    pub fn volume(&self, key: &str) -> String {
        let shared = self.record.isolation.shared.contains(&format!("volume \"{key}\""));
        let declared = self.project.volumes.get(key).and_then(|volume| volume.name.as_ref());
        match declared {
            Some(name) if shared => name.value.clone(),
            _ => format!("{}_{key}", self.name),
        }
    }

    /// Folders, and where the run sees them.
    #[must_use]
    pub fn views(&self) -> Vec<(Utf8PathBuf, Utf8PathBuf)> {
        self.attempt.views.pairs()
    }

    /// The same files, read where the run sees them.
    #[must_use]
    pub fn through_views(&self, mut invocation: Invocation) -> Invocation {
        self.attempt.views.show(&mut invocation);
        invocation
    }

    /// Removes everything of the stack; returns how long it took.
    ///
    /// # Errors
    /// [`StackError::Left`] with what is left.
    pub async fn down(&self) -> Result<Duration, StackError> {
        let begun = Instant::now();
        self.attempt.end().await?;
        Ok(begun.elapsed())
    }

    /// Leaves the stack running and says how to reach and how to remove it.
    pub async fn keep(&self) -> String {
        let mut lines = vec![format!("{} is kept:", self.name)];
        for container in self.containers().await.unwrap_or_default() {
            let ports: Vec<String> = container
                .bindings
                .iter()
                .map(|bound| {
                    format!(
                        "{}:{} -> {}",
                        bound.host_ip.unwrap_or(Ipv4Addr::UNSPECIFIED.into()),
                        bound.host_port,
                        bound.port
                    )
                })
                .collect();
            lines.push(format!(
                "  {:<10} docker exec -it {} sh   {}",
                container.service,
                container.name,
                ports.join(", ")
            ));
        }
        for view in self.attempt.views.all() {
            lines.push(format!("  {} is seen at {}", view.real, view.seen));
        }
        lines.push(format!("remove it with: seaworthy gc {}", self.name));
        self.attempt.keep();
        lines.join("\n")
    }
}

/// Whether the run's engine is asked over a socket of this machine, so that its memory is this one's.
#[must_use]
pub fn is_here() -> bool {
    crate::endpoint::current().is_ok_and(|endpoint| endpoint.socket().is_some())
}

fn silent() -> Tell {
    Arc::new(|_| {})
}

fn unexpected(doing: &str) -> StackError {
    StackError::Io {
        doing: doing.to_owned(),
        source: io::Error::other("this is a defect of seaworthy"),
    }
}

fn io_error(doing: &str) -> impl FnOnce(io::Error) -> StackError {
    move |source| StackError::Io { doing: doing.to_owned(), source }
}
