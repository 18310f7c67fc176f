//! A stack that goes down and comes up again while its run goes on: its containers alone, in the
//! order of the files. Networks, volumes with a name, views and images stay as they are.

use std::time::Duration;

use super::{
    Stack, StackError, blame,
    deaths::ONE_OFF_LABEL,
    engine::Container,
    ready::{self, Readiness, Terms},
    silent,
};
use crate::{compose::Project, facts::answers::services};

/// Services of a project in waves: each after those that depend on it.
fn waves<'p>(project: &'p Project, services: &[&'p str]) -> Vec<Vec<&'p str>> {
    let asks = |who: &str, on: &str| {
        project.services.get(who).is_some_and(|service| service.depends_on.contains_key(on))
    };
    let mut left = services.to_vec();
    let mut waves = Vec::new();
    while !left.is_empty() {
        let is_needed = |name: &str| left.iter().any(|who| *who != name && asks(who, name));
        let (later, now): (Vec<&str>, Vec<&str>) = left.iter().partition(|name| is_needed(name));
        // A circle has no first; Compose refuses one.
        let (later, now) = if now.is_empty() { (now, later) } else { (later, now) };
        waves.push(now);
        left = later;
    }
    waves
}

impl Stack {
    /// The containers of its services, without those of commands that were run beside.
    async fn crew(&self) -> Result<Vec<Container>, StackError> {
        let services = self.brought_up();
        let mut crew = self.engine.containers(&self.name).await?;
        crew.retain(|container| {
            let is_one_off =
                container.labels.get(ONE_OFF_LABEL).is_some_and(|value| value == "True");
            !is_one_off && services.contains(&container.service.as_str())
        });
        Ok(crew)
    }

    /// Asks every container to end, each after those of the services that depend on it, and in the
    /// time that the files give it; then removes it, if that is wanted, with those of its volumes that
    /// have no name. Returns those that were there.
    ///
    /// # Errors
    /// The engine's.
    pub async fn take_down(&self, removes: bool) -> Result<Vec<Container>, StackError> {
        let crew = self.crew().await?;
        for wave in waves(&self.project, &self.brought_up()) {
            let of_wave = crew.iter().filter(|one| wave.contains(&one.service.as_str()));
            let ends = of_wave.map(|container| async move {
                // What is frozen hears of nothing.
                if container.state == "paused" {
                    self.engine.resume(container).await?;
                }
                let grace = services::grace(&self.project, &container.service).as_secs();
                self.engine.stop(container, i32::try_from(grace).unwrap_or(i32::MAX)).await?;
                if removes {
                    self.engine.remove(container).await?;
                }
                Ok::<_, StackError>(())
            });
            futures::future::try_join_all(ends).await?;
        }
        Ok(crew)
    }

    /// Creates what is missing, starts everything in the order of the files and waits until it is
    /// ready, on the terms on which it was ready first.
    ///
    /// # Errors
    /// As [`Stack::up`] of a service that does not come up.
    pub async fn bring_up_again(
        &self,
        limit: Duration,
    ) -> Result<(Readiness, Vec<Container>), StackError> {
        let services: Vec<&str> = self.only.iter().map(String::as_str).collect();
        self.create(&[], &services)
            .await
            .map_err(|why| blame::not_created(&self.project, &self.name, why))?;
        let terms = Terms { health: self.health, limit, restless: &self.restless };
        let crew = self.crew().await?;
        let readiness =
            ready::start(&self.engine, &self.project, &self.deaths, crew.clone(), terms, &silent())
                .await?;
        Ok((readiness, crew))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_depends_on_others_goes_before_them() {
        let text = "services:\n  db: {image: a}\n  cache: {image: a}\n  api: {image: a, depends_on: [db, cache]}\n  web: {image: a, depends_on: [api]}\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let all = ["db", "cache", "api", "web"];
        let told = waves(&project, &all);
        assert_eq!(told, [vec!["web"], vec!["api"], vec!["db", "cache"]]);
        assert_eq!(waves(&project, &["db", "web"]), [vec!["db", "web"]], "of those alone");
        assert_eq!(waves(&project, &[]), Vec::<Vec<&str>>::new());
    }
}
