//! A run as workflow commands of GitHub Actions, which become annotations on the change.
//!
//! Each violation is one on its line of the Compose file; what no file says is told at its
//! sentence. What nobody could look at is a warning, as it is no word about the stack.

use std::fmt::Write as _;

use super::{region, wording};
use crate::{
    diagnostic::{Diagnostic, Severity},
    run::{FailureKind, Run, Spot},
    source::{Source, Span},
    visible,
};

/// Longer messages are not shown whole beside a line.
const LINES: usize = 30;

/// A line a fault, a finding, an error, and a reason why scenarios were not run.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let mut text = String::new();
    let mut add = |level: &str, spot: Option<&Spot>, title: &str, message: &str| {
        let place =
            spot.map(|(source, span)| place(run.path(source.path()).as_str(), source, span));
        text.push_str(&command(level, place, title, &wording::head(message, LINES)));
    };
    for fault in run.faults() {
        let level = match fault.kind {
            FailureKind::Finding | FailureKind::Bug => "error",
            FailureKind::Undecided => "warning",
        };
        add(level, Some(&fault.spot), &fault.scenario.name, &wording::told(&fault));
    }
    let findings = run.findings.iter().map(|finding| (finding, "the stack"));
    for (told, title) in findings.chain(run.errors.iter().map(|error| (error, "seaworthy"))) {
        let title = if told.is_coverage() { "coverage" } else { title };
        let Diagnostic { severity, title: what, labels, notes, help, .. } = told;
        let level = if *severity == Severity::Error { "error" } else { "warning" };
        let spot = labels.first().map(|label| (label.source.clone(), label.span.clone()));
        let lines: Vec<&str> =
            std::iter::once(what).chain(notes).chain(help).map(String::as_str).collect();
        add(level, spot.as_ref(), title, &lines.join("\n"));
    }
    for (why, scenarios) in wording::not_run(run) {
        let spot = scenarios.first().map(|one| (one.source.clone(), one.source.line(one.line)));
        let title = wording::not_run_title(why, scenarios.len());
        add("warning", spot.as_ref(), "not run", &title);
    }
    Ok(text)
}

/// The properties that name a place.
pub(super) fn place(path: &str, source: &Source, span: &Span) -> String {
    let (start, end) = region(source, span);
    let lines = if start.line == end.line {
        format!("line={},col={},endColumn={}", start.line, start.column, end.column)
    } else {
        // Columns mean something within one line only.
        format!("line={},endLine={}", start.line, end.line)
    };
    format!("file={},{lines}", property(&visible::whole_line(path)))
}

/// A command, whatever its texts say.
pub(super) fn command(level: &str, place: Option<String>, title: &str, message: &str) -> String {
    let place = place.map_or_else(String::new, |place| format!("{place},"));
    let (title, message) = (property(&visible::line(title)), data(&visible::lines(message)));
    let mut text = String::new();
    let _infallible = writeln!(text, "::{level} {place}title={title}::{message}");
    text
}

/// Text behind `::`; a later command in it would be none, and looks like none.
fn data(text: &str) -> String {
    visible::output(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
pub(super) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    #[test]
    fn every_fault_is_an_annotation_on_its_own_line() {
        let text = render(&samples::every_outcome(), false).expect("text");
        let line = |start: &str| {
            let mut lines = text.lines().filter(|line| line.starts_with(start));
            let line = lines.next().unwrap_or_else(|| panic!("no {start:?} in\n{text}"));
            assert_eq!(lines.next(), None, "{start:?} twice in\n{text}");
            line
        };
        for (line_number, port) in [(4, "80:80"), (5, "90:90")] {
            let line = line(&format!(
                "::error file=shop/a b/cömpose.yaml,line={line_number},col=9,endColumn=16,title=listed::"
            ));
            assert!(
                line.contains(&format!("found: also published: | wéb | \"{port}\" |")),
                "{line}"
            );
            assert!(line.contains("%0Achange `ports:`, 100%25"), "{line}");
        }
        let undecided =
            line("::warning file=a.feature,line=4,col=5,endColumn=29,title=looked at by nobody::");
        assert!(
            undecided.contains("missing: Permission denied%0Atried: read the mounts%0Aat: service \"app\"%0Arun as root"),
            "{undecided}"
        );
        assert!(line("::error file=shop/a b/cömpose.yaml,line=2").contains("does not come up"));
        assert!(line("::error title=seaworthy").contains("no engine answers%0Astart it"));
        assert!(line("::warning title=seaworthy").contains("a secret cannot be read"));
        assert!(text.contains("::1 scenario was not run, because the small environment"), "{text}");
        for title in ["two", "a defect", "left", "ended early"] {
            assert!(
                line(&format!("::error file=a.feature,line=4,col=5,endColumn=29,title={title}::"))
                    .contains("found: ")
            );
        }
        assert!(!text.contains("not asked"), "what was not asked is no fault:\n{text}");
    }

    #[test]
    fn nothing_that_others_wrote_is_a_command() {
        let text = render(&samples::every_outcome(), false).expect("text");
        assert_eq!(text.lines().count(), 13, "one line each:\n{text}");
        let odd = |c: char| visible::is_invisible(c) && c != '\n';
        assert!(!text.contains(odd) && !text.contains("##["), "{text}");
        for line in text.lines() {
            let (properties, _) = line[2..].split_once("::").expect("a command");
            assert!(!properties.contains(['\n', '\r']), "{line}");
        }
    }
}
