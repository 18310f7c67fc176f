//! One project, named as Compose has it: `-f`, `--env-file`, `--profile`, `--project-directory`,
//! or by `COMPOSE_FILE`.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    discover::{Plan, clean},
    settings::{STANDARD_INPUT, Settings, env_files, of_process},
};
use crate::{
    compose::request::{FILES, OVERRIDES},
    diagnostic::Diagnostic,
    plain,
};

/// What the command line says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'a> {
    /// `-f`, in order.
    pub files: &'a [Utf8PathBuf],
    /// `--env-file`, in order.
    pub env_files: &'a [Utf8PathBuf],
    /// `--profile`.
    pub profiles: &'a [String],
    /// `--project-directory`.
    pub directory: Option<&'a Utf8Path>,
}

/// Whether `COMPOSE_FILE` of the process says which project is meant.
#[must_use]
pub fn by_process() -> bool {
    of_process("COMPOSE_FILE").is_some()
}

impl Named<'_> {
    /// Whether it says anything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.files.is_empty()
            || !self.env_files.is_empty()
            || !self.profiles.is_empty()
            || self.directory.is_some()
    }

    /// The project that is meant: the files named, else those of `COMPOSE_FILE`, else what lies in
    /// the folder or the nearest above it.
    ///
    /// # Errors
    /// A [`Diagnostic`] for what is not there or cannot be read.
    pub fn plan(&self, here: &Utf8Path) -> Result<Plan, Box<Diagnostic>> {
        let folder =
            self.directory.map_or_else(|| here.to_owned(), |folder| clean(&here.join(folder)));
        let plan = if self.files.is_empty() {
            let env_files = match (self.env_files, env_files(here)) {
                ([], listed) if listed.is_empty() => vec![folder.join(".env")],
                ([], listed) => listed,
                (named, _) => named.iter().map(|file| clean(&here.join(file))).collect(),
            };
            let settings = Settings::of(&env_files);
            match settings.files(here) {
                Some(files) => {
                    let named_at = settings.files_named_at(here).filter(|_| !by_process());
                    readable(&files, "COMPOSE_FILE names it: correct the variable")
                        .map_err(|why| Box::new(why.or_at(named_at.clone())))?;
                    Plan::said(files, &folder, here).named_at(named_at.as_ref())
                }
                None => Plan::said(by_name(&folder)?, &folder, here),
            }
        } else {
            let full = |file: &Utf8PathBuf| match file {
                file if file == STANDARD_INPUT => file.clone(),
                file => clean(&here.join(file)),
            };
            let files: Vec<Utf8PathBuf> = self.files.iter().map(full).collect();
            readable(&files, "name Compose files with -f")?;
            Plan::named(files, here)
        };
        self.over(plan, here)
    }

    /// A project with the env files, profiles and folder that are named.
    ///
    /// # Errors
    /// A [`Diagnostic`] for what is not there.
    pub fn over(&self, mut plan: Plan, here: &Utf8Path) -> Result<Plan, Box<Diagnostic>> {
        if !self.env_files.is_empty() {
            plan.env_files = self.env_files.iter().map(|file| clean(&here.join(file))).collect();
            readable(&plan.env_files, "name env files with --env-file")?;
        }
        if !self.profiles.is_empty() {
            plan.profiles = Some(self.profiles.to_vec());
        }
        if let Some(folder) = self.directory {
            let full = clean(&here.join(folder));
            if !full.is_dir() {
                let title = format!("there is no folder {folder}");
                let help = "name the folder that relative paths start from";
                return Err(Box::new(Diagnostic::error(title).help(help)));
            }
            plan.directory = Some(full);
        }
        Ok(plan)
    }
}

fn readable(files: &[Utf8PathBuf], help: &str) -> Result<(), Box<Diagnostic>> {
    for file in files.iter().filter(|file| *file != STANDARD_INPUT) {
        plain::open(file).map_err(|why| {
            Box::new(Diagnostic::error(format!("cannot read {file}: {why}")).help(help))
        })?;
    }
    Ok(())
}

/// The files that Compose looks for, in a folder or the nearest above it.
fn by_name(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Box<Diagnostic>> {
    for above in folder.ancestors() {
        let there = |names: &[&str]| {
            let mut files = names.iter().map(|name| above.join(name));
            files.find(|file| fs::metadata(file).is_ok_and(|found| found.is_file()))
        };
        if let Some(file) = there(FILES) {
            return Ok(std::iter::once(file).chain(there(OVERRIDES)).collect());
        }
    }
    let title = format!("no Compose file in {folder} or above it");
    let help = format!("name one with -f, or make one of {}", FILES.join(", "));
    Err(Box::new(Diagnostic::error(title).help(help)))
}
