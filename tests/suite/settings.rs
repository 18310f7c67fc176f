//! The section `lint:` of seaworthy.yaml.

use std::{fs, path::Path};

use super::projects::folder;
use crate::program::{Answer, run};

const FLAGGED: &str = "services:\n  web:\n    image: nginx:1.27\n    privileged: true\n";

fn rules(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let answer = run(folder, &[&["lint", "--format=json"], arguments].concat());
    let value: serde_json::Value = serde_json::from_str(&answer.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}{}", answer.stdout, answer.stderr));
    let all = value["findings"].as_array().expect("findings").iter();
    all.map(|one| {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("rule"), text("severity"))
    })
    .collect()
}

fn set(folder: &Path, settings: &str) {
    fs::write(folder.join("seaworthy.yaml"), settings).expect("a file");
}

#[test]
fn rules_are_switched_and_their_severity_is_the_projects_word() {
    let folder = folder(&[("compose.yaml", FLAGGED)]);
    assert_eq!(rules(folder.path(), &[]), ["privileged-container critical"]);
    set(folder.path(), "lint: {rules: {privileged-container: off}}\n");
    assert_eq!(rules(folder.path(), &[]), Vec::<String>::new());
    // The command line has the last word.
    assert_eq!(rules(folder.path(), &["--select", "privileged-container"]).len(), 1);
    set(folder.path(), "lint: {rules: {privileged-container: low, user-not-set: high}}\n");
    let mut found = rules(folder.path(), &["compose.yaml"]);
    found.sort();
    assert_eq!(found, ["privileged-container low", "user-not-set high"]);
    set(folder.path(), "lint: {rules: {user-not-set: on}}\n");
    assert!(rules(folder.path(), &[]).iter().any(|one| one.starts_with("user-not-set ")));
    set(folder.path(), "lint: {strict: true}\n");
    assert!(rules(folder.path(), &[]).len() > 2);
}

#[test]
fn the_least_severity_that_fails_is_set_there() {
    let folder = folder(&[("compose.yaml", FLAGGED)]);
    let code = |more: &[&str]| run(folder.path(), &[&["lint"], more].concat()).code;
    set(folder.path(), "lint: {fail_on: critical, rules: {privileged-container: high}}\n");
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--fail-on", "high"]), 1);
    set(folder.path(), "lint: {fail_on: high, rules: {privileged-container: high}}\n");
    assert_eq!(code(&[]), 1);
}

#[test]
fn paths_are_left_out_and_a_path_that_is_not_there_is_told() {
    let folder = folder(&[
        ("compose.yaml", "include: [old/part.yaml]\n"),
        ("old/part.yaml", FLAGGED),
        ("examples/a/compose.yaml", FLAGGED),
        ("b/compose.local.yaml", FLAGGED),
        ("c/compose.yaml", FLAGGED),
    ]);
    assert_eq!(rules(folder.path(), &[]).len(), 4);
    set(
        folder.path(),
        "lint:\n  exclude: [examples, '**/compose.local.yaml', old/part.yaml, gone]\n",
    );
    assert_eq!(rules(folder.path(), &[]).len(), 1);
    assert_eq!(rules(folder.path(), &["examples/a/compose.yaml"]), Vec::<String>::new());
    let Answer { stdout, .. } = run(folder.path(), &["lint"]);
    assert!(
        stdout.contains("there is no gone") && stdout.contains("--> seaworthy.yaml:2:63"),
        "{stdout}"
    );
}

#[test]
fn the_baseline_is_named_there() {
    let folder = folder(&[("compose.yaml", FLAGGED), ("below/x", "")]);
    set(folder.path(), "lint: {baseline: known.json}\n");
    let Answer { code, stderr, .. } = run(folder.path(), &["lint"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("cannot read the baseline known.json"), "{stderr}");
    assert_eq!(run(folder.path(), &["lint", "--write-baseline", "known.json"]).code, 0);
    assert_eq!(run(folder.path(), &["lint"]).code, 0);
    assert_eq!(run(&folder.path().join("below"), &["lint", ".."]).code, 0);
    // Writing it again does not forget what it knows.
    assert_eq!(run(folder.path(), &["lint", "--write-baseline", "known.json"]).code, 0);
    assert_eq!(run(folder.path(), &["lint"]).code, 0);
}

#[test]
fn what_is_wrong_in_it_is_told_at_its_place() {
    let folder = folder(&[("compose.yaml", FLAGGED)]);
    for (settings, place, says) in [
        (
            "lint:\n  rules:\n    privileged-contaner: off\n",
            "seaworthy.yaml:3:5",
            "did you mean \"privileged-container\"?",
        ),
        ("lint:\n  rulse: {}\n", "seaworthy.yaml:2:3", "did you mean \"rules\"?"),
        ("lint:\n  fail_on: hihg\n", "seaworthy.yaml:2:12", "did you mean \"high\"?"),
        ("lint: {}\nlnit: {}\n", "seaworthy.yaml:2:1", "did you mean \"lint\"?"),
        ("lint:\n  strict: true\n  strict: true\n", "seaworthy.yaml:3:3", "is written twice"),
        ("features: x\n", "seaworthy.yaml:1:1", "names no environment"),
    ] {
        set(folder.path(), settings);
        let Answer { code, stderr, .. } = run(folder.path(), &["lint"]);
        assert_eq!(code, 3, "{settings}{stderr}");
        assert!(stderr.contains(place) && stderr.contains(says), "{settings}{stderr}");
    }
    // For anything but lint, a configuration names environments.
    set(folder.path(), "lint: {strict: true}\n");
    let Answer { code, stderr, .. } = run(folder.path(), &["check"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("names no environment"), "{stderr}");
}
