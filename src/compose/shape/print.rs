//! The canonical form as `docker compose config` prints it.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{Field, SERVICE, Shape, Struct};
use crate::compose::{
    path::{Cursor, Table},
    tree::{Mapping, Node, Value},
    unique,
    values::number,
};

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML; `x-` attributes are kept.
    Yaml,
    /// JSON; `x-` attributes are kept at the top only.
    Json,
}

/// Prints a decoded model as JSON.
///
/// # Errors
/// A value that JSON cannot say, such as a number that is none.
pub fn json(model: &Node, shape: &'static Struct) -> Result<String, String> {
    let top = Attributes { node: model, shape, format: Format::Json, top: true };
    pretty(&top)
}

/// Prints a model that was not decoded, as it is, as JSON.
///
/// # Errors
/// As [`json`].
pub fn raw_json(model: &Node) -> Result<String, String> {
    let raw = Raw::root(model, Format::Json);
    pretty(&raw)
}

/// JSON is YAML too: nothing in it may end a line for Compose's reader of YAML.
fn pretty(model: &impl Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(model).map_err(|error| error.to_string())?;
    let breaks = [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    let escape = |text: String, (character, escape): (char, &str)| {
        if text.contains(character) { text.replace(character, escape) } else { text }
    };
    Ok(breaks.into_iter().fold(text, escape))
}

/// A model as a JSON value, in the order in which it is printed.
///
/// # Errors
/// As [`json`].
pub fn value(
    model: &Node,
    shape: &'static Struct,
    raw: bool,
    format: Format,
) -> Result<serde_json::Value, String> {
    let value = if raw {
        serde_json::to_value(Raw::root(model, format))
    } else {
        serde_json::to_value(Attributes { node: model, shape, format, top: true })
    };
    value.map_err(|error| error.to_string())
}

/// A decoded service in one line of JSON, byte by byte as Go prints it.
///
/// # Errors
/// As [`json`].
pub fn service_json(service: &Node) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, GoJson);
    Attributes { node: service, shape: &SERVICE, format: Format::Json, top: false }
        .serialize(&mut serializer)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// JSON with the escapes of Go's `encoding/json`.
struct GoJson;

impl serde_json::ser::Formatter for GoJson {
    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        let special = |c: char| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        let mut rest = fragment;
        while let Some(at) = rest.find(special) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = tail.chars();
            if let Some(found) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(found))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

struct Attributes<'a> {
    node: &'a Node,
    shape: &'static Struct,
    format: Format,
    top: bool,
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        static NOTHING: Mapping = Mapping::new();
        let mapping = match self.node.as_mapping() {
            Some(mapping) => mapping,
            None => &NOTHING,
        };
        let mut fields: Vec<&Field> =
            self.shape.fields.iter().filter(|field| self.is_printed(field, mapping)).collect();
        if self.top && self.format == Format::Json {
            // Compose forgets them in JSON.
            fields.retain(|field| field.name != "models");
        }
        let mut extensions: Vec<_> = mapping
            .iter()
            .filter(|(key, _)| {
                self.shape.extensions
                    && key.starts_with("x-")
                    && (self.format == Format::Yaml || self.top)
            })
            .collect();
        extensions.sort_by(|a, b| a.0.text.as_bytes().cmp(b.0.text.as_bytes()));
        if self.top && self.format == Format::Json {
            fields.sort_by_key(|field| field.json);
        }
        let mut map = serializer.serialize_map(Some(fields.len() + extensions.len()))?;
        for field in fields {
            let name = if self.format == Format::Json { field.json } else { field.name };
            map.serialize_key(name)?;
            match mapping.get(field.name) {
                Some(node) => {
                    map.serialize_value(&Shaped { node, shape: field.shape, format: self.format })?;
                }
                None => {
                    map.serialize_value(&Missing { shape: field.shape, format: self.format })?;
                }
            }
        }
        for (key, node) in extensions {
            map.serialize_entry(&*key.text, &Raw { node, cursor: None, format: self.format })?;
        }
        map.end()
    }
}

impl Attributes<'_> {
    fn is_printed(&self, field: &Field, mapping: &Mapping) -> bool {
        let json = self.format == Format::Json;
        match (field.shape, mapping.get(field.name)) {
            // Compose never prints the content of a secret, nor a content that a variable gave.
            (Shape::Text, Some(_))
                if field.name == "content" && mapping.contains("environment") =>
            {
                false
            }
            // Beside the digests of images alone nobody is named, and JSON says that too.
            _ if self.top && json && field.name == "name" => true,
            _ if field.always => true,
            (Shape::Command | Shape::Part(_), _) if json => true,
            (_, None) => false,
            (shape, Some(node)) => !is_empty(shape, node),
        }
    }
}

/// Whether a value says nothing, so that it is left out.
fn is_empty(shape: Shape, node: &Node) -> bool {
    match (&node.value, shape) {
        (Value::Null, _) => true,
        (
            _,
            Shape::MaybeBool
            | Shape::MaybeInt
            | Shape::MaybeUnsigned
            | Shape::MaybeDuration
            | Shape::FileMode
            | Shape::Struct(_)
            | Shape::Command,
        ) => false,
        (Value::Bool(value), _) => !value,
        (Value::Int(value), _) => *value == 0,
        (Value::Float(value), _) => *value == 0.0,
        (Value::String(text), Shape::Duration) => &**text == "0s",
        (Value::String(text), _) => text.is_empty(),
        (Value::Sequence(items), _) => items.is_empty(),
        (Value::Mapping(mapping), Shape::Part(shape)) => mapping.iter().all(|(key, node)| {
            match shape.fields.iter().find(|field| field.name == &*key.text) {
                Some(field) => is_empty(field.shape, node),
                None => !key.starts_with("x-"),
            }
        }),
        (Value::Mapping(mapping), _) => mapping.is_empty(),
        _ => false,
    }
}

/// An attribute that is printed although nobody wrote it.
struct Missing {
    shape: Shape,
    format: Format,
}

impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.shape {
            Shape::Text => serializer.serialize_str(""),
            Shape::Bool => serializer.serialize_bool(false),
            Shape::Int | Shape::Unsigned(_) => serializer.serialize_i64(0),
            Shape::Bytes => serializer.serialize_str("0"),
            Shape::Part(shape) => {
                let node = Node::new(Value::Null, crate::compose::journal::Origin::IMPLIED);
                Attributes { node: &node, shape, format: self.format, top: false }
                    .serialize(serializer)
            }
            Shape::Map(_) => serializer.serialize_map(Some(0))?.end(),
            _ => serializer.serialize_unit(),
        }
    }
}

struct Shaped<'a> {
    node: &'a Node,
    shape: Shape,
    format: Format,
}

impl Serialize for Shaped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let below = |node, shape| Shaped { node, shape, format: self.format };
        match (self.shape, &self.node.value) {
            (Shape::Part(shape), _) | (Shape::Struct(shape), Value::Mapping(_)) => {
                Attributes { node: self.node, shape, format: self.format, top: false }
                    .serialize(serializer)
            }
            (Shape::Bytes, Value::Int(bytes)) => serializer.collect_str(bytes),
            (Shape::FileMode, Value::Int(mode)) => {
                serializer.collect_str(&format_args!("0{mode:o}"))
            }
            (Shape::List(shape), Value::Sequence(items)) => {
                serializer.collect_seq(items.iter().map(|item| below(item, *shape)))
            }
            (Shape::Map(shape), Value::Mapping(mapping)) => serializer.collect_map(
                sorted(mapping).into_iter().map(|(key, node)| (key, below(node, *shape))),
            ),
            (Shape::Hosts, Value::Mapping(mapping)) => {
                let mut lines: Vec<String> = mapping
                    .iter()
                    .flat_map(|(key, node)| {
                        node.as_sequence().unwrap_or_default().iter().map(move |address| {
                            format!("{}={}", key.text, address.as_str().unwrap_or_default())
                        })
                    })
                    .collect();
                lines.sort();
                lines.serialize(serializer)
            }
            (Shape::Ssh, Value::Mapping(mapping)) => {
                let mut keys = serializer.serialize_seq(Some(mapping.len()))?;
                for (key, node) in sorted(mapping) {
                    match node.as_str().filter(|path| !path.is_empty()) {
                        None => keys.serialize_element(key)?,
                        Some(path) if self.format == Format::Yaml => {
                            keys.serialize_element(&format!("{key}: {path}"))?;
                        }
                        // Compose fails here as well: its JSON for this is none.
                        Some(_) => {
                            let words =
                                "build.ssh with a path has no JSON form in Compose: print YAML";
                            return Err(serde::ser::Error::custom(words));
                        }
                    }
                }
                keys.end()
            }
            (Shape::Ulimit, Value::Mapping(mapping)) => {
                let limit = |key| match mapping.get(key).map(|node| &node.value) {
                    Some(Value::Int(limit)) => *limit,
                    _ => 0,
                };
                let mut map = serializer.serialize_map(None)?;
                for key in ["soft", "hard"] {
                    if limit(key) != 0 || self.format == Format::Yaml {
                        map.serialize_entry(key, &limit(key))?;
                    }
                }
                map.end()
            }
            (Shape::Ulimit, Value::Int(0)) => {
                let none = Node::new(Value::Mapping(Mapping::new()), self.node.origin);
                below(&none, Shape::Ulimit).serialize(serializer)
            }
            (Shape::EnvFile, Value::Mapping(mapping)) => {
                let path = mapping.get("path").and_then(Node::as_str).unwrap_or_default();
                if matches!(
                    mapping.get("required").map(|node| &node.value),
                    Some(Value::Bool(true))
                ) {
                    return serializer.serialize_str(path);
                }
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("path", path)?;
                map.serialize_entry("required", &false)?;
                if let Some(format) = mapping.get("format").and_then(Node::as_str)
                    && self.format == Format::Json
                {
                    map.serialize_entry("format", format)?;
                }
                map.end()
            }
            _ => Raw { node: self.node, cursor: None, format: Format::Yaml }.serialize(serializer),
        }
    }
}

/// A value as it is, keys sorted.
///
/// In JSON, Go prints a list without items as null, except where Compose made the list
/// anew to keep its items unique: the cursor knows where that is.
struct Raw<'a> {
    node: &'a Node,
    cursor: Option<Cursor>,
    format: Format,
}

impl<'a> Raw<'a> {
    fn root(node: &'a Node, format: Format) -> Self {
        Self { node, cursor: Some(Table::<unique::Identity>::root()), format }
    }

    fn key(&self, key: &str, node: &'a Node) -> Self {
        // These two lists are made once more, when variables are looked up.
        let looked_up = matches!(key, "args" | "environment");
        let cursor = self
            .cursor
            .and_then(|cursor| unique::TABLE.step(cursor, key))
            .filter(|cursor| !(looked_up && unique::TABLE.row(*cursor).is_some()));
        Self { node, cursor, format: self.format }
    }

    fn item(&self, node: &'a Node) -> Self {
        Self { node, cursor: None, format: self.format }
    }
}

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.node.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Unsigned(value) => serializer.serialize_u64(*value),
            Value::Float(value) => match whole(*value) {
                Some(digits) if self.format == Format::Json => serializer.serialize_i128(digits),
                _ => float(*value, serializer),
            },
            Value::String(text) => serializer.serialize_str(text),
            Value::Timestamp(text) => serializer.serialize_str(&rfc3339(text)),
            Value::Sequence(items) if items.is_empty() && self.format == Format::Json => {
                let kept = self.cursor.and_then(|cursor| unique::TABLE.row(cursor)).is_some();
                if kept {
                    serializer.serialize_seq(Some(0))?.end()
                } else {
                    serializer.serialize_unit()
                }
            }
            Value::Sequence(items) => {
                serializer.collect_seq(items.iter().map(|item| self.item(item)))
            }
            Value::Mapping(mapping) => serializer.collect_map(
                sorted(mapping).into_iter().map(|(key, node)| (key, self.key(key, node))),
            ),
            Value::Marked(marked) => self.item(&marked.1).serialize(serializer),
        }
    }
}

/// A large whole number as Go's JSON has it, with zeros behind the digits that tell it apart.
fn whole(value: f64) -> Option<i128> {
    let large = value.fract() == 0.0 && (1e15..1e21).contains(&value.abs());
    large.then(|| value.to_string().parse().ok()).flatten()
}

/// A number that is whole is printed without a point, as Go does.
#[expect(clippy::cast_possible_truncation, reason = "whole and small enough, as checked")]
fn float<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    if !value.is_finite() {
        return Err(serde::ser::Error::custom(format!(
            "{} cannot be printed",
            number::format_float64(value)
        )));
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return serializer.serialize_i64(value as i64);
    }
    let single = value as f32;
    // A large whole number is no attribute's: it stands as it is written.
    if value.fract() != 0.0 && f64::from(single).to_bits() == value.to_bits() {
        // As text first: widened, 0.1 would be printed with seventeen digits.
        return serializer.serialize_f64(single.to_string().parse().unwrap_or(value));
    }
    serializer.serialize_f64(value)
}

/// A timestamp in the form that Go prints.
fn rfc3339(text: &str) -> String {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    };
    let two = |part: &str| if part.len() == 1 { format!("0{part}") } else { part.to_owned() };
    let date: Vec<_> = date.split('-').map(two).collect();
    let zone = time.find(['Z', '+', '-']).map_or(time.len(), |at| at);
    let (clock, zone) = time.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let clock: Vec<_> = if clock.is_empty() {
        vec!["00".to_owned(); 3]
    } else {
        clock.split(':').map(two).collect()
    };
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let zone = if zone.is_empty() { "Z" } else { zone };
    format!("{}T{}{point}{fraction}{zone}", date.join("-"), clock.join(":"))
}

fn sorted(mapping: &Mapping) -> Vec<(&str, &Node)> {
    let mut entries: Vec<_> = mapping.iter().map(|(key, node)| (&*key.text, node)).collect();
    entries.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    entries
}
