//! What a change adds: the findings that a revision has already are left out.
//!
//! The files of the revision are written to a folder of their own, the same projects are
//! judged there, and what is found in both is subtracted. Files are read object by object:
//! an archive leaves out what `.gitattributes` excludes from exports.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Asked, discover::Plan};
use crate::{
    diagnostic::Diagnostic,
    findings::{Findings, Found, seen_from},
    git,
};

/// Files above this size are none that Compose reads.
const LARGEST: u64 = 1 << 20;

/// Nor are those with such endings: they need not be written out.
const OTHERS: &[&str] = &[
    "c", "cpp", "cs", "css", "gif", "go", "h", "html", "java", "jpg", "js", "jsx", "kt", "lock",
    "map", "md", "php", "png", "py", "rb", "rs", "scss", "svg", "swift", "ts", "tsx", "vue",
    "woff2",
];

/// Leaves out what the same projects have at a revision.
///
/// # Errors
/// A [`Diagnostic`] when there is no repository, no such revision or no Git.
pub fn subtract(
    findings: &mut Findings,
    plans: &[Plan],
    asked: &Asked,
    revision: &str,
) -> Result<(), Box<Diagnostic>> {
    let folder = plans.first().and_then(|plan| plan.files.first()?.parent());
    let repository = Repository::around(folder.unwrap_or(&asked.here))?;
    let commit = repository.commit(revision)?;
    let then =
        Folder::new().map_err(|why| Box::new(failed("make a folder for the revision", &why)))?;
    repository.write_out(&commit, &then.0, plans)?;
    // The folder stands for the repository: what is in it is not outside.
    fs::write(then.0.join(".git"), "")
        .map_err(|why| Box::new(failed("make a folder for the revision", &why)))?;
    let moved = |path: &Utf8PathBuf| -> Option<Utf8PathBuf> {
        let inside = path.strip_prefix(&repository.top).ok()?;
        Some(then.0.join(inside))
    };
    let mut earlier = Vec::new();
    for plan in plans {
        let files: Option<Vec<Utf8PathBuf>> = plan.files.iter().map(moved).collect();
        let Some(files) = files else {
            let title = format!("{} does not lie in the repository {}", plan.name, repository.top);
            let help = "lint one repository at a time with --since";
            return Err(Box::new(Diagnostic::error(title).help(help)));
        };
        // What is there and no file is told of then, too.
        if files.iter().all(|file| file.symlink_metadata().is_ok()) {
            earlier.push(Plan {
                files,
                env_files: plan.env_files.iter().filter_map(moved).collect(),
                directory: plan.directory.as_ref().and_then(moved),
                around: plan
                    .around
                    .iter()
                    .filter_map(moved)
                    .filter(|file| file.is_file())
                    .collect(),
                home: plan.home.as_ref().map(|home| moved(home).unwrap_or_else(|| then.0.clone())),
                ..plan.clone()
            });
        }
    }
    let here = moved(&asked.here).filter(|here| here.is_dir()).unwrap_or_else(|| then.0.clone());
    let before = super::run(&earlier, &Asked { here, ..asked.clone() });
    let mut known: BTreeMap<Key, usize> = BTreeMap::new();
    for found in before.open() {
        *known.entry(key(found, &before, &then.0)).or_default() += 1;
    }
    let keys: Vec<Key> =
        findings.found.iter().map(|found| key(found, findings, &repository.top)).collect();
    let (mut at, mut left_out) = (0, 0);
    findings.found.retain(|found| {
        let count = known.get_mut(&keys[at]);
        at += 1;
        match count.filter(|count| **count > 0 && found.allowed.is_none()) {
            Some(count) => {
                *count -= 1;
                left_out += 1;
                false
            }
            None => true,
        }
    });
    findings.before += left_out;
    Ok(())
}

/// The files beside which a project's `.env` lies, and such a file that is named.
fn own_env_files(plan: &Plan) -> impl Iterator<Item = &Utf8PathBuf> {
    let named = plan.env_files.iter().filter(|file| file.file_name() == Some(".env"));
    plan.files.iter().chain(named)
}

type Key = (&'static str, String, String);

fn key(found: &Found, findings: &Findings, top: &Utf8Path) -> Key {
    let file = seen_from(&findings.absolute(found.place.source.path()), top);
    (found.rule.id, found.subject.clone(), file)
}

fn failed(doing: &str, why: &std::io::Error) -> Diagnostic {
    Diagnostic::error(format!("cannot {doing}: {why}"))
        .help("look at the temporary folder (TMPDIR) and at Git")
}

/// A folder that is removed at the end.
struct Folder(Utf8PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let parent = Utf8PathBuf::from_path_buf(std::env::temp_dir().canonicalize()?)
            .map_err(|_| std::io::Error::other("its name is not UTF-8"))?;
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("seaworthy-since-{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => {}
                other => return other.map(|()| Self(path)),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_to_the_system = fs::remove_dir_all(&self.0);
    }
}

/// A Git repository.
struct Repository {
    /// Its folder, as the projects' paths name it.
    top: Utf8PathBuf,
}

impl Repository {
    fn around(folder: &Utf8Path) -> Result<Self, Box<Diagnostic>> {
        // Git's own answer has symbolic links resolved; the projects' paths may have not.
        let prefix = git::ask(folder, &["rev-parse", "--show-prefix"]).map_err(|why| {
            Box::new(
                Diagnostic::error(format!("cannot tell the repository of {folder}: {why}"))
                    .help("--since compares with a revision of a Git repository: call it in one"),
            )
        })?;
        let depth = prefix.trim().split('/').filter(|part| !part.is_empty()).count();
        let top = folder.ancestors().nth(depth).unwrap_or(folder).to_owned();
        Ok(Self { top })
    }

    fn commit(&self, revision: &str) -> Result<String, Box<Diagnostic>> {
        let wanted = format!("{revision}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
        let commit = git::ask(&self.top, &arguments).map_err(|_| {
            let title = format!("there is no revision \"{revision}\" in {}", self.top);
            let help = "name a branch, a tag or a commit; a shallow clone may have to be deepened (`git fetch --depth=…`)";
            Box::new(Diagnostic::error(title).help(help))
        })?;
        Ok(commit.trim().to_owned())
    }

    /// Writes the files of a commit to a folder, and beside each project its `.env`
    /// where Git knows none: it would be the same then as now.
    fn write_out(
        &self,
        commit: &str,
        folder: &Utf8Path,
        plans: &[Plan],
    ) -> Result<(), Box<Diagnostic>> {
        let git_failed = |why: String| {
            let title = format!("cannot read the revision {commit}: {why}");
            Box::new(Diagnostic::error(title).help("`git fsck` looks at the repository"))
        };
        let listed = git::ask(&self.top, &["ls-tree", "-r", "-l", "-z", "--full-tree", commit])
            .map_err(git_failed)?;
        let blobs: Vec<(&str, &str)> = listed.split('\0').filter_map(blob).collect();
        self.copy(&blobs, folder)
            .map_err(|why| Box::new(failed("write out the revision", &why)))?;
        let folders: BTreeSet<&Utf8Path> =
            plans.iter().flat_map(own_env_files).filter_map(|file| file.parent()).collect();
        for from in folders.into_iter().map(|folder| folder.join(".env")) {
            let Ok(inside) = from.strip_prefix(&self.top) else { continue };
            let to = folder.join(inside);
            let tracked = || {
                git::ask(&self.top, &["ls-files", "-z", "--", inside.as_str()])
                    .is_ok_and(|found| !found.is_empty())
            };
            if from.is_file()
                && to.parent().is_some_and(Utf8Path::is_dir)
                && !to.exists()
                && !tracked()
            {
                fs::copy(&from, &to).map_err(|why| Box::new(failed("copy an env file", &why)))?;
            }
        }
        Ok(())
    }

    /// Writes blobs, which Git hands out one after the other.
    fn copy(&self, blobs: &[(&str, &str)], folder: &Utf8Path) -> std::io::Result<()> {
        let mut process = git::quiet()
            .args(["-C", self.top.as_str(), "cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(mut asks), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(std::io::Error::other("no pipe to git"));
        };
        let result = std::thread::scope(|scope| {
            // Git stops answering when nobody listens, and listening when nobody reads.
            scope.spawn(move || {
                for (id, _) in blobs {
                    if writeln!(asks, "{id}").is_err() {
                        break;
                    }
                }
            });
            let mut answers = BufReader::new(answers);
            for (_, path) in blobs {
                let mut head = String::new();
                answers.read_line(&mut head)?;
                let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok());
                let Some(size) = size else {
                    return Err(std::io::Error::other(format!("git answers \"{}\"", head.trim())));
                };
                let mut bytes = vec![0; size];
                answers.read_exact(&mut bytes)?;
                answers.read_exact(&mut [0])?;
                let path = folder.join(path);
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                fs::write(path, bytes)?;
            }
            Ok(())
        });
        let _answered = process.kill();
        let _reaped = process.wait();
        result
    }
}

/// The id and the path of a regular file that may be one of a project; a line of `git ls-tree -l`.
fn blob(line: &str) -> Option<(&str, &str)> {
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, _, id, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let file = Utf8Path::new(path);
    let plain = file.components().all(|part| matches!(part, camino::Utf8Component::Normal(_)))
        && !file.extension().is_some_and(|ending| OTHERS.contains(&ending));
    (mode.starts_with("100") && plain && size.parse::<u64>().is_ok_and(|size| size <= LARGEST))
        .then_some((id, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_regular_files_are_written_out() {
        let id = "0123456789012345678901234567890123456789";
        let line = |mode: &str, size: &str, path: &str| format!("{mode} blob {id} {size}\t{path}");
        assert_eq!(blob(&line("100644", "     12", "a b/c.yml")), Some((id, "a b/c.yml")));
        assert_eq!(blob(&line("120000", "12", "link")), None);
        assert_eq!(blob(&line("100644", "99999999", "big")), None);
        assert_eq!(blob(&line("100644", "12", "../out")), None);
        assert_eq!(blob(&format!("160000 commit {id} -\tsub")), None);
    }
}
