//! Every document of the group is run: each flagged line is found, nothing else is, and no value is told.

use std::{collections::BTreeSet, fs};

use super::*;
use crate::{
    compose::{
        Project,
        project::{Depth, load, load_text},
        request::Request,
    },
    diagnostic::{self, Diagnostic},
    policy::{judge, secret::hide::MaskedFiles},
};

struct Block {
    flagged: bool,
    files: Vec<(String, String)>,
}

/// The blocks of a document.
fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in document.lines() {
        match (line, &mut open) {
            ("```yaml flagged" | "```yaml clean", None) => {
                open = Some(Block { flagged: line.ends_with("flagged"), files: Vec::new() });
            }
            ("```", Some(_)) => blocks.extend(open.take()),
            (line, Some(block)) => {
                if let Some(name) = line.strip_prefix("# file: ") {
                    block.files.push((name.to_owned(), String::new()));
                    continue;
                }
                if block.files.is_empty() {
                    block.files.push(("compose.yaml".to_owned(), String::new()));
                }
                if let Some((_, text)) = block.files.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
            _ => {}
        }
    }
    blocks
}

/// Loads a block: one file from its text, several from a folder.
fn target(block: &Block) -> (Target, Option<tempfile::TempDir>) {
    if let [(name, text)] = &block.files[..] {
        let loaded = load_text(name, text).unwrap_or_else(|error| panic!("{error}: {text}"));
        return (Target { project: loaded.into() }, None);
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in &block.files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let directory = fs::canonicalize(folder.path()).expect("a folder");
    let request =
        Request { directory: directory.to_string_lossy().into_owned(), ..Request::default() };
    let loaded = load(&request, Depth::Whole).unwrap_or_else(|error| panic!("{error}"));
    (Target { project: Project::from(loaded) }, Some(folder))
}

/// The marked lines, as `file:line`.
fn marked(block: &Block) -> BTreeSet<String> {
    let lines = |(name, text): &(String, String)| {
        let marked = text.lines().enumerate().filter(|(_, line)| line.ends_with("# here"));
        marked.map(|(at, _)| format!("{name}:{}", at + 1)).collect::<Vec<_>>()
    };
    block.files.iter().flat_map(lines).collect()
}

#[test]
fn every_document_flags_what_it_marks_and_nothing_else() {
    for rule in RULES {
        let blocks = blocks(rule.document);
        assert!(blocks.iter().any(|block| block.flagged), "{}: no flagged block", rule.id);
        assert!(blocks.iter().any(|block| !block.flagged), "{}: no clean block", rule.id);
        for block in blocks {
            let (target, _folder) = target(&block);
            let found = judge(&target, [*rule]);
            let journal = target.journal();
            let lines: BTreeSet<String> = found
                .iter()
                .map(|finding| {
                    let place = journal.place(finding.origin.place).expect("a place");
                    place.rsplit_once(':').expect("a column").0.to_owned()
                })
                .collect();
            let told: Vec<_> = found.iter().map(|finding| &finding.message).collect();
            assert_eq!(lines, marked(&block), "{}: {told:?}", rule.id);
            assert_eq!(block.flagged, !found.is_empty(), "{}", rule.id);
            assert_eq!(lines.len(), found.len(), "{}: one finding a fault: {told:?}", rule.id);
        }
    }
}

/// The parts of the documents' secrets that no output may have in it.
const VALUES: &[&str] = &[
    "7k2m{{q9`xLp4zR8vT1",
    "aB3`x9kQ7{{zR8v",
    "Tr0ub4dor",
    "q1WzV8pX",
    "correct-horse",
    "7f3a9c5d",
    "hunter2",
    "Xk29",
    "71cbf3a2",
    "s3kr1t",
    "Velvet",
    "lantern",
    "Salt-and",
    "amber-falcon",
    "9a1b2c3d",
    "Gull-and",
    "16C7e42F",
    "2E0A8F3B",
    "zdWIiOiIx",
    "Quiet-",
    "Brass-",
    "Copper-Beech",
    "c0pp3r",
    "0c9b8a7d",
    "Linen Thread",
    "Cotton-Thread",
    "Silk-Thread",
    "7a8b9c0d",
];

/// The lines of a finding as reports show them.
fn shown(target: &Target, finding: &Finding) -> Diagnostic {
    let shown = MaskedFiles::of(target);
    let related = finding.related.iter().map(|(origin, _)| *origin);
    let labels = std::iter::once(finding.origin).chain(related);
    let mut diagnostic = Diagnostic::error(finding.message.as_str());
    diagnostic.labels = labels.filter_map(|origin| shown.label(target, origin, "")).collect();
    diagnostic
}

#[test]
fn no_value_is_told_or_shown_by_any_rule() {
    let mut hidden = 0;
    for block in RULES.iter().flat_map(|rule| blocks(rule.document)) {
        let (target, _folder) = target(&block);
        for finding in judge(&target, crate::policy::all()) {
            let shown = diagnostic::render(&shown(&target, &finding), false);
            hidden += usize::from(shown.contains("****"));
            let told =
                format!("{} {} {} {shown}", finding.message, finding.remedy, finding.subject);
            for value in VALUES {
                assert!(!told.contains(value), "{} tells {value}: {told}", finding.rule.id);
            }
        }
    }
    assert!(hidden > 20, "only {hidden} lines were masked");
    let documents: String = RULES.iter().map(|rule| rule.document).collect();
    for value in VALUES {
        assert!(documents.contains(value), "{value} is no longer in a document");
    }
}

#[test]
fn findings_point_at_the_bytes_of_the_secret() {
    for rule in RULES.iter().filter(|rule| {
        rule.id.starts_with("secret-in")
            || ["known-token", "credentials-in-url", "default-secret"].contains(&rule.id)
    }) {
        for block in blocks(rule.document) {
            let (target, _folder) = target(&block);
            for finding in judge(&target, [*rule]) {
                let text = target.journal().text(finding.origin.place);
                let known = VALUES.iter().any(|value| text.contains(value)) || text == "root";
                assert!(known && !text.contains(['=', '"']), "{}: points at {text}", rule.id);
                let shown = shown(&target, &finding);
                let label = &shown.labels[0];
                let masked = &label.source.text()[label.span.clone()];
                assert!(masked.chars().all(|c| c == '*'), "{}: shows {masked}", rule.id);
            }
        }
    }
}

#[test]
fn a_secret_that_reaches_two_services_is_told_once() {
    let text = "x-e: &e {DB_PASSWORD: Blau-und-Rot}\nservices:\n  a: {image: a, environment: *e}\n  \
                b: {image: b, environment: *e}\n  c: {image: c, extends: {service: a}}\n";
    let project = load_text("compose.yaml", text).expect("a model").into();
    let found = judge(&Target { project }, RULES.iter().copied());
    let told: Vec<_> =
        found.iter().map(|finding| (finding.rule.id, finding.subject.as_str())).collect();
    assert_eq!(told, [("secret-in-environment", "services.a.environment.DB_PASSWORD")]);
}

#[test]
fn the_same_word_elsewhere_in_a_text_is_not_the_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let compose = "services:\n  a:\n    image: a\n    environment:\n      - shop_password=${PW}\n      \
                   - URL=x://shop:${PW}@db\n      - TWO=x://${NAME}:${PW2}@db\n      \
                   - THREE=x://${U:-shop}:${PW3:-shop}@db\n";
    for (name, text) in [("compose.yaml", compose), (".env", "NAME=shop\nPW2=shop\n")] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let request = Request {
        directory: folder.path().to_string_lossy().into_owned(),
        environment: [("PW".to_owned(), "shop".to_owned())].into(),
        ..Request::default()
    };
    let loaded = load(&request, Depth::Whole).unwrap_or_else(|error| panic!("{error}"));
    let target = Target { project: loaded.into() };
    let told: Vec<_> = judge(&target, RULES.iter().copied())
        .iter()
        .filter_map(|one| {
            Some(format!("{} {}", one.rule.id, target.journal().place(one.origin.place)?))
        })
        .collect();
    assert_eq!(told, ["secret-in-env-file .env:2:5", "default-secret compose.yaml:8:37"]);
}

#[test]
fn a_well_known_password_is_one_step_less_severe() {
    let text =
        "services:\n  a: {image: a, environment: {A_PASSWORD: root, B_PASSWORD: Blau-und-Rot}}\n";
    let project = load_text("compose.yaml", text).expect("a model").into();
    let found = judge(&Target { project }, RULES.iter().copied());
    let severities: Vec<_> = found.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Medium, Severity::High]);
}

#[test]
fn values_that_come_from_the_shell_are_no_findings() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "services:\n  a: {image: a, environment: {A_PASSWORD: \"${P}\", U: \"x://a:${P}@b\"}, \
                command: [app, \"--password=${P}\"], labels: {token: \"${P:-}\"}}\n";
    fs::write(folder.path().join("compose.yaml"), text).expect("a file");
    let request = Request {
        directory: folder.path().to_string_lossy().into_owned(),
        environment: [("P".to_owned(), "Blau-und-Rot".to_owned())].into(),
        ..Request::default()
    };
    let loaded = load(&request, Depth::Whole).unwrap_or_else(|error| panic!("{error}"));
    let found = judge(&Target { project: loaded.into() }, RULES.iter().copied());
    assert!(found.is_empty(), "{:?}", found.iter().map(|one| &one.message).collect::<Vec<_>>());
}

#[test]
fn a_masked_line_keeps_its_columns() {
    let (target, _) = target(&Block {
        flagged: true,
        files: vec![(
            "compose.yaml".into(),
            "services:\n  db:\n    image: a\n    environment: {A_PASSWORD: Blaue-Möwe, B_TOKEN: Rote-Möwe}\n".into(),
        )],
    });
    let found = judge(&target, crate::policy::all());
    let lines: Vec<_> = found
        .iter()
        .filter(|finding| finding.rule.id == "secret-in-environment")
        .map(|finding| shown(&target, finding))
        .collect();
    assert_eq!(lines.len(), 2);
    for diagnostic in lines {
        let text = diagnostic.labels[0].source.text();
        assert!(text.contains("{A_PASSWORD: *******·**, B_TOKEN: ******·**}"), "{text}");
    }
}

#[test]
fn documents_have_their_sections() {
    for rule in RULES {
        assert!(rule.document.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        for section in ["## What to do", "## Severity", "## Sources"] {
            assert!(rule.document.contains(section), "{}: {section}", rule.id);
        }
    }
}
