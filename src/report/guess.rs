//! A second look for secrets, before any report is written.

use std::sync::Arc;

use crate::{
    diagnostic::{Diagnostic, Label},
    policy::secret::hide::guessed,
    run::{Failure, Run, Violation},
};

/// Blots out what looks like a secret on the lines of the files that a run quotes, and in the words beside
/// them, once and for all reports: of files that could not be loaded no secret is known.
pub fn guess_in_run(run: &mut Run) {
    for scenario in &mut run.scenarios {
        let failures = scenario.steps.iter_mut().filter_map(|step| step.failure.as_mut());
        failures.chain(&mut scenario.aftermath).for_each(guess_in_failure);
    }
    for told in run.findings.iter_mut().chain(&mut run.errors).chain(&mut run.about.remarks) {
        *told = guessed(told.clone());
    }
}

fn guess_in_failure(failure: &mut Failure) {
    let Failure { expected, found, place, spot, violations, notes, help, .. } = failure;
    let mut spots: Vec<_> = spot.iter_mut().collect();
    let mut words: Vec<&mut String> = vec![expected, found, help];
    words.extend(place);
    words.extend(notes);
    for Violation { expected, found, spot, help, .. } in violations {
        spots.extend(spot);
        words.extend([expected, found, help]);
    }
    if spots.is_empty() {
        return;
    }
    let mut told = Diagnostic::error("");
    told.labels = spots
        .iter()
        .map(|(source, span)| Label {
            source: Arc::clone(source),
            span: span.clone(),
            text: String::new(),
        })
        .collect();
    told.notes = words.iter().map(|text| (**text).clone()).collect();
    let told = guessed(told);
    for (spot, label) in spots.into_iter().zip(told.labels) {
        spot.0 = label.source;
    }
    for (text, shown) in words.into_iter().zip(told.notes) {
        *text = shown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn what_looks_like_a_secret_is_in_no_failure_and_no_message() {
        let source = Source::new("a.yaml", "a:\n  DB_PASSWORD: Blau-und-Rot\n");
        let at = || (Arc::clone(&source), 5..16);
        let said = "there is Blau-und-Rot".to_owned();
        let violation = Violation {
            subject: "a".into(),
            expected: said.clone(),
            found: said.clone(),
            spot: Some(at()),
            help: said.clone(),
        };
        let mut failure = Failure::finding(&said, &said).violations([violation]).note(&said);
        failure.spot = Some(at());
        guess_in_failure(&mut failure);
        let (shown, _) = failure.spot.clone().expect("a spot");
        assert_eq!(shown.text(), "a:\n  DB_PASSWORD: ************\n");
        assert!(!format!("{failure:?}").contains("Blau"), "{failure:?}");
        assert_eq!(failure.violations[0].found, "there is ***");
    }
}
