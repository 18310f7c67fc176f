//! Where a document names its claims: `[NET-3]`, or `NET-3` where a scenario carries it.

use std::ops::Range;

use indexmap::IndexMap;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeWithOffset};

use super::blocks;
use crate::source::Source;

/// What of Markdown a document is read with, beside `CommonMark`.
pub const READ_WITH: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Words.
    Words(&'t str),
    /// A claim's id.
    Claim(&'t str),
}

/// An id in a text.
struct Found {
    /// The id with the brackets around it.
    whole: Range<usize>,
    /// The id.
    id: Range<usize>,
    /// Whether it stands in brackets.
    own: bool,
}

/// Where a document names a claim.
#[derive(Debug)]
pub(super) struct Mention {
    pub(super) id: String,
    /// Where the id stands, without brackets.
    pub(super) at: Range<usize>,
    /// Whether it stands in brackets.
    pub(super) own: bool,
    /// The row of a table that it stands in.
    pub(super) row: Option<Range<usize>>,
}

/// What may stand in an id. Whatever else there is ends one.
fn belongs(c: char) -> bool {
    c.is_alphanumeric() || is_joint(c)
}

/// What may stand between the letters of an id.
const fn is_joint(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '/' | ':' | '#' | '+' | '~' | '=' | '%')
}

/// What an id without a scenario looks like: a capital first, and a number behind a hyphen.
fn is_idle(id: &str) -> bool {
    let Some((letters, rest)) = id.split_once('-') else { return false };
    let starts = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    letters.starts_with(char::is_uppercase)
        && id.chars().all(belongs)
        && id.ends_with(char::is_alphanumeric)
        && rest.split(is_joint).any(starts)
}

/// The ids of a text in its order; of each the whole, or it is none.
fn ids(text: &str, known: &impl Fn(&str) -> bool) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let next = rest.chars().next().map_or(1, char::len_utf8);
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(['[', ']']).filter(|end| inner[*end..].starts_with(']'));
            let listed = end.map(|end| listed(text, at + 1..at + 1 + end, known));
            if let (Some(end), Some(listed)) = (end, listed.filter(|ids| !ids.is_empty())) {
                found.extend(listed);
                at += end + 2;
                continue;
            }
        } else if rest.starts_with(belongs) {
            let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
            found.extend(bare(text, at..at + end, known));
            at += end;
            continue;
        }
        at += next;
    }
    found
}

/// The ids between brackets: one, or several with commas or words like "and" between them. Nothing if
/// anything else stands there.
fn listed(text: &str, inner: Range<usize>, known: &impl Fn(&str) -> bool) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut at = inner.start;
    for part in text[inner.clone()].split_inclusive(|c| !belongs(c)) {
        let word = part.trim_end_matches(|c| !belongs(c));
        let between = &part[word.len()..];
        let id = at..at + word.len();
        at += part.len();
        if !between.chars().all(|c| c.is_whitespace() || matches!(c, ',' | ';' | '&' | '–' | '…'))
        {
            return Vec::new();
        }
        match word {
            "" | "and" | "to" => {}
            word if known(word) || is_idle(word) => {
                found.push(Found { whole: id.clone(), id, own: true });
            }
            _ => return Vec::new(),
        }
    }
    if let Some(first) = found.first_mut() {
        first.whole.start = inner.start - 1;
    }
    if let Some(last) = found.last_mut() {
        last.whole.end = inner.end + 1;
    }
    found
}

/// The ids of a word without brackets: those that a scenario carries, `NET-1` or `NET-1/NET-2`.
fn bare(text: &str, word: Range<usize>, known: &impl Fn(&str) -> bool) -> Vec<Found> {
    let is_claim = |id: &str| id.starts_with(char::is_uppercase) && id.contains('-') && known(id);
    let head = text[word.clone()].trim_start_matches(['#', ':', '+', '~', '=']);
    let start = word.end - head.len();
    let mut end = word.end;
    loop {
        let told = &text[start..end];
        let mut from = start;
        let parts = told.split('/').map(|part| {
            let id = from..from + part.len();
            from += part.len() + 1;
            Found { whole: id.clone(), id, own: false }
        });
        if is_claim(told) {
            return vec![Found { whole: start..end, id: start..end, own: false }];
        }
        let parts: Vec<Found> = parts.collect();
        if parts.iter().all(|part| is_claim(&text[part.id.clone()])) {
            return parts;
        }
        // The full stop of a sentence is none of the id.
        match told.chars().next_back() {
            Some(last) if is_joint(last) => end -= last.len_utf8(),
            _ => return Vec::new(),
        }
    }
}

/// The pieces of a text; `known` says which ids scenarios carry.
///
/// An id in brackets is one whether a scenario carries it or not. A bare word is one only if a
/// scenario carries it: `UTF-8` looks like one and is none.
pub fn pieces(text: &str, known: impl Fn(&str) -> bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for Found { whole, id, .. } in ids(text, &known) {
        if from < whole.start {
            pieces.push(Piece::Words(&text[from..whole.start]));
        }
        pieces.push(Piece::Claim(&text[id]));
        from = whole.end;
    }
    if from < text.len() {
        pieces.push(Piece::Words(&text[from..]));
    }
    pieces
}

/// The claims of a document in its order, each at its first mention. In code, links and pictures an
/// id is no claim, nor in a block that is made from the claims.
#[must_use]
pub fn places(text: &str, known: impl Fn(&str) -> bool) -> IndexMap<String, Range<usize>> {
    let mut found = IndexMap::new();
    for mention in mentions(text, known) {
        found.entry(mention.id).or_insert(mention.at);
    }
    found
}

/// Every mention of a claim, in the order of the document.
pub(super) fn mentions(text: &str, known: impl Fn(&str) -> bool) -> Vec<Mention> {
    let kept = blocks::find(&Source::new("document", text)).unwrap_or_default();
    let mut found = Vec::new();
    // How deep in a link, a picture or a block of code we are.
    let mut aside = 0_usize;
    let mut row = None;
    let events = Parser::new_ext(text, READ_WITH).into_offset_iter();
    for (event, span) in TextMergeWithOffset::new(events) {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::Link { .. } | Tag::Image { .. }) => aside += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::Link | TagEnd::Image) => {
                aside = aside.saturating_sub(1);
            }
            Event::Start(Tag::TableRow | Tag::TableHead) => row = Some(span),
            Event::End(TagEnd::TableRow | TagEnd::TableHead) => row = None,
            Event::Text(words)
                if aside == 0 && !kept.iter().any(|block| block.body.contains(&span.start)) =>
            {
                let mut from = span.start;
                for Found { id, own, .. } in ids(&words, &known) {
                    let name = &words[id.clone()];
                    let at = match text.get(span.clone()) {
                        Some(written) if written == &*words => Some(span.start + id.start),
                        // Entities and escapes are longer where they are written: it is looked for.
                        _ => text
                            .get(from..span.end)
                            .and_then(|left| whole(left, name))
                            .map(|at| from + at),
                    };
                    let Some(start) = at.filter(|at| !is_defined(text, *at, name)) else {
                        continue;
                    };
                    from = start + name.len();
                    let (id, at, row) = (name.to_owned(), start..from, row.clone());
                    found.push(Mention { id, at, own, row });
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether an id is what a link is called where its address is given, `[NET-8]: x`.
fn is_defined(text: &str, at: usize, id: &str) -> bool {
    let first = text[..at].strip_suffix('[');
    let address = text[at + id.len()..].strip_prefix("]:");
    let line = address.and_then(|address| address.lines().next());
    first.is_some_and(|before| before.is_empty() || before.ends_with('\n'))
        && line.is_some_and(|line| line.split_whitespace().count() == 1)
}

/// Where an id stands in a text, not as a part of a longer one.
fn whole(text: &str, id: &str) -> Option<usize> {
    let starts = text.match_indices(id).map(|(start, _)| start);
    let mut whole = starts.clone().filter(|start| {
        let before = text[..*start].chars().next_back();
        let after = text[start + id.len()..].trim_start_matches(is_joint);
        !before.is_some_and(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    });
    whole.next().or_else(|| starts.clone().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_brackets_are_claims_and_bare_words_only_if_a_scenario_carries_them() {
        let known = |id: &str| matches!(id, "NET-1" | "Login");
        let claims = |text| -> Vec<&str> {
            let pieces = pieces(text, known).into_iter();
            pieces
                .filter_map(|piece| match piece {
                    Piece::Claim(id) => Some(id),
                    Piece::Words(_) => None,
                })
                .collect()
        };
        assert_eq!(claims("a [NET-1] and [NET-2], [Login]"), ["NET-1", "NET-2", "Login"]);
        assert_eq!(claims("NET-1, NET-2, UTF-8, [x], [Note], Login"), ["NET-1"]);
        assert_eq!(
            pieces("so [NET-1].", known),
            [Piece::Words("so "), Piece::Claim("NET-1"), Piece::Words(".")]
        );
    }

    #[test]
    fn claims_have_the_places_where_they_are_first_named() {
        let text = "# Äpfel [A-1]\n\n| a |\n|---|\n| b &amp; [B-2] |\n\nsee [A-1], `[C-3]`, [D-4](x) and ![E-5](y)\n\n```\n[F-6]\n```\n";
        let found = places(text, |_| false);
        let told: Vec<(&str, &str)> =
            found.iter().map(|(id, span)| (id.as_str(), &text[span.clone()])).collect();
        assert_eq!(told, [("A-1", "A-1"), ("B-2", "B-2")]);
        assert_eq!(found["A-1"].start, text.find("A-1").expect("it is there"));
        assert_eq!(places("as in Login-x", |id| id == "Login-x").len(), 1);
    }

    fn told(text: &str, carried: &[&str]) -> Vec<String> {
        let pieces = pieces(text, |id| carried.contains(&id)).into_iter();
        pieces
            .map(|piece| match piece {
                Piece::Claim(id) => format!("<{id}>"),
                Piece::Words(words) => words.to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_mark_is_for_the_whole_id_or_for_none() {
        let all = ["SEC-1", "SEC-2", "SEC-1.2", "SEC-3/b", "Ä-1"];
        for (text, wanted) in [
            ("read-only [SEC-1.2].", "read-only <SEC-1.2>."),
            ("read-only [SEC-1.3]", "read-only <SEC-1.3>"),
            ("read-only [SEC-1/b]", "read-only <SEC-1/b>"),
            ("bare SEC-1.4 and SEC-1.2. SEC-1.", "bare SEC-1.4 and <SEC-1.2>. <SEC-1>."),
            (
                "SEC-1/b, SEC-3/b, SEC-1-x, xSEC-1, SEC-1b",
                "SEC-1/b, <SEC-3/b>, SEC-1-x, xSEC-1, SEC-1b",
            ),
            ("SEC-1/SEC-2: both", "<SEC-1>/<SEC-2>: both"),
            ("(SEC-1), SEC-2's, „SEC-1“", "(<SEC-1>), <SEC-2>'s, „<SEC-1>“"),
            ("both [SEC-1, SEC-2]!", "both <SEC-1>, <SEC-2>!"),
            ("[SEC-1 and SEC-8; SEC-9]", "<SEC-1> and <SEC-8>; <SEC-9>"),
            ("[Ä-1] Ä-1 [Sec-7] [SEC-1b]", "<Ä-1> <Ä-1> <Sec-7> <SEC-1b>"),
            ("[see SEC-1] [Note] [A-Z] [x-1] []", "[see <SEC-1>] [Note] [A-Z] [x-1] []"),
            ("[[SEC-1]] [SEC-1", "[<SEC-1>] [<SEC-1>"),
        ] {
            assert_eq!(told(text, &all).concat(), wanted, "{text}");
        }
    }

    #[test]
    fn an_id_is_found_at_its_own_place_and_not_in_a_longer_one() {
        let text = "SEC-1.4 &amp; SEC-1 and\n[SEC-2.1]\n";
        let found = places(text, |id| id == "SEC-1");
        assert_eq!(found["SEC-1"].start, text.find("SEC-1 and").expect("it is there"));
        assert_eq!(&text[found["SEC-2.1"].clone()], "SEC-2.1");
    }

    #[test]
    fn a_block_that_is_made_from_claims_states_none() {
        let text = "<!-- seaworthy: claims -->\n\n| claim |\n|---|\n| A-1 |\n\n<!-- /seaworthy -->\n\nso [A-2]\n";
        let found = places(text, |_| true);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["A-2"]);
    }
}
