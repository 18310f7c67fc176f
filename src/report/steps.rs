//! A scenario with each of its steps and what it saw, for people who want to read all of it.

use std::fmt::Write as _;

use super::{
    terminal::{DIM, elapsed, mark, scenario_line, styled},
    wording,
};
use crate::{run::ScenarioRun, visible};

/// How many lines of a piece of evidence are told.
const LINES: usize = 20;

/// The scenario's line, a line a step, and below each step what it saw.
///
/// The scenario has to be rid of its secrets: evidence quotes what a service said.
#[must_use]
pub fn told(scenario: &ScenarioRun, colour: bool) -> String {
    let mut text = scenario_line(scenario, colour);
    text.push('\n');
    for step in &scenario.steps {
        let sign = mark(step.outcome, colour);
        let took = styled(DIM, &elapsed(step.duration), colour);
        let (keyword, words) = (visible::line(step.keyword.trim()), visible::line(&step.text));
        let _infallible = writeln!(text, "      {sign} {keyword} {words}  {took}");
        for evidence in &step.evidence {
            let what = visible::line(&evidence.what);
            let seen = visible::text(&evidence.seen);
            let seen = wording::head(seen.trim_end(), LINES);
            let mut lines = seen.lines();
            let first = match lines.next() {
                Some(only) if lines.clone().next().is_none() => format!(" {}", visible::line(only)),
                Some(first) => format!("\n          {}", visible::line(first)),
                None => " nothing".to_owned(),
            };
            let told = styled(DIM, &format!("{what}:"), colour);
            let _infallible = writeln!(text, "        {told}{first}");
            for line in lines {
                let _infallible = writeln!(text, "          {}", visible::line(line));
            }
        }
    }
    visible::output(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};
    use crate::run::Evidence;

    #[test]
    fn each_step_stands_below_its_scenario_with_what_it_saw() {
        let mut run = samples::run();
        let evidence = &mut run.scenarios[0].steps[0].evidence;
        evidence.push(Evidence::new("status", "200"));
        evidence.push(Evidence::new("body", "a\n::error::b\u{1b}[2J\n"));
        evidence.push(Evidence::new("log", "line\n".repeat(100)));
        let text = told(&run.scenarios[0], false);
        for part in [
            "  ✓ Flows: one  FLOW-1  observed  10.0 ms\n      ✓ Then the response is 200  10.0 ms\n",
            "        status: 200\n        body:\n          a\n",
            "|           ::error::b␛[2J\n",
            "[… 80 more lines]\n",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
        assert!(told(&run.scenarios[1], false).contains("      ✗ Then the response is 200"));
    }
}
