//! The whole stack goes down and comes up again: what is in its volumes is there, what is not is
//! missed, and a service that does not come up a second time is named.

use super::support::{Ended, Project};

fn verify(environment: &str) -> Ended {
    let project = Project::small("whole");
    project.start(&["verify", "--environment", environment]).end_clean()
}

#[test]
fn a_stack_that_keeps_its_data_comes_up_again_with_it() {
    verify("kept").says(0, &["4 passed, 0 failed"]);
}

#[test]
fn data_in_no_volume_is_lost_with_its_container_and_outlives_a_restart() {
    verify("forgetful").says(
        1,
        &[
            "✗ The whole stack goes down and comes up again: What lies in no volume is gone",
            "expected: key \"note\" is \"kept\"",
            "found: no such key",
            "1 passed, 1 failed",
        ],
    );
}

#[test]
fn a_migration_that_cannot_be_run_twice_is_named() {
    verify("once").says(
        1,
        &[
            "expected: service \"migrate\" comes up a second time",
            "service \"migrate\" does not come up: it ended with exit code 2",
            "table orders is there already",
            "error: service \"migrate\" does not run: it has ended with exit code 2 at the end of the run",
            "once.yml:4:5",
            "0 passed, 1 failed",
        ],
    );
}
