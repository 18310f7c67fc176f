//! Phase: the services that are asked for, with what they depend on.
//!
//! Compose enables a service that is named, whatever its profiles, keeps what it depends on, and sets the
//! rest aside.

use std::collections::{BTreeSet, HashMap};

use super::{
    consistency,
    journal::{Journal, Origin, Refusal},
    tree::{Mapping, Node, Value},
    values::glob,
};
use crate::{diagnostic::Diagnostic, words};

/// The services that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All that are enabled.
    All,
    /// These alone.
    These(BTreeSet<String>),
}

/// Finds the services that `names` ask for, each a name or a pattern; no name asks for all.
///
/// # Errors
/// A [`Refusal`] for a name that no service has, and for a dependency that is not there or not enabled.
pub fn select(
    model: &Mapping,
    disabled: &Mapping,
    names: &[String],
    profiles: &[String],
    journal: &Journal,
) -> Result<Selection, Refusal> {
    if names.is_empty() {
        return Ok(Selection::All);
    }
    let services = model.get("services").and_then(Node::as_mapping);
    // Who is named brings its profiles, and these enable others too.
    let mut profiles: Vec<&str> = profiles.iter().map(String::as_str).collect();
    profiles.extend(names.iter().filter_map(|name| disabled.get(name)).flat_map(profiles_of));
    let enabled = disabled.iter().filter(|(_, service)| is_enabled(service, &profiles));
    let services: Vec<_> = services.into_iter().flat_map(Mapping::iter).chain(enabled).collect();
    let all = Services {
        known: services.iter().map(|(key, service)| (&*key.text, *service)).collect(),
        disabled,
        journal,
    };
    let mut kept = BTreeSet::new();
    let mut waiting = Vec::new();
    for name in names {
        let mut fitting = services.iter().filter(|(key, _)| glob::matches(name, key)).peekable();
        if fitting.peek().is_none() {
            return Err(all.missing(name, Origin::IMPLIED).into());
        }
        waiting.extend(fitting.map(|(key, _)| key.to_string()));
    }
    while let Some(name) = waiting.pop() {
        let depends_on = all.known.get(&*name).and_then(|service| service.get("depends_on"));
        if !kept.insert(name) {
            continue;
        }
        let dependencies = depends_on.and_then(Node::as_mapping);
        for (other, how) in dependencies.into_iter().flat_map(Mapping::iter) {
            let required = how.get("required").map(|node| &node.value);
            if all.known.contains_key(&*other.text) {
                waiting.push(other.to_string());
            } else if matches!(required, Some(Value::Bool(true))) {
                return Err(all.missing(other, other.origin).into());
            }
        }
    }
    Ok(Selection::These(kept))
}

struct Services<'a> {
    known: HashMap<&'a str, &'a Node>,
    disabled: &'a Mapping,
    journal: &'a Journal,
}

impl Services<'_> {
    fn missing(&self, name: &str, at: Origin) -> Diagnostic {
        let title = format!("no such service: {name}");
        let diagnostic = self.journal.point(Diagnostic::error(title), at, "");
        let lists = "`seaworthy config --services` lists those that are there";
        // Words of an outer file are not told.
        if self.journal.has_outside() {
            return diagnostic.help(lists);
        }
        if let Some(disabled) = self.disabled.get(name) {
            let profiles: Vec<_> = profiles_of(disabled).collect();
            let help = format!("it is disabled: add --profile {}", profiles.join(" or --profile "));
            return diagnostic.help(help);
        }
        let mut known: Vec<&str> = self.known.keys().copied().collect();
        known.sort_unstable();
        match words::did_you_mean(name, known) {
            Some(close) => diagnostic.help(format!("did you mean \"{close}\"?")),
            None => diagnostic.help(lists),
        }
    }
}

fn profiles_of(service: &Node) -> impl Iterator<Item = &str> {
    let profiles = service.get("profiles").and_then(Node::as_sequence).unwrap_or_default();
    profiles.iter().filter_map(Node::as_str)
}

/// Whether a service is enabled by these profiles.
#[must_use]
pub fn is_enabled(service: &Node, profiles: &[impl AsRef<str>]) -> bool {
    let mut own = profiles_of(service).peekable();
    own.peek().is_none()
        || profiles.iter().any(|name| name.as_ref() == "*")
        || own.any(|own| profiles.iter().any(|name| name.as_ref() == own))
}

impl Selection {
    /// Whether a service is kept.
    #[must_use]
    pub fn keeps(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(kept) => kept.contains(name),
        }
    }

    /// Container names that two services of it share.
    #[must_use]
    pub fn container_names(
        &self,
        model: &Mapping,
        disabled: &Mapping,
        journal: &Journal,
    ) -> Vec<Diagnostic> {
        let enabled = model.get("services").and_then(Node::as_mapping);
        let enabled = enabled.into_iter().flat_map(Mapping::iter);
        let others = disabled.iter().filter(|_| *self != Self::All);
        let kept = enabled.chain(others).filter(|(key, _)| self.keeps(key));
        consistency::container_names(kept, journal)
    }

    /// Leaves these services alone in the model, and sets the others aside. Returns those that were
    /// disabled before.
    pub fn apply(&self, model: &mut Mapping, disabled: &mut Mapping) -> BTreeSet<String> {
        let Self::These(kept) = self else { return BTreeSet::new() };
        let Some(services) = model.get_mut("services").and_then(Node::as_mapping_mut) else {
            return BTreeSet::new();
        };
        let before = std::mem::take(services).into_iter();
        let aside = std::mem::take(disabled).into_iter();
        let mut enabled = BTreeSet::new();
        let all = before.map(|entry| (entry, false)).chain(aside.map(|entry| (entry, true)));
        for ((key, mut service), was_disabled) in all {
            if !kept.contains(&*key.text) {
                disabled.insert(key, service);
                continue;
            }
            let depends_on =
                service.as_mapping_mut().and_then(|service| service.get_mut("depends_on"));
            if let Some(depends_on) = depends_on.and_then(Node::as_mapping_mut) {
                depends_on.retain(|other, _| kept.contains(&*other.text));
            }
            if was_disabled {
                enabled.insert(key.to_string());
            }
            services.insert(key, service);
        }
        enabled
    }
}
