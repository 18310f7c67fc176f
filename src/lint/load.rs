//! A project, loaded as far as it can be.
//!
//! Lint runs where nothing is set up: an env file that is not there is left out, and a
//! variable without a value that keeps the loader from loading gets a placeholder. Both
//! are told as notes. Every profile is enabled, so that every service is judged, unless
//! `COMPOSE_PROFILES` says which.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    discover::{self, Plan},
    fragments, placeholder,
    settings::{STANDARD_INPUT, Settings},
};
use crate::{
    compose::{
        self, Project,
        journal::Refusal,
        project::{self, Depth, Loaded},
        request::Request,
    },
    diagnostic::{Code, Diagnostic},
    outside::Bounds,
    plain,
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

/// The profile that stands for all.
const EVERY: &str = "*";

/// How many files are laid below one that lacks what they bring.
const MOST_GATHERED: usize = 4;

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

/// Loads a project; a file that makes sense only by itself is then judged by itself, and one that
/// makes none with the base it fits. What Compose refuses is told, and as much of it as fits is
/// judged all the same.
pub fn load(plan: &Plan, here: &Utf8Path) -> Read {
    let (project, notes) = load_one(plan, here, false);
    let refusal = match project {
        Ok(project) => return read(plan, project, notes),
        Err(refusal) => refusal,
    };
    let mut refusal = refusal;
    let mut plan = plan.clone();
    if let Some(alone) = plan.last_alone(here)
        && let (Ok(project), notes) = load_one(&alone, here, false)
    {
        return read(&alone, project, notes);
    }
    if let [own] = &plan.files[..]
        && plan.found
        && !discover::has_default_name(own)
        && fragments::is_blank(own)
    {
        let notes = vec![fragments::blank_note(&plan)];
        return Read { plan, project: None, refusal: None, notes };
    }
    let mut told = None;
    if plan.found {
        let (placeholders, others) = fragments::of_templates(refusal);
        refusal = others;
        told = placeholders.into_iter().next().map(|one| fragments::template_note(&plan, one));
    }
    if fragments::may_be_one(&plan) && fragments::is_want(&refusal) {
        if let Some(found) = completed(&plan, &refusal, here) {
            return found;
        }
        let options = fragments::options(&plan, &refusal, here);
        for over in &options.tried {
            let lacks = match load_one(over, here, false) {
                (Ok(project), notes) => return read(over, project, notes),
                (Err(refusal), _) => refusal,
            };
            if fragments::is_want(&lacks)
                && let Some(found) = completed(over, &lacks, here)
            {
                return found;
            }
        }
        if let Some(found) = gathered(&plan, &refusal, here) {
            return found;
        }
        let looks_like_one = fragments::looks_like_one(&plan);
        match options.meant.clone() {
            _ if !looks_like_one => {}
            Some(meant) if plan.part_of.is_none() => {
                if meant.files != plan.files
                    && let (Err(of_both), _) = load_one(&meant, here, false)
                {
                    refusal = of_both;
                }
                plan = meant;
            }
            // Whoever names a file says that it is a project.
            _ if plan.found => {
                let why = std::mem::replace(&mut refusal, Refusal(Vec::new()));
                told = Some(fragments::note(&plan, &options, why, here));
            }
            _ => {}
        }
    }
    let (project, more) = load_one(&plan, here, true);
    let mut notes = if project.is_ok() { more } else { notes };
    notes.extend(told);
    let refusal = Some(refusal).filter(|refusal| !refusal.0.is_empty());
    Read { plan, project: project.ok(), refusal, notes }
}

/// A file by the name of a project that is laid over others, with the files that bring what it lacks.
/// What can be loaded by itself is a project that has services of the same name, and is none of them.
fn gathered(plan: &Plan, refusal: &Refusal, here: &Utf8Path) -> Option<Read> {
    if !fragments::may_be_laid_over(plan, refusal) {
        return None;
    }
    let (mut above, mut beside) = (Vec::new(), Vec::new());
    let mut lacks = refusal.clone();
    for _ in 0..MOST_GATHERED {
        let files: Vec<Utf8PathBuf> = above.iter().chain(&beside).cloned().collect();
        let mut bringing = fragments::bringing(plan, &files, &lacks).into_iter();
        let (file, lies_above) = bringing.find(|(file, lies_above)| {
            let alone = plan.over(vec![file.clone()], here);
            *lies_above
                || !discover::has_default_name(file)
                || load_one(&alone, here, false).0.is_err()
        })?;
        if lies_above { &mut above } else { &mut beside }.push(file);
        let files = above.iter().chain(&beside).chain(&plan.files).cloned().collect();
        let over = plan.over(files, here);
        lacks = match load_one(&over, here, false) {
            (Ok(project), notes) => return Some(read(&over, project, notes)),
            (Err(refusal), _) => refusal,
        };
        if !fragments::is_want(&lacks) {
            return None;
        }
    }
    None
}

/// A project with the file that brings what it lacks.
fn completed(plan: &Plan, refusal: &Refusal, here: &Utf8Path) -> Option<Read> {
    for with in fragments::completed(plan, refusal, here) {
        if let (Ok(project), mut notes) = load_one(&with, here, false) {
            notes.extend(fragments::sample_note(plan, &with));
            return Some(read(&with, project, notes));
        }
    }
    for with in fragments::completing(plan, refusal, here) {
        if let (Ok(_), _) = load_one(&with, here, false) {
            let notes = vec![fragments::base_note(plan, &with)];
            return Some(Read { plan: plan.clone(), project: None, refusal: None, notes });
        }
    }
    None
}

fn read(plan: &Plan, project: Project, notes: Vec<Diagnostic>) -> Read {
    Read { plan: plan.clone(), project: Some(project), refusal: None, notes }
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
    if loaded.is_err() && request.profiles == [EVERY] {
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
        notes.extend(not_enabled(plan, &request, &loaded));
        let missing = loaded.journal.warnings().iter();
        let told = [Some(Code::MissingEnvFile), Some(Code::MissingFolder)];
        notes.extend(missing.filter(|warning| told.contains(&warning.code)).cloned());
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
        let mut note = Diagnostic::warning(title).help("its variables are left out");
        let named_at = plan.named_at.iter().find(|(named, _)| *named == file);
        note.labels.extend(named_at.map(|(_, at)| at.clone()));
        notes.push(note);
    }
    request.env_files = strings(&there);
    let named_at = plan.named_at.iter();
    request.named_at = named_at.map(|(file, at)| (file.to_string(), at.clone())).collect();
    request.project_directory = plan.directory.as_ref().map(ToString::to_string);
    request.profiles = match &plan.profiles {
        Some(profiles) => profiles.clone(),
        None => profiles_said(plan).unwrap_or_else(|| vec![EVERY.into()]),
    };
    request.without_missing_env_files = true;
    request.home = plan.home.as_ref().map(ToString::to_string);
    if plan.home.is_none() {
        request.named.clone_from(&request.files);
    }
    request
}

/// The profiles that `COMPOSE_PROFILES` enables.
fn profiles_said(plan: &Plan) -> Option<Vec<String>> {
    if plan.env_files.is_empty() {
        return Settings::of(&[plan.folder().join(".env")]).profiles();
    }
    Settings::of(&plan.env_files).profiles()
}

/// What is left out because `COMPOSE_PROFILES` enables other profiles.
fn not_enabled(plan: &Plan, request: &Request, loaded: &Loaded) -> Option<Diagnostic> {
    if plan.profiles.is_some() || request.profiles.is_empty() || loaded.disabled.is_empty() {
        return None;
    }
    let names = loaded.disabled.iter().filter(|(key, _)| !loaded.journal.is_outside(key.origin));
    let names = words::quoted_list(names.map(|(key, _)| &*key.text));
    let enabled = words::quoted_list(request.profiles.iter().map(String::as_str));
    let title = format!(
        "{}: COMPOSE_PROFILES enables {enabled}, so that services of other profiles are not judged: {names}",
        plan.name
    );
    Some(Diagnostic::warning(title).help("`--profile '*'` enables all of them"))
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
            let read = |file: &Utf8PathBuf| {
                if file == STANDARD_INPUT {
                    let text = plain::standard_input().ok()?;
                    return Some(Source::new(STANDARD_INPUT, String::from_utf8_lossy(text)));
                }
                Bounds::around(file.parent()?).read(file).ok()
            };
            sources.extend(plan.files.iter().filter_map(read));
        }
        // Files that are included or extended show up where they are refused.
        let refused = refusal.0.iter().flat_map(|diagnostic| &diagnostic.labels);
        let new: Vec<_> = refused
            .map(|label| &label.source)
            // The variables of a file outside the repository are not named.
            .filter(|source| !source.is_outside())
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
            // What is wanting with every placeholder may stand in another file.
            let is_want = fragments::is_want(&refusal);
            let first = first.filter(|first| !is_want || fragments::is_want(first));
            return Err(first.unwrap_or(refusal));
        }
        if every {
            first.get_or_insert(refusal);
        }
    }
}
