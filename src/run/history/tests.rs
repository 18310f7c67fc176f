//! Earlier runs as plain data, and what they tell.

use std::time::{Duration, SystemTime};

use super::*;
use crate::{
    run::{About, Commit, Failure, StepRun, Truth},
    source::Source,
};

const FEATURE: &str = "Feature: f\n  Scenario: a\n    Then x\n  Scenario Outline: rows\n    Examples:\n      | n |\n      | 1 |\n      | 2 |\n";

/// A scenario on its line, which decides a claim.
fn scenario(name: &str, claim: &str, truth: Truth, held: Held) -> ScenarioRun {
    let source = Source::new("a.feature", FEATURE);
    let failure = match held {
        Held::Broken => Some(Failure::finding("x", "y")),
        Held::Undecided => Some(Failure::undecided("x", "y")),
        _ => None,
    };
    let outcome =
        if held == Held::NotRun { Outcome::NotRun } else { Outcome::of(failure.as_ref()) };
    let step = StepRun {
        keyword: "Then".into(),
        text: "x".into(),
        span: source.line(3),
        outcome,
        exceptions: Vec::new(),
        connections: Vec::new(),
        evidence: Vec::new(),
        failure,
        duration: Duration::ZERO,
    };
    ScenarioRun {
        source,
        feature: "f".into(),
        rule: None,
        name: name.into(),
        line: 2,
        tags: vec![claim.into(), "slow".into()],
        environments: vec!["dev".into()],
        truth,
        outcome,
        not_run: None,
        steps: vec![step],
        aftermath: None,
        duration: Duration::ZERO,
    }
}

/// A run in its hour, of a commit.
fn run(hour: u64, commit: char, scenarios: Vec<ScenarioRun>) -> Run {
    let id = commit.to_string().repeat(40);
    Run {
        here: "/r".into(),
        root: "/r".into(),
        started: SystemTime::UNIX_EPOCH + Duration::from_hours(hour),
        duration: Duration::from_secs(hour),
        stacks: Vec::new(),
        scenarios,
        only_observed: Vec::new(),
        findings: Vec::new(),
        errors: Vec::new(),
        about: About {
            commit: Some(Commit { id, branch: Some("main".into()) }),
            ..About::default()
        },
    }
}

/// What runs tell, the last of them at hand.
fn told(runs: &[Run]) -> History {
    let past: Vec<Past> = runs.iter().map(|run| Past::of(run, Asking::Verify)).collect();
    let (now, earlier) = past.split_last().expect("a run");
    History::of(earlier, 0, runs.last().expect("a run"), now)
}

use Held::{Broken, NotRun, Proven, Undecided};
use Truth::{Declared, Observed};

/// A run of one scenario by the files.
fn one(hour: u64, held: Held) -> Run {
    run(hour, 'a', vec![scenario("a", "A-1", Declared, held)])
}

fn hour(hour: u64) -> String {
    format!("1970-01-01T{hour:02}:00:00.000Z")
}

#[test]
fn broken_since_is_the_first_run_of_those_that_agree() {
    let runs = [one(1, Proven), one(2, Proven), one(3, Broken), one(4, Broken)];
    let history = told(&runs);
    let claim = history.claim("A-1").expect("a claim");
    assert_eq!((claim.held, claim.asked, claim.since.runs), (Broken, true, 2));
    assert_eq!(claim.since.first.started, hour(3));
    assert_eq!(claim.since.before.as_ref().map(|at| at.started.clone()), Some(hour(2)));
    assert_eq!(
        claim.since.told(Broken),
        "broken since 1970-01-01 03:00 UTC (commit aaaaaaa, 2 runs); last proven 1970-01-01 02:00 UTC (commit aaaaaaa)"
    );
    let since = history.broken_since(&runs[3], &runs[3].scenarios[0]).expect("it is broken");
    assert_eq!(*since, claim.since);
    let mended = told(&[one(1, Broken), one(2, Proven)]);
    assert_eq!(mended.broken, [], "nothing is broken now");
    let claim = mended.claim("A-1").expect("a claim");
    assert_eq!((claim.held, claim.since.runs), (Proven, 1));
    assert!(claim.since.told(Proven).contains("; last broken 1970-01-01 01:00 UTC"));
}

#[test]
fn without_another_verdict_nothing_is_said_of_one() {
    let history = told(&[one(1, Broken)]);
    let since = &history.claim("A-1").expect("a claim").since;
    assert_eq!(since.before, None);
    assert!(since.told(Broken).ends_with("1 run); never proven in the runs that are known"));
}

#[test]
fn what_was_not_asked_or_not_decided_changes_nothing() {
    // The stack was found broken; later runs asked the files alone, another claim, or could not tell.
    let both = |hour, files, stack| {
        let all =
            vec![scenario("a", "A-1", Declared, files), scenario("a", "A-1", Observed, stack)];
        run(hour, 'a', all)
    };
    let files = |hour| {
        let mut run = run(hour, 'a', vec![scenario("a", "A-1", Declared, Proven)]);
        run.about.left_out = vec![scenario("a", "A-1", Observed, NotRun)];
        run
    };
    let other = |hour| {
        let mut run = run(hour, 'a', vec![scenario("b", "B-1", Declared, Proven)]);
        run.about.left_out = vec![scenario("a", "A-1", Declared, NotRun)];
        run.about.left_out.push(scenario("a", "A-1", Observed, NotRun));
        run
    };
    let first = [both(1, Proven, Proven), both(2, Proven, Broken)];
    let between = [files(3), other(4), both(5, Proven, Undecided), both(6, Proven, NotRun)];
    let with = |last: Run| {
        let runs: Vec<Run> = first.iter().chain(&between).cloned().chain([last]).collect();
        told(&runs)
    };
    let again = with(both(7, Proven, Broken));
    let claim = again.claim("A-1").expect("a claim");
    assert_eq!((claim.held, claim.since.first.started.clone()), (Broken, hour(2)));
    assert_eq!(claim.since.runs, 2, "those that saw it");
    assert_eq!(claim.since.before.as_ref().map(|at| at.started.clone()), Some(hour(1)));
    // By the files it is proven all along, and what nobody asked now was broken.
    let now = with(files(7));
    let claim = now.claim("A-1").expect("a claim");
    assert_eq!((claim.held, claim.asked), (Proven, true));
    assert_eq!((claim.since.first.started.clone(), claim.since.before.clone()), (hour(1), None));
    assert_eq!(claim.besides.as_ref().map(|at| at.started.clone()), Some(hour(2)));
    // Who does not ask at all is told the last word on it.
    let now = with(other(7));
    let claim = now.claim("A-1").expect("a claim");
    assert_eq!((claim.held, claim.asked), (Broken, false));
    assert_eq!(claim.last.started, hour(6), "the last look at any of it");
    assert_eq!(claim.besides, None);
    assert!(now.claim("B-1").is_some_and(|claim| claim.asked && claim.since.before.is_none()));
}

#[test]
fn a_claim_is_broken_as_long_as_any_of_its_scenarios_is() {
    let two = |hour, a, b| {
        let all = vec![scenario("a", "A-1", Declared, a), scenario("b", "A-1", Declared, b)];
        run(hour, 'a', all)
    };
    // One asks a part of it, which is sound: that mends nothing.
    let part = |hour| run(hour, 'a', vec![scenario("b", "A-1", Declared, Proven)]);
    let runs = [two(1, Broken, Proven), part(2), two(3, Proven, Broken), two(4, Broken, Proven)];
    let history = told(&runs);
    let claim = history.claim("A-1").expect("a claim");
    assert_eq!((claim.since.first.started.clone(), claim.since.runs), (hour(1), 3));
    let (since, scenario) = (&history.broken[0].since, &history.broken[0].of);
    assert_eq!(since.first.started, hour(4));
    assert_eq!(scenario.scenario, "a.feature: a");
}

#[test]
fn rows_of_an_outline_have_each_their_own_history() {
    let row = |number: usize, held| {
        let mut row = scenario("rows", "A-1", Declared, held);
        row.line = 6 + number;
        row.steps[0].text = format!("x {number}");
        row
    };
    let runs = [
        run(1, 'a', vec![row(1, Proven), row(2, Broken)]),
        // Only one row was asked for.
        run(2, 'a', vec![row(1, Proven)]),
        run(3, 'a', vec![row(1, Broken), row(2, Broken)]),
    ];
    let history = told(&runs);
    let since: Vec<_> = history.broken.iter().map(|one| one.since.first.started.clone()).collect();
    assert_eq!(since, [hour(3), hour(1)]);
    // Any other scenario may be worded anew.
    let mut worded = one(2, Broken);
    worded.scenarios[0].steps[0].text = "x, in other words".into();
    let history = told(&[one(1, Broken), worded]);
    assert_eq!(history.broken[0].since.runs, 2);
}

#[test]
fn flaky_is_what_differs_at_one_commit_or_goes_back_and_forth_on_the_running_stack() {
    let of = |truth: Truth, looks: &[(char, Held)]| {
        let runs: Vec<Run> = looks
            .iter()
            .zip(1..)
            .map(|((commit, held), hour)| {
                run(hour, *commit, vec![scenario("a", "A-1", truth, *held)])
            })
            .collect();
        told(&runs).flaky
    };
    let same = of(Observed, &[('a', Proven), ('b', Proven), ('b', Broken)]);
    assert_eq!(same.len(), 1);
    assert_eq!((same[0].why, same[0].changes(), same[0].runs.len()), (Why::SameCommit, 1, 3));
    let forth = of(Observed, &[('a', Proven), ('b', Broken), ('c', Proven), ('d', Broken)]);
    assert_eq!((forth[0].why, forth[0].changes()), (Why::BackAndForth, 3));
    for (truth, steady) in [
        // Broken once and mended.
        (Observed, vec![('a', Proven), ('b', Broken), ('c', Proven)]),
        // What nobody could tell is no other verdict.
        (Observed, vec![('a', Proven), ('a', Undecided), ('a', NotRun), ('a', Proven)]),
        // By the files a verdict changes with the files.
        (Declared, vec![('a', Proven), ('a', Broken), ('a', Proven), ('a', Broken)]),
    ] {
        assert_eq!(of(truth, &steady), [], "{steady:?}");
    }
    // It is forgotten once it has been steady for long enough.
    let mut long = vec![('a', Proven), ('a', Broken)];
    let commits = "bcdefghijklmnopqrstu".chars();
    long.extend(commits.map(|commit| (commit, Proven)));
    assert_eq!(of(Observed, &long), []);
    long.remove(2);
    assert_eq!(of(Observed, &long[..long.len()]), [], "the first of both is out of sight");
    long.remove(2);
    assert_eq!(of(Observed, &long).len(), 1);
}

#[test]
fn no_commit_is_no_commit_in_common() {
    let mut runs = [
        run(1, 'a', vec![scenario("a", "A-1", Observed, Proven)]),
        run(2, 'a', vec![scenario("a", "A-1", Observed, Broken)]),
    ];
    for run in &mut runs {
        run.about.commit = None;
    }
    assert_eq!(told(&runs).flaky, []);
    assert_eq!(told(&runs).runs[0].at.told(), "1970-01-01 01:00 UTC");
}

#[test]
fn what_a_run_leaves_says_what_it_asked() {
    let mut this = one(1, Proven);
    this.scenarios.push(scenario("a", "A-1", Observed, Broken));
    this.scenarios.push(scenario("c", "C-1", Observed, Undecided));
    let past = Past::of(&this, Asking::Verify);
    assert_eq!((past.verdict, past.partly), (Ended::Broken, false));
    assert_eq!(past.scenarios.len(), 2);
    assert_eq!(past.scenarios[0].declared, Some(Proven));
    assert_eq!(past.scenarios[0].observed, Some(Broken));
    let claims: Vec<(&str, Held)> =
        past.claims.iter().map(|(claim, held)| (claim.as_str(), *held)).collect();
    assert_eq!(claims, [("A-1", Broken), ("C-1", Undecided)]);
    // That `check` does not ask the running stack is no part; that it leaves files out is.
    this.about.left_out.push(scenario("d", "D-1", Observed, NotRun));
    assert!(!Past::of(&this, Asking::Check).partly);
    assert!(Past::of(&this, Asking::Verify).partly);
    this.about.left_out.push(scenario("d", "D-1", Declared, NotRun));
    assert!(Past::of(&this, Asking::Check).partly);
    let text = serde_json::to_string(&past).expect("JSON");
    assert_eq!(serde_json::from_str::<Past>(&text).expect("a result"), past);
    let history = told(&[this]);
    let text = serde_json::to_string(&history).expect("JSON");
    assert_eq!(serde_json::from_str::<History>(&text).expect("a history"), history);
}
