//! Are these paths the same? As a container resolves them: without detours, and by the real name
//! where a folder has two.
//!
//! Nothing here asks a file system. That `/var/run` is `/run` is so by the Filesystem Hierarchy
//! Standard (section 5.13) and in the images of every distribution.

use crate::compose::{FileUse, values::path};

/// Folders that are links, and where they lead.
const LINKS: &[(&str, &str)] = &[("/var/run", "/run"), ("/var/lock", "/run/lock")];

/// A path by its real name: cleaned, `/run` for `/var/run`. One that does not begin at the root stays
/// so; nothing is nothing.
#[must_use]
pub fn real(written: &str) -> String {
    if written.is_empty() {
        return String::new();
    }
    let clean = path::clean(written);
    let link = LINKS.iter().find_map(|(link, real)| Some((below(&clean, link)?, *real)));
    match link {
        Some((rest, real)) => format!("{real}{rest}"),
        None => clean,
    }
}

/// Whether two paths of a container lead to the same place.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one == other || real(one) == real(other)
}

/// Whether a path is a folder or lies in it.
#[must_use]
pub fn is_within(path: &str, folder: &str) -> bool {
    is_below(&real(path), &real(folder))
}

/// As [`is_within`], of two paths that are [`real`] already.
#[must_use]
pub fn is_below(path: &str, folder: &str) -> bool {
    below(path, folder).is_some()
}

/// What is left of a clean path below a clean folder: nothing, or something that begins with a slash.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder == "/" {
        return path.starts_with('/').then_some(if path == "/" { "" } else { path });
    }
    path.strip_prefix(folder).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Where a container finds a secret that it is given: `/run/secrets/NAME` unless a path is said
/// (Compose specification, "secrets", long syntax).
#[must_use]
pub fn of_secret(used: &FileUse) -> String {
    of_file(used, "/run/secrets")
}

/// Where a container finds a config that it is given: `/NAME` unless a path is said.
#[must_use]
pub fn of_config(used: &FileUse) -> String {
    of_file(used, "")
}

fn of_file(used: &FileUse, folder: &str) -> String {
    let said = used.target.as_ref().filter(|target| !target.is_empty());
    let name = said.or(used.source.as_ref()).map_or("", |name| name.as_str());
    if name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_same_that_lead_to_the_same_place() {
        for (one, other) in [
            ("/var/www", "/var/www/"),
            ("/var/www/html", "/var//www/./x/../html"),
            ("/var/run", "/run"),
            ("/var/run/php-fpm.sock", "/run/php-fpm.sock"),
            ("/var/run/docker.sock/", "/run/docker.sock"),
            ("/var/lock/a", "/run/lock/a"),
            ("/", "//"),
        ] {
            assert!(same(one, other), "{one} is {other}");
        }
        for (one, other) in [
            ("/var/run", "/var/runner"),
            ("/var/runner/a", "/run/a"),
            ("/srv/var/run", "/srv/run"),
            ("var/run", "run"),
            ("/a", "/a/b"),
        ] {
            assert!(!same(one, other), "{one} is not {other}");
        }
    }

    #[test]
    fn a_path_is_within_its_folder_and_itself() {
        for (path, folder) in
            [("/run/a", "/var/run"), ("/a", "/a/"), ("/a/b", "/a"), ("/a", "/"), ("/", "/")]
        {
            assert!(is_within(path, folder), "{path} in {folder}");
        }
        for (path, folder) in [("/ab", "/a"), ("/", "/a"), ("a", "/")] {
            assert!(!is_within(path, folder), "{path} in {folder}");
        }
    }
}
