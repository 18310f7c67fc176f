//! Commands run in a container.
//!
//! The engine refuses one in a container that has ended, is paused or is being restarted; so that
//! nobody takes that for the command's own failure, it is told apart.

use std::{pin::pin, time::Duration};

use futures::TryStreamExt as _;
use testcontainers::bollard::{
    self,
    exec::{CreateExecOptions, StartExecResults},
};
use tokio::time::timeout;

use super::engine::{Container, Engine, EngineError, refused};

/// How long the engine may take to start a command: on a busy machine that can be seconds, and they
/// are not the command's.
const START: Duration = Duration::from_secs(30);
/// How often the engine is asked whether a command has started.
const PAUSE: Duration = Duration::from_millis(20);

/// What a command in a container came to.
#[derive(Debug, Clone)]
pub struct Executed {
    /// Its exit code.
    pub code: i64,
    /// What it printed, both streams in the order they came.
    pub output: String,
}

impl Engine {
    /// Runs a command in a container, as its own user, to its end.
    ///
    /// # Errors
    /// As [`Engine::execute_as`].
    pub async fn execute(
        &self,
        container: &Container,
        words: &[String],
        limit: Duration,
    ) -> Result<Executed, EngineError> {
        self.execute_as(None, container, words, limit).await
    }

    /// Runs a command in a container as a user of choice (`None`: its own). The limit counts from when
    /// its process is there, as newer engines count it for their own health checks (moby 43480).
    ///
    /// # Errors
    /// [`EngineError::NotRunning`] when no command can run there, for the container does not run;
    /// otherwise the engine's.
    pub async fn execute_as(
        &self,
        user: Option<&str>,
        container: &Container,
        words: &[String],
        limit: Duration,
    ) -> Result<Executed, EngineError> {
        let doing = format!("run `{}` in {}", words.join(" "), container.name);
        let create = async {
            let options = CreateExecOptions {
                attach_stdout: Some(true),
                attach_stderr: Some(true),
                cmd: Some(words.to_vec()),
                user: user.map(str::to_owned),
                ..Default::default()
            };
            self.docker.create_exec(&container.id, options).await
        };
        let silent = |limit| EngineError::Silent { doing: doing.clone(), limit };
        let unstarted = |()| EngineError::NotStarted { doing: doing.clone(), limit: START };
        let why = match timeout(START, create).await.map_err(|_| unstarted(())) {
            Err(why) => why,
            Ok(Err(why)) => refused(doing.clone())(why),
            Ok(Ok(exec)) => {
                let (run, begun) =
                    (Box::pin(self.run(&exec.id)), Box::pin(self.is_there(&exec.id)));
                let done = in_time(run, begun, START, limit).await.map_err(|late| match late {
                    Late::Begin => unstarted(()),
                    Late::End => silent(limit),
                });
                match done {
                    Ok(Ok(done)) => return Ok(done),
                    Ok(Err(why)) => refused(doing.clone())(why),
                    Err(why) => why,
                }
            }
        };
        // One that cannot be inspected tells no more than the engine did.
        let rest = self.container(&container.id).await.ok().and_then(|now| now.rest());
        Err(match rest {
            Some(rest) => {
                EngineError::NotRunning { doing, service: container.service.clone(), why: rest }
            }
            None => why,
        })
    }

    async fn run(&self, exec: &str) -> Result<Executed, bollard::errors::Error> {
        let mut output = Vec::new();
        if let StartExecResults::Attached { output: mut stream, .. } =
            self.docker.start_exec(exec, None).await?
        {
            while let Some(piece) = stream.try_next().await? {
                output.extend_from_slice(piece.as_ref());
            }
        }
        let ended = self.docker.inspect_exec(exec).await?;
        Ok(Executed {
            code: ended.exit_code.unwrap_or(-1),
            output: String::from_utf8_lossy(&output).into_owned(),
        })
    }

    /// Returns when the process of a command is there, or was, or cannot be asked about.
    async fn is_there(&self, exec: &str) {
        while let Ok(now) = self.docker.inspect_exec(exec).await {
            if now.pid.is_some_and(|pid| pid > 0) || now.exit_code.is_some() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// What came too late.
#[derive(Debug, PartialEq, Eq)]
enum Late {
    /// The beginning.
    Begin,
    /// The end.
    End,
}

/// Waits for something that has a time to begin in, and one to end in that counts from then.
async fn in_time<T>(
    run: impl Future<Output = T>,
    begun: impl Future<Output = ()>,
    to_begin: Duration,
    to_end: Duration,
) -> Result<T, Late> {
    let mut run = pin!(run);
    tokio::select! {
        biased;
        done = &mut run => Ok(done),
        begun = timeout(to_begin, begun) => match begun {
            Ok(()) => timeout(to_end, run).await.map_err(|_| Late::End),
            Err(_) => Err(Late::Begin),
        },
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn the_time_that_it_takes_to_begin_is_no_time_of_the_command() {
        let ms = Duration::from_millis;
        let after = |begins, ends| in_time(sleep(ms(ends)), sleep(ms(begins)), ms(2_000), ms(500));
        assert_eq!(after(700, 750).await, Ok(()), "it began late and ended soon after");
        assert_eq!(after(60_000, 10).await, Ok(()), "it ended before anybody saw it");
        assert_eq!(after(0, 60_000).await, Err(Late::End));
        assert_eq!(after(60_000, 60_000).await, Err(Late::Begin));
    }
}
