//! Programs of the project and of Compose, run where the run's views stand in the place of the
//! real folders.

use std::{ffi::OsString, io, process::Stdio};

use camino::Utf8Path;
use rustix::fs::{Access, access};
use tokio::process::Command;

use super::{
    StackError, StackEvent, Tell,
    isolation::{Views, enter},
    process::{self, Ended},
    watchdog::Watchdog,
};
use crate::{compose::Invocation, endpoint};

/// This very program, even if its file has been replaced since it was started (proc(5)).
const OURSELVES: &str = "/proc/self/exe";

/// The variable that marks whatever a run starts, so that what goes on in the background is found.
pub(super) const RUN: &str = "SEAWORTHY_RUN";

/// Ends the processes that a run's programs left in the background, after its engine's objects are gone.
/// Each carries the run's name in its environment; nobody else's does.
pub(super) fn end_left(name: &str) {
    let mark = format!("{RUN}={name}");
    let own = std::process::id();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let id = process.file_name().to_str().and_then(|id| id.parse::<i32>().ok());
        let Some(id) = id.filter(|id| u32::try_from(*id) != Ok(own)) else { continue };
        // A process that ends while it is looked at is gone; another user's is not ours.
        let Ok(variables) = std::fs::read(process.path().join("environ")) else { continue };
        let is_left = variables.split(|byte| *byte == 0).any(|known| known == mark.as_bytes());
        if let Some(process) = rustix::process::Pid::from_raw(id).filter(|_| is_left) {
            let _ended = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        }
    }
}

/// Who runs programs for a stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Programs<'a> {
    /// The run's project.
    pub(super) name: &'a str,
    pub(super) views: &'a Views,
    pub(super) watchdog: &'a Watchdog,
}

impl Programs<'_> {
    /// Runs a program of the project without arguments, from the folder of its view.
    pub(super) async fn project(&self, program: &Utf8Path, tell: &Tell) -> Result<(), StackError> {
        let real = camino::absolute_utf8(program).unwrap_or_else(|_| program.to_owned());
        let real = self.views.locate(&real);
        let seen = self.views.seen(&real).unwrap_or(real);
        let not_run = |source: io::Error| StackError::NotRun { what: program.to_string(), source };
        access(seen.as_std_path(), Access::EXEC_OK).map_err(|why| not_run(why.into()))?;
        let mut command = Command::new(&seen);
        // What it asks of Compose it asks of the run's project, never of the one that people live from.
        command.env("COMPOSE_PROJECT_NAME", self.name);
        let here = std::env::current_dir().ok().and_then(|here| here.try_into().ok());
        let here: Option<camino::Utf8PathBuf> = here;
        // Where we are called, in its view: nothing relative leads out of it.
        if let Some(here) = here.and_then(|here| self.views.seen(&self.views.locate(&here))) {
            command.current_dir(here);
        }
        self.finish(program.as_str(), command, tell).await
    }

    /// Runs Compose.
    pub(super) async fn compose(
        &self,
        invocation: &Invocation,
        words: &[&str],
        tell: &Tell,
    ) -> Result<(), StackError> {
        let what = format!("docker compose {}", words[0]);
        self.finish(&what, invocation.command(words), tell).await
    }

    /// Runs a command that must succeed.
    pub(super) async fn finish(
        &self,
        what: &str,
        command: Command,
        tell: &Tell,
    ) -> Result<(), StackError> {
        let not_run = |source| StackError::NotRun { what: what.to_owned(), source };
        let ended = self
            .run(command, |line| tell(StackEvent::Line(line.to_owned())))
            .await
            .map_err(not_run)?;
        if ended.status.success() {
            return Ok(());
        }
        Err(StackError::Program {
            what: what.to_owned(),
            status: ended.status.to_string(),
            last_words: ended.last_words,
        })
    }

    /// Runs a command to its end, in a process group of its own.
    pub(super) async fn run(&self, command: Command, tell: impl Fn(&str)) -> io::Result<Ended> {
        let ended = process::run(self.within(&command), self.watchdog, tell).await?;
        let reason = ended.last_words.last().and_then(|line| line.strip_prefix(enter::CANNOT));
        match reason {
            Some(reason) if ended.status.code() == Some(i32::from(enter::NOT_RUN)) => {
                Err(io::Error::other(reason.to_owned()))
            }
            _ => Ok(ended),
        }
    }

    /// The command, entered into the views where we may: a path of the project that a script spells
    /// out leads into them as well.
    fn within(&self, command: &Command) -> Command {
        let asked = command.as_std();
        let mut within = if self.views.cover() {
            let mut entered = Command::new(OURSELVES);
            entered.arg(enter::SUBCOMMAND);
            for (folder, view) in self.views.pairs() {
                entered.args(["--over", folder.as_str(), "--over", view.as_str()]);
            }
            let words = std::iter::once(asked.get_program()).chain(asked.get_args());
            entered.arg("--").args(words.map(OsString::from));
            entered
        } else {
            let mut plain = Command::new(asked.get_program());
            plain.args(asked.get_args());
            plain
        };
        for (name, value) in asked.get_envs() {
            match value {
                Some(value) => within.env(name, value),
                None => within.env_remove(name),
            };
        }
        endpoint::hand_to(within.as_std_mut());
        // A shell believes an inherited `PWD`, and hands the real folder to the engine with it.
        match asked.get_current_dir() {
            Some(folder) => within.current_dir(folder).env("PWD", folder),
            None => within.env_remove("PWD"),
        };
        within.env(RUN, self.name);
        within
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        within
    }
}
