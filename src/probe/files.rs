//! A file of a container, as its processes see it.
//!
//! The engine's archives show what lies on the container's own layers, its volumes and its bind mounts,
//! and nothing of a tmpfs. So the kernel is asked first, through `/proc/<pid>/root`; the engine where
//! that cannot be read and nothing is mounted there that it does not show.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::OwnedFd,
};

use rustix::{
    fs::{FileType, Mode, OFlags, ResolveFlags, fstat, open, openat2},
    io::Errno,
};

use super::ProbeError;
use crate::stack::engine::{Container, ELSEWHERE, Engine, Entry};

/// What the kernel makes up for whoever looks: it is no file of the service.
const MADE_UP: &str = "/proc";

/// What is known of a file or folder; `None` when there is none. A link is followed.
///
/// # Errors
/// The engine's, or that nobody shows what lies there.
pub async fn entry(
    engine: &Engine,
    container: &Container,
    path: &str,
) -> Result<Option<Entry>, ProbeError> {
    let doing = || format!("look at {path} of {}", container.name);
    match by_kernel(container, path, OFlags::PATH) {
        Seen::Nothing => Ok(None),
        Seen::Open(file) => {
            let stat = fstat(&file).map_err(|why| ProbeError::new(doing(), &why))?;
            let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            Ok(Some(Entry {
                kind: if is_folder { "folder" } else { "file" },
                mode: stat.st_mode & 0o7777,
                user: stat.st_uid.into(),
                group: stat.st_gid.into(),
            }))
        }
        Seen::Unread(why) => {
            shown_by_engine(container, path, &why)
                .map_err(|why| ProbeError { doing: doing(), why })?;
            engine.entry(container, path).await.map_err(|why| ProbeError::new(doing(), &why))
        }
    }
}

/// The bytes of a file; `None` when there is none.
///
/// # Errors
/// As for [`entry`].
pub async fn bytes(
    engine: &Engine,
    container: &Container,
    path: &str,
) -> Result<Option<Vec<u8>>, ProbeError> {
    let doing = || format!("read {path} of {}", container.name);
    let failed = |why: &dyn std::error::Error| ProbeError::new(doing(), why);
    match by_kernel(container, path, OFlags::RDONLY | OFlags::NONBLOCK) {
        Seen::Nothing => Ok(None),
        Seen::Open(file) => {
            let stat = fstat(&file).map_err(|why| failed(&why))?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                return Ok(None);
            }
            let mut bytes = Vec::new();
            File::from(file).read_to_end(&mut bytes).map_err(|why| failed(&why))?;
            Ok(Some(bytes))
        }
        Seen::Unread(why) => {
            shown_by_engine(container, path, &why)
                .map_err(|why| ProbeError { doing: doing(), why })?;
            engine.file(container, path).await.map_err(|why| failed(&why))
        }
    }
}

/// What the kernel shows of a path.
enum Seen {
    Open(OwnedFd),
    Nothing,
    /// It cannot be asked, and why.
    Unread(String),
}

fn by_kernel(container: &Container, path: &str, flags: OFlags) -> Seen {
    if container.pid == ELSEWHERE || container.pid == 0 {
        return Seen::Unread("its processes are not on this machine, or have ended".into());
    }
    if is_below(path, MADE_UP) {
        return Seen::Unread("what lies there is made for each process that looks".into());
    }
    match opened(container.pid, path, flags) {
        Ok(file) => Seen::Open(file),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) if is_alive(container.pid) => Seen::Nothing,
        Err(why) => Seen::Unread(io::Error::from(why).to_string()),
    }
}

/// Opens what is at a path, where users are counted as on this machine; others are the engine's to name.
fn opened(pid: i64, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let users =
        std::fs::read_to_string(format!("/proc/{pid}/uid_map")).map_err(|_| Errno::ACCESS)?;
    if users.split_whitespace().take(2).ne(["0", "0"]) {
        return Err(Errno::ACCESS);
    }
    open_in(pid, path, flags)
}

/// Opens a path as a process sees it: links are followed as in its container, never out of it.
pub(super) fn open_in(pid: i64, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let root = format!("/proc/{pid}/root");
    // That the root cannot be entered says nothing of what is in it.
    let root =
        open(root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).map_err(|_| Errno::ACCESS)?;
    let inside = path.trim_start_matches('/');
    let inside = if inside.is_empty() { "." } else { inside };
    openat2(&root, inside, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::IN_ROOT)
}

/// A process that ended meanwhile has no files, and that says nothing of the container's.
fn is_alive(pid: i64) -> bool {
    std::fs::exists(format!("/proc/{pid}/root/.")).unwrap_or_default()
}

/// Refuses what the engine's archives do not show.
fn shown_by_engine(container: &Container, path: &str, why: &str) -> Result<(), String> {
    const KERNELS: [&str; 3] = [MADE_UP, "/sys", "/dev"];
    let tmpfs = container.asked.tmpfs.iter().map(|(target, _)| target.as_str());
    let hidden = KERNELS.into_iter().chain(tmpfs).find(|folder| is_below(path, folder));
    hidden.map_or(Ok(()), |folder| {
        Err(format!(
            "the engine's archives leave out {folder}, and the kernel shows nothing of it: {why}"
        ))
    })
}

fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_a_folder_and_not_below_one_whose_name_it_begins_with() {
        assert!(is_below("/run/x", "/run") && is_below("/run", "/run/") && is_below("/a", "/"));
        assert!(!is_below("/running", "/run") && !is_below("/", "/run"));
    }

    #[test]
    fn what_only_the_kernel_shows_is_not_taken_for_absent() {
        let mut container = Container { pid: ELSEWHERE, ..Container::default() };
        container.asked.tmpfs = vec![("/scratch".into(), String::new())];
        for (path, is_shown) in
            [("/scratch/f", false), ("/proc/1/x", false), ("/dev/shm/x", false), ("/etc/x", true)]
        {
            assert_eq!(shown_by_engine(&container, path, "no").is_ok(), is_shown, "{path}");
        }
    }
}
