//! Source lines as they may be shown: without the secrets in them.
//!
//! A report draws the line that a finding is about, and any line may hold a secret. Every
//! secret of a project is blotted out, whichever rules are selected. Of a file that could not be
//! loaded only the text is known, and what looks like a secret there is blotted out. Blots keep
//! bytes and columns, so that every place stays true.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::{scan, texts};
use crate::{
    compose::journal::Origin,
    diagnostic::{Diagnostic, Label},
    policy::Target,
    source::{Source, Span},
};

/// A copy of a source in which some bytes cannot be read: same length, same lines, same columns.
#[must_use]
pub fn mask_source(source: &Source, hidden: &[Span]) -> Arc<Source> {
    let mut text = String::with_capacity(source.text().len());
    let mut hidden: Vec<&Span> = hidden.iter().collect();
    hidden.sort_by_key(|span| span.start);
    let mut next = 0;
    let mut end = 0;
    for (at, c) in source.text().char_indices() {
        while let Some(span) = hidden.get(next).filter(|span| span.start <= at) {
            end = end.max(span.end);
            next += 1;
        }
        text.push(match c.len_utf8() {
            _ if at >= end || matches!(c, '\n' | '\r') => c,
            1 => '*',
            2 => '·',
            3 => '•',
            _ => '🔒',
        });
    }
    Source::new(source.path(), text)
}

/// The files of a project as they may be shown.
#[derive(Debug, Default)]
pub struct Shown {
    /// Those with secrets in them, by their paths: a file that is read twice has one.
    masked: Vec<(Utf8PathBuf, Arc<Source>)>,
}

impl Shown {
    /// Of a project, without every secret that its files say.
    #[must_use]
    pub fn of(target: &Target) -> Self {
        let mut spans: Vec<(&Arc<Source>, Vec<Span>)> = Vec::new();
        for leak in scan::leaks(target) {
            let Some(file) = leak.place.file() else { continue };
            let source = target.journal().file(file);
            match spans.iter_mut().find(|(known, _)| known.path() == source.path()) {
                Some((_, known)) => known.push(leak.place.span()),
                None => spans.push((source, vec![leak.place.span()])),
            }
        }
        let masked = spans
            .into_iter()
            .map(|(source, spans)| (source.path().to_owned(), mask_source(source, &spans)));
        Self { masked: masked.collect() }
    }

    /// A place of the project, as a report may show it; none for what no file says.
    #[must_use]
    pub fn label(&self, target: &Target, origin: Origin, text: impl Into<String>) -> Option<Label> {
        let source = target.journal().file(origin.place.file()?);
        let mut label =
            Label { source: Arc::clone(source), span: origin.place.span(), text: text.into() };
        self.mask(&mut label);
        Some(label)
    }

    /// What the loader says, on lines as they may be shown.
    #[must_use]
    pub fn diagnostic(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.labels.iter_mut().for_each(|label| self.mask(label));
        guessed(diagnostic)
    }

    fn mask(&self, label: &mut Label) {
        let path = label.source.path();
        if let Some((_, masked)) = self.masked.iter().find(|(known, _)| known == path) {
            label.source = Arc::clone(masked);
        }
    }
}

/// A message on lines as they may be shown, of files of which nothing is known but their text.
#[must_use]
pub fn guessed(mut diagnostic: Diagnostic) -> Diagnostic {
    for label in &mut diagnostic.labels {
        let source = &label.source;
        let lines = source.place(label.span.start).line..=source.place(label.span.end).line;
        let hidden: Vec<Span> = lines.flat_map(|line| of_line(source, line)).collect();
        if !hidden.is_empty() {
            label.source = mask_source(source, &hidden);
        }
    }
    diagnostic
}

/// What looks like a secret on a line; `{name: value, name: value}` is taken apart.
fn of_line(source: &Source, line: usize) -> Vec<Span> {
    let span = source.line(line);
    let text = source.text().get(span.clone()).unwrap_or_default();
    let mut found: Vec<Span> = texts::find(text).into_iter().map(|secret| secret.span).collect();
    let mut at = 0;
    for part in text.split_inclusive(['{', '[', ',']) {
        let pair = part.trim_end_matches(['{', '[', ',', '}', ']', ' ']);
        found.extend(
            texts::find_in_lines(pair)
                .into_iter()
                .map(|secret| at + secret.span.start..at + secret.span.end),
        );
        at += part.len();
    }
    found.into_iter().map(|found| span.start + found.start..span.start + found.end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blot_hides_every_letter_and_moves_nothing() {
        let text = "A: \"pä€😀ss\" # x\n";
        let secret = 4..text.find("\" #").expect("a comment");
        let (a, b) = (
            Source::new("a", text),
            mask_source(&Source::new("a", text), std::slice::from_ref(&secret)),
        );
        assert_eq!(b.text(), "A: \"*·•🔒**\" # x\n");
        assert_eq!(a.place(secret.end), b.place(secret.end));
    }

    #[test]
    fn a_file_that_cannot_be_loaded_shows_no_secret_either() {
        for (line, shown) in [
            (
                "  environment: {DB_PASSWORD: Blau-und-Rot, b: [}",
                "{DB_PASSWORD: ************, b: [}",
            ),
            ("  - DB_PASSWORD=Blau-und-Rot", "- DB_PASSWORD=************"),
            ("  DB_PASSWORD: 'Blau-und-Rot'", "DB_PASSWORD: '************'"),
            ("  url: x://app:Blau-und-Rot@db/", "url: x://app:************@db/"),
            ("  image: nginx:1", "image: nginx:1"),
        ] {
            let source = Source::new("compose.yaml", format!("# x\n{line}\n"));
            let diagnostic = guessed(Diagnostic::error("no").at(&source, 6..7, ""));
            let text = crate::diagnostic::render(&diagnostic, false);
            assert!(text.contains(shown), "no {shown} in\n{text}");
        }
    }
}
