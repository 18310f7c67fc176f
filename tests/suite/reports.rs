//! `--report`: every format of a run, several at once, and each fault on its own line in each.

use std::{collections::BTreeMap, fs, path::Path};

use regex::Regex;
use seaworthy::report::{FORMATS, findings};
use serde_json::Value;

use super::findings::sarif_schema;
use super::program::run;

const PROJECT: &str = "fixtures/declared/faults";
const FILE: &str = "fixtures/declared/faults/compose.yaml";
const FEATURE: &str = "fixtures/declared/faults/features/faults.feature";

/// Each scenario with the texts at fault, in the order in which they are told.
const FAULTS: &[(&str, &[&str])] = &[
    ("A closed list", &["\"7070:70\"", "\"8080:80\"", "\"127.0.0.1:9090:90\"", "ports"]),
    ("Every service", &["web", "api"]),
    ("A policy", &["true", "true"]),
    ("Every attribute", &["web", "api", "store"]),
    ("Nobody else", &["\"7070:70\"", "\"5432:5432\""]),
];

/// `check` of the project with one report on the standard output.
fn one(format: &str) -> String {
    let config = format!("{PROJECT}/seaworthy.yaml");
    let answer = run(Path::new("."), &["--config", &config, "check", "--report", format]);
    assert_eq!(answer.code, 1, "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stderr.contains("not seaworthy: 7 scenarios"), "{}", answer.stderr);
    answer.stdout
}

/// The text of a file from one place to another, lines and columns as reports have them.
fn text_at(file: &str, start: (u64, u64), end: (u64, u64)) -> String {
    let text = fs::read_to_string(file).unwrap_or_else(|why| panic!("{file}: {why}"));
    let number = |number: u64| usize::try_from(number).expect("small");
    assert_eq!(start.0, end.0, "on one line");
    let line = text.lines().nth(number(start.0) - 1).unwrap_or_else(|| panic!("line {}", start.0));
    let letters = line.chars().skip(number(start.1) - 1);
    letters.take(number(end.1) - number(start.1)).collect()
}

/// The texts that reports point at, by the scenario.
type Told = BTreeMap<String, Vec<String>>;

fn expected() -> Told {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    FAULTS.iter().map(|(name, at)| ((*name).to_owned(), texts(at))).collect()
}

#[test]
fn the_json_of_a_run_fits_its_schema_and_points_at_every_fault() {
    let text = one("json");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let schema = fs::read_to_string("docs/run.schema.json").expect("the schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    // It is no schema that anything fits.
    for (key, odd) in [("verdict", "fine"), ("faults", "none"), ("more", "keys")] {
        let mut other = value.clone();
        other[key] = odd.into();
        assert!(!schema.is_valid(&other), "{key}: {odd}");
    }
    assert_eq!(value["verdict"], "broken");
    let mut told = Told::new();
    for fault in value["faults"].as_array().expect("faults") {
        let place = &fault["place"];
        let number = |key: &str| place[key].as_u64().expect("a number");
        let (start, end) =
            ((number("line"), number("column")), (number("end_line"), number("end_column")));
        let text = text_at(place["file"].as_str().expect("a file"), start, end);
        let id = fault["scenario"].as_str().expect("an id");
        let name = id.rsplit(": ").next().expect("a name").to_owned();
        if fault["kind"] == "undecided" {
            assert_eq!(id, format!("{FEATURE}: What nobody can look at: Undecided"));
            assert_eq!(text, "ports", "{fault}");
            continue;
        }
        assert_eq!(place["file"], FILE);
        assert_eq!(fault["in_files"], true);
        told.entry(name).or_default().push(text);
    }
    assert_eq!(told, expected());
}

#[test]
fn the_sarif_of_a_run_fits_its_schema_and_has_a_result_for_each_fault() {
    let log: Value = serde_json::from_str(&one("sarif")).expect("JSON");
    let errors: Vec<String> =
        sarif_schema().iter_errors(&log).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut told = Told::new();
    let mut prints = std::collections::BTreeSet::new();
    for result in log["runs"][0]["results"].as_array().expect("results") {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], FILE);
        let number = |key: &str| place["region"][key].as_u64().expect("a number");
        let (start, end) = (
            (number("startLine"), number("startColumn")),
            (number("endLine"), number("endColumn")),
        );
        let text = text_at(FILE, start, end);
        let print = result["partialFingerprints"]["scenarioSubject/v1"].as_str();
        assert!(prints.insert(print.expect("a fingerprint")), "twice: {result}");
        let name = result["ruleId"].as_str().and_then(|id| id.rsplit(": ").next());
        if result["kind"] == "open" {
            assert_eq!((name, text.as_str()), (Some("Undecided"), "ports"));
            continue;
        }
        assert_eq!(result["level"], "error");
        told.entry(name.expect("a name").to_owned()).or_default().push(text);
    }
    assert_eq!(told, expected());
}

#[test]
fn fingerprints_of_a_run_outlive_what_moves_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let prints = || -> Vec<String> {
        let answer = run(folder.path(), &["check", "--report", "sarif"]);
        let log: Value = serde_json::from_str(&answer.stdout).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results").iter();
        let of = |result: &Value| {
            result["partialFingerprints"]["scenarioSubject/v1"].as_str().map(str::to_owned)
        };
        results.map(|result| of(result).expect("a fingerprint")).collect()
    };
    let read = |path: &str| fs::read_to_string(path).expect("a file");
    put("seaworthy.yaml", &read(&format!("{PROJECT}/seaworthy.yaml")));
    put("compose.yaml", &read(FILE));
    put("features/faults.feature", &read(FEATURE));
    let mut before = prints();
    put("compose.yaml", &format!("# moved\n\n{}", read(FILE).replace("      - ", "        -   ")));
    put("features/faults.feature", &format!("# moved\n\n{}", read(FEATURE)));
    let mut after = prints();
    assert!(before.len() > 10, "{before:?}");
    before.sort();
    after.sort();
    assert_eq!(before, after);
}

#[test]
fn annotations_stand_on_the_line_of_each_fault() {
    let text = one("github");
    let annotation = Regex::new(
        "^::(error|warning) file=([^,]+),line=(\\d+),col=(\\d+),endColumn=(\\d+),title=([^:]+)::",
    )
    .expect("a pattern");
    let mut told = Told::new();
    for line in text.lines() {
        let found = annotation.captures(line).unwrap_or_else(|| panic!("no annotation: {line}"));
        let number = |at: usize| found[at].parse::<u64>().expect("a number");
        let text = text_at(&found[2], (number(3), number(4)), (number(3), number(5)));
        if &found[1] == "warning" {
            assert_eq!((&found[6], text.as_str()), ("Undecided", "ports"));
            continue;
        }
        assert_eq!(&found[2], FILE);
        told.entry(found[6].to_owned()).or_default().push(text);
    }
    assert_eq!(told, expected());
}

#[test]
fn the_page_of_a_run_has_a_row_for_each_fault() {
    let page = one("markdown");
    assert!(page.starts_with("## ✗ not seaworthy\n\n7 scenarios in "), "{page}");
    let row = Regex::new(
        "(?m)^\\| [✗?] \\| [^|]*\\| ([^|]+) \\(declared\\)<br>[^|]+ \\| (?:expected|tried): [^|]+<br>(?:found|missing): [^|]+ \\| `?([^|`]+):(\\d+):(\\d+)`? \\| [^|]+ \\|$",
    )
    .expect("a pattern");
    let mut told = Told::new();
    for found in row.captures_iter(&page) {
        let number = |at: usize| found[at].parse::<u64>().expect("a number");
        let start = (number(3), number(4));
        let rest = text_at(&found[2], start, (start.0, start.1 + 100));
        told.entry(found[1].to_owned()).or_default().push(rest);
    }
    assert_eq!(told.remove("Undecided").map(|texts| texts.len()), Some(1), "{page}");
    for (name, texts) in expected() {
        let places = told.remove(&name).unwrap_or_else(|| panic!("no {name:?} in\n{page}"));
        assert_eq!(places.len(), texts.len(), "{name}: {places:?}");
        assert!(places.iter().zip(&texts).all(|(at, text)| at.starts_with(text)), "{places:?}");
    }
    assert_eq!(told, Told::new());
}

#[test]
fn several_reports_are_written_and_the_verdict_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = fs::canonicalize(format!("{PROJECT}/seaworthy.yaml")).expect("a path");
    let config = config.to_str().expect("UTF-8");
    let formats = ["terminal", "json", "sarif", "github", "junit", "markdown"];
    let asked: Vec<String> = formats.iter().map(|format| format!("{format}=of.{format}")).collect();
    let mut arguments = vec!["--config", config, "check"];
    arguments.extend(asked.iter().flat_map(|asked| ["--report", asked]));
    let answer = run(folder.path(), &arguments);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    assert!(answer.stdout.contains("not seaworthy: 7 scenarios"), "{}", answer.stdout);
    for format in formats {
        let text = fs::read_to_string(folder.path().join(format!("of.{format}"))).expect(format);
        assert!(text.contains("besides") || text.contains("also published"), "{format}:\n{text}");
        assert!(text.contains("services.web.ports is a list"), "{format} tells what is undecided");
        assert!(!text.contains("Blau-und-Rot"), "{format} shows a secret:\n{text}");
        assert!(answer.stderr.contains(&format!("of.{format}")), "{}", answer.stderr);
    }
    // The short form is the same report; times differ.
    let times = Regex::new("(time|timestamp)=\"[^\"]*\"").expect("a pattern");
    let junit = fs::read_to_string(folder.path().join("of.junit")).expect("a report");
    run(folder.path(), &["--config", config, "check", "--junit", "short"]);
    let short = fs::read_to_string(folder.path().join("short")).expect("a report");
    assert_eq!(times.replace_all(&short, ""), times.replace_all(&junit, ""));
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_and_swallows_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = fs::canonicalize(format!("{PROJECT}/seaworthy.yaml")).expect("a path");
    let config = config.to_str().expect("UTF-8");
    for command in ["check", "lint"] {
        let paths: &[&str] = if command == "lint" { &["--strict"] } else { &[] };
        let arguments = [
            "--config",
            config,
            command,
            "--report",
            "json=missing/x.json",
            "--report",
            "sarif=y.sarif",
        ];
        let answer = run(folder.path(), &[&arguments, paths].concat());
        assert_eq!(answer.code, 3, "{command}: {}", answer.stderr);
        assert!(answer.stderr.contains("cannot write missing/x.json"), "{}", answer.stderr);
        assert!(answer.stdout.contains("not seaworthy"), "{}", answer.stdout);
        let other = fs::read_to_string(folder.path().join("y.sarif")).expect("the other report");
        assert!(other.contains("\"results\""), "{other}");
        fs::remove_file(folder.path().join("y.sarif")).expect("a file");
    }
}

#[test]
fn help_names_every_format_and_both_tables_have_the_same() {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let of_findings: Vec<&str> = findings::FORMATS.iter().map(|format| format.name).collect();
    // The living document and the forms of other programs for scenarios are of a run alone.
    let of_runs = ["html", "messages", "cucumber-json", "tap", "openmetrics"];
    assert_eq!(names, [of_findings.as_slice(), &of_runs].concat());
    for command in ["check", "verify", "lint"] {
        let help = run(Path::new("."), &[command, "--help"]).stdout;
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let all = format!(
            "Writes a report ({}; of check and verify also {})",
            of_findings.join(", "),
            of_runs.join(", ")
        );
        assert!(help.contains(&all), "{help}");
    }
    let told = fs::read_to_string("docs/reports.md").expect("the document");
    for name in names {
        assert!(told.contains(&format!("| `{name}` |")), "docs/reports.md says nothing of {name}");
    }
}

#[test]
fn what_cannot_be_asked_for_is_wrong_usage() {
    let config = format!("{PROJECT}/seaworthy.yaml");
    for (reports, says) in [
        (&["--report", "pdf"][..], "there is no report \"pdf\""),
        (&["--report", "json="], "name a file after the ="),
        (&["--report", "json", "--report", "github"], "json is one document"),
        (&["--report", "json=a", "--report", "sarif=a"], "two reports are to be written to a"),
    ] {
        for command in ["check", "lint", "verify"] {
            let answer = run(Path::new("."), &[&["--config", &config, command], reports].concat());
            assert_eq!(answer.code, 2, "{command} {reports:?}: {}", answer.stderr);
            assert!(answer.stderr.contains(says), "{command} {reports:?}: {}", answer.stderr);
        }
    }
    // Lines for people and for the runner that reads them share a stream.
    let arguments = ["--config", &config, "check", "--report", "terminal", "--report=github=-"];
    let answer = run(Path::new("."), &arguments);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    assert!(answer.stdout.contains("not seaworthy") && answer.stdout.contains("\n::error file="));
}

#[test]
fn what_could_not_begin_is_reported_too() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("features")).expect("a folder");
    fs::write(folder.path().join("seaworthy.yaml"), "environments: {e: {files: [a.yaml]}}\n")
        .expect("a file");
    fs::write(
        folder.path().join("features/a.feature"),
        "Feature: f\n  Scenario: s\n    Givven x\n",
    )
    .expect("a file");
    let mut arguments = vec!["check"];
    let formats = ["json", "sarif", "github", "junit", "markdown"];
    let asked: Vec<String> = formats.iter().map(|format| format!("{format}=of.{format}")).collect();
    arguments.extend(asked.iter().flat_map(|asked| ["--report", asked]));
    for command in ["check", "verify"] {
        arguments[0] = command;
        assert_eq!(run(folder.path(), &arguments).code, 3);
        for format in formats {
            let file = folder.path().join(format!("of.{format}"));
            let text = fs::read_to_string(&file).expect(format);
            assert!(text.contains("Givven"), "{command}, {format}:\n{text}");
            fs::remove_file(file).expect("a file");
        }
    }
}

/// A verdict that nobody could be told is no success.
#[test]
fn a_full_disk_behind_the_standard_output_is_an_error() {
    for arguments in [&["check"][..], &["lint"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let ended = std::process::Command::new(assert_cmd::cargo::cargo_bin!("seaworthy"))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(full)
            .output()
            .expect("seaworthy can be started");
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(3), "{arguments:?}: {told}");
        assert!(told.contains("cannot write"), "{told}");
    }
}
