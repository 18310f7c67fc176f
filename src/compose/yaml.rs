//! YAML text → documents of spanned nodes.
//!
//! The parser's names stay in this module. What a plain scalar means follows
//! go-yaml, the reader that Docker Compose uses: YAML 1.2's core schema, plus
//! octal `0777`, digits with `_`, and timestamps. Merge keys and aliases are
//! resolved here; `!reset` and `!override` are noted for the merge.

mod comments;
mod layout;
mod marks;
mod merge_keys;
mod places;
mod separators;

use std::{collections::HashMap, sync::Arc};

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, Span, StructureStyle, Tag};
use thin_vec::ThinVec;

pub use self::{
    comments::comments,
    layout::{Layout, line_start},
};
use self::{
    marks::{drop_resets, take_marks, unmark},
    places::to_u32,
    separators::Separators,
};
use super::{
    journal::{FileId, Journal, Origin, Place, Refusal, Step},
    resolve::{self, Scalar},
    tree::{Key, Node, Text, Value},
};
use crate::{diagnostic::Diagnostic, source::Source};

/// A document of a file.
#[derive(Debug)]
pub struct Document {
    /// Its tree, without `!reset` and `!override`.
    pub root: Node,
    /// The paths that reset what earlier files say, with where this is written.
    pub resets: Vec<Reset>,
}

/// A path that `!reset` or `!override` marks.
#[derive(Debug, Clone)]
pub struct Reset {
    /// Keys from the root, list positions as `[n]`.
    pub path: Vec<Text>,
    /// Where the mark is.
    pub origin: Origin,
}

/// How many nodes aliases may add, for each node that is written, …
const ALIAS_RATIO: usize = 10;
/// … and beside that.
const ALIAS_ALLOWANCE: usize = 200_000;

/// Reads all documents of a file.
///
/// # Errors
/// A [`Refusal`] with the place where the text stops being YAML that Compose reads, and the keys that are
/// written twice.
pub fn read(source: &Arc<Source>, journal: &mut Journal) -> Result<Vec<Document>, Refusal> {
    let Read { documents, faults } = read_all(source, journal);
    faults.map(|()| documents)
}

/// What a file says, and what is wrong with it.
#[derive(Debug)]
pub struct Read {
    /// Its documents: none where the text stops being YAML.
    pub documents: Vec<Document>,
    /// As [`read`] refuses the file.
    pub faults: Result<(), Refusal>,
}

/// As [`read`], for who goes on with what can be read.
pub fn read_all(source: &Arc<Source>, journal: &mut Journal) -> Read {
    let file = journal.add_file(source);
    let mut reader = Reader {
        separators: Separators::of(source.text()),
        source,
        file,
        journal,
        anchors: HashMap::new(),
        open: Vec::new(),
        written: 0,
        copied: 0,
        root: None,
        marks: false,
        faults: Vec::new(),
    };
    let documents = reader.documents();
    let separators = reader.separators.refuse(source).err();
    let (documents, why) = match documents {
        Ok(documents) => (documents, separators),
        Err(why) => (Vec::new(), Some(why)),
    };
    let faults = Refusal::of([Refusal(reader.faults), Refusal(why.into_iter().collect())]);
    Read { documents, faults }
}

fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        block_scalar_eof_without_line_feed: true,
    }
}

impl Reader<'_> {
    fn documents(&mut self) -> Result<Vec<Document>, Diagnostic> {
        let mut documents = Vec::new();
        let text = self.source.text();
        for event in Parser::new_from_str_with_options(text, options()) {
            let (event, span) = event.map_err(|error| {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                self.syntax(at, &error.info())
            })?;
            match event {
                Event::DocumentStart(..) => {
                    self.anchors.clear();
                    self.root = None;
                    self.marks = false;
                }
                Event::DocumentEnd => {
                    if let Some(mut root) = self.root.take() {
                        let mut resets = Vec::new();
                        if self.marks {
                            take_marks(&mut root, &mut Vec::new(), &mut resets);
                        }
                        documents.push(Document { root, resets });
                    }
                }
                event => self.event(event, span)?,
            }
        }
        Ok(documents)
    }
}

/// A collection that is not closed yet.
struct Open {
    kind: Collection,
    anchor: usize,
    mark: Mark,
    flow: bool,
    start: u32,
}

enum Collection {
    Sequence(Vec<Node>),
    Mapping { entries: ThinVec<(Key, Node)>, merges: Vec<(Place, Node)>, key: Option<PendingKey> },
}

enum PendingKey {
    Name(Key),
    Merge(Place),
}

impl Open {
    /// Where a value stands: if nothing is written of it, right after the colon of its key.
    fn beside_key(&self, source: &Source, place: Place) -> Place {
        match &self.kind {
            Collection::Mapping { key: Some(PendingKey::Name(key)), .. } => {
                places::beside(source, key.origin.place, place)
            }
            _ => place,
        }
    }
}

/// A tag that concerns the merge.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Reset,
    Override,
}

struct Reader<'a> {
    separators: Separators,
    source: &'a Arc<Source>,
    file: FileId,
    journal: &'a mut Journal,
    anchors: HashMap<usize, Node>,
    open: Vec<Open>,
    written: usize,
    copied: usize,
    root: Option<Node>,
    marks: bool,
    /// What is wrong and lets the rest be read.
    faults: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        let place = self.place(&span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.written += 1;
                let mark = mark_of(tag.as_deref());
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                if matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
                    self.separators.allow(place.span());
                }
                let place = if block { places::block(self.source, place, &text) } else { place };
                let place =
                    self.open.last().map_or(place, |open| open.beside_key(self.source, place));
                let text = self.text(&text, place);
                let node = self.scalar(text, style, tag.as_deref(), place)?;
                self.finish(node, style == ScalarStyle::Plain && tag.is_none(), anchor, mark)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let mark = mark_of(tag.as_deref());
                self.push(Collection::Sequence(Vec::new()), anchor, mark, false, place)
            }
            Event::MappingStart(style, anchor, tag) => {
                let mark = mark_of(tag.as_deref());
                let flow = style == StructureStyle::Flow;
                let kind =
                    Collection::Mapping { entries: ThinVec::new(), merges: Vec::new(), key: None };
                self.push(kind, anchor, mark, flow, place)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place),
            Event::Alias(anchor) => self.alias(anchor, place),
            _ => Ok(()),
        }
    }

    fn place(&self, span: &Span) -> Place {
        let byte = |marker: &Marker| to_u32(marker.byte_offset().unwrap_or_default());
        let (start, end) = (byte(&span.start), byte(&span.end));
        Place::new(self.file, start, end.max(start))
    }

    /// The text of a scalar, cut from the file where it is written as it is meant.
    fn text(&self, text: &str, place: Place) -> Text {
        let shared = self.source.shared_text();
        let span = place.span();
        for trim in [0, 1] {
            let cut = span.start + trim..span.end.saturating_sub(trim);
            if cut.start <= cut.end && shared.get(cut.clone()) == Some(text) {
                return Text::slice(shared, to_u32(cut.start), to_u32(cut.end));
            }
        }
        Text::from(text)
    }

    fn scalar(
        &self,
        text: Text,
        style: ScalarStyle,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<Node, Diagnostic> {
        let tag = tag.map(short_tag);
        let scalar =
            resolve::scalar(&text, style == ScalarStyle::Plain, tag.as_deref()).map_err(|why| {
                self.at(place, why).help("write the value as the tag says, or remove the tag")
            })?;
        let value = match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => Value::Int(value),
            Scalar::Unsigned(value) => Value::Unsigned(value),
            Scalar::Float(value) => Value::Float(value),
            Scalar::Timestamp => Value::Timestamp(text),
            Scalar::String => Value::String(text),
            Scalar::Decoded(text) => Value::String(text.into()),
        };
        Ok(Node::new(value, Origin::written(place)))
    }

    fn push(
        &mut self,
        kind: Collection,
        anchor: usize,
        mark: Mark,
        flow: bool,
        place: Place,
    ) -> Result<(), Diagnostic> {
        self.written += 1;
        let start = to_u32(place.span().start);
        if let Some(Open { kind: Collection::Mapping { key: None, .. }, .. }) = self.open.last() {
            return Err(self
                .at(place, "a key must be a string, and this is a collection".into())
                .help("write the key as plain or quoted text"));
        }
        self.open.push(Open { kind, anchor, mark, flow, start });
        Ok(())
    }

    fn close(&mut self, end: Place) -> Result<(), Diagnostic> {
        let Some(Open { kind, anchor, mut mark, start, .. }) = self.open.pop() else {
            return Ok(());
        };
        let end = to_u32(end.span().end);
        let end = places::trimmed_end(self.source, start, end);
        let origin = Origin::written(Place::new(self.file, start, end));
        let value = match kind {
            // What is read stays: room to grow would be a third of a large file's memory.
            Collection::Sequence(mut items) => {
                items.shrink_to_fit();
                Value::Sequence(items)
            }
            Collection::Mapping { mut entries, merges, .. } => {
                entries.shrink_to_fit();
                let (mapping, marked) = self.mapping(entries, merges)?;
                if marked && mark == Mark::None {
                    mark = Mark::Override;
                }
                Value::Mapping(mapping)
            }
        };
        self.finish(Node::new(value, origin), false, anchor, mark)
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Diagnostic> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(self
                .at(place, "this alias stands inside its own anchor".into())
                .help("an anchor cannot contain itself: write the part out"));
        };
        self.copied += node.count();
        if self.copied > ALIAS_ALLOWANCE + ALIAS_RATIO * self.written {
            return Err(self
                .at(place, format!("aliases copy more than {} values", self.copied))
                .note(format!("the file itself has {} values so far", self.written))
                .help("aliases of aliases multiply: write the parts out, or split the file"));
        }
        let mut node = node.clone();
        if self.marks && self.is_overriding() {
            unmark(&mut node);
        }
        self.journal.step_all(&mut node, &Step::Alias { at: place });
        self.finish(node, false, 0, Mark::None)
    }

    /// Whether what is read lies below `!override`: there Compose looks for no further marks, and
    /// what they stand on is a value as any other.
    fn is_overriding(&self) -> bool {
        self.open.iter().any(|open| open.mark == Mark::Override)
    }

    /// Puts a finished node where it belongs.
    fn finish(
        &mut self,
        node: Node,
        plain: bool,
        anchor: usize,
        mark: Mark,
    ) -> Result<(), Diagnostic> {
        let node = match mark {
            _ if self.is_overriding() => node,
            Mark::None => node,
            Mark::Reset | Mark::Override => {
                self.marks = true;
                let origin = node.origin;
                Node::new(Value::Marked(Box::new((mark == Mark::Reset, node))), origin)
            }
        };
        if anchor != 0 {
            let mut copy = node.clone();
            if self.marks {
                drop_resets(&mut copy);
            }
            self.anchors.insert(anchor, copy);
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let flow = open.flow;
        match &mut open.kind {
            Collection::Sequence(items) => items.push(node),
            Collection::Mapping { entries, merges, key } => match key.take() {
                Some(PendingKey::Name(key)) => entries.push((key, node)),
                Some(PendingKey::Merge(at)) => merges.push((at, node)),
                None => {
                    let merge = plain && node.as_str() == Some("<<");
                    let place = node.origin.place;
                    let pending = if merge {
                        if let Some((first, _)) = merges.first() {
                            let first = *first;
                            return Err(self
                                .at(place, "the key \"<<\" is written twice".into())
                                .at(self.source, first.span(), "it is here already")
                                .help("give one merge key a list: `<<: [*a, *b]`"));
                        }
                        PendingKey::Merge(place)
                    } else if let Value::String(text) = node.value {
                        let key = Key { text, origin: node.origin };
                        PendingKey::Name(if flow && plain {
                            with_colon(key, self.source)
                        } else {
                            key
                        })
                    } else {
                        let kind = node.value.kind();
                        let text = self.journal.text(place).to_owned();
                        let fault = Diagnostic::error(format!(
                            "a key must be a string, and this is {kind}"
                        ));
                        let fault = fault.at(self.source, place.span(), "");
                        let fault = fault.help(format!("put it in quotes: \"{text}\""));
                        self.faults.push(fault);
                        PendingKey::Name(Key { text: text.into(), origin: node.origin })
                    };
                    *key = Some(pending);
                }
            },
        }
        Ok(())
    }

    fn at(&self, place: Place, title: String) -> Diagnostic {
        Diagnostic::error(title).at(self.source, place.span(), "")
    }

    fn syntax(&self, at: usize, words: &str) -> Diagnostic {
        let text = self.source.text();
        let at = text.floor_char_boundary(at);
        // The parser notices a tab late, or tells where the text before it begins; people look for it
        // where it is.
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let lines = if words.contains("tab") { usize::MAX } else { 1 };
        let mut starts = std::iter::successors(Some(line), |start| {
            text[*start..].find('\n').map(|end| start + end + 1)
        });
        let tab = starts.by_ref().take(lines).find_map(|start| {
            let blank = text[start..].find(|c| !matches!(c, ' ' | '\t')).unwrap_or_default();
            text[start..start + blank].find('\t').map(|tab| start + tab)
        });
        if let Some(tab) = tab {
            return Diagnostic::error("a tab cannot indent YAML")
                .at(self.source, tab..tab + 1, "a tab")
                .note(words)
                .help("indent with spaces");
        }
        let next = text[at..].chars().next();
        let end = next.map_or(at, |next| at + next.len_utf8());
        if let Some(next) =
            next.filter(|next| next.is_control() && !matches!(next, '\n' | '\r' | '\t'))
        {
            return Diagnostic::error("a control character cannot stand in YAML")
                .at(self.source, at..end, format!("U+{:04X}", u32::from(next)))
                .help("remove it, or write it as an escape in double quotes");
        }
        let help = match next {
            Some('@' | '`' | '%') => "no plain text begins with this character: put it in quotes",
            _ if words.contains("unknown anchor") => {
                "no anchor of that name stands above: write one, or put the text in quotes"
            }
            _ if words.contains("mapping values are not allowed") => {
                "text with a colon and a space in it needs quotes; else look at the indentation"
            }
            _ => "look at the indentation, the quotes and the colons around here",
        };
        Diagnostic::error(format!("this is not YAML: {words}"))
            .at(self.source, at..end, "")
            .help(help)
    }
}

/// In a flow mapping, a colon right before `,` or `}` belongs to the key, as libyaml reads it.
fn with_colon(key: Key, source: &Arc<Source>) -> Key {
    let Some(file) = key.origin.place.file() else { return key };
    let span = key.origin.place.span();
    let rest = source.text().get(span.end..).unwrap_or_default();
    if !(rest.starts_with(":}") || rest.starts_with(":,")) {
        return key;
    }
    let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let place = Place::new(file, bound(span.start), bound(span.end + 1));
    Key { text: format!("{}:", key.text).into(), origin: Origin::written(place) }
}

fn mark_of(tag: Option<&Tag>) -> Mark {
    let Some(tag) = tag else { return Mark::None };
    match short_tag(tag).as_str() {
        "!reset" => Mark::Reset,
        "!override" => Mark::Override,
        _ => Mark::None,
    }
}

/// A tag as go-yaml names it: `!!str`, `!reset`, …
fn short_tag(tag: &Tag) -> String {
    let full = format!("{}{}", tag.handle(), tag.suffix());
    match full.strip_prefix("tag:yaml.org,2002:") {
        Some(name) => format!("!!{name}"),
        None => full,
    }
}
