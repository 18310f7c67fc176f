//! Keys that one mapping has twice: whoever reads on takes the last and drops the first in silence.

use std::sync::Arc;

use granit_parser::{Event, Parser};

use crate::{
    diagnostic::Diagnostic,
    source::{Source, Span},
};

/// A collection that is not closed yet.
enum Open {
    List,
    /// The keys so far, and whether a value comes next.
    Mapping(Vec<(String, Span)>, bool),
}

/// The first key that is written twice in one mapping of a YAML text, with both places.
///
/// What is no YAML is left to whoever reads the text for its meaning.
pub(super) fn find(source: &Arc<Source>) -> Option<Diagnostic> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(source.text()) {
        let (event, span) = event.ok()?;
        match event {
            Event::MappingStart(..) => {
                value_begins(&mut open);
                open.push(Open::Mapping(Vec::new(), false));
            }
            Event::SequenceStart(..) => {
                value_begins(&mut open);
                open.push(Open::List);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
            }
            Event::Alias(..) => value_begins(&mut open),
            Event::Scalar(text, ..) => {
                let Some(Open::Mapping(keys, value_next @ false)) = open.last_mut() else {
                    value_begins(&mut open);
                    continue;
                };
                *value_next = true;
                let at = |mark: granit_parser::Marker| mark.byte_offset().unwrap_or_default();
                let here = at(span.start)..at(span.end);
                if let Some((_, first)) = keys.iter().find(|(known, _)| *known == text.as_ref()) {
                    return Some(twice(source, &text, first.clone(), here));
                }
                keys.push((text.into_owned(), here));
            }
            _ => {}
        }
    }
    None
}

/// A value begins in the innermost collection, or a key that is no text.
fn value_begins(open: &mut [Open]) {
    if let Some(Open::Mapping(_, value_next)) = open.last_mut() {
        *value_next = !*value_next;
    }
}

fn twice(source: &Arc<Source>, key: &str, first: Span, second: Span) -> Diagnostic {
    let line = |span: &Span| source.place(span.start).line;
    let title = format!(
        "\"{key}\" is written twice, in lines {} and {}: one of them would be dropped",
        line(&first),
        line(&second)
    );
    Diagnostic::error(title)
        .at(source, second, "a second time here")
        .at(source, first, "the first time here")
        .help("remove one of them, or give it a name of its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_in_one_mapping_is_told_with_both_lines() {
        for (text, second) in [
            ("a: 1\nb: 2\na: 3\n", "c.yaml:3:1"),
            ("e:\n  dev: {files: [a.yml]}\n  \"dev\": {files: [b.yml]}\n", "c.yaml:3:3"),
            ("e: {a: {x: 1}, b: [1, {c: 1, c: 2}]}\n", "c.yaml:1:30"),
            ("a: &x 1\nb: *x\nb: 1\n", "c.yaml:3:1"),
        ] {
            let found = find(&Source::new("c.yaml", text)).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.place().as_deref(), Some(second), "{text}");
            assert!(found.title.contains("is written twice"), "{}", found.title);
        }
    }

    #[test]
    fn the_same_key_in_two_mappings_and_values_alike_are_no_matter() {
        for text in ["a: {x: 1}\nb: {x: 1}\n", "a: a\nb: b\n", "- a\n- a\n", "a: [b, b]\n", "{", ""]
        {
            assert!(find(&Source::new("c.yaml", text)).is_none(), "{text}");
        }
    }
}
