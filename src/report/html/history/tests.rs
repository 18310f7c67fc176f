use super::{super::super::samples, *};

fn chapter(run: &Run) -> String {
    let page = Page::of(run);
    let mut html = Html::default();
    write(&mut html, &page, run.about.history.as_ref().expect("a history"));
    html.into_string()
}

#[test]
fn the_chapter_tells_since_when_what_is_flaky_and_how_long_runs_took() {
    let text = chapter(&samples::with_history());
    for part in [
        "3 runs are known, this one among them, since 1969-12-30 00:00 UTC",
        "that are not looked at: 7.",
        "Flaky scenarios</h3>",
        "proven and broken at one commit, 2 changes in 3 runs.",
        "href=\"#FLOW-1\">FLOW-1</a></th><td><span class=\"state broken\">",
        "</small></td><td class=\"right\">1</td><td>1969-12-31 00:00 UTC <small>(commit <code title=\"0123456789abcdef0123456789abcdef01234567\">0123456</code>)",
        "claims were proven by every run that decided them.",
        "<svg viewBox=\"0 0 720 150\" role=\"img\" aria-labelledby=\"history-durations\">",
        "<g class=\"broken\"><title>1969-12-30 00:00 UTC (commit 0123456): 1.0 s, broken</title>",
        "The last 3 runs of <code>verify</code> that asked a part: from 1.0 s to 4.0 s, this one 4.0 s.",
        "small 2.0 s, large 2.0 s",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn a_first_run_has_nothing_to_draw() {
    let mut run = samples::with_history();
    let history = run.about.history.as_mut().expect("a history");
    history.runs.drain(..2);
    let text = chapter(&run);
    assert!(text.contains("This is the first run whose result is kept."), "{text}");
    assert!(!text.contains("<svg"), "{text}");
}

#[test]
fn a_check_is_not_drawn_beside_a_verify() {
    let mut run = samples::with_history();
    let history = run.about.history.as_mut().expect("a history");
    history.runs[0].command = crate::run::history::Asking::Check;
    let text = chapter(&run);
    assert!(text.contains("The last 2 runs of"), "{text}");
    history_is_listed(&text);
}

fn history_is_listed(text: &str) {
    assert!(text.contains("</th><td>check <small>a part</small></td>"), "{text}");
}

#[test]
fn claims_and_cards_say_since_when() {
    let run = samples::with_history();
    let text = Page::of(&run).write();
    let since = "<p class=\"since\">broken since 1970-01-01 00:00 UTC (commit 0123456, 1 run); last proven 1969-12-31 00:00 UTC (commit 0123456).</p>";
    assert!(text.matches(since).count() >= 2, "in the mark and on the card:\n{text}");
    assert!(text.contains("<th scope=\"col\">since</th>"));
    let without = Page::of(&samples::with_facts()).write();
    assert!(!without.contains("class=\"since\"") && !without.contains(">since</th>"));
}
