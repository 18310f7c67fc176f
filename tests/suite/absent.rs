//! What a file of the project names and what is not there is told at the place that names it.

use super::program::{Answer, folder, run};

const COMPOSE: &str = "services:\n  web:\n    image: nginx:1.27\n";
const FEATURE: &str = "Feature: a\n  Scenario: b\n    Given the files of the dev environment\n    Then exactly these services run:\n      | service |\n      | web     |\n";

/// A project with these settings and a feature that holds.
fn project(settings: &str) -> tempfile::TempDir {
    let made = folder(&[("compose.yaml", COMPOSE), ("seaworthy.yaml", settings)]);
    let features = made.path().join("features");
    std::fs::create_dir(&features).expect("a folder");
    std::fs::write(features.join("a.feature"), FEATURE).expect("a file");
    made
}

/// Fails unless the answer tells something at a place, with this exit code.
fn told(settings: &str, arguments: &[&str], expected: i32, says: &str, place: &str) {
    let made = project(settings);
    let Answer { code, stdout, stderr } = run(made.path(), arguments);
    let all = format!("{stdout}{stderr}");
    let at = [format!("{place}\n"), format!("{place}: ")];
    let placed = at.iter().any(|at| all.contains(at));
    assert!(all.contains(says) && placed, "{settings}{arguments:?}: {all}");
    assert_eq!(code, expected, "{settings}{arguments:?}: {all}");
}

#[test]
fn a_sound_project_is_told_nothing() {
    let made = project("environments:\n  dev: {files: [compose.yaml], project_directory: .}\n");
    for arguments in [&["check"][..], &["lint"], &["config", "-q", "-e", "dev"]] {
        let Answer { code, stdout, stderr } = run(made.path(), arguments);
        assert_eq!(code, 0, "{arguments:?}: {stdout}{stderr}");
        assert!(!format!("{stdout}{stderr}").contains("there is no"), "{stdout}{stderr}");
    }
}

#[test]
fn a_project_directory_is_told_at_its_name() {
    let settings =
        "environments:\n  dev:\n    files: [compose.yaml]\n    project_directory: gone\n";
    for (arguments, code) in [(&["check"][..], 3), (&["lint"], 1), (&["config", "-e", "dev"], 1)] {
        told(settings, arguments, code, "there is no folder gone", "seaworthy.yaml:4:24");
    }
}

#[test]
fn files_of_stand_ins_are_told_at_their_name() {
    for (settings, place) in [
        (
            "environments:\n  dev:\n    files: [compose.yaml]\nstand_ins:\n  files: [gone.yaml]\n",
            "seaworthy.yaml:5:11",
        ),
        (
            "environments:\n  dev:\n    files: [compose.yaml]\n    stand_ins:\n      - gone.yaml\n",
            "seaworthy.yaml:5:9",
        ),
    ] {
        told(settings, &["doctor"], 3, "cannot read gone.yaml", place);
    }
}

#[test]
fn the_original_of_a_made_file_is_told_at_its_name() {
    let settings = "environments:\n  dev:\n    files: [compose.yaml]\n    env_files: [.env.dev]\n    made_from: {.env.dev: .env.gone}\n";
    told(settings, &["check"], 3, "cannot read .env.gone", "seaworthy.yaml:5:27");
}

#[test]
fn folders_and_files_of_ours_are_told_at_their_name() {
    let rest = "environments:\n  dev: {files: [compose.yaml]}\n";
    let with = |first: &str| format!("{first}\n{rest}");
    told(&with("features: gone"), &["check"], 3, "cannot read gone", "seaworthy.yaml:1:11");
    told(
        &with("document: gone.md"),
        &["check", "--require-coverage"],
        3,
        "gone.md cannot be read",
        "seaworthy.yaml:1:11",
    );
    told(
        &with("lint: {baseline: gone.json}"),
        &["lint"],
        3,
        "cannot read the baseline gone.json",
        "seaworthy.yaml:1:18",
    );
}

#[test]
fn a_folder_that_the_command_line_names_has_no_place() {
    let made = project("environments:\n  dev: {files: [compose.yaml]}\n");
    let Answer { code, stderr, .. } = run(made.path(), &["check", "gone"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("cannot read gone") && !stderr.contains("seaworthy.yaml"), "{stderr}");
}

#[test]
fn what_compose_file_lists_is_told_at_the_line_that_says_so() {
    let made = folder(&[(".env", "# which\nCOMPOSE_FILE=compose.yaml:gone.yaml\n")]);
    std::fs::write(made.path().join("compose.yaml"), COMPOSE).expect("a file");
    for (arguments, expected) in
        [(&["config"][..], 1), (&["lint"], 1), (&["lint", "--profile", "a"], 3)]
    {
        let Answer { code, stdout, stderr } = run(made.path(), arguments);
        let all = format!("{stdout}{stderr}");
        assert!(
            all.contains("gone.yaml") && all.contains("--> .env:2:1\n"),
            "{arguments:?}: {all}"
        );
        assert_eq!(code, expected, "{all}");
    }
}

#[test]
fn what_compose_files_name_is_told_at_the_name() {
    let service = "services:\n  web:\n    image: nginx:1.27\n";
    for (text, place) in [
        ("include:\n  - gone.yaml\n".to_owned(), "compose.yaml:2:5"),
        ("include:\n  - path: [part.yaml, gone.yaml]\n".to_owned(), "compose.yaml:2:23"),
        ("include:\n  - {path: part.yaml, env_file: gone.env}\n".to_owned(), "compose.yaml:2:33"),
        (format!("{service}    env_file: gone.env\n"), "compose.yaml:4:15"),
        (format!("{service}    label_file: gone.labels\n"), "compose.yaml:4:17"),
        (format!("{service}    extends: {{file: gone.yaml, service: a}}\n"), "compose.yaml:4:21"),
    ] {
        let made = folder(&[("compose.yaml", &text), ("part.yaml", service)]);
        let Answer { code, stderr, .. } = run(made.path(), &["config"]);
        assert_eq!(code, 1, "{text}{stderr}");
        assert!(stderr.contains(&format!("--> {place}\n")), "{text}{stderr}");
    }
}

#[test]
fn the_folder_of_an_include_is_a_warning_as_compose_goes_on() {
    let text = "include:\n  - path: part.yaml\n    project_directory: gone\n";
    let made = folder(&[("compose.yaml", text), ("part.yaml", COMPOSE)]);
    for arguments in [&["config"][..], &["lint"]] {
        let Answer { code, stdout, stderr } = run(made.path(), arguments);
        let all = format!("{stdout}{stderr}");
        assert_eq!(code, 0, "{all}");
        assert!(all.contains("there is no folder gone"), "{all}");
        assert!(all.contains("--> compose.yaml:3:24\n"), "{all}");
    }
    std::fs::create_dir(made.path().join("gone")).expect("a folder");
    let Answer { stderr, .. } = run(made.path(), &["config"]);
    assert!(!stderr.contains("there is no folder"), "{stderr}");
}

#[test]
fn a_service_in_the_network_of_another_is_published_by_the_other() {
    let files = [
        (
            "compose.yaml",
            "services:\n  web:\n    image: nginx:1.27\n    ports: [\"18080:8080\"]\n  side:\n    image: nginx:1.27\n    network_mode: service:web\n",
        ),
        (
            "features/a.feature",
            "Feature: b\n  Scenario: none\n    Given the files of the dev environment\n    Then service \"side\" publishes no port\n  Scenario: not this\n    Given the files of the dev environment\n    Then port 8080 of \"side\" is not published\n  Scenario: near\n    Given the files of the dev environment\n    Then port 8080 of \"side\" is published on the loopback interface only\n  Scenario: there\n    Given the files of the dev environment\n    Then service \"side\" publishes port 8080\n",
        ),
    ];
    let made = project("environments:\n  dev: {files: [compose.yaml]}\n");
    for (name, text) in files {
        std::fs::write(made.path().join(name), text).expect("a file");
    }
    let Answer { code, stdout, stderr } = run(made.path(), &["check"]);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("1 passed, 3 failed"), "{stdout}{stderr}");
    assert!(stdout.contains("\"127.0.0.1:18080:8080\""), "{stdout}{stderr}");
}

/// A project of which a scenario of the running stack says this.
fn observed(sentences: &str) -> tempfile::TempDir {
    let made = project("environments:\n  dev: {files: [compose.yaml]}\n");
    let files = [
        ("compose.yaml", "services:\n  web:\n    image: nginx:1.27\n    networks: [front]\n    volumes: [\"pages:/srv\"]\n  tool:\n    image: alpine\n    profiles: [tools]\nnetworks:\n  front: {}\nvolumes:\n  pages: {}\n  spare: {}\n".to_owned()),
        (
            "features/b.feature",
            format!("Feature: b\n  @disruptive\n  Scenario: c\n    Given the running dev environment\n{sentences}"),
        ),
    ];
    for (name, text) in files {
        std::fs::write(made.path().join(name), text).expect("a file");
    }
    made
}

#[test]
fn names_that_no_file_declares_are_told_before_anything_starts() {
    for (sentence, says, place) in [
        (
            "    When service \"wep\" is killed\n    Then service \"web\" is running\n",
            ["there is a service \"wep\" in the dev environment", "did you mean \"web\"?"],
            "features/b.feature:5:18",
        ),
        (
            "    Then services \"web\" and \"db\" share no network\n",
            [
                "there is a service \"db\" in the dev environment",
                "the services are \"tool\" and \"web\"",
            ],
            "features/b.feature:5:29",
        ),
        (
            "    Then service \"web\" is not on network \"fornt\"\n",
            ["there is a network \"fornt\" in the dev environment", "did you mean \"front\"?"],
            "features/b.feature:5:42",
        ),
        (
            "    Then service \"web\" mounts volume \"data\" at \"/srv\"\n",
            [
                "there is a volume \"data\" in the dev environment",
                "the volumes are \"pages\" and \"spare\"",
            ],
            "features/b.feature:5:38",
        ),
    ] {
        let made = observed(sentence);
        for arguments in [&["check"][..], &["verify"]] {
            let Answer { code, stdout, stderr } = run(made.path(), arguments);
            let all = format!("{stdout}{stderr}");
            let told = says.iter().all(|part| all.contains(part)) && all.contains(place);
            assert!(told && code == 1, "{arguments:?} {code}: {all}");
            assert!(all.contains("1 passed, 1 failed"), "{arguments:?}: {all}");
            assert!(!all.contains("engine"), "it went on: {all}");
        }
    }
}

#[test]
fn what_is_declared_and_not_used_is_declared() {
    let made = observed("    Then service \"web\" mounts volume \"spare\" at \"/srv\"\n");
    let Answer { code, stdout, stderr } = run(made.path(), &["check"]);
    assert!(code == 0 && stdout.contains("1 passed"), "{stdout}{stderr}");
}

#[test]
fn what_a_sentence_lists_besides_is_no_service() {
    let made = observed(
        "    Then service \"web\" has the capabilities \"NET_BIND_SERVICE\" and no other\n",
    );
    let Answer { code, stdout, stderr } = run(made.path(), &["check"]);
    assert!(code == 0 && stdout.contains("1 passed"), "{stdout}{stderr}");
}

#[test]
fn what_the_files_can_judge_is_judged_beside_a_name_that_they_lack() {
    let made = observed("    Then service \"wep\" is running\n");
    let good = "Feature: g\n  Scenario: d\n    Given the files of the dev environment\n    Then service \"web\" publishes no port\n";
    std::fs::write(made.path().join("features/g.feature"), good).expect("a file");
    let Answer { code, stdout, stderr } = run(made.path(), &["check"]);
    assert!(code == 1 && stdout.contains("2 passed, 1 failed"), "{stdout}{stderr}");
}

#[test]
fn services_that_the_settings_name_and_no_file_declares_are_told_at_their_place() {
    for (settings, place) in [
        (
            "environments:\n  dev:\n    files: [compose.yaml]\n    web: { service: wep }\n",
            "seaworthy.yaml:4:21",
        ),
        (
            "environments:\n  dev:\n    files: [compose.yaml]\n    restless: { wep: now and then }\n",
            "seaworthy.yaml:4:22",
        ),
    ] {
        for arguments in [&["check"][..], &["verify"]] {
            told(
                settings,
                arguments,
                3,
                "there is no service \"wep\" in the dev environment",
                place,
            );
        }
    }
}

#[test]
fn a_service_that_is_restless_has_a_reason() {
    let settings = "environments:\n  dev: {files: [compose.yaml], restless: {web: ' '}}\n";
    told(settings, &["check"], 3, "\"web\" is named without a reason", "seaworthy.yaml:2:3");
}

#[test]
fn a_service_of_a_profile_is_declared() {
    let made = observed(
        "    When profile \"tools\" is started\n    Then the log of \"tool\" shows \"x\"\n",
    );
    let Answer { stdout, stderr, .. } = run(made.path(), &["check"]);
    assert!(!format!("{stdout}{stderr}").contains("there is no service"), "{stdout}{stderr}");
}
