//! A section of the configuration as it is written: every key and value with its place.

use granit_parser::{Event, Parser, ScanError, Span as Marks};

use crate::source::Span;

/// How deep a section may be nested; what is deeper is none of our keys.
const DEPTH: usize = 4;

/// A value with its place.
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

pub(super) enum Value {
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<(String, Span, Node)>),
    /// An alias, or what is nested too deep.
    Other,
}

type Events<'e, 'a> = dyn Iterator<Item = Result<(Event<'a>, Marks), ScanError>> + 'e;

/// The text that a value is; nothing for another one.
pub(super) fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The value of the section, if the text has it. What is no YAML is left to whoever reads it all.
pub(super) fn section(text: &str, name: &str) -> Option<Node> {
    let mut events = Parser::new_from_str(text);
    loop {
        match events.next()?.ok()? {
            (Event::MappingStart(..), _) => break,
            (Event::SequenceStart(..) | Event::Scalar(..) | Event::Alias(..), _) => return None,
            _ => {}
        }
    }
    loop {
        let (key, _) = events.next()?.ok()?;
        match key {
            Event::MappingEnd => return None,
            Event::Scalar(key, ..) if key.as_ref() == name => return value(&mut events, 0),
            Event::Scalar(..) | Event::Alias(..) => {}
            key => skip(&mut events, &key)?,
        }
        let (event, _) = events.next()?.ok()?;
        skip(&mut events, &event)?;
    }
}

/// Goes behind a value that has begun.
fn skip(events: &mut Events<'_, '_>, first: &Event<'_>) -> Option<()> {
    let mut depth =
        usize::from(matches!(first, Event::MappingStart(..) | Event::SequenceStart(..)));
    while depth > 0 {
        match events.next()?.ok()?.0 {
            Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
            Event::MappingEnd | Event::SequenceEnd => depth -= 1,
            _ => {}
        }
    }
    Some(())
}

fn value(events: &mut Events<'_, '_>, depth: usize) -> Option<Node> {
    let (event, at) = events.next()?.ok()?;
    value_of(events, event, at, depth)
}

fn value_of<'a>(
    events: &mut Events<'_, 'a>,
    event: Event<'a>,
    at: Marks,
    depth: usize,
) -> Option<Node> {
    let span = span(at);
    if depth > DEPTH {
        skip(events, &event)?;
        return Some(Node { span, value: Value::Other });
    }
    let value = match event {
        Event::Scalar(text, ..) => Value::Text(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                let (event, at) = events.next()?.ok()?;
                if matches!(event, Event::SequenceEnd) {
                    break;
                }
                items.push(value_of(events, event, at, depth + 1)?);
            }
            Value::List(items)
        }
        Event::MappingStart(..) => {
            let mut entries = Vec::new();
            loop {
                let (event, at) = events.next()?.ok()?;
                if matches!(event, Event::MappingEnd) {
                    break;
                }
                let key = value_of(events, event, at, depth + 1)?;
                let node = value(events, depth + 1)?;
                // A key that is no text is none of ours.
                let name = text(&key).unwrap_or_default().to_owned();
                entries.push((name, key.span, node));
            }
            Value::Mapping(entries)
        }
        _ => Value::Other,
    };
    Some(Node { span, value })
}

fn span(at: Marks) -> Span {
    let byte = |mark: granit_parser::Marker| mark.byte_offset().unwrap_or_default();
    byte(at.start)..byte(at.end)
}
