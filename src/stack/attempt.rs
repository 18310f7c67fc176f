//! A try at bringing a stack up: what must be undone, whether it came up or not.

use super::{
    PREFIX, StackError,
    engine::Engine,
    io_error,
    rundir::RunDir,
    watchdog::{self, Watchdog},
};

/// What must be undone, whether the stack came up or not.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) name: String,
    pub(super) folder: RunDir,
    pub(super) watchdog: Watchdog,
}

impl Attempt {
    pub(super) fn begin(environment: &str) -> Result<Self, StackError> {
        let name = project_name(environment);
        let folder = RunDir::create(&name).map_err(io_error("make a folder for this run"))?;
        let watchdog = Watchdog::start(&name).map_err(io_error("start the watchdog"))?;
        Ok(Self { name, folder, watchdog })
    }

    pub(super) async fn end(&self) -> Result<(), StackError> {
        self.folder.put_back().map_err(io_error("put edited files back"))?;
        let engine = Engine::connect().await?;
        // One sweep is enough after our own programs have ended; what resists gets the patient one.
        let swept = engine.sweep(&self.name).await?;
        if !swept.left.is_empty() {
            watchdog::sweep_until_gone(&self.name)
                .await
                .map_err(|left| StackError::Left { project: self.name.clone(), left })?;
        }
        self.watchdog.dismiss();
        self.folder.remove().map_err(io_error("remove the folder of this run"))
    }

    /// The folder's lock goes with this process: from then on the stack counts as a leftover.
    pub(super) fn keep(&self) {
        self.watchdog.dismiss();
    }
}

/// A project name that no other run has: environment, process and time.
fn project_name(environment: &str) -> String {
    let letters: String = environment
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    let time =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{PREFIX}{letters}-{:x}-{:x}", std::process::id(), time.as_millis() & 0xff_ffff)
}
