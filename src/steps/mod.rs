//! The vocabulary: every sentence that a scenario can be made of.
//!
//! A step is a row of a table: the sentence as a cucumber expression, what it means, an
//! example, and one function for each truth by which it can be judged. A topic a file;
//! [`TOPICS`] is the whole language.

mod arguments;
mod attributes;
mod backup;
mod builds;
mod closed;
mod commands;
mod comparison;
mod connections;
mod declared;
mod encryption;
mod environment;
mod exceptions;
mod faults;
mod files;
mod flow;
mod guards;
mod health;
mod http;
mod isolation;
mod leaks;
mod limits;
mod listed;
mod looks;
mod matching;
mod mounts;
mod nginx;
mod passwords;
mod policies;
mod ports;
mod processes;
mod queries;
mod reach;
mod resources;
mod rights;
mod scale;
mod services;
mod stores;
mod tls;
mod twin;
mod values;
mod visits;
mod vite;
pub mod vocabulary;
mod web;
pub mod world;
mod writable;

use futures::future::LocalBoxFuture;

pub use self::{
    arguments::{Arguments, Value},
    leaks::Hidden,
    vocabulary::{Match, Vocabulary},
    world::{Context, World},
};
use crate::run::{Failure, Truth};

/// What a step comes to.
pub type StepResult = Result<(), Failure>;
/// Judges a step by the files.
pub type Declared = fn(&mut World, &Arguments) -> StepResult;
/// Judges a step on the running stack.
pub type Observed = for<'a> fn(&'a mut World, &'a Arguments) -> LocalBoxFuture<'a, StepResult>;

/// Where a step may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// Which environment is spoken of.
    Given,
    /// What a person or a fault does.
    When,
    /// What is then true.
    Then,
}

impl Keyword {
    /// As written in a feature.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Given => "Given",
            Self::When => "When",
            Self::Then => "Then",
        }
    }
}

/// What stands below a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// Nothing.
    None,
    /// A table with exactly these columns.
    Table(&'static [&'static str]),
    /// A table of two columns without a header: a name and a value a row.
    Pairs,
    /// A table whose header depends on what is spoken of; these columns stand for it.
    Headed(&'static [&'static str]),
}

/// A sentence of the language.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Where it may stand.
    pub keyword: Keyword,
    /// The sentence, with parameters in braces.
    pub expression: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// The sentence in use.
    pub example: &'static str,
    /// What stands below it.
    pub block: Block,
    /// Whether it waits for the fact, and so may end in `within 5 seconds`.
    pub waits: bool,
    /// Whether it may end in `, except:` with a table of exceptions and their reasons.
    pub excepts: bool,
    /// Whether it breaks something, so that its scenario must be `@disruptive`.
    pub disrupts: bool,
    /// Judges it by the files.
    pub declared: Option<Declared>,
    /// Judges it on the running stack.
    pub observed: Option<Observed>,
}

impl Step {
    const fn new(
        keyword: Keyword,
        expression: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        Self {
            keyword,
            expression,
            meaning,
            example,
            block: Block::None,
            waits: false,
            excepts: false,
            disrupts: false,
            declared: None,
            observed: None,
        }
    }

    /// A step that its words alone describe.
    #[cfg(test)]
    pub(crate) const fn plain(keyword: Keyword, words: &'static str) -> Self {
        Self::new(keyword, words, words, words)
    }

    const fn given(expression: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self::new(Keyword::Given, expression, meaning, example)
    }

    const fn when(expression: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self::new(Keyword::When, expression, meaning, example)
    }

    const fn then(expression: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self::new(Keyword::Then, expression, meaning, example)
    }

    const fn table(self, columns: &'static [&'static str]) -> Self {
        Self { block: Block::Table(columns), ..self }
    }

    const fn headed(self, columns: &'static [&'static str]) -> Self {
        Self { block: Block::Headed(columns), ..self }
    }

    const fn excepts(self) -> Self {
        Self { excepts: true, ..self }
    }

    const fn pairs(self) -> Self {
        Self { block: Block::Pairs, ..self }
    }

    const fn waits(self) -> Self {
        Self { waits: true, ..self }
    }

    const fn disrupts(self) -> Self {
        Self { disrupts: true, ..self }
    }

    pub(crate) const fn declared(self, function: Declared) -> Self {
        Self { declared: Some(function), ..self }
    }

    pub(crate) const fn observed(self, function: Observed) -> Self {
        Self { observed: Some(function), ..self }
    }

    /// The kinds of its parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.expression.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
    }

    /// The truths by which it can be judged.
    pub fn truths(&self) -> impl Iterator<Item = Truth> + use<> {
        let declared = self.declared.map(|_| Truth::Declared);
        let observed = self.observed.map(|_| Truth::Observed);
        declared.into_iter().chain(observed)
    }
}

/// The whole language, by topic.
pub static TOPICS: &[(&str, &[Step])] = &[
    ("environments", environment::STEPS),
    ("services", services::STEPS),
    ("mounts and volumes", mounts::STEPS),
    ("connections", reach::STEPS),
    ("host ports", ports::STEPS),
    ("requests", http::STEPS),
    ("visits", visits::STEPS),
    ("TLS", tls::STEPS),
    ("kept connections", connections::STEPS),
    ("flows", flow::STEPS),
    ("Vite", vite::STEPS),
    ("stores", stores::STEPS),
    ("queries", queries::STEPS),
    ("environment variables", values::STEPS),
    ("backups", backup::STEPS),
    ("restores", twin::STEPS),
    ("health checks", health::STEPS),
    ("commands, logs and files", commands::STEPS),
    ("what the files list", resources::STEPS),
    ("bounds and guards", guards::STEPS),
    ("isolation", isolation::STEPS),
    ("limits", limits::STEPS),
    ("secrets", leaks::STEPS),
    ("passwords", passwords::STEPS),
    ("encryption", encryption::STEPS),
    ("rights", rights::STEPS),
    ("writing", writable::STEPS),
    ("files of the project", files::STEPS),
    ("Dockerfiles", builds::STEPS),
    ("nginx", nginx::STEPS),
    ("two environments", comparison::STEPS),
    ("attributes by their path", attributes::STEPS),
    ("values of an attribute", listed::STEPS),
    ("policies", policies::STEPS),
    ("scale and profiles", scale::STEPS),
    ("faults", faults::STEPS),
    ("processes", processes::STEPS),
];

/// All steps, in the order of their topics.
pub fn all() -> impl Iterator<Item = &'static Step> {
    TOPICS.iter().flat_map(|(_, steps)| *steps)
}
