//! Source lines as they may be shown: without the secrets in them.
//!
//! A report draws the line that a finding is about, and any line may hold a secret. Every
//! secret of a project is blotted out, whichever rules are selected. Of a file that could not be
//! loaded only the text is known, and what looks like a secret there is blotted out. Blots keep
//! bytes and columns, so that every place stays true.

use std::sync::{Arc, OnceLock};

use camino::Utf8Path;
use indexmap::IndexMap;

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
    source.with_text(text)
}

/// The files of a project as they may be shown.
#[derive(Debug, Default)]
pub struct MaskedFiles {
    /// By their paths: a file that is read twice has one.
    files: Vec<Masked>,
}

/// A file with its secrets, and as it may be shown: made when the first line of it is.
#[derive(Debug)]
struct Masked {
    source: Arc<Source>,
    secrets: Vec<Span>,
    shown: OnceLock<Arc<Source>>,
}

impl Masked {
    fn of(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), secrets: Vec::new(), shown: OnceLock::new() }
    }

    /// The file without its secrets. What Compose leaves out, as a config that no service uses, is no part
    /// of the project and is quoted all the same: what looks like a secret on any line goes as well.
    fn shown(&self) -> &Arc<Source> {
        self.shown.get_or_init(|| {
            let mut hidden = self.secrets.clone();
            let lines = 1..=self.source.place(self.source.text().len()).line;
            hidden.extend(lines.flat_map(|line| of_line(&self.source, line)));
            mask_source(&self.source, &hidden)
        })
    }
}

impl MaskedFiles {
    /// Of a project, without every secret that its files say.
    #[must_use]
    pub fn of(target: &Target) -> Self {
        let mut files: IndexMap<&Utf8Path, Masked> = IndexMap::new();
        for source in target.journal().all_files() {
            files.entry(source.path()).or_insert_with(|| Masked::of(source));
        }
        for leak in scan::leaks(target) {
            let Some(file) = leak.place.file() else { continue };
            let source = target.journal().file(file);
            let masked = files.entry(source.path()).or_insert_with(|| Masked::of(source));
            masked.secrets.push(leak.place.span());
        }
        Self { files: files.into_values().collect() }
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

    /// A file as it may be shown, whole.
    #[must_use]
    pub fn source(&self, source: &Arc<Source>) -> Arc<Source> {
        let known = self.files.iter().find(|masked| masked.source.path() == source.path());
        known.map_or_else(
            || Arc::clone(Masked::of(source).shown()),
            |masked| Arc::clone(masked.shown()),
        )
    }

    fn mask(&self, label: &mut Label) {
        let path = label.source.path();
        let known = self.files.iter().find(|masked| masked.source.path() == path);
        label.source = known.map_or_else(
            || mask_source(&label.source, &of_lines(label)),
            |masked| Arc::clone(masked.shown()),
        );
    }
}

/// The fewest bytes of what a message may quote and is taken out of its words.
const SHORTEST: usize = 4;

/// A message on lines as they may be shown, and without the words that are blotted out there, of files of which nothing is known but their text.
#[must_use]
pub fn guessed(mut diagnostic: Diagnostic) -> Diagnostic {
    let mut said: Vec<String> = Vec::new();
    for label in &mut diagnostic.labels {
        let source = &label.source;
        // Nothing of it is shown.
        if source.is_outside() {
            continue;
        }
        let hidden = of_lines(label);
        if hidden.is_empty() {
            continue;
        }
        let texts = hidden.iter().filter_map(|span| source.text().get(span.clone()));
        // What is shorter stands in other words as well.
        said.extend(texts.filter(|text| text.len() >= SHORTEST).map(str::to_owned));
        label.source = mask_source(source, &hidden);
    }
    let Diagnostic { title, labels, notes, help, .. } = &mut diagnostic;
    let of_labels = labels.iter_mut().map(|label| &mut label.text);
    for text in std::iter::once(title).chain(notes).chain(help).chain(of_labels) {
        for secret in &said {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), "***");
            }
        }
    }
    diagnostic
}

/// What looks like a secret on the lines of a place.
fn of_lines(label: &Label) -> Vec<Span> {
    let (source, span) = (&label.source, &label.span);
    let lines = source.place(span.start).line..=source.place(span.end).line;
    lines.flat_map(|line| of_line(source, line)).collect()
}

/// What looks like a secret on a line; `{name: value, name: value}` and `'name=value'` are taken apart.
fn of_line(source: &Source, line: usize) -> Vec<Span> {
    let span = source.line(line);
    let text = source.text().get(span.clone()).unwrap_or_default();
    let mut found: Vec<Span> = texts::find(text).into_iter().map(|secret| secret.span).collect();
    for (within, ends) in
        [(&['{', '[', ','][..], &['{', '[', ',', '}', ']', ' '][..]), (&['"', '\''], &['"', '\''])]
    {
        let mut at = 0;
        for part in text.split_inclusive(within) {
            let pair = texts::find_in_lines(part.trim_end_matches(ends)).into_iter();
            found.extend(pair.map(|secret| at + secret.span.start..at + secret.span.end));
            at += part.len();
        }
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
    fn a_message_does_not_quote_what_is_blotted_out_below_it() {
        let text = "services:\n  a:\n    image: a\n    environment: {DB_PASSWORD: 'S3cr3tPw${x'}\n";
        let refusal = crate::compose::project::load_text("compose.yaml", text);
        let refusal = refusal.err().expect("no template");
        let shown = refusal.0.into_iter().map(guessed);
        let shown: Vec<String> =
            shown.map(|diagnostic| crate::diagnostic::render(&diagnostic, false)).collect();
        let shown = shown.concat();
        assert!(shown.contains("DB_PASSWORD") && shown.contains("template"), "{shown}");
        assert!(!shown.contains("S3cr3t"), "{shown}");
    }

    #[test]
    fn what_no_service_uses_is_quoted_without_its_secrets() {
        let text = "services: {a: {image: a}}\nconfigs:\n  c: {content: 'password=Blau-und-Rot'}\n";
        let project = crate::compose::project::load_text("compose.yaml", text).expect("a model");
        let target = Target { project: project.into() };
        let file = &target.journal().files()[0];
        let told = Diagnostic::warning("nobody uses c").at(file, file.line(3), "low");
        let shown = crate::diagnostic::render(&MaskedFiles::of(&target).diagnostic(told), false);
        assert!(shown.contains("'password=************'"), "{shown}");
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
