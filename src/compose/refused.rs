//! What several phases refuse, told in one go: a phase that refuses something leaves it as it is, and
//! the next goes on with it.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::journal::Refusal;
use crate::{diagnostic::Diagnostic, source::Source};

/// More than anybody mends at once: files that name each other could otherwise be refused without end.
const ENOUGH: usize = 100;

/// What is refused so far.
#[derive(Debug, Default)]
pub struct Refused {
    found: Vec<Refusal>,
    /// Values that nobody needs to hear more about: by file, where each begins and ends.
    settled: BTreeMap<Utf8PathBuf, BTreeMap<usize, usize>>,
}

impl Refused {
    /// Notes what a phase refuses, and returns what it made otherwise.
    pub fn note<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        let why = match result {
            Ok(made) => return Some(made),
            Err(Refusal(why)) => why,
        };
        let new = why.into_iter().filter(|one| !self.is_settled(one)).collect();
        self.found.push(Refusal(new));
        None
    }

    /// As [`Refused::note`], of a phase after which nobody needs to hear more about what it points at.
    pub fn settling(&mut self, result: Result<(), Refusal>) {
        let Err(Refusal(why)) = result else { return };
        let labels: Vec<_> = why.iter().filter_map(|one| one.labels.first().cloned()).collect();
        self.note::<()>(Err(Refusal(why)));
        for label in labels {
            self.settle(&label.source, &label.span);
        }
    }

    /// Leaves out what later phases say of a value: an earlier one has told what is wrong with it.
    pub fn settle(&mut self, source: &Source, value: &crate::source::Span) {
        let values = self.settled.entry(source.path().to_owned()).or_default();
        let end = values.entry(value.start).or_default();
        *end = value.end.max(*end);
    }

    fn is_settled(&self, found: &Diagnostic) -> bool {
        let Some(label) = found.labels.first() else { return false };
        let start = label.span.start;
        let values = self.settled.get(label.source.path());
        let value = values.and_then(|values| values.range(..=start).next_back());
        value.is_some_and(|(from, to)| start < *to || start == *from)
    }

    /// Whether there is so much of it that who follows references may stop.
    pub fn is_enough(&self) -> bool {
        self.found.iter().map(|refusal| refusal.0.len()).sum::<usize>() >= ENOUGH
    }

    /// All of it.
    ///
    /// # Errors
    /// A [`Refusal`] if there is any.
    pub fn end(self) -> Result<(), Refusal> {
        Refusal::of(self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_is_told_once() {
        let source = Source::new("compose.yaml", "a: \"${B:?}:x\"\nc: d\n");
        let told = |at: usize, title: &str| {
            Err::<(), _>(Refusal::from(Diagnostic::error(title).at(&source, at..at + 1, "")))
        };
        let mut refused = Refused::default();
        assert_eq!(refused.note(Ok(1)), Some(1));
        refused.note(told(4, "first"));
        refused.settle(&source, &(3..13));
        for at in [3, 4, 12] {
            refused.note(told(at, "again"));
        }
        refused.note(told(0, "the key"));
        refused.note(told(17, "another"));
        let titles: Vec<_> =
            refused.end().expect_err("refused").0.into_iter().map(|one| one.title).collect();
        assert_eq!(titles, ["the key", "first", "another"]);
    }
}
