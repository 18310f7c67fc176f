//! Where a secret really stands: in the file, in a variable's default, in an env file, or nowhere
//! that files say.

use super::Secret;
use crate::{
    compose::{
        journal::{Journal, Origin, Place, Step, VariableOrigin},
        template,
    },
    facts::answers::secret::names,
};

/// Where a secret is written.
#[derive(Debug, Clone)]
pub enum Written {
    /// As a literal.
    Literal(Place),
    /// As what a variable is when nobody sets it.
    Default {
        /// The variable.
        name: String,
        /// The default.
        place: Place,
    },
    /// On a line of an env file.
    EnvFile {
        /// The variable.
        name: String,
        /// The value.
        place: Place,
    },
}

impl Written {
    /// The bytes that say it.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Literal(place) | Self::Default { place, .. } | Self::EnvFile { place, .. } => {
                *place
            }
        }
    }
}

/// A variable in a text as written.
struct Used {
    name: String,
    start: usize,
    end: usize,
    /// The text behind `-` or `:-`.
    default: Option<(usize, usize)>,
}

/// Where a secret of a value is written; none when no file says it.
///
/// A text with variables may have the same word elsewhere (`app:${PASSWORD}` where the password is
/// `app`), so `detect` has to see the secret in the text as written.
#[must_use]
pub fn of(
    journal: &Journal,
    origin: Origin,
    secret: &str,
    detect: &dyn Fn(&str) -> Vec<Secret>,
) -> Option<Written> {
    let raw = journal.text(origin.place);
    let steps = journal.steps(origin);
    let mut variables: Vec<_> = steps
        .into_iter()
        .filter_map(|step| match step {
            Step::Variable { name, from } => Some((name, from)),
            _ => None,
        })
        .collect();
    let literal = variables.is_empty();
    let mut used = used(raw);
    // What is written of a value that another file says is that file's name, or the variable's.
    let is_elsewhere = used.is_empty() && !variables.is_empty();
    let at = match (is_elsewhere, used.is_empty()) {
        (true, _) => None,
        (false, true) => raw.rfind(secret),
        (false, false) => outside(raw, &used, secret, detect),
    };
    if let Some(at) = at.filter(|_| !secret.is_empty()) {
        return Some(Written::Literal(part(origin.place, at, secret.len())));
    }
    // Of several variables that say the same, the one that is called a password is the password;
    // else the last one, as in `user:password`.
    let saying = saying(raw, &used, detect);
    used.retain(|used| saying.is_empty() || saying.contains(&used.start));
    let in_question: Vec<String> = used.iter().map(|used| used.name.clone()).collect();
    variables.retain(|(name, _)| saying.is_empty() || in_question.contains(&name.to_string()));
    used.reverse();
    variables.reverse();
    used.sort_by_key(|used| names::strength(&used.name).is_none());
    variables.sort_by_key(|(name, _)| names::strength(name).is_none());
    for variable in &used {
        let Some((start, end)) = variable.default else { continue };
        if let Some(at) = raw[start..end].rfind(secret) {
            let place = part(origin.place, start + at, secret.len());
            return Some(Written::Default { name: variable.name.clone(), place });
        }
    }
    for (name, from) in &variables {
        if let VariableOrigin::EnvFile(place) = from
            && let Some(place) = in_env_file(journal, *place, secret)
        {
            return Some(Written::EnvFile { name: name.to_string(), place });
        }
    }
    // Escapes or line breaks stand in between: the value as a whole.
    (literal && origin.place.file().is_some()).then_some(Written::Literal(origin.place))
}

/// The part of a place that says a secret; the whole place if it says it with escapes.
#[must_use]
pub fn within(journal: &Journal, place: Place, secret: &str) -> Place {
    let at = journal.text(place).rfind(secret);
    at.map_or(place, |at| part(place, at, secret.len()))
}

/// What a text is when no variable is set; none if it has none.
#[must_use]
pub fn with_defaults(journal: &Journal, origin: Origin, key: Option<&str>) -> Option<String> {
    let raw = journal.text(origin.place);
    if !raw.contains("${") {
        return None;
    }
    let raw = raw.trim_matches(['"', '\'']);
    // In a list the value stands behind its name.
    let raw = match key {
        Some(key) => raw.strip_prefix(key).and_then(|raw| raw.strip_prefix('=')).unwrap_or(raw),
        None => raw,
    };
    let found = template::substitute(raw, &mut |_| None).ok()??;
    Some(found.text)
}

fn in_env_file(journal: &Journal, place: Place, secret: &str) -> Option<Place> {
    let text = journal.text(place);
    let value = text.find('=')? + 1;
    if let Some(at) = text[value..].rfind(secret) {
        return Some(part(place, value + at, secret.len()));
    }
    (!text[value..].contains('$')).then(|| part(place, value, text.len() - value))
}

/// Where a text says a secret outside its variables.
fn outside(
    raw: &str,
    used: &[Used],
    secret: &str,
    detect: &dyn Fn(&str) -> Vec<Secret>,
) -> Option<usize> {
    let free =
        |at: usize| used.iter().all(|used| at + secret.len() <= used.start || used.end <= at);
    let found = detect(raw).into_iter().map(|found| found.span);
    found
        .filter(|span| raw.get(span.clone()) == Some(secret))
        .map(|span| span.start)
        .find(|at| free(*at))
}

/// The variables of a text, by where they begin, that have a part in a secret of it: what is put
/// in for them shows up there. Several may have the same default, as in `user:password`.
fn saying(raw: &str, used: &[Used], detect: &dyn Fn(&str) -> Vec<Secret>) -> Vec<usize> {
    const MARK: &str = "Qz7";
    if used.len() < 2 {
        return Vec::new();
    }
    let filled = |marked: usize| {
        let (mut text, mut from) = (String::new(), 0);
        for one in used {
            text.push_str(raw.get(from..one.start).unwrap_or_default());
            let default = one.default.and_then(|(start, end)| raw.get(start..end));
            text.push_str(default.unwrap_or("word"));
            text.push_str(if one.start == marked { MARK } else { "" });
            from = one.end;
        }
        text + raw.get(from..).unwrap_or_default()
    };
    let says = |start: &usize| {
        let text = filled(*start);
        let mut found = detect(&text).into_iter();
        found.any(|found| text.get(found.span).is_some_and(|secret| secret.contains(MARK)))
    };
    used.iter().map(|one| one.start).filter(says).collect()
}

fn part(place: Place, at: usize, length: usize) -> Place {
    let bound = |offset: usize| u32::try_from(place.span().start + offset).unwrap_or(u32::MAX);
    place.file().map_or(place, |file| Place::new(file, bound(at), bound(at + length)))
}

/// The outermost variables of a text.
fn used(raw: &str) -> Vec<Used> {
    if !raw.contains('$') {
        return Vec::new();
    }
    // Any value will do: what is asked is where the variables stand.
    let Ok(Some(found)) = template::substitute(raw, &mut |_| Some("x".to_owned())) else {
        return Vec::new();
    };
    let mut uses: Vec<Used> = Vec::new();
    for found in &found.uses {
        let (start, end) = (found.span.start, found.span.end);
        uses.retain(|known| !(start <= known.start && known.end <= end));
        uses.push(Used {
            name: found.name.clone(),
            start,
            end,
            default: default_of(raw, start, end, &found.name),
        });
    }
    uses
}

fn default_of(raw: &str, start: usize, end: usize, name: &str) -> Option<(usize, usize)> {
    let after = start.checked_add(2)?.checked_add(name.len())?;
    let body = raw.get(after..end.checked_sub(1)?)?;
    let length = if body.starts_with(":-") {
        2
    } else if body.starts_with('-') {
        1
    } else {
        return None;
    };
    Some((after + length, end - 1))
}
