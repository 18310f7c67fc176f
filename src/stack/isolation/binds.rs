//! The folders, files and sockets of the host that the files mount into containers.

use camino::{Utf8Path, Utf8PathBuf};

use crate::compose::{
    Project,
    journal::Origin,
    tree::{Mapping, Node},
};
pub(super) use crate::facts::mounts::bound_by;

/// A bind mount of a service, by its own syntax or by a volume that binds.
#[derive(Debug)]
pub(super) struct Bind<'a> {
    pub(super) service: &'a str,
    /// Where it is written.
    pub(super) origin: Origin,
    /// As declared, absolute.
    pub(super) source: Utf8PathBuf,
    pub(super) target: String,
    pub(super) read_only: bool,
    /// The key of the volume that is a bind mount in disguise.
    pub(super) volume: Option<&'a str>,
}

/// The services of a model by name, as the loader left them.
pub(super) fn services(project: &Project) -> impl Iterator<Item = (&str, &Node)> {
    let services = project.at(&["services"]).and_then(Node::as_mapping);
    services.into_iter().flat_map(Mapping::iter).map(|(key, node)| (&*key.text, node))
}

/// A text at a path of keys.
pub(super) fn text<'a>(node: &'a Node, path: &[&str]) -> Option<&'a str> {
    node.at(path).and_then(Node::as_str)
}

/// Every bind mount of every service.
pub(super) fn all(project: &Project) -> Vec<Bind<'_>> {
    let mut found = Vec::new();
    for (service, node) in services(project) {
        for mount in node.get("volumes").and_then(Node::as_sequence).unwrap_or_default() {
            let source = text(mount, &["source"]).unwrap_or_default();
            let read_only = mount.get("read_only").is_some_and(is_true);
            let (source, read_only, volume) = match text(mount, &["type"]) {
                Some("bind") => (source, read_only, None),
                Some("volume") => {
                    let Some(volume) = project.at(&["volumes", source]) else { continue };
                    let Some((device, always)) = bound_by(volume) else { continue };
                    (device, read_only || always, Some(source))
                }
                _ => continue,
            };
            found.push(Bind {
                service,
                origin: mount.origin,
                source: absolute(project, source),
                target: text(mount, &["target"]).unwrap_or_default().to_owned(),
                read_only,
                volume,
            });
        }
    }
    found
}

pub(super) fn is_true(node: &Node) -> bool {
    matches!(node.value, crate::compose::tree::Value::Bool(true))
}

/// A path of the model from the root: the loader leaves few relative.
pub(super) fn absolute(project: &Project, path: &str) -> Utf8PathBuf {
    let full = Utf8Path::new(&project.folder).join(path);
    crate::compose::values::path::clean(full.as_str()).into()
}

impl Bind<'_> {
    /// As people write it: from the project's folder.
    pub(super) fn shown(&self, project: &Project) -> String {
        shown(project, &self.source)
    }
}

/// A path as people write it: from the project's folder.
pub(super) fn shown(project: &Project, path: &Utf8Path) -> String {
    match path.strip_prefix(&project.folder) {
        Ok(rest) => format!("./{rest}"),
        Err(_) => path.to_string(),
    }
}

/// `file:` of secrets and configs: section, key, path, place.
pub(super) fn file_objects(project: &Project) -> Vec<(&'static str, &str, Utf8PathBuf, Origin)> {
    let mut found = Vec::new();
    for section in ["secrets", "configs"] {
        let objects = project.at(&[section]).and_then(Node::as_mapping);
        for (key, object) in objects.into_iter().flat_map(Mapping::iter) {
            if let Some(file) = object.get("file").filter(|file| file.as_str().is_some()) {
                let path = absolute(project, file.as_str().unwrap_or_default());
                found.push((section, &*key.text, path, file.origin));
            }
        }
    }
    found
}
