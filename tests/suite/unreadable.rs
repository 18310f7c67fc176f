//! What `lint` finds in a search and cannot read: it is told, and the rest is judged.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use super::projects::{folder, lint};

const FLAGGED: &str = "services:\n  web:\n    image: nginx:1.27\n    privileged: true\n";

#[test]
fn what_is_called_a_compose_file_and_is_none_is_told_and_the_rest_is_judged() {
    let folder = folder(&[
        ("compose.yaml", FLAGGED),
        ("base/compose.yaml", FLAGGED),
        ("folder/compose.yaml/keep", ""),
        ("folder/compose.yaml/inner/compose.yaml", FLAGGED),
        ("env/compose.yaml", FLAGGED),
        ("up/sub/keep", ""),
    ]);
    let at = |path: &str| folder.path().join(path);
    fs::create_dir(at("pipe")).expect("a folder");
    let pipes = [at("pipe/compose.yaml"), at("env/.env")];
    let made = std::process::Command::new("mkfifo").args(pipes).status();
    assert!(made.expect("mkfifo").success());
    for (to, path) in [
        ("gone.yaml", "base/compose.override.yaml"),
        ("gone.yaml", "base/compose.prod.yaml"),
        ("compose.yml", "compose.yml"),
        ("..", "up/sub/loop"),
    ] {
        symlink(to, at(path)).expect("a link");
    }
    let told = lint(folder.path(), &["."]);
    assert_eq!(told.code, 1);
    assert_eq!(
        told.findings(),
        [
            "privileged-container compose.yaml:4",
            "not-loadable compose.yml:1",
            "privileged-container base/compose.yaml:4",
            "not-loadable base/compose.override.yaml:1",
            "not-loadable base/compose.prod.yaml:1",
            "not-loadable env/compose.yaml:1",
            "not-loadable folder/compose.yaml:1",
            "privileged-container folder/compose.yaml/inner/compose.yaml:4",
            "not-loadable pipe/compose.yaml:1",
        ]
    );
    let all = told.json["findings"].as_array().expect("findings").iter();
    let messages: Vec<&str> = all.filter_map(|found| found["message"].as_str()).collect();
    for message in [
        "cannot read compose.yml: it is a link that leads back to itself",
        "cannot read base/compose.prod.yaml: it is a link to what is not there",
        "cannot read env/.env: it is a named pipe, not a file",
        "cannot read folder/compose.yaml: it is a folder",
        "cannot read pipe/compose.yaml: it is a named pipe, not a file",
    ] {
        assert!(messages.contains(&message), "{message}: {messages:#?}");
    }
    // Whoever has nothing else is told the same.
    assert_eq!(lint(&at("pipe"), &[]).findings(), ["not-loadable compose.yaml:1"]);
}

/// Another user than root cannot look into everything.
#[test]
fn what_is_not_ours_to_read_is_told_and_the_rest_is_judged() {
    let folder = folder(&[
        ("a/compose.yaml", FLAGGED),
        ("data/compose.yaml", FLAGGED),
        ("left/out/compose.yaml", FLAGGED),
        ("shut/compose.yaml", FLAGGED),
        ("seaworthy.yaml", "lint: {exclude: [left]}\n"),
    ]);
    let shut = |path: &str, mode: u32| {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(folder.path().join(path), mode).expect("its mode");
    };
    let closed = ["data", "left/out", "shut/compose.yaml"];
    for path in closed {
        shut(path, 0);
    }
    let is_root = fs::read_dir(folder.path().join("data")).is_ok();
    let told = lint(folder.path(), &["."]);
    for path in closed {
        shut(path, 0o700);
    }
    if is_root {
        assert_eq!(told.findings().len(), 3, "root reads everything: {:?}", told.findings());
        return;
    }
    let expected = ["privileged-container a/compose.yaml:4", "not-loadable shut/compose.yaml:1"];
    assert_eq!(told.findings(), expected);
    let notes = told.notes();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("cannot look into data: Permission denied"), "{notes:?}");
}
