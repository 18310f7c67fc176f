//! The forms of a run for other programs, as those take them; any form from a kept run; and a run on
//! several machines.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command as Program, Stdio},
};

use regex::Regex;
use seaworthy::report::FORMATS;
use serde_json::Value;

use super::program::{Answer, run};

const PROJECT: &str = "fixtures/declared/faults";

/// `check` of the project with faults, with some reports in a folder.
fn check(folder: &Path, more: &[&str], formats: &[&str]) -> Answer {
    let config = format!("{PROJECT}/seaworthy.yaml");
    let mut arguments = vec!["--config".to_owned(), config, "check".into()];
    arguments.extend(more.iter().map(|word| (*word).to_owned()));
    for format in formats {
        let file = folder.join(format!("of.{format}"));
        arguments.extend(["--report".into(), format!("{format}={}", file.display())]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(Path::new("."), &arguments)
}

fn text(folder: &Path, name: &str) -> String {
    let file = folder.join(name);
    fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
}

#[test]
fn any_form_of_a_kept_run_is_what_the_run_itself_would_have_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let formats: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(check(folder.path(), &[], &formats).code, 1);
    for format in formats {
        let file = folder.path().join(format!("later.{format}"));
        let asked = format!("{format}={}", file.display());
        let kept = folder.path().join("of.json");
        // From another folder, and without the project at hand.
        let arguments = ["report", &asked, "--from", kept.to_str().expect("UTF-8")];
        let answer = run(folder.path(), &arguments);
        assert_eq!(answer.code, 1, "as the run: {}", answer.stderr);
        assert!(answer.stdout.contains("not seaworthy: 7 scenarios"), "{}", answer.stdout);
        let (direct, later) = (
            text(folder.path(), &format!("of.{format}")),
            text(folder.path(), &format!("later.{format}")),
        );
        assert!(direct == later, "{format} is not the same");
        assert!(!direct.contains("Blau-und-Rot"), "{format} shows a secret");
    }
}

#[test]
fn what_is_no_run_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    check(folder.path(), &[], &["json"]);
    let kept = text(folder.path(), "of.json");
    let put = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).expect("a file");
    put("damaged.json", &kept.as_bytes()[..kept.len() / 2]);
    put("newer.json", kept.replacen("\"version\": 1", "\"version\": 7", 1).as_bytes());
    put("foreign.json", b"{\n  \"version\": \"2.1.0\",\n  \"runs\": []\n}\n");
    put("bytes.json", b"{\n \"a\xff\": 1}");
    let place = Regex::new(r"error: .*\w+\.json:(\d+):(\d+)").expect("a pattern");
    for (name, says) in [
        ("damaged.json", "no JSON"),
        ("newer.json", "version 7"),
        ("foreign.json", "no run of seaworthy"),
        ("bytes.json", "no UTF-8"),
    ] {
        let answer = run(folder.path(), &["report", "json", "--from", name]);
        assert_eq!((answer.code, answer.stdout.as_str()), (3, ""), "{name}: {}", answer.stderr);
        assert!(
            answer.stderr.contains(says) && place.is_match(&answer.stderr),
            "{}",
            answer.stderr
        );
        assert!(answer.stderr.contains("help: "), "{}", answer.stderr);
    }
    for (arguments, code, says) in [
        (&["report", "json", "--from", "missing.json"][..], 3, "cannot read missing.json"),
        (&["report", "json", "--from", "."], 3, "it is a folder"),
        (&["report", "pdf=x", "--from", "of.json"], 2, "there is no report \"pdf\""),
        (&["report", "--merge", "of.json", "pdf=x"], 2, "there is no report \"pdf\""),
        (&["report", "--merge", "json"], 2, "no run is named"),
        (&["report", "json"], 2, "--from"),
        (&["report", "json", "--from", "of.json", "--merge"], 2, "cannot be used with"),
    ] {
        let answer = run(folder.path(), arguments);
        assert_eq!(answer.code, code, "{arguments:?}: {}", answer.stderr);
        assert!(answer.stderr.contains(says), "{arguments:?}: {}", answer.stderr);
    }
}

#[test]
fn parts_are_disjoint_and_joined_they_are_the_whole_run() {
    let folder = tempfile::tempdir().expect("a folder");
    check(folder.path(), &[], &["json"]);
    let names = |file: &str| -> Vec<String> {
        let value: Value = serde_json::from_str(&text(folder.path(), file)).expect("JSON");
        let scenarios = value["scenarios"].as_array().expect("scenarios").iter();
        scenarios.map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
    };
    let whole = names("of.json");
    fs::rename(folder.path().join("of.json"), folder.path().join("whole.json")).expect("a file");
    let mut known = BTreeSet::new();
    // More parts than scenarios: one has nothing to do, which is no fault of it.
    let parts = whole.len() + 1;
    let mut arguments = vec!["report".to_owned(), "--merge".into()];
    let mut empty = 0;
    for number in 1..=parts {
        let part = format!("{number}/{parts}");
        let answer = check(folder.path(), &["--shard", &part], &["json"]);
        assert!(answer.stderr.contains(&format!("part {part}: ")), "{}", answer.stderr);
        for name in names("of.json") {
            assert!(known.insert(name.clone()), "{name} is judged twice");
        }
        if names("of.json").is_empty() {
            empty += 1;
            assert_eq!(answer.code, 0, "{}", answer.stderr);
            assert!(answer.stderr.contains("has no scenario to judge"), "{}", answer.stderr);
        }
        // What others judge is not asked here, and is not without a scenario.
        let page = text(folder.path(), "of.json");
        let value: Value = serde_json::from_str(&page).expect("JSON");
        let left_out = value["left_out"].as_array().map(Vec::len);
        assert_eq!(left_out, Some(whole.len() - names("of.json").len()), "by the files alone");
        let file = format!("part{number}.json");
        fs::rename(folder.path().join("of.json"), folder.path().join(&file)).expect("a file");
        arguments.push(file);
    }
    assert_eq!((known.len(), empty), (whole.len(), 1));
    arguments.push("json=of.json".into());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = run(folder.path(), &arguments);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    assert_eq!(names("of.json"), whole);
    for wrong in ["0/4", "5/4", "x", "1/0", "1"] {
        for command in ["check", "verify"] {
            let config = format!("{PROJECT}/seaworthy.yaml");
            let arguments = ["--config", &config, command, "--shard", wrong];
            let answer = run(Path::new("."), &arguments);
            assert_eq!(answer.code, 2, "{command} {wrong}: {}", answer.stderr);
            assert!(answer.stderr.contains("invalid value"), "{}", answer.stderr);
        }
    }
}

#[test]
fn runs_that_do_not_belong_together_are_not_joined() {
    let folder = tempfile::tempdir().expect("a folder");
    check(folder.path(), &[], &["json"]);
    let kept = text(folder.path(), "of.json");
    let other = kept.replacen("\"project\": \"faults\"", "\"project\": \"others\"", 1);
    assert_ne!(kept, other);
    fs::write(folder.path().join("other.json"), other).expect("a file");
    let answer = run(folder.path(), &["report", "--merge", "of.json", "other.json", "tap=x.tap"]);
    assert_eq!(answer.code, 3);
    assert!(answer.stderr.contains("\"faults\"") && answer.stderr.contains("\"others\""));
    assert!(!folder.path().join("x.tap").exists());
}

/// A browser: what `scripts/setup` installs.
fn browser() -> PathBuf {
    if let Some(named) = std::env::var_os("SEAWORTHY_CHROMIUM") {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let mut files = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)).into_iter());
    files.find(|file| file.is_file()).expect("no browser: scripts/setup installs one")
}

#[test]
fn cucumbers_own_formatter_draws_the_messages() {
    let folder = tempfile::tempdir().expect("a folder");
    check(folder.path(), &[], &["messages"]);
    let messages = text(folder.path(), "of.messages");
    assert!(
        Path::new("tests/cucumber/node_modules/@cucumber/html-formatter").is_dir(),
        "the packages of tests/cucumber are missing: scripts/setup installs them"
    );
    let mut formatter = Program::new("node")
        .arg("tests/cucumber/render.mjs")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node, which scripts/setup installs");
    let mut into = formatter.stdin.take().expect("its input");
    let fed = std::thread::spawn(move || into.write_all(messages.as_bytes()));
    let drawn = formatter.wait_with_output().expect("it ends");
    fed.join().expect("no panic").expect("it reads");
    assert!(drawn.status.success());
    let page = folder.path().join("page.html");
    fs::write(&page, &drawn.stdout).expect("a file");
    let profile = folder.path().join("profile");
    let shown = Program::new(browser())
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .stderr(Stdio::null())
        .output()
        .expect("a browser");
    let dom = String::from_utf8_lossy(&shown.stdout).into_owned();
    let scripts = Regex::new("(?s)<script.*?</script>|<style.*?</style>").expect("a pattern");
    let tags = Regex::new("<[^<>]*>").expect("a pattern");
    let words = tags.replace_all(&scripts.replace_all(&dom, ""), " ").into_owned();
    // Beside what took a millisecond or more stands how long it took.
    let is_time = |word: &&str| {
        word.strip_suffix("ms").is_some_and(|count| count.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let words: Vec<&str> = words.split_whitespace().filter(|word| !is_time(word)).collect();
    let words = words.join(" ");
    for part in [
        "seaworthy",
        "(1 / 7) passed",
        "failed 5",
        "pending 1",
        "Feature: Several faults at a time",
        "Scenario: A closed list [declared]",
        "Then exactly these ports are published: service port host port host address web 443 443 any",
        "found: also published:",
        "Rule: What nobody can look at",
    ] {
        assert!(words.contains(part), "no {part:?} in\n{words}");
    }
}

/// An element's name, its attributes, those that must be there, and the elements below.
type Allowed =
    (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// What the schema of Jenkins' xUnit plugin states of the elements that we write: their attributes,
/// those that must be there, and the elements below. `file` and `line` of a case are in no schema;
/// forges lead to a scenario by them.
const JUNIT: &[Allowed] = &[
    ("testsuites", &["name", "tests", "failures", "errors", "time"], &[], &["testsuite"]),
    (
        "testsuite",
        &["name", "tests", "failures", "errors", "skipped", "time", "timestamp"],
        &["name", "tests", "failures", "errors"],
        &["properties", "testcase", "system-out", "system-err"],
    ),
    (
        "testcase",
        &["name", "classname", "time", "file", "line"],
        &["name"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &["message", "type"], &[], &[]),
    ("error", &["message", "type"], &[], &[]),
    ("skipped", &["message", "type"], &[], &[]),
];

#[test]
fn junit_has_the_elements_and_attributes_that_its_schemas_know() {
    let folder = tempfile::tempdir().expect("a folder");
    check(folder.path(), &[], &["junit"]);
    let xml = text(folder.path(), "of.junit");
    let element = Regex::new(r"<(/?)([\w-]+)([^<>]*?)(/?)>").expect("a pattern");
    let attribute = Regex::new(r#"([\w-]+)="[^"]*""#).expect("a pattern");
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut wrong = BTreeSet::new();
    for found in element.captures_iter(&xml) {
        let name = found[2].to_owned();
        if &found[1] == "/" {
            open.pop();
            continue;
        }
        if let Some((above, at)) = open.last_mut()
            && let Some((_, _, _, below)) = JUNIT.iter().find(|(known, ..)| known == above)
        {
            match below.iter().position(|known| *known == name) {
                Some(place) if place >= *at => *at = place,
                _ => _ = wrong.insert(format!("<{name}> in <{above}>, where it stands")),
            }
        }
        if let Some((_, known, needed, _)) = JUNIT.iter().find(|(known, ..)| *known == name) {
            let has: Vec<String> =
                attribute.captures_iter(&found[3]).map(|found| found[1].to_owned()).collect();
            for odd in has.iter().filter(|one| !known.contains(&one.as_str())) {
                wrong.insert(format!("{odd} of <{name}>"));
            }
            for missing in needed.iter().filter(|one| !has.iter().any(|has| has == *one)) {
                wrong.insert(format!("no {missing} of <{name}>"));
            }
        }
        if found[4].is_empty() {
            open.push((name, 0));
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
