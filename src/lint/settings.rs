//! What the variables of Compose say a project is: its files, its profiles, its env files.
//!
//! `COMPOSE_FILE`, `COMPOSE_PATH_SEPARATOR` and `COMPOSE_PROFILES` count from the process, else
//! from the env file; `COMPOSE_ENV_FILES` counts from the process alone, as for Compose.

use camino::{Utf8Path, Utf8PathBuf};

use super::{discover::clean, parts::text_of};
use crate::{compose::dotenv, diagnostic::Label, source::Source};

/// The standard input, as a file is named by it.
pub const STANDARD_INPUT: &str = "-";

/// A variable of the process; one without a value says nothing.
pub fn of_process(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

/// The env files that the process names, absolute.
pub fn env_files(here: &Utf8Path) -> Vec<Utf8PathBuf> {
    let listed = of_process("COMPOSE_ENV_FILES").unwrap_or_default();
    let files = listed.split(',').filter(|file| !file.is_empty());
    files.map(|file| clean(&here.join(file))).collect()
}

/// What env files set, the last word on each name last, each with its place.
pub struct Settings(Vec<(String, String, Label)>);

impl Settings {
    /// Those of some files, in their order; what cannot be read is for the loader to tell.
    pub fn of(files: &[Utf8PathBuf]) -> Self {
        let mut all: Vec<(String, String, Label)> = Vec::new();
        for file in files {
            let Some(text) = text_of(file) else { continue };
            let entries = dotenv::parse_after(&text, &mut of_process, &mut |name| {
                all.iter().rfind(|(known, ..)| known == name).map(|(_, value, _)| value.clone())
            });
            let entries = entries.unwrap_or_default().into_iter();
            let source = Source::new(file, text);
            all.extend(entries.filter_map(|entry| {
                let span = entry.key_span.start..entry.value_span.end;
                let text = "named here".into();
                Some((entry.key, entry.value?, Label { source: source.clone(), span, text }))
            }));
        }
        Self(all)
    }

    /// A variable: the process's word, else that of the files.
    pub fn get(&self, name: &str) -> Option<String> {
        of_process(name).or_else(|| self.in_files(name).map(str::to_owned))
    }

    fn in_files(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|(known, ..)| known == name);
        found.map(|(_, value, _)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Where the env files name the files that they list, as it is seen from a folder.
    pub fn files_named_at(&self, here: &Utf8Path) -> Option<Label> {
        let found = self.0.iter().rfind(|(known, ..)| known == "COMPOSE_FILE");
        let (.., Label { source, span, text }) = found?;
        let path = source.path().strip_prefix(here).unwrap_or(source.path());
        let source = Source::new(path, source.text());
        Some(Label { source, span: span.clone(), text: text.clone() })
    }

    /// The profiles that `COMPOSE_PROFILES` enables.
    pub fn profiles(&self) -> Option<Vec<String>> {
        let listed = self.get("COMPOSE_PROFILES")?;
        let names = listed.split(',').map(str::trim).filter(|name| !name.is_empty());
        Some(names.map(str::to_owned).collect::<Vec<_>>()).filter(|names| !names.is_empty())
    }

    /// The files that the env file of a folder lists, absolute.
    pub fn files_in(&self, folder: &Utf8Path) -> Option<Vec<Utf8PathBuf>> {
        self.list(self.in_files("COMPOSE_FILE")?, folder)
    }

    /// The files that the process lists, else the env file of the folder; absolute.
    pub fn files(&self, folder: &Utf8Path) -> Option<Vec<Utf8PathBuf>> {
        self.list(&self.get("COMPOSE_FILE")?, folder)
    }

    fn list(&self, text: &str, folder: &Utf8Path) -> Option<Vec<Utf8PathBuf>> {
        let separator = self.get("COMPOSE_PATH_SEPARATOR").unwrap_or_else(|| ":".into());
        let names = text.split(separator.as_str()).map(str::trim).filter(|name| !name.is_empty());
        let full = |name: &str| match name {
            STANDARD_INPUT => STANDARD_INPUT.into(),
            name => clean(&folder.join(name)),
        };
        Some(names.map(full).collect::<Vec<_>>()).filter(|files| !files.is_empty())
    }
}

/// The env files that count for a project that is called in a folder and whose first file lies in
/// another: what the former says comes last, and so counts.
pub fn env_files_of(folder: &Utf8Path, files: &[Utf8PathBuf]) -> Vec<Utf8PathBuf> {
    let beside = files.first().and_then(|file| file.parent()).filter(|other| *other != folder);
    let Some(beside) = beside else { return Vec::new() };
    let all = [beside, folder].map(|folder| folder.join(".env"));
    all.into_iter().filter(|file| file.is_file()).collect()
}
