//! A secret's value is in no report, whichever format, rule and file it came through.

use std::{collections::BTreeSet, fs};

use camino::Utf8Path;
use seaworthy::{
    compose::{
        project::{self, Depth},
        request::Request,
    },
    lint::{self, Asked, discover},
    policy::{self, Severity, Target, rules},
    report::findings::FORMATS,
};

use super::rules::blocks;

/// The values that the rules point at in a folder's `compose.yaml`.
fn values(here: &Utf8Path) -> BTreeSet<String> {
    let request = Request { directory: here.to_string(), ..Request::default() };
    let loaded = project::load(&request, Depth::Whole).expect("a sound project");
    let target = Target { project: loaded.into() };
    let places = policy::secret::scan::leaks(&target).iter().map(|leak| leak.place);
    // What is shorter is found in any text.
    let texts = places.map(|place| target.journal().text(place).to_owned());
    texts.filter(|text| text.len() >= 6).collect()
}

/// A secret whose name gives nothing away is known by what `secrets:` names.
#[test]
fn no_message_of_a_check_quotes_a_secret_of_the_project() {
    const SECRET: &str = "Zq-correct/horse+battery=7";
    let folder = tempfile::tempdir().expect("a folder");
    let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let greeting = format!("      GREETING: \"aye {SECRET}\"\n");
    for (name, text) in [
        ("password", SECRET.to_owned()),
        ("seaworthy.yaml", "environments: {release: {files: [compose.yaml]}}\n".to_owned()),
        (
            "compose.yaml",
            format!(
                "secrets: {{password: {{file: password}}}}\nservices:\n  app:\n    image: app\n    secrets: [password]\n    environment:\n{greeting}"
            ),
        ),
        (
            "features/a.feature",
            format!(
                "Feature: f\n  Scenario: s\n    Given the files of the release environment\n    Then variable \"GREETING\" in \"app\" is \"{SECRET}\"\n"
            ),
        ),
    ] {
        let file = here.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    let ended = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("seaworthy"))
        .args(["check", "--junit", "junit.xml"])
        .current_dir(here)
        .env("NO_COLOR", "1")
        .output()
        .expect("seaworthy can be started");
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let printed = String::from_utf8(ended.stdout).expect("UTF-8");
    let junit = fs::read_to_string(here.join("junit.xml")).expect("the JUnit file");
    for report in [printed, junit] {
        assert!(report.contains("aye [password, hidden]"), "what was found is told:\n{report}");
        assert!(report.contains("aye ****"), "its line is shown:\n{report}");
        assert!(!report.contains(SECRET), "{report}");
    }
}

/// A report without the rules' own documents, whose examples are in them as they are written.
fn without_documents(report: String) -> String {
    policy::named().fold(report, |report, rule| {
        let document = serde_json::to_string(rule.document).expect("JSON");
        report.replace(document.trim_matches('"'), "")
    })
}

#[test]
fn no_report_shows_a_secret() {
    let (_, group) = rules::GROUPS.iter().find(|(name, _)| *name == "secrets").expect("the group");
    let mut shown = 0;
    for rule in *group {
        for block in blocks(rule.document).iter().filter(|block| block.flagged) {
            let folder = tempfile::tempdir().expect("a folder");
            let folder = folder.path().canonicalize().expect("a folder");
            let here = Utf8Path::from_path(&folder).expect("UTF-8").join("project");
            for (name, text) in &block.files {
                let path = here.join(name);
                fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                fs::write(path, text).expect("a file");
            }
            let values = values(&here);
            let plans = discover::discover(&[".".into()], &here).expect("a Compose file");
            let rules = lint::select(true, &[], &[]).expect("rules");
            let today = "2026-01-01".parse().expect("a date");
            let asked = Asked { rules, fail_on: Severity::Low, today, here };
            let findings = lint::run(&plans, &asked);
            for format in FORMATS {
                let text = (format.render)(&findings, false).expect("a report");
                let text = without_documents(text);
                for value in &values {
                    assert!(
                        !text.contains(value.as_str()),
                        "{} shows {value:?} of {}, line {}:\n{text}",
                        format.name,
                        rule.id,
                        block.line
                    );
                    shown += 1;
                }
            }
        }
    }
    assert!(shown > 100, "only {shown} values were looked for");
}
