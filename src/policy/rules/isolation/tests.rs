//! The group's documents, held against its rules.

use std::collections::BTreeSet;

use super::RULES;
use crate::{
    compose::{Project, project::load_text},
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
