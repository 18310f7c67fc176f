//! Where the configuration names the files of its environments, so that one that is not there is
//! told at its name.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::nodes::{self, Node, Value, text};
use crate::{
    diagnostic::Label,
    source::{Source, Span},
};

/// The section of the environments.
const SECTION: &str = "environments";

/// The files and env files that an environment names, as they are written, each with its place.
pub(super) struct Named {
    source: Arc<Source>,
    environments: Vec<(String, Span, Node)>,
}

impl Named {
    /// What a configuration names.
    pub(super) fn of(source: &Arc<Source>) -> Self {
        let environments = match nodes::section(source.text(), SECTION) {
            Some(Node { value: Value::Mapping(environments), .. }) => environments,
            _ => Vec::new(),
        };
        Self { source: Arc::clone(source), environments }
    }

    /// The files of an environment; none where they are behind an alias.
    pub(super) fn by(&self, environment: &str) -> Vec<(Utf8PathBuf, Label)> {
        let known = self.environments.iter().find(|(name, ..)| name == environment);
        let Some((_, _, Node { value: Value::Mapping(keys), .. })) = known else {
            return Vec::new();
        };
        let lists = keys.iter().filter(|(key, ..)| matches!(key.as_str(), "files" | "env_files"));
        let items = lists.flat_map(|(_, _, node)| match &node.value {
            Value::List(items) => items.as_slice(),
            _ => &[],
        });
        let label = |node: &Node| {
            let (source, span) = (Arc::clone(&self.source), node.span.clone());
            Some((text(node)?.into(), Label { source, span, text: "named here".into() }))
        };
        items.filter_map(label).collect()
    }
}
