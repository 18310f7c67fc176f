//! The order of a run, told before anything starts (`verify --plan`).

use crate::program::{folder, run};

const FEATURE: &str = "\
Feature: f

  Scenario: Looks
    Given the running dev environment
    When the browser requests \"/\"
    Then the response is 200

  @disruptive
  Scenario: Breaks
    Given the running dev environment
    When service \"web\" is stopped
    Then a request for \"/\" succeeds within 3 seconds

  Scenario: Surfs
    Given the running dev environment
    When a real browser opens \"/\"
    Then the real browser shows \"aye\"

  Scenario: Searches
    Given the running dev environment
    Then no secret is written in the files, images, environment or logs

  @disruptive
  Scenario: Breaks elsewhere
    Given the running prod environment
    When service \"web\" is stopped
    Then a request for \"/\" succeeds within 3 seconds

  Scenario: Reads
    Given the files of the prod environment
    Then \"services.web.image\" is \"nginx:1\"
";

#[test]
fn a_plan_says_what_runs_one_at_a_time_and_what_side_by_side_and_starts_nothing() {
    let project = folder(&[
        ("seaworthy.yaml", "environments:\n  dev: {files: [c.yaml]}\n  prod: {files: [c.yaml]}\n"),
        ("c.yaml", "services:\n  web: {image: \"nginx:1\", ports: [\"8080:80\"]}\n"),
        ("a.feature", FEATURE),
    ]);
    let answer = run(project.path(), &["verify", "--plan", "a.feature"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    assert_eq!(
        answer.stdout,
        "\
dev
  break something, one at a time: 1
    Breaks (a.feature:9), breaks \"web\"
  side by side: 3
    Looks (a.feature:3)
    Surfs (a.feature:14), takes half of the machine
    Searches (a.feature:19), takes the whole machine
prod
  break something, one at a time: 1
    Breaks elsewhere (a.feature:24), breaks \"web\"
"
    );
    let answer = run(project.path(), &["verify", "--plan", "--environment", "prod", "a.feature"]);
    assert!(answer.stdout.starts_with("prod\n"), "{}", answer.stdout);
}

#[test]
fn who_has_nothing_to_do_with_what_is_broken_goes_beside_it() {
    let project = folder(&[
        ("seaworthy.yaml", "environments:\n  dev: {files: [c.yaml]}\n"),
        (
            "c.yaml",
            "services:\n  web: {image: \"nginx:1\", ports: [\"8080:80\"]}\n  worker: {image: \"worker:1\"}\n",
        ),
        (
            "a.feature",
            "\
Feature: f

  Scenario: Visit
    Given the running dev environment
    When the browser requests \"/\"
    Then the response is 200

  Scenario: All
    Given the running dev environment
    Then every service is healthy

  Scenario: Look
    Given the running dev environment
    Then the log of \"worker\" shows \"done\"

  @disruptive
  Scenario: Kill
    Given the running dev environment
    When service \"worker\" is stopped
    Then the log of \"worker\" shows \"bye\" within 30 seconds
",
        ),
    ]);
    let plan = |stacks: &str| {
        run(project.path(), &["verify", "--plan", "--stacks", stacks, "a.feature"]).stdout
    };
    assert_eq!(
        plan("1"),
        "\
dev
  break something, one at a time: 1
    Kill (a.feature:17), breaks \"worker\"
      beside it: Visit (a.feature:3)
  side by side: 2
    All (a.feature:8)
    Look (a.feature:12)
"
    );
}

#[test]
fn with_two_stacks_what_may_wait_longest_comes_first() {
    let project = folder(&[
        ("seaworthy.yaml", "environments:\n  dev: {files: [c.yaml]}\n"),
        ("c.yaml", "services:\n  web: {image: \"nginx:1\", ports: [\"8080:80\"]}\n"),
        (
            "a.feature",
            "\
Feature: f

  @disruptive
  Scenario: Short
    Given the running dev environment
    When service \"web\" is stopped
    Then a request for \"/\" succeeds within 3 seconds

  @disruptive
  Scenario: Long
    Given the running dev environment
    When service \"web\" is stopped
    Then a request for \"/\" succeeds within 90 seconds
",
        ),
    ]);
    let order = |stacks: &str| {
        let answer = run(project.path(), &["verify", "--plan", "--stacks", stacks, "a.feature"]);
        let at = |title: &str| answer.stdout.find(title).expect("a scenario of the plan");
        (at("Long") < at("Short"), answer.stdout)
    };
    let (is_first, text) = order("2");
    assert!(is_first && text.contains("on two stacks, on each one at a time"), "{text}");
    let (is_first, text) = order("1");
    assert!(!is_first && text.contains("one at a time"), "{text}");
}

#[test]
fn a_second_stack_that_cannot_be_is_refused_with_the_reason() {
    let project = folder(&[
        ("seaworthy.yaml", "environments:\n  dev: {files: [c.yaml]}\nshared: {folders: [data]}\n"),
        ("c.yaml", "services:\n  web: {image: \"nginx:1\", ports: [\"8080:80\"]}\n"),
        (
            "a.feature",
            FEATURE.split("  @disruptive\n  Scenario: Breaks elsewhere").next().unwrap_or_default(),
        ),
    ]);
    for (more, why) in [
        (&["--ports", "declared"][..], "declared host ports can be bound once"),
        (&["--keep"], "a stack that is kept is for looking at"),
        (&[], "would meet in what `shared:` names"),
    ] {
        let arguments = [&["verify", "--stacks", "2", "a.feature"][..], more].concat();
        let answer = run(project.path(), &arguments);
        assert_eq!((answer.code, answer.stdout.as_str()), (3, ""));
        assert!(answer.stderr.contains(why), "{}", answer.stderr);
    }
    let answer = run(project.path(), &["verify", "--stacks", "3", "a.feature"]);
    assert_eq!(answer.code, 2, "{}", answer.stderr);
}

#[test]
fn a_plan_without_a_running_stack_says_so() {
    let project = folder(&[
        ("seaworthy.yaml", "environments:\n  dev: {files: [c.yaml]}\n"),
        ("c.yaml", "services:\n  web: {image: \"nginx:1\"}\n"),
        (
            "a.feature",
            "Feature: f\n  Scenario: s\n    Given the files of the dev environment\n    Then \"services.web.image\" is \"nginx:1\"\n",
        ),
    ]);
    let answer = run(project.path(), &["verify", "--plan", "a.feature"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    assert_eq!(answer.stdout, "no scenario needs a running stack: nothing would be started\n");
}

#[test]
fn a_plan_has_no_result_to_report() {
    let project = folder(&[]);
    for more in ["--report=json=r.json", "--junit=r.xml", "--evidence=e"] {
        let answer = run(project.path(), &["verify", "--plan", more]);
        assert_eq!(answer.code, 2, "{more}: {}", answer.stderr);
        assert!(answer.stderr.contains("cannot be used with"), "{more}: {}", answer.stderr);
    }
}

#[test]
fn what_cannot_be_understood_has_no_plan() {
    let project = folder(&[
        ("seaworthy.yaml", "environments:\n  dev: {files: [c.yaml]}\n"),
        ("c.yaml", "services:\n  web: {image: \"nginx:1\"}\n"),
        (
            "a.feature",
            "Feature: f\n  Scenario: s\n    Given the running dev environment\n    When the sun sets\n",
        ),
    ]);
    let answer = run(project.path(), &["verify", "--plan", "a.feature"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (3, ""));
    assert!(answer.stderr.contains("a.feature:4"), "{}", answer.stderr);
}
