//! `seaworthy document`: blocks in Markdown say what the files say, or are told; nothing else changes.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use seaworthy::steps;

use super::program::seaworthy;

const COMPOSE: &str = "services:\n  web: {image: web, ports: ['8080:80'], depends_on: [db]}\n  db: {image: 'mysql:8', environment: {MYSQL_PASSWORD: Gelb-und-Lila-2}}\n";
const FEATURE: &str = "Feature: f\n  @NET-1\n  Scenario: one\n    Given the development environment\n    Then exactly these services run:\n      | service |\n      | web     |\n      | db      |\n  @NET-2\n  Scenario: two\n    Given the running development environment\n    Then service \"web\" reaches \"db\" on port 3306\n";
const DOCUMENT: &str = "# A\n\n- Two services run [NET-1].\n- `web` reaches `db` [NET-2]. Nobody knows this [NET-3].\n";

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    for below in ["features", "docs"] {
        fs::create_dir(path.join(below)).expect("a folder");
    }
    let common = [
        ("seaworthy.yaml", "environments: {development: {files: [compose.yaml]}}\n"),
        ("compose.yaml", COMPOSE),
        ("features/f.feature", FEATURE),
        ("docs/ARCHITECTURE.md", DOCUMENT),
    ];
    for (name, text) in common.iter().chain(files) {
        fs::write(path.join(name), text).expect("a file");
    }
    folder
}

#[test]
fn the_documents_of_this_project_say_what_its_files_say() {
    let (code, stdout, stderr) = seaworthy(Path::new("."), &["document", "--check"]);
    assert_eq!(code, 0, "{stdout}{stderr}\nrun `seaworthy document --write`");
    assert!(stdout.contains("4 blocks in 2 files: all as they should be"), "{stdout}");
}

#[test]
fn blocks_of_every_kind_are_written_and_then_hold() {
    let text = "before  \n\n<!-- seaworthy: diagram environment=development -->\nold\n<!-- /seaworthy -->\nbetween\n  <!-- seaworthy: facts topic=ports environment=development -->\n  <!-- /seaworthy -->\n<!-- seaworthy: claims prefix=NET -->\n<!-- /seaworthy -->\nafter\twithout an end";
    let folder = project(&[("docs/README.md", text)]);
    let path = folder.path();
    let file = path.join("docs/README.md");
    let (code, stdout, stderr) = seaworthy(path, &["document", "--check"]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stdout.contains("3 blocks in 1 file: 3 not as they should be"), "{stdout}");
    for part in ["docs/README.md:3:1", "docs/README.md:7:3", "docs/README.md:9:1", "- old", "+ "] {
        assert!(stderr.contains(part), "no {part} in\n{stderr}");
    }
    assert_eq!(fs::read_to_string(&file).expect("the file"), text, "--check writes nothing");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("permissions");
    let (code, stdout, stderr) = seaworthy(path, &["document", "--write"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("3 written anew"), "{stdout}");
    let written = fs::read_to_string(&file).expect("the file");
    for part in [
        "before  \n\n<!-- seaworthy: diagram environment=development -->\n\n```mermaid\nflowchart LR\n",
        "\n  <!-- seaworthy: facts topic=ports environment=development -->\n\n  | service | port |",
        "| NET-1 | Two services run | ✓ proven by the files |",
        "| NET-2 | `web` reaches `db` | – not asked |",
        "| NET-3 | Nobody knows this | – no scenario |",
        "<!-- /seaworthy -->\nafter\twithout an end",
    ] {
        assert!(written.contains(part), "no {part} in\n{written}");
    }
    assert!(written.ends_with("an end") && !written.contains("old"), "{written}");
    let mode = fs::metadata(&file).expect("the file").permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
    let (code, _, stderr) = seaworthy(path, &["document", "--check"]);
    assert_eq!(code, 0, "{stderr}");
    let left = fs::read_dir(path.join("docs")).expect("the folder").flatten();
    let names: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_change_of_the_files_or_of_the_block_is_told_with_its_line() {
    let text =
        "<!-- seaworthy: facts topic=ports environment=development -->\r\n<!-- /seaworthy -->\r\n";
    let folder = project(&[("README.md", text)]);
    let path = folder.path();
    assert_eq!(seaworthy(path, &["document", "--write", "README.md"]).0, 0);
    let written = fs::read_to_string(path.join("README.md")).expect("the file");
    assert_eq!(written.matches('\n').count(), written.matches("\r\n").count(), "{written:?}");
    assert_eq!(seaworthy(path, &["document", "--check", "README.md"]).0, 0);
    fs::write(path.join("compose.yaml"), COMPOSE.replace("8080:80", "8081:80")).expect("a file");
    let (code, _, stderr) = seaworthy(path, &["document", "--check", "README.md"]);
    assert_eq!(code, 1, "{stderr}");
    for part in
        ["README.md:1:1", "- | web | `80` | `8080` | any |", "+ | web | `80` | `8081` | any |"]
    {
        assert!(stderr.contains(part), "no {part} in\n{stderr}");
    }
    fs::write(path.join("compose.yaml"), COMPOSE).expect("a file");
    let by_hand = written.replace("| any |", "| loopback |");
    fs::write(path.join("README.md"), by_hand).expect("a file");
    assert_eq!(seaworthy(path, &["document", "--check"]).0, 1);
}

#[test]
fn verdicts_of_a_run_are_told_and_a_file_that_is_no_run_is_not() {
    let run = serde_json::json!({ "version": 1, "not_asked": [], "scenarios": [
        { "tags": ["NET-1"], "truth": "declared", "outcome": "passed", "steps": [] },
        { "tags": ["NET-1"], "truth": "observed", "outcome": "passed", "steps": [] },
        { "tags": ["NET-2"], "truth": "observed", "outcome": "failed", "steps": [
            { "text": "the running development environment", "outcome": "passed" },
            { "text": "service \"web\" reaches \"db\" on port 3306", "outcome": "failed" },
        ]},
    ]});
    let text = "<!-- seaworthy: claims run=run.json -->\n<!-- /seaworthy -->\n<!-- seaworthy: diagram environment=development run=run.json -->\n<!-- /seaworthy -->\n";
    let folder = project(&[("docs/a.md", text), ("docs/run.json", &run.to_string())]);
    let path = folder.path();
    let (code, _, stderr) = seaworthy(path, &["document", "--write", "docs/a.md"]);
    assert_eq!(code, 0, "{stderr}");
    let written = fs::read_to_string(path.join("docs/a.md")).expect("the file");
    for part in [
        "| NET-1 | Two services run | ✓ proven by files and running stack |",
        "| NET-2 | `web` reaches `db` | ✗ broken |",
        "service_web ==>|\"✗ 3306\"| service_db",
    ] {
        assert!(written.contains(part), "no {part} in\n{written}");
    }
    fs::write(path.join("docs/run.json"), "{}").expect("a file");
    let (code, _, stderr) = seaworthy(path, &["document", "--check", "docs/a.md"]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("is no run") && stderr.contains("docs/a.md:1:1"), "{stderr}");
}

#[test]
fn a_run_of_another_project_is_refused_and_one_of_any_commit_says_which() {
    let text = "<!-- seaworthy: claims run=run.json -->\n<!-- /seaworthy -->\n";
    let chart =
        "<!-- seaworthy: diagram environment=development run=run.json -->\n<!-- /seaworthy -->\n";
    let folder = project(&[("docs/a.md", text), ("docs/b.md", chart)]);
    let path = folder.path();
    let own = path.canonicalize().expect("a path");
    let own = own.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let run = |project: &str| {
        let commit = serde_json::json!({ "id": "0123456789abcdef0123456789abcdef01234567" });
        let run = serde_json::json!({
            "version": 1, "project": project, "commit": commit,
            "started": "2026-11-20T14:05:00.000Z", "not_asked": [], "scenarios": [
                { "tags": ["NET-1"], "truth": "declared", "outcome": "passed", "steps": [] },
            ],
        });
        fs::write(path.join("docs/run.json"), run.to_string()).expect("a file");
    };
    run("another\u{1b}[2J");
    for file in ["docs/a.md", "docs/b.md"] {
        let (code, _, stderr) = seaworthy(path, &["document", "--write", file]);
        assert_eq!(code, 3, "{stderr}");
        for part in
            ["docs/run.json is a run of the project \"another", &format!("{file}:1:1"), "help: "]
        {
            assert!(stderr.contains(part), "no {part} in\n{stderr}");
        }
    }
    assert_eq!(fs::read_to_string(path.join("docs/a.md")).expect("the file"), text);
    run(&own);
    for file in ["docs/a.md", "docs/b.md"] {
        let (code, _, stderr) = seaworthy(path, &["document", "--write", file]);
        assert_eq!(code, 0, "{stderr}");
        let written = fs::read_to_string(path.join(file)).expect("the file");
        let says = "As a run of commit `0123456789ab`, 2026-11-20T14:05:00.000Z found it.";
        assert!(written.contains(says), "{written}");
        assert_eq!(seaworthy(path, &["document", "--check", file]).0, 0);
    }
}

#[test]
fn a_kept_run_that_left_scenarios_out_says_not_asked_and_a_table_states_claims() {
    let document = "# A\n\n| id | what |\n|---|---|\n| [NET-1] | two services run |\n| [NET-2] | web reaches db |\n\n`[NET-8]`\n";
    let text = "<!-- seaworthy: claims run=run.json -->\n<!-- /seaworthy -->\n";
    let folder = project(&[("docs/a.md", text), ("docs/ARCHITECTURE.md", document)]);
    let path = folder.path();
    let verify = ["check", "-t", "@NET-1", "--report", "json=docs/run.json"];
    let (code, _, stderr) = seaworthy(path, &verify);
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = seaworthy(path, &["document", "--write", "docs/a.md"]);
    assert_eq!(code, 0, "{stderr}");
    let written = fs::read_to_string(path.join("docs/a.md")).expect("the file");
    for part in [
        "| NET-1 | two services run | ✓ proven by the files |",
        "| NET-2 | web reaches db | – not asked |",
    ] {
        assert!(written.contains(part), "no {part} in\n{written}");
    }
    assert!(!written.contains("NET-8"), "{written}");
}

#[test]
fn what_is_not_understood_is_refused_and_nothing_is_written() {
    let good =
        "<!-- seaworthy: facts topic=ports environment=development -->\n<!-- /seaworthy -->\n";
    for (text, says) in [
        ("<!-- seaworthy: claims -->\nx\n", "docs/b.md:1:1"),
        ("x\n<!-- seaworthy: tables -->\n<!-- /seaworthy -->\n", "there is no block \"tables\""),
        (
            "<!-- seaworthy: facts topic=prots environment=development -->\n<!-- /seaworthy -->\n",
            "did you mean \"ports\"",
        ),
        (
            "<!-- seaworthy: diagram environment=dev -->\n<!-- /seaworthy -->\n",
            "there is no environment \"dev\"",
        ),
        ("<!-- seaworthy: claims prefix=FLOW -->\n<!-- /seaworthy -->\n", "has no claim of these"),
        (
            "<!-- seaworthy: claims run=none.json -->\n<!-- /seaworthy -->\n",
            "cannot read the run docs/none.json",
        ),
    ] {
        let folder = project(&[("docs/a.md", good), ("docs/b.md", text)]);
        let path = folder.path();
        for how in ["--write", "--check"] {
            let (code, _, stderr) = seaworthy(path, &["document", how]);
            assert_eq!(code, 3, "{text}: {stderr}");
            assert!(stderr.contains(says), "{text}: {stderr}");
            assert!(stderr.contains("docs/b.md:"), "{text}: {stderr}");
        }
        for (name, text) in [("docs/a.md", good), ("docs/b.md", text)] {
            assert_eq!(fs::read_to_string(path.join(name)).expect("a file"), text);
        }
    }
}

#[test]
fn where_there_is_no_block_nothing_passes() {
    let folder = project(&[]);
    let (code, _, stderr) = seaworthy(folder.path(), &["document", "--check"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("no file has a block"), "{stderr}");
    let named = ["document", "--check", "docs/ARCHITECTURE.md"];
    let (code, _, stderr) = seaworthy(folder.path(), &named);
    assert_eq!(code, 3);
    assert!(stderr.contains("docs/ARCHITECTURE.md has no block"), "{stderr}");
    assert_eq!(seaworthy(folder.path(), &["document"]).0, 2);
    assert_eq!(seaworthy(folder.path(), &["document", "--check", "--write"]).0, 2);
    let (_, help, _) = seaworthy(folder.path(), &["document", "--help"]);
    assert!(help.contains("--check") && help.contains("--write"), "{help}");
}

#[test]
fn a_link_stays_a_link() {
    let good =
        "<!-- seaworthy: facts topic=ports environment=development -->\n<!-- /seaworthy -->\n";
    let folder = project(&[("docs/a.md", good)]);
    let path = folder.path();
    symlink("docs/a.md", path.join("LINK.md")).expect("a link");
    let (code, _, stderr) = seaworthy(path, &["document", "--write", "LINK.md"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(path.join("LINK.md").is_symlink());
    assert!(fs::read_to_string(path.join("docs/a.md")).expect("a file").contains("8080"));
}

#[test]
fn no_block_shows_a_secret() {
    let text = "<!-- seaworthy: facts topic=environment environment=development -->\n<!-- /seaworthy -->\n";
    let folder = project(&[("docs/a.md", text)]);
    let (code, stdout, stderr) = seaworthy(folder.path(), &["document", "--write", "docs/a.md"]);
    assert_eq!(code, 0, "{stderr}");
    let written = fs::read_to_string(folder.path().join("docs/a.md")).expect("a file");
    assert!(written.contains("15 characters that are not shown"), "{written}");
    assert!(![written, stdout, stderr].concat().contains("Gelb-und"));
}

#[test]
fn the_vocabulary_has_the_sentences_that_mark_connections() {
    for sentence in [
        "service {service} reaches {service} on port {number}",
        "service {service} does not reach {service} on port {number}",
    ] {
        assert!(steps::all().any(|step| step.expression == sentence), "no step says {sentence}");
    }
}
