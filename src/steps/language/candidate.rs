//! A sentence that may be meant: how near it is to what somebody wrote, and how it reads with the
//! names, numbers and texts that were written put in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{
    steps::{
        Block, Keyword, Step,
        language::{
            arguments::KINDS,
            meaning::{Argument, Meaning, idea},
            scan,
        },
    },
    words,
};

/// What it costs that something written has no place in it, and that a place of it stays open.
const LOST: f64 = 0.5;
const OPEN: f64 = 0.2;
/// What it costs that it speaks of a thing that was not mentioned, stands under another keyword, or
/// needs a table that is not there.
const UNSAID: f64 = 0.15;
const OTHER_KEYWORD: f64 = 0.3;
const TABLE: f64 = 0.15;

/// Words before a value.
const VERBS: [&str; 5] = ["returns", "equals", "contains", "prints", "shows"];

/// A sentence that may be meant.
pub(super) struct Candidate {
    pub keyword: Keyword,
    /// What to write, with `{0}` and `<0>` where the arguments go.
    pub sentence: String,
    /// The kinds of its parameters.
    pub kinds: Vec<String>,
    pub meaning: Meaning,
    waits: bool,
    has_table: bool,
}

impl Candidate {
    /// A sentence of the language itself.
    pub(super) fn of_step(step: &Step) -> Self {
        let mut sentence = String::new();
        let mut rest = step.expression;
        let mut number = 0;
        while let Some((before, (_, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            let _infallible = write!(sentence, "{before}{{{number}}}");
            rest = after;
            number += 1;
        }
        sentence += rest;
        Self {
            keyword: step.keyword,
            sentence,
            kinds: step.parameters().map(str::to_owned).collect(),
            meaning: Meaning::of_expression(&step.expression.replace("(s)", "s")),
            waits: step.waits,
            has_table: step.block != Block::None,
        }
    }

    /// Another way to say a sentence.
    pub(super) fn of_phrase(keyword: Keyword, said: &str, sentence: &str) -> Self {
        let meaning = Meaning::of_phrase(said);
        let kinds =
            meaning.arguments.iter().map(|argument| kind(&argument.text).to_owned()).collect();
        let sentence = sentence.to_owned();
        Self { keyword, sentence, kinds, meaning, waits: false, has_table: false }
    }

    /// Which argument goes where: for each parameter the number of what was written.
    pub(super) fn places(&self, written: &[Argument]) -> Vec<Option<usize>> {
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        let whole = |at: usize| written[..=at].iter().filter(|argument| !argument.part).count();
        // A port and a host right behind a page are those of its address.
        let of_address = |at: usize| {
            matches!(self.kinds[at].as_str(), "port" | "service")
                && at > 0
                && self.meaning.arguments[at].before.is_empty()
        };
        let place = |to: usize| (0..=to).filter(|at| !of_address(*at)).count();
        for (to, (kind, parameter)) in self.kinds.iter().zip(&self.meaning.arguments).enumerate() {
            for (from, argument) in written.iter().enumerate() {
                if let Some(fit) = fit(kind, parameter, argument) {
                    #[expect(clippy::cast_precision_loss, reason = "a handful of arguments")]
                    let apart = whole(from).abs_diff(place(to)) as f64;
                    pairs.push((apart.mul_add(-0.2, fit), to, from));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut places = vec![None; self.kinds.len()];
        // An address is written as a whole or in its parts.
        let clash = |one: usize, other: usize| {
            one == other || whole(one) == whole(other) && written[one].part != written[other].part
        };
        for (_, to, from) in pairs {
            if places[to].is_none() && !places.iter().flatten().any(|&taken| clash(taken, from)) {
                places[to] = Some(from);
            }
        }
        places
    }

    /// Whether both deny or both assert, and compare in the same way.
    pub(super) fn is_as_strict(&self, written: &Meaning) -> bool {
        self.meaning.denies == written.denies && self.meaning.compares == written.compares
    }

    /// How near it is to what was written, and what to write.
    pub(super) fn nearness(
        &self,
        keyword: Keyword,
        has_table: bool,
        written: &Meaning,
        weights: &Weights,
    ) -> (f64, String) {
        let none = (0.0, String::new());
        if !self.is_as_strict(written) {
            return none;
        }
        let here = &self.meaning.ideas;
        if written.ideas.iter().any(|idea| is_thing(idea) && !here.contains(idea))
            || written.ideas.contains("contain") != here.contains("contain")
        {
            return none;
        }
        let here = weights.of(&self.meaning.ideas);
        let there = weights.of(&written.ideas);
        let shared: BTreeSet<String> =
            self.meaning.ideas.intersection(&written.ideas).cloned().collect();
        let alike =
            if here + there > 0.0 { 2.0 * weights.of(&shared) / (here + there) } else { 0.9 };
        let places = self.places(&written.arguments);
        let unfilled = places.iter().filter(|place| place.is_none()).count();
        if self.meaning.ideas.is_empty() && unfilled > 0 {
            return none;
        }
        if self.kinds.iter().zip(&places).any(|(kind, place)| place.is_none() && is_number(kind)) {
            return none;
        }
        let used: Vec<usize> = places.iter().flatten().copied().collect();
        let unplaced = written.arguments.iter().enumerate().filter(|(at, argument)| {
            // An address is said when one of its parts is; then a port and a host must be, too.
            let parts = written.arguments[at + 1..].iter().take_while(|next| next.part).count();
            let in_parts = !argument.part && (at + 1..=at + parts).any(|part| used.contains(&part));
            let whole = (0..*at).rev().find(|&whole| !written.arguments[whole].part);
            let said_whole = argument.part && whole.is_some_and(|whole| used.contains(&whole));
            !used.contains(at) && !in_parts && !said_whole
        });
        #[expect(clippy::cast_precision_loss, reason = "a handful of arguments")]
        let lost = unplaced.count() as f64;
        #[expect(clippy::cast_precision_loss, reason = "a handful of arguments")]
        let open = unfilled as f64;
        let mut near = lost.mul_add(-LOST, open.mul_add(-OPEN, alike));
        if self.meaning.ideas.iter().any(|idea| is_thing(idea) && !written.ideas.contains(idea)) {
            near -= UNSAID;
        }
        // An address is rather a page than a text.
        if self.kinds.iter().zip(&places).any(|(kind, place)| kind == "path" && place.is_some()) {
            near += f64::EPSILON.sqrt();
        }
        if self.keyword != keyword {
            near -= OTHER_KEYWORD;
        }
        if self.has_table && !has_table {
            near -= TABLE;
        }
        (near, self.filled(&places, written))
    }

    /// What to write, with what was written in its places.
    pub(super) fn filled(&self, places: &[Option<usize>], written: &Meaning) -> String {
        let mut sentence = self.sentence.clone();
        // Marked first and filled from left to right: a text that was written may look like a place.
        for at in 0..places.len() {
            sentence = sentence.replace(&format!("{{{at}}}"), &format!("\u{1}{at}\u{2}"));
            sentence = sentence.replace(&format!("<{at}>"), &format!("\u{3}{at}\u{2}"));
        }
        let mut filled = String::new();
        let mut rest = sentence.as_str();
        let mut is_one = false;
        // `replica(s)`: one, or several.
        let literal = |text: &str, is_one| text.replace("(s)", if is_one { "" } else { "s" });
        while let Some(start) = rest.find(['\u{1}', '\u{3}']) {
            filled += &literal(&rest[..start], is_one);
            let bare = rest[start..].starts_with('\u{3}');
            let (number, after) = rest[start + 1..].split_once('\u{2}').unwrap_or_default();
            let at: usize = number.parse().unwrap_or_default();
            let kind = self.kinds.get(at).map_or("text", String::as_str);
            is_one = false;
            match places.get(at).copied().flatten().and_then(|from| written.arguments.get(from)) {
                Some(argument) if bare => filled += argument.text.trim_matches('"'),
                Some(argument) => {
                    is_one = argument.text == "1";
                    filled += &as_kind(kind, argument);
                }
                None => {
                    let _infallible = write!(filled, "{{{kind}}}");
                }
            }
            rest = after;
        }
        filled += &literal(rest, is_one);
        if let Some(time) = written.within.as_ref().filter(|_| self.waits) {
            filled = match filled.strip_suffix(':') {
                Some(before) => format!("{before} within {time}:"),
                None => format!("{filled} within {time}"),
            };
        }
        format!("{} {filled}", self.keyword.word())
    }
}

/// How rare each idea is: what few sentences speak of says more.
pub(super) struct Weights {
    pub sentences: BTreeMap<String, usize>,
    all: usize,
}

impl Weights {
    pub(super) fn new(candidates: &[Candidate]) -> Self {
        let mut sentences = BTreeMap::new();
        for idea in candidates.iter().flat_map(|candidate| &candidate.meaning.ideas) {
            *sentences.entry(idea.clone()).or_default() += 1;
        }
        Self { sentences, all: candidates.len() }
    }

    fn of(&self, ideas: &BTreeSet<String>) -> f64 {
        ideas.iter().map(|idea| self.weight(idea)).sum()
    }

    pub(super) fn weight(&self, idea: &str) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some hundred sentences")]
        match self.sentences.get(idea) {
            Some(&with) => (self.all as f64 / with as f64).ln().mul_add(0.5, 0.5),
            None => 2.0,
        }
    }

    /// A word that no sentence has may be a misspelt one.
    pub(super) fn spelt(&self, written: &mut Meaning) {
        const LIKELY: f64 = 0.75;
        written.ideas = std::mem::take(&mut written.ideas)
            .into_iter()
            .map(|idea| {
                if self.sentences.contains_key(&idea) || idea.len() < 5 {
                    return idea;
                }
                let near = words::did_you_mean(&idea, self.sentences.keys().map(String::as_str));
                near.filter(|near| words::likeness(&idea, near) >= LIKELY)
                    .map_or_else(|| idea.clone(), str::to_owned)
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
    let is_name = quoted && !inner.is_empty() && !inner.contains([' ', '/', ':', '=', '&']);
    // What a sentence compares with is a value.
    let is_value = VERBS.contains(&written.before.as_str());
    let mut fit = match kind {
        "services" if parameter.before == "services" && !is_list(text) => return None,
        "service" | "services" | "capabilities" | "topics"
            if is_name && !is_value || (kind != "service" && inner.contains('"')) =>
        {
            1.0
        }
        "service" | "services" | "capabilities" | "topics" | "environment" | "state" | "block"
        | "method" => {
            return None;
        }
        number if is_number(number) => return (number == text).then_some(2.0),
        "path" if is_path => 2.0,
        "path" => return None,
        "port" if quoted || !written.before.ends_with("port") => return None,
        "port" if port(&written.before, text).is_some() => 2.0,
        "text" if is_list(text) || of_path(parameter) && !is_attribute(inner) => return None,
        "text" if !quoted => 0.2,
        "text" if is_path => 0.5,
        "text" | "value" => 0.8,
        _ => {
            let reader = KINDS.iter().find(|known| known.name == kind)?;
            let text = &binary(kind, text);
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
    let noun = idea;
    let is_service = kind == "service" || kind == "services" || parameter.before == "service";
    let of_service =
        |word: &str| matches!(word.to_lowercase().as_str(), "service" | "services" | "container");
    if is_service && (of_service(&written.before) || of_service(&written.behind)) {
        fit += 3.0;
    } else if let Some(before) = noun(&parameter.before) {
        if noun(&written.before).as_ref() == Some(&before)
            || is_thing(&written.behind) && noun(&written.behind).as_ref() == Some(&before)
        {
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

/// Whether a phrase names a number of its own.
fn is_number(kind: &str) -> bool {
    kind.starts_with(|letter: char| letter.is_ascii_digit())
}

/// Whether it is several names.
fn is_list(text: &str) -> bool {
    scan::names(text) == Some(text.len()) && text.matches('"').count() > 2
}

/// Whether a parameter stands for the path of an attribute.
fn of_path(parameter: &Argument) -> bool {
    parameter.before.is_empty() || matches!(parameter.before.as_str(), "every" | "no")
}

/// Whether a text is the path of an attribute: `services.*.init`.
fn is_attribute(text: &str) -> bool {
    const SECTIONS: [&str; 5] = ["services", "networks", "volumes", "secrets", "configs"];
    text.split_once('.').is_some_and(|(section, _)| SECTIONS.contains(&section))
}

/// Whether a name behind this word is that of something else than a service.
fn is_thing(word: &str) -> bool {
    const THINGS: [&str; 27] = [
        "udp",
        "target",
        "mongodb",
        "volume",
        "network",
        "table",
        "store",
        "file",
        "header",
        "field",
        "key",
        "queue",
        "bucket",
        "collection",
        "image",
        "secret",
        "user",
        "list",
        "channel",
        "variable",
        "label",
        "alias",
        "policy",
        "folder",
        "topic",
        "process",
        "index",
    ];
    idea(word).is_some_and(|idea| THINGS.contains(&idea.as_str()))
}

/// A port as sentences name it, from the words before its number.
fn port(before: &str, number: &str) -> Option<String> {
    let port = format!("{before} {number}");
    scan::port(&port).filter(|length| *length == port.len()).map(|_| port)
}

/// An amount in the units of sentences: Compose's `256MB` are MiB.
fn binary(kind: &str, text: &str) -> String {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    match unit {
        "kB" | "KB" | "MB" | "GB" if kind == "quantity" => {
            format!("{number} {}iB", unit[..1].to_uppercase())
        }
        _ => text.to_owned(),
    }
}

/// What was written, in the form of a kind.
fn as_kind(kind: &str, written: &Argument) -> String {
    let text = written.text.as_str();
    if kind == "port"
        && let Some(port) = port(&written.before, text)
    {
        return port;
    }
    if kind == "quantity" {
        return binary(kind, text);
    }
    if matches!(kind, "text" | "service" | "path") && !text.starts_with('"') {
        return format!("\"{text}\"");
    }
    text.to_owned()
}
