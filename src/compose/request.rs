//! What is asked for, and what follows from it: files, folder, variables, name, profiles.
//!
//! The order of precedence is Docker Compose's: the command line, then the
//! process environment, then `.env`, then what lies in the folder.

use std::collections::BTreeMap;

use super::{
    journal::{Origin, Refusal, VariableOrigin},
    load::{File, Loader, Scope},
    relative::absolute,
    tree::{Node, Value},
    values::{number, path, project_name},
    variables::Variables,
    yaml,
};
use camino::Utf8Path;

use crate::{
    diagnostic::{Diagnostic, Label},
    outside::{self, Bounds},
};

/// The arguments of `docker compose` that say which model is meant.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The folder in which the program was called, absolute.
    pub directory: String,
    /// `-f`, in order.
    pub files: Vec<String>,
    /// `--env-file`, in order.
    pub env_files: Vec<String>,
    /// Where a configuration names these files.
    pub named_at: Vec<(String, Label)>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// `--project-directory`.
    pub project_directory: Option<String>,
    /// `-p`.
    pub project_name: Option<String>,
    /// The process environment.
    pub environment: BTreeMap<String, String>,
    /// Phases that are left out.
    pub without: Without,
    /// Keeps the networks, volumes, secrets, configs and models that no service uses: `--all-resources`.
    pub all_resources: bool,
    /// The services to keep, with what they depend on, as names or patterns of Go's `filepath.Match`; none
    /// means all that are enabled. One that is named is enabled, whatever its profiles.
    pub services: Vec<String>,
    /// What variables are taken to be that have no value.
    pub placeholders: BTreeMap<String, String>,
    /// Does without a service's env files that are not there, and warns.
    pub without_missing_env_files: bool,
    /// Leaves out what the schema does not know, and does without what is referred to and not there:
    /// for a look at a project that Compose refuses.
    pub tolerant: bool,
    /// Files that a program makes, each with the file that is read in its place; absolute.
    pub made_from: Vec<(String, String)>,
    /// Those files and env files that the user names; a configuration of the repository names the others.
    pub named: Vec<String>,
    /// A folder of the repository; none means the project's own.
    pub home: Option<String>,
    /// Folders that are read elsewhere: a folder, and where its files are read; absolute.
    pub seen_at: Vec<(String, String)>,
}

/// Phases that are left out, as the switches of `docker compose config` say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Without {
    /// `--no-interpolate`: variables stay as they are written.
    pub interpolation: bool,
    /// `--no-normalize`: nothing is added that the whole implies.
    pub normalization: bool,
    /// `--no-path-resolution`: relative paths stay relative to the project's folder.
    pub path_resolution: bool,
    /// `--no-consistency`: nobody asks whether the parts fit together.
    pub consistency: bool,
    /// `--no-env-resolution`: a service that is enabled because it is named keeps its `env_file`. The
    /// others do not, as Compose 2 reads theirs before it looks at this switch.
    pub env_resolution: bool,
}

/// What a request stands for.
pub struct Details {
    /// The files, absolute, with their text.
    pub files: Vec<File>,
    /// The folder and the variables.
    pub scope: Scope,
    /// The project's name.
    pub name: Node,
    /// The profiles that are enabled.
    pub profiles: Vec<String>,
}

/// The names that Compose looks for, in its order.
pub const FILES: &[&str] =
    &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The names that it lays over them.
pub const OVERRIDES: &[&str] = &[
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Finds out what a request stands for.
///
/// # Errors
/// A [`Refusal`] for a file that is not there or cannot be read, and for a name that cannot be one.
pub fn details(request: &Request, loader: &mut Loader) -> Result<Details, Refusal> {
    let mut variables = Variables::shell(&request.environment);
    if !request.environment.contains_key("PWD") {
        variables.set("PWD", &request.directory);
    }
    let mut finder =
        Finder { request, loader, variables, files: Vec::new(), env_files: Vec::new() };
    for file in &request.files {
        finder.loader.refuse_remote(file, Origin::IMPLIED)?;
    }
    finder.files = request.files.iter().map(|file| finder.full(file)).collect();
    finder.set_bounds(&folder(request, &finder.files));
    finder.add_env_files()?;
    finder.find_files()?;
    finder.add_env_files()?;
    let Finder { mut variables, files, .. } = finder;
    request.placeholders.iter().for_each(|(name, value)| variables.place_holder(name, value));
    if files.is_empty() {
        return Err(none_found(request).into());
    }
    let folder = folder(request, &files);
    missing_folder(request, &folder, loader)?;
    let named_at = match variables.origin("COMPOSE_FILE") {
        VariableOrigin::EnvFile(place) if request.files.is_empty() => Some(Origin::written(place)),
        _ => None,
    };
    let mut files = files
        .into_iter()
        .map(|file| match loader.read(&file, named_at) {
            Ok(source) => Ok(File::new(file, source)),
            Err(refusal) => Err(at_its_name(request, loader, &file, refusal)),
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    let name = name(request, &folder, &mut files, &variables, loader)?;
    variables.set("COMPOSE_PROJECT_NAME", name.as_str().unwrap_or_default());
    let profiles = if request.profiles.is_empty() {
        let listed = variables.get("COMPOSE_PROFILES").unwrap_or_default();
        listed.split(',').map(|profile| profile.trim().to_owned()).collect()
    } else {
        request.profiles.clone()
    };
    Ok(Details {
        files,
        scope: Scope { references: folder.clone(), paths: folder.clone(), folder, variables },
        name,
        profiles,
    })
}

/// No file is there; a link under such a name that leads nowhere is told.
fn none_found(request: &Request) -> Diagnostic {
    let title = format!("no Compose file in {} or above it", request.directory);
    let folders = Utf8Path::new(&request.directory).ancestors();
    let links = folders.flat_map(|folder| FILES.iter().map(|name| folder.join(name)));
    let links = links.filter(|file| file.is_symlink());
    let mut diagnostic = Diagnostic::error(title);
    for link in links {
        diagnostic = diagnostic.note(format!("{link} is a link to what is not there"));
    }
    diagnostic.help(format!("name one with -f, or make one of {}", FILES.join(", ")))
}

/// Refuses a project folder that a configuration names and that is not there. Compose takes any, and
/// makes paths and the project's name of it.
fn missing_folder(request: &Request, folder: &str, loader: &Loader) -> Result<(), Refusal> {
    let there = || std::fs::metadata(&*loader.read_at(folder)).is_ok_and(|found| found.is_dir());
    let full = |named: &str| path::clean(&absolute(&request.directory, named));
    let named_at = request.named_at.iter().find(|(named, _)| full(named) == folder);
    let asked = request.project_directory.as_ref().is_some_and(|asked| !asked.is_empty());
    let Some((_, at)) = named_at.filter(|_| asked && !there()) else { return Ok(()) };
    let mut diagnostic = Diagnostic::error(format!("there is no folder {}", loader.shown(folder)));
    diagnostic.labels.push(at.clone());
    Err(diagnostic.help("name the folder that relative paths start from").into())
}

/// The same, where the configuration names the file, or what it is made from, for what has no place
/// of its own.
fn at_its_name(request: &Request, loader: &Loader, file: &str, mut refusal: Refusal) -> Refusal {
    let full = |named: &str| path::clean(&absolute(&request.directory, named));
    let named_at = |file: &str| request.named_at.iter().find(|(named, _)| full(named) == file);
    if let Some((_, at)) = named_at(loader.original(file)).or_else(|| named_at(file)) {
        for diagnostic in refusal.0.iter_mut().filter(|one| one.labels.is_empty()) {
            diagnostic.labels.push(at.clone());
        }
    }
    refusal
}

/// The project's folder: as asked, else that of the first file, else where the program was called.
fn folder(request: &Request, files: &[String]) -> String {
    if let Some(directory) =
        request.project_directory.as_deref().filter(|folder| !folder.is_empty())
    {
        return path::clean(&absolute(&request.directory, directory));
    }
    match files.iter().find(|file| *file != "-") {
        Some(file) => path::dir(file),
        None => request.directory.clone(),
    }
}

struct Finder<'a> {
    request: &'a Request,
    loader: &'a mut Loader,
    variables: Variables,
    files: Vec<String>,
    env_files: Vec<String>,
}

impl Finder<'_> {
    fn full(&self, file: &str) -> String {
        if file == "-" {
            file.to_owned()
        } else {
            path::clean(&absolute(&self.request.directory, file))
        }
    }

    /// Which files may be quoted: those around the folder in which files are named or looked for,
    /// and those that the user names.
    fn set_bounds(&mut self, folder: &str) {
        let folder = self.request.home.as_deref().unwrap_or(folder);
        let mut bounds = Bounds::around(Utf8Path::new(folder));
        let environment = &self.request.environment;
        let listed = |name: &str, separator: &str| -> Vec<String> {
            let listed = environment.get(name).map(String::as_str).unwrap_or_default();
            listed.split(separator).filter(|file| !file.is_empty()).map(str::to_owned).collect()
        };
        let separator = environment.get("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty());
        let mut named = listed("COMPOSE_FILE", separator.map_or(":", String::as_str));
        named.extend(listed("COMPOSE_ENV_FILES", ","));
        named.extend(self.request.named.iter().cloned());
        for file in named {
            bounds.name(Utf8Path::new(&self.full(&file)));
        }
        let views = self.request.seen_at.iter();
        bounds.see(views.map(|(folder, seen)| (folder.into(), seen.into())).collect());
        self.loader.bounds = bounds;
    }

    /// Reads the env files that are asked for, else `.env` in the folder.
    fn add_env_files(&mut self) -> Result<(), Refusal> {
        let mut asked = self.request.env_files.clone();
        if asked.is_empty()
            && let Some(listed) = self.request.environment.get("COMPOSE_ENV_FILES")
        {
            asked = listed.split(',').filter(|file| !file.is_empty()).map(str::to_owned).collect();
        }
        if asked.is_empty() {
            if self.without_default()? {
                return Ok(());
            }
            let file = path::join(&folder(self.request, &self.files), ".env");
            let there =
                std::fs::metadata(&*self.loader.read_at(&file)).is_ok_and(|found| !found.is_dir());
            if !there || self.env_files.contains(&file) {
                return Ok(());
            }
            self.env_files = vec![file];
        } else if self.env_files.is_empty() {
            self.env_files = asked.iter().map(|file| self.full(file)).collect();
        } else {
            return Ok(());
        }
        let sources = self
            .env_files
            .iter()
            .map(|file| {
                let read = self.loader.read_env(file, None);
                read.map_err(|refusal| at_its_name(self.request, self.loader, file, refusal))
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.variables.add_files(&sources, &mut self.loader.journal)
    }

    fn without_default(&self) -> Result<bool, Refusal> {
        let Some(text) = self.request.environment.get("COMPOSE_DISABLE_ENV_FILE") else {
            return Ok(false);
        };
        number::parse_go_bool(text).map_err(|_| {
            let title = format!("COMPOSE_DISABLE_ENV_FILE must be true or false, found \"{text}\"");
            Diagnostic::error(title).help("set it to true or false, or remove it").into()
        })
    }

    fn find_files(&mut self) -> Result<(), Refusal> {
        if !self.files.is_empty() {
            return Ok(());
        }
        if let Some(listed) = self.variables.get("COMPOSE_FILE") {
            let separator =
                self.variables.get("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty());
            self.files =
                listed.split(separator.unwrap_or(":")).map(|file| self.full(file)).collect();
            return Ok(());
        }
        let start = folder(self.request, &[]);
        let mut folder = start.as_str();
        loop {
            let found = |names: &[&str]| -> Vec<String> {
                let files = names.iter().map(|name| path::join(folder, name));
                files.filter(|file| std::fs::metadata(file).is_ok()).collect()
            };
            let files = found(FILES);
            if let Some(file) = files.first() {
                self.warn_of_others(&files);
                self.files.push(file.clone());
                let overrides = found(OVERRIDES);
                self.warn_of_others(&overrides);
                self.files.extend(overrides.into_iter().take(1));
                // Where nothing says which repository this is, it is the project, seen from below.
                if folder != start && !outside::is_in_repository(Utf8Path::new(&start)) {
                    let folder = folder.to_owned();
                    self.set_bounds(&folder);
                }
                return Ok(());
            }
            match folder.rfind('/') {
                Some(0) if folder.len() > 1 => folder = "/",
                Some(at) if at > 0 => folder = &folder[..at],
                _ => return Ok(()),
            }
        }
    }

    fn warn_of_others(&mut self, files: &[String]) {
        if let [first, others @ ..] = files
            && !others.is_empty()
        {
            let title =
                format!("several files could be meant: {}; using {first}", files.join(", "));
            self.loader.journal.warn(Diagnostic::warning(title).help("name the file with -f"));
        }
    }
}

/// The name: as asked, else `COMPOSE_PROJECT_NAME`, else `name:` of the last file that has one, else the folder's.
fn name(
    request: &Request,
    folder: &str,
    files: &mut [File],
    variables: &Variables,
    loader: &mut Loader,
) -> Result<Node, Refusal> {
    let set = request
        .project_name
        .as_deref()
        .filter(|name| !name.is_empty())
        .or_else(|| variables.get("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty()));
    if let Some(name) = set {
        if !project_name::is_valid(name) {
            let title = format!("\"{name}\" is not a project name");
            let help = "a project name starts with a lower-case letter or digit; then letters, digits, - and _";
            return Err(Diagnostic::error(title).help(help).into());
        }
        return Ok(Node::string(name, Origin::IMPLIED));
    }
    let mut written = None;
    for file in files {
        written = name_in(file, loader)?.or(written);
    }
    let Some(mut node) = written else {
        return named(path::base(folder), Origin::IMPLIED, folder);
    };
    if !request.without.interpolation {
        super::interpolate::interpolate_text(&mut node, variables, &mut loader.journal)?;
    }
    if request.without.normalization {
        return Ok(node);
    }
    named(node.as_str().unwrap_or_default(), node.origin, folder).map_err(|mut refusal| {
        let first = refusal.0.remove(0);
        loader.journal.point(first, node.origin, "").into()
    })
}

fn named(text: &str, origin: Origin, folder: &str) -> Result<Node, Refusal> {
    let name = project_name::normalize(text);
    if name.is_empty() {
        let title = format!("the project has no name: nothing of \"{text}\" can be in one");
        let help = format!("write `name:` in the file, or use -p; the folder is {folder}");
        return Err(Diagnostic::error(title).help(help).into());
    }
    Ok(Node::string(name, origin))
}

/// What a file says its project is called; the last document that says so.
fn name_in(file: &mut File, loader: &mut Loader) -> Result<Option<Node>, Refusal> {
    // What is wrong with the file is told when it is loaded.
    let read = &mut file.read;
    let read = read.get_or_insert_with(|| yaml::read_all(&file.source, &mut loader.journal));
    let mut found = None;
    for document in &read.documents {
        let Some(node) = document.root.get("name") else { continue };
        let text = match &node.value {
            Value::Null => continue,
            Value::Sequence(_) | Value::Mapping(_) => {
                let title = format!("name must be a string, found {}", node.value.kind());
                let diagnostic = loader.journal.point(Diagnostic::error(title), node.origin, "");
                return Err(diagnostic.help("write the project's name").into());
            }
            _ => written(node, loader),
        };
        if !text.is_empty() {
            found = Some(Node::string(text, node.origin));
        }
    }
    Ok(found)
}

/// A scalar as it is written, whatever YAML makes of it.
fn written(node: &Node, loader: &Loader) -> String {
    match node.as_str() {
        Some(text) => text.to_owned(),
        None => loader.journal.text(node.origin.place).to_owned(),
    }
}
