//! Phase: `include` brings in what other projects declare.
//!
//! The Compose specification, section Include. Each entry is a project of its
//! own, with its own folder, env files and overrides; what it declares may not
//! conflict with what is here.

use std::sync::Arc;

use super::{
    journal::{Origin, Refusal, Step},
    load::{Loader, Scope},
    refused::Refused,
    relative::absolute,
    tree::{Mapping, Node, Value},
    values::path,
};
use crate::{
    diagnostic::{Code, Diagnostic},
    source::Source,
};

/// The sections that are brought in.
const SECTIONS: &[&str] = &["services", "volumes", "networks", "secrets", "configs", "models"];

/// An entry of `include`.
struct Entry {
    paths: Vec<(String, Origin)>,
    project_directory: Option<(String, Origin)>,
    env_files: Vec<(String, Origin)>,
    origin: Origin,
}

/// Applies `include` to a document and takes the key out of it.
///
/// # Errors
/// A [`Refusal`] for an entry that cannot be read, a cycle, or a conflict.
pub fn apply(
    document: &mut Mapping,
    loader: &mut Loader,
    scope: &Scope,
    included: &[String],
) -> Result<(), Refusal> {
    let Some(include) = document.remove("include") else { return Ok(()) };
    if include.is_null() {
        return Ok(());
    }
    let Value::Sequence(items) = include.value else {
        let title = format!("include must be a list, found {}", include.value.kind());
        let diagnostic = loader.journal.point(Diagnostic::error(title), include.origin, "");
        return Err(diagnostic.help("write one entry a line, each with a dash").into());
    };
    let mut refused = Refused::default();
    for item in &items {
        if refused.is_enough() {
            break;
        }
        let Some(entry) = refused.note(entry(item, loader)) else { continue };
        let Some(mut imported) = refused.note(load(&entry, loader, scope, included)) else {
            continue;
        };
        loader.journal.step_all(&mut imported, &Step::Include { at: entry.origin.place });
        if let Value::Mapping(imported) = imported.value {
            refused.note(import(document, imported, loader));
        }
    }
    refused.end()
}

fn entry(item: &Node, loader: &Loader) -> Result<Entry, Refusal> {
    let origin = item.origin;
    if let Some(path) = item.as_str() {
        return Ok(Entry {
            paths: vec![(path.into(), origin)],
            project_directory: None,
            env_files: Vec::new(),
            origin,
        });
    }
    if item.is_null() {
        // As Compose does: an entry that names nothing brings nothing.
        return Ok(Entry {
            paths: Vec::new(),
            project_directory: None,
            env_files: Vec::new(),
            origin,
        });
    }
    let refuse = |title: String, origin| {
        let diagnostic = loader.journal.point(Diagnostic::error(title), origin, "");
        Refusal::from(
            diagnostic.help("write a path, or `path`, `project_directory` and `env_file`"),
        )
    };
    let Some(mapping) = item.as_mapping() else {
        return Err(refuse(format!("include: {} is not an entry", item.value.kind()), origin));
    };
    let strings = |key: &str| -> Result<Vec<(String, Origin)>, Refusal> {
        let Some(node) = mapping.get(key).filter(|node| !node.is_null()) else {
            return Ok(Vec::new());
        };
        if let Some(text) = node.as_str() {
            return Ok(vec![(text.to_owned(), node.origin)]);
        }
        let items = node.as_sequence().unwrap_or_default();
        let texts: Option<Vec<_>> =
            items.iter().map(|item| Some((item.as_str()?.to_owned(), item.origin))).collect();
        match texts {
            Some(texts) if node.as_sequence().is_some() => Ok(texts),
            _ => Err(refuse(
                format!("include: {key} must be a string or a list of strings"),
                node.origin,
            )),
        }
    };
    let project_directory = match mapping.get("project_directory").filter(|node| !node.is_null()) {
        Some(node) => match node.as_str() {
            Some(text) => Some((text.to_owned(), node.origin)).filter(|_| !text.is_empty()),
            None => {
                return Err(refuse(
                    "include: project_directory must be a string".into(),
                    node.origin,
                ));
            }
        },
        None => None,
    };
    Ok(Entry {
        paths: strings("path")?,
        project_directory,
        env_files: strings("env_file")?,
        origin,
    })
}

fn load(
    entry: &Entry,
    loader: &mut Loader,
    scope: &Scope,
    included: &[String],
) -> Result<Node, Refusal> {
    let mut files = Vec::with_capacity(entry.paths.len());
    for (at, (text, origin)) in entry.paths.iter().enumerate() {
        loader.refuse_remote(text, *origin)?;
        let full = absolute(&scope.references, text);
        if at == 0 && included.contains(&full) {
            let names =
                included.iter().chain([&full]).map(|file| loader.shown(file)).collect::<Vec<_>>();
            let title = format!("files include each other in a circle: {}", names.join(" → "));
            let diagnostic = loader.journal.point(Diagnostic::error(title), *origin, "");
            return Err(diagnostic.help("take one `include` out of the circle").into());
        }
        files.push((full, *origin));
    }
    let folder = match (&entry.project_directory, files.first()) {
        (Some((directory, _)), _) => absolute(&scope.folder, directory),
        (None, Some((file, _))) => path::dir(file),
        (None, None) => scope.folder.clone(),
    };
    let mut env_files = Vec::new();
    if entry.env_files.is_empty() {
        let file = path::join(&folder, ".env");
        if std::fs::metadata(&*loader.read_at(&file)).is_ok_and(|found| !found.is_dir()) {
            env_files.push((file, entry.origin));
        }
    } else {
        env_files
            .extend(entry.env_files.iter().map(|(file, at)| (absolute(&scope.folder, file), *at)));
    }
    let sources: Vec<Arc<Source>> = env_files
        .iter()
        .map(|(file, at)| loader.read_env(file, Some(*at)))
        .collect::<Result<_, _>>()?;
    let mut variables = scope.variables.clone();
    variables.add_files(&sources, &mut loader.journal)?;
    // Compose takes a project directory that is not there for a file, and its folder for the paths.
    let there = std::fs::metadata(&*loader.read_at(&folder)).is_ok_and(|found| found.is_dir());
    let paths = if there { folder.clone() } else { path::dir(&folder) };
    let directory = entry.project_directory.as_ref();
    if let Some((_, at)) = directory.filter(|_| !there) {
        let title = format!("there is no folder {}", loader.shown(&folder));
        let warning = Diagnostic::warning(title).code(Code::MissingFolder).help(format!(
            "Compose lets the paths of the included files start from {} instead",
            loader.shown(&paths)
        ));
        let warning = loader.journal.point(warning, *at, "");
        loader.journal.warn(warning);
    }
    let absolute_directory = directory.is_some_and(|(directory, _)| path::is_abs(directory));
    let joined = if absolute_directory || !loader.without.path_resolution {
        paths.clone()
    } else {
        path::rel(&scope.references, &paths).unwrap_or_else(|_| paths.clone())
    };
    let scope = Scope { folder: paths, references: folder, paths: joined, variables };
    loader.model(&files, &scope, included)
}

fn import(document: &mut Mapping, imported: Mapping, loader: &Loader) -> Result<(), Refusal> {
    for (section, from) in imported {
        let Value::Mapping(from) = from.value else { continue };
        if !SECTIONS.contains(&&*section.text) {
            continue;
        }
        if document.get(&section).is_none_or(Node::is_null) {
            document
                .insert(section.clone(), Node::new(Value::Mapping(Mapping::new()), section.origin));
        }
        let Some(into) = document.get_mut(&section).and_then(Node::as_mapping_mut) else {
            continue;
        };
        into.merge_keys(from, |key, mine, other_key, theirs| {
            if mine.value.same(&theirs.value) {
                return Ok(());
            }
            let title = format!("{}.{} is declared here and in an included file, which Compose before 5.0 refuses", section.text, key.text);
            let diagnostic = loader.journal.point(Diagnostic::error(title), key.origin, "declared here");
            let diagnostic = match other_key.origin.place.file() {
                Some(file) => diagnostic.at(
                    loader.journal.file(file),
                    other_key.origin.place.span(),
                    "and in the included file",
                ),
                None => diagnostic,
            };
            Err(Refusal::from(diagnostic.help(
                "override it in a file of its own, `include: [{path: [FILE, OVERRIDE]}]`, or rename one; from 5.0 on this file may override what it includes",
            )))
        })?;
    }
    Ok(())
}
