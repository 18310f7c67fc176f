//! Everything that is wrong with a project is told in one go.

use crate::program::{folder, run};

/// The places of the errors that `config` tells of a Compose file.
fn places(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(files);
    let answer = run(folder.path(), &["config"]);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    let lines =
        answer.stderr.lines().filter_map(|line| line.trim().strip_prefix("--> compose.yaml:"));
    lines.map(str::to_owned).collect()
}

#[test]
fn maps_in_a_list_misplaced_keys_wrong_types_ports_and_mounts() {
    let text = "\
services:
  a:
    image: a
    ports: [\"80x:80\", \"99999:80\", \"1:2\"]
    volumes: [\"\"]
    depends_on: [1]
    environment:
      - A: b
  b:
    imagee: b
    ports: [\"70000\"]
  c:
    image: 3
    restart: sometimes
servces: {}
";
    let told = places(&[("compose.yaml", text)]);
    assert_eq!(
        told,
        ["4:13", "4:23", "5:15", "6:18", "8:9", "10:5", "11:13", "13:12", "15:1"],
        "in the order of the file"
    );
}

#[test]
fn what_one_phase_refuses_does_not_hide_what_the_next_would() {
    let text = "\
services:
  a:
    image: ${X:?no x}
    cpus: many
    ports: [\"${P:?no port}:80\", 80: 80, {target: x}]
    restart: true
    extends: {service: gone}
  b:
    extends: {file: gone.yaml, service: b}
    image: a
    image: b
  c: [d]
  image: e
include: [one.yaml, two.yaml]
command: f
volumes: [g]
";
    let told = places(&[("compose.yaml", text)]);
    assert_eq!(
        told,
        [
            "3:12", "4:11", "5:14", "5:33", "5:50", "6:14", "7:14", "9:21", "11:5", "12:6",
            "13:10", "14:11", "14:21", "15:1", "16:10"
        ]
    );
}

#[test]
fn a_fault_of_one_file_does_not_hide_those_of_the_next() {
    let folder = folder(&[
        ("compose.yaml", "services:\n  a: {imagee: a}\n"),
        ("compose.override.yaml", "services:\n  a: {image: b, image: c}\n  b: {ports: x}\n"),
    ]);
    let told = run(folder.path(), &["config"]).stderr;
    for place in ["compose.yaml:2:7", "compose.override.yaml:2:17", "compose.override.yaml:3:14"] {
        assert_eq!(told.matches(place).count(), 1, "{place}: {told}");
    }
}

#[test]
fn files_that_include_each_other_over_and_over_end_soon() {
    let many = |file: &str| format!("include: [{}]\n", vec![file; 400].join(", "));
    let (a, b) = (many("b.yaml"), many("compose.yaml"));
    let folder = folder(&[("compose.yaml", &a), ("b.yaml", &b)]);
    let start = std::time::Instant::now();
    let answer = run(folder.path(), &["config"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("include each other in a circle"), "{}", answer.stderr);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

/// What `config` says of one file.
fn told(text: &str) -> String {
    let answer = run(folder(&[("compose.yaml", text)]).path(), &["config"]);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    answer.stderr
}

#[test]
fn what_belongs_to_a_service_and_stands_elsewhere() {
    let top = told("services: {a: {image: a}}\nports: [\"80:80\"]\n");
    assert!(top.contains("`ports` is an attribute of a service"), "{top}");
    let beside = told("services:\n  a:\n  image: b\n  ports: [\"80:80\"]\n");
    assert!(beside.contains("`ports` is an attribute: indent it"), "{beside}");
    assert_eq!(beside.matches("--> ").count(), 3, "{beside}");
    let nothing = told("services:\n");
    assert_eq!(nothing.matches("--> ").count(), 1, "{nothing}");
}

#[test]
fn yaml_that_is_none_is_told_with_what_to_write() {
    for (text, place, words) in [
        ("services:\n  a:\n    image: x\n\tports: [a]\n", "4:1", "indent with spaces"),
        ("services: {a: {image: @x}}\n", "1:23", "put it in quotes"),
        ("services:\n  a: {image: *x}\n", "2:14", "no anchor of that name"),
        ("services:\n  a:\n    image: b: c\n", "3:13", "needs quotes"),
    ] {
        let told = told(text);
        assert!(told.contains(&format!("compose.yaml:{place}\n")), "{told}");
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn a_space_too_many_in_a_list() {
    for (item, words) in [
        ("ports: [\"80\": 80]", "write \"80:…\" without the space"),
        ("volumes: [./a: /b]", "write \"./a:…\" without the space"),
        ("command: [echo: b]", "put the item in quotes"),
        ("ports: [published: 80]", "add `target:`"),
    ] {
        let told = told(&format!("services:\n  a:\n    image: a\n    {item}\n"));
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn a_link_that_leads_nowhere_is_no_file() {
    let folder = folder(&[]);
    std::os::unix::fs::symlink("gone.yaml", folder.path().join("compose.yaml")).expect("a link");
    let answer = run(folder.path(), &["config"]);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    assert!(
        answer.stderr.contains("compose.yaml is a link to what is not there"),
        "{}",
        answer.stderr
    );
}

#[test]
fn keys_that_are_written_twice() {
    let text = "services:\n  a:\n    image: a\n    image: b\n  b: {image: c, ports: [], ports: []}\n  a: {image: d}\n";
    assert_eq!(places(&[("compose.yaml", text)]), ["4:5", "5:28", "6:3"]);
}

#[test]
fn variables_that_must_be_set() {
    let text = "services:\n  a:\n    image: ${X:?no x}\n    environment: [\"A=${Y:?no y}\"]\n  b:\n    image: ${X:?again}\n";
    assert_eq!(places(&[("compose.yaml", text)]), ["3:12", "4:22", "6:12"]);
}

#[test]
fn env_files_that_are_not_there() {
    let text = "services:\n  a: {image: a, env_file: [one.env, two.env, there.env]}\n  b: {image: b, env_file: three.env}\n";
    let told = places(&[("compose.yaml", text), ("there.env", "A=b\n")]);
    assert_eq!(told, ["2:28", "2:37", "3:27"]);
}

#[test]
fn everything_that_is_wrong_with_env_files() {
    let folder = folder(&[
        (
            "compose.yaml",
            "services:\n  a: {image: a, env_file: [bad.env, gone.env], label_file: [no.labels, bad.env]}\n",
        ),
        ("bad.env", "A=1\nB C=2\nD=${E:?no e}\nF+=3\nG=\"open\nH I\n"),
    ]);
    let told = run(folder.path(), &["config"]).stderr;
    for place in ["bad.env:2:1", "bad.env:3:3", "bad.env:4:2", "bad.env:5:3", "compose.yaml:2:37"] {
        assert_eq!(told.matches(&format!("--> {place}\n")).count(), 1, "{place}: {told}");
    }
    assert!(told.contains("compose.yaml:2:61"), "{told}");
    assert!(!told.contains("bad.env:6"), "{told}");
    let dotenv = self::folder(&[("compose.yaml", "services: {}\n"), (".env", "A B=1\nC D=2\n")]);
    let told = run(dotenv.path(), &["config"]).stderr;
    assert!(told.contains(".env:1:1\n") && told.contains(".env:2:1\n"), "{told}");
}

#[test]
fn a_map_in_a_list_is_told_how_to_write_it_without_its_value() {
    let folder = folder(&[(
        "compose.yaml",
        "services:\n  a:\n    image: a\n    environment:\n      - API_TOKEN: Brass-Lantern-7\n",
    )]);
    let answer = run(folder.path(), &["config"]);
    assert!(answer.stderr.contains("write `- API_TOKEN=…`"), "{}", answer.stderr);
    assert!(!answer.stderr.contains("Brass"), "{}", answer.stderr);
}

#[test]
fn a_volume_of_one_letter_is_read_as_a_drive() {
    let folder = folder(&[(
        "compose.yaml",
        "services:\n  app:\n    image: a\n    volumes: [\"a:/archive\", \"/b\"]\nvolumes: {a: {}}\n",
    )]);
    let answer = run(folder.path(), &["config"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stderr.contains("compose.yaml:4:15"), "{}", answer.stderr);
    assert!(
        answer.stderr.contains("{type: volume, source: a, target: /archive}"),
        "{}",
        answer.stderr
    );
}

const FEATURE: &str = "Feature: f\n  Scenario: s\n    Given the files of the dev environment\n    Then \"services.a.image\" is \"a\"\n";

/// The places that `check`, `facts` and `lint` tell of a configuration, and their exit codes.
fn in_configuration(text: &str) -> Vec<(String, i32)> {
    let folder = folder(&[
        ("seaworthy.yaml", text),
        ("compose.yaml", "services:\n  a: {image: \"a:1\"}\n"),
        ("a.feature", FEATURE),
    ]);
    let calls: [&[&str]; 4] = [
        &["check", "a.feature"],
        &["facts"],
        &["config", "-e", "dev"],
        &["lint", "--select=not-loadable"],
    ];
    let places = calls.map(|call| {
        let answer = run(folder.path(), call);
        let told = format!("{}{}", answer.stdout, answer.stderr);
        let place = told.lines().find_map(|line| line.trim().strip_prefix("--> "));
        let place = place.unwrap_or_else(|| panic!("{call:?}: {told}"));
        let at = place.rfind("seaworthy.yaml:").unwrap_or_else(|| panic!("{call:?}: {told}"));
        (place[at..].to_owned(), answer.code)
    });
    places.to_vec()
}

#[test]
fn a_tab_that_indents_the_configuration() {
    for (place, code) in in_configuration("environments:\n  dev:\n\t  files: [compose.yaml]\n") {
        assert_eq!((place.as_str(), code), ("seaworthy.yaml:3:1", 3));
    }
}

#[test]
fn files_of_an_environment_that_are_not_there() {
    let text = "environments:\n  dev:\n    files:\n      - compose.yaml\n      - gone.yaml\n";
    let told = in_configuration(text);
    let codes: Vec<i32> = told.iter().map(|(_, code)| *code).collect();
    assert!(told.iter().all(|(place, _)| place == "seaworthy.yaml:5:9"), "{told:?}");
    assert_eq!(codes, [3, 3, 1, 1]);
    let text = "environments:\n  dev: {files: [compose.yaml], env_files: [gone.env]}\n";
    let told = in_configuration(text);
    assert!(told.iter().all(|(place, _)| place == "seaworthy.yaml:2:44"), "{told:?}");
    assert_eq!(told[3].1, 0, "lint does without its variables, and says so");
}
