//! What a stack's services go through: those that do not come up are a finding, those that end are
//! told of, and what a scenario breaks is whole again after it.

use std::time::{Duration, Instant};

use super::support::{Ended, Project};

/// Judges the scenarios of one environment of `fixtures/small/lifecycle`; nothing may be left of it.
fn verify(environment: &str) -> Ended {
    let project = Project::small("lifecycle");
    project.start(&["verify", "--environment", environment]).end_clean()
}

#[test]
fn a_crash_loop_whose_check_passes_is_a_finding() {
    verify("looping").says(
        1,
        &[
            "error: service \"loop\" does not come up: it keeps ending with exit code 7",
            "policy always",
            "looping.yml:7:5",
            "last words of loop:",
            "aground",
            "not run, because the looping environment does not come up because of service \"loop\"",
        ],
    );
}

#[test]
fn a_restart_that_the_policy_allows_is_told_and_refuses_nothing() {
    verify("recovering").says(
        0,
        &[
            "warning: service \"second\" ended once with exit code 3 on the way up and was restarted by its policy (always)",
            "warning: service \"third\" ended 2 times with exit code 4 on the way up and was restarted by its policy (on-failure:3)",
            "no wind",
            "1 passed, 0 failed",
        ],
    );
}

#[test]
fn a_policy_that_gives_up_is_a_finding() {
    verify("exhausted").says(
        1,
        &["service \"tired\" does not come up: it keeps ending with exit code 5 (2 restarts, policy on-failure:2)", "no more"],
    );
}

#[test]
fn a_service_that_has_nothing_more_to_do_is_well() {
    let ended = verify("completing");
    // The second is seen running first.
    let completed = ["once", "later"].map(|name| format!("completing: {name} has completed after"));
    ended.says(0, &[&completed[0], &completed[1], "1 passed, 0 failed"]);
    assert!(!ended.output.contains("service \"later\""), "{}", ended.output);
}

#[test]
fn a_service_that_publishes_a_port_must_go_on() {
    verify("ending-published").says(
        1,
        &[
            "service \"door\" does not come up: it ended with exit code 0",
            "ending-published.yml:8:5",
            "is meant to go on",
        ],
    );
}

#[test]
fn a_health_check_whose_program_is_not_there_is_a_finding_at_once() {
    let begun = Instant::now();
    verify("no-checker").says(
        1,
        &[
            "service \"unseen\" does not come up: the program of its health check is not in the image",
            "spyglass: not found",
            "no-checker.yml:8:20",
        ],
    );
    assert!(begun.elapsed() < Duration::from_mins(1), "nothing waits for what cannot change");
}

#[test]
fn a_command_that_is_not_in_the_image_is_a_finding() {
    verify("no-command").says(
        1,
        &[
            "service \"ghost\" cannot be started: ",
            "exec: \"hornpipe\": executable file not found",
            "no-command.yml:7:5",
        ],
    );
}

#[test]
fn a_migration_that_fails_is_a_finding() {
    verify("migration").says(
        1,
        &[
            "service \"migrate\" does not come up: it ended with exit code 2",
            "\"app\" waits for it to complete successfully",
            "duplicate column",
            "migration.yml:7:5",
        ],
    );
}

#[test]
fn a_service_that_crashes_while_another_is_judged_is_a_finding_of_the_run() {
    verify("crashing-later").says(
        1,
        &[
            "✓ Store: Somebody else crashes",
            "error: service \"loop\" ended",
            "exit code 7",
            "crashing-later.yml:7:5",
            "aground",
            "1 passed, 0 failed",
            "not seaworthy",
        ],
    );
}

#[test]
fn a_process_that_is_killed_out_of_memory_is_a_finding_of_the_run() {
    verify("hungry").says(
        1,
        &[
            "error: service \"hungry\" had a process OOM-killed once, and runs on",
            "hungry.yml:8:5",
            "1 passed, 0 failed",
        ],
    );
}

#[test]
fn a_step_that_fails_because_a_service_died_says_so() {
    verify("dying").says(
        1,
        &[
            "missing: service \"brief\" ended once with exit code 9",
            "and does not run now",
            "last lines of brief:",
            "argh",
            "0 passed, 0 failed, 1 undecided",
        ],
    );
}

#[test]
fn what_died_of_a_fault_runs_again_after_it() {
    verify("dependent").says(
        0,
        &[
            "warning: service \"client\" ended once with exit code 1, and runs again while \"The store goes away\" ran",
            "it ends when what it depends on is away",
            "✓ Store: The client is there again",
            "2 passed, 0 failed",
        ],
    );
}

#[test]
fn what_has_no_check_is_back_when_it_listens_again() {
    verify("late").says(0, &["✓ Store: The store listens again", "2 passed, 0 failed"]);
}

#[test]
fn what_does_not_come_back_is_named_by_the_scenario_that_broke_it() {
    verify("lost").says(
        1,
        &[
            "what this scenario broke could not be mended",
            "found: service \"client\" did not come back: it was started 3 times and ended each time, last with exit code 6",
            "lost.yml:7:5",
            "no second life",
            "0 passed, 1 failed",
        ],
    );
}

#[test]
fn a_service_without_a_container_has_no_check_that_notices() {
    verify("scaled-away")
        .says(3, &["missing: there is nothing to judge", "0 passed, 0 failed, 1 undecided"]);
}

#[test]
fn a_program_that_is_absent_proves_no_failure() {
    verify("asleep")
        .says(3, &["missing: /bin/sh: 1: spyglass: not found", "0 passed, 0 failed, 1 undecided"]);
}

#[test]
fn a_container_that_ends_meanwhile_proves_no_failure() {
    verify("ended").says(
        1,
        &[
            "missing: service \"quiet\" ended once with exit code 143",
            "the container ended while it ran",
            "error: service \"quiet\" ended once",
            "0 passed, 0 failed, 1 undecided",
        ],
    );
}
