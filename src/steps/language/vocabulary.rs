//! From a written sentence to the step that it is.
//!
//! A sentence is read once, when the features are: whoever judges it later has the [`Match`].

use std::{collections::HashMap, ops::Range};

use gherkin::StepType;

pub use super::rows::RowFault;
use crate::steps::{
    Arguments, Block, Keyword, Load, Step,
    language::{
        arguments::{KINDS, Value, duration},
        empty, former, grammar, matching, meant, rows, topics,
    },
};

/// Of what a table of exceptions may speak in its first column.
const SUBJECTS: [&str; 5] = ["service", "network", "volume", "secret", "config"];

/// All steps, ready to be matched.
pub struct Vocabulary {
    steps: Vec<&'static Step>,
    /// The same by the first word of every sentence that is it, which is empty where that may be any;
    /// each with its place among all and with what every such sentence begins with.
    begins: HashMap<&'static str, Vec<(usize, &'static str, &'static Step)>>,
}

/// A sentence understood.
#[derive(Debug, Clone)]
pub struct Match {
    /// The step that it is.
    pub step: &'static Step,
    /// What it says.
    pub arguments: Arguments,
}

/// Why a sentence is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misunderstood {
    /// No step reads like it; perhaps one was meant.
    Undefined {
        /// Keyword and words of the nearest step, with what was written put in.
        meant: Option<String>,
    },
    /// It is a step, under another keyword.
    Keyword {
        /// The keyword under which it stands.
        stands: Keyword,
        /// The keyword that it needs.
        needs: Keyword,
    },
    /// Several steps read like it.
    Ambiguous(Vec<&'static str>),
    /// The sentence is known, but not what it is given.
    Wrong {
        /// What is wrong.
        why: String,
        /// The words that are, in the sentence; the whole of it where it is no single parameter.
        at: Option<Range<usize>>,
        /// What to write, where that can be said.
        help: Option<String>,
    },
    /// A row of its table says nothing, or not what it should.
    Row(RowFault),
}

impl Vocabulary {
    /// A vocabulary of these steps.
    pub fn new(steps: impl IntoIterator<Item = &'static Step>) -> Self {
        let steps: Vec<&'static Step> = steps.into_iter().collect();
        let mut begins: HashMap<&'static str, Vec<_>> = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            let begin = matching::certain(step);
            begins.entry(first_word(begin)).or_default().push((at, begin, *step));
        }
        Self { steps, begins }
    }

    /// The steps nearest to words that none of them has, best first; none if nothing is near.
    #[must_use]
    pub fn about(&self, words: &str) -> Vec<&'static Step> {
        meant::about(&self.steps, words)
    }

    /// Finds the step that a sentence is.
    ///
    /// # Errors
    /// [`Misunderstood`].
    pub fn find(&self, written: &gherkin::Step) -> Result<Match, Misunderstood> {
        let keyword = keyword(written.ty);
        let first = first_word(&written.value);
        let other = (!first.is_empty()).then(|| self.begins.get("")).flatten();
        let mut found: Vec<_> = self
            .begins
            .get(first)
            .into_iter()
            .chain(other)
            .flatten()
            .filter(|(_, begin, step)| step.keyword == keyword && written.value.starts_with(begin))
            .filter_map(|(at, _, step)| {
                Some((*at, *step, matching::read_on(step, &written.value)?))
            })
            .collect();
        found.sort_by_key(|(at, ..)| *at);
        let matching: Vec<_> = found.into_iter().map(|(_, step, words)| (step, words)).collect();
        let elsewhere = |step: &&&Step| matching::read(step, &written.value).is_some();
        match matching.as_slice() {
            [] => Err(match self.steps.iter().find(elsewhere) {
                Some(step) => Misunderstood::Keyword { stands: keyword, needs: step.keyword },
                None => undefined(&written.value, || {
                    former::instead(&written.value).or_else(|| {
                        meant::meant(&self.steps, keyword, &written.value, written.table.is_some())
                    })
                }),
            }),
            [(step, words)] => {
                let arguments = arguments(step, words, written)?;
                // What is asked for may have equal rows.
                let may_repeat = matches!(step.block, Block::Free(_));
                let fault = rows::check(&arguments).filter(|_| !may_repeat);
                let fault = fault.or_else(|| grammar::refuse_row(step, &arguments));
                fault.map_or(Ok(()), |fault| Err(Misunderstood::Row(fault)))?;
                Ok(Match { step, arguments })
            }
            several => Err(Misunderstood::Ambiguous(
                several.iter().map(|(step, _)| step.expression).collect(),
            )),
        }
    }
}

/// The first word of a text, if a space says where it ends.
fn first_word(text: &str) -> &str {
    text.split_once(' ').map_or("", |(first, _)| first)
}

/// The services whose stores a scenario asks about.
#[must_use]
pub fn asked_about(matches: &[Match]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for found in matches {
        let Some(asks) = found.step.asks_stores else { continue };
        for name in asks(&found.arguments) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// How much of the machine a scenario keeps busy: as much as the heaviest of its steps.
#[must_use]
pub fn load(matches: &[Match]) -> Load {
    matches.iter().map(|found| found.step.load).max().unwrap_or(Load::Light)
}

/// The keyword of a sentence, `And` and `But` resolved.
#[must_use]
pub fn keyword(ty: StepType) -> Keyword {
    match ty {
        StepType::Given => Keyword::Given,
        StepType::When => Keyword::When,
        StepType::Then => Keyword::Then,
    }
}

/// What no step reads. What was meant may be the very words, when a name in them has a quote.
fn undefined(sentence: &str, meant: impl FnOnce() -> Option<String>) -> Misunderstood {
    let meant = meant();
    let is_same = |meant: &String| {
        meant.split_once(' ').is_some_and(|(_, words)| words.trim() == sentence.trim())
    };
    match (meant.as_ref().is_some_and(is_same), sentence.find("\\\"")) {
        (true, Some(at)) => Misunderstood::Wrong {
            why: "a name cannot have a quote in it".into(),
            at: Some(at..at + 2),
            help: Some("write the name as the files have it; a text or a path may have \\\", a name may not".into()),
        },
        (true, None) => Misunderstood::Undefined { meant: None },
        _ => Misunderstood::Undefined { meant },
    }
}

impl From<String> for Misunderstood {
    fn from(why: String) -> Self {
        Self::Wrong { why, at: None, help: None }
    }
}

/// Where words that were cut out of a sentence stand in it.
fn range(sentence: &str, words: &str) -> Option<Range<usize>> {
    let start = words.as_ptr().addr().checked_sub(sentence.as_ptr().addr())?;
    let range = start..start + words.len();
    (sentence.get(range.clone()) == Some(words)).then_some(range)
}

fn arguments(
    step: &Step,
    said: &matching::Words<'_>,
    written: &gherkin::Step,
) -> Result<Arguments, Misunderstood> {
    let words = |at: usize| said.parameters.get(at).copied().unwrap_or_default();
    let place = |at: usize| range(&written.value, words(at));
    let mut values = Vec::new();
    for (at, parameter) in step.parameters().enumerate() {
        let kind = KINDS.iter().find(|kind| kind.name == parameter);
        let kind = kind.ok_or_else(|| format!("there is no parameter type {{{parameter}}}"))?;
        let value = (kind.read)(words(at));
        values.push(value.map_err(|why| Misunderstood::Wrong {
            why,
            at: place(at),
            help: None,
        })?);
    }
    let within = match said.within.map(duration).transpose()? {
        Some(Value::Duration(duration)) => Some(duration),
        _ => None,
    };
    let excepts = said.excepts;
    let (header, rows) =
        if step.excepts { exceptions(step, excepts, written)? } else { table(step, written)? };
    let lines = Vec::new();
    let arguments = Arguments { values, within, header, rows, excepts, lines };
    empty::refuse(step, &arguments)?;
    grammar::refuse(step, &arguments).map_err(|(at, (why, help))| Misunderstood::Wrong {
        why,
        at: place(at),
        help: Some(help),
    })?;
    Ok(arguments)
}

type Table = (Vec<String>, Vec<Vec<String>>);

/// The table of exceptions, there if and only if the sentence ends in `except:`.
fn exceptions(step: &Step, excepts: bool, written: &gherkin::Step) -> Result<Table, String> {
    if written.docstring.is_some() {
        return Err("this step takes no text block below it".into());
    }
    let table = written.table.as_ref().map(|table| table.rows.as_slice());
    match (excepts, table) {
        (false, None) => Ok(Table::default()),
        (false, Some(_)) => {
            Err("a table of exceptions needs \", except:\" at the end of the sentence".into())
        }
        (true, Some([header, rows @ ..])) if is_of_exceptions(step.excepted, header) => {
            if rows.is_empty() {
                return Err("the table of exceptions has no row: leave \", except:\" out".into());
            }
            if step.excepted.first() == Some(&"topic") {
                for name in rows.iter().filter_map(|row| row.first()) {
                    topics::named(name)?;
                }
            }
            Ok((header.clone(), rows.to_vec()))
        }
        (true, _) if !step.excepted.is_empty() => {
            let columns = step.excepted.join(" | ");
            Err(format!("\"except:\" needs a table below it, headed | {columns} | reason | or | {columns} | reason | until |"))
        }
        (true, _) => Err("\"except:\" needs a table below it, headed | service | reason | or | service | reason | until |".into()),
    }
}

fn is_of_exceptions(columns: &[&str], header: &[String]) -> bool {
    let words: Vec<&str> = header.iter().map(String::as_str).collect();
    if !columns.is_empty() {
        let rest = words.strip_prefix(columns);
        return matches!(rest, Some(["reason"] | ["reason", "until"]));
    }
    matches!(words[..], [subject, "reason"] | [subject, "reason", "until"] if SUBJECTS.contains(&subject))
}

fn table(step: &Step, written: &gherkin::Step) -> Result<Table, String> {
    if written.docstring.is_some() {
        return Err("this step takes no text block below it".into());
    }
    let table = written.table.as_ref().map(|table| table.rows.as_slice());
    match (step.block, table) {
        (Block::None, None) => Ok(Table::default()),
        (Block::None, Some(_)) => Err("this step takes no table".into()),
        (
            Block::Table(columns)
            | Block::Headed(columns)
            | Block::Ending(columns)
            | Block::Free(columns),
            None,
        ) => Err(format!("this step needs a table below it, headed | {} |", columns.join(" | "))),
        (Block::Pairs, None) => {
            Err("this step needs a table below it: | name | value | a row".into())
        }
        (Block::Table(columns), Some(rows)) => match rows {
            [header, rows @ ..] if header == columns => Ok((header.clone(), rows.to_vec())),
            _ => Err(format!("the table's columns must be | {} |", columns.join(" | "))),
        },
        (Block::Headed(columns), Some(rows)) => match rows {
            [header, rows @ ..] if header.len() == columns.len() => {
                Ok((header.clone(), rows.to_vec()))
            }
            _ => Err(format!("the table's columns must be like | {} |", columns.join(" | "))),
        },
        (Block::Ending(columns), Some(rows)) => match rows {
            [header, rows @ ..]
                if header.len() > 1
                    && header.last().map(String::as_str) == columns.last().copied() =>
            {
                Ok((header.clone(), rows.to_vec()))
            }
            _ => Err(format!("the table's columns must be like | {} |", columns.join(" | "))),
        },
        (Block::Free(columns), Some(rows)) => match rows {
            [header, rows @ ..] => Ok((header.clone(), rows.to_vec())),
            [] => Err(format!("the table's columns must be like | {} |", columns.join(" | "))),
        },
        (Block::Pairs, Some(rows)) => match rows.iter().find(|row| row.len() != 2) {
            Some(row) => {
                Err(format!("each row is a name and a value, but one has {} cells", row.len()))
            }
            None => Ok((Vec::new(), rows.to_vec())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(keyword: Keyword, value: &str) -> gherkin::Step {
        let text = format!("Feature: f\n  Scenario: s\n    {} {value}\n", keyword.word());
        let feature =
            gherkin::Feature::parse(text, gherkin::GherkinEnv::default()).expect("a feature");
        feature.scenarios[0].steps[0].clone()
    }

    #[test]
    fn every_example_is_its_own_step_and_no_other() {
        let vocabulary = Vocabulary::default();
        for step in crate::steps::all() {
            let mut sentence = written(step.keyword, step.example);
            let rows = match step.block {
                Block::None => None,
                Block::Table(columns)
                | Block::Headed(columns)
                | Block::Ending(columns)
                | Block::Free(columns) => {
                    let row: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
                    let cells = row.iter().map(|name| format!("a {name}")).collect();
                    Some(vec![row, cells])
                }
                Block::Pairs => Some(vec![vec!["name".to_owned(), "value".to_owned()]]),
            };
            sentence.table = rows.map(|rows| gherkin::Table {
                rows,
                span: sentence.span,
                position: sentence.position,
            });
            let found = vocabulary
                .find(&sentence)
                .unwrap_or_else(|why| panic!("{}: {why:?}", step.example));
            assert_eq!(found.step.expression, step.expression);
            assert!(
                step.declared.is_some() || step.observed.is_some(),
                "{} judges nothing",
                step.expression
            );
            assert!(!step.meaning.is_empty());
        }
    }

    #[test]
    fn a_near_miss_is_told_what_was_meant() {
        let why = Vocabulary::default()
            .find(&written(Keyword::When, "the browser request \"/orders\""))
            .expect_err("undefined");
        let Misunderstood::Undefined { meant: Some(meant) } = why else { panic!("{why:?}") };
        assert!(meant.starts_with("When the browser requests \""), "{meant}");
    }

    #[test]
    fn a_sentence_is_never_said_to_be_meant_by_itself() {
        let vocabulary = Vocabulary::default();
        for step in crate::steps::all() {
            let sentence = written(step.keyword, &step.example.replace("\"a", "\"a\\\""));
            if let Err(Misunderstood::Undefined { meant: Some(meant) }) = vocabulary.find(&sentence)
            {
                assert!(!meant.ends_with(&sentence.value), "{meant}");
            }
        }
        let path = written(Keyword::When, r#"the browser requests "/find?q=\"a\"""#);
        let found = vocabulary.find(&path).expect("a path may have a quote");
        assert_eq!(found.arguments.text(0).ok(), Some("/find?q=\"a\""));
        let name = written(Keyword::Then, r#"service "a\"b" is running"#);
        let why = vocabulary.find(&name).expect_err("a name may not");
        assert!(
            matches!(&why, Misunderstood::Wrong { why, .. } if why.contains("cannot have a quote")),
            "{why:?}"
        );
    }

    #[test]
    fn time_at_the_end_of_a_sentence_is_understood_where_the_step_waits() {
        let vocabulary = Vocabulary::default();
        let found = vocabulary
            .find(&written(
                Keyword::Then,
                "the log of \"queue\" shows \"Processing\" within 3 seconds",
            ))
            .expect("a step");
        assert_eq!(found.arguments.within, Some(std::time::Duration::from_secs(3)));
        let wrong = vocabulary
            .find(&written(
                Keyword::Then,
                "the log of \"queue\" shows \"Processing\" within 3 moons",
            ))
            .expect_err("no duration");
        assert!(matches!(wrong, Misunderstood::Wrong { why, .. } if why.contains("3 moons")));
    }

    #[test]
    fn a_step_under_the_wrong_keyword_is_told_the_right_one() {
        let why = Vocabulary::default()
            .find(&written(Keyword::Then, "service \"app\" is paused"))
            .expect_err("a When step");
        assert_eq!(why, Misunderstood::Keyword { stands: Keyword::Then, needs: Keyword::When });
    }

    #[test]
    fn a_missing_table_is_an_error() {
        let why = Vocabulary::default()
            .find(&written(Keyword::Then, "exactly these services run:"))
            .expect_err("no table");
        assert!(matches!(why, Misunderstood::Wrong { why, .. } if why.contains("| service |")));
    }
}
