//! A run in the text format of `OpenMetrics` 1.0, for dashboards: gauges of what it came to.

use std::{collections::BTreeMap, fmt::Write as _, time::SystemTime};

use super::html;
use crate::{run::Run, visible};

/// All families, and the end.
#[expect(clippy::unnecessary_wraps, reason = "formats have one signature")]
pub(super) fn render(run: &Run, _colour: bool) -> Result<String, String> {
    let mut metrics = Metrics { project: label(&run.about.project), text: String::new() };
    let counts = run.counts();
    metrics.family(
        "seaworthy_scenarios",
        None,
        "Scenarios by outcome; one that two truths judge counts once.",
    );
    for (outcome, count) in [
        ("passed", counts.passed),
        ("failed", counts.failed),
        ("undecided", counts.undecided),
        ("not_run", counts.not_run),
        ("not_asked", run.only_observed.len()),
    ] {
        metrics.gauge("seaworthy_scenarios", &[("outcome", outcome)], count);
    }
    metrics.family("seaworthy_claims", None, "Claims of the architecture by state.");
    for (state, count) in html::claims(run) {
        metrics.gauge("seaworthy_claims", &[("state", &state.replace(' ', "_"))], count);
    }
    metrics.family("seaworthy_faults", None, "Everything that is not so or could not be decided.");
    metrics.gauge("seaworthy_faults", &[], run.faults().len());
    metrics.family("seaworthy_findings", None, "What is wrong with the stacks themselves.");
    metrics.gauge("seaworthy_findings", &[], run.findings.len());
    metrics.family("seaworthy_drift", None, "Scenarios on which files and running stack differ.");
    metrics.gauge("seaworthy_drift", &[], run.drift().len());
    metrics.family("seaworthy_exit_code", None, "0 sound, 1 findings, 3 undecided.");
    metrics.gauge("seaworthy_exit_code", &[], run.exit_code());
    if let Some(part) = run.about.shard {
        metrics.family(
            "seaworthy_part",
            None,
            "Which part of the scenarios was judged, of how many.",
        );
        metrics.gauge("seaworthy_part", &[("of", &part.of().to_string())], part.number());
    }
    let seconds = Some("seconds");
    metrics.family("seaworthy_run_duration_seconds", seconds, "How long the run took.");
    metrics.gauge("seaworthy_run_duration_seconds", &[], run.duration.as_secs_f64());
    metrics.family("seaworthy_run_timestamp_seconds", seconds, "When the run began.");
    metrics.gauge("seaworthy_run_timestamp_seconds", &[], moment(run));
    // Of an environment that came up on several machines, the slowest.
    let mut ready: BTreeMap<&str, f64> = BTreeMap::new();
    for stack in &run.stacks {
        let known = ready.entry(&stack.environment).or_default();
        *known = known.max(stack.ready_after.as_secs_f64());
    }
    if !ready.is_empty() {
        let name = "seaworthy_environment_ready_seconds";
        metrics.family(name, seconds, "From the first command until the last service was ready.");
        for (environment, after) in ready {
            metrics.gauge(name, &[("environment", environment)], after);
        }
    }
    metrics.text.push_str("# EOF\n");
    Ok(metrics.text)
}

/// Seconds since 1970, to the millisecond.
fn moment(run: &Run) -> String {
    let since = run.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:03}", since.as_secs(), since.subsec_millis())
}

struct Metrics {
    project: String,
    text: String,
}

impl Metrics {
    fn family(&mut self, name: &str, unit: Option<&str>, help: &str) {
        let _infallible = writeln!(self.text, "# TYPE {name} gauge");
        if let Some(unit) = unit {
            let _infallible = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _infallible = writeln!(self.text, "# HELP {name} {help}");
    }

    fn gauge(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let _infallible = write!(self.text, "{name}{{project=\"{}\"", self.project);
        for (key, text) in labels {
            let _infallible = write!(self.text, ",{key}=\"{}\"", label(text));
        }
        let _infallible = writeln!(self.text, "}} {value}");
    }
}

/// A label's value: backslash, quote and line break are escaped; what cannot be seen is a symbol.
fn label(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let shown = visible::text(&escaped);
    visible::uncommanded(&shown, "♯").into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use regex::Regex;

    use super::{super::samples, *};

    #[test]
    fn every_line_is_one_that_the_format_has_and_each_series_stands_once() {
        let mut run = samples::everything();
        run.about.project = "a \"b\" \\ c\nseaworthy_forged 1\n# EOF".into();
        run.stacks.push(run.stacks[0].clone());
        let text = render(&run, false).expect("text");
        assert!(text.ends_with("\n# EOF\n") && text.matches("\n# EOF").count() == 1, "{text}");
        let sample = Regex::new(
            r#"^(seaworthy_[a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\["\\n])*",?)+)\} [0-9]+(\.[0-9]+)?$"#,
        )
        .expect("a pattern");
        let about =
            Regex::new(r"^# (TYPE|UNIT|HELP) (seaworthy_[a-z_]+) (.+)$").expect("a pattern");
        let (mut family, mut series) = (String::new(), BTreeSet::new());
        for line in text.lines().filter(|line| *line != "# EOF") {
            if let Some(found) = about.captures(line) {
                if &found[1] == "TYPE" {
                    assert_eq!(&found[3], "gauge");
                    family = found[2].to_owned();
                }
                if &found[1] == "UNIT" {
                    assert!(family.ends_with(&format!("_{}", &found[3])), "{line}");
                }
                assert_eq!(found[2], family, "{line}");
                continue;
            }
            let found = sample.captures(line).unwrap_or_else(|| panic!("what is {line}"));
            assert_eq!(found[1], family, "below its family");
            assert!(series.insert((found[1].to_owned(), found[2].to_owned())), "twice: {line}");
        }
        for part in [
            ",outcome=\"not_run\"} 2\n",
            ",state=\"no_scenario\"} 1\n",
            "seaworthy_run_timestamp_seconds{project=\"a \\\"b\\\" \\\\ c\\nseaworthy_forged 1\\n# EOF\"} 1764230400.123\n",
            ",environment=\"small\"} 2\n",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    }
}
