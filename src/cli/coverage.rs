//! Whether document and scenarios speak of the same things: a claim that no scenario carries, and a
//! scenario's tag of which the document says nothing.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Which;
use crate::{
    config::Config,
    diagnostic::{Code, Diagnostic, Severity},
    document::named,
    features::{self, Filter, Planned, Suite},
    outside,
    run::{Run, Spot},
    source::Source,
    steps::Vocabulary,
};

/// What is missing on either side, each with its place.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    gaps: Vec<Diagnostic>,
    is_required: bool,
}

/// Holds the document against all scenarios, those that were left out among them: they exist. Without a
/// document there is nothing to hold them against.
///
/// # Errors
/// Coverage is required, and document or features cannot be read.
pub(super) fn of(
    config: &Config,
    suite: &Suite,
    which: &Which,
    is_required: bool,
) -> Result<Coverage, Vec<Diagnostic>> {
    let known = document(config).map_err(|why| vec![*why]).and_then(|document| {
        let mut planned: Vec<Planned> = suite.plan.iter().chain(&suite.rest).cloned().collect();
        if !which.paths.is_empty() {
            planned.extend(all(config)?);
        }
        Ok(Coverage { gaps: gaps(&document, &planned), is_required })
    });
    match known {
        // What kept the document from being read is told with the run.
        Err(_) if !is_required => Ok(Coverage::default()),
        known => known,
    }
}

/// Every scenario of the configured folder, whatever was asked for.
fn all(config: &Config) -> Result<Vec<Planned>, Vec<Diagnostic>> {
    let folder = config.path(&config.features);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let named_at = config.named_at(&["features"]);
    let files = features::files(&[folder]).map_err(|why| vec![why.or_at(named_at)])?;
    let suite = features::load(config, &Vocabulary::default(), &files, &Filter::default())?;
    Ok(suite.plan)
}

fn document(config: &Config) -> Result<Arc<Source>, Box<Diagnostic>> {
    let file = config.document();
    let asked = "--require-coverage holds the scenarios against the architecture document";
    if config.document.is_none() && !file.exists() {
        return Err(Box::new(
            Diagnostic::error(format!("{asked}, and there is none"))
                .help(format!("name it in seaworthy.yaml: `document: {file}`")),
        ));
    }
    match config.bounds().read(file.clone()) {
        Ok(document) if document.is_outside() => Err(Box::new(
            Diagnostic::error(format!("{asked}, and {file} lies outside the repository"))
                .help(format!("{} {file} lets reports quote it", outside::OPTION)),
        )),
        Ok(document) => Ok(document),
        Err(why) => Err(Box::new(
            Diagnostic::error(format!("{asked}, and {file} cannot be read: {why}"))
                .or_at(config.named_at(&["document"]))
                .help("`document:` in seaworthy.yaml names it; it is UTF-8 text"),
        )),
    }
}

fn gaps(document: &Arc<Source>, planned: &[Planned]) -> Vec<Diagnostic> {
    // Each tag with the first file that carries it.
    let mut tags: IndexMap<&str, &Arc<Source>> = IndexMap::new();
    for planned in planned {
        let claims = planned.tags.iter().filter(|tag| tag.starts_with(char::is_uppercase));
        for tag in claims {
            tags.entry(tag).or_insert(&planned.source);
        }
    }
    let stated = named::places(document.text(), |id| tags.contains_key(id));
    let unproven = stated.iter().filter(|(id, _)| !tags.contains_key(id.as_str()));
    let unproven = unproven.map(|(id, span)| {
        Diagnostic::warning(format!("no scenario proves the claim {id}"))
            .code(Code::ClaimWithoutScenario)
            .at(document, span.clone(), "stated here")
            .help(format!("write one with the tag @{id}, or take the claim out of the document"))
    });
    let unstated = tags.iter().filter(|(tag, _)| !stated.contains_key(**tag));
    let unstated = unstated.map(|(tag, source)| {
        let (source, span) = written(source, tag);
        let told = format!("the document states no claim {tag}, which a scenario is to prove");
        Diagnostic::warning(told).code(Code::TagWithoutClaim).at(&source, span, "proven here").help(
            format!(
                "state it in {} with [{tag}] behind it, or begin the tag with a small letter",
                document.path()
            ),
        )
    });
    unproven.chain(unstated).collect()
}

/// Where a tag stands in its feature.
fn written(source: &Arc<Source>, tag: &str) -> Spot {
    let mut at = 0;
    for line in source.text().split_inclusive('\n') {
        let ends =
            |end: usize| line[end..].chars().next().is_none_or(|c| c == '@' || c.is_whitespace());
        let found = line.match_indices('@').find(|(start, _)| {
            let end = start + 1 + tag.len();
            line[start + 1..].starts_with(tag) && ends(end)
        });
        if let Some((start, _)) = found.filter(|_| line.trim_start().starts_with('@')) {
            return (Arc::clone(source), at + start..at + start + 1 + tag.len());
        }
        at += line.len();
    }
    (Arc::clone(source), source.line(1))
}

impl Coverage {
    /// Whether nothing is missing on either side.
    pub(super) const fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Tells it: findings where coverage is required, else warnings.
    pub(super) fn tell(self, run: &mut Run) {
        let told: Vec<Diagnostic> = self.gaps.into_iter().map(|gap| as_shown(gap, run)).collect();
        if self.is_required {
            let error = |gap| Diagnostic { severity: Severity::Error, ..gap };
            run.findings.extend(told.into_iter().map(error));
        } else {
            run.errors.extend(told);
        }
    }
}

/// With the files as the run shows them: the secrets in them are blotted out there.
fn as_shown(mut gap: Diagnostic, run: &Run) -> Diagnostic {
    let scenarios = run.scenarios.iter().chain(&run.only_observed).chain(&run.about.left_out);
    let sources = || scenarios.clone().map(|one| &one.source).chain(&run.about.document);
    gap.labels.retain_mut(|label| {
        let shown = sources().find(|source| source.path() == label.source.path());
        shown.inspect(|source| label.source = Arc::clone(source)).is_some()
    });
    gap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_where_it_is_written() {
        let text = "# @A-1\n@A-10 @Ä-1@A-1\nFeature: f\n";
        let source = Source::new("a.feature", text);
        let (_, span) = written(&source, "A-1");
        assert_eq!(source.place(span.start).to_string(), "2:11");
        assert_eq!(&text[span], "@A-1");
        let (_, span) = written(&source, "Ä-1");
        assert_eq!(&text[span], "@Ä-1");
        assert_eq!(written(&source, "Z-1").1, source.line(1));
    }
}
