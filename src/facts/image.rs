//! What the image of a service says of itself, where its Dockerfile is at hand.
//!
//! Dockerfile reference, `USER`, `CMD`, `ENTRYPOINT`, `SHELL`, `HEALTHCHECK`; the rest is in
//! [`metadata`](self::metadata). What only the base from
//! outside could say is unknown, with its reason; nothing is guessed.

pub mod builders;
mod metadata;
pub mod told;

pub use self::metadata::{Copied, More};
use super::images;
use crate::{
    compose::{Build, Project, Service, builds::BuildFile, journal::Origin, values::duration},
    dockerfile::{Dockerfile, ImageCheck, Instruction, Piece, RunAs, Stage},
};

/// Something that the image decides, or why nobody knows it here.
pub type Known<T> = Result<T, String>;

/// A Dockerfile, and the stage of it that a service's image is.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    file: &'a BuildFile,
    dockerfile: &'a Dockerfile,
    stage: &'a Stage,
    build: &'a Build,
}

/// Entry point and command of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The words of the entry point; empty where there is none.
    pub entrypoint: Known<Vec<String>>,
    /// The words of the command; empty where there is none.
    pub command: Known<Vec<String>>,
}

/// A health check as an image has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// `CMD …`, `CMD-SHELL …`, or `NONE`.
    pub test: Vec<String>,
    /// Nanoseconds between two checks.
    pub interval: Option<i64>,
    /// Nanoseconds that one may take.
    pub timeout: Option<i64>,
    /// How many must fail.
    pub retries: Option<i64>,
    /// Why nobody knows what is left out here; nothing where it is the engine's own.
    pub rest: Option<String>,
}

/// The recipe of a service's image: its own build, or that of another service that builds an image
/// of this name.
///
/// # Errors
/// Why there is none to read.
pub fn recipe<'a>(project: &'a Project, name: &'a str, service: &Service) -> Known<Recipe<'a>> {
    Recipe::of_builder(project, builders::of(project, name, service)?)
}

impl<'a> Recipe<'a> {
    /// Of a Dockerfile, a stage of it, and what builds it.
    #[must_use]
    pub fn of(
        file: &'a BuildFile,
        dockerfile: &'a Dockerfile,
        stage: &'a Stage,
        build: &'a Build,
    ) -> Self {
        Self { file, dockerfile, stage, build }
    }

    fn argument(&self, name: &str) -> Option<String> {
        self.build.args.get(name)?.value.clone()
    }

    /// Why what no instruction says is unknown; nothing for an image that starts from nothing.
    fn of_base(&self) -> Option<String> {
        let base = self.base();
        (base != "scratch").then(|| format!("its base image {base} decides"))
    }

    /// The image from outside that it stands on, arguments put in.
    #[must_use]
    pub fn base(&self) -> String {
        self.dockerfile.base_image(self.stage, &|name| self.argument(name)).text
    }

    /// Where a part of the Dockerfile is written, be it in a file of its own or in the Compose file.
    #[must_use]
    pub fn origin(&self, project: &Project, piece: &Piece) -> Origin {
        self.file.origin(&project.journal, &piece.span)
    }

    /// Whom the image runs as, by its last `USER`.
    #[must_use]
    pub fn run_as(&self) -> RunAs {
        self.dockerfile.run_as(self.stage, &|name| self.argument(name))
    }

    /// Whom the image runs as; empty is root.
    ///
    /// # Errors
    /// The base from outside, or a variable without a value.
    pub fn user(&self) -> Known<String> {
        match self.run_as() {
            RunAs::Named(user) => Ok(user.text),
            RunAs::Variable => Err("its Dockerfile names a variable without a value".into()),
            RunAs::OfBase(_) => self.of_base().map_or_else(|| Ok(String::new()), Err),
        }
    }

    /// The last instruction of a kind, with the number of instructions before it.
    fn last(&self, keyword: &str) -> Option<(usize, &'a Instruction)> {
        let history = self.dockerfile.history(self.stage).enumerate();
        history.filter(|(_, instruction)| instruction.keyword == keyword).last()
    }

    /// The words of an instruction in the list form, or what the shell is given.
    fn words(&self, at: usize, instruction: &Instruction) -> Vec<String> {
        let texts = |one: &Instruction| -> Option<Vec<String>> {
            Some(one.words.as_ref()?.iter().map(|word| word.text.clone()).collect())
        };
        if let Some(words) = texts(instruction) {
            return words;
        }
        let before = self.dockerfile.history(self.stage).take(at);
        let shell = before.filter(|one| one.keyword == "SHELL").last().and_then(texts);
        let mut words = shell.unwrap_or_else(|| vec!["/bin/sh".into(), "-c".into()]);
        words.push(instruction.arguments.text.trim().to_owned());
        words
    }

    /// Entry point and command.
    #[must_use]
    pub fn command(&self) -> Command {
        let (entry, command) = (self.last("ENTRYPOINT"), self.last("CMD"));
        let of_base = || self.of_base().map_or_else(|| Ok(Vec::new()), Err);
        let words = |(at, one): (usize, &Instruction)| Ok(self.words(at, one));
        // An entry point makes the base's command void; of an own stage's before it, builders differ.
        let command = match (entry, command) {
            (Some((entry, _)), Some((command, _))) if command < entry => {
                Err("its Dockerfile sets ENTRYPOINT after CMD".into())
            }
            (_, Some(command)) => words(command),
            (Some(_), None) => Ok(Vec::new()),
            (None, None) => of_base(),
        };
        Command { entrypoint: entry.map_or_else(of_base, words), command }
    }

    /// The health check; nothing where there is none.
    ///
    /// # Errors
    /// The base from outside.
    pub fn health_check(&self) -> Known<Option<Check>> {
        let check = match self.dockerfile.health_check(self.stage) {
            None => return self.of_base().map_or(Ok(None), Err),
            Some(ImageCheck::None(_)) => return Ok(None),
            Some(ImageCheck::Command(check)) => check,
        };
        let test = match &check.words {
            Some(words) => {
                let words = words.iter().map(|word| word.text.clone());
                std::iter::once("CMD".to_owned()).chain(words).collect()
            }
            None => vec!["CMD-SHELL".to_owned(), shell_line(&check.arguments.text).to_owned()],
        };
        let flag = |name: &str| check.flag(name).map(|value| value.text.as_str());
        let time = |name: &str| flag(name).and_then(|text| duration::parse_go(text).ok());
        Ok(Some(Check {
            test,
            interval: time("interval"),
            timeout: time("timeout"),
            retries: flag("retries").and_then(|text| text.parse().ok()),
            rest: None,
        }))
    }
}

/// What stands behind options and `CMD`.
fn shell_line(arguments: &str) -> &str {
    let mut rest = arguments.trim();
    while rest.starts_with("--") {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    let (word, line) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if word.eq_ignore_ascii_case("CMD") { line.trim() } else { rest }
}

/// Words as one line that a shell would take apart in the same way.
#[must_use]
pub fn line<S: AsRef<str>>(words: &[S]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,~^".contains(c);
    let word = |word: &S| {
        let word = word.as_ref();
        if !word.is_empty() && word.chars().all(plain) {
            return word.to_owned();
        }
        format!("'{}'", word.replace('\'', "'\\''"))
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_so_that_a_shell_takes_them_apart_again() {
        assert_eq!(line(&["nginx", "-g", "daemon off;"]), "nginx -g 'daemon off;'");
        assert_eq!(line(&["sh", "-c", "it's", ""]), "sh -c 'it'\\''s' ''");
        assert_eq!(line::<&str>(&[]), "");
    }

    #[test]
    fn an_image_that_is_built_in_two_ways_is_known_to_nobody() {
        let of = |other: &str| {
            let text = format!(
                "services:\n  a: {{image: x, build: {{context: ., dockerfile_inline: \"FROM y\\nUSER one\"}}}}\n  \
                 b: {{image: x, build: {other}}}\n  c: {{image: x}}\n"
            );
            let project: Project =
                crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
            ["a", "b", "c"].map(|name| {
                recipe(&project, name, &project.services[name]).and_then(|recipe| recipe.user())
            })
        };
        let same = "{context: ., dockerfile_inline: \"FROM y\\nUSER one\"}";
        assert_eq!(of(same), [Ok("one".into()), Ok("one".into()), Ok("one".into())]);
        for user in of("{context: ., dockerfile_inline: \"FROM y\\nUSER two\"}") {
            let why = user.expect_err("one of two");
            assert!(why.contains("in two ways"), "{why}");
        }
    }

    #[test]
    fn an_empty_list_takes_the_words_away() {
        let of = |dockerfile: &str| {
            let text =
                format!("services:\n  a: {{build: {{dockerfile_inline: \"{dockerfile}\"}}}}\n");
            let project: Project =
                crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
            let command =
                recipe(&project, "a", &project.services["a"]).map(|recipe| recipe.command());
            let command = command.expect("a Dockerfile");
            [command.entrypoint.ok(), command.command.ok()]
        };
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(of("FROM x\\nENTRYPOINT []\\nCMD [ \\\\\\n ]"), [words(&[]), words(&[])]);
        assert_eq!(of("FROM x\\nCMD []"), [None, words(&[])]);
        assert_eq!(
            of("FROM x\\nentrypoint  []\\nCMD a"),
            [words(&[]), words(&["/bin/sh", "-c", "a"])]
        );
    }

    #[test]
    fn what_a_stage_leaves_to_its_build_runs_in_the_next_one() {
        let text = "services:\n  a: {build: {dockerfile_inline: \"FROM x AS a\\nONBUILD USER one\\nONBUILD RUN r\\nFROM a AS b\\nRUN s\\nFROM b\\nRUN t\"}}\n";
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        let recipe = recipe(&project, "a", &project.services["a"]).expect("a Dockerfile");
        assert_eq!(recipe.user(), Ok("one".into()));
        let run = recipe.dockerfile.history(recipe.stage).filter(|one| one.keyword == "RUN");
        assert_eq!(run.map(Instruction::script).collect::<Vec<_>>(), ["r", "s", "t"]);
    }

    #[test]
    fn options_of_a_health_check_are_not_its_command() {
        assert_eq!(
            shell_line("--interval=5s --retries=2 CMD curl -f http://a || exit 1"),
            "curl -f http://a || exit 1"
        );
        assert_eq!(shell_line("CMD pg_isready"), "pg_isready");
    }
}
