//! The group's documents, held against its rules.

use std::collections::BTreeSet;

use super::RULES;
use crate::{
    compose::{
        Project,
        project::{Depth, load, load_text},
        request::Request,
    },
    policy::{Rule, Target, judge},
};

/// The blocks of a document that begin with a word, as text.
fn blocks<'a>(rule: &Rule, word: &'a str) -> impl Iterator<Item = &'static str> + use<'a> {
    let fenced = rule.document.split("\n```").skip(1).step_by(2);
    fenced.filter_map(move |block| {
        block.strip_prefix("yaml ")?.strip_prefix(word)?.strip_prefix('\n')
    })
}

fn lines_found(rule: &'static Rule, text: &str) -> BTreeSet<usize> {
    let project: Project = match load_text("compose.yaml", text) {
        Ok(loaded) => loaded.into(),
        Err(refusal) => panic!("{}: {:?}\n{text}", rule.id, refusal.0),
    };
    let target = Target { project };
    let found = judge(&target, [rule]);
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    found
        .iter()
        .map(|finding| {
            assert!(finding.origin.place.file().is_some(), "{}: {finding:?} has no place", rule.id);
            line(finding.origin.place.span().start)
        })
        .collect()
}

#[test]
fn every_document_shows_what_its_rule_finds() {
    for rule in RULES {
        let mut shown = 0;
        for text in blocks(rule, "flagged") {
            let marked = text.lines().enumerate().filter(|(_, line)| line.ends_with("# here"));
            let marked: BTreeSet<usize> = marked.map(|(at, _)| at + 1).collect();
            assert!(!marked.is_empty(), "{}: nothing is marked in\n{text}", rule.id);
            assert_eq!(lines_found(rule, text), marked, "{}\n{text}", rule.id);
            shown += 1;
        }
        assert!(shown > 0, "{} shows nothing that it finds", rule.id);
    }
}

#[test]
fn every_document_shows_what_its_rule_passes() {
    for rule in RULES {
        let mut shown = 0;
        for text in blocks(rule, "clean") {
            assert_eq!(lines_found(rule, text), BTreeSet::new(), "{}\n{text}", rule.id);
            shown += 1;
        }
        assert!(shown > 0, "{} shows nothing that it passes", rule.id);
    }
}

#[test]
fn every_document_has_its_sections() {
    for rule in RULES {
        assert!(rule.document.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        for section in ["\n## What to do\n", "\n## Severity\n", "\n## Sources\n"] {
            assert!(rule.document.contains(section), "{} lacks{section}", rule.id);
        }
        assert!(rule.summary.ends_with('.'), "{}", rule.id);
    }
}

/// What the rules say of a project in a folder, `HOME` being its parent.
fn said(files: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("shop");
    std::fs::create_dir(&folder).expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    let home = parent.path().to_string_lossy().into_owned();
    let request = Request {
        directory: folder.to_string_lossy().into_owned(),
        environment: [("HOME".to_owned(), home)].into(),
        ..Request::default()
    };
    let project: Project = load(&request, Depth::Whole).expect("a model").into();
    let found = judge(&Target { project }, RULES.iter().copied());
    found.into_iter().map(|finding| (finding.rule.id, finding.message)).collect()
}

#[test]
fn a_dockerfile_at_hand_says_whom_a_service_runs_as() {
    let compose = "services:\n  a: {build: .}\n  b: {build: {context: ., dockerfile: Root}}\n";
    let found = said(&[
        ("compose.yaml", compose),
        ("Dockerfile", "FROM alpine\nUSER app\n"),
        ("Root", "FROM alpine\nUSER 0\n"),
    ]);
    let users: Vec<&str> =
        found.iter().filter(|(rule, _)| *rule == "user-not-set").map(|(_, said)| &**said).collect();
    assert_eq!(users, ["service \"b\" has no `user`, and its Dockerfile ends as \"0\""]);
}

#[test]
fn a_path_is_the_projects_own_wherever_the_project_lies() {
    let found = said(&[(
        "compose.yaml",
        "services:\n  a:\n    image: a\n    volumes: ['./x:/x', '../y:/y', '.:/z', '${HOME}/shop/v:/v', '~/.ssh:/s']\n",
    )]);
    let paths: Vec<(&str, &str)> = found
        .iter()
        .filter(|(rule, _)| rule.contains("path"))
        .map(|(rule, said)| (*rule, said.split('"').nth(3).unwrap_or_default()))
        .collect();
    let own = "host-path-writable";
    assert_eq!(
        paths,
        [(own, "./x"), (own, "../y"), (own, "."), (own, "./v"), ("sensitive-host-path", "~/.ssh")]
    );
}

#[test]
fn one_line_is_found_by_one_rule_on_paths() {
    for (mount, rule) in [
        ("/var/run/docker.sock:/s", "control-socket-mounted"),
        ("/:/host", "sensitive-host-path"),
        ("/etc:/host:ro", "sensitive-host-path"),
        ("/var/lib/mysql:/data", "host-system-path"),
        ("./data:/data", "host-path-writable"),
    ] {
        let text = format!("services:\n  a: {{image: a, volumes: ['{mount}']}}\n");
        let project: Project = load_text("compose.yaml", &text).expect("a model").into();
        let found = judge(&Target { project }, RULES.iter().copied());
        let rules: Vec<&str> = found
            .iter()
            .filter(|finding| finding.subject.contains("volumes"))
            .map(|finding| finding.rule.id)
            .collect();
        assert_eq!(rules, [rule], "{mount}");
    }
}
