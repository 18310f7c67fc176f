//! A try at bringing a stack up: what must be undone, whether it came up or not.

use std::{sync::Arc, time::Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    HostPorts, PREFIX, StackError, StackEvent, Tell, Wish, blame,
    deaths::Deaths,
    dial,
    engine::Engine,
    images::{self, ImageSource},
    io_error,
    isolation::{
        self, Own, Views, open_project,
        storage::{self, ImageVolumes},
    },
    programs::Programs,
    ready::{self, Readiness, Terms},
    rundir::RunDir,
    watchdog::{self, Watchdog},
};
use crate::{
    compose::{self, Invocation, Project},
    config::Config,
    run::{Isolation, StackRun},
};

/// How often blocks of addresses are chosen while others choose too.
const OVERLAPS: usize = 4;

/// What must be undone, whether the stack came up or not.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) name: String,
    pub(super) folder: RunDir,
    pub(super) watchdog: Arc<Watchdog>,
    pub(super) views: Views,
}

impl Attempt {
    /// `shared` are folders that the run sees as they are.
    pub(super) fn begin(environment: &str, shared: Vec<Utf8PathBuf>) -> Result<Self, StackError> {
        let name = project_name(environment);
        let folder = RunDir::create(&name).map_err(io_error("make a folder for this run"))?;
        let watchdog = Watchdog::start(&name).map_err(io_error("start the watchdog"))?;
        let views =
            Views::new(folder.path(), shared).map_err(io_error("make a folder for views"))?;
        Ok(Self { name, folder, watchdog: Arc::new(watchdog), views })
    }

    pub(super) async fn end(&self) -> Result<(), StackError> {
        let engine = Engine::connect().await?;
        // One sweep is enough after our own programs have ended; what resists gets the patient one.
        let swept = engine.sweep(&self.name).await?;
        if !swept.left.is_empty() {
            watchdog::sweep_until_gone(&self.name)
                .await
                .map_err(|left| StackError::Left { project: self.name.clone(), left })?;
        }
        // The watchdog goes last: until then it would finish what a signal interrupts here.
        isolation::remove(&self.folder).await.map_err(io_error("remove the folder of this run"))?;
        self.watchdog.dismiss();
        Ok(())
    }

    /// The folder's lock goes with this process: from then on the stack counts as a leftover.
    pub(super) fn keep(&self) {
        self.watchdog.dismiss();
    }
}

/// A stack that came up.
#[derive(Debug)]
pub(super) struct Raised {
    pub(super) project: Project,
    pub(super) files: Vec<Utf8PathBuf>,
    pub(super) invocation: Invocation,
    pub(super) record: StackRun,
    pub(super) own: Own,
    pub(super) readiness: Readiness,
    pub(super) deaths: Deaths,
}

impl Attempt {
    /// Who runs programs here.
    pub(super) fn programs(&self) -> Programs<'_> {
        Programs { name: &self.name, views: &self.views, watchdog: &self.watchdog }
    }

    /// Goes all the way from the files to a stack that is ready.
    pub(super) async fn bring_up(
        &mut self,
        config: &Config,
        wish: &Wish,
        engine: &Engine,
        tell: &Tell,
    ) -> Result<Raised, StackError> {
        let environment = &config.environments[&wish.environment];
        let begun = Instant::now();
        let mut invocation = compose::invocation(config, environment, &wish.overlays);
        let prepare = environment.prepare.as_ref().map(|program| config.path(program));
        let stand_ins = config.stand_ins.as_ref();
        let build = stand_ins.and_then(|stand_ins| stand_ins.build.as_ref());
        let build = build.map(|program| config.path(program));
        let programs: Vec<Utf8PathBuf> = prepare.iter().cloned().collect();
        open_project(&mut self.views, &invocation.directory, &config.root, &programs)?;
        self.views.show(&mut invocation);
        if let Some(prepare) = &prepare {
            self.programs().project(prepare, tell).await?;
        }
        let mut project = compose::load(&invocation)?;
        isolation::refuse(&project, &config.shared)?;
        isolation::bring_beside(&mut self.views, &invocation)?;
        // Before anything is fetched or built: what must not be started is refused at once.
        self.judge(config, &invocation, engine).await?;
        let images_from = match images::decide(engine, &project, stand_ins, wish.images).await? {
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
                    self.programs().compose(&invocation, &words, tell).await?;
                }
                "images of the registry".to_owned()
            }
            ImageSource::StandIns { why } => {
                tell(StackEvent::Step(format!("using stand-in images: {why}")));
                if let Some(build) = &build {
                    self.programs().project(build, tell).await?;
                }
                // Overlays stay last: what a user adds by hand wins over the stand-ins.
                let mut files = config.stand_in_files(&wish.environment);
                files.extend(wish.overlays.clone());
                invocation = compose::invocation(config, environment, &files);
                self.views.show(&mut invocation);
                project = compose::load(&invocation)?;
                isolation::bring_beside(&mut self.views, &invocation)?;
                format!("stand-in images: {why}")
            }
        };
        let files = invocation.files.clone();
        let all = compose::load_all(&invocation)?;
        let restless = &environment.restless;
        if let Some(name) = restless.keys().find(|name| !all.services.contains_key(*name)) {
            let known = all.services.keys().cloned().collect();
            return Err(StackError::NoService { name: name.clone(), known });
        }
        let images = isolation::images::Plan::of(&all, &project, &self.name);
        let mut own = Own { images, ..Own::default() };
        let isolation =
            self.keep_apart(config, &mut invocation, wish.ports, engine, &mut own, &all).await?;
        read_files_in_views(&mut project, &self.views);
        if project.services.values().any(|service| service.build.is_some()) {
            tell(StackEvent::Step("building images".into()));
            isolation::images::build(engine, &invocation, &[], self.programs(), tell).await?;
        }
        let images = begun.elapsed();

        let begun = Instant::now();
        tell(StackEvent::Step(format!("creating {}", self.name)));
        let words = ["create", "--no-build", "--remove-orphans"];
        let mut tries = 1;
        while let Err(why) = self.programs().compose(&invocation, &words, tell).await {
            // Somebody took a block between our look and Compose's.
            if tries == OVERLAPS || !isolation::network::is_overlap(&why) {
                return Err(blame::not_created(&project, &self.name, why));
            }
            tries += 1;
            own.write(engine, &all, &config.shared, self, wish.ports).await?;
        }
        let containers = engine.containers(&self.name).await?;
        own.networks.join_quietly(engine, &project, &containers).await?;
        self.folder
            .keep_images(containers.iter().map(|container| container.image_tag.as_str()))
            .map_err(io_error("write to the folder of this run"))?;
        let deaths = Deaths::of(engine, &self.name);
        let terms = Terms { health: wish.health, limit: config.timeouts.ready, restless };
        let readiness = ready::start(engine, &project, &deaths, containers, terms, tell).await?;
        // What ended on the way up is no scenario's doing.
        deaths.hear().await?;
        let record = StackRun {
            environment: wish.environment.clone(),
            project: self.name.clone(),
            ready_after: begun.elapsed(),
            images,
            removed_after: None,
            images_from,
            notes: own.notes(),
            engine: engine.endpoint.to_string(),
            isolation,
        };
        Ok(Raised { project, files, invocation, record, own, readiness, deaths })
    }

    /// The files as the run sees them, if they can be read.
    pub(super) fn seen_project(&self, config: &Config, wish: &Wish) -> Option<Project> {
        let environment = &config.environments[&wish.environment];
        let mut invocation = compose::invocation(config, environment, &wish.overlays);
        self.views.show(&mut invocation);
        let mut project = compose::load(&invocation).ok()?;
        read_files_in_views(&mut project, &self.views);
        Some(project)
    }

    /// Refuses what must not be started as it is.
    async fn judge(
        &self,
        config: &Config,
        invocation: &Invocation,
        engine: &Engine,
    ) -> Result<(), StackError> {
        let all = compose::load_all(invocation)?;
        let elsewhere = dial::other_machine(engine).await?;
        let beyond = storage::foreign(&all, &self.views, &config.shared, elsewhere.as_deref());
        if !beyond.is_empty() {
            return Err(StackError::Beyond(beyond));
        }
        if elsewhere.is_some() {
            // What is on that machine is not seen from here.
            return Ok(());
        }
        let volumes = volumes_of(engine, &all).await?;
        let missing = storage::missing(&all, &self.views, &volumes);
        if missing.is_empty() { Ok(()) } else { Err(StackError::Wrong(missing)) }
    }

    /// Writes the override file, by which all that the run can write is its own.
    pub(super) async fn keep_apart(
        &mut self,
        config: &Config,
        invocation: &mut Invocation,
        ports: HostPorts,
        engine: &Engine,
        own: &mut Own,
        all: &Project,
    ) -> Result<Isolation, StackError> {
        // The files may be others than before, and the images are here now.
        self.judge(config, invocation, engine).await?;
        let volumes = volumes_of(engine, all).await?;
        let shared = &config.shared;
        let (plan, isolation) = storage::plan(all, &self.name, shared, &mut self.views, &volumes)
            .map_err(StackError::Beyond)?;
        own.storage = plan;
        own.write(engine, all, shared, self, ports).await?;
        invocation.files.push(self.folder.override_file());
        invocation.project = Some(self.name.clone());
        // Folders outside the project have views as well by now.
        self.views.show(invocation);
        Ok(isolation)
    }
}

async fn volumes_of(engine: &Engine, project: &Project) -> Result<ImageVolumes, StackError> {
    let mut volumes = ImageVolumes::new();
    for image in storage::images(project) {
        let declared = engine.image_volumes(&image).await?;
        volumes.insert(image, declared);
    }
    Ok(volumes)
}

/// Whoever reads a secret's or a config's file reads what the run sees; places stay those of the files.
fn read_files_in_views(project: &mut Project, views: &Views) {
    for object in project.secrets.values_mut().chain(project.configs.values_mut()) {
        if let Some(file) = &mut object.file {
            let real = views.locate(Utf8Path::new(&file.value));
            if let Some(seen) = views.seen(&real) {
                file.value = seen.into_string();
            }
        }
    }
}

/// A project name that no other run has: environment, process and time.
fn project_name(environment: &str) -> String {
    let letters: String = environment
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    let time =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{PREFIX}{letters}-{:x}-{:x}", std::process::id(), time.as_millis() & 0xff_ffff)
}
