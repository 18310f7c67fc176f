//! What programs of a project and faults leave: done to the run, never to the stack that people
//! live from, and gone with the run.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use super::support::Project;

const LASTING: &str = "    image: seaworthy-airgap/debian:12\n    pull_policy: never\n    init: true\n    command: [\"sh\", \"-c\", \"exec sleep 1000\"]\n";

/// A project of one service, with more of it, and one scenario.
fn project(more: &str, tags: &str, steps: &str) -> Project {
    let project = Project::small("sound");
    let name = format!("small-programs-{}", std::process::id());
    let compose = format!("name: {name}\nservices:\n  store:\n{LASTING}{more}");
    fs::write(project.folder.join("docker-compose.yml"), compose).expect("a Compose file");
    let feature = format!(
        "Feature: f\n  {tags}\n  Scenario: s\n    Given the running small environment\n    {steps}\n"
    );
    fs::write(project.folder.join("features/store.feature"), feature).expect("a feature");
    project
}

fn compose(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("docker").arg("compose").args(words).current_dir(folder).output();
    let output = output.expect("Compose can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A stack that somebody lives from, taken down in any case.
struct Real<'a>(&'a Path);

impl Drop for Real<'_> {
    fn drop(&mut self) {
        compose(self.0, &["down", "--timeout", "0", "--volumes"]);
    }
}

#[test]
fn what_a_preparation_asks_of_compose_and_the_engine_is_done_to_the_run() {
    let project =
        project("    volumes: [\"./data:/data\"]\n", "", "Then service \"store\" has 1 replica");
    fs::create_dir(project.folder.join("data")).expect("a folder");
    compose(&project.folder, &["up", "--detach"]);
    let _real = Real(&project.folder);
    let before = compose(&project.folder, &["ps", "--quiet"]);
    assert!(!before.trim().is_empty(), "the real stack is up");

    fs::write(
        project.folder.join("seaworthy.yaml"),
        "environments:\n  small:\n    files: [docker-compose.yml]\n    prepare: prepare\n",
    )
    .expect("a configuration");
    let prepare = project.folder.join("prepare");
    let script = "#!/bin/sh\nset -e\ndocker compose down --timeout 0\ndocker run --rm --network none -v \"$PWD:/x\" seaworthy-airgap/debian:12 touch /x/by-the-engine\ntouch by-hand\n(setsid sleep 611 >/dev/null 2>&1 &)\n";
    fs::write(&prepare, script).expect("a program");
    fs::set_permissions(&prepare, fs::Permissions::from_mode(0o755)).expect("executable");
    // Somebody's shell says where it is.
    let here = project.folder.to_str().expect("UTF-8").to_owned();
    let ended = project.start_with(&["verify"], &[("PWD", &here)]).end_clean();
    ended.says(0, &["1 passed, 0 failed"]);
    assert_eq!(compose(&project.folder, &["ps", "--quiet"]), before, "the real stack runs on");
    for file in ["by-the-engine", "by-hand"] {
        assert!(!project.folder.join(file).exists(), "{file} is in the real folder");
    }
}

#[test]
fn volumes_without_a_name_go_with_their_container() {
    let project = project(
        "    volumes: [\"/anonymous\"]\n",
        "@disruptive",
        "When service \"store\" is removed and created again\n    Then service \"store\" has 1 replica",
    );
    let mut run = project.start(&["verify"]);
    run.until("its container is there", |run| {
        run.objects().iter().any(|object| object.starts_with("container ")).then_some(())
    });
    run.remember_volumes();
    run.end_clean().says(0, &["1 passed, 0 failed"]);
}

#[test]
fn who_gets_unhealthy_while_others_are_judged_is_a_finding_of_the_run() {
    let project = project(
        "    healthcheck: { test: [CMD, test, \"!\", -e, /tmp/ill], interval: 1s, retries: 1 }\n",
        "",
        "Then command \"touch /tmp/ill\" in \"store\" succeeds\n    And for 3 seconds the log of \"store\" never shows \"ill\"",
    );
    project.start(&["verify"]).end_clean().says(
        1,
        &[
            "service \"store\" is unhealthy at the end of the run: its health check exits with 1",
            "docker-compose.yml:",
            "1 passed, 0 failed",
        ],
    );
}

#[test]
fn who_ends_after_it_was_ready_is_told_of() {
    let project = project("", "", "Then for 4 seconds the log of \"store\" never shows \"error\"");
    project.replace("docker-compose.yml", "exec sleep 1000", "sleep 4");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(0, &["warning: service \"store\" ended once with exit code 0, after it was ready"]);
}
