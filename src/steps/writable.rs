//! Where a service can write: read-only root file systems, the closed list of what is writable, and
//! temporary file systems. The kernel's list of mounts says it, and a write proves it.

use camino::Utf8Path;
use rustix::io::Errno;

use super::{
    Arguments, Step, StepResult, World,
    closed::{Row, Subject, compare},
    declared::{key_origin, mounts},
    exceptions::{Fault, settle},
    looks::{Lack, Look, every, unreadable, with_services},
};
use crate::{
    compose::{Project, Service, journal::Origin, tree::Node},
    probe::mountinfo::{self, MountPoint, write_at},
    run::Failure,
    stack::engine::Container,
};

const BOUNDED: &str = "every tmpfs is bounded in size and runs no program";

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "exactly these paths are writable:",
        "Every path of every service that can be written to, / where the root file system can be; a write everywhere else that is mounted fails as read-only. The engine's own (/proc, /sys, /dev, /etc/hosts, /etc/hostname, /etc/resolv.conf) are left out.",
        "exactly these paths are writable:",
    )
    .table(&["service", "path"])
    .declared(writable_by_files)
    .observed(|world, arguments| Box::pin(writable(world, arguments))),
    Step::then(
        BOUNDED,
        "Every tmpfs of a service has a size, and is mounted noexec, nosuid and nodev.",
        BOUNDED,
    )
    .excepts()
    .declared(tmpfs_by_files)
    .observed(|world, arguments| {
        Box::pin(async move {
            let folder = world.folder()?;
            let look = async move |service: &Service, container: &Container| {
                tmpfs(&folder, service, container)
            };
            every(world, arguments, BOUNDED, look).await
        })
    }),
];

/// What the engine mounts into every container.
fn is_engines_own(target: &str) -> bool {
    const FOLDERS: [&str; 3] = ["/proc", "/sys", "/dev"];
    const FILES: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];
    FILES.contains(&target)
        || FOLDERS.iter().any(|folder| {
            target.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

/// The mounts of a container, without those of the engine's own that the files do not speak of.
fn mounted(
    folder: &Utf8Path,
    service: &Service,
    container: &Container,
) -> Result<Vec<MountPoint>, Failure> {
    let listed = mountinfo::of_process(container.pid)
        .map_err(|why| unreadable(container, "/proc/<pid>/mountinfo", &why))?;
    let declared = mounts::all(folder, service);
    let is_declared = |target: &str| {
        declared.iter().any(|(mount, _)| mount.target == target)
            || container.mounts.iter().any(|mount| mount.target == target)
    };
    Ok(listed
        .into_iter()
        .filter(|mount| !is_engines_own(&mount.target) || is_declared(&mount.target))
        .collect())
}

/// The root file system of a container: what the kernel says of it, and what a write comes to.
pub(super) fn root(_: &Service, container: &Container) -> Result<Look, Failure> {
    let mounts = mountinfo::of_process(container.pid)
        .map_err(|why| unreadable(container, "/proc/<pid>/mountinfo", &why))?;
    let root = mounts.iter().find(|mount| mount.target == "/");
    let root =
        root.ok_or_else(|| unreadable(container, "/proc/<pid>/mountinfo", &"it names no root"))?;
    let answer = write_at(container.pid, "/");
    let seen = format!("{}; a write to /: {}", root.shown(), told(answer));
    let found = match answer {
        Err(Errno::ROFS) if !root.is_writable() => None,
        Err(Errno::ROFS) => {
            Some(format!("refuses a write to /, and the mount is writable: {}", root.shown()))
        }
        Ok(()) => Some(format!("has a writable root file system: {}", root.shown())),
        Err(why) => return Err(unreadable(container, "the root file system", &why)),
    };
    let lack = found.map(|found| Lack {
        found,
        key: "read_only",
        help: format!(
            "write `read_only: true` for service \"{}\", and `tmpfs:` for what it must write",
            container.service
        ),
    });
    Ok(Look { seen, lack })
}

fn told(answer: Result<(), Errno>) -> String {
    match answer {
        Ok(()) => "it succeeds".into(),
        Err(why) => std::io::Error::from(why).to_string(),
    }
}

fn writable_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (project, folder) = (world.project()?, world.folder()?);
    let mut there = Vec::new();
    for (name, service) in &project.services {
        if !service.read_only.as_ref().is_some_and(|read_only| read_only.value) {
            let origin = key_origin(&project, name, "read_only");
            there.push(Row { cells: vec![name.clone(), "/".into()], origin });
        }
        let mounts = mounts::all(&folder, service);
        for (mount, origin) in mounts.iter().filter(|(mount, _)| mount.mode == "writable") {
            there.push(Row::new([name, &mount.target], *origin));
        }
    }
    settled(world, &project, arguments, &there)
}

async fn writable(world: &mut World, arguments: &Arguments) -> StepResult {
    let running = world.running()?;
    let project = &running.stack.project;
    let folder = world.folder()?;
    let mut there: Vec<Row> = Vec::new();
    for (service, container) in with_services(project, running.stack.containers().await?) {
        if container.pid == 0 {
            world.saw(container.name.clone(), super::looks::ended(&container).seen);
            continue;
        }
        let mut lines = Vec::new();
        for mount in mounted(&folder, service, &container)? {
            let answer = write_at(container.pid, &mount.target);
            lines.push(format!("{}; a write: {}", mount.shown(), told(answer)));
            let writable = match answer {
                Ok(()) => true,
                Err(Errno::ROFS) => false,
                // The kernel's list has the last word where a write is refused for another reason:
                // a socket cannot be opened, wherever it is mounted.
                Err(why) if mount.is_writable() || why == Errno::NXIO => mount.is_writable(),
                Err(why) => return Err(unreadable(&container, &mount.target, &why)),
            };
            let cells = vec![container.service.clone(), mount.target];
            if writable && !there.iter().any(|row| row.cells == cells) {
                let origin = origin(&folder, service, &cells[1])
                    .or_else(|| key_origin(project, &cells[0], "read_only"));
                there.push(Row { cells, origin });
            }
        }
        world.saw(container.name.clone(), lines.join("\n"));
    }
    settled(world, project, arguments, &there)
}

fn origin(folder: &Utf8Path, service: &Service, target: &str) -> Option<Origin> {
    let mounts = mounts::all(folder, service);
    let found = mounts.iter().find(|(mount, _)| mount.target == target).map(|(_, at)| *at);
    found.filter(|origin| origin.place.file().is_some())
}

fn settled(
    world: &mut World,
    project: &Project,
    arguments: &Arguments,
    there: &[Row],
) -> StepResult {
    let subject = Subject { what: "writable paths", key: "volumes", section: false };
    compare(world, project, &subject, &arguments.rows, there).map_err(|failure| {
        failure.help("mount what need not be written read-only (`:ro`), write `read_only: true` for the service, or document the path here; a path that no file names is a volume of the image: give it a name, or a `tmpfs:`")
    })
}

/// What is wrong with the options of a temporary file system.
fn weak(options: &[String], bounded: bool) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    if !bounded {
        wrong.push("it has no size");
    }
    for (option, what) in [
        ("noexec", "it runs programs"),
        ("nosuid", "it honours set-user-id bits"),
        ("nodev", "it may hold devices"),
    ] {
        if !options.iter().any(|set| set == option) {
            wrong.push(what);
        }
    }
    wrong
}

fn lack(target: &str, wrong: &[&str]) -> Lack {
    Lack {
        found: format!("has a tmpfs at {target}: {}", wrong.join(", ")),
        key: "tmpfs",
        help: format!("write `tmpfs: [\"{target}:size=16m,noexec,nosuid,nodev\"]`"),
    }
}

/// The options that hold for an entry of `tmpfs:`: the engine's own, and those that are written.
fn options_in_force(written: &str) -> (Vec<String>, bool) {
    let mut options: Vec<String> = ["noexec", "nosuid", "nodev"].map(str::to_owned).to_vec();
    let mut bounded = false;
    for option in written.split(',').map(str::trim) {
        match option {
            "exec" | "suid" | "dev" => options.retain(|set| *set != format!("no{option}")),
            option if option.starts_with("no") => options.push(option.to_owned()),
            option => bounded |= option.strip_prefix("size=").is_some_and(|size| size != "0"),
        }
    }
    (options, bounded)
}

fn tmpfs_by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let mut faults = Vec::new();
    for (name, service) in &project.services {
        let mut fault = |target: &str, wrong: &[&str], origin: Origin| {
            if !wrong.is_empty() {
                let Lack { found, help, .. } = lack(target, wrong);
                let found = format!("service \"{name}\" {found}");
                let help = format!("{help} for service \"{name}\"");
                faults.push(Fault { subject: name.clone(), found, origin: Some(origin), help });
            }
        };
        for entry in &service.tmpfs {
            let (target, written) = entry.split_once(':').unwrap_or((entry, ""));
            let (options, bounded) = options_in_force(written);
            fault(target, &weak(&options, bounded), entry.origin);
        }
        let volumes = project.at(&["services", name, "volumes"]).and_then(Node::as_sequence);
        for node in volumes.unwrap_or_default() {
            let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
            if text("type") == "tmpfs" {
                let size = node.at(&["tmpfs", "size"]).is_some_and(|size| !size.is_null());
                // The engine's own options hold for the long form.
                let (options, _) = options_in_force("");
                fault(text("target"), &weak(&options, size), node.origin);
            }
        }
    }
    let judged: Vec<String> = project.services.keys().cloned().collect();
    settle(world, &project, arguments, BOUNDED, &judged, faults)
}

fn tmpfs(folder: &Utf8Path, service: &Service, container: &Container) -> Result<Look, Failure> {
    let mounts = mounted(folder, service, container)?;
    let mounts: Vec<&MountPoint> = mounts.iter().filter(|mount| mount.kind == "tmpfs").collect();
    let lines: Vec<String> = mounts.iter().map(|mount| mount.shown()).collect();
    let seen = if lines.is_empty() { "no tmpfs".to_owned() } else { lines.join("\n") };
    let weak = |mount: &&MountPoint| {
        let bounded = mount.of_file_system.iter().any(|option| option.starts_with("size="));
        let wrong = weak(&mount.options, bounded);
        (!wrong.is_empty()).then(|| lack(&mount.target, &wrong))
    };
    Ok(Look { seen, lack: mounts.iter().find_map(weak) })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_tmpfs_is_as_weak_as_its_options() {
        let wrong = |written: &str| {
            let (options, bounded) = options_in_force(written);
            weak(&options, bounded)
        };
        assert_eq!(wrong("size=1m"), [""; 0]);
        assert_eq!(wrong("mode=1777"), ["it has no size"]);
        assert_eq!(wrong("size=1m,exec,dev"), ["it runs programs", "it may hold devices"]);
    }
}
