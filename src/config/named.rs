//! Where the configuration names files and folders, so that one that is not there is told at its
//! name.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::nodes::{self, Node, Value, text};
use crate::{
    diagnostic::Label,
    source::{Source, Span},
};

/// The section of the environments, and that of the stand-in images.
const SECTIONS: [&str; 2] = ["environments", "stand_ins"];

/// Keys of an environment that name Compose files, env files, folders and what files are made of.
const KEYS: &[&str] = &["files", "env_files", "stand_ins", "project_directory", "made_from"];

/// The files and folders that environments name, as they are written, each with its place.
pub(super) struct Named {
    source: Arc<Source>,
    environments: Vec<(String, Span, Node)>,
    /// The files of the stand-ins of all environments.
    stand_ins: Vec<Node>,
}

/// Where the value of a key is written, by the keys that lead to it; nothing behind an alias.
pub(super) fn place(source: &Arc<Source>, keys: &[&str]) -> Option<Label> {
    let (section, below) = keys.split_first()?;
    let mut node = nodes::section(source.text(), section)?;
    for key in below {
        let Value::Mapping(entries) = node.value else { return None };
        node = entries.into_iter().find(|(name, ..)| name == key)?.2;
    }
    Some(Label { source: Arc::clone(source), span: node.span, text: "named here".into() })
}

impl Named {
    /// What a configuration names.
    pub(super) fn of(source: &Arc<Source>) -> Self {
        let [environments, stand_ins] =
            SECTIONS.map(|section| match nodes::section(source.text(), section) {
                Some(Node { value: Value::Mapping(entries), .. }) => entries,
                _ => Vec::new(),
            });
        let files = stand_ins.into_iter().find(|(key, ..)| key == "files");
        let stand_ins = match files {
            Some((_, _, Node { value: Value::List(files), .. })) => files,
            _ => Vec::new(),
        };
        Self { source: Arc::clone(source), environments, stand_ins }
    }

    /// What an environment names, the stand-ins of all last; none where it is behind an alias.
    pub(super) fn by(&self, environment: &str) -> Vec<(Utf8PathBuf, Label)> {
        let known = self.environments.iter().find(|(name, ..)| name == environment);
        let Some((_, _, Node { value: Value::Mapping(keys), .. })) = known else {
            return Vec::new();
        };
        let named = keys.iter().filter(|(key, ..)| KEYS.contains(&key.as_str()));
        let items = named.flat_map(|(_, _, node)| match &node.value {
            Value::List(items) => items.iter().collect(),
            Value::Mapping(entries) => entries.iter().map(|(_, _, node)| node).collect(),
            Value::Text(_) => vec![node],
            Value::Other => Vec::new(),
        });
        let label = |node: &Node| {
            let (source, span) = (Arc::clone(&self.source), node.span.clone());
            Some((text(node)?.into(), Label { source, span, text: "named here".into() }))
        };
        items.chain(&self.stand_ins).filter_map(label).collect()
    }
}
