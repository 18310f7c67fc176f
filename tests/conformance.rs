//! The loader against the reference: every project of `fixtures/loader/` is given to
//! `docker compose config` and to `seaworthy config`, and both must answer alike.
//!
//! `SEAWORTHY_CASES=merge/ cargo test --test conformance` takes the cases with that in their name.

#[path = "conformance/case.rs"]
mod case;
#[path = "conformance/compare.rs"]
mod compare;
#[path = "conformance/programs.rs"]
mod programs;

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use case::{Case, Print};
use compare::{Answer, Difference};

const WORKERS: usize = 2;

/// One test at a time has the machine: each brings its own workers.
static MACHINE: Mutex<()> = Mutex::new(());

fn machine() -> MutexGuard<'static, ()> {
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `examine` finds in each case, in the order of the cases.
fn on_workers(cases: &[Case], examine: impl Fn(&Case) -> Vec<Difference> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((place, case)) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(place).map(|case| (place, case))
                } {
                    let differences = examine(case);
                    if !differences.is_empty() {
                        let told = told(case, &differences);
                        found.lock().expect("the list").push((place, told));
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().expect("the list");
    found.sort();
    found.into_iter().map(|(_, told)| told).collect()
}

fn told(case: &Case, differences: &[Difference]) -> String {
    let mut text = format!("{}: {}\n", case.name, case.facts.about);
    for difference in differences {
        text.push_str(&difference.to_string());
    }
    text
}

fn fail_with(found: &[String], cases: usize, what: &str) {
    assert!(found.is_empty(), "{} of {cases} cases {what}\n\n{}", found.len(), found.join("\n"));
}

/// Both programs on one case, every output that the case asks for.
fn differences(case: &Case) -> Vec<Difference> {
    case.facts
        .print
        .iter()
        .filter_map(|&print| {
            let theirs = Answer::of(print, programs::reference(case, print));
            let ours = Answer::of(print, programs::seaworthy(case, print));
            compare::of_case(case, &theirs, &ours).map(|difference| difference.of(print))
        })
        .collect()
}

#[test]
fn every_case_is_answered_as_by_docker_compose() {
    let _machine = machine();
    programs::demand_reference();
    let cases = case::chosen();
    let found = on_workers(&cases, differences);
    fail_with(&found, cases.len(), "are answered otherwise than by docker compose");
}

#[test]
fn two_runs_print_the_same_bytes() {
    let _machine = machine();
    let cases: Vec<_> =
        case::chosen().into_iter().filter(|case| case.facts.refused.is_none()).collect();
    let found = on_workers(&cases, |case| {
        let runs = [(), ()].map(|()| programs::seaworthy(case, Print::Json));
        let prints = case.facts.print.contains(&Print::Json);
        compare::of_two_runs(&runs, prints).into_iter().collect()
    });
    fail_with(&found, cases.len(), "are not printed alike twice");
}

#[test]
fn the_cases_are_whole() {
    let cases = case::all();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let faults: Vec<_> = cases.iter().filter_map(Case::fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let topics: BTreeSet<_> = cases.iter().map(Case::topic).collect();
    let missing: Vec<_> = case::TOPICS.iter().filter(|topic| !topics.contains(*topic)).collect();
    assert!(missing.is_empty(), "no case of {missing:?}");
}

#[test]
fn files_are_kept_byte_for_byte() {
    for (file, start) in [
        ("yaml/crlf/compose.yaml", &b"services:\r\n"[..]),
        ("yaml/bom/compose.yaml", b"\xef\xbb\xbfservices:\n"),
        ("yaml/tab-indentation/compose.yaml", b"services:\n\ta:\n"),
    ] {
        let bytes = std::fs::read(case::folder().join(file)).expect("a file");
        assert!(bytes.starts_with(start), "{file} was changed");
    }
}
