//! What a user reads when something is wrong: the exit code, what went wrong in whose words, and
//! what to do. Nothing is left behind then either.

use std::{fs, net::TcpListener};

use rustix::process::Signal;

use super::support::{Ended, Project};

/// Runs `verify` on a small project to its end; nothing may be left of it.
fn verify(project: &Project, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let all: Vec<&str> = ["verify"].iter().chain(arguments).copied().collect();
    project.start_with(&all, variables).end_clean()
}

#[test]
fn a_sound_project_passes_and_leaves_nothing() {
    let project = Project::small("sound");
    verify(&project, &[], &[]).says(0, &["✓ Store: The store answers", "1 passed, 0 failed"]);
}

#[test]
fn without_an_engine_it_says_how_to_get_one() {
    let project = Project::small("sound");
    let ended = verify(&project, &[], &[("DOCKER_HOST", "unix:///nowhere/docker.sock")]);
    ended.says(
        3,
        &[
            "no container engine answers",
            "/nowhere/docker.sock",
            "install one",
            "seaworthy doctor",
            "not run, because the small environment could not be brought up:",
            "- The store answers (features/store.feature:3)",
        ],
    );
    assert!(!ended.output.contains("✓"), "nothing passes without an engine:\n{}", ended.output);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let project = Project::small("sound");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback interface");
    let port = taken.local_addr().expect("its address").port().to_string();
    let ended = verify(&project, &["--ports", "declared"], &[("STORE_PORT", &port)]);
    ended.says(
        3,
        &[
            "service \"store\" cannot be started",
            &format!("127.0.0.1:{port}"),
            "another program listens on that port",
            "without `--ports declared`",
        ],
    );
}

#[test]
fn a_port_that_is_free_is_bound_as_declared() {
    let project = Project::small("sound");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback interface");
    let port = free.local_addr().expect("its address").port().to_string();
    drop(free);
    fs::write(
        project.folder.join("features/store.feature"),
        format!("Feature: Store\n\n  Scenario: Its port\n    Given the running small environment\n    Then exactly these ports are published:\n      | service | port | host port | host address |\n      | store | 6379 | {port} | loopback |\n"),
    )
    .expect("a feature");
    verify(&project, &["--ports", "declared"], &[("STORE_PORT", &port)])
        .says(0, &["1 passed, 0 failed"]);
}

#[test]
fn an_image_that_cannot_be_had_is_named() {
    let project = Project::small("missing-image");
    let ended = verify(&project, &[], &[]);
    ended.says(
        3,
        &["no image can be had for 127.0.0.1:9/small/absent:1", "connection refused", "stand_ins:"],
    );
}

#[test]
fn a_build_that_fails_is_quoted() {
    let project = Project::small("failing-build");
    verify(&project, &[], &[]).says(
        3,
        &[
            "docker compose build failed with exit status",
            "the hull is not tight",
            "run docker compose build by hand",
        ],
    );
}

#[test]
fn a_service_that_crashes_is_quoted() {
    let project = Project::small("crashing");
    verify(&project, &[], &[]).says(
        1,
        &[
            "service \"store\" does not come up: it ended with exit code 4",
            "last words of store:",
            "cannot read the chart",
            "--keep-on-failure",
        ],
    );
}

#[test]
fn a_service_that_does_not_get_healthy_is_quoted() {
    let project = Project::small("never-healthy");
    verify(&project, &[], &[]).says(
        1,
        &[
            "service \"store\" does not come up: it was not ready after 2s",
            "its health check exited with 1: the anchor is still down",
            "last words of store:",
            "Ready to accept connections",
        ],
    );
}

#[test]
fn a_compose_file_with_an_error_is_quoted() {
    let project = Project::small("invalid-compose");
    verify(&project, &[], &[]).says(
        3,
        &[
            "docker-compose.yml:6:5: services.store: unknown key \"prots\"",
            "did you mean \"ports\"?",
        ],
    );
}

#[test]
fn a_preparation_that_fails_is_quoted() {
    let project = Project::small("failing-prepare");
    verify(&project, &[], &[]).says(
        3,
        &[
            "prepare failed with exit status: 5",
            "the provisions are missing",
            "run prepare by hand",
        ],
    );
}

#[test]
fn a_scenario_that_takes_too_long_is_ended() {
    let project = Project::small("slow-scenario");
    let ended = verify(&project, &[], &[]);
    ended.says(
        3,
        &[
            "\"The store takes its time\" could not be decided",
            "it was still at this step after 2s",
            "timeouts: { scenario: … }",
        ],
    );
}

#[test]
fn a_scenario_that_fails_is_a_finding() {
    let project = Project::small("failing-scenario");
    verify(&project, &[], &[]).says(
        1,
        &[
            "\"The store speaks French\" is not so",
            "features/store.feature:5",
            "expected: `redis-cli ping` exits with 0 and prints \"PONGUE\"",
            "found: exit code 0: PONG",
        ],
    );
}

#[test]
fn two_runs_side_by_side_do_not_meet() {
    let project = Project::small("sound");
    let mut first = project.start(&["verify"]);
    let mut second = project.start(&["verify"]);
    assert_ne!(first.project_name(), second.project_name());
    first.end_clean().says(0, &["1 passed, 0 failed"]);
    second.end_clean().says(0, &["1 passed, 0 failed"]);
}

#[test]
fn two_runs_that_edit_one_file_do_not_meet() {
    let project = Project::small("slow");
    let before = project.read("note.txt");
    let mut first = project.start(&["verify"]);
    let mut second = project.start(&["verify"]);
    for run in [&mut first, &mut second] {
        run.until("it edits the file", |run| {
            run.seen("note.txt").filter(|text| *text != before).map(drop)
        });
        assert_eq!(project.read("note.txt"), before, "the file itself is as it was");
    }
    first.end_by(Signal::INT);
    second.end_by(Signal::INT);
    assert_eq!(project.read("note.txt"), before);
}

#[test]
fn a_service_that_ends_though_nothing_checks_it_is_quoted() {
    let project = Project::small("ending");
    verify(&project, &[], &[]).says(
        1,
        &["service \"store\" does not come up: it ended with exit code 4", "cannot read the chart"],
    );
}

#[test]
fn a_preparation_that_is_no_program_is_named() {
    let project = Project::small("failing-prepare");
    project.replace("prepare", "#!/bin/sh", "#!/nowhere/sh");
    verify(&project, &[], &[])
        .says(3, &["cannot run prepare: No such file", "the program after its `#!`"]);
}

#[test]
fn a_disk_that_is_full_is_quoted() {
    let project = Project::small("full-disk");
    verify(&project, &[], &[]).says(
        3,
        &[
            "service \"store\" does not come up: it ended with exit code 1",
            "last words of store:",
            "No space left on device",
        ],
    );
}
