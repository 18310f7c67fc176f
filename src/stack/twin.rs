//! A second stack of the same files beside a running one, with volumes of its own that are
//! empty: what a backup must be good for.

use std::{fs, time::Instant};

use super::{
    Stack, StackError, attempt::Attempt, compose_program, engine::Engine, io_error, overlay, ready,
    silent, unexpected,
};
use crate::{
    compose::{self, Invocation, Project},
    config::Config,
    run::StackRun,
    stack::{HealthBy, HostPorts},
};

impl Stack {
    /// The model with the services of every profile.
    ///
    /// # Errors
    /// [`StackError::Compose`] with what is wrong with the files.
    pub fn all_profiles(&self) -> Result<Project, StackError> {
        let mut invocation = self.without_override();
        invocation.profiles = vec!["*".into()];
        Ok(compose::load(&invocation)?)
    }

    /// Our own file is the last.
    fn without_override(&self) -> Invocation {
        let mut invocation = self.invocation.clone();
        invocation.files.pop();
        invocation
    }

    /// Brings up a service of the same files, and what it depends on, as a project of its own.
    /// Images are those that this stack runs; host ports are free ones.
    ///
    /// # Errors
    /// As [`Stack::up`]; then nothing is left behind. [`StackError::NoService`] when the files have none such.
    pub async fn empty_twin(&self, config: &Config, service: &str) -> Result<Self, StackError> {
        if !self.project.services.contains_key(service) {
            let known = self.project.services.keys().cloned().collect();
            return Err(StackError::NoService { name: service.to_owned(), known });
        }
        let engine = Engine::connect().await?;
        let attempt = Attempt::begin(&format!("{}-empty", self.environment))?;
        match self.bring_up_twin(config, service, &engine, &attempt).await {
            Ok((invocation, record)) => Ok(Self {
                project: self.project.clone(),
                files: self.files.clone(),
                environment: self.environment.clone(),
                name: attempt.name.clone(),
                directory: self.directory.clone(),
                engine,
                ports: HostPorts::Free,
                web: self.web.clone(),
                record,
                invocation,
                attempt,
            }),
            Err(why) => {
                attempt.end().await?;
                Err(why)
            }
        }
    }

    async fn bring_up_twin(
        &self,
        config: &Config,
        service: &str,
        engine: &Engine,
        attempt: &Attempt,
    ) -> Result<(Invocation, StackRun), StackError> {
        let text = overlay::text(&self.project, &attempt.name, HostPorts::Free)
            .map_err(|why| unexpected(&format!("write the override: {why}")))?;
        let file = attempt.folder.override_file();
        fs::write(&file, text).map_err(io_error("write the override file"))?;
        let mut invocation = self.without_override();
        invocation.files.push(file);
        invocation.project = Some(attempt.name.clone());

        let begun = Instant::now();
        let words = ["create", "--no-build", service];
        compose_program(&invocation, &words, &attempt.watchdog, &silent()).await?;
        let containers = engine.containers(&attempt.name).await?;
        let limit = config.timeouts.ready;
        ready::start(engine, &self.project, containers, HealthBy::Exec, limit, &silent()).await?;
        let record = StackRun {
            environment: self.environment.clone(),
            project: attempt.name.clone(),
            ready_after: begun.elapsed(),
            images: std::time::Duration::ZERO,
            removed_after: None,
            images_from: self.record.images_from.clone(),
        };
        Ok((invocation, record))
    }
}
