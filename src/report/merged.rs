//! Joined runs say what all of them say, and where they differ the worst.

use std::time::Duration;

use super::samples;
use crate::{
    run::{Outcome, Run, merge},
    source::Source,
};

/// The scenarios of a run that an index picks; the others are left out.
fn part(run: &Run, picks: impl Fn(usize) -> bool) -> Run {
    let mut part = run.clone();
    let numbered = run.scenarios.iter().cloned().enumerate();
    let (own, others): (Vec<_>, Vec<_>) = numbered.partition(|(at, _)| picks(*at));
    part.scenarios = own.into_iter().map(|(_, one)| one).collect();
    part.about.left_out.extend(others.into_iter().map(|(_, one)| one));
    part
}

fn named(runs: impl IntoIterator<Item = Run>) -> Vec<(String, Run)> {
    runs.into_iter().enumerate().map(|(at, run)| (format!("{at}.json"), run)).collect()
}

/// Scenarios of titles of their own.
fn whole() -> Run {
    let mut run = samples::everything();
    for (at, scenario) in run.scenarios.iter_mut().enumerate() {
        scenario.name = format!("{at}: {}", scenario.name);
    }
    run
}

#[test]
fn parts_of_a_run_joined_are_the_run() {
    let run = whole();
    let shards = (0..3).map(|shard| part(&run, |at| at % 3 == shard));
    let joined = merge(named(shards)).expect("one project");
    let outcomes = |run: &Run| {
        let mut all: Vec<_> = run
            .scenarios
            .iter()
            .map(|one| (one.name.clone(), format!("{:?}", one.outcome)))
            .collect();
        all.sort();
        all
    };
    assert_eq!(outcomes(&joined), outcomes(&run));
    assert_eq!(joined.counts(), run.counts());
    assert_eq!(joined.exit_code(), run.exit_code());
    assert_eq!(joined.errors.len(), run.errors.len(), "{:#?}", joined.errors);
    assert_eq!(joined.findings.len(), run.findings.len());
    assert_eq!(joined.about.left_out.len(), run.about.left_out.len(), "asked elsewhere");
    assert_eq!(joined.only_observed.len(), run.only_observed.len());
    assert_eq!(joined.duration, run.duration, "side by side");
    assert_eq!(joined.about.facts.len(), 2);
    assert_eq!(joined.about.images, run.about.images);
    assert_eq!(joined.about.engine_calls[0].1, 21, "each of three machines asked 7 times");
}

#[test]
fn the_worst_of_two_outcomes_counts_in_either_order_and_is_told() {
    let one = whole();
    let mut other = one.clone();
    let at = |run: &Run| run.scenarios.iter().position(|one| one.name.ends_with(": proven"));
    let proven = at(&one).expect("a scenario that is proven");
    other.scenarios[proven].outcome = Outcome::Failed;
    for runs in [[one.clone(), other.clone()], [other, one]] {
        let joined = merge(named(runs)).expect("one project");
        let known = at(&joined).expect("the scenario");
        assert_eq!(joined.scenarios[known].outcome, Outcome::Failed);
        let told =
            joined.errors.iter().find(|told| told.title.contains("the worse of both counts"));
        let title = &told.expect("a warning").title;
        assert!(title.contains("0.json") && title.contains("1.json"), "{title}");
        assert!(title.contains("proven") && title.contains("failed"), "{title}");
    }
}

#[test]
fn runs_of_two_projects_or_commits_have_no_verdict_in_common() {
    let one = whole();
    let mut other = one.clone();
    other.about.project = "else".into();
    let why = merge(named([one.clone(), other])).expect_err("two projects");
    assert!(why.title.contains("0.json") && why.title.contains("\"else\""), "{}", why.title);
    let mut other = one.clone();
    let id = "f".repeat(40);
    other.about.commit.as_mut().expect("a commit").id.clone_from(&id);
    let why = merge(named([one.clone(), other.clone()])).expect_err("two commits");
    assert!(why.title.contains("1.json") && why.title.contains(&id), "{}", why.title);
    other.about.commit = None;
    let joined = merge(named([one, other])).expect("one commit that is known");
    let told = joined.errors.iter().filter(|told| told.title.contains("is not known"));
    assert_eq!(told.count(), 1);
    assert!(merge(Vec::new()).is_err());
}

#[test]
fn machines_may_keep_the_repository_where_they_like() {
    let run = whole();
    let mut elsewhere = run.clone();
    elsewhere.here = "/home/x/work".into();
    elsewhere.root = "/home/x/work".into();
    let mut absolute = elsewhere.clone();
    for scenario in &mut absolute.scenarios {
        let path = absolute.root.join(scenario.source.path());
        scenario.source = Source::new(path, scenario.source.text());
    }
    for other in [elsewhere, absolute] {
        let joined = merge(named([run.clone(), other])).expect("one project");
        assert_eq!(joined.scenarios.len(), run.scenarios.len());
    }
}

#[test]
fn a_drawing_of_what_differs_is_of_the_pair_that_is_held_in_full_or_the_first_two_environments() {
    let mut one = whole();
    one.about.differences[0].environments = ["b".into(), "c".into()];
    one.about.difference.as_mut().expect("a drawing").title = "a → b".into();
    let mut other = one.clone();
    other.about.difference.as_mut().expect("a drawing").title = "b → c".into();
    let joined = merge(named([one.clone(), other])).expect("one project");
    let drawn = joined.about.difference.map(|drawn| drawn.title);
    assert_eq!(drawn.as_deref(), Some("b → c"), "the pair that is held in full");
    one.about.differences.clear();
    let titled = |run: &mut Run, names: [&str; 2]| {
        for ((name, drawing), title) in run.about.drawings.iter_mut().zip(names) {
            *name = title.into();
            drawing.title = title.into();
        }
        let difference = run.about.difference.as_mut().expect("a drawing");
        difference.title = format!("{} → {}", names[0], names[1]);
    };
    titled(&mut one, ["a", "b"]);
    let mut other = one.clone();
    titled(&mut other, ["b", "c"]);
    let title = |run: &Run| run.about.difference.as_ref().map(|drawn| drawn.title.clone());
    let joined = merge(named([one.clone(), other.clone()])).expect("one project");
    assert_eq!(title(&joined).as_deref(), Some("a → b"));
    one.about.drawings.truncate(1);
    one.about.difference = None;
    other.about.drawings.remove(0);
    let joined = merge(named([one, other])).expect("one project");
    assert_eq!(title(&joined), None, "b → c is not a → c");
}

#[test]
fn the_time_line_goes_on_where_the_first_began() {
    let one = whole();
    let mut later = one.clone();
    later.started += Duration::from_secs(10);
    let joined = merge(named([later, one.clone()])).expect("one project");
    assert_eq!(joined.started, one.started);
    assert_eq!(joined.duration, one.duration + Duration::from_secs(10));
    let begun: Vec<u64> = joined.about.timeline.iter().map(|one| one.begun.as_secs()).collect();
    assert_eq!(begun, [0, 2, 3, 3, 10, 12, 13, 13]);
}
