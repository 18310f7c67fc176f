//! Environments loaded while their features are read: neither waits for the other.

use std::sync::Arc;

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use rayon::prelude::*;

use super::declared::load_one;
use crate::{compose::Project, config::Config, diagnostic::Diagnostic};

/// What came of an environment's files.
pub(super) type One = Result<Arc<Project>, Vec<Diagnostic>>;

/// Environments that were loaded before it was known which of them scenarios speak of.
#[derive(Debug, Default)]
pub struct Early(IndexMap<String, One>);

impl Early {
    /// Loads the environments of which some feature files seem to speak: those whose names stand in
    /// them. One that is left out, or loaded for nothing, changes no verdict.
    #[must_use]
    pub fn load(config: &Config, features: &[Utf8PathBuf], overlays: &[Utf8PathBuf]) -> Self {
        let texts = features.iter().filter_map(|file| std::fs::read_to_string(file).ok());
        let texts: Vec<String> = texts.collect();
        let is_named = |name: &&String| {
            let word = format!(" {name} ");
            texts.iter().any(|text| text.contains(&word))
        };
        let names: Vec<&String> = config.environments.keys().filter(is_named).collect();
        let load = |name: &&String| {
            ((*name).clone(), load_one(config, name, overlays, None).map(Arc::new))
        };
        Self(names.par_iter().map(load).collect::<Vec<_>>().into_iter().collect())
    }

    /// What came of an environment, if it was loaded.
    pub(super) fn get(&self, name: &str) -> Option<One> {
        self.0.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_features_name_is_loaded() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = camino::Utf8Path::from_path(folder.path()).expect("a path of letters");
        let feature = folder.join("a.feature");
        std::fs::write(&feature, "Feature: f\n  Scenario: s\n    Given the shop environment\n")
            .expect("a file");
        std::fs::write(folder.join("a.yml"), "services: {a: {image: a}}\n").expect("a file");
        let config = format!(
            "environments: {{shop: {{files: [{folder}/a.yml]}}, shops: {{files: [{folder}/b.yml]}}}}"
        );
        let config: Config = serde_yaml::from_str(&config).expect("YAML");
        let early = Early::load(&config, &[feature], &[]);
        assert!(early.get("shop").is_some_and(|one| one.is_ok()));
        assert!(early.get("shops").is_none(), "the features do not name it");
    }
}
