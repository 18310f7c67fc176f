//! Rules on two files that contradict each other, where a document of a rule cannot show it: what lies
//! on the disk, and what a configuration prepares.

use std::fs;

use assert_cmd::Command;
use camino::{Utf8Path, Utf8PathBuf};
use seaworthy::{
    config::Config,
    findings::Findings,
    lint::{self, Asked, discover, section::Settled},
    policy::Severity,
};

/// A folder with files.
struct Project {
    _folder: tempfile::TempDir,
    here: Utf8PathBuf,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path().canonicalize().expect("a folder");
        let project =
            Self { here: Utf8PathBuf::from_path_buf(here).expect("UTF-8"), _folder: folder };
        for (name, text) in files {
            project.put(name, text);
        }
        project
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.here.join(name);
        fs::create_dir_all(path.parent().unwrap_or(Utf8Path::new("/"))).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn asked(&self) -> Asked {
        let rules = lint::select(false, &[], &[]).expect("rules");
        let today = "2026-01-01".parse().expect("a date");
        let here = self.here.clone();
        Asked { fail_on: Severity::Low, ..Asked::of(rules, &Settled::default(), today, here) }
    }

    fn judged(&self) -> Findings {
        let plans = discover::discover(&[".".into()], &self.here).expect("a Compose file").plans;
        lint::run(&plans, &self.asked())
    }

    /// Severity and message of what a rule finds.
    fn found(&self, rule: &str) -> Vec<(Severity, String)> {
        of(&self.judged(), rule)
    }
}

fn of(findings: &Findings, rule: &str) -> Vec<(Severity, String)> {
    let found = findings.open().filter(|found| found.rule.id == rule);
    found.map(|found| (found.severity, found.message.clone())).collect()
}

const MOUNT: &str =
    "services:\n  web:\n    image: nginx:1.27\n    volumes: ['./site.conf:/etc/nginx/site.conf']\n";

#[test]
fn what_the_engine_made_of_a_missing_file_is_no_file() {
    let project = Project::new(&[("compose.yaml", MOUNT)]);
    let [(severity, message)] = &project.found("mounted-file-missing")[..] else { panic!("one") };
    assert_eq!(*severity, Severity::High);
    assert!(message.contains("is not there"), "{message}");
    fs::create_dir(project.here.join("site.conf")).expect("a folder");
    let [(_, message)] = &project.found("mounted-file-missing")[..] else { panic!("one") };
    assert!(message.contains("is an empty folder"), "{message}");
    project.put("site.conf/more.conf", "");
    assert_eq!(project.found("mounted-file-missing"), []);
}

#[test]
fn nobody_knows_what_a_preparation_makes() {
    let configuration = "environments: {dev: {files: [compose.yaml]}}\n";
    let project = Project::new(&[("compose.yaml", MOUNT), ("seaworthy.yaml", configuration)]);
    let judged = || {
        let file = project.here.join("seaworthy.yaml");
        let config = Config::read(&file).expect("a configuration");
        let plans = discover::configured(&config, &project.here);
        of(&lint::run(&plans, &project.asked()), "mounted-file-missing").len()
    };
    assert_eq!(judged(), 1);
    project.put("prepare", "");
    project
        .put("seaworthy.yaml", "environments: {dev: {files: [compose.yaml], prepare: prepare}}\n");
    assert_eq!(judged(), 0);
}

#[test]
fn a_folder_of_dependencies_is_judged_by_what_git_keeps() {
    let project = Project::new(&[
        ("compose.yaml", "services:\n  app:\n    build: .\n    volumes: ['.:/srv']\n"),
        ("Dockerfile", "FROM node:22\nWORKDIR /srv\nRUN npm ci\n"),
    ]);
    let severities = |project: &Project| {
        let found = project.found("build-hidden-by-mount");
        found.into_iter().map(|(severity, _)| severity).collect::<Vec<_>>()
    };
    assert_eq!(severities(&project), [Severity::Medium]);
    project.put("node_modules/a/index.js", "");
    assert_eq!(severities(&project), []);
    project.put(".gitignore", "/node_modules\n");
    assert_eq!(severities(&project), [Severity::Low]);
}

#[test]
fn a_password_with_a_dollar_is_not_told() {
    let project = Project::new(&[
        ("compose.yaml", "services: {a: {image: a, env_file: a.env}}\n"),
        ("a.env", "PASSWORD=pa$swordfish\n"),
    ]);
    let findings = project.judged();
    let found: Vec<_> =
        findings.open().filter(|found| found.rule.id == "dollar-taken-by-compose").collect();
    let [found] = &found[..] else { panic!("{found:?}") };
    let told = format!("{}{}{}", found.message, found.subject, found.remedy);
    assert!(!told.contains("swordfish"), "{told}");
    assert!(!found.place.source.text().contains("swordfish"), "{}", found.place.source.text());
}

#[test]
fn a_path_of_somebodys_environment_is_not_the_projects() {
    let found = |from: &str| {
        let mount = MOUNT.replace("./site.conf", &format!("{from}/site.conf"));
        let project = Project::new(&[("compose.yaml", &mount)]);
        let output = Command::cargo_bin("seaworthy")
            .expect("the program")
            .args(["lint", "."])
            .current_dir(&project.here)
            .env("NO_COLOR", "1")
            .env("PLACE", &project.here)
            .output()
            .expect("the program");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.contains("[mounted-file-missing]")
    };
    assert!(found("${OTHER:-.}"));
    assert!(!found("${PLACE}"));
}
