//! What is broken, undecided or about to expire: each with the line of the feature, the line of the
//! files, and what to do.

use std::sync::Arc;

use super::{
    claims::{State, is_claim},
    exceptions, history,
    markup::{Html, mark},
    page::Page,
    quote::quote,
    scenario::{self, claim_anchor},
};
use crate::{
    diagnostic::{Diagnostic, Label, Severity},
    policy::secret::hide::guessed,
    run::{FailureKind, Fault, ScenarioRun, Spot},
};

/// Places of one failure that are shown with their lines.
const MOST: usize = 12;

/// What stands in the chapter.
pub(super) fn states(page: &Page<'_>) -> Vec<State> {
    let run = page.told.run;
    let faults = run.faults();
    let faults = faults.iter().map(|fault| match fault.kind {
        FailureKind::Finding => State::Broken,
        FailureKind::Undecided | FailureKind::Bug => State::Undecided,
    });
    let findings = run.findings.iter().map(|_| State::Broken);
    let errors = run.errors.iter().filter(|one| one.severity == Severity::Error);
    let not_run = run.counts().not_run > 0;
    faults
        .chain(findings)
        .chain(errors.map(|_| State::Undecided))
        .chain(not_run.then_some(State::Undecided))
        .chain(exceptions::expiring(page).iter().map(|_| State::Excepted))
        .collect()
}

pub(super) fn write(html: &mut Html, page: &Page<'_>) {
    let run = page.told.run;
    let faults = run.faults();
    // Faults of one failure stand together.
    let mut groups: Vec<Vec<&Fault<'_>>> = Vec::new();
    for fault in &faults {
        match groups.last_mut() {
            Some(group) if is_same(group[0], fault) => group.push(fault),
            _ => groups.push(vec![fault]),
        }
    }
    groups.sort_by_key(|group| group[0].kind != FailureKind::Finding);
    for finding in &run.findings {
        told(html, page, finding, Some(State::Broken));
    }
    for group in groups {
        card(html, page, &group);
    }
    for error in run.errors.iter().filter(|one| one.severity == Severity::Error) {
        told(html, page, error, Some(State::Undecided));
    }
    not_run(html, page);
    exceptions::soon(html, page);
}

fn is_same(a: &Fault<'_>, b: &Fault<'_>) -> bool {
    let step = |fault: &Fault<'_>| fault.step.map(|step| step.span.clone());
    std::ptr::eq(a.scenario, b.scenario) && step(a) == step(b)
}

/// Where a card begins.
fn open(html: &mut Html, of: State, anchor: &str) {
    html.raw("<article class=\"card ").raw(of.class()).raw("\"").attribute("id", anchor).raw(">");
}

/// One failure with all its places.
fn card(html: &mut Html, page: &Page<'_>, faults: &[&Fault<'_>]) {
    let Some(first) = faults.first() else { return };
    let of = if first.kind == FailureKind::Finding { State::Broken } else { State::Undecided };
    let scenario = first.scenario;
    open(html, of, &format!("fault-{}", first.fingerprint));
    html.raw("<h3>");
    scenario::state(html, of);
    html.raw(" ");
    claims(html, scenario);
    html.line(&scenario.name).raw("</h3>");
    if first.kind == FailureKind::Bug {
        html.raw("<p>seaworthy itself failed here; it says nothing of the stack.</p>");
    }
    let asked = scenario.source.place(
        first
            .step
            .map_or_else(|| scenario.source.line(scenario.line).start, |step| step.span.start),
    );
    html.raw("<dl class=\"sides\"><div><dt>stated in <code>");
    html.line(page.told.run.path(scenario.source.path()).as_str()).raw(":").number(asked.line);
    html.raw("</code></dt><dd>");
    match first.step {
        Some(step) => _ = html.raw("<b>").line(step.keyword.trim()).raw("</b> ").line(&step.text),
        None => _ = html.raw("what the scenario left behind"),
    }
    html.raw("</dd></div>");
    places(html, page, faults);
    html.raw("</dl>");
    let (asked, answered) = match first.kind {
        FailureKind::Undecided => ("tried", "missing"),
        FailureKind::Finding | FailureKind::Bug => ("expected", "found"),
    };
    let failure = first.step.map_or(scenario.aftermath.as_ref(), |step| step.failure.as_ref());
    let (expected, found) = failure.map_or((first.expected, first.found), |failure| {
        (failure.expected.as_str(), failure.found.as_str())
    });
    html.raw("<div class=\"pair\">");
    quote(html, &page.told.urgent, asked, expected);
    quote(html, &page.told.urgent, answered, found);
    html.raw("</div>");
    if let Some(place) = first.place {
        html.raw("<p>At <code>").line(place).raw("</code></p>");
    }
    for note in first.notes {
        html.raw("<p>").prose(note).raw("</p>");
    }
    remedies(html, faults);
    history::of_scenario(html, page.told.run, scenario);
    html.raw("<p class=\"more\"><a");
    html.attribute("href", &format!("#{}", scenario::anchor(page.told.run, scenario)));
    html.raw(">All sentences, evidence and logs</a> · judged by ");
    html.raw(match scenario.truth {
        crate::run::Truth::Declared => "the files",
        crate::run::Truth::Observed => "the running stack",
    });
    for (at, environment) in scenario.environments.iter().enumerate() {
        html.raw(if at == 0 { " · " } else { ", " }).line(environment);
    }
    html.raw("</p></article>");
}

fn claims(html: &mut Html, scenario: &ScenarioRun) {
    for tag in scenario.tags.iter().filter(|tag| is_claim(tag)) {
        html.raw("<a class=\"id\"").attribute("href", &format!("#{}", claim_anchor(tag)));
        html.raw(">").line(tag).raw("</a> ");
    }
}

/// The lines of the files at fault.
fn places(html: &mut Html, page: &Page<'_>, faults: &[&Fault<'_>]) {
    let mut known: Vec<(&str, usize)> = Vec::new();
    for fault in faults.iter().filter(|fault| fault.is_written) {
        let (source, span) = &fault.spot;
        let place = (source.path().as_str(), source.place(span.start).line);
        if known.contains(&place) {
            continue;
        }
        known.push(place);
        if known.len() <= MOST {
            let several = faults.len() > 1;
            spot(html, page, &fault.spot, several.then_some(fault.found));
        }
    }
    if known.len() > MOST {
        html.raw("<div><dt>and at ").number(known.len() - MOST);
        html.raw(" more places</dt><dd>which the JSON report names</dd></div>");
    }
}

/// A line of a file as it may be shown.
fn spot(html: &mut Html, page: &Page<'_>, (source, span): &Spot, found: Option<&str>) {
    let label = Label { source: Arc::clone(source), span: span.clone(), text: String::new() };
    let mut told = Diagnostic::error("");
    told.labels.push(label);
    let Some(Label { source, span, .. }) = guessed(told).labels.pop() else { return };
    let place = source.place(span.start);
    html.raw("<div><dt>written in <code>").line(page.told.run.path(source.path()).as_str());
    html.raw(":").number(place.line).raw("</code></dt><dd>");
    if source.is_outside() {
        html.raw("a file outside the repository, which is not shown");
    } else {
        marked(html, &source, span.start, span.end, place.line);
    }
    if let Some(found) = found {
        html.raw("<small>").line(found.lines().next().unwrap_or_default()).raw("</small>");
    }
    html.raw("</dd></div>");
}

/// A line with the text at fault marked.
fn marked(html: &mut Html, source: &crate::source::Source, from: usize, to: usize, line: usize) {
    let whole = source.line(line);
    let text = source.printable();
    let to = to.clamp(from, whole.end.max(from));
    let piece = |span: std::ops::Range<usize>| text.get(span).unwrap_or_default();
    html.raw("<code class=\"line\">");
    html.line(piece(whole.start.min(from)..from).trim_start());
    html.raw("<mark>").line(piece(from..to)).raw("</mark>");
    html.line(piece(to..whole.end.max(to)).trim_end());
    html.raw("</code>");
}

fn remedies(html: &mut Html, faults: &[&Fault<'_>]) {
    let mut known: Vec<&str> = Vec::new();
    for fault in faults {
        if !fault.help.is_empty() && !known.contains(&fault.help) {
            known.push(fault.help);
        }
    }
    for help in known.iter().take(MOST) {
        html.raw("<p class=\"remedy\"><b>What to do:</b> ").prose(help).raw("</p>");
    }
}

/// A finding or an error outside of scenarios, or a warning, which comes to nothing.
pub(super) fn told(html: &mut Html, page: &Page<'_>, one: &Diagnostic, of: Option<State>) {
    open(html, of.unwrap_or(State::NotAsked), &format!("told-{}", mark(&one.title)));
    let head = |html: &mut Html| match of {
        Some(of) => scenario::state(html, of),
        None => _ = html.raw("<span class=\"state\">Warning</span>"),
    };
    body(html, page, one, head);
}

/// What a rule found, below a head of its own; excepted where a comment allows it.
pub(super) fn card_of(
    html: &mut Html,
    page: &Page<'_>,
    one: &Diagnostic,
    of: Option<State>,
    head: impl FnOnce(&mut Html),
) {
    html.raw("<article class=\"card ").raw(of.unwrap_or(State::NotAsked).class()).raw("\">");
    body(html, page, one, |html| {
        if let Some(of) = of {
            scenario::state(html, of);
            html.raw(" ");
        }
        head(html);
    });
}

fn body(html: &mut Html, page: &Page<'_>, one: &Diagnostic, head: impl FnOnce(&mut Html)) {
    html.raw("<h3>");
    head(html);
    html.raw(" ").line(&one.title).raw("</h3>");
    if !one.labels.is_empty() {
        html.raw("<dl class=\"sides\">");
        for label in &one.labels {
            spot(html, page, &(Arc::clone(&label.source), label.span.clone()), None);
        }
        html.raw("</dl>");
    }
    for note in &one.notes {
        match note.split_once('\n') {
            Some((title, text)) => {
                quote(html, &page.told.urgent, title.trim_end_matches(':'), text);
            }
            None => _ = html.raw("<p>").prose(note).raw("</p>"),
        }
    }
    if let Some(help) = &one.help {
        html.raw("<p class=\"remedy\"><b>What to do:</b> ").prose(help).raw("</p>");
    }
    html.raw("</article>");
}

/// The scenarios that were not run, each reason once.
fn not_run(html: &mut Html, page: &Page<'_>) {
    for (why, scenarios) in super::super::wording::not_run(page.told.run) {
        open(html, State::Undecided, &format!("unrun-{}", mark(why.unwrap_or_default())));
        html.raw("<h3>");
        scenario::state(html, State::Undecided);
        html.raw(" ").line(&super::super::wording::not_run_title(why, scenarios.len()));
        html.raw("</h3><ul>");
        for scenario in scenarios {
            html.raw("<li><a");
            let anchor = scenario::anchor(page.told.run, scenario);
            html.attribute("href", &format!("#{anchor}")).raw(">").line(&scenario.name);
            html.raw("</a></li>");
        }
        html.raw("</ul></article>");
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::samples, *};

    #[test]
    fn a_fault_has_both_lines_the_text_at_fault_and_the_remedy() {
        let run = samples::every_outcome();
        let page = Page::of(&run);
        let mut html = Html::default();
        write(&mut html, &page);
        let text = html.into_string();
        for part in [
            "stated in <code>a.feature:4</code>",
            "written in <code>shop/a b/cömpose.yaml:4</code></dt><dd><code class=\"line\">- <mark>&quot;80:80&quot;</mark></code>",
            "cömpose.yaml:5</code>",
            "<b>What to do:</b> change <code>ports:</code>, 100%",
            "service &quot;wéb&quot; does not come up: it ended",
            "no engine answers",
            "seaworthy itself failed here",
            "1 scenario was not run, because the small environment does not come up",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        assert!(!text.contains("a secret cannot be read"), "a warning breaks nothing");
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part:?}"));
        assert!(at("status 502") < at("Permission denied"), "what is broken comes first");
    }
}
