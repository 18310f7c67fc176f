//! The sentence that somebody meant who wrote one that there is not: the nearest by what it says, with
//! the names, numbers and texts that were written put in. What was not written stays in braces.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    steps::{
        Block, Keyword, Step,
        language::{
            arguments::KINDS,
            meaning::{Argument, Meaning},
            phrases::PHRASES,
        },
    },
    words,
};

/// So near must a sentence be to be named; 1 is the same.
const NEAR: f64 = 0.5;

/// A sentence that may be meant.
struct Candidate {
    keyword: Keyword,
    /// What to write, with `{0}` and `<0>` where the arguments go.
    sentence: String,
    /// The kinds of its parameters.
    kinds: Vec<String>,
    meaning: Meaning,
    waits: bool,
    has_table: bool,
}

impl Candidate {
    fn of_step(step: &Step) -> Self {
        let mut sentence = String::new();
        let mut rest = step.expression;
        let mut number = 0;
        while let Some((before, (_, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            sentence += &format!("{before}{{{number}}}");
            rest = after;
            number += 1;
        }
        sentence += rest;
        Self {
            keyword: step.keyword,
            sentence,
            kinds: step.parameters().map(str::to_owned).collect(),
            meaning: Meaning::of(&step.expression.replace("(s)", "s")),
            waits: step.waits,
            has_table: step.block != Block::None,
        }
    }

    fn of_phrase(keyword: Keyword, said: &str, sentence: &str) -> Self {
        let meaning = Meaning::of(said);
        let kinds = meaning.arguments.iter().map(|argument| kind(&argument.text).to_owned()).collect();
        let sentence = sentence.to_owned();
        Self { keyword, sentence, kinds, meaning, waits: false, has_table: false }
    }

    /// Which argument goes where: for each parameter the number of what was written.
    fn places(&self, written: &[Argument]) -> Vec<Option<usize>> {
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        let whole = |at: usize| written[..at].iter().filter(|argument| !argument.part).count();
        for (to, parameter) in self.meaning.arguments.iter().enumerate() {
            for (from, argument) in written.iter().enumerate() {
                if let Some(fit) = fit(&self.kinds[to], parameter, argument) {
                    #[expect(clippy::cast_precision_loss, reason = "a handful of arguments")]
                    let apart = whole(from).abs_diff(to) as f64;
                    pairs.push((apart.mul_add(-0.2, fit), to, from));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut places = vec![None; self.kinds.len()];
        let mut taken = BTreeSet::new();
        for (_, to, from) in pairs {
            if places[to].is_none() && !taken.contains(&from) {
                places[to] = Some(from);
                taken.insert(from);
            }
        }
        places
    }

    /// How near it is to what was written, and what to write.
    fn nearness(
        &self,
        keyword: Keyword,
        has_table: bool,
        written: &Meaning,
        weights: &Weights,
    ) -> (f64, String) {
        let none = (0.0, String::new());
        if self.meaning.denies != written.denies || self.meaning.compares != written.compares {
            return none;
        }
        let here = weights.of(&self.meaning.ideas);
        let there = weights.of(&written.ideas);
        let shared: BTreeSet<String> =
            self.meaning.ideas.intersection(&written.ideas).cloned().collect();
        let alike = if here + there > 0.0 { 2.0 * weights.of(&shared) / (here + there) } else { 0.9 };
        let places = self.places(&written.arguments);
        let unfilled = places.iter().filter(|place| place.is_none()).count();
        let placed: Vec<usize> = places.iter().flatten().copied().collect();
        let unplaced = written.arguments.iter().enumerate().filter(|(at, argument)| {
            // An address is said when one of its parts is; then a port and a host must be, too.
            let parts = written.arguments[at + 1..].iter().take_while(|next| next.part).count();
            let in_parts = (at + 1..=at + parts).any(|part| placed.contains(&part));
            let whole = (0..*at).rev().find(|&whole| !written.arguments[whole].part);
            let said_whole = argument.part && whole.is_some_and(|whole| placed.contains(&whole));
            !placed.contains(at) && !in_parts && !said_whole
        });
        #[expect(clippy::cast_precision_loss, reason = "a handful of arguments")]
        let lost = unplaced.count() as f64;
        #[expect(clippy::cast_precision_loss, reason = "a handful of arguments")]
        let open = unfilled as f64;
        let mut near = lost.mul_add(-0.12, open.mul_add(-0.06, alike));
        if self.keyword != keyword {
            near -= 0.2;
        }
        if self.has_table && !has_table {
            near -= 0.15;
        }
        (near, self.filled(&places, written))
    }

    fn filled(&self, places: &[Option<usize>], written: &Meaning) -> String {
        let mut sentence = self.sentence.clone();
        // From the last to the first, and the marks made such that no text can hold one.
        for at in 0..places.len() {
            sentence = sentence.replace(&format!("{{{at}}}"), &format!("\u{1}{at}\u{2}"));
            sentence = sentence.replace(&format!("<{at}>"), &format!("\u{3}{at}\u{2}"));
        }
        let mut filled = String::new();
        let mut rest = sentence.as_str();
        while let Some(start) = rest.find(['\u{1}', '\u{3}']) {
            filled += &rest[..start];
            let bare = rest[start..].starts_with('\u{3}');
            let (number, after) = rest[start + 1..].split_once('\u{2}').unwrap_or_default();
            let at: usize = number.parse().unwrap_or_default();
            let kind = self.kinds.get(at).map_or("text", String::as_str);
            match places.get(at).copied().flatten().and_then(|from| written.arguments.get(from)) {
                Some(argument) if bare => filled += argument.text.trim_matches('"'),
                Some(argument) => filled += &as_kind(kind, &argument.text),
                None => filled += &format!("{{{kind}}}"),
            }
            rest = after;
        }
        filled += rest;
        if let Some(time) = written.within.as_ref().filter(|_| self.waits) {
            filled += &format!(" within {time}");
        }
        format!("{} {filled}", self.keyword.word())
    }
}

/// How rare each idea is: what few sentences speak of says more.
struct Weights {
    sentences: BTreeMap<String, usize>,
    all: usize,
}

impl Weights {
    fn new(candidates: &[Candidate]) -> Self {
        let mut sentences = BTreeMap::new();
        for idea in candidates.iter().flat_map(|candidate| &candidate.meaning.ideas) {
            *sentences.entry(idea.clone()).or_default() += 1;
        }
        Self { sentences, all: candidates.len() }
    }

    fn of(&self, ideas: &BTreeSet<String>) -> f64 {
        ideas.iter().map(|idea| self.weight(idea)).sum()
    }

    fn weight(&self, idea: &str) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some hundred sentences")]
        match self.sentences.get(idea) {
            Some(&with) => (self.all as f64 / with as f64).ln().mul_add(0.5, 0.5),
            None => 2.0,
        }
    }

    /// A word that no sentence has may be a misspelt one.
    fn spelt(&self, written: &mut Meaning) {
        const LIKELY: f64 = 0.75;
        written.ideas = std::mem::take(&mut written.ideas)
            .into_iter()
            .map(|idea| {
                if self.sentences.contains_key(&idea) || idea.len() < 5 {
                    return idea;
                }
                let near = words::did_you_mean(&idea, self.sentences.keys().map(String::as_str));
                near.filter(|near| words::likeness(&idea, near) >= LIKELY).map_or(idea.clone(), str::to_owned)
            })
            .collect();
    }
}

/// The kind of a parameter in braces.
fn kind(parameter: &str) -> &str {
    parameter.trim_matches(['{', '}'])
}

/// How well something written fits a parameter; none if it cannot.
fn fit(kind: &str, parameter: &Argument, written: &Argument) -> Option<f64> {
    let text = written.text.as_str();
    let quoted = text.starts_with('"');
    let inner = text.trim_matches('"');
    let is_path = quoted && inner.starts_with('/');
    let is_name = quoted && !inner.is_empty() && !inner.contains([' ', '/', ':']);
    let mut fit = match kind {
        "service" | "services" | "topics" if is_name || (kind != "service" && inner.contains('"')) => 1.0,
        "service" | "services" | "topics" | "environment" | "state" | "block" | "method" => return None,
        "path" if is_path => 2.0,
        "path" => return None,
        "text" if !quoted => 0.2,
        "text" if is_path => 0.5,
        "text" => 0.8,
        "value" => 0.8,
        _ => {
            let reader = KINDS.iter().find(|known| known.name == kind)?;
            let length = (reader.length)(text)?;
            if length != text.len() || (reader.read)(text).is_err() {
                return None;
            }
            1.0
        }
    };
    if written.part {
        fit -= 0.1;
    }
    // The word at its side says what a name is the name of.
    let noun = |word: &str| crate::steps::language::meaning::idea(word);
    let is_service = kind == "service" || kind == "services" || parameter.before == "service";
    let of_service = |word: &str| matches!(word.to_lowercase().as_str(), "service" | "services" | "container");
    if is_service && (of_service(&written.before) || of_service(&written.behind)) {
        fit += 3.0;
    } else if let Some(before) = noun(&parameter.before) {
        if noun(&written.before).as_ref() == Some(&before) || noun(&written.behind).as_ref() == Some(&before) {
            fit += 3.0;
        }
    } else if written.before.eq_ignore_ascii_case(&parameter.before) {
        fit += 1.0;
    }
    if is_service && is_thing(&written.before) {
        fit -= 3.0;
    }
    if !is_service && of_service(&written.before) {
        fit -= 2.0;
    }
    Some(fit)
}

/// Whether a name behind this word is that of something else than a service.
fn is_thing(word: &str) -> bool {
    const THINGS: [&str; 22] = [
        "volume", "network", "networks", "table", "tables", "database", "file", "header", "field", "key",
        "queue", "bucket", "collection", "image", "secret", "user", "list", "channel", "variable", "label",
        "alias", "policy",
    ];
    THINGS.contains(&word.to_lowercase().as_str())
}

/// What was written, in the form of a kind.
fn as_kind(kind: &str, text: &str) -> String {
    if matches!(kind, "text" | "service" | "path") && !text.starts_with('"') {
        return format!("\"{text}\"");
    }
    text.to_owned()
}

/// The sentence that comes nearest to what was written, under its keyword and with what was written
/// put in; none if nothing is near.
pub(super) fn meant(
    steps: &[&'static Step],
    keyword: Keyword,
    sentence: &str,
    has_table: bool,
) -> Option<String> {
    let phrases = PHRASES.iter().map(|phrase| {
        Candidate::of_phrase(phrase.keyword, phrase.said, phrase.sentence)
    });
    let candidates: Vec<Candidate> =
        steps.iter().map(|step| Candidate::of_step(step)).chain(phrases).collect();
    let weights = Weights::new(&candidates);
    let mut written = Meaning::of(sentence);
    weights.spelt(&mut written);
    let mut best: Option<(f64, String)> = None;
    for candidate in &candidates {
        let (near, filled) = candidate.nearness(keyword, has_table, &written, &weights);
        if near >= NEAR && best.as_ref().is_none_or(|(nearest, _)| near > *nearest) {
            best = Some((near, filled));
        }
    }
    best.map(|(_, sentence)| sentence)
}
