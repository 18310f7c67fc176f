//! What git leaves alone: `.gitignore`, read as gitignore(5) has it.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use camino::{Utf8Path, Utf8PathBuf};
use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use crate::compose::Project;

/// A file of patterns past this is not read.
const LONGEST: u64 = 1 << 20;

/// The repository around a project's folder, else that folder, with the patterns of its folders.
pub struct Repository {
    /// Its folder.
    pub top: Utf8PathBuf,
    /// The patterns that have been read, by folder.
    known: RefCell<BTreeMap<Utf8PathBuf, Rc<Gitignore>>>,
}

impl Repository {
    /// The one around a project.
    pub fn around(project: &Project) -> Self {
        let folder = Utf8Path::new(&project.folder);
        let top = folder.ancestors().find(|folder| folder.join(".git").exists());
        Self::at(top.unwrap_or(folder))
    }

    fn at(top: &Utf8Path) -> Self {
        Self { top: top.to_owned(), known: RefCell::default() }
    }

    /// Whether the `.gitignore` files from the top down leave out a path, or a folder above it.
    pub fn leaves_out(&self, path: &Utf8Path, is_folder: bool) -> bool {
        let Ok(inside) = path.strip_prefix(&self.top) else { return false };
        let mut below: Vec<Rc<Gitignore>> = Vec::new();
        let mut at = self.top.clone();
        let mut parts = inside.iter().peekable();
        while let Some(part) = parts.next() {
            below.push(self.patterns(&at));
            at.push(part);
            let is_folder = is_folder || parts.peek().is_some();
            // The nearest file that says something has the last word.
            let mut said = below.iter().rev().map(|patterns| patterns.matched(&at, is_folder));
            if matches!(said.find(|said| !said.is_none()), Some(Match::Ignore(_))) {
                return true;
            }
        }
        false
    }

    fn patterns(&self, folder: &Utf8Path) -> Rc<Gitignore> {
        let mut known = self.known.borrow_mut();
        Rc::clone(known.entry(folder.to_owned()).or_insert_with(|| Rc::new(read(folder))))
    }
}

fn read(folder: &Utf8Path) -> Gitignore {
    let file = folder.join(".gitignore");
    let small = file.metadata().is_ok_and(|it| it.is_file() && it.len() < LONGEST);
    let text =
        if small { std::fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
    let mut patterns = GitignoreBuilder::new(folder);
    for line in text.lines() {
        // What is no pattern leaves nothing out, and the others stay.
        let _none = patterns.add_line(None, line);
    }
    patterns.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_left_out_as_git_leaves_them_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = Utf8Path::from_path(folder.path()).expect("a path");
        let patterns =
            "# a comment\nvendor/\n*.local.json\n/dist\n/a/**/b\n!keep.local.json\nx?y\n[ab].key\n";
        std::fs::create_dir(top.join("below")).expect("a folder");
        std::fs::write(top.join(".gitignore"), patterns).expect("a file");
        std::fs::write(top.join("below/.gitignore"), "secret.conf\n!x?y\n").expect("a file");
        let repository = Repository::at(top);
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
            ("below/xzy", false, false),
            ("a.key", false, true),
            ("c.key", false, false),
            ("vendors", true, false),
        ] {
            assert_eq!(repository.leaves_out(&top.join(path), is_folder), wanted, "{path}");
        }
        assert!(!repository.leaves_out(Utf8Path::new("/elsewhere/vendor"), true));
    }
}
