//! Findings as JUnit XML: a suite a project, a case a rule.
//!
//! A rule has failed in a project when a finding there is bad enough to fail the run;
//! what is less bad is the case's output. There are no times: equal findings, equal bytes.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::junit;
use crate::{
    diagnostic,
    findings::{Findings, Found, Project},
    policy::{Rule, own},
    visible,
};

/// The whole run.
pub fn render(findings: &Findings, _colour: bool) -> Result<String, String> {
    let mut report = Report::new("seaworthy lint");
    for (at, project) in findings.projects.iter().enumerate() {
        let mut suite = TestSuite::new(&*visible::whole_line(&project.name));
        for rule in &findings.rules {
            let found: Vec<&Found> = findings
                .open()
                .filter(|found| found.project == at && found.rule.id == rule.id)
                .collect();
            suite.add_test_case(case(rule, project, &found, findings));
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(|why| why.to_string())?;
    Ok(visible::xml(&junit::as_schemas_have_it(&text)).into_owned())
}

fn case(rule: &Rule, project: &Project, found: &[&Found], findings: &Findings) -> TestCase {
    let text = |found: &[&Found]| {
        let shown = found.iter().map(|found| diagnostic::render(&found.diagnostic(), false));
        shown.collect::<Vec<_>>().join("\n\n")
    };
    let (failing, others): (Vec<&Found>, Vec<&Found>) =
        found.iter().copied().partition(|found| found.severity >= findings.fail_on);
    let status = match failing.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            // What could not be judged is an error, as a run that could not be made.
            let kind = if rule.id == own::NOT_LOADABLE.id {
                NonSuccessKind::Error
            } else {
                NonSuccessKind::Failure
            };
            let mut status = TestCaseStatus::non_success(kind);
            let message = visible::line(&first.message);
            status.set_message(match failing.len() {
                1 => message.into_owned(),
                count => format!("{message} (and {} more)", count - 1),
            });
            status.set_type(rule.severity.word());
            status.set_description(text(&failing));
            status
        }
    };
    let mut case = TestCase::new(rule.id, status);
    case.set_classname(&*visible::whole_line(&project.name));
    if let Some(first) = found.first() {
        let source = &first.place.source;
        let line = source.place(first.place.span.start).line;
        let path = findings.path(source.path());
        case.extra.insert("file".into(), (&*visible::whole_line(path.as_str())).into());
        case.extra.insert("line".into(), line.to_string().into());
    }
    if !others.is_empty() {
        case.set_system_out(text(&others));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::policy::Severity;

    #[test]
    fn a_rule_that_fails_the_run_is_a_failure_and_a_lesser_one_is_not() {
        let mut findings = samples::findings();
        let text = render(&findings, false).expect("XML");
        for part in [
            "tests=\"1\"",
            "failures=\"1\"",
            "name=\"privileged-container\"",
            "classname=\"a b/cömpose.yaml\"",
            "line=\"3\"",
            "<failure message=\"service &quot;wéb&quot;: 100% privileged, &lt;really&gt;\"",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        findings.found[0].severity = Severity::Low;
        let text = render(&findings, false).expect("XML");
        assert!(text.contains("failures=\"0\"") && text.contains("<system-out>"), "{text}");
    }
}
