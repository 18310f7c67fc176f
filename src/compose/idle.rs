//! Health checks that pass whatever the service does.
//!
//! A check's command is read as the shell would run it (POSIX, "Shell Command Language"), as far as
//! its end is known without running it: what a program of the service would say is open, and so is
//! whatever is not understood here.

mod commands;
mod words;

pub use self::commands::{Command, Follows, commands};
use self::words::{Operator, Token, Word};

/// How a command may end: each way is open or not, whatever the others are.
#[expect(clippy::struct_excessive_bools, reason = "the ways are independent of each other")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ends {
    pass: bool,
    fail: bool,
    /// The whole script ends with it.
    exit_pass: bool,
    exit_fail: bool,
}

impl Ends {
    const PASS: Self = Self { pass: true, fail: false, exit_pass: false, exit_fail: false };
    const FAIL: Self = Self { pass: false, fail: true, exit_pass: false, exit_fail: false };
    const OPEN: Self = Self { pass: true, fail: true, exit_pass: false, exit_fail: false };

    fn cannot_fail(self) -> bool {
        !self.fail && !self.exit_fail
    }

    fn or(self, other: Self) -> Self {
        Self {
            pass: self.pass || other.pass,
            fail: self.fail || other.fail,
            exit_pass: self.exit_pass || other.exit_pass,
            exit_fail: self.exit_fail || other.exit_fail,
        }
    }

    /// Without the ways in which the next command is reached.
    fn without(self, pass: bool, fail: bool) -> Self {
        Self { pass: self.pass && !pass, fail: self.fail && !fail, ..self }
    }

    /// Seen from outside of a shell of its own.
    fn closed(self) -> Self {
        let (pass, fail) = (self.pass || self.exit_pass, self.fail || self.exit_fail);
        Self { pass, fail, exit_pass: false, exit_fail: false }
    }

    fn inverted(self) -> Self {
        Self { pass: self.fail, fail: self.pass, ..self }
    }
}

/// Why a health check passes whatever the service does; none when it may fail, or says that there
/// is no check.
///
/// `test` is the whole of `test:` in its long form: `CMD`, `CMD-SHELL` or `NONE`, then the words
/// (Compose specification, "healthcheck").
#[must_use]
pub fn why_idle(test: &[&str]) -> Option<&'static str> {
    let (kind, words) = test.split_first()?;
    let joined = words.join(" ");
    match *kind {
        "CMD" | "CMD-SHELL" if joined.trim().is_empty() => Some("it says nothing"),
        "CMD-SHELL" => why_script(&joined),
        "CMD" => {
            let words: Vec<Word> = words.iter().map(|word| Word::plain(word)).collect();
            why_words(&words)
        }
        _ => None,
    }
}

/// As [`why_idle`], of a script.
fn why_script(script: &str) -> Option<&'static str> {
    let script = Script::read(script)?;
    if !script.ends(false).cannot_fail() {
        return None;
    }
    match script.only_command() {
        Some([]) => Some("it says nothing"),
        Some(words) => why_words(words),
        None => Some("it ends with success in any case"),
    }
}

/// As [`why_idle`], of a command that is only one.
fn why_words(words: &[Word]) -> Option<&'static str> {
    if let Some(inner) = scripts_of(words) {
        return why_script(inner.script);
    }
    if !command(words, Ends::PASS).cannot_fail() {
        return None;
    }
    let words = unwrapped(words);
    Some(match words.first().map(|word| base(&word.text)) {
        Some("echo" | "printf") => "it prints and looks at nothing",
        Some("sleep") => "it waits and looks at nothing",
        None | Some("true" | ":" | "exit" | "test" | "[" | "[[") => "it does nothing",
        Some(_) => "it does not ask the service",
    })
}

/// A script, as lists of pipelines of commands.
struct Script {
    tokens: Vec<Token>,
}

impl Script {
    /// None for what is not understood: it may do anything.
    fn read(text: &str) -> Option<Self> {
        Some(Self { tokens: words::tokens(text)? })
    }

    /// The words of a script that is one command.
    fn only_command(&self) -> Option<&[Word]> {
        let mut tokens =
            self.tokens.iter().filter(|token| !matches!(token, Token::Operator(Operator::Then)));
        match (tokens.next(), tokens.next()) {
            (None, _) => Some(&[]),
            (Some(Token::Command(words)), None) => Some(words),
            _ => None,
        }
    }

    /// `stops` is the shell's option `-e`: whatever fails ends it.
    fn ends(&self, stops: bool) -> Ends {
        let mut rest = self.tokens.as_slice();
        let ends = list(&mut rest, stops);
        // A closing parenthesis too many.
        if rest.is_empty() { ends.closed() } else { Ends::OPEN }
    }
}

/// `and-or ; and-or …` up to the end or a closing parenthesis.
fn list(rest: &mut &[Token], stops: bool) -> Ends {
    let mut so_far = Ends::PASS;
    loop {
        while let [Token::Operator(Operator::Then | Operator::Beside), after @ ..] = *rest {
            *rest = after;
        }
        if rest.is_empty() || matches!(rest[0], Token::Operator(Operator::Close)) {
            return so_far;
        }
        let mut next = and_or(rest, so_far);
        if let [Token::Operator(Operator::Beside), ..] = *rest {
            // What goes on in the background tells nobody how it ended.
            next = Ends::PASS;
        }
        if stops && next.fail {
            next = Ends { fail: false, exit_fail: true, ..next };
        }
        so_far =
            if so_far.pass || so_far.fail { so_far.without(true, true).or(next) } else { so_far };
    }
}

/// `pipeline && pipeline || …`
fn and_or(rest: &mut &[Token], before: Ends) -> Ends {
    let mut so_far = pipeline(rest, before);
    loop {
        let and = match *rest {
            [Token::Operator(Operator::And), after @ ..] => {
                *rest = after;
                true
            }
            [Token::Operator(Operator::Or), after @ ..] => {
                *rest = after;
                false
            }
            _ => return so_far,
        };
        let next = pipeline(rest, so_far);
        if and && so_far.pass || !and && so_far.fail {
            so_far = so_far.without(and, !and).or(next);
        }
    }
}

/// `command | command …`: the last one tells.
fn pipeline(rest: &mut &[Token], before: Ends) -> Ends {
    let mut inverted = false;
    while let [Token::Not, after @ ..] = *rest {
        *rest = after;
        inverted = !inverted;
    }
    let mut ends = element(rest, before);
    while let [Token::Operator(Operator::Pipe), after @ ..] = *rest {
        *rest = after;
        ends = element(rest, before).closed();
    }
    if inverted { ends.inverted() } else { ends }
}

/// A command, or a list in parentheses or braces.
fn element(rest: &mut &[Token], before: Ends) -> Ends {
    match *rest {
        [Token::Command(words), after @ ..] => {
            *rest = after;
            command(words, before)
        }
        [Token::Operator(Operator::Open { own_shell }), after @ ..] => {
            *rest = after;
            let ends = list(rest, false);
            // What is not closed is an error of the shell's.
            let [Token::Operator(Operator::Close), after @ ..] = *rest else { return Ends::FAIL };
            *rest = after;
            if *own_shell { ends.closed() } else { ends }
        }
        // So is nothing where a command belongs.
        _ => Ends::FAIL,
    }
}

/// A command after another that ended in these ways.
fn command(words: &[Word], before: Ends) -> Ends {
    let assigned = words.iter().take_while(|word| word.is_assignment()).count();
    let (assignments, words) = words.split_at(assigned);
    if words.is_empty() {
        let runs = assignments.iter().any(|word| word.runs);
        return if runs { Ends::OPEN } else { Ends::PASS };
    }
    if let Some(inner) = scripts_of(words) {
        let script = Script::read(inner.script);
        return script.map_or(Ends::OPEN, |script| script.ends(inner.stops));
    }
    let words = unwrapped(words);
    let Some((name, arguments)) = words.split_first() else { return Ends::PASS };
    if name.open {
        return Ends::OPEN;
    }
    let none = arguments.is_empty();
    match base(&name.text) {
        "true" | ":" | "echo" | "printf" | "sleep" => Ends::PASS,
        "false" => Ends::FAIL,
        "exit" => exit(arguments.first(), before),
        "test" => tested(arguments),
        "[" | "[[" => match arguments.split_last() {
            Some((last, arguments)) if matches!(last.text.as_str(), "]" | "]]") => {
                tested(arguments)
            }
            _ => Ends::FAIL,
        },
        "hostname" | "date" | "whoami" | "pwd" | "uname" | "uptime" | "id" | "env" | "printenv"
        | "ls"
            if none =>
        {
            Ends::PASS
        }
        // Whatever they are given on their input, they pass it on.
        "cat" | "wc" | "sort" | "uniq" | "head" | "tail" if arguments.iter().all(is_option) => {
            Ends::PASS
        }
        _ => Ends::OPEN,
    }
}

fn is_option(word: &Word) -> bool {
    !word.open
        && (word.text.starts_with('-') || word.text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn exit(code: Option<&Word>, before: Ends) -> Ends {
    let as_before = Ends { exit_pass: before.pass, exit_fail: before.fail, ..Ends::default() };
    match code {
        None => as_before,
        Some(code) if code.text == "$?" => as_before,
        Some(code) if code.open => Ends { exit_pass: true, exit_fail: true, ..Ends::default() },
        // A code is a byte.
        Some(code) => match code.text.parse::<u64>() {
            Ok(code) if code % 256 == 0 => Ends { exit_pass: true, ..Ends::default() },
            _ => Ends { exit_fail: true, ..Ends::default() },
        },
    }
}

/// `test`, of what is known without a look (POSIX, "test").
fn tested(words: &[Word]) -> Ends {
    if words.iter().any(|word| word.open) {
        return Ends::OPEN;
    }
    let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let is = |true_: bool| if true_ { Ends::PASS } else { Ends::FAIL };
    match words[..] {
        [] => Ends::FAIL,
        ["!", ref rest @ ..] if !rest.is_empty() => {
            let words: Vec<Word> = rest.iter().map(|word| Word::plain(word)).collect();
            tested(&words).inverted()
        }
        [word] | ["-n", word] => is(!word.is_empty()),
        ["-z", word] => is(word.is_empty()),
        ["-e" | "-d" | "-r" | "-x", "/" | "/tmp" | "/dev/null" | "/bin/sh" | "/proc" | "/etc"] => {
            Ends::PASS
        }
        [left, "=" | "==", right] => is(left == right),
        [left, "!=", right] => is(left != right),
        [left, operator, right] => {
            let (Ok(left), Ok(right)) = (left.parse::<i64>(), right.parse::<i64>()) else {
                return Ends::OPEN;
            };
            match operator {
                "-eq" => is(left == right),
                "-ne" => is(left != right),
                "-lt" => is(left < right),
                "-le" => is(left <= right),
                "-gt" => is(left > right),
                "-ge" => is(left >= right),
                _ => Ends::OPEN,
            }
        }
        _ => Ends::OPEN,
    }
}

/// A script that a command hands to a shell.
struct Inner<'a> {
    script: &'a str,
    stops: bool,
}

/// `sh -c SCRIPT`
fn scripts_of(words: &[Word]) -> Option<Inner<'_>> {
    let (shell, rest) = unwrapped(words).split_first()?;
    if !matches!(base(&shell.text), "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") {
        return None;
    }
    let mut stops = false;
    for (at, flag) in rest.iter().enumerate() {
        let letters = flag.text.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        // `-o pipefail` and others take a word; what they change is not followed.
        if letters.contains('o') {
            return None;
        }
        stops |= letters.contains('e');
        if letters.contains('c') {
            let script = rest.get(at + 1).filter(|script| !script.open)?;
            return Some(Inner { script: &script.text, stops });
        }
    }
    None
}

/// The command that others only start.
fn unwrapped(mut words: &[Word]) -> &[Word] {
    loop {
        let Some((first, mut rest)) = words.split_first() else { return words };
        match base(&first.text) {
            "exec" | "command" | "busybox" | "nice" | "time" if !rest.is_empty() => {}
            "env" => {
                let given = |word: &&Word| word.is_assignment() || word.text == "-i";
                rest = &rest[rest.iter().take_while(given).count()..];
                if rest.is_empty() {
                    return words;
                }
            }
            // A duration, then the command.
            "timeout" if rest.len() > 1 && !rest[0].text.starts_with('-') => {
                if base(&rest[1].text) == "sleep" {
                    return words;
                }
                rest = &rest[1..];
            }
            _ => return words,
        }
        // Options of theirs are not followed.
        if rest[0].text.starts_with('-') {
            return words;
        }
        words = rest;
    }
}

/// The name of a program in the folders where programs are.
fn base(program: &str) -> &str {
    ["/bin/", "/usr/bin/", "/usr/local/bin/", "/sbin/", "/usr/sbin/"]
        .iter()
        .find_map(|folder| program.strip_prefix(folder))
        .unwrap_or(program)
}

#[cfg(test)]
mod tests;
