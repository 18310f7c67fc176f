//! Secrets looked for in anything: as they are, and in the forms that programs write them in.
//!
//! All of them at once, piece by piece, with no more in memory than a piece. What is
//! found names the secret and never its value.

use std::{collections::BTreeSet, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// A secret that nothing may show.
#[derive(Clone)]
pub struct Secret {
    /// What people call it: `secret "redis_password"`, `APP_KEY of service "app"`.
    pub name: String,
    /// What must be found nowhere.
    pub value: String,
}

impl std::fmt::Debug for Secret {
    /// The name alone.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A secret that was found: its number, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Its place in the list that [`Needles`] were made of.
    pub secret: usize,
    /// `as it is`, `in base64`, …
    pub form: &'static str,
}

/// What is looked for; clones share it.
#[derive(Debug, Clone)]
pub struct Needles {
    automaton: AhoCorasick,
    /// The hit of each pattern.
    hits: Vec<Hit>,
    longest: usize,
}

/// What is shorter is in any large file by chance.
pub const SHORTEST: usize = 8;

/// What is shorter of a line of a key may be in any other key.
const KEY_LINE: usize = 16;

impl Needles {
    /// Makes patterns of secrets; none of one that is shorter than [`SHORTEST`].
    ///
    /// # Errors
    /// When there are more patterns than can be looked for at once.
    pub fn new(secrets: &[Secret]) -> Result<Self, aho_corasick::BuildError> {
        Self::of_kind(secrets, AhoCorasickKind::DFA)
    }

    /// As [`Needles::new`], for texts of some kilobytes: sooner made, slower to look through much.
    ///
    /// # Errors
    /// As [`Needles::new`].
    pub fn for_texts(secrets: &[Secret]) -> Result<Self, aho_corasick::BuildError> {
        Self::of_kind(secrets, AhoCorasickKind::ContiguousNFA)
    }

    fn of_kind(
        secrets: &[Secret],
        kind: AhoCorasickKind,
    ) -> Result<Self, aho_corasick::BuildError> {
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        let mut hits = Vec::new();
        for (secret, value) in secrets.iter().map(|secret| secret.value.trim()).enumerate() {
            for (form, pattern) in forms(value) {
                if pattern.len() >= SHORTEST && !patterns.contains(&pattern) {
                    patterns.push(pattern);
                    hits.push(Hit { secret, form });
                }
            }
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        // Bytes of images are too even for a search by rare bytes to skip any.
        let automaton =
            AhoCorasick::builder().kind(Some(kind)).prefilter(false).build(&patterns)?;
        Ok(Self { automaton, hits, longest })
    }

    /// Begins to look through something.
    #[must_use]
    pub fn search(&self) -> Search<'_> {
        Search { needles: self, end: Vec::new(), found: BTreeSet::new() }
    }

    /// Looks through something that is there as a whole.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> BTreeSet<Hit> {
        // Whether there is one at all is told much faster than which.
        if !self.automaton.is_match(bytes) {
            return BTreeSet::new();
        }
        self.automaton
            .find_overlapping_iter(bytes)
            .filter_map(|found| self.hits.get(found.pattern().as_usize()).copied())
            .collect()
    }

    /// Where secrets stand in a text, each with its number; what overlaps is one place.
    #[must_use]
    pub fn places(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        if !self.automaton.is_match(text) {
            return Vec::new();
        }
        let mut found: Vec<(Range<usize>, usize)> = self
            .automaton
            .find_overlapping_iter(text)
            .filter_map(|found| {
                Some((found.range(), self.hits.get(found.pattern().as_usize())?.secret))
            })
            .collect();
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut places: Vec<(Range<usize>, usize)> = Vec::new();
        for (range, secret) in found {
            match places.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                _ => places.push((range, secret)),
            }
        }
        places
    }
}

/// A search that is given piece after piece.
#[derive(Debug)]
pub struct Search<'n> {
    needles: &'n Needles,
    /// The end of what came before: what a needle that goes on may have begun in.
    end: Vec<u8>,
    found: BTreeSet<Hit>,
}

impl Search<'_> {
    /// Looks through the next piece.
    pub fn feed(&mut self, piece: &[u8]) {
        let overlap = self.needles.longest.saturating_sub(1);
        if !self.end.is_empty() {
            let seam = [&self.end, &piece[..overlap.min(piece.len())]].concat();
            self.found.extend(self.needles.find(&seam));
        }
        self.found.extend(self.needles.find(piece));
        self.end.extend_from_slice(&piece[piece.len().saturating_sub(overlap)..]);
        let surplus = self.end.len().saturating_sub(overlap);
        self.end.drain(..surplus);
    }

    /// What was found.
    #[must_use]
    pub fn found(self) -> BTreeSet<Hit> {
        self.found
    }
}

/// A value in every form in which programs may write it down.
fn forms(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("as it is", value.as_bytes().to_vec())];
    if value.len() < SHORTEST {
        return Vec::new();
    }
    // Of a key in several lines, the longest is wherever the key is, however its lines are joined.
    if let Some(line) = value.lines().map(str::trim).max_by_key(|line| line.len()) {
        forms.push(("as it is", line.as_bytes().to_vec()));
    }
    // A report may show any other line of it by itself.
    let key_lines = value.lines().map(str::trim).filter(|line| line.len() >= KEY_LINE);
    let key_lines = key_lines.filter(|line| !line.contains([' ', '-']));
    if value.starts_with("-----BEGIN") {
        forms.extend(key_lines.map(|line| ("as it is", line.as_bytes().to_vec())));
    }
    forms.extend(in_base64(value.as_bytes()).into_iter().map(|form| ("in base64", form)));
    for upper in [true, false] {
        forms.push(("URL-encoded", url_encoded(value, upper)));
    }
    if let Ok(json) = serde_json::to_string(value) {
        forms.push(("JSON-escaped", json.trim_matches('"').as_bytes().to_vec()));
        forms.push(("JSON-escaped", json.trim_matches('"').replace('/', "\\/").into_bytes()));
    }
    forms.push(("HTML-escaped", html_escaped(value).into_bytes()));
    forms
}

/// The base64 of a value wherever it stands in what is encoded: three groups of letters can be its own,
/// by how many bytes before it share its first group; the letters that its neighbours share are left out.
fn in_base64(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let bytes = [&[0; 2][..before], value].concat();
        let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            forms.extend(text.get(first..last).map(|letters| letters.as_bytes().to_vec()));
        }
    }
    forms
}

fn url_encoded(value: &str, upper: bool) -> Vec<u8> {
    let mut encoded = Vec::new();
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(byte);
            }
            byte if upper => encoded.extend(format!("%{byte:02X}").bytes()),
            byte => encoded.extend(format!("%{byte:02x}").bytes()),
        }
    }
    encoded
}

fn html_escaped(value: &str) -> String {
    let pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#039;")];
    pairs.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(values: &[&str]) -> Needles {
        let secret = |value: &&str| Secret { name: "s".into(), value: (*value).to_owned() };
        Needles::new(&values.iter().map(secret).collect::<Vec<_>>()).expect("needles")
    }

    fn form(value: &str, text: &str) -> Option<&'static str> {
        needles(&[value]).find(text.as_bytes()).first().map(|hit| hit.form)
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let secret = "p&ss/w\"rd +1";
        assert_eq!(form(secret, "a p&ss/w\"rd +1 b"), Some("as it is"));
        assert_eq!(form(secret, "p%26ss%2Fw%22rd%20%2B1"), Some("URL-encoded"));
        assert_eq!(form(secret, "p%26ss%2fw%22rd%20%2b1"), Some("URL-encoded"));
        assert_eq!(form(secret, r#"{"a":"p&ss/w\"rd +1"}"#), Some("JSON-escaped"));
        assert_eq!(form(secret, r#"{"a":"p&ss\/w\"rd +1"}"#), Some("JSON-escaped"));
        assert_eq!(form(secret, "p&amp;ss/w&quot;rd +1"), Some("HTML-escaped"));
        assert_eq!(form(secret, "p&ss/w\"rd 1"), None);
    }

    #[test]
    fn base64_is_found_whatever_is_encoded_before_and_after() {
        for around in ["", "u", "us", "use", "user:"] {
            let text = format!("{around}correct horse battery{around}");
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            assert_eq!(form("correct horse battery", &encoded), Some("in base64"), "{around}");
        }
    }

    #[test]
    fn a_key_in_lines_is_found_by_one_of_them() {
        let key = "-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIDk9aQ0\n-----END KEY-----";
        assert_eq!(form(key, "key=MC4CAQAwBQYDK2VwBCIEIDk9aQ0;"), Some("as it is"));
        assert_eq!(form(key, "-----BEGIN KEY-----"), None, "what every key has is none");
    }

    #[test]
    fn a_secret_across_the_seam_of_pieces_is_found() {
        let needles = needles(&["correct horse battery", "another one"]);
        let text = b"-- correct horse battery --";
        for at in 0..text.len() {
            let mut search = needles.search();
            search.feed(&text[..at]);
            search.feed(&text[at..]);
            assert_eq!(search.found().first().map(|hit| hit.secret), Some(0), "{at}");
        }
        let mut search = needles.search();
        for byte in text {
            search.feed(&[*byte]);
        }
        assert_eq!(search.found().len(), 1, "a byte at a time");
    }

    #[test]
    fn the_places_of_secrets_are_told_and_overlapping_ones_are_one() {
        let needles = needles(&["correct horse", "horse battery"]);
        let text = "a correct horse battery, a horse battery";
        let places = needles.places(text);
        let texts: Vec<&str> = places.iter().map(|(range, _)| &text[range.clone()]).collect();
        assert_eq!(texts, ["correct horse battery", "horse battery"]);
        assert_eq!(places[1].1, 1);
    }

    #[test]
    fn what_is_too_short_is_not_looked_for() {
        assert!(needles(&["root", ""]).find(b"root root root").is_empty());
    }
}
