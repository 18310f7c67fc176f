//! What of the host's files a project gives to its containers, by any road: bind
//! mounts, volumes that are folders of the host, secrets and configs from files.
//!
//! [`claim`](HostPath::claim) says which rule a path belongs to, so that no path is found twice.

use super::{
    containers::{Container, containers},
    known_paths::{self, Claim},
};
use crate::{
    compose::{
        Located,
        journal::{Origin, Step, VariableOrigin},
        tree::Node,
        values::path,
    },
    facts::mounts::bound_by,
    policy::Target,
};

/// A file or folder of the host that a container sees.
pub struct HostPath {
    /// The path: cleaned, `/run` for `/var/run`, with `~` for a home that is not known.
    pub path: String,
    /// The path as a message shows it: from the project's folder if it is written so.
    pub shown: String,
    /// Whether a container may write there.
    pub writable: bool,
    /// The service that mounts it itself.
    pub service: Option<String>,
    /// What the finding is about.
    pub subject: String,
    /// Who gives it, as a message begins: `service "web" mounts`.
    pub giver: String,
    /// Where it is written.
    pub origin: Origin,
    /// `shared` and the like; empty if nothing is said.
    pub propagation: Option<(String, Origin)>,
    /// Below the project's own folder, wherever that is.
    own: bool,
    /// Handed over as a secret or config, which is the way to hand over one file.
    handed_over: bool,
}

impl HostPath {
    /// Which rule the path belongs to.
    pub fn claim(&self) -> Claim {
        if let Some(what) = known_paths::socket(&self.path) {
            return Claim::Socket(what);
        }
        if self.own || self.handed_over && !known_paths::is_account_file(&self.path) {
            return Claim::Own;
        }
        known_paths::claim(&self.path, self.writable)
    }

    /// How a container may use it.
    pub fn mode(&self) -> &'static str {
        if self.writable { "writable" } else { "read-only" }
    }
}

/// All of them: by service, then by volume, then by secret and config.
pub fn host_paths(target: &Target) -> Vec<HostPath> {
    let mut found = Vec::new();
    for container in containers(target) {
        for mount in container.items("volumes") {
            found.extend(bind(target, &container, mount));
        }
    }
    if let Some(volumes) = target.project.at(&["volumes"]).and_then(Node::as_mapping) {
        found.extend(volumes.iter().filter_map(|(name, node)| volume(target, name, node)));
    }
    for (section, word, files) in [
        ("secrets", "secret", &target.project.secrets),
        ("configs", "config", &target.project.configs),
    ] {
        for (name, object) in files {
            let Some(file) = &object.file else { continue };
            found.push(HostPath {
                path: home(target, file),
                shown: shown(target, file),
                writable: false,
                service: None,
                subject: format!("{section}.{name}.file"),
                giver: format!("{word} \"{name}\" gives"),
                origin: file.origin,
                propagation: None,
                own: is_own(target, file.origin, &file.value),
                handed_over: true,
            });
        }
    }
    found
}

fn text(node: &Node, key: &str) -> Option<Located<String>> {
    let node = node.get(key)?;
    Some(Located { value: node.as_str()?.to_owned(), origin: node.origin })
}

fn bind(target: &Target, container: &Container<'_>, mount: &Node) -> Option<HostPath> {
    let kind = mount.get("type").and_then(Node::as_str);
    if !matches!(kind, Some("bind" | "npipe")) {
        return None;
    }
    let source = text(mount, "source").filter(|source| !source.value.is_empty())?;
    let at = mount.get("target").and_then(Node::as_str).unwrap_or_default();
    let read_only = super::containers::is_true(mount.get("read_only"));
    let propagation = mount.get("bind").and_then(|bind| text(bind, "propagation"));
    Some(HostPath {
        path: home(target, &source),
        shown: shown(target, &source),
        writable: !read_only,
        service: Some(container.name.to_owned()),
        subject: container.subject(&format!("volumes[{at}]")),
        giver: format!("service \"{}\" mounts", container.name),
        own: is_own(target, source.origin, &source.value),
        origin: source.origin,
        propagation: propagation.map(|mode| (mode.value, mode.origin)),
        handed_over: false,
    })
}

/// A volume of the driver `local` whose device is a folder of the host.
fn volume(target: &Target, name: &str, node: &Node) -> Option<HostPath> {
    let (_, read_only) = bound_by(node)?;
    let options = node.get("driver_opts")?;
    let folder = text(options, "device")?;
    let flags = options.get("o").and_then(Node::as_str).unwrap_or_default();
    let mut mounts = target.project.services.values().flat_map(|service| &service.volumes);
    let written_to = mounts.any(|mount| {
        mount.source.as_ref().is_some_and(|source| source.value == name)
            && mount.read_only.is_none_or(|read_only| !read_only.value)
    });
    let modes = ["shared", "rshared", "slave", "rslave"];
    let propagation = modes.into_iter().find(|mode| flags.split(',').any(|flag| flag == *mode));
    let said_at = options.get("o").map_or(folder.origin, |flags| flags.origin);
    Some(HostPath {
        path: home(target, &folder),
        shown: shown(target, &folder),
        writable: !read_only && written_to,
        service: None,
        subject: format!("volumes.{name}.driver_opts.device"),
        giver: format!("volume \"{name}\" is"),
        own: is_own(target, folder.origin, &folder.value),
        origin: folder.origin,
        propagation: propagation.map(|mode| (mode.to_owned(), said_at)),
        handed_over: false,
    })
}

/// The text of a value as it is written, quotes aside.
fn written(target: &Target, origin: Origin) -> &str {
    target.journal().text(origin.place).trim_start_matches(['"', '\''])
}

/// The path that is meant; one in a home folder keeps its `~`, since homes differ from machine to machine.
fn home(target: &Target, source: &Located<String>) -> String {
    match written(target, source.origin).strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', ':', '"', '\'']) => {
            let rest = rest.split([':', '"', '\'']).next().unwrap_or_default();
            known_paths::normal(&format!("~{rest}"))
        }
        _ => known_paths::normal(&source.value),
    }
}

/// Whether a path is written from the project's folder.
fn is_relative(target: &Target, origin: Origin) -> bool {
    let text = written(target, origin);
    let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    !text.starts_with(['/', '~', '$', '\\']) && !drive
}

/// Whether a path is the project's own folder or below it.
fn is_inside(target: &Target, path: &str) -> bool {
    let folder = target.project.folder.as_str();
    let rest = path.strip_prefix(folder);
    folder != "/" && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path as people know it: messages are the same on every machine where the project is.
pub fn shown(target: &Target, source: &Located<String>) -> String {
    let home = home(target, source);
    if home.starts_with('~') {
        return home;
    }
    let inside = is_inside(target, &source.value) || is_relative(target, source.origin);
    match path::rel(&target.project.folder, &source.value) {
        Ok(relative) if inside && relative.starts_with("..") => relative,
        Ok(relative) if inside && relative != "." => format!("./{relative}"),
        Ok(relative) if inside => relative,
        _ => source.value.clone(),
    }
}

/// Whether a path is the project's own: written from the project's folder, below it, or made of a
/// variable that is not set here, of which nothing can be said.
fn is_own(target: &Target, origin: Origin, path: &str) -> bool {
    let unknown = target
        .journal()
        .steps(origin)
        .iter()
        .any(|step| matches!(step, Step::Variable { from: VariableOrigin::Unset, .. }));
    let from_home = written(target, origin).starts_with('~');
    is_relative(target, origin) || !from_home && is_inside(target, path) || unknown
}
