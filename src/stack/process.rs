//! Programs that work for us (Compose, preparation, image builds): their output told line by
//! line, their process group known to the watchdog, ended when we stop waiting for them.

use std::{collections::VecDeque, process::ExitStatus, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    sync::mpsc,
};

use super::watchdog::{Watchdog, end_group};

/// How many of its last lines a failed program is quoted with.
const LAST_WORDS: usize = 25;

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its last lines, both streams.
    pub last_words: Vec<String>,
}

/// Ends the group when the future that waits for it is dropped.
struct Group<'a> {
    id: u32,
    watchdog: &'a Watchdog,
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        if let Ok(id) = i32::try_from(self.id) {
            end_group(id);
        }
        self.watchdog.forget(self.id);
    }
}

/// A program that works beside us for a while. Its process group ends when this value goes, and
/// when we end, however that happens.
#[derive(Debug)]
pub struct Companion {
    child: Child,
    id: Option<u32>,
    watchdog: Arc<Watchdog>,
}

impl Companion {
    /// Starts a command in a process group of its own.
    ///
    /// # Errors
    /// The operating system's, when it cannot be started.
    pub(super) fn start(mut command: Command, watchdog: &Arc<Watchdog>) -> std::io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let id = child.id();
        if let Some(id) = id {
            watchdog.watch(id);
        }
        Ok(Self { child, id, watchdog: Arc::clone(watchdog) })
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        // Of a program that nobody can ask about nothing more is to be expected.
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            drop(Group { id, watchdog: &self.watchdog });
        }
    }
}

/// Runs a command, already set up with pipes and a process group of its own, to its end.
///
/// # Errors
/// The operating system's, when it cannot be started or waited for.
pub async fn run(
    mut command: Command,
    watchdog: &Watchdog,
    tell: impl Fn(&str),
) -> std::io::Result<Ended> {
    let mut child = command.spawn()?;
    let group = child.id().map(|id| {
        watchdog.watch(id);
        Group { id, watchdog }
    });
    let (sender, mut lines) = mpsc::unbounded_channel();
    let stdout = child.stdout.take().map(|pipe| tokio::spawn(forward(pipe, sender.clone())));
    let stderr = child.stderr.take().map(|pipe| tokio::spawn(forward(pipe, sender.clone())));
    drop(sender);
    let mut last_words = VecDeque::new();
    while let Some(line) = lines.recv().await {
        tell(&line);
        if last_words.len() == LAST_WORDS {
            last_words.pop_front();
        }
        last_words.push_back(line);
    }
    let status = child.wait().await?;
    drop(group);
    for reader in [stdout, stderr].into_iter().flatten() {
        reader.abort();
    }
    Ok(Ended { status, last_words: last_words.into() })
}

async fn forward(pipe: impl AsyncRead + Unpin, lines: mpsc::UnboundedSender<String>) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line).await, Ok(read) if read > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !text.is_empty() && lines.send(text).is_err() {
            return;
        }
        line.clear();
    }
}
