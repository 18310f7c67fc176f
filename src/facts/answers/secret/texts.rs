//! Secrets that a text gives away without a name: tokens, addresses with a password,
//! connection strings, and the lines of a configuration file.

use super::{Secret, SecretKind, named, shapes, values};
use crate::{
    facts::answers::secret::names::{self, Strength},
    source::Span,
};

/// The secrets of a text.
#[must_use]
pub fn find(text: &str) -> Vec<Secret> {
    let mut found: Vec<Secret> = shapes::find(text)
        .into_iter()
        .map(|token| {
            let why = format!("it has the shape of a {}", token.name);
            Secret::new(SecretKind::Token(token.name), token.span, text, why)
        })
        .collect();
    let mut add = |secret: Secret| {
        let apart = |known: &Secret| {
            known.span.end <= secret.span.start || secret.span.end <= known.span.start
        };
        if found.iter().all(apart) {
            found.push(secret);
        }
    };
    addresses(text).for_each(&mut add);
    connection(text).into_iter().for_each(&mut add);
    found
}

/// The passwords of the addresses in a text: `scheme://user:password@host`.
fn addresses(text: &str) -> impl Iterator<Item = Secret> + '_ {
    user_infos(text).filter(|(password, _)| !is_described(password)).map(|(_, span)| {
        Secret::new(SecretKind::Url, span, text, "the address has a password in it")
    })
}

/// Whether an address in a text has a placeholder as its password.
#[must_use]
pub fn has_placeholder(text: &str) -> bool {
    user_infos(text).any(|(password, _)| {
        values::is_placeholder(password) && !password.contains(['<', '[', '{', '.', '*', '$'])
    })
}

/// Whether an address says that it is nobody's: `postgres://user:pass@localhost/dummy` for a build.
fn stands_in(address: &str) -> bool {
    let end = address.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    let words = address[..end.unwrap_or(address.len())].split(|c: char| !c.is_alphanumeric());
    let mut words = words.map(str::to_ascii_lowercase);
    words.any(|word| matches!(word.as_str(), "dummy" | "fake"))
}

/// The passwords of the addresses in a text, whatever they are, and where they stand.
fn user_infos(text: &str) -> impl Iterator<Item = (&str, Span)> {
    text.match_indices("://").filter_map(|(at, _)| {
        let scheme = text[..at].chars().next_back()?;
        if !scheme.is_ascii_alphanumeric() {
            return None;
        }
        let start = at + 3;
        let stops = |c: char| {
            c.is_whitespace()
                || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '`' | '|' | '\\')
        };
        let rest = &text[start..];
        let authority = &rest[..outside(rest, stops).unwrap_or(rest.len())];
        let (user_info, host) = authority.rsplit_once('@')?;
        let colon = outside(user_info, |c| c == ':')?;
        let password = &user_info[colon + 1..];
        let from = start + colon + 1;
        let said = !password.is_empty() && !host.is_empty() && !stands_in(rest);
        said.then_some((password, from..from + password.len()))
    })
}

/// Where the first of some characters stands that is in no braces: a variable with a default may
/// have any of them.
fn outside(text: &str, wanted: impl Fn(char) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    text.find(|c| {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && wanted(c)
    })
}

/// A password that stands for one: a variable, a placeholder, stars.
fn is_described(password: &str) -> bool {
    values::is_reference(password)
        || values::is_placeholder(password)
        || password.starts_with(['$', '%', '{', '['])
        || password.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '-'))
}

/// `Server=…;Password=…`, `username=…,password=…`, `host=… password=…`.
fn connection(text: &str) -> Option<Secret> {
    [';', ',', '&', ' '].into_iter().find_map(|separator| {
        let mut at = 0;
        let mut pairs = 0;
        let mut found = None;
        for part in text.split(separator) {
            let start = at;
            at += part.len() + separator.len_utf8();
            let Some((name, value)) = part.split_once('=') else { continue };
            let name = name.rsplit(['?', ' ']).next().unwrap_or(name).trim();
            let simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '.' | '-');
            if name.is_empty() || !name.chars().all(simple) {
                continue;
            }
            pairs += 1;
            let strong = names::strength(name).is_some_and(|strength| strength >= Strength::Token)
                || name.eq_ignore_ascii_case("pwd");
            let value = value.trim_end().trim_end_matches(';').trim_matches(['"', '\'']);
            if found.is_none()
                && strong
                && !values::is_harmless(value, Strength::Password)
                && !is_described(value)
            {
                let offset = part.find(value).unwrap_or_default();
                let span: Span = start + offset..start + offset + value.len();
                found = Some((span, name.to_owned()));
            }
        }
        let (span, name) = found.filter(|_| pairs >= 2)?;
        let why = format!("{name} is the name of a credential");
        Some(Secret::new(SecretKind::Pair, span, text, why))
    })
}

/// The secrets of a file's contents, by its lines: `name = value`, `name: value`, `requirepass value`.
#[must_use]
pub fn find_in_lines(text: &str) -> Vec<Secret> {
    let mut found = find(text);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';', '!']) || bare.starts_with("//") {
            continue;
        }
        let Some((name, value)) = pair(bare) else { continue };
        let Some(secret) = named(name, value) else { continue };
        let offset = value.as_ptr() as usize - line.as_ptr() as usize;
        let secret = secret.moved(start + offset);
        if found
            .iter()
            .all(|known| known.span.end <= secret.span.start || secret.span.end <= known.span.start)
        {
            found.push(secret);
        }
    }
    found.sort_by_key(|secret| secret.span.start);
    found
}

/// The name and the value of a line.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line =
        line.trim_start_matches("- ").trim_start_matches("export ").trim_start_matches("set ");
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let line = line.trim_start_matches(['"', '\'']);
    let end = line.find(|c| !is_name(c))?;
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(['"', '\'']);
    let value = rest.trim_start();
    let value = match value.strip_prefix([':', '=']) {
        Some(value) => value.strip_prefix('>').unwrap_or(value),
        None if ["requirepass", "masterauth"].contains(&name) => value,
        None => return None,
    };
    let value = value.trim();
    let quoted =
        ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.split(quote).next());
    let value = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or(value));
    Some((name, value.trim_end().trim_end_matches([',', ';']).trim_end()))
}
