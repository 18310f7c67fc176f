//! Which projects `lint` finds: parts of others are none, fragments belong to a base, and the
//! variables of Compose say what a project is.

use std::{fs, io::Write as _, path::Path, process::Stdio};

use serde_json::Value;

const FLAGGED: &str = "services:\n  web:\n    image: nginx:1.27\n    privileged: true\n";

pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// What came of a call: exit code, the report, the standard error.
pub struct Told {
    pub code: i32,
    pub json: Value,
    pub stderr: String,
}

impl Told {
    /// The open findings as `rule file:line`.
    pub fn findings(&self) -> Vec<String> {
        let all = self.json["findings"].as_array().into_iter().flatten();
        all.map(|found| {
            let text = |key: &str| found[key].as_str().unwrap_or_default();
            format!("{} {}:{}", text("rule"), text("file"), found["line"])
        })
        .collect()
    }

    pub fn projects(&self) -> Vec<&str> {
        let all = self.json["projects"].as_array().into_iter().flatten();
        all.filter_map(|project| project["name"].as_str()).collect()
    }

    pub fn notes(&self) -> Vec<String> {
        let all = self.json["notes"].as_array().into_iter().flatten();
        all.map(|note| format!("{} {}", note["message"], note["help"])).collect()
    }
}

/// Runs `lint` with one rule, some variables and an input.
fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Told {
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    for name in ["COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR", "COMPOSE_PROFILES", "COMPOSE_ENV_FILES"]
    {
        process.env_remove(name);
    }
    let mut process = process
        .current_dir(folder)
        .args(["lint", "--format=json", "--select=privileged-container"])
        .args(arguments)
        .env("NO_COLOR", "1")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut pipe = process.stdin.take().expect("an input");
    // Who does not ask for the input may be gone by now.
    let _not_asked = pipe.write_all(input.as_bytes());
    drop(pipe);
    let output = process.wait_with_output().expect("it ends");
    Told {
        code: output.status.code().unwrap_or(-1),
        json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub fn lint(folder: &Path, arguments: &[&str]) -> Told {
    run(folder, arguments, &[], "")
}

#[test]
fn what_another_project_includes_is_judged_there_alone() {
    let part =
        "services:\n  db:\n    image: postgres:17\n    privileged: true\n    networks: [back]\n";
    let folder = folder(&[
        (
            "compose.yaml",
            "include:\n  - ${PARTS}/compose.db.yaml\n  - {path: [parts/compose.yaml, parts/more.yaml], project_directory: .}\nnetworks: {back: {}}\n",
        ),
        (".env", "PARTS=parts\n"),
        ("parts/compose.db.yaml", part),
        ("parts/compose.yaml", "include: [deeper/compose.yaml]\n"),
        ("parts/more.yaml", "services: {}\n"),
        ("deeper/compose.yaml", &FLAGGED.replace("web", "deep")),
        ("other/compose.yaml", FLAGGED),
    ]);
    let told = lint(folder.path(), &["."]);
    assert_eq!(told.projects(), ["compose.yaml", "other/compose.yaml"], "{}", told.json);
    let expected = [
        "privileged-container deeper/compose.yaml:4",
        "privileged-container parts/compose.db.yaml:4",
        "privileged-container other/compose.yaml:4",
    ];
    let mut found = told.findings();
    found.sort();
    let mut expected = expected.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(found, expected);
    // So where both are named, as a hook on changed files does.
    let told = lint(folder.path(), &["parts/compose.db.yaml", "compose.yaml"]);
    assert_eq!(told.projects(), ["compose.yaml"]);
    // A part that is asked for by itself is judged by itself.
    assert_eq!(lint(folder.path(), &["deeper/compose.yaml"]).findings().len(), 1);
}

#[test]
fn a_file_that_is_only_extended_is_no_project_and_one_that_runs_by_itself_is() {
    let folder = folder(&[
        (
            "compose.yaml",
            "services:\n  web:\n    image: nginx:1.27\n    extends: {file: compose.common.yaml, service: base}\n",
        ),
        (
            "compose.common.yaml",
            "services:\n  base:\n    extends: root\n  root:\n    privileged: true\n",
        ),
    ]);
    let told = lint(folder.path(), &["."]);
    assert_eq!(told.projects(), ["compose.yaml"]);
    assert_eq!(told.findings(), ["privileged-container compose.common.yaml:5"]);
    assert!(told.notes().is_empty(), "{:?}", told.notes());

    let folder = self::folder(&[
        (
            "compose.yaml",
            &format!("{FLAGGED}  db:\n    image: postgres:17\n    privileged: true\n"),
        ),
        (
            "test/compose.yaml",
            "services:\n  web:\n    extends: {file: ../compose.yaml, service: web}\n",
        ),
    ]);
    let told = lint(folder.path(), &["."]);
    assert_eq!(told.projects(), ["compose.yaml", "test/compose.yaml"]);
    assert!(told.findings().contains(&"privileged-container compose.yaml:7".to_owned()));
}

#[test]
fn files_that_include_each_other_do_not_vanish() {
    let folder = folder(&[
        ("a/compose.yaml", "include: [../b/compose.yaml]\n"),
        ("b/compose.yaml", "include: [../a/compose.yaml]\nservices: {a: {image: a}}\n"),
    ]);
    let told = lint(folder.path(), &["."]);
    assert_eq!(told.projects(), ["a/compose.yaml"]);
    assert_eq!(told.findings(), ["not-loadable b/compose.yaml:1"]);
}

const BASE: &str = "services:\n  web:\n    image: nginx:1.27\nnetworks: {back: {}}\n";

#[test]
fn a_fragment_is_judged_with_the_base_that_it_fits() {
    let over = "services:\n  web:\n    privileged: true\n";
    for place in [
        "overrides/compose.https.yaml",
        "ci/docker-compose.yml",
        "override.yml.d/tls.yml",
        "deploy/compose.prod.yaml",
    ] {
        let folder = folder(&[("compose.yaml", BASE), (place, over)]);
        let told = lint(folder.path(), &["."]);
        assert_eq!(told.findings(), [format!("privileged-container {place}:3")], "{}", told.json);
        assert!(told.notes().is_empty(), "{:?}", told.notes());
        assert!(
            told.projects().iter().any(|name| name.starts_with("compose.yaml + ")),
            "{:?}",
            told.projects()
        );
    }
    // The base lies in a folder beside, and is found above where only the fragment is named.
    let folder = folder(&[("base/compose.yaml", BASE), ("prod/compose.prod.yaml", over)]);
    assert_eq!(
        lint(folder.path(), &["."]).findings(),
        ["privileged-container prod/compose.prod.yaml:3"]
    );
    let folder = self::folder(&[("compose.yaml", BASE), ("overrides/compose.a.yaml", over)]);
    assert_eq!(
        lint(folder.path(), &["overrides/compose.a.yaml"]).findings(),
        [
            "not-loadable overrides/compose.a.yaml:2",
            "privileged-container overrides/compose.a.yaml:3"
        ],
        "no repository"
    );
    fs::create_dir(folder.path().join(".git")).expect("a folder");
    assert_eq!(
        lint(folder.path(), &["overrides/compose.a.yaml"]).findings(),
        ["privileged-container overrides/compose.a.yaml:3"]
    );
}

#[test]
fn a_fragment_may_need_another_one_beside_it() {
    let folder = folder(&[
        ("compose.yaml", BASE),
        ("overrides/compose.proxy.yaml", "services:\n  proxy:\n    image: traefik:3.4\n"),
        (
            "overrides/compose.tls.yaml",
            "services:\n  web: {labels: [a]}\n  proxy:\n    privileged: true\n",
        ),
    ]);
    let told = lint(folder.path(), &["."]);
    assert_eq!(
        told.findings(),
        ["privileged-container overrides/compose.tls.yaml:4"],
        "{}",
        told.json
    );
}

#[test]
fn what_a_variant_refers_to_may_stand_in_another_one() {
    let agent = "services:\n  agent:\n    image: a\n    privileged: true\n    depends_on: [server]\n  web: {tty: true}\n";
    let server = "services: {server: {image: s}}\n";
    let folder = folder(&[
        ("compose.yaml", BASE),
        ("compose.agent.yaml", agent),
        ("compose.server.yaml", server),
    ]);
    let told = lint(folder.path(), &["."]);
    assert_eq!(told.findings(), ["privileged-container compose.agent.yaml:4"], "{}", told.json);
    // Declared nowhere, it is a fault.
    fs::remove_file(folder.path().join("compose.server.yaml")).expect("it goes");
    assert_eq!(lint(folder.path(), &["."]).findings().len(), 2);
}

#[test]
fn a_fragment_that_fits_nothing_is_one_note_and_a_broken_project_stays_a_finding() {
    let lost = "services:\n  x: {tty: true}\n  y: {tty: true}\n  z: {image: a, networks: [gone]}\n";
    let folder = folder(&[("compose.yaml", BASE), ("overrides/compose.lost.yaml", lost)]);
    let told = lint(folder.path(), &["."]);
    assert_eq!((told.code, told.findings().len()), (0, 0), "{}", told.json);
    let notes = told.notes();
    assert_eq!(notes.len(), 1, "{notes:?}");
    for part in [
        "overrides/compose.lost.yaml",
        "2 more",
        "seaworthy.yaml",
        "environments: { lost: { files: [compose.yaml, overrides/compose.lost.yaml] } }",
    ] {
        assert!(notes[0].contains(part), "no {part} in {notes:?}");
    }
    // These look alike and are broken.
    for (place, text) in [
        ("sub/compose.yaml", lost),
        ("overrides/compose.x.yaml", "services:\n  web: {tty: true, networks: [bakc]}\n"),
        ("overrides/compose.x.yaml", "services:\n  web: {ttty: true}\n"),
        ("compose.prod.yaml", "services:\n  web: {tty: true, networks: [gone]}\n"),
    ] {
        let folder = self::folder(&[("compose.yaml", BASE), (place, text)]);
        let told = lint(folder.path(), &["."]);
        let found = told.findings();
        assert!(
            !found.is_empty()
                && found.iter().all(|one| one.starts_with(&format!("not-loadable {place}"))),
            "{place} {text} {}",
            told.json
        );
    }
}

#[test]
fn compose_file_says_what_the_project_is() {
    let files = [
        ("base.yml", "services: {web: {image: a}}\n"),
        ("more.yml", "services:\n  web:\n    privileged: true\n"),
        ("compose.yaml", "services: {b: {image: a}}\n"),
    ];
    let folder = folder(&files);
    let with = |variables: &[(&str, &str)], arguments: &[&str]| {
        run(folder.path(), arguments, variables, "")
    };
    let found = ["privileged-container more.yml:3"];
    let told = with(&[("COMPOSE_FILE", "base.yml:more.yml")], &[]);
    assert_eq!(
        (told.findings(), told.projects()),
        (found.map(str::to_owned).to_vec(), vec!["base.yml + more.yml"])
    );
    let told = with(&[("COMPOSE_FILE", "base.yml;more.yml"), ("COMPOSE_PATH_SEPARATOR", ";")], &[]);
    assert_eq!(told.findings(), found);
    let told = with(&[("COMPOSE_FILE", "gone.yml")], &[]);
    assert_eq!(told.code, 3);
    assert!(
        told.stderr.contains("cannot read") && told.stderr.contains("COMPOSE_FILE"),
        "{}",
        told.stderr
    );
    // Who names a project means that one, and so does a configuration.
    for arguments in [&["."][..], &["compose.yaml"], &["-f", "compose.yaml"]] {
        assert_eq!(with(&[("COMPOSE_FILE", "gone.yml")], arguments).projects(), ["compose.yaml"]);
    }
    fs::write(
        folder.path().join("seaworthy.yaml"),
        "environments: {one: {files: [compose.yaml]}}\n",
    )
    .expect("a file");
    assert_eq!(with(&[("COMPOSE_FILE", "gone.yml")], &[]).projects(), ["one"]);

    let folder = self::folder(&[(
        "shop/.env",
        "COMPOSE_FILE=base.yml,more.yml\nCOMPOSE_PATH_SEPARATOR=,\n",
    )]);
    for (name, text) in files {
        fs::write(folder.path().join("shop").join(name), text).expect("a file");
    }
    let told = lint(folder.path(), &["."]);
    assert_eq!(told.findings(), ["privileged-container shop/more.yml:3"]);
    assert_eq!(told.projects(), ["shop/base.yml + more.yml", "shop/compose.yaml"]);
}

#[test]
fn compose_profiles_and_env_files_count() {
    let text = "services:\n  web:\n    image: a\n    privileged: ${ROOT:-false}\n  debug:\n    image: a\n    privileged: true\n    profiles: [debug]\n  a: {image: a, profiles: [a]}\n";
    let folder = folder(&[("compose.yaml", text), ("ci.env", "ROOT=true\nCOMPOSE_PROFILES=a\n")]);
    let with = |variables: &[(&str, &str)]| run(folder.path(), &[], variables, "");
    assert_eq!(with(&[]).findings(), ["privileged-container compose.yaml:7"]);
    let told = with(&[("COMPOSE_PROFILES", "a, b")]);
    assert_eq!(told.findings(), Vec::<String>::new());
    assert!(told.notes()[0].contains("debug"), "{:?}", told.notes());
    assert_eq!(
        with(&[("COMPOSE_PROFILES", "debug")]).findings(),
        ["privileged-container compose.yaml:7"]
    );
    assert_eq!(
        with(&[("COMPOSE_ENV_FILES", "ci.env")]).findings(),
        ["privileged-container compose.yaml:4"]
    );
    fs::write(folder.path().join(".env"), "COMPOSE_PROFILES=a\n").expect("a file");
    assert_eq!(with(&[]).findings(), Vec::<String>::new());
    assert_eq!(
        with(&[("COMPOSE_PROFILES", "debug")]).findings(),
        ["privileged-container compose.yaml:7"]
    );
    // As for Compose, an env file does not name env files.
    fs::write(folder.path().join(".env"), "COMPOSE_ENV_FILES=ci.env\n").expect("a file");
    assert_eq!(with(&[]).findings(), ["privileged-container compose.yaml:7"]);
}

#[test]
fn a_project_is_named_as_compose_has_it() {
    let folder = folder(&[
        (
            "a.yml",
            "services: {web: {image: a, privileged: \"${ROOT:-false}\"}, x: {image: a, privileged: true, profiles: [x]}}\n",
        ),
        ("b.yml", "services:\n  web:\n    env_file: own.env\n"),
        ("one.env", "ROOT=true\n"),
        ("sub/own.env", ""),
    ]);
    let told = lint(folder.path(), &["-f", "a.yml", "-f", "b.yml", "--profile", "none"]);
    assert_eq!(
        (told.findings(), told.projects()),
        (Vec::new(), vec!["a.yml + b.yml"]),
        "{}",
        told.json
    );
    assert!(told.notes()[0].contains("own.env"), "{:?}", told.notes());
    let told = lint(
        folder.path(),
        &["-f", "a.yml", "-f", "b.yml", "--project-directory", "sub", "--env-file", "one.env"],
    );
    assert_eq!(told.findings().len(), 2, "{}", told.json);
    assert!(told.notes().is_empty(), "{:?}", told.notes());
    for (arguments, says) in [
        (&["-f", "gone.yml"][..], "cannot read"),
        (&["-f", "a.yml", "--env-file", "gone.env"], "--env-file"),
        (&["-f", "a.yml", "--project-directory", "gone"], "there is no folder gone"),
        (&["--profile", "x"], "no Compose file in"),
    ] {
        let told = lint(folder.path(), arguments);
        assert_eq!(told.code, 3, "{arguments:?}");
        assert!(told.stderr.contains(says), "{}", told.stderr);
    }
    assert_eq!(lint(folder.path(), &["a.yml", "-f", "b.yml"]).code, 2);
}

#[test]
fn the_standard_input_is_a_project() {
    let folder = folder(&[("compose.yaml", FLAGGED)]);
    let input = "services:\n  web:\n    image: nginx:${TAG:?}\n    privileged: true\n";
    for arguments in [&["-"][..], &["-f", "-"]] {
        let told = run(folder.path(), arguments, &[], input);
        assert_eq!(told.findings(), ["privileged-container -:4"], "{}{}", told.json, told.stderr);
        assert!(told.notes()[0].contains("TAG"), "{:?}", told.notes());
        assert_eq!(told.code, 1);
    }
    assert_eq!(run(folder.path(), &["-"], &[], "services: {web: {image: a}}\n").code, 0);
    let told = run(folder.path(), &["-"], &[], "services: [\n");
    assert!(told.findings()[0].starts_with("not-loadable -:"), "{}", told.json);
    let told = run(
        folder.path(),
        &["-f", "compose.yaml", "-f", "-"],
        &[],
        "services: {web: {privileged: !reset null}}\n",
    );
    assert_eq!(told.findings(), Vec::<String>::new(), "{}", told.json);
}

#[test]
fn a_fingerprint_is_the_same_on_every_machine() {
    let mount = [
        "${HOME}/data:/data",
        "~/d:/d",
        "${PWD}:${PWD}",
        "./x:/x",
        "${DATA}/y:/y",
        "/opt/e:/e",
        "/srv/s:/s",
        "../z:/z",
    ];
    let mount = mount.map(|one| format!("'{one}'")).join(", ");
    let text = format!(
        "services:\n  a:\n    image: a\n    volumes: [{mount}]\n    devices: ['${{HOME}}/tty:/dev/tty']\n    tmpfs: ['${{PWD}}/t']\n  b:\n    image: b\n    volumes: [{mount}]\n"
    );
    let of = |home: &str, data: &str| {
        let folder = folder(&[("compose.yaml", &text), (".env", &format!("DATA={data}\n"))]);
        let pwd = folder.path().to_string_lossy().into_owned();
        let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        let output = process
            .current_dir(folder.path())
            .args(["lint", "--format=json", "--strict", "compose.yaml"])
            .env("HOME", home)
            .env("PWD", &pwd)
            .output()
            .expect("it runs");
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let all = json["findings"].as_array().expect("findings").clone();
        let subjects: Vec<String> =
            all.iter().map(|one| format!("{} {}", one["rule"], one["subject"])).collect();
        for part in [home, data, pwd.as_str()] {
            assert!(
                !subjects.iter().any(|subject| subject.contains(part)),
                "{part} in {subjects:#?}"
            );
        }
        let mut prints: Vec<String> = all
            .iter()
            .map(|one| format!("{} {} {}", one["rule"], one["subject"], one["fingerprint"]))
            .collect();
        prints.sort();
        prints
    };
    let first = of("/home/me", "/mnt/one");
    assert!(first.iter().any(|one| one.contains("volume-shared-by-writers")), "{first:#?}");
    assert_eq!(first, of("/Users/you", "/data2/two"));
}
