//! What is mounted into each service, at the paths as its containers resolve them.
//!
//! Compose specification, `volumes`, `volumes_from`, `tmpfs`, `use_api_socket`.

use camino::Utf8Path;

pub use super::answers::path::real as resolved;
use super::{Cell, Fact, Row, Topic, answers::services, text};
use crate::compose::{
    Project, Service, VolumeUse,
    journal::Origin,
    tree::{Node, Value},
    values::path::clean,
};

pub(super) const TOPIC: Topic = Topic {
    name: "mounts",
    about: "folders of the host, volumes and temporary file systems in the services",
    columns: &["service", "kind", "source", "path", "mode"],
    keys: &[0, 3],
    key: "volumes",
    sentence: Some("exactly these mounts are in place:"),
    declared: rows,
};

/// A mount in the words of features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// `folder`, `volume`, `tmpfs`, or Compose's word for anything rarer.
    pub kind: String,
    /// `./public`, the volume's key, or nothing.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// `read-only` or `writable`.
    pub mode: &'static str,
    /// The key of the named volume; of one that binds a folder too.
    pub volume: Option<String>,
}

impl Mount {
    fn of(project: &Project, used: &VolumeUse) -> Self {
        let folder = project.folder.as_str();
        let kind = text(used.kind.as_ref());
        let source = text(used.source.as_ref());
        let read_only = used.read_only.as_ref().is_some_and(|read_only| read_only.value);
        let volume = (kind == "volume" && !source.is_empty()).then(|| source.to_owned());
        let disguised = volume.as_ref().and_then(|_| bound(project, source));
        let read_only = read_only || disguised.as_ref().is_some_and(|(_, always)| *always);
        let source = disguised.as_ref().map_or(source, |(device, _)| device);
        let bind = kind == "bind" || disguised.is_some();
        Self {
            kind: if bind { "folder" } else { kind }.to_owned(),
            source: if bind { shown(folder, source) } else { source.to_owned() },
            target: resolved(text(used.target.as_ref())),
            mode: mode(!read_only),
            volume,
        }
    }

    /// `folder ./public at /var/www/public (read-only)`.
    #[must_use]
    pub fn told(&self) -> String {
        let what = format!("{} {}", self.kind, self.source);
        format!("{} at {} ({})", what.trim_end(), self.target, self.mode)
    }
}

/// The folder that a volume binds by the options of its driver, and whether read-only: a bind mount
/// in disguise.
///
/// Docker documentation, "docker volume create", driver-specific options: those of mount(8). What
/// binds is the flag in `o` alone; `type: none` without it is refused by the kernel.
pub fn binding<'o>(
    driver: Option<&str>,
    option: impl Fn(&str) -> Option<&'o str>,
) -> Option<(&'o str, bool)> {
    let flags = option("o").unwrap_or_default();
    let has = |wanted: &[&str]| flags.split(',').any(|flag| wanted.contains(&flag));
    let local = matches!(driver, None | Some("" | "local"));
    let device = option("device").filter(|device| !device.is_empty())?;
    (local && has(&["bind", "rbind"])).then(|| (device, has(&["ro"])))
}

/// The same of a volume of the files.
#[must_use]
pub fn bound_by(volume: &Node) -> Option<(&str, bool)> {
    let driver = volume.get("driver").and_then(Node::as_str);
    binding(driver, |option| volume.at(&["driver_opts", option])?.as_str())
}

/// The same of a volume by its key, as a path from the root.
#[must_use]
pub fn bound(project: &Project, volume: &str) -> Option<(String, bool)> {
    let (device, read_only) = bound_by(project.at(&["volumes", volume])?)?;
    let device = Utf8Path::new(&project.folder).join(device);
    Some((clean(device.as_str()), read_only))
}

/// The word of tables for whether something can be written.
#[must_use]
pub const fn mode(writable: bool) -> &'static str {
    if writable { "writable" } else { "read-only" }
}

/// A path of the project as features write it: `./public`; one outside stays as it is.
#[must_use]
pub fn shown(folder: impl AsRef<std::path::Path>, path: &str) -> String {
    match Utf8Path::new(path).strip_prefix(folder) {
        Ok(rest) => format!("./{rest}"),
        Err(_) => path.to_owned(),
    }
}

/// Every mount of a service with its place: its own, `tmpfs:` among them, the engine's socket where
/// it asks for that, and what it takes over from other services.
#[must_use]
pub fn of(project: &Project, name: &str) -> Vec<(Mount, Origin)> {
    let Some(service) = project.services.get(name) else { return Vec::new() };
    let mut all = inherited(project, name, &mut vec![name.to_owned()]);
    // Its own hide what others mount at the same path.
    for (mount, origin) in own(project, service).into_iter().chain(socket(project, name)) {
        all.retain(|(other, _)| other.target != mount.target);
        all.push((mount, origin));
    }
    all
}

/// What a service takes over by `volumes_from`: all that the engine mounts in the other by
/// `volumes`, and what that takes over itself. The engine hands no `tmpfs:` on.
fn inherited(project: &Project, name: &str, known: &mut Vec<String>) -> Vec<(Mount, Origin)> {
    let mut all: Vec<(Mount, Origin)> = Vec::new();
    for (source, origin) in sources(project, name) {
        let (other, access) = source.split_once(':').unwrap_or((source, ""));
        let Some(service) = project.services.get(other).filter(|_| other != "container") else {
            continue;
        };
        // Compose refuses a circle.
        if known.iter().any(|known| known == other) {
            continue;
        }
        known.push(other.to_owned());
        let mut theirs = inherited(project, other, known);
        known.pop();
        for used in &service.volumes {
            let mount = Mount::of(project, used);
            theirs.retain(|(other, _)| other.target != mount.target);
            theirs.push((mount, origin));
        }
        theirs.extend(socket(project, other));
        for (mut mount, _) in theirs {
            if access == "ro" {
                mount.mode = mode(false);
            }
            all.retain(|(other, _)| other.target != mount.target);
            all.push((mount, origin));
        }
    }
    all
}

/// What stands in `volumes_from` of a service.
fn sources<'p>(project: &'p Project, name: &str) -> impl Iterator<Item = (&'p str, Origin)> {
    let from = project.at(&["services", name, "volumes_from"]).and_then(Node::as_sequence);
    let from = from.unwrap_or_default().iter();
    from.filter_map(|node| Some((node.as_str()?, node.origin)))
}

/// Where a service takes over the mounts of a container that is not of these files, which nobody
/// knows by them, and why.
#[must_use]
pub fn unknown(project: &Project, name: &str) -> Option<(String, Origin)> {
    let mut open = vec![name];
    let mut at = 0;
    while let Some(name) = open.get(at).copied() {
        for (source, origin) in sources(project, name) {
            let other = source.split(':').next().unwrap_or_default();
            if other == "container" {
                return Some((format!("it takes over what {source} mounts"), origin));
            }
            if !open.contains(&other) {
                open.push(other);
            }
        }
        at += 1;
    }
    None
}

/// The engine's socket, which Compose mounts for `use_api_socket` from where it speaks to the engine
/// itself: by default here.
fn socket(project: &Project, name: &str) -> Option<(Mount, Origin)> {
    const SOCKET: &str = "/var/run/docker.sock";
    let asked = project.at(&["services", name, "use_api_socket"])?;
    let mount = Mount {
        kind: "folder".into(),
        source: SOCKET.into(),
        target: resolved(SOCKET),
        mode: mode(true),
        volume: None,
    };
    matches!(asked.value, Value::Bool(true)).then_some((mount, asked.origin))
}

/// The mounts that a service declares itself.
fn own(project: &Project, service: &Service) -> Vec<(Mount, Origin)> {
    let volumes = service.volumes.iter().map(|used| (Mount::of(project, used), used.origin));
    let tmpfs = service.tmpfs.iter().map(|entry| {
        let (target, options) = entry.split_once(':').unwrap_or((entry, ""));
        let mount = Mount {
            kind: "tmpfs".into(),
            source: String::new(),
            target: resolved(target),
            mode: mode(!options.split(',').any(|option| option == "ro")),
            volume: None,
        };
        (mount, entry.origin)
    });
    volumes.chain(tmpfs).collect()
}

/// Every mount of every service.
#[must_use]
pub fn declared(project: &Project) -> Vec<Fact<Mount>> {
    let mut facts = Vec::new();
    for (name, _) in services::made(project) {
        for (value, origin) in of(project, name) {
            let at = Some(super::at(origin, project, name, "volumes"));
            facts.push(Fact { subject: name.clone(), value, shown: String::new(), at });
        }
    }
    facts
}

/// Every mount as a row, and one for what nobody knows of a service.
fn rows(project: &Project) -> Vec<Row> {
    let unknown = services::made(project).filter_map(|(name, _)| {
        let (why, origin) = unknown(project, name)?;
        let cells = vec![Cell::Unknown(why); TOPIC.columns.len() - 1];
        Some(Row::new(name, cells, Some(super::at(origin, project, name, "volumes_from"))))
    });
    declared(project).iter().map(row).chain(unknown).collect()
}

/// A fact as a row of the table.
#[must_use]
pub fn row(fact: &Fact<Mount>) -> Row {
    let Mount { kind, source, target, mode, .. } = &fact.value;
    let cells = [kind, source, target, *mode];
    Row { shown: fact.shown.clone(), ..Row::new(&fact.subject, cells, fact.at) }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::lines, *};

    #[test]
    fn paths_are_shown_from_the_folder_of_the_project() {
        assert_eq!(shown("/srv/shop", "/srv/shop"), "./");
        assert_eq!(shown("/srv/shop", "/srv/shop/public"), "./public");
        assert_eq!(shown("/srv/shop", "/var/run/docker.sock"), "/var/run/docker.sock");
    }

    #[test]
    fn paths_are_resolved_as_a_container_does() {
        for (written, is) in [
            ("/", "/"),
            ("/data/", "/data"),
            ("/a/../b//c", "/b/c"),
            ("/var/run", "/run"),
            ("/var/run/docker.sock", "/run/docker.sock"),
            ("/var/lock/x", "/run/lock/x"),
            ("/var/running", "/var/running"),
        ] {
            assert_eq!(resolved(written), is, "{written}");
        }
    }

    #[test]
    fn what_others_mount_is_mounted_where_it_is_taken_over() {
        let text = "services:\n  a:\n    image: a\n    volumes_from: ['b:ro', c]\n    volumes: ['other:/own']\n  b:\n    image: b\n    tmpfs: [/tmp]\n    volumes: ['data:/data', '/etc:/host', 'data:/own']\n    volumes_from: [c]\n  c: {image: c, volumes: ['more:/more']}\n  d: {image: d, read_only: true, use_api_socket: true}\n  e: {image: e, read_only: true, volumes_from: ['container:x:ro']}\n  f: {provider: {type: p}, volumes: ['data:/d']}\nvolumes: {data: , other: , more: }\n";
        let of_a: Vec<String> =
            lines("mounts", text).into_iter().filter(|line| line.starts_with("| a")).collect();
        assert_eq!(
            of_a,
            [
                "| a | volume | data | /data | read-only |",
                "| a | folder | ./etc | /host | read-only |",
                "| a | volume | more | /more | writable |",
                "| a | volume | other | /own | writable |",
            ]
        );
        let rest = lines("mounts", text);
        assert!(rest.contains(
            &"| d | folder | /var/run/docker.sock | /run/docker.sock | writable |".to_owned()
        ));
        assert!(rest.contains(&"| e | ? | ? | ? | ? |".to_owned()), "{rest:?}");
        assert!(!rest.iter().any(|line| line.starts_with("| f")), "{rest:?}");
        let writable = lines("writable", text);
        for line in ["| a | /more |", "| a | /own |", "| d | /run/docker.sock |", "| e | ? |"] {
            assert!(writable.contains(&line.to_owned()), "{line}: {writable:?}");
        }
        assert!(!writable.contains(&"| a | /data |".to_owned()), "{writable:?}");
    }

    #[test]
    fn mounts_are_told_in_every_spelling() {
        let text = "services:\n  a:\n    image: a\n    tmpfs: ['/tmp:size=1m', '/run/a/:ro']\n    volumes:\n      - ./public:/var/www:ro\n      - data:/data/\n      - /cache\n      - {type: tmpfs, target: /var/run/x}\nvolumes: {data: }\n";
        assert_eq!(
            lines("mounts", text),
            [
                "| a | folder | ./public | /var/www | read-only |",
                "| a | volume | data | /data | writable |",
                "| a | volume |  | /cache | writable |",
                "| a | tmpfs |  | /run/x | writable |",
                "| a | tmpfs |  | /tmp | writable |",
                "| a | tmpfs |  | /run/a | read-only |",
            ]
        );
        assert_eq!(
            lines("writable", text),
            ["| a | / |", "| a | /data |", "| a | /cache |", "| a | /run/x |", "| a | /tmp |"]
        );
    }

    #[test]
    fn a_volume_that_binds_a_folder_is_that_folder() {
        let text = "services:\n  a:\n    image: a\n    volumes: ['bound:/a', 'shut:/b', 'plain:/c', 'nfs:/d', 'none:/e', 'whole:/f', 'their:/g']\nvolumes:\n  bound: {driver_opts: {type: none, o: bind, device: /srv/data}}\n  shut: {driver_opts: {type: none, o: 'ro,bind', device: /srv/shut}}\n  plain:\n  nfs: {driver_opts: {type: nfs, o: addr=x, device: ':/x'}}\n  none: {driver_opts: {type: none, device: /srv/none}}\n  whole: {driver: local, driver_opts: {o: 'rbind,rslave', device: ./whole}}\n  their: {driver: theirs, driver_opts: {o: bind, device: /srv/x}}\n";
        assert_eq!(
            lines("mounts", text),
            [
                "| a | folder | ./srv/data | /a | writable |",
                "| a | folder | ./srv/shut | /b | read-only |",
                "| a | volume | plain | /c | writable |",
                "| a | volume | nfs | /d | writable |",
                "| a | volume | none | /e | writable |",
                "| a | folder | ./whole | /f | writable |",
                "| a | volume | their | /g | writable |",
            ]
        );
    }
}
