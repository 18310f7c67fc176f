//! The limits that the kernel enforces on a container, from the files of its control group.
//!
//! Both hierarchies are read: version 1 (a folder for each controller) and version 2
//! (`memory.max`, `cpu.max`, `pids.max`), see cgroups(7). What was asked of the engine says nothing here.

use std::{fs, io, path::Path};

/// What a container may use at most; none is without a limit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Processors.
    pub cpus: Option<f64>,
    /// Processes and threads.
    pub processes: Option<u64>,
    /// Each file that says so, with what it says.
    pub files: Vec<String>,
}

/// Version 1 writes no limit as the largest number of whole pages.
const WITHOUT: u64 = 1 << 62;

/// The limits of the control group of a process.
///
/// # Errors
/// The operating system's, or that the hierarchy is not mounted here.
pub fn of_process(id: i64) -> io::Result<Limits> {
    let groups = fs::read_to_string(format!("/proc/{id}/cgroup"))?;
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let mut limits = Limits::default();
    for (controller, read) in CONTROLLERS {
        let folder = folder(&groups, &mounts, controller).ok_or_else(|| {
            io::Error::other(format!("the {controller} hierarchy is not mounted"))
        })?;
        read(Path::new(&folder), &mut limits)?;
    }
    Ok(limits)
}

type Read = fn(&Path, &mut Limits) -> io::Result<()>;

const CONTROLLERS: [(&str, Read); 3] = [("memory", memory), ("cpu", cpu), ("pids", processes)];

/// The folder of a group by its controller, version 1 before version 2.
fn folder(groups: &str, mounts: &str, controller: &str) -> Option<String> {
    let path = |wanted: &dyn Fn(&str) -> bool| {
        groups.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            wanted(parts.next()?).then(|| parts.next())?
        })
    };
    let mounted = |kind: &str, wanted: &dyn Fn(&str) -> bool| {
        mounts.lines().find_map(|line| {
            let (mount, file_system) = line.split_once(" - ")?;
            let mut mount = mount.split(' ').skip(3);
            let (root, target) = (mount.next()?, mount.next()?);
            let mut file_system = file_system.split(' ');
            let fits = file_system.next()? == kind && wanted(file_system.nth(1)?);
            fits.then(|| (root.to_owned(), target.to_owned()))
        })
    };
    let has = |list: &str| list.split(',').any(|one| one == controller);
    let (path, (root, target)) = match (path(&has), mounted("cgroup", &has)) {
        (Some(path), Some(mount)) => (path, mount),
        _ => (path(&str::is_empty)?, mounted("cgroup2", &|_| true)?),
    };
    // Seen from inside a container the hierarchy begins further down.
    let below = path.strip_prefix(root.trim_end_matches('/')).unwrap_or(path);
    Some(format!("{target}{below}"))
}

/// A file of a group if it is there, noted in the evidence.
fn read(folder: &Path, file: &str, limits: &mut Limits) -> Option<String> {
    let text = fs::read_to_string(folder.join(file)).ok()?.trim().to_owned();
    limits.files.push(format!("{file}: {text}"));
    Some(text)
}

fn missing(folder: &Path, what: &str) -> io::Error {
    io::Error::other(format!("{} has no file of the {what} limit", folder.display()))
}

fn memory(folder: &Path, limits: &mut Limits) -> io::Result<()> {
    let text = read(folder, "memory.max", limits)
        .or_else(|| read(folder, "memory.limit_in_bytes", limits))
        .ok_or_else(|| missing(folder, "memory"))?;
    limits.memory = number(&text)?.filter(|bytes| *bytes < WITHOUT);
    Ok(())
}

/// A number as these files write it; none where they write that there is no limit.
fn number(text: &str) -> io::Result<Option<u64>> {
    match text {
        "max" | "-1" => Ok(None),
        text => text.parse().map(Some).map_err(|why| {
            io::Error::other(format!("a limit is \"{text}\", which is no number: {why}"))
        }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a period are few")]
fn cpu(folder: &Path, limits: &mut Limits) -> io::Result<()> {
    let (quota, period) = if let Some(text) = read(folder, "cpu.max", limits) {
        let (quota, period) = text.split_once(' ').unwrap_or((&text, "100000"));
        (number(quota)?, number(period)?)
    } else {
        let file = |limits: &mut Limits, name: &str| {
            read(folder, name, limits).ok_or_else(|| missing(folder, "CPU"))
        };
        let quota = file(limits, "cpu.cfs_quota_us")?;
        let period = file(limits, "cpu.cfs_period_us")?;
        (number(&quota)?, number(&period)?)
    };
    limits.cpus = match (quota, period) {
        (Some(quota), Some(period)) if quota > 0 && period > 0 => {
            Some(quota as f64 / period as f64)
        }
        _ => None,
    };
    Ok(())
}

fn processes(folder: &Path, limits: &mut Limits) -> io::Result<()> {
    let text = read(folder, "pids.max", limits).ok_or_else(|| missing(folder, "process"))?;
    limits.processes = number(&text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "33 24 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
        34 24 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";
    const V2: &str = "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn a_group_is_found_in_either_hierarchy() {
        let groups = "5:cpu,cpuacct:/docker/a\n4:memory:/docker/a\n0::/docker/a\n";
        assert_eq!(
            folder(groups, V1, "cpu").as_deref(),
            Some("/sys/fs/cgroup/cpu,cpuacct/docker/a")
        );
        assert_eq!(folder(groups, V1, "memory").as_deref(), Some("/sys/fs/cgroup/memory/docker/a"));
        assert_eq!(folder(groups, V1, "pids"), None, "nowhere mounted");
        let slice = "0::/system.slice/docker-a.scope\n";
        assert_eq!(
            folder(slice, V2, "pids").as_deref(),
            Some("/sys/fs/cgroup/system.slice/docker-a.scope")
        );
        let inside = "29 23 0:26 /docker /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(folder("0::/docker/a\n", inside, "cpu").as_deref(), Some("/sys/fs/cgroup/a"));
    }

    #[test]
    fn limits_are_read_from_the_files_of_either_version() {
        let read_all = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().expect("a folder");
            for (name, text) in files {
                fs::write(folder.path().join(name), text).expect("a file");
            }
            let mut limits = Limits::default();
            for (_, read) in CONTROLLERS {
                read(folder.path(), &mut limits)?;
            }
            Ok::<_, io::Error>((limits.memory, limits.cpus, limits.processes))
        };
        let second =
            [("memory.max", "268435456\n"), ("cpu.max", "50000 100000\n"), ("pids.max", "64\n")];
        assert_eq!(read_all(&second).expect("limits"), (Some(268_435_456), Some(0.5), Some(64)));
        let none = [("memory.max", "max\n"), ("cpu.max", "max 100000\n"), ("pids.max", "max\n")];
        assert_eq!(read_all(&none).expect("limits"), (None, None, None));
        let first = [
            ("memory.limit_in_bytes", "9223372036854771712\n"),
            ("cpu.cfs_quota_us", "-1\n"),
            ("cpu.cfs_period_us", "100000\n"),
            ("pids.max", "max\n"),
        ];
        assert_eq!(read_all(&first).expect("limits"), (None, None, None));
        assert!(read_all(&[("memory.max", "max")]).is_err(), "what is not told is no proof");
        for (file, text) in [("memory.max", "much"), ("cpu.max", "half 100000"), ("pids.max", "")] {
            let files = second.map(|(name, own)| (name, if name == file { text } else { own }));
            assert!(read_all(&files).is_err(), "{file}: {text:?} is not none");
        }
        let without_period = first.map(|(name, text)| match name {
            "cpu.cfs_period_us" => ("other", text),
            _ => (name, text),
        });
        assert!(read_all(&without_period).is_err(), "a quota of an unknown period");
    }
}
