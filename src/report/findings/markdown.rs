//! Findings as a short Markdown page, for the summary of a job or a comment on a change.

use crate::{
    diagnostic,
    findings::{Findings, Found},
    report::markdown::{Page, code, shown},
};

/// How many bytes the table and the notes may take; the details have the rest.
const TABLE: usize = 30_000;
const NOTES: usize = 8_000;

/// The page: verdict, table, notes, details.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub fn render(findings: &Findings, _colour: bool) -> Result<String, String> {
    let mut page = Page::new(findings.exit_code() == 0, &format!("{}.", findings.summary()));
    let open: Vec<&Found> = findings.open().collect();
    let rows = open.iter().map(|found| row(found, findings));
    page.table(&["severity", "rule", "what", "where"], rows, TABLE);
    let note = |note: &&diagnostic::Diagnostic| {
        let place = note.place().map_or_else(String::new, |place| format!(" at {}", code(&place)));
        format!("- {}{place}\n", shown(&note.title))
    };
    let notes: Vec<String> = findings.all_notes().iter().map(note).collect();
    page.list("Notes", &notes, NOTES);
    for found in findings.open() {
        page.detail(&found.message, || diagnostic::render(&found.diagnostic(), false));
    }
    Ok(page.end())
}

fn row(found: &Found, findings: &Findings) -> String {
    let place = found.place.source.place(found.place.span.start);
    let place = format!("{}:{place}", findings.path(found.place.source.path()));
    let (severity, rule) = (found.severity.word(), found.rule.id);
    format!("| {severity} | {rule} | {} | {} |\n", shown(&found.message), code(&place))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_finding_is_a_row_with_its_place_and_its_line_is_folded() {
        let page = render(&samples::findings(), false).expect("text");
        for part in [
            "## ✗ not seaworthy\n\n1 finding (1 critical) in 1 project, by 1 rule; 1 allowed by comments",
            "| critical | privileged-container | `service \"wéb\": 100% privileged, <really>` | `a b/cömpose.yaml:3:17` |",
            "### Notes\n- X is not set",
            "<code>service &quot;wéb&quot;: 100% privileged, &lt;really&gt;</code>",
            "3 |     privileged: true",
        ] {
            assert!(page.contains(part), "no {part:?} in\n{page}");
        }
        assert!(!page.contains("service \"b\""), "what is allowed is not shown");
    }
}
