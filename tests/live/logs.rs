//! Logs that the engine has emptied, and command lines that were never run to their end.

use super::support::Project;

/// Every scenario of `fixtures/small/logs`, in one run.
#[test]
fn what_is_gone_from_a_log_is_not_known_to_have_been_absent() {
    let project = Project::small("logs");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        3,
        &[
            "\"What was lost was not silent\" could not be decided",
            "\"What was lost cannot be counted\" could not be decided",
            "the engine keeps one file of 2000 bytes of the log of",
            "docker-compose.yml:8:5",
            "max-size: 10m, max-file: \"3\"",
            "\"A program that is killed has not failed\" could not be decided",
            "signal 9 ended it",
            "\"A program that is not there has not succeeded\" could not be decided",
            "nosuchprogram: not found",
            "2 passed, 0 failed, 4 undecided",
        ],
    );
}
