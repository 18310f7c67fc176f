//! What is mounted in a container by the kernel's own list, and whether a write there succeeds.
//!
//! Read from `/proc/<pid>/mountinfo` (`proc_pid_mountinfo(5)`). A write goes through
//! `/proc/<pid>/root`, which leads into the container's mounts as its processes see them: it needs
//! no program there, and being root it fails for no other reason than the mount.

use std::{fs, io, path::Path};

use rustix::{
    fs::{AtFlags, Mode, OFlags, ResolveFlags, accessat, open, openat2, unlinkat},
    io::Errno,
};

/// A mount as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPoint {
    /// Where it is in the container.
    pub target: String,
    /// The options of this mount: `ro`, `nosuid`, `noexec`, …
    pub options: Vec<String>,
    /// The kind of file system: `overlay`, `tmpfs`, `ext4`, …
    pub kind: String,
    /// The options of the file system itself: `rw`, `size=1024k`, …
    pub of_file_system: Vec<String>,
}

impl MountPoint {
    /// Whether neither the mount nor its file system is read-only.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        let writable = |options: &[String]| options.iter().any(|option| option == "rw");
        writable(&self.options) && writable(&self.of_file_system)
    }

    /// In one line, in the kernel's words.
    #[must_use]
    pub fn shown(&self) -> String {
        let bounds = self.of_file_system.iter().filter(|option| option.starts_with("size="));
        let options: Vec<&str> = self.options.iter().chain(bounds).map(String::as_str).collect();
        format!("{} {} {}", self.target, self.kind, options.join(","))
    }
}

/// Whether the engine mounts it into every container.
#[must_use]
pub fn is_engines_own(target: &str) -> bool {
    const FOLDERS: [&str; 3] = ["/proc", "/sys", "/dev"];
    // The last is `init: true`, wherever /sbin leads.
    const FILES: [&str; 5] = [
        "/etc/hosts",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/sbin/docker-init",
        "/usr/sbin/docker-init",
    ];
    FILES.contains(&target)
        || FOLDERS.iter().any(|folder| {
            target.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

/// The mounts of a process, what is hidden by a later one left out.
///
/// # Errors
/// The operating system's, or that a line is none.
pub fn of_process(id: i64) -> io::Result<Vec<MountPoint>> {
    parse(&fs::read_to_string(format!("/proc/{id}/mountinfo"))?)
}

fn parse(text: &str) -> io::Result<Vec<MountPoint>> {
    let mut mounts: Vec<MountPoint> = Vec::new();
    for text in text.lines() {
        let mount = line(text).ok_or_else(|| {
            io::Error::other(format!("this line is not as the manual says: {text}"))
        })?;
        mounts.retain(|earlier| earlier.target != mount.target);
        mounts.push(mount);
    }
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    Ok(mounts)
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
fn line(line: &str) -> Option<MountPoint> {
    let (mount, file_system) = line.split_once(" - ")?;
    let mount: Vec<&str> = mount.split(' ').collect();
    let file_system: Vec<&str> = file_system.split(' ').collect();
    let options = |words: &str| words.split(',').map(str::to_owned).collect();
    Some(MountPoint {
        target: unescaped(mount.get(4)?),
        options: options(mount.get(5)?),
        kind: (*file_system.first()?).to_owned(),
        of_file_system: options(file_system.get(2)?),
    })
}

/// The kernel writes blanks, tabs, line ends and backslashes as three octal digits.
fn unescaped(path: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(path.to_owned(), |path, (from, to)| path.replace(from, to))
}

/// Tries to write at a path of a container: a new file without a name in a folder, the file
/// itself otherwise. What is there is not changed.
///
/// # Errors
/// The kernel's answer; [`Errno::ROFS`] is that of a read-only mount.
pub fn write_at(id: i64, target: &str) -> Result<(), Errno> {
    let root = open(format!("/proc/{id}/root"), OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let inside = Path::new(target.trim_start_matches('/'));
    let inside = if inside.as_os_str().is_empty() { Path::new(".") } else { inside };
    let mode = Mode::RUSR | Mode::WUSR;
    let at = |path: &Path, flags: OFlags, mode: Mode| {
        openat2(&root, path, flags | OFlags::CLOEXEC, mode, ResolveFlags::IN_ROOT)
    };
    match at(inside, OFlags::TMPFILE | OFlags::WRONLY, mode) {
        Ok(_) => return Ok(()),
        Err(Errno::NOTDIR) => {
            let opened = at(inside, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty());
            // A program that runs cannot be opened to be written, wherever it lies.
            if matches!(opened, Err(Errno::TXTBSY)) {
                return accessat(&root, inside, rustix::fs::Access::WRITE_OK, AtFlags::EACCESS);
            }
            return opened.map(|_| ());
        }
        // File systems that know no files without a name.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {}
        Err(why) => return Err(why),
    }
    let name = inside.join(format!(".seaworthy-{}", std::process::id()));
    at(&name, OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY, mode)?;
    let folder = at(inside, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())?;
    unlinkat(&folder, name.file_name().unwrap_or_default(), AtFlags::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_the_manual_describes_it() {
        let mounts = parse(
            "36 35 98:0 / / ro,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n\
             40 36 0:5 / /a\\040b rw,nosuid,noexec - tmpfs tmpfs rw,size=1024k,mode=755\n\
             41 36 0:5 / /c rw - ext4 /dev/sda ro\n\
             42 36 0:5 / /c ro - tmpfs tmpfs rw\n",
        )
        .expect("mounts");
        assert!(parse("36 35 98:0 / /\n").is_err(), "what cannot be read is not left out");
        let told: Vec<(String, bool)> =
            mounts.iter().map(|mount| (mount.shown(), mount.is_writable())).collect();
        assert_eq!(
            told,
            [
                ("/ ext3 ro,noatime".to_owned(), false),
                ("/a b tmpfs rw,nosuid,noexec,size=1024k".to_owned(), true),
                ("/c tmpfs ro".to_owned(), false),
            ]
        );
    }

    #[test]
    fn what_the_engine_mounts_everywhere_is_its_own() {
        for own in ["/proc", "/proc/kcore", "/sys/fs/cgroup", "/dev/shm", "/etc/hosts"] {
            assert!(is_engines_own(own), "{own}");
        }
        for other in ["/", "/data", "/process", "/etc/hosts.d", "/run/secrets/key"] {
            assert!(!is_engines_own(other), "{other}");
        }
    }

    #[test]
    fn a_write_leaves_nothing_behind_and_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "as it was").expect("a file");
        let id = i64::from(std::process::id());
        write_at(id, folder.path().to_str().expect("UTF-8")).expect("it can be written to");
        write_at(id, file.to_str().expect("UTF-8")).expect("it can be written to");
        assert_eq!(fs::read_to_string(&file).expect("the file"), "as it was");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
        assert_eq!(write_at(id, "/no/such/path"), Err(Errno::NOENT));
    }
}
