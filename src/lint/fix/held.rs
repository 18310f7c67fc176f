//! What fixes promise: nothing is left of the findings, what loaded still loads, and the model is the
//! same but for what the fixes say they change.

use std::{collections::BTreeMap, sync::Arc};

use camino::Utf8PathBuf;

use crate::{
    compose::{
        Project,
        tree::{Mapping, Node, Value},
    },
    findings::{Findings, Found},
    lint::{Asked, discover::Plan, load, run},
    policy::own,
};

/// What some projects are at a moment.
pub(super) struct Held {
    findings: Findings,
    loaded: Vec<Loaded>,
}

struct Loaded {
    name: String,
    refusals: usize,
    tree: Option<(Arc<Node>, Arc<Mapping>)>,
}

type Path = Vec<String>;

impl Held {
    /// What they are now.
    pub(super) fn of(plans: &[Plan], asked: &Asked) -> Self {
        let mut asked = asked.clone();
        // Whether files can be loaded counts whichever rules are selected.
        if !asked.rules.iter().any(|rule| rule.id == own::NOT_LOADABLE.id) {
            asked.rules.push(&own::NOT_LOADABLE);
        }
        let loaded = |plan: &Plan| {
            let load::Read { project, refusal, .. } = load::load(plan, &asked.here);
            Loaded {
                name: plan.name.clone(),
                refusals: refusal.map_or(0, |refusal| refusal.0.len()),
                tree: project.map(|Project { tree, disabled, .. }| (tree, disabled)),
            }
        };
        Self { loaded: plans.iter().map(loaded).collect(), findings: run(plans, &asked) }
    }

    /// Whether another moment, after some findings were mended, is as it should be.
    ///
    /// # Errors
    /// What is not.
    pub(super) fn kept_by(&self, after: &Self, mended: &[&Found]) -> Result<(), String> {
        let touches = self.touches(mended);
        for (old, new) in self.loaded.iter().zip(&after.loaded) {
            if new.refusals > old.refusals || old.tree.is_some() && new.tree.is_none() {
                return Err(format!("{} could no longer be loaded", old.name));
            }
            let (Some((old, unused)), Some((new, unused_now))) = (&old.tree, &new.tree) else {
                continue;
            };
            let mut compared = Compared { touches: &touches, at: Vec::new() };
            compared.nodes(old, new).and_then(|()| {
                compared.at = vec!["services".into()];
                compared.mappings(unused, unused_now)
            })?;
        }
        let (old, new) = (counts(&self.findings), counts(&after.findings));
        let mut gone: BTreeMap<Key, usize> = BTreeMap::new();
        // Of items that a list says twice the loader tells the first: there may be more, and they were
        // counted above.
        for found in mended.iter().filter(|found| found.rule.id != own::NOT_LOADABLE.id) {
            *gone.entry(key(found, &self.findings)).or_default() += 1;
        }
        for (key, gone) in gone {
            let count = |of: &BTreeMap<Key, usize>| of.get(&key).copied().unwrap_or_default();
            if count(&new) > count(&old).saturating_sub(gone) {
                return Err(format!("{} at {} was still there", key.0, key.1));
            }
        }
        Ok(())
    }

    /// What the fixes of some findings may change in any of the projects.
    fn touches(&self, mended: &[&Found]) -> Vec<Path> {
        let place = |found: &Found| {
            let at = self.findings.absolute(found.place.source.path());
            (found.rule.id, at, found.place.span.start, found.place.span.end)
        };
        let places: Vec<_> = mended.iter().map(|found| place(found)).collect();
        let same = self.findings.found.iter().filter(|found| places.contains(&place(found)));
        let all = same.chain(mended.iter().copied()).filter_map(Found::fix);
        all.flat_map(|fix| fix.touches.clone()).collect()
    }
}

type Key = (&'static str, String, Utf8PathBuf);

fn key(found: &Found, findings: &Findings) -> Key {
    let path = findings.absolute(found.place.source.path());
    (found.rule.id, found.subject.clone(), path)
}

fn counts(findings: &Findings) -> BTreeMap<Key, usize> {
    let mut counts = BTreeMap::new();
    for found in &findings.found {
        *counts.entry(key(found, findings)).or_default() += 1;
    }
    counts
}

/// Two models, walked at once.
struct Compared<'t> {
    touches: &'t [Path],
    at: Path,
}

impl Compared<'_> {
    fn nodes(&mut self, old: &Node, new: &Node) -> Result<(), String> {
        if self.touches.iter().any(|path| self.at.starts_with(path)) || old.value.same(&new.value) {
            return Ok(());
        }
        match (&old.value, &new.value) {
            (Value::Mapping(old), Value::Mapping(new)) => self.mappings(old, new),
            _ => self.other(),
        }
    }

    fn mappings(&mut self, old: &Mapping, new: &Mapping) -> Result<(), String> {
        let added = new.iter().filter(|(key, _)| !old.contains(key));
        for (key, _) in old.iter().chain(added) {
            self.at.push(key.text.to_string());
            match (old.get(key), new.get(key)) {
                (Some(old), Some(new)) => self.nodes(old, new)?,
                _ if self.touches.iter().any(|path| self.at.starts_with(path)) => {}
                _ => self.other()?,
            }
            self.at.pop();
        }
        Ok(())
    }

    /// What is not said to change has changed; its value may be a secret.
    fn other(&self) -> Result<(), String> {
        Err(format!("{} would have changed as well", self.at.join(".")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::project::load_text;

    fn compared(old: &str, new: &str, touches: &[&str]) -> Result<(), String> {
        let tree = |text: &str| load_text("compose.yaml", text).expect("a model").model;
        let touches = [touches.iter().map(|&key| key.to_owned()).collect::<Path>()];
        let touches = if touches[0].is_empty() { &touches[..0] } else { &touches[..] };
        Compared { touches, at: Vec::new() }.nodes(&tree(old), &tree(new))
    }

    #[test]
    fn a_change_is_told_by_its_path_unless_it_was_promised() {
        let old = "services: {a: {image: a, init: true, expose: ['80']}}\n";
        let expose = ["services", "a", "expose"];
        assert_eq!(compared(old, old, &[]), Ok(()));
        let new = old.replace("80", "81");
        assert_eq!(compared(old, &new, &expose), Ok(()));
        let told = |new: &str| compared(old, new, &expose).expect_err("a change");
        assert_eq!(
            compared(old, &new, &[]),
            Err("services.a.expose would have changed as well".into())
        );
        assert_eq!(
            told(&old.replace(", init: true", "")),
            "services.a.init would have changed as well"
        );
        assert_eq!(
            told(&old.replace("init", "tty: true, init")),
            "services.a.tty would have changed as well"
        );
        assert_eq!(compared(old, &old.replace(", expose: ['80']", ""), &expose), Ok(()));
    }
}
