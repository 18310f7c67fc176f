//! What people read while a run goes on, and what they read when it has failed.

use std::{fmt::Write as _, time::Duration};

use anstyle::{AnsiColor, Style};

use super::{closing, elsewhere, wording};
use crate::{
    diagnostic::{self, Diagnostic, Label, Severity},
    policy::secret::hide::guessed,
    run::{Outcome, Run, ScenarioRun, StackRun},
    visible,
};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const DIM: Style = Style::new().dimmed();

/// A word in a style, or plain.
pub(super) fn styled(style: Style, text: &str, colour: bool) -> String {
    if colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// How much of a run people want to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The verdict, and what is broken.
    Quiet,
    /// What goes on, too.
    Usual,
    /// Each step with what it saw, too.
    Full,
}

/// Seconds as people read them: `0.4 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// As [`seconds`], and in milliseconds what is shorter than a tenth of one.
pub(super) fn elapsed(duration: Duration) -> String {
    if duration < Duration::from_millis(100) {
        return format!("{:.1} ms", duration.as_secs_f64() * 1000.0);
    }
    seconds(duration)
}

/// The sign of an outcome.
pub(super) fn mark(outcome: Outcome, colour: bool) -> String {
    match outcome {
        Outcome::Passed => styled(GOOD, "✓", colour),
        Outcome::Failed => styled(BAD, "✗", colour),
        Outcome::Undecided => styled(OPEN, "?", colour),
        Outcome::NotRun => styled(DIM, "-", colour),
    }
}

/// One line about a scenario that has ended.
#[must_use]
pub fn scenario_line(scenario: &ScenarioRun, colour: bool) -> String {
    let mark = mark(scenario.outcome, colour);
    let claims = claims(scenario);
    let claims = if claims.is_empty() { String::new() } else { format!("  {claims}") };
    let by = scenario.truth.word();
    let tail = format!("{claims}  {by}  {}", elapsed(scenario.duration));
    let tail = styled(DIM, &tail, colour);
    let (feature, name) = (visible::line(&scenario.feature), visible::line(&scenario.name));
    visible::output(&format!("  {mark} {feature}: {name}{tail}")).into_owned()
}

/// The claims that a scenario proves: its tags in capitals.
fn claims(scenario: &ScenarioRun) -> String {
    let is_claim = |tag: &&String| tag.chars().next().is_some_and(char::is_uppercase);
    let claims: Vec<_> =
        scenario.tags.iter().filter(is_claim).map(|tag| visible::line(tag)).collect();
    claims.join(" ")
}

/// One line about a stack that is up.
#[must_use]
pub fn stack_line(stack: &StackRun) -> String {
    let mut text = format!(
        "  {} is ready after {} (images {}; {}; engine {})",
        visible::line(&stack.project),
        seconds(stack.ready_after),
        seconds(stack.images),
        visible::line(&stack.images_from),
        visible::line(&stack.engine)
    );
    let isolation = &stack.isolation;
    let views = isolation.views.iter().map(|(folder, how)| format!("{folder} ({how})"));
    for (what, all) in [
        ("seen through a view of the run's own", views.collect()),
        ("empty at first, for this run alone", isolation.fresh.clone()),
        ("shared on purpose", isolation.shared.iter().cloned().collect::<Vec<_>>()),
    ] {
        if !all.is_empty() {
            text = format!("{text}\n    {what}: {}", visible::line(&all.join(", ")));
        }
    }
    for note in &stack.notes {
        text = format!("{text}\n    {}", visible::line(note));
    }
    visible::output(&text).into_owned()
}

/// A failed scenario: the step on its line, expected and found, logs, what to do.
#[must_use]
pub fn failure_text(scenario: &ScenarioRun, colour: bool) -> String {
    let Some((step, failure)) = scenario.failure() else { return String::new() };
    let title = wording::title(scenario, failure.kind);
    let (span, label) = step.map_or_else(
        || (scenario.source.line(scenario.line), "what this scenario broke could not be mended"),
        |step| (step.span.clone(), scenario.truth.word()),
    );
    let mut shown = Diagnostic::error(title).at(&scenario.source, span, label);
    if let Some((source, span)) = &failure.spot {
        // What was found quotes no file outside the repository: the runner has seen to it.
        let (source, span) = (source.clone(), span.clone());
        shown.labels.push(Label { source, span, text: "here".into() });
    }
    let (asked, answered) = wording::asked(failure.kind);
    shown = shown
        .note(format!("{asked}: {}", failure.expected))
        .note(format!("{answered}: {}", failure.found));
    if let Some(place) = &failure.place {
        shown = shown.note(format!("at: {place}"));
    }
    for note in &failure.notes {
        shown = shown.note(note.as_str());
    }
    if !failure.help.is_empty() {
        shown = shown.help(failure.help.as_str());
    }
    let mut text = diagnostic::render(&guessed(shown), colour);
    text.push_str(&elsewhere::shown(failure));
    for tail in &failure.logs {
        let head = if tail.lines.is_empty() {
            format!("{} has logged nothing", visible::line(&tail.service))
        } else {
            format!("last lines of {}:", visible::line(&tail.service))
        };
        let _infallible = write!(text, "\n  {}", styled(DIM, &head, colour));
        for line in &tail.lines {
            let line = visible::line(line);
            let _infallible = write!(text, "\n  {} {line}", styled(DIM, "|", colour));
        }
    }
    visible::output(&text).into_owned()
}

/// A run as people read it when it is over.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub(super) fn render(run: &Run, colour: bool) -> Result<String, String> {
    Ok(checked(run, Detail::Usual, colour))
}

/// Everything after the last scenario of a pass by the files: as [`ended`], and what
/// only the running stack can judge, each by name if all is to be told.
#[must_use]
pub fn checked(run: &Run, detail: Detail, colour: bool) -> String {
    let mut text = ended(run, detail, colour);
    if run.only_observed.is_empty() || detail == Detail::Quiet {
        return text;
    }
    let verbose = detail == Detail::Full;
    let (count, ask) = match run.only_observed.len() {
        1 => ("1 more scenario is".to_owned(), "asks it"),
        several => (format!("{several} more scenarios are"), "asks them"),
    };
    let names = if verbose { ":" } else { " (-v names them)" };
    let _infallible = writeln!(
        text,
        "{count} for the running stack alone to judge: `seaworthy verify` {ask}{names}"
    );
    for scenario in run.only_observed.iter().filter(|_| verbose) {
        let _infallible = writeln!(
            text,
            "  - {}: {} ({})",
            visible::line(&scenario.feature),
            visible::line(&scenario.name),
            visible::line(&scenario.place())
        );
    }
    visible::output(&text).into_owned()
}

/// How many scenarios were not asked for: behind the others in the line of the verdict, which is all that
/// some want to read, or in a line of its own.
fn left_out(run: &Run, is_quiet: bool) -> String {
    match (run.left_out(), is_quiet) {
        (0, _) => String::new(),
        (count, true) => format!("; {count} left out"),
        (1, false) => "1 scenario was left out, and is not proven\n".to_owned(),
        (several, false) => format!("{several} scenarios were left out, and are not proven\n"),
    }
}

/// Scenarios of which the files say one thing and the running stack does another.
fn drift(run: &Run, colour: bool) -> String {
    let mut text = String::new();
    for (declared, observed) in run.drift() {
        let says = if declared.outcome == Outcome::Passed {
            "the files say so, and the running stack is otherwise"
        } else {
            "the running stack is so, and the files say otherwise"
        };
        let _infallible = writeln!(
            text,
            "{}: \"{}\" ({}): {says}",
            styled(BAD, "drift", colour),
            visible::line(&observed.name),
            visible::line(&observed.place())
        );
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// The scenarios that were not run, each reason once.
fn not_run(run: &Run) -> String {
    let line = |scenario: &&ScenarioRun| {
        let (name, place) = (visible::line(&scenario.name), scenario.place());
        format!("  - {name} ({})\n", visible::line(&place))
    };
    let told = |(why, scenarios): (Option<&str>, Vec<&ScenarioRun>)| {
        let why = why.map_or_else(String::new, |why| format!(", because {}", visible::line(why)));
        format!("\nnot run{why}:\n{}", scenarios.iter().map(line).collect::<String>())
    };
    wording::not_run(run).into_iter().map(told).collect()
}

/// Everything after the last scenario: failures, findings, errors, what took its time, the summary.
#[must_use]
pub fn ended(run: &Run, detail: Detail, colour: bool) -> String {
    let is_quiet = detail == Detail::Quiet;
    let mut text = String::new();
    for scenario in run.scenarios.iter().filter(|scenario| scenario.failure().is_some()) {
        let _infallible = write!(text, "\n{}\n", failure_text(scenario, colour));
        text.push_str(&closing::since(run, scenario));
    }
    let is_told = |told: &&Diagnostic| {
        // What a scenario is missing for has a line below, as long as it is no finding.
        told.severity == Severity::Error || !is_quiet && !told.is_coverage()
    };
    for finding in run.findings.iter().chain(&run.errors).filter(is_told) {
        let _infallible =
            write!(text, "\n{}\n", diagnostic::render(&guessed(finding.clone()), colour));
    }
    text.push_str(&not_run(run));
    text.push_str(&drift(run, colour));
    if !is_quiet {
        text.push_str(&closing::uncovered(run));
        text.push_str(&closing::slowest(run));
        if detail == Detail::Full {
            text.push_str(&closing::asked(run));
        }
    }
    let times: Vec<String> = run
        .stacks
        .iter()
        .map(|stack| {
            let removed = stack
                .removed_after
                .map_or_else(String::new, |after| format!(", removed in {}", seconds(after)));
            let name = visible::line(&stack.environment);
            format!("{name} ready after {}{removed}", seconds(stack.ready_after))
        })
        .collect();
    let style = if run.exit_code() == 0 { GOOD } else { BAD };
    let verdict = styled(style, wording::verdict(run), colour);
    let _infallible = write!(
        text,
        "\n{verdict}: {} in {}{}{}\n{}\n{}",
        match run.verdicts().len() {
            1 => "1 scenario".to_owned(),
            several => format!("{several} scenarios"),
        },
        elapsed(run.duration),
        if times.is_empty() { String::new() } else { format!(" ({})", times.join("; ")) },
        if is_quiet { left_out(run, true) } else { String::new() },
        wording::counts(run),
        if is_quiet { String::new() } else { left_out(run, false) },
    );
    visible::output(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};
    use crate::run::Failure;

    /// As most people read it.
    fn summary(run: &Run, colour: bool) -> String {
        ended(run, Detail::Usual, colour)
    }

    #[test]
    fn a_failure_shows_the_line_what_was_expected_and_found_the_log_and_the_remedy() {
        let text = summary(&samples::run(), false);
        for part in [
            "a.feature:4:5",
            "Then the response is 200",
            "expected: status 200",
            "found: status 502",
            "help: look at app",
            "| boom",
            "1 passed, 1 failed, 1 skipped",
            "not seaworthy",
            "- three (a.feature:4)",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "colours only where asked for");
    }

    #[test]
    fn drift_is_told_and_a_scenario_counts_once() {
        let mut run = samples::run();
        run.scenarios.truncate(2);
        run.scenarios[1].truth = crate::run::Truth::Observed;
        let mut declared = run.scenarios[1].clone();
        declared.truth = crate::run::Truth::Declared;
        declared.outcome = Outcome::Passed;
        declared.steps[0].failure = None;
        run.scenarios.insert(1, declared);
        let text = summary(&run, false);
        assert!(text.contains("drift: \"two\" (a.feature:4): the files say so"), "{text}");
        assert!(text.contains("2 scenarios in"), "{text}");
        assert!(text.contains("1 passed, 1 failed"), "{text}");
        run.scenarios.swap(1, 2);
        run.scenarios[1].truth = crate::run::Truth::Declared;
        run.scenarios[2].truth = crate::run::Truth::Observed;
        let text = summary(&run, false);
        assert!(text.contains("the running stack is so, and the files say otherwise"), "{text}");
        run.scenarios.remove(1);
        assert!(!summary(&run, false).contains("drift"), "one truth cannot differ from itself");
    }

    #[test]
    fn what_only_the_running_stack_can_judge_is_counted_and_named_if_asked() {
        let mut run = samples::run();
        run.only_observed = run.scenarios.split_off(1);
        let text = checked(&run, Detail::Usual, false);
        assert!(text.contains("2 more scenarios are for the running stack alone"), "{text}");
        assert!(!text.contains("- Flows: three"), "{text}");
        assert!(!checked(&run, Detail::Quiet, false).contains("running stack"));
        assert!(checked(&run, Detail::Full, false).contains("- Flows: three (a.feature:4)"));
        assert_eq!(run.exit_code(), 0, "they change no verdict");
    }

    #[test]
    fn a_run_with_a_finding_ends_with_1_and_one_without_engine_with_3() {
        let mut run = samples::run();
        assert_eq!(run.exit_code(), 1);
        run.scenarios.remove(1);
        assert_eq!(run.exit_code(), 3, "a scenario was not run");
        run.scenarios.pop();
        assert_eq!(run.exit_code(), 0);
        let warning = Diagnostic { severity: Severity::Warning, ..Diagnostic::error("odd") };
        run.errors.push(warning);
        assert_eq!(run.exit_code(), 0, "a warning changes no verdict");
        run.errors.push(Diagnostic::error("no engine"));
        assert_eq!(run.exit_code(), 3);
    }

    #[test]
    fn what_nobody_could_look_at_is_undecided_and_never_proven() {
        let mut run = samples::run();
        run.scenarios.truncate(2);
        run.scenarios[1].outcome = Outcome::Undecided;
        let why = Failure::undecided("read the mounts of web", "Permission denied");
        run.scenarios[1].steps[0].failure = Some(why.help("run as root"));
        let text = summary(&run, false);
        for part in [
            "could not be decided",
            "tried: read the mounts",
            "missing: Permission",
            "1 passed, 0 failed, 1 undecided",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(scenario_line(&run.scenarios[1], false).contains("? Flows: two"));
        assert_eq!(run.exit_code(), 3);
        run.scenarios[1].aftermath = Some(Failure::finding("it came back", "it did not"));
        assert_eq!(run.exit_code(), 1, "what was found outweighs what could not be looked at");
    }

    #[test]
    fn only_tags_in_capitals_are_claims() {
        let line = scenario_line(&samples::run().scenarios[0], false);
        assert!(line.contains("✓ Flows: one  FLOW-1  observed  10.0 ms"), "{line}");
    }
}
