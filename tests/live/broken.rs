//! Every check can fail: `fixtures/broken/` breaks PrimeHub in one way a folder, and exactly the
//! scenarios that its `case.yaml` names fail, each with words that help.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde::Deserialize;

use super::{
    machine::files,
    support::{Project, root},
};

/// What every failure must tell, whatever it is about.
const PARTS: [&str; 4] = ["expected: ", "found: ", "at: ", "help: "];
/// How many lines a changed copy of a file may differ in: enough to break one thing.
const FEW_LINES: usize = 4;

/// `case.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is broken, in one line.
    breaks: String,
    /// Cases of one group are applied together, in one run.
    group: String,
    /// Where it is broken: what its group runs.
    #[serde(default = "development")]
    environments: Vec<String>,
    /// What must fail because of it.
    fails: Vec<Fails>,
    /// What fails because of it by the files alone; held against them in tests/suite/check.rs.
    #[serde(default, rename = "by_files")]
    _by_files: Vec<String>,
    /// Files that are changed copies, with their originals.
    #[serde(default)]
    copies: BTreeMap<String, String>,
    /// A folder of the case with programs that go before the machine's own of the same name.
    path: Option<PathBuf>,
    #[serde(skip)]
    folder: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fails {
    /// The scenario's title.
    scenario: String,
    /// Texts of which each must occur in what is said of the failure.
    says: Vec<String>,
    /// Whether nobody can look at it then; held against the files in tests/suite/check.rs.
    #[serde(default, rename = "undecided")]
    _undecided: bool,
}

fn development() -> Vec<String> {
    vec!["development".to_owned()]
}

fn cases() -> Vec<Case> {
    let folder = root().join("fixtures/broken");
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .expect("fixtures/broken")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let file = folder.join("case.yaml");
        let text =
            fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        let case: Case =
            serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        Case { folder, ..case }
    };
    folders.into_iter().map(read).collect()
}

/// Runs the cases of a group together, on the scenarios of some paths (all without any), and
/// compares what failed with what they say.
fn exactly_these_fail(group: &str, paths: &[&str]) {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.group == group).collect();
    assert!(!cases.is_empty(), "no case is of group {group}");
    let environments = &cases[0].environments;
    let same = cases.iter().all(|case| case.environments == *environments);
    assert!(same, "the cases of group {group} are not of the same environments");
    let mut expected: BTreeMap<&str, Vec<(&str, &[String])>> = BTreeMap::new();
    for case in &cases {
        for fails in &case.fails {
            expected.entry(&fails.scenario).or_default().push((&case.breaks, &fails.says));
        }
    }

    let project = Project::primehub();
    let junit = project.aside("junit.xml");
    let overlays: Vec<String> = cases
        .iter()
        .map(|case| {
            case.folder
                .strip_prefix(root())
                .expect("a folder of the repository")
                .join("docker-compose.yml")
                .display()
                .to_string()
        })
        .collect();
    // On one stack scenarios come in the order of the features: what one leaves behind changes what
    // another fails with, and the cases name each failure.
    let mut arguments = vec!["verify", "--airgap", "--stacks", "1"];
    arguments.extend(["--junit", junit.to_str().expect("a path of letters")]);
    arguments.extend(environments.iter().flat_map(|name| ["--environment", name.as_str()]));
    arguments.extend(overlays.iter().flat_map(|overlay| ["--overlay", overlay.as_str()]));
    arguments.extend(paths);
    let programs = cases.iter().filter_map(|case| Some(case.folder.join(case.path.as_ref()?)));
    let usual = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(programs.chain(env::split_paths(&usual))).expect("folders");
    let path = path.to_str().expect("a path of letters");
    let ended = project.start_with(&arguments, &[("PATH", path)]).end_clean();
    ended.says(1, &["not seaworthy"]);

    let mut wrong = Vec::new();
    let mut failed: BTreeSet<String> = BTreeSet::new();
    let report = Report::deserialize_from_str(&fs::read_to_string(&junit).expect("the JUnit file"))
        .expect("JUnit XML");
    for case in report.test_suites.iter().flat_map(|suite| &suite.test_cases) {
        let Some((title, truth)) = case.name.as_str().rsplit_once(" [") else {
            wrong.push(format!("besides the scenarios: {case:?}"));
            continue;
        };
        // What the same overlays break by the files is held against the cases in tests/suite/check.rs.
        if truth == "declared]" {
            continue;
        }
        match &case.status {
            TestCaseStatus::Success { .. } => {}
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, description, .. } => {
                failed.insert(title.to_owned());
                let said = description.as_ref().map_or("", |text| text.as_str());
                let Some(reasons) = expected.get(title) else {
                    wrong.push(format!("\"{title}\" fails, and no case says so:\n{said}"));
                    continue;
                };
                for (breaks, says) in reasons {
                    let words = says.iter().map(String::as_str).chain(PARTS);
                    for word in words.filter(|word| !said.contains(word)) {
                        wrong
                            .push(format!("\"{title}\" ({breaks}) does not say {word:?}:\n{said}"));
                    }
                }
            }
            TestCaseStatus::NonSuccess { kind, message, description, .. } => {
                let said = description.as_ref().or(message.as_ref());
                let said = said.map_or("", |text| text.as_str());
                wrong.push(format!(
                    "\"{title}\" ends with {kind:?}: it could not be judged\n{said}"
                ));
            }
            TestCaseStatus::Skipped { .. } => wrong.push(format!("\"{title}\" was not run")),
        }
    }
    for (title, reasons) in expected.iter().filter(|(title, _)| !failed.contains(**title)) {
        wrong.push(format!("\"{title}\" does not fail, though {}", reasons[0].0));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

macro_rules! groups {
    ($($test:ident: $name:literal $(on $($path:literal)+)?;)*) => {
        const GROUPS: &[&str] = &[$($name),*];
        $(
            #[test]
            fn $test() {
                exactly_these_fail($name, &[$($($path),+)?]);
            }
        )*
    };
}

groups! {
    an_unreachable_application_is_noticed: "unreachable-application";
    a_silent_worker_is_noticed: "silent-worker";
    a_worker_on_another_queue_is_noticed: "worker-on-another-queue";
    modules_that_are_not_proxied_are_noticed: "modules-not-proxied";
    a_lost_request_id_is_noticed: "request-id-lost";
    data_that_is_not_kept_is_noticed: "data-not-kept";
    names_that_lead_nowhere_are_noticed: "names-lead-nowhere";
    a_replica_that_is_not_tried_is_noticed: "replica-not-tried"
        on "features/web-server.feature" "--tags=@SCALE-1";
    jobs_in_the_request_are_noticed: "jobs-in-the-request";
    an_incomplete_backup_is_noticed: "incomplete-backup";
    a_stack_unlike_the_document_is_noticed: "unlike-the-document";
    a_stack_that_works_in_part_is_noticed: "works-in-part";
    a_production_left_open_is_noticed: "production-left-open"
        on "features/production/hardening.feature" "features/production/network.feature"
        "features/production/web-server.feature" "features/production/backup.feature"
        "--tags=not @BAK-4 or @BAK-1";
    a_production_that_works_in_part_is_noticed: "production-works-in-part"
        on "features/production/monitoring.feature" "features/production/stores.feature"
        "features/production/web-server.feature" "features/production/hardening.feature"
        "features/production/backup.feature" "--tags=not @SEC-2 and (not @BAK-4 or @BAK-1)";
    a_production_that_is_not_what_it_seems_is_noticed: "production-not-what-it-seems"
        on "features/production" "--tags=@SEC-2 or @SEC-5 or @SEC-6 or @SEC-7 or @MON-5 or @PERF-2 \
            or @PERF-4 or @PERF-5 or @NET-1 or @NET-2 or @NET-3 or @NET-4 or @NET-5 or @RED-5 or @BAK-1";
    a_production_that_looks_sound_is_noticed: "production-looks-sound"
        on "features/production/hardening.feature" "features/production/web-server.feature"
        "features/parity.feature" "--tags=@PERF-4 or @SEC-7 or @SEC-2 or @PAR-4 and not @side-by-side";
    what_production_loses_on_the_way_is_noticed: "production-lost-on-the-way"
        on "features/production/flows.feature" "features/production/web-server.feature"
        "features/production/backup.feature" "features/parity.feature" "--tags=@FLOW-1 or @FLOW-3 \
            or @QUE-5 or @QUE-3 or @SCALE-2 or @PERF-4 or @PAR-4 or @BAK-3";
    jobs_in_the_request_of_production_are_noticed: "production-jobs-in-the-request"
        on "features/production" "features/parity.feature" "--tags=@FLOW-1 or @FLOW-3 or @QUE-5 \
            or @QUE-3 or @SCALE-2 or @NGX-2 or @LOG-1 or @PAR-6 or @PAR-9 or @BAK-3";
    what_fails_production_in_trouble_is_noticed: "production-in-trouble"
        on "features/production/backup.feature" "features/production/web-server.feature"
        "--tags=@BAK-2 or @BAK-4 or @NGX-6 or @SCALE-1";
    a_replica_that_is_not_asked_is_noticed: "production-replica-not-asked"
        on "features/production/stores.feature";
    a_production_like_development_is_noticed: "production-like-development"
        on "features/parity.feature" "--tags=@side-by-side or @PAR-1";
}

#[test]
fn every_case_is_of_a_group_that_is_run() {
    for case in cases() {
        assert!(
            GROUPS.contains(&case.group.as_str()),
            "{}: no test runs group {}",
            case.folder.display(),
            case.group
        );
        assert!(!case.fails.is_empty(), "{}: breaks nothing", case.folder.display());
    }
}

/// The scenarios of PrimeHub that `fixtures/declared/` makes fail by the files.
fn made_to_fail_by_files() -> Vec<String> {
    #[derive(Deserialize)]
    struct Edited {
        fails: Vec<Fails>,
        #[serde(default)]
        edits: Vec<serde_yaml::Value>,
    }
    let mut titles = Vec::new();
    for entry in fs::read_dir(root().join("fixtures/declared")).expect("fixtures/declared") {
        let file = entry.expect("an entry").path().join("case.yaml");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let case: Edited =
            serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        if !case.edits.is_empty() {
            titles.extend(case.fails.into_iter().map(|fails| fails.scenario));
        }
    }
    titles
}

/// A scenario that no case makes fail has not been seen to check anything: it stands in
/// `fixtures/unbroken.txt`, until a case makes it fail.
#[test]
fn every_scenario_is_made_to_fail_or_listed() {
    let cases = cases();
    let by_files = made_to_fail_by_files();
    let broken: BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| &case.fails)
        .map(|fails| fails.scenario.as_str())
        .chain(by_files.iter().map(String::as_str))
        .collect();
    let mut titles = BTreeSet::new();
    for file in files(&root().join("features")) {
        let text = fs::read_to_string(file).expect("a feature");
        let title = |line: &str| {
            let line = line.trim();
            line.strip_prefix("Scenario: ")
                .or(line.strip_prefix("Scenario Outline: "))
                .map(str::to_owned)
        };
        titles.extend(text.lines().filter_map(title));
    }
    // The title of an outline goes on with what each example says.
    let fits = |title: &str, broken: &str| match title.split_once('<') {
        Some((start, _)) => broken.starts_with(start),
        None => broken == title,
    };
    let unknown: Vec<_> =
        broken.iter().filter(|broken| !titles.iter().any(|title| fits(title, broken))).collect();
    assert!(
        unknown.is_empty(),
        "cases of fixtures/broken name scenarios that do not exist: {unknown:#?}"
    );
    titles.retain(|title| !broken.iter().any(|broken| fits(title, broken)));
    let listed =
        fs::read_to_string(root().join("fixtures/unbroken.txt")).expect("fixtures/unbroken.txt");
    let listed: BTreeSet<String> =
        listed.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let unproven: Vec<_> = titles.difference(&listed).collect();
    assert!(
        unproven.is_empty(),
        "no case of fixtures/broken makes these fail; add one: {unproven:#?}"
    );
    let proven: Vec<_> = listed.difference(&titles).collect();
    assert!(proven.is_empty(), "remove from fixtures/unbroken.txt: {proven:#?}");
}

/// A copy that has fallen behind its original breaks more than it says.
#[test]
fn a_changed_copy_differs_from_its_original_in_few_lines() {
    let mut compared = 0;
    for case in cases() {
        for (copy, original) in &case.copies {
            let read = |file: PathBuf| {
                fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
            };
            let (copy, original) = (read(case.folder.join(copy)), read(root().join(original)));
            let only = |one: &str, other: &str| {
                one.lines().filter(|line| !other.lines().any(|other| other == *line)).count()
            };
            let differing = only(&copy, &original) + only(&original, &copy);
            assert!(
                (1..=FEW_LINES).contains(&differing),
                "{}: {differing} lines differ from the original",
                case.folder.display()
            );
            compared += 1;
        }
    }
    assert!(compared > 0, "no case has a changed copy");
}
