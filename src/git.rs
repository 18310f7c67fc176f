//! Git, asked so that a repository cannot make it run anything.

mod index;

use std::process::{Command, Stdio};

use camino::Utf8Path;

pub(crate) use self::index::kept;

/// Git that runs no other program and asks no other machine for what is missing here.
#[must_use]
pub(crate) fn quiet() -> Command {
    let mut git = Command::new("git");
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0").args([
        "--no-pager",
        "--no-optional-locks",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "protocol.allow=never",
    ]);
    git
}

/// What a Git command prints.
///
/// # Errors
/// Its last words.
pub(crate) fn ask(folder: &Utf8Path, arguments: &[&str]) -> Result<String, String> {
    let output = quiet()
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|why| format!("git cannot be run: {why}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(words.trim().lines().next().unwrap_or("git failed").to_owned())
}
