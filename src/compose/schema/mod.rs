//! Phase: checks a model against the Compose specification's JSON schema.
//!
//! The schema (`compose-spec.json`, as the specification publishes it) is read
//! once into [`Rule`]s. A sound model is only walked; for one that is not,
//! every violation is told with the place of the offending key, which no
//! general validator can do.

mod explain;
mod prune;

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde_json::Value as Json;

use self::explain::Explain;
pub use self::{explain::is_attribute, prune::prune};
use super::{
    journal::Journal,
    path::Trail,
    tree::{Mapping, Node, Value},
};
use crate::diagnostic::Diagnostic;

/// The specification's schema, as published.
pub const TEXT: &str = include_str!("compose-spec.json");

/// The schema as JSON, read once for all who ask it.
pub(super) static JSON: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(TEXT).unwrap_or_default());

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(&JSON));

/// Checks a model. The result is empty when it is sound.
#[must_use]
pub fn check(model: &mut Mapping, journal: &Journal) -> Vec<Diagnostic> {
    let node = Node::new(Value::Mapping(std::mem::take(model)), super::journal::Origin::IMPLIED);
    let mut found = Vec::new();
    if !SCHEMA.accepts(0, &node) {
        Explain { schema: &SCHEMA, journal, found: &mut found }.explain(
            0,
            &node,
            &Trail::ROOT,
            None,
        );
    }
    if let Value::Mapping(mapping) = node.value {
        *model = mapping;
    }
    found
}

/// The kinds of JSON values, as bits.
mod kind {
    pub const NULL: u8 = 1;
    pub const BOOLEAN: u8 = 2;
    pub const STRING: u8 = 4;
    pub const INTEGER: u8 = 8;
    pub const NUMBER: u8 = 16;
    pub const ARRAY: u8 = 32;
    pub const OBJECT: u8 = 64;
    /// What no type is: dates.
    pub const OTHER: u8 = 128;
    pub const ANY: u8 = 255;
    pub const NAMES: [(&str, u8, &str); 7] = [
        ("null", NULL, "nothing"),
        ("boolean", BOOLEAN, "true or false"),
        ("string", STRING, "a string"),
        ("integer", INTEGER, "an integer"),
        ("number", NUMBER, "a number"),
        ("array", ARRAY, "a list"),
        ("object", OBJECT, "a mapping"),
    ];
}

/// The patterns of the schema, by what they mean: compiling expressions would cost more than a whole check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pattern {
    Extension,
    Name,
    Any,
    OneLine,
    LowerCase,
    ContainerName,
    PullPolicy,
}

/// Every pattern that the schema uses.
const PATTERNS: &[(&str, Pattern)] = &[
    ("^x-", Pattern::Extension),
    ("^[a-zA-Z0-9._-]+$", Pattern::Name),
    ("^.+$", Pattern::OneLine),
    (".+", Pattern::Any),
    ("^[a-z]+$", Pattern::LowerCase),
    ("[a-zA-Z0-9][a-zA-Z0-9_.-]+", Pattern::ContainerName),
    (
        "always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+",
        Pattern::PullPolicy,
    ),
];

impl Pattern {
    fn matches(self, text: &str) -> bool {
        let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match self {
            Self::Extension => text.starts_with("x-"),
            Self::Name => !text.is_empty() && text.bytes().all(name),
            Self::Any => text.bytes().any(|byte| byte != b'\n'),
            Self::OneLine => !text.is_empty() && !text.contains('\n'),
            Self::LowerCase => {
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase())
            }
            Self::ContainerName => text
                .as_bytes()
                .windows(2)
                .any(|pair| pair[0].is_ascii_alphanumeric() && name(pair[1])),
            Self::PullPolicy => {
                [
                    "always",
                    "never",
                    "build",
                    "if_not_present",
                    "missing",
                    "refresh",
                    "daily",
                    "weekly",
                ]
                .iter()
                .any(|word| text.contains(word))
                    || text.match_indices("every_").any(|(at, word)| {
                        let rest = &text[at + word.len()..];
                        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                        unit.len() < rest.len() && unit.starts_with(['w', 'd', 'h', 'm', 's'])
                    })
            }
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Extension => "a name that starts with x-",
            Self::Name => "letters, digits, \".\", \"_\" and \"-\"",
            Self::Any => "any text",
            Self::OneLine => "text on one line",
            Self::LowerCase => "lower-case letters",
            Self::ContainerName => {
                "a letter or digit, then letters, digits, \".\", \"_\" and \"-\""
            }
            Self::PullPolicy => {
                "always, never, build, missing, if_not_present, refresh, daily, weekly or every_<duration>"
            }
        }
    }
}

type RuleId = usize;

/// A schema object.
#[derive(Debug)]
struct Rule {
    kinds: u8,
    words: Option<Vec<String>>,
    pattern: Option<Pattern>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    unique: bool,
    items: Option<RuleId>,
    properties: HashMap<String, RuleId>,
    patterns: Vec<(Pattern, RuleId)>,
    closed: bool,
    required: Vec<String>,
    one_of: Vec<RuleId>,
    same_as: Option<RuleId>,
}

struct Schema {
    rules: Vec<Rule>,
}

impl Schema {
    fn new(json: &Json) -> Self {
        let mut schema = Self { rules: Vec::new() };
        let mut references = Vec::new();
        schema.add(json, &mut references);
        let mut definitions = HashMap::new();
        if let Some(known) = json.get("definitions").and_then(Json::as_object) {
            for (name, definition) in known {
                let id = schema.add(definition, &mut references);
                definitions.insert(format!("#/definitions/{name}"), id);
            }
        }
        for (rule, reference) in references {
            schema.rules[rule].same_as = definitions.get(&reference).copied();
        }
        schema
    }

    fn add(&mut self, json: &Json, references: &mut Vec<(RuleId, String)>) -> RuleId {
        let id = self.rules.len();
        let strings = |json: &Json| -> Vec<String> {
            json.as_array()
                .map(|items| items.iter().filter_map(Json::as_str).map(str::to_owned).collect())
                .unwrap_or_default()
        };
        let kinds = match json.get("type") {
            Some(Json::String(name)) => bit(name),
            Some(names) => {
                strings(names).iter().map(|name| bit(name)).fold(0, |all, one| all | one)
            }
            None => kind::ANY,
        };
        if let Some(reference) = json.get("$ref").and_then(Json::as_str) {
            references.push((id, reference.to_owned()));
        }
        self.rules.push(Rule {
            kinds,
            words: json.get("enum").map(strings),
            pattern: json.get("pattern").and_then(Json::as_str).and_then(pattern),
            minimum: json.get("minimum").and_then(Json::as_f64),
            maximum: json.get("maximum").and_then(Json::as_f64),
            unique: json.get("uniqueItems").and_then(Json::as_bool).unwrap_or(false),
            items: None,
            properties: HashMap::new(),
            patterns: Vec::new(),
            closed: json.get("additionalProperties") == Some(&Json::Bool(false)),
            required: json.get("required").map(strings).unwrap_or_default(),
            one_of: Vec::new(),
            same_as: None,
        });
        if let Some(items) = json.get("items") {
            self.rules[id].items = Some(self.add(items, references));
        }
        for (name, below) in json.get("properties").and_then(Json::as_object).into_iter().flatten()
        {
            let below = self.add(below, references);
            self.rules[id].properties.insert(name.clone(), below);
        }
        for (name, below) in
            json.get("patternProperties").and_then(Json::as_object).into_iter().flatten()
        {
            let below = self.add(below, references);
            if let Some(pattern) = pattern(name) {
                self.rules[id].patterns.push((pattern, below));
            }
        }
        for below in json.get("oneOf").and_then(Json::as_array).into_iter().flatten() {
            let below = self.add(below, references);
            self.rules[id].one_of.push(below);
        }
        id
    }

    fn rule(&self, mut id: RuleId) -> &Rule {
        while let Some(other) = self.rules[id].same_as {
            id = other;
        }
        &self.rules[id]
    }

    fn accepts(&self, id: RuleId, node: &Node) -> bool {
        let rule = self.rule(id);
        if rule.kinds & kinds(&node.value) == 0 {
            return false;
        }
        if !rule.one_of.is_empty() {
            return rule.one_of.iter().filter(|id| self.accepts(**id, node)).count() == 1;
        }
        match &node.value {
            Value::String(text) => {
                rule.words.as_ref().is_none_or(|words| words.iter().any(|word| **word == **text))
                    && rule.pattern.is_none_or(|pattern| pattern.matches(text))
            }
            Value::Int(_) | Value::Unsigned(_) | Value::Float(_) => {
                let value = as_float(&node.value);
                rule.words.is_none()
                    && rule.minimum.is_none_or(|minimum| value >= minimum)
                    && rule.maximum.is_none_or(|maximum| value <= maximum)
            }
            Value::Sequence(items) => {
                rule.items.is_none_or(|id| items.iter().all(|item| self.accepts(id, item)))
                    && (!rule.unique || repeated(items).is_none())
            }
            Value::Mapping(mapping) => {
                rule.required.iter().all(|key| mapping.contains(key))
                    && mapping.iter().all(|(key, value)| {
                        let mut known = false;
                        let mut good = true;
                        for id in rule.below(key) {
                            known = true;
                            good &= self.accepts(id, value);
                        }
                        good && (known || !rule.closed)
                    })
            }
            _ => true,
        }
    }
}

impl Rule {
    /// The rules for a key of a mapping.
    fn below<'a>(&'a self, key: &'a str) -> impl Iterator<Item = RuleId> + 'a {
        self.properties.get(key).copied().into_iter().chain(
            self.patterns.iter().filter(|(pattern, _)| pattern.matches(key)).map(|(_, id)| *id),
        )
    }
}

fn bit(name: &str) -> u8 {
    kind::NAMES.iter().find(|(known, _, _)| *known == name).map_or(0, |(_, bit, _)| *bit)
}

fn pattern(text: &str) -> Option<Pattern> {
    PATTERNS.iter().find(|(known, _)| *known == text).map(|(_, pattern)| *pattern)
}

fn kinds(value: &Value) -> u8 {
    match value {
        Value::Null => kind::NULL,
        Value::Bool(_) => kind::BOOLEAN,
        Value::String(_) => kind::STRING,
        Value::Int(_) | Value::Unsigned(_) => kind::INTEGER | kind::NUMBER,
        Value::Float(value) if value.fract() == 0.0 => kind::INTEGER | kind::NUMBER,
        Value::Float(_) => kind::NUMBER,
        Value::Sequence(_) => kind::ARRAY,
        Value::Mapping(_) => kind::OBJECT,
        // No JSON type is a date.
        Value::Timestamp(_) | Value::Marked(_) => kind::OTHER,
    }
}

#[expect(clippy::cast_precision_loss, reason = "limits of the schema are small numbers")]
fn as_float(value: &Value) -> f64 {
    match value {
        Value::Int(value) => *value as f64,
        Value::Unsigned(value) => *value as f64,
        Value::Float(value) => *value,
        _ => f64::NAN,
    }
}

/// The first item that is there already, with the earlier one.
fn repeated(items: &[Node]) -> Option<(&Node, &Node)> {
    let mut texts: HashSet<&str> = HashSet::with_capacity(items.len());
    let mut others: Vec<&Node> = Vec::new();
    for item in items {
        if let Some(text) = item.as_str() {
            if !texts.insert(text) {
                let first = items.iter().find(|other| other.as_str() == Some(text))?;
                return Some((first, item));
            }
        } else if let Some(first) = others.iter().find(|other| equal(other, item)) {
            return Some((first, item));
        } else {
            others.push(item);
        }
    }
    None
}

/// JSON equality: numbers by value, mappings whatever their order.
fn equal(a: &Node, b: &Node) -> bool {
    let numbers = kind::INTEGER | kind::NUMBER;
    if kinds(&a.value) & kinds(&b.value) & numbers != 0 {
        return as_float(&a.value).total_cmp(&as_float(&b.value)).is_eq();
    }
    a.value.same(&b.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every string under a key, anywhere in the schema.
    fn patterns_of(json: &Json, found: &mut Vec<String>) {
        match json {
            Json::Object(entries) => {
                for (key, value) in entries {
                    if key == "pattern" && value.is_string() {
                        found.extend(value.as_str().map(str::to_owned));
                    }
                    if key == "patternProperties" {
                        found.extend(
                            value.as_object().into_iter().flatten().map(|(name, _)| name.clone()),
                        );
                    }
                    patterns_of(value, found);
                }
            }
            Json::Array(items) => items.iter().for_each(|item| patterns_of(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_pattern_of_the_schema_is_known_and_means_what_it_says() {
        let json: Json = serde_json::from_str(TEXT).expect("the schema is JSON");
        let mut found = Vec::new();
        patterns_of(&json, &mut found);
        assert!(found.len() > 20, "{found:?}");
        let samples = [
            "",
            "a",
            "A",
            "x-",
            "x-a",
            "web-1",
            "web 1",
            "é",
            "a\nb",
            "\n",
            "nofile",
            "a1",
            "-a",
            ".a",
            "a.",
            "a_",
            "every_1d",
            "every_12h30m",
            "every_",
            "every_d",
            "always",
            "not always",
            "dailyx",
            "Weekly",
            "_1",
            "1-",
        ];
        for text in found {
            let known = pattern(&text).unwrap_or_else(|| panic!("{text:?} is not in PATTERNS"));
            let oracle = regex::Regex::new(&text).expect("the schema's patterns are expressions");
            for sample in samples {
                assert_eq!(
                    known.matches(sample),
                    oracle.is_match(sample),
                    "{text:?} on {sample:?}"
                );
            }
        }
    }

    #[test]
    fn every_keyword_of_the_schema_is_read() {
        const READ: &[&str] = &[
            "type",
            "properties",
            "patternProperties",
            "additionalProperties",
            "required",
            "oneOf",
            "items",
            "enum",
            "pattern",
            "minimum",
            "maximum",
            "uniqueItems",
            "$ref",
            "definitions",
        ];
        const SILENT: &[&str] =
            &["$schema", "$id", "title", "description", "default", "deprecated"];
        fn keywords(json: &Json, names: bool, found: &mut HashSet<String>) {
            match json {
                Json::Object(entries) => {
                    for (key, value) in entries {
                        if !names {
                            found.insert(key.clone());
                        }
                        let names = !names
                            && matches!(
                                key.as_str(),
                                "properties" | "patternProperties" | "definitions"
                            );
                        keywords(value, names, found);
                    }
                }
                Json::Array(items) => items.iter().for_each(|item| keywords(item, false, found)),
                _ => {}
            }
        }
        let json: Json = serde_json::from_str(TEXT).expect("the schema is JSON");
        let mut found = HashSet::new();
        keywords(&json, false, &mut found);
        let unread: Vec<_> = found
            .iter()
            .filter(|word| !READ.contains(&word.as_str()) && !SILENT.contains(&word.as_str()))
            .collect();
        assert!(unread.is_empty(), "the schema has keywords that nothing reads: {unread:?}");
    }
}
