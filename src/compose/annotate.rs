//! The model as YAML, with or without its provenance beside each value.
//!
//! Text is quoted by what go-yaml would take it for: a date or `1_0` in plain text is none to Compose.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::{
    journal::{Journal, Origin, Step},
    project::Loaded,
    shape::{self, Format, PROJECT},
    tree::{Node, Value},
};
use crate::visible;

impl Loaded {
    /// The model as YAML, each value with a comment: `file:line:column`, then the way it came.
    ///
    /// # Errors
    /// What YAML cannot say.
    pub fn annotated(&self, raw: bool) -> Result<String, String> {
        self.yaml(raw, Some(&self.journal))
    }

    /// The model as YAML, with comments if there is a journal to take them from.
    pub(super) fn yaml(&self, raw: bool, journal: Option<&Journal>) -> Result<String, String> {
        let json = shape::value(&self.model, &PROJECT, raw, Format::Yaml)?;
        let mut writer = Writer { journal, out: String::new(), dollars: !raw };
        writer.below(&json, Some(&self.model), 0);
        Ok(writer.out)
    }
}

struct Writer<'a> {
    journal: Option<&'a Journal>,
    out: String,
    dollars: bool,
}

impl Writer<'_> {
    fn below(&mut self, json: &Json, node: Option<&Node>, indent: usize) {
        match json {
            Json::Object(entries) => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    // The first key of a list item stands behind its dash.
                    if !(at == 0 && self.out.ends_with("- ")) {
                        self.indent(indent);
                    }
                    self.out += &quoted(key, self.dollars);
                    self.out.push(':');
                    let below =
                        node.and_then(|node| node.get(key)).or(node.filter(|node| scalar(node)));
                    self.value(value, below, indent + 1);
                }
            }
            Json::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    self.indent(indent);
                    self.out.push('-');
                    let below = node.and_then(|node| item(node, at));
                    if value.as_object().is_some_and(|entries| !entries.is_empty()) {
                        self.out.push(' ');
                        self.below(value, below, indent + 1);
                    } else {
                        self.value(value, below, indent + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn value(&mut self, json: &Json, node: Option<&Node>, indent: usize) {
        match json {
            Json::Object(entries) if !entries.is_empty() => {
                self.out.push('\n');
                self.below(json, node, indent);
            }
            Json::Array(items) if !items.is_empty() => {
                self.out.push('\n');
                self.below(json, node, indent);
            }
            _ => {
                self.out.push(' ');
                match json {
                    Json::String(text) => self.out += &quoted(text, self.dollars),
                    other => self.out += &other.to_string(),
                }
                if let Some(journal) = self.journal {
                    self.out += "  # ";
                    self.out += &comment(journal, node.map_or(Origin::IMPLIED, |node| node.origin));
                }
                self.out.push('\n');
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        for _ in 0..indent {
            self.out += "  ";
        }
    }
}

fn comment(journal: &Journal, origin: Origin) -> String {
    let mut parts = vec![match journal.place(origin.place) {
        Some(place) => place,
        None => "implied by Compose".to_owned(),
    }];
    for step in journal.steps(origin) {
        match step {
            Step::Implied => parts.push("implied".to_owned()),
            step => parts.extend(journal.describe(step)),
        }
    }
    let text = parts.join(", ");
    visible::output(&visible::whole_line(&text)).into_owned()
}

fn scalar(node: &Node) -> bool {
    !matches!(node.value, Value::Sequence(_) | Value::Mapping(_))
}

/// An item of a list; of what is printed as a list and kept as a mapping, the entry that stands there.
fn item(node: &Node, at: usize) -> Option<&Node> {
    match &node.value {
        Value::Sequence(items) => items.get(at),
        _ => Some(node),
    }
}

/// A string in double quotes, unless it is a plain word that YAML reads as text.
fn quoted(text: &str, dollars: bool) -> String {
    let text = if dollars { text.replace('$', "$$") } else { text.to_owned() };
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        && !text.starts_with("..")
        && matches!(super::resolve::scalar(&text, true, None), Ok(super::resolve::Scalar::String))
        && !matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n");
    if plain {
        return text;
    }
    let quoted = serde_json::to_string(&text).unwrap_or_default();
    if quoted.is_ascii() && !quoted.contains('\u{7f}') && !quoted.contains("##") {
        return quoted;
    }
    // go-yaml takes some for line breaks, and folds them; none of them can be seen.
    let mut shown = String::with_capacity(quoted.len() + 16);
    for c in quoted.chars() {
        let code = u32::from(c);
        let _infallible = match c {
            _ if !visible::is_invisible(c) => write!(shown, "{c}"),
            _ if code > 0xffff => write!(shown, "\\U{code:08x}"),
            _ => write!(shown, "\\u{code:04x}"),
        };
    }
    visible::uncommanded(&shown, "\\u0023").into_owned()
}
