//! How a YAML text is laid out: where its entries and items stand, and how often its anchors count.
//!
//! The tree of the loader says what a text means. Who edits the text has to know how it is written:
//! on lines of its own or between braces, beside which comment, and for how many readers.

use granit_parser::{Event, Parser, Span as Marks, StructureStyle};

use crate::source::Span;

/// Where the parts of a text stand.
#[derive(Debug, Default)]
pub struct Layout {
    collections: Vec<Collection>,
    anchors: Vec<Anchor>,
    /// The keys of the documents' roots, each with where it begins.
    tops: Vec<(usize, String)>,
}

/// A mapping or a list.
#[derive(Debug, Default)]
struct Collection {
    flow: bool,
    parts: Vec<Part>,
}

/// An entry or an item.
#[derive(Debug)]
struct Part {
    key: Option<Span>,
    value: Span,
    /// Whether the value is one text on the lines where it begins: no collection, block or alias.
    plain: bool,
}

/// A value with a name, and for how many places it counts.
#[derive(Debug)]
pub struct Anchor {
    /// The value.
    pub span: Span,
    /// Its own place, unless that is an extension (`x-…`), and each alias.
    pub uses: usize,
    id: usize,
}

/// A collection that is not closed yet.
struct Open {
    mapping: bool,
    key: Option<(Span, String)>,
    anchor: usize,
    start: usize,
    made: Collection,
}

impl Part {
    fn start(&self) -> usize {
        self.key.as_ref().unwrap_or(&self.value).start
    }
}

impl Layout {
    /// The layout of a text; none of one that is no YAML.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let options = granit_parser::options! {
            emit_comments: false,
            block_scalar_eof_without_line_feed: true,
        };
        let mut layout = Self::default();
        let mut open: Vec<Open> = Vec::new();
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, marks) = event.ok()?;
            let span = bytes(&marks)?;
            match event {
                Event::Scalar(said, style, anchor, _) => {
                    let plain = !matches!(
                        style,
                        granit_parser::ScalarStyle::Literal | granit_parser::ScalarStyle::Folded
                    );
                    layout.note(anchor, &span, &open);
                    layout.put(&mut open, span, plain, &said);
                }
                Event::Alias(id) => {
                    if let Some(anchor) = layout.anchors.iter_mut().rfind(|one| one.id == id) {
                        anchor.uses += 1;
                    }
                    layout.put(&mut open, span, false, "");
                }
                Event::SequenceStart(style, anchor, _) | Event::MappingStart(style, anchor, _) => {
                    let flow = style == StructureStyle::Flow;
                    let made = Collection { flow, parts: Vec::new() };
                    let mapping = matches!(event, Event::MappingStart(..));
                    open.push(Open { mapping, key: None, anchor, start: span.start, made });
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Open { anchor, start, made, .. } = open.pop()?;
                    let whole = &text[start..span.end.max(start)];
                    let span = start..start + whole.trim_end().len();
                    layout.collections.push(made);
                    layout.note(anchor, &span, &open);
                    layout.put(&mut open, span, false, "");
                }
                _ => {}
            }
        }
        Some(layout)
    }

    fn note(&mut self, id: usize, span: &Span, open: &[Open]) {
        if id == 0 {
            return;
        }
        let mut keys = open.iter().filter_map(|open| open.key.as_ref());
        let uses = usize::from(!keys.any(|(_, key)| key.starts_with("x-")));
        self.anchors.push(Anchor { span: span.clone(), uses, id });
    }

    fn put(&mut self, open: &mut [Open], span: Span, plain: bool, said: &str) {
        let depth = open.len();
        let Some(last) = open.last_mut() else { return };
        if last.mapping && last.key.is_none() {
            if depth == 1 {
                self.tops.push((span.start, said.to_owned()));
            }
            last.key = Some((span, said.to_owned()));
            return;
        }
        let key = last.key.take().map(|(span, _)| span);
        last.made.parts.push(Part { key, value: span, plain });
    }

    /// The anchors whose values hold a part of a span.
    pub fn anchors_at(&self, span: &Span) -> impl Iterator<Item = &Anchor> {
        self.anchors.iter().filter(|one| one.span.start < span.end && span.start < one.span.end)
    }

    /// The key of the root below which something stands.
    #[must_use]
    pub fn top_at(&self, at: usize) -> Option<&str> {
        let (_, key) = self.tops.iter().rfind(|(start, _)| *start <= at)?;
        Some(key)
    }

    /// The entry or item with a key or a value, and its number in its collection.
    fn find(&self, at: &Span) -> Option<(&Collection, usize)> {
        let is = |part: &Part| part.key.as_ref() == Some(at) || part.value == *at;
        self.collections
            .iter()
            .find_map(|collection| Some((collection, collection.parts.iter().position(is)?)))
    }

    /// Whether two items or entries are of one collection.
    #[must_use]
    pub fn are_beside(&self, one: &Span, other: &Span) -> bool {
        let both = self.find(one).zip(self.find(other));
        both.is_some_and(|((one, _), (other, _))| std::ptr::eq(one, other))
    }

    /// The bytes from the key, or value, of one entry or item to the end of another's value.
    #[must_use]
    pub fn reach(&self, first: &Span, last: &Span) -> Option<Span> {
        let ((one, from), (other, to)) = self.find(first).zip(self.find(last))?;
        Some(one.parts[from].start()..other.parts[to].value.end)
    }

    /// The bytes of the entries or items from one to another, both named by a key or a value, with
    /// their commas or lines: what is left is laid out as it was, and no comment goes with them.
    ///
    /// # Errors
    /// Why they cannot be taken out by themselves.
    pub fn removal(&self, text: &str, first: &Span, last: &Span) -> Result<Span, &'static str> {
        const ODD: &str = "it is written in a way that cannot be taken out by itself";
        let ((collection, from), (other, to)) = self.find(first).zip(self.find(last)).ok_or(ODD)?;
        let parts = collection.parts.get(from..=to).filter(|_| std::ptr::eq(collection, other));
        let parts = parts.ok_or(ODD)?;
        if parts.len() == collection.parts.len() {
            return Err("nothing else stands beside it");
        }
        if parts.iter().any(|part| !part.plain || part.value.is_empty()) {
            return Err(ODD);
        }
        let beside = |part: &Part| {
            let gap = part.key.as_ref().map(|key| text.get(key.end..part.value.start));
            gap.map_or("", |gap| gap.unwrap_or("#"))
        };
        if parts.iter().any(|part| beside(part).contains('#')) {
            return Err("a comment stands in it");
        }
        let between =
            |one: &Part, next: &Part| text.get(one.value.end..next.start()).unwrap_or("#");
        if parts.windows(2).any(|pair| between(&pair[0], &pair[1]).contains('#')) {
            return Err("a comment stands in it");
        }
        if !collection.flow {
            return lines(text, &parts[0], &parts[parts.len() - 1]).ok_or(ODD)?;
        }
        let comma = |gap: &str| {
            gap.matches(',').count() == 1 && gap.chars().all(|c| c == ',' || c.is_whitespace())
        };
        let (span, gap) = match (collection.parts.get(to + 1), from.checked_sub(1)) {
            (Some(next), _) => {
                let gap = between(&collection.parts[to], next);
                (parts[0].start()..next.start(), gap)
            }
            (None, Some(before)) => {
                let before = &collection.parts[before];
                (before.value.end..collection.parts[to].value.end, between(before, &parts[0]))
            }
            (None, None) => return Err(ODD),
        };
        if comma(gap) { Ok(span) } else { Err(ODD) }
    }
}

/// The lines of block entries; a comment behind the last stays, on a line of its own.
fn lines(text: &str, first: &Part, last: &Part) -> Option<Result<Span, &'static str>> {
    let start = line_start(text, first.start());
    let before = text.get(start..first.start())?;
    let indent = before.len() - before.trim_start_matches(' ').len();
    let dash = before[indent..].trim_end();
    if dash != if first.key.is_some() { "" } else { "-" } {
        return None;
    }
    let rest = text.get(last.value.end..)?;
    let rest = &rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)];
    let behind = rest.trim();
    if let Some(comment) = behind.strip_prefix('#') {
        if comment.trim_start().starts_with("seaworthy:") {
            return Some(Err("a comment behind it is about this line"));
        }
        return Some(Ok(start + indent..last.value.end + rest.find('#')?));
    }
    if !behind.is_empty() {
        return None;
    }
    Some(Ok(start..with_blank_line(text, start, last.value.end + rest.len())))
}

/// Where the line of a byte begins; a byte order mark is no part of it.
#[must_use]
pub fn line_start(text: &str, at: usize) -> usize {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    start + usize::from(start == 0 && text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8()
}

/// The end of lines that are taken out: where a blank line stood on either side, one of them is
/// enough, and the top of a file needs none.
fn with_blank_line(text: &str, start: usize, end: usize) -> usize {
    let above = text[..start].trim_start_matches('\u{feff}');
    let above = above.strip_suffix('\n').map(|above| above.strip_suffix('\r').unwrap_or(above));
    let is_blank = above.is_none_or(|above| above.is_empty() || above.ends_with('\n'));
    let below = ["\n", "\r\n"].into_iter().find(|line| text[end..].starts_with(line));
    end + below.filter(|_| is_blank).map_or(0, str::len)
}

fn bytes(marks: &Marks) -> Option<Span> {
    let (start, end) = (marks.start.byte_offset()?, marks.end.byte_offset()?);
    Some(start..end.max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text without what stands between the first and the last of some words.
    fn without(text: &str, first: &str, last: &str) -> Result<String, &'static str> {
        let at = |word: &str| {
            let start = text.find(word).expect("the word");
            start..start + word.len()
        };
        let layout = Layout::of(text).expect("YAML");
        let span = layout.removal(text, &at(first), &at(last))?;
        Ok(format!("{}{}", &text[..span.start], &text[span.end..]))
    }

    #[test]
    fn an_entry_goes_with_its_line_and_no_comment() {
        for (text, left) in [
            ("version: '3'\nx: 1\n", "x: 1\n"),
            ("\u{feff}version: '3'\r\n\r\nx: 1\r\n", "\u{feff}x: 1\r\n"),
            ("# a\nversion: '3' # b\nx: 1\n", "# a\n# b\nx: 1\n"),
            ("x: 1\n\nversion: '3'\n\ny: 1\n", "x: 1\n\ny: 1\n"),
            ("x: 1\nversion: '3'", "x: 1\n"),
            ("a:\n  x: 1\n  version:\n    '3'\n  y: 1\n", "a:\n  x: 1\n  y: 1\n"),
            ("{version: '3', x: 1}\n", "{x: 1}\n"),
            ("{x: [1, 2], version: '3'}\n", "{x: [1, 2]}\n"),
            ("{\n  \"version\": \"3\",\n  \"x\": 1\n}\n", "{\n  \"x\": 1\n}\n"),
        ] {
            let word = if text.contains("\"version\"") { "\"version\"" } else { "version" };
            assert_eq!(without(text, word, word).as_deref(), Ok(left), "{text:?}");
        }
        for text in [
            "version: '3'\n",
            "? version\n: '3'\nx: 1\n",
            "version: |\n  3\nx: 1\n",
            "{version: '3', # why\n x: 1}\n",
            "version: '3' # seaworthy: allow[a] b\nx: 1\n",
            "version:\nx: 1\n",
            "version: # why\n  3\nx: 1\n",
        ] {
            assert!(without(text, "version", "version").is_err(), "{text:?}");
        }
    }

    #[test]
    fn items_go_with_their_commas_or_lines() {
        for (text, left) in [
            ("a: [x, one, two]\n", "a: [x]\n"),
            ("a: [x, one, two, y]\n", "a: [x, y]\n"),
            ("a:\n  - x\n  - one\n  - two\nb: 1\n", "a:\n  - x\nb: 1\n"),
            ("a:\n- x\n- one\n- two # why\n", "a:\n- x\n# why\n"),
        ] {
            assert_eq!(without(text, "one", "two").as_deref(), Ok(left), "{text:?}");
        }
        for text in [
            "a: [one, two]\n",
            "a:\n  - x\n  - one # why\n  - two\n",
            "a:\n  - one\nb:\n  - two\n  - x\n",
        ] {
            assert!(without(text, "one", "two").is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_anchor_counts_where_it_stands_and_at_each_alias() {
        let uses = |text: &str| {
            let at = text.find("HERE").expect("the word");
            let layout = Layout::of(text).expect("YAML");
            let found: Vec<usize> = layout.anchors_at(&(at..at + 4)).map(|one| one.uses).collect();
            found
        };
        assert_eq!(uses("a: &a {b: HERE}\nc: 1\n"), [1]);
        assert_eq!(uses("a: &a {b: HERE}\nc: *a\n"), [2]);
        assert_eq!(uses("x-a: &a {b: HERE}\nc: {<<: *a}\n"), [1]);
        assert_eq!(uses("x-a: &a {b: HERE}\nc: {<<: *a}\nd: *a\n"), [2]);
        assert_eq!(uses("a: &a {b: 1}\nc: HERE\n"), [0; 0]);
        let layout = Layout::of("x-a: {b: 1}\nc: {d: 2}\n").expect("YAML");
        assert_eq!((layout.top_at(9), layout.top_at(17)), (Some("x-a"), Some("c")));
    }
}
