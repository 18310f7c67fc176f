//! What a stack is: tables for people, sentences for features, JSON for programs.
//!
//! Each is a function of the same [`Told`]. Who makes it has taken the secrets out.

use std::fmt::{self, Write as _};

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

pub use crate::run::{Disclosure, Line, Place, Shown};
use crate::{facts::Topic, visible};

/// The number of the JSON's form: a change that a reader could trip over gives it the next one.
pub const VERSION: u32 = 1;

/// What one environment is.
pub struct Told {
    /// Its name.
    pub environment: String,
    /// Whether `seaworthy.yaml` names it.
    pub configured: bool,
    /// Where the facts come from: `declared` or `observed`.
    pub truth: &'static str,
    /// A table a topic.
    pub tables: Vec<Table>,
}

/// All facts of a topic.
pub struct Table {
    /// The topic.
    pub topic: &'static Topic,
    /// The sentence that states all of it by the same truth.
    pub sentence: Option<&'static str>,
    /// A line a fact.
    pub lines: Vec<Line>,
}

/// Aligned tables, a topic after the other, with the file and line of each fact.
#[must_use]
pub fn table(told: &[Told]) -> String {
    let mut text = String::new();
    for told in told {
        for Table { topic, lines, .. } in &told.tables {
            if !text.is_empty() {
                text.push('\n');
            }
            let (name, environment) = (topic.name, visible::line(&told.environment));
            add(&mut text, format_args!("{name} of {environment}: {}\n", topic.about));
            if lines.is_empty() {
                text.push_str("  none\n");
                continue;
            }
            let header = topic.columns.iter().copied().chain(["declared at"]);
            let mut rows: Vec<Vec<String>> = vec![header.map(str::to_owned).collect()];
            rows.extend(lines.iter().map(row));
            text.push_str(&aligned(&rows));
            let mut reasons: Vec<String> =
                lines.iter().flat_map(|line| open(topic, line)).collect();
            reasons.dedup();
            for reason in &reasons {
                add(&mut text, format_args!("  ? {reason}\n"));
            }
        }
    }
    visible::output(&text).into_owned()
}

/// Adds a piece; a text takes any.
fn add(text: &mut String, piece: fmt::Arguments<'_>) {
    let _infallible = text.write_fmt(piece);
}

fn row(line: &Line) -> Vec<String> {
    let cells = line.cells.iter().map(|cell| visible::line(&cell.text).into_owned());
    let place = line.place.as_ref().map(|place| visible::line(&place.told()).into_owned());
    cells.chain([place.unwrap_or_default()]).collect()
}

/// Why parts of a fact are unknown: `app, user: the image nginx:alpine decides`.
fn open(topic: &Topic, line: &Line) -> Vec<String> {
    let mut reasons: Vec<(Vec<&str>, &str)> = Vec::new();
    for (column, cell) in topic.columns.iter().zip(&line.cells) {
        let Disclosure::Unknown(why) = &cell.kind else { continue };
        match reasons.iter_mut().find(|(_, known)| known == why) {
            Some((columns, _)) => columns.push(column),
            None => reasons.push((vec![column], why)),
        }
    }
    let subject = line.cells.first().map_or("", |cell| cell.text.as_str());
    let told = |(columns, why): (Vec<&str>, &str)| {
        format!("{}, {}: {}", visible::line(subject), columns.join(", "), visible::line(why))
    };
    reasons.into_iter().map(told).collect()
}

/// Rows of cells, each column as wide as its widest cell; the last row of nothing has no blanks.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        rows.iter()
            .filter_map(|row| row.get(at))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()).replace("  \n", "\n")
    };
    rows.iter().map(line).collect()
}

/// Tables of Markdown, without places, which move with every edit; what nobody knows is told below.
#[must_use]
pub fn markdown(told: &Told) -> String {
    let mut text = String::new();
    for Table { topic, lines, .. } in &told.tables {
        if !text.is_empty() {
            text.push('\n');
        }
        if lines.is_empty() {
            add(&mut text, format_args!("No {}.\n", topic.name));
            continue;
        }
        let head = topic.columns.join(" | ");
        let rule = "---|".repeat(topic.columns.len());
        add(&mut text, format_args!("| {head} |\n|{rule}\n"));
        for line in lines {
            let cell = |cell: &Shown| visible::markdown(&cell.text).replace('|', "\\|");
            let cells: Vec<String> = line.cells.iter().map(cell).collect();
            add(&mut text, format_args!("| {} |\n", cells.join(" | ")));
        }
        let reasons: IndexSet<String> = lines.iter().flat_map(|line| open(topic, line)).collect();
        for (at, reason) in reasons.iter().enumerate() {
            let gap = if at == 0 { "\n" } else { "" };
            add(&mut text, format_args!("{gap}- `?` {}\n", visible::markdown(reason)));
        }
    }
    visible::output(&text).into_owned()
}

/// A feature that says all of it: a scenario for each topic that has a closed sentence.
#[must_use]
pub fn gherkin(told: &[Told]) -> String {
    let mut text = String::from("Feature: What the stack is\n");
    for Told { environment, configured, truth, tables } in told {
        if !configured {
            add(
                &mut text,
                format_args!(
                    "\n  # seaworthy.yaml has to name the {environment} environment with its Compose files.\n"
                ),
            );
        }
        let Some(named) = named(environment) else {
            let environment = visible::line(environment);
            add(
                &mut text,
                format_args!("\n  # {environment}: no sentence can name this environment.\n"),
            );
            continue;
        };
        let running = if *truth == "observed" { "running " } else { "" };
        for Table { topic, sentence, lines } in tables {
            let name = topic.name;
            text.push('\n');
            let Some(sentence) = sentence else {
                add(&mut text, format_args!("  # {name}: no sentence states all of it here.\n"));
                continue;
            };
            let mut rows = vec![topic.columns.iter().map(|column| (*column).to_owned()).collect()];
            match stated(topic, lines) {
                Ok(stated) => rows.extend(stated),
                Err(why) => {
                    add(
                        &mut text,
                        format_args!("  # {name}: cannot be stated, {}.\n", visible::line(&why)),
                    );
                    continue;
                }
            }
            let environment = visible::line(environment);
            add(&mut text, format_args!("  Scenario: {name} of the {environment} environment\n"));
            add(&mut text, format_args!("    Given the {running}{named} environment\n"));
            add(&mut text, format_args!("    Then {sentence}\n"));
            text.push_str(&barred(&rows));
        }
    }
    text
}

/// The rows of a closed sentence; what may not or cannot be said is left open where the sentence
/// allows it.
///
/// # Errors
/// Why a row cannot be said.
fn stated(topic: &Topic, lines: &[Line]) -> Result<Vec<Vec<String>>, String> {
    let cell = |line: &Line, at: usize, cell: &Shown| {
        let why = match &cell.kind {
            Disclosure::Unknown(why) => why.as_str(),
            Disclosure::Hidden => "a secret stands in it",
            Disclosure::Whole | Disclosure::Length => match escaped(&cell.text) {
                Some(text) => return Ok(text),
                None => "no table of a feature can hold it",
            },
        };
        if at > 0 && topic.leaves_open() && !(names_a_value(topic) && at + 1 < line.cells.len()) {
            return Ok("any".to_owned());
        }
        let subject = line.cells.first().map_or("", |cell| cell.text.as_str());
        let column = topic.columns.get(at).copied().unwrap_or_default();
        Err(format!("{column} of {subject}: {why}"))
    };
    let row =
        |line: &Line| line.cells.iter().enumerate().map(|(at, one)| cell(line, at, one)).collect();
    // Two addresses of a port may be one row, and a list says each thing once.
    let rows: IndexSet<Vec<String>> = lines.iter().map(row).collect::<Result<_, _>>()?;
    Ok(rows.into_iter().collect())
}

/// Whether the sentence of a topic leaves open a value alone, and not the name of what has it.
fn names_a_value(topic: &Topic) -> bool {
    topic.columns.last() == Some(&"value")
}

/// An environment as a sentence names it; none for a name that none can have.
fn named(environment: &str) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if !environment.is_empty() && environment.chars().all(plain) {
        return Some(environment.to_owned());
    }
    let quoted = format!("\"{environment}\"");
    let is_odd = environment.contains(['"', '\\', '<', '>']) || environment.trim() != environment;
    let is_shown = visible::output(&visible::whole_line(&quoted)) == quoted;
    (!environment.is_empty() && !is_odd && is_shown).then_some(quoted)
}

/// A cell of a Gherkin table (Gherkin reference, "Data Tables"); none for what it cannot hold: blanks
/// at its ends, and what nobody can see.
fn escaped(text: &str) -> Option<String> {
    let blank = |c: char| matches!(c, ' ' | '\t');
    if text.starts_with(blank) || text.ends_with(blank) {
        return None;
    }
    let text = text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', "\\n");
    (visible::output(&visible::whole_line(&text)) == text).then_some(text)
}

fn barred(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} |"));
        format!("      |{}\n", cells.collect::<String>())
    };
    rows.iter().map(line).collect()
}

/// The JSON that `docs/facts.schema.json` describes.
#[must_use]
pub fn json(told: &[Told]) -> String {
    let fact = |topic: &Topic, line: &Line| {
        let (mut values, mut unknown, mut hidden) = (Map::new(), Map::new(), Vec::new());
        for (column, cell) in topic.columns.iter().zip(&line.cells) {
            let value = match &cell.kind {
                Disclosure::Unknown(why) => {
                    unknown.insert((*column).to_owned(), why.as_str().into());
                    Value::Null
                }
                kind => {
                    if *kind != Disclosure::Whole {
                        hidden.push(*column);
                    }
                    cell.text.as_str().into()
                }
            };
            values.insert((*column).to_owned(), value);
        }
        let place = line
            .place
            .as_ref()
            .map(|place| json!({ "file": place.file, "line": place.line, "column": place.column }));
        let mut fact = json!({ "values": values, "place": place });
        if let Value::Object(fact) = &mut fact {
            if !unknown.is_empty() {
                fact.insert("unknown".into(), unknown.into());
            }
            if !hidden.is_empty() {
                fact.insert("hidden".into(), hidden.into());
            }
            if !line.seen.is_empty() {
                fact.insert("seen".into(), line.seen.as_str().into());
            }
        }
        fact
    };
    let table = |Table { topic, lines, .. }: &Table| {
        let facts: Vec<Value> = lines.iter().map(|line| fact(topic, line)).collect();
        json!({
            "name": topic.name,
            "about": topic.about,
            "columns": topic.columns,
            "sentence": topic.sentence,
            "facts": facts,
        })
    };
    let environment = |told: &Told| {
        let topics: Vec<Value> = told.tables.iter().map(table).collect();
        json!({ "name": told.environment, "truth": told.truth, "topics": topics })
    };
    let environments: Vec<Value> = told.iter().map(environment).collect();
    let all = json!({ "version": VERSION, "environments": environments });
    let text = serde_json::to_string_pretty(&all).unwrap_or_default();
    visible::json(&text).into_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;

    fn told(name: &str, cells: &[(&str, Disclosure)]) -> Told {
        let cells =
            cells.iter().map(|(text, kind)| Shown { text: (*text).to_owned(), kind: kind.clone() });
        let place = Some(Place { file: "compose.yaml".into(), line: 3, column: 5 });
        let line = Line { cells: cells.collect(), seen: String::new(), place };
        let topic = facts::topic(name).expect("a topic");
        Told {
            environment: "development".into(),
            configured: true,
            truth: "declared",
            tables: vec![Table { topic, sentence: topic.sentence, lines: vec![line] }],
        }
    }

    #[test]
    fn a_table_tells_the_place_and_what_nobody_knows() {
        let why = Disclosure::Unknown("the image a decides".into());
        let told = told("command", &[("a", Disclosure::Whole), ("?", why.clone()), ("?", why)]);
        assert_eq!(
            table(&[told]),
            "command of development: entry point and command of each service, the image's where its Dockerfile is at hand\n  service  entry point  command  declared at\n  a        ?            ?        compose.yaml:3\n  ? a, entry point, command: the image a decides\n"
        );
    }

    #[test]
    fn cells_of_a_feature_are_escaped_and_what_cannot_be_said_is_left_open() {
        for (text, kind, cell) in [
            ("a|b\\c\nd", Disclosure::Whole, "a\\|b\\\\c\\nd"),
            (" a", Disclosure::Whole, "any"),
            ("a\u{1b}[1m", Disclosure::Whole, "any"),
            ("##[error]a", Disclosure::Whole, "any"),
            ("[PASSWORD, hidden]", Disclosure::Hidden, "any"),
            (
                "7 characters that are not shown",
                Disclosure::Length,
                "7 characters that are not shown",
            ),
        ] {
            let told = told(
                "environment",
                &[("a", Disclosure::Whole), ("X", Disclosure::Whole), (text, kind)],
            );
            let text = gherkin(&[told]);
            assert!(text.contains(&format!("| a       | X        | {cell} ")), "{text}");
        }
    }

    #[test]
    fn an_environment_is_named_so_that_a_sentence_reads_it_or_not_at_all() {
        for (name, says) in [
            ("dev-1_x", "Given the dev-1_x environment"),
            ("a.b", "Given the \"a.b\" environment"),
            ("my own/one", "Given the \"my own/one\" environment"),
            ("a\"b", "# a\"b: no sentence can name this environment."),
            (" a", "no sentence can name this environment."),
        ] {
            let mut told = told("services", &[("a", Disclosure::Whole)]);
            told.environment = name.into();
            let text = gherkin(&[told]);
            assert!(text.contains(says), "{name}: {text}");
        }
    }

    #[test]
    fn a_name_that_no_table_can_hold_is_said_beside() {
        let cells = [("a", Disclosure::Whole), (" X", Disclosure::Whole), ("1", Disclosure::Whole)];
        let text = gherkin(&[told("environment", &cells)]);
        let says =
            "# environment: cannot be stated, variable of a: no table of a feature can hold it.";
        assert!(text.contains(says) && !text.contains("Then"), "{text}");
    }

    #[test]
    fn what_is_one_row_in_the_words_of_tables_is_said_once() {
        let port = || ["a", "80", "80", "any"].map(|text| (text, Disclosure::Whole));
        let mut twice = told("ports", &port());
        let lines = &mut twice.tables[0].lines;
        lines.extend(told("ports", &port()).tables.remove(0).lines);
        assert_eq!(lines.len(), 2);
        assert_eq!(gherkin(&[twice]).matches("| a       | 80").count(), 1);
    }

    #[test]
    fn a_sentence_that_leaves_nothing_open_is_not_said_of_what_nobody_knows() {
        let why = || Disclosure::Unknown("whatever it listens on".into());
        let told =
            told("ports", &[("a", Disclosure::Whole), ("?", why()), ("?", why()), ("?", why())]);
        let text = gherkin(&[told]);
        assert!(
            text.contains("# ports: cannot be stated, port of a: whatever it listens on."),
            "{text}"
        );
        assert!(!text.contains("Then"), "{text}");
    }
}
