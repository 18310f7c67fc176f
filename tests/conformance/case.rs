//! A case: a folder with a small project, and the facts of its `case.yaml`.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// Every topic has its folder, and every folder is a topic.
pub const TOPICS: &[&str] = &[
    "build",
    "canonical",
    "command",
    "configs",
    "consistency",
    "depends",
    "deploy",
    "develop",
    "discovery",
    "dotenv",
    "env-file",
    "environment",
    "extends",
    "extra-hosts",
    "flags",
    "gpus-devices",
    "hash",
    "healthcheck",
    "hooks",
    "include",
    "interpolation",
    "labels",
    "logging",
    "merge",
    "models",
    "names",
    "networks",
    "paths",
    "ports",
    "profiles",
    "provider",
    "remote",
    "schema",
    "secrets",
    "top-volumes",
    "ulimits",
    "unique",
    "units",
    "volumes",
    "yaml",
];

/// One project and the answer it must get.
pub struct Case {
    /// `topic/name`.
    pub name: String,
    pub folder: PathBuf,
    pub facts: Facts,
}

/// What `case.yaml` says; `fixtures/loader/README.md` tells the keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    pub about: String,
    #[serde(default)]
    pub arguments: Vec<String>,
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    #[serde(default)]
    pub directory: PathBuf,
    pub refused: Option<String>,
    pub place: Option<Place>,
    #[serde(default = "json_alone")]
    pub print: Vec<Print>,
    #[serde(default)]
    pub after: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The fault is in no line of a file.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Print {
    Json,
    Yaml,
    NoInterpolate,
    NoInterpolateYaml,
    NoNormalize,
    NoPathResolution,
    NoConsistency,
    NoEnvResolution,
    /// Nothing is done that need not be.
    Bare,
    Digests,
    Lock,
    LockAsWritten,
    /// What is written to a file.
    Output,
    Services,
    Volumes,
    Networks,
    Models,
    Profiles,
    Images,
    Variables,
    /// As a table, byte for byte but for the order.
    VariablesTable,
    Hash,
    /// The variables for interpolation.
    Environment,
    /// Several lists at once.
    Lists,
    /// The lists that `--no-interpolate` reaches.
    ServicesAsWritten,
    VolumesAsWritten,
}

fn json_alone() -> Vec<Print> {
    vec![Print::Json]
}

impl Print {
    /// The flags that ask for it, the same in both programs.
    pub const fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["--format", "json"],
            Self::Yaml => &["--format", "yaml"],
            Self::NoInterpolate => &["--no-interpolate", "--format", "json"],
            Self::NoInterpolateYaml => &["--no-interpolate"],
            Self::NoNormalize => &["--no-normalize", "--format", "json"],
            Self::NoPathResolution => &["--no-path-resolution", "--format", "json"],
            Self::NoConsistency => &["--no-consistency", "--format", "json"],
            Self::NoEnvResolution => &["--no-env-resolution", "--format", "json"],
            Self::Bare => &[
                "--no-interpolate",
                "--no-normalize",
                "--no-path-resolution",
                "--no-consistency",
                "--no-env-resolution",
                "--format",
                "json",
            ],
            Self::Digests => &["--resolve-image-digests", "--format", "json"],
            Self::Lock => &["--lock-image-digests", "--format", "json"],
            Self::LockAsWritten => {
                &["--lock-image-digests", "--no-interpolate", "--format", "json"]
            }
            Self::Output => &["--format", "json", "-o", OUTPUT],
            Self::Services => &["--services"],
            Self::Volumes => &["--volumes"],
            Self::Networks => &["--networks"],
            Self::Models => &["--models"],
            Self::Profiles => &["--profiles"],
            Self::Images => &["--images"],
            Self::Variables => &["--variables", "--format", "json"],
            Self::VariablesTable => &["--variables"],
            Self::Hash => &["--hash", "*"],
            Self::Environment => &["--environment"],
            Self::Lists => &[
                "--environment",
                "--images",
                "--profiles",
                "--networks",
                "--volumes",
                "--variables",
            ],
            Self::ServicesAsWritten => &["--services", "--no-interpolate"],
            Self::VolumesAsWritten => &["--volumes", "--no-interpolate"],
        }
    }

    /// Whether it prints lines, in any order.
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::Services
                | Self::Volumes
                | Self::Networks
                | Self::Models
                | Self::Profiles
                | Self::Images
                | Self::VariablesTable
                | Self::Hash
                | Self::Environment
                | Self::Lists
                | Self::ServicesAsWritten
                | Self::VolumesAsWritten
        )
    }
}

/// Stands in the flags for a file that each run has for itself.
pub const OUTPUT: &str = "OUTPUT";

/// The output that `SEAWORTHY_PRINT` asks of all cases in place of their own.
pub fn asked() -> Option<Print> {
    let wanted = env::var("SEAWORTHY_PRINT").ok()?;
    Some(serde_yaml::from_str(&wanted).unwrap_or_else(|why| panic!("SEAWORTHY_PRINT: {why}")))
}

impl Case {
    fn read(topic: &str, folder: PathBuf) -> Self {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let name = format!("{topic}/{name}");
        let file = folder.join("case.yaml");
        let text =
            fs::read_to_string(&file).unwrap_or_else(|why| panic!("{name}/case.yaml: {why}"));
        let facts =
            serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{name}/case.yaml: {why}"));
        Self { name, folder, facts }
    }

    pub fn topic(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Where both programs run.
    pub fn directory(&self) -> PathBuf {
        self.folder.join(&self.facts.directory)
    }

    /// What is wrong with the case itself.
    pub fn fault(&self) -> Option<String> {
        let Facts { about, refused, place, print, .. } = &self.facts;
        let what = if about.trim().is_empty() {
            "says nothing about itself"
        } else if !TOPICS.contains(&self.topic()) {
            "belongs to no known topic"
        } else if print.is_empty() {
            "compares nothing"
        } else if !self.directory().is_dir() {
            "runs in a folder that is not there"
        } else if refused.as_ref().is_some_and(|words| words.trim().is_empty()) {
            "is refused without a word"
        } else if refused.is_none() && place.is_some() {
            "is accepted and yet speaks of the place of a fault"
        } else {
            return None;
        };
        Some(format!("{} {what}", self.name))
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/loader")
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut folders: Vec<_> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for topic in folders_in(&folder()) {
        let name = topic.file_name().expect("a name").to_string_lossy().into_owned();
        cases.extend(folders_in(&topic).into_iter().map(|folder| Case::read(&name, folder)));
    }
    cases
}

/// All cases, or those that `SEAWORTHY_CASES` is a part of.
pub fn chosen() -> Vec<Case> {
    let wanted = env::var("SEAWORTHY_CASES").unwrap_or_default();
    let cases: Vec<_> = all().into_iter().filter(|case| case.name.contains(&wanted)).collect();
    assert!(!cases.is_empty(), "no case has {wanted:?} in its name");
    cases
}
