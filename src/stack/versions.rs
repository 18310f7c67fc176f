//! What programs at hand tell of themselves.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;

use crate::endpoint;

/// How long a program may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// The version of Compose; none where it does not tell.
pub async fn compose() -> Option<String> {
    let mut command = std::process::Command::new("docker");
    endpoint::hand_to(&mut command);
    let mut command = Command::from(command);
    command.args(["compose", "version", "--short"]).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
