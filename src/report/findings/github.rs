//! Findings as workflow commands of GitHub Actions, which become annotations on the change.

use std::fmt::Write as _;

use super::region;
use crate::{findings::Findings, policy::Severity};

/// A line a finding.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub fn render(findings: &Findings, _colour: bool) -> Result<String, String> {
    let mut text = String::new();
    for found in findings.open() {
        let command = match found.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low => "notice",
        };
        let (start, end) = region(&found.place.source, &found.place.span);
        let file = findings.path(found.place.source.path());
        let place = if start.line == end.line {
            format!("line={},col={},endColumn={}", start.line, start.column, end.column)
        } else {
            // Columns mean something within one line only.
            format!("line={},endLine={}", start.line, end.line)
        };
        let title = format!("{} ({})", found.rule.id, found.severity.word());
        let mut message = found.message.clone();
        for line in found.way.iter().chain(Some(&found.remedy).filter(|text| !text.is_empty())) {
            let _infallible = write!(message, "\n{line}");
        }
        let _infallible = writeln!(
            text,
            "::{command} file={},{place},title={}::{}",
            property(file.as_str()),
            property(&title),
            data(&message)
        );
    }
    Ok(text)
}

/// Text behind `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_finding_is_one_line_whatever_it_says() {
        let mut findings = samples::findings();
        findings.found[0].rule.summary.clone_into(&mut findings.found[0].message);
        findings.found[0].message = "100%, a: b\r\nc".into();
        assert_eq!(
            render(&findings, false).expect("text"),
            "::error file=a b/cömpose.yaml,line=3,col=17,endColumn=21,title=privileged-container (critical)\
             ::100%25, a: b%0D%0Ac%0Athrough the alias *a at x:1:1%0Aremove it\n"
        );
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
