//! Whom an image runs as, with `ARG` and `ENV` put in.
//!
//! What cannot be known from the text (a base of somebody else, a variable without a value)
//! is said to be unknown, never guessed.

use super::{Dockerfile, Instruction, Piece, Stage, Variable, substitute::substitute};

/// Whom an image runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunAs {
    /// The user that the last `USER` names, variables put in.
    Named(Piece),
    /// A variable names the user, and its value is not known here.
    Variable,
    /// No `USER`: the base from outside decides, and it is not known here.
    OfBase(Piece),
}

/// A name with its value; none if it is not known.
pub(super) type Variables = Vec<(String, Option<String>)>;

/// The value of a variable: the last one that was set.
pub(super) fn value(known: &Variables, name: &str) -> Option<String> {
    let found = known.iter().rev().find(|(known, _)| known == name);
    found.and_then(|(_, value)| value.clone())
}

impl Dockerfile {
    /// Whom the image of a stage runs as; build arguments come before the defaults of `ARG`.
    #[must_use]
    pub fn run_as(&self, stage: &Stage, build_argument: &dyn Fn(&str) -> Option<String>) -> RunAs {
        let mut user: Option<Option<Piece>> = None;
        self.follow(stage, build_argument, |instruction, known| {
            if instruction.keyword == "USER" {
                let written = &instruction.arguments;
                let named = self.put_in(unquoted(written.text.trim()), known);
                let named = named.filter(|name| !name.is_empty());
                user = Some(named.map(|text| Piece { text, span: written.span.clone() }));
            }
        });
        match user {
            Some(Some(user)) => RunAs::Named(user),
            Some(None) => RunAs::Variable,
            None => RunAs::OfBase(self.base_image(stage, build_argument)),
        }
    }

    /// The variables that the image of a stage sets by `ENV`, the last of each name, with their
    /// values; none where a variable without a value is in one.
    pub fn environment<'a>(
        &'a self,
        stage: &'a Stage,
        build_argument: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<(&'a Variable, Option<String>)> {
        let mut set: Vec<(&Variable, Option<String>)> = Vec::new();
        self.follow(stage, build_argument, |instruction, known| {
            if instruction.keyword == "ENV" {
                for variable in &instruction.variables {
                    let value = value(known, &variable.name.text);
                    match set.iter_mut().find(|(of, _)| of.name.text == variable.name.text) {
                        Some(known) => *known = (variable, value),
                        None => set.push((variable, value)),
                    }
                }
            }
        });
        set
    }

    /// A text with the variables put in that hold at the end of a stage; none if one has no value.
    #[must_use]
    pub fn filled(
        &self,
        stage: &Stage,
        build_argument: &dyn Fn(&str) -> Option<String>,
        text: &str,
    ) -> Option<String> {
        if !text.contains(['$', self.escape]) {
            return Some(text.to_owned());
        }
        let known = self.follow(stage, build_argument, |_, _| ());
        self.put_in(text, &known)
    }

    /// Goes through the instructions that make the image of a stage, with the variables that hold
    /// after each. What an earlier stage sets, the stages that start from it have too.
    fn follow<'a>(
        &'a self,
        stage: &'a Stage,
        build_argument: &dyn Fn(&str) -> Option<String>,
        mut see: impl FnMut(&'a Instruction, &Variables),
    ) -> Variables {
        let before = self.before_stages(build_argument);
        let mut known = Variables::new();
        for instruction in self.history(stage) {
            match instruction.keyword {
                "ARG" => self.declare(instruction, build_argument, Some(&before), &mut known),
                "ENV" => {
                    for variable in &instruction.variables {
                        let text = variable.value.as_ref().map_or("", |value| &value.text);
                        known.push((variable.name.text.clone(), self.put_in(text, &known)));
                    }
                }
                _ => {}
            }
            see(instruction, &known);
        }
        known
    }

    /// The variables that `FROM` may use.
    pub(super) fn before_stages(
        &self,
        build_argument: &dyn Fn(&str) -> Option<String>,
    ) -> Variables {
        let mut known = Variables::new();
        for instruction in &self.arguments {
            self.declare(instruction, build_argument, None, &mut known);
        }
        known
    }

    /// `ARG NAME` and `ARG NAME=DEFAULT`; in a stage, a name without a default has the value from before the stages.
    fn declare(
        &self,
        instruction: &Instruction,
        build_argument: &dyn Fn(&str) -> Option<String>,
        before: Option<&Variables>,
        known: &mut Variables,
    ) {
        for variable in &instruction.variables {
            let name = &variable.name.text;
            let default = || match &variable.value {
                Some(default) => self.put_in(&default.text, known),
                None => before.and_then(|before| value(before, name)),
            };
            let given = build_argument(name).or_else(default);
            known.push((name.clone(), given));
        }
    }

    /// A text with variables put in; none if one is not known.
    fn put_in(&self, text: &str, known: &Variables) -> Option<String> {
        let text = substitute(text, self.escape, &|name| value(known, name));
        (!text.contains('$')).then_some(text)
    }
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn with(text: &str, target: Option<&str>, given: &[(&str, &str)]) -> Option<RunAs> {
        let file = Dockerfile::parse(&Source::new("Dockerfile", text)).expect("a Dockerfile");
        let argument = |name: &str| {
            let found = given.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        file.target(target).map(|stage| file.run_as(stage, &argument))
    }

    /// The user, `$` for a variable without a value, `(base)` for what the base says.
    fn of(text: &str) -> String {
        match with(text, None, &[]) {
            Some(RunAs::Named(user)) => user.text,
            Some(RunAs::Variable) => "$".into(),
            Some(RunAs::OfBase(base)) => format!("({})", base.text),
            None => String::new(),
        }
    }

    #[test]
    fn the_last_user_of_the_last_stage_counts() {
        assert_eq!(of("FROM a AS build\nUSER x\nFROM b\nUSER y\nuser  z \n"), "z");
        assert_eq!(of("FROM a AS build\nUSER x\nFROM b\n"), "(b)");
        assert_eq!(of("ARG V=3\nFROM b:$V\nRUN x\n"), "(b:3)");
        assert_eq!(of("FROM a\nONBUILD USER x\n"), "(a)");
    }

    #[test]
    fn a_stage_has_the_user_of_the_stage_that_it_is_made_from() {
        let text = "FROM a AS base\nUSER 1000:1000\nFROM --platform=linux/amd64 Base\nRUN x\n";
        assert_eq!(of(text), "1000:1000");
        assert_eq!(of("FROM a AS one\nENV U=x\nARG V=y\nFROM one\nUSER $U$V\n"), "xy");
    }

    #[test]
    fn the_target_chooses_the_stage_by_name_or_number() {
        let text = "FROM a AS one\nUSER x\nFROM b AS two\nUSER root\n";
        let named = |target| match with(text, Some(target), &[]) {
            Some(RunAs::Named(user)) => Some(user.text),
            _ => None,
        };
        assert_eq!(named("ONE").as_deref(), Some("x"));
        assert_eq!(named("0").as_deref(), Some("x"));
        assert_eq!(named("two").as_deref(), Some("root"));
        assert_eq!(named("three"), None);
    }

    #[test]
    fn variables_are_put_in_and_an_unknown_one_is_not_guessed() {
        assert_eq!(of("ARG UID=7\nFROM a\nARG UID\nUSER ${UID}:1\n"), "7:1");
        assert_eq!(of("ARG UID=7\nFROM a\nUSER ${UID}:1\n"), "$");
        assert_eq!(of("FROM a\nENV WHO=app NAME=\"b\"\nUSER $WHO\n"), "app");
        assert_eq!(of("FROM a\nUSER \"app\"\n"), "app");
        assert_eq!(of("FROM a\nUSER ${WHO:-root}\n"), "root");
        assert_eq!(of("FROM a\nARG WHO\nUSER $WHO\n"), "$");
        let text = "FROM a\nARG WHO=root\nUSER $WHO\n";
        let Some(RunAs::Named(user)) = with(text, None, &[("WHO", "app")]) else {
            panic!("a user")
        };
        assert_eq!(user.text, "app");
    }

    #[test]
    fn broken_lines_comments_and_texts_are_not_instructions() {
        assert_eq!(of("FROM a\nRUN x \\\n  # USER one\n  USER two\nUSER app\n"), "app");
        let text = "FROM a\nUSER app\nRUN <<EOF\nUSER root\nEOF\nCOPY <<-'A' <<B /x\nUSER root\n\tA\nUSER root\nB\n";
        assert_eq!(of(text), "app");
        assert_eq!(of("# escape=`\nFROM a\nRUN x `\n USER root\nUSER app\n"), "app");
    }
}
