//! What other linters ask of Compose files, in the manner of their own test files: a folder a
//! query, with files in which a line is marked, and files that are clean of it.
//!
//! `# here RULE` behind a line: the rule has a finding on it, and on no other line of the file.
//! `# clean of RULE RULE` as the first line: the rules have no finding in the file. Some files
//! are such as Compose refuses: they are judged all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use camino::{Utf8Path, Utf8PathBuf};
use seaworthy::{
    lint::{self, Asked, discover, section::Settled},
    policy::Severity,
};

type Lines = BTreeMap<String, BTreeSet<usize>>;

/// The lines on which each rule has a finding.
fn found(file: &Utf8Path) -> Lines {
    let here = Utf8PathBuf::from("/");
    let rules = lint::select(true, &[], &[]).expect("rules");
    let today = "2026-01-01".parse().expect("a date");
    let plans = discover::discover(&[file.to_owned()], &here).expect("a file").plans;
    let findings = lint::run(
        &plans,
        &Asked { fail_on: Severity::Low, ..Asked::of(rules, &Settled::default(), today, here) },
    );
    let mut lines = Lines::new();
    for found in findings.open() {
        let line = found.place.source.place(found.place.span.start).line;
        lines.entry(found.rule.id.to_owned()).or_default().insert(line);
    }
    lines
}

/// What is wrong with a file's marks.
fn complaints(file: &Utf8Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a file");
    let found = found(file);
    let of = |rule: &str| found.get(rule).cloned().unwrap_or_default();
    let mut marked = Lines::new();
    for (at, line) in text.lines().enumerate() {
        if let Some((_, rule)) = line.split_once("# here ") {
            marked.entry(rule.trim().to_owned()).or_default().insert(at + 1);
        }
    }
    let clean = text.lines().next().and_then(|line| line.strip_prefix("# clean of "));
    for rule in clean.unwrap_or_default().split_whitespace() {
        marked.insert(rule.to_owned(), BTreeSet::new());
    }
    if marked.is_empty() {
        return vec![format!("{file}: nothing is marked")];
    }
    let wrong = marked.iter().filter(|(rule, lines)| of(rule) != **lines);
    wrong
        .map(|(rule, lines)| format!("{file}: {rule} on {lines:?}, found {:?}", of(rule)))
        .collect()
}

#[test]
fn what_other_linters_ask_is_found_on_its_line_and_nowhere_else() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/queries");
    let mut queries = 0;
    let mut wrong = Vec::new();
    for folder in root.read_dir_utf8().expect("a folder").flatten() {
        let mut kinds = BTreeSet::new();
        for file in folder.path().read_dir_utf8().expect("a folder").flatten() {
            kinds.insert(file.file_name().starts_with("positive"));
            wrong.extend(complaints(file.path()));
        }
        assert_eq!(kinds.len(), 2, "{}: both positive and negative files", folder.path());
        queries += 1;
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(queries > 20, "only {queries} queries");
}

#[test]
fn a_wrong_mark_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Utf8Path::from_path(folder.path()).expect("UTF-8").join("positive1.yaml");
    for (text, sound) in [
        ("services: {a: {image: a, pid: host}} # here host-pid\n", true),
        ("services:\n  a: # here host-pid\n    image: a\n    pid: host\n", false),
        ("# clean of host-pid\nservices: {a: {image: a, pid: host}}\n", false),
        ("services: {a: {image: a, pid: host}}\n", false),
    ] {
        fs::write(&file, text).expect("a file");
        assert_eq!(complaints(&file).is_empty(), sound, "{text}");
    }
}
