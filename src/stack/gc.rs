//! What earlier runs left behind, removed.

use std::{fs, path::Path};

use super::{
    PREFIX, StackError, engine::Engine, isolation, rundir::RunDir, watchdog::sweep_until_gone,
};

/// Removes what earlier runs left: `(project, what was removed or why not)`.
/// A run that is alive is left alone, even if it is named.
pub async fn collect_garbage(
    names: &[String],
) -> Result<Vec<(String, Result<usize, String>)>, StackError> {
    let engine = Engine::connect().await?;
    let mut projects = engine.projects(PREFIX).await?;
    projects.extend(RunDir::all());
    projects.sort();
    projects.dedup();
    if !names.is_empty() {
        projects = names.to_vec();
    }
    let mut collected = Vec::new();
    for project in projects {
        if !project.starts_with(PREFIX) {
            collected.push((
                project,
                Err(format!("not a project of ours: their names begin with \"{PREFIX}\"")),
            ));
            continue;
        }
        let folder = RunDir::of(&project);
        if folder.is_alive() || maker_runs(&project) {
            collected.push((project, Err("its run is alive".to_owned())));
            continue;
        }
        let done = match sweep_until_gone(&project).await {
            Ok(removed) => {
                let gone = isolation::remove(&folder).await;
                gone.map(|()| removed).map_err(|why| why.to_string())
            }
            Err(why) => Err(why),
        };
        collected.push((project, done));
    }
    Ok(collected)
}

/// Whether the process whose id is in a project's name still runs: another user's run has its
/// folder, and with it the lock, where we do not look.
fn maker_runs(project: &str) -> bool {
    let id = project.rsplit('-').nth(1).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let command = id.and_then(|id| fs::read_to_string(format!("/proc/{id}/cmdline")).ok());
    let program = command.as_deref().and_then(|words| words.split('\0').next()).map(Path::new);
    program.and_then(Path::file_name).is_some_and(|name| name == env!("CARGO_PKG_NAME"))
}
