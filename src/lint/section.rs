//! The settings of a project: the section `lint:` of its configuration, with the rules it names.

use std::collections::BTreeMap;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::{UnknownRule, discover::clean, rule};
use crate::{
    config::{
        Config,
        lint::{Level, Setting},
    },
    diagnostic::Diagnostic,
    policy::{self, Profile, Rule, Severity},
};

/// What a project sets.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// Whether the rules for a release judge too.
    pub strict: bool,
    /// Rules that judge whatever their profile, and rules that do not.
    pub switched: BTreeMap<&'static str, bool>,
    /// How bad the findings of rules are.
    pub severities: BTreeMap<&'static str, Severity>,
    /// What is left out.
    pub left_out: LeftOut,
    /// The baseline, absolute.
    pub baseline: Option<Utf8PathBuf>,
    /// From which severity on a finding fails the run.
    pub fail_on: Option<Severity>,
    /// What is worth knowing about the settings.
    pub notes: Vec<Diagnostic>,
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Low => Severity::Low,
        Level::Medium => Severity::Medium,
        Level::High => Severity::High,
        Level::Critical => Severity::Critical,
    }
}

impl Settled {
    /// What a configuration sets.
    ///
    /// # Errors
    /// A [`Diagnostic`] at the name of a rule that does not exist.
    pub fn of(config: &Config, here: &Utf8Path) -> Result<Self, Box<Diagnostic>> {
        let lint = &config.lint;
        let Some(source) = &lint.source else { return Ok(Self::default()) };
        let root = clean(&here.join(&config.root));
        let mut settled = Self {
            strict: lint.strict,
            baseline: lint.baseline.as_ref().map(|file| clean(&root.join(file))),
            fail_on: lint.fail_on.map(severity),
            ..Self::default()
        };
        for switched in &lint.rules {
            let known = rule(&switched.rule).map_err(|UnknownRule { name, help }| {
                let title = format!("lint.rules: there is no rule \"{name}\"");
                Box::new(Diagnostic::error(title).at(source, switched.span.clone(), "").help(help))
            })?;
            settled.switched.insert(known.id, switched.to != Setting::Off);
            if let Setting::As(level) = switched.to {
                settled.severities.insert(known.id, severity(level));
            }
        }
        for (path, span) in &lint.exclude {
            let is_plain = !path.contains('*');
            if is_plain && !root.join(path).exists() {
                let title =
                    format!("lint.exclude: there is no {path}, so that nothing is left out");
                let note = Diagnostic::warning(title).at(source, span.clone(), "");
                settled.notes.push(note.help("correct the path, or remove the line"));
            }
        }
        let patterns = lint.exclude.iter().map(|(path, _)| parts(&clean(&root.join(path))));
        settled.left_out = LeftOut(patterns.collect());
        Ok(settled)
    }

    /// The rules that judge by default here.
    #[must_use]
    pub fn rules(&self, strict: bool) -> Vec<&'static Rule> {
        let strict = strict || self.strict;
        let by_profile = |rule: &Rule| strict || rule.profile == Profile::Default;
        let judges = |rule: &&'static Rule| {
            self.switched.get(rule.id).copied().unwrap_or_else(|| by_profile(rule))
        };
        policy::named().filter(judges).collect()
    }
}

/// Files and folders that are left out.
#[derive(Debug, Clone, Default)]
pub struct LeftOut(Vec<Vec<String>>);

fn parts(path: &Utf8Path) -> Vec<String> {
    let names = path.components().filter_map(|part| match part {
        Utf8Component::Normal(name) => Some(name.to_owned()),
        _ => None,
    });
    names.collect()
}

impl LeftOut {
    /// Whether a file is left out, by itself or with a folder that it is in; absolute.
    #[must_use]
    pub fn has(&self, file: &Utf8Path) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let file = parts(&clean(file));
        self.0.iter().any(|pattern| begins(pattern, &file))
    }
}

/// Whether a pattern stands for a path or a folder above it.
fn begins(pattern: &[String], path: &[String]) -> bool {
    match pattern {
        [] => true,
        [first, rest @ ..] if first == "**" => {
            (0..=path.len()).any(|skipped| begins(rest, &path[skipped..]))
        }
        [first, rest @ ..] => match path {
            [] => false,
            [name, below @ ..] => fits(first, name) && begins(rest, below),
        },
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_left_out_with_its_folder_or_by_a_pattern() {
        let has = |pattern: &str, path: &str| {
            LeftOut(vec![parts(Utf8Path::new(pattern))]).has(Utf8Path::new(path))
        };
        assert!(has("/r/examples", "/r/examples/a/compose.yaml"));
        assert!(has("/r/a/compose.yaml", "/r/b/../a/compose.yaml"));
        assert!(has("/r/**/compose.local.yaml", "/r/compose.local.yaml"));
        assert!(has("/r/**/compose.local.yaml", "/r/a/b/compose.local.yaml"));
        assert!(has("/r/*/compose.*.yaml", "/r/a/compose.dev.yaml"));
        assert!(has("/r/a**", "/r/ab/compose.yaml"));
        for (pattern, path) in [
            ("/r/examples", "/r/examples2/compose.yaml"),
            ("/r/*/compose.*.yaml", "/r/compose.dev.yaml"),
            ("/r/*/compose.*.yaml", "/r/a/b/compose.dev.yaml"),
            ("/r/a/compose.yaml", "/r/a/compose.yml"),
            ("/r/ab*ba", "/r/aba"),
        ] {
            assert!(!has(pattern, path), "{pattern} {path}");
        }
    }
}
