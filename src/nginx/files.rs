//! Which file of the project nginx finds at which path in the container: mounted, given as a
//! config, or copied by the service's build. What is none of these is the image's own.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::Included;
use crate::{diagnostic::Diagnostic, outside::Bounds, source::Source};

/// nginx's prefix in the official image: where relative includes begin.
pub const PREFIX: &str = "/etc/nginx";
/// What the official image's own files hold, of which everybody has a copy: one directive.
const OF_THE_IMAGE: [(&str, &str); 8] = [
    ("mime.types", "types"),
    ("fastcgi_params", "fastcgi_param"),
    ("fastcgi.conf", "fastcgi_param"),
    ("scgi_params", "scgi_param"),
    ("uwsgi_params", "uwsgi_param"),
    ("koi-utf", "charset_map"),
    ("koi-win", "charset_map"),
    ("win-utf", "charset_map"),
];
/// Where distributions have their modules loaded from.
const MODULES: [&str; 2] = ["/etc/nginx/modules-enabled", "/usr/share/nginx/modules"];

/// A file or folder of the project and where it comes to in the container.
#[derive(Debug)]
pub struct Brought {
    /// On this machine.
    pub host: Utf8PathBuf,
    /// In the container.
    pub target: Utf8PathBuf,
    /// Whether it hides what the image has there, as a mount does.
    pub hides: bool,
}

/// Everything of the project in a service.
#[derive(Debug)]
pub struct Files {
    /// What comes later lies above what came before.
    pub brought: Vec<Brought>,
    /// Beyond which no file is quoted.
    pub bounds: Bounds,
}

/// What stands at a path.
#[derive(Debug, PartialEq, Eq)]
pub enum At {
    /// A file of the project.
    Host(Utf8PathBuf),
    /// Nothing: the project's folder there has no such file.
    Nothing,
    /// The image's own, or nothing.
    Image,
}

impl Files {
    /// What stands at a path of the container.
    #[must_use]
    pub fn at(&self, path: &Utf8Path) -> At {
        for brought in self.brought.iter().rev() {
            let Ok(below) = path.strip_prefix(&brought.target) else { continue };
            let host = if below.as_str().is_empty() {
                brought.host.clone()
            } else {
                brought.host.join(below)
            };
            if host.is_file() {
                return At::Host(host);
            }
            if brought.hides {
                return At::Nothing;
            }
        }
        At::Image
    }

    /// Whether a folder of the container is the project's alone.
    fn hides(&self, folder: &Utf8Path) -> bool {
        self.brought.iter().any(|brought| brought.hides && folder.starts_with(&brought.target))
    }

    /// The files of a folder of the container that are the project's, by their paths there.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn list(&self, folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Box<Diagnostic>> {
        let mut found: Vec<Utf8PathBuf> = Vec::new();
        for brought in &self.brought {
            if brought.target.parent() == Some(folder) {
                found.push(brought.target.clone());
            }
            let Ok(below) = folder.strip_prefix(&brought.target) else { continue };
            let host = brought.host.join(below);
            if !host.is_dir() {
                continue;
            }
            let cannot = |why: std::io::Error| {
                Diagnostic::error(format!("cannot read the folder {host}: {why}"))
                    .help("look at its permissions")
            };
            for entry in host.read_dir_utf8().map_err(cannot)? {
                found.push(folder.join(entry.map_err(cannot)?.file_name()));
            }
        }
        found.sort();
        found.dedup();
        Ok(found.into_iter().filter(|path| matches!(self.at(path), At::Host(_))).collect())
    }

    /// Reads a file under the name that people see: from where they stand.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, file: &Utf8Path) -> Result<Arc<Source>, Box<Diagnostic>> {
        let here = std::env::current_dir().unwrap_or_default();
        let shown = Utf8Path::from_path(&here).and_then(|here| file.strip_prefix(here).ok());
        self.bounds.read(shown.unwrap_or(file)).map_err(|why| {
            Diagnostic::error(format!("cannot read {file}: {why}"))
                .help("it is text in UTF-8; look at its permissions")
                .into()
        })
    }

    /// What an `include` leads to.
    ///
    /// # Errors
    /// A file or folder that is there and cannot be read.
    pub fn included(&self, pattern: &str) -> Result<Included, Box<Diagnostic>> {
        let path = Utf8Path::new(PREFIX).join(pattern);
        let (folder, name) = (path.parent().unwrap_or(&path), path.file_name().unwrap_or_default());
        let is_pattern = |text: &str| text.contains(['*', '?', '[']);
        let unread = |why: String| Ok(Included::Unread { why, holds: None });
        if is_pattern(folder.as_str()) || name.contains('[') {
            return unread(format!(
                "`{pattern}` is a pattern that is not followed: only `*` and `?` in the last part of a path are"
            ));
        }
        if !is_pattern(name) {
            return match self.at(&path) {
                At::Host(host) => Ok(Included::Files(vec![(path.to_string(), self.read(&host)?)])),
                At::Nothing => Ok(Included::Missing(format!(
                    "the project's folder at {folder} has no file {name}"
                ))),
                At::Image => {
                    let known =
                        OF_THE_IMAGE.iter().find(|(known, _)| folder == PREFIX && *known == name);
                    let why = format!("{path} is the image's own, no file of the project");
                    Ok(Included::Unread { why, holds: known.map(|(_, holds)| *holds) })
                }
            };
        }
        let fitting = self.list(folder)?.into_iter();
        let fitting = fitting.filter(|path| fits(path.file_name().unwrap_or_default(), name));
        let mut files = Vec::new();
        for path in fitting {
            if let At::Host(host) = self.at(&path) {
                files.push((path.into_string(), self.read(&host)?));
            }
        }
        if files.is_empty() && !self.hides(folder) {
            let holds = MODULES.iter().any(|modules| folder == *modules).then_some("load_module");
            let why = format!("what the image has at {path} is no file of the project");
            return Ok(Included::Unread { why, holds });
        }
        Ok(Included::Files(files))
    }
}

/// Whether a file's name fits a pattern of `*` and `?`; a name that begins with a dot only one
/// that does too, as glob(7) has it.
#[must_use]
pub fn fits(name: &str, pattern: &str) -> bool {
    fn from(name: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => name.is_empty(),
            ['*', rest @ ..] => (0..=name.len()).any(|at| from(&name[at..], rest)),
            ['?', rest @ ..] => !name.is_empty() && from(&name[1..], rest),
            [letter, rest @ ..] => name.first() == Some(letter) && from(&name[1..], rest),
        }
    }
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    name.starts_with('.') == pattern.starts_with('.') && from(&letters(name), &letters(pattern))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn names_fit_patterns_as_the_shell_has_it() {
        for (name, pattern, wanted) in [
            ("a.conf", "*.conf", true),
            ("a.conf.bak", "*.conf", false),
            (".a.conf", "*.conf", false),
            ("site-1.conf", "site-?.conf", true),
            ("site-.conf", "site-?.conf", false),
            ("x", "*", true),
        ] {
            assert_eq!(fits(name, pattern), wanted, "{name} {pattern}");
        }
    }
}
