//! What can go wrong with a stack, in words, and what to do about it.

use std::io;

use camino::Utf8PathBuf;

use super::{engine::EngineError, isolation::Refused, rundir, watchdog::is_lost_count};
use crate::{
    compose::ComposeError,
    diagnostic::Diagnostic,
    run::{Incident, LogTail},
    words::did_you_mean,
};

/// A stack that could not be brought up, or not be asked.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The run's folder or the watchdog.
    #[error("cannot {doing}")]
    Io {
        /// To be read after "cannot".
        doing: String,
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Compose.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A program of the project cannot be run.
    #[error("cannot run {what}")]
    NotRun {
        /// Which one.
        what: String,
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
    /// A program of the project failed.
    #[error("{what} failed with {status}")]
    Program {
        /// Which one.
        what: String,
        /// Its exit status.
        status: String,
        /// Its last lines.
        last_words: Vec<String>,
    },
    /// Images that cannot be had.
    #[error("{}: {why}", if missing.is_empty() { "no image can be had".to_owned() } else { format!("no image can be had for {}", missing.join(", ")) })]
    NoImages {
        /// Which ones.
        missing: Vec<String>,
        /// Why not.
        why: String,
    },
    /// A service could not be started.
    #[error("service \"{service}\" cannot be started: {reason}")]
    Start {
        /// Its name.
        service: String,
        /// The engine's reason.
        reason: String,
    },
    /// A service that does not come up, and the stack itself is at fault: a finding.
    #[error("service \"{}\" {}", .0.service, .0.what)]
    NotReady(Box<Incident>),
    /// A service that does not come up because a disk is full.
    #[error("service \"{}\" {}", .0.service, .0.what)]
    DiskFull(Box<Incident>),
    /// A service that the files do not know.
    #[error("there is no service \"{name}\"")]
    NoService {
        /// As written.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A service of the files of which there is no container.
    #[error("service \"{name}\" {}", no_container(*.replicas))]
    NoContainer {
        /// Its name.
        name: String,
        /// How many the files declare.
        replicas: u32,
        /// Where they do.
        place: Option<String>,
    },
    /// A container's network cannot be reached.
    #[error(transparent)]
    Dial(Box<super::dial::DialError>),
    /// A port that is not published.
    #[error("port {port} of service \"{service}\" is not published")]
    NotPublished {
        /// The service.
        service: String,
        /// The container's port.
        port: u16,
    },
    /// What the files ask for reaches beyond the run, and cannot be made its own. Nothing was started.
    #[error("{}", titles(.0))]
    Beyond(Vec<Diagnostic>),
    /// The files are wrong, which is a finding. Nothing was started.
    #[error("{}", titles(.0))]
    Wrong(Vec<Diagnostic>),
    /// The project's folder cannot be kept as it is while programs run in it.
    #[error("there is no view of {} in which the run could write: {why}", .folder)]
    NoView {
        /// The folder.
        folder: Utf8PathBuf,
        /// Why not.
        why: String,
    },
    /// Something could not be removed.
    #[error("cannot remove all of {project}: {left}")]
    Left {
        /// The Compose project.
        project: String,
        /// What is left, in the engine's words.
        left: String,
    },
}

impl From<Refused> for StackError {
    fn from(Refused { folder, why }: Refused) -> Self {
        Self::NoView { folder, why }
    }
}

impl StackError {
    /// What is wrong with the stack itself; none when this machine, its engine or its images are at
    /// fault, or nobody knows.
    #[must_use]
    pub fn finding(&self) -> Option<&Incident> {
        match self {
            Self::NotReady(incident) => Some(incident),
            _ => None,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Io { .. } => format!("look at the permissions of {} and the space left on its disk", rundir::home()),
            Self::Engine(why) => why.help(),
            Self::Dial(why) => why.help(),
            Self::Compose(why) => why.help(),
            Self::NotRun { what, .. } => format!("see that {what} exists, is executable (`chmod +x`), and that the program after its `#!` is installed"),
            Self::Program { what, .. } => format!("run {what} by hand and mend what its last lines say"),
            Self::NoImages { .. } => "connect this machine to the registry, pull the images beforehand, or name stand-ins in seaworthy.yaml (stand_ins:)".into(),
            Self::Start { reason, .. } if is_port_taken(reason) => {
                "another program listens on that port: stop it, or run without `--ports declared` so that free ports are used".into()
            }
            Self::Start { service, .. } => format!("look at the definition of service \"{service}\" in the Compose files"),
            Self::NotReady(incident) => incident.help.clone(),
            Self::DiskFull(_) => "make room on the disk that the engine, or that volume, writes to".into(),
            Self::NoService { name, known } => did_you_mean(name, known.iter().map(String::as_str))
                .map_or_else(|| format!("the services are: {}", known.join(", ")), |near| format!("did you mean \"{near}\"?")),
            Self::NoContainer { name, replicas: 0, .. } => format!("start it: `scale: 1` for service \"{name}\", or leave it out here"),
            Self::NoContainer { .. } => "find out who removed it, or why Compose did not create it: `docker compose ps --all`, `docker events`".into(),
            Self::NotPublished { service, .. } => format!("publish it in the Compose file, or speak of a published port of \"{service}\""),
            Self::Beyond(found) | Self::Wrong(found) => {
                found.iter().find_map(|found| found.help.clone()).unwrap_or_default()
            }
            Self::NoView { folder, .. } => format!("run it as root, where an overlay can be mounted; make the folder smaller; or share it on purpose in seaworthy.yaml: shared: {{ folders: [{folder}] }}"),
            Self::Left { project, .. } if self.is_lost_count() => format!("the engine counts endpoints on a network without containers (seen with engine 20.10): restart the engine, then run `seaworthy gc {project}`"),
            Self::Left { project, .. } => format!("run `seaworthy gc {project}` once the engine is well again"),
        }
    }

    /// Where in the files it comes from, if that is known.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::NoContainer { place, .. } => place.as_deref(),
            _ => None,
        }
    }

    /// Whether everything went well but for networks on which the engine lost count of endpoints.
    #[must_use]
    pub fn is_lost_count(&self) -> bool {
        match self {
            Self::Left { left, .. } => is_lost_count(&left.lines().collect::<Vec<_>>()),
            _ => false,
        }
    }

    /// The last words of whoever failed.
    #[must_use]
    pub fn log(&self) -> Option<LogTail> {
        match self {
            Self::NotReady(incident) | Self::DiskFull(incident) => Some(LogTail {
                service: incident.service.clone(),
                lines: incident.last_words.clone(),
            }),
            Self::Program { what, last_words, .. } => {
                Some(LogTail { service: what.clone(), lines: last_words.clone() })
            }
            _ => None,
        }
    }
}

/// What is said of a service without a container; reads after its name.
fn no_container(replicas: u32) -> String {
    match replicas {
        0 => "is not started: scale 0".to_owned(),
        1 => "has no container; the files declare 1 replica".to_owned(),
        replicas => format!("has no container; the files declare {replicas} replicas"),
    }
}

fn titles(found: &[Diagnostic]) -> String {
    found.iter().map(|found| found.title.as_str()).collect::<Vec<_>>().join("\n")
}

fn is_port_taken(reason: &str) -> bool {
    reason.contains("address already in use") || reason.contains("port is already allocated")
}

/// An error with its reasons, in one line.
#[must_use]
pub fn chain(why: &dyn std::error::Error) -> String {
    let mut told = why.to_string();
    let mut next = why.source();
    while let Some(reason) = next {
        told = format!("{told}: {reason}");
        next = reason.source();
    }
    told
}
