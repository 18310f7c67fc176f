//! `--history`: a small project that breaks between two runs and is mended, as people see it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::program::{Answer, run};

const FEATURE: &str = "\
Feature: f

  @HOST-1
  Scenario: Only the web port is published
    Given the dev environment
    Then exactly these ports are published:
      | service | port | host port | host address |
      | web     | 80   | 80        | loopback     |

  @IMG-1
  Scenario: The image is nginx
    Given the dev environment
    Then \"services.web.image\" is \"nginx:1\"
";

const SECRET: &str = "Blau-und-Rot-und-2";

struct Project(tempfile::TempDir);

impl Project {
    /// A sound one, checked out at a commit.
    fn new() -> Self {
        let project = Self(tempfile::tempdir().expect("a folder"));
        project
            .put("seaworthy.yaml", "document: the.md\nenvironments:\n  dev: {files: [c.yaml]}\n");
        project.put(
            "the.md",
            "# Shop\n\nOnly the web port is published [HOST-1], of nginx [IMG-1].\n",
        );
        project.put("features/a.feature", FEATURE);
        project.at_commit('a');
        project.port("80");
        project
    }

    fn put(&self, name: &str, text: &str) {
        let file = self.0.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }

    fn at_commit(&self, digit: char) {
        self.put(".git/HEAD", &format!("{}\n", digit.to_string().repeat(40)));
    }

    fn port(&self, port: &str) {
        let text = format!(
            "services:\n  web:\n    image: nginx:1\n    environment: {{DB_PASSWORD: {SECRET}}}\n    ports: [\"127.0.0.1:{port}:80\"]\n"
        );
        self.put("c.yaml", &text);
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        run(self.0.path(), arguments)
    }

    /// `check --history kept` with a JSON report; the report's history.
    fn check(&self, more: &[&str]) -> (Answer, Value) {
        let arguments = ["check", "--history", "kept", "--report", "json=run.json"];
        let answer = self.run(&[&arguments, more].concat());
        let text = fs::read_to_string(self.0.path().join("run.json")).expect("a report");
        assert!(!text.contains(SECRET));
        let run: Value = serde_json::from_str(&text).expect("JSON");
        let schema = fs::read_to_string("docs/run.schema.json").expect("the schema");
        let schema = serde_json::from_str(&schema).expect("JSON");
        let schema = jsonschema::validator_for(&schema).expect("a schema");
        let errors: Vec<String> = schema.iter_errors(&run).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        (answer, run["history"].clone())
    }

    /// The results that are kept, in the order of their names.
    fn kept(&self) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.0.path().join("kept")).expect("a folder");
        let mut files: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
        files.sort();
        files
    }
}

fn claim<'h>(history: &'h Value, id: &str) -> &'h Value {
    let claims = history["claims"].as_array().expect("claims");
    claims.iter().find(|claim| claim["claim"] == id).unwrap_or(&Value::Null)
}

#[test]
fn what_breaks_between_two_runs_and_is_mended_is_told() {
    let project = Project::new();
    let (first, history) = project.check(&[]);
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    assert!(!first.stdout.contains("history:"), "{}", first.stdout);
    assert_eq!(history["runs"].as_array().map(Vec::len), Some(1));

    project.port("81");
    project.at_commit('b');
    let (broken, _) = project.check(&[]);
    let (again, history) = project.check(&["--report", "html=page.html"]);
    for answer in [&broken, &again] {
        assert_eq!(answer.code, 1, "{}{}", answer.stdout, answer.stderr);
    }
    let told = "history: broken since ";
    assert!(
        broken.stdout.contains(told)
            && broken.stdout.contains("(commit bbbbbbb, 1 run); last proven "),
        "{}",
        broken.stdout
    );
    assert!(
        again.stdout.contains("(commit bbbbbbb, 2 runs); last proven ")
            && again.stdout.contains(" UTC (commit aaaaaaa)\n"),
        "{}",
        again.stdout
    );
    let host = claim(&history, "HOST-1");
    assert_eq!((&host["held"], &host["since"]["runs"]), (&"broken".into(), &2.into()));
    assert!(host["since"]["before"]["commit"].as_str().is_some_and(|id| id.starts_with("aaaa")));
    let image = claim(&history, "IMG-1");
    assert_eq!((&image["held"], &image["since"]["runs"]), (&"proven".into(), &3.into()));
    assert_eq!(history["flaky"], Value::Array(Vec::new()), "files are not flaky");
    let page = fs::read_to_string(project.0.path().join("page.html")).expect("a page");
    for part in [
        "id=\"title-history\"",
        "<p class=\"since\">broken since ",
        "(commit bbbbbbb, 2 runs); last proven ",
        "The last 3 runs of <code>check</code> that asked everything",
        "1 claim was proven by every run",
    ] {
        assert!(page.contains(part), "no {part:?} in the page");
    }
    let since = "<p class=\"since\">broken since ";
    assert_eq!(page.matches(since).count(), 2, "on the card and in the claim's mark");
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains(SECRET));
    // A page that is made later is the same.
    let arguments = ["report", "html=later.html", "--from", "run.json"];
    assert_eq!(project.run(&arguments).code, 1);
    let later = fs::read_to_string(project.0.path().join("later.html")).expect("a page");
    let chapter = |page: &str| {
        let from = page.find("<section class=\"chapter\" id=\"history\"").expect("the chapter");
        page[from..].split("</section>").next().unwrap_or_default().to_owned()
    };
    assert_eq!(chapter(&later), chapter(&page));

    project.port("80");
    project.at_commit('c');
    let (mended, history) = project.check(&[]);
    assert_eq!(mended.code, 0);
    let host = claim(&history, "HOST-1");
    assert_eq!((&host["held"], &host["since"]["runs"]), (&"proven".into(), &1.into()));
    assert!(host["since"]["before"]["commit"].as_str().is_some_and(|id| id.starts_with("bbbb")));
    assert_eq!(history["broken"], Value::Array(Vec::new()));
    assert_eq!(project.kept().len(), 4);
    for file in project.kept() {
        let text = fs::read_to_string(&file).expect("a result");
        assert!(!text.contains(SECRET) && text.len() < 2_000, "{text}");
    }
}

#[test]
fn a_run_that_asks_a_part_or_cannot_begin_changes_nothing_of_the_rest() {
    let project = Project::new();
    project.check(&[]);
    project.port("81");
    project.check(&[]);
    project.port("80");
    let (part, history) = project.check(&["--tags", "@IMG-1"]);
    assert_eq!(part.code, 0);
    let host = claim(&history, "HOST-1");
    assert_eq!((&host["held"], &host["asked"]), (&"broken".into(), &false.into()));
    assert_eq!(history["runs"][2]["partly"], true);
    assert_eq!(history["runs"][1]["partly"], false);
    // One that could not begin has decided nothing, and leaves nothing.
    project.put("features/b.feature", "Feature: b\n  Scenario: s\n    Givven x\n");
    let refused = project.run(&["check", "--history", "kept"]);
    assert_eq!((refused.code, project.kept().len()), (3, 3), "{}", refused.stderr);
    fs::remove_file(project.0.path().join("features/b.feature")).expect("a file");
    project.port("81");
    let (_, history) = project.check(&[]);
    let host = claim(&history, "HOST-1");
    assert_eq!((&host["held"], &host["since"]["runs"]), (&"broken".into(), &2.into()));
}

#[test]
fn a_stack_that_does_not_come_up_says_nothing_of_claims() {
    let project = Project::new();
    project.check(&[]);
    let arguments = ["verify", "--history", "kept", "--report", "json=run.json"];
    let answer = project.run(&arguments);
    assert_eq!(answer.code, 3, "no engine answers: {}{}", answer.stdout, answer.stderr);
    let text = fs::read_to_string(project.0.path().join("run.json")).expect("a report");
    let run: Value = serde_json::from_str(&text).expect("JSON");
    let history = &run["history"];
    let last = &history["runs"][1];
    assert_eq!((&last["command"], &last["verdict"]), (&"verify".into(), &"undecided".into()));
    let host = claim(history, "HOST-1");
    assert_eq!((&host["held"], &host["since"]["runs"]), (&"proven".into(), &2.into()));
    let kept = project.kept().pop().expect("a result");
    let kept = fs::read_to_string(kept).expect("text");
    assert!(kept.contains("\"declared\":\"proven\",\"observed\":\"not_run\""), "{kept}");
}

#[test]
fn results_of_the_running_stack_are_held_against_each_other() {
    // What `verify` would leave, of a stack that is not here.
    let project = Project::new();
    project.check(&[]);
    let made = fs::read_to_string(&project.kept()[0]).expect("a result");
    for (at, held) in [(1, "proven"), (2, "broken")] {
        let text = made.replace("\"command\":\"check\"", "\"command\":\"verify\"").replace(
            "\"declared\":\"proven\"",
            &format!("\"declared\":\"proven\",\"observed\":\"{held}\""),
        );
        project.put(&format!("kept/20200101T00000{at}000Z-{at:016x}.json"), &text);
    }
    let (answer, history) = project.check(&["--report", "html=page.html"]);
    assert_eq!(answer.code, 0, "{}", answer.stdout);
    let flaky = history["flaky"].as_array().expect("flaky scenarios");
    assert_eq!(flaky.len(), 1, "the files alone can judge the other: {flaky:?}");
    assert_eq!((&flaky[0]["why"], &flaky[0]["truth"]), (&"same_commit".into(), &"observed".into()));
    let host = claim(&history, "HOST-1");
    assert_eq!((&host["held"], &host["asked"]), (&"proven".into(), &true.into()));
    assert!(host["besides"]["commit"].is_string(), "the stack was broken when it was asked last");
    let page = fs::read_to_string(project.0.path().join("page.html")).expect("a page");
    assert!(page.contains("Flaky scenarios") && page.contains("was broken on "));
}

#[test]
fn what_is_damaged_or_foreign_is_a_warning_and_stays() {
    let project = Project::new();
    project.check(&[]);
    let odd = "kept/20200101T000000000Z-0000000000000001.json";
    project.put(odd, "{\"seaworthy\": \"history\", \"version\": 9}");
    project.put("kept/<b>::error::\u{1b}[2J.json", "{}");
    let (answer, history) = project.check(&["--report", "html=page.html"]);
    assert_eq!(answer.code, 0, "a warning changes no verdict: {}", answer.stdout);
    assert!(
        answer.stdout.contains(odd) && answer.stdout.contains("of version 9"),
        "{}",
        answer.stdout
    );
    assert!(answer.stdout.contains("not named as a result is"), "{}", answer.stdout);
    assert!(!answer.stdout.contains('\u{1b}') && !answer.stdout.contains("panicked"));
    assert_eq!(history["runs"].as_array().map(Vec::len), Some(2), "the others are read");
    assert_eq!(project.kept().len(), 4);
    let page = fs::read_to_string(project.0.path().join("page.html")).expect("a page");
    assert!(page.contains("of version 9") && !page.contains("<b>::"));
}

#[test]
fn a_folder_that_cannot_be_written_to_is_an_error_and_the_verdict_is_told() {
    let project = Project::new();
    project.put("file", "x");
    let file = project.run(&["check", "--history", "file/below", "--report", "json=run.json"]);
    assert_eq!(file.code, 3, "{}{}", file.stdout, file.stderr);
    assert!(file.stderr.contains("cannot write the run's result to file/below"), "{}", file.stderr);
    assert!(file.stdout.contains("2 passed, 0 failed"), "{}", file.stdout);
    assert!(project.0.path().join("run.json").exists(), "reports are written all the same");
    // Where nobody is root, a folder without the right to write.
    project.check(&[]);
    let folder = project.0.path().join("kept");
    let allow = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode));
    allow(0o500).expect("a mode");
    let is_root = fs::write(folder.join(".try"), "").is_ok();
    let answer = project.run(&["check", "--history", "kept"]);
    allow(0o700).expect("a mode");
    assert_eq!(answer.code, if is_root { 0 } else { 3 }, "{}", answer.stderr);
    let none = project.run(&["check", "--history"]);
    assert_eq!(none.code, 2, "a folder is named");
}

#[test]
fn runs_at_once_never_meet() {
    let project = Project::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(project.run(&["check", "--history", "kept"]).code, 0));
        }
    });
    assert_eq!(project.kept().len(), 4);
    let (answer, history) = project.check(&[]);
    assert_eq!(history["runs"].as_array().map(Vec::len), Some(5));
    assert!(!answer.stdout.contains("warning"), "{}", answer.stdout);
}

#[test]
fn parts_of_several_machines_are_one_run_when_they_are_joined() {
    let project = Project::new();
    for part in ["1", "2"] {
        let report = format!("json={part}.json");
        let shard = format!("{part}/2");
        assert_eq!(project.run(&["check", "--shard", &shard, "--report", &report]).code, 0);
    }
    let joined = ["report", "--merge", "1.json", "2.json", "--history", "kept", "json=whole.json"];
    let answer = project.run(&joined);
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    let text = fs::read_to_string(project.0.path().join("whole.json")).expect("a report");
    let run: Value = serde_json::from_str(&text).expect("JSON");
    let last = &run["history"]["runs"][0];
    assert_eq!((&last["claims"], &last["partly"]), (&2.into(), &false.into()), "{last}");
    let (_, history) = project.check(&[]);
    assert_eq!(claim(&history, "HOST-1")["since"]["runs"], 2, "by the same scenarios");
    // A kept run is in the history already.
    assert_eq!(project.run(&["report", "terminal", "--from", "1.json", "--history", "x"]).code, 2);
}

#[test]
fn a_fifo_in_the_folder_holds_nobody_up() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let project = Project::new();
    project.check(&[]);
    let fifo = project.0.path().join("kept/20200101T000000000Z-0000000000000001.json");
    mknodat(CWD, Path::new(&fifo), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
    let (answer, _) = project.check(&[]);
    assert_eq!(answer.code, 0);
    assert!(answer.stdout.contains("it is no plain file"), "{}", answer.stdout);
}

#[test]
fn scenarios_of_one_title_have_each_their_own_past() {
    let project = Project::new();
    let feature = |last: &str| {
        let one = |tag: &str, step: &str| {
            format!(
                "  @{tag}\n  Scenario: same\n    Given the dev environment\n    Then {step}\n\n"
            )
        };
        let image = "\"services.web.image\" is \"nginx:1\"";
        let port = "exactly these ports are published:\n      | service | port | host port | host address |\n      | web     | 80   | 80        | loopback     |";
        let steps = [one("HOST-1", port), one("IMG-1", image), one("IMG-2", image), last.into()];
        project.put("features/a.feature", &format!("Feature: f\n\n{}", steps.concat()));
    };
    feature("");
    project.port("80");
    let (first, _) = project.check(&[]);
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    let text = fs::read_to_string(project.0.path().join("c.yaml")).expect("a file");
    project.put("c.yaml", &text.replace("nginx:1", "nginx:2"));
    let (broken, history) = project.check(&[]);
    assert_eq!(broken.code, 1, "{}", broken.stdout);
    assert_eq!(claim(&history, "HOST-1")["since"]["runs"], 2, "{history}");
    for id in ["IMG-1", "IMG-2"] {
        let since = &claim(&history, id)["since"];
        assert!(since["before"].is_object() && since["runs"] == 1, "{id}: {since}");
    }
    assert!(!broken.stdout.contains("never proven"), "{}", broken.stdout);
    assert_eq!(history["broken"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_claim_keeps_its_past_when_its_scenario_is_named_anew_or_goes() {
    let renamed = FEATURE.replace("Only the web port", "No port but that of the web");
    let gone = FEATURE
        .replacen("  @HOST-1\n", "  @other\n", 1)
        .replace("  @IMG-1\n", "  @IMG-1 @HOST-1\n");
    for later in [renamed, gone] {
        let project = Project::new();
        project.port("81");
        project.check(&[]);
        project.put("features/a.feature", &later);
        project.port("80");
        let (mended, history) = project.check(&[]);
        assert_eq!(mended.code, 0, "{}{}", mended.stdout, mended.stderr);
        let host = claim(&history, "HOST-1");
        assert_eq!((&host["held"], &host["since"]["runs"]), (&"proven".into(), &1.into()));
        assert!(host["since"]["before"].is_object(), "{later}{host}");
    }
    // And the other way round: it was proven under another title.
    let project = Project::new();
    project.check(&[]);
    project.put("features/a.feature", &FEATURE.replace("Only the web", "No but the web"));
    project.port("81");
    let (_, history) = project.check(&[]);
    let host = claim(&history, "HOST-1");
    assert_eq!(host["held"], "broken");
    assert!(host["since"]["before"].is_object(), "{host}");
}

#[test]
fn a_folder_without_a_name_is_an_error_of_usage() {
    let project = Project::new();
    project.run(&["check", "--report", "json=1.json"]);
    let before = fs::read_dir(project.0.path()).expect("a folder").count();
    for command in [&["check"][..], &["verify"], &["report", "tap", "--merge", "1.json"]] {
        for history in [&["--history", ""][..], &["--history="]] {
            let answer = project.run(&[command, history].concat());
            assert_eq!(answer.code, 2, "{command:?}: {}{}", answer.stdout, answer.stderr);
            let told = &answer.stderr;
            assert!(
                told.contains("--history") && told.contains("the folder's name is empty"),
                "{told}"
            );
        }
    }
    assert_eq!(fs::read_dir(project.0.path()).expect("a folder").count(), before);
}
