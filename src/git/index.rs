//! What a repository has in its index, read without running Git.
//!
//! Follows `gitformat-index(5)`, versions 2 to 4 with SHA-1. Of what it does not know (a split index,
//! other hashes) Git itself is asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::ask;

/// The bytes of a hash.
const HASH: usize = 20;
/// The bytes of an entry before its name.
const ENTRY: usize = 62;
/// That an entry has two more bytes of flags.
const EXTENDED: u16 = 0x4000;

/// A repository: its working tree, and the folder that has the index of it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Repository {
    top: Utf8PathBuf,
    folder: Utf8PathBuf,
}

impl Repository {
    /// The nearest one upwards.
    fn of(folder: &Utf8Path) -> Option<Self> {
        folder.ancestors().find_map(|top| {
            let git = top.join(".git");
            let kind = fs::metadata(&git).ok()?;
            if kind.is_dir() {
                return Some(Self { top: top.to_owned(), folder: git });
            }
            // A worktree, or a submodule.
            let text = fs::read_to_string(&git).ok()?;
            let folder = text.strip_prefix("gitdir:")?.trim();
            Some(Self { top: top.to_owned(), folder: top.join(folder) })
        })
    }

    /// Those of some files below the top that are in the index.
    fn has(&self, inside: &BTreeSet<Utf8PathBuf>) -> Result<BTreeSet<Utf8PathBuf>, String> {
        let index = self.folder.join("index");
        let bytes = match fs::read(&index) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(why) => return Err(format!("{index} cannot be read: {why}")),
        };
        let mut found = BTreeSet::new();
        let mut look = |path: &[u8]| {
            let path = std::str::from_utf8(path).map(Utf8Path::new);
            found.extend(path.ok().and_then(|path| inside.get(path)).cloned());
        };
        if each_path(&bytes, &mut look).is_some() {
            return Ok(found);
        }
        let mut asked = vec!["--literal-pathspecs", "ls-files", "-z", "--"];
        asked.extend(inside.iter().map(|path| path.as_str()));
        let told = ask(&self.top, &asked)?;
        Ok(told.split('\0').filter_map(|one| inside.get(Utf8Path::new(one))).cloned().collect())
    }
}

/// Those of some files that Git keeps; none of them, where there is no repository. An index is read
/// once for all of its files.
///
/// # Errors
/// Why nobody can say.
pub(crate) fn kept<'f>(files: &[&'f Utf8Path]) -> Result<BTreeSet<&'f Utf8Path>, String> {
    let mut asked: BTreeMap<Repository, BTreeMap<Utf8PathBuf, Vec<&Utf8Path>>> = BTreeMap::new();
    for file in files {
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { continue };
        let real = folder
            .canonicalize_utf8()
            .map_err(|why| format!("the folder {folder} cannot be read: {why}"))?;
        let Some(repository) = Repository::of(&real) else { continue };
        let whole = real.join(name);
        let Ok(inside) = whole.strip_prefix(&repository.top).map(ToOwned::to_owned) else {
            continue;
        };
        asked.entry(repository).or_default().entry(inside).or_default().push(file);
    }
    let mut kept = BTreeSet::new();
    for (repository, files) in asked {
        let has = repository.has(&files.keys().cloned().collect())?;
        kept.extend(has.iter().filter_map(|inside| files.get(inside)).flatten());
    }
    Ok(kept)
}

/// Shows every path of an index; none where it is not of a kind that is known here, whatever was shown.
fn each_path(bytes: &[u8], look: &mut dyn FnMut(&[u8])) -> Option<()> {
    if bytes.get(..4)? != b"DIRC" {
        return None;
    }
    let version = number(bytes, 4)?;
    let count = number(bytes, 8)?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut path: Vec<u8> = Vec::new();
    let mut at = 12;
    for _ in 0..count {
        let start = at;
        let flags = bytes.get(start + ENTRY - 2..start + ENTRY)?;
        let flags = u16::from_be_bytes(flags.try_into().ok()?);
        at = start + ENTRY + if flags & EXTENDED == 0 { 0 } else { 2 };
        if version == 4 {
            let cut = offset(bytes, &mut at)?;
            path.truncate(path.len().checked_sub(cut)?);
        } else {
            path.clear();
        }
        let rest = bytes.get(at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(&rest[..length]);
        let end = at + length;
        // Names end with one zero byte in version 4, else with as many as fill eight.
        at = if version == 4 { end + 1 } else { start + ((end - start) / 8 + 1) * 8 };
        look(&path);
    }
    let end = bytes.len().checked_sub(HASH)?;
    while at < end {
        // A split index has its entries elsewhere.
        if bytes.get(at..at + 4)? == b"link" {
            return None;
        }
        at += 8 + number(bytes, at + 4)?;
    }
    (at == end).then_some(())
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at + 4)?;
    usize::try_from(u32::from_be_bytes(four.try_into().ok()?)).ok()
}

/// A number of version 4, as in a pack's `OFS_DELTA`.
fn offset(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0_usize;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = value.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8Path::from_path(folder.path()).expect("a path");
        fs::create_dir_all(path.join("deep/er")).expect("folders");
        for name in ["a", "b.txt", "deep/er/a-long-name-of-a-file", "deep/er/a-long-name", "other"]
        {
            fs::write(path.join(name), name).expect("a file");
        }
        ask(path, &["init", "-q"]).expect("git");
        ask(path, &["add", "a", "b.txt", "deep"]).expect("git");
        folder
    }

    fn keeps(file: &Utf8Path) -> Result<bool, String> {
        kept(&[file]).map(|kept| kept.contains(file))
    }

    /// How many paths an index has, where it is of a known kind.
    fn count(bytes: &[u8]) -> Option<usize> {
        let mut count = 0;
        each_path(bytes, &mut |_| count += 1).map(|()| count)
    }

    fn is_so(folder: &Utf8Path) {
        let mut all = Vec::new();
        for (name, is_kept) in [
            ("a", true),
            ("b.txt", true),
            ("deep/er/a-long-name-of-a-file", true),
            ("deep/er/a-long-name", true),
            ("deep/er", false),
            ("other", false),
            ("none", false),
        ] {
            assert_eq!(keeps(&folder.join(name)), Ok(is_kept), "{name}");
            all.push(folder.join(name));
        }
        let all: Vec<&Utf8Path> = all.iter().map(|path| &**path).collect();
        assert_eq!(kept(&all).map(|kept| kept.len()), Ok(4), "asked for together");
    }

    #[test]
    fn every_version_of_an_index_is_read() {
        let folder = repository();
        let path = Utf8Path::from_path(folder.path()).expect("a path");
        for version in ["2", "4"] {
            ask(path, &["update-index", "--index-version", version]).expect("git");
            let bytes = fs::read(path.join(".git/index")).expect("an index");
            assert_eq!(count(&bytes), Some(4), "version {version}");
            is_so(path);
        }
        // A flag that needs version 3.
        ask(path, &["update-index", "--index-version", "2"]).expect("git");
        ask(path, &["add", "--intent-to-add", "other"]).expect("git");
        let bytes = fs::read(path.join(".git/index")).expect("an index");
        assert_eq!(number(&bytes, 4), Some(3));
        assert_eq!(keeps(&path.join("other")), Ok(true));
        for cut in 0..bytes.len() {
            assert!(count(&bytes[..cut]).is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_not_known_is_asked_of_git() {
        let folder = repository();
        let path = Utf8Path::from_path(folder.path()).expect("a path");
        ask(path, &["update-index", "--split-index"]).expect("git");
        assert!(count(&fs::read(path.join(".git/index")).expect("an index")).is_none());
        is_so(path);
        fs::write(path.join(".git/index"), "no index").expect("a file");
        assert!(keeps(&path.join("a")).is_err(), "nobody can say");
        fs::remove_dir_all(path.join(".git")).expect("a repository less");
        assert_eq!(keeps(&path.join("a")), Ok(false));
    }
}
