//! Findings as people read them: each on its source line, with the way it came and what to write.

use std::{collections::BTreeSet, fmt::Write as _};

use anstyle::{AnsiColor, Style};

use crate::{diagnostic, findings::Findings, visible};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// As [`text`].
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub fn render(findings: &Findings, colour: bool) -> Result<String, String> {
    Ok(text(findings, colour))
}

/// Every open finding, then notes, then the verdict.
pub fn text(findings: &Findings, colour: bool) -> String {
    let mut text = String::new();
    let mut explained = BTreeSet::new();
    for found in findings.open() {
        let mut shown = found.diagnostic();
        // Why a rule is, is said once.
        if explained.insert(found.rule.id) {
            shown = shown.note(format!("why: {}", found.rule.why()));
        }
        let _infallible = write!(text, "{}\n\n", diagnostic::render(&shown, colour));
    }
    for note in findings.all_notes() {
        let _infallible = write!(text, "{}\n\n", diagnostic::render(note, colour));
    }
    let (style, verdict) =
        if findings.exit_code() == 0 { (GOOD, "seaworthy") } else { (BAD, "not seaworthy") };
    let verdict = if colour { format!("{style}{verdict}{style:#}") } else { verdict.to_owned() };
    let _infallible = writeln!(text, "{verdict}: {}", findings.summary());
    // Diagnostics are drawn for people already, and the verdict counts.
    text
}

/// What was mended, a line each.
#[must_use]
pub fn fixed(findings: &Findings) -> String {
    let mut text = String::new();
    for one in &findings.fixed {
        let path = findings.path(one.place.source.path());
        let line = one.place.source.place(one.place.span.start).line;
        let (message, rule) = (visible::line(&one.message), one.rule.id);
        let (path, title) = (visible::line(path.as_str()), visible::line(&one.title));
        let _infallible = writeln!(text, "fixed: {path}:{line}: {message} [{rule}]: {title}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_finding_shows_its_line_the_way_why_and_what_to_do() {
        let text = render(&samples::findings(), false).expect("text");
        for part in [
            "error: service \"wéb\": 100% privileged, <really> [privileged-container]",
            "a b/cömpose.yaml:3:17",
            "    privileged: true",
            "^^^^ critical",
            "= note: through the alias *a at x:1:1",
            "= note: why: A privileged container has every capability",
            "= help: remove it",
            "warning: X is not set",
            "not seaworthy: 1 finding (1 critical) in 1 project, by 1 rule; 1 allowed by comments; 2 known by the baseline",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(!text.contains("service \"b\""), "what is allowed is not shown");
        assert!(!text.contains('\u{1b}'));
    }
}
