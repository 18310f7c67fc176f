//! A shell script in words and operators (POSIX, "Token Recognition").

/// A word, quotes taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether what it is becomes known only when it is run: a variable, a pattern.
    pub(super) open: bool,
    /// Whether a command runs in it.
    pub(super) runs: bool,
}

impl Word {
    /// A word that no shell looks at.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), open: false, runs: false }
    }

    /// `NAME=value`
    pub(super) fn is_assignment(&self) -> bool {
        let Some((name, _)) = self.text.split_once('=') else { return false };
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        name.bytes().next().is_some_and(|first| !first.is_ascii_digit()) && name.bytes().all(letter)
    }
}

/// What stands between commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `;` or a new line
    Then,
    /// `&`
    Beside,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `(`, which is a shell of its own, or `{`
    Open {
        /// Whether it is `(`.
        own_shell: bool,
    },
    /// `)` or `}`
    Close,
}

/// A part of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// The words of a command, without redirections.
    Command(Vec<Word>),
    Operator(Operator),
    /// `!` before a pipeline
    Not,
}

/// Words that begin what is more than a list of commands.
const COMPOUND: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "function", "select", "set", "trap", "eval", ".", "source", "alias", "return",
];

/// The tokens of a script; none for what is not understood.
pub(super) fn tokens(script: &str) -> Option<Vec<Token>> {
    let mut reader = Reader { letters: script.chars().collect(), at: 0 };
    let mut tokens = Vec::new();
    let mut words: Vec<Word> = Vec::new();
    loop {
        reader.blanks();
        let Some(letter) = reader.peek() else { break };
        if let Some(operator) = reader.operator() {
            finish(&mut words, &mut tokens);
            tokens.push(Token::Operator(operator));
            continue;
        }
        if reader.redirection()? {
            continue;
        }
        let quoted = matches!(letter, '\'' | '"' | '\\');
        let word = reader.word()?;
        match word.text.as_str() {
            "!" if words.is_empty() => tokens.push(Token::Not),
            "{" if words.is_empty() => {
                tokens.push(Token::Operator(Operator::Open { own_shell: false }));
            }
            "}" if words.is_empty() => tokens.push(Token::Operator(Operator::Close)),
            text if words.is_empty() && !quoted && COMPOUND.contains(&text) => return None,
            _ => words.push(word),
        }
    }
    finish(&mut words, &mut tokens);
    Some(tokens)
}

fn finish(words: &mut Vec<Word>, tokens: &mut Vec<Token>) {
    if !words.is_empty() {
        tokens.push(Token::Command(std::mem::take(words)));
    }
}

struct Reader {
    letters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    fn begins(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(at, letter)| self.letters.get(self.at + at) == Some(&letter))
    }

    fn blanks(&mut self) {
        while let Some(letter) = self.peek() {
            if letter == '#' {
                while self.peek().is_some_and(|letter| letter != '\n') {
                    self.at += 1;
                }
            } else if self.begins("\\\n") {
                self.at += 2;
            } else if matches!(letter, ' ' | '\t' | '\r') {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn operator(&mut self) -> Option<Operator> {
        let (length, operator) = match self.peek()? {
            '\n' | ';' => (1, Operator::Then),
            '&' if self.begins("&&") => (2, Operator::And),
            // `&>` is a redirection of bash's.
            '&' if self.begins("&>") => return None,
            '&' => (1, Operator::Beside),
            '|' if self.begins("||") => (2, Operator::Or),
            '|' if self.begins("|&") => (2, Operator::Pipe),
            '|' => (1, Operator::Pipe),
            '(' => (1, Operator::Open { own_shell: true }),
            ')' => (1, Operator::Close),
            _ => return None,
        };
        self.at += length;
        Some(operator)
    }

    /// Reads a redirection that changes no exit code: to `/dev/null`, another descriptor, `/dev/stdout`
    /// or `/proc/1/fd/1`. None for any other, which may fail.
    fn redirection(&mut self) -> Option<bool> {
        let start = self.at;
        while self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            self.at += 1;
        }
        if self.begins("&>") {
            self.at += 1;
        }
        if self.peek() != Some('>') {
            let reads = self.peek() == Some('<');
            self.at = start;
            return if reads { None } else { Some(false) };
        }
        self.at += 1;
        if matches!(self.peek(), Some('>' | '|')) {
            self.at += 1;
        }
        let to_descriptor = self.peek() == Some('&');
        if to_descriptor {
            self.at += 1;
        }
        self.blanks();
        let target = self.word()?;
        let harmless = ["/dev/null", "/dev/stdout", "/dev/stderr", "/proc/1/fd/1", "/proc/1/fd/2"];
        (to_descriptor || harmless.contains(&target.text.as_str())).then_some(true)
    }

    fn word(&mut self) -> Option<Word> {
        let mut word = Word { text: String::new(), open: false, runs: false };
        let start = self.at;
        while let Some(letter) = self.peek() {
            match letter {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                '\'' => {
                    self.at += 1;
                    loop {
                        match self.next()? {
                            '\'' => break,
                            letter => word.text.push(letter),
                        }
                    }
                }
                '"' => {
                    self.at += 1;
                    loop {
                        match self.peek()? {
                            '"' => break,
                            '\\' => {
                                self.at += 1;
                                word.text.push(self.next()?);
                            }
                            '$' | '`' => self.expansion(&mut word)?,
                            letter => {
                                self.at += 1;
                                word.text.push(letter);
                            }
                        }
                    }
                    self.at += 1;
                }
                '\\' => {
                    self.at += 1;
                    word.text.push(self.next()?);
                }
                '$' | '`' => self.expansion(&mut word)?,
                letter => {
                    word.open |= matches!(letter, '*' | '?');
                    self.at += 1;
                    word.text.push(letter);
                }
            }
        }
        // Something stands here that is no word.
        (self.at > start).then_some(word)
    }

    /// `$NAME`, `${…}`, `$(…)`, `` `…` ``: taken as written.
    fn expansion(&mut self, word: &mut Word) -> Option<()> {
        word.open = true;
        let start = self.at;
        if self.next()? == '`' {
            word.runs = true;
            while self.next()? != '`' {}
        } else if let Some(open @ ('(' | '{')) = self.peek() {
            word.runs |= open == '(' && !self.begins("((");
            let close = if open == '(' { ')' } else { '}' };
            let mut depth = 0;
            loop {
                let letter = self.next()?;
                depth += i32::from(letter == open) - i32::from(letter == close);
                if depth == 0 {
                    break;
                }
            }
        }
        word.text.extend(&self.letters[start..self.at]);
        Some(())
    }
}
