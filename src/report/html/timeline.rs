//! When what happened: why the run took as long as it did.

use std::time::Duration;

use super::{markup::Html, page::Page, scenario};
use crate::run::{Run, ScenarioRun, Stretch, Truth, Work};

/// Scenarios are listed by their duration up to this many.
const SLOWEST: usize = 10;
/// A run that is shorter needs no drawing.
const SHORTEST: Duration = Duration::from_secs(2);

/// Whether there is anything to see.
pub(super) fn is_worth_it(run: &Run) -> bool {
    run.about.timeline.iter().any(|one| one.work != Work::Files) || slowest(run).len() > 1
}

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    let run = page.told.run;
    let end = run.about.timeline.iter().map(|one| one.ended).max().unwrap_or_default();
    let whole = run.duration.max(end);
    html.raw("<p>");
    for stretch in run.about.timeline.iter().filter(|one| one.work == Work::Files) {
        html.raw("The files were judged in ");
        scenario::time(html, stretch.ended.saturating_sub(stretch.begun));
        html.raw(". ");
    }
    for stack in &run.stacks {
        html.raw("The ").line(&stack.environment).raw(" environment was ready ");
        scenario::time(html, stack.ready_after);
        html.raw(" after its images were there (");
        scenario::time(html, stack.images);
        html.raw(" for those). ");
    }
    html.raw("</p>");
    if whole >= SHORTEST {
        drawing(html, run, whole);
    }
    list(html, page);
}

/// A row a piece of work, against one scale.
fn drawing(html: &mut Html, run: &Run, whole: Duration) {
    html.raw("<div class=\"time\" role=\"list\">");
    scale(html, whole);
    let mut environment: Option<&Option<String>> = None;
    let mut rows: Vec<&Stretch> =
        run.about.timeline.iter().filter(|one| one.work != Work::Scenario).collect();
    // Environments come up side by side: each is read by itself.
    rows.sort_by_key(|one| (one.work == Work::End, one.environment.clone(), one.begun));
    for one in rows {
        if environment != Some(&one.environment) {
            if let Some(name) = &one.environment {
                html.raw("<p class=\"lane\">").line(name).raw("</p>");
            }
            environment = Some(&one.environment);
        }
        row(html, one, whole);
    }
    let scenarios = run.about.timeline.iter().filter(|one| one.work == Work::Scenario);
    for (at, lane) in lanes(scenarios).iter().enumerate() {
        if at == 0 {
            html.raw("<p class=\"lane\">scenarios, those side by side that ran so</p>");
        }
        html.raw("<div class=\"row\" role=\"listitem\"><span class=\"label\"></span><span class=\"track\">");
        for one in lane {
            bar(html, one, whole);
        }
        html.raw("</span></div>");
    }
    html.raw("</div>");
}

fn scale(html: &mut Html, whole: Duration) {
    html.raw("<div class=\"row scale\" aria-hidden=\"true\"><span class=\"label\"></span><span class=\"track\">");
    let step = step(whole.as_secs_f64());
    let mut at = 0.0;
    // The last mark has room for its number.
    while at <= whole.as_secs_f64() * 0.96 {
        html.raw("<i style=\"left:").decimal(100.0 * at / whole.as_secs_f64(), 2).raw("%\">");
        html.decimal(at, 0).raw(" s</i>");
        at += step;
    }
    html.raw("</span></div>");
}

/// A round number of seconds between two marks: five to ten of them.
fn step(whole: f64) -> f64 {
    let steps = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];
    steps.into_iter().find(|step| whole / step <= 10.0).unwrap_or(whole / 10.0)
}

fn row(html: &mut Html, one: &Stretch, whole: Duration) {
    html.raw("<div class=\"row\" role=\"listitem\"><span class=\"label\">").line(&one.what);
    html.raw("</span><span class=\"track\">");
    bar(html, one, whole);
    html.raw("</span></div>");
}

fn bar(html: &mut Html, one: &Stretch, whole: Duration) {
    let length = whole.as_secs_f64().max(f64::MIN_POSITIVE);
    let took = one.ended.saturating_sub(one.begun);
    let (left, width) = (one.begun.as_secs_f64() / length, took.as_secs_f64() / length);
    html.raw("<span class=\"stretch ").raw(one.work.word());
    html.raw(if one.done { "\"" } else { " open\"" });
    html.raw(" style=\"left:").decimal(100.0 * left, 3).raw("%;width:").decimal(100.0 * width, 3);
    html.raw("%\"").attribute("title", &title(one)).raw("></span>");
    if one.work == Work::Scenario {
        html.raw("<span class=\"spoken\">").line(&title(one)).raw("</span>");
        return;
    }
    // Beside its bar, on the side that has room.
    let right = left + width > 0.7;
    html.raw(if right {
        "<span class=\"took before\" style=\"right:"
    } else {
        "<span class=\"took\" style=\"left:"
    });
    html.decimal(100.0 * if right { 1.0 - left } else { left + width }, 3).raw("%\">");
    scenario::time(html, took);
    if !one.waited_for.is_empty() {
        html.raw(" <small>after ").line(&one.waited_for.join(", ")).raw("</small>");
    }
    html.raw("</span>");
}

fn title(one: &Stretch) -> String {
    let seconds = |moment: Duration| format!("{:.1}", moment.as_secs_f64());
    let mut title = format!("{}: {} s to {} s", one.what, seconds(one.begun), seconds(one.ended));
    if !one.done && one.work == Work::Service {
        title.push_str(", not ready");
    }
    title
}

/// Stretches in as few rows as it takes that none covers another.
fn lanes<'r>(stretches: impl Iterator<Item = &'r Stretch>) -> Vec<Vec<&'r Stretch>> {
    let mut lanes: Vec<Vec<&Stretch>> = Vec::new();
    for one in stretches {
        let free =
            |lane: &&mut Vec<&Stretch>| lane.last().is_none_or(|last| last.ended <= one.begun);
        match lanes.iter_mut().find(free) {
            Some(lane) => lane.push(one),
            None => lanes.push(vec![one]),
        }
    }
    lanes
}

/// The scenarios on the running stack that took longest, the longest first.
fn slowest(run: &Run) -> Vec<&ScenarioRun> {
    let ran =
        |scenario: &&ScenarioRun| scenario.truth == Truth::Observed && !scenario.duration.is_zero();
    let mut all: Vec<_> = run.scenarios.iter().filter(ran).collect();
    all.sort_by_key(|scenario| std::cmp::Reverse(scenario.duration));
    all.truncate(SLOWEST);
    all
}

fn list(html: &mut Html, page: &Page<'_>) {
    let slowest = slowest(page.told.run);
    if slowest.is_empty() {
        return;
    }
    html.raw("<h3>The longest scenarios</h3><table class=\"small\"><tbody>");
    for scenario in slowest {
        html.raw("<tr><td class=\"right\">");
        scenario::time(html, scenario.duration);
        html.raw("</td><td><a");
        let anchor = scenario::anchor(page.told.run, scenario);
        html.attribute("href", &format!("#{anchor}")).raw(">").line(&scenario.name);
        html.raw("</a></td></tr>");
    }
    html.raw("</tbody></table>");
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};

    #[test]
    fn bars_stand_where_their_time_is_and_say_whom_they_waited_for() {
        let run = samples::with_facts();
        let page = Page::of(&run);
        let mut html = Html::default();
        write(&mut html, &page);
        let text = html.into_string();
        for part in [
            "stretch preparation\" style=\"left:0.000%;width:50.000%\" title=\"building &lt;images&gt;: 0.0 s to 2.0 s\"",
            "stretch service\" style=\"left:50.000%;width:25.000%\"",
            "<small>after db</small>",
            "stretch service open\"",
            "not ready",
            "3 s</i>",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(!text.contains("<images>"), "{text}");
    }

    #[test]
    fn what_runs_side_by_side_stands_in_lanes_of_its_own() {
        let stretch = |begun: u64, ended: u64| Stretch {
            work: Work::Scenario,
            environment: None,
            what: String::new(),
            begun: Duration::from_secs(begun),
            ended: Duration::from_secs(ended),
            waited_for: Vec::new(),
            done: true,
        };
        let all = [stretch(0, 5), stretch(0, 2), stretch(2, 3), stretch(4, 6)];
        let lengths: Vec<usize> = lanes(all.iter()).iter().map(Vec::len).collect();
        assert_eq!(lengths, [1, 3]);
    }

    #[test]
    fn a_scale_has_a_handful_of_marks() {
        for whole in [2.0, 7.0, 33.0, 95.0, 400.0, 5_000.0] {
            let marks = whole / step(whole);
            assert!((1.0..=10.0).contains(&marks), "{whole}: {marks}");
        }
    }
}
