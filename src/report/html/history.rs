//! What this run and earlier ones say together: since when what is so, what is flaky, how long runs took.

use super::{
    claims::{Claim, State},
    markup::Html,
    page::Page,
    scenario,
};
use crate::run::{
    Run, ScenarioRun,
    history::{Ended, Flaky, Held, History, Moment, PastRun, WINDOW, Why},
};

/// Runs that the table lists.
const LISTED: usize = 30;
/// Bars of the drawing.
const BARS: usize = 60;
/// The drawing's measures, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;
const TOP: f64 = 18.0;
const LEFT: f64 = 56.0;

pub(super) fn write(html: &mut Html, page: &Page<'_>, known: &History) {
    let Some(first) = known.runs.first() else { return };
    html.raw("<p>");
    match known.runs.len() {
        1 => _ = html.raw("This is the first run whose result is kept."),
        runs => {
            html.number(runs).raw(" runs are known, this one among them, since ");
            moment(html, &first.at);
            html.raw(".");
        }
    }
    if known.unread > 0 {
        html.raw(" Older results are kept that are not looked at: ").number(known.unread).raw(".");
    }
    html.raw(" What a run did not ask, or could not decide, says nothing here.</p>");
    flaky(html, page, known);
    changed(html, known);
    took(html, known);
    runs(html, known);
}

const fn state(held: Held) -> State {
    match held {
        Held::Broken => State::Broken,
        Held::Undecided | Held::NotRun => State::Undecided,
        Held::Proven => State::Proven,
    }
}

const fn ended(verdict: Ended) -> (State, &'static str) {
    match verdict {
        Ended::Sound => (State::Proven, "sound"),
        Ended::Broken => (State::Broken, "broken"),
        Ended::Undecided => (State::Undecided, "undecided"),
    }
}

/// A run: its minute, and its commit.
fn moment(html: &mut Html, at: &Moment) {
    html.line(&at.when());
    if let (Some(short), Some(whole)) = (at.short(), &at.commit) {
        html.raw(" <small>(commit <code").attribute("title", whole).raw(">");
        html.line(short).raw("</code>)</small>");
    }
}

/// Below a claim's verdict: since when it is so.
pub(super) fn of_claim(html: &mut Html, run: &Run, claim: &Claim<'_>) {
    let Some(one) = run.about.history.as_ref().and_then(|known| known.claim(claim.id)) else {
        return;
    };
    html.raw("<p class=\"since\">");
    if !one.asked {
        html.raw("Decided last by the run of ");
        moment(html, &one.last);
        html.raw(": ");
    }
    html.line(&one.since.told(one.held)).raw(".");
    if let Some(at) = &one.besides {
        html.raw(" Something of it that this run did not decide was broken on ");
        moment(html, at);
        html.raw(".");
    }
    html.raw("</p>");
}

/// Below what a scenario found: since when.
pub(super) fn of_scenario(html: &mut Html, run: &Run, scenario: &ScenarioRun) {
    let known = run.about.history.as_ref();
    if let Some(since) = known.and_then(|known| known.broken_since(run, scenario)) {
        html.raw("<p class=\"since\">").line(&since.told(Held::Broken)).raw(".</p>");
    }
}

/// In the table of all claims: when the first run found it as it is.
pub(super) fn since(html: &mut Html, known: &History, claim: &Claim<'_>) {
    let Some(one) = known.claim(claim.id) else { return };
    if one.asked {
        html.line(&one.since.first.when());
    } else {
        html.raw("<small>").raw(one.held.word()).raw(" on ");
        html.line(&one.last.when()).raw("</small>");
    }
}

/// Scenarios that are now so and now otherwise.
fn flaky(html: &mut Html, page: &Page<'_>, known: &History) {
    if known.flaky.is_empty() {
        return;
    }
    html.raw("<h3 id=\"history-flaky\">Flaky scenarios</h3><p>On the running stack both proven and broken at one commit, or three changes of the verdict or more, within the last ");
    html.number(WINDOW).raw(" runs that decided it.</p><ul class=\"flaky\">");
    for one in &known.flaky {
        html.raw("<li><p>");
        let run = page.told.run;
        let scenario = page.verdicts.iter().find(|verdict| one.of.is(run, verdict.scenario));
        match scenario.filter(|verdict| page.told.is_told(verdict)) {
            Some(verdict) => {
                let anchor = format!("#{}", scenario::anchor(run, verdict.scenario));
                html.raw("<a").attribute("href", &anchor).raw(">");
                html.line(&verdict.scenario.name).raw("</a>");
            }
            None => _ = html.line(&one.of.scenario),
        }
        for (at, name) in one.of.environments.iter().enumerate() {
            html.raw(if at == 0 { " <small>· " } else { ", " }).line(name);
        }
        html.raw(if one.of.environments.is_empty() { ": " } else { "</small>: " });
        html.raw(match one.why {
            Why::SameCommit => "proven and broken at one commit",
            Why::BackAndForth => "back and forth",
        });
        html.raw(", ").number(one.changes());
        html.raw(if one.changes() == 1 { " change" } else { " changes" }).raw(" in ");
        html.number(one.runs.len()).raw(" runs.</p>");
        looks(html, one);
        html.raw("</li>");
    }
    html.raw("</ul>");
}

/// What each run found, the newest last.
fn looks(html: &mut Html, one: &Flaky) {
    html.raw("<details><summary>");
    for look in &one.runs {
        scenario::sign(html, state(look.held));
        html.raw(" ");
    }
    html.raw("</summary><ol class=\"bare\">");
    for look in &one.runs {
        html.raw("<li>");
        scenario::state(html, state(look.held));
        html.raw(" ");
        moment(html, &look.at);
        html.raw("</li>");
    }
    html.raw("</ol></details>");
}

/// The claims that are broken, or were otherwise once.
fn changed(html: &mut Html, known: &History) {
    let is_quiet = |held, before| held == Held::Proven && before;
    let (quiet, mut loud): (Vec<_>, Vec<_>) =
        known.claims.iter().partition(|one| is_quiet(one.held, one.since.before.is_none()));
    // What broke last comes first, then what was mended last.
    loud.sort_by(|a, b| {
        a.held.cmp(&b.held).then(b.since.first.started.cmp(&a.since.first.started))
    });
    if !loud.is_empty() {
        html.raw("<h3 id=\"history-claims\">Claims that changed, or are broken</h3><div class=\"wide\" tabindex=\"0\"><table class=\"small\"><thead><tr><th scope=\"col\">claim</th><th scope=\"col\">found last</th><th scope=\"col\">since</th><th scope=\"col\">runs</th><th scope=\"col\">otherwise last</th></tr></thead><tbody>");
        for one in loud {
            html.raw("<tr><th scope=\"row\"><a");
            html.attribute("href", &format!("#{}", scenario::claim_anchor(&one.claim))).raw(">");
            html.line(&one.claim).raw("</a></th><td>");
            scenario::state(html, state(one.held));
            if !one.asked {
                html.raw(" <small>on ").line(&one.last.when()).raw("</small>");
            }
            html.raw("</td><td>");
            moment(html, &one.since.first);
            html.raw("</td><td class=\"right\">").number(one.since.runs).raw("</td><td>");
            match &one.since.before {
                Some(before) => moment(html, before),
                None => _ = html.raw("never"),
            }
            html.raw("</td></tr>");
        }
        html.raw("</tbody></table></div>");
    }
    if !quiet.is_empty() {
        html.raw("<p>").number(quiet.len());
        html.raw(match quiet.len() {
            1 => " claim was proven by every run that decided it.</p>",
            _ => " claims were proven by every run that decided them.</p>",
        });
    }
}

/// The runs like this one: of the same command, and whole; this one besides.
fn alike(known: &History) -> Vec<&PastRun> {
    let Some(now) = known.runs.last() else { return Vec::new() };
    let before = &known.runs[..known.runs.len() - 1];
    let alike = before.iter().filter(|run| run.command == now.command && run.partly == now.partly);
    let all: Vec<&PastRun> = alike.chain([now]).collect();
    all[all.len().saturating_sub(BARS)..].to_vec()
}

/// How long runs took: a bar each, the newest at the right.
fn took(html: &mut Html, known: &History) {
    let bars = alike(known);
    let Some(now) = bars.last() else { return };
    let longest = bars.iter().map(|run| run.seconds).fold(0.0, f64::max);
    if bars.len() < 2 || longest <= 0.0 {
        return;
    }
    html.raw("<h3 id=\"history-duration\">How long the gate took</h3><figure class=\"durations\"><svg viewBox=\"0 0 ");
    html.decimal(WIDTH, 0).raw(" ").decimal(HEIGHT, 0);
    html.raw("\" role=\"img\" aria-labelledby=\"history-durations\">");
    let floor = HEIGHT - 4.0;
    // Few runs have no wider bars than many.
    let step = ((WIDTH - LEFT) / count(bars.len())).min(32.0);
    for (at, seconds) in [(TOP, longest), (floor, 0.0)] {
        html.raw("<path d=\"M").decimal(LEFT, 0).raw(" ").decimal(at, 1).raw("H");
        html.decimal(WIDTH, 0).raw("\"/><text x=\"").decimal(LEFT - 6.0, 0);
        html.raw("\" y=\"").decimal(at + 4.0, 1).raw("\">");
        if seconds > 0.0 {
            duration(html, seconds);
        } else {
            html.raw("0");
        }
        html.raw("</text>");
    }
    for (at, run) in bars.iter().enumerate() {
        let (of, word) = ended(run.verdict);
        let height = (run.seconds / longest * (floor - TOP)).max(1.0);
        let left = LEFT + step * count(at) + step * 0.15;
        html.raw("<g class=\"").raw(of.class()).raw("\"><title>");
        html.line(&run.at.told()).raw(": ");
        duration(html, run.seconds);
        html.raw(", ").raw(word).raw("</title><rect x=\"").decimal(left, 1);
        html.raw("\" y=\"").decimal(floor - height, 1).raw("\" width=\"").decimal(step * 0.7, 1);
        html.raw("\" height=\"").decimal(height, 1).raw("\"/>");
        if of != State::Proven {
            // Colour is never the only sign.
            html.raw("<text x=\"").decimal(left + step * 0.35, 1).raw("\" y=\"");
            html.decimal(floor - height - 4.0, 1).raw("\">").raw(of.sign()).raw("</text>");
        }
        html.raw("</g>");
    }
    html.raw("</svg><figcaption id=\"history-durations\">The last ").number(bars.len());
    html.raw(" runs of <code>").raw(now.command.word()).raw("</code>");
    html.raw(if now.partly { " that asked a part" } else { " that asked everything" });
    html.raw(": from ");
    duration(html, bars.iter().map(|run| run.seconds).fold(f64::INFINITY, f64::min));
    html.raw(" to ");
    duration(html, longest);
    html.raw(", this one ");
    duration(html, now.seconds);
    html.raw(". The table below has the numbers.</figcaption></figure>");
}

/// A small number, exactly.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

fn duration(html: &mut Html, seconds: f64) {
    // What a damaged number would be is no duration.
    scenario::time(html, std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default());
}

/// The last runs, the newest first.
fn runs(html: &mut Html, known: &History) {
    html.raw("<h3 id=\"history-runs\">The last runs</h3><div class=\"wide\" tabindex=\"0\"><table class=\"small\"><thead><tr><th scope=\"col\">run</th><th scope=\"col\">asked</th><th scope=\"col\">verdict</th><th scope=\"col\">claims proven</th><th scope=\"col\">took</th><th scope=\"col\">stacks ready after</th></tr></thead><tbody>");
    for run in known.runs.iter().rev().take(LISTED) {
        html.raw("<tr><th scope=\"row\">");
        moment(html, &run.at);
        if let Some(branch) = &run.branch {
            html.raw(" <small>").line(branch).raw("</small>");
        }
        html.raw("</th><td>").raw(run.command.word());
        html.raw(if run.partly { " <small>a part</small>" } else { "" }).raw("</td><td>");
        let (of, word) = ended(run.verdict);
        html.raw("<span class=\"state ").raw(of.class()).raw("\"><span aria-hidden=\"true\">");
        html.raw(of.sign()).raw("</span> ").raw(word).raw("</span></td><td class=\"right\">");
        html.number(run.proven).raw(" of ").number(run.claims).raw("</td><td class=\"right\">");
        duration(html, run.seconds);
        html.raw("</td><td>");
        for (at, ready) in run.ready.iter().enumerate() {
            html.raw(if at == 0 { "" } else { ", " }).line(&ready.environment).raw(" ");
            duration(html, ready.seconds);
        }
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></div>");
    let more = known.runs.len().saturating_sub(LISTED);
    if more > 0 {
        html.raw("<p>And ").number(more).raw(" before.</p>");
    }
}

#[cfg(test)]
mod tests;
