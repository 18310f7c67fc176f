//! `--history DIR`: a run leaves its result for later ones, and is told what earlier ones left.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::show;
use crate::{
    history,
    run::{
        Run,
        history::{Asking, History, Past},
    },
};

/// Where results are kept.
#[derive(Debug, Args)]
pub(super) struct Keeping {
    /// Leaves the run's result in this folder, and tells what earlier ones there say: since when what is
    /// broken or proven, what is flaky, how long runs took.
    #[arg(long, value_name = "DIR", value_parser = folder)]
    history: Option<Utf8PathBuf>,
}

/// Reads a folder's name. Without one, results would lie in the working directory.
pub(super) fn folder(name: &str) -> Result<Utf8PathBuf, &'static str> {
    if name.is_empty() {
        return Err("the folder's name is empty: name a folder, or . for the one at hand");
    }
    Ok(name.into())
}

impl Keeping {
    /// Whether a folder was named.
    pub(super) const fn is_kept(&self) -> bool {
        self.history.is_some()
    }

    /// As [`keep`].
    pub(super) fn keep(&self, command: Asking, run: &mut Run) -> bool {
        keep(self.history.as_deref(), command, run)
    }
}

/// Leaves a finished run's result, and puts into the run what earlier ones say; whether the result could
/// be written. To be called before anything tells the run.
pub(super) fn keep(folder: Option<&Utf8Path>, command: Asking, run: &mut Run) -> bool {
    let Some(folder) = folder else { return true };
    let now = Past::of(run, command);
    let written = history::write(folder, &now);
    if let Err(why) = &written {
        show(why);
    }
    let earlier = history::read(folder, written.as_deref().ok());
    run.about.history = Some(History::of(&earlier.runs, earlier.unread, run, &now));
    run.errors.extend(earlier.warnings);
    written.is_ok()
}
