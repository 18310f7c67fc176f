//! Exceptions: what need not be so, why, and for how long still.

use chrono::{DateTime, NaiveDate, Utc};

use super::{claims::State, markup::Html, page::Page, scenario};
use crate::run::{Exception, Run, ScenarioRun};

/// Who has so many days left should begin.
const SOON: i64 = 30;

/// An exception in force, with its scenario.
#[derive(Debug, Clone, Copy)]
pub(super) struct InForce<'r> {
    pub(super) exception: &'r Exception,
    scenario: &'r ScenarioRun,
    sentence: &'r str,
    /// The days left at the run's start; none without an end.
    pub(super) days: Option<i64>,
}

/// Every exception of the scenarios that were judged, the first to expire first.
pub(super) fn all(run: &Run) -> Vec<InForce<'_>> {
    let today = DateTime::<Utc>::from(run.started).date_naive();
    let days = |exception: &Exception| {
        let until = exception.until.as_deref()?.parse::<NaiveDate>().ok()?;
        Some((until - today).num_days())
    };
    let mut all: Vec<InForce<'_>> = Vec::new();
    for scenario in &run.scenarios {
        for step in &scenario.steps {
            for exception in &step.exceptions {
                let sentence = step.text.as_str();
                let same = |known: &InForce<'_>| {
                    known.exception == exception
                        && known.sentence == sentence
                        && known.scenario.place() == scenario.place()
                };
                // Two truths judge one sentence.
                if !all.iter().any(same) {
                    all.push(InForce { exception, scenario, sentence, days: days(exception) });
                }
            }
        }
    }
    all.sort_by_key(|one| one.days.unwrap_or(i64::MAX));
    all
}

/// Those that expire soon.
pub(super) fn expiring<'r>(page: &Page<'r>) -> Vec<InForce<'r>> {
    let mut all = all(page.told.run);
    all.retain(|one| one.days.is_some_and(|days| days <= SOON));
    all
}

/// What expires soon, as a card of the first chapter.
pub(super) fn soon(html: &mut Html, page: &Page<'_>) {
    let soon = expiring(page);
    if soon.is_empty() {
        return;
    }
    html.raw("<article class=\"card excepted\" id=\"expiring\"><h3>");
    scenario::state(html, State::Excepted);
    html.raw(" Exceptions that end within ").number(SOON).raw(" days</h3>");
    table(html, page, &soon);
    html.raw("<p class=\"remedy\"><b>What to do:</b> mend what they excuse, or set a new day and say why.</p></article>");
}

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    html.raw("<p>What need not be so, each with its reason. An exception that nothing needs any more, or whose day has passed, breaks its sentence.</p>");
    table(html, page, &all(page.told.run));
}

fn table(html: &mut Html, page: &Page<'_>, exceptions: &[InForce<'_>]) {
    html.raw("<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">except</th><th scope=\"col\">from</th><th scope=\"col\">reason</th><th scope=\"col\" class=\"right\">days left</th></tr></thead><tbody>");
    for one in exceptions {
        html.raw("<tr><td><code>").line(&one.exception.subject).raw("</code></td><td><a");
        let anchor = scenario::anchor(page.told.run, one.scenario);
        html.attribute("href", &format!("#{anchor}")).raw(">").line(one.sentence);
        html.raw("</a></td><td>").line(&one.exception.reason).raw("</td><td class=\"right\">");
        match (&one.exception.until, one.days) {
            (Some(until), Some(days)) => {
                html.number(days).raw("<br><small>").line(until).raw("</small>");
            }
            (Some(until), None) => _ = html.line(until),
            (None, _) => _ = html.raw("no end"),
        }
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></div>");
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};

    fn excepting(until: Option<&str>) -> Run {
        let mut run = samples::run();
        run.scenarios.truncate(1);
        run.scenarios[0].steps[0].exceptions.push(Exception {
            subject: "db <b>".into(),
            reason: "it needs it".into(),
            until: until.map(str::to_owned),
        });
        run
    }

    #[test]
    fn the_days_left_are_counted_from_the_run() {
        for (until, days, is_soon) in [
            (Some("1970-01-11"), "<td class=\"right\">10<br><small>1970-01-11</small>", true),
            (Some("1971-01-01"), "<td class=\"right\">365<br>", false),
            (None, "<td class=\"right\">no end</td>", false),
        ] {
            let run = excepting(until);
            let page = Page::of(&run);
            let mut html = Html::default();
            write(&mut html, &page);
            let text = html.into_string();
            assert!(text.contains(days), "{text}");
            assert!(text.contains("<code>db &lt;b&gt;</code>"), "{text}");
            assert_eq!(!expiring(&page).is_empty(), is_soon, "{until:?}");
        }
    }
}
