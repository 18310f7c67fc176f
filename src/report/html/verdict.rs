//! The top of the page: may it be released, in one word, and what that rests on.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use super::{
    claims::{State, worst},
    markup::Html,
    page::Page,
    scenario,
};
use crate::run::{Run, ScenarioRun};

/// What the run comes to, as one state and one word.
pub(super) fn state(run: &Run) -> (State, &'static str) {
    match run.exit_code() {
        0 => (State::Proven, "Seaworthy"),
        1 => (State::Broken, "Not seaworthy"),
        _ => (State::Undecided, "Undecided"),
    }
}

/// When the run began, as people and programs read it.
pub(super) fn began(run: &Run) -> String {
    DateTime::<Utc>::from(run.started).format("%Y-%m-%d %H:%M UTC").to_string()
}

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    let run = page.told.run;
    let (state, word) = state(run);
    html.raw("<header class=\"verdict ").raw(state.class()).raw("\" id=\"verdict\">");
    html.raw("<p class=\"project\">").line(page.title()).raw("</p>");
    html.raw("<h1><span class=\"sign\" aria-hidden=\"true\">").raw(state.sign());
    html.raw("</span> ").raw(word).raw("</h1><p class=\"reason\">");
    reason(html, page);
    html.raw("</p>");
    counts(html, page);
    facts(html, page);
    html.raw("</header>");
}

/// The sentence that broke it, or what the verdict rests on.
fn reason(html: &mut Html, page: &Page<'_>) {
    let run = page.told.run;
    let faults = run.faults();
    let finding = faults.iter().find(|fault| fault.kind == crate::run::FailureKind::Finding);
    let error = run.errors.iter().find(|one| one.severity == crate::diagnostic::Severity::Error);
    if run.exit_code() == 0 {
        let left_out = run.left_out();
        html.raw(match (run.stacks.is_empty(), left_out) {
            (true, 0) => "Everything that the files can tell is as it is stated.",
            (true, _) => "Everything that the files were asked is as it is stated.",
            (false, _) => "Everything that was asked is as it is stated.",
        });
        if left_out > 0 {
            html.raw(" ").number(left_out);
            html.raw(if left_out == 1 { " scenario was" } else { " scenarios were" });
            html.raw(" left out.");
        }
        if run.stacks.is_empty() {
            html.raw(" The running stack was not asked.");
        }
    } else if let Some(fault) = finding {
        html.raw("“").line(&fault.scenario.name).raw("” is not so: ");
        html.line(&first(fault.found));
    } else if let Some(found) = run.findings.first().or(error) {
        html.line(&found.title);
    } else if let Some(fault) = faults.first() {
        html.raw("“").line(&fault.scenario.name).raw("” could not be decided: ");
        html.line(&first(fault.found));
    } else {
        html.raw("Not every scenario was run.");
    }
    let more = run.findings.len() + faults.len();
    if run.exit_code() != 0 && more > 1 {
        html.raw(" <a href=\"#broken\">And ").number(more - 1).raw(" more</a>.");
    }
}

/// The first line of what was found, a row of a table as a list.
fn first(found: &str) -> String {
    let line = found.lines().next().unwrap_or_default().trim();
    let row = line.strip_suffix('|').and_then(|line| line.split_once('|'));
    row.map_or_else(
        || line.to_owned(),
        |(before, row)| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            format!("{before}{}", cells.join(", "))
        },
    )
}

/// How many claims came to what: a bar, and the same in words.
fn counts(html: &mut Html, page: &Page<'_>) {
    let states = page.states();
    if states.is_empty() {
        return;
    }
    let count = |state| states.iter().filter(|one| **one == state).count();
    let excepted = count(State::Excepted);
    html.raw("<p class=\"counts\"><b>").number(count(State::Proven) + excepted);
    html.raw(" of ").number(states.len()).raw(" claims proven</b>");
    if page.told.run.stacks.is_empty() {
        html.raw(" by the files");
    }
    if excepted > 0 {
        html.raw(", ").number(excepted).raw(" of them with exceptions");
    }
    html.raw("</p><div class=\"bar\" aria-hidden=\"true\">");
    for state in State::ALL.into_iter().filter(|state| count(*state) > 0) {
        html.raw("<span class=\"").raw(state.class()).raw("\" style=\"flex-grow:");
        html.number(count(state)).raw("\"></span>");
    }
    html.raw("</div><ul class=\"legend\">");
    for state in State::ALL.into_iter().filter(|state| count(*state) > 0) {
        html.raw("<li><b>").number(count(state)).raw("</b> ");
        scenario::state(html, state);
        html.raw("</li>");
    }
    html.raw("</ul>");
}

fn facts(html: &mut Html, page: &Page<'_>) {
    let run = page.told.run;
    let counts = run.counts();
    let asked = counts.passed + counts.failed + counts.undecided + counts.not_run;
    html.raw("<dl class=\"facts\"><div><dt>scenarios</dt><dd>").number(counts.passed);
    html.raw(" of ").number(asked).raw(" proven");
    if counts.failed > 0 {
        html.raw(", ").number(counts.failed).raw(" broken");
    }
    if counts.undecided > 0 {
        html.raw(", ").number(counts.undecided).raw(" undecided");
    }
    if counts.not_run > 0 {
        html.raw(", ").number(counts.not_run).raw(" not run");
    }
    let key = |scenario: &ScenarioRun| format!("{} {}", scenario.place(), scenario.name);
    let unasked = page.verdicts.iter().filter(|verdict| verdict.state == State::NotAsked);
    let unasked: BTreeSet<String> = unasked.map(|verdict| key(verdict.scenario)).collect();
    let judged: BTreeSet<String> = run.scenarios.iter().map(key).collect();
    let unasked = unasked.difference(&judged).count();
    if unasked > 0 {
        html.raw("; ").number(unasked).raw(" more not asked");
    }
    html.raw("</dd></div>");
    if !run.findings.is_empty() {
        html.raw("<div><dt>findings</dt><dd>").number(run.findings.len()).raw("</dd></div>");
    }
    if !run.about.environments.is_empty() {
        html.raw("<div><dt>environments</dt><dd>");
        for (at, name) in run.about.environments.iter().enumerate() {
            html.raw(if at == 0 { "" } else { ", " }).line(name);
        }
        html.raw("</dd></div>");
    }
    if let Some(commit) = &run.about.commit {
        html.raw("<div><dt>commit</dt><dd><code");
        html.attribute("title", &commit.id).raw(">");
        html.line(commit.id.get(..12).unwrap_or(&commit.id)).raw("</code>");
        if let Some(branch) = &commit.branch {
            html.raw(" on ").line(branch);
        }
        html.raw("</dd></div>");
    }
    // Our own version stands with the method.
    for (name, version) in run.about.versions.iter().filter(|(name, _)| name != "seaworthy") {
        html.raw("<div><dt>").line(name).raw("</dt><dd>").line(version).raw("</dd></div>");
    }
    images(html, run);
    html.raw("<div><dt>when</dt><dd>").text(&began(run)).raw("</dd></div>");
    html.raw("<div><dt>took</dt><dd>");
    scenario::time(html, run.duration);
    html.raw("</dd></div></dl>");
}

/// The images that the stacks ran on, each once, with its digest.
fn images(html: &mut Html, run: &Run) {
    const DIGITS: usize = "sha256:".len() + 12;
    let images: IndexMap<&str, &str> =
        run.about.images.iter().map(|image| (image.id.as_str(), image.name.as_str())).collect();
    if images.is_empty() {
        return;
    }
    html.raw("<div><dt>images</dt><dd><details><summary>").number(images.len());
    html.raw(if images.len() == 1 { " image" } else { " images" });
    html.raw(" with digests</summary><ul>");
    for (id, name) in images {
        html.raw("<li>").line(name).raw(" <code").attribute("title", id).raw(">");
        html.line(id.get(..DIGITS).unwrap_or(id)).raw("</code></li>");
    }
    html.raw("</ul></details></dd></div>");
}

/// The state of a chapter: the worst of some.
pub(super) fn chapter(states: impl Iterator<Item = State>) -> Option<State> {
    let mut states = states.peekable();
    states.peek()?;
    Some(worst(states))
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};

    fn top(run: &Run) -> String {
        let page = Page::of(run);
        let mut html = Html::default();
        write(&mut html, &page);
        html.into_string()
    }

    #[test]
    fn a_broken_run_names_what_broke_it() {
        let text = top(&samples::every_outcome());
        for part in [
            "<h1><span class=\"sign\" aria-hidden=\"true\">✗</span> Not seaworthy</h1>",
            "“two” is not so: status 502",
            "href=\"#broken\">And ",
            "1 of 10 proven, 6 broken, 1 undecided, 2 not run; 1 more not asked",
            "1970-01-01 00:00 UTC",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    }

    #[test]
    fn a_row_that_was_found_is_told_without_its_bars() {
        assert_eq!(first("| db | 5432 | any |\n| web | 80 | any |"), "db, 5432, any");
        assert_eq!(first("also published: | api | 70 |"), "also published: api, 70");
        assert_eq!(first("a | b"), "a | b");
    }

    #[test]
    fn what_it_ran_on_stands_at_the_top() {
        let text = top(&samples::with_facts());
        for part in [
            "<dt>engine</dt><dd>28.1</dd>",
            "1 image with digests</summary>",
            "<li>shop:1 <code title=\"sha256:77\">sha256:77</code></li>",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    }

    #[test]
    fn a_sound_run_says_what_it_rests_on() {
        let mut run = samples::run();
        run.scenarios.truncate(1);
        let text = top(&run);
        assert!(text.contains("✓</span> Seaworthy</h1>"), "{text}");
        assert!(text.contains("The running stack was not asked."), "{text}");
        assert!(text.contains("1 of 1 claims proven</b> by the files"), "{text}");
        assert!(text.contains("Everything that the files can tell is as it is stated."), "{text}");
        // What nobody asked is not among that.
        let mut other = run.scenarios[0].clone();
        other.name = "another".into();
        run.about.left_out = vec![other];
        let text = top(&run);
        assert!(text.contains("Everything that the files were asked is"), "{text}");
        assert!(text.contains("1 scenario was left out."), "{text}");
        let told = |render: fn(&Run, bool) -> Result<String, String>| render(&run, false);
        let terminal = told(crate::report::terminal::render).expect("text");
        assert!(terminal.contains("1 scenario was left out, and is not proven"), "{terminal}");
        let markdown = told(crate::report::markdown::render).expect("text");
        assert!(markdown.contains("Left out, and not proven: 1."), "{markdown}");
    }

    #[test]
    fn a_run_that_could_not_begin_is_undecided_and_says_why() {
        let mut run = samples::run();
        run.scenarios.clear();
        run.errors.push(crate::diagnostic::Diagnostic::error("no engine <answers>"));
        let text = top(&run);
        assert!(text.contains("?</span> Undecided</h1>"), "{text}");
        assert!(text.contains("no engine &lt;answers&gt;"), "{text}");
    }
}
