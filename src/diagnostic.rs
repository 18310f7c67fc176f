//! What we tell people: a title, the source line it is about, and what to do.
//!
//! A [`Diagnostic`] is plain data. [`render`] draws it for a terminal; the other
//! reports read its fields.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::{
    outside::OPTION,
    source::{Source, Span},
    visible,
};

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

/// What a diagnostic is about, for whoever has to tell one from another. Its words are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A folder that paths are to start from is not there.
    MissingFolder,
    /// An env file that a service is to have is not there.
    MissingEnvFile,
    /// A key that the Compose specification does not know, at the top of a file.
    UnknownTopKey,
    /// A key that the Compose specification does not know, further below.
    UnknownKey,
    /// A variable that is set nowhere and became empty.
    UnsetVariable,
    /// A service says neither what it runs nor how that is built.
    NoImage,
    /// Something is referred to that no file declares, nor anything of a like name.
    Undeclared,
    /// A list says an item twice, the later first.
    ListedTwice,
    /// The architecture document states what no scenario proves.
    ClaimWithoutScenario,
    /// A scenario proves what the architecture document does not state.
    TagWithoutClaim,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::MissingFolder,
        Self::MissingEnvFile,
        Self::UnknownTopKey,
        Self::UnknownKey,
        Self::UnsetVariable,
        Self::NoImage,
        Self::Undeclared,
        Self::ListedTwice,
        Self::ClaimWithoutScenario,
        Self::TagWithoutClaim,
    ];

    /// The word for it in reports for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::MissingFolder => "missing_folder",
            Self::MissingEnvFile => "missing_env_file",
            Self::UnknownTopKey => "unknown_top_key",
            Self::UnknownKey => "unknown_key",
            Self::UnsetVariable => "unset_variable",
            Self::NoImage => "no_image",
            Self::Undeclared => "undeclared",
            Self::ListedTwice => "listed_twice",
            Self::ClaimWithoutScenario => "claim_without_scenario",
            Self::TagWithoutClaim => "tag_without_claim",
        }
    }

    /// Whether it is about the document and the scenarios, and says nothing of a stack.
    #[must_use]
    pub const fn is_coverage(self) -> bool {
        matches!(self, Self::ClaimWithoutScenario | Self::TagWithoutClaim)
    }
}

/// One thing to say.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// What it is about, where somebody needs to know.
    pub code: Option<Code>,
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
    /// Whether it is about what a file outside the repository says: then its words are our own.
    pub veiled: bool,
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
        Self {
            code: None,
            severity,
            title,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            veiled: false,
        }
    }

    /// Says what it is about. A code quotes nothing: it outlasts [`Diagnostic::veil`].
    #[must_use]
    pub fn code(mut self, code: Code) -> Self {
        self.code = Some(code);
        self
    }

    /// Points at a place. One in a file outside the repository veils the whole.
    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        let text = if self.veiled { String::new() } else { text.into() };
        self.labels.push(Label { source: Arc::clone(source), span, text });
        if source.is_outside() { self.veil() } else { self }
    }

    /// Points at a place if it points at none yet.
    #[must_use]
    pub fn or_at(self, named_at: Option<Label>) -> Self {
        match named_at.filter(|_| self.labels.is_empty()) {
            Some(Label { source, span, text }) => self.at(&source, span, text),
            None => self,
        }
    }

    /// Whether it is about the document and the scenarios, and says nothing of a stack.
    #[must_use]
    pub fn is_coverage(&self) -> bool {
        self.code.is_some_and(Code::is_coverage)
    }

    /// Takes every word out that may quote a file outside the repository; the places stay.
    #[must_use]
    pub fn veil(mut self) -> Self {
        if !self.veiled {
            self.veiled = true;
            self.title = match self.severity {
                Severity::Error => {
                    "what a file outside the repository says does not fit here, and is not shown"
                }
                Severity::Warning => {
                    "a warning about what a file outside the repository says, which is not shown"
                }
            }
            .into();
            self.notes.clear();
            self.labels.iter_mut().for_each(|label| label.text.clear());
            let outside = self.labels.iter().find(|label| label.source.is_outside());
            let path = outside.map_or("PATH", |label| label.source.path().as_str());
            self.help = Some(format!("{OPTION} {path} lets messages quote it"));
        }
        self
    }

    /// Adds a fact; one that is veiled takes no more words.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        if !self.veiled {
            self.notes.push(note.into());
        }
        self
    }

    /// Adds a fact that names places alone and quotes nothing.
    #[must_use]
    pub fn provenance(mut self, place: impl Into<String>) -> Self {
        self.notes.push(place.into());
        self
    }

    /// Says what to do; one that is veiled says it already.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if !self.veiled {
            self.help = Some(help.into());
        }
        self
    }

    /// `path:line:column` of the main place.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let label = self.labels.first()?;
        Some(format!("{}:{}", label.source.path(), label.source.place(label.span.start)))
    }
}

/// Draws a diagnostic for a terminal, source line and caret included. What others wrote is shown
/// as [`visible`] shows it; of a file outside the repository only the place is.
#[must_use]
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let mut group = Group::with_title(level.primary_title(visible::line(&diagnostic.title)));
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let path = visible::line(label.source.path().as_str());
        if label.source.is_outside() {
            let place = label.source.place(label.span.start);
            let origin = Origin::path(path).line(place.line).char_column(place.column);
            group = group.element(origin);
            continue;
        }
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        // Only its lines: counting those before them would take as long as the file does.
        let (text, line, start) = label.source.printable_lines(&label.span);
        let within = |at: usize| at.saturating_sub(start).min(text.len());
        let annotation = kind.span(within(label.span.start)..within(label.span.end));
        let annotation = if label.text.is_empty() {
            annotation
        } else {
            annotation.label(visible::line(&label.text))
        };
        let snippet = Snippet::source(text).line_start(line).path(path);
        group = group.element(snippet.annotation(annotation));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(visible::lines(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(visible::lines(help)));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    visible::output(&renderer.render(&[group])).into_owned()
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
