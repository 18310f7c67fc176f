//! What does this env file say? Compose's own reader answers, whoever asks: quotes, escapes,
//! comments, `export` and variables are read as the stack will get them.

use camino::Utf8Path;

use crate::{
    compose::dotenv::{self, DotenvError},
    source::Span,
};

/// A variable as a file sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The bytes of its name and value in the file.
    pub span: Span,
}

/// The value that a file gives a variable: that of the last line that sets it, none if no line does.
///
/// A variable in a value is what the file says itself, else what `outer` says. A name alone sets
/// nothing.
///
/// # Errors
/// The first [`DotenvError`] of the file.
pub fn value(
    text: &str,
    variable: &str,
    outer: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Set>, DotenvError> {
    let mut all = all(text, outer)?;
    let last = all.iter().rposition(|set| set.name == variable);
    Ok(last.map(|last| all.swap_remove(last)))
}

/// Everything that a file sets, in its order.
///
/// # Errors
/// The first [`DotenvError`] of the file.
pub fn all(text: &str, outer: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Set>, DotenvError> {
    let entries = dotenv::parse_after(text, &mut |_| None, &mut |name| outer(name))?;
    let set = entries.into_iter().filter_map(|entry| {
        let span = entry.key_span.start..entry.value_span.end.max(entry.key_span.end);
        Some(Set { name: entry.key, value: entry.value?, span })
    });
    Ok(set.collect())
}

/// Whether a file is an env file by its name: `.env`, `.env.local`, `shop.env`.
#[must_use]
pub fn is_one(path: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let other = path.extension().is_some_and(|end| matches!(end, "yaml" | "yml" | "json"));
    !other && (name.contains(".env") || name.ends_with("env"))
}

/// Endings of files that have lines `NAME = value` and are no env files: other programs read them,
/// each with quotes and comments of its own.
const SETTINGS: &[&str] = &["cfg", "cnf", "conf", "ini", "properties"];

/// Whether a file of settings is no env file, by the end of its name.
#[must_use]
pub fn is_of_settings(path: &Utf8Path) -> bool {
    path.extension().is_some_and(|end| SETTINGS.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

/// The value that a file of settings gives a name: the last line `NAME = value`, without quotes
/// around the value. Lines that begin with `;` or `#` are comments.
#[must_use]
pub fn setting(text: &str, name: &str) -> Option<Set> {
    let mut at = 0;
    let mut last = None;
    for line in text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        let line = line.trim();
        let Some((known, value)) = line.split_once('=') else { continue };
        if known.trim() == name {
            let value = value.trim();
            let quoted = ['"', '\'']
                .iter()
                .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
            let value = quoted.unwrap_or(value).to_owned();
            last = Some(Set { name: name.to_owned(), value, span: start..start + line.len() });
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<String> {
        let outer = |name: &str| (name == "HOME").then(|| "/home/a".to_owned());
        value(text, "X", &outer).expect("an env file").map(|set| set.value)
    }

    #[test]
    fn a_line_says_what_compose_reads_in_it() {
        for (text, expected) in [
            ("X=1", Some("1")),
            ("X = 1 ", Some("1")),
            ("export X=1", Some("1")),
            ("X=1\nX=2", Some("2")),
            ("X='a b'", Some("a b")),
            // What follows is what a reader of lines alone gets wrong.
            ("X=1 # why", Some("1")),
            ("X=a#b", Some("a#b")),
            ("X=\"a b\" # why", Some("a b")),
            ("X=\"a\\nb\"", Some("a\nb")),
            ("X=\"a\nb\"", Some("a\nb")),
            ("X: 1", Some("1")),
            ("A=1\nX=${A}2", Some("12")),
            ("X=${HOME}/x", Some("/home/a/x")),
            ("X='${HOME}'", Some("${HOME}")),
            ("X=${Y:-z}", Some("z")),
            ("X=", Some("")),
            ("# X=1", None),
            ("X", None),
            ("XX=1", None),
            ("A='\nX=1\n'", None),
        ] {
            assert_eq!(of(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn an_env_file_is_known_by_its_name() {
        for (path, expected) in [
            ("a/.env", true),
            (".env.production", true),
            ("shop.env", true),
            ("shop.env.example", true),
            ("dockerenv", true),
            ("compose.yaml", false),
            ("environment.yml", false),
            ("compose.env.yml", false),
        ] {
            assert_eq!(is_one(path.into()), expected, "{path}");
        }
    }

    #[test]
    fn a_file_of_settings_is_read_by_its_lines() {
        let text = "[a]\n; X=1\n  X = \"a b\" \nXX=2\nY=1 ; why\n";
        let set = setting(text, "X").expect("a setting");
        assert_eq!((set.value.as_str(), &text[set.span]), ("a b", "X = \"a b\""));
        assert_eq!(setting(text, "Z"), None);
        for (path, expected) in [
            ("php.ini", true),
            ("a/redis.conf", true),
            (".env", false),
            ("x.env", false),
            ("env", false),
        ] {
            assert_eq!(is_of_settings(path.into()), expected, "{path}");
        }
    }

    #[test]
    fn the_place_is_the_line_that_sets_it() {
        let text = "A=1\nX=2 # why\n";
        let set = value(text, "X", &|_| None).expect("an env file").expect("a variable");
        assert_eq!(&text[set.span], "X=2");
        assert!(value("A B=1\nX=2\n", "X", &|_| None).is_err());
    }
}
