//! The commands of a health check, one by one, as the shell would run them.

use super::{
    Script, base, scripts_of, unwrapped,
    words::{Operator, Token, Word},
};

/// When a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// In any case: it is the first, or stands behind `;` or `&`.
    Nothing,
    /// Where what stands before it passed.
    Success,
    /// Where what stands before it failed.
    Failure,
    /// With what stands before it as its input.
    Pipe,
}

/// A command of a health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program, without the folder where programs are, and its arguments.
    pub words: Vec<String>,
    /// The names of the variables that are set for it alone: `NAME=value program`.
    pub assigned: Vec<String>,
    /// When it runs.
    pub follows: Follows,
}

impl Command {
    /// The program.
    #[must_use]
    pub fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// Its arguments.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// The commands of a health check, those of `sh -c` among them; none for what is not understood.
///
/// `test` is the whole of `test:` in its long form: `CMD` or `CMD-SHELL`, then the words.
#[must_use]
pub fn commands(test: &[&str]) -> Option<Vec<Command>> {
    let (kind, words) = test.split_first()?;
    let mut found = Vec::new();
    match *kind {
        "CMD-SHELL" => of_script(words.first()?, Follows::Nothing, &mut found)?,
        "CMD" => {
            let words: Vec<Word> = words.iter().map(|word| Word::plain(word)).collect();
            of_words(&words, Follows::Nothing, &mut found)?;
        }
        _ => return None,
    }
    Some(found)
}

fn of_script(script: &str, first: Follows, found: &mut Vec<Command>) -> Option<()> {
    let mut follows = first;
    for token in &Script::read(script)?.tokens {
        match token {
            Token::Command(words) => of_words(words, follows, found)?,
            Token::Operator(Operator::And) => follows = Follows::Success,
            Token::Operator(Operator::Or) => follows = Follows::Failure,
            Token::Operator(Operator::Pipe) => follows = Follows::Pipe,
            Token::Operator(Operator::Then | Operator::Beside) => follows = Follows::Nothing,
            Token::Operator(Operator::Open { .. } | Operator::Close) | Token::Not => {}
        }
    }
    Some(())
}

fn of_words(words: &[Word], follows: Follows, found: &mut Vec<Command>) -> Option<()> {
    let assigned = words.iter().take_while(|word| word.is_assignment()).count();
    let (assigned, words) = words.split_at(assigned);
    if let Some(inner) = scripts_of(words) {
        return of_script(inner.script, follows, found);
    }
    let words = unwrapped(words);
    let Some((program, arguments)) = words.split_first() else { return Some(()) };
    if program.open {
        return None;
    }
    let arguments = arguments.iter().map(|word| word.text.clone());
    let words = std::iter::once(base(&program.text).to_owned()).chain(arguments).collect();
    let names = assigned.iter().filter_map(|word| word.text.split_once('='));
    let assigned = names.map(|(name, _)| name.to_owned()).collect();
    found.push(Command { words, assigned, follows });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(test: &[&str]) -> Option<Vec<String>> {
        let told = |command: &Command| format!("{:?} {}", command.follows, command.words.join(" "));
        Some(commands(test)?.iter().map(told).collect())
    }

    #[test]
    fn a_command_has_variables_of_its_own() {
        let found = commands(&["CMD-SHELL", "A=b C=d mysqladmin ping"]).expect("a script");
        let [command] = &found[..] else { panic!("{found:?}") };
        assert_eq!(command.assigned, ["A", "C"]);
        assert_eq!(command.words, ["mysqladmin", "ping"]);
    }

    #[test]
    fn a_check_is_its_commands() {
        let some =
            |lines: &[&str]| Some(lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
        for (test, wanted) in [
            (vec!["CMD", "curl", "-f", "x"], some(&["Nothing curl -f x"])),
            (vec!["CMD", "/usr/bin/curl"], some(&["Nothing curl"])),
            (
                vec!["CMD-SHELL", "curl -f 'a b' || exit 1"],
                some(&["Nothing curl -f a b", "Failure exit 1"]),
            ),
            (
                vec!["CMD", "sh", "-c", "A=b timeout 5 wget x | grep y && z"],
                some(&["Nothing wget x", "Pipe grep y", "Success z"]),
            ),
            (vec!["CMD-SHELL", "(a; b) > /dev/null"], some(&["Nothing a", "Nothing b"])),
            (vec!["CMD-SHELL", "if a; then b; fi"], None),
            (vec!["CMD-SHELL", "$CHECK"], None),
            (vec!["NONE"], None),
        ] {
            assert_eq!(told(&test), wanted, "{test:?}");
        }
    }
}
