//! What people read while a run goes on, and what they read when it has failed.

use std::{fmt::Write as _, time::Duration};

use anstyle::{AnsiColor, Style};

use crate::{
    diagnostic::{self, Diagnostic},
    policy::secret::hide::guessed,
    run::{FailureKind, Outcome, Run, ScenarioRun, StackRun},
};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// A word in a style, or plain.
fn styled(style: Style, text: &str, colour: bool) -> String {
    if colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// Seconds as people read them: `0.4 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// As [`seconds`], and in milliseconds what is shorter than a tenth of one.
fn elapsed(duration: Duration) -> String {
    if duration < Duration::from_millis(100) {
        return format!("{:.1} ms", duration.as_secs_f64() * 1000.0);
    }
    seconds(duration)
}

/// One line about a scenario that has ended.
#[must_use]
pub fn scenario_line(scenario: &ScenarioRun, colour: bool) -> String {
    let mark = match scenario.outcome {
        Outcome::Passed => styled(GOOD, "✓", colour),
        Outcome::Failed => styled(BAD, "✗", colour),
        Outcome::NotRun => styled(DIM, "-", colour),
    };
    let claims = claims(scenario);
    let claims = if claims.is_empty() { String::new() } else { format!("  {claims}") };
    let by = scenario.truth.word();
    let tail = format!("{claims}  {by}  {}", elapsed(scenario.duration));
    let tail = styled(DIM, &tail, colour);
    format!("  {mark} {}: {}{tail}", scenario.feature, scenario.name)
}

/// The claims that a scenario proves: its tags in capitals.
fn claims(scenario: &ScenarioRun) -> String {
    let is_claim = |tag: &&String| tag.chars().next().is_some_and(char::is_uppercase);
    scenario.tags.iter().filter(is_claim).cloned().collect::<Vec<_>>().join(" ")
}

/// One line about a stack that is up.
#[must_use]
pub fn stack_line(stack: &StackRun) -> String {
    format!(
        "  {} is ready after {} (images {}; {})",
        stack.project,
        seconds(stack.ready_after),
        seconds(stack.images),
        stack.images_from
    )
}

/// A failed scenario: the step on its line, expected and found, logs, what to do.
#[must_use]
pub fn failure_text(scenario: &ScenarioRun, colour: bool) -> String {
    let Some((step, failure)) = scenario.failure() else { return String::new() };
    let title = match failure.kind {
        FailureKind::Finding => format!("\"{}\" is not so", scenario.name),
        FailureKind::Error => format!("\"{}\" could not be decided", scenario.name),
        FailureKind::Bug => format!("seaworthy itself failed in \"{}\"", scenario.name),
    };
    let (span, label) = step.map_or_else(
        || (scenario.source.line(scenario.line), "what this scenario broke could not be mended"),
        |step| (step.span.clone(), scenario.truth.word()),
    );
    let mut shown = Diagnostic::error(title).at(&scenario.source, span, label);
    if let Some((source, span)) = &failure.spot {
        shown = shown.at(source, span.clone(), "here");
    }
    shown = shown
        .note(format!("expected: {}", failure.expected))
        .note(format!("found: {}", failure.found));
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
    for tail in &failure.logs {
        let head = if tail.lines.is_empty() {
            format!("{} has logged nothing", tail.service)
        } else {
            format!("last lines of {}:", tail.service)
        };
        let _infallible = write!(text, "\n  {}", styled(DIM, &head, colour));
        for line in &tail.lines {
            let _infallible = write!(text, "\n  {} {line}", styled(DIM, "|", colour));
        }
    }
    text
}

/// Everything after the last scenario of a pass by the files: as [`summary`], and what
/// only the running stack can judge, each by name if `verbose`.
#[must_use]
pub fn checked(run: &Run, verbose: bool, colour: bool) -> String {
    let mut text = summary(run, colour);
    if run.only_observed.is_empty() {
        return text;
    }
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
        let _infallible =
            writeln!(text, "  - {}: {} ({})", scenario.feature, scenario.name, scenario.place());
    }
    text
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
            observed.name,
            observed.place()
        );
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// Everything after the last scenario: failures, errors, the summary.
#[must_use]
pub fn summary(run: &Run, colour: bool) -> String {
    let mut text = String::new();
    for scenario in run.scenarios.iter().filter(|scenario| scenario.outcome == Outcome::Failed) {
        let _infallible = write!(text, "\n{}\n", failure_text(scenario, colour));
    }
    for error in &run.errors {
        let _infallible =
            write!(text, "\n{}\n", diagnostic::render(&guessed(error.clone()), colour));
    }
    let not_run: Vec<String> = run
        .scenarios
        .iter()
        .filter(|scenario| scenario.outcome == Outcome::NotRun)
        .map(|scenario| format!("  - {} ({})", scenario.name, scenario.place()))
        .collect();
    if !not_run.is_empty() {
        let _infallible = write!(text, "\nnot run:\n{}\n", not_run.join("\n"));
    }
    text.push_str(&drift(run, colour));
    let counts = run.counts();
    let times: Vec<String> = run
        .stacks
        .iter()
        .map(|stack| {
            let removed = stack
                .removed_after
                .map_or_else(String::new, |after| format!(", removed in {}", seconds(after)));
            format!("{} ready after {}{removed}", stack.environment, seconds(stack.ready_after))
        })
        .collect();
    let verdict = if run.exit_code() == 0 {
        styled(GOOD, "seaworthy", colour)
    } else {
        styled(BAD, "not seaworthy", colour)
    };
    let _infallible = write!(
        text,
        "\n{verdict}: {} in {}{}\n{} passed, {} failed{}\n",
        match run.verdicts().len() {
            1 => "1 scenario".to_owned(),
            several => format!("{several} scenarios"),
        },
        elapsed(run.duration),
        if times.is_empty() { String::new() } else { format!(" ({})", times.join("; ")) },
        counts.passed,
        counts.failed,
        if counts.not_run == 0 { String::new() } else { format!(", {} skipped", counts.not_run) },
    );
    text
}

#[cfg(test)]
pub(super) mod samples {
    use std::time::SystemTime;

    use super::*;
    use crate::{
        run::{Failure, LogTail, StepRun, Truth},
        source::Source,
    };

    /// A run of three scenarios: one proven, one false, one not run.
    pub fn run() -> Run {
        let source = Source::new(
            "a.feature",
            "Feature: f\n  Scenario: s\n    Given x\n    Then the response is 200\n",
        );
        let scenario = |name: &str, outcome: Outcome, failure: Option<Failure>| ScenarioRun {
            source: source.clone(),
            feature: "Flows".into(),
            rule: None,
            name: name.into(),
            line: 4,
            tags: vec!["FLOW-1".into(), "disruptive".into()],
            truth: Truth::Observed,
            outcome,
            steps: vec![StepRun {
                keyword: "Then".into(),
                text: "the response is 200".into(),
                span: source.line(4),
                outcome,
                evidence: Vec::new(),
                failure,
                duration: Duration::from_millis(10),
            }],
            aftermath: None,
            duration: Duration::from_millis(10),
        };
        let mut failure =
            Failure::finding("status 200", "status 502").services(["app"]).help("look at app");
        failure.logs = vec![LogTail { service: "app".into(), lines: vec!["boom".into()] }];
        Run {
            started: SystemTime::UNIX_EPOCH,
            duration: Duration::from_secs(3),
            stacks: Vec::new(),
            scenarios: vec![
                scenario("one", Outcome::Passed, None),
                scenario("two", Outcome::Failed, Some(failure)),
                scenario("three", Outcome::NotRun, None),
            ],
            only_observed: Vec::new(),
            errors: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;

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
        let text = checked(&run, false, false);
        assert!(text.contains("2 more scenarios are for the running stack alone"), "{text}");
        assert!(!text.contains("- Flows: three"), "{text}");
        assert!(checked(&run, true, false).contains("- Flows: three (a.feature:4)"));
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
    fn only_tags_in_capitals_are_claims() {
        let line = scenario_line(&samples::run().scenarios[0], false);
        assert!(line.contains("✓ Flows: one  FLOW-1  observed  10.0 ms"), "{line}");
    }
}
