//! From a written sentence to the step that it is.
//!
//! Sentences are read without regular expressions; those are for cucumber, which finds the same
//! steps by them, and only the ones in use are compiled.

use std::{collections::HashMap, sync::OnceLock};

use cucumber_expressions::Expression;
use gherkin::StepType;
use regex::Regex;

use super::{
    Arguments, Block, Keyword, Step,
    arguments::{KINDS, Value, duration},
    matching,
};
use crate::words;

/// What may follow the sentence of a step that waits.
const WITHIN: &str = r"(?: within (?P<within>[0-9.]+ ?\w+))?";

/// What may follow the sentence of a step that knows exceptions.
const EXCEPT: &str = r"(?P<except>, except:)?";
/// Of what a table of exceptions may speak in its first column.
const SUBJECTS: [&str; 5] = ["service", "network", "volume", "secret", "config"];

/// All steps, ready to be matched.
pub struct Vocabulary {
    entries: Vec<Entry>,
}

struct Entry {
    step: &'static Step,
    regex: OnceLock<Regex>,
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
        /// Keyword and example of the nearest step.
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
    },
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self::new(super::all())
    }
}

impl Vocabulary {
    /// A vocabulary of these steps.
    pub fn new(steps: impl IntoIterator<Item = &'static Step>) -> Self {
        let entries =
            steps.into_iter().map(|step| Entry { step, regex: OnceLock::new() }).collect();
        Self { entries }
    }

    /// Finds the step that a sentence is.
    ///
    /// # Errors
    /// [`Misunderstood`].
    pub fn find(&self, written: &gherkin::Step) -> Result<Match, Misunderstood> {
        let keyword = keyword(written.ty);
        let reading = |entry: &'_ Entry| matching::read(entry.step, &written.value).is_some();
        let matching: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| entry.step.keyword == keyword)
            .filter_map(|entry| Some((entry.step, matching::read(entry.step, &written.value)?)))
            .collect();
        match matching.as_slice() {
            [] => Err(match self.entries.iter().find(|entry| reading(entry)) {
                Some(entry) => {
                    Misunderstood::Keyword { stands: keyword, needs: entry.step.keyword }
                }
                None => Misunderstood::Undefined { meant: self.meant(&written.value) },
            }),
            [(step, words)] => {
                let arguments =
                    arguments(step, words, written).map_err(|why| Misunderstood::Wrong { why })?;
                Ok(Match { step, arguments })
            }
            several => Err(Misunderstood::Ambiguous(
                several.iter().map(|(step, _)| step.expression).collect(),
            )),
        }
    }

    /// The regular expression under which cucumber finds the same step.
    #[must_use]
    pub fn regex(&self, step: &'static Step) -> Option<Regex> {
        self.entries
            .iter()
            .find(|entry| std::ptr::eq(entry.step, step))
            .map(|entry| entry.regex().clone())
    }

    /// The example nearest to a sentence that no step is.
    fn meant(&self, sentence: &str) -> Option<String> {
        const NEAR: f64 = 0.55;
        let bare = without_quotes(sentence);
        self.entries
            .iter()
            .map(|entry| (words::likeness(&bare, &without_quotes(entry.step.example)), entry.step))
            .filter(|(likeness, _)| *likeness >= NEAR)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, step)| format!("{} {}", step.keyword.word(), step.example))
    }
}

impl Entry {
    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            let parameters: HashMap<&str, &str> =
                KINDS.iter().map(|kind| (kind.name, kind.pattern)).collect();
            let regex = Expression::regex_with_parameters(self.step.expression, &parameters);
            let text = regex.map_or_else(|_| "$^".to_owned(), |regex| regex.as_str().to_owned());
            if self.step.excepts {
                let sentence = text.strip_suffix('$').unwrap_or(&text);
                return Regex::new(&format!("{sentence}{EXCEPT}$")).unwrap_or_else(|_| never());
            }
            if !self.step.waits {
                return Regex::new(&text).unwrap_or_else(|_| never());
            }
            let (sentence, end) = text
                .strip_suffix(":$")
                .map(|sentence| (sentence, ":$"))
                .or_else(|| text.strip_suffix('$').map(|sentence| (sentence, "$")))
                .unwrap_or((&text, ""));
            Regex::new(&format!("{sentence}{WITHIN}{end}")).unwrap_or_else(|_| never())
        })
    }
}

/// A pattern that nothing matches; a test proves that no expression needs it.
fn never() -> Regex {
    #[expect(clippy::unwrap_used, reason = "the pattern is a constant that compiles")]
    Regex::new("$^").unwrap()
}

fn without_quotes(sentence: &str) -> String {
    sentence.split('"').step_by(2).collect::<Vec<_>>().join("_")
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

fn arguments(
    step: &Step,
    said: &matching::Words<'_>,
    written: &gherkin::Step,
) -> Result<Arguments, String> {
    let mut values = Vec::new();
    for (at, parameter) in step.parameters().enumerate() {
        let words = said.parameters.get(at).copied().unwrap_or_default();
        let kind = KINDS.iter().find(|kind| kind.name == parameter);
        let kind = kind.ok_or_else(|| format!("there is no parameter type {{{parameter}}}"))?;
        values.push((kind.read)(words)?);
    }
    let within = match said.within.map(duration).transpose()? {
        Some(Value::Duration(duration)) => Some(duration),
        _ => None,
    };
    let excepts = said.excepts;
    let (header, rows) =
        if step.excepts { exceptions(excepts, written)? } else { rows(step, written)? };
    Ok(Arguments { values, within, header, rows, excepts })
}

type Table = (Vec<String>, Vec<Vec<String>>);

/// The table of exceptions, there if and only if the sentence ends in `except:`.
fn exceptions(excepts: bool, written: &gherkin::Step) -> Result<Table, String> {
    if written.docstring.is_some() {
        return Err("this step takes no text block below it".into());
    }
    let table = written.table.as_ref().map(|table| table.rows.as_slice());
    match (excepts, table) {
        (false, None) => Ok(Table::default()),
        (false, Some(_)) => {
            Err("a table of exceptions needs \", except:\" at the end of the sentence".into())
        }
        (true, Some([header, rows @ ..])) if is_of_exceptions(header) => {
            if rows.is_empty() {
                return Err("the table of exceptions has no row: leave \", except:\" out".into());
            }
            Ok((header.clone(), rows.to_vec()))
        }
        (true, _) => Err("\"except:\" needs a table below it, headed | service | reason | or | service | reason | until |".into()),
    }
}

fn is_of_exceptions(header: &[String]) -> bool {
    let words: Vec<&str> = header.iter().map(String::as_str).collect();
    matches!(words[..], [subject, "reason"] | [subject, "reason", "until"] if SUBJECTS.contains(&subject))
}

fn rows(step: &Step, written: &gherkin::Step) -> Result<Table, String> {
    if written.docstring.is_some() {
        return Err("this step takes no text block below it".into());
    }
    let table = written.table.as_ref().map(|table| table.rows.as_slice());
    match (step.block, table) {
        (Block::None, None) => Ok(Table::default()),
        (Block::None, Some(_)) => Err("this step takes no table".into()),
        (Block::Table(columns) | Block::Headed(columns), None) => {
            Err(format!("this step needs a table below it, headed | {} |", columns.join(" | ")))
        }
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
        for step in super::super::all() {
            let mut sentence = written(step.keyword, step.example);
            let rows = match step.block {
                Block::None => None,
                Block::Table(columns) | Block::Headed(columns) => {
                    Some(vec![columns.iter().map(|&name| name.to_owned()).collect()])
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
        assert!(matches!(wrong, Misunderstood::Wrong { why } if why.contains("3 moons")));
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
        assert!(matches!(why, Misunderstood::Wrong { why } if why.contains("| service |")));
    }
}
