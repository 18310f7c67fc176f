//! What the files name by paths that lead out of a copy.
//!
//! Where the view covers the real folder (as root), `..` leads out of it to what really lies
//! there. A copy lies in the run's folder, and Compose would look beside that: there it finds copies
//! of what the files name.

use std::{fs, io::ErrorKind};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Refused, Views,
    binds::{absolute, services, text},
    copy::{self, Instead},
    view::How,
};
use crate::{
    compose::{
        self, Invocation, Project,
        journal::Origin,
        tree::{self, Mapping, Node},
    },
    diagnostic::Diagnostic,
    stack::StackError,
};

/// Puts copies of what the files name outside of the project's copy beside it. Nothing is to be
/// done where views cover the real folders.
///
/// # Errors
/// [`StackError::Beyond`] with the places that name what cannot be copied; the loader's.
pub fn bring_beside(views: &mut Views, invocation: &Invocation) -> Result<(), StackError> {
    if views.cover() {
        return Ok(());
    }
    // It is nothing where it is the working directory.
    let directory = views.locate(&Utf8Path::new(".").join(&invocation.directory));
    let view = views.all().iter().find(|view| directory.starts_with(&view.real));
    let Some(view) = view.filter(|view| view.how == How::Copy).cloned() else { return Ok(()) };
    let Some(root) = view.seen.as_str().strip_suffix(view.real.as_str()) else { return Ok(()) };
    let project = compose::load_all(invocation)?;
    let mut found = Vec::new();
    for (path, origin) in named(&project) {
        if views.seen(&path).is_some() || views.seen(&views.locate(&path)).is_some() {
            continue;
        }
        if let Err(no) = bring(views, &path, Utf8Path::new(root), &view.real) {
            found.push(refused(&project, &path, origin, &no));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(StackError::Beyond(found)) }
}

fn refused(project: &Project, path: &Utf8Path, origin: Option<Origin>, no: &Refused) -> Diagnostic {
    let title = format!(
        "{path} lies outside of the project's folder, and the run can have no copy of it: {}: {}",
        no.folder, no.why
    );
    let mut diagnostic = Diagnostic::error(title);
    if let Some(origin) = origin {
        diagnostic = project.journal.point(diagnostic, origin, "named here");
    }
    diagnostic.help("run it as root, where an overlay can be mounted; or name a smaller folder")
}

/// Copies a path to the place beside a copy that a relative path leads to. A folder that holds what
/// is copied already is filled with the rest.
fn bring(
    views: &mut Views,
    path: &Utf8Path,
    root: &Utf8Path,
    view: &Utf8Path,
) -> Result<(), Refused> {
    let refused = |why: String| Refused { folder: path.to_owned(), why };
    let place = root.join(path.as_str().trim_start_matches('/'));
    if path == view {
        return Ok(());
    }
    if view.starts_with(path) {
        let entries = path.read_dir_utf8().map_err(|why| refused(why.to_string()))?;
        for entry in entries {
            let entry = entry.map_err(|why| refused(why.to_string()))?;
            bring(views, entry.path(), root, view)?;
        }
        return Ok(());
    }
    if fs::symlink_metadata(&place).is_ok() {
        return Ok(());
    }
    let real = match path.canonicalize_utf8() {
        Ok(real) => real,
        // What is optional is missing there, too.
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(refused(why.to_string())),
    };
    let folder = place.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(|why| refused(why.to_string()))?;
    let own = views.all.iter().map(|view| view.seen.clone()).collect::<Vec<_>>();
    let instead = |path: &Utf8Path| {
        let holds_views = path != real && own.iter().any(|own| own.starts_with(path));
        if holds_views { Instead::Nothing } else { Instead::Copy }
    };
    let unreadable = copy::copy(&real, &place, &mut views.budget, &instead)
        .map_err(|no| refused(no.to_string()))?;
    match unreadable.into_iter().next() {
        None => Ok(()),
        Some(folder) => Err(Refused { folder, why: "it cannot be read".into() }),
    }
}

/// What Compose reads itself, by absolute path, with the place that names it: files of the model,
/// contexts of builds, profiles of system calls.
fn named(project: &Project) -> Vec<(Utf8PathBuf, Option<Origin>)> {
    let reads = project.journal.reads().iter();
    let mut found: Vec<_> = reads.map(|(path, at)| (absolute(project, path), *at)).collect();
    let mut add = |path: &str, node: &Node| {
        // A Git repository, an image, another service.
        let local = !path.contains("://") && path.starts_with(['/', '.']);
        if local {
            found.push((absolute(project, path), Some(node.origin)));
        }
    };
    for (_, service) in services(project) {
        if let Some(context) = service.at(&["build", "context"]) {
            let folder = context.as_str().unwrap_or_default();
            add(folder, context);
            if let Some(file) = text(service, &["build", "dockerfile"])
                && folder.starts_with('/')
            {
                add(Utf8Path::new(folder).join(file).as_str(), context);
            }
        }
        let more = service.at(&["build", "additional_contexts"]).and_then(Node::as_mapping);
        for (_, context) in more.into_iter().flat_map(Mapping::iter) {
            add(context.as_str().unwrap_or_default(), context);
        }
        for key in ["env_file", "label_file"] {
            for file in service.get(key).and_then(Node::as_sequence).unwrap_or_default() {
                let path = text(file, &["path"]).or_else(|| file.as_str());
                add(path.unwrap_or_default(), file);
            }
        }
        for option in service.get("security_opt").and_then(Node::as_sequence).unwrap_or_default() {
            let tree::Value::String(words) = &option.value else { continue };
            let file = words.strip_prefix("seccomp").and_then(|rest| rest.strip_prefix([':', '=']));
            add(file.unwrap_or_default(), option);
        }
    }
    found
}
