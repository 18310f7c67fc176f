//! A stack whose logs, names and titles try to speak for us, on the engine.

use std::fs;

use super::support::Project;

/// What a hostile log says: workflow commands, escapes, direction marks, the ends of other formats.
const SAID: &str = "::error file=a.rs::owned\\n  ::set-env name=A::b\\n##[error]owned\\n\\033[2J\\033]0;owned\\007\\n\\342\\200\\256txet\\n]]></failure><script>alert(1)</script>\\n```\\n![x](y)";

fn is_ours(text: &str) {
    for line in text.lines() {
        let start = line.trim_start();
        assert!(
            !start.starts_with("::") && !start.starts_with("##["),
            "a command: {line:?}\n{text}"
        );
    }
    let odd = text.chars().find(|&c| seaworthy::visible::is_invisible(c) && !"\n\t".contains(c));
    assert_eq!(odd, None, "shown as it is:\n{text}");
}

#[test]
fn a_hostile_stack_speaks_for_nobody() {
    let project = Project::small("sound");
    let compose = format!(
        "name: small\nservices:\n  store:\n    image: seaworthy-airgap/debian:12\n    pull_policy: never\n    init: true\n    command: [\"sh\", \"-c\", \"printf '{}\\\\n'; exec sleep 1000\"]\n",
        SAID.replace('\\', "\\\\").replace('"', "\\\"")
    );
    fs::write(project.folder.join("docker-compose.yml"), compose).expect("a Compose file");
    let feature = "Feature: \u{202e}::error::eltit\n  Scenario: ::warning::<script>alert(1)</script>\n    Given the running small environment\n    Then command \"printf '::error::owned'; exit 3\" in \"store\" succeeds\n  Scenario: ##[error]what is logged\n    Given the running small environment\n    Then the log of \"store\" shows \"never said\" within 1 second\n";
    for file in fs::read_dir(project.folder.join("features")).expect("features") {
        fs::remove_file(file.expect("an entry").path()).expect("removed");
    }
    fs::write(project.folder.join("features/a.feature"), feature).expect("a feature");
    let (junit, evidence) = (project.aside("junit.xml"), project.aside("evidence"));
    let arguments = [
        "verify",
        "--junit",
        junit.to_str().expect("UTF-8"),
        "--evidence",
        evidence.to_str().expect("UTF-8"),
    ];
    let ended = project.start(&arguments).end_clean();
    ended.says(1, &["owned", "0 passed, 2 failed"]);
    is_ours(&ended.output);
    let report = fs::read_to_string(&junit).expect("the JUnit file");
    is_ours(&report);
    quick_junit::Report::deserialize_from_str(&report).expect("JUnit XML");
    assert!(!report.contains("<script>"), "{report}");
    let mut pages = 0;
    for page in fs::read_dir(evidence).expect("evidence") {
        is_ours(&fs::read_to_string(page.expect("an entry").path()).expect("a page"));
        pages += 1;
    }
    assert_eq!(pages, 2);
}
