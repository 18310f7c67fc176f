//! The claims of an architecture document, and what a run says of each.

use std::{collections::BTreeSet, ops::Range};

use indexmap::IndexMap;
use serde_json::Value;

use super::{
    judged::{Ended, State, worst},
    named::{Mention, mentions},
};

/// A claim: `[NET-3]` and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// `NET-3`.
    pub id: String,
    /// The words that state it, as they stand in the document.
    pub statement: String,
}

/// What is known of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What it comes to.
    pub state: State,
    /// Whether a scenario of it is so by the files.
    pub declared: bool,
    /// Whether a scenario of it is so by the running stack.
    pub observed: bool,
}

impl Verdict {
    /// Its sign and its words.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self.state {
            State::Proven if self.declared && self.observed => {
                "✓ proven by files and running stack"
            }
            State::Proven if self.observed => "✓ proven by the running stack",
            State::Proven => "✓ proven by the files",
            State::Broken => "✗ broken",
            State::Undecided => "? undecided",
            State::Excepted => "⚑ excepted",
            State::NotAsked => "– not asked",
            State::NoScenario => "– no scenario",
        }
    }
}

/// The claims of a document, in its order, each once; `known` says which ids scenarios carry.
///
/// A claim is stated where its id stands in brackets for the first time.
#[must_use]
pub fn claims(document: &str, known: impl Fn(&str) -> bool) -> Vec<Claim> {
    let all = mentions(document, known);
    let mut found: IndexMap<&str, (bool, String)> = IndexMap::new();
    for mention in &all {
        let stated = || (mention.own, stated(document, mention, &all));
        match found.get_mut(mention.id.as_str()) {
            None => _ = found.insert(&mention.id, stated()),
            Some(known) if mention.own && !known.0 => *known = stated(),
            Some(_) => {}
        }
    }
    let claim =
        |(id, (_, statement)): (&str, (bool, String))| Claim { id: id.to_owned(), statement };
    found.into_iter().map(claim).collect()
}

/// What a document says where it names a claim.
fn stated(document: &str, mention: &Mention, all: &[Mention]) -> String {
    if let Some(row) = &mention.row {
        return of_row(document, row, mention, all);
    }
    let start = document[..mention.at.start].rfind('\n').map_or(0, |at| at + 1);
    let end =
        document[mention.at.end..].find('\n').map_or(document.len(), |at| mention.at.end + at);
    if !mention.own {
        // A word of its sentence.
        let before =
            document[start..mention.at.start].rfind(". ").map_or(start, |at| start + at + 2);
        let after = document[mention.at.end..end].find(". ").map_or(end, |at| mention.at.end + at);
        return statement(&document[before..after]);
    }
    let before = before(&document[..mention.at.start], start, all);
    let told = statement(&before);
    if !told.is_empty() {
        return told;
    }
    // An id in front of its words, or several of them.
    let own = all.iter().filter(|other| other.own && other.at.start >= mention.at.start);
    let places: Vec<_> = own.map(|one| bracketed(document, one)).collect();
    let nexts = places.iter().skip(1).map(|place| place.start).chain([end]);
    let told = places.iter().zip(nexts).take_while(|(place, _)| place.start < end);
    let told = told.map(|(place, next)| {
        let words = document.get(place.end..next.min(end)).unwrap_or_default();
        let words = words.trim_start_matches([':', '–', '—']);
        statement(words.find(". ").map_or(words, |at| &words[..at]))
    });
    told.into_iter().find(|words| !words.is_empty()).unwrap_or_default()
}

/// The words of a line up to a claim, without the ids in them.
fn before(upto: &str, start: usize, all: &[Mention]) -> String {
    let (mut read, mut from) = (String::new(), start);
    let ids = all.iter().filter(|one| one.own && one.at.start >= start && one.at.end <= upto.len());
    let ids = ids.map(|one| bracketed(upto, one));
    for id in ids.chain(std::iter::once(upto.len()..upto.len())) {
        let more = upto.get(from..id.start).unwrap_or_default();
        let joint = if read.is_empty() { more } else { more.trim_start_matches(['.', ' ']) };
        let gap = match &read {
            read if read.is_empty() => "",
            _ if more.starts_with('.') => ". ",
            _ => " ",
        };
        read = format!("{}{gap}{joint}", read.trim_end());
        from = id.end;
    }
    read.trim_end_matches('[').to_owned()
}

/// An id with the brackets next to it.
fn bracketed(text: &str, mention: &Mention) -> Range<usize> {
    let opens = text[..mention.at.start].ends_with('[');
    let closes = text[mention.at.end..].starts_with(']');
    mention.at.start - usize::from(opens)..mention.at.end + usize::from(closes)
}

/// What the row of a table says: the words of the cell in front of the id, or else the other cells.
fn of_row(document: &str, row: &Range<usize>, mention: &Mention, all: &[Mention]) -> String {
    let (mut cells, mut from) = (Vec::new(), row.start);
    let ends = document[row.clone()].match_indices('|').map(|(at, _)| row.start + at);
    let ends = ends.filter(|at| !document[..*at].ends_with('\\'));
    for end in ends.chain([row.end]) {
        cells.push(from..end);
        from = end + 1;
    }
    let ids = |cell: &Range<usize>| {
        let (start, end) = (cell.start, cell.end);
        all.iter().filter(move |one| one.own && start <= one.at.start && one.at.end <= end)
    };
    let without = |cell: &Range<usize>| {
        let mut words = String::new();
        let mut from = cell.start;
        for id in ids(cell).map(|one| bracketed(document, one)) {
            words.push_str(&document[from..id.start]);
            from = id.end;
        }
        words.push_str(document.get(from..cell.end).unwrap_or_default());
        last_sentence(&words).replace("\\|", "|")
    };
    let own = cells.iter().find(|cell| cell.contains(&mention.at.start));
    if let (true, Some(cell)) = (mention.own, own) {
        let told = statement(&before(&document[..mention.at.start], cell.start, all));
        if !told.is_empty() {
            return told;
        }
    }
    let told = cells.iter().map(without).filter(|words| !words.is_empty());
    told.collect::<Vec<_>>().join(" – ")
}

/// The last sentence or cell of a text, without what makes it a list, a heading or a table.
fn statement(text: &str) -> String {
    let sentence = last_sentence(text);
    sentence.rfind("| ").map_or(sentence.as_str(), |at| &sentence[at + 2..]).trim().to_owned()
}

fn last_sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches([',', ';', '.', ':', '|']).trim_end();
    let sentence = text.rfind(". ").map_or(text, |at| &text[at + 2..]);
    let is_sign = |c: char| matches!(c, '-' | '*' | '#' | '|' | '.' | ',' | ';' | '>' | ' ');
    sentence.trim_start_matches(is_sign).trim_end().to_owned()
}

/// The tags of all scenarios that a run speaks of, whether it asked them or not.
///
/// # Errors
/// Why the JSON is no run of ours.
pub fn tags(run: &Value) -> Result<BTreeSet<&str>, String> {
    let all = list(run, "scenarios")?.iter().chain(unasked(run)?);
    Ok(all.flat_map(tags_of).collect())
}

fn tags_of(scenario: &Value) -> impl Iterator<Item = &str> {
    let tags = scenario.get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(Value::as_str)
}

/// What nobody asked: for want of a running stack, or since it was left out.
fn unasked(run: &Value) -> Result<impl Iterator<Item = &Value>, String> {
    let left_out = run.get("left_out").and_then(Value::as_array);
    Ok(list(run, "not_asked")?.iter().chain(left_out.into_iter().flatten()))
}

/// What a run says of each claim.
///
/// # Errors
/// Why the JSON is no run of ours.
pub fn verdicts(claims: &[Claim], run: &Value) -> Result<Vec<Verdict>, String> {
    let scenarios = list(run, "scenarios")?;
    let unasked: Vec<&Value> = unasked(run)?.collect();
    let of = |claim: &Claim| {
        let speaks = |scenario: &&Value| tags_of(scenario).any(|tag| tag == claim.id);
        let told: Vec<(&str, State)> = scenarios
            .iter()
            .filter(speaks)
            .map(|scenario| (word(scenario, "truth"), State::of(ended(scenario))))
            .collect();
        let silent = unasked.iter().copied().filter(speaks).map(|_| State::NotAsked);
        let is_so =
            |truth: &str| told.iter().any(|(by, state)| *by == truth && *state == State::Proven);
        Verdict {
            state: worst(told.iter().map(|(_, state)| *state).chain(silent)),
            declared: is_so("declared"),
            observed: is_so("observed"),
        }
    };
    Ok(claims.iter().map(of).collect())
}

fn word<'v>(of: &'v Value, key: &str) -> &'v str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// How a scenario of a run as JSON ended.
fn ended(scenario: &Value) -> Ended {
    let steps = || scenario.get("steps").and_then(Value::as_array).into_iter().flatten();
    let told = |failure: Option<&Value>| failure.map(|one| word(one, "kind").to_owned());
    let failures = steps().map(|step| step.get("failure")).chain([scenario.get("aftermath")]);
    let mut kinds = failures.filter_map(|one| told(one.filter(|one| one.is_object()))).peekable();
    match word(scenario, "outcome") {
        // A program may leave the failures out.
        "failed" => {
            Ended::Failed { found: kinds.peek().is_none() || kinds.any(|kind| kind == "finding") }
        }
        "passed" => {
            let exceptions = steps().filter_map(|step| step.get("exceptions")?.as_array());
            Ended::Passed { excepted: exceptions.into_iter().any(|some| !some.is_empty()) }
        }
        _ => Ended::Open,
    }
}

/// A list of a run as JSON.
///
/// # Errors
/// Why the JSON is no run of ours.
pub(super) fn list<'r>(run: &'r Value, key: &str) -> Result<&'r [Value], String> {
    if run.get("version").and_then(Value::as_u64) != Some(1) {
        return Err("it says no \"version\": 1".into());
    }
    let list = run.get(key).and_then(Value::as_array);
    list.map(Vec::as_slice).ok_or_else(|| format!("it has no list \"{key}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_told_with_their_statements() {
        let document = "### A request [FLOW-1]\n- `app` reaches `db` [NET-1] and `redis` [NET-2]. Only nginx is published [HOST-3].\n| errors [PAR-1] | a |\nsee [NET-1] and [NET-9](x)\n[NET-8]: x\nNothing else [NET-7]:\n";
        let told: Vec<(String, String)> = claims(document, |_| false)
            .into_iter()
            .map(|claim| (claim.id, claim.statement))
            .collect();
        let wanted = [
            ("FLOW-1", "A request"),
            ("NET-1", "`app` reaches `db`"),
            ("NET-2", "`app` reaches `db` and `redis`"),
            ("HOST-3", "Only nginx is published"),
            ("PAR-1", "errors"),
            ("NET-7", "Nothing else"),
        ];
        let wanted = wanted.map(|(id, text)| (id.to_owned(), text.to_owned()));
        assert_eq!(told, wanted);
    }

    #[test]
    fn the_worst_of_all_scenarios_is_the_verdict() {
        let scenario = |tag: &str, truth: &str, outcome: &str| serde_json::json!({ "tags": [tag], "truth": truth, "outcome": outcome });
        let run = serde_json::json!({
            "version": 1,
            "scenarios": [
                scenario("A-1", "declared", "passed"), scenario("A-1", "observed", "passed"),
                scenario("A-2", "declared", "passed"), scenario("A-2", "declared", "failed"),
                scenario("A-3", "observed", "passed"), scenario("A-3", "observed", "not_run"),
                scenario("A-4", "observed", "passed"),
            ],
            "not_asked": [{ "tags": ["A-5"] }],
        });
        let claims: Vec<Claim> = (1..=6)
            .map(|number| Claim { id: format!("A-{number}"), statement: String::new() })
            .collect();
        let told: Vec<&str> =
            verdicts(&claims, &run).expect("a run").into_iter().map(Verdict::told).collect();
        let wanted = [
            "✓ proven by files and running stack",
            "✗ broken",
            "? undecided",
            "✓ proven by the running stack",
            "– not asked",
            "– no scenario",
        ];
        assert_eq!(told, wanted);
        assert!(verdicts(&claims, &serde_json::json!({ "version": 2 })).is_err());
        assert!(verdicts(&claims, &serde_json::json!({ "version": 1 })).is_err());
    }

    #[test]
    fn the_row_of_a_table_is_a_statement_and_code_states_nothing() {
        let document = "| id | what | more |\n|---|---|---|\n| [INIT-1] | every service has init |\n| web | [INIT-2] |\n| [INIT-3] a \\| b | `c` | d [INIT-4] |\n\n- [INIT-5]: It is so. And more.\n- **[INIT-6, INIT-7.1]** They are so\n\n`[INIT-8]`\n\n```\nx [INIT-9]\n```\n\nHere INIT-0 is told. Else not.\n";
        let told: Vec<(String, String)> = claims(document, |id| id == "INIT-0")
            .into_iter()
            .map(|claim| (claim.id, claim.statement))
            .collect();
        let wanted = [
            ("INIT-1", "every service has init"),
            ("INIT-2", "web"),
            ("INIT-3", "a | b – `c` – d"),
            ("INIT-4", "d"),
            ("INIT-5", "It is so"),
            ("INIT-6", "They are so"),
            ("INIT-7.1", "They are so"),
            ("INIT-0", "Here INIT-0 is told"),
        ];
        let wanted = wanted.map(|(id, text)| (id.to_owned(), text.to_owned()));
        assert_eq!(told, wanted);
    }

    #[test]
    fn exceptions_defects_and_what_was_left_out_are_judged_as_the_page_does() {
        let run = serde_json::json!({
            "version": 1,
            "scenarios": [
                { "tags": ["A-1"], "truth": "declared", "outcome": "passed", "steps": [
                    { "exceptions": [{ "subject": "web", "reason": "old", "until": null }] },
                ]},
                { "tags": ["A-2"], "truth": "declared", "outcome": "failed", "steps": [
                    { "exceptions": [], "failure": { "kind": "bug" } },
                ]},
                { "tags": ["A-3"], "truth": "declared", "outcome": "failed", "steps": [
                    { "failure": null },
                ], "aftermath": { "kind": "finding" } },
            ],
            "not_asked": [],
            "left_out": [{ "tags": ["A-4"] }, { "tags": ["A-1"] }],
        });
        let claims: Vec<Claim> = (1..=4)
            .map(|number| Claim { id: format!("A-{number}"), statement: String::new() })
            .collect();
        let told: Vec<&str> =
            verdicts(&claims, &run).expect("a run").into_iter().map(Verdict::told).collect();
        assert_eq!(told, ["⚑ excepted", "? undecided", "✗ broken", "– not asked"]);
        assert!(tags(&run).expect("a run").contains("A-4"));
    }
}
