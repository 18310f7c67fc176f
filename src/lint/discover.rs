//! Which projects are meant: by files, by folders, or by `seaworthy.yaml`.

use std::{fs, io, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    fragments, parts,
    settings::{self, STANDARD_INPUT, Settings},
};
use crate::{
    compose::request::{FILES, OVERRIDES},
    config::Config,
    diagnostic::{Diagnostic, Label},
    findings::seen_from,
    plain,
};

/// A project to judge.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that is known of it")]
pub struct Plan {
    /// How people call it.
    pub name: String,
    /// Its Compose files, absolute, in the order in which they are merged.
    pub files: Vec<Utf8PathBuf>,
    /// Its env files, absolute; none means its `.env`.
    pub env_files: Vec<Utf8PathBuf>,
    /// Where a configuration names these files; absolute.
    pub named_at: Vec<(Utf8PathBuf, Label)>,
    /// The profiles that are enabled; none means all.
    pub profiles: Option<Vec<String>>,
    /// The project's folder, absolute; none means that of the first file.
    pub directory: Option<Utf8PathBuf>,
    /// Whether the last file may be a project of its own.
    pub variant: bool,
    /// The folder of the configuration that names it; none means that the user does.
    pub home: Option<Utf8PathBuf>,
    /// Whether a command of the configuration makes files before anything starts.
    pub prepared: bool,
    /// Whether its files are said to belong together: on the command line, in a configuration, or
    /// by `COMPOSE_FILE`. Nothing is laid over or below them then.
    pub said: bool,
    /// Whether it was found by a search, so that nobody has said that it is a project.
    pub found: bool,
    /// The project that includes or extends its files, if there is one.
    pub part_of: Option<String>,
    /// The Compose files that were named or found with it.
    pub around: Arc<[Utf8PathBuf]>,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Discovered {
    /// The projects, in their order.
    pub plans: Vec<Plan>,
    /// Folders that could not be looked into, absolute, each with what is to be told of it.
    pub unread: Vec<(Utf8PathBuf, Diagnostic)>,
}

/// Folders that hold what others made.
const SKIPPED: &[&str] = &[".git", ".hg", ".svn", ".venv", "node_modules", "target", "vendor"];

impl Plan {
    fn new(files: Vec<Utf8PathBuf>, variant: bool, here: &Utf8Path) -> Self {
        // What lies elsewhere is called by its whole path.
        let whole = |file: &Utf8PathBuf| file.strip_prefix(here).unwrap_or(file).to_string();
        let first = files.first().map_or_else(String::new, whole);
        let folder = files.first().and_then(|file| file.parent());
        let others = files.iter().skip(1).map(|file| match file.file_name() {
            Some(name) if file.parent() == folder => name.to_owned(),
            _ => whole(file),
        });
        let name = std::iter::once(first).chain(others).collect::<Vec<_>>().join(" + ");
        Self {
            name,
            files,
            env_files: settings::env_files(here),
            named_at: Vec::new(),
            profiles: None,
            directory: None,
            variant,
            home: None,
            prepared: false,
            said: false,
            found: false,
            part_of: None,
            around: Arc::default(),
        }
    }

    /// A project whose files are said to belong together, called in a folder.
    #[must_use]
    pub fn said(files: Vec<Utf8PathBuf>, folder: &Utf8Path, here: &Utf8Path) -> Self {
        let mut plan = Self { said: true, ..Self::new(files, false, here) };
        if plan.env_files.is_empty() {
            plan.env_files = settings::env_files_of(folder, &plan.files);
        }
        plan
    }

    /// The same, where something names its files.
    #[must_use]
    pub fn named_at(mut self, at: Option<&Label>) -> Self {
        if let Some(at) = at {
            let files = self.files.iter().map(|file| (file.clone(), at.clone()));
            self.named_at.extend(files);
        }
        self
    }

    /// A project whose files are named one by one.
    #[must_use]
    pub fn named(files: Vec<Utf8PathBuf>, here: &Utf8Path) -> Self {
        Self { said: true, ..Self::new(files, false, here) }
    }

    /// The same with other files, of which the last is the plan's own.
    #[must_use]
    pub fn over(&self, files: Vec<Utf8PathBuf>, here: &Utf8Path) -> Self {
        let Self { name, files, .. } = Self::new(files, true, here);
        Self { name, files, variant: true, ..self.clone() }
    }

    /// The files that it is about: of a variant, what is laid over the base.
    #[must_use]
    pub fn own(&self) -> &[Utf8PathBuf] {
        let from = if self.variant { self.files.len().saturating_sub(1) } else { 0 };
        &self.files[from..]
    }

    /// The project's folder.
    #[must_use]
    pub fn folder(&self) -> Utf8PathBuf {
        let first = self.files.first().and_then(|file| file.parent());
        self.directory.as_deref().or(first).unwrap_or(Utf8Path::new(".")).to_owned()
    }

    /// The last file as a project of its own, if it may be one.
    #[must_use]
    pub fn last_alone(&self, here: &Utf8Path) -> Option<Self> {
        let last = self.files.last().filter(|_| self.variant && self.files.len() > 1)?;
        let Self { name, files, .. } = Self::new(vec![last.clone()], false, here);
        Some(Self { name, files, variant: false, ..self.clone() })
    }
}

/// The projects of a configuration: its environments.
#[must_use]
pub fn configured(config: &Config, here: &Utf8Path) -> Vec<Plan> {
    let absolute = |file: &Utf8PathBuf| clean(&here.join(config.path(file)));
    let plan = |(name, environment): (&String, &crate::config::Environment)| Plan {
        name: name.clone(),
        files: environment.files.iter().map(absolute).collect(),
        env_files: environment.env_files.iter().map(absolute).collect(),
        named_at: environment
            .named_at
            .iter()
            .map(|(file, at)| (absolute(file), at.clone()))
            .collect(),
        profiles: Some(environment.profiles.clone()),
        directory: environment.project_directory.as_ref().map(absolute),
        variant: false,
        home: Some(clean(&here.join(&config.root))),
        prepared: environment.prepare.is_some(),
        said: true,
        found: false,
        part_of: None,
        around: Arc::default(),
    };
    config.environments.iter().map(plan).collect()
}

/// The projects that files and folders stand for, in their order.
///
/// # Errors
/// A [`Diagnostic`] for what is not there or cannot be read, and for a folder without a Compose file.
pub fn discover(arguments: &[Utf8PathBuf], here: &Utf8Path) -> Result<Discovered, Box<Diagnostic>> {
    let mut unread: Vec<(Utf8PathBuf, Diagnostic)> = Vec::new();
    let mut plans: Vec<Plan> = Vec::new();
    let mut add = |plan: Plan| {
        if !plans.iter().any(|known| known.files == plan.files) {
            plans.push(plan);
        }
    };
    let mut files: Vec<Utf8PathBuf> = Vec::new();
    for argument in arguments {
        if argument == STANDARD_INPUT {
            add(Plan::named(vec![argument.clone()], here));
            continue;
        }
        let path = clean(&here.join(argument));
        let found = fs::metadata(&path).map_err(|why| Box::new(unreadable(argument, &why)))?;
        if found.is_dir() {
            let mut search = Search { here, plans: Vec::new(), unread: Vec::new() };
            search.walk(&path).map_err(|why| Box::new(unreadable(argument, &why)))?;
            let below = search.plans;
            unread.extend(search.unread);
            if below.is_empty() && unread.is_empty() {
                let title = format!("no Compose file in {argument} or below it");
                let help = format!("name the file, or call it one of {}", FILES.join(", "));
                return Err(Box::new(Diagnostic::error(title).help(help)));
            }
            below.into_iter().for_each(&mut add);
        } else if !files.contains(&path) {
            files.push(path);
        }
    }
    // A file that overrides another of those named belongs to it.
    let is_override = |file: &Utf8Path| OVERRIDES.contains(&file.file_name().unwrap_or_default());
    let is_base = |file: &Utf8Path| FILES.contains(&file.file_name().unwrap_or_default());
    let beside = |a: &Utf8Path, b: &Utf8Path| a.parent() == b.parent();
    let mut taken: Vec<Utf8PathBuf> = Vec::new();
    for file in &files {
        if is_override(file) && files.iter().any(|base| is_base(base) && beside(base, file)) {
            continue;
        }
        let mut project = vec![file.clone()];
        if is_base(file) {
            let over = files
                .iter()
                .find(|over| is_override(over) && beside(over, file) && !taken.contains(over));
            project.extend(over.cloned());
            taken.extend(over.cloned());
        }
        add(Plan::new(project, false, here));
    }
    for rest in files.iter().filter(|file| is_override(file) && !taken.contains(file)) {
        add(Plan::new(vec![rest.clone()], false, here));
    }
    let mut around: Vec<Utf8PathBuf> = plans.iter().flat_map(|plan| plan.files.clone()).collect();
    around.sort();
    around.dedup();
    let around: Arc<[Utf8PathBuf]> = around.into();
    for plan in &mut plans {
        plan.around = Arc::clone(&around);
    }
    unread.sort_by(|(one, _), (other, _)| one.cmp(other));
    unread.dedup_by(|(one, _), (other, _)| one == other);
    Ok(Discovered { plans: parts::without_parts(plans), unread })
}

fn unreadable(path: &Utf8Path, why: &io::Error) -> Diagnostic {
    let title = format!("cannot read {path}: {why}");
    Diagnostic::error(title).help("name Compose files, or folders that hold some")
}

/// A search for projects.
struct Search<'a> {
    here: &'a Utf8Path,
    plans: Vec<Plan>,
    unread: Vec<(Utf8PathBuf, Diagnostic)>,
}

impl Search<'_> {
    /// Adds the projects in a folder and below it, by path. A file that cannot be read is a project
    /// of its own: it is told as what cannot be loaded, and takes no other file with it.
    fn walk(&mut self, folder: &Utf8Path) -> io::Result<()> {
        let mut names = Vec::new();
        let mut unreadable = Vec::new();
        let mut folders = Vec::new();
        let mut env_file = false;
        let all_are_parts = folder.file_name().is_some_and(fragments::is_folder_of_parts);
        for entry in fs::read_dir(folder)? {
            let entry = match entry {
                Ok(entry) => entry,
                Err(why) => {
                    self.cannot_look_into(folder.to_owned(), &why.to_string());
                    break;
                }
            };
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let name = match entry.file_name().into_string() {
                Ok(name) => name,
                // No name of a Compose file is like that.
                Err(name) => {
                    if is_folder {
                        let shown = folder.join(name.to_string_lossy().as_ref());
                        self.cannot_look_into(shown, "its name is not UTF-8");
                    }
                    continue;
                }
            };
            let may_be_one = is_compose(&name) || !is_folder && all_are_parts && is_yaml(&name);
            if name == ".env" && !is_folder {
                env_file = true;
            } else if may_be_one && plain::open(&folder.join(&name)).is_ok() {
                names.push(name);
                continue;
            } else if may_be_one {
                unreadable.push(name.clone());
            }
            if is_folder && !SKIPPED.contains(&name.as_str()) {
                folders.push(name);
            }
        }
        names.sort_unstable();
        unreadable.sort_unstable();
        folders.sort_unstable();
        let settings = env_file.then(|| Settings::of(&[folder.join(".env")]));
        let said = settings
            .and_then(|said| Some((said.files_in(folder)?, said.files_named_at(self.here))));
        let known = self.plans.len();
        in_folder(folder, &names, said, self.here, &mut self.plans);
        for file in unreadable.iter().map(|name| folder.join(name)) {
            if !self.plans[known..].iter().any(|plan| plan.files.contains(&file)) {
                self.plans.push(Plan { found: true, ..Plan::new(vec![file], false, self.here) });
            }
        }
        for name in folders {
            let below = folder.join(name);
            if let Err(why) = self.walk(&below) {
                self.cannot_look_into(below, &why.to_string());
            }
        }
        Ok(())
    }

    fn cannot_look_into(&mut self, folder: Utf8PathBuf, why: &str) {
        let shown = folder.strip_prefix(self.here).unwrap_or(&folder);
        let note = Diagnostic::warning(format!("cannot look into {shown}: {why}"))
            .help("projects in it are not judged; what is none of yours goes below `lint.exclude`");
        self.unread.push((folder, note));
    }
}

/// `compose.yaml` and its like, `compose.prod.yaml` and its like.
fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        let rest = stem.strip_prefix("docker-compose").or_else(|| stem.strip_prefix("compose"));
        rest.is_some_and(|rest| rest.is_empty() || rest.len() > 1 && rest.starts_with('.'))
    })
}

fn is_yaml(name: &str) -> bool {
    matches!(Utf8Path::new(name).extension(), Some("yaml" | "yml"))
}

/// Whether Compose looks for a file of this name.
#[must_use]
pub fn has_default_name(file: &Utf8Path) -> bool {
    file.file_name().is_some_and(|name| FILES.contains(&name))
}

/// The projects of a folder; first what its `.env` says is one.
fn in_folder(
    folder: &Utf8Path,
    names: &[String],
    said: Option<(Vec<Utf8PathBuf>, Option<Label>)>,
    here: &Utf8Path,
    plans: &mut Vec<Plan>,
) {
    let said = said.filter(|(files, _)| files.iter().all(|file| file != STANDARD_INPUT));
    let covered = said.as_ref().map_or_else(Vec::new, |(files, _)| files.clone());
    let is_covered = |name: &str| covered.contains(&folder.join(name));
    if let Some((files, at)) = said {
        let plan = Plan::said(files, folder, here).named_at(at.as_ref());
        plans.push(Plan { found: true, ..plan });
    }
    let there = |known: &'static [&'static str]| {
        known.iter().copied().filter(|name| names.iter().any(|one| one == name))
    };
    let base = there(FILES).next();
    let over = there(OVERRIDES).next().filter(|_| base.is_some());
    if let Some(base) = base.filter(|base| !is_covered(base)) {
        let files = std::iter::once(base).chain(over).map(|name| folder.join(name)).collect();
        plans.push(Plan { found: true, ..Plan::new(files, false, here) });
    }
    for name in names.iter().map(String::as_str) {
        let in_base =
            Some(name) == base || Some(name) == over && base.is_some_and(|base| !is_covered(base));
        if in_base || is_covered(name) {
            continue;
        }
        let beside = base.filter(|_| !FILES.contains(&name));
        let files = beside.into_iter().chain([name]).map(|name| folder.join(name)).collect();
        plans.push(Plan { found: true, ..Plan::new(files, beside.is_some(), here) });
    }
}

/// A path without `.` and `..`.
#[must_use]
pub fn clean(path: &Utf8Path) -> Utf8PathBuf {
    Utf8Path::new("/").join(seen_from(path, "/".into())).components().fold(
        Utf8PathBuf::new(),
        |mut cleaned, part| {
            match part {
                camino::Utf8Component::ParentDir => {
                    cleaned.pop();
                }
                camino::Utf8Component::CurDir => {}
                part => cleaned.push(part),
            }
            cleaned
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str], arguments: &[&str]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        for file in files {
            let path = here.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "services: {}\n").expect("a file");
        }
        let arguments: Vec<Utf8PathBuf> = arguments.iter().map(Into::into).collect();
        let found = discover(&arguments, here).map_err(|why| why.title)?;
        Ok(found.plans.into_iter().map(|plan| plan.name).collect())
    }

    #[test]
    fn a_folder_holds_projects_by_their_names() {
        let files = [
            "compose.yaml",
            "compose.override.yml",
            "compose.prod.yaml",
            "docker-compose.yml",
            "b/docker-compose.test.yml",
            "a/docker-compose.yaml",
            "node_modules/x/compose.yaml",
            "composer.yaml",
            "compose..yaml.txt",
        ];
        let found = names(&files, &["."]).expect("projects");
        assert_eq!(
            found,
            [
                "compose.yaml + compose.override.yml",
                "compose.yaml + compose.prod.yaml",
                "docker-compose.yml",
                "a/docker-compose.yaml",
                "b/docker-compose.test.yml",
            ]
        );
    }

    #[test]
    fn files_are_projects_of_their_own_unless_they_override() {
        let files = ["compose.yaml", "compose.override.yaml", "other.yml"];
        let all = ["other.yml", "compose.override.yaml", "./compose.yaml", "other.yml"];
        let found = names(&files, &all).expect("projects");
        assert_eq!(found, ["other.yml", "compose.yaml + compose.override.yaml"]);
        assert_eq!(names(&files, &["compose.override.yaml"]).expect("one").len(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_looked_into_is_told_and_the_search_goes_on() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
        let folder = tempfile::tempdir().expect("a folder");
        let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs::create_dir(folder.path().join(OsStr::from_bytes(b"a\xff"))).expect("a folder");
        fs::create_dir(here.join("b")).expect("a folder");
        fs::write(here.join("b/compose.yaml"), "services: {}\n").expect("a file");
        let found = discover(&[".".into()], here).expect("a project");
        assert_eq!(found.plans.len(), 1);
        let told: Vec<&str> = found.unread.iter().map(|(_, note)| note.title.as_str()).collect();
        assert_eq!(told, ["cannot look into a\u{fffd}: its name is not UTF-8"]);
        let mut search = Search { here, plans: Vec::new(), unread: Vec::new() };
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        search.cannot_look_into(here.join("c"), &denied.to_string());
        assert_eq!(search.unread[0].1.title, "cannot look into c: permission denied");
        assert!(search.walk(&here.join("gone")).is_err(), "whoever asked tells it");
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert!(names(&[], &["no.yml"]).expect_err("no file").starts_with("cannot read no.yml"));
        assert_eq!(
            names(&["x.txt"], &["."]).expect_err("none"),
            "no Compose file in . or below it"
        );
    }
}
