//! Variables in one string: `$NAME`, `${NAME}`, `${NAME:-default}` and their kin.
//!
//! Implements the Compose specification, section Interpolation, as compose-go
//! reads it, odd corners included: a `${NAME…}` with an operator ends at the
//! brace that balances it, or, when none does, at the last brace of its line.
//! Used on every scalar of a Compose file and on every value of a dotenv file.

use std::{fmt, mem};

use thiserror::Error;

use crate::source::Span;

/// Where values come from: a variable's value, or `None` when it is not set.
pub type Lookup<'a> = dyn FnMut(&str) -> Option<String> + 'a;

/// Text after substitution, and what was substituted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substituted {
    /// The text with every variable replaced.
    pub text: String,
    /// Every variable that was looked up, in order: what a default or a message
    /// asks for comes before the variable that carries it.
    pub uses: Vec<Use>,
}

/// One variable that a template asked for.
///
/// Compose evaluates the text behind an operator whether or not it is needed, so a
/// variable in a default that does not apply is a use as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The variable.
    pub name: String,
    /// Bytes of the `${…}` or `$NAME` in the template.
    pub span: Span,
    /// What it became.
    pub outcome: Outcome,
}

impl Use {
    /// Compose's warning about a variable that is neither set nor guarded by an operator.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        (self.outcome == Outcome::Unset).then(|| {
            format!("The \"{}\" variable is not set. Defaulting to a blank string.", self.name)
        })
    }
}

/// What a variable became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its value.
    Found,
    /// The default behind `-` or `:-`.
    Default,
    /// The alternative behind `+` or `:+`.
    Alternative,
    /// Nothing: it has an alternative, which applies only when the variable has a value.
    NoAlternative,
    /// Nothing: it is not set and has no operator. The one outcome that Compose warns about.
    Unset,
}

/// Why a template could not be substituted, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind}")]
pub struct TemplateError {
    /// Bytes of the template: the `${` of an invalid one, the whole `${…}` of a required one.
    pub span: Span,
    /// What is wrong.
    pub kind: TemplateErrorKind,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateErrorKind {
    /// A `${` that starts no variable.
    #[error("invalid template {template:?}: {fault}")]
    Invalid {
        /// The text that Compose quotes: the template, or the part of it that was at hand.
        template: String,
        /// What is wrong after the `${`.
        fault: Malformed,
    },
    /// A variable with `?` or `:?` that has no value.
    #[error("required variable {name} is missing a value{}", Reason(.message))]
    Required {
        /// The variable.
        name: String,
        /// What the template says about it, its own variables replaced; may be empty.
        message: String,
    },
}

/// What is wrong after a `${`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// No name starts there.
    NoName,
    /// A character behind the name that is neither `}` nor an operator.
    Unexpected(char),
    /// No `}` on the line.
    Unclosed,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => f.write_str("no variable name after \"${\""),
            Self::Unexpected(found) => write!(f, "unexpected {found:?} after the variable name"),
            Self::Unclosed => f.write_str("no \"}\" on the line closes the \"${\""),
        }
    }
}

struct Reason<'a>(&'a str);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ": {}", self.0) }
    }
}

impl TemplateErrorKind {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Invalid { fault: Malformed::NoName, .. } => {
                "a name starts with a letter or \"_\"; write \"$$\" for a dollar sign".into()
            }
            Self::Invalid { fault: Malformed::Unexpected(_), .. } => {
                "a name is letters, digits and \"_\", followed by \"}\" or by one of \
                 :- - :+ + :? ?; write \"$$\" for a dollar sign"
                    .into()
            }
            Self::Invalid { fault: Malformed::Unclosed, .. } => {
                "close it with \"}\" on the same line, or write \"$$\" for a dollar sign".into()
            }
            Self::Required { name, .. } => {
                format!("set {name} in the environment or in an env file")
            }
        }
    }
}

impl TemplateError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        self.kind.help()
    }
}

/// Replaces the variables of a template; `None` when it has none and stays as it is.
///
/// # Errors
/// The first [`TemplateError`], in reading order; the text behind an operator is
/// checked even when it does not apply.
pub fn substitute(
    template: &str,
    lookup: &mut Lookup<'_>,
) -> Result<Option<Substituted>, TemplateError> {
    if next_token(template, 0).is_none() {
        return Ok(None);
    }
    let mut uses = Vec::new();
    // Nesting is as deep as the text wants, so the levels are kept here, not on the call stack.
    let mut waiting: Vec<(Level, Guarded)> = Vec::new();
    let mut level = Level::new(0..template.len());
    loop {
        let Some(token) = next_token(&template[..level.whole.end], level.at) else {
            level.text.push_str(&template[level.at..level.whole.end]);
            let Some((outer, guarded)) = waiting.pop() else {
                return Ok(Some(Substituted { text: level.text, uses }));
            };
            let argument = mem::replace(&mut level, outer).text;
            level.at = guarded.span.end;
            level.rest = guarded.rest.clone();
            let name = &template[guarded.name.clone()];
            let (outcome, text) = guarded.resolve(lookup(name), argument).map_err(|message| {
                let kind = TemplateErrorKind::Required { name: name.to_owned(), message };
                TemplateError { span: guarded.span.clone(), kind }
            })?;
            level.text.push_str(&text);
            uses.push(Use { name: name.to_owned(), span: guarded.span, outcome });
            continue;
        };
        level.text.push_str(&template[level.at..token.start()]);
        match token {
            Token::Escaped(span) => {
                level.text.push('$');
                level.at = span.end;
            }
            Token::Plain { span, name } => {
                let name = &template[name];
                let value = lookup(name);
                level.at = span.end;
                let outcome = if value.is_some() { Outcome::Found } else { Outcome::Unset };
                level.text.push_str(value.as_deref().unwrap_or_default());
                uses.push(Use { name: name.to_owned(), span, outcome });
            }
            Token::Guarded(guarded) => {
                let inner = Level::new(guarded.argument.clone());
                waiting.push((mem::replace(&mut level, inner), guarded));
            }
            Token::Invalid { span, fault } => {
                let template = template[level.at_hand(span.start)].to_owned();
                let kind = TemplateErrorKind::Invalid { template, fault };
                return Err(TemplateError { span, kind });
            }
        }
    }
}

/// One template within the template: the whole, or the text behind an operator.
struct Level {
    whole: Span,
    at: usize,
    /// What follows the last `${…}` up to the last brace of its line.
    rest: Span,
    text: String,
}

impl Level {
    fn new(whole: Span) -> Self {
        Self { at: whole.start, rest: whole.start..whole.start, whole, text: String::new() }
    }

    /// The text that Compose quotes in an error at this place: it reads what follows
    /// a `${…}` up to the last brace of the line as a template of its own.
    fn at_hand(&self, at: usize) -> Span {
        if at < self.rest.end { self.rest.clone() } else { self.whole.clone() }
    }
}

/// A variable as a template declares it, for a list of what can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variable {
    /// The name; empty for a `${` that starts no variable.
    pub name: String,
    /// The text behind `-` or `:-`, as written; empty when there is none.
    pub default: String,
    /// The text behind `+` or `:+`, as written; empty when there is none.
    pub alternative: String,
    /// `?` or `:?`.
    pub required: bool,
}

/// The variables of a template, as `docker compose config --variables` collects them
/// from a model that is not interpolated: when a name comes twice, the later one counts.
///
/// Compose knows only ASCII names here, takes what follows a `${…}` up to the last
/// brace of its line before the variable itself, and does not look into messages.
#[must_use]
pub fn variables(template: &str) -> Vec<Variable> {
    enum Task {
        Scan(Span),
        Tell(Variable),
    }
    let mut variables = Vec::new();
    let mut tasks = vec![Task::Scan(0..template.len())];
    while let Some(task) = tasks.pop() {
        let range = match task {
            Task::Scan(range) => range,
            Task::Tell(variable) => {
                variables.push(variable);
                continue;
            }
        };
        let Some(token) = next_token(&template[..range.end], range.start) else { continue };
        match token {
            Token::Escaped(span) => tasks.push(Task::Scan(span.end..range.end)),
            Token::Invalid { span, .. } => {
                tasks.push(Task::Scan(span.end..range.end));
                variables.push(Variable::default());
            }
            Token::Plain { span, name } => {
                tasks.push(Task::Scan(span.end..range.end));
                let name = ascii_name(&template[name.clone()], &template[name]).to_owned();
                variables.push(Variable { name, ..Variable::default() });
            }
            Token::Guarded(Guarded { name, operator, argument, rest, .. }) => {
                tasks.push(Task::Scan(rest.end..range.end));
                let braced = &template[name.start..argument.end];
                let known = ascii_name(&template[name.clone()], braced);
                let mut variable = Variable { name: known.to_owned(), ..Variable::default() };
                if known.len() == name.len() {
                    let text = template[argument.clone()].to_owned();
                    match operator {
                        Operator::Default => variable.default = text,
                        Operator::Alternative => variable.alternative = text,
                        Operator::Required => variable.required = true,
                    }
                    if !variable.required {
                        tasks.push(Task::Scan(argument));
                    }
                }
                tasks.push(Task::Tell(variable));
                tasks.push(Task::Scan(rest));
            }
        }
    }
    variables
}

/// The ASCII start of a name; all that the braces hold when there is none.
fn ascii_name<'t>(name: &'t str, braced: &'t str) -> &'t str {
    match name.find(|c: char| !c.is_ascii()) {
        Some(0) => braced,
        Some(end) => &name[..end],
        None => name,
    }
}

/// What a `$` can start.
enum Token {
    Escaped(Span),
    Plain { span: Span, name: Span },
    Guarded(Guarded),
    Invalid { span: Span, fault: Malformed },
}

/// A `${NAME` with an operator.
struct Guarded {
    span: Span,
    name: Span,
    operator: Operator,
    /// With a colon an empty value counts as none.
    colon: bool,
    argument: Span,
    /// From behind the `}` to behind the last brace of the line.
    rest: Span,
}

#[derive(Clone, Copy)]
enum Operator {
    Default,
    Alternative,
    Required,
}

impl Token {
    fn start(&self) -> usize {
        match self {
            Self::Escaped(span) | Self::Plain { span, .. } | Self::Invalid { span, .. } => {
                span.start
            }
            Self::Guarded(guarded) => guarded.span.start,
        }
    }
}

impl Guarded {
    /// The outcome and the text, or the message of a required variable without a value.
    fn resolve(
        &self,
        value: Option<String>,
        argument: String,
    ) -> Result<(Outcome, String), String> {
        let value = value.filter(|value| !self.colon || !value.is_empty());
        match (self.operator, value) {
            (Operator::Alternative, Some(_)) => Ok((Outcome::Alternative, argument)),
            (Operator::Alternative, None) => Ok((Outcome::NoAlternative, String::new())),
            (_, Some(value)) => Ok((Outcome::Found, value)),
            (Operator::Default, None) => Ok((Outcome::Default, argument)),
            (Operator::Required, None) => Err(argument),
        }
    }
}

/// The first token at or after a byte. A `$` that starts nothing is text.
fn next_token(text: &str, from: usize) -> Option<Token> {
    let mut at = from;
    loop {
        let start = at + text[at..].find('$')?;
        let after = start + 1;
        match text.as_bytes().get(after) {
            Some(b'$') => return Some(Token::Escaped(start..after + 1)),
            Some(b'{') => return Some(braced(text, start)),
            _ => {
                let end = name_end(text, after);
                if end > after {
                    return Some(Token::Plain { span: start..end, name: after..end });
                }
                at = after;
            }
        }
    }
}

/// The token of the `${` at a byte.
fn braced(text: &str, start: usize) -> Token {
    let name = start + 2..name_end(text, start + 2);
    let invalid = |fault| Token::Invalid { span: start..start + 2, fault };
    if name.is_empty() {
        return invalid(Malformed::NoName);
    }
    let behind = &text[name.end..];
    if behind.starts_with('}') {
        return Token::Plain { span: start..name.end + 1, name };
    }
    let colon = behind.starts_with(':');
    let operator = match behind.as_bytes().get(usize::from(colon)) {
        Some(b'-') => Operator::Default,
        Some(b'+') => Operator::Alternative,
        Some(b'?') => Operator::Required,
        _ => {
            return invalid(
                behind.chars().next().map_or(Malformed::Unclosed, Malformed::Unexpected),
            );
        }
    };
    let argument = name.end + usize::from(colon) + 1;
    let line = text[argument..].split('\n').next().unwrap_or_default();
    let Some(last) = line.rfind('}').map(|at| argument + at) else {
        return invalid(Malformed::Unclosed);
    };
    let close = balancing_brace(&text.as_bytes()[start..=last]).map_or(last, |at| start + at);
    Token::Guarded(Guarded {
        span: start..close + 1,
        name,
        operator,
        colon,
        argument: argument..close,
        rest: close + 1..last + 1,
    })
}

/// Where the brace that balances the first one is.
fn balancing_brace(text: &[u8]) -> Option<usize> {
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' => {
                open += 1;
                // As compose-go does: the byte behind a brace is not looked at, even another brace.
                at += 1;
            }
            b'}' if open <= 1 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the name that starts at a byte ends; the byte itself when none does.
///
/// `ſ` and the Kelvin sign are an `s` and a `k` to a case-insensitive pattern, so
/// compose-go takes them for letters.
fn name_end(text: &str, from: usize) -> usize {
    let is_name = |at: usize, c: char| match c {
        'a'..='z' | 'A'..='Z' | '_' | 'ſ' | '\u{212a}' => true,
        '0'..='9' => at > 0,
        _ => false,
    };
    text[from..]
        .char_indices()
        .find(|&(at, c)| !is_name(at, c))
        .map_or(text.len(), |(at, _)| from + at)
}

#[cfg(test)]
mod tests;
