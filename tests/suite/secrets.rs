//! A secret's value is in no report, whichever format, rule and file it came through.

use std::{collections::BTreeSet, fs};

use camino::Utf8Path;
use seaworthy::{
    compose::{
        project::{self, Depth},
        request::Request,
    },
    lint::{self, Asked, discover, section::Settled},
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
                "Feature: f {SECRET}\n  Rule: r {SECRET}\n  @tag-{SECRET}\n  Scenario: s {SECRET}\n    Given the files of the release environment\n    Then variable \"GREETING\" in \"app\" is \"{SECRET}\"\n  Scenario: t\n    Given the files of the release environment\n    Then exactly these values of \"services.*.environment.GREETING\" are set:\n      | name | value |\n      | app  | x     |\n"
            ),
        ),
    ] {
        let file = here.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    let program = || {
        let mut program = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("seaworthy"));
        program.current_dir(here).env("NO_COLOR", "1");
        program
    };
    // Titles are told while a run goes on, too: without an engine it judges by the files all the same.
    let ended = program().arg("verify").env("DOCKER_HOST", "unix:///nowhere.sock").output();
    let ended = ended.expect("seaworthy can be started");
    let told = String::from_utf8([ended.stdout, ended.stderr].concat()).expect("UTF-8");
    assert!(told.contains("f [password, hidden]: s [password, hidden]"), "{told}");
    assert!(!told.contains(SECRET), "{told}");
    let ended = program()
        .args([
            "check",
            "-v",
            "--junit",
            "junit.xml",
            "--report",
            "terminal=terminal",
            "--report",
            "json=json",
        ])
        .args([
            "--report",
            "sarif=sarif",
            "--report",
            "github=github",
            "--report",
            "markdown=markdown",
        ])
        .output()
        .expect("seaworthy can be started");
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let printed = String::from_utf8(ended.stdout).expect("UTF-8");
    let junit = fs::read_to_string(here.join("junit.xml")).expect("the JUnit file");
    let read = |name: &str| fs::read_to_string(here.join(name)).expect("a report");
    for name in ["json", "sarif", "github", "markdown"] {
        let report = read(name);
        assert!(
            report.contains("aye [password, hidden]"),
            "{name} tells what was found:\n{report}"
        );
        assert!(
            report.contains("besides: | app | aye [password, hidden] |")
                || report.contains("besides: ¦ app ¦ aye [password, hidden] ¦"),
            "{name} tells each violation:\n{report}"
        );
        assert!(!report.contains(SECRET), "{name}:\n{report}");
    }
    for report in [printed, junit, read("terminal"), read("markdown")] {
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
            let plans = discover::discover(&[".".into()], &here).expect("a Compose file").plans;
            let rules = lint::select(true, &[], &[]).expect("rules");
            let today = "2026-01-01".parse().expect("a date");
            let asked = Asked {
                fail_on: Severity::Low,
                ..Asked::of(rules, &Settled::default(), today, here)
            };
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

/// A secret may stand wherever a file has a text; the sentence that asks for it quotes the fact.
#[test]
fn what_a_check_found_is_told_without_the_secrets_that_files_say_anywhere() {
    const COMPOSE: &str = r#"services:
  web:
    image: web:1
    build: {context: "https://u:CtxPw2244x@example.org/x.git"}
    command: ["mysqld", "--password=CmdPass4711"]
    healthcheck: {test: "mysqladmin --password=HealthPw66 ping"}
    labels: {api_key: LabelKey8812x}
    logging: {driver: gelf, options: {gelf-address: "udp://u:LogPw3311x@h:1", token: LogTok9988x}}
configs:
  c: {content: "password=ConfPw7771x"}
"#;
    const SECRETS: [&str; 7] = [
        "CtxPw2244x",
        "CmdPass4711",
        "HealthPw66",
        "LabelKey8812x",
        "LogPw3311x",
        "LogTok9988x",
        "ConfPw7771x",
    ];
    let feature = "Feature: f
  Scenario: command
    Given the files of the release environment
    Then exactly these commands run:
      | service | entry point | command |
      | other   | any         | any     |
  Scenario: health
    Given the files of the release environment
    Then exactly these health checks are set:
      | service | command | interval | timeout | retries |
      | other   | any     | any      | any     | any     |
  Scenario: labels
    Given the files of the release environment
    Then exactly these values of \"services.*.labels.*\" are set:
      | service | label | value |
      | other   | a     | b     |
  Scenario: configs
    Given the files of the release environment
    Then exactly these values of \"configs.*.content\" are set:
      | config | value |
      | other  | a     |
  Scenario: a command
    Given the files of the release environment
    Then service \"web\" runs the command \"other\"
  Scenario: nothing is wrong
    Given the files of the release environment
    Then no \"services.*.command\" contains \"zzz\"
";
    let folder = tempfile::tempdir().expect("a folder");
    let here = Utf8Path::from_path(folder.path()).expect("UTF-8");
    fs::create_dir(here.join("features")).expect("a folder");
    for (name, text) in [
        ("seaworthy.yaml", "environments: {release: {files: [compose.yaml]}}\n"),
        ("compose.yaml", COMPOSE),
        ("features/a.feature", feature),
    ] {
        fs::write(here.join(name), text).expect("a file");
    }
    for format in ["terminal", "json", "sarif", "github", "markdown", "junit"] {
        let ended = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("seaworthy"))
            .args(["check", "--report", &format!("{format}=report")])
            .current_dir(here)
            .env("NO_COLOR", "1")
            .output()
            .expect("seaworthy can be started");
        let printed = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{printed}");
        let report = printed + &fs::read_to_string(here.join("report")).expect("a report");
        assert!(
            report.contains("hidden]"),
            "{format}: a secret has its name in its place:\n{report}"
        );
        for secret in SECRETS {
            assert!(!report.contains(secret), "{format} shows {secret}:\n{report}");
        }
    }
}
