//! The folder of a run: what must outlive a crash so that somebody else can clean up.
//!
//! It holds the generated Compose override and the views of folders. A lock on the folder says
//! that its run is alive; a folder without a lock is a leftover that the watchdog or
//! `seaworthy gc` removes.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt as _,
};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

use super::isolation;

const OVERRIDE: &str = "override.yml";
const LOCK: &str = "lock";
/// The images of the stack, one a line: one of them can remove what only a container may.
const IMAGES: &str = "images";

/// The folder of a run.
#[derive(Debug)]
pub struct RunDir {
    path: Utf8PathBuf,
    /// Held, never read: the lock ends with the file.
    _lock: Option<File>,
}

/// The folder that holds the folders of all runs of this user.
#[must_use]
pub fn home() -> Utf8PathBuf {
    let temporary =
        Utf8PathBuf::from_path_buf(std::env::temp_dir()).unwrap_or_else(|_| "/tmp".into());
    temporary.join(format!("seaworthy-{}", rustix::process::getuid().as_raw()))
}

impl RunDir {
    /// Makes and locks the folder of a new run.
    pub fn create(project: &str) -> io::Result<Self> {
        let path = home().join(project);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        let lock = File::create(path.join(LOCK))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { path, _lock: Some(lock) })
    }

    /// The folder of an earlier run, which may no longer exist.
    #[must_use]
    pub fn of(project: &str) -> Self {
        Self { path: home().join(project), _lock: None }
    }

    /// The folders of all runs, by project name.
    #[must_use]
    pub fn all() -> Vec<String> {
        let entries = fs::read_dir(home()).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// Whether the run that made it still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let Ok(lock) = File::open(self.path.join(LOCK)) else { return false };
        flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err()
    }

    /// Where the generated Compose override lies.
    #[must_use]
    pub fn override_file(&self) -> Utf8PathBuf {
        self.path.join(OVERRIDE)
    }

    /// A new empty folder in it.
    pub fn scratch(&self) -> io::Result<Utf8PathBuf> {
        let mut count = fs::read_dir(&self.path)?.count();
        // Originals that were put back no longer count, and folders of before keep their numbers.
        loop {
            let folder = self.path.join(format!("scratch-{count}"));
            match fs::create_dir(&folder) {
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => count += 1,
                made => return made.map(|()| folder),
            }
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Remembers the images of the stack.
    pub fn keep_images<'a>(&self, images: impl Iterator<Item = &'a str>) -> io::Result<()> {
        let lines: Vec<&str> = images.collect();
        fs::write(self.path.join(IMAGES), lines.join("\n"))
    }

    /// The images of the stack, as far as the run came.
    #[must_use]
    pub fn images(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path.join(IMAGES)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Takes the views away and removes the folder. No container may use them any more.
    pub fn remove(&self) -> io::Result<()> {
        // Before a single file goes: a view must not lead anywhere while folders are emptied.
        isolation::unmount_below(&self.path)?;
        // The views first: whoever cannot remove them finds the names of the images in the rest.
        for folder in [self.path.join(isolation::VIEWS), self.path.clone()] {
            match fs::remove_dir_all(&folder) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_alive_for_as_long_as_its_run() {
        let project = format!("seaworthy-unit-{}", std::process::id());
        let folder = RunDir::create(&project).expect("a folder");
        folder.keep_images(["a:1", "b:2"].into_iter()).expect("a file");
        assert!(RunDir::of(&project).is_alive());
        drop(folder);

        let leftover = RunDir::of(&project);
        assert!(!leftover.is_alive());
        assert_eq!(leftover.images(), ["a:1", "b:2"]);
        leftover.remove().expect("removed");
        assert!(!RunDir::all().contains(&project));
    }
}
