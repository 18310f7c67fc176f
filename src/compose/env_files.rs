//! Phase: a service's `env_file` and `label_file` become part of its environment and labels.
//!
//! The Compose specification: `environment` wins over env files, a later file
//! over an earlier one; variables in a file are the project's, then the
//! service's own.

use std::{collections::HashMap, sync::Arc};

use super::{
    dotenv,
    journal::{Origin, Refusal, Step, VariableOrigin},
    load::Loader,
    normalize,
    refused::Refused,
    relative,
    tree::{Key, Mapping, Node, Value},
    variables::{self, Variables},
};
use crate::{
    diagnostic::{Code, Diagnostic},
    source::Source,
};

/// Resolves `env_file` of a decoded service, and variables that it names without a value.
///
/// # Errors
/// A [`Refusal`] for a file that must be there and is not, or cannot be read.
pub fn resolve(
    service: &mut Mapping,
    project: &Variables,
    loader: &mut Loader,
) -> Result<(), Refusal> {
    // Normalization has done so by now.
    if loader.without.normalization
        && let Some(environment) = service.get_mut("environment")
    {
        normalize::resolve(environment, project, true, &mut loader.journal);
    }
    let files = service.remove("env_file");
    let files = files.as_ref().and_then(Node::as_sequence).unwrap_or_default();
    if files.is_empty() {
        return Ok(());
    }
    // The whole is where the service's own part is written, else where its first file is named.
    let key = service.entry("environment").map(|(key, _)| key.clone());
    let mut origin = files.first().map_or(Origin::IMPLIED, |file| file.origin);
    let mut own = Mapping::new();
    if let Some(Node { value: Value::Mapping(mapping), origin: written }) =
        service.remove("environment")
    {
        (own, origin) = (mapping, written);
    }
    let mut found: Entries = Entries::default();
    let mut refused = Vec::new();
    for file in files {
        let (path, source) = match read(file, loader) {
            Ok(Some(read)) => read,
            Ok(None) => {
                let at = file.get("path").map_or(file.origin, |path| path.origin).place;
                origin = loader.journal.step(origin, Step::MissingEnvFile { at });
                continue;
            }
            Err(why) => {
                refused.push(why);
                continue;
            }
        };
        let text = |name: &str| own.get(name).and_then(Node::as_str).map(str::to_owned);
        let mut lookup = |name: &str| project.get(name).map(str::to_owned).or_else(|| text(name));
        let raw = file.get("format").and_then(Node::as_str).is_some_and(|format| format == "raw");
        let entries = dotenv::read(source.text(), |written| {
            if raw {
                dotenv::parse_raw(written, &mut lookup)
            } else {
                dotenv::parse_after(written, &mut lookup, &mut |name| {
                    text(name).or_else(|| found.get(name))
                })
            }
        });
        match entries {
            Ok(entries) => {
                for name in entries.iter().filter(|entry| entry.value.is_none()) {
                    let from = VariableOrigin::Unset;
                    let name = name.key.as_str().into();
                    origin = loader.journal.step(origin, Step::Variable { name, from });
                }
                found.add(entries, &source, path, loader);
            }
            Err(errors) => refused.push(refuse(&source, &errors, file.origin, loader)),
        }
    }
    Refusal::of(refused)?;
    let mut merged = found.into_mapping();
    for (key, node) in own {
        merged.insert(key, node);
    }
    let key = key.unwrap_or_else(|| Key { text: "environment".into(), origin });
    service.insert(key, Node::new(Value::Mapping(merged), origin));
    Ok(())
}

/// Resolves `label_file` of a decoded service.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_labels(service: &mut Mapping, loader: &mut Loader) -> Result<(), Refusal> {
    let files = service.remove("label_file");
    let files = files.as_ref().and_then(Node::as_sequence).unwrap_or_default();
    if files.is_empty() {
        return Ok(());
    }
    let mut found = Entries::default();
    let mut refused = Refused::default();
    for file in files {
        let path = full(file.as_str().unwrap_or_default(), loader);
        let Some(source) = refused.note(loader.read_env(&path, Some(file.origin))) else {
            continue;
        };
        let mut lookup = |name: &str| found.get(name);
        let entries = dotenv::read(source.text(), |written| {
            dotenv::parse_after(written, &mut lookup, &mut |_| None)
        });
        let entries = entries.map_err(|errors| refuse(&source, &errors, file.origin, loader));
        if let Some(entries) = refused.note(entries) {
            found.add(entries, &source, file.origin, loader);
        }
    }
    refused.end()?;
    let mut merged = found.into_mapping();
    if let Some(Value::Mapping(own)) = service.remove("labels").map(|node| node.value) {
        for (key, node) in own {
            merged.insert(key, node);
        }
    }
    service.put("labels", Node::new(Value::Mapping(merged), Origin::IMPLIED));
    Ok(())
}

/// Where a file is: a path that is still relative starts where the program was called, as Compose has it.
fn full(path: &str, loader: &Loader) -> String {
    if path.is_empty() { String::new() } else { relative::absolute(&loader.shown_from, path) }
}

fn read(file: &Node, loader: &mut Loader) -> Result<Option<(Origin, Arc<Source>)>, Refusal> {
    let Some(path) = file.get("path") else { return Ok(None) };
    let text = &full(path.as_str().unwrap_or_default(), loader);
    let required = matches!(file.get("required").map(|node| &node.value), Some(Value::Bool(true)));
    let may_be_missing = !required || loader.without_missing_env_files;
    if may_be_missing && !std::fs::exists(&*loader.read_at(text)).unwrap_or(true) {
        if required {
            let title = format!("the env file {} is not there", loader.shown(text));
            let warning = Diagnostic::warning(title)
                .code(Code::MissingEnvFile)
                .help("its variables are left out");
            let warning = loader.journal.point(warning, path.origin, "");
            loader.journal.warn(warning);
        }
        return Ok(None);
    }
    if let Some(format) = file.get("format")
        && !matches!(format.as_str(), Some("raw" | ""))
    {
        let title = format!("env_file: unknown format \"{}\"", format.as_str().unwrap_or_default());
        let diagnostic = loader.journal.point(Diagnostic::error(title), format.origin, "");
        return Err(diagnostic.help("write `format: raw`, or leave it out").into());
    }
    Ok(Some((path.origin, loader.read_env(text, Some(path.origin))?)))
}

fn refuse(
    source: &Arc<Source>,
    errors: &[dotenv::DotenvError],
    at: Origin,
    loader: &Loader,
) -> Refusal {
    let named = loader.journal.place(at.place);
    let told = errors.iter().map(|error| {
        let diagnostic = variables::refuse(source, error);
        match &named {
            Some(named) => diagnostic.note(format!("named at {named}")),
            None => diagnostic,
        }
    });
    Refusal(told.collect())
}

/// What env files say, the later over the earlier.
#[derive(Default)]
struct Entries {
    order: thin_vec::ThinVec<(Key, Node)>,
    index: HashMap<String, usize>,
}

impl Entries {
    fn get(&self, name: &str) -> Option<String> {
        let at = *self.index.get(name)?;
        self.order[at].1.as_str().map(str::to_owned)
    }

    fn add(
        &mut self,
        entries: Vec<dotenv::Entry>,
        source: &Arc<Source>,
        at: Origin,
        loader: &mut Loader,
    ) {
        variables::warn_unset(&entries, source, &mut loader.journal);
        let file = loader.journal.add_file(source);
        for entry in entries {
            let place = variables::place(file, &entry);
            let Some(value) = entry.value else { continue };
            let step = Step::Variable {
                name: entry.key.as_str().into(),
                from: VariableOrigin::EnvFile(place),
            };
            let origin = loader.journal.step(at, step);
            let key = Key { text: entry.key.as_str().into(), origin };
            let node = Node::string(value, origin);
            if let Some(&known) = self.index.get(&entry.key) {
                self.order[known] = (key, node);
            } else {
                self.index.insert(entry.key, self.order.len());
                self.order.push((key, node));
            }
        }
    }

    fn into_mapping(self) -> Mapping {
        Mapping::from_unique(self.order)
    }
}
