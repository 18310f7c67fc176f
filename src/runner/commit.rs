//! Which commit is checked out, by the repository's own files: no program is asked, and a repository
//! that is made otherwise than expected has none.

use camino::{Utf8Path, Utf8PathBuf};

use crate::run::Commit;

/// A file of the repository's own is no longer than this.
const LONGEST: u64 = 4 << 20;

/// The commit that is checked out in a folder.
pub(super) fn of(root: &Utf8Path) -> Option<Commit> {
    let folder = folder(root)?;
    let head = line(&folder.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref: ") else {
        return is_id(&head).then(|| Commit { id: head.clone(), branch: None });
    };
    let branch = name.strip_prefix("refs/heads/").map(str::to_owned);
    // A work tree of its own shares branches with the repository that it belongs to.
    let common = line(&folder.join("commondir")).map(|common| folder.join(common));
    let folders: Vec<&Utf8Path> =
        std::iter::once(folder.as_path()).chain(common.as_deref()).collect();
    let loose = || folders.iter().find_map(|folder| line(&folder.join(sound(name)?)));
    let packed = || folders.iter().find_map(|folder| packed(folder, name));
    let id = loose().filter(|id| is_id(id)).or_else(packed)?;
    Some(Commit { id, branch })
}

/// The folder with the repository's own files: `.git`, or where a file of that name leads.
fn folder(root: &Utf8Path) -> Option<Utf8PathBuf> {
    let folder = root.join(".git");
    if folder.is_dir() {
        return Some(folder);
    }
    Some(root.join(line(&folder)?.strip_prefix("gitdir: ")?))
}

/// A reference's name as a path; none of one that would lead elsewhere.
fn sound(name: &str) -> Option<&Utf8Path> {
    let path = Utf8Path::new(name);
    let is_plain = |part| matches!(part, camino::Utf8Component::Normal(_));
    path.components().all(is_plain).then_some(path)
}

fn packed(folder: &Utf8Path, name: &str) -> Option<String> {
    let text = read(&folder.join("packed-refs"))?;
    let named = |line: &str| {
        let (id, of) = line.split_once(' ')?;
        (of.trim() == name && is_id(id)).then(|| id.to_owned())
    };
    text.lines().find_map(named)
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.chars().all(|c| c.is_ascii_hexdigit())
}

fn line(file: &Utf8Path) -> Option<String> {
    Some(read(file)?.lines().next()?.trim().to_owned())
}

fn read(file: &Utf8Path) -> Option<String> {
    let known = file.metadata().ok()?;
    if !known.is_file() || known.len() > LONGEST {
        return None;
    }
    std::fs::read_to_string(file).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        for (name, text) in files {
            let file = root.join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, text).expect("a file");
        }
        (folder, root)
    }

    #[test]
    fn a_branch_a_packed_branch_a_bare_commit_and_a_work_tree_are_told() {
        let id = format!("{ID}\n");
        let packed = format!("# pack-refs with: peeled\n{ID} refs/heads/main\n");
        let head = "ref: refs/heads/main\n";
        let on_main = Some(Commit { id: ID.into(), branch: Some("main".into()) });
        for (files, commit) in [
            (vec![(".git/HEAD", head), (".git/refs/heads/main", &id)], on_main.clone()),
            (vec![(".git/HEAD", head), (".git/packed-refs", &packed)], on_main.clone()),
            (vec![(".git/HEAD", &id)], Some(Commit { id: ID.into(), branch: None })),
            (
                vec![
                    (".git", "gitdir: own/trees/a\n"),
                    ("own/trees/a/HEAD", head),
                    ("own/trees/a/commondir", "../..\n"),
                    ("own/refs/heads/main", &id),
                ],
                on_main,
            ),
        ] {
            let (_kept, root) = repository(&files);
            assert_eq!(of(&root), commit, "{files:?}");
        }
    }

    #[test]
    fn what_is_no_commit_is_none() {
        let secret = format!("{ID}\n");
        for files in [
            vec![],
            vec![(".git/HEAD", "ref: refs/heads/main\n")],
            vec![(".git/HEAD", "ref: ../../elsewhere\n"), ("../elsewhere", "no")],
            vec![(".git/HEAD", "<script>\n")],
            vec![(".git/HEAD", "ref: ../secret\n"), ("secret", &secret)],
        ] {
            let files: Vec<(&str, &str)> =
                files.into_iter().filter(|(name, _)| !name.starts_with("..")).collect();
            let (_kept, root) = repository(&files);
            assert_eq!(of(&root), None, "{files:?}");
        }
    }
}
