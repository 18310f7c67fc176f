//! The declared truth of sentences that the running stack can judge too, and what every
//! sentence on the files shares: the project, the place at fault, and the way a value came.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

pub(crate) use crate::facts::mounts::shown;
use crate::steps::World;
use crate::{
    compose::{
        self, Project, Service,
        journal::{FileId, Origin},
        values::path,
    },
    facts::answers::secret::is_secret,
    policy::{
        Target,
        secret::{
            hide::mask_source,
            scan::{self, Leak},
        },
    },
    run::Failure,
    source::Source,
    words::{did_you_mean, quoted_list},
};

impl World {
    /// What the files of the scenario's environment say.
    ///
    /// # Errors
    /// When no `Given` named an environment.
    pub fn project(&self) -> Result<Arc<Project>, Failure> {
        self.project_of(self.environment.as_deref())
    }

    /// What the files of the environment say that the scenario compares with the first.
    ///
    /// # Errors
    /// When no `Given` named two environments.
    pub fn other_project(&self) -> Result<Arc<Project>, Failure> {
        self.project_of(self.other_environment.as_deref()).map_err(|why| {
            why.help("begin with `Given the development and production environments`")
        })
    }

    fn project_of(&self, environment: Option<&str>) -> Result<Arc<Project>, Failure> {
        let found = environment.and_then(|name| self.context().ok()?.projects.get(name).cloned());
        found.ok_or_else(|| {
            Failure::undecided(
                "find the files that the scenario speaks of",
                "no Given names their environment",
            )
            .help("begin the scenario with `Given the development environment`")
        })
    }

    /// The folder of the project that the scenario speaks of, absolute.
    ///
    /// # Errors
    /// When no `Given` named an environment.
    pub fn folder(&self) -> Result<Utf8PathBuf, Failure> {
        let context = self.context()?;
        let environment = self.environment.as_ref().and_then(|name| {
            Some(compose::invocation(&context.config, context.config.environments.get(name)?, &[]))
        });
        let invocation = environment.ok_or_else(|| {
            Failure::undecided("find the project's folder", "no Given names an environment")
        })?;
        Ok(absolute(&invocation.directory))
    }

    /// The file that stands in the repository for one that a preparation makes.
    ///
    /// # Errors
    /// As [`World::folder`].
    pub fn original(&self, file: &str) -> Result<(Utf8PathBuf, bool), Failure> {
        let path = Utf8PathBuf::from(path::clean(self.folder()?.join(file).as_str()));
        let config = &self.context()?.config;
        let environment = self.environment.as_ref().and_then(|name| config.environments.get(name));
        let made_from = environment.into_iter().flat_map(|environment| &environment.made_from);
        for (made, from) in made_from {
            if absolute(&config.path(made)) == path {
                return Ok((absolute(&config.path(from)), true));
            }
        }
        Ok((path, false))
    }
}

/// A path from the root, without detours.
pub(crate) fn absolute(path: &Utf8Path) -> Utf8PathBuf {
    let here = std::env::current_dir().ok().and_then(|here| Utf8PathBuf::from_path_buf(here).ok());
    path::clean(here.unwrap_or_else(|| ".".into()).join(path).as_str()).into()
}

/// A path as people write it to a folder of the project, in the form of [`shown`].
pub(crate) fn written(folder: &Utf8Path, path: &str) -> String {
    shown(folder, &path::clean(folder.join(path).as_str()))
}

/// Points a failure at what the files say there, and tells the way it came.
pub(crate) fn point(project: &Project, origin: Origin, failure: Failure) -> Failure {
    let Some(file) = origin.place.file() else { return failure };
    let failure = failure.spot(&masked(project, file), origin.place.span());
    let steps = project.journal.steps(origin);
    steps.into_iter().filter_map(|step| project.journal.describe(step)).fold(failure, Failure::note)
}

/// A file as messages may show it: no secret on any of its lines can be read.
pub(crate) fn masked(project: &Project, file: FileId) -> Arc<Source> {
    let source = project.journal.file(file);
    let target = Target { project: project.clone() };
    // A file that is read twice has two numbers and one path.
    let of_file = |leak: &&Leak| {
        let file = leak.place.file().map(|file| project.journal.file(file).path());
        file == Some(source.path())
    };
    let redactor = scan::leaks(&target).iter().filter(of_file).map(|leak| leak.place.span());
    let redactor: Vec<_> = redactor.collect();
    if redactor.is_empty() { Arc::clone(source) } else { mask_source(source, &redactor) }
}

/// Points a failure at a key of a service, else at the service's name.
pub(crate) fn point_key(project: &Project, service: &str, key: &str, failure: Failure) -> Failure {
    match key_origin(project, service, key) {
        Some(origin) => point(project, origin, failure),
        None => failure.place(format!("service \"{service}\"")),
    }
}

/// Where a key of a service is written, else the service's name.
pub(crate) fn key_origin(project: &Project, service: &str, key: &str) -> Option<Origin> {
    let (name, node) = project.at(&["services"])?.as_mapping()?.entry(service)?;
    let written = |origin: Origin| origin.place.file().map(|_| origin);
    let entry = node.as_mapping().and_then(|node| node.entry(key));
    entry
        .and_then(|(key, value)| written(key.origin).or_else(|| written(value.origin)))
        .or_else(|| written(name.origin))
}

/// A service of the project.
pub(crate) fn service<'p>(project: &'p Project, name: &str) -> Result<&'p Service, Failure> {
    project.services.get(name).map(|service| &service.value).ok_or_else(|| {
        let known = project.services.keys().map(String::as_str);
        let help = did_you_mean(name, known.clone()).map_or_else(
            || {
                "correct the name, or add the service; one of a profile is not there by default"
                    .to_owned()
            },
            |near| format!("did you mean \"{near}\"?"),
        );
        let failure = Failure::finding(
            format!("there is a service \"{name}\""),
            format!("the services are {}", quoted_list(known)),
        );
        section(project, "services", failure).help(help)
    })
}

/// Points a failure at a section of the files, else names it.
pub(crate) fn section(project: &Project, name: &str, failure: Failure) -> Failure {
    if let Some(origin) = section_origin(project, name) {
        return point(project, origin, failure);
    }
    let files = project.journal.files().iter().map(|file| file.path().as_str());
    failure.place(files.collect::<Vec<_>>().join(", "))
}

/// Where a section of the files is written.
pub(crate) fn section_origin(project: &Project, name: &str) -> Option<Origin> {
    let (key, _) = project.tree.as_mapping()?.entry(name)?;
    key.origin.place.file().map(|_| key.origin)
}

/// A variable's value as messages may show it: of what is secret by its name, or holds a secret, as
/// good as nothing.
pub(crate) fn disclosed(variable: &str, value: &str) -> String {
    if is_secret(variable, value) { crate::words::unshown(value) } else { format!("\"{value}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_folder_of_the_project() {
        let folder = Utf8Path::new("/srv/shop");
        assert_eq!(shown(folder, "/srv/shop"), "./");
        assert_eq!(shown(folder, "/srv/shop/public"), "./public");
        assert_eq!(shown(folder, "/var/run/docker.sock"), "/var/run/docker.sock");
        assert_eq!(written(folder, "./"), "./");
        assert_eq!(written(folder, "public/"), "./public");
    }

    #[test]
    fn what_is_secret_by_its_name_is_not_disclosed() {
        assert_eq!(disclosed("APP_NAME", "PrimeHub"), "\"PrimeHub\"");
        assert!(!disclosed("DB_PASSWORD", "hunter2").contains("hunter2"));
        assert_eq!(disclosed("REDIS_PASSWORD", ""), "\"\"");
        for name in
            ["DB_PW", "SMTP_CREDS", "ERLANG_COOKIE", "APP_KEY", "API_TOKEN", "PASSWORD_SALT"]
        {
            assert!(!disclosed(name, "hunter2").contains("hunter2"), "{name}");
        }
        for name in ["KEYBOARD", "AUTHOR", "PASSENGERS", "DB_PASSWORD_FILE", "TOKEN_TTL"] {
            assert_eq!(disclosed(name, "five"), "\"five\"", "{name}");
        }
        let address = disclosed("DATABASE_URL", "mysql://shop:s3rious-w0rd@db/shop");
        assert!(!address.contains("s3rious"), "{address}");
    }

    #[test]
    fn a_line_that_is_shown_tells_no_secret() {
        let text = "services:\n  a: {image: a, privileged: true, environment: {API_TOKEN: s3rious-token-of-the-app}}\n";
        let project: Project =
            compose::project::load_text("compose.yaml", text).expect("a model").into();
        let failure = point_key(&project, "a", "privileged", Failure::finding("a", "b"));
        let (source, span) = failure.spot.expect("a spot");
        assert_eq!(source.text().get(span), Some("privileged"));
        assert!(!source.text().contains("s3rious"), "{}", source.text());
    }
}
