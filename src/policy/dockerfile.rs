//! As much of a Dockerfile as tells which user its image runs as.
//!
//! The stages, their bases and their last `USER`, with `ARG` and `ENV` put in.
//! What cannot be known from the text (a base of somebody else, a variable
//! without a value) is said to be unknown, never guessed.

use std::{collections::BTreeMap, io::Read as _};

use crate::compose::{Build, Service, values::path};

/// Whom an image runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// The user that the last `USER` of the stage names.
    Named(String),
    /// A user is named by a variable whose value is not known here.
    Variable,
    /// The Dockerfile names none: the base decides, and it is not known here.
    OfBase(String),
}

/// A Dockerfile past this is not read.
const LONGEST: u64 = 1 << 20;

/// Whom the image of a service's build runs as; none if there is no Dockerfile at hand.
#[must_use]
pub fn user_of(service: &Service, inline: Option<&str>) -> Option<User> {
    let build = service.build.as_ref()?;
    let text = match inline {
        Some(text) => text.to_owned(),
        None => read(&build.value)?,
    };
    let arguments = build.args.iter();
    let arguments =
        arguments.filter_map(|(name, value)| Some((name.clone(), value.value.clone()?)));
    user(&text, build.target.as_ref().map(|target| target.as_str()), &arguments.collect())
}

fn read(build: &Build) -> Option<String> {
    let context = build.context.as_ref()?.as_str();
    if !path::is_abs(context) {
        return None;
    }
    let name = build.dockerfile.as_ref().map_or("Dockerfile", |name| name.as_str());
    let place = if path::is_abs(name) { name.to_owned() } else { path::join(context, name) };
    // A pipe would never end, and a device is no Dockerfile.
    if !std::fs::metadata(&place).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    std::fs::File::open(&place).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

type Variables = BTreeMap<String, String>;

struct Stage {
    name: String,
    base: String,
    user: Option<String>,
    variables: Variables,
}

/// Whom a Dockerfile's image runs as; none if there is no such stage.
#[must_use]
pub fn user(text: &str, target: Option<&str>, arguments: &Variables) -> Option<User> {
    let stages = stages(text, arguments);
    let named = |name: &str| {
        let by_name = stages.iter().rposition(|stage| stage.name.eq_ignore_ascii_case(name));
        by_name.or_else(|| name.parse().ok().filter(|at| *at < stages.len()))
    };
    let mut at = match target.filter(|target| !target.is_empty()) {
        Some(target) => named(target)?,
        None => stages.len().checked_sub(1)?,
    };
    loop {
        let stage = stages.get(at)?;
        if let Some(user) = &stage.user {
            let Some(user) = substituted(user, &stage.variables) else {
                return Some(User::Variable);
            };
            return Some(if user.is_empty() { User::Variable } else { User::Named(user) });
        }
        // A stage can only be made from an earlier one.
        match stages[..at]
            .iter()
            .rposition(|earlier| earlier.name.eq_ignore_ascii_case(&stage.base))
        {
            Some(earlier) => at = earlier,
            None => return Some(User::OfBase(stage.base.clone())),
        }
    }
}

fn stages(text: &str, arguments: &Variables) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut global = Variables::new();
    for line in instructions(text) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
        let rest = rest.trim();
        match (word.to_ascii_uppercase().as_str(), stages.last_mut()) {
            ("FROM", _) => {
                let words: Vec<&str> =
                    rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                let name = match words[..] {
                    [_, "as" | "AS" | "As" | "aS", name, ..] => name,
                    _ => "",
                };
                let base = words.first().copied().unwrap_or_default();
                stages.push(Stage {
                    name: name.to_owned(),
                    base: substituted(base, &global).unwrap_or_else(|| base.to_owned()),
                    user: None,
                    variables: Variables::new(),
                });
            }
            ("ARG", stage) => {
                let known = stage.as_ref().map_or_else(Variables::new, |_| global.clone());
                let variables = stage.map_or(&mut global, |stage| &mut stage.variables);
                declare(rest, arguments, &known, variables);
            }
            ("ENV", Some(stage)) => set(rest, &mut stage.variables),
            ("USER", Some(stage)) => stage.user = Some(unquoted(rest).to_owned()),
            _ => {}
        }
    }
    stages
}

/// The instructions, one a line: comments and the texts after `<<WORD` left out, broken lines joined.
fn instructions(text: &str) -> Vec<String> {
    let escape = text
        .lines()
        .take_while(|line| line.trim_start().starts_with('#'))
        .filter_map(|line| line.trim_start_matches(['#', ' ', '\t']).strip_prefix("escape="))
        .find_map(|sign| sign.trim().chars().next())
        .unwrap_or('\\');
    let mut found = Vec::new();
    let mut open = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(part) = line.strip_suffix(escape) {
            open.push_str(part);
            open.push(' ');
            continue;
        }
        open.push_str(line);
        let whole = std::mem::take(&mut open);
        for end in heredocs(&whole) {
            lines.by_ref().find(|line| line.trim_start_matches('\t').trim_end() == end);
        }
        found.push(whole);
    }
    if !open.is_empty() {
        found.push(open);
    }
    found
}

/// The words that end the texts that an instruction begins.
fn heredocs(line: &str) -> Vec<String> {
    let word = line.split_whitespace().next().unwrap_or_default();
    if !["RUN", "COPY", "ADD"].iter().any(|known| word.eq_ignore_ascii_case(known)) {
        return Vec::new();
    }
    let parts = line.split("<<").skip(1).filter(|part| !part.starts_with('<'));
    parts
        .map(|part| {
            let part = part.trim_start_matches('-').trim_start_matches(['"', '\'']);
            part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
        })
        .filter(|end| !end.is_empty())
        .collect()
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// `ARG NAME` and `ARG NAME=DEFAULT`, several on a line; the build's own arguments win.
fn declare(rest: &str, arguments: &Variables, global: &Variables, variables: &mut Variables) {
    for word in rest.split_whitespace() {
        let (name, default) =
            word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let given = arguments.get(name).cloned();
        let default = default.and_then(|value| substituted(unquoted(value), variables));
        if let Some(value) = given.or(default).or_else(|| global.get(name).cloned()) {
            variables.insert(name.to_owned(), value);
        }
    }
}

/// `ENV NAME=VALUE …` and `ENV NAME VALUE`.
fn set(rest: &str, variables: &mut Variables) {
    let first = rest.split_whitespace().next().unwrap_or_default();
    let pairs: Vec<(&str, &str)> = if first.contains('=') {
        rest.split_whitespace().filter_map(|word| word.split_once('=')).collect()
    } else {
        rest.split_once(char::is_whitespace).into_iter().collect()
    };
    for (name, value) in pairs {
        match substituted(unquoted(value.trim()), variables) {
            Some(value) => variables.insert(name.to_owned(), value),
            None => variables.remove(name),
        };
    }
}

/// A text with `$NAME`, `${NAME}` and `${NAME:-DEFAULT}` put in; none if a value is not known.
fn substituted(text: &str, variables: &Variables) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, default, behind) = if let Some(braced) = after.strip_prefix('{') {
            let (inner, behind) = braced.split_once('}')?;
            let parts = inner.split_once(":-");
            parts.map_or((inner, None, behind), |(name, default)| (name, Some(default), behind))
        } else {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (name, behind) = after.split_at(end.unwrap_or(after.len()));
            (name, None, behind)
        };
        out.push_str(variables.get(name).map(String::as_str).or(default)?);
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<User> {
        user(text, None, &Variables::new())
    }

    fn named(name: &str) -> User {
        User::Named(name.into())
    }

    #[test]
    fn the_last_user_of_the_last_stage_counts() {
        assert_eq!(of("FROM a AS build\nUSER x\nFROM b\nUSER y\nuser  z \n"), Some(named("z")));
        assert_eq!(of("FROM a AS build\nUSER x\nFROM b\n"), Some(User::OfBase("b".into())));
        assert_eq!(of("# nothing\n"), None);
    }

    #[test]
    fn a_stage_has_the_user_of_the_stage_that_it_is_made_from() {
        assert_eq!(
            of("FROM a AS base\nUSER 1000:1000\nFROM --platform=linux/amd64 Base\nRUN x\n"),
            Some(named("1000:1000"))
        );
    }

    #[test]
    fn the_target_chooses_the_stage_by_name_or_number() {
        let text = "FROM a AS one\nUSER x\nFROM b AS two\nUSER root\n";
        let of = |target| user(text, Some(target), &Variables::new());
        assert_eq!(
            (of("ONE"), of("0"), of("two"), of("three")),
            (Some(named("x")), Some(named("x")), Some(named("root")), None)
        );
    }

    #[test]
    fn variables_are_put_in_and_an_unknown_one_is_not_guessed() {
        assert_eq!(of("ARG UID=7\nFROM a\nARG UID\nUSER ${UID}:1\n"), Some(named("7:1")));
        assert_eq!(of("FROM a\nENV WHO=app NAME=\"b\"\nUSER $WHO\n"), Some(named("app")));
        assert_eq!(of("FROM a\nUSER ${WHO:-root}\n"), Some(named("root")));
        assert_eq!(of("FROM a\nARG WHO\nUSER $WHO\n"), Some(User::Variable));
        let given = Variables::from([("WHO".to_owned(), "app".to_owned())]);
        assert_eq!(user("FROM a\nARG WHO=root\nUSER $WHO\n", None, &given), Some(named("app")));
    }

    #[test]
    fn broken_lines_comments_and_texts_are_not_instructions() {
        assert_eq!(
            of("FROM a\nRUN x \\\n  # USER one\n  USER two\nUSER app\n"),
            Some(named("app"))
        );
        assert_eq!(
            of(
                "FROM a\nUSER app\nRUN <<EOF\nUSER root\nEOF\nCOPY <<-'A' <<B /x\nUSER root\n\tA\nUSER root\nB\n"
            ),
            Some(named("app"))
        );
        assert_eq!(of("# escape=`\nFROM a\nRUN x `\n USER root\nUSER app\n"), Some(named("app")));
    }

    #[test]
    fn no_text_is_too_odd_to_read() {
        for text in [
            "FROM",
            "USER x",
            "FROM a\nUSER ${",
            "FROM a AS",
            "FROM a\nUSER $",
            "FROM a\nRUN <<\\",
            "\\",
        ] {
            let _ = of(text);
        }
    }
}
