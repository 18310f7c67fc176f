//! What the engine did not do, and what to do about it.

use std::time::Duration;

use testcontainers::bollard;

use crate::{
    compose::install_engine,
    endpoint::{Endpoint, EndpointError},
};

/// The engine did not do, or say, what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nobody can tell which engine is meant, or it is of a kind that we do not speak to.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No engine answers.
    #[error("no container engine answers at {0}")]
    Unreachable(&'static Endpoint, #[source] bollard::errors::Error),
    /// The engine answered with an error.
    #[error("the engine cannot {doing}")]
    Refused {
        /// What was asked, to be read after "cannot".
        doing: String,
        /// Its answer.
        #[source]
        source: bollard::errors::Error,
    },
    /// A command is asked for in a container in which none can run.
    #[error("cannot {doing}: {why}")]
    NotRunning {
        /// What was asked, to be read after "cannot".
        doing: String,
        /// The container's service.
        service: String,
        /// Why none can run there: `it has ended with 0`.
        why: String,
    },
    /// A container's processes are asked for on another host than theirs.
    #[error("the processes of {0} are not seen on this host")]
    Elsewhere(String),
    /// The engine has not started a command in time: nothing is known of the command.
    #[error("the engine did not begin to {doing} within {limit:?}")]
    NotStarted {
        /// What was asked, to be read after "did not begin to".
        doing: String,
        /// How long we waited.
        limit: Duration,
    },
    /// The engine did not answer in time.
    #[error("the engine did not {doing} within {limit:?}")]
    Silent {
        /// What was asked, to be read after "did not".
        doing: String,
        /// How long we waited.
        limit: Duration,
    },
}

impl EngineError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Endpoint(why) => why.help(),
            Self::Unreachable(..) => format!(
                "start the engine, or install one: `{}`; `seaworthy doctor` looks at the rest",
                install_engine()
            ),
            Self::NotRunning { service, why, .. } if why == super::super::container::PAUSED => {
                resume(service)
            }
            Self::NotRunning { service, .. } => help_idle(service),
            Self::Elsewhere(_) => "run on the engine's own machine".into(),
            Self::Refused { .. } | Self::Silent { .. } | Self::NotStarted { .. } => {
                "look at the engine's own log (`journalctl -u docker`, or dockerd's output)".into()
            }
        }
    }
}

/// What to do about a paused container: its log says nothing of that.
#[must_use]
pub fn resume(service: &str) -> String {
    format!(
        "let it go on before it is asked: When service \"{service}\" is resumed (`docker compose unpause {service}`)"
    )
}

/// What to do about a container in which no command can run.
fn help_idle(service: &str) -> String {
    format!(
        "let service \"{service}\" run while it is asked; its log says why it does not: `docker compose logs {service}`"
    )
}

/// The engine's answer as an error: it cannot do what was asked.
pub(in crate::stack) fn refused(
    doing: impl Into<String>,
) -> impl FnOnce(bollard::errors::Error) -> EngineError {
    let doing = doing.into();
    move |source| EngineError::Refused { doing, source }
}
