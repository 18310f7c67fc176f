//! The command line without an engine: what it refuses, and with which words and codes.

use std::{fs, path::Path};

use assert_cmd::Command;

/// The program in a folder, with nothing of this environment that could matter to it.
fn seaworthy(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("seaworthy").expect("the program");
    command
        .current_dir(folder)
        .env_remove("COMPOSE_FILE")
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .env("NO_COLOR", "1");
    command
}

fn project(feature: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    fs::create_dir(folder.path().join("features")).expect("a folder");
    write("seaworthy.yaml", "environments:\n  development:\n    files: [docker-compose.yml]\n");
    write("docker-compose.yml", "services:\n  web:\n    image: nginx:alpine\n");
    write("features/a.feature", feature);
    folder
}

const SOUND: &str = "Feature: f\n  Scenario: s\n    Given the development environment\n    Then every service is healthy\n";

/// Runs and returns exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = seaworthy(folder).args(arguments).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn without_an_engine_nothing_passes_and_the_remedy_is_named() {
    let folder = project(SOUND);
    let (code, stdout, _) = run(folder.path(), &["verify"]);
    assert_eq!(code, 3, "{stdout}");
    for part in [
        "no container engine answers",
        "install one: `",
        "seaworthy doctor",
        "not run, because the development environment could not be brought up:",
        "- s (features/a.feature:2)",
        "0 passed, 0 failed, 1 skipped",
    ] {
        assert!(stdout.contains(part), "no {part:?} in\n{stdout}");
    }
}

#[test]
fn doctor_names_the_command_that_installs_an_engine() {
    let folder = project(SOUND);
    let (code, stdout, _) = run(folder.path(), &["doctor"]);
    assert_eq!(code, 3, "{stdout}");
    assert!(stdout.contains("MISSING engine"), "{stdout}");
    assert!(stdout.contains("mend it with: "), "{stdout}");
}

#[test]
fn a_mistake_in_a_feature_is_told_with_its_place_before_anything_starts() {
    let folder = project(&SOUND.replace("every service", "each service"));
    let (code, _, stderr) = run(folder.path(), &["verify"]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("features/a.feature:4:5"), "{stderr}");
    assert!(stderr.contains("did you mean: Then every service is healthy"), "{stderr}");
}

#[test]
fn a_configuration_with_an_unknown_key_is_refused_on_its_line() {
    let folder = project(SOUND);
    fs::write(
        folder.path().join("seaworthy.yaml"),
        "environments: {development: {files: [a.yml]}}\nfeature: x\n",
    )
    .expect("a file");
    let (code, _, stderr) = run(folder.path(), &["verify"]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("unknown field `feature`"), "{stderr}");
    assert!(stderr.contains("seaworthy.yaml:2:1"), "{stderr}");
}

#[test]
fn what_is_asked_for_and_not_there_is_said() {
    let folder = project(SOUND);
    for (arguments, says) in [
        (["verify", "--tags", "@NOPE"].as_slice(), "no scenario fits"),
        (&["verify", "--tags", "@a and"], "cannot read the tag expression"),
        (&["verify", "--environment", "staging"], "there is no environment \"staging\""),
        (&["verify", "missing.feature"], "cannot read missing.feature"),
    ] {
        let (code, _, stderr) = run(folder.path(), arguments);
        assert_eq!(code, 3, "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
    }
    let (code, _, stderr) = run(folder.path(), &["verify", "--no-such-option"]);
    assert_eq!(code, 2, "{stderr}");
    let empty = tempfile::tempdir().expect("a folder");
    let (code, _, stderr) = run(empty.path(), &["verify"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("no seaworthy.yaml in"), "{stderr}");
}

#[test]
fn junit_counts_what_was_not_run_as_skipped_and_never_as_passed() {
    let folder = project(SOUND);
    let (code, stdout, _) = run(folder.path(), &["verify", "--junit", "out.xml"]);
    assert_eq!(code, 3, "{stdout}");
    let xml = fs::read_to_string(folder.path().join("out.xml")).expect("the report");
    assert!(xml.contains("<skipped"), "{xml}");
    assert!(xml.contains("errors=\"1\""), "{xml}");
    let (_, _, stderr) = run(folder.path(), &["verify", "--junit", "missing/out.xml"]);
    assert!(stderr.contains("cannot write missing/out.xml"), "{stderr}");
}

#[test]
fn steps_lists_the_language_and_who_uses_it() {
    let folder = project(SOUND);
    let (code, stdout, _) = run(folder.path(), &["steps", "healthy"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("Then every service is healthy …  [O]"), "{stdout}");
    assert!(stdout.contains("used in features/a.feature:4"), "{stdout}");
    assert!(!stdout.contains("websocket"), "{stdout}");
}

#[test]
fn sentences_are_found_by_their_products_and_needs() {
    let folder = project(SOUND);
    let (code, stdout, _) = run(folder.path(), &["steps", "postgresql"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("Then table {text} in {service} exists"), "{stdout}");
    assert!(stdout.contains("asks MySQL, MariaDB, PostgreSQL"), "{stdout}");
    assert!(!stdout.contains("hash {text}"), "{stdout}");
    let (code, stdout, _) = run(folder.path(), &["steps", "unshare"]);
    assert_eq!(code, 0);
    let needs = "on the running stack it needs root, ip, unshare";
    assert!(stdout.contains(needs), "{stdout}");
}

#[test]
fn the_list_of_every_sentence_is_what_the_program_prints() {
    let folder = project(SOUND);
    let (_, printed, _) = run(folder.path(), &["steps", "--markdown"]);
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sentences.md"));
    let kept = kept.expect("docs/sentences.md");
    assert!(kept == printed, "run `seaworthy steps --markdown > docs/sentences.md`");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_feature() {
    let sentence = "Feature: f\n  Scenario: s\n    Given the files of the development environment\n    Then service \"web\" runs image \"nginx:other\"\n";
    let folder = project(&format!("\u{feff}{sentence}"));
    let (code, stdout, stderr) = run(folder.path(), &["check"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("features/a.feature:4:5"), "{stdout}");
    let folder = project(
        "\u{feff}Feature: f\n  Scenario: s\n    Given the development environment\n    Thne it is so\n",
    );
    let (code, stdout, stderr) = run(folder.path(), &["check"]);
    assert_eq!(code, 3, "{stdout}{stderr}");
    assert!(format!("{stdout}{stderr}").contains("features/a.feature:4"), "{stdout}{stderr}");
}

#[test]
fn a_short_form_writes_to_the_standard_output_too() {
    let sentence = "exactly these services run:\n      | service |\n      | web     |";
    let folder = project(&SOUND.replace("every service is healthy", sentence));
    let (code, stdout, stderr) = run(folder.path(), &["check", "--junit", "-"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.starts_with("<?xml"), "{stdout}");
    assert!(!folder.path().join("-").exists(), "a file named -");
}

#[test]
fn words_that_no_sentence_has_are_told() {
    let folder = project(SOUND);
    let (code, stdout, stderr) = run(folder.path(), &["steps", "zzz"]);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("no sentence has the words \"zzz\""), "{stderr}");
    let (code, _, stderr) = run(folder.path(), &["steps", "exposed"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("these come nearest:"), "{stderr}");
    assert!(stderr.contains("publishes a port"), "{stderr}");
    let (code, stdout, _) = run(folder.path(), &["steps", "restart", "policies"]);
    assert!(code == 0 && stdout.contains("exactly these restart policies are set:"), "{stdout}");
}

#[test]
fn a_rule_that_is_selected_is_one_rule() {
    let folder = project(SOUND);
    let (_, stdout, _) = run(folder.path(), &["lint", "--select", "privileged-container"]);
    assert!(stdout.contains("no findings in 1 project, by 1 rule"), "{stdout}");
}

#[test]
fn a_token_has_its_article() {
    let folder = project(SOUND);
    let token = ["AKIA", "QWERTYUIOPASDFGH"].concat();
    let environment = format!("    environment:\n      KEY: {token}\n");
    let text = format!("services:\n  web:\n    image: nginx:alpine\n{environment}");
    fs::write(folder.path().join("docker-compose.yml"), text).expect("a file");
    let (_, stdout, _) = run(folder.path(), &["lint", "--select", "known-token"]);
    assert!(stdout.contains("an AWS access key"), "{stdout}");
}

/// The frames of the documents are drawn as the program draws them.
#[test]
fn the_second_place_of_a_frame_has_its_bar() {
    for document in ["README.md", "docs/writing-features.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        let text = fs::read_to_string(path).expect("a document");
        let places: Vec<&str> = text.lines().filter(|line| line.contains("::: ")).collect();
        assert!(!places.is_empty(), "{document}");
        assert!(places.iter().all(|line| line.starts_with('|')), "{document}: {places:?}");
    }
    let sentence = "service \"web\" runs image \"nginx:other\"";
    let folder = project(&SOUND.replace("every service is healthy", sentence));
    let (_, stdout, _) = run(folder.path(), &["check"]);
    assert!(stdout.contains("\n|  ::: ") || stdout.contains("\n|   ::: "), "{stdout}");
}
