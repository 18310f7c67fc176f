//! Why a model does not fit the schema: every violation, with its place and what to write.

use std::collections::HashMap;

use super::{Pattern, Rule, RuleId, SCHEMA, Schema, kind, kinds, repeated};
use crate::{
    compose::{
        journal::Journal,
        merge::printed,
        path::Trail,
        tree::{Key, Mapping, Node, Value},
    },
    diagnostic::{Code, Diagnostic},
    words,
};

/// Whether a service can have an attribute of that name.
#[must_use]
pub fn is_attribute(name: &str) -> bool {
    SCHEMA.attributes().is_some_and(|attributes| attributes.contains_key(name))
}

impl Schema {
    /// What a service can have.
    fn attributes(&self) -> Option<&HashMap<String, RuleId>> {
        let services = self.rule(*self.rule(0).properties.get("services")?);
        let (_, service) =
            services.patterns.iter().find(|(pattern, _)| *pattern == Pattern::Name)?;
        Some(&self.rule(*service).properties)
    }
}

/// Tells what the schema does not accept.
pub(super) struct Explain<'a> {
    pub(super) schema: &'a Schema,
    pub(super) journal: &'a Journal,
    pub(super) found: &'a mut Vec<Diagnostic>,
}

impl Explain<'_> {
    pub(super) fn explain(
        &mut self,
        id: RuleId,
        node: &Node,
        trail: &Trail<'_>,
        key: Option<&Key>,
    ) {
        if self.schema.accepts(id, node) {
            return;
        }
        let rule = self.schema.rule(id);
        if !rule.one_of.is_empty() {
            return self.explain_choice(rule, node, trail, key);
        }
        if rule.kinds & kinds(&node.value) == 0 {
            return self.wrong_kind(rule.kinds, node, trail, key);
        }
        match &node.value {
            Value::String(text) => {
                let wanted = match (&rule.words, rule.pattern) {
                    (Some(words), _) => format!("one of {}", words.join(", ")),
                    (None, Some(pattern)) => pattern.wanted().to_owned(),
                    (None, None) => "something else".to_owned(),
                };
                let close = rule
                    .words
                    .as_ref()
                    .and_then(|known| words::did_you_mean(text, known.iter().map(String::as_str)));
                let help = close.map_or_else(
                    || format!("write {wanted}"),
                    |close| format!("did you mean \"{close}\"?"),
                );
                self.tell(format!("{trail} must be {wanted}, found \"{text}\""), node, help);
            }
            Value::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    if let Some(below) = rule.items {
                        self.explain(below, item, &trail.item(at), None);
                    }
                }
                if rule.unique
                    && let Some((first, second)) = repeated(items)
                {
                    let title = format!("{trail} lists the same item twice");
                    let diagnostic = Diagnostic::error(title).code(Code::ListedTwice);
                    let diagnostic = self.journal.point(diagnostic, second.origin, "again");
                    let diagnostic = match first.origin.place.file() {
                        Some(file) => diagnostic.at(
                            self.journal.file(file),
                            first.origin.place.span(),
                            "first",
                        ),
                        None => diagnostic,
                    };
                    self.found.push(diagnostic.help("remove one of them"));
                }
            }
            Value::Mapping(mapping) => self.explain_mapping(rule, mapping, node, trail),
            _ => {
                let limits = match (rule.minimum, rule.maximum) {
                    (Some(minimum), Some(maximum)) => format!("between {minimum} and {maximum}"),
                    (Some(minimum), None) => format!("at least {minimum}"),
                    (None, Some(maximum)) => format!("at most {maximum}"),
                    (None, None) => "something else".to_owned(),
                };
                let value = printed(&node.value);
                self.tell(
                    format!("{trail} must be {limits}, found {value}"),
                    node,
                    format!("write a number {limits}"),
                );
            }
        }
    }

    fn explain_mapping(&mut self, rule: &Rule, mapping: &Mapping, node: &Node, trail: &Trail<'_>) {
        for (key, value) in mapping.iter() {
            let mut known = false;
            for below in rule.below(key) {
                known = true;
                self.explain(below, value, &trail.key(key), Some(key));
            }
            if !known && rule.closed {
                self.unknown_key(rule, key, trail);
            }
        }
        for missing in rule.required.iter().filter(|key| !mapping.contains(key)) {
            self.tell(
                format!("{trail}: the key \"{missing}\" is missing"),
                node,
                format!("add `{missing}:`"),
            );
        }
    }

    fn unknown_key(&mut self, rule: &Rule, key: &Key, trail: &Trail<'_>) {
        let named = rule.patterns.iter().find(|(pattern, _)| *pattern != Pattern::Extension);
        let (code, title, help) = if let (Some((pattern, _)), true) =
            (named, rule.properties.is_empty())
        {
            let title = format!("{trail}: \"{}\" is not a name", key.text);
            (None, title, format!("a name is {}", pattern.wanted()))
        } else {
            let place = trail.to_string();
            let code = if place.is_empty() { Code::UnknownTopKey } else { Code::UnknownKey };
            let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
            let mut known: Vec<&str> = rule.properties.keys().map(String::as_str).collect();
            known.sort_unstable();
            let misplaced = code == Code::UnknownTopKey
                && self.schema.attributes().is_some_and(|all| all.contains_key(&*key.text));
            let help = match words::did_you_mean(key, known.iter().copied()) {
                _ if misplaced => format!(
                    "`{}` is an attribute of a service: write it below the service's name, under `services:`",
                    key.text
                ),
                Some(close) => format!("did you mean \"{close}\"?"),
                None if known.len() <= 12 => format!("known here: {}", known.join(", ")),
                None => "remove it, or start the name with x- if it is an extension".to_owned(),
            };
            (Some(code), format!("{place}unknown key \"{}\"", key.text), help)
        };
        let diagnostic = Diagnostic { code, ..Diagnostic::error(title) };
        let diagnostic =
            self.journal.point(diagnostic, key.origin, "not in the Compose specification");
        self.found.push(diagnostic.help(help));
    }

    /// A choice is explained by the one alternative of the right kind, if there is one.
    fn explain_choice(&mut self, rule: &Rule, node: &Node, trail: &Trail<'_>, key: Option<&Key>) {
        let found = kinds(&node.value);
        let mut wanted = 0;
        let mut fitting = Vec::new();
        for id in &rule.one_of {
            let kinds = self.kinds_of(*id);
            wanted |= kinds;
            if kinds & found != 0 {
                fitting.push(*id);
            }
        }
        match fitting[..] {
            [] => self.wrong_kind(wanted, node, trail, key),
            [id, ..] => self.explain(id, node, trail, key),
        }
    }

    fn kinds_of(&self, id: RuleId) -> u8 {
        let rule = self.schema.rule(id);
        rule.one_of
            .iter()
            .map(|id| self.kinds_of(*id))
            .reduce(|all, one| all | one)
            .unwrap_or(rule.kinds)
    }

    fn wrong_kind(&mut self, wanted: u8, node: &Node, trail: &Trail<'_>, key: Option<&Key>) {
        let names: Vec<_> = kind::NAMES
            .iter()
            .filter(|(_, bit, _)| wanted & bit != 0)
            // A number is said once.
            .filter(|(_, bit, _)| !(*bit == kind::INTEGER && wanted & kind::NUMBER != 0))
            .map(|(_, _, words)| *words)
            .collect();
        let wanted_words = match names[..] {
            [one] => one.to_owned(),
            [ref first @ .., last] => format!("{} or {last}", first.join(", ")),
            [] => "something else".to_owned(),
        };
        let name = trail.to_string();
        let name = if name.is_empty() { "a Compose file".to_owned() } else { name };
        let title = format!("{name} must be {wanted_words}, found {}", describe(node));
        let help = match &node.value {
            Value::Null => "write its value, or remove the key".to_owned(),
            Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Timestamp(_)
                if wanted & kind::STRING != 0 =>
            {
                format!("put it in quotes: \"{}\"", printed(&node.value))
            }
            Value::Mapping(only) if key.is_none() && only.len() == 1 && wanted == kind::STRING => {
                "a colon with a space behind it makes a mapping: put the item in quotes, or leave out the dashes if the whole list is to be one".to_owned()
            }
            _ if wanted & kind::ARRAY != 0 => "write one item a line, each with a dash".to_owned(),
            _ if wanted & kind::OBJECT != 0 => "write one `key: value` a line".to_owned(),
            _ => format!("write {wanted_words}"),
        };
        // Nothing has no place worth pointing at: the key has.
        let origin = match (node.is_null(), key) {
            (true, Some(key)) => key.origin,
            _ => node.origin,
        };
        let diagnostic = self.journal.point(Diagnostic::error(title), origin, "");
        self.found.push(diagnostic.help(help));
    }

    fn tell(&mut self, title: String, node: &Node, help: String) {
        let diagnostic = self.journal.point(Diagnostic::error(title), node.origin, "");
        self.found.push(diagnostic.help(help));
    }
}

fn describe(node: &Node) -> String {
    match &node.value {
        Value::String(text) if text.chars().count() <= 40 => format!("the string \"{text}\""),
        Value::Int(_) | Value::Unsigned(_) | Value::Float(_) | Value::Bool(_) => {
            format!("{} ({})", node.value.kind(), printed(&node.value))
        }
        value => value.kind().to_owned(),
    }
}
