//! JUnit XML, as CI systems read it: a suite a feature, a case a scenario.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::terminal::failure_text;
use crate::{
    diagnostic::{Diagnostic, Severity},
    policy::secret::hide::guessed,
    run::{FailureKind, Outcome, Run, ScenarioRun},
    visible,
};

/// Writes a run as JUnit XML.
///
/// What was not run is `skipped`, never passed; what could not be found out is an `error`.
///
/// # Errors
/// The serializer's.
pub fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let mut report = Report::new("seaworthy");
    report.set_time(run.duration);
    let mut suites: Vec<TestSuite> = Vec::new();
    let asked = run.scenarios.iter().map(|scenario| (scenario, true));
    let not_asked = run.only_observed.iter().map(|scenario| (scenario, false));
    for (scenario, asked) in asked.chain(not_asked) {
        let place = suites
            .iter()
            .position(|suite| suite.name.as_str() == visible::whole_line(&scenario.feature));
        let at = place.unwrap_or_else(|| {
            suites.push(TestSuite::new(&*visible::whole_line(&scenario.feature)));
            suites.len() - 1
        });
        suites[at].add_test_case(case(scenario, asked));
    }
    for suite in &mut suites {
        let time: Duration = suite.test_cases.iter().filter_map(|case| case.time).sum();
        suite.set_time(time);
        suite.set_timestamp(chrono_time(run));
    }
    for (name, is_coverage) in [("the stack", false), ("coverage", true)] {
        let of = |finding: &&Diagnostic| finding.is_coverage() == is_coverage;
        let mut findings = run.findings.iter().filter(of).peekable();
        if findings.peek().is_none() {
            continue;
        }
        let mut suite = TestSuite::new(name);
        for finding in findings {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(finding.title.as_str());
            status.set_description(crate::diagnostic::render(&guessed(finding.clone()), false));
            suite.add_test_case(TestCase::new(finding.title.as_str(), status));
        }
        suites.push(suite);
    }
    let is_error = |error: &&Diagnostic| error.severity == Severity::Error;
    let (errors, warnings): (Vec<_>, Vec<_>) = run.errors.iter().partition(is_error);
    if !run.errors.is_empty() {
        let mut suite = TestSuite::new("seaworthy");
        for error in errors {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(visible::line(&error.title));
            status.set_description(crate::diagnostic::render(&guessed(error.clone()), false));
            suite.add_test_case(TestCase::new("the run", status));
        }
        // A warning is no case of its own.
        let told =
            |warning: &Diagnostic| crate::diagnostic::render(&guessed(warning.clone()), false);
        let warnings: Vec<String> = warnings.into_iter().map(told).collect();
        if !warnings.is_empty() {
            suite.set_system_out(warnings.join("\n\n"));
        }
        suites.push(suite);
    }
    report.add_test_suites(suites);
    let text = report.to_string().map_err(|why| why.to_string())?;
    Ok(visible::xml(&as_schemas_have_it(&text)).into_owned())
}

/// What the common schemas call `skipped` of a suite, the library calls `disabled`. In a text or a value no
/// `<` stands for itself.
pub(super) fn as_schemas_have_it(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    for (at, part) in text.split("<testsuite ").enumerate() {
        if at > 0 {
            told.push_str("<testsuite ");
            let (head, rest) = part.split_once('>').unwrap_or((part, ""));
            // The name may have any words: the last is the library's own.
            let place = head.rfind(" disabled=\"");
            let end = place.map_or(head.len(), |place| place + " disabled=\"".len());
            told.push_str(&head[..place.unwrap_or(head.len())]);
            if place.is_some() {
                told.push_str(" skipped=\"");
            }
            told.push_str(&head[end..]);
            if part.len() > head.len() {
                told.push('>');
            }
            told.push_str(rest);
        } else {
            told.push_str(part);
        }
    }
    told
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
        (Outcome::Failed | Outcome::Undecided, _) => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    if scenario.outcome == Outcome::NotRun {
        status.set_message(match &scenario.not_run {
            Some(why) => format!("not run: {why}"),
            None if asked => "not run".to_owned(),
            None => "not run: the running stack was not asked".to_owned(),
        });
    } else if let Some((_, failure)) = scenario.failure() {
        let message = failure.expected.lines().next().unwrap_or_default();
        status.set_message(visible::line(message));
        status.set_description(failure_text(scenario, false));
    }
    let name = visible::whole_line(&scenario.name);
    let mut case = TestCase::new(format!("{name} [{}]", scenario.truth.word()), status);
    case.set_classname(&*visible::whole_line(&scenario.feature));
    case.set_time(scenario.duration);
    let path = visible::whole_line(scenario.source.path().as_str());
    case.extra.insert("file".into(), (&*path).into());
    case.extra.insert("line".into(), scenario.line.to_string().into());
    // A case has no properties in the common schemas.
    let tags = scenario.tags.iter().map(|tag| format!("@{}", visible::whole_line(tag)));
    let tags = tags.collect::<Vec<_>>().join(" ");
    let evidence = scenario.steps.iter().flat_map(|step| {
        step.evidence.iter().map(move |evidence| {
            let step = format!("{} {}", step.keyword.trim(), step.text);
            let evidence = format!("{}: {}", evidence.what, evidence.seen);
            format!("{}\n  {}", visible::whole_line(&step), visible::text(&evidence))
        })
    });
    let told: Vec<String> =
        Some(tags).filter(|tags| !tags.is_empty()).into_iter().chain(evidence).collect();
    if !told.is_empty() {
        case.set_system_out(told.join("\n"));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    #[test]
    fn what_was_not_run_is_skipped_and_what_is_false_is_a_failure() {
        let text = render(&samples::run(), false).expect("XML");
        assert!(text.contains("tests=\"3\""), "{text}");
        assert!(text.contains("failures=\"1\""), "{text}");
        assert!(text.contains("file=\"a.feature\""), "{text}");
        assert!(text.contains("line=\"4\""), "{text}");
        assert!(text.contains("<skipped message=\"not run\"/>"), "{text}");
        assert!(text.contains("<failure message=\"status 200\">"), "{text}");
        assert!(text.contains("found: status 502"), "{text}");
    }

    #[test]
    fn every_outcome_is_a_case_and_what_is_wrong_is_told_once() {
        let text = render(&samples::every_outcome(), false).expect("XML");
        for (part, times) in [
            // Two, listed, left, the hostile one, and the stack.
            ("<failure ", 5),
            // Looked at by nobody, a defect, one that ended early, no engine.
            ("<error", 4),
            ("<skipped ", 3),
            ("also at shop/a b/cömpose.yaml:5:9: also published: | wéb | &quot;90:90&quot; |", 1),
            ("missing: Permission denied", 1),
            ("error: no engine answers", 1),
            ("warning: a secret cannot be read", 1),
            ("error: service &quot;wéb&quot; does not come up", 1),
        ] {
            let text = text
                .replace("\"90:90\"", "&quot;90:90&quot;")
                .replace("\"wéb\"", "&quot;wéb&quot;");
            assert_eq!(text.matches(part).count(), times, "{part:?} in\n{text}");
        }
    }

    #[test]
    fn a_suite_may_be_called_what_the_library_calls_its_numbers() {
        let mut run = samples::run();
        run.scenarios[2].feature = "a disabled=\"9\" <testsuite b".into();
        let text = render(&run, false).expect("XML");
        assert!(
            text.contains("<testsuite name=\"a disabled=&quot;9&quot; &lt;testsuite b\""),
            "{text}"
        );
        assert!(text.contains(" tests=\"1\" skipped=\"1\""), "{text}");
        assert!(!text.contains(" disabled=\""), "{text}");
    }

    #[test]
    fn a_stack_that_does_not_come_up_is_a_failure_and_says_why_nothing_was_run() {
        let mut run = samples::run();
        run.scenarios.drain(..2);
        run.scenarios[0].not_run = Some("the small environment does not come up".into());
        let incident = crate::run::Incident::new("store", "does not come up: it ended");
        run.findings.push(incident.diagnostic("small", Severity::Error));
        assert_eq!(run.exit_code(), 1, "a finding");
        let text = render(&run, false).expect("XML");
        assert!(text.contains("failures=\"1\""), "{text}");
        assert!(text.contains("service &quot;store&quot; does not come up: it ended"), "{text}");
        assert!(text.contains("not run: the small environment does not come up"), "{text}");
    }
}
