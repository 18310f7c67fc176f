//! The variables that interpolation asks, and where each value came from.
//!
//! Precedence follows the Compose specification, section Interpolation: the
//! shell, then `--env-file` in order (a later file wins), then `.env`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    dotenv::{self, DotenvError, DotenvErrorKind, Entry},
    journal::{FileId, Journal, Place, Refusal, VariableOrigin},
    template::Use,
};
use crate::{
    diagnostic::{Code, Diagnostic},
    source::Source,
};

/// Values by name.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    values: HashMap<String, (String, VariableOrigin)>,
}

impl Variables {
    /// The variables of a process.
    #[must_use]
    pub fn shell(environment: &BTreeMap<String, String>) -> Self {
        let values = environment
            .iter()
            .map(|(name, value)| (name.clone(), (value.clone(), VariableOrigin::Shell)))
            .collect();
        Self { values }
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// Every name with its value and where it came from, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &VariableOrigin)> {
        self.values.iter().map(|(name, (value, origin))| (name.as_str(), value.as_str(), origin))
    }

    /// Where the value of a name came from.
    #[must_use]
    pub fn origin(&self, name: &str) -> VariableOrigin {
        self.values.get(name).map_or(VariableOrigin::Unset, |(_, origin)| origin.clone())
    }

    /// Sets a name that Compose itself defines.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.into(), (value.into(), VariableOrigin::Compose));
    }

    /// Takes a name that has no value to be something; it counts as not set.
    pub fn place_holder(&mut self, name: &str, value: &str) {
        if self.get(name).is_none_or(str::is_empty) {
            self.values.insert(name.into(), (value.into(), VariableOrigin::Unset));
        }
    }

    /// Adds what env files say about names that are not set yet.
    ///
    /// # Errors
    /// A [`Diagnostic`] at the line that cannot be read.
    pub fn add_files(
        &mut self,
        files: &[Arc<Source>],
        journal: &mut Journal,
    ) -> Result<(), Refusal> {
        let mut found: HashMap<String, (String, VariableOrigin)> = HashMap::new();
        let mut refused = Vec::new();
        for source in files {
            let file = journal.add_file(source);
            let entries = dotenv::read(source.text(), |text| {
                dotenv::parse_after(
                    text,
                    &mut |name| self.get(name).map(str::to_owned),
                    &mut |name| found.get(name).map(|(value, _)| value.clone()),
                )
            });
            let entries = match entries {
                Ok(entries) => entries,
                Err(errors) => {
                    refused.extend(errors.iter().map(|error| refuse(source, error).into()));
                    continue;
                }
            };
            warn_unset(&entries, source, journal);
            found.extend(entries.into_iter().filter_map(|entry| {
                let place = place(file, &entry);
                Some((entry.key, (entry.value?, VariableOrigin::EnvFile(place))))
            }));
        }
        Refusal::of(refused)?;
        found.retain(|name, _| !self.values.contains_key(name));
        self.values.extend(found);
        Ok(())
    }
}

/// Where an env file sets a key.
#[must_use]
pub fn place(file: FileId, entry: &Entry) -> Place {
    let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Place::new(file, bound(entry.key_span.start), bound(entry.value_span.end))
}

/// An env file that cannot be read.
#[must_use]
pub fn refuse(source: &Arc<Source>, error: &DotenvError) -> Diagnostic {
    let diagnostic = Diagnostic::error(error.kind.to_string()).help(error.help());
    let no_list = matches!(
        error.kind,
        DotenvErrorKind::SpaceInName
            | DotenvErrorKind::UnexpectedCharacter(_)
            | DotenvErrorKind::NoName
    );
    if !no_list {
        return diagnostic.at(source, error.span.clone(), "");
    }
    // A line that is no setting may be part of a secret: nothing of it is shown.
    let (from, to) = (source.place(error.span.start).line, source.place(error.span.end).line);
    let mut text = String::with_capacity(source.text().len());
    let lines = source.line(from).start..source.line(to).end;
    for (at, c) in source.text().char_indices() {
        match c {
            c if !lines.contains(&at) || c.is_whitespace() => text.push(c),
            c => text.extend(std::iter::repeat_n('*', c.len_utf8())),
        }
    }
    diagnostic.at(&source.with_text(text), error.span.clone(), "")
}

/// Warns of the variables that an env file asks for and nobody sets.
pub fn warn_unset(entries: &[Entry], source: &Arc<Source>, journal: &mut Journal) {
    for (warning, span) in entries
        .iter()
        .flat_map(|entry| &entry.uses)
        .filter_map(|used: &Use| Some((used.warning()?, used.span.clone())))
    {
        let warning = Diagnostic::warning(warning).code(Code::UnsetVariable);
        journal.warn(warning.at(source, span, ""));
    }
}
