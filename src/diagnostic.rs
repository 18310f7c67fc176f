//! What we tell people: a title, the source line it is about, and what to do.
//!
//! A [`Diagnostic`] is plain data. [`render`] draws it for a terminal; the other
//! reports read its fields.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::source::{Source, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; changes no verdict.
    Warning,
    /// The verdict is not sound.
    Error,
}

/// A place that a diagnostic points at, with a short remark under the caret.
#[derive(Debug, Clone)]
pub struct Label {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes pointed at.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// One thing to say.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// One line: what is wrong.
    pub title: String,
    /// Where; the first is the main place.
    pub labels: Vec<Label>,
    /// Facts below the source line.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with nothing but its title.
    pub fn error(title: impl Into<String>) -> Self {
        Self::new(Severity::Error, title.into())
    }

    /// A warning with nothing but its title.
    pub fn warning(title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, title.into())
    }

    fn new(severity: Severity, title: String) -> Self {
        Self { severity, title, labels: Vec::new(), notes: Vec::new(), help: None }
    }

    /// Points at a place.
    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { source: Arc::clone(source), span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `path:line:column` of the main place.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let label = self.labels.first()?;
        Some(format!("{}:{}", label.source.path(), label.source.place(label.span.start)))
    }
}

/// Draws a diagnostic for a terminal, source line and caret included.
#[must_use]
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.title.as_str()));
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(label.span.clone());
        let annotation =
            if label.text.is_empty() { annotation } else { annotation.label(label.text.as_str()) };
        group = group.element(
            Snippet::source(label.source.text())
                .path(label.source.path().as_str())
                .annotation(annotation),
        );
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_diagnostic_shows_the_line_the_caret_and_the_help() {
        let source = Source::new("a.feature", "Feature: x\n  Givven y\n");
        let text = render(
            &Diagnostic::error("unknown keyword \"Givven\"")
                .at(&source, source.line(2), "not a Gherkin keyword")
                .help("write \"Given\""),
            false,
        );
        assert!(text.contains("a.feature:2:3"), "{text}");
        assert!(text.contains("  Givven y"), "{text}");
        assert!(text.contains("^^^^^^^^ not a Gherkin keyword"), "{text}");
        assert!(text.contains("help: write \"Given\""), "{text}");
    }
}
