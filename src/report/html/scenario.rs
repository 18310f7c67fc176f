//! A claim and its scenarios: what was asked, sentence by sentence, and what was seen.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use super::{
    claims::{Claim, State, Verdict},
    history,
    markup::{Html, mark, slug},
    quote::{Budget, quote},
};
use crate::run::{Exception, Failure, FailureKind, Outcome, Run, ScenarioRun, StepRun, Truth};

/// What the chapters of a page share while they are written.
#[derive(Debug)]
pub(super) struct Told<'r> {
    pub(super) run: &'r Run,
    pub(super) budget: Budget,
    /// For what is broken: that is never cut because the rest is long.
    pub(super) urgent: Budget,
    /// The scenarios that stand on the page already, by their anchors.
    scenarios: RefCell<BTreeSet<String>>,
    /// Claims that no mark stands for on the page: the first scenario of each is where links to it lead.
    markless: RefCell<BTreeSet<String>>,
}

impl<'r> Told<'r> {
    pub(super) fn new(run: &'r Run) -> Self {
        let (budget, urgent) = <(Budget, Budget)>::default();
        let (scenarios, markless) = <(RefCell<_>, RefCell<_>)>::default();
        Self { run, budget, urgent, scenarios, markless }
    }

    /// Claims of which the page shows no mark.
    pub(super) fn without_marks(&self, claims: impl Iterator<Item = &'r str>) {
        self.markless.borrow_mut().extend(claims.map(str::to_owned));
    }

    /// Whether a scenario stands on the page already.
    pub(super) fn is_told(&self, verdict: &Verdict<'_>) -> bool {
        self.scenarios.borrow().contains(&anchor(self.run, verdict.scenario))
    }
}

/// The anchor of a claim.
pub(super) fn claim_anchor(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if id.len() <= 40 && id.chars().all(plain) {
        id.to_owned()
    } else {
        format!("claim-{}", mark(id))
    }
}

/// The anchor of a scenario by one truth; the same in the next run.
pub(super) fn anchor(run: &Run, scenario: &ScenarioRun) -> String {
    let id = format!("{} {} {}", run.id(scenario), scenario.truth.word(), row(scenario));
    let anchor = format!("scenario-{}-{}", slug(&scenario.name), mark(&id));
    // Rows of several tables may be equal, and each is a scenario.
    let all = run.scenarios.iter().chain(&run.only_observed).chain(&run.about.left_out);
    let same = |one: &&ScenarioRun| {
        (&one.name, one.truth, one.source.path())
            == (&scenario.name, scenario.truth, scenario.source.path())
            && one.line < scenario.line
            && row(one) == row(scenario)
    };
    match all.filter(same).count() {
        0 => anchor,
        before => format!("{anchor}-{}", before + 1),
    }
}

/// What tells rows of one outline apart, whatever lines they stand on: their sentences.
fn row(scenario: &ScenarioRun) -> String {
    scenario.steps.iter().map(|step| step.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// A duration as people read it.
pub(super) fn time(html: &mut Html, duration: Duration) {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis < 1.0 {
        html.raw("&lt;1 ms");
    } else if millis < 1000.0 {
        html.decimal(millis, 0).raw(" ms");
    } else if millis < 100_000.0 {
        html.decimal(millis / 1000.0, 1).raw(" s");
    } else {
        html.decimal((millis / 60_000.0).floor(), 0).raw(" min ");
        html.decimal((millis / 1000.0) % 60.0, 0).raw(" s");
    }
}

/// A state as sign and word.
pub(super) fn state(html: &mut Html, state: State) {
    html.raw("<span class=\"state ").raw(state.class()).raw("\"><span aria-hidden=\"true\">");
    html.raw(state.sign()).raw("</span> ").raw(state.word()).raw("</span>");
}

/// A state as its sign alone; the word is for screen readers.
pub(super) fn sign(html: &mut Html, state: State) {
    html.raw("<span class=\"sign ").raw(state.class()).raw("\"><span aria-hidden=\"true\">");
    html.raw(state.sign()).raw("</span><span class=\"spoken\"> ").raw(state.word());
    html.raw("</span></span>");
}

/// By which truths a claim was judged, each with its sign: `files ✓ stack –`.
pub(super) fn by(html: &mut Html, claim: &Claim<'_>) {
    for (truth, word) in [(Truth::Declared, "files"), (Truth::Observed, "stack")] {
        if let Some(by) = claim.by(truth) {
            html.raw("<span class=\"by\">").raw(word).raw(" ");
            sign(html, by);
            html.raw("</span>");
        }
    }
}

/// The mark of a claim: a line with its sign that opens to everything behind it.
pub(super) fn claim(html: &mut Html, told: &Told<'_>, claim: &Claim<'_>) {
    let of = claim.state();
    html.raw("<details class=\"claim ").raw(of.class()).raw("\"><summary>");
    html.raw("<span class=\"sign\" aria-hidden=\"true\">").raw(of.sign()).raw("</span> ");
    html.raw("<b>").line(claim.id).raw("</b> ");
    let quiet = of == State::Proven;
    html.raw(if quiet { "<span class=\"spoken\">" } else { "<span class=\"word\">" });
    html.raw(of.word()).raw("</span> ");
    // Who was not asked says nothing by itself.
    if of < State::NotAsked {
        by(html, claim);
    }
    html.raw("</summary><div class=\"body\"").attribute("id", &claim_anchor(claim.id)).raw(">");
    html.raw("<p class=\"verdict\"><b>").line(claim.id).raw("</b> ");
    state(html, of);
    explained(html, claim);
    html.raw("</p>");
    history::of_claim(html, told.run, claim);
    scenarios(html, told, &claim.verdicts);
    html.raw("</div></details>");
}

/// What a claim's state rests on, in words.
fn explained(html: &mut Html, claim: &Claim<'_>) {
    if claim.verdicts.is_empty() {
        html.raw(": no scenario carries this tag, so nothing is known of it.");
        return;
    }
    let truths = [Truth::Declared, Truth::Observed];
    let asked = |truth: &Truth| claim.by(*truth).is_some_and(|by| by != State::NotAsked);
    let words: Vec<&'static str> = truths
        .into_iter()
        .filter(asked)
        .map(|truth| if truth == Truth::Declared { "the files" } else { "the running stack" })
        .collect();
    match words[..] {
        [] => {}
        [one] => _ = html.raw(" by ").raw(one),
        [one, other, ..] => _ = html.raw(" by ").raw(one).raw(" and by ").raw(other),
    }
    if claim.is_partly_asked() {
        let stack_unasked = claim.by(Truth::Observed) == Some(State::NotAsked);
        html.raw(if stack_unasked {
            "; the running stack was not asked"
        } else {
            "; not every scenario was asked"
        });
    }
    html.raw(".");
}

/// Scenarios as a list, each with its sentences where it stands on the page for the first time.
pub(super) fn scenarios(html: &mut Html, told: &Told<'_>, verdicts: &[Verdict<'_>]) {
    if verdicts.is_empty() {
        return;
    }
    html.raw("<ul class=\"scenarios\">");
    for verdict in verdicts {
        // Of one that a truth has judged, the other truth's silence is told beside it.
        let twin = |other: &&Verdict<'_>| {
            is_one(verdict, other) && other.scenario.truth != verdict.scenario.truth
        };
        let twin = verdicts.iter().find(twin);
        if verdict.state == State::NotAsked && twin.is_some_and(|twin| twin.state < State::NotAsked)
        {
            told.scenarios.borrow_mut().insert(anchor(told.run, verdict.scenario));
            continue;
        }
        let silent = twin.filter(|twin| twin.state == State::NotAsked);
        html.raw("<li>");
        scenario(html, told, verdict, silent.map(|twin| twin.scenario.truth));
        html.raw("</li>");
    }
    html.raw("</ul>");
}

/// Whether two verdicts are on one scenario.
fn is_one(a: &Verdict<'_>, b: &Verdict<'_>) -> bool {
    a.scenario.name == b.scenario.name && a.scenario.place() == b.scenario.place()
}

/// A scenario by one truth; `silent` is the other, if it has a say and was not asked.
fn scenario(html: &mut Html, told: &Told<'_>, verdict: &Verdict<'_>, silent: Option<Truth>) {
    let Verdict { scenario, state } = *verdict;
    let anchor = anchor(told.run, scenario);
    if !told.scenarios.borrow_mut().insert(anchor.clone()) {
        html.raw("<a class=\"again\"").attribute("href", &format!("#{anchor}")).raw(">");
        head(html, verdict, silent);
        html.raw("</a>");
        return;
    }
    let open = matches!(state, State::Broken | State::Undecided);
    for tag in &scenario.tags {
        if told.markless.borrow_mut().remove(tag.as_str()) {
            html.raw("<span").attribute("id", &claim_anchor(tag)).raw("></span>");
        }
    }
    html.raw("<details class=\"scenario ").raw(state.class());
    html.raw(if open { "\" open><summary>" } else { "\"><summary>" });
    head(html, verdict, silent);
    html.raw("</summary><div class=\"body\"").attribute("id", &anchor).raw(">");
    html.raw("<p class=\"where\">");
    html.line(&scenario.feature).raw(" · <code>");
    html.line(told.run.path(scenario.source.path()).as_str()).raw(":").number(scenario.line);
    html.raw("</code></p>");
    if let Some(why) = &scenario.not_run {
        html.raw("<p>It was not run, because ").line(why).raw(".</p>");
    }
    html.raw("<ol class=\"steps\">");
    for step in &scenario.steps {
        self::step(html, told, scenario, step, state);
    }
    html.raw("</ol>");
    if let Some(after) = &scenario.aftermath {
        html.raw("<p><b>Afterwards</b></p>");
        failure(html, told, after);
    }
    html.raw("</div></details>");
}

fn head(html: &mut Html, verdict: &Verdict<'_>, silent: Option<Truth>) {
    let Verdict { scenario, state } = *verdict;
    sign(html, state);
    html.raw(" <span class=\"name\">").line(&scenario.name).raw("</span> <small>");
    html.raw(match scenario.truth {
        Truth::Declared => "by the files",
        Truth::Observed => "by the running stack",
    });
    for (at, environment) in scenario.environments.iter().enumerate() {
        html.raw(if at == 0 { " · " } else { ", " }).line(environment);
    }
    if !matches!(state, State::NotAsked) && scenario.outcome != Outcome::NotRun {
        html.raw(" · ");
        time(html, scenario.duration);
    }
    match silent {
        Some(Truth::Observed) => _ = html.raw("; the running stack was not asked"),
        Some(Truth::Declared) => _ = html.raw("; the files were not asked"),
        None => {}
    }
    html.raw("</small>");
}

fn step(html: &mut Html, told: &Told<'_>, scenario: &ScenarioRun, step: &StepRun, of: State) {
    let state = match step.outcome {
        Outcome::Passed if step.exceptions.is_empty() => State::Proven,
        Outcome::Passed => State::Excepted,
        Outcome::Failed => match &step.failure {
            Some(failure) if failure.kind == FailureKind::Finding => State::Broken,
            _ => State::Undecided,
        },
        Outcome::Undecided => State::Undecided,
        Outcome::NotRun => State::NotAsked,
    };
    html.raw("<li class=\"").raw(state.class()).raw("\">");
    if of != State::NotAsked {
        if step.outcome == Outcome::NotRun {
            html.raw("<span class=\"sign unasked\"><span aria-hidden=\"true\">–</span>");
            html.raw("<span class=\"spoken\"> not reached</span></span>");
        } else {
            sign(html, state);
        }
    }
    html.raw(" <b>").line(step.keyword.trim()).raw("</b> ").line(&step.text);
    exceptions(html, &step.exceptions);
    // A table below the sentence is a part of what was asked.
    below(html, told, scenario, step);
    for evidence in &step.evidence {
        quote(html, &told.budget, &evidence.what, &evidence.seen);
    }
    if let Some(why) = &step.failure {
        failure(html, told, why);
    }
    html.raw("</li>");
}

/// The exceptions of a sentence, as a table.
fn exceptions(html: &mut Html, exceptions: &[Exception]) {
    if exceptions.is_empty() {
        return;
    }
    html.raw("<table class=\"small\"><thead><tr><th scope=\"col\">except</th>");
    html.raw("<th scope=\"col\">reason</th><th scope=\"col\">until</th></tr></thead><tbody>");
    for Exception { subject, reason, until } in exceptions {
        html.raw("<tr><td><code>").line(subject).raw("</code></td><td>").line(reason);
        html.raw("</td><td>").line(until.as_deref().unwrap_or("no end")).raw("</td></tr>");
    }
    html.raw("</tbody></table>");
}

fn below(html: &mut Html, told: &Told<'_>, scenario: &ScenarioRun, step: &StepRun) {
    if !step.exceptions.is_empty() || scenario.source.is_outside() {
        return;
    }
    let line = scenario.source.place(step.span.start).line;
    let text = scenario.source.text();
    let rows: Vec<&str> = text
        .lines()
        .skip(line)
        .map(str::trim)
        .take_while(|row| row.starts_with('|') || row.starts_with('#'))
        .filter(|row| row.starts_with('|'))
        .collect();
    if !rows.is_empty() {
        quote(html, &told.budget, "as the feature lists it", &rows.join("\n"));
    }
}

/// What was asked for and what was found, with the logs.
pub(super) fn failure(html: &mut Html, told: &Told<'_>, failure: &Failure) {
    let (asked, answered): (&'static str, &'static str) = match failure.kind {
        FailureKind::Undecided => ("Tried", "Missing"),
        FailureKind::Finding | FailureKind::Bug => ("Expected", "Found"),
    };
    html.raw("<div class=\"failure\">");
    if failure.kind == FailureKind::Bug {
        html.raw("<p>seaworthy itself failed here; it says nothing of the stack.</p>");
    }
    quote(html, &told.budget, asked, &failure.expected);
    quote(html, &told.budget, answered, &failure.found);
    if let Some(place) = &failure.place {
        html.raw("<p>At <code>").line(place).raw("</code></p>");
    }
    for note in &failure.notes {
        html.raw("<p>").prose(note).raw("</p>");
    }
    if !failure.help.is_empty() {
        html.raw("<p class=\"remedy\"><b>What to do:</b> ").prose(&failure.help).raw("</p>");
    }
    for log in &failure.logs {
        if log.lines.is_empty() {
            html.raw("<p>").line(&log.service).raw(" has logged nothing.</p>");
        } else {
            let title = format!("last lines of {}", log.service);
            quote(html, &told.budget, &title, &log.lines.join("\n"));
        }
    }
    html.raw("</div>");
}
