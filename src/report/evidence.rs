//! What each step saw, a Markdown file a scenario, fit to be kept beside a release.

use std::{fmt::Write as _, fs, io};

use camino::{Utf8Path, Utf8PathBuf};

use super::{elsewhere, terminal::seconds};
use crate::{
    run::{FailureKind, Outcome, Run, ScenarioRun},
    visible::{self, markdown},
};

/// Writes the evidence of a run into a folder; returns how many files.
///
/// Files are named after the feature file and the scenario's line, so that a second run
/// into the same folder replaces them.
///
/// # Errors
/// The operating system's.
pub fn write(run: &Run, folder: &Utf8Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    for scenario in &run.scenarios {
        fs::write(folder.join(name(scenario)), page(scenario))?;
    }
    Ok(run.scenarios.len())
}

fn name(scenario: &ScenarioRun) -> Utf8PathBuf {
    let feature = scenario.source.path().file_stem().unwrap_or("feature");
    let feature = visible::whole_line(feature);
    format!("{feature}-{}-{}.md", scenario.line, scenario.truth.word()).into()
}

/// The page of one scenario.
#[must_use]
pub fn page(scenario: &ScenarioRun) -> String {
    let verdict = match scenario.outcome {
        Outcome::Passed => "proven",
        Outcome::Failed => "not proven",
        Outcome::Undecided => "undecided",
        Outcome::NotRun => "not run",
    };
    let mut text = format!(
        "# {}\n\n{} ({}), {verdict} in {}. Tags: {}.\n",
        markdown(&scenario.name),
        markdown(&scenario.place()),
        scenario.truth.word(),
        seconds(scenario.duration),
        scenario.tags.iter().map(|tag| markdown(tag)).collect::<Vec<_>>().join(", "),
    );
    for step in &scenario.steps {
        let state = match step.outcome {
            Outcome::Passed => "",
            Outcome::Failed => " — failed",
            Outcome::Undecided => " — undecided",
            Outcome::NotRun => " — not run",
        };
        let _infallible = write!(
            text,
            "\n## {} {}{state}\n",
            markdown(step.keyword.trim()),
            markdown(&step.text)
        );
        for evidence in &step.evidence {
            block(&mut text, &evidence.what, &evidence.seen);
        }
        if let Some(failure) = &step.failure {
            let undecided = failure.kind == FailureKind::Undecided;
            let (asked, answered) =
                if undecided { ("tried", "missing") } else { ("expected", "found") };
            block(&mut text, asked, &failure.expected);
            block(&mut text, answered, &failure.found);
            let places = elsewhere::shown(failure);
            if !places.is_empty() {
                block(&mut text, "and there", places.trim_start_matches('\n'));
            }
            for tail in &failure.logs {
                block(&mut text, &format!("log of {}", tail.service), &tail.lines.join("\n"));
            }
        }
    }
    if let Some(failure) = &scenario.aftermath {
        block(&mut text, "afterwards", &format!("{}: {}", failure.expected, failure.found));
    }
    visible::output(&text).into_owned()
}

/// A titled block, fenced by more backticks than it holds.
fn block(text: &mut String, title: &str, seen: &str) {
    let (title, seen) = (markdown(title), visible::text(seen));
    let mut fence = "```".to_owned();
    while seen.contains(&fence) {
        fence.push('`');
    }
    let _infallible = write!(text, "\n{title}:\n\n{fence}\n{}\n{fence}\n", seen.trim_end());
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    #[test]
    fn a_page_tells_each_step_and_what_was_seen() {
        let mut run = samples::run();
        run.scenarios[0].steps[0].evidence.push(crate::run::Evidence::new("status", "```200```"));
        let proven = page(&run.scenarios[0]);
        assert!(proven.contains("# one\n\na.feature:4 (observed), proven"), "{proven}");
        assert!(proven.contains("status:\n\n````\n```200```\n````"), "{proven}");
        let failed = page(&run.scenarios[1]);
        assert!(failed.contains("the response is 200 — failed"), "{failed}");
        assert!(failed.contains("found:\n\n```\nstatus 502\n```"), "{failed}");
    }
}
