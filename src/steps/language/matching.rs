//! Whether a sentence is a step, found by reading it once from left to right.
//!
//! The parameters of the vocabulary end where their own text ends, so that nothing has to be
//! tried twice. Regular expressions say the same, and a test holds the two together; compiling
//! them would cost more than all the rest of a pass by the files.

use crate::steps::{
    Step,
    language::{arguments::KINDS, scan::run},
};

/// A piece of an expression.
enum Piece<'e> {
    Literal(&'e str),
    Optional(&'e str),
    Parameter(&'e str),
}

/// The words of a sentence that fill an expression.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Words<'s> {
    /// Those of the parameters, in order.
    pub parameters: Vec<&'s str>,
    /// The time at the end.
    pub within: Option<&'s str>,
    /// Whether it ends in `, except:`.
    pub excepts: bool,
}

/// The pieces of an expression, each cut off when it is asked for: most sentences turn out to be
/// another step before the second.
fn pieces(expression: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = expression;
    std::iter::from_fn(move || {
        let at = rest.bytes().position(|byte| matches!(byte, b'{' | b'(')).unwrap_or(rest.len());
        if at > 0 {
            let (text, after) = rest.split_at(at);
            rest = after;
            return Some(Piece::Literal(text));
        }
        let close = if rest.starts_with('{') { '}' } else { ')' };
        let (inner, after) = rest.get(1..)?.split_once(close).unwrap_or((rest.get(1..)?, ""));
        rest = after;
        Some(if close == '}' { Piece::Parameter(inner) } else { Piece::Optional(inner) })
    })
}

/// What every sentence that is a step begins with.
pub(crate) fn certain(step: &Step) -> &'static str {
    let first = step.expression.split(['{', '(']).next();
    first.unwrap_or_default().trim_end_matches(':')
}

/// Reads a sentence as a step; none if it is another.
pub(crate) fn read<'s>(step: &Step, sentence: &'s str) -> Option<Words<'s>> {
    // Most sentences are another step from their first words on.
    if sentence.starts_with(certain(step)) { read_on(step, sentence) } else { None }
}

/// Reads a sentence that begins as a step does.
pub(crate) fn read_on<'s>(step: &Step, sentence: &'s str) -> Option<Words<'s>> {
    let mut words = Words::default();
    let (mut expression, mut sentence) = (step.expression, sentence);
    if step.excepts
        && let Some(before) = sentence.strip_suffix(", except:")
    {
        (words.excepts, sentence) = (true, before);
    }
    if step.waits {
        if let Some(before) = expression.strip_suffix(':') {
            (expression, sentence) = (before, sentence.strip_suffix(':')?);
        }
        if let Some((before, time)) = sentence.rsplit_once(" within ")
            && is_time(time)
        {
            (words.within, sentence) = (Some(time), before);
        }
    }
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

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::steps::all;

    /// What each kind of parameter may be.
    const PATTERNS: &[(&str, &str)] = &[
        ("text", r#""(?:[^"\\]|\\.)*""#),
        ("service", r#""[^"]*""#),
        ("services", r#""[^"]*"(?:, "[^"]*")*(?: and "[^"]*")?"#),
        ("capabilities", r#""[^"]*"(?:, "[^"]*")*(?: and "[^"]*")?"#),
        ("topics", r#""[^"]*"(?:, "[^"]*")*(?: and "[^"]*")?"#),
        ("network", r#""[^"]*""#),
        ("networks", r#""[^"]*"(?:, "[^"]*")*(?: and "[^"]*")?"#),
        ("volume", r#""[^"]*""#),
        ("path", r#""(?:[^"\\]|\\.)*""#),
        ("environment", r#"(?:[\w-]+|"[^"]*")"#),
        ("number", r"[0-9]+"),
        ("port", r"(?:TLS )?(?:host )?port [0-9]+"),
        ("ports", r"[0-9]+(?:, [0-9]+)*(?: and [0-9]+)?"),
        ("statuses", r"[0-9]+(?: or [0-9]+)*"),
        ("duration", r"[0-9.]+ ?[a-zµ]+"),
        ("value", r#"(?:"(?:[^"\\]|\\.)*"|true|false|[0-9][\w.]*)"#),
        ("quantity", r"[0-9.]+(?: ?[A-Za-zµ]+)?"),
        ("state", r"[a-z]+"),
        ("block", r#"(?:http|every server|(?:server|location|upstream) "[^"]*")"#),
        ("method", r"[A-Za-z]+"),
    ];

    /// A step as a regular expression.
    fn regex(step: &Step) -> Regex {
        let (expression, colon) = match step.expression.strip_suffix(':') {
            Some(before) if step.waits => (before, ":"),
            _ => (step.expression, ""),
        };
        let mut pattern = String::new();
        for piece in pieces(expression) {
            match piece {
                Piece::Literal(text) => pattern += &regex::escape(text),
                Piece::Optional(text) => pattern.extend(["(?:", &regex::escape(text), ")?"]),
                Piece::Parameter(name) => {
                    let known = PATTERNS.iter().find(|(known, _)| *known == name);
                    pattern.extend(["(?:", known.expect("a pattern").1, ")"]);
                }
            }
        }
        let within = if step.waits { r"(?: within [0-9.]+ ?\w+)?" } else { "" };
        let except = if step.excepts { "(?:, except:)?" } else { "" };
        Regex::new(&format!("^{pattern}{within}{colon}{except}$")).expect("a regular expression")
    }

    #[test]
    fn sentences_are_read_as_their_regular_expressions_read_them() {
        let mut sentences: Vec<String> = all().map(|step| step.example.to_owned()).collect();
        let more: Vec<String> = sentences
            .iter()
            .flat_map(|sentence| {
                [
                    format!("{sentence} within 5 seconds"),
                    format!("{} within 200ms:", sentence.trim_end_matches(':')),
                    format!("{sentence}, except:"),
                    format!("{sentence} within 5 seconds, except:"),
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
            let regex = regex(step);
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
