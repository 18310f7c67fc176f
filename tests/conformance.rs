//! The loader against the reference: every project of `fixtures/loader/` is given to
//! `docker compose config` and to `seaworthy config`, and both must answer alike.
//!
//! `SEAWORTHY_CASES=merge/ cargo test --test conformance` takes the cases with that in their name, and
//! `SEAWORTHY_PRINT=no-normalize` asks all of them for that output in place of their own.

#[path = "conformance/case.rs"]
mod case;
#[path = "conformance/compare.rs"]
mod compare;
#[path = "conformance/engine.rs"]
mod engine;
#[path = "conformance/programs.rs"]
mod programs;

use std::{
    collections::BTreeSet,
    fs,
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
    let answers = |print| {
        let theirs = Answer::of(print, programs::reference(case, print));
        (theirs, Answer::of(print, programs::seaworthy(case, print)))
    };
    if let Some(print) = case::asked() {
        let (theirs, ours) = answers(print);
        return compare::of_any(&theirs, &ours).map(|found| found.of(print)).into_iter().collect();
    }
    let of = |&print: &Print| {
        let (theirs, ours) = answers(print);
        compare::of_case(case, &theirs, &ours).map(|difference| difference.of(print))
    };
    case.facts.print.iter().filter_map(of).collect()
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

/// No registry is reached here: both programs ask an engine that plays one.
#[test]
fn the_digests_of_a_registry_are_those_that_docker_compose_finds() {
    let _machine = machine();
    programs::demand_reference();
    let folder = tempfile::tempdir().expect("a folder");
    let files = "services:\n  a: {image: nginx:1.25}\n  b: {image: nginx:1.25, build: .}\n  \
                 c: {image: registry.example.com/team/tool}\n  d: {build: .}\n  \
                 e: {image: \"nginx:${TAG:-1.26}\", profiles: [p]}\n";
    fs::write(folder.path().join("compose.yaml"), files).expect("a file");
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let known = engine::Known {
        registry: vec![
            ("docker.io/library/nginx:1.25", digest("a")),
            ("registry.example.com/team/tool:latest", digest("b")),
        ],
        here: Vec::new(),
    };
    let engine = engine::Engine::start(folder.path(), known);
    let case = |after: &str, refused: &str| Case {
        name: "digests".into(),
        folder: folder.path().to_owned(),
        facts: serde_yaml::from_str(&format!(
            "{{about: digests, environment: {{DOCKER_HOST: '{}'}}, after: [{after}] {refused}}}",
            engine.host
        ))
        .expect("facts"),
    };
    for (print, case) in [
        (Print::Digests, case("", "")),
        (Print::Lock, case("", "")),
        (Print::Lock, case("a", "")),
        (Print::LockAsWritten, case("", ", refused: 'nginx:${TAG reference'")),
        (Print::Digests, case("e", ", refused: 'nginx:1.26 digest'")),
    ] {
        let theirs = Answer::of(print, programs::reference(&case, print));
        let before = engine.heard().len();
        let ours = Answer::of(print, programs::seaworthy(&case, print));
        let found = compare::of_case(&case, &theirs, &ours).map(|found| found.of(print));
        assert!(found.is_none(), "{}", found.expect("a difference"));
        let asked = engine.heard().split_off(before);
        let twice =
            asked.iter().any(|path| asked.iter().filter(|other| *other == path).count() > 2);
        assert!(!twice, "an image is asked for twice: {asked:?}");
    }
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
        let bytes = fs::read(case::folder().join(file)).expect("a file");
        assert!(bytes.starts_with(start), "{file} was changed");
    }
}
