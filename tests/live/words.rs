//! Sentences that would hold because nobody waited, nobody could look, or an error page was read.

use super::support::Project;

/// Every scenario of `fixtures/small/words`, in one run.
#[test]
fn nothing_holds_because_it_was_asked_too_early_or_of_an_error_page() {
    let project = Project::small("words");
    let ended = project.start(&["verify"]).end_clean();
    ended.says(
        1,
        &[
            "\"What comes late in the window is seen\" is not so",
            "expected: for 4s no line with \"Fatal error\"",
            "\"A log that nobody can read is no silent log\" could not be decided",
            "\"An error page does not count\" is not so",
            "answers 200 to 299 and contains \"Error\"",
            "answers 404 with \"Error\"",
            "\"A response of an error has no content to speak of\" is not so",
            "status 404 Error: nothing here",
            "say so before: Then the response is 404",
            "\"A redirect is no answer either\" is not so",
            "status 302, leads to http://",
            "\"A status that was stated is that of its own response\" is not so",
            "\"A program that is not there has not failed\" could not be decided",
            "nosuchprogram: not found",
            "expected: a line of JSON with level=error",
            "no such line; of 2 the last are",
            "expected: every line of the log of \"late\" is JSON",
            "\"No line at all\" could not be decided",
            "it has logged nothing yet",
            "4 passed, 7 failed, 3 undecided",
        ],
    );
}
