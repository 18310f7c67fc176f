//! Words and signs of a configuration, as nginx parts them (`ngx_conf_read_token`).
//!
//! A word ends at white space, `;` or `{`, but for a `{` behind a dollar sign: `${name}`. A
//! backslash takes the next letter into the word, whatever it is; both stay, but for what nginx
//! translates: quotes, backslash, tab and line ends.

use std::{iter::Peekable, str::CharIndices, sync::Arc};

use super::lua;
use crate::{
    diagnostic::Diagnostic,
    source::{Source, Span},
};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Open,
    Close,
    End,
}

/// What the names of directives end with whose blocks are Lua (`OpenResty`).
const LUA: &str = "_by_lua_block";

type Letters<'t> = Peekable<CharIndices<'t>>;

/// The words and signs of a file. What is in a block of Lua is left out.
///
/// # Errors
/// A quote that is not closed, or a block of Lua.
pub(super) fn of(source: &Arc<Source>) -> Result<Vec<(Token, Span)>, Box<Diagnostic>> {
    let text = source.text();
    let mut tokens: Vec<(Token, Span)> = Vec::new();
    // The number of the token with which the directive begins.
    let mut first = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        let sign = match letter {
            letter if is_space(letter) => continue,
            '#' => {
                while letters.next_if(|(_, letter)| *letter != '\n').is_some() {}
                continue;
            }
            ';' => Token::End,
            '{' => Token::Open,
            '}' => Token::Close,
            quote @ ('"' | '\'') => {
                let mut word = String::new();
                let end = quoted(&mut letters, quote, &mut word);
                let end = end.ok_or_else(|| {
                    not_closed(source, start, "a quote is not closed", "close it")
                })?;
                tokens.push((Token::Word(word), start..end));
                continue;
            }
            letter => {
                let mut word = String::new();
                let end = unquoted(&mut letters, (start, letter), &mut word);
                tokens.push((Token::Word(word), start..end));
                continue;
            }
        };
        let is_lua = sign == Token::Open
            && matches!(tokens.get(first), Some((Token::Word(name), _)) if name.ends_with(LUA));
        tokens.push((sign, start..start + 1));
        if is_lua {
            let end = lua::end(text, start + 1).ok_or_else(|| {
                let help =
                    "close it; braces in Lua are counted outside of its strings and comments";
                not_closed(source, start, "a block of Lua is not closed", help)
            })?;
            while letters.next_if(|(at, _)| *at <= end).is_some() {}
            tokens.push((Token::Close, end..end + 1));
        }
        first = tokens.len();
    }
    Ok(tokens)
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

fn not_closed(source: &Arc<Source>, at: usize, title: &str, help: &str) -> Diagnostic {
    Diagnostic::error(title).at(source, at..at + 1, "").help(help)
}

/// Puts what a backslash and the next letter stand for into a word; the end of both.
fn after_backslash(letters: &mut Letters<'_>, at: usize, word: &mut String) -> usize {
    let Some((at, letter)) = letters.next() else {
        word.push('\\');
        return at + 1;
    };
    match letter {
        '"' | '\'' | '\\' => word.push(letter),
        't' => word.push('\t'),
        'r' => word.push('\r'),
        'n' => word.push('\n'),
        _ => word.extend(['\\', letter]),
    }
    at + letter.len_utf8()
}

/// Reads on to the quote that ends a word; none where there is none.
fn quoted(letters: &mut Letters<'_>, quote: char, word: &mut String) -> Option<usize> {
    loop {
        match letters.next()? {
            (at, letter) if letter == quote => return Some(at + 1),
            (at, '\\') => {
                after_backslash(letters, at, word);
            }
            (_, letter) => word.push(letter),
        }
    }
}

/// Reads on to the end of a word that began with a letter.
fn unquoted(letters: &mut Letters<'_>, first: (usize, char), word: &mut String) -> usize {
    let mut next = Some(first);
    let mut end = first.0;
    let mut behind_dollar;
    while let Some((at, letter)) = next {
        end = if letter == '\\' {
            after_backslash(letters, at, word)
        } else {
            word.push(letter);
            at + letter.len_utf8()
        };
        behind_dollar = letter == '$';
        next = letters.next_if(|(_, letter)| {
            !(is_space(*letter) || *letter == ';' || *letter == '{' && !behind_dollar)
        });
    }
    end
}
