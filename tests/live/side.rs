//! What runs beside a scenario that breaks something, and on a second stack: the verdicts are those of
//! one scenario after the other, and what another broke is nobody else's news.

use std::fs;

use serde_json::Value;

use super::support::{Ended, Project};

const FEATURE: &str = "features/side.feature";
/// What is mended is told so long after it is so, at most; in milliseconds.
const MOMENT: u64 = 500;

/// Judges `fixtures/small/side`; nothing may be left of it.
fn verify(stacks: &str) -> (Ended, Value) {
    let project = Project::small("side");
    let report = project.aside("run.json");
    let json = format!("json={}", report.display());
    let arguments = ["verify", "--stacks", stacks, "--report", &json, FEATURE];
    let ended = project.start(&arguments).end_clean();
    let run = fs::read_to_string(report).expect("the report");
    (ended, serde_json::from_str(&run).expect("JSON"))
}

/// When a scenario began and ended, in milliseconds.
fn time(run: &Value, name: &str) -> (u64, u64) {
    let all = run["timeline"].as_array().expect("a time line");
    let one = all.iter().find(|one| one["what"] == name).unwrap_or_else(|| panic!("{name}: {run}"));
    let at = |key: &str| one[key].as_u64().expect("milliseconds");
    (at("begun_ms"), at("ended_ms"))
}

/// What is told of a scenario.
fn told(run: &Value, name: &str) -> String {
    let all = run["scenarios"].as_array().expect("scenarios");
    let one = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {run}"));
    one.to_string()
}

#[test]
fn who_has_nothing_to_do_with_what_is_broken_runs_beside_it() {
    let (ended, run) = verify("1");
    ended.says(1, &["4 passed, 1 failed", "\"The store was never closed\" is not so"]);
    let broken = ["The worker is away", "The worker is two"].map(|name| time(&run, name).1);
    let last = broken.into_iter().max().expect("two");
    for beside in ["The store is open", "The store was never closed"] {
        let (begun, until) = time(&run, beside);
        assert!(begun < last && until < last, "{beside} ran beside it: {begun} to {until}, {last}");
    }
    let (begun, _) = time(&run, "The worker works");
    for broken in ["The worker is away", "The worker is two"] {
        let (_, until) = time(&run, broken);
        assert!(
            begun + MOMENT > until,
            "it has to do with the worker: {broken} until {until}, {begun}"
        );
    }
    // Its failure is its own: that another stopped the worker meanwhile is no reason.
    let failed = told(&run, "The store was never closed");
    assert!(!failed.contains("\\\"worker\\\""), "{failed}");
}

#[test]
fn two_stacks_share_what_breaks_something_and_come_to_the_same() {
    let (ended, run) = verify("2");
    ended.says(
        1,
        &[
            "4 passed, 1 failed",
            "small (second stack) ready after",
            "\"The store was never closed\" is not so",
        ],
    );
    let stacks = run["stacks"].as_array().expect("stacks");
    assert_eq!(stacks.len(), 2, "{run}");
    assert!(stacks.iter().all(|stack| stack["removed_seconds"].is_f64()), "{run}");
    // On one stack they never meet.
    let [away, two] = ["The worker is away", "The worker is two"].map(|name| time(&run, name));
    assert!(away.0 < two.1 && two.0 < away.1, "side by side: {away:?} {two:?}");
}
