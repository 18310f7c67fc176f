//! JUnit XML, as CI systems read it: a suite a feature, a case a scenario.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::terminal::failure_text;
use crate::{
    diagnostic::{Diagnostic, Severity},
    policy::secret::hide::guessed,
    run::{FailureKind, Outcome, Run, ScenarioRun},
};

/// Writes a run as JUnit XML.
///
/// What was not run is `skipped`, never passed; what could not be found out is an `error`.
///
/// # Errors
/// The serializer's.
pub fn render(run: &Run) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("seaworthy");
    report.set_timestamp(chrono_time(run));
    report.set_time(run.duration);
    let mut suites: Vec<TestSuite> = Vec::new();
    let asked = run.scenarios.iter().map(|scenario| (scenario, true));
    let not_asked = run.only_observed.iter().map(|scenario| (scenario, false));
    for (scenario, asked) in asked.chain(not_asked) {
        let place = suites.iter().position(|suite| suite.name.as_str() == scenario.feature);
        let at = place.unwrap_or_else(|| {
            suites.push(TestSuite::new(scenario.feature.as_str()));
            suites.len() - 1
        });
        suites[at].add_test_case(case(scenario, asked));
    }
    for suite in &mut suites {
        let time: Duration = suite.test_cases.iter().filter_map(|case| case.time).sum();
        suite.set_time(time);
    }
    let is_error = |error: &&Diagnostic| error.severity == Severity::Error;
    if run.errors.iter().any(|error| is_error(&error)) {
        let mut suite = TestSuite::new("seaworthy");
        for error in run.errors.iter().filter(is_error) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(error.title.as_str());
            status.set_description(crate::diagnostic::render(&guessed(error.clone()), false));
            suite.add_test_case(TestCase::new("the run", status));
        }
        suites.push(suite);
    }
    report.add_test_suites(suites);
    report.to_string()
}

fn chrono_time(run: &Run) -> chrono::DateTime<chrono::Utc> {
    run.started.into()
}

fn case(scenario: &ScenarioRun, asked: bool) -> TestCase {
    let mut status = match (scenario.outcome, scenario.failure()) {
        (Outcome::Passed, _) => TestCaseStatus::success(),
        (Outcome::NotRun, _) => TestCaseStatus::skipped(),
        (Outcome::Failed, Some((_, failure))) if failure.kind == FailureKind::Finding => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        (Outcome::Failed, _) => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    if scenario.outcome == Outcome::NotRun {
        status.set_message(if asked {
            "not run"
        } else {
            "not run: the running stack was not asked"
        });
    } else if let Some((_, failure)) = scenario.failure() {
        status.set_message(failure.expected.lines().next().unwrap_or_default());
        status.set_description(failure_text(scenario, false));
    }
    let mut case = TestCase::new(format!("{} [{}]", scenario.name, scenario.truth.word()), status);
    case.set_classname(scenario.feature.as_str());
    case.set_time(scenario.duration);
    case.extra.insert("file".into(), scenario.source.path().as_str().into());
    case.extra.insert("line".into(), scenario.line.to_string().into());
    for tag in &scenario.tags {
        case.properties.push(Property::new("tag", tag.as_str()));
    }
    let evidence: Vec<String> = scenario
        .steps
        .iter()
        .flat_map(|step| {
            step.evidence.iter().map(move |evidence| {
                format!("{} {}\n  {}: {}", step.keyword, step.text, evidence.what, evidence.seen)
            })
        })
        .collect();
    if !evidence.is_empty() {
        case.set_system_out(evidence.join("\n"));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::super::terminal::samples;
    use super::*;

    #[test]
    fn what_was_not_run_is_skipped_and_what_is_false_is_a_failure() {
        let text = render(&samples::run()).expect("XML");
        assert!(text.contains("tests=\"3\""), "{text}");
        assert!(text.contains("failures=\"1\""), "{text}");
        assert!(text.contains("file=\"a.feature\""), "{text}");
        assert!(text.contains("line=\"4\""), "{text}");
        assert!(text.contains("<skipped message=\"not run\"/>"), "{text}");
        assert!(text.contains("<failure message=\"status 200\">"), "{text}");
        assert!(text.contains("found: status 502"), "{text}");
    }
}
