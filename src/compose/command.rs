//! Calls of `docker compose`: the arguments an environment stands for, and what came of a call.

use std::{
    io,
    process::{Output, Stdio},
};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::process::Command;

use super::{journal::Refusal, request::Request};
use crate::{diagnostic::Label, endpoint};

/// `docker compose` with the files, env files and profiles of an environment.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// `--project-directory`.
    pub directory: Utf8PathBuf,
    /// `-f`, in order.
    pub files: Vec<Utf8PathBuf>,
    /// `--env-file`, in order.
    pub env_files: Vec<Utf8PathBuf>,
    /// Where a configuration names these files.
    pub named_at: Vec<(Utf8PathBuf, Label)>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// `-p`; none leaves the name to Compose.
    pub project: Option<String>,
    /// The folder of the configuration: around it is the repository, whose files may be quoted.
    pub home: Utf8PathBuf,
    /// Files that no configuration of the repository names.
    pub named: Vec<Utf8PathBuf>,
    /// Folders that are seen elsewhere: a folder, and where its files are read; absolute.
    /// Our loader goes on naming the folder itself; Compose is told the other, unless it is covered.
    pub seen_at: Vec<(Utf8PathBuf, Utf8PathBuf)>,
    /// Whether Compose runs where what is seen covers the folders themselves: it is told their own
    /// paths, from which `..` leads to what really lies beside them.
    pub covered: bool,
}

/// A call of Compose that did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// There is no `docker` program.
    #[error("there is no docker program on the path")]
    NoDocker,
    /// There is a `docker` program without Compose v2.
    #[error("docker has no compose command")]
    NoCompose,
    /// The program could not be run.
    #[error("cannot run docker compose")]
    Run(#[source] io::Error),
    /// Compose refused.
    #[error("docker compose {command} failed: {words}")]
    Refused {
        /// The subcommand.
        command: String,
        /// Its last words.
        words: String,
    },
    /// The Compose files are not sound.
    #[error("{}", told(.0))]
    Files(#[from] Refusal),
    /// There is no current folder.
    #[error("cannot tell the current folder")]
    Folder(#[source] io::Error),
}

impl ComposeError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NoDocker => {
                format!("install an engine with Compose v2: `{}`; `seaworthy doctor` looks at the rest", install_engine())
            }
            Self::NoCompose => {
                "install Compose v2 (2.24 or newer): `seaworthy doctor` prints the command for this machine".into()
            }
            Self::Run(_) => "look at the permissions of the docker program".into(),
            Self::Refused { .. } => "correct the Compose file or the env file that the message names".into(),
            Self::Files(refusal) => {
                let first = refusal.0.first().and_then(|first| first.help.clone());
                first.unwrap_or_else(|| "run `seaworthy config` and correct what it names".into())
            }
            Self::Folder(_) => "change to a folder that is there".into(),
        }
    }
}

impl Invocation {
    /// Where Compose reads a file, or finds a folder.
    fn seen(&self, path: &Utf8Path) -> Utf8PathBuf {
        let full = camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned());
        if self.covered {
            return full;
        }
        let clean = Utf8PathBuf::from(super::values::path::clean(full.as_str()));
        let in_view = |full: &Utf8Path| {
            self.seen_at.iter().find_map(|(folder, seen)| {
                full.strip_prefix(folder).ok().map(|rest| join(seen, rest))
            })
        };
        in_view(&clean)
            .or_else(|| in_view(&clean.canonicalize_utf8().ok()?))
            .unwrap_or_else(|| path.to_owned())
    }

    /// Asks for the same in a request.
    pub fn fill(&self, request: &mut Request) {
        let strings = |paths: &[Utf8PathBuf]| paths.iter().map(ToString::to_string).collect();
        request.project_directory = Some(self.directory.to_string());
        request.files = strings(&self.files);
        request.env_files = strings(&self.env_files);
        let named_at = self.named_at.iter();
        request.named_at = named_at.map(|(file, at)| (file.to_string(), at.clone())).collect();
        request.profiles.clone_from(&self.profiles);
        let home = camino::absolute_utf8(&self.home).unwrap_or_else(|_| self.home.clone());
        request.home = Some(home.into_string());
        request.named = strings(&self.named);
        let pair =
            |(folder, seen): &(Utf8PathBuf, Utf8PathBuf)| (folder.to_string(), seen.to_string());
        request.seen_at = self.seen_at.iter().map(pair).collect();
        if self.project.is_some() {
            request.project_name.clone_from(&self.project);
        }
    }

    /// The variables by which a plain `docker compose` in any folder means the same files.
    ///
    /// Docker's documentation, "Set or change pre-defined environment variables in Docker Compose".
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let joined = |paths: &[Utf8PathBuf], separator: &str| {
            let absolute = |path: &Utf8PathBuf| {
                let path = self.seen(path);
                camino::absolute_utf8(&path).unwrap_or(path).into_string()
            };
            paths.iter().map(absolute).collect::<Vec<_>>().join(separator)
        };
        [
            ("COMPOSE_FILE", joined(&self.files, ":")),
            ("COMPOSE_ENV_FILES", joined(&self.env_files, ",")),
            ("COMPOSE_PROFILES", self.profiles.join(",")),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }

    /// The arguments after `docker`.
    #[must_use]
    pub fn arguments(&self, command: &[&str]) -> Vec<String> {
        let mut arguments = vec!["compose".to_owned(), "--ansi=never".into()];
        let mut option =
            |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
        option("--project-directory", self.seen(&self.directory).as_str());
        self.files.iter().for_each(|file| option("-f", self.seen(file).as_str()));
        self.env_files.iter().for_each(|file| option("--env-file", self.seen(file).as_str()));
        self.profiles.iter().for_each(|profile| option("--profile", profile));
        if let Some(project) = &self.project {
            option("-p", project);
        }
        arguments.extend(command.iter().map(|&word| word.to_owned()));
        arguments
    }

    /// The command itself, in a process group of its own so that a Ctrl-C in the
    /// terminal reaches us alone and we end it in good order.
    #[must_use]
    pub fn command(&self, command: &[&str]) -> Command {
        let mut process = Command::new("docker");
        process
            .args(self.arguments(command))
            .env("COMPOSE_MENU", "false")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        endpoint::hand_to(process.as_std_mut());
        process
    }

    /// Runs a subcommand to its end and returns what it printed.
    ///
    /// # Errors
    /// [`ComposeError`], with Compose's last words when it refused.
    pub async fn output(&self, command: &[&str]) -> Result<Vec<u8>, ComposeError> {
        let output = self.command(command).output().await.map_err(cannot_run)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(refused(command, &output))
    }
}

/// A path in a folder; the folder itself has no stroke at its end.
fn join(folder: &Utf8Path, rest: &Utf8Path) -> Utf8PathBuf {
    if rest.as_str().is_empty() { folder.to_owned() } else { folder.join(rest) }
}

/// Everything that is wrong with the files, a line each.
fn told(refusal: &Refusal) -> String {
    let lines = refusal.0.iter().map(|diagnostic| match diagnostic.place() {
        Some(place) => format!("{place}: {}", diagnostic.title),
        None => diagnostic.title.clone(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The command that installs an engine on this machine.
#[must_use]
pub fn install_engine() -> &'static str {
    if std::path::Path::new("/usr/bin/apt-get").exists() {
        "apt-get install --no-install-recommends docker.io && systemctl start docker"
    } else if std::path::Path::new("/usr/bin/dnf").exists() {
        "dnf install moby-engine && systemctl start docker"
    } else {
        "install a Docker-compatible engine and start it, or set DOCKER_HOST to one that runs"
    }
}

/// The error of a `docker` that cannot be run at all.
#[must_use]
pub fn cannot_run(why: io::Error) -> ComposeError {
    if why.kind() == io::ErrorKind::NotFound {
        ComposeError::NoDocker
    } else {
        ComposeError::Run(why)
    }
}

fn refused(command: &[&str], output: &Output) -> ComposeError {
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if words.contains("'compose' is not a docker command") || words.contains("unknown flag: --ansi")
    {
        return ComposeError::NoCompose;
    }
    ComposeError::Refused {
        command: command.first().copied().unwrap_or_default().to_owned(),
        words,
    }
}
