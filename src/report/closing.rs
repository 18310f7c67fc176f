//! What stands between the failures of a run and its verdict, for people: what document and scenarios
//! do not both speak of, and what took its time.

use std::{fmt::Write as _, time::Duration};

use super::terminal::seconds;
use crate::{
    diagnostic::{Code, Diagnostic, Severity},
    run::{Run, ScenarioRun, history::Held},
    visible,
};

/// Who waits for less asks for no reasons.
const LONG_RUN: Duration = Duration::from_secs(10);
/// A scenario that takes less is not slow.
const SLOW: Duration = Duration::from_secs(1);
/// How many of them are named.
const SLOWEST: usize = 5;
/// How many claims a line names.
const NAMED: usize = 8;

/// The slowest scenarios of a run that took its time; nothing of a short one.
pub(super) fn slowest(run: &Run) -> String {
    let mut slow: Vec<&ScenarioRun> =
        run.scenarios.iter().filter(|scenario| scenario.duration >= SLOW).collect();
    if run.duration < LONG_RUN || slow.is_empty() {
        return String::new();
    }
    slow.sort_by_key(|scenario| std::cmp::Reverse(scenario.duration));
    let mut text = "\nslowest:\n".to_owned();
    for scenario in slow.into_iter().take(SLOWEST) {
        let (name, place) = (visible::line(&scenario.name), scenario.place());
        let took = seconds(scenario.duration);
        let _infallible = writeln!(text, "  {took:>8}  {name} ({})", visible::line(&place));
    }
    text
}

/// How often the engine was asked, and what for most.
pub(super) fn asked(run: &Run) -> String {
    let calls = &run.about.engine_calls;
    let all: u64 = calls.iter().map(|(_, count)| count).sum();
    if all == 0 {
        return String::new();
    }
    let mut most: Vec<&(String, u64)> = calls.iter().collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let most = most.into_iter().take(SLOWEST).map(|(what, count)| format!("{count} {what}"));
    format!("\nthe engine was asked {all} times: {}\n", most.collect::<Vec<_>>().join(", "))
}

/// Claims without a scenario and tags without a claim, a line each; those that fail the run are
/// told as findings.
pub(super) fn uncovered(run: &Run) -> String {
    let warnings = run.errors.iter().filter(|told| told.severity == Severity::Warning);
    let of = |code| -> Vec<&Diagnostic> {
        warnings.clone().filter(|told| told.code == Some(code)).collect()
    };
    let mut text = String::new();
    for (gaps, one, several) in [
        (
            of(Code::ClaimWithoutScenario),
            "claim of the document has no scenario",
            "claims of the document have no scenario",
        ),
        (
            of(Code::TagWithoutClaim),
            "tag is no claim of the document",
            "tags are no claims of the document",
        ),
    ] {
        if gaps.is_empty() {
            continue;
        }
        let what = if gaps.len() == 1 { one } else { several };
        let mut names: Vec<String> = gaps.iter().take(NAMED).filter_map(|gap| name(gap)).collect();
        let more = gaps.len() - names.len();
        if more > 0 {
            names.push(format!("{more} more"));
        }
        let _infallible = writeln!(text, "coverage: {} {what}: {}", gaps.len(), names.join(", "));
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// Since when a scenario that is broken is so, where earlier results are known.
pub(super) fn since(run: &Run, scenario: &ScenarioRun) -> String {
    let known = run.about.history.as_ref();
    let since = known.and_then(|known| known.broken_since(run, scenario));
    since.map_or_else(String::new, |since| format!("  history: {}\n", since.told(Held::Broken)))
}

/// A claim or a tag with its place, as it is written.
fn name(gap: &Diagnostic) -> Option<String> {
    let label = gap.labels.first()?;
    let name = label.source.text().get(label.span.clone())?;
    Some(format!("{} ({})", visible::line(name), visible::line(&gap.place()?)))
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};
    use crate::source::Source;

    #[test]
    fn the_slowest_are_told_of_a_long_run_alone() {
        let mut run = samples::run();
        let one = run.scenarios[0].clone();
        run.scenarios = (0..9)
            .map(|at| ScenarioRun {
                name: format!("number {at}"),
                duration: Duration::from_millis(at * 400),
                ..one.clone()
            })
            .collect();
        assert_eq!(slowest(&run), "");
        run.duration = Duration::from_secs(20);
        let text = slowest(&run);
        assert!(text.starts_with("\nslowest:\n     3.2 s  number 8 (a.feature:4)\n"), "{text}");
        assert_eq!(text.lines().count(), 2 + SLOWEST, "{text}");
        run.scenarios.retain(|scenario| scenario.duration < SLOW);
        assert_eq!(slowest(&run), "", "all were quick");
    }

    #[test]
    fn what_is_broken_is_told_since_when() {
        let run = samples::with_history();
        let two = run.scenarios.iter().find(|one| one.name == "two").expect("a scenario");
        assert_eq!(
            since(&run, two),
            "  history: broken since 1970-01-01 00:00 UTC (commit 0123456, 1 run); last proven 1969-12-31 00:00 UTC (commit 0123456)\n"
        );
        assert_eq!(since(&run, &run.scenarios[0]), "", "it is not broken");
        assert_eq!(since(&samples::with_facts(), two), "", "nothing is known");
    }

    #[test]
    fn what_is_not_covered_is_a_line_for_each_side() {
        let mut run = samples::run();
        assert_eq!(uncovered(&run), "");
        let source = Source::new("docs/a.md", "[A-1] [A-2]\n");
        let gap = |code, span| Diagnostic::warning("x").code(code).at(&source, span, "");
        run.errors = (0..10).map(|_| gap(Code::ClaimWithoutScenario, 1..4)).collect();
        run.errors.push(gap(Code::TagWithoutClaim, 7..10));
        let text = uncovered(&run);
        assert!(
            text.contains(
                "coverage: 10 claims of the document have no scenario: A-1 (docs/a.md:1:2), "
            ),
            "{text}"
        );
        assert!(
            text.contains(
                ", 2 more\ncoverage: 1 tag is no claim of the document: A-2 (docs/a.md:1:8)\n"
            ),
            "{text}"
        );
    }
}
