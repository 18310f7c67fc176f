//! What a service is, is found out by what it does and not by its name.

use super::support::Project;

/// Every scenario of `fixtures/small/kinds`, in one run.
#[test]
fn a_service_is_what_it_does_and_not_what_it_is_called() {
    let project = Project::small("kinds");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        1,
        &[
            "\"A web server is no store\" could not be decided",
            ", not Redis; name the service in which one of them runs",
            "\"A cache is no database\" could not be decided",
            "runs Redis, not MySQL, MariaDB",
            "\"Vite is served by who answers for it\" is not so",
            "hand requests for /@vite/ on to the Vite server",
            "last lines of assets:",
            "1 passed, 1 failed, 2 undecided",
        ],
    );
    for wrong in ["last lines of docs", "last lines of node", "the wrong one"] {
        assert!(!ended.output.contains(wrong), "it says {wrong:?}:\n{}", ended.output);
    }
}
