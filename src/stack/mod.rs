//! The running stack: brought up once an environment and run, shared by its scenarios,
//! removed without a trace.
//!
//! [`Stack::up`] goes through: folder and watchdog, preparation, model, images, override
//! file, create (Compose), start and readiness (us). [`Stack::down`] is the same sweep that the
//! watchdog and `gc` use.

mod attempt;
mod container;
pub mod engine;
mod error;
mod gc;
pub mod images;
pub mod looks;
pub mod overlay;
mod process;
pub mod ready;
pub mod rundir;
mod twin;
pub mod watchdog;

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::process::Command;

use self::{
    attempt::Attempt,
    engine::{Container, Engine},
    images::ImageSource,
    watchdog::Watchdog,
};
pub use self::{
    error::StackError, gc::collect_garbage, images::ImageChoice, overlay::HostPorts,
    ready::HealthBy,
};
use crate::{
    compose::{self, Invocation, Project},
    config::{Config, Web},
    run::{LogTail, StackRun},
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
    invocation: Invocation,
    attempt: Attempt,
}

impl Stack {
    /// Brings a stack up. Whatever goes wrong, nothing is left behind, unless `keep` says so.
    ///
    /// # Errors
    /// [`StackError`] with the last words of whoever failed.
    pub async fn up(
        config: &Config,
        wish: &Wish,
        keep_failed: bool,
        tell: &Tell,
    ) -> Result<Self, StackError> {
        let engine = Engine::connect().await?;
        let attempt = Attempt::begin(&wish.environment)?;
        let name = attempt.name.clone();
        let folder = attempt.folder.override_file();
        let mut attempt = Some(attempt);
        let result = Self::bring_up(config, wish, &engine, &mut attempt, tell).await;
        if let (Err(_), Some(attempt)) = (&result, attempt) {
            if keep_failed {
                tell(StackEvent::Step(format!(
                    "kept {name} as it failed ({folder}); remove it with `seaworthy gc {name}`"
                )));
                attempt.keep();
            } else {
                attempt.end().await?;
            }
        }
        result
    }

    async fn bring_up(
        config: &Config,
        wish: &Wish,
        engine: &Engine,
        attempt: &mut Option<Attempt>,
        tell: &Tell,
    ) -> Result<Self, StackError> {
        let Some(current) = attempt.as_ref() else {
            return Err(unexpected("find the run's folder"));
        };
        let environment = &config.environments[&wish.environment];
        let images_begun = Instant::now();
        if let Some(prepare) = &environment.prepare {
            run_program(&config.path(prepare), &current.watchdog, tell).await?;
        }
        let mut invocation = compose::invocation(config, environment, &wish.overlays);
        let mut project = compose::load(&invocation)?;
        let images_from =
            match images::decide(engine, &project, config.stand_ins.as_ref(), wish.images).await? {
                ImageSource::Nowhere { missing, why } => {
                    return Err(StackError::NoImages { missing, why });
                }
                ImageSource::Registry { missing } => {
                    if !missing.is_empty() {
                        tell(StackEvent::Step(format!("pulling {}", missing.join(", "))));
                        let services = project.services.iter();
                        let pulled: Vec<&str> = services
                            .filter(|(_, service)| {
                                service.image.as_ref().is_some_and(|image| missing.contains(image))
                            })
                            .map(|(name, _)| name.as_str())
                            .collect();
                        let words = [&["pull", "--policy", "missing"], pulled.as_slice()].concat();
                        compose_program(&invocation, &words, &current.watchdog, tell).await?;
                    }
                    "images of the registry".to_owned()
                }
                ImageSource::StandIns { why } => {
                    tell(StackEvent::Step(format!("using stand-in images: {why}")));
                    let stand_ins = config.stand_ins.as_ref();
                    if let Some(build) = stand_ins.and_then(|stand_ins| stand_ins.build.as_ref()) {
                        run_program(&config.path(build), &current.watchdog, tell).await?;
                    }
                    // Overlays stay last: what a user adds by hand wins over the stand-ins.
                    let mut files = config.stand_in_files(&wish.environment);
                    files.extend(wish.overlays.clone());
                    invocation = compose::invocation(config, environment, &files);
                    project = compose::load(&invocation)?;
                    format!("stand-in images: {why}")
                }
            };
        let files = invocation.files.clone();
        let text = overlay::text(&project, &current.name, wish.ports)
            .map_err(|why| unexpected(&format!("write the override: {why}")))?;
        fs::write(current.folder.override_file(), text)
            .map_err(io_error("write the override file"))?;
        invocation.files.push(current.folder.override_file());
        invocation.project = Some(current.name.clone());
        if project.services.values().any(|service| service.build.is_some()) {
            tell(StackEvent::Step("building images".into()));
            compose_program(&invocation, &["build"], &current.watchdog, tell).await?;
        }
        let images = images_begun.elapsed();

        let begun = Instant::now();
        tell(StackEvent::Step(format!("creating {}", current.name)));
        compose_program(
            &invocation,
            &["create", "--no-build", "--remove-orphans"],
            &current.watchdog,
            tell,
        )
        .await?;
        let containers = engine.containers(&current.name).await?;
        ready::start(engine, &project, containers, wish.health, config.timeouts.ready, tell)
            .await?;
        let ready_after = begun.elapsed();
        let Some(attempt) = attempt.take() else { return Err(unexpected("find the run's folder")) };
        Ok(Self {
            record: StackRun {
                environment: wish.environment.clone(),
                project: attempt.name.clone(),
                ready_after,
                images,
                removed_after: None,
                images_from,
            },
            project,
            files,
            environment: wish.environment.clone(),
            name: attempt.name.clone(),
            directory: invocation.directory.clone(),
            engine: engine.clone(),
            ports: wish.ports,
            web: environment.web.clone(),
            invocation,
            attempt,
        })
    }

    /// Every container of the stack, as it is now.
    pub async fn containers(&self) -> Result<Vec<Container>, StackError> {
        Ok(self.engine.containers(&self.name).await?)
    }

    /// The replicas of a service, as they are now; at least one.
    ///
    /// # Errors
    /// [`StackError::NoService`] when there is none.
    pub async fn service(&self, name: &str) -> Result<Vec<Container>, StackError> {
        let replicas: Vec<_> = self
            .containers()
            .await?
            .into_iter()
            .filter(|container| container.service == name)
            .collect();
        if replicas.is_empty() {
            let known = self.project.services.keys().cloned().collect();
            return Err(StackError::NoService { name: name.to_owned(), known });
        }
        Ok(replicas)
    }

    /// Lets Compose create what is missing of some services, without starting it.
    ///
    /// # Errors
    /// Compose's.
    pub async fn create(&self, options: &[&str], services: &[&str]) -> Result<(), StackError> {
        let words = [&["create", "--no-build", "--no-recreate"], options, services].concat();
        compose_program(&self.invocation, &words, &self.attempt.watchdog, &silent()).await
    }

    /// Lets Compose create the services that only a profile has; returns their names.
    ///
    /// # Errors
    /// Compose's.
    pub async fn create_profile(&self, profile: &str) -> Result<Vec<String>, StackError> {
        let mut invocation = self.invocation.clone();
        invocation.profiles.push(profile.to_owned());
        let all = compose::load(&invocation)?;
        let more: Vec<String> = all
            .services
            .into_keys()
            .filter(|name| !self.project.services.contains_key(name))
            .collect();
        let names: Vec<&str> = more.iter().map(String::as_str).collect();
        if !names.is_empty() {
            let words = [&["create", "--no-build", "--no-recreate"], names.as_slice()].concat();
            compose_program(&invocation, &words, &self.attempt.watchdog, &silent()).await?;
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

    /// Runs a shell command line in the project's folder on the host, as an operator would,
    /// with the variables by which Compose finds this stack.
    ///
    /// # Errors
    /// The operating system's, when it cannot be run.
    pub async fn run_on_host(&self, line: &str) -> Result<(bool, Vec<String>), StackError> {
        let mut command = Command::new("/bin/sh");
        // A project where we stand has no folder before its files.
        command
            .args(["-c", line])
            .current_dir(Utf8Path::new(".").join(&self.directory))
            .env("COMPOSE_PROJECT_NAME", &self.name)
            .envs(self.invocation.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let ended = process::run(command, &self.attempt.watchdog, |_| {})
            .await
            .map_err(io_error(&format!("run `{line}`")))?;
        Ok((ended.status.success(), ended.last_words))
    }

    /// Where the host reaches a published port of a service now.
    ///
    /// # Errors
    /// [`StackError::NotPublished`].
    pub async fn published(&self, service: &str, port: u16) -> Result<SocketAddr, StackError> {
        let replicas = self.service(service).await?;
        let bound = replicas.iter().flat_map(|container| &container.bindings);
        let binding = bound
            .filter(|binding| binding.port == port && binding.protocol == "tcp")
            .find(|binding| binding.host_ip.is_none_or(|address| address.is_ipv4()))
            .ok_or_else(|| StackError::NotPublished { service: service.to_owned(), port })?;
        let address = binding.host_ip.filter(|address| !address.is_unspecified());
        Ok(SocketAddr::new(address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), binding.host_port))
    }

    /// The last lines of a service's log, over all its replicas.
    pub async fn log_tail(&self, service: &str, lines: usize) -> LogTail {
        let mut tail = Vec::new();
        for container in self.service(service).await.unwrap_or_default() {
            tail.extend(self.engine.log(&container.id, Some(lines)).await.unwrap_or_default());
        }
        let from = tail.len().saturating_sub(lines);
        LogTail { service: service.to_owned(), lines: tail.split_off(from) }
    }

    /// Keeps the original of a file that a scenario is about to edit; it is put back whatever happens.
    ///
    /// # Errors
    /// The operating system's.
    pub fn keep_original(&self, file: &Utf8Path) -> io::Result<()> {
        self.attempt.folder.keep_original(file)
    }

    /// Puts every edited file back.
    ///
    /// # Errors
    /// The operating system's.
    pub fn put_back(&self) -> io::Result<Vec<Utf8PathBuf>> {
        self.attempt.folder.put_back()
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
        lines.push(format!("remove it with: seaworthy gc {}", self.name));
        self.attempt.keep();
        lines.join("\n")
    }
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

async fn run_program(
    program: &Utf8Path,
    watchdog: &Watchdog,
    tell: &Tell,
) -> Result<(), StackError> {
    // A bare name would be looked for on the PATH.
    let mut command = Command::new(Utf8Path::new(".").join(program));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    finish(program.as_str(), command, watchdog, tell).await
}

async fn compose_program(
    invocation: &Invocation,
    words: &[&str],
    watchdog: &Watchdog,
    tell: &Tell,
) -> Result<(), StackError> {
    let what = format!("docker compose {}", words[0]);
    finish(&what, invocation.command(words), watchdog, tell).await
}

async fn finish(
    what: &str,
    command: Command,
    watchdog: &Watchdog,
    tell: &Tell,
) -> Result<(), StackError> {
    let ended = process::run(command, watchdog, |line| tell(StackEvent::Line(line.to_owned())))
        .await
        .map_err(|source| StackError::NotRun { what: what.to_owned(), source })?;
    if ended.status.success() {
        return Ok(());
    }
    Err(StackError::Program {
        what: what.to_owned(),
        status: ended.status.to_string(),
        last_words: ended.last_words,
    })
}
