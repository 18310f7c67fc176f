//! A project, loaded as far as it can be.
//!
//! Lint runs where nothing is set up: an env file that is not there is left out, and a
//! variable without a value that keeps the loader from loading gets a placeholder. Both
//! are told as notes. Every profile is enabled, so that every service is judged.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{discover::Plan, placeholder};
use crate::{
    compose::{
        self, Project,
        journal::Refusal,
        project::{self, Depth, Loaded},
        request::Request,
    },
    diagnostic::Diagnostic,
    source::Source,
    words,
};

/// Variables of the process that say which project is meant: here the arguments do.
const NOT_ASKED: &[&str] = &[
    "COMPOSE_FILE",
    "COMPOSE_PATH_SEPARATOR",
    "COMPOSE_PROFILES",
    "COMPOSE_PROJECT_NAME",
    "COMPOSE_ENV_FILES",
    "COMPOSE_DISABLE_ENV_FILE",
];

/// What came of loading.
pub struct Read {
    /// What was loaded in the end.
    pub plan: Plan,
    /// The project; of one that Compose refuses, as much as fits.
    pub project: Option<Project>,
    /// Why Compose refuses it.
    pub refusal: Option<Refusal>,
    /// What was taken for granted.
    pub notes: Vec<Diagnostic>,
}

/// Loads a project; a file that makes sense only by itself is then judged by itself. What
/// Compose refuses is told, and as much of it as fits is judged all the same.
pub fn load(plan: &Plan, here: &Utf8Path) -> Read {
    let (project, notes) = load_one(plan, here, false);
    let refusal = match project {
        Ok(project) => {
            return Read { plan: plan.clone(), project: Some(project), refusal: None, notes };
        }
        Err(refusal) => refusal,
    };
    if let Some(alone) = plan.last_alone(here)
        && let (Ok(project), notes) = load_one(&alone, here, false)
    {
        return Read { plan: alone, project: Some(project), refusal: None, notes };
    }
    let (project, more) = load_one(plan, here, true);
    let notes = if project.is_ok() { more } else { notes };
    Read { plan: plan.clone(), project: project.ok(), refusal: Some(refusal), notes }
}

fn load_one(
    plan: &Plan,
    here: &Utf8Path,
    tolerant: bool,
) -> (Result<Project, Refusal>, Vec<Diagnostic>) {
    let mut notes = Vec::new();
    let mut request = request(plan, here, &mut notes);
    request.tolerant = tolerant;
    let mut loaded = attempt(&mut request, plan);
    if loaded.is_err() && plan.profiles.is_none() {
        // Services of different profiles may exclude each other.
        let mut without = request.clone();
        without.profiles.clear();
        let again = attempt(&mut without, plan);
        if again.is_ok() {
            loaded = again;
            request = without;
            let title = format!("{}: services with a profile are not judged", plan.name);
            let help = "the files cannot be loaded with every profile enabled: see `seaworthy config --profile '*'`";
            notes.push(Diagnostic::warning(title).help(help));
        }
    }
    if loaded.is_ok() && !request.placeholders.is_empty() {
        let names = words::quoted_list(request.placeholders.keys().map(String::as_str));
        let title = format!("{}: placeholders stand for the variables {names}", plan.name);
        let help = "set them in the environment or in `.env` to judge the real values";
        notes.push(Diagnostic::warning(title).help(help));
    }
    let project = loaded.map(|loaded| {
        let missing = loaded.journal.warnings().iter();
        notes.extend(missing.filter(|warning| warning.title.starts_with("the env file")).cloned());
        Project::from(loaded)
    });
    (project, notes)
}

fn request(plan: &Plan, here: &Utf8Path, notes: &mut Vec<Diagnostic>) -> Request {
    let mut request = compose::request_from(here);
    for name in NOT_ASKED {
        request.environment.remove(*name);
    }
    let strings = |paths: &[Utf8PathBuf]| paths.iter().map(ToString::to_string).collect();
    request.files = strings(&plan.files);
    let (there, missing): (Vec<Utf8PathBuf>, Vec<Utf8PathBuf>) =
        plan.env_files.iter().cloned().partition(|file| file.is_file());
    for file in missing {
        let title = format!("{}: the env file {file} is not there", plan.name);
        notes.push(Diagnostic::warning(title).help("its variables are left out"));
    }
    request.env_files = strings(&there);
    request.project_directory = plan.directory.as_ref().map(ToString::to_string);
    request.profiles = plan.profiles.clone().unwrap_or_else(|| vec!["*".into()]);
    request.without_missing_env_files = true;
    request
}

/// Loads; where variables without a value stand in the way, first the required ones get
/// a placeholder, then all of them.
fn attempt(request: &mut Request, plan: &Plan) -> Result<Loaded, Refusal> {
    let mut sources: Vec<Arc<Source>> = Vec::new();
    let mut every = false;
    // What all placeholders together cannot mend was not about variables.
    let mut first = None;
    loop {
        let refusal = match project::load(request, Depth::Whole) {
            Ok(loaded) => return Ok(loaded),
            Err(refusal) => refusal,
        };
        if sources.is_empty() {
            sources.extend(plan.files.iter().filter_map(|file| Source::read(file).ok()));
        }
        // Files that are included or extended show up where they are refused.
        let refused = refusal.0.iter().flat_map(|diagnostic| &diagnostic.labels);
        let new: Vec<_> = refused
            .map(|label| &label.source)
            .filter(|source| !sources.iter().any(|known| known.text() == source.text()))
            .cloned()
            .collect();
        sources.extend(new);
        let known = request.placeholders.len();
        loop {
            for (name, value) in placeholder::wanted(&sources, every, request) {
                request.placeholders.insert(name, value);
            }
            if request.placeholders.len() > known || every {
                break;
            }
            every = true;
        }
        if request.placeholders.len() == known {
            return Err(first.unwrap_or(refusal));
        }
        if every {
            first.get_or_insert(refusal);
        }
    }
}
