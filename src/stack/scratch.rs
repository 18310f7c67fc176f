//! A second stack of the same files beside a running one, with volumes of its own that are
//! empty: what a backup must be good for.

use std::time::Instant;

use super::{
    Stack, StackError,
    attempt::Attempt,
    blame,
    deaths::Deaths,
    engine::Engine,
    io_error,
    isolation::{Own, bring_beside, network, view::How},
    ready::{self, Readiness, Terms},
    silent,
};
use crate::{
    compose::{self, Invocation, Project},
    config::Config,
    run::StackRun,
    stack::{HealthBy, HostPorts},
};

/// The model with the services of every profile.
pub(super) fn all_profiles(invocation: &Invocation) -> Result<Project, compose::ComposeError> {
    let mut invocation = invocation.clone();
    invocation.profiles = vec!["*".into()];
    compose::load(&invocation)
}

impl Stack {
    /// The model with the services of every profile.
    ///
    /// # Errors
    /// [`StackError::Compose`] with what is wrong with the files.
    pub fn all_profiles(&self) -> Result<Project, StackError> {
        Ok(all_profiles(&self.without_override())?)
    }

    /// The services that were brought up: all of the model, or one with what it depends on.
    #[must_use]
    pub fn brought_up(&self) -> Vec<&str> {
        let services = &self.project.services;
        let Some(only) = &self.only else {
            return services.keys().map(String::as_str).collect();
        };
        let mut started = vec![only.as_str()];
        let mut at = 0;
        while let Some(service) = started.get(at).and_then(|name| services.get(*name)) {
            for on in service.depends_on.keys() {
                if services.contains_key(on) && !started.contains(&on.as_str()) {
                    started.push(on);
                }
            }
            at += 1;
        }
        started
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
    pub async fn scratch_stack(&self, config: &Config, service: &str) -> Result<Self, StackError> {
        if !self.project.services.contains_key(service) {
            let known = self.project.services.keys().cloned().collect();
            return Err(StackError::NoService { name: service.to_owned(), known });
        }
        let engine = Engine::connect().await?;
        let mut attempt =
            Attempt::begin(&format!("{}-empty", self.environment), config.shared_folders())?;
        match self.bring_up_scratch(config, service, &engine, &mut attempt).await {
            Ok((invocation, record, own, readiness, deaths)) => Ok(Self {
                own,
                shared: self.shared.clone(),
                restless: self.restless.clone(),
                project: self.project.clone(),
                files: self.files.clone(),
                environment: self.environment.clone(),
                name: attempt.name.clone(),
                directory: self.directory.clone(),
                engine,
                ports: HostPorts::Free,
                web: self.web.clone(),
                record,
                only: Some(service.to_owned()),
                readiness,
                deaths,
                health: HealthBy::Exec,
                invocation,
                attempt,
            }),
            Err(why) => {
                attempt.end().await?;
                Err(why)
            }
        }
    }

    async fn bring_up_scratch(
        &self,
        config: &Config,
        service: &str,
        engine: &Engine,
        attempt: &mut Attempt,
    ) -> Result<(Invocation, StackRun, Own, Readiness, Deaths), StackError> {
        // What the preparation made is there as well: the folder is seen as this stack sees it.
        for view in self.attempt.views.all().iter().filter(|view| view.how != How::Empty) {
            attempt.views.open_on(&view.real, &view.seen)?;
        }
        let mut invocation = self.without_override();
        attempt.views.show(&mut invocation);
        bring_beside(&mut attempt.views, &invocation)?;
        let all = compose::load_all(&invocation)?;
        // The images are those that this stack runs.
        let networks = network::Plan::default();
        let mut own = Own { networks, images: self.own.images.clone(), ..Own::default() };
        let isolation = attempt
            .keep_apart(config, &mut invocation, HostPorts::Free, engine, &mut own, &all)
            .await?;

        let begun = Instant::now();
        let words = ["create", "--no-build", service];
        attempt
            .programs()
            .compose(&invocation, &words, &silent())
            .await
            .map_err(|why| blame::not_created(&self.project, &attempt.name, why))?;
        let containers = engine.containers(&attempt.name).await?;
        own.networks.join_quietly(engine, &self.project, &containers).await?;
        attempt
            .folder
            .keep_images(containers.iter().map(|container| container.image_tag.as_str()))
            .map_err(io_error("write to the folder of this run"))?;
        let deaths = Deaths::of(engine, &attempt.name);
        let terms = Terms {
            health: HealthBy::Exec,
            limit: config.timeouts.ready,
            restless: &self.restless,
        };
        let readiness =
            ready::start(engine, &self.project, &deaths, containers, terms, &silent()).await?;
        let record = StackRun {
            environment: self.environment.clone(),
            project: attempt.name.clone(),
            ready_after: begun.elapsed(),
            images: std::time::Duration::ZERO,
            removed_after: None,
            images_from: self.record.images_from.clone(),
            notes: own.notes(),
            engine: engine.endpoint.to_string(),
            isolation,
        };
        Ok((invocation, record, own, readiness, deaths))
    }
}
