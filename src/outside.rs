//! Which files may be quoted: those of the repository, and those that the user trusts.
//!
//! A gate runs on changes that strangers propose, on machines that hold more than the
//! repository. A file that the project names and that lies elsewhere is read where the model
//! needs it, is named with its place, and is never quoted. What counts is where a file really
//! lies: links are followed. The repository is the nearest folder with `.git` above the
//! project, else that of `seaworthy.yaml`, else the project's own folder.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::{plain, source::Source};

/// The option by which a user trusts a file or a folder.
pub const OPTION: &str = "--trust";

/// What the command line trusts; the same for the whole process.
static TRUSTED: OnceLock<Vec<PathBuf>> = OnceLock::new();

/// Trusts files and folders outside the repository: the user's own word, given once, before
/// anything is read.
pub fn trust(paths: &[Utf8PathBuf]) {
    let real =
        |path: &Utf8PathBuf| path.as_std_path().canonicalize().unwrap_or_else(|_| path.into());
    let _given_once = TRUSTED.set(paths.iter().map(real).collect());
}

/// The folder of the repository that a folder lies in, else the folder itself.
#[must_use]
pub fn repository(folder: &Utf8Path) -> Utf8PathBuf {
    let repository = folder.ancestors().find(|folder| folder.join(".git").exists());
    repository.unwrap_or(folder).to_owned()
}

/// The folder above another, or that one itself, that something says to be a repository.
fn marked(folder: &Utf8Path) -> Option<&Utf8Path> {
    let above = |name: &str| folder.ancestors().find(|folder| folder.join(name).exists());
    above(".git").or_else(|| above("seaworthy.yaml"))
}

/// Whether anything says which repository a folder lies in.
#[must_use]
pub fn is_in_repository(folder: &Utf8Path) -> bool {
    marked(&clean(folder)).is_some()
}

/// The folder within which files may be quoted.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// Where the folder really lies; none where that cannot be told, and then nothing is inside.
    real: Option<PathBuf>,
    /// As it is called.
    called: Utf8PathBuf,
    /// Files that the user named and that nobody would look for within the folder.
    named: Vec<Utf8PathBuf>,
    /// Whether everything is inside.
    open: bool,
    /// Folders, and where their files are read in their place.
    seen_at: Vec<(Utf8PathBuf, Utf8PathBuf)>,
}

impl Bounds {
    /// The repository around a project's folder.
    #[must_use]
    pub fn around(folder: &Utf8Path) -> Self {
        let folder = clean(folder);
        let called = marked(&folder).unwrap_or(&folder);
        Self {
            real: called.as_std_path().canonicalize().ok(),
            called: called.to_owned(),
            named: Vec::new(),
            open: false,
            seen_at: Vec::new(),
        }
    }

    /// Bounds that hold everything: of a text that is no file.
    #[must_use]
    pub fn none() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// Takes files that the user names on the command line for trusted where they are called by
    /// a path outside; a link within the repository is the repository's word.
    pub fn name(&mut self, file: &Utf8Path) {
        let file = clean(file);
        if !file.starts_with(&self.called) {
            self.named.push(file);
        }
    }

    /// Files in these views lie, for whoever asks, where the folders do.
    pub fn see(&mut self, views: Vec<(Utf8PathBuf, Utf8PathBuf)>) {
        self.seen_at = views;
    }

    /// Whether an open file may be quoted; `path` is what it is called by.
    #[must_use]
    pub fn hold(&self, file: &File, path: &Utf8Path) -> bool {
        let named = || {
            let path = clean(path);
            let views = &self.seen_at;
            let rest = |(folder, seen): &(Utf8PathBuf, Utf8PathBuf)| {
                Some(folder.join(path.strip_prefix(seen).ok()?))
            };
            self.named.contains(&views.iter().find_map(rest).unwrap_or(path))
        };
        self.open || !self.named.is_empty() && named() || {
            let real = real_path(file, path.as_std_path());
            real.is_some_and(|real| self.hold_real(&real))
        }
    }

    /// Whether a file, by the path where it really lies, is in the folder itself: what the user trusts
    /// elsewhere may be read, and is not the project's to change.
    #[must_use]
    pub fn are_around(&self, real: &Utf8Path) -> bool {
        self.real.as_deref().is_some_and(|folder| real.as_std_path().starts_with(folder))
    }

    fn hold_real(&self, real: &Path) -> bool {
        let mut views = self.seen_at.iter();
        let real = views
            .find_map(|(folder, seen)| {
                Some(folder.as_std_path().join(real.strip_prefix(seen).ok()?))
            })
            .unwrap_or_else(|| real.to_owned());
        self.real.as_deref().is_some_and(|folder| real.starts_with(folder))
            || TRUSTED
                .get()
                .is_some_and(|trusted| trusted.iter().any(|path| real.starts_with(path)))
    }

    /// Reads a file of the project that sentences or the configuration name. One that lies
    /// outside is not read at all: nothing of it can then be told.
    ///
    /// # Errors
    /// The operating system's; [`io::ErrorKind::PermissionDenied`] in words of our own for a file
    /// outside; [`io::ErrorKind::InvalidData`] when the file is not UTF-8.
    pub fn read(&self, path: impl Into<Utf8PathBuf>) -> io::Result<Arc<Source>> {
        let path = path.into();
        let text = self.read_text(&path)?;
        Ok(Source::new(path, text))
    }

    /// As [`Bounds::read`], the text alone.
    ///
    /// # Errors
    /// As [`Bounds::read`].
    pub fn read_text(&self, path: &Utf8Path) -> io::Result<String> {
        let mut file = plain::open(path)?;
        if !self.hold(&file, path) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "it lies outside the repository {} and is not read: {OPTION} {path} trusts it",
                    self.called
                ),
            ));
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text)
    }
}

/// A path from the root, without detours; links are not followed.
fn clean(path: &Utf8Path) -> Utf8PathBuf {
    let path = if path.as_str().is_empty() { Utf8Path::new(".") } else { path };
    let path = camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned());
    path.components().fold(Utf8PathBuf::new(), |mut cleaned, part| {
        match part {
            Utf8Component::ParentDir => {
                cleaned.pop();
            }
            Utf8Component::CurDir => {}
            part => cleaned.push(part),
        }
        cleaned
    })
}

/// Where an open file really lies: what was opened, whatever its path may mean by now.
fn real_path(file: &File, path: &Path) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
        .ok()
        .filter(|real| real.is_absolute())
        .or_else(|| path.canonicalize().ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_counts_is_where_a_file_really_lies() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs::create_dir_all(top.join("repository/project")).expect("folders");
        // In a working tree of its own, `.git` is a file.
        fs::write(top.join("repository/.git"), "gitdir: elsewhere\n").expect("a file");
        fs::write(top.join("repository/shared.yml"), "in").expect("a file");
        fs::write(top.join("secret"), "out").expect("a file");
        std::os::unix::fs::symlink(top.join("secret"), top.join("repository/project/link"))
            .expect("a link");
        std::os::unix::fs::symlink(top.join("repository"), top.join("other-name")).expect("a link");
        let bounds = Bounds::around(&top.join("repository/project"));
        let read = |path: &str| bounds.read_text(&top.join(path)).map_err(|why| why.to_string());
        assert_eq!(read("repository/shared.yml").as_deref(), Ok("in"));
        assert_eq!(read("repository/project/../shared.yml").as_deref(), Ok("in"));
        assert_eq!(read("other-name/shared.yml").as_deref(), Ok("in"));
        for outside in ["secret", "repository/project/link", "repository/../secret"] {
            let why = read(outside).expect_err(outside);
            assert!(why.contains("outside the repository") && why.contains("--trust"), "{why}");
        }
        let through = Bounds::around(&top.join("other-name/project"));
        assert!(
            through.read_text(&top.join("repository/shared.yml")).is_ok(),
            "a link above the project"
        );
    }

    #[test]
    fn a_file_that_the_user_names_is_trusted_unless_it_is_a_link_of_the_repository() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs::create_dir_all(top.join("project")).expect("folders");
        fs::write(top.join("more.yml"), "").expect("a file");
        std::os::unix::fs::symlink(top.join("more.yml"), top.join("project/link.yml"))
            .expect("a link");
        let mut bounds = Bounds::around(&top.join("project"));
        bounds.name(&top.join("more.yml"));
        bounds.name(&top.join("project/link.yml"));
        assert!(bounds.read_text(&top.join("more.yml")).is_ok());
        assert!(bounds.read_text(&top.join("project/link.yml")).is_err());
    }
}
