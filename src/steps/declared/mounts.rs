//! Mounts as the files declare them.

use camino::Utf8Path;

use super::{point, point_key, service, shown, written};
use crate::{
    compose::{Service, VolumeUse, journal::Origin},
    run::Failure,
    steps::{Arguments, StepResult, World},
};

/// A mount in the words of features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::steps) struct Mount {
    /// `folder`, `volume`, `tmpfs`, or Compose's word for anything rarer.
    pub kind: String,
    /// `./public`, the volume's key, or nothing.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// `read-only` or `writable`.
    pub mode: &'static str,
}

impl Mount {
    fn of(folder: &Utf8Path, used: &VolumeUse) -> Self {
        let text = |value: Option<&crate::compose::Located<String>>| {
            value.map(|value| value.value.clone()).unwrap_or_default()
        };
        let kind = text(used.kind.as_ref());
        let source = text(used.source.as_ref());
        let target = text(used.target.as_ref());
        let read_only = used.read_only.as_ref().is_some_and(|read_only| read_only.value);
        let bind = kind == "bind";
        Self {
            kind: if bind { "folder".into() } else { kind },
            source: if bind { shown(folder, &source) } else { source },
            target: if target == "/" { target } else { target.trim_end_matches('/').to_owned() },
            mode: if read_only { "read-only" } else { "writable" },
        }
    }

    /// `folder ./public at /var/www/public (read-only)`.
    pub(in crate::steps) fn told(&self) -> String {
        let what = format!("{} {}", self.kind, self.source);
        format!("{} at {} ({})", what.trim_end(), self.target, self.mode)
    }
}

/// Every mount of a service, `tmpfs:` among them, with its place.
pub(in crate::steps) fn all(folder: &Utf8Path, service: &Service) -> Vec<(Mount, Origin)> {
    let volumes = service.volumes.iter().map(|used| (Mount::of(folder, used), used.origin));
    let tmpfs = service.tmpfs.iter().map(|entry| {
        let (target, options) = entry.split_once(':').unwrap_or((entry, ""));
        let read_only = options.split(',').any(|option| option == "ro");
        let mount = Mount {
            kind: "tmpfs".into(),
            source: String::new(),
            target: target.trim_end_matches('/').to_owned(),
            mode: if read_only { "read-only" } else { "writable" },
        };
        (mount, entry.origin)
    });
    volumes.chain(tmpfs).collect()
}

fn judge(world: &mut World, name: &str, wanted: &Mount) -> StepResult {
    let (project, folder) = (world.project()?, world.folder()?);
    let mounts = all(&folder, service(&project, name)?);
    let here: Vec<_> = mounts.iter().filter(|(mount, _)| mount.target == wanted.target).collect();
    if let [(mount, _)] = here[..]
        && mount == wanted
    {
        world.saw(format!("mount of \"{name}\""), mount.told());
        return Ok(());
    }
    let expected = format!("service \"{name}\" mounts {}", wanted.told());
    let Some((first, origin)) = here.iter().find(|(mount, _)| mount != wanted) else {
        let lines: Vec<String> = mounts.iter().map(|(mount, _)| mount.told()).collect();
        let found = format!("nothing is mounted there; mounted are:\n{}", lines.join("\n"));
        let failure = Failure::finding(expected, found.trim_end_matches(":\n").to_owned())
            .help(format!("mount it there: `volumes:` of service \"{name}\""));
        return Err(point_key(&project, name, "volumes", failure));
    };
    let lines: Vec<String> = here.iter().map(|(mount, _)| mount.told()).collect();
    let help = if (&first.kind, &first.source) != (&wanted.kind, &wanted.source) {
        format!("mount {} {} there: `volumes:` of service \"{name}\"", wanted.kind, wanted.source)
    } else if wanted.mode == "writable" {
        "remove `:ro` or `read_only: true` there".to_owned()
    } else {
        "add `:ro` (or `read_only: true`) there".to_owned()
    };
    let failure = Failure::finding(expected, lines.join("\n")).help(help);
    Err(point(&project, *origin, failure))
}

pub(in crate::steps) fn mounts(
    world: &mut World,
    arguments: &Arguments,
    writable: bool,
) -> StepResult {
    let (name, source, target) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let wanted = Mount {
        kind: "folder".into(),
        source: written(&world.folder()?, source),
        target: target.to_owned(),
        mode: if writable { "writable" } else { "read-only" },
    };
    judge(world, name, &wanted)
}

pub(in crate::steps) fn mounts_volume(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, volume, target) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let wanted = Mount {
        kind: "volume".into(),
        source: volume.to_owned(),
        target: target.to_owned(),
        mode: "writable",
    };
    judge(world, name, &wanted)
}
