//! The program as the tests run it: in a folder, without programs, engine or colours around it.

use std::{fs, path::Path};

use assert_cmd::Command;

/// What a call came to.
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `seaworthy`. It finds no other program and no engine.
pub fn run(folder: &Path, arguments: &[&str]) -> Answer {
    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(folder)
        .env_remove("COMPOSE_FILE")
        .env("NO_COLOR", "1")
        .env("PATH", "/nowhere")
        .env("DOCKER_HOST", "unix:///nowhere.sock")
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    Answer { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// As [`run`]: exit code, standard output, standard error.
pub fn seaworthy(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Answer { code, stdout, stderr } = run(folder, arguments);
    (code, stdout, stderr)
}

/// A folder with some files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}
