//! Secrets in commands and shell scripts.
//!
//! A command's own short options are a table: `-p` is a password for the
//! clients of `MySQL` and a port for many others.

use super::{Secret, SecretKind, listed, named, texts, values};
use crate::{
    facts::answers::secret::names::{self, Strength},
    source::Span,
};

/// A word of a command and where it stands.
struct Word<'a> {
    text: &'a str,
    start: usize,
}

/// Options with the password in the next word, by program.
const NEXT: &[(&str, &[&str])] = &[
    ("redis-cli", &["-a", "--pass"]),
    ("valkey-cli", &["-a", "--pass"]),
    ("keydb-cli", &["-a", "--pass"]),
    ("mongo", &["-p"]),
    ("mongosh", &["-p"]),
    ("mongodump", &["-p"]),
    ("mongorestore", &["-p"]),
    ("mongoimport", &["-p"]),
    ("sshpass", &["-p"]),
    ("ldapsearch", &["-w"]),
    ("ldapwhoami", &["-w"]),
    ("ldapadd", &["-w"]),
    ("sqlcmd", &["-P"]),
    ("rabbitmqadmin", &["-p"]),
    ("cqlsh", &["-p"]),
    ("cypher-shell", &["-p"]),
    ("smbclient", &["-P"]),
];

/// Programs with the password right behind `-p`.
const GLUED: &str = "mysql mysqladmin mysqldump mysqlcheck mysqlimport mysqlshow mysqlslap mysqlsh mariadb \
    mariadb-admin mariadb-dump mariadb-check mycli sshpass";

/// Programs with `user:password` behind an option.
const USER_INFO: &[(&str, &[&str])] = &[
    ("curl", &["-u", "--user", "--proxy-user"]),
    ("http", &["-a", "--auth"]),
    ("https", &["-a", "--auth"]),
];

/// The secrets of a script.
#[must_use]
pub fn find_in_script(text: &str) -> Vec<Secret> {
    let mut found = texts::find(text);
    let mut line = 0;
    for part in text.split_inclusive('\n') {
        let words = split(part);
        collect(&words, line, text, &mut found);
        line += part.len();
    }
    sql(text, &mut found);
    found.sort_by_key(|secret| secret.span.start);
    found
}

/// The secrets of a list of words, each with the number of its word.
#[must_use]
pub fn find_in_words(words: &[&str]) -> Vec<(usize, Secret)> {
    // Joined by a character that no word has, so that words with spaces stay what they are.
    let mut joined = String::new();
    let mut list = Vec::new();
    for word in words {
        list.push((joined.len(), word.len()));
        joined.push_str(word);
        joined.push('\u{1}');
    }
    let whole: Vec<Word<'_>> = list
        .iter()
        .map(|(start, length)| Word { text: &joined[*start..start + length], start: *start })
        .collect();
    let mut found = Vec::new();
    for word in &whole {
        let inner = if word.text.contains(char::is_whitespace) {
            find_in_script(word.text)
        } else {
            texts::find(word.text)
        };
        found.extend(inner.into_iter().map(|secret| secret.moved(word.start)));
    }
    collect(&whole, 0, &joined, &mut found);
    found.sort_by_key(|secret| secret.span.start);
    let owner = |secret: &Secret| {
        list.partition_point(|(start, _)| *start <= secret.span.start).checked_sub(1)
    };
    found
        .into_iter()
        .filter_map(|mut secret| {
            let number = owner(&secret)?;
            let (start, length) = list[number];
            secret.span = secret.span.start - start..(secret.span.end - start).min(length);
            Some((number, secret))
        })
        .collect()
}

/// Cuts a line into words; separators of commands are words of their own.
fn split(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut escaped = false;
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        let ends = c.is_whitespace() || matches!(c, ';' | '|' | '&');
        if ends && quote.is_none() && !escaped && depth == 0 {
            words.extend(start.take().map(|start| Word { text: &line[start..at], start }));
            if !c.is_whitespace() {
                words.push(Word { text: &line[at..at + c.len_utf8()], start: at });
            }
            previous = c;
            continue;
        }
        start.get_or_insert(at);
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('(' | '{', _) if previous == '$' => depth += 1,
            (')' | '}', _) if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
        previous = c;
    }
    words.extend(start.map(|start| Word { text: &line[start..], start }));
    words
}

fn collect(words: &[Word<'_>], offset: usize, text: &str, found: &mut Vec<Secret>) {
    let mut program = "";
    let mut expects_program = true;
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).filter(|next| !matches!(next.text, ";" | "|" | "&"));
        let bare = word.text.trim_matches(['"', '\'', '(', ')']);
        if matches!(bare, ";" | "|" | "&" | "&&" | "||") {
            expects_program = true;
            continue;
        }
        if let Some((name, value)) = assignment(word.text) {
            add(word, name, value, offset, text, found);
            continue;
        }
        if !word.text.starts_with('-') {
            let name = bare.rsplit('/').next().unwrap_or(bare);
            let is_known = listed(GLUED).any(|known| known == name)
                || NEXT.iter().any(|(known, _)| *known == name)
                || USER_INFO.iter().any(|(known, _)| *known == name);
            if expects_program || is_known {
                program = name;
                expects_program = matches!(
                    name,
                    "exec" | "sudo" | "env" | "if" | "then" | "while" | "until" | "do" | "!"
                );
            }
            if ["requirepass", "masterauth"].contains(&bare)
                && let Some(next) = next
            {
                add(next, bare, unquoted(next.text), offset, text, found);
            }
            if program == "mc"
                && at >= 2
                && words[at - 1].text == "set"
                && words[at - 2].text == "alias"
                && let Some(key) = words.get(at + 3)
            {
                add(key, "SECRET_KEY", unquoted(key.text), offset, text, found);
            }
            // A script as a word: `sh -c "…"`.
            if word.text.len() > bare.len() && bare.contains(' ') {
                let start = offset + word.start + word.text.find(bare).unwrap_or_default();
                for secret in find_in_script(bare) {
                    push(secret.moved(start), found);
                }
            }
            if bare.len() > 22
                && (bare.starts_with("Authorization:") || bare.starts_with("authorization:"))
            {
                authorization(
                    bare,
                    offset + word.start + word.text.find(bare).unwrap_or_default(),
                    text,
                    found,
                );
            }
            continue;
        }
        option(program, word, next, offset, text, found);
    }
}

/// `-p…`, `--password …`, `-u user:password`.
fn option(
    program: &str,
    word: &Word<'_>,
    next: Option<&Word<'_>>,
    offset: usize,
    text: &str,
    found: &mut Vec<Secret>,
) {
    let takes_next =
        NEXT.iter().any(|(known, options)| *known == program && options.contains(&word.text));
    let user_info =
        USER_INFO.iter().any(|(known, options)| *known == program && options.contains(&word.text));
    if listed(GLUED).any(|known| known == program)
        && word.text.starts_with("-p")
        && word.text.len() > 2
    {
        add(word, "PASSWORD", unquoted(&word.text[2..]), offset, text, found);
    } else if let Some(next) = next.filter(|next| takes_next && !next.text.starts_with('-')) {
        add(next, "PASSWORD", unquoted(next.text), offset, text, found);
    } else if let Some(next) = next.filter(|_| user_info)
        && let Some((_, password)) = unquoted(next.text).split_once(':')
    {
        add(next, "PASSWORD", password, offset, text, found);
    } else if let Some(next) = next.filter(|next| !next.text.starts_with('-'))
        && word.text.starts_with("--")
        && names::strength(&word.text[2..]).is_some()
    {
        add(next, &word.text[2..], unquoted(next.text), offset, text, found);
    }
}

/// `NAME=value`, `--name=value`, `-Dname=value`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let word = word.trim_start_matches(['"', '\'']);
    let (name, value) = word.split_once('=')?;
    let name = name.trim_start_matches('-');
    let name = name.strip_prefix('D').filter(|name| name.contains('.')).unwrap_or(name);
    let simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(simple)).then(|| (name, unquoted(value)))
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\'', ')'])
}

/// `Authorization: Bearer …`, `Authorization: Basic …`.
fn authorization(bare: &str, start: usize, text: &str, found: &mut Vec<Secret>) {
    let Some(value) = bare.rsplit(' ').next() else { return };
    let coded = value.len() >= 12 && !values::is_harmless(value, Strength::Token);
    if coded && (bare.contains("Bearer ") || bare.contains("Basic ")) {
        let from = start + bare.len() - value.len();
        let secret = Secret::new(
            SecretKind::Pair,
            from..from + value.len(),
            text,
            "it stands in an Authorization header",
        );
        push(secret, found);
    }
}

/// `IDENTIFIED BY '…'`, `PASSWORD '…'`.
fn sql(text: &str, found: &mut Vec<Secret>) {
    let lower = text.to_ascii_lowercase();
    for mark in ["identified by '", "password '", "identified by \\'", "password \\'"] {
        for (at, _) in lower.match_indices(mark) {
            let start = at + mark.len();
            let Some(length) = text[start..].find(['\'', '\\']) else { continue };
            let value = &text[start..start + length];
            if !values::is_harmless(value, Strength::Password) && !value.starts_with('$') {
                let why = "it is the password in an SQL statement";
                push(Secret::new(SecretKind::Pair, start..start + length, text, why), found);
            }
        }
    }
}

fn add(
    word: &Word<'_>,
    name: &str,
    value: &str,
    offset: usize,
    text: &str,
    found: &mut Vec<Secret>,
) {
    let Some(mut secret) = named(name, value).filter(|_| !value.starts_with('$')) else { return };
    let Some(at) = word.text.rfind(value) else { return };
    let at: usize = offset + word.start + at;
    secret.kind = SecretKind::Pair;
    let Span { start, end } = secret.span;
    secret.span = at + start..at + end;
    if text.get(secret.span.clone()).is_some() {
        push(secret, found);
    }
}

fn push(secret: Secret, found: &mut Vec<Secret>) {
    let apart =
        |known: &Secret| known.span.end <= secret.span.start || secret.span.end <= known.span.start;
    if found.iter().all(apart) {
        found.push(secret);
    }
}
