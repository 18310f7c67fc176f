//! What git leaves alone: `.gitignore`, read as gitignore(5) has it.

use camino::{Utf8Path, Utf8PathBuf};

use crate::compose::Project;

/// A file of patterns past this is not read.
const LONGEST: u64 = 1 << 20;

/// The repository around a project's folder, else that folder.
pub fn top(project: &Project) -> Utf8PathBuf {
    let folder = Utf8Path::new(&project.folder);
    let top = folder.ancestors().find(|folder| folder.join(".git").exists());
    top.unwrap_or(folder).to_owned()
}

/// Whether the `.gitignore` files from the top down leave out a path, or a folder above it.
pub fn by_git(top: &Utf8Path, path: &Utf8Path, is_folder: bool) -> bool {
    let Ok(inside) = path.strip_prefix(top) else { return false };
    let parts: Vec<&str> = inside.iter().collect();
    let mut folder = top.to_owned();
    let mut patterns: Vec<(usize, Pattern)> = Vec::new();
    for depth in 0..parts.len() {
        patterns.extend(read(&folder).into_iter().map(|pattern| (depth, pattern)));
        let folder_here = is_folder || depth + 1 < parts.len();
        let fitting = patterns.iter().rev().find(|(from, pattern)| {
            (folder_here || !pattern.folders) && pattern.fits(&parts[*from..=depth])
        });
        if fitting.is_some_and(|(_, pattern)| !pattern.kept) {
            return true;
        }
        folder.push(parts[depth]);
    }
    false
}

/// A line of a `.gitignore`.
struct Pattern {
    parts: Vec<String>,
    /// Whether it takes back what others leave out.
    kept: bool,
    /// Whether it is about folders alone.
    folders: bool,
    /// Whether it begins at the folder of its file.
    anchored: bool,
}

fn read(folder: &Utf8Path) -> Vec<Pattern> {
    let file = folder.join(".gitignore");
    let small = file.metadata().is_ok_and(|it| it.is_file() && it.len() < LONGEST);
    let text =
        if small { std::fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
    text.lines().filter_map(Pattern::of).collect()
}

impl Pattern {
    fn of(line: &str) -> Option<Self> {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (line, kept) = match line.strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (line.strip_prefix('\\').unwrap_or(line), false),
        };
        let folders = line.ends_with('/');
        let path = line.trim_end_matches('/');
        let anchored = path.contains('/');
        let parts: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        (!parts.is_empty()).then_some(Self { parts, kept, folders, anchored })
    }

    /// Whether it is about this path, seen from the folder of its file.
    fn fits(&self, path: &[&str]) -> bool {
        if self.anchored {
            return parts_fit(path, &self.parts);
        }
        let name = path.last().copied().unwrap_or_default();
        self.parts.first().is_some_and(|pattern| name_fits(name.as_bytes(), pattern.as_bytes()))
    }
}

fn parts_fit(path: &[&str], pattern: &[String]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        ([any, rest @ ..], _) if any == "**" => {
            (0..=path.len()).any(|skipped| parts_fit(&path[skipped..], rest))
        }
        ([first, rest @ ..], [name, below @ ..]) => {
            name_fits(name.as_bytes(), first.as_bytes()) && parts_fit(below, rest)
        }
        _ => false,
    }
}

/// `*` and `?` within a name, without going back further than to the last star.
fn name_fits(name: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        match pattern.get(of) {
            Some(b'*') => {
                star = Some((of, at));
                of += 1;
            }
            Some(b'?') => (at, of) = (at + 1, of + 1),
            Some(letter) if *letter == name[at] => (at, of) = (at + 1, of + 1),
            _ => {
                let Some((last, taken)) = star else { return false };
                star = Some((last, taken + 1));
                (at, of) = (taken + 1, last + 1);
            }
        }
    }
    pattern[of..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_left_out_as_git_leaves_them_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = Utf8Path::from_path(folder.path()).expect("a path");
        let patterns =
            "# a comment\nvendor/\n*.local.json\n/dist\n/a/**/b\n!keep.local.json\nx?y\n";
        std::fs::create_dir(top.join("below")).expect("a folder");
        std::fs::write(top.join(".gitignore"), patterns).expect("a file");
        std::fs::write(top.join("below/.gitignore"), "secret.conf\n").expect("a file");
        for (path, is_folder, wanted) in [
            ("vendor", true, true),
            ("vendor", false, false),
            ("below/vendor/a/b.php", false, true),
            ("conf/app.local.json", false, true),
            ("conf/keep.local.json", false, false),
            ("dist", true, true),
            ("below/dist", true, false),
            ("a/b", false, true),
            ("a/c/d/b", false, true),
            ("below/secret.conf", false, true),
            ("secret.conf", false, false),
            ("xzy", false, true),
            ("vendors", true, false),
        ] {
            assert_eq!(by_git(top, &top.join(path), is_folder), wanted, "{path}");
        }
        assert!(!by_git(top, Utf8Path::new("/elsewhere/vendor"), true));
    }
}
