//! `seaworthy facts`: what it prints is so, passes as sentences, fits its schema, and shows no secret.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::program::{folder, seaworthy};

/// The projects of this repository that have a configuration.
fn projects() -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from(".")];
    for group in ["fixtures/declared", "fixtures/small", "fixtures"] {
        let entries = fs::read_dir(group).expect("fixtures").flatten().map(|entry| entry.path());
        found.extend(entries.filter(|path| path.join("seaworthy.yaml").is_file()));
    }
    found.sort();
    found
}

#[test]
fn what_it_prints_as_sentences_passes() {
    let mut passed = 0;
    for project in projects() {
        let (code, feature, stderr) = seaworthy(&project, &["facts", "--format", "gherkin"]);
        if code == 3 {
            // Files that no command can load.
            assert!(stderr.contains("error: "), "{}: {stderr}", project.display());
            continue;
        }
        assert_eq!(code, 0, "{}: {stderr}", project.display());
        assert!(feature.contains("Then exactly these services run:"), "{feature}");
        let folder = folder(&[("facts.feature", &feature)]);
        let file = folder.path().join("facts.feature");
        let file = file.to_str().expect("UTF-8");
        let (code, stdout, stderr) = seaworthy(&project, &["check", "--trust", file, file]);
        assert_eq!(code, 0, "{}:\n{stdout}{stderr}\n{feature}", project.display());
        passed += 1;
    }
    assert!(passed > 25, "only {passed} projects were looked at");
}

#[test]
fn what_it_prints_as_sentences_fails_once_anything_is_otherwise() {
    let text = "services:\n  web:\n    image: web:1\n    build: {context: ./web, target: x}\n    ports: ['80:80']\n    volumes: ['data:/d', './a:/a:ro']\n    environment: {TZ: UTC, API_KEY: one-two-three}\n    depends_on: [db]\n    secrets: [key]\n    configs: [conf]\n    mem_limit: 1g\n  db: {image: db:1, networks: [back], profiles: []}\n  mail: {image: mail, profiles: [mail]}\nnetworks: {back: {internal: true}}\nvolumes: {data: }\nsecrets: {key: {file: ./key}}\nconfigs: {conf: {file: ./conf}}\n";
    let config = "environments: {development: {files: [compose.yaml]}}\n";
    let folder =
        folder(&[("compose.yaml", text), ("seaworthy.yaml", config), ("key", "k"), ("conf", "c")]);
    let path = folder.path();
    let (code, feature, stderr) = seaworthy(path, &["facts", "--format", "gherkin"]);
    assert_eq!(code, 0, "{stderr}");
    fs::create_dir(path.join("features")).expect("a folder");
    fs::write(path.join("features/facts.feature"), &feature).expect("a file");
    let check = || seaworthy(path, &["check"]);
    let (code, stdout, _) = check();
    assert_eq!(code, 0, "{stdout}\n{feature}");
    for (topic, from, to) in [
        ("services", "  db: {image", "  cache: {image: c}\n  db: {image"),
        ("builds", "target: x", "target: y"),
        ("ports", "'80:80'", "'127.0.0.1:80:80'"),
        ("mounts", "./a:/a:ro", "./b:/a:ro"),
        ("writable", "./a:/a:ro", "./a:/a"),
        ("volumes", "data: }", "data: {external: true}}"),
        ("networks", "internal: true", "internal: false"),
        ("dependencies", "depends_on: [db]", "init: true"),
        ("environment", "TZ: UTC", "TZ: CET"),
        ("environment", "one-two-three", "one-two"),
        ("secrets", "secrets: [key]", "secrets: [{source: key, target: other}]"),
        ("configs", "configs: [conf]", "configs: [{source: conf, target: /etc/c}]"),
        ("limits", "mem_limit: 1g", "mem_limit: 2g"),
        ("profiles", "profiles: [mail]", "profiles: [post]"),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        fs::write(path.join("compose.yaml"), text.replace(from, to)).expect("a file");
        let (code, stdout, stderr) = check();
        assert_eq!(code, 1, "{topic}: {stdout}{stderr}");
        let title = format!("{topic} of the development environment");
        assert!(stdout.contains(&title), "{topic} passes:\n{stdout}");
    }
}

#[test]
fn its_json_is_what_the_schema_says() {
    let schema = fs::read_to_string("docs/facts.schema.json").expect("the schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    for arguments in
        [&["facts", "--format=json"][..], &["facts", "--format=json", "--topic=rights"]]
    {
        let (code, stdout, stderr) = seaworthy(Path::new("."), arguments);
        assert_eq!(code, 0, "{stderr}");
        let value = serde_json::from_str(&stdout).expect("JSON");
        let wrong: Vec<String> = schema
            .iter_errors(&value)
            .map(|why| format!("{}: {why}", why.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    let wrong = serde_json::json!({ "version": 1, "environments": [{ "name": "a" }] });
    assert!(!schema.is_valid(&wrong), "the schema takes anything");
}

#[test]
fn a_fact_tells_where_it_is_declared() {
    let text = "services:\n  web:\n    image: web\n    ports:\n      - \"127.0.0.1:8080:80\"\n";
    let folder = folder(&[("compose.yaml", text)]);
    let (code, stdout, stderr) = seaworthy(folder.path(), &["facts", "--topic", "ports"]);
    assert_eq!(code, 0, "{stderr}");
    let row = stdout.lines().last().unwrap_or_default();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells, ["web", "80", "8080", "loopback", "compose.yaml:5"], "{stdout}");
}

#[test]
fn no_form_of_it_shows_a_secret() {
    let text = "services:\n  web:\n    image: web\n    command: serve --password=Blau-und-Rot-1\n    environment:\n      DB_PASSWORD: Gelb-und-Lila-2\n      DATABASE_URL: mysql://app:Rosa-und-Gold-3@db/app\n      COPY: Weiss-und-Grau-4\n    healthcheck: {test: 'ping -pGelb-und-Lila-2'}\n    secrets: [key]\nsecrets: {key: {file: ./key}}\n";
    let folder = folder(&[("compose.yaml", text), ("key", "Weiss-und-Grau-4\n")]);
    for form in ["table", "gherkin", "json"] {
        let (code, stdout, stderr) = seaworthy(folder.path(), &["facts", "--format", form]);
        assert_eq!(code, 0, "{stderr}");
        assert!(stdout.contains("DATABASE_URL"), "{form}: {stdout}");
        for secret in ["Blau-und", "Gelb-und", "Rosa-und", "Weiss-und"] {
            assert!(!stdout.contains(secret), "{form} shows {secret}:\n{stdout}");
        }
    }
}

#[test]
fn a_misspelt_topic_or_environment_is_told_what_there_is() {
    let (code, _, stderr) = seaworthy(Path::new("."), &["facts", "--topic", "prots"]);
    assert_eq!(code, 2, "{stderr}");
    for part in ["there is no topic \"prots\"", "did you mean \"ports\"", "mounts"] {
        assert!(stderr.contains(part), "{stderr}");
    }
    let (code, _, stderr) = seaworthy(Path::new("."), &["facts", "-e", "producton"]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("did you mean \"production\""), "{stderr}");
}

#[test]
fn files_that_cannot_be_loaded_are_told_with_their_line() {
    let folder = folder(&[("compose.yaml", "services:\n  web:\n    imge: web\n")]);
    let (code, stdout, stderr) = seaworthy(folder.path(), &["facts"]);
    assert_eq!((code, stdout.as_str()), (3, ""), "{stderr}");
    assert!(stderr.contains("compose.yaml:3:5"), "{stderr}");
}
