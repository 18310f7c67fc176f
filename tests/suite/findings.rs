//! What all reports of findings have in common: one finding a fault, its own severity, a
//! fingerprint that no layout changes, and no secret on a line that is shown.

use std::{collections::BTreeMap, fs, path::Path};

use assert_cmd::Command;
use serde_json::Value;

const FORMATS: [&str; 6] = ["terminal", "json", "sarif", "github", "junit", "markdown"];

fn put(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a file");
    }
}

fn lint(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .arg("lint")
        .args(arguments)
        .output()
        .expect("it runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let text = lint(folder, &[&["--format", "json"], arguments].concat());
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// Whether a comment allows it, and what a finding says.
fn told(value: &Value) -> Vec<(bool, String)> {
    let all = value["findings"].as_array().expect("findings").iter();
    all.map(|found| {
        (!found["allowed"].is_null(), found["message"].as_str().unwrap_or_default().to_owned())
    })
    .collect()
}

const SHARED: &str = "x-base: &base\n  privileged: true\nservices:\n  web: {<<: *base, image: a}\n  \
                      api: {<<: *base, image: a}\n  jobs: {extends: api}\n";
const ONE: &str = "--select=privileged-container";

#[test]
fn a_line_that_services_share_is_one_finding_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &[("compose.yaml", SHARED)]);
    for format in FORMATS {
        let text = lint(folder.path(), &[ONE, "--format", format]);
        let text = text.replace("\\\"", "\"").replace("&quot;", "\"");
        let once = "service \"api\" is privileged";
        // JUnit and the terminal tell a finding again where they draw its line.
        let times = match format {
            "junit" => 2,
            // A row, a title and its details.
            "markdown" => 3,
            _ => 1,
        };
        assert_eq!(text.matches(once).count(), times, "{format}:\n{text}");
        assert!(text.contains("\"jobs\" and \"web\" share the line"), "{format}:\n{text}");
        assert!(!text.contains("service \"web\" is privileged"), "{format}:\n{text}");
    }
    let value = json(folder.path(), &[ONE]);
    assert_eq!(value["findings"][0]["shared"], serde_json::json!(["jobs", "web"]));
    assert_eq!(value["findings"][0]["line"], 2);
    // Two environments with other services on the same line are told once as well.
    put(
        folder.path(),
        &[(
            "compose.more.yaml",
            "services: {more: {extends: {file: compose.yaml, service: api}}}\n",
        )],
    );
    assert_eq!(told(&json(folder.path(), &[ONE, "."])).len(), 1);
}

#[test]
fn a_comment_at_a_service_allows_its_part_of_a_shared_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let allowing = |services: &[&str]| {
        let mut text = SHARED.to_owned();
        for service in services {
            let comment = "# seaworthy: allow[privileged-container] a module\n  ";
            text = text.replace(&format!("  {service}:"), &format!("  {comment}{service}:"));
        }
        put(folder.path(), &[("compose.yaml", &text)]);
        told(&json(folder.path(), &[ONE, "--select=unused-allow"]))
    };
    let [(false, text)] = &allowing(&["api"])[..] else { panic!("one open finding") };
    assert!(text.contains("service \"jobs\"") && text.contains("\"web\" shares"), "{text}");
    let [(false, text)] = &allowing(&["web", "jobs"])[..] else { panic!("one open finding") };
    assert!(text.contains("service \"api\"") && !text.contains("share"), "{text}");
    let all = allowing(&["web", "api", "jobs"]);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].0, "what is allowed for every service is allowed: {all:?}");
}

#[test]
fn the_severity_of_a_finding_reaches_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    // A rule of high severity, which is milder where the password is one that everybody knows.
    let text = "services:\n  a:\n    image: a\n    environment:\n      A_PASSWORD: root\n      \
                B_PASSWORD: Blau-und-Rot\n";
    put(folder.path(), &[("compose.yaml", text)]);
    let one = "--select=secret-in-environment";
    let log: Value =
        serde_json::from_str(&lint(folder.path(), &[one, "--format", "sarif"])).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let levels: Vec<_> = results.iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["warning", "error"]);
    let github = lint(folder.path(), &[one, "--format", "github"]);
    assert!(github.starts_with("::warning ") && github.contains("\n::error "), "{github}");
    let severities: Vec<_> = json(folder.path(), &[one])["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|found| found["severity"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(severities, ["medium", "high"]);
    assert!(lint(folder.path(), &[one]).contains("1 high, 1 medium"));
}

#[test]
fn what_cannot_be_loaded_shows_no_secret_in_any_format() {
    let folder = tempfile::tempdir().expect("a folder");
    for text in [
        "services:\n  a: {image: a, environment: {A_PASSWORD: Blau-und-Rot}, imgae: x}\n",
        "services:\n  a: {image: a, environment: {A_PASSWORD: Blau-und-Rot}, ports: [\n",
        "services:\n  a:\n    image: a\n    environment: [A_PASSWORD=Blau-und-Rot, {}]\n",
        "services:\n  a: {image: a, command: 'x --dsn y://u:Blau-und-Rot@db/', volumes: [{}]}\n",
    ] {
        put(folder.path(), &[("compose.yaml", text)]);
        for format in FORMATS {
            for more in ["--select=not-loadable", "--ignore=not-loadable"] {
                let text = lint(folder.path(), &["--format", format, more]);
                assert!(!text.contains("Blau-und-Rot"), "{format} {more}:\n{text}");
            }
        }
        assert!(lint(folder.path(), &["--select=not-loadable"]).contains("****"), "{text}");
        let output = Command::cargo_bin("seaworthy")
            .expect("the program")
            .current_dir(folder.path())
            .arg("config")
            .output()
            .expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && !stderr.contains("Blau-und-Rot"), "{stderr}");
    }
}

#[test]
fn what_lint_takes_for_granted_is_no_fault_of_the_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = "services:\n  web:\n    image: a\n    ports: ['8080:80']\n    environment:\n      \
                A_PASSWORD: ${A_PASSWORD:?}\n      URL: x://app:${A_PASSWORD:?}@db/\n";
    // A variant with a stand-in for a service of the base: nobody has said that both are started.
    let variant = "services:\n  web-debug:\n    image: a\n    ports: ['8080:80']\n";
    put(folder.path(), &[("compose.yaml", base), ("compose.debug.yaml", variant)]);
    let rules = ["--select=placeholder-password", "--select=duplicate-host-port"];
    assert_eq!(told(&json(folder.path(), &[&rules[..], &["."]].concat())), Vec::new());
    put(folder.path(), &[("compose.override.yaml", variant)]);
    assert_eq!(told(&json(folder.path(), &[&rules[..], &["."]].concat())).len(), 1);
}

#[test]
fn an_override_by_itself_may_declare_for_the_file_below_it() {
    let text = "services: {web: {image: a}}\nsecrets: {key: {file: ./key}}\n";
    for (name, count) in [("compose.tools.override.yaml", 0), ("compose.tools.yaml", 1)] {
        let folder = tempfile::tempdir().expect("a folder");
        put(folder.path(), &[(name, text)]);
        let found = told(&json(folder.path(), &["--select=unused-declaration", "."]));
        assert_eq!(found.len(), count, "{name}: {found:?}");
    }
}

/// The official schema of SARIF 2.1.0.
pub(super) fn sarif_schema() -> jsonschema::Validator {
    let schema =
        fs::read_to_string("tests/data/sarif/sarif-schema-2.1.0.json").expect("the schema");
    // The official pattern of a language, which no log of ours has, is no valid one: it has a bracket too many.
    assert!(schema.contains("[a-zA-Z]{2}]?$"));
    let schema =
        serde_json::from_str(&schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

/// Every file of a folder and below it.
fn files_below(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.extend(path.to_str().map(str::to_owned));
        }
    }
}

/// A path out of a URI.
fn decoded(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        let digits: Vec<u8> = if byte == b'%' { rest.by_ref().take(2).collect() } else { vec![] };
        let digits = String::from_utf8(digits).expect("digits");
        bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(byte));
    }
    String::from_utf8(bytes).expect("a path in UTF-8")
}

#[test]
fn the_log_of_every_fixture_fits_the_schema_of_sarif_and_points_into_its_file() {
    let mut arguments = vec!["--strict".to_owned(), "--format=sarif".to_owned()];
    files_below(Path::new("fixtures/queries"), &mut arguments);
    arguments.extend(["fixtures", "docker"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let log: Value =
        serde_json::from_str(&lint(Path::new("."), &arguments)).expect("a log in JSON");
    let errors: Vec<String> =
        sarif_schema().iter_errors(&log).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(results.len() > 500, "only {} results", results.len());
    for result in results {
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        for location in result["locations"].as_array().expect("places").iter().chain(related) {
            let place = &location["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().expect("a file");
            let bytes = fs::read(decoded(uri)).expect("a file from the repository on");
            // Some fixtures are no text at all, or in another encoding.
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let number = |key: &str| {
                usize::try_from(place["region"][key].as_u64().expect("a number")).expect("small")
            };
            for (line, column) in [("startLine", "startColumn"), ("endLine", "endColumn")] {
                let (line, column) = (number(line), number(column));
                // Behind the last line break there is one line more, without text.
                let length = text.split('\n').nth(line - 1).map(|line| line.chars().count());
                assert!(length.is_some_and(|length| column <= length + 1), "{result}");
            }
        }
    }
}

/// The fingerprints of a file's findings, each with its rule, sorted.
fn fingerprints(text: &str) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &[("compose.yaml", text)]);
    let value = json(folder.path(), &["--strict", "--ignore=image-without-digest"]);
    let all = value["findings"].as_array().expect("findings").iter();
    all.map(|found| {
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        (text("fingerprint"), format!("{} {}", text("rule"), text("subject")))
    })
    .collect()
}

#[test]
fn fingerprints_outlive_indentation_order_style_and_comments() {
    let before = fingerprints(
        "x-base: &base\n  privileged: true\n  cap_add: [SYS_ADMIN, NET_ADMIN]\nservices:\n  web:\n    <<: *base\n    \
         image: nginx:1.27\n    ports: [\"8080:80\", \"53:53/udp\"]\n    environment:\n      A_PASSWORD: Blau-und-Rot\n      \
         B_PASSWORD: Rot-und-Blau\n    volumes: [\"/etc:/a\", \"data:/d\"]\n  db:\n    <<: *base\n    image: mysql:8.4\n    \
         volumes: [\"data:/d\"]\nvolumes: {data: {}}\n",
    );
    assert!(before.len() > 20, "{before:?}");
    // Another indentation, another order of services, keys and items, long forms, blank lines.
    let after = fingerprints(
        "# a shop\n\nservices:\n      db:\n            image: 'mysql:8.4'   # the store\n            \
         volumes:\n                  - type: volume\n                    target: /d\n                    source: data\n            \
         <<: *base\n\n      web:\n            volumes:\n                  - data:/d\n                  - /etc:/a\n            \
         environment: [B_PASSWORD=Rot-und-Blau, A_PASSWORD=Blau-und-Rot]\n            ports:\n                  \
         - 53:53/udp\n                  - \"8080:80\"\n            <<: *base\n            image: nginx:1.27\n\
         volumes:\n  data:\n"
            .replace("<<: *base", "privileged: true\n            cap_add: [NET_ADMIN, SYS_ADMIN]")
            .as_str(),
    );
    // What is written twice now is two faults: the anchor's own stays.
    let gone: Vec<_> = before.iter().filter(|(print, _)| !after.contains_key(*print)).collect();
    assert!(gone.is_empty(), "{gone:#?}");
    let moved = "# moved\n\n".to_owned()
        + "x-base: &base {cap_add: [NET_ADMIN, SYS_ADMIN], privileged: true}\n"
        + "volumes: {data: {}}\nservices:\n"
        + "  db: {volumes: ['data:/d'], image: mysql:8.4, <<: *base}\n"
        + "  web: {<<: *base, volumes: ['data:/d', '/etc:/a'], ports: ['53:53/udp', '8080:80'],\n"
        + "    image: nginx:1.27, environment: {B_PASSWORD: Rot-und-Blau, A_PASSWORD: Blau-und-Rot}}\n";
    assert_eq!(before, fingerprints(&moved));
}
