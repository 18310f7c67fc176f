//! `check` can fail: every sentence on the files, every declared scenario of PrimeHub, and every
//! line of PrimeHub's Compose file has something that makes it fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};
use seaworthy::{
    config::Config,
    features::{self, Filter, Suite},
    report::terminal,
    run::{FailureKind, Outcome, Run},
    runner::{self, CheckOptions, Early, Progress, Report},
    steps::{self, Keyword, Vocabulary},
};
use serde::Deserialize;

/// What every failure must tell, whatever it is about.
const PARTS: [&str; 4] = ["expected: ", "found: ", "at: ", "help: "];
/// The same of what nobody could look at.
const UNDECIDED: [&str; 4] = ["tried: ", "missing: ", "at: ", "help: "];

/// `case.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is broken, in one line.
    breaks: String,
    /// What must fail because of it; everything else must not.
    fails: Vec<Fails>,
    /// Changes to a copy of PrimeHub; without any, the folder is a project of its own.
    #[serde(default)]
    edits: Vec<Edit>,
    #[serde(skip)]
    folder: Utf8PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fails {
    /// The scenario's title.
    scenario: String,
    /// Texts of which each must occur in what is said of the failure.
    says: Vec<String>,
    /// Whether nobody can look, so that it is neither so nor not so.
    #[serde(default)]
    undecided: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// From the root of the repository.
    file: String,
    /// What occurs there once.
    replace: String,
    /// What is written in its place.
    by: String,
}

fn cases() -> Vec<Case> {
    let folder = Utf8Path::new("fixtures/declared");
    let mut cases = Vec::new();
    for entry in folder.read_dir_utf8().expect("fixtures/declared").flatten() {
        if !entry.path().is_dir() {
            continue;
        }
        let file = entry.path().join("case.yaml");
        let text = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{file}: {why}"));
        let case: Case = serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{file}: {why}"));
        cases.push(Case { folder: entry.path().to_owned(), ..case });
    }
    cases.sort_by(|a, b| a.folder.cmp(&b.folder));
    cases
}

/// A project with its features read.
pub struct Project {
    pub config: Config,
    pub suite: Suite,
}

impl Project {
    pub fn read(root: &Utf8Path) -> Self {
        Self::of(root, &[])
    }

    /// With the scenarios of some environments; of all without any.
    fn of(root: &Utf8Path, environments: &[String]) -> Self {
        let config = Config::read(&root.join("seaworthy.yaml"))
            .unwrap_or_else(|why| panic!("{root}: {}", why.title));
        let files = features::files(&[config.path(&config.features)]).expect("features");
        let filter = Filter { environments: environments.to_vec(), ..Filter::default() };
        let suite = features::load(&config, &Vocabulary::default(), &files, &filter)
            .unwrap_or_else(|errors| panic!("{root}: {:#?}", errors.first()));
        Self { config, suite }
    }

    pub fn check(&self, overlays: &[Utf8PathBuf]) -> Run {
        self.judged(overlays, false)
    }

    /// Whether anything is wrong: the first failure ends it.
    pub fn fails(&self) -> bool {
        self.judged(&[], true).exit_code() != 0
    }

    fn judged(&self, overlays: &[Utf8PathBuf], fail_fast: bool) -> Run {
        let report: Report = Arc::new(|_: Progress<'_>| {});
        let options = CheckOptions { fail_fast, ..CheckOptions::default() };
        runner::check(&self.config, &self.suite, overlays, &Early::default(), options, &report)
    }
}

/// A copy of PrimeHub with its features, to be changed.
pub struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    pub fn new() -> Self {
        fn copy(from: &Utf8Path, to: &Utf8Path) {
            fs::create_dir_all(to).expect("a folder");
            for entry in from.read_dir_utf8().expect("a folder").flatten() {
                let (path, target) = (entry.path(), to.join(entry.file_name()));
                match entry.file_type().expect("a kind of file") {
                    kind if kind.is_dir()
                        && ["node_modules", "storage"].contains(&entry.file_name()) => {}
                    kind if kind.is_dir() => copy(path, &target),
                    kind if kind.is_file() => {
                        // What only root may read was made by `prepare`, and is not looked at.
                        let _copied = fs::copy(path, target);
                    }
                    _ => {}
                }
            }
        }
        let made = Self { folder: tempfile::tempdir().expect("a folder") };
        for part in ["features", "docker/primehub"] {
            copy(Utf8Path::new(part), &made.root().join(part));
        }
        fs::copy("seaworthy.yaml", made.root().join("seaworthy.yaml")).expect("a copy");
        made
    }

    pub fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).expect("UTF-8")
    }
}

/// What failed or nobody could look at, with everything that is said of it; an error outside any
/// scenario is a defect of the case.
fn failed(run: &Run, about: &str) -> BTreeMap<String, String> {
    assert!(run.errors.is_empty(), "{about}: {:#?}", run.errors.first());
    let failed = run.scenarios.iter().filter(|scenario| scenario.outcome != Outcome::Passed);
    failed
        .map(|scenario| {
            let (_, failure) = scenario.failure().expect("a failure");
            let text = terminal::failure_text(scenario, false);
            assert_ne!(failure.kind, FailureKind::Bug, "{about}: {text}");
            (scenario.name.clone(), text)
        })
        .collect()
}

/// Compares what failed with what a case says. What `beside` names may fail without being listed.
fn compare(
    case: &Case,
    failed: &BTreeMap<String, String>,
    beside: &BTreeSet<String>,
    wrong: &mut Vec<String>,
) {
    let Case { folder, breaks, .. } = case;
    for Fails { scenario, says, undecided } in &case.fails {
        let Some(said) = failed.get(scenario) else {
            wrong.push(format!("{folder}: \"{scenario}\" does not fail, though {breaks}"));
            continue;
        };
        let parts = if *undecided { UNDECIDED } else { PARTS };
        for word in says.iter().map(String::as_str).chain(parts) {
            if !said.contains(word) {
                wrong.push(format!("{folder}: \"{scenario}\" does not say {word:?}:\n{said}"));
            }
        }
    }
    let known = |title: &str| {
        case.fails.iter().any(|fails| fails.scenario == title) || beside.contains(title)
    };
    for (title, said) in failed.iter().filter(|(title, _)| !known(title)) {
        wrong.push(format!("{folder}: \"{title}\" fails, and the case does not say so:\n{said}"));
    }
}

#[test]
fn every_sentence_on_the_files_can_fail() {
    let mut wrong = Vec::new();
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    for case in cases().iter().filter(|case| case.edits.is_empty()) {
        let project = Project::read(&case.folder);
        let run = project.check(&[]);
        compare(case, &failed(&run, case.folder.as_str()), &BTreeSet::new(), &mut wrong);
        for planned in &project.suite.plan {
            let run = run.scenarios.iter().find(|run| run.name == planned.name);
            let steps = run.into_iter().flat_map(|run| &run.steps).zip(&planned.matches);
            let broken = steps.filter(|(step, _)| step.outcome == Outcome::Failed);
            seen.extend(broken.map(|(_, found)| found.step.expression));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let never: Vec<&str> = steps::all()
        .filter(|step| step.declared.is_some() && step.keyword == Keyword::Then)
        .map(|step| step.expression)
        .filter(|expression| !seen.contains(expression))
        .collect();
    assert!(never.is_empty(), "no case of fixtures/declared makes these fail: {never:#?}");
}

#[test]
fn every_declared_scenario_of_primehub_can_fail() {
    let copy = Copy::new();
    let project = Project::read(copy.root());
    assert_eq!(failed(&project.check(&[]), "PrimeHub"), BTreeMap::new(), "PrimeHub is sound");
    // What holds two environments against each other notices most of what is wrong in either.
    let plan = project.suite.plan.iter();
    let comparing: BTreeSet<String> = plan
        .filter(|planned| planned.environments.len() > 1)
        .map(|planned| planned.name.clone())
        .collect();
    let mut wrong = Vec::new();
    let mut broken: BTreeSet<String> = BTreeSet::new();
    for case in cases().iter().filter(|case| !case.edits.is_empty()) {
        let mut before = Vec::new();
        for Edit { file, replace, by } in &case.edits {
            let path = copy.root().join(file);
            let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}"));
            assert_eq!(text.matches(replace.as_str()).count(), 1, "{}: {replace}", case.folder);
            fs::write(&path, text.replace(replace, by)).expect("a file");
            before.push((path, text));
        }
        let failed = failed(&project.check(&[]), case.folder.as_str());
        compare(case, &failed, &comparing, &mut wrong);
        broken.extend(failed.into_keys());
        for (path, text) in before.into_iter().rev() {
            fs::write(path, text).expect("a file");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let declared = project.check(&[]).scenarios.into_iter().map(|scenario| scenario.name);
    let never: Vec<String> = declared.filter(|name| !broken.contains(name)).collect();
    assert!(never.is_empty(), "no case of fixtures/declared makes these fail: {never:#?}");
}

fn development() -> Vec<String> {
    vec!["development".to_owned()]
}

/// The overlays by which the running stack is broken break the files too where both truths judge:
/// what then fails by the files is listed there.
#[test]
fn what_an_overlay_breaks_by_the_files_its_case_lists() {
    #[derive(Deserialize)]
    struct Listed {
        #[serde(default = "development")]
        environments: Vec<String>,
        fails: Vec<Fails>,
        /// What runs on as the document says, though the files do not say so.
        #[serde(default)]
        by_files: Vec<String>,
    }
    let mut wrong = Vec::new();
    let mut compared = 0;
    let mut projects: BTreeMap<Vec<String>, Project> = BTreeMap::new();
    for entry in Utf8Path::new("fixtures/broken").read_dir_utf8().expect("a folder").flatten() {
        let overlay = entry.path().join("docker-compose.yml");
        let text = fs::read_to_string(entry.path().join("case.yaml")).expect("case.yaml");
        let listed: Listed = serde_yaml::from_str(&text).expect("a case");
        let project = projects
            .entry(listed.environments.clone())
            .or_insert_with(|| Project::of(Utf8Path::new("."), &listed.environments));
        let by_both: BTreeSet<&str> = project
            .suite
            .plan
            .iter()
            .filter(|planned| planned.truths.len() == 2)
            .map(|planned| planned.name.as_str())
            .collect();
        for (title, said) in failed(&project.check(&[overlay]), entry.path().as_str()) {
            if !by_both.contains(title.as_str()) {
                continue;
            }
            compared += 1;
            let fails = listed.fails.iter().map(|fails| &fails.scenario);
            if !fails.chain(&listed.by_files).any(|listed| *listed == title) {
                wrong.push(format!("{}: \"{title}\" fails by the files:\n{said}", entry.path()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(compared > 10, "overlays break the files as well");
}

#[test]
fn every_claim_that_files_can_prove_is_judged_by_them() {
    // Of docs/ARCHITECTURE.md.
    const CLAIMS: &str = "TOPO-1 TOPO-2 NGX-1 NGX-3 NGX-5 APP-1 APP-3 APP-4 NODE-1 NODE-4 DB-1 DB-2 \
        RED-1 RED-2 RED-3 RED-4 RED-6 QUE-1 HOST-1 HOST-2 VOL-3 ENV-1 PERF-5 MON-2 MON-3 MON-5 \
        PAR-1 PAR-2 PAR-3 PAR-4 PAR-5 PAR-6 PAR-7 PAR-8 PAR-9 NGX-6 HOST-3 ENV-2 SCALE-2 PERF-3 PERF-10 \
        SEC-1 SEC-2 SEC-3 SEC-4 SEC-5 SEC-6 SEC-7 SEC-8 SEC-9 BAK-2";
    let run = Project::read(Utf8Path::new(".")).check(&[]);
    let judged: BTreeSet<&str> =
        run.scenarios.iter().flat_map(|scenario| &scenario.tags).map(String::as_str).collect();
    let without: Vec<&str> =
        CLAIMS.split_whitespace().filter(|claim| !judged.contains(claim)).collect();
    assert!(without.is_empty(), "no scenario judges these by the files: {without:?}");
}

fn seaworthy(arguments: &[&str]) -> (i32, String) {
    let output = assert_cmd::Command::cargo_bin("seaworthy")
        .expect("the program")
        // No engine, no `prepare`: nothing can be started.
        .env("PATH", "/nowhere")
        .env("DOCKER_HOST", "unix:///nowhere.sock")
        .args(arguments)
        .output()
        .expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn check_judges_without_engine_and_says_what_it_does_not_judge() {
    let (code, said) = seaworthy(&["check"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("more scenarios are for the running stack alone to judge"), "{said}");
    assert!(!said.contains("Rows survive the container"), "{said}");
    let (code, said) = seaworthy(&["check", "-v", "--tags", "@DB-1 or @DB-4"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("✓ Topology: Documented images"), "{said}");
    assert!(said.contains("- The database: Rows survive the container"), "{said}");
    let overlay = "fixtures/broken/database-on-all-interfaces/docker-compose.yml";
    let (code, said) =
        seaworthy(&["check", "--overlay", overlay, "features/host-exposure.feature"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("| db | 3306 | 3306 | any |"), "{said}");
}

#[test]
fn what_check_cannot_judge_is_no_pass() {
    let (code, said) = seaworthy(&["check", "--tags", "@DB-4"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("the files can judge no scenario that was asked for"), "{said}");
    let (code, said) = seaworthy(&["check", "--overlay", "fixtures/declared/nothing.yml"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("not run:"), "{said}");
    assert_eq!(seaworthy(&["check", "--no-such-option"]).0, 2);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("junit.xml");
    let path = file.to_str().expect("UTF-8");
    let (code, said) = seaworthy(&["check", "--junit", path, "features/database.feature"]);
    assert_eq!(code, 0, "{said}");
    let junit = fs::read_to_string(file).expect("the JUnit file");
    assert!(
        junit.contains("The database and its user are named by the env file [declared]"),
        "{junit}"
    );
    assert!(
        junit.contains("the running stack was not asked"),
        "what was not judged is skipped: {junit}"
    );
}

#[test]
fn no_secret_of_an_env_file_is_told() {
    let secret = "battery-staple";
    let folder = "fixtures/declared/values/seaworthy.yaml";
    let (code, said) = seaworthy(&["--config", folder, "check", "-v"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("A secret value is not told"), "{said}");
    assert!(!said.contains(secret), "{said}");
    assert!(!said.contains("tok-0123456789"), "{said}");
}
