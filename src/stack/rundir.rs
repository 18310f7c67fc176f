//! The folder of a run: what must outlive a crash so that somebody else can clean up.
//!
//! It holds the generated Compose override and the originals of edited files. A lock on
//! the folder says that its run is alive; a folder without a lock is a leftover that the
//! watchdog or `seaworthy gc` puts right with [`RunDir::put_back`] and removes.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    sync::{Mutex, PoisonError},
};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};

const OVERRIDE: &str = "override.yml";
const LOCK: &str = "lock";
/// Beside an original `NAME` stands `NAME.path` with the place it belongs to.
const PLACE: &str = "path";

/// The folder of a run.
#[derive(Debug)]
pub struct RunDir {
    path: Utf8PathBuf,
    /// Held, never read: the lock ends with the file.
    _lock: Option<File>,
    /// Locks on the files that are edited, held likewise.
    edited: Mutex<BTreeMap<Utf8PathBuf, File>>,
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
        Ok(Self { path, _lock: Some(lock), edited: Mutex::default() })
    }

    /// The folder of an earlier run, which may no longer exist.
    #[must_use]
    pub fn of(project: &str) -> Self {
        Self { path: home().join(project), _lock: None, edited: Mutex::default() }
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
        let count = fs::read_dir(&self.path)?.count();
        let folder = self.path.join(format!("scratch-{count}"));
        fs::create_dir(&folder)?;
        Ok(folder)
    }

    /// Keeps the original of a file that is about to be edited.
    ///
    /// The place is written last: an original without a place was never needed.
    /// While another run edits the file, which is then no original, this is
    /// [`io::ErrorKind::WouldBlock`].
    pub fn keep_original(&self, file: &Utf8Path) -> io::Result<()> {
        let file = file.canonicalize_utf8()?;
        let mut edited = self.edited.lock().unwrap_or_else(PoisonError::into_inner);
        if edited.contains_key(&file) {
            return Ok(());
        }
        let lock = File::open(&file)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        edited.insert(file.clone(), lock);
        let count = fs::read_dir(&self.path)?.count();
        let original = self.path.join(format!("original-{count}"));
        fs::copy(&file, &original)?;
        fs::write(original.with_extension(PLACE), file.as_str())
    }

    /// Puts every edited file back as it was. Returns the files it wrote.
    pub fn put_back(&self) -> io::Result<Vec<Utf8PathBuf>> {
        let mut restored = Vec::new();
        let Ok(entries) = fs::read_dir(&self.path) else { return Ok(restored) };
        for entry in entries {
            let Ok(place) = Utf8PathBuf::from_path_buf(entry?.path()) else { continue };
            if place.extension() != Some(PLACE) {
                continue;
            }
            let file = Utf8PathBuf::from(fs::read_to_string(&place)?);
            let original = place.with_extension("");
            fs::write(&file, fs::read(&original)?)?;
            fs::remove_file(&place)?;
            fs::remove_file(&original)?;
            restored.push(file);
        }
        self.edited.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(restored)
    }

    /// Removes the folder. Call [`RunDir::put_back`] first.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_file_is_put_back_by_whoever_finds_the_folder() {
        let project = format!("seaworthy-unit-{}", std::process::id());
        let folder = RunDir::create(&project).expect("a folder");
        let file = home().join(format!("{project}.txt"));
        fs::write(&file, "before").expect("a file");
        folder.keep_original(&file).expect("an original");
        fs::write(&file, "after").expect("an edit");
        assert!(RunDir::of(&project).is_alive());
        drop(folder);

        let leftover = RunDir::of(&project);
        assert!(!leftover.is_alive());
        assert_eq!(leftover.put_back().expect("restored").len(), 1);
        assert_eq!(fs::read_to_string(&file).expect("the file"), "before");
        leftover.remove().expect("removed");
        assert!(!RunDir::all().contains(&project));
        fs::remove_file(file).expect("cleaned up");
    }
}
