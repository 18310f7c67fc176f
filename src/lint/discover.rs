//! Which projects are meant: by files, by folders, or by `seaworthy.yaml`.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::request::{FILES, OVERRIDES},
    config::Config,
    diagnostic::Diagnostic,
    findings::seen_from,
};

/// A project to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How people call it.
    pub name: String,
    /// Its Compose files, absolute, in the order in which they are merged.
    pub files: Vec<Utf8PathBuf>,
    /// Its env files, absolute; none means its `.env`.
    pub env_files: Vec<Utf8PathBuf>,
    /// The profiles that are enabled; none means all.
    pub profiles: Option<Vec<String>>,
    /// The project's folder, absolute; none means that of the first file.
    pub directory: Option<Utf8PathBuf>,
    /// Whether the last file may be a project of its own.
    pub variant: bool,
}

/// Folders that hold what others made.
const SKIPPED: &[&str] = &[".git", ".hg", ".svn", ".venv", "node_modules", "target", "vendor"];

impl Plan {
    fn new(files: Vec<Utf8PathBuf>, variant: bool, here: &Utf8Path) -> Self {
        let first = files.first().map_or_else(String::new, |file| {
            // What lies elsewhere is called by its whole path.
            file.strip_prefix(here).unwrap_or(file).to_string()
        });
        let others = files.iter().skip(1).filter_map(|file| file.file_name());
        let name = std::iter::once(first.as_str()).chain(others).collect::<Vec<_>>().join(" + ");
        Self { name, files, env_files: Vec::new(), profiles: None, directory: None, variant }
    }

    /// The last file as a project of its own, if it may be one.
    #[must_use]
    pub fn last_alone(&self, here: &Utf8Path) -> Option<Self> {
        let last = self.files.last().filter(|_| self.variant && self.files.len() > 1)?;
        Some(Self::new(vec![last.clone()], false, here))
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
        profiles: Some(environment.profiles.clone()),
        directory: environment.project_directory.as_ref().map(absolute),
        variant: false,
    };
    config.environments.iter().map(plan).collect()
}

/// The projects that files and folders stand for, in their order.
///
/// # Errors
/// A [`Diagnostic`] for what is not there or cannot be read, and for a folder without a Compose file.
pub fn discover(arguments: &[Utf8PathBuf], here: &Utf8Path) -> Result<Vec<Plan>, Box<Diagnostic>> {
    let mut plans: Vec<Plan> = Vec::new();
    let mut add = |plan: Plan| {
        if !plans.iter().any(|known| known.files == plan.files) {
            plans.push(plan);
        }
    };
    let mut files: Vec<Utf8PathBuf> = Vec::new();
    for argument in arguments {
        let path = clean(&here.join(argument));
        let found = fs::metadata(&path).map_err(|why| Box::new(unreadable(argument, &why)))?;
        if found.is_dir() {
            let mut below = Vec::new();
            walk(&path, here, &mut below).map_err(|why| Box::new(unreadable(argument, &why)))?;
            if below.is_empty() {
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
    Ok(plans)
}

fn unreadable(path: &Utf8Path, why: &std::io::Error) -> Diagnostic {
    let title = format!("cannot read {path}: {why}");
    Diagnostic::error(title).help("name Compose files, or folders that hold some")
}

/// The projects in a folder and below it, by path.
fn walk(folder: &Utf8Path, here: &Utf8Path, plans: &mut Vec<Plan>) -> std::io::Result<()> {
    let mut names = Vec::new();
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A name that is not UTF-8 is no name of a Compose file, and cannot be told.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                folders.push(name);
            }
        } else if is_compose(&name) && fs::metadata(entry.path()).is_ok_and(|found| found.is_file())
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    folders.sort_unstable();
    in_folder(folder, &names, here, plans);
    for name in folders {
        match walk(&folder.join(name), here, plans) {
            // What is not ours to read holds no project of ours.
            Err(why) if why.kind() == std::io::ErrorKind::PermissionDenied => {}
            other => other?,
        }
    }
    Ok(())
}

/// `compose.yaml` and its like, `compose.prod.yaml` and its like.
fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        let rest = stem.strip_prefix("docker-compose").or_else(|| stem.strip_prefix("compose"));
        rest.is_some_and(|rest| rest.is_empty() || rest.len() > 1 && rest.starts_with('.'))
    })
}

fn in_folder(folder: &Utf8Path, names: &[String], here: &Utf8Path, plans: &mut Vec<Plan>) {
    let there = |known: &'static [&'static str]| {
        known.iter().copied().filter(|name| names.iter().any(|one| one == name))
    };
    let base = there(FILES).next();
    let over = there(OVERRIDES).next().filter(|_| base.is_some());
    if let Some(base) = base {
        let files = std::iter::once(base).chain(over).map(|name| folder.join(name)).collect();
        plans.push(Plan::new(files, false, here));
    }
    for name in names.iter().map(String::as_str) {
        if Some(name) == base || Some(name) == over {
            continue;
        }
        let beside = base.filter(|_| !FILES.contains(&name));
        let files = beside.into_iter().chain([name]).map(|name| folder.join(name)).collect();
        plans.push(Plan::new(files, beside.is_some(), here));
    }
}

/// A path without `.` and `..`.
fn clean(path: &Utf8Path) -> Utf8PathBuf {
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
        let plans = discover(&arguments, here).map_err(|why| why.title)?;
        Ok(plans.into_iter().map(|plan| plan.name).collect())
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
    fn what_is_not_there_is_an_error() {
        assert!(names(&[], &["no.yml"]).expect_err("no file").starts_with("cannot read no.yml"));
        assert_eq!(
            names(&["x.txt"], &["."]).expect_err("none"),
            "no Compose file in . or below it"
        );
    }
}
