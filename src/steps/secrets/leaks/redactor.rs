//! Secrets kept out of everything that a run tells.
//!
//! A response, the output of a command or the last lines of a log may hold a secret, and evidence
//! quotes them. What a run came to is rid of every secret that is known of its stacks before any
//! report is made of it: in each form of the value, and with its name instead, so that whoever
//! reads it sees that one was there.

use std::{borrow::Cow, collections::BTreeSet, fmt::Write as _, sync::Arc};

use rayon::prelude::*;

use super::known;
use crate::{
    compose::Project,
    outside::OPTION,
    policy::{
        Target,
        secret::{
            self, Context,
            hide::mask_source,
            scan::{self, Leak},
        },
    },
    probe::search::{Needles, Secret},
    run::{Failure, ScenarioRun, Spot, Violation},
    source::{Source, Span},
    stack::engine::Container,
};

/// The secrets that the files of a project say, wherever they say them: in commands, health checks,
/// options of log drivers, labels, addresses. A password that everybody knows is no secret, and its
/// word may stand anywhere.
fn written(project: &Project) -> Vec<Secret> {
    let target = Target { project: project.clone() };
    let secret = |leak: &Leak| {
        let source = project.journal.file(leak.place.file()?);
        let value = source.text().get(leak.place.span())?.to_owned();
        let name = match &leak.service {
            Some(service) => format!("{} of {service}", leak.name),
            None => leak.name.clone(),
        };
        (!leak.well_known).then_some(Secret { name, value })
    };
    scan::leaks(&target).iter().filter_map(secret).collect()
}

/// The secrets that no report may show. One of fewer than [`SHORTEST`](crate::probe::search::SHORTEST)
/// letters cannot be told from other text, and stays.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
    needles: Option<Needles>,
    unread: Vec<String>,
    /// What files outside the repository say.
    outer: BTreeSet<String>,
}

/// How a name ends that stands where a secret was.
const HIDDEN: &str = ", hidden]";

/// The names that stand where secrets were.
fn names(text: &str) -> Vec<Span> {
    let ends = text.match_indices(HIDDEN).map(|(at, _)| at + HIDDEN.len());
    ends.filter_map(|end| Some(text[..end].rfind('[')?..end)).collect()
}

impl Redactor {
    /// Learns the secrets of projects, each with the containers that run of it.
    #[must_use]
    pub fn of<'a>(stacks: impl IntoIterator<Item = (&'a Project, &'a [Container])>) -> Self {
        let stacks: Vec<(&Project, &[Container])> = stacks.into_iter().collect();
        let outer = Self::outer_words(stacks.iter().map(|(project, _)| *project));
        Self::knowing(outer, &stacks)
    }

    /// The words of what lies outside the repository, of the files that projects are made of.
    #[must_use]
    pub fn outer_words<'a>(projects: impl IntoIterator<Item = &'a Project>) -> BTreeSet<String> {
        let words = |project: &'a Project| {
            // Read now, so that what lies outside the repository among them is known.
            let _dockerfiles = project.dockerfiles();
            let words = project.journal.outer_words();
            words.all().map(str::to_owned).collect::<Vec<_>>()
        };
        projects.into_iter().flat_map(words).collect()
    }

    /// As [`Redactor::of`], by the words of outer files that were read before.
    #[must_use]
    pub fn knowing(outer: BTreeSet<String>, stacks: &[(&Project, &[Container])]) -> Self {
        let (mut secrets, mut unread): (Vec<Secret>, Vec<String>) = (Vec::new(), Vec::new());
        let learnt = stacks.par_iter().map(|(project, containers)| {
            let (known, not_read) = known::all(project, containers);
            let known = known.into_iter().map(|known| known.secret);
            let secrets = known.chain(written(project)).chain(known::named(project));
            (secrets.collect::<Vec<Secret>>(), not_read)
        });
        let learnt: Vec<_> = learnt.collect();
        for (learnt, not_read) in learnt {
            for secret in learnt {
                if !secrets.iter().any(|other| other.value == secret.value) {
                    secrets.push(secret);
                }
            }
            unread.extend(not_read.iter().map(|why| format!("{}: {}", why.expected, why.found)));
        }
        let needles = Needles::for_texts(&secrets);
        unread.extend(needles.as_ref().err().map(|why| format!("look for the secrets: {why}")));
        Self { secrets, needles: needles.ok(), unread, outer }
    }

    /// What kept secrets of these projects from being read or looked for: a report may show them.
    #[must_use]
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// A text as it may be shown: `password=[db_password, hidden]`.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(needles) = &self.needles else { return text.into() };
        let mut shown = String::new();
        let mut from = 0;
        for (place, secret) in needles.places(text) {
            let name = self.secrets.get(secret).map_or("a secret", |secret| secret.name.as_str());
            shown.push_str(text.get(from..place.start).unwrap_or_default());
            let _infallible = write!(shown, "[{name}{HIDDEN}");
            from = place.end;
        }
        if from == 0 {
            return text.into();
        }
        shown.push_str(text.get(from..).unwrap_or_default());
        shown.into()
    }

    /// Hides them in everything that a report may take from a scenario, but its file.
    pub fn scenario(&self, scenario: &mut ScenarioRun) {
        let ScenarioRun { feature, rule, name, tags, not_run, .. } = scenario;
        for text in [feature, name].into_iter().chain(rule).chain(tags).chain(not_run) {
            self.string(text);
        }
        for step in &mut scenario.steps {
            self.string(&mut step.text);
            for evidence in &mut step.evidence {
                for text in [&mut evidence.what, &mut evidence.seen] {
                    self.string(text);
                    self.unquote(text);
                }
            }
            step.failure.iter_mut().for_each(|failure| self.failure(failure));
        }
        scenario.aftermath.iter_mut().for_each(|failure| self.failure(failure));
    }

    fn failure(&self, failure: &mut Failure) {
        let Failure { expected, found, place, spot, violations, notes, help, logs, .. } = failure;
        self.veil(spot, found, help);
        for violation in violations {
            let Violation { subject, expected, found, spot, help } = violation;
            self.veil(spot, found, help);
            for text in [subject, expected, found, help] {
                self.string(text);
                self.unquote(text);
            }
        }
        let texts = [expected, found, help].into_iter().chain(notes);
        let lines = logs.iter_mut().flat_map(|log| &mut log.lines);
        for text in texts.chain(lines) {
            self.string(text);
            self.unquote(text);
        }
        if let Some(text) = place {
            self.string(text);
        }
    }

    /// Hides secrets on the line at fault; of one in a file outside nothing is told but its place.
    fn veil(&self, spot: &mut Option<Spot>, found: &mut String, help: &mut String) {
        let Some((source, _)) = spot else { return };
        self.source(source);
        if source.is_outside() {
            "what a file outside the repository says, which is not shown".clone_into(found);
            *help = format!("{OPTION} {} lets messages quote it", source.path());
        }
    }

    /// Takes the words out that files outside the repository say and those within it do not.
    pub fn unquote(&self, text: &mut String) {
        if self.outer.is_empty() {
            return;
        }
        let mut shown = String::with_capacity(text.len());
        let mut rest = text.as_str();
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        while let Some(start) = rest.find(in_word) {
            let end = rest[start..].find(|c| !in_word(c)).map_or(rest.len(), |end| start + end);
            shown.push_str(&rest[..start]);
            let known = self.outer.contains(&rest[start..end]);
            shown.push_str(if known { "[outside]" } else { &rest[start..end] });
            rest = &rest[end..];
        }
        shown.push_str(rest);
        *text = shown;
    }

    /// A text without the secrets of the projects, without what looks like one, and without what
    /// files outside the repository say.
    #[must_use]
    pub fn any(&self, text: &str) -> String {
        let mut text = text.to_owned();
        self.string(&mut text);
        self.unquote(&mut text);
        let told = names(&text);
        let mut found = secret::find(&text, Context::Script);
        // A name that stands where a secret was is none.
        found.retain(|secret| {
            told.iter().all(|name| secret.span.end <= name.start || name.end <= secret.span.start)
        });
        found.sort_by_key(|secret| std::cmp::Reverse(secret.span.start));
        for secret in found {
            text.replace_range(secret.span, "[hidden]");
        }
        text
    }

    /// As [`Redactor::text`], in place.
    pub fn string(&self, text: &mut String) {
        if let Cow::Owned(shown) = self.text(text) {
            *text = shown;
        }
    }

    /// Blots them out of a file that messages quote; its columns stay, as spans point into it.
    pub fn source(&self, source: &mut Arc<Source>) {
        let Some(needles) = &self.needles else { return };
        let places = needles.places(source.text());
        if !places.is_empty() {
            let spans: Vec<_> = places.into_iter().map(|(span, _)| span).collect();
            *source = mask_source(source, &spans);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(text: &str) -> Redactor {
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        Redactor::of([(&project, [].as_slice())])
    }

    #[test]
    fn a_name_in_the_place_of_a_secret_is_hidden_no_second_time() {
        let redactor = redactor(
            "services: {web: {image: a, command: [mysqld, --password=Blau-und-Rot, --token, Gelb-und-Gruen-7]}}\n",
        );
        let shown = redactor.any("mysqld --password=Blau-und-Rot --token Gelb-und-Gruen-7");
        assert!(!shown.contains("Blau") && !shown.contains("Gelb"), "{shown}");
        assert_eq!(shown.matches("hidden]").count(), 2, "{shown}");
        assert!(
            shown.starts_with("mysqld --password=[") && !shown.contains("[hidden] of"),
            "{shown}"
        );
    }

    #[test]
    fn what_looks_like_an_example_under_the_name_of_a_credential_is_not_shown() {
        let redactor = redactor(
            "services: {web: {image: a, environment: {DB_PASSWORD: examplepassw0rd, API_TOKEN: changeme, OTHER: visible-text}}}\n",
        );
        let shown = redactor.any("examplepassw0rd changeme visible-text");
        assert_eq!(shown, "[DB_PASSWORD of web, hidden] changeme visible-text");
    }
}
