//! Findings as workflow commands of GitHub Actions, which become annotations on the change.

use std::fmt::Write as _;

use crate::{
    findings::Findings,
    policy::Severity,
    report::github::{command, place},
    visible,
};

/// A line a finding.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub fn render(findings: &Findings, _colour: bool) -> Result<String, String> {
    let mut text = String::new();
    for found in findings.open() {
        let level = match found.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low => "notice",
        };
        let file = findings.path(found.place.source.path());
        let place = place(file.as_str(), &found.place.source, &found.place.span);
        let title = format!("{} ({})", found.rule.id, found.severity.word());
        let mut message = visible::line(&found.message).into_owned();
        for line in found.way.iter().chain(Some(&found.remedy).filter(|text| !text.is_empty())) {
            let _infallible = write!(message, "\n{line}");
        }
        text.push_str(&command(level, Some(place), &title, &message));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};
    use crate::report::github::property;

    #[test]
    fn a_finding_is_one_line_whatever_it_says() {
        let mut findings = samples::findings();
        findings.found[0].rule.summary.clone_into(&mut findings.found[0].message);
        findings.found[0].message = "100%, a: b\r\nc".into();
        assert_eq!(
            render(&findings, false).expect("text"),
            "::error file=a b/cömpose.yaml,line=3,col=17,endColumn=21,title=privileged-container (critical)\
             ::100%25, a: b␍␊c%0Athrough the alias *a at x:1:1%0Aremove it\n"
        );
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
