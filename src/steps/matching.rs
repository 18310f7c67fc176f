//! Whether a sentence is a step, found by reading it once from left to right.
//!
//! The parameters of the vocabulary end where their own text ends, so that nothing has to be
//! tried twice. Regular expressions say the same, and a test holds the two together; compiling
//! them costs more than all the rest of a pass by the files.

use super::{Step, arguments::KINDS};

/// A piece of an expression.
enum Piece<'e> {
    Literal(&'e str),
    Optional(&'e str),
    Parameter(&'e str),
}

/// The words of a sentence that fill an expression.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words<'s> {
    /// Those of the parameters, in order.
    pub parameters: Vec<&'s str>,
    /// The time at the end.
    pub within: Option<&'s str>,
    /// Whether it ends in `, except:`.
    pub excepts: bool,
}

fn pieces(expression: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = expression;
    while let Some(at) = rest.find(['{', '(']) {
        if at > 0 {
            pieces.push(Piece::Literal(&rest[..at]));
        }
        let close = if rest[at..].starts_with('{') { '}' } else { ')' };
        let end = rest[at..].find(close).map_or(rest.len(), |end| at + end);
        let inner = &rest[at + 1..end];
        pieces.push(if close == '}' { Piece::Parameter(inner) } else { Piece::Optional(inner) });
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

/// Reads a sentence as a step; none if it is another.
pub(super) fn read<'s>(step: &Step, sentence: &'s str) -> Option<Words<'s>> {
    // Most sentences are another step from their first words on.
    let certain = step.expression.split(['{', '(']).next().unwrap_or_default();
    if !sentence.starts_with(certain.trim_end_matches(':')) {
        return None;
    }
    let mut words = Words::default();
    let (expression, sentence) = if step.waits {
        let (expression, colon) = match step.expression.strip_suffix(':') {
            Some(before) => (before, ":"),
            None => (step.expression, ""),
        };
        let body = sentence.strip_suffix(colon)?;
        match body.rfind(" within ").map(|at| (&body[..at], &body[at + " within ".len()..])) {
            Some((before, time)) if is_time(time) => {
                words.within = Some(time);
                (expression, before)
            }
            _ => (expression, body),
        }
    } else if step.excepts {
        match sentence.strip_suffix(", except:") {
            Some(before) => {
                words.excepts = true;
                (step.expression, before)
            }
            None => (step.expression, sentence),
        }
    } else {
        (step.expression, sentence)
    };
    let mut rest = sentence;
    for piece in pieces(expression) {
        rest = match piece {
            Piece::Literal(text) => rest.strip_prefix(text)?,
            Piece::Optional(text) => rest.strip_prefix(text).unwrap_or(rest),
            Piece::Parameter(name) => {
                let kind = KINDS.iter().find(|kind| kind.name == name)?;
                let length = (kind.length)(rest).filter(|length| *length > 0)?;
                words.parameters.push(&rest[..length]);
                &rest[length..]
            }
        };
    }
    rest.is_empty().then_some(words)
}

/// `5 seconds`: a number and a word.
fn is_time(text: &str) -> bool {
    let digits = run(text, |c| c.is_ascii_digit() || c == '.');
    let unit = text[digits..].strip_prefix(' ').unwrap_or(&text[digits..]);
    digits > 0 && !unit.is_empty() && unit.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// How many bytes at the start are of a kind.
pub(super) fn run(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

/// Text in quotes; a backslash takes the next letter with it.
pub(super) fn quoted(text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    letters.next().filter(|(_, first)| *first == '"')?;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some(at + 1),
            '\\' => {
                letters.next();
            }
            _ => {}
        }
    }
    None
}

/// A name in quotes.
pub(super) fn name(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('"')?;
    inner.find('"').map(|end| end + 2)
}

/// `"a", "b" and "c"`.
pub(super) fn names(text: &str) -> Option<usize> {
    let mut end = name(text)?;
    let next = |end: usize, between: &str| {
        name(text[end..].strip_prefix(between)?).map(|length| end + between.len() + length)
    };
    while let Some(more) = next(end, ", ") {
        end = more;
    }
    Some(next(end, " and ").unwrap_or(end))
}

/// Digits, or digits joined by a word.
pub(super) fn numbers(text: &str, between: &str) -> Option<usize> {
    let digits = |text: &str| Some(run(text, |c| c.is_ascii_digit())).filter(|length| *length > 0);
    let mut end = digits(text)?;
    while let Some(more) =
        text[end..].strip_prefix(between).filter(|_| !between.is_empty()).and_then(digits)
    {
        end += between.len() + more;
    }
    Some(end)
}

/// `80, 443 and 8443`.
pub(super) fn ports(text: &str) -> Option<usize> {
    let end = numbers(text, ", ")?;
    let last = text[end..].strip_prefix(" and ").and_then(|rest| numbers(rest, ""));
    Some(last.map_or(end, |last| end + " and ".len() + last))
}

/// A number and its unit; the unit may be left out if `bare`.
pub(super) fn amount(text: &str, letter: fn(char) -> bool, bare: bool) -> Option<usize> {
    let digits =
        Some(run(text, |c| c.is_ascii_digit() || c == '.')).filter(|length| *length > 0)?;
    let gap = usize::from(text[digits..].starts_with(' '));
    match run(&text[digits + gap..], letter) {
        0 => bare.then_some(digits),
        unit => Some(digits + gap + unit),
    }
}

/// A word of letters.
pub(super) fn word(text: &str, of: fn(char) -> bool) -> Option<usize> {
    Some(run(text, of)).filter(|length| *length > 0)
}

/// `true`, a number, or text in quotes.
pub(super) fn value(text: &str) -> Option<usize> {
    ["true", "false"]
        .iter()
        .find(|word| text.starts_with(**word))
        .map(|word| word.len())
        .or_else(|| quoted(text))
        .or_else(|| {
            text.starts_with(|c: char| c.is_ascii_digit())
                .then(|| run(text, |c| c.is_alphanumeric() || c == '_' || c == '.'))
        })
}

/// A block of nginx's configuration.
pub(super) fn block(text: &str) -> Option<usize> {
    ["http", "every server"]
        .iter()
        .find(|word| text.starts_with(**word))
        .map(|word| word.len())
        .or_else(|| {
            let kinds = ["server ", "location ", "upstream "];
            let kind = kinds.iter().find(|kind| text.starts_with(**kind))?;
            name(&text[kind.len()..]).map(|length| kind.len() + length)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::{Vocabulary, all};

    #[test]
    fn sentences_are_read_as_their_regular_expressions_read_them() {
        let vocabulary = Vocabulary::default();
        let mut sentences: Vec<String> = all().map(|step| step.example.to_owned()).collect();
        let more: Vec<String> = sentences
            .iter()
            .flat_map(|sentence| {
                [
                    format!("{sentence} within 5 seconds"),
                    format!("{} within 200ms:", sentence.trim_end_matches(':')),
                    format!("{sentence}, except:"),
                    format!("{sentence} and more"),
                    sentence.replace('"', ""),
                    sentence.replace("\" and \"", "\", \""),
                    sentence.replace("\" ", "\\\" "),
                    sentence[..sentence.len() / 2].to_owned(),
                ]
            })
            .collect();
        sentences.extend(more);
        for step in all() {
            let regex = vocabulary.regex(step).expect("a regular expression");
            for sentence in &sentences {
                assert_eq!(
                    read(step, sentence).is_some(),
                    regex.is_match(sentence),
                    "{sentence:?} as {:?}",
                    step.expression
                );
            }
        }
    }
}
