//! What is on the machine: engine objects, files and processes, whoever made them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What `docker` prints.
///
/// # Panics
/// When there is no engine: these tests are worth nothing without one.
pub fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker")
        .args(arguments)
        .output()
        .expect("the live tests need the docker program");
    assert!(
        output.status.success(),
        "docker {} failed; the live tests need a container engine that answers:\n{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Every container, network, volume and image of the engine, each with its kind in front.
pub fn objects() -> Vec<String> {
    let kinds: [(&str, &[&str]); 4] = [
        ("image", &["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]),
        ("container", &["ps", "--all", "--format", "{{.Names}}"]),
        ("network", &["network", "ls", "--format", "{{.Name}}"]),
        ("volume", &["volume", "ls", "--format", "{{.Name}}"]),
    ];
    kinds
        .iter()
        .flat_map(|(kind, arguments)| {
            docker(arguments).lines().map(|name| format!("{kind} {name}")).collect::<Vec<_>>()
        })
        .collect()
}

/// The processes whose command line has this word in it, in a container or not.
pub fn processes_running(word: &str) -> Vec<String> {
    let wanted = |command: &str, _: &Path| command.contains(word);
    processes(wanted)
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            let below = files(&path);
            // The folder of all runs of this user may stay; the folder of one run may not.
            if below.is_empty()
                && path.parent().and_then(Path::parent).is_some_and(|above| above.ends_with("tmp"))
            {
                found.push(path);
            } else {
                found.extend(below);
            }
        } else {
            found.push(path);
        }
    }
    found
}

/// The processes that are wanted by their command line or by what else `/proc` tells of them.
pub fn processes(wanted: impl Fn(&str, &Path) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(command) = fs::read(entry.path().join("cmdline")) else { continue };
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if wanted(&command, &entry.path()) {
            found.push(format!("process {} {command}", entry.file_name().to_string_lossy()));
        }
    }
    found
}
