//! `seaworthy.yaml`: which environments there are and where things lie.
//!
//! Found upwards from the working directory. Every key has a default except an
//! environment's files; an unknown key is an error with its line. Paths are
//! relative to the folder of the file.

mod duplicates;
pub mod lint;
mod named;
mod nodes;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use granit_parser::Parser;
use indexmap::IndexMap;
use reqwest::Url;
use serde::{Deserialize, Deserializer, de};

use crate::{
    diagnostic::{Diagnostic, Label},
    outside::Bounds,
    source::{Source, Span},
    words::did_you_mean,
};

/// The file's name.
pub const FILE: &str = "seaworthy.yaml";

/// The document of a project that names none.
const DOCUMENT: &str = "docs/ARCHITECTURE.md";

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of the file; every other path is relative to it.
    #[serde(skip)]
    pub root: Utf8PathBuf,
    /// The file itself; none if it was not read.
    #[serde(skip)]
    pub source: Option<Arc<Source>>,
    /// The architecture document; none means `docs/ARCHITECTURE.md`, if there is one.
    #[serde(default)]
    pub document: Option<Utf8PathBuf>,
    /// The folder of the `.feature` files.
    #[serde(default = "default_features")]
    pub features: Utf8PathBuf,
    /// Environments by name, in the order of the file.
    #[serde(default)]
    pub environments: IndexMap<String, Environment>,
    /// Images that stand in for a registry's where there is none.
    #[serde(default)]
    pub stand_ins: Option<StandIns>,
    /// The HTTP header that carries a request's id from hop to hop.
    #[serde(default = "default_request_id_header")]
    pub request_id_header: String,
    /// How long to wait for what.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// What a run shares with the host on purpose.
    #[serde(default)]
    pub shared: Shared,
    /// What `seaworthy lint` is set to; read with the places of its keys.
    #[serde(skip)]
    pub lint: lint::Lint,
    /// The same to whoever reads the file as a whole.
    #[serde(default, rename = "lint")]
    _lint: Option<de::IgnoredAny>,
}

/// What a run shares with the host on purpose; everything else that it can change is its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shared {
    /// Volumes that are used as declared, by their key in the Compose files.
    pub volumes: Vec<String>,
    /// External networks, by their key in the Compose files; `host` for the host's own network.
    pub networks: Vec<String>,
    /// Folders, files, sockets and devices of the host that containers get as they are.
    pub folders: Vec<Utf8PathBuf>,
    /// Containers outside the project whose namespaces or volumes services join.
    pub containers: Vec<String>,
}

/// What would follow `docker compose`: `-f … --env-file … --profile …`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// `-f`, in this order.
    pub files: Vec<Utf8PathBuf>,
    /// `--env-file`, in this order; none means Compose's own `.env`.
    #[serde(default)]
    pub env_files: Vec<Utf8PathBuf>,
    /// `--profile`.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// `--project-directory`; none means the folder of the first file.
    #[serde(default)]
    pub project_directory: Option<Utf8PathBuf>,
    /// Files that `prepare` makes, each with the file that it is a copy of. The files' own truth
    /// is judged by the originals, which are there before anything was prepared.
    #[serde(default)]
    pub made_from: IndexMap<Utf8PathBuf, Utf8PathBuf>,
    /// A command that makes the project folder ready (an `.env`, dependencies);
    /// it runs before the files are read and must be quick when there is nothing to do.
    #[serde(default)]
    pub prepare: Option<Utf8PathBuf>,
    /// Compose files that name stand-in images for this environment; none means those of
    /// [`StandIns::files`].
    #[serde(default)]
    pub stand_ins: Option<Vec<Utf8PathBuf>>,
    /// Where a browser finds the web server; none means plain HTTP at the published port.
    #[serde(default)]
    pub web: Option<Web>,
    /// Environments that whoever asks for this one asks for too.
    #[serde(default)]
    pub also: Vec<String>,
    /// Services that end by themselves now and then and are started again, each with the reason.
    #[serde(default, deserialize_with = "with_reasons")]
    pub restless: IndexMap<String, String>,
    /// Where it names each file and folder, those of its stand-ins among them.
    #[serde(skip)]
    pub named_at: Vec<(Utf8PathBuf, Label)>,
}

/// Where a browser finds the web server of an environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    /// The service that serves it; none means the one that publishes a port of the web.
    #[serde(default)]
    pub service: Option<String>,
    /// What people type: the scheme, the name and, unless it is the scheme's own, the host port; none
    /// means plain HTTP at the published port.
    #[serde(default, deserialize_with = "web_address")]
    pub address: Option<Url>,
    /// Certificates in PEM that the browser trusts instead of those it knows.
    #[serde(default)]
    pub authority: Option<Utf8PathBuf>,
}

/// Stand-in images for machines without a registry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandIns {
    /// Compose files that name the stand-ins, added after an environment's own.
    pub files: Vec<Utf8PathBuf>,
    /// A command that builds what is missing of them.
    #[serde(default)]
    pub build: Option<Utf8PathBuf>,
}

/// How long to wait. Written as `30s`, `2 minutes`, `500ms`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// For a stack to become ready, once its images are there.
    #[serde(deserialize_with = "duration")]
    pub ready: Duration,
    /// For a fact to become true, where the sentence states no time.
    #[serde(deserialize_with = "duration")]
    pub wait: Duration,
    /// For a scenario as a whole.
    #[serde(deserialize_with = "duration")]
    pub scenario: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            ready: Duration::from_mins(2),
            wait: Duration::from_secs(10),
            scenario: Duration::from_mins(2),
        }
    }
}

/// Names, each with a reason that says something.
fn with_reasons<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<IndexMap<String, String>, D::Error> {
    let reasons = IndexMap::<String, String>::deserialize(deserializer)?;
    match reasons.iter().find(|(_, reason)| reason.trim().is_empty()) {
        Some((name, _)) => Err(de::Error::custom(format!("\"{name}\" is named without a reason"))),
        None => Ok(reasons),
    }
}

fn default_features() -> Utf8PathBuf {
    "features".into()
}

fn default_request_id_header() -> String {
    "X-Request-Id".into()
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(|why| {
        de::Error::custom(format!(
            "\"{text}\" is not a duration ({why}); write \"30s\" or \"2 minutes\""
        ))
    })
}

fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |why: String| {
        de::Error::custom(format!(
            "\"{text}\" is no address of a web server ({why}); write \"https://shop.example\""
        ))
    };
    let url = Url::parse(&text).map_err(|why| wrong(why.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("it starts with neither http:// nor https://".into()));
    }
    Ok(Some(url))
}

/// What is wrong with the file as a whole, at its place; of a key, the one that was meant.
fn not_as_it_must(source: &Arc<Source>, why: &serde_yaml::Error) -> Diagnostic {
    let line = why.location().map_or(1, |place| place.line());
    let reason = why.to_string();
    let reason = reason.split(" at line ").next().unwrap_or(&reason);
    if let Some(tab) = tab_before(source, line) {
        return Diagnostic::error("a tab cannot indent YAML")
            .at(source, tab, "a tab")
            .help("indent with spaces");
    }
    let unknown = reason.split_once("unknown field `").and_then(|(_, rest)| rest.split_once('`'));
    let line = source.line(line);
    let key = unknown.and_then(|(key, known)| {
        let at = line.start + source.text().get(line.clone())?.find(key)?;
        Some((at..at + key.len(), did_you_mean(key, known.split('`').skip(1).step_by(2))))
    });
    let (span, near) = key.unwrap_or((line, None));
    let help = near.map_or_else(
        || "the keys are described in docs/configuration.md".to_owned(),
        |near| format!("did you mean \"{near}\"?"),
    );
    Diagnostic::error(format!("{FILE} does not say what it must: {reason}"))
        .at(source, span, "")
        .help(help)
}

/// The tab in the indentation of a line of what is no YAML.
fn tab_before(source: &Source, line: usize) -> Option<Span> {
    let text = source.text();
    let end = source.line(line).start;
    let start = text.get(..end)?.rfind('\n').map_or(0, |before| before + 1);
    let tab = start + text.get(start..end)?.find('\t')?;
    // Within brackets a tab is white space as any other.
    Parser::new_from_str(text).any(|event| event.is_err()).then_some(tab..tab + 1)
}

impl Config {
    /// The Compose files that name the stand-in images of an environment, from the working directory.
    #[must_use]
    pub fn stand_in_files(&self, environment: &str) -> Vec<Utf8PathBuf> {
        let own = self.environments.get(environment).and_then(|known| known.stand_ins.as_ref());
        let files = own.or(self.stand_ins.as_ref().map(|stand_ins| &stand_ins.files));
        files.into_iter().flatten().map(|file| self.path(file)).collect()
    }

    /// Whether a file, from the working directory, is one that the configuration names for stand-in images.
    #[must_use]
    pub fn is_stand_in(&self, file: &Utf8Path) -> bool {
        let of_all = self.stand_ins.iter().flat_map(|known| &known.files);
        let own = self.environments.values().filter_map(|known| known.stand_ins.as_ref()).flatten();
        of_all.chain(own).any(|known| self.path(known) == file)
    }

    /// The environments that are asked for, each with those that it names in `also`; none stay none.
    #[must_use]
    pub fn with_also(&self, asked: &[String]) -> Vec<String> {
        let mut all = asked.to_vec();
        let mut at = 0;
        while let Some(name) = all.get(at) {
            let known = self.environments.get(name).map(|known| known.also.as_slice());
            let more = known.into_iter().flatten().filter(|name| !all.contains(name));
            let more: Vec<String> = more.cloned().collect();
            all.extend(more);
            at += 1;
        }
        all
    }

    /// The nearest `seaworthy.yaml`, from `start` upwards.
    #[must_use]
    pub fn nearest(start: &Utf8Path) -> Option<Utf8PathBuf> {
        start.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
    }

    /// Reads the nearest `seaworthy.yaml`, from `start` upwards.
    ///
    /// # Errors
    /// A diagnostic with the place when there is none, it cannot be read, or it
    /// does not say what it must.
    pub fn find(start: &Utf8Path) -> Result<Self, Box<Diagnostic>> {
        let path = Self::nearest(start).ok_or_else(|| {
            Diagnostic::error(format!("no {FILE} in {start} or a folder above it")).help(format!(
                "write a {FILE} that names an environment:\n\nenvironments:\n  development:\n    files: [docker-compose.yml]"
            ))
        })?;
        Self::read(&path)
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    /// As [`Config::find`].
    pub fn read(path: &Utf8Path) -> Result<Self, Box<Diagnostic>> {
        let (config, source) = Self::read_any(path)?;
        config.has_environments(&source)?;
        Ok(config)
    }

    /// Reads a configuration file that may be there for `lint` alone, and name no environment.
    ///
    /// # Errors
    /// As [`Config::find`].
    pub fn read_for_lint(path: &Utf8Path) -> Result<Self, Box<Diagnostic>> {
        let (config, source) = Self::read_any(path)?;
        if config.lint.source.is_none() {
            config.has_environments(&source)?;
        }
        Ok(config)
    }

    fn has_environments(&self, source: &Arc<Source>) -> Result<(), Box<Diagnostic>> {
        if !self.environments.is_empty() {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::error(format!("{FILE} names no environment"))
                .at(source, source.line(1), "")
                .help("add one: environments: { development: { files: [docker-compose.yml] } }"),
        ))
    }

    fn read_any(path: &Utf8Path) -> Result<(Self, Arc<Source>), Box<Diagnostic>> {
        let mut root = path.parent().unwrap_or(Utf8Path::new(".")).to_owned();
        if root.as_str().is_empty() {
            root = ".".into();
        }
        let source = Bounds::around(&root).read(path).map_err(|why| {
            Diagnostic::error(format!("cannot read {path}: {why}"))
                .help("check the path and its permissions")
        })?;
        let mut config = Self::parse(&source)?;
        config.root = root;
        Ok((config, source))
    }

    /// What [`Environment::also`] names must be there.
    fn unknown_also(&self, source: &Arc<Source>) -> Option<Diagnostic> {
        let known = || self.environments.keys().map(String::as_str);
        let named = self.environments.iter().flat_map(|(name, environment)| {
            environment.also.iter().map(move |also| (name, also.as_str()))
        });
        let (name, also) = named.into_iter().find(|(_, also)| known().all(|name| name != *also))?;
        let help = did_you_mean(also, known()).map_or_else(
            || format!("there are: {}", known().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        let what = format!("environments.{name}.also: there is no environment \"{also}\"");
        // No environment is called so: it stands behind an `also` only.
        let text = source.text();
        let start = text.find("also").and_then(|at| Some(at + text[at..].find(also)?));
        let span = start.map_or_else(|| source.line(1), |start| start..start + also.len());
        Some(Diagnostic::error(what).at(source, span, "").help(help))
    }

    /// The folders of [`Shared::folders`], absolute and without symbolic links where they are there.
    #[must_use]
    pub fn shared_folders(&self) -> Vec<Utf8PathBuf> {
        let full = |folder: &Utf8PathBuf| {
            let path = self.path(folder);
            path.canonicalize_utf8()
                .or_else(|_| camino::absolute_utf8(&path))
                .unwrap_or_else(|_| path.clone())
        };
        self.shared.folders.iter().map(full).collect()
    }

    fn parse(source: &Arc<Source>) -> Result<Self, Box<Diagnostic>> {
        if let Some(twice) = duplicates::find(source) {
            return Err(Box::new(twice));
        }
        let lint = lint::read(source)?;
        let config: Self =
            serde_yaml::from_str(source.text()).map_err(|why| not_as_it_must(source, &why))?;
        let mut config = Self { lint, source: Some(Arc::clone(source)), ..config };
        let named = named::Named::of(source);
        for (name, environment) in &mut config.environments {
            environment.named_at = named.by(name);
        }
        if let Some(unknown) = config.unknown_also(source) {
            return Err(Box::new(unknown));
        }
        if let Some((name, _)) = config.environments.iter().find(|(_, env)| env.files.is_empty()) {
            return Err(Box::new(
                Diagnostic::error(format!("environment \"{name}\" has no Compose file"))
                    .at(source, source.line(1), "")
                    .help(format!(
                        "name its files: environments.{name}.files: [docker-compose.yml]"
                    )),
            ));
        }
        Ok(config)
    }

    /// The repository around the configuration, whose files may be quoted.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        Bounds::around(&self.root)
    }

    /// The architecture document, from the working directory: the one that is named, else where most
    /// have it.
    #[must_use]
    pub fn document(&self) -> Utf8PathBuf {
        self.path(self.document.as_deref().unwrap_or(Utf8Path::new(DOCUMENT)))
    }

    /// Where the value of a key is written, by the keys that lead to it; none where the file does not
    /// write it, or behind an alias.
    #[must_use]
    pub fn named_at(&self, keys: &[&str]) -> Option<Label> {
        named::place(self.source.as_ref()?, keys)
    }

    /// A path of the configuration, from the working directory.
    #[must_use]
    pub fn path(&self, relative: &Utf8Path) -> Utf8PathBuf {
        self.root.join(relative)
    }
}
