//! `seaworthy lint --fix`: each fixture becomes what it should, byte for byte, with every line end and
//! encoding mark; the diff and the log of SARIF say the same; what is not safe stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::Command as Process,
};

use assert_cmd::Command;
use seaworthy::policy;
use serde_json::Value;

use crate::findings::sarif_schema;

/// Names and bytes.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// A case that is not mended at once.
const ROUNDS: &str = "rounds";

/// The rules that a comment's removal needs, so that they judge.
const ALLOWED: &str =
    "unused-allow,privileged-container,host-pid,host-ipc,host-uts,secret-in-env-file";

pub(super) fn read(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_str().expect("UTF-8");
                files.insert(name.to_owned(), fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

pub(super) fn put(folder: &Path, files: &Files) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

fn text(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect()
}

/// A rule, the name of a case, its files before and after.
fn cases() -> Vec<(String, String, Files, Files)> {
    let mut cases = Vec::new();
    for rule in fs::read_dir("fixtures/fix").expect("fixtures").flatten() {
        for case in fs::read_dir(rule.path()).expect("cases").flatten() {
            let name = |entry: &fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
            let side = |side: &str| read(&case.path().join(side));
            cases.push((name(&rule), name(&case), side("before"), side("after")));
        }
    }
    cases.sort();
    assert!(cases.len() > 10, "only {} cases", cases.len());
    cases
}

/// The same files as other editors write them.
fn variant(files: &Files, crlf: bool, mark: bool) -> Files {
    let of = |(name, bytes): (&String, &Vec<u8>)| {
        let mut text = String::from_utf8(bytes.clone()).expect("UTF-8");
        let is_yaml = Path::new(name).extension().is_some_and(|ending| ending == "yaml");
        if crlf && is_yaml {
            text = text.replace('\n', "\r\n");
        }
        if mark && is_yaml {
            text.insert(0, '\u{feff}');
        }
        (name.clone(), text.into_bytes())
    };
    files.iter().map(of).collect()
}

/// Exit code, standard output and standard error.
pub(super) fn lint(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("COMPOSE_FILE")
        .args(["lint", "--today=2026-01-01"])
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn select(rule: &str) -> String {
    format!("--select={}", if rule == "unused-allow" { ALLOWED } else { rule })
}

#[test]
fn every_fixture_becomes_what_it_should_byte_for_byte() {
    for (rule, case, before, after) in cases() {
        for (crlf, mark) in [(false, false), (true, false), (false, true), (true, true)] {
            let folder = tempfile::tempdir().expect("a folder");
            put(folder.path(), &variant(&before, crlf, mark));
            let (code, stdout, stderr) =
                lint(folder.path(), &["--fix", "--fail-on=low", &select(&rule)]);
            let told = format!("{rule}/{case} crlf={crlf} mark={mark}\n{stdout}{stderr}");
            let after = variant(&after, crlf, mark);
            let found = read(folder.path());
            for (name, bytes) in &after {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                assert_eq!(text(&found[name]), text(bytes), "{name} of {told}");
            }
            assert_eq!(
                found.keys().collect::<Vec<_>>(),
                after.keys().collect::<Vec<_>>(),
                "{told}"
            );
            // What is left is nothing, and what was done is told with its line.
            assert_eq!(code, 0, "{told}");
            let fixed: Vec<&str> =
                stderr.lines().filter(|line| line.starts_with("fixed: ")).collect();
            assert!(!fixed.is_empty() && fixed.iter().all(|line| line.contains(&rule)), "{told}");
            assert!(stdout.contains(&format!("; {} fixed", fixed.len())), "{told}");
        }
    }
}

#[test]
fn every_rule_with_a_fix_has_a_fixture_and_no_other() {
    let fixed: BTreeSet<&str> =
        policy::named().filter(|rule| rule.has_fix()).map(|rule| rule.id).collect();
    let shown: BTreeSet<String> = cases().into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(shown.iter().map(String::as_str).collect::<BTreeSet<_>>(), fixed);
}

#[test]
fn no_fixture_loses_a_comment() {
    let comments = |files: &Files| -> Vec<String> {
        let texts = files.values().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let all = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        all.filter_map(|line| Some(line.split_once("# ")?.1.to_owned())).collect()
    };
    for (rule, case, before, after) in cases() {
        let (mut before, after) = (comments(&before), comments(&after));
        // These are what the rule is about.
        before.retain(|comment| rule != "unused-allow" || !comment.starts_with("seaworthy:"));
        for comment in before {
            assert!(after.contains(&comment), "{rule}/{case} lost {comment:?}");
        }
    }
}

#[test]
fn a_diff_is_what_would_be_written_and_nothing_is() {
    for (rule, case, before, after) in cases() {
        for (crlf, mark) in [(false, false), (true, true)] {
            let folder = tempfile::tempdir().expect("a folder");
            let (before, after) = (variant(&before, crlf, mark), variant(&after, crlf, mark));
            put(folder.path(), &before);
            let arguments = ["--fix", "--dry-run", "--fail-on=low", &select(&rule)];
            let (code, diff, stderr) = lint(folder.path(), &arguments);
            assert_eq!(code, 1, "{rule}/{case}: what is not written is not mended\n{stderr}");
            assert_eq!(read(folder.path()), before, "{rule}/{case}");
            assert!(diff.starts_with("--- a/") && stderr.contains("nothing was written"), "{diff}");
            fs::write(folder.path().join("fix.diff"), &diff).expect("a file");
            let status = Process::new("git")
                .args(["apply", "--whitespace=nowarn", "fix.diff"])
                .current_dir(folder.path())
                .env("GIT_CEILING_DIRECTORIES", folder.path().parent().expect("a folder"))
                .status();
            assert!(status.expect("git").success(), "{rule}/{case}:\n{diff}");
            fs::remove_file(folder.path().join("fix.diff")).expect("a file");
            if case != ROUNDS && !stderr.contains("not in this diff") {
                assert_eq!(read(folder.path()), after, "{rule}/{case}:\n{diff}");
            }
        }
    }
}

/// Where a place of a log is in a text; columns count code points, a mark of the encoding is none.
fn offset(text: &str, line: &Value, column: &Value) -> usize {
    let number = |value: &Value| usize::try_from(value.as_u64().expect("a number")).expect("small");
    let start: usize = text.split_inclusive('\n').take(number(line) - 1).map(str::len).sum();
    let rest = &text[start..];
    let rest = rest.strip_prefix('\u{feff}').unwrap_or(rest);
    let mut letters = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    text.len() - rest.len() + letters.nth(number(column) - 1).expect("a column of the line")
}

#[test]
fn the_log_of_sarif_has_the_same_fixes_in_exact_regions() {
    let schema = sarif_schema();
    for (rule, case, before, after) in cases() {
        for (crlf, mark) in [(false, false), (true, true)] {
            let folder = tempfile::tempdir().expect("a folder");
            let before = variant(&before, crlf, mark);
            put(folder.path(), &before);
            let (_, log, _) = lint(folder.path(), &["--format=sarif", &select(&rule)]);
            let log: Value = serde_json::from_str(&log).expect("JSON");
            let errors: Vec<String> =
                schema.iter_errors(&log).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{rule}/{case}: {errors:#?}");
            let mut edits: Vec<(String, usize, usize, String)> = Vec::new();
            for result in log["runs"][0]["results"].as_array().expect("results") {
                for fix in result["fixes"].as_array().into_iter().flatten() {
                    assert!(fix["description"]["text"].is_string(), "{fix}");
                    for change in fix["artifactChanges"].as_array().expect("changes") {
                        let name = change["artifactLocation"]["uri"].as_str().expect("a file");
                        let text = String::from_utf8_lossy(&before[name]);
                        for replacement in change["replacements"].as_array().expect("edits") {
                            let region = &replacement["deletedRegion"];
                            let at = |end: &str| {
                                let part = |what: &str| &region[format!("{end}{what}")];
                                offset(&text, part("Line"), part("Column"))
                            };
                            let words = &replacement["insertedContent"]["text"];
                            let words = words.as_str().unwrap_or_default().to_owned();
                            edits.push((name.to_owned(), at("start"), at("end"), words));
                        }
                    }
                }
            }
            assert!(!edits.is_empty(), "{rule}/{case} has no fixes");
            edits.sort();
            // Fixes of one place are alternatives: the first is taken, as `--fix` does.
            let count = edits.len();
            edits.dedup_by(|next, one| one.0 == next.0 && next.1 < one.2);
            let is_all = count == edits.len() && case != ROUNDS;
            let mut files = before.clone();
            for (name, start, end, words) in edits.into_iter().rev() {
                let text = String::from_utf8_lossy(&files[&name]).into_owned();
                let text = format!("{}{words}{}", &text[..start], &text[end..]);
                files.insert(name, text.into_bytes());
            }
            if is_all {
                assert_eq!(files, variant(&after, crlf, mark), "{rule}/{case}");
            }
        }
    }
}

/// What is left of a file, and what is told, when it is to be mended.
fn mended(files: &[(&str, &str)], arguments: &[&str]) -> (Files, String) {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &text(files));
    let (_, stdout, stderr) =
        lint(folder.path(), &[&["--fix", "--fail-on=low"], arguments].concat());
    (read(folder.path()), stdout + &stderr)
}

#[test]
fn what_is_shared_or_comes_from_elsewhere_is_left_and_it_is_said_why() {
    let killed = "services:\n  a: {image: a, stop_grace_period: ";
    for (files, says) in [
        (vec![("compose.yaml", format!("{killed}\"${{GRACE:-0s}}\"}}\n"))], "a variable has a part"),
        (
            vec![("compose.yaml", "x-a: &a\n  init: true\n  stop_grace_period: 0s\nservices:\n  a: {<<: *a, image: a}\n  b: {<<: *a, image: a}\n".into())],
            "the anchor at line 2 hands it on",
        ),
        (
            vec![("compose.yaml", "services:\n  a: &a\n    image: a\n    stop_grace_period: 0s\n  b:\n    <<: *a\n    stop_grace_period: 1m\n".into())],
            "the anchor at line 3 hands it on",
        ),
        (
            vec![("compose.yaml", format!("{killed}0s}}\n  b: {{extends: a}}\n"))],
            "\"a\" and \"b\" take it",
        ),
        (
            vec![("compose.yaml", "services:\n  a:\n    image: a\n    stop_grace_period: # why\n      0s\n".into())],
            "a comment stands in it",
        ),
        (
            vec![("compose.yaml", "services:\n  a:\n    image: a\n    stop_grace_period: &v 0s\n    labels: {x: *v}\n".into())],
            "the anchor at line 4 hands it on",
        ),
        (
            vec![("compose.yaml", "services:\n  a:\n    stop_grace_period: 0s # seaworthy: allow[host-pid] x\n    image: a\n".into())],
            "a comment behind it is about this line",
        ),
        (
            vec![("compose.override.yaml", "services:\n  a:\n    stop_grace_period: 0s\n".into()), ("compose.yaml", "services: {a: {image: a}}\n".into())],
            "nothing else stands beside it",
        ),
        (
            vec![
                ("compose.yaml", format!("{killed}0s}}\n")),
                ("compose.slow.yaml", "services: {a: {stop_grace_period: 1m}}\n".into()),
            ],
            "reads the file and has no such fault",
        ),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let (left, told) = mended(&files, &["--select=killed-at-stop", "."]);
        assert_eq!(left, text(&files), "{told}");
        assert!(told.contains("leaves this to people") && told.contains(says), "no {says:?} in\n{told}");
    }
}

#[test]
fn rules_leave_what_they_cannot_be_sure_of() {
    let check = |environment: &str, test: &str| {
        format!(
            "services:\n  a:\n    image: postgres:16\n    environment: {environment}\n    healthcheck:\n      test: {test}\n"
        )
    };
    for (rule, file) in [
        // Another value than the container's may be meant.
        ("dollar-taken-by-compose", check("{X: y}", "pg_isready -U $POSTGRES_USER")),
        // No shell reads it, or not there.
        ("dollar-taken-by-compose", check("{U: y}", "[CMD, pg_isready, $U]")),
        ("dollar-taken-by-compose", check("{U: y}", "\"psql -c 'select $U'\"")),
        ("dollar-taken-by-compose", check("{U: y}", "'echo \\$U'")),
        // A program in a folder with a space in its name.
        ("health-check-without-shell", check("{U: y}", "[CMD, /opt/my app/check]")),
        ("health-check-without-shell", check("{U: y}", "[CMD, a, '|', b]")),
        ("expose-with-mapping", check("{U: y}", "a\n    expose: ['8080:http']")),
        // The program that is asked may want its name.
        (
            "localhost-is-ipv6",
            "services:\n  a:\n    image: node:22-alpine\n    environment: {HOST: 0.0.0.0}\n    healthcheck: {test: wget -q http://localhost:3000}\n".into(),
        ),
    ] {
        let (left, told) = mended(&[("compose.yaml", &file)], &["--select", rule]);
        assert_eq!(left, text(&[("compose.yaml", &file)]), "{told}");
        assert!(told.contains(rule) && !told.contains("fixed"), "{told}");
    }
}

#[test]
fn only_what_is_shown_is_mended() {
    let old = "version: '3'\nservices:\n  a: {image: a, stop_grace_period: 0s}\n";
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &text(&[("compose.yaml", old)]));
    let git = |arguments: &[&str]| {
        let output = Process::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(folder.path())
            .output();
        assert!(output.expect("git").status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    let strict = ["--select=obsolete-version,killed-at-stop", "--fix"];
    let now = |text: &str| {
        fs::write(folder.path().join("compose.yaml"), text).expect("a file");
    };
    let left = || fs::read_to_string(folder.path().join("compose.yaml")).expect("a file");
    let more = format!("{old}  b: {{image: b, stop_grace_period: 0s}}\n");
    now(&more);
    let (code, ..) = lint(folder.path(), &[&strict[..], &["--since=HEAD"]].concat());
    assert_eq!((code, left()), (0, format!("{old}  b: {{image: b}}\n")));
    now(old);
    lint(folder.path(), &[strict[0], "--write-baseline=known.json"]);
    now(&more);
    let (_, stdout, _) = lint(folder.path(), &[&strict[..], &["--baseline=known.json"]].concat());
    assert_eq!(left(), format!("{old}  b: {{image: b}}\n"), "{stdout}");
    assert!(stdout.contains("2 known by the baseline; ") || stdout.contains("2 known"), "{stdout}");
    let allowed = "version: '3' # seaworthy: allow[obsolete-version] an old tool reads it\nservices: {a: {image: a}}\n";
    now(allowed);
    let (code, ..) = lint(folder.path(), &[&strict[..], &["--select=unused-allow"]].concat());
    assert_eq!((code, left().as_str()), (0, allowed));
}

#[test]
fn a_file_that_is_not_ours_to_write_is_told_and_left() {
    let version = "version: '3'\nservices: {a: {image: a}}\n";
    let mended = "services: {a: {image: a}}\n";
    let around = tempfile::tempdir().expect("a folder");
    let project = around.path().join("project");
    let arguments = ["--fix", "--select=obsolete-version", "."];
    let at = |name: &str| project.join(name);
    let fresh = || {
        let _gone = fs::remove_dir_all(&project);
        put(&project, &text(&[(".git", "gitdir: elsewhere\n"), ("compose.yaml", version)]));
    };
    let text_of = |path: &Path| fs::read_to_string(path).expect("a file");
    let refused = |says: &str| {
        let (code, stdout, stderr) = lint(&project, &arguments);
        let told = stdout + &stderr;
        assert_eq!(code, 3, "{told}");
        assert!(told.contains("1 fix not made: what --fix was asked for is not done"), "{told}");
        assert!(
            told.contains("1 fix is not made") && told.contains(says),
            "no {says:?} in\n{told}"
        );
        assert!(!told.contains("fixed: "), "{told}");
        // And a preview says so as well.
        let (_, diff, stderr) = lint(&project, &["--fix", "--dry-run", arguments[1], "."]);
        assert!(diff.is_empty() && stderr.contains(says), "{diff}{stderr}");
    };
    fresh();
    fs::set_permissions(at("compose.yaml"), fs::Permissions::from_mode(0o444)).expect("a mode");
    refused("the file is read-only");
    assert_eq!(text_of(&at("compose.yaml")), version);

    fresh();
    fs::hard_link(at("compose.yaml"), at("other")).expect("a link");
    refused("a second name");

    // A link that leads out is left; one that stays inside is followed, and stays a link.
    fresh();
    fs::rename(at("compose.yaml"), around.path().join("outside.yaml")).expect("a file");
    std::os::unix::fs::symlink("../outside.yaml", at("compose.yaml")).expect("a link");
    let (_, stdout, stderr) = lint(&project, &arguments);
    assert_eq!(text_of(&around.path().join("outside.yaml")), version, "{stdout}{stderr}");
    assert!(stdout.contains("outside the repository"), "{stdout}{stderr}");

    fresh();
    fs::create_dir(at("real")).expect("a folder");
    fs::rename(at("compose.yaml"), at("real/shop.yaml")).expect("a file");
    std::os::unix::fs::symlink("real/shop.yaml", at("compose.yaml")).expect("a link");
    fs::set_permissions(at("real/shop.yaml"), fs::Permissions::from_mode(0o640)).expect("a mode");
    let (code, stdout, stderr) = lint(&project, &arguments);
    assert_eq!((code, text_of(&at("real/shop.yaml")).as_str()), (0, mended), "{stdout}{stderr}");
    assert!(fs::symlink_metadata(at("compose.yaml")).expect("a link").is_symlink());
    assert_eq!(fs::metadata(at("real/shop.yaml")).expect("a file").mode() & 0o777, 0o640);
    let names = |folder: &str| fs::read_dir(at(folder)).expect("a folder").count();
    assert_eq!(names("real"), 1, "nothing is left beside it");

    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(&project)
        .args(["lint", "--fix", "--select=obsolete-version", "-"])
        .write_stdin(version)
        .output()
        .expect("it runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("the standard input cannot be written"), "{stdout}");
}

#[test]
fn a_diff_shows_no_secret() {
    let file =
        "version: '3'\nservices:\n  a: {image: a, environment: {A_PASSWORD: Blau-und-Rot}}\n";
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &text(&[("compose.yaml", file)]));
    let arguments = ["--fix", "--dry-run", "--select=obsolete-version"];
    let (_, diff, stderr) = lint(folder.path(), &arguments);
    assert!(diff.contains("A_PASSWORD: ****") && !diff.contains("Blau"), "{diff}{stderr}");
    lint(folder.path(), &["--fix", "--select=obsolete-version"]);
    let left = fs::read_to_string(folder.path().join("compose.yaml")).expect("a file");
    assert!(left.contains("Blau-und-Rot"), "what is written is whole: {left}");
}

#[test]
fn the_documents_say_of_every_rule_what_is_fixed_or_why_nothing_is() {
    let page = fs::read_to_string("docs/fixes.md").expect("the page");
    for rule in policy::named() {
        let words = rule.fix().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!words.is_empty(), "{}.md has a section \"## Fix\"", rule.id);
        let none = words.strip_prefix(policy::NO_FIX);
        let (fix, why) = none.map_or(("yes", words.as_str()), |why| ("no", why.trim()));
        let row = format!("| {} | {fix} | {why} |", rule.id);
        assert!(page.lines().any(|line| line == row), "docs/fixes.md has the row\n{row}");
    }
    let rows = page.lines().filter(|line| line.contains(" | yes | ") || line.contains(" | no | "));
    assert_eq!(rows.count(), policy::named().count(), "a row for each rule and no more");
    let explain = |arguments: &[&str]| {
        let output = Command::cargo_bin("seaworthy")
            .expect("the program")
            .args([&["explain"], arguments].concat())
            .output()
            .expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(explain(&["container-name"]).contains("## Fix\n\nNone: "));
    let listed = explain(&[]);
    let line = |rule: &str| {
        let found = listed.lines().find(|line| line.starts_with(&format!("{rule} ")));
        found.unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(line("obsolete-version")[3], "fix");
    assert_ne!(line("container-name")[3], "fix");
}

#[test]
fn a_diff_and_a_report_do_not_share_the_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &text(&[("compose.yaml", "version: '3'\nservices: {a: {image: a}}\n")]));
    let dry = ["--fix", "--dry-run"];
    for (more, code) in [("--report=sarif", 2), ("--format=json", 2), ("--report=sarif=log", 0)] {
        let (found, _, stderr) = lint(folder.path(), &[&dry[..], &[more]].concat());
        assert_eq!(found, code, "{more}: {stderr}");
    }
    assert_eq!(lint(folder.path(), &["--dry-run"]).0, 2, "there is nothing to try");
    assert!(folder.path().join("log").is_file());
}
