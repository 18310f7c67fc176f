//! What a sentence of the language is: where it may stand, what it says, and one function for each
//! truth by which it can be judged.

use futures::future::LocalBoxFuture;

use crate::probe::store::{self, Means};
use crate::run::{Failure, Truth};
use crate::steps::{language::arguments::Arguments, world::World};

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
    /// A table whose last column is the last of these; how many stand before it, with which names,
    /// depends on what is spoken of.
    Ending(&'static [&'static str]),
    /// A table whose columns are those of what is spoken of, how many there may be; these stand for them.
    Free(&'static [&'static str]),
}

/// How much of the machine a step keeps busy while it looks, so how little may run beside it: where
/// everything runs at once, the deadlines of the others pass while they wait for a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    /// Next to nothing: it asks, and waits for answers.
    Light,
    /// A program of its own, as large as a service.
    Heavy,
    /// All there is: it reads whole images.
    Full,
}

/// What a sentence has to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// The services that it names.
    Named,
    /// The services that it names, where it carries out what the author wrote: that may change anything
    /// and set anything going.
    Commands,
    /// The web server, and whatever answers a page with it; the services that it names besides.
    Visit,
    /// Nothing that sentences before it have not to do with already.
    Nothing,
    /// Anything.
    Everything,
}

/// What must run in the services that a sentence speaks of, so that it can be asked there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knows {
    /// Whatever it is.
    Anything,
    /// A store that can be asked so.
    Store(Means),
    /// One of these products.
    Products(&'static [&'static str]),
}

/// What a look takes besides an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The rights of root, on the engine's own machine: what the kernel shows to no one else.
    Root,
    /// A program of this machine, by the name that people know.
    Program(&'static str),
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Root => "root",
            Self::Program(name) => name,
        })
    }
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
    /// What its table of exceptions begins with, if not with one subject of the usual kinds.
    pub excepted: &'static [&'static str],
    /// Whether it breaks something, so that its scenario must be `@disruptive`.
    pub disrupts: bool,
    /// How much of the machine it keeps busy.
    pub load: Load,
    /// What it has to do with, if its words do not say it.
    pub touches: Option<Touch>,
    /// The services about whose stores it asks what they were asked.
    pub asks_stores: Option<fn(&Arguments) -> Vec<String>>,
    /// What must run there.
    pub knows: Knows,
    /// What a look at the running stack takes.
    pub needs: &'static [Need],
    /// Judges it by the files.
    pub declared: Option<Declared>,
    /// Judges it on the running stack.
    pub observed: Option<Observed>,
}

impl Step {
    pub(crate) const fn new(
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
            excepted: &[],
            disrupts: false,
            load: Load::Light,
            touches: None,
            asks_stores: None,
            knows: Knows::Anything,
            needs: &[],
            declared: None,
            observed: None,
        }
    }

    /// A step that its words alone describe.
    #[cfg(test)]
    pub(crate) const fn plain(keyword: Keyword, words: &'static str) -> Self {
        Self::new(keyword, words, words, words)
    }

    pub(crate) const fn given(
        expression: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        Self::new(Keyword::Given, expression, meaning, example)
    }

    pub(crate) const fn when(
        expression: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        Self::new(Keyword::When, expression, meaning, example)
    }

    pub(crate) const fn then(
        expression: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        Self::new(Keyword::Then, expression, meaning, example)
    }

    pub(crate) const fn table(self, columns: &'static [&'static str]) -> Self {
        Self { block: Block::Table(columns), ..self }
    }

    pub(crate) const fn headed(self, columns: &'static [&'static str]) -> Self {
        Self { block: Block::Headed(columns), ..self }
    }

    pub(crate) const fn ending(self, columns: &'static [&'static str]) -> Self {
        Self { block: Block::Ending(columns), ..self }
    }

    pub(crate) const fn free(self, columns: &'static [&'static str]) -> Self {
        Self { block: Block::Free(columns), ..self }
    }

    pub(crate) const fn excepts(self) -> Self {
        Self { excepts: true, ..self }
    }

    pub(crate) const fn excepts_of(self, columns: &'static [&'static str]) -> Self {
        Self { excepts: true, excepted: columns, ..self }
    }

    pub(crate) const fn pairs(self) -> Self {
        Self { block: Block::Pairs, ..self }
    }

    pub(crate) const fn waits(self) -> Self {
        Self { waits: true, ..self }
    }

    pub(crate) const fn disrupts(self) -> Self {
        Self { disrupts: true, ..self }
    }

    pub(crate) const fn loads(self, load: Load) -> Self {
        Self { load, ..self }
    }

    pub(crate) const fn touches(self, touches: Touch) -> Self {
        Self { touches: Some(touches), ..self }
    }

    pub(crate) const fn asks_stores(self, services: fn(&Arguments) -> Vec<String>) -> Self {
        Self { asks_stores: Some(services), ..self }
    }

    pub(crate) const fn asks(self, means: Means) -> Self {
        Self { knows: Knows::Store(means), ..self }
    }

    pub(crate) const fn knows(self, products: &'static [&'static str]) -> Self {
        Self { knows: Knows::Products(products), ..self }
    }

    pub(crate) const fn needs(self, needs: &'static [Need]) -> Self {
        Self { needs, ..self }
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

    /// The products that it can be asked of; none if it can be asked of anything.
    #[must_use]
    pub fn products(&self) -> Vec<&'static str> {
        match self.knows {
            Knows::Anything => Vec::new(),
            Knows::Store(means) => store::asked(means),
            Knows::Products(products) => products.to_vec(),
        }
    }

    /// The truths by which it can be judged.
    pub fn truths(&self) -> impl Iterator<Item = Truth> + use<> {
        let declared = self.declared.map(|_| Truth::Declared);
        let observed = self.observed.map(|_| Truth::Observed);
        declared.into_iter().chain(observed)
    }
}
