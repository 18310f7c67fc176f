//! A bounded copy of a folder: the view that can be had everywhere.

use std::{
    fmt,
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::geteuid;

use super::stores;

/// The most that is copied for a run.
pub const MOST_BYTES: u64 = 1 << 30;
/// The most files, folders and links that are copied for a run.
pub const MOST_FILES: u64 = 100_000;

/// What may still be copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    bytes: u64,
    files: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: MOST_BYTES, files: MOST_FILES }
    }
}

/// Why there is no copy.
#[derive(Debug)]
pub(super) enum NoCopy {
    /// It would be more than a run may copy.
    TooLarge,
    /// The operating system's reason, and where.
    Io(Utf8PathBuf, io::Error),
}

impl fmt::Display for NoCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(
                f,
                "it holds more than a run copies ({} MiB, {MOST_FILES} files)",
                MOST_BYTES >> 20
            ),
            Self::Io(path, why) => write!(f, "{path}: {why}"),
        }
    }
}

/// Copies what is at `from` to `to`, which is not there yet: files, folders, links; with modes and
/// times, and as root with owners. Sockets, pipes and devices are left out, and data folders of
/// database servers are left empty. Returns what could not be read, which is missing or empty there.
///
/// `instead` says what stands in the place of a path: a link to another, or nothing.
pub(super) fn copy(
    from: &Utf8Path,
    to: &Utf8Path,
    budget: &mut Budget,
    instead: &dyn Fn(&Utf8Path) -> Instead,
) -> Result<Vec<Utf8PathBuf>, NoCopy> {
    let mut unreadable = Vec::new();
    one(from, to, true, budget, instead, &mut unreadable)?;
    Ok(unreadable)
}

/// What the copy of a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
    /// A copy.
    Copy,
    /// A link to the path itself.
    Link,
    /// Nothing.
    Nothing,
}

fn one(
    from: &Utf8Path,
    to: &Utf8Path,
    top: bool,
    budget: &mut Budget,
    instead: &dyn Fn(&Utf8Path) -> Instead,
    unreadable: &mut Vec<Utf8PathBuf>,
) -> Result<(), NoCopy> {
    let at = |why| NoCopy::Io(from.to_owned(), why);
    match instead(from) {
        Instead::Copy => {}
        Instead::Link => return symlink(from, to).map_err(at),
        Instead::Nothing => return Ok(()),
    }
    let found = match fs::symlink_metadata(from) {
        Ok(found) => found,
        // The real stack may be at work here.
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(at(why)),
    };
    budget.files = budget.files.checked_sub(1).ok_or(NoCopy::TooLarge)?;
    let kind = found.file_type();
    if kind.is_symlink() {
        let target = fs::read_link(from).map_err(at)?;
        symlink(target, to).map_err(at)?;
    } else if kind.is_dir() {
        fs::create_dir(to).map_err(at)?;
        let data = !top && stores::is_not_copied(from);
        match fs::read_dir(from) {
            Ok(entries) if !data => {
                for entry in entries {
                    let name = entry.map_err(at)?.file_name();
                    let Some(name) = name.to_str() else {
                        unreadable.push(from.to_owned());
                        continue;
                    };
                    one(&from.join(name), &to.join(name), false, budget, instead, unreadable)?;
                }
            }
            Ok(_) => {}
            Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
                unreadable.push(from.to_owned());
            }
            Err(why) => return Err(at(why)),
        }
        // Last: without the right to write nothing could be put into it.
        fs::set_permissions(to, fs::Permissions::from_mode(found.mode())).map_err(at)?;
    } else if kind.is_file() {
        budget.bytes = budget.bytes.checked_sub(found.len()).ok_or(NoCopy::TooLarge)?;
        match fs::copy(from, to) {
            Ok(_) => {}
            Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
                let _partial = fs::remove_file(to);
                unreadable.push(from.to_owned());
                return Ok(());
            }
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(why) => return Err(at(why)),
        }
        // What is built by its times is not built anew for being copied.
        if let (Ok(file), Ok(modified)) = (File::open(to), found.modified()) {
            let _kept = file.set_modified(modified);
        }
    } else {
        return Ok(());
    }
    if geteuid().is_root() {
        if kind.is_symlink() {
            std::os::unix::fs::lchown(to, Some(found.uid()), Some(found.gid())).map_err(at)?;
        } else {
            chown(to, Some(found.uid()), Some(found.gid())).map_err(at)?;
            // A change of owner takes the set-user-id bit away.
            fs::set_permissions(to, fs::Permissions::from_mode(found.mode())).map_err(at)?;
        }
    }
    Ok(())
}

/// Makes an empty folder with the owner and the mode of another, where that is there.
pub(super) fn empty_like(model: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    if let Ok(found) = fs::metadata(model) {
        if geteuid().is_root() {
            chown(to, Some(found.uid()), Some(found.gid()))?;
        }
        fs::set_permissions(to, fs::Permissions::from_mode(found.mode()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        (folder, path)
    }

    #[test]
    fn a_copy_has_files_links_and_modes_and_no_data_of_stores() {
        let (_keep, root) = folder();
        let from = root.join("from");
        fs::create_dir_all(from.join("pgdata/base")).expect("folders");
        fs::write(from.join("pgdata/PG_VERSION"), "16").expect("a file");
        fs::write(from.join("script"), "x").expect("a file");
        fs::set_permissions(from.join("script"), fs::Permissions::from_mode(0o755)).expect("mode");
        symlink("script", from.join("link")).expect("a link");
        fs::create_dir(from.join("shared")).expect("a folder");

        let to = root.join("to");
        let instead =
            |path: &Utf8Path| if path.ends_with("shared") { Instead::Link } else { Instead::Copy };
        let unreadable = copy(&from, &to, &mut Budget::default(), &instead).expect("a copy");
        assert!(unreadable.is_empty(), "{unreadable:?}");
        assert_eq!(fs::read_dir(to.join("pgdata")).expect("a folder").count(), 0);
        let mode = fs::metadata(to.join("script")).expect("the file").mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(fs::read_link(to.join("link")).expect("a link"), Utf8Path::new("script"));
        assert_eq!(fs::read_link(to.join("shared")).expect("a link"), from.join("shared"));
    }

    #[test]
    fn more_than_a_run_may_copy_is_not_copied() {
        let (_keep, root) = folder();
        let from = root.join("from");
        fs::create_dir(&from).expect("a folder");
        fs::write(from.join("a"), "12345").expect("a file");
        for (bytes, files) in [(4, 9), (9, 1)] {
            let to = root.join(format!("to-{bytes}"));
            let mut budget = Budget { bytes, files };
            let copied = copy(&from, &to, &mut budget, &|_| Instead::Copy);
            assert!(matches!(copied, Err(NoCopy::TooLarge)), "{copied:?}");
        }
    }
}
