//! What a project names by a path that leads out of its repository: a run reads it where plain
//! Compose does, and leaves it as it is.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

use rustix::process::geteuid;

use super::{
    isolation_storage::{NOBODY, give, look},
    support::Project,
};

/// The project, and what lies beside it.
fn project() -> (Project, BTreeMap<String, String>) {
    let project = Project::small("beside");
    fs::rename(project.folder.join("beside"), project.aside("beside")).expect("a folder");
    let before = state(&project);
    (project, before)
}

fn state(project: &Project) -> BTreeMap<String, String> {
    let mut state = BTreeMap::new();
    for folder in [&project.folder, &project.aside("beside")] {
        look(folder, &mut state);
    }
    state
}

#[test]
fn what_lies_beside_the_repository_is_read_and_stays_as_it_is() {
    let (project, before) = project();
    project.start(&["verify"]).end_clean().says(0, &["1 passed, 0 failed"]);
    assert_eq!(before, state(&project));
}

/// Who may not mount has copies, and finds them where the paths of the files lead.
#[test]
fn a_user_who_is_not_root_has_copies_beside_the_copy() {
    let (project, _) = project();
    let group = fs::metadata("/var/run/docker.sock").expect("the engine's socket").gid();
    if geteuid().is_root() {
        let above = project.folder.parent().expect("a folder").to_owned();
        fs::set_permissions(&above, fs::Permissions::from_mode(0o755)).expect("a mode");
        for path in [above.join("tmp"), above] {
            give(&path);
        }
    }
    let before = state(&project);
    let user = geteuid().is_root().then_some((NOBODY, group));
    project.start_as(user, &["verify"]).end_clean().says(0, &["1 passed, 0 failed", " (copy)"]);
    assert_eq!(before, state(&project));

    // What cannot be copied is told with its line.
    if geteuid().is_root() {
        let hidden = project.aside("beside/more/hidden");
        fs::write(&hidden, "").expect("a file");
        fs::set_permissions(&hidden, fs::Permissions::from_mode(0o000)).expect("a mode");
        project.start_as(user, &["verify"]).end_clean().says(
            3,
            &[
                "lies outside of the project's folder",
                "more/hidden: it cannot be read",
                "--> docker-compose.yml:20:12",
            ],
        );
    }
}
