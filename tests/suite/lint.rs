//! `seaworthy lint` and `seaworthy explain` as they are called.

use std::{fs, path::Path, process::Command as Process};

use assert_cmd::Command;
use serde_json::Value;

const FLAGGED: &str = "services:\n  web:\n    image: nginx:1.27\n    privileged: true\n";
const CLEAN: &str = "services:\n  web:\n    image: nginx:1.27\n";
/// Tests speak of one rule, however many there are.
const ONE: [&str; 3] = ["lint", "--select", "privileged-container"];
/// … and of what lint says about comments.
const WITH_ALLOWS: [&str; 5] = [
    "lint",
    "--today=2026-01-01",
    "--fail-on=low",
    "--select=privileged-container",
    "--select=unused-allow,unknown-allow,expired-allow,allow-without-reason",
];

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), files);
    folder
}

fn put(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

/// Runs and returns exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("COMPOSE_FILE")
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn one(folder: &Path, more: &[&str]) -> (i32, String, String) {
    run(folder, &[&ONE[..], more].concat())
}

fn json(folder: &Path, more: &[&str]) -> Value {
    let (_, stdout, stderr) = one(folder, &[&["--format", "json"], more].concat());
    serde_json::from_str(&stdout).unwrap_or_else(|why| panic!("{why}: {stdout}{stderr}"))
}

/// The open findings as `rule file:line`.
fn findings(value: &Value) -> Vec<String> {
    let all = value["findings"].as_array().expect("findings").iter();
    all.filter(|found| found["allowed"].is_null())
        .map(|found| {
            let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}:{}", text("rule"), text("file"), found["line"])
        })
        .collect()
}

fn allowing(folder: &Path, more: &[&str]) -> Vec<String> {
    let (_, stdout, _) = run(folder, &[&WITH_ALLOWS[..], &["--format", "json"], more].concat());
    findings(&serde_json::from_str(&stdout).expect("JSON"))
}

#[test]
fn a_finding_stands_on_its_line_and_says_why_and_what_to_write() {
    let folder = folder(&[("compose.yaml", FLAGGED)]);
    let (code, stdout, _) = one(folder.path(), &[]);
    assert_eq!(code, 1, "{stdout}");
    for part in [
        "compose.yaml:4:17",
        "privileged: true",
        "^^^^ critical",
        "why: A privileged container",
        "help: remove `privileged`",
        "not seaworthy: 1 finding (1 critical) in 1 project",
    ] {
        assert!(stdout.contains(part), "no {part:?} in\n{stdout}");
    }
    put(folder.path(), &[("compose.yaml", CLEAN)]);
    let (code, stdout, _) = one(folder.path(), &[]);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("seaworthy: no findings in 1 project"), "{stdout}");
}

#[test]
fn exit_codes_tell_findings_usage_and_what_could_not_run_apart() {
    let folder = folder(&[("compose.yaml", FLAGGED), ("no/text.txt", "")]);
    for (more, code, says) in [
        (["--fail-on", "critical"].as_slice(), 1, ""),
        (&["--select", "privileged-contaner"], 2, "did you mean \"privileged-container\"?"),
        (&["--ignore", "privileged-contaner"], 2, "did you mean \"privileged-container\"?"),
        (
            &["--format", "xml"],
            2,
            "possible values: terminal, json, sarif, github, junit, markdown",
        ),
        (&["missing.yml"], 3, "cannot read missing.yml"),
        (&["no"], 3, "no Compose file in no or below it"),
        (&["--baseline", "missing.json"], 3, "cannot read the baseline missing.json"),
        (&["--since", "HEAD"], 3, "cannot tell the repository"),
        (&["--output", "missing/out"], 3, "cannot write missing/out"),
    ] {
        let (found, stdout, stderr) = one(folder.path(), more);
        assert_eq!(found, code, "{more:?}\n{stdout}{stderr}");
        assert!(stderr.contains(says), "no {says:?} in\n{stderr}");
    }
    let (code, _, _) =
        run(folder.path(), &["lint", "--ignore=privileged-container", "--select=unused-allow"]);
    assert_eq!(code, 0);
}

#[test]
fn a_file_that_cannot_be_loaded_is_a_finding_and_the_others_go_on() {
    let broken = CLEAN.replace("image", "imgae");
    let folder = folder(&[("a/compose.yaml", &broken), ("b/compose.yaml", FLAGGED)]);
    let value = json(folder.path(), &["."]);
    assert_eq!(
        findings(&value),
        ["not-loadable a/compose.yaml:3", "privileged-container b/compose.yaml:4"]
    );
    // As much of it as fits is judged all the same.
    let refused = format!("{FLAGGED}    imgae: x\n    volumes: ['gone:/x']\n  b: {{init: true}}\n");
    put(folder.path(), &[("a/compose.yaml", &refused)]);
    assert_eq!(
        findings(&json(folder.path(), &["a"])),
        ["privileged-container a/compose.yaml:4", "not-loadable a/compose.yaml:5"]
    );
    // No placeholder mends it, so none is spoken of.
    put(folder.path(), &[("a/compose.yaml", &broken.replace("nginx:1.27", "x:${TAG}"))]);
    let value = json(folder.path(), &["a"]);
    assert_eq!(value["notes"].as_array().map(Vec::len), Some(0), "{value}");
    let (code, stdout, _) = one(folder.path(), &["a", "--ignore", "not-loadable"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("unknown key \"imgae\""), "it is noted all the same: {stdout}");
}

#[test]
fn what_is_not_set_up_does_not_stop_the_rules() {
    let text = "services:\n  web:\n    image: ${IMAGE:?say which}\n    ports: ['${PORT}:80']\n    \
                volumes: ['${DATA}:/data']\n    env_file: secret.env\n    privileged: ${ROOT:-true}\n    profiles: [x]\n";
    let folder = folder(&[("compose.yaml", text)]);
    let value = json(folder.path(), &[]);
    assert_eq!(findings(&value), ["privileged-container compose.yaml:7"]);
    let notes: Vec<&str> = value["notes"]
        .as_array()
        .expect("notes")
        .iter()
        .filter_map(|note| note["message"].as_str())
        .collect();
    for part in
        ["placeholders stand for the variables", "\"IMAGE\"", "\"DATA\"", "secret.env is not there"]
    {
        assert!(notes.iter().any(|note| note.contains(part)), "no {part:?} in {notes:?}");
    }
    put(folder.path(), &[(".env", "IMAGE=nginx:1\nDATA=./d\nROOT=no\n"), ("secret.env", "")]);
    let value = json(folder.path(), &[]);
    assert_eq!(findings(&value), Vec::<String>::new());
    assert_eq!(value["notes"].as_array().map(Vec::len), Some(0), "{value}");
}

#[test]
fn an_included_file_may_lack_its_variables_too() {
    let folder = folder(&[
        ("compose.yaml", "include: [more.yaml]\n"),
        ("more.yaml", "services:\n  web:\n    image: nginx:${TAG:?}\n    privileged: true\n"),
    ]);
    assert_eq!(findings(&json(folder.path(), &[])), ["privileged-container more.yaml:4"]);
}

#[test]
fn a_folder_is_searched_and_a_shared_fault_is_told_once() {
    let folder = folder(&[
        ("shop/compose.yaml", FLAGGED),
        ("shop/compose.override.yaml", "services: {web: {init: true}}\n"),
        ("shop/compose.prod.yaml", "services: {web: {privileged: false}}\n"),
        ("shop/compose.test.yaml", "services: {web: {init: true}}\n"),
        (
            "shop/compose.alone.yaml",
            "include: [other.yaml]\nservices: {web: {image: a, privileged: true}}\n",
        ),
        ("shop/vendor/x/compose.yaml", FLAGGED),
        ("b/docker-compose.yml", CLEAN),
    ]);
    let value = json(folder.path(), &["."]);
    assert_eq!(value["projects"].as_array().map(Vec::len), Some(5), "{value}");
    assert_eq!(
        findings(&value),
        ["privileged-container shop/compose.yaml:4", "not-loadable shop/compose.alone.yaml:1"]
    );
}

#[test]
fn a_variant_that_makes_sense_only_by_itself_is_judged_by_itself() {
    let named = |service: &str| {
        format!("services: {{{service}: {{image: a, container_name: shop, privileged: true}}}}\n")
    };
    let folder = folder(&[("compose.yaml", &named("a")), ("compose.prod.yaml", &named("b"))]);
    let value = json(folder.path(), &[]);
    let found = ["privileged-container compose.yaml:1", "privileged-container compose.prod.yaml:1"];
    assert_eq!(findings(&value), found);
}

#[test]
fn the_environments_of_a_configuration_are_the_projects() {
    let configuration = "environments:\n  development:\n    files: [compose.yaml]\n  production:\n    \
                         files: [compose.yaml, more.yml]\n    env_files: [missing.env]\n";
    let more = "services:\n  b:\n    image: b\n    privileged: true\n";
    let folder = folder(&[
        ("seaworthy.yaml", configuration),
        ("compose.yaml", FLAGGED),
        ("more.yml", more),
        ("below/x.txt", ""),
        ("other/compose.yaml", FLAGGED),
    ]);
    let value = json(&folder.path().join("below"), &[]);
    let names: Vec<_> =
        value["projects"].as_array().expect("projects").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["development", "production"]);
    assert_eq!(findings(&value).len(), 2, "{value}");
    assert!(value["notes"][0]["message"].as_str().is_some_and(|note| note.contains("missing.env")));
}

#[test]
fn a_comment_allows_what_is_on_its_line_below_it_or_in_its_service() {
    let at_the_line = "privileged: true # seaworthy: allow[privileged-container] a module";
    let above =
        "# seaworthy: allow[privileged-container] a module until 2026-01-01\n    privileged: true";
    let folder = folder(&[]);
    let with = |text: &str| {
        put(folder.path(), &[("compose.yaml", text)]);
        allowing(folder.path(), &[])
    };
    assert_eq!(with(&FLAGGED.replace("privileged: true", at_the_line)), Vec::<String>::new());
    assert_eq!(with(&FLAGGED.replace("privileged: true", above)), Vec::<String>::new());
    let service = FLAGGED.replace("web:", "web: # seaworthy: allow[privileged-container] a module");
    assert_eq!(with(&service), Vec::<String>::new());
    let (_, stdout, _) = run(folder.path(), &WITH_ALLOWS);
    assert!(stdout.contains("1 allowed by comments"), "{stdout}");

    let elsewhere =
        FLAGGED.replace("nginx:1.27", "nginx:1.27 # seaworthy: allow[privileged-container] no");
    assert_eq!(
        with(&elsewhere),
        ["unused-allow compose.yaml:3", "privileged-container compose.yaml:4"]
    );
    let string = FLAGGED
        .replace("true", "true\n    labels: {a: '# seaworthy: allow[privileged-container] no'}");
    assert_eq!(with(&string), ["privileged-container compose.yaml:4"]);
    let no_reason = FLAGGED.replace("true", "true # seaworthy: allow[privileged-container]");
    assert_eq!(with(&no_reason), ["allow-without-reason compose.yaml:4"]);
    let unknown = FLAGGED.replace("true", "true # seaworthy: allow[privileged] x");
    assert_eq!(
        with(&unknown),
        ["privileged-container compose.yaml:4", "unknown-allow compose.yaml:4"]
    );
    let expired = FLAGGED.replace("privileged: true", &above.replace("2026-01-01", "2025-12-31"));
    assert_eq!(
        with(&expired),
        ["expired-allow compose.yaml:4", "privileged-container compose.yaml:5"]
    );
}

#[test]
fn a_comment_is_needed_if_any_project_needs_it() {
    let base =
        "services:\n  # seaworthy: allow[privileged-container] a module\n  web:\n    image: a\n";
    let folder = folder(&[
        ("compose.yaml", base),
        ("compose.prod.yaml", "services: {web: {privileged: true}}\n"),
    ]);
    assert_eq!(allowing(folder.path(), &["."]), Vec::<String>::new());
    fs::remove_file(folder.path().join("compose.prod.yaml")).expect("it goes");
    assert_eq!(allowing(folder.path(), &["."]), ["unused-allow compose.yaml:2"]);
    // Who does not ask for the rule does not learn that it is unneeded.
    let (code, stdout, _) = run(folder.path(), &["lint", "--fail-on=low", "--select=unused-allow"]);
    assert_eq!(code, 0, "{stdout}");
}

#[test]
fn a_baseline_leaves_out_what_is_known_and_notes_what_is_gone() {
    let folder = folder(&[("a/compose.yaml", FLAGGED), ("b/compose.yaml", FLAGGED)]);
    let (code, _, stderr) = one(folder.path(), &[".", "--write-baseline", "known.json"]);
    assert_eq!(code, 0);
    assert!(stderr.contains("known.json now knows 2 findings"), "{stderr}");
    let (code, stdout, _) = one(folder.path(), &[".", "--baseline", "known.json"]);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("2 known by the baseline"), "{stdout}");
    // From another folder, with the lines moved.
    put(folder.path(), &[("a/compose.yaml", &FLAGGED.replace("services", "\n# x\nservices"))]);
    let (code, stdout, _) = one(&folder.path().join("a"), &["..", "--baseline", "../known.json"]);
    assert_eq!(code, 0, "{stdout}");
    // A new finding is one, and one that is gone is said.
    put(folder.path(), &[("a/compose.yaml", &FLAGGED.replace("web", "new"))]);
    let (code, stdout, _) = one(folder.path(), &[".", "--baseline", "known.json"]);
    assert_eq!(code, 1, "{stdout}");
    for part in [
        "1 finding of the baseline known.json is no longer there",
        "privileged-container at services.web.privileged in a/compose.yaml",
        "service \"new\" is privileged",
    ] {
        assert!(stdout.contains(part), "no {part:?} in\n{stdout}");
    }
    let (_, stdout, _) = one(folder.path(), &["b", "--baseline", "known.json"]);
    assert!(!stdout.contains("no longer there"), "only b was looked at: {stdout}");
    put(folder.path(), &[("bad.json", "{\"version\": 1, \"findings\": [], \"x\": 1}")]);
    let (code, _, stderr) = one(folder.path(), &["b", "--baseline", "bad.json"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("bad.json is no baseline: unknown field `x`"), "{stderr}");
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Process::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn since_a_revision_only_what_the_change_adds_is_told() {
    let folder = folder(&[
        ("sub/compose.yaml", FLAGGED),
        // What is left out of exports counts as well.
        (".gitattributes", "* export-ignore\n"),
        (".gitignore", ".env\n"),
        ("sub/.env", "ROOT=true\n"),
        ("env/compose.yaml", "services: {a: {image: a, privileged: \"${ROOT:-false}\"}}\n"),
        ("env/.env", "ROOT=true\n"),
    ]);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "one"]);
    let changed = format!("# moved\n{FLAGGED}  new:\n    image: b\n    privileged: true\n");
    put(folder.path(), &[("sub/compose.yaml", &changed), ("new/compose.yaml", FLAGGED)]);
    let value = json(folder.path(), &[".", "--since", "HEAD"]);
    let expected =
        ["privileged-container new/compose.yaml:4", "privileged-container sub/compose.yaml:8"];
    assert_eq!(findings(&value), expected);
    assert_eq!(value["summary"]["before"], 2);
    let (code, stdout, _) = one(&folder.path().join("sub"), &["compose.yaml", "--since", "HEAD"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("compose.yaml:8:17") && stdout.contains("1 there before"), "{stdout}");
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "two"]);
    let (code, stdout, _) = one(folder.path(), &[".", "--since", "HEAD"]);
    assert_eq!(code, 0, "{stdout}");
    // A file is no revision either.
    for revision in ["nope", "--help", "compose.yaml"] {
        let since = format!("--since={revision}");
        let (code, _, stderr) = one(folder.path(), &[".", &since]);
        assert_eq!(code, 3, "{stderr}");
        assert!(stderr.contains("there is no revision"), "{stderr}");
    }
}

#[test]
fn two_runs_over_many_projects_give_the_same_bytes() {
    let folder = folder(&[]);
    for number in 0..60 {
        let name = format!("p{number}/compose.yaml");
        put(folder.path(), &[(&name, if number % 3 == 0 { CLEAN } else { FLAGGED })]);
    }
    for format in ["terminal", "json", "sarif", "github", "junit", "markdown"] {
        let first = one(folder.path(), &[".", "--format", format]);
        assert_eq!(first.0, 1);
        for _ in 0..3 {
            assert_eq!(one(folder.path(), &[".", "--format", format]), first);
        }
        one(folder.path(), &[".", "--format", format, "--output", "out"]);
        let written = fs::read_to_string(folder.path().join("out")).expect("the report");
        assert_eq!(written, first.1, "a file holds what would be printed");
    }
}

#[test]
fn sarif_fits_its_schema_and_its_regions_hold_the_flagged_text() {
    let text = "# ünïcode\nx-a: &a {é: ü}\nservices:\n  web:\n    image: ä\n    \
                labels: {\"é\": \"ö\", b: ü}\n    privileged: !!bool true # seaworthy: allow[privileged-container] a module\n  b: {image: \"ö\", privileged: true}\n";
    let folder =
        folder(&[("ä b/compose.yaml", text), ("c/compose.yaml", "services: {a: {imgae: a}}\n")]);
    let (code, stdout, _) = run(folder.path(), &["lint", ".", "--strict", "--format", "sarif"]);
    assert_eq!(code, 1);
    let log: Value = serde_json::from_str(&stdout).expect("JSON");
    let validator = super::findings::sarif_schema();
    let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut broken = log.clone();
    broken["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] =
        0.into();
    assert!(!validator.is_valid(&broken), "the schema can say no");

    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let results = run["results"].as_array().expect("results").iter();
    let flagged: Vec<&Value> =
        results.filter(|result| result["ruleId"] == "privileged-container").collect();
    assert_eq!(flagged.len(), 2);
    for result in flagged {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "%C3%A4%20b/compose.yaml");
        let number = |key: &str| {
            usize::try_from(place["region"][key].as_u64().expect("a number")).expect("small")
        };
        assert_eq!(number("startLine"), number("endLine"));
        let line: Vec<char> =
            text.lines().nth(number("startLine") - 1).expect("a line").chars().collect();
        let region: String =
            line[number("startColumn") - 1..number("endColumn") - 1].iter().collect();
        assert_eq!(region, "true", "{result}");
        assert_eq!(result["suppressions"].is_array(), number("startLine") == 7, "{result}");
    }
}

#[test]
fn fingerprints_outlive_a_new_layout_and_another_folder() {
    let fingerprints = |text: &str, place: &str| {
        let folder = folder(&[(place, text)]);
        let (_, stdout, _) = one(folder.path(), &[place, "--format", "sarif"]);
        let log: Value = serde_json::from_str(&stdout).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        assert!(!results.is_empty());
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect::<Vec<_>>()
    };
    let before = fingerprints(FLAGGED, "compose.yaml");
    let after =
        "# a shop\n\n\"services\": {\"web\": {\n  privileged: yes,\n\n  image: 'nginx:1.27'}}\n";
    assert_eq!(before, fingerprints(&after.replace("yes", "true"), "deep/down/compose.yaml"));
    assert_ne!(before, fingerprints(&FLAGGED.replace("web", "other"), "compose.yaml"));
}

#[test]
fn annotations_and_junit_name_file_and_line() {
    let folder = folder(&[("a, b/compose.yaml", FLAGGED)]);
    let (code, stdout, stderr) = one(folder.path(), &[".", "--format", "github"]);
    assert_eq!(code, 1);
    let start = "::error file=a%2C b/compose.yaml,line=4,col=17,endColumn=21,title=privileged-container (critical)::service \"web\"";
    assert!(stdout.starts_with(start), "{stdout}");
    assert!(stderr.contains("1 finding (1 critical)"), "{stderr}");
    let (code, stdout, _) = one(folder.path(), &[".", "--format", "junit"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("failures=\"1\""), "{stdout}");
    assert!(
        stdout.contains("name=\"privileged-container\" classname=\"a, b/compose.yaml\""),
        "{stdout}"
    );
}

#[test]
fn explain_prints_a_document_or_the_list() {
    let folder = folder(&[]);
    let (code, stdout, _) = run(folder.path(), &["explain", "privileged-container"]);
    assert_eq!(code, 0);
    assert!(stdout.starts_with("# privileged-container\n"), "{stdout}");
    let (code, stdout, _) = run(folder.path(), &["explain"]);
    assert_eq!(code, 0);
    let line = stdout.lines().find(|line| line.starts_with("privileged-container "));
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    assert_eq!(words[1..], ["critical", "default", "A", "container", "is", "privileged."]);
    let (code, _, stderr) = run(folder.path(), &["explain", "priviledged-container"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("did you mean \"privileged-container\"?"), "{stderr}");
    for (asked, nearest) in [
        ("docker-socket", "control-socket-mounted"),
        ("healthcheck", "no-health-check"),
        ("run-as-root", "root-user"),
        ("latest-tag", "untagged-image"),
    ] {
        let (code, _, stderr) = run(folder.path(), &["explain", asked]);
        assert_eq!(code, 2);
        assert!(stderr.contains(&format!("\"{nearest}\"")), "{asked}: {stderr}");
    }
    let (_, _, stderr) = run(folder.path(), &["explain", "zzz"]);
    assert!(stderr.contains("`seaworthy explain` lists the rules"), "{stderr}");
}
