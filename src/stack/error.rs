//! What can go wrong with a stack, in words, and what to do about it.

use std::io;

use super::{engine::EngineError, rundir, watchdog::is_lost_count};
use crate::{compose::ComposeError, run::LogTail, words::did_you_mean};

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
    /// A service that does not come up.
    #[error("service \"{service}\" does not come up: {reason}")]
    NotReady {
        /// Its name.
        service: String,
        /// What was seen.
        reason: String,
        /// Its last words.
        log: Vec<String>,
    },
    /// A service that the files do not know.
    #[error("there is no service \"{name}\"")]
    NoService {
        /// As written.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A port that is not published.
    #[error("port {port} of service \"{service}\" is not published")]
    NotPublished {
        /// The service.
        service: String,
        /// The container's port.
        port: u16,
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

impl StackError {
    pub(super) fn start(service: &str, why: &EngineError) -> Self {
        let reason =
            std::error::Error::source(why).map_or_else(|| why.to_string(), ToString::to_string);
        Self::Start { service: service.to_owned(), reason }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Io { .. } => format!("look at the permissions of {} and the space left on its disk", rundir::home()),
            Self::Engine(why) => why.help(),
            Self::Compose(why) => why.help(),
            Self::NotRun { what, .. } => format!("see that {what} exists, is executable (`chmod +x`), and that the program after its `#!` is installed"),
            Self::Program { what, .. } => format!("run {what} by hand and mend what its last lines say"),
            Self::NoImages { .. } => "connect this machine to the registry, pull the images beforehand, or name stand-ins in seaworthy.yaml (stand_ins:)".into(),
            Self::Start { reason, .. } if is_port_taken(reason) => {
                "another program listens on that port: stop it, or run without `--ports declared` so that free ports are used".into()
            }
            Self::Start { service, .. } => format!("look at the definition of service \"{service}\" in the Compose files"),
            Self::NotReady { service, .. } => format!("the log above says why; `--keep-on-failure` keeps the stack so that `docker logs` and `docker exec` can be used on \"{service}\""),
            Self::NoService { name, known } => did_you_mean(name, known.iter().map(String::as_str))
                .map_or_else(|| format!("the services are: {}", known.join(", ")), |near| format!("did you mean \"{near}\"?")),
            Self::NotPublished { service, .. } => format!("publish it in the Compose file, or speak of a published port of \"{service}\""),
            Self::Left { project, .. } if self.is_lost_count() => format!("the engine counts endpoints on a network without containers (seen with engine 20.10): restart the engine, then run `seaworthy gc {project}`"),
            Self::Left { project, .. } => format!("run `seaworthy gc {project}` once the engine is well again"),
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
            Self::NotReady { service, log, .. } => {
                Some(LogTail { service: service.clone(), lines: log.clone() })
            }
            Self::Program { what, last_words, .. } => {
                Some(LogTail { service: what.clone(), lines: last_words.clone() })
            }
            _ => None,
        }
    }
}

fn is_port_taken(reason: &str) -> bool {
    reason.contains("address already in use") || reason.contains("port is already allocated")
}
