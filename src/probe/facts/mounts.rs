//! What is mounted, by the engine's list and the kernel's: mounts, writable paths, and the files of
//! secrets and configs.
//!
//! The kernel has the last word on whether a mount is there and can be written to. What it lists and the
//! engine does not know was mounted by hand; below a folder of the host it may be the host's own, and is
//! left out.

use std::{fs, io};

use rustix::io::Errno;

use super::{Kernel, Look, Seen, Undecided};
use crate::{
    compose::Service,
    facts::{
        Cell, Row,
        mounts::{bound, mode, resolved, shown},
    },
    probe::mountinfo::{MountPoint, is_engines_own, write_at},
};

/// A mount of a container.
struct Mounted {
    /// `folder`, `volume`, `tmpfs`, or the engine's word for anything rarer.
    kind: String,
    source: Cell,
    /// As the container's processes reach it.
    target: String,
    writable: bool,
    /// The kernel's word, else the engine's.
    word: String,
    /// The secret or config whose file it is: section and key.
    given: Option<(&'static str, String)>,
    /// Whether the image asks for it, and no file does.
    is_images: bool,
}

/// A path as the container's processes reach it.
fn inside(kernel: Option<&Kernel>, path: &str) -> String {
    let path = resolved(path);
    kernel.map_or(path.clone(), |kernel| kernel.resolved(&path))
}

/// The kernel's list of a container; none of one that has ended.
fn listed(seen: &Seen) -> Result<Option<Vec<MountPoint>>, Undecided> {
    seen.kernel.as_ref().map(|kernel| kernel.mounts.clone()).transpose()
}

/// The source of a mount in the words of the files.
fn source(
    look: &Look,
    service: Option<&Service>,
    kind: &str,
    source: &str,
    target: &str,
) -> String {
    if kind == "volume" {
        return look.volume(source);
    }
    // Declared through a link of this host, it is the same folder.
    let written = service.into_iter().flat_map(|service| &service.volumes).find(|used| {
        used.target.as_ref().is_some_and(|written| resolved(written) == resolved(target))
    });
    let written = written.and_then(|used| {
        let source = used.source.as_ref()?.as_str();
        let volume = used.kind.as_ref().is_some_and(|kind| kind.value == "volume");
        let device = bound(&look.project, source).filter(|_| volume);
        Some(device.map_or_else(|| source.to_owned(), |(device, _)| device))
    });
    let same = written
        .filter(|written| fs::canonicalize(written).is_ok_and(|real| real.as_os_str() == source));
    shown(&look.project.folder, same.as_deref().unwrap_or(source))
}

/// Whether an engine's name of a volume is one that it made up.
fn is_anonymous(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn mounted(look: &Look, seen: &Seen, points: Option<Vec<MountPoint>>) -> Vec<Mounted> {
    let container = &seen.container;
    let service = look.service(&container.service);
    let kernel = seen.kernel.as_ref();
    let declared: Vec<String> = service
        .into_iter()
        .flat_map(|service| service.volumes.iter().filter_map(|used| used.target.as_ref()))
        .map(|target| resolved(target))
        .collect();
    let by_engine = container.mounts.iter().map(|mount| {
        (mount.kind.clone(), mount.source.clone(), mount.target.clone(), mount.writable)
    });
    let tmpfs = container
        .asked
        .tmpfs
        .iter()
        .filter(|(target, _)| !container.mounts.iter().any(|mount| mount.target == *target));
    let tmpfs = tmpfs.map(|(target, options)| {
        let writable = !options.split(',').any(|option| option == "ro");
        ("tmpfs".to_owned(), String::new(), target.clone(), writable)
    });
    let (mut all, mut targets) = (Vec::new(), Vec::new());
    for (kind, from, target, asked) in by_engine.chain(tmpfs) {
        let at = inside(kernel, &target);
        targets.push((at.clone(), kind == "bind"));
        let (writable, word) = match &points {
            None => (asked, format!("{kind} {from} at {target}; writable: {asked}")),
            Some(points) => match points.iter().find(|point| point.target == at) {
                Some(point) => (point.is_writable(), point.shown()),
                // Somebody has unmounted it.
                None => continue,
            },
        };
        let is_declared = declared.contains(&resolved(&target));
        let anonymous = kind == "volume" && is_anonymous(&from);
        let of_image = |path: &String| resolved(path) == resolved(&target);
        let image = seen.image.iter().any(|image| image.volumes.iter().any(of_image));
        // A volume that the engine binds to a folder is that folder.
        let folder = look.bound.get(&from).filter(|_| kind == "volume");
        let word = match folder {
            Some(folder) => format!("{word}; volume {from} binds {folder}"),
            None => word,
        };
        all.push(Mounted {
            given: if is_declared || kind != "bind" {
                None
            } else {
                look.given_by(&container.service, &from, &target)
            },
            is_images: anonymous && !is_declared && image,
            source: match (kind.as_str(), folder) {
                ("tmpfs", _) => String::new().into(),
                ("volume", _) if anonymous => String::new().into(),
                ("volume", Some(folder)) => source(look, service, "bind", folder, &target).into(),
                (kind, _) => source(look, service, kind, &from, &target).into(),
            },
            kind: if kind == "bind" || folder.is_some() { "folder".to_owned() } else { kind },
            target: at,
            writable,
            word,
        });
    }
    for point in points.into_iter().flatten() {
        let is_known = targets.iter().any(|(target, bind)| {
            let below = point.target.strip_prefix(target.as_str());
            below.is_some_and(|rest| rest.is_empty() || *bind && rest.starts_with('/'))
        });
        if point.target == "/" || is_known || is_engines_own(&point.target) {
            continue;
        }
        all.push(Mounted {
            kind: if point.kind == "tmpfs" { "tmpfs" } else { "folder" }.to_owned(),
            source: Cell::Unknown("the kernel alone lists it, and no engine made it".into()),
            writable: point.is_writable(),
            word: point.shown(),
            target: point.target,
            given: None,
            is_images: false,
        });
    }
    all
}

/// The mounts of services, but for the files of secrets and configs and what images ask for.
fn every(look: &Look) -> Result<Vec<(&Seen, Mounted)>, Undecided> {
    let mut all = Vec::new();
    for seen in look.crews() {
        let mounted = mounted(look, seen, listed(seen)?).into_iter();
        let own = mounted.filter(|mount| mount.given.is_none() && !mount.is_images);
        all.extend(own.map(|mount| (seen, mount)));
    }
    Ok(all)
}

fn row(look: &Look, seen: &Seen, cells: Vec<Cell>, target: &str, word: &str) -> Row {
    let service = &seen.container.service;
    let used = look.service(service).and_then(|service| {
        let is_here = |written: &str| inside(seen.kernel.as_ref(), written) == target;
        let volume = service
            .volumes
            .iter()
            .find(|used| used.target.as_ref().is_some_and(|written| is_here(written)));
        let tmpfs = service.tmpfs.iter().find(|entry| {
            is_here(entry.split_once(':').map_or(entry.as_str(), |(target, _)| target))
        });
        volume.map(|used| used.origin).or(tmpfs.map(|entry| entry.origin))
    });
    let at = used.filter(|origin| origin.place.file().is_some());
    let at = at.or_else(|| look.place(service, &["volumes", "tmpfs"]));
    Row { shown: seen.says(word), ..Row::new(service, cells, at) }
}

fn told(look: &Look, seen: &Seen, mount: Mounted) -> Row {
    let Mounted { kind, source, target, writable, word, .. } = mount;
    let cells = vec![kind.into(), source, target.as_str().into(), mode(writable).into()];
    row(look, seen, cells, &target, &word)
}

pub(super) fn rows(look: &Look) -> Result<Vec<Row>, Undecided> {
    let rows = every(look)?.into_iter().map(|(seen, mount)| told(look, seen, mount));
    Ok(rows.collect())
}

/// Everything that is mounted in one container, the files of secrets and configs and what the image asks
/// for among them. Where the kernel's list is not shown to us it is the engine's, which a write must
/// bear out.
#[must_use]
pub fn mounts_of(look: &Look, seen: &Seen) -> Vec<Row> {
    let points = listed(seen).unwrap_or_default();
    mounted(look, seen, points).into_iter().map(|mount| told(look, seen, mount)).collect()
}

/// A path as the processes of a container reach it.
#[must_use]
pub fn path_in(seen: &Seen, path: &str) -> String {
    inside(seen.kernel.as_ref(), path)
}

pub(super) fn writable(look: &Look) -> Result<Vec<Row>, Undecided> {
    let mut rows = Vec::new();
    for seen in look.crews() {
        let (writable, word) = if let Some(points) = listed(seen)? {
            let root = points.iter().find(|point| point.target == "/");
            let root = root.ok_or_else(|| {
                let tried = format!("read the mounts of {}", seen.container.name);
                Undecided::new(tried, "the kernel's list names no root")
            })?;
            (root.is_writable(), root.shown())
        } else {
            let read_only = seen.container.asked.read_only;
            (!read_only, format!("ReadonlyRootfs: {read_only}"))
        };
        if writable {
            let at = look.place(&seen.container.service, &["read_only"]);
            let row = Row::new(&seen.container.service, ["/"], at);
            rows.push(Row { shown: seen.says(&word), ..row });
        }
    }
    for (seen, mount) in every(look)?.into_iter().filter(|(_, mount)| mount.writable) {
        let cells = vec![mount.target.as_str().into()];
        rows.push(row(look, seen, cells, &mount.target, &mount.word));
    }
    Ok(rows)
}

/// The paths in a column of declared rows, as a container of the service resolves them.
pub(super) fn resolve(look: &Look, mut rows: Vec<Row>, column: usize) -> Vec<Row> {
    for row in &mut rows {
        let mut crew = look.crews().filter(|seen| seen.container.service == row.subject);
        let kernel = crew.find_map(|seen| seen.kernel.as_ref());
        if let Some(Cell::Known(path)) = row.value.get_mut(column) {
            *path = inside(kernel, path);
        }
    }
    rows
}

/// What a write to a path of a container came to.
fn told_write(answer: Result<(), Errno>) -> String {
    match answer {
        Ok(()) => "it succeeds".into(),
        Err(why) => io::Error::from(why).to_string(),
    }
}

/// Why something of a container cannot be read by us.
fn unreadable(seen: &Seen, what: &str, why: &dyn std::fmt::Display) -> Undecided {
    Undecided::new(format!("read {what} of {}", seen.container.name), why.to_string())
        .help("run as root, on the engine's own machine")
}

/// Whether the root file system of a container can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// It cannot, and a write fails for that reason.
    ReadOnly,
    /// It can; in the words of who lists it, if they say more.
    Writable(String),
    /// A write fails as on a read-only mount, and the kernel lists it as writable.
    Refusing(String),
}

/// The root file system of a container, and whose word that is: the kernel's, borne out by a write, or of
/// one that has ended the engine's.
///
/// # Errors
/// [`Undecided`] when the kernel shows us neither.
pub fn root_of(seen: &Seen) -> Result<(Root, String), Undecided> {
    let Some(points) = listed(seen)? else {
        let read_only = seen.container.asked.read_only;
        let root = if read_only { Root::ReadOnly } else { Root::Writable(String::new()) };
        return Ok((root, format!("ReadonlyRootfs: {read_only}")));
    };
    let root = points.iter().find(|point| point.target == "/");
    let root =
        root.ok_or_else(|| unreadable(seen, "/proc/<pid>/mountinfo", &"it names no root"))?;
    let answer = write_at(seen.container.pid, "/");
    let word = root.shown();
    let shown = format!("{word}; a write to /: {}", told_write(answer));
    let root = match answer {
        Err(Errno::ROFS) if !root.is_writable() => Root::ReadOnly,
        Err(Errno::ROFS) => Root::Refusing(word),
        Ok(()) => Root::Writable(word),
        Err(why) => return Err(unreadable(seen, "the root file system", &why)),
    };
    Ok((root, shown))
}

/// What the kernel lists of a container, without the engine's own that no file speaks of; nothing of one
/// that has ended.
///
/// # Errors
/// [`Undecided`] when the kernel does not show us its list.
pub fn points_of(look: &Look, seen: &Seen) -> Result<Option<Vec<MountPoint>>, Undecided> {
    let Some(mut points) = listed(seen)? else { return Ok(None) };
    let mounts = mounted(look, seen, Some(points.clone()));
    let is_spoken_of = |target: &str| mounts.iter().any(|mount| mount.target == target);
    points.retain(|point| !is_engines_own(&point.target) || is_spoken_of(&point.target));
    Ok(Some(points))
}

/// The paths of a container that can be written to, by a write to each that the kernel lists, and a line on
/// every one of them. The engine's own that no file speaks of are left out. One that has ended is told by
/// what it was created with.
///
/// # Errors
/// [`Undecided`] when the kernel shows us neither.
pub fn writable_of(look: &Look, seen: &Seen) -> Result<(Vec<Row>, Vec<String>), Undecided> {
    let service = &seen.container.service;
    let fact = |target: &str, word: &str| match target {
        "/" => {
            let at = look.place(service, &["read_only"]);
            Row { shown: seen.says(word), ..Row::new(service, ["/"], at) }
        }
        target => row(look, seen, vec![target.into()], target, word),
    };
    let Some(points) = points_of(look, seen)? else {
        let read_only = seen.container.asked.read_only;
        let root = (!read_only).then(|| fact("/", &format!("ReadonlyRootfs: {read_only}")));
        let mounts = mounted(look, seen, None);
        let mounts = mounts.iter().filter(|mount| mount.writable && !is_engines_own(&mount.target));
        let mounts = mounts.map(|mount| fact(&mount.target, &mount.word));
        let rows: Vec<Row> = root.into_iter().chain(mounts).collect();
        let lines = rows.iter().map(Row::line).collect();
        return Ok((rows, lines));
    };
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for point in &points {
        let target = point.target.as_str();
        let answer = write_at(seen.container.pid, target);
        let line = format!("{}; a write: {}", point.shown(), told_write(answer));
        let writable = match answer {
            Ok(()) => true,
            Err(Errno::ROFS) => false,
            // The kernel's list has the last word where a write is refused for another reason:
            // a socket cannot be opened, wherever it is mounted.
            Err(why) if point.is_writable() || why == Errno::NXIO => point.is_writable(),
            Err(why) => return Err(unreadable(seen, target, &why)),
        };
        if writable {
            rows.push(fact(target, &line));
        }
        lines.push(line);
    }
    Ok((rows, lines))
}

/// What of a section, `secrets` or `configs`, is where in the containers.
pub(super) fn given(look: &Look, section: &'static str) -> Result<Vec<Row>, Undecided> {
    let mut rows = Vec::new();
    for seen in look.crews() {
        let service = &seen.container.service;
        for mount in mounted(look, seen, listed(seen)?) {
            let Some((_, key)) = mount.given.filter(|(known, _)| *known == section) else {
                continue;
            };
            let row = Row::new(service, [key, mount.target], look.place(service, &[section]));
            rows.push(Row { shown: seen.says(&mount.word), ..row });
        }
        // What has no file of this host was written into the container when it was created.
        for (key, path) in look.copied(service, section) {
            let at = look.place(service, &[section]);
            let path: Cell = match &seen.kernel {
                Some(kernel) if kernel.has(&path)? => inside(Some(kernel), &path).into(),
                Some(_) => continue,
                None => Cell::Unknown("its container has ended: nobody can look into it".into()),
            };
            let row = Row::new(service, [key.into(), path], at);
            rows.push(Row { shown: seen.says("a file of the container"), ..row });
        }
    }
    Ok(rows)
}
