//! The sentences of the security policy can fail: `fixtures/hardened/` is a sound project, and
//! each folder of its `broken/` takes one guard away. Exactly the scenarios that its `case.yaml` names
//! fail, by the truths that it names, with words that help; and no report ever shows a secret.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use camino::Utf8Path;
use seaworthy::{
    config::Config,
    features::{self, Filter},
    run::Truth,
    steps::{Need, Vocabulary},
};

use super::{
    cases::{Case, Failed, cases, failed, unlike},
    machine::docker,
    support::{Ended, Project, open_to_all, root},
};

/// The secret of the fixture in these runs.
const SECRET: &str = "Zq-correct/horse+battery=7";

fn all_cases() -> Vec<Case> {
    cases(&root().join("fixtures/hardened/broken"))
}

/// A run, what failed in it, and that it told no secret.
fn run(project: &Project, more: &[&str]) -> (Ended, Failed) {
    let secrets = project.folder.join("secrets");
    fs::create_dir_all(&secrets).expect("a folder");
    fs::write(secrets.join("store_password"), SECRET).expect("a secret");
    let (junit, evidence) = (project.aside("junit.xml"), project.aside("evidence"));
    let mut arguments = vec!["verify", "--junit", junit.to_str().expect("UTF-8")];
    arguments.extend(["--evidence", evidence.to_str().expect("UTF-8")]);
    arguments.extend(more);
    let variables = [("LEAKED", SECRET), ("DOCKER_BUILDKIT", "0")];
    let ended = project.start_with(&arguments, &variables).end_clean();
    let written = fs::read_to_string(&junit).expect("the JUnit file");
    let pages = fs::read_dir(&evidence)
        .expect("evidence")
        .map(|page| fs::read_to_string(page.expect("an entry").path()).expect("evidence"));
    let forms = [SECRET.to_owned(), BASE64.encode(SECRET)];
    for text in pages.chain([ended.output.clone(), written.clone()]) {
        let shown = forms.iter().any(|form| text.contains(form));
        assert!(!shown, "a report shows a secret:\n{text}");
    }
    let failed = failed(&junit, &ended.output);
    (ended, failed)
}

/// Runs the cases of a group together: everything that is not as they say.
fn unlike_the_cases(group: &str) -> String {
    let cases: Vec<Case> = all_cases().into_iter().filter(|case| case.group == group).collect();
    assert!(!cases.is_empty(), "no case is of group {group}");
    let project = Project::hardened();
    if group == "leaks" {
        project.replace("broken/leak-page/site.conf", "LEAKED", SECRET);
    }
    let overlays: Vec<String> =
        cases.iter().map(|case| format!("broken/{}/compose.yaml", case.name)).collect();
    let mut arguments: Vec<&str> = Vec::new();
    arguments.extend(overlays.iter().flat_map(|overlay| ["--overlay", overlay.as_str()]));
    let (ended, failed) = run(&project, &arguments);
    ended.says(1, &["not seaworthy"]);
    unlike(&cases, &failed).join("\n\n")
}

/// The scenarios of a project with a sentence that needs root on the running stack.
fn need_root(project: &Project) -> BTreeSet<String> {
    let folder = Utf8Path::from_path(&project.folder).expect("UTF-8");
    let config = Config::read(&folder.join("seaworthy.yaml")).expect("settings");
    let files = features::files(&[config.path(&config.features)]).expect("features");
    let suite = features::load(&config, &Vocabulary::default(), &files, &Filter::default());
    let observed = suite.expect("sentences").plan.into_iter().filter(|planned| {
        let needs = planned.matches.iter().any(|found| found.step.needs.contains(&Need::Root));
        needs && planned.truths.contains(&Truth::Observed)
    });
    observed.map(|planned| format!("{} [observed]", planned.name)).collect()
}

/// What the list of sentences says of root is so: without it these are undecided, and no others.
#[test]
fn who_is_not_root_cannot_look_where_root_is_needed_and_everywhere_else_can() {
    const NOBODY: u32 = 65534;
    let project = Project::hardened();
    let above = project.folder.parent().expect("the test's folder").to_owned();
    fs::set_permissions(&above, fs::Permissions::from_mode(0o755)).expect("a mode");
    open_to_all(&above);
    let group = fs::metadata("/var/run/docker.sock").expect("the engine's socket").gid();
    let junit = project.aside("junit.xml");
    let arguments = ["verify", "--junit", junit.to_str().expect("UTF-8")];
    let ended = project.start_as(Some((NOBODY, group)), &arguments).end_clean();
    let failed = failed(&junit, &ended.output);
    assert_eq!(failed.keys().cloned().collect::<BTreeSet<_>>(), need_root(&project));
    for (scenario, said) in failed {
        let told = said.contains("missing: ") && said.contains("as root");
        assert!(told, "{scenario}:\n{said}");
    }
    ended.says(3, &["undecided"]);
}

#[test]
fn a_hardened_stack_is_seaworthy() {
    let project = Project::hardened();
    let (ended, failed) = run(&project, &[]);
    assert_eq!(failed, Failed::new(), "{}", ended.output);
    ended.says(0, &["seaworthy: "]);
}

#[test]
fn rights_that_are_taken_back_are_noticed() {
    let wrong = unlike_the_cases("rights");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_not_kept_apart_is_noticed() {
    let wrong = unlike_the_cases("isolation");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_secret_that_gets_out_is_noticed_wherever_it_is() {
    let wrong = unlike_the_cases("leaks");
    assert!(wrong.is_empty(), "{wrong}");
    let left = docker(&["image", "ls", "--quiet", "seaworthy/hardened-leak-image"]);
    assert!(left.is_empty(), "an image under the developer's own name is left: {left}");
}

/// Each of these scenarios would quote the secret, and says its name instead, in every report.
#[test]
fn what_would_quote_a_secret_names_it_instead() {
    const INSTEAD: &str = "[store_password, hidden]";
    let project = Project::hardened();
    project.replace("broken/leak-page/site.conf", "LEAKED", SECRET);
    let overlays = ["leak-page", "leak-process"].map(|case| format!("broken/{case}/compose.yaml"));
    let mut arguments = vec!["shown/secrets.feature"];
    arguments.extend(overlays.iter().flat_map(|overlay| ["--overlay", overlay.as_str()]));
    let (ended, failed) = run(&project, &arguments);
    ended.says(1, &["found: exit code 0: ", "no connection to redis://:", "| starting with "]);
    let titles: Vec<&str> = failed.keys().map(String::as_str).collect();
    assert_eq!(
        titles,
        [
            "What a command prints is a failure [observed]",
            "What a page answers is evidence and a failure [observed]",
            "What a service logs is quoted [observed]",
        ]
    );
    for (title, said) in &failed {
        assert!(said.contains(INSTEAD), "{title} does not say {INSTEAD}:\n{said}");
    }
    let junit = fs::read_to_string(project.aside("junit.xml")).expect("the JUnit file");
    assert!(ended.output.matches(INSTEAD).count() >= 3, "{}", ended.output);
    // Two commands that succeeded, and the page; the failures besides.
    assert!(junit.matches(INSTEAD).count() >= 6, "{junit}");
    for page in fs::read_dir(project.aside("evidence")).expect("evidence") {
        let page = fs::read_to_string(page.expect("an entry").path()).expect("evidence");
        assert!(page.contains(INSTEAD), "{page}");
    }
}

#[test]
fn the_last_words_of_what_does_not_come_up_show_no_secret() {
    let project = Project::hardened();
    let secrets = project.folder.join("secrets");
    fs::create_dir_all(&secrets).expect("a folder");
    fs::write(secrets.join("store_password"), SECRET).expect("a secret");
    let junit = project.aside("junit.xml");
    let arguments = ["--overlay", "shown/crash.yaml", "--junit", junit.to_str().expect("UTF-8")];
    let arguments = [["verify", "shown/secrets.feature"].as_slice(), &arguments].concat();
    let ended = project.start_with(&arguments, &[("LEAKED", SECRET)]).end_clean();
    let said = "cannot log in with [store_password, hidden]";
    ended.says(1, &["last words of store", said]);
    let written = fs::read_to_string(&junit).expect("the JUnit file");
    assert!(written.contains(said), "{written}");
    for text in [ended.output, written] {
        assert!(!text.contains(SECRET), "a report shows a secret:\n{text}");
    }
}

#[test]
fn a_limit_in_force_that_is_not_the_declared_one_is_noticed() {
    let project = Project::hardened();
    let (ended, failed) = run(&project, &["drift/limits.feature"]);
    ended.says(
        1,
        &[
            "app-1 has the memory limit 128 MiB in force, and the files say 64 MiB",
            "134217728",
            "create it anew",
        ],
    );
    assert_eq!(failed.len(), 1, "{failed:?}");
}

#[test]
fn every_scenario_of_the_hardened_project_is_made_to_fail() {
    let cases = all_cases();
    for case in &cases {
        let groups = ["rights", "isolation", "leaks"];
        assert!(groups.contains(&case.group.as_str()), "{}: no test runs its group", case.name);
    }
    let broken: BTreeSet<&str> =
        cases.iter().flat_map(|case| &case.fails).map(|fails| fails.scenario.as_str()).collect();
    for file in fs::read_dir(root().join("fixtures/hardened/features")).expect("features") {
        let text = fs::read_to_string(file.expect("an entry").path()).expect("a feature");
        for title in text.lines().filter_map(|line| line.trim().strip_prefix("Scenario: ")) {
            assert!(broken.contains(title), "no case makes \"{title}\" fail");
        }
    }
}
