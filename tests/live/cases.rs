//! What is broken on purpose: a folder a case with a Compose file to lay over a sound project, and a
//! `case.yaml` that says what must fail because of it, and with which words.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use quick_junit::{Report, TestCaseStatus};
use serde::Deserialize;

/// What every failure must tell, whatever it is about.
const PARTS: [&str; 4] = ["expected: ", "found: ", "at: ", "help: "];
/// How many lines a changed copy of a file may differ in: enough to break one thing.
const FEW_LINES: usize = 4;

/// `case.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is broken, in one line.
    pub breaks: String,
    /// Cases of one group are applied together, in one run.
    pub group: String,
    /// What must fail because of it.
    pub fails: Vec<Fails>,
    /// What the run itself must find out, besides its scenarios: words of each finding.
    #[serde(default)]
    finds: Vec<Vec<String>>,
    /// Files that are changed copies, with their originals in the project.
    #[serde(default)]
    copies: BTreeMap<String, String>,
    /// The name of its folder.
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    folder: PathBuf,
}

/// A scenario that must fail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fails {
    /// The scenario's title.
    pub scenario: String,
    /// What must be said when the files judge; nothing if they find it sound.
    #[serde(default)]
    declared: Vec<String>,
    /// The same of the running stack.
    #[serde(default)]
    observed: Vec<String>,
}

/// What failed, by title and truth, with everything that is said of it. A finding of the run itself
/// has its title alone.
pub type Failed = BTreeMap<String, String>;

/// The cases of a folder, in the order of their names.
pub fn cases(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display())) {
        let folder = entry.expect("an entry").path();
        let text = fs::read_to_string(folder.join("case.yaml")).expect("case.yaml");
        let case: Case =
            serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
        let name = folder.file_name().and_then(|name| name.to_str()).expect("UTF-8").to_owned();
        cases.push(Case { name, folder, ..case });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// What failed in a run, by its JUnit file; `output` is what the run said.
pub fn failed(junit: &Path, output: &str) -> Failed {
    let written = fs::read_to_string(junit).expect("the JUnit file");
    let mut failed = Failed::new();
    let report = Report::deserialize_from_str(&written).expect("JUnit XML");
    for case in report.test_suites.iter().flat_map(|suite| &suite.test_cases) {
        match &case.status {
            TestCaseStatus::Success { .. } => {}
            TestCaseStatus::NonSuccess { kind, description, .. } => {
                let said = description.as_ref().map_or("", |text| text.as_str());
                failed.insert(case.name.as_str().to_owned(), format!("{kind:?}\n{said}"));
            }
            TestCaseStatus::Skipped { .. } => {
                panic!("\"{}\" was not run:\n{output}", case.name.as_str())
            }
        }
    }
    failed
}

/// Everything that failed otherwise than the cases say.
pub fn unlike(cases: &[Case], failed: &Failed) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expected: BTreeSet<String> = BTreeSet::new();
    for case in cases {
        let breaks = &case.breaks;
        for fails in &case.fails {
            for (truth, says) in [("declared", &fails.declared), ("observed", &fails.observed)] {
                if says.is_empty() {
                    continue;
                }
                let title = format!("{} [{truth}]", fails.scenario);
                match failed.get(&title) {
                    None => wrong.push(format!("\"{title}\" does not fail, though {breaks}")),
                    Some(said) => {
                        let words = says.iter().map(String::as_str).chain(PARTS);
                        for word in words.filter(|word| !said.contains(word)) {
                            wrong.push(format!(
                                "\"{title}\" ({breaks}) does not say {word:?}:\n{said}"
                            ));
                        }
                    }
                }
                expected.insert(title);
            }
        }
        for words in &case.finds {
            let of_run = |title: &str| !title.ends_with(']');
            let found = failed.iter().find(|(title, said)| {
                of_run(title)
                    && words.iter().all(|word| title.contains(word) || said.contains(word))
            });
            match found {
                None => wrong.push(format!("nothing says {words:?}, though {breaks}")),
                Some((title, _)) => {
                    expected.insert(title.clone());
                }
            }
        }
    }
    for (title, said) in failed.iter().filter(|(title, _)| !expected.contains(*title)) {
        wrong.push(format!("\"{title}\" fails, and no case says so:\n{said}"));
    }
    wrong
}

/// The changed copies of a project's files that have fallen behind their originals, and break more
/// than they say.
pub fn strayed(project: &Path, cases: &[Case]) -> Vec<String> {
    let read = |file: &Path| {
        fs::read_to_string(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
    };
    let mut strayed = Vec::new();
    for case in cases {
        for (copy, original) in &case.copies {
            let (copy, original) = (read(&case.folder.join(copy)), read(&project.join(original)));
            let lines = similar::TextDiff::from_lines(&original, &copy);
            let changed = lines.iter_all_changes();
            let changed = changed.filter(|one| one.tag() != similar::ChangeTag::Equal).count();
            if !(1..=FEW_LINES).contains(&changed) {
                strayed.push(format!("{}: {changed} lines differ", case.folder.display()));
            }
        }
    }
    strayed
}
