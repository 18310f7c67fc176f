//! Connections to containers, from inside their own network namespace.
//!
//! A container's address means what it should in its engine's network alone: with a rootless or a
//! remote engine, or from another network namespace, somebody else may have it here. So nothing is
//! ever sent to it from our own network. A thread of ours enters the namespace, where we may and
//! the container's process is provably on this host; else a container of ours shares the namespace;
//! else nobody can tell, before a byte is sent.

mod helper;
mod host;
pub mod inside;
mod namespace;
pub mod resolver;
mod tunnel;

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

pub use self::{
    helper::{HELPER_LABEL, SUBCOMMAND, main},
    host::{Locality, may_enter, other_machine, shares_network},
    inside::{Answer, Outcome, Question, Tables, Target},
    resolver::Resolved,
    tunnel::{once, standing, through},
};
use super::{
    chain,
    engine::{Container, Engine, EngineError},
};
use crate::run::Failure;

/// How somebody else can connect from inside a container's network.
const HELP: &str = "run as root on the engine's own machine, or let the engine run a container of ours (it is made of this program, which must be for the engine's architecture)";

/// How a network namespace was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// By a thread of ours.
    Entered,
    /// By a container of ours that shares it.
    Shared,
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Entered => "from inside its network namespace",
            Self::Shared => "from a container of ours that shares its network",
        })
    }
}

/// Nobody could connect, or ask, from inside a container's network.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The container does not run.
    #[error("{name} does not run: it is {state}, with exit code {code}")]
    Ended {
        /// The container.
        name: String,
        /// Its service.
        service: String,
        /// The engine's word.
        state: String,
        /// Of its last run.
        code: i64,
    },
    /// Its network can be reached in neither way.
    #[error(
        "the network of {name} cannot be entered ({entering}), and no container of ours can share it ({sharing})"
    )]
    NoWay {
        /// The container.
        name: String,
        /// Why we cannot enter it.
        entering: String,
        /// Why no container of ours can share it.
        sharing: String,
    },
    /// The port is closed.
    #[error("{name} accepts no connection: {tried}")]
    Closed {
        /// The container.
        name: String,
        /// What each address answered.
        tried: String,
    },
    /// What was asked inside has no answer.
    #[error("{name} cannot be looked at from inside its network: {why}")]
    Unread {
        /// The container.
        name: String,
        /// The operating system's reason.
        why: String,
    },
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl DialError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Ended { service, .. } => format!("look at the log of service \"{service}\""),
            Self::NoWay { .. } | Self::Unread { .. } => HELP.into(),
            Self::Closed { .. } => {
                "let the service listen on that port of all its addresses".into()
            }
            Self::Engine(why) => why.help(),
        }
    }
}

impl From<DialError> for Failure {
    fn from(why: DialError) -> Self {
        let failure = Self::undecided("look from inside a container's network", chain(&why));
        let services = match &why {
            DialError::Ended { service, .. } => Some(service.clone()),
            _ => None,
        };
        failure.help(why.help()).services(services)
    }
}

/// Bytes to and from a container's port.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The container as it is now: after a restart its processes are others.
async fn running(container: &Container) -> Result<(Engine, Container), DialError> {
    let engine = Engine::connect().await?;
    let now = engine.container(&container.id).await?;
    if now.pid == 0 || now.state == "restarting" {
        return Err(DialError::Ended {
            name: now.name,
            service: now.service,
            state: now.state,
            code: now.exit_code,
        });
    }
    Ok((engine, now))
}

/// Asks a question inside a container's network.
///
/// # Errors
/// When the container does not run, or its network cannot be reached.
pub async fn ask(container: &Container, question: &Question) -> Result<(Answer, Entry), DialError> {
    let (engine, now) = running(container).await?;
    let entering = match namespace::ask(&now, question).await {
        Ok(answer) => return read(&now, answer, Entry::Entered),
        Err(why) => why,
    };
    match helper::ask(&engine, &now, question).await {
        Ok(answer) => read(&now, answer, Entry::Shared),
        Err(sharing) => Err(DialError::NoWay { name: now.name, entering, sharing }),
    }
}

fn read(container: &Container, answer: Answer, way: Entry) -> Result<(Answer, Entry), DialError> {
    match answer {
        Answer::Failed(why) => Err(DialError::Unread { name: container.name.clone(), why }),
        answer => Ok((answer, way)),
    }
}

fn unexpected(container: &Container) -> DialError {
    DialError::Unread {
        name: container.name.clone(),
        why: "the answer is to another question: this is a defect of seaworthy".into(),
    }
}

/// What a name means inside a container.
///
/// # Errors
/// As [`ask`].
pub async fn resolve(container: &Container, name: &str) -> Result<(Resolved, Entry), DialError> {
    let question = Question::Resolve { name: name.to_owned(), files: None };
    match ask(container, &question).await? {
        (Answer::Resolved(resolved), way) => Ok((resolved, way)),
        _ => Err(unexpected(container)),
    }
}

/// What connections from inside a container come to, in the same order; tried side by side.
///
/// # Errors
/// As [`ask`].
pub async fn attempts(
    container: &Container,
    targets: Vec<SocketAddr>,
) -> Result<(Vec<Outcome>, Entry), DialError> {
    let count = targets.len();
    match ask(container, &Question::Connect(targets)).await? {
        (Answer::Connected(outcomes), way) if outcomes.len() == count => Ok((outcomes, way)),
        _ => Err(unexpected(container)),
    }
}

/// The kernel's tables of a container's network.
///
/// # Errors
/// As [`ask`].
pub async fn tables(container: &Container) -> Result<Tables, DialError> {
    match ask(container, &Question::Tables).await? {
        (Answer::Tables(tables), _) => Ok(tables),
        _ => Err(unexpected(container)),
    }
}

/// Connects to a port of a container, at one of its own addresses.
///
/// # Errors
/// When the container does not run, its network cannot be reached, or the port is closed.
pub async fn connect(
    container: &Container,
    port: u16,
) -> Result<(Box<dyn Stream>, Entry), DialError> {
    connect_to(container, &Target::Own(port)).await
}

/// Connects from inside a container's network.
///
/// # Errors
/// When the container does not run, its network cannot be reached, or the target takes no connection.
async fn connect_to(
    container: &Container,
    target: &Target,
) -> Result<(Box<dyn Stream>, Entry), DialError> {
    let (engine, now) = running(container).await?;
    let closed = |tried| DialError::Closed { name: now.name.clone(), tried };
    let entering = match namespace::dial(&now, target).await {
        Ok(dialled) => {
            let stream = dialled.map_err(closed)?;
            return Ok((Box::new(stream), Entry::Entered));
        }
        Err(why) => why,
    };
    match helper::dial(&engine, &now, target).await {
        Ok(dialled) => Ok((Box::new(dialled.map_err(closed)?), Entry::Shared)),
        Err(sharing) => Err(DialError::NoWay { name: now.name.clone(), entering, sharing }),
    }
}
