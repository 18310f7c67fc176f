//! Parts of a run (`--shard`), and what joining them tells.

use std::{fs, path::Path};

use assert_cmd::Command;
use serde_json::Value;

const FEATURE: &str = "\
Feature: f

  Scenario Outline: The image is <image>
    Given the dev environment
    Then \"services.<name>.image\" is \"<image>\"

    @E-1
    Examples: one
      | name | image   |
      | web  | nginx:1 |
      | db   | mysql:8 |

    @E-2
    Examples: other
      | name | image   |
      | web  | nginx:1 |
      | db   | mysql:8 |

  Scenario: There is a web
    Given the dev environment
    Then \"services.web.image\" is \"nginx:1\"
";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    fs::create_dir(folder.path().join("features")).expect("a folder");
    put("seaworthy.yaml", "environments:\n  dev: {files: [c.yaml]}\n");
    put("c.yaml", "services:\n  web: {image: \"nginx:1\"}\n  db: {image: \"mysql:8\"}\n");
    put("features/a.feature", FEATURE);
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("PATH", "/nowhere")
        .args(arguments)
        .output()
        .expect("it runs");
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&told).into_owned())
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("a file")
}

/// A part as JSON, in a file that is named by it.
fn part(folder: &Path, part: usize, of: usize) -> String {
    let file = format!("{part}-{of}.json");
    let (shard, report) = (format!("{part}/{of}"), format!("json={file}"));
    let (code, told) = run(folder, &["check", "--shard", &shard, "--report", &report]);
    assert_eq!(code, 0, "{told}");
    file
}

/// What joining some files comes to: the exit code, and the joined run.
fn joined(folder: &Path, files: &[&str]) -> (i32, Value) {
    let (code, told) = run(folder, &[&["report", "--merge", "json=whole.json"], files].concat());
    assert!(code >= 0 && code != 2, "{told}");
    (code, serde_json::from_str(&text(folder, "whole.json")).expect("JSON"))
}

fn messages(run: &Value) -> String {
    let errors = run["errors"].as_array().expect("errors").iter();
    let told: Vec<&str> = errors.filter_map(|one| one["message"].as_str()).collect();
    told.join("\n")
}

#[test]
fn equal_rows_of_two_tables_are_each_kept_in_what_is_joined() {
    let folder = project();
    let here = folder.path();
    let files: Vec<String> = (1..=3).map(|number| part(here, number, 3)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, whole) = joined(here, &files);
    assert_eq!((code, messages(&whole)), (0, String::new()));
    let scenarios = whole["scenarios"].as_array().expect("scenarios");
    assert_eq!(scenarios.len(), 5);
    let of = |tag: &str| {
        let has =
            |one: &&Value| one["tags"].as_array().is_some_and(|tags| tags.contains(&tag.into()));
        scenarios.iter().filter(has).count()
    };
    assert_eq!((of("E-1"), of("E-2")), (2, 2));
}

#[test]
fn parts_that_are_no_whole_are_an_error_of_what_is_joined() {
    let folder = project();
    let here = folder.path();
    let (one, two) = (&*part(here, 1, 2), &*part(here, 2, 2));
    let other = &*part(here, 1, 3);
    let (code, whole) = joined(here, &[two, one]);
    assert_eq!((code, messages(&whole)), (0, String::new()));
    assert_eq!(whole["shard"], Value::Null);
    for (files, says) in [
        (&[one][..], &["part 2/2 is missing"][..]),
        (&[two, two], &["part 1/2 is missing", "part 2/2 is there twice"]),
        (&[one, two, one], &["part 1/2 is there twice"]),
        (&[one, two, other], &["of 2 parts", "of 3", "parts 2/3 to 3/3 are missing"]),
    ] {
        let (code, whole) = joined(here, files);
        let told = messages(&whole);
        assert_eq!((code, &whole["verdict"]), (3, &"undecided".into()), "{files:?}: {told}");
        for text in says {
            assert!(told.contains(text), "{files:?}: {text}: {told}");
        }
        assert_eq!(whole["shard"], Value::Null);
    }
    // A part that could not begin is there, and is told as what it is.
    fs::write(here.join("seaworthy.yaml"), "?").expect("a file");
    let (code, _) = run(here, &["check", "--shard", "2/2", "--report", "json=none.json"]);
    assert_eq!(code, 3);
    let (code, whole) = joined(here, &[one, "none.json"]);
    assert!(code == 3 && !messages(&whole).contains("missing"), "{whole}");
    // What is told once stays told, also of what was joined before.
    let _ = joined(here, &[one]);
    fs::rename(here.join("whole.json"), here.join("half.json")).expect("a file");
    assert_eq!(joined(here, &["half.json", two]).0, 3);
}

#[test]
fn every_report_says_that_a_run_is_a_part() {
    let folder = project();
    let here = folder.path();
    let file = part(here, 1, 2);
    let kept: Value = serde_json::from_str(&text(here, &file)).expect("JSON");
    assert_eq!(kept["shard"], serde_json::json!({ "part": 1, "of": 2 }));
    for format in ["terminal", "markdown", "html", "junit", "tap", "sarif", "github"] {
        let (code, told) = run(here, &["report", &format!("{format}=told"), "--from", &file]);
        assert_eq!(code, 0, "{format}: {told}");
        assert!(text(here, "told").contains("part 1/2"), "{format}: {}", text(here, "told"));
    }
    let (_, told) = run(here, &["report", "openmetrics", "--from", &file]);
    assert!(told.contains("seaworthy_part{") && told.contains("of=\"2\"} 1\n"), "{told}");
    for (from, to) in [("\"part\": 1", "\"part\": 3"), ("\"part\": 1", "\"part\": 0")] {
        let wrong = text(here, &file).replacen(from, to, 1);
        fs::write(here.join("wrong.json"), wrong).expect("a file");
        let (code, told) = run(here, &["report", "tap", "--from", "wrong.json"]);
        assert!(code == 3 && told.contains("wrong.json:"), "{told}");
    }
}
