//! Variables in a Dockerfile: `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME:+word}`.
//!
//! Dockerfile reference, section Environment replacement.

/// Defaults in defaults are followed this far; nobody writes more.
const DEEPEST: usize = 16;

/// Puts values in. What nobody sets is left as it is written, so that it is not taken for nothing.
#[must_use]
pub fn substitute(text: &str, escape: char, value: &dyn Fn(&str) -> Option<String>) -> String {
    to_depth(text, escape, value, DEEPEST)
}

fn to_depth(
    text: &str,
    escape: char,
    value: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', escape]) {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix(escape) {
            let mut chars = after.chars();
            match chars.next() {
                Some('$') => result.push('$'),
                Some(next) => {
                    result.push(escape);
                    result.push(next);
                }
                None => result.push(escape),
            }
            rest = chars.as_str();
            continue;
        }
        let (used, replaced) = variable(rest, escape, value, depth);
        match replaced {
            Some(replaced) => result.push_str(&replaced),
            None => result.push_str(&rest[..used]),
        }
        rest = &rest[used..];
    }
    result.push_str(rest);
    result
}

/// How many bytes the variable at the start takes, and what it becomes.
fn variable(
    text: &str,
    escape: char,
    value: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> (usize, Option<String>) {
    let name_length = |text: &str| {
        text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
    };
    let Some(braced) = text.strip_prefix("${") else {
        let length = name_length(&text[1..]);
        let name = &text[1..=length];
        return (length + 1, if name.is_empty() { None } else { value(name) });
    };
    let length = name_length(braced);
    let (name, after) = braced.split_at(length);
    let Some(close) = closing(after) else { return (text.len(), None) };
    let used = 2 + length + close + 1;
    let body = &after[..close];
    let found = value(name);
    let word = |word: &str| match depth.checked_sub(1) {
        Some(depth) => to_depth(word, escape, value, depth),
        None => word.to_owned(),
    };
    let full = found.clone().filter(|found| !found.is_empty());
    let replaced = match body {
        "" => found,
        _ if body.starts_with(":-") => Some(full.unwrap_or_else(|| word(&body[2..]))),
        _ if body.starts_with(":+") => Some(full.map_or_else(String::new, |_| word(&body[2..]))),
        _ if body.starts_with('-') => Some(found.unwrap_or_else(|| word(&body[1..]))),
        _ if body.starts_with('+') => Some(found.map_or_else(String::new, |_| word(&body[1..]))),
        _ if body.starts_with(":?") || body.starts_with('?') => found,
        _ => None,
    };
    (used, replaced)
}

/// The brace that closes, with those in between.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
