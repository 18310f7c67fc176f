//! Values → the canonical form of their type.

use super::{Shape, Struct};
use crate::{
    compose::{
        journal::{Journal, Origin},
        merge::printed,
        path::Trail,
        tree::{Key, Mapping, Node, Value},
        values::{duration, number, size, words},
    },
    diagnostic::Diagnostic,
};

/// Brings every value of a model into the form of its type.
///
/// # Errors
/// Everything that cannot be what its attribute is, in the order of the files.
pub fn decode(
    model: &mut Node,
    shape: &'static Struct,
    journal: &Journal,
) -> Result<(), Vec<Diagnostic>> {
    let mut decoder = Decoder { journal, found: Vec::new() };
    decoder.fields(model, shape, &Trail::ROOT);
    if decoder.found.is_empty() { Ok(()) } else { Err(decoder.found) }
}

struct Decoder<'a> {
    journal: &'a Journal,
    found: Vec<Diagnostic>,
}

/// What was wanted instead, and the reason if there is a better one.
type Wrong = (&'static str, Option<String>);

impl Decoder<'_> {
    fn fields(&mut self, node: &mut Node, shape: &'static Struct, trail: &Trail<'_>) {
        let Value::Mapping(mapping) = &mut node.value else {
            if !node.is_null() {
                self.wrong(node.value.kind(), node.origin, ("a mapping", None), trail);
            }
            return;
        };
        for (key, value) in mapping.iter_mut() {
            if let Some(field) = shape.fields.iter().find(|field| field.name == &*key.text) {
                self.value(value, field.shape, &trail.key(key));
            }
        }
    }

    fn wrong(&mut self, found: &str, origin: Origin, (wanted, why): Wrong, trail: &Trail<'_>) {
        let title = match why {
            Some(why) => format!("{trail}: {why}"),
            None => format!("{trail} must be {wanted}, found {found}"),
        };
        let diagnostic = self.journal.point(Diagnostic::error(title), origin, "");
        self.found.push(diagnostic.help(format!("write {wanted}")));
    }

    /// Compose takes `x-` names for extensions even where they name a network or a model that a service uses.
    fn refuse_extension(&mut self, key: &Key, trail: &Trail<'_>) {
        if !key.starts_with("x-") {
            return;
        }
        let place = trail.to_string();
        if place.starts_with("services.")
            && (place.ends_with(".networks") || place.ends_with(".models"))
        {
            let title = format!("{place}: Compose takes \"{}\" for an extension", key.text);
            let diagnostic = self.journal.point(Diagnostic::error(title), key.origin, "");
            self.found.push(diagnostic.help("choose a name that does not start with x-"));
        }
    }

    fn value(&mut self, node: &mut Node, shape: Shape, trail: &Trail<'_>) {
        if node.is_null() {
            return;
        }
        match shape {
            Shape::Struct(below) | Shape::Part(below) => return self.fields(node, below, trail),
            Shape::List(below) => {
                return match &mut node.value {
                    Value::Sequence(items) => {
                        for (at, item) in items.iter_mut().enumerate() {
                            self.value(item, *below, &trail.item(at));
                        }
                    }
                    value => {
                        let kind = value.kind();
                        self.wrong(kind, node.origin, ("a list", None), trail);
                    }
                };
            }
            Shape::Map(below) => {
                return match &mut node.value {
                    Value::Mapping(mapping) => {
                        for (key, value) in mapping.iter_mut() {
                            self.value(value, *below, &trail.key(key));
                            self.refuse_extension(key, trail);
                        }
                    }
                    value => {
                        let kind = value.kind();
                        self.wrong(kind, node.origin, ("a mapping", None), trail);
                    }
                };
            }
            _ => {}
        }
        let origin = node.origin;
        let value = std::mem::replace(&mut node.value, Value::Null);
        match scalar(shape, value, origin) {
            Ok(value) => node.value = value,
            Err((value, wrong)) => {
                let found = match &value {
                    Value::Sequence(_) | Value::Mapping(_) => value.kind().to_owned(),
                    value => format!("\"{}\"", printed(value)),
                };
                self.wrong(&found, origin, wrong, trail);
                node.value = value;
            }
        }
    }
}

#[expect(clippy::match_same_arms, reason = "an attribute's kind is read as one row")]
fn scalar(shape: Shape, value: Value, origin: Origin) -> Result<Value, (Value, Wrong)> {
    let wrong = |value, wanted| Err((value, (wanted, None)));
    let because = |value, wanted, why: String| Err((value, (wanted, Some(why))));
    match (shape, value) {
        (Shape::Text, Value::String(text)) => Ok(Value::String(text)),
        (Shape::Text, Value::Int(number)) => Ok(Value::String(number.to_string().into())),
        (Shape::Text, value) => wrong(value, "text"),
        (Shape::Bool | Shape::MaybeBool, Value::Bool(value)) => Ok(Value::Bool(value)),
        (Shape::Bool | Shape::MaybeBool, Value::String(text)) => match number::parse_bool(&text) {
            Ok(parsed) => Ok(Value::Bool(parsed.value)),
            Err(_) => wrong(Value::String(text), "true or false"),
        },
        (Shape::Bool | Shape::MaybeBool, value) => wrong(value, "true or false"),
        (Shape::Int | Shape::MaybeInt, Value::String(text)) => match number::parse_int(&text) {
            Ok(parsed) => Ok(Value::Int(parsed)),
            Err(_) => wrong(Value::String(text), "a whole number"),
        },
        (Shape::Int | Shape::MaybeInt | Shape::Unsigned(_) | Shape::MaybeUnsigned, value) => {
            whole(shape, value)
        }
        (Shape::Float, value) => single(value),
        (Shape::Cpus, Value::String(text)) => match number::parse_float(&text) {
            Ok(parsed) => Ok(Value::Float(to_single(parsed))),
            Err(_) => wrong(Value::String(text), "a number of processors"),
        },
        (Shape::Cpus, value) => single(value),
        (Shape::Bytes, Value::Int(bytes)) => Ok(Value::Int(bytes)),
        (Shape::Bytes, Value::String(text)) => match size::parse(&text) {
            Ok(bytes) => Ok(Value::Int(bytes)),
            Err(error) => {
                because(Value::String(text), "a number with b, k, m, g or t", error.to_string())
            }
        },
        // compose-go reads nothing else here, and takes it for none.
        (Shape::Bytes, _) => Ok(Value::Int(0)),
        (Shape::Duration | Shape::MaybeDuration, value) => {
            match duration::parse(&printed(&value)) {
                Ok(nanoseconds) => Ok(Value::String(duration::format(nanoseconds).into())),
                Err(error) => because(value, "a duration such as 1m30s", error.to_string()),
            }
        }
        (Shape::Texts, Value::Sequence(items)) => texts(items, true),
        (Shape::Texts, value) => wrong(value, "a list"),
        (Shape::TextOrTexts, Value::String(text)) => {
            Ok(Value::Sequence(vec![Node::new(Value::String(text), origin)]))
        }
        (Shape::TextOrTexts, Value::Sequence(items)) => texts(items, false),
        (Shape::TextOrTexts, value) => wrong(value, "a string or a list of strings"),
        (Shape::Numbers, Value::String(text)) => {
            Ok(Value::Sequence(vec![Node::new(Value::String(text), origin)]))
        }
        (Shape::Numbers, Value::Sequence(mut items)) => {
            for item in &mut items {
                item.value = Value::String(printed(&item.value));
            }
            Ok(Value::Sequence(items))
        }
        (Shape::Numbers, value) => wrong(value, "a list"),
        (Shape::Command, Value::String(text)) => match words::split(&text) {
            Ok(words) => Ok(Value::Sequence(
                words.into_iter().map(|word| Node::string(word, origin)).collect(),
            )),
            Err(error) => {
                because(Value::String(text), "a command with its quotes closed", error.to_string())
            }
        },
        (Shape::Command, Value::Sequence(items)) => texts(items, false),
        (Shape::Command, _) => Ok(Value::Null),
        (Shape::HealthTest, Value::String(text)) => Ok(Value::Sequence(vec![
            Node::string("CMD-SHELL", origin),
            Node::new(Value::String(text), origin),
        ])),
        (Shape::HealthTest, Value::Sequence(items)) => texts(items, false),
        (Shape::HealthTest, value) => wrong(value, "a command or a list of words"),
        (Shape::Pairs | Shape::Environment | Shape::Labels | Shape::Options, value) => {
            pairs(shape, value, origin)
        }
        (Shape::MultiOptions, Value::Mapping(mut mapping)) => {
            for (_, node) in mapping.iter_mut() {
                let origin = node.origin;
                let items = match std::mem::replace(&mut node.value, Value::Null) {
                    Value::Sequence(items) => items,
                    value => vec![Node::new(value, origin)],
                };
                let text = |item: Node| Node::string(printed(&item.value), item.origin);
                node.value = Value::Sequence(items.into_iter().map(text).collect());
            }
            Ok(Value::Mapping(mapping))
        }
        (Shape::TextMap, Value::Mapping(mapping)) => text_map(mapping),
        (Shape::Hosts, value) => hosts(value),
        (Shape::FileMode, Value::String(text)) => match number::parse_octal(&text) {
            Ok(mode) => Ok(Value::Int(mode)),
            Err(_) => wrong(Value::String(text), "permissions in octal, such as \"0440\""),
        },
        (Shape::FileMode, Value::Int(mode)) => Ok(Value::Int(mode)),
        (Shape::FileMode, value) => wrong(value, "permissions in octal, such as \"0440\""),
        (Shape::DeviceCount, Value::Int(count)) => Ok(Value::Int(count)),
        (Shape::DeviceCount, Value::String(text)) if text.eq_ignore_ascii_case("all") => {
            Ok(Value::Int(-1))
        }
        (Shape::DeviceCount, Value::String(text)) => match number::parse_int(&text) {
            Ok(count) => Ok(Value::Int(count)),
            Err(_) => wrong(Value::String(text), "a number, or all"),
        },
        (Shape::DeviceCount, value) => wrong(value, "a number, or all"),
        (Shape::Ssh, Value::Mapping(mut mapping)) => {
            for (_, node) in mapping.iter_mut().filter(|(_, node)| !node.is_null()) {
                node.value = Value::String(printed(&node.value));
            }
            Ok(Value::Mapping(mapping))
        }
        (Shape::Ulimit, Value::Int(limit)) => Ok(Value::Int(limit)),
        (Shape::Ulimit, Value::Mapping(mapping)) => {
            let whole = |key| {
                mapping.get(key).is_none_or(|node: &Node| matches!(node.value, Value::Int(_)))
            };
            if whole("soft") && whole("hard") {
                Ok(Value::Mapping(mapping))
            } else {
                wrong(Value::Mapping(mapping), "whole numbers for soft and hard")
            }
        }
        (Shape::Ulimit, value) => wrong(value, "a whole number, or soft and hard"),
        (Shape::EnvFile, Value::Mapping(mut file)) => {
            if let Some(required) = file.get_mut("required")
                && let Value::String(text) = &required.value
            {
                match number::parse_bool(text) {
                    Ok(parsed) => required.value = Value::Bool(parsed.value),
                    Err(_) => return wrong(Value::Mapping(file), "true or false for required"),
                }
            }
            Ok(Value::Mapping(file))
        }
        (_, value) => wrong(value, "a mapping"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "compose-go cuts fractions off here")]
fn whole(shape: Shape, value: Value) -> Result<Value, (Value, Wrong)> {
    let unsigned = matches!(shape, Shape::Unsigned(_) | Shape::MaybeUnsigned);
    let bits = match shape {
        Shape::Unsigned(bits @ ..64) => bits,
        _ => 63,
    };
    let number = match &value {
        Value::Int(number) => Some(*number),
        Value::Unsigned(number) => i64::try_from(*number).ok(),
        Value::Float(number) if number.is_finite() => Some(*number as i64),
        _ => None,
    };
    match number {
        Some(number) if !(unsigned && number < 0) => {
            Ok(Value::Int(if unsigned { number & (i64::MAX >> (63 - bits)) } else { number }))
        }
        _ => {
            Err((value, (if unsigned { "a whole number from 0" } else { "a whole number" }, None)))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "the attribute is of single precision")]
fn single(value: Value) -> Result<Value, (Value, Wrong)> {
    let number = match &value {
        Value::Int(number) => Some(*number as f64),
        Value::Unsigned(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::String(text) => number::parse_float32(text).ok().map(f64::from),
        _ => None,
    };
    number.map(|number| Value::Float(to_single(number))).ok_or((value, ("a number", None)))
}

#[expect(clippy::cast_possible_truncation, reason = "the attribute is of single precision")]
fn to_single(number: f64) -> f64 {
    f64::from(number as f32)
}

/// A list of strings; numbers become text where compose-go lets them.
fn texts(mut items: Vec<Node>, numbers: bool) -> Result<Value, (Value, Wrong)> {
    for item in &mut items {
        match &item.value {
            Value::String(_) => {}
            Value::Int(number) if numbers => item.value = Value::String(number.to_string().into()),
            Value::Null if numbers => item.value = Value::String("".into()),
            _ => return Err((Value::Sequence(items), ("a list of strings", None))),
        }
    }
    Ok(Value::Sequence(items))
}

fn text_map(mut mapping: Mapping) -> Result<Value, (Value, Wrong)> {
    let mut all_text = true;
    for (_, node) in mapping.iter_mut() {
        match &node.value {
            Value::String(_) => {}
            Value::Int(number) => node.value = Value::String(number.to_string().into()),
            Value::Null => node.value = Value::String("".into()),
            _ => all_text = false,
        }
    }
    if all_text {
        Ok(Value::Mapping(mapping))
    } else {
        Err((Value::Mapping(mapping), ("text for each name", None)))
    }
}

/// `KEY=value` strings or a mapping, as a mapping of text (or nothing, in an environment).
fn pairs(shape: Shape, value: Value, origin: Origin) -> Result<Value, (Value, Wrong)> {
    let null = matches!(shape, Shape::Environment);
    match value {
        Value::Mapping(mut mapping) => {
            gather_extensions(&mut mapping, origin);
            for (_, node) in mapping.iter_mut() {
                match &node.value {
                    Value::String(_) => {}
                    Value::Null if null => {}
                    Value::Null => node.value = Value::String("".into()),
                    value => node.value = Value::String(printed(value)),
                }
            }
            Ok(Value::Mapping(mapping))
        }
        Value::Sequence(items) if !matches!(shape, Shape::Options) => {
            let mut mapping = Mapping::new();
            for item in &items {
                let text = printed(&item.value);
                let (key, node) = match text.split_once('=') {
                    Some((key, value)) => (key, Node::string(text.part(value), item.origin)),
                    None if null => (&*text, Node::new(Value::Null, item.origin)),
                    None => (&*text, Node::string("", item.origin)),
                };
                if null && key.ends_with(char::is_whitespace) {
                    let why = format!("the variable \"{key}\" has a space at its end");
                    return Err((
                        Value::Sequence(items),
                        ("NAME=value without spaces around =", Some(why)),
                    ));
                }
                mapping.insert(Key { text: text.part(key), origin: item.origin }, node);
            }
            Ok(Value::Mapping(mapping))
        }
        value => Err((value, ("a mapping or a list of NAME=value", None))),
    }
}

/// compose-go gathers `x-` keys of any mapping under one key, even where they are data.
fn gather_extensions(mapping: &mut Mapping, origin: Origin) {
    if !mapping.iter().any(|(key, _)| key.starts_with("x-")) {
        return;
    }
    let mut extensions = Mapping::new();
    let mut rest = Mapping::new();
    for (key, node) in std::mem::take(mapping) {
        if key.starts_with("x-") { extensions.insert(key, node) } else { rest.insert(key, node) }
    }
    rest.put("#extensions", Node::string(printed(&Value::Mapping(extensions)), origin));
    *mapping = rest;
}

/// Hosts by name, each with a list of addresses.
fn hosts(value: Value) -> Result<Value, (Value, Wrong)> {
    const WANTED: &str = "HOST=ADDRESS, or a mapping of hosts to addresses";
    match addresses(&value) {
        Ok(hosts) => Ok(Value::Mapping(hosts)),
        Err(why) => Err((value, (WANTED, why))),
    }
}

fn addresses(value: &Value) -> Result<Mapping, Option<String>> {
    let mut hosts = Mapping::new();
    let mut add = |host: &str, address: String, origin: Origin| {
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .filter(|rest| !rest.is_empty());
        let address = Node::string(bare.map_or(address.as_str(), |bare| bare), origin);
        match hosts.get_mut(host).map(|node| &mut node.value) {
            Some(Value::Sequence(addresses)) => addresses.push(address),
            _ => hosts.insert(
                Key { text: host.into(), origin },
                Node::new(Value::Sequence(vec![address]), origin),
            ),
        }
    };
    match value {
        Value::Mapping(mapping) => {
            for (key, node) in mapping.iter() {
                match &node.value {
                    Value::Null => add(key, String::new(), node.origin),
                    Value::String(text) => add(key, text.to_string(), node.origin),
                    Value::Sequence(items) => {
                        for item in items {
                            add(key, printed(&item.value).to_string(), item.origin);
                        }
                    }
                    _ => return Err(None),
                }
            }
        }
        Value::Sequence(items) => {
            for item in items {
                let text = printed(&item.value);
                let Some((host, addresses)) = text.split_once('=').or_else(|| text.split_once(':'))
                else {
                    return Err(Some(format!("\"{text}\" has no address")));
                };
                addresses.split(',').for_each(|address| add(host, address.to_owned(), item.origin));
            }
        }
        _ => return Err(None),
    }
    let bad = hosts.iter().find(|(key, _)| key.is_empty() || key.contains([':', '=']));
    if let Some((key, _)) = bad {
        return Err(Some(format!("\"{}\" is not a host name", key.text)));
    }
    Ok(hosts)
}
