//! Commands written as one text: `command: nginx -g "daemon off;"`.
//!
//! Compose specification, "command": split as a shell would, without running
//! one. The rules are those of the library compose-go uses, including what it
//! does to operators: outside quotes, `;`, `&`, `|`, `<` and `>` end the
//! command and everything after them is dropped without a word.

/// A command that cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// A quote, a backquote, `$(` or a last backslash waits for its other half.
    /// A `)` that closes nothing opens, and so counts here too.
    #[error("expected {0} before the end of the command")]
    Unfinished(&'static str),
    /// A parenthesis outside quotes that does not follow a dollar.
    #[error("expected no \"(\" outside quotes: quote it, or write a list of words")]
    Parenthesis,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "the marks may be open in any combination")]
struct Splitter {
    words: Vec<String>,
    word: String,
    /// Whether `word` is one, though it may be empty.
    begun: bool,
    escaped: bool,
    single: bool,
    double: bool,
    backquote: bool,
    substitution: bool,
}

/// The words of a command.
pub fn split(text: &str) -> Result<Vec<String>, WordsError> {
    let mut splitter = Splitter::default();
    for c in text.chars() {
        if !splitter.take(c)? {
            break;
        }
    }
    splitter.finish()
}

impl Splitter {
    /// Takes one character; says whether to go on.
    fn take(&mut self, c: char) -> Result<bool, WordsError> {
        if self.escaped {
            self.escaped = false;
            self.push(c);
            return Ok(true);
        }
        match c {
            '\\' if self.single => self.word.push(c),
            '\\' => self.escaped = true,
            ' ' | '\t' | '\r' | '\n' if self.quoted() => self.word.push(c),
            ' ' | '\t' | '\r' | '\n' => self.end_word(),
            '`' if !self.single && !self.double && !self.substitution => {
                self.backquote = !self.backquote;
                self.push(c);
            }
            ')' if !self.single && !self.double && !self.backquote => {
                self.substitution = !self.substitution;
                self.push(c);
            }
            '(' if !self.single && !self.double && !self.backquote => {
                if self.substitution || !self.word.ends_with('$') {
                    return Err(WordsError::Parenthesis);
                }
                self.substitution = true;
                self.word.push(c);
            }
            '"' if !self.single && !self.substitution => {
                self.begun |= self.double;
                self.double = !self.double;
            }
            '\'' if !self.double && !self.substitution => {
                self.begun |= self.single;
                self.single = !self.single;
            }
            ';' | '&' | '|' | '<' | '>' if !self.quoted() => {
                // `2>` is a redirection as a whole; so is any word that begins with a digit.
                if c == '>' && self.word.starts_with(|first: char| first.is_ascii_digit()) {
                    self.begun = false;
                }
                return Ok(false);
            }
            _ => self.push(c),
        }
        Ok(true)
    }

    fn quoted(&self) -> bool {
        self.single || self.double || self.backquote || self.substitution
    }

    fn push(&mut self, c: char) {
        self.begun = true;
        self.word.push(c);
    }

    fn end_word(&mut self) {
        if self.begun {
            self.words.push(std::mem::take(&mut self.word));
            self.begun = false;
        }
    }

    fn finish(mut self) -> Result<Vec<String>, WordsError> {
        let missing = [
            (self.escaped, "a character after \"\\\""),
            (self.single, "a closing \"'\""),
            (self.double, "a closing '\"'"),
            (self.backquote, "a closing \"`\""),
            (self.substitution, "an \"$(\" for each \")\" and the reverse"),
        ];
        if let Some((_, missing)) = missing.into_iter().find(|(open, _)| *open) {
            return Err(WordsError::Unfinished(missing));
        }
        self.end_word();
        Ok(self.words)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        split(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn quotes_and_backslashes_are_taken_off() {
        assert_eq!(words(r#"nginx -g "daemon off;""#), ["nginx", "-g", "daemon off;"]);
        assert_eq!(words(r"a\ b c\\d 'e\f'"), ["a b", r"c\d", r"e\f"]);
        assert_eq!(words(r#"a"b c"d'e "f'"#), [r#"ab cde "f"#]);
        assert_eq!(words(r#""" '' a"#), ["", "", "a"]);
        assert_eq!(words(" \t\r\n"), Vec::<String>::new());
    }

    #[test]
    fn an_operator_ends_the_command() {
        for operator in [";", "&", "&&", "|", "||", "<", ">", ">>"] {
            assert_eq!(words(&format!("a b{operator}c")), ["a", "b"], "{operator}");
        }
        assert_eq!(words("a 2>file"), ["a"]);
        assert_eq!(words("a 2x>file"), ["a"]);
        assert_eq!(words("a '2' 3>&1"), ["a", "2"]);
        assert_eq!(words("a x2>file"), ["a", "x2"]);
    }

    #[test]
    fn substitutions_stay_as_they_are() {
        assert_eq!(words("a $(b c) d"), ["a", "$(b c)", "d"]);
        assert_eq!(words("a `b c` d"), ["a", "`b c`", "d"]);
        assert_eq!(words("a $B ${C}"), ["a", "$B", "${C}"]);
        assert_eq!(words("a ) b ) c"), ["a", ") b )", "c"]);
    }

    #[test]
    fn what_is_open_at_the_end_is_refused() {
        for text in ["'a", "\"a", "a\\", "`a", "$(a", "a)"] {
            assert!(matches!(split(text), Err(WordsError::Unfinished(_))), "{text}");
        }
        for text in ["(a)", "$((a))", "a("] {
            assert_eq!(split(text), Err(WordsError::Parenthesis), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"([ab 2'"`$();&|<>\\\n]|.){0,24}"#) {
            let _ = split(&text);
        }
    }
}
