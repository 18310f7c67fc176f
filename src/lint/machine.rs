//! What of a finding must be the same on every machine: what it is about, and in which file.
//!
//! A path that came out of a variable is called by the variable, and a file that lies outside
//! the repository by its name: where either is, differs from machine to machine.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::settings::of_process;
use crate::{
    compose::{
        dotenv,
        journal::{FileId, Journal, VariableOrigin},
    },
    findings::seen_from,
    outside::repository,
};

/// The paths that variables put into a project, the longest first, each with the variable.
pub struct Paths(Vec<(String, String)>);

impl Paths {
    /// Those of a project.
    pub fn of(journal: &Journal) -> Self {
        let mut found: Vec<(String, String)> = Vec::new();
        let mut seen = BTreeSet::new();
        for (name, from) in journal.variables() {
            let at = match from {
                VariableOrigin::EnvFile(at) => {
                    Some((at.file().map(FileId::number), at.span().start))
                }
                _ => None,
            };
            if !seen.insert((name, at)) {
                continue;
            }
            let value = match from {
                VariableOrigin::Shell => of_process(name),
                VariableOrigin::EnvFile(at) => {
                    let text = journal.text(*at);
                    let entries = dotenv::parse(text, &mut of_process).unwrap_or_default();
                    entries.into_iter().next().and_then(|entry| entry.value)
                }
                VariableOrigin::Compose if name == "PWD" => {
                    let here = std::env::current_dir().ok();
                    here.map(|here| here.to_string_lossy().into_owned())
                }
                // What the files say is the same everywhere.
                _ => None,
            };
            let path = value.map(|value| value.trim_end_matches('/').to_owned());
            found.extend(
                path.filter(|path| path.len() > 1 && path.starts_with('/'))
                    .map(|path| (path, format!("${{{name}}}"))),
            );
        }
        found.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        found.dedup();
        Self(found)
    }

    /// What a finding is about, without them.
    pub fn named(&self, subject: &str) -> String {
        self.0
            .iter()
            .fold(subject.to_owned(), |subject, (path, name)| replaced(&subject, path, name))
    }
}

/// A text with a path called by its name, where the path stands as a whole or leads on.
fn replaced(text: &str, path: &str, name: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(path) {
        let (before, behind) = (&rest[..at], &rest[at + path.len()..]);
        let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
        // `volumes./home/me` is a path behind the dot of a subject.
        let begins = !before.ends_with(|letter| letter != '.' && part(letter) || letter == '/');
        let ends = !behind.starts_with(part);
        done.push_str(before);
        done.push_str(if begins && ends { name } else { path });
        rest = behind;
    }
    done + rest
}

/// A file as its project's folder sees it; the same wherever the project lies.
pub fn file(file: &Utf8Path, files: &[Utf8PathBuf], here: &Utf8Path) -> String {
    let first = files.first().map(|first| here.join(first));
    let folder = first.as_deref().and_then(Utf8Path::parent).unwrap_or(here);
    let file = here.join(file);
    let seen = seen_from(&file, folder);
    if seen.starts_with("..") && !file.starts_with(repository(folder)) {
        let top = folder.ancestors().all(|above| !above.join(".git").exists());
        // Without a repository, what lies beside the project may move with it.
        let beside = folder.parent().is_some_and(|above| file.parent() == Some(above));
        if !(top && beside) {
            return format!("outside/{}", file.file_name().unwrap_or_default());
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_variable_is_called_by_it_where_it_stands_whole() {
        let paths = Paths(vec![("/home/me".into(), "${HOME}".into())]);
        assert_eq!(paths.named("volumes[/home/me/x]"), "volumes[${HOME}/x]");
        assert_eq!(paths.named("services.a.volumes[/home/me]"), "services.a.volumes[${HOME}]");
        assert_eq!(paths.named("volumes./home/me"), "volumes.${HOME}");
        for other in ["volumes[/home/meadow]", "volumes[/srv/home/me]", "volumes[/data]"] {
            assert_eq!(paths.named(other), other);
        }
    }

    #[test]
    fn a_file_outside_is_called_by_its_name_and_one_inside_by_its_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = Utf8Path::from_path(folder.path()).expect("UTF-8");
        std::fs::create_dir_all(top.join("a/.git")).expect("a folder");
        std::fs::create_dir_all(top.join("a/b")).expect("a folder");
        let files = [top.join("a/b/compose.yaml")];
        let seen = |path: &str| file(&top.join(path), &files, top);
        assert_eq!(seen("a/b/more.yaml"), "more.yaml");
        assert_eq!(seen("a/shared.yaml"), "../shared.yaml");
        assert_eq!(seen("elsewhere/x.yaml"), "outside/x.yaml");
        assert_eq!(file("-".into(), &["-".into()], top), "-");
    }
}
