//! Which folder a project's view is of.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Refused, Views, view::How};

/// Opens the view of the repository that encloses a project: the nearest `.git`, else the folder of
/// the configuration, else the project's folder. `programs` will be run there, and must lie in it.
/// A copy may be of less: of the nearest of these folders that is small enough.
///
/// # Errors
/// [`Refused`] when no view can be had and a program needs one.
pub fn open_project(
    views: &mut Views,
    project: &Utf8Path,
    configuration: &Utf8Path,
    programs: &[Utf8PathBuf],
) -> Result<(), Refused> {
    // The folder of the configuration is nothing where it is the working directory.
    let of = |path: &Utf8Path| {
        let path = Utf8Path::new(".").join(path);
        path.canonicalize_utf8().unwrap_or(path)
    };
    let (project, configuration) = (of(project), of(configuration));
    let programs: Vec<Utf8PathBuf> = programs.iter().map(|program| of(program)).collect();
    let root = repository(&project);
    let around = project.starts_with(&configuration).then_some(&*configuration);
    let wider = around.filter(|wide| root.is_none_or(|root| root.starts_with(wide)));
    let widest = wider.and_then(|wide| repository(wide).or(Some(wide))).or(root);
    let mut candidates: Vec<&Utf8Path> =
        [widest, root, around, Some(&project)].into_iter().flatten().collect();
    candidates.dedup();
    let mut last = None;
    for candidate in candidates {
        let outside = |program: &&Utf8PathBuf| {
            !program.starts_with(candidate) && widest.is_some_and(|wide| program.starts_with(wide))
        };
        if views.is_shared(candidate) || programs.iter().any(|program| outside(&program)) {
            continue;
        }
        match views.open(candidate) {
            Ok(()) => {
                last = None;
                break;
            }
            Err(why) => last = last.or(Some(why)),
        }
    }
    // Elsewhere altogether: programs there are run in a view too.
    let elsewhere = programs.iter().any(|program| program.starts_with(&configuration));
    if elsewhere && last.is_none() && views.seen(&configuration).is_none() {
        let root = repository(&configuration).unwrap_or(&configuration).to_owned();
        if !views.is_shared(&root) {
            views.open(&root)?;
        }
    }
    let around = [Some(&*project), widest, Some(&*configuration)];
    let repositories: Vec<&Utf8Path> =
        around.into_iter().flatten().filter_map(repository).collect();
    for repository in repositories {
        open_git(views, repository)?;
    }
    // Where nothing asks for it the run can do without.
    last.filter(|_| !programs.is_empty()).map_or(Ok(()), Err)
}

/// The repository that encloses a folder: the nearest `.git`.
fn repository(folder: &Utf8Path) -> Option<&Utf8Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// Opens views of what Git keeps elsewhere of a repository that is seen through an overlay: tags and
/// branches that a program makes there would be made in the real repository.
///
/// Who has a copy is led to the real folder by every path that is spelled out, a view or not.
fn open_git(views: &mut Views, repository: &Utf8Path) -> Result<(), Refused> {
    let over = views.all().iter().filter(|view| repository.starts_with(&view.real));
    let nearest = over.max_by_key(|view| view.real.as_str().len());
    if nearest.is_none_or(|view| view.how != How::Overlay) {
        return Ok(());
    }
    let mut folders = git_folders(repository);
    // Of two that lie in each other the outer one has both.
    folders.sort_by_key(|folder| folder.as_str().len());
    for folder in folders {
        if !views.is_shared(&folder) {
            views.open(&folder)?;
        }
    }
    Ok(())
}

/// The folders in which Git keeps a repository: that of `.git`, which in a worktree and a submodule
/// is a file that names it, and the one that worktrees have in common.
///
/// Git, gitrepository-layout(5), "gitdir" and "commondir".
fn git_folders(repository: &Utf8Path) -> Vec<Utf8PathBuf> {
    let named = |file: &Utf8Path, prefix: &str| {
        let text = fs::read_to_string(file).ok()?;
        let named =
            text.trim_end_matches(['\r', '\n']).strip_prefix(prefix)?.trim_start().to_owned();
        file.parent()?.join(named).canonicalize_utf8().ok()
    };
    let dot = repository.join(".git");
    let own = if dot.is_dir() { dot.canonicalize_utf8().ok() } else { named(&dot, "gitdir:") };
    let Some(own) = own.filter(|own| own.is_dir()) else { return Vec::new() };
    let common = named(&own.join("commondir"), "").filter(|common| common.is_dir());
    [Some(own), common].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rustix::process::geteuid;

    use super::{super::unmount_below, *};

    struct Place {
        _keep: tempfile::TempDir,
        top: Utf8PathBuf,
    }

    impl Drop for Place {
        fn drop(&mut self) {
            unmount_below(&self.top.join("run")).expect("nothing is left mounted");
        }
    }

    fn git(folder: &Utf8Path, words: &[&str]) {
        let mut command = Command::new("git");
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.test"];
        let output = command.args(who).args(words).current_dir(folder).output().expect("git");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn the_repository_of_a_worktree_has_a_view_too() {
        let keep = tempfile::tempdir().expect("a folder");
        let top = Utf8PathBuf::from_path_buf(keep.path().to_owned()).expect("UTF-8");
        let top = top.canonicalize_utf8().expect("a folder");
        let place = Place { _keep: keep, top };
        let (main, tree) = (place.top.join("main"), place.top.join("tree"));
        fs::create_dir_all(&main).expect("a folder");
        fs::create_dir_all(place.top.join("run")).expect("a folder");
        git(&main, &["init", "--quiet"]);
        git(&main, &["commit", "--quiet", "--allow-empty", "--message", "a"]);
        git(&main, &["worktree", "add", "--quiet", tree.as_str()]);
        assert!(git_folders(&tree).contains(&main.join(".git")), "{:?}", git_folders(&tree));

        let mut views = Views::new(&place.top.join("run"), Vec::new()).expect("a folder");
        open_project(&mut views, &tree, &tree, &[]).expect("views");
        let seen = views.seen(&main.join(".git/refs/tags"));
        assert_eq!(seen.is_some(), geteuid().is_root(), "{:?}", views.all());
        if let Some(seen) = seen {
            fs::write(seen.join("mine"), "").expect("a write");
            assert!(!main.join(".git/refs/tags/mine").exists());
        }
    }
}
