//! The two programs, each run in a clean environment and never for longer than a minute.

use std::{
    env,
    fs::File,
    io::{Read as _, Seek as _},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::case::{Case, OUTPUT, Print};

/// The version that the loader is an equal of.
const REFERENCE: &str = "2.40.3";
const PATIENCE: Duration = Duration::from_mins(1);

/// What a program left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub end: End,
    pub stdout: String,
    pub stderr: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Code(i32),
    Signal,
    /// It was still running after a minute.
    Hung,
}

/// Fails unless `docker compose` is here, in the version to compare with.
pub fn demand_reference() {
    let output = Command::new("docker").args(["compose", "version", "--short"]).output();
    let version = match &output {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(why) => format!("none: {why}"),
    };
    assert!(
        version.trim_start_matches('v').starts_with(REFERENCE),
        "the cases are compared with docker compose {REFERENCE}, and here is {version:?}"
    );
}

pub fn reference(case: &Case, print: Print) -> Ran {
    let mut command = Command::new("docker");
    command.arg("compose").args(&case.facts.arguments).arg("config");
    run(command, case, print)
}

pub fn seaworthy(case: &Case, print: Print) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.arg("config").args(&case.facts.arguments);
    run(command, case, print)
}

/// What it writes to a file counts as printed, behind what it prints.
fn run(mut command: Command, case: &Case, print: Print) -> Ran {
    let output = tempfile::tempdir().expect("a folder");
    let output = output.path().join("model");
    let flags = print.flags().iter();
    command
        .args(flags.map(|flag| if *flag == OUTPUT { output.as_os_str() } else { flag.as_ref() }))
        .args(&case.facts.after);
    let [mut stdout, mut stderr] = [(), ()].map(|()| tempfile::tempfile().expect("a file"));
    let handle = |file: &File| Stdio::from(file.try_clone().expect("a handle"));
    let mut child = command
        .current_dir(case.directory())
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/home/nobody")
        .envs(&case.facts.environment)
        .stdin(Stdio::null())
        .stdout(handle(&stdout))
        .stderr(handle(&stderr))
        .spawn()
        .unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let start = Instant::now();
    let end = loop {
        match child.try_wait().expect("its state") {
            Some(status) => break status.code().map_or(End::Signal, End::Code),
            None if start.elapsed() > PATIENCE => {
                child.kill().expect("its end");
                child.wait().expect("its state");
                break End::Hung;
            }
            None => thread::sleep(Duration::from_millis(3)),
        }
    };
    let written = std::fs::read_to_string(&output).unwrap_or_default();
    Ran { end, stdout: text(&mut stdout) + &written, stderr: text(&mut stderr) }
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().expect("the start");
    file.read_to_end(&mut bytes).expect("its text");
    String::from_utf8_lossy(&bytes).into_owned()
}
