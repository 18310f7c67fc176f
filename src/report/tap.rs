//! A run as TAP 14, the Test Anything Protocol: a test point a scenario and truth.
//!
//! What is not proven is `not ok`, whatever kept it from being so; `# SKIP` is what nobody asked for.

use std::fmt::Write as _;

use serde_json::Value;

use super::wording;
use crate::{
    diagnostic::{Diagnostic, Severity},
    run::{Fault, Outcome, Run, ScenarioRun},
    visible,
};

/// The whole stream.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let mut points = Points::default();
    let faults = run.faults();
    for scenario in &run.scenarios {
        let of = faults.iter().filter(|fault| std::ptr::eq(fault.scenario, scenario));
        points.scenario(run, scenario, &of.collect::<Vec<_>>());
    }
    for scenario in &run.only_observed {
        points.add(true, &title(scenario), Some("the running stack was not asked"));
    }
    for finding in &run.findings {
        points.told("the stack", finding);
    }
    for error in run.errors.iter().filter(|one| one.severity == Severity::Error) {
        points.told("the run", error);
    }
    let mut text = format!("TAP version 14\n1..{}", points.count);
    text.push_str(if points.count == 0 { " # SKIP nothing was asked\n" } else { "\n" });
    text.push_str(&points.text);
    for warning in run.errors.iter().filter(|one| one.severity == Severity::Warning) {
        let _infallible = writeln!(text, "# warning: {}", visible::whole_line(&warning.title));
    }
    Ok(visible::output(&text).into_owned())
}

fn title(scenario: &ScenarioRun) -> String {
    let rule = scenario.rule.as_ref().map_or_else(String::new, |rule| format!("{rule}: "));
    format!("{}: {rule}{} [{}]", scenario.feature, scenario.name, scenario.truth.word())
}

#[derive(Default)]
struct Points {
    count: usize,
    text: String,
}

impl Points {
    fn add(&mut self, ok: bool, title: &str, skip: Option<&str>) {
        self.count += 1;
        let word = if ok { "ok" } else { "not ok" };
        // A sharp begins a directive, unless it is escaped.
        let title = visible::whole_line(title).replace('\\', "\\\\").replace('#', "\\#");
        let _infallible = write!(self.text, "{word} {} - {title}", self.count);
        if let Some(why) = skip {
            let _infallible = write!(self.text, " # SKIP {why}");
        }
        self.text.push('\n');
    }

    fn scenario(&mut self, run: &Run, scenario: &ScenarioRun, faults: &[&Fault<'_>]) {
        self.add(scenario.outcome == Outcome::Passed, &title(scenario), None);
        self.text.push_str("  ---\n");
        self.pair("  ", "outcome", wording::outcome(scenario.outcome));
        self.pair("  ", "file", run.path(scenario.source.path()).as_str());
        let _infallible = writeln!(self.text, "  line: {}", scenario.line);
        let _infallible =
            writeln!(self.text, "  duration_ms: {:.3}", scenario.duration.as_secs_f64() * 1000.0);
        let tags: Vec<Value> = scenario.tags.iter().map(|tag| tag.as_str().into()).collect();
        let _infallible =
            writeln!(self.text, "  tags: {}", visible::json(&Value::from(tags).to_string()));
        if let Some(why) = &scenario.not_run {
            self.pair("  ", "not_run", why);
        }
        if !faults.is_empty() {
            self.text.push_str("  faults:\n");
        }
        for fault in faults {
            let (asked, answered) = wording::asked(fault.kind);
            let (source, span) = &fault.spot;
            let at = format!("{}:{}", run.path(source.path()), source.place(span.start));
            self.pair("    - ", "at", &at);
            self.pair("      ", "subject", fault.subject);
            self.pair("      ", asked, fault.expected);
            self.pair("      ", answered, fault.found);
            if !fault.help.is_empty() {
                self.pair("      ", "help", fault.help);
            }
        }
        self.text.push_str("  ...\n");
    }

    fn told(&mut self, of: &str, told: &Diagnostic) {
        self.add(false, &format!("{of}: {}", told.title), None);
        self.text.push_str("  ---\n");
        self.pair("  ", "message", &told.title);
        if let Some(place) = told.place() {
            self.pair("  ", "at", &place);
        }
        if !told.notes.is_empty() {
            let notes = visible::json(&Value::from(told.notes.clone()).to_string()).into_owned();
            let _infallible = writeln!(self.text, "  notes: {notes}");
        }
        if let Some(help) = &told.help {
            self.pair("  ", "help", help);
        }
        self.text.push_str("  ...\n");
    }

    /// A key and a text, quoted as JSON does, which YAML reads.
    fn pair(&mut self, indent: &str, key: &str, text: &str) {
        let text = Value::from(text).to_string();
        let _infallible = writeln!(self.text, "{indent}{key}: {}", visible::json(&text));
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    #[test]
    fn every_outcome_is_a_point_and_only_what_is_proven_or_not_asked_is_ok() {
        let text = render(&samples::every_outcome(), false).expect("TAP");
        assert!(text.starts_with("TAP version 14\n1..14\n"), "{text}");
        let points: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "))
            .collect();
        assert_eq!(points.len(), 14);
        for (at, point) in points.iter().enumerate() {
            assert!(point.contains(&format!("ok {} - ", at + 1)), "{point}");
        }
        let ok: Vec<&&str> = points.iter().filter(|point| point.starts_with("ok ")).collect();
        assert_eq!(ok.len(), 3, "{ok:#?}");
        assert!(ok[2].ends_with("not asked [observed] # SKIP the running stack was not asked"));
        assert!(text.contains("# warning: a secret cannot be read\n"), "{text}");
        assert!(text.contains("not ok 13 - the stack: service"), "{text}");
        let empty = render(&samples::empty(), false).expect("TAP");
        assert_eq!(empty, "TAP version 14\n1..0 # SKIP nothing was asked\n");
    }

    #[test]
    fn diagnostics_are_yaml_and_nothing_of_others_is_a_directive() {
        let mut run = samples::everything();
        run.scenarios[0].name = "a # SKIP \\ b\n  ...\nok 9 - forged".into();
        let text = render(&run, false).expect("TAP");
        assert!(text.contains("ok 1 - Flows: a \\# SKIP \\\\ b␊  ...␊ok 9 - forged [observed]\n"));
        let mut count = 0;
        for block in text.split("  ---\n").skip(1) {
            let (block, _) = block.split_once("  ...\n").expect("an end");
            let value: serde_yaml::Value =
                serde_yaml::from_str(block).unwrap_or_else(|why| panic!("{why} in\n{block}"));
            assert!(value.is_mapping());
            count += 1;
        }
        assert!(count > 10);
    }
}
