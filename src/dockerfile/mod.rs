//! Dockerfiles: stages and instructions, each with its place.
//!
//! A parser crate (`parse-dockerfile`) judges the syntax; its names stay inside
//! `read.rs`. Our types are plain: a [`Dockerfile`] has [`Stage`]s, a stage has
//! [`Instruction`]s, and questions that policies and steps ask are methods here.

mod folded;
mod heredoc;
mod pairs;
mod read;
mod run_as;
mod substitute;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

pub use self::{folded::Folded, run_as::RunAs};
use crate::source::{Source, Span};

/// A piece of a Dockerfile: what it says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it says, quotes and escapes resolved.
    pub text: String,
    /// Where it is written.
    pub span: Span,
}

/// A name that `ENV`, `ARG` or `LABEL` sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Piece,
    /// Its value; `ARG NAME` has none.
    pub value: Option<Piece>,
}

/// `--name=value` of an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The name without dashes.
    pub name: Piece,
    /// What stands behind `=`.
    pub value: Option<Piece>,
}

/// An instruction.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// Its name in capitals; that of the inner one for `ONBUILD`.
    pub keyword: &'static str,
    /// Whether it stands behind `ONBUILD`.
    pub onbuild: bool,
    /// Everything of it but its here-documents.
    pub span: Span,
    /// The whole instruction, lines joined.
    pub line: Folded,
    /// What follows the keyword, lines joined.
    pub arguments: Piece,
    /// Its options: `--from`, `--mount`, `--interval`, …
    pub flags: Vec<Flag>,
    /// The words of the list form, `["…", "…"]`.
    pub words: Option<Vec<Piece>>,
    /// What `ENV`, `ARG` and `LABEL` set.
    pub variables: Vec<Variable>,
    /// The bodies of its here-documents, as written.
    pub documents: Vec<Folded>,
}

/// A stage: from one `FROM` to the next.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The name behind `AS`.
    pub name: Option<Piece>,
    /// What it starts from, as written.
    pub base: Piece,
    /// The earlier stage that it starts from, by its number.
    pub from_stage: Option<usize>,
    /// `FROM` itself.
    pub from: Instruction,
    /// What follows.
    pub instructions: Vec<Instruction>,
}

/// A Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// Its text.
    pub source: Arc<Source>,
    /// The `ARG`s before the first `FROM`.
    pub arguments: Vec<Instruction>,
    /// The stages in order; never empty.
    pub stages: Vec<Stage>,
    /// What joins lines: `\` unless `# escape=` says otherwise.
    pub escape: char,
}

/// A health check as an image has it.
#[derive(Debug, Clone, Copy)]
pub enum ImageCheck<'a> {
    /// `HEALTHCHECK NONE`.
    None(&'a Instruction),
    /// `HEALTHCHECK CMD …`.
    Command(&'a Instruction),
}

impl Dockerfile {
    /// Where the Dockerfile of a build lies, if it lies on this machine: `context` absolute,
    /// `dockerfile` relative to it, `Dockerfile` if none is named.
    #[must_use]
    pub fn of_build(context: &str, dockerfile: Option<&str>) -> Option<Utf8PathBuf> {
        let context = Utf8Path::new(context);
        context.is_absolute().then(|| context.join(dockerfile.unwrap_or("Dockerfile")))
    }

    /// The stage that a build makes: the target by name or number, else the last one.
    #[must_use]
    pub fn target(&self, target: Option<&str>) -> Option<&Stage> {
        match target.filter(|target| !target.is_empty()) {
            Some(target) => self.stages.get(self.stage_number(target, self.stages.len())?),
            None => self.stages.last(),
        }
    }

    /// The number of a stage before another one, by its name or number.
    fn stage_number(&self, name: &str, before: usize) -> Option<usize> {
        let earlier = self.stages.get(..before)?;
        let named = |stage: &Stage| {
            stage.name.as_ref().is_some_and(|known| known.text.eq_ignore_ascii_case(name))
        };
        let number = || name.parse().ok().filter(|number| *number < before);
        earlier.iter().rposition(named).or_else(number)
    }

    /// A stage and those that it starts from, the first one last.
    #[must_use]
    pub fn lineage<'a>(&'a self, stage: &'a Stage) -> Vec<&'a Stage> {
        let next = |stage: &&Stage| stage.from_stage.and_then(|number| self.stages.get(number));
        std::iter::successors(Some(stage), next).collect()
    }

    /// The image from outside that a stage stands on, variables put in: build arguments first,
    /// then the defaults of `ARG`s before the first `FROM`.
    #[must_use]
    pub fn base_image(
        &self,
        stage: &Stage,
        build_argument: &dyn Fn(&str) -> Option<String>,
    ) -> Piece {
        let first = self.lineage(stage).last().map_or(&stage.base, |first| &first.base);
        let known = self.before_stages(build_argument);
        let found = |name: &str| run_as::value(&known, name);
        Piece {
            text: substitute::substitute(&first.text, self.escape, &found),
            span: first.span.clone(),
        }
    }

    /// The instructions that make the image of a stage, in the order in which they are run: what a
    /// stage puts behind `ONBUILD` runs first in the stages that start from it, and in no other.
    pub fn history<'a>(&'a self, stage: &'a Stage) -> impl Iterator<Item = &'a Instruction> {
        let mut before: &[Instruction] = &[];
        self.lineage(stage).into_iter().rev().flat_map(move |stage| {
            let triggered = std::mem::replace(&mut before, &stage.instructions).iter();
            let own = stage.instructions.iter().filter(|one| !one.onbuild);
            triggered.filter(|one| one.onbuild).chain(own)
        })
    }

    /// The user that the image of a stage runs as, if the file says so.
    #[must_use]
    pub fn user<'a>(&'a self, stage: &'a Stage) -> Option<&'a Piece> {
        let last = self.history(stage).filter(|instruction| instruction.keyword == "USER").last();
        last.map(|instruction| &instruction.arguments)
    }

    /// The health check of the image of a stage, if the file has one.
    #[must_use]
    pub fn health_check<'a>(&'a self, stage: &'a Stage) -> Option<ImageCheck<'a>> {
        let all = self.history(stage).filter(|instruction| instruction.keyword == "HEALTHCHECK");
        all.last().map(|check| {
            let none = check.arguments.text.trim().eq_ignore_ascii_case("NONE");
            if none { ImageCheck::None(check) } else { ImageCheck::Command(check) }
        })
    }

    /// The ports that the image of a stage exposes, as written: `80`, `53/udp`, `8000-8010`.
    #[must_use]
    pub fn exposed<'a>(&'a self, stage: &'a Stage) -> Vec<Piece> {
        let all = self.history(stage).filter(|instruction| instruction.keyword == "EXPOSE");
        all.flat_map(Instruction::pieces).collect()
    }

    /// Every instruction of every stage, with the stage's number.
    pub fn instructions(&self) -> impl Iterator<Item = (usize, &Instruction)> {
        let numbered = self.stages.iter().enumerate();
        numbered.flat_map(|(number, stage)| stage.instructions.iter().map(move |one| (number, one)))
    }

    /// What `ENV` (or `ARG`, or `LABEL`) sets, in every stage and before the first.
    pub fn variables<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = &'a Variable> {
        let all = self.arguments.iter().chain(self.instructions().map(|(_, one)| one));
        all.filter(move |one| one.keyword == keyword).flat_map(|one| &one.variables)
    }
}

impl Instruction {
    /// The value of an option.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&Piece> {
        self.flags.iter().find(|flag| flag.name.text == name).and_then(|flag| flag.value.as_ref())
    }

    /// The arguments of the list form, `["…", "…"]`, of any instruction; none for another form.
    #[must_use]
    pub fn list(&self) -> Option<Vec<String>> {
        let mut text = self.arguments.text.trim();
        while text.starts_with("--") {
            text = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
        }
        serde_json::from_str(text).ok()
    }

    /// What an instruction runs: the list form joined by spaces, the shell form, here-documents.
    #[must_use]
    pub fn script(&self) -> String {
        let mut text = match &self.words {
            Some(words) => {
                words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
            }
            None => self.arguments.text.clone(),
        };
        for document in &self.documents {
            text.push('\n');
            text.push_str(document.text());
        }
        text
    }

    /// The arguments, cut at white space.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        let line = self.line.text();
        let start = line.len() - self.arguments.text.len();
        heredoc::shell_words(&self.arguments.text)
            .into_iter()
            .map(|word| Piece {
                text: self.arguments.text[word.clone()].to_owned(),
                span: self.line.span(word.start + start..word.end + start),
            })
            .collect()
    }
}
