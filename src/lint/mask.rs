//! Source lines as they may be shown: without the secrets in them.
//!
//! A report draws the line a finding is about, and any finding's line may hold a secret.
//! What the rules on secrets point at is therefore blotted out everywhere, whichever
//! rules are selected. Blots keep bytes and columns, so that every place stays true.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    compose::journal::{Journal, Place},
    diagnostic::Label,
    findings::Found,
    policy::{self, Target, rules},
    source::{Source, Span},
};

/// The group whose findings point at secrets.
const GROUP: &str = "secrets";

/// The files of a project that hold secrets, and where.
pub struct Mask {
    spans: Vec<(Arc<Source>, Vec<Span>)>,
    blotted: BTreeMap<usize, Arc<Source>>,
}

impl Mask {
    /// What the rules on secrets find in a project.
    pub fn of(target: &Target) -> Self {
        let group = rules::GROUPS.iter().filter(|(name, _)| *name == GROUP);
        let findings = policy::judge(target, group.flat_map(|(_, rules)| *rules).copied());
        let places = findings.iter().flat_map(|finding| {
            std::iter::once(finding.origin).chain(finding.related.iter().map(|(origin, _)| *origin))
        });
        Self::at(target.journal(), places.map(|origin| origin.place))
    }

    fn at(journal: &Journal, places: impl IntoIterator<Item = Place>) -> Self {
        let mut spans: Vec<(Arc<Source>, Vec<Span>)> = Vec::new();
        for place in places {
            let Some(source) = place.file().map(|file| journal.file(file)) else { continue };
            match spans.iter_mut().find(|(one, _)| one.path() == source.path()) {
                Some((_, known)) => known.push(place.span()),
                None => spans.push((Arc::clone(source), vec![place.span()])),
            }
        }
        Self { spans, blotted: BTreeMap::new() }
    }

    /// Lets a finding show blotted lines.
    pub fn apply(&mut self, found: &mut Found) {
        self.blot(&mut found.place);
        found.related.iter_mut().for_each(|label| self.blot(label));
    }

    fn blot(&mut self, label: &mut Label) {
        let path = label.source.path();
        let Some(at) = self.spans.iter().position(|(source, _)| source.path() == path) else {
            return;
        };
        let (source, spans) = &self.spans[at];
        let blotted = self
            .blotted
            .entry(at)
            .or_insert_with(|| Source::new(source.path(), blot(source.text(), spans)));
        label.source = Arc::clone(blotted);
    }
}

/// The text with something else of the same length in place of each letter of a span.
fn blot(text: &str, spans: &[Span]) -> String {
    text.char_indices()
        .map(|(at, letter)| {
            let hidden = spans.iter().any(|span| span.contains(&at)) && !letter.is_whitespace();
            match letter.len_utf8() {
                _ if !hidden || matches!(letter, '"' | '\'') => letter,
                1 => '*',
                2 => '·',
                3 => '•',
                _ => '🔒',
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blot_hides_every_letter_and_moves_nothing() {
        let text = "A: \"pä€😀ss\" # x\n";
        let secret = 3..text.find(" #").expect("a comment");
        let blotted = blot(text, std::slice::from_ref(&secret));
        assert_eq!(blotted, "A: \"*·•🔒**\" # x\n");
        assert_eq!(blotted.len(), text.len());
        let (a, b) = (Source::new("a", text), Source::new("a", blotted));
        assert_eq!(a.place(secret.end), b.place(secret.end));
    }

    #[test]
    fn a_finding_on_the_line_of_a_secret_does_not_show_it() {
        let text = "services: {web: {privileged: true, environment: {PASSWORD: hunter2}}}\n";
        let source = Source::new("compose.yaml", text);
        let mut journal = Journal::default();
        let file = journal.add_file(&source);
        let at = text.find("hunter2").and_then(|at| u32::try_from(at).ok()).expect("a secret");
        let mut mask = Mask::at(&journal, [Place::new(file, at, at + 7), Place::NOWHERE]);
        let true_at = text.find("true").expect("a value");
        let label = Label { source, span: true_at..true_at + 4, text: String::new() };
        let mut found = Found {
            rule: &policy::own::NOT_LOADABLE,
            severity: policy::Severity::High,
            subject: String::new(),
            message: "wrong".into(),
            remedy: String::new(),
            related: vec![label.clone()],
            place: label,
            way: Vec::new(),
            project: 0,
            file: String::new(),
            repeat: 0,
            allowed: None,
        };
        mask.apply(&mut found);
        let shown = crate::diagnostic::render(&found.diagnostic(), false);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("privileged: true, environment: {PASSWORD: *******}"), "{shown}");
    }
}
