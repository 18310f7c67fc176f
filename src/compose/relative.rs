//! Phase: relative paths become absolute, from the folder of the project or of the included file.
//!
//! The Compose specification says of each attribute what its paths are relative
//! to; [`PATHS`] has the attributes.

use std::sync::LazyLock;

use super::{
    journal::Journal,
    path::{Table, Trail},
    tree::{Node, Value},
    values::path,
    walk::walk,
};
use crate::diagnostic::Diagnostic;

/// How a path is made absolute.
#[derive(Debug, Clone, Copy)]
enum PathKind {
    /// A path of this machine.
    Path,
    /// A path of this machine, or one that is absolute on Windows.
    AnyPath,
    /// A build context: a path, a URL, or another service.
    Context,
    /// A path to watch, symbolic links resolved.
    Watch,
    /// The source of a bind mount.
    Mount,
    /// The device of a volume of the driver `local` that binds.
    DriverOptions,
}

const PATHS: &[(&str, PathKind)] = &[
    ("services.*.build.context", PathKind::Context),
    ("services.*.build.additional_contexts.*", PathKind::Context),
    ("services.*.build.ssh.*", PathKind::AnyPath),
    ("services.*.env_file.*.path", PathKind::Path),
    ("services.*.label_file.*", PathKind::Path),
    ("services.*.extends.file", PathKind::Path),
    ("services.*.develop.watch.*.path", PathKind::Watch),
    ("services.*.volumes.*", PathKind::Mount),
    ("configs.*.file", PathKind::AnyPath),
    ("secrets.*.file", PathKind::AnyPath),
    ("volumes.*", PathKind::DriverOptions),
];

static TABLE: LazyLock<Table<PathKind>> = LazyLock::new(|| Table::new(PATHS));

/// What relative paths are relative to, and where `~` is.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The folder, absolute.
    pub folder: &'a str,
    /// The home folder, if there is one.
    pub home: Option<&'a str>,
}

impl Base<'_> {
    /// A path of this machine, absolute. The empty path stays empty.
    #[must_use]
    pub fn absolute(self, text: &str) -> String {
        let text = self.expanded(text);
        if text.is_empty() || path::is_abs(&text) { text } else { path::join(self.folder, &text) }
    }

    fn any(self, text: &str) -> String {
        let text = self.expanded(text);
        if path::is_abs(&text) || path::is_windows_abs(&text) {
            text
        } else {
            path::join(self.folder, &text)
        }
    }

    fn expanded(self, text: &str) -> String {
        match (text.strip_prefix('~'), self.home) {
            (Some(rest), Some(home)) => path::join(home, rest),
            _ => text.to_owned(),
        }
    }
}

/// Makes the relative paths of a model absolute.
///
/// # Errors
/// A [`Diagnostic`] for a bind mount without a source.
pub fn resolve(model: &mut Node, base: Base<'_>, journal: &Journal) -> Result<(), Diagnostic> {
    walk(model, &TABLE, &mut |kind, node, trail| one(kind, node, trail, base, journal))
}

fn one(
    kind: PathKind,
    node: &mut Node,
    trail: &Trail<'_>,
    base: Base<'_>,
    journal: &Journal,
) -> Result<(), Diagnostic> {
    match kind {
        PathKind::Path => replace(node, |text| base.absolute(text)),
        PathKind::AnyPath => replace(node, |text| base.any(text)),
        PathKind::Context => replace(node, |text| {
            if is_remote_context(text) { text.to_owned() } else { base.absolute(text) }
        }),
        PathKind::Watch => replace(node, |text| resolve_links(&base.absolute(text))),
        PathKind::Mount => {
            let origin = node.origin;
            let Value::Mapping(mount) = &mut node.value else { return Ok(()) };
            if mount.get("type").and_then(Node::as_str) != Some("bind") {
                return Ok(());
            }
            let Some(source) = mount.get_mut("source") else {
                let title = format!("{trail}: a bind mount without its source");
                return Err(journal
                    .point(Diagnostic::error(title), origin, "")
                    .help("add `source:`, the path on this machine"));
            };
            replace(source, |text| base.any(text));
        }
        PathKind::DriverOptions => {
            let local = node.get("driver").and_then(Node::as_str) == Some("local");
            let binds = node.at(&["driver_opts", "o"]).and_then(Node::as_str) == Some("bind");
            if local && binds {
                let options =
                    node.as_mapping_mut().and_then(|volume| volume.get_mut("driver_opts"));
                let device = options
                    .and_then(Node::as_mapping_mut)
                    .and_then(|options| options.get_mut("device"));
                if let Some(device) = device {
                    replace(device, |text| base.any(text));
                }
            }
        }
    }
    Ok(())
}

fn replace(node: &mut Node, path: impl FnOnce(&str) -> String) {
    if let Value::String(text) = &mut node.value {
        let new = path(text);
        if new != **text {
            *text = new.into();
        }
    }
}

/// A path as it is, or, when it is relative, in a folder.
#[must_use]
pub fn absolute(folder: &str, text: &str) -> String {
    if path::is_abs(text) { text.to_owned() } else { path::join(folder, text) }
}

/// A Git reference, a URL, another service, or a context that only the builder knows.
fn is_remote_context(text: &str) -> bool {
    text.contains("://")
        || ["service:", "github.com/", "git@"].iter().any(|prefix| text.starts_with(prefix))
}

/// The path with its first part that is a symbolic link replaced by what the link points to.
fn resolve_links(text: &str) -> String {
    let mut prefix = String::new();
    for part in text.split('/').filter(|part| !part.is_empty()) {
        prefix = format!("{prefix}/{part}");
        let is_link = std::fs::symlink_metadata(&prefix).is_ok_and(|found| found.is_symlink());
        if is_link && let Ok(target) = std::fs::canonicalize(&prefix) {
            return text.replacen(&prefix, &target.to_string_lossy(), 1);
        }
    }
    text.to_owned()
}
