//! The settings of a project: the section `lint:` of its configuration, with the rules it names.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{UnknownRule, discover::clean, rule};
use crate::{
    config::{
        Config,
        lint::{Level, Setting},
    },
    diagnostic::{Diagnostic, Label},
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
    /// Where the configuration names it.
    pub baseline_at: Option<Label>,
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
            baseline_at: config.named_at(&["lint", "baseline"]),
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
        let patterns: Vec<Utf8PathBuf> =
            lint.exclude.iter().map(|(path, _)| clean(&root.join(path))).collect();
        let left_out = LeftOut::of(patterns.iter().map(Utf8PathBuf::as_path));
        settled.left_out = left_out.map_err(|why| {
            let title = format!("lint.exclude cannot be understood: {why}");
            let place = lint.exclude.first().map_or(0..0, |(_, span)| span.clone());
            Box::new(Diagnostic::error(title).at(source, place, "").help("write a plain path"))
        })?;
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
pub struct LeftOut(Option<Gitignore>);

impl LeftOut {
    /// What some patterns stand for; absolute.
    fn of<'p>(patterns: impl Iterator<Item = &'p Utf8Path>) -> Result<Self, ignore::Error> {
        let mut all = GitignoreBuilder::new("/");
        for pattern in patterns {
            all.add_line(None, &line(pattern))?;
        }
        all.build().map(|all| Self(Some(all)))
    }

    /// Whether a file is left out, by itself or with a folder that it is in; absolute.
    #[must_use]
    pub fn has(&self, file: &Utf8Path) -> bool {
        let Some(patterns) = &self.0 else { return false };
        patterns.matched_path_or_any_parents(clean(file), false).is_ignore()
    }
}

/// A path as a line of a `.gitignore` in which stars alone are more than letters.
fn line(path: &Utf8Path) -> String {
    let mut line = String::with_capacity(path.as_str().len());
    for letter in path.as_str().chars() {
        if matches!(letter, '?' | '[' | ']' | '{' | '}' | '\\' | ' ') {
            line.push('\\');
        }
        line.push(letter);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_left_out_with_its_folder_or_by_a_pattern() {
        let has = |pattern: &str, path: &str| {
            let left_out = LeftOut::of(std::iter::once(Utf8Path::new(pattern)));
            left_out.expect("a pattern").has(Utf8Path::new(path))
        };
        assert!(has("/r/examples", "/r/examples/a/compose.yaml"));
        assert!(has("/r/a/compose.yaml", "/r/b/../a/compose.yaml"));
        assert!(has("/r/**/compose.local.yaml", "/r/compose.local.yaml"));
        assert!(has("/r/**/compose.local.yaml", "/r/a/b/compose.local.yaml"));
        assert!(has("/r/*/compose.*.yaml", "/r/a/compose.dev.yaml"));
        assert!(has("/r/a**", "/r/ab/compose.yaml"));
        assert!(has("/r/app/[id]/{a} \\!?", "/r/app/[id]/{a} \\!?/compose.yaml"));
        assert!(has("/", "/compose.yaml"));
        for (pattern, path) in [
            ("/r/examples", "/r/examples2/compose.yaml"),
            ("/r/*/compose.*.yaml", "/r/compose.dev.yaml"),
            ("/r/*/compose.*.yaml", "/r/a/b/compose.dev.yaml"),
            ("/r/a/compose.yaml", "/r/a/compose.yml"),
            ("/r/ab*ba", "/r/aba"),
            ("/r/[ab]", "/r/a/compose.yaml"),
            ("/r/{a,b}", "/r/a/compose.yaml"),
            ("/r/?", "/r/a/compose.yaml"),
            ("/r/a", "/x/r/a"),
        ] {
            assert!(!has(pattern, path), "{pattern} {path}");
        }
    }
}
