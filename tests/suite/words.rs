//! How much is told on the terminal, and that nothing but a terminal gets codes.

use std::path::Path;

use assert_cmd::Command;

use crate::coverage::project;

fn check(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("seaworthy").expect("the program");
    let output = command
        .current_dir(Path::new("."))
        .args(["check", "features/host-exposure.feature"])
        .args(arguments)
        .output()
        .expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn quiet_tells_the_verdict_alone_and_verbose_each_step_with_what_it_saw() {
    let (code, quiet) = check(&["-q"]);
    assert_eq!(code, 0, "{quiet}");
    assert_eq!(quiet.trim().lines().count(), 2, "{quiet}");
    let (code, verbose) = check(&["-v"]);
    assert_eq!(code, 0, "{verbose}");
    assert!(verbose.contains("\n      ✓ Given the "), "{verbose}");
    assert!(!verbose.contains('\u{1b}'), "a pipe gets no codes: {verbose}");
    assert_eq!(check(&["-q", "-v"]).0, 2, "one of both");
    let overlay = "fixtures/broken/database-on-all-interfaces/docker-compose.yml";
    let (code, broken) = check(&["-q", "--overlay", overlay]);
    assert_eq!(code, 1, "{broken}");
    assert!(broken.contains("| db | 3306 | 3306 | any |"), "what is broken is told: {broken}");
}

/// `verify` of a project whose engine is nowhere, on a terminal of its own.
fn on_a_terminal(set: &[(&str, &str)]) -> String {
    let folder = project(None);
    let program = Command::cargo_bin("seaworthy").expect("the program");
    let program = program.get_program().to_str().expect("UTF-8").to_owned();
    let mut command = Command::new("script");
    command.args(["-qec", &format!("{program} verify"), "/dev/null"]).current_dir(folder.path());
    command.env_remove("CI").env_remove("NO_COLOR").env("TERM", "xterm");
    command.env("DOCKER_HOST", "unix:///nowhere.sock").envs(set.iter().copied());
    let output = command.output().expect("script, of util-linux, runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_terminal_is_redrawn_and_left_clean_and_who_wants_plain_lines_gets_them() {
    let told = on_a_terminal(&[]);
    assert!(told.contains('\u{1b}'), "colours at least: {told:?}");
    assert!(!told.contains("\u{1b}[?25l") || told.contains("\u{1b}[?25h"), "the cursor is back");
    for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let told = on_a_terminal(&[plain]);
        assert!(told.contains("not seaworthy"), "{told:?}");
        assert!(!told.contains('\u{1b}'), "{plain:?}: {told:?}");
    }
    let told = on_a_terminal(&[("CI", "true")]);
    let moves = ["\u{1b}[2K", "\u{1b}[1A", "\u{1b}[?25", "\r\u{1b}["];
    assert!(moves.iter().all(|code| !told.contains(code)), "in CI nothing is redrawn: {told:?}");
}
