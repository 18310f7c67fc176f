//! How long scenarios took in earlier runs, so that the longest begin first.
//!
//! They are kept in the user's cache folder (XDG Base Directory Specification, `XDG_CACHE_HOME`), a
//! file for each project in which a second stack would help, without a word of it: scenarios are known
//! by a digest. They decide about the order and about nothing else, so that what cannot be read or
//! written there is no error.

use std::{collections::BTreeMap, env, fs, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

use crate::{
    config::Config,
    features::Planned,
    run::{ScenarioRun, Truth},
    steps::Value,
};

/// How much of what a sentence may wait for is taken for its time, where nobody has measured it.
const SHARE_OF_WAIT: u32 = 4;
/// How long a sentence takes of which nothing is known.
const SENTENCE: Duration = Duration::from_millis(200);

/// How long scenarios took the last time that they passed.
#[derive(Debug, Clone, Default)]
pub(super) struct Durations {
    file: Option<Utf8PathBuf>,
    /// Milliseconds, by digest.
    taken: BTreeMap<String, u64>,
}

impl Durations {
    /// Those of a project; none if nobody has kept any.
    #[must_use]
    pub(super) fn of_project(config: &Config) -> Self {
        let Some(folder) = cache() else { return Self::default() };
        let here = env::current_dir().ok().and_then(|here| Utf8PathBuf::from_path_buf(here).ok());
        let Some(root) = here.map(|here| here.join(&config.root)) else { return Self::default() };
        let root = root.canonicalize_utf8().unwrap_or(root);
        let name = format!("{}.json", digest(&[root.as_str()]));
        let file = folder.join("seaworthy/durations").join(name);
        Self::read(file)
    }

    fn read(file: Utf8PathBuf) -> Self {
        let taken = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { taken: taken.unwrap_or_default(), file: Some(file) }
    }

    /// How long a scenario is expected to take: as long as before, or by what its sentences may wait.
    #[must_use]
    pub(super) fn of(&self, planned: &Planned) -> Duration {
        let path = planned.source.path().as_str();
        if let Some(taken) = self.taken.get(&key(path, &planned.name, &planned.environments)) {
            return Duration::from_millis(*taken);
        }
        let waits = planned.matches.iter().map(|found| {
            let spans = found.arguments.values.iter().filter_map(|value| match value {
                Value::Duration(span) => Some(*span),
                _ => None,
            });
            let longest = spans.chain(found.arguments.within).max().unwrap_or_default();
            SENTENCE + longest / SHARE_OF_WAIT
        });
        waits.sum()
    }

    /// Keeps those of a run beside those of others.
    pub(super) fn keep(mut self, scenarios: &[ScenarioRun]) {
        let Some(file) = self.file.take() else { return };
        let observed = scenarios.iter().filter(|run| {
            run.truth == Truth::Observed && run.outcome == crate::run::Outcome::Passed
        });
        let before = self.taken.clone();
        for run in observed {
            let taken = u64::try_from(run.duration.as_millis()).unwrap_or(u64::MAX);
            self.taken.insert(key(run.source.path().as_str(), &run.name, &run.environments), taken);
        }
        if self.taken == before {
            return;
        }
        let Ok(text) = serde_json::to_vec(&self.taken) else { return };
        let _not_kept = write(&file, &text);
    }
}

/// Writes a file whole or not at all: two runs may end at once.
fn write(file: &Utf8Path, text: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let aside = file.with_extension(format!("{}.new", std::process::id()));
    fs::write(&aside, text)?;
    fs::rename(&aside, file).inspect_err(|_| drop(fs::remove_file(&aside)))
}

/// The user's folder for what can be made again.
fn cache() -> Option<Utf8PathBuf> {
    let set = |name| env::var(name).ok().map(Utf8PathBuf::from).filter(|path| path.is_absolute());
    set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))
}

fn key(path: &str, name: &str, environments: &[String]) -> String {
    let mut parts = vec![path, name];
    parts.extend(environments.iter().map(String::as_str));
    digest(&parts)
}

/// Sixteen digits, the same for the same texts.
fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let head =
        hasher.finalize().iter().take(8).fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    format!("{head:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_what_cannot_be_read_is_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = Utf8PathBuf::from_path_buf(folder.path().join("a/b.json")).expect("UTF-8");
        let names = ["development".to_owned()];
        let taken = BTreeMap::from([(key("a.feature", "s", &names), 1500)]);
        let text = serde_json::to_vec(&taken).expect("JSON");
        write(&file, &text).expect("a folder that can be written");
        assert_eq!(Durations::read(file.clone()).taken, taken);
        fs::write(&file, "[]").expect("a file");
        assert!(Durations::read(file).taken.is_empty());
    }

    #[test]
    fn scenarios_of_one_title_are_told_apart_by_file_and_environment() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let keys = [
            key("a.feature", "s", &names(&["dev"])),
            key("b.feature", "s", &names(&["dev"])),
            key("a.feature", "s", &names(&["prod"])),
            key("a.feature", "sdev", &names(&[])),
            key("a.feature", "s", &names(&["de", "v"])),
        ];
        let different: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }
}
