//! Images that a run builds, under tags of the run's own.
//!
//! The files' own tags stay where they were: on what the developer built last. Services that run
//! an image which another builds follow it. The run's tags carry its name, so that whoever sweeps
//! up after it knows them ([`Engine::remove_images`]); layers stay in the builder's cache.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_yaml::{Mapping, Value};
use testcontainers::bollard::query_parameters as query;

use super::{
    super::{
        StackError, Tell,
        engine::{Engine, EngineError, is_not_found, refused},
        overlay::tagged,
        programs::Programs,
    },
    subnets::seed,
};
use crate::compose::{Invocation, Project, Service, tree::Node};

/// Where the tags of runs are; a tag is a run's name.
pub const RUN: &str = "seaworthy-run";
/// The label of an image that a run built: it is never the same image as somebody else's.
const LABEL: &str = "seaworthy.built";

/// The images of a run, by service.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    services: IndexMap<String, Own>,
    /// What a reader of the report has to know.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Own {
    tag: String,
    declared: String,
    built: bool,
}

impl Plan {
    /// Plans the images of a run: `all` are the services of every profile, `enabled` those that are built now.
    #[must_use]
    pub fn of(all: &Project, enabled: &Project, run: &str) -> Self {
        let built = |project: &Project| -> Vec<String> {
            let builds = project.services.iter().filter(|(_, service)| service.build.is_some());
            builds.map(|(name, service)| whole(&declared(all, name, service))).collect()
        };
        let (ever, now) = (built(all), built(enabled));
        let services = all.services.iter().filter_map(|(name, service)| {
            let declared = declared(all, name, service);
            let builders = if enabled.services.contains_key(name) { &now } else { &ever };
            let is_built = service.build.is_some();
            (is_built || builders.contains(&whole(&declared))).then(|| {
                let tag = format!("{RUN}/{}:{run}", repository(&whole(&declared)));
                (name.clone(), Own { tag, declared, built: is_built })
            })
        });
        let services: IndexMap<String, Own> = services.collect();
        Self { notes: bases(enabled, &services), services }
    }

    /// What the files call an image of the engine; its own name if it is none of the run's.
    #[must_use]
    pub fn declared(&self, service: &str, image: &str) -> String {
        let own = self.services.get(service).filter(|own| own.tag == image);
        own.map_or_else(|| image.to_owned(), |own| own.declared.clone())
    }

    /// What the override file says of a service.
    pub(in crate::stack) fn service(
        &self,
        project: &Project,
        key: &str,
        service: &Service,
    ) -> Mapping {
        let mut body = Mapping::new();
        let Some(own) = self.services.get(key) else {
            // What is newer in the registry would take the place of the image that is here.
            let pulls = service.pull_policy.as_ref().is_some_and(|policy| pulls_again(policy));
            if pulls {
                body.insert("pull_policy".into(), "missing".into());
            }
            return body;
        };
        body.insert("image".into(), own.tag.as_str().into());
        body.insert("pull_policy".into(), "never".into());
        if own.built {
            let written = |attribute: &str| {
                project
                    .at(&["services", key, "build", attribute])
                    .is_some_and(|node| !Node::is_null(node))
            };
            let mut build = Mapping::new();
            build.insert(
                "labels".into(),
                Mapping::from_iter([(LABEL.into(), "true".into())]).into(),
            );
            // Further tags, what a registry keeps, and newer base images are not the run's own.
            for attribute in ["tags", "cache_to"] {
                if written(attribute) {
                    build.insert(attribute.into(), tagged("!reset", Value::Sequence(Vec::new())));
                }
            }
            if written("pull") {
                build.insert("pull".into(), false.into());
            }
            body.insert("build".into(), build.into());
        }
        body
    }
}

/// Tells of builds that start from an image which another service builds: Compose knows nothing of
/// that, and the one that is here is taken, as the developer built it.
fn bases(project: &Project, services: &IndexMap<String, Own>) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, own) in services.iter().filter(|(name, _)| project.services.contains_key(*name)) {
        let Some(file) = project.dockerfile(name).filter(|_| own.built) else { continue };
        let Ok(dockerfile) = &file.dockerfile else { continue };
        for stage in dockerfile.stages.iter().filter(|stage| stage.from_stage.is_none()) {
            let base = whole(&stage.base.text);
            let built =
                services.values().any(|other| other.built && whole(&other.declared) == base);
            if built {
                let place =
                    project.journal.place(file.origin(&project.journal, &stage.base.span).place);
                let place = place.map_or_else(String::new, |place| format!(" ({place})"));
                notes.push(format!(
                    "the image of \"{name}\" starts from {}{place} as it was before this run, not as this run builds it",
                    stage.base.text
                ));
            }
        }
    }
    notes
}

/// Whether a policy asks the registry though the image is here.
fn pulls_again(policy: &str) -> bool {
    matches!(policy, "always" | "daily" | "weekly") || policy.starts_with("every_")
}

/// The image of a service as the files name it, or as Compose would.
fn declared(project: &Project, name: &str, service: &Service) -> String {
    service
        .image
        .as_ref()
        .map_or_else(|| format!("{}-{name}", project.name.value), |image| image.value.clone())
}

/// A reference with its tag.
fn whole(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    if name.contains([':', '@']) { image.to_owned() } else { format!("{image}:latest") }
}

/// A path that stands for an image's name: its letters, and a number by which no two are the same.
fn repository(image: &str) -> String {
    let mut readable = String::new();
    for letter in image.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            readable.push(letter);
        } else if !readable.is_empty() && !readable.ends_with('-') {
            readable.push('-');
        }
    }
    let readable: String = readable.trim_end_matches('-').chars().take(80).collect();
    format!("{}-{:08x}", readable.trim_matches('-'), seed(&[image]) & 0xffff_ffff)
        .trim_start_matches('-')
        .to_owned()
}

/// Builds the images of some services; of all without a name.
///
/// # Errors
/// The engine's, and the builder's last words.
pub(in crate::stack) async fn build(
    engine: &Engine,
    invocation: &Invocation,
    services: &[&str],
    programs: Programs<'_>,
    tell: &Tell,
) -> Result<(), StackError> {
    let mut command = invocation.command(&[&["build"], services].concat());
    // The classic builder keeps its cache in images without a name, and nobody could tell those of
    // a run from the developer's.
    if engine.has_buildkit().await? {
        command.env("DOCKER_BUILDKIT", "1");
    }
    programs.finish("docker compose build", command, tell).await
}

impl Engine {
    /// Whether it builds by `BuildKit`, if it is asked to.
    ///
    /// # Errors
    /// The engine's.
    pub(in crate::stack) async fn has_buildkit(&self) -> Result<bool, EngineError> {
        /// The version of the Engine API with which `BuildKit` came.
        const SINCE: (u32, u32) = (1, 39);
        let version = self.docker.version().await.map_err(refused("tell its version"))?;
        let parts = version.components.unwrap_or_default();
        let is_docker = !parts.iter().any(|part| part.name.contains("Podman"));
        let api = version.api_version.as_deref().and_then(|text| text.split_once('.'));
        let api = api.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        Ok(is_docker && api.is_some_and(|api: (u32, u32)| api >= SINCE))
    }

    /// The tags of a run's images; of all runs without a name.
    pub(in crate::stack) async fn run_images(
        &self,
        run: Option<&str>,
    ) -> Result<Vec<String>, EngineError> {
        let wanted = format!("{RUN}/*:{}", run.unwrap_or("*"));
        let filters = HashMap::from([("reference", vec![wanted])]);
        let options = query::ListImagesOptionsBuilder::new().filters(&filters).build();
        let listed =
            self.docker.list_images(Some(options)).await.map_err(refused("list images"))?;
        let tags = listed.into_iter().flat_map(|image| image.repo_tags);
        let own = |tag: &String| {
            let named = tag.strip_prefix(RUN).and_then(|rest| rest.strip_prefix('/'));
            named
                .and_then(|rest| rest.rsplit_once(':'))
                .is_some_and(|(_, tag)| run.is_none_or(|run| run == tag))
        };
        let mut tags: Vec<String> = tags.filter(own).collect();
        tags.sort();
        tags.dedup();
        Ok(tags)
    }

    /// Removes the images that a run built: what was removed, and what could not be, with the reason.
    pub(in crate::stack) async fn remove_images(
        &self,
        run: &str,
    ) -> Result<(usize, Vec<String>), EngineError> {
        let (mut removed, mut left) = (0, Vec::new());
        for tag in self.run_images(Some(run)).await? {
            match self.docker.remove_image(&tag, None::<query::RemoveImageOptions>, None).await {
                Ok(_) => removed += 1,
                Err(why) if is_not_found(&why) => {}
                Err(why) => left.push(format!("image {tag}: {why}")),
            }
        }
        Ok((removed, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> Project {
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    const SHOP: &str = "services:\n  app: {build: {context: ., tags: [shop:2, 'r/shop:3'], pull: true}, image: 'shop-app:dev'}\n  \
                        queue: {image: 'shop-app:dev', pull_policy: always}\n  web: {build: .}\n  \
                        db: {image: 'mysql:8.0', pull_policy: always}\n  cache: {image: redis}\n";

    #[test]
    fn what_is_built_gets_a_tag_of_the_run_and_who_names_it_follows() {
        let project = project(SHOP);
        let plan = Plan::of(&project, &project, "seaworthy-a-1");
        let body = |name: &str| {
            let body = plan.service(&project, name, &project.services[name]);
            serde_yaml::to_string(&body).expect("YAML")
        };
        let (app, queue) = (body("app"), body("queue"));
        let image =
            |text: &str| text.lines().find(|line| line.starts_with("image:")).map(str::to_owned);
        assert!(
            image(&app).is_some_and(|line| line.starts_with("image: seaworthy-run/shop-app-dev-")),
            "{app}"
        );
        assert!(app.contains(":seaworthy-a-1\n"), "{app}");
        assert_eq!(image(&app), image(&queue));
        assert!(app.contains("tags: !reset []") && app.contains("pull: false"), "{app}");
        assert!(app.contains("seaworthy.built: 'true'"), "{app}");
        assert!(queue.contains("pull_policy: never") && !queue.contains("build"), "{queue}");
        assert!(
            body("web").contains("image: seaworthy-run/project-web-latest-"),
            "{}",
            body("web")
        );
        // The image that is here stays the one that its tag means.
        assert_eq!(body("db"), "pull_policy: missing\n");
        assert_eq!(body("cache"), "{}\n");
    }

    #[test]
    fn sentences_speak_of_the_declared_names() {
        let project = project(SHOP);
        let plan = Plan::of(&project, &project, "seaworthy-a-1");
        let tag = plan.services["app"].tag.clone();
        assert_eq!(plan.declared("queue", &tag), "shop-app:dev");
        assert_eq!(plan.declared("web", &plan.services["web"].tag), "project-web");
        assert_eq!(plan.declared("db", "mysql:8.0"), "mysql:8.0");
    }

    #[test]
    fn names_that_differ_stay_apart() {
        assert_ne!(repository("shop:dev"), repository("shop-dev:latest"));
        assert_ne!(repository("r.example/shop:1"), repository("r-example/shop:1"));
        assert_eq!(whole("shop"), "shop:latest");
        assert_eq!(whole("r.example:5000/shop"), "r.example:5000/shop:latest");
        assert_eq!(whole("shop@sha256:00"), "shop@sha256:00");
    }
}
