//! Sentences on one service, on containers that are so and on containers that are not.

use super::support::Project;

#[test]
fn what_is_so_of_one_service_holds() {
    let ended = Project::small("state").start(&["verify", "features/state.feature"]).end_clean();
    ended.says(0, &["9 passed, 0 failed"]);
}

#[test]
fn what_is_not_so_of_one_service_is_told() {
    let ended = Project::small("state").start(&["verify", "broken"]).end_clean();
    ended.says(
        1,
        &[
            "\"Ended\" is not so",
            "is exited, exit code 0",
            "\"Runs on\" is not so",
            "\"No check\" is not so",
            "\"No check among all\" is not so",
            "it has no health check",
            "\"Goes on\" is not so",
            "still runs",
            "\"The other way round\" is not so",
            "\"Has not ended\" could not be decided",
            "it has not ended since the scenario began",
            "\"Another user\" is not so",
            "\"Root\" is not so",
            "runs as root or in root's group",
            "\"No such process\" is not so",
            "\"Such a process\" is not so",
            "\"No such file\" is not so",
            "there is no such file",
            "\"Such a file\" is not so",
            "\"Such a file in memory\" is not so",
            "\"What the kernel makes up\" could not be decided",
            "\"Another mode\" is not so",
            "a file with mode 0644 of user 0 and group 0",
            "\"Another owner\" is not so",
            "\"Set\" is not so",
            "\"Set to nothing is set\" is not so",
            "\"Another network\" is not so",
            "\"In common\" is not so",
            "\"Another policy\" is not so",
            "\"Restarted\" is not so",
            "has ended and runs again",
            "\"Stays down\" is not so",
            "\"Too late\" is not so",
            "it was killed",
            "\"Goes on and cannot be run\" is not so",
            "expected: several replicas of \"api\"",
            "\"Needs what is cut off\" is not so",
            "\"On another network\" is not so",
            "service \"listener\" is on network \"default\"",
            "\"Back from nowhere\" could not be decided",
            "\"A network of another\" could not be decided",
            "its network is that of \"api\"",
            "\"A new life has a new cable\" could not be decided",
            "it ended meanwhile",
            "expected: service \"pair\" was restarted 2 times",
            "not once since the scenario began",
            "expected: service \"pair\" was restarted 1 time",
            "2 times since the scenario began",
            "expected: service \"listener\" uses less than 1 MiB of memory",
            "\"No memory at all\" could not be decided",
            "0 passed, 30 failed, 6 undecided",
        ],
    );
}
