//! Cleaning up when we cannot: a small process that outlives us.
//!
//! It is this same binary in a session of its own, reading a pipe that only we write to.
//! The pipe tells it which process groups are at work for us; when it ends without
//! a farewell (`kill -9`, a crash, a power cut of the terminal) it ends those groups, sweeps the
//! project from the engine and takes the run's views of folders away.

use std::{
    io::{self, BufRead as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};

use super::{engine::Engine, isolation, rundir::RunDir};
use crate::endpoint;

/// The hidden subcommand under which the watchdog runs.
pub const SUBCOMMAND: &str = "watch-over";
/// This very program, even if its file has been replaced since it was started (proc(5)).
const OURSELVES: &str = "/proc/self/exe";
/// What it says once it no longer shares our fate.
const READY: &str = "watching";
/// What we say when there is nothing left to do for it.
const FAREWELL: &str = "farewell";
/// An engine that was interrupted at work may still finish making something.
const SETTLE: Duration = Duration::from_millis(400);
/// How long the sweep goes on trying.
const LIMIT: Duration = Duration::from_secs(20);
/// How long it goes on trying what the engine itself has lost count of.
const LOST_COUNT_LIMIT: Duration = Duration::from_secs(3);

/// Our end of the pipe.
#[derive(Debug)]
pub struct Watchdog {
    child: Mutex<(Child, Option<ChildStdin>)>,
}

impl Watchdog {
    /// Starts the watchdog of a project and waits until it is on its own.
    pub fn start(project: &str) -> io::Result<Self> {
        let mut command = Command::new(OURSELVES);
        // What it sweeps must be the engine that the run speaks to.
        endpoint::hand_to(&mut command);
        let mut child = command
            .args([SUBCOMMAND, project])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            io::BufReader::new(stdout).read_line(&mut line)?;
        }
        if line.trim() != READY {
            return Err(io::Error::other(format!("the watchdog did not start: {line:?}")));
        }
        Ok(Self { child: Mutex::new((child, stdin)) })
    }

    /// A process group is at work for us from now on.
    pub fn watch(&self, group: u32) {
        self.tell(&format!("+{group}"));
    }

    /// A process group has ended.
    pub fn forget(&self, group: u32) {
        self.tell(&format!("-{group}"));
    }

    /// All is cleaned up: the watchdog may go.
    pub fn dismiss(&self) {
        self.tell(FAREWELL);
        if let Ok(mut child) = self.child.lock() {
            child.1 = None;
            let _ended = child.0.wait();
        }
    }

    /// Whether its process has ended.
    fn is_gone(&self) -> bool {
        self.child.lock().is_ok_and(|mut child| matches!(child.0.try_wait(), Ok(Some(_))))
    }

    fn tell(&self, line: &str) {
        if let Ok(mut child) = self.child.lock()
            && let Some(pipe) = &mut child.1
        {
            // A watchdog that is gone is noticed by `gc`; the run itself goes on.
            let _told = writeln!(pipe, "{line}").and_then(|()| pipe.flush());
        }
    }
}

/// Without a farewell (an interrupt, a panic) the watchdog does the cleaning up; we wait for it,
/// so that nothing is left when this process has ended.
impl Drop for Watchdog {
    fn drop(&mut self) {
        if self.is_gone() {
            return;
        }
        if let Ok(mut child) = self.child.lock() {
            child.1 = None;
            let _ended = child.0.wait();
        }
    }
}

/// The watchdog's own life. Returns when there is nothing left to watch over.
pub fn watch_over(project: &str) -> io::Result<()> {
    // Fails only for the leader of a process group, which is on its own already.
    let _session = rustix::process::setsid();
    let mut stdout = io::stdout();
    writeln!(stdout, "{READY}")?;
    stdout.flush()?;

    let mut groups: Vec<i32> = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line == FAREWELL {
            return Ok(());
        }
        if let Some(group) = line.strip_prefix('+').and_then(|group| group.parse().ok()) {
            groups.push(group);
        } else if let Some(gone) =
            line.strip_prefix('-').and_then(|group| group.parse::<i32>().ok())
        {
            groups.retain(|group| *group != gone);
        }
    }
    groups.into_iter().for_each(end_group);
    let folder = RunDir::of(project);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(sweep_until_gone(project)).map_err(io::Error::other)?;
    runtime.block_on(isolation::remove(&folder))
}

/// Ends a process group at once. A group that is gone already is no matter.
pub fn end_group(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        let _ended = rustix::process::kill_process_group(group, Signal::KILL);
    }
}

/// Sweeps a project until the engine has nothing of it for a moment.
///
/// # Errors
/// What is left, in the engine's words.
pub async fn sweep_until_gone(project: &str) -> Result<usize, String> {
    let begun = Instant::now();
    let mut removed = 0;
    let mut quiet = 0;
    let mut left = Vec::new();
    while begun.elapsed() < LIMIT {
        match Engine::connect().await {
            Err(why) => left = vec![why.to_string()],
            Ok(engine) => match engine.sweep(project).await {
                Err(why) => left = vec![why.to_string()],
                Ok(swept) => {
                    removed += swept.removed;
                    quiet = if swept.removed == 0 && swept.left.is_empty() { quiet + 1 } else { 0 };
                    left = swept.left;
                }
            },
        }
        if quiet == 2 {
            return Ok(removed);
        }
        if is_lost_count(&left) && begun.elapsed() > LOST_COUNT_LIMIT {
            break;
        }
        tokio::time::sleep(SETTLE).await;
    }
    Err(left.join("\n"))
}

/// Whether all that is left are networks without containers that the engine still counts
/// endpoints on. Engine 20.10 was seen to lose count; only their restart mends it.
#[must_use]
pub fn is_lost_count<S: AsRef<str>>(left: &[S]) -> bool {
    let lost = |what: &S| {
        what.as_ref().starts_with("network ") && what.as_ref().contains("has active endpoints")
    };
    !left.is_empty() && left.iter().all(lost)
}

#[cfg(test)]
mod tests {
    use super::is_lost_count;

    #[test]
    fn only_networks_that_the_engine_counts_endpoints_on_are_its_own_fault() {
        let network = "network 25ec: error while removing network: it has active endpoints";
        assert!(is_lost_count(&[network]));
        assert!(!is_lost_count(&[network, "volume x: in use"]));
        assert!(!is_lost_count::<&str>(&[]));
    }
}
