//! Secrets kept out of everything that a run tells.
//!
//! A response, the output of a command or the last lines of a log may hold a secret, and evidence
//! quotes them. What a run came to is rid of every secret that is known of its stacks before any
//! report is made of it: in each form of the value, and with its name instead, so that whoever
//! reads it sees that one was there.

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use super::known;
use crate::{
    compose::Project,
    policy::secret::hide::mask_source,
    probe::search::{Needles, Secret},
    run::{Failure, ScenarioRun},
    source::Source,
    stack::engine::Container,
};

/// The secrets that no report may show. One of fewer than [`SHORTEST`](crate::probe::search::SHORTEST)
/// letters cannot be told from other text, and stays.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    secrets: Vec<Secret>,
    needles: Option<Needles>,
    unread: Vec<String>,
}

impl Hidden {
    /// Learns the secrets of projects, each with the containers that run of it.
    #[must_use]
    pub fn of<'a>(stacks: impl IntoIterator<Item = (&'a Project, &'a [Container])>) -> Self {
        let (mut secrets, mut unread): (Vec<Secret>, Vec<String>) = (Vec::new(), Vec::new());
        for (project, containers) in stacks {
            let (known, not_read) = known::all(project, containers);
            for known::Known { secret, .. } in known {
                if !secrets.iter().any(|other| other.value == secret.value) {
                    secrets.push(secret);
                }
            }
            unread.extend(not_read.iter().map(|why| format!("{}: {}", why.expected, why.found)));
        }
        let needles = Needles::for_texts(&secrets);
        unread.extend(needles.as_ref().err().map(|why| format!("look for the secrets: {why}")));
        Self { secrets, needles: needles.ok(), unread }
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
            let _infallible = write!(shown, "[{name}, hidden]");
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
        self.string(&mut scenario.name);
        for step in &mut scenario.steps {
            self.string(&mut step.text);
            for evidence in &mut step.evidence {
                self.string(&mut evidence.what);
                self.string(&mut evidence.seen);
            }
            step.failure.iter_mut().for_each(|failure| self.failure(failure));
        }
        scenario.aftermath.iter_mut().for_each(|failure| self.failure(failure));
    }

    fn failure(&self, failure: &mut Failure) {
        let Failure { expected, found, place, spot, notes, help, logs, .. } = failure;
        let texts = [expected, found, help].into_iter().chain(place).chain(notes);
        let lines = logs.iter_mut().flat_map(|log| &mut log.lines);
        texts.chain(lines).for_each(|text| self.string(text));
        if let Some((source, _)) = spot {
            self.source(source);
        }
    }

    /// As [`Hidden::text`], in place.
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
