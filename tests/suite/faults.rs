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
