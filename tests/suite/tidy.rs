//! The order of the house: who may know whom, how long a file may be, and that documents,
//! features and vocabulary speak of the same things.

use std::{collections::BTreeSet, fs, path::Path};

use regex::Regex;
use seaworthy::{
    config::Config,
    features::{self, Filter},
    steps::{self, Vocabulary},
};

const LONGEST: usize = 500;

/// Each module and those it may name. `source ← diagnostic ← compose ← facts ← {policy, stack}`,
/// then `stack ← probe ← steps ← runner`; `runner` asks `lint` too, as a run tells what the rules say;
/// `report` sees source, diagnostic, the document and plain data alone: runs, findings of rules, and
/// how a run's graphs are drawn.
const ARROWS: &[(&str, &[&str])] = &[
    ("visible", &[]),
    ("words", &[]),
    ("source", &["visible"]),
    ("outside", &["source"]),
    ("endpoint", &[]),
    ("diagnostic", &["outside", "source", "visible"]),
    ("run", &["source", "diagnostic"]),
    ("config", &["source", "diagnostic", "outside", "words"]),
    ("dockerfile", &["source", "diagnostic"]),
    ("document", &["source", "diagnostic", "words"]),
    (
        "compose",
        &[
            "config",
            "diagnostic",
            "dockerfile",
            "endpoint",
            "outside",
            "source",
            "visible",
            "words",
        ],
    ),
    ("nginx", &["diagnostic", "outside", "source"]),
    ("facts", &["compose", "diagnostic", "dockerfile", "source", "words"]),
    ("diagram", &["compose", "facts", "run", "visible"]),
    ("policy", &["compose", "diagnostic", "dockerfile", "facts", "nginx", "source", "words"]),
    ("stack", &["compose", "config", "diagnostic", "endpoint", "facts", "run", "words"]),
    ("probe", &["compose", "facts", "stack"]),
    (
        "steps",
        &[
            "compose",
            "config",
            "dockerfile",
            "facts",
            "nginx",
            "outside",
            "policy",
            "probe",
            "run",
            "source",
            "stack",
            "words",
        ],
    ),
    ("features", &["config", "diagnostic", "outside", "run", "source", "steps", "words"]),
    (
        "runner",
        &[
            "compose",
            "config",
            "diagnostic",
            "diagram",
            "facts",
            "features",
            "findings",
            "lint",
            "outside",
            "policy",
            "probe",
            "run",
            "stack",
            "steps",
            "words",
        ],
    ),
    ("history", &["diagnostic", "run", "words"]),
    ("replace", &[]),
    ("findings", &["diagnostic", "policy", "source", "words"]),
    (
        "lint",
        &[
            "compose",
            "config",
            "diagnostic",
            "findings",
            "outside",
            "policy",
            "replace",
            "source",
            "words",
        ],
    ),
    (
        "report",
        &[
            "diagnostic",
            "diagram",
            "document",
            "facts",
            "findings",
            "policy",
            "run",
            "source",
            "visible",
        ],
    ),
    ("doctor", &["compose", "config", "diagnostic", "endpoint", "probe", "stack"]),
];

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn modules_know_only_those_before_them() {
    let name = Regex::new(r"crate::(\w+)|^    (\w+)(?:::|,)|[{ ](\w+)::").expect("a pattern");
    for (module, allowed) in ARROWS {
        let files = [format!("src/{module}.rs"), format!("src/{module}")];
        let mut sources = Vec::new();
        for file in files.iter().map(Path::new) {
            if file.is_dir() {
                sources.extend(rust_files(file));
            } else if file.is_file() {
                sources.push(file.to_owned());
            }
        }
        assert!(!sources.is_empty(), "there is no module {module}");
        for source in sources {
            let text = fs::read_to_string(&source).expect("source text");
            let mut in_use = false;
            for line in text.lines() {
                if line.starts_with("use crate::{") {
                    in_use = true;
                }
                let one_line = line.starts_with("use crate::{") && line.ends_with("};");
                for found in name.captures_iter(line) {
                    let grouped = found.get(2).filter(|_| in_use);
                    let listed = found.get(3).filter(|_| one_line);
                    let Some(known) = found.get(1).or(grouped).or(listed) else { continue };
                    let known = known.as_str();
                    let is_module = ARROWS.iter().any(|(module, _)| *module == known);
                    assert!(
                        !is_module || known == *module || allowed.contains(&known),
                        "{} names {known}, which {module} must not know: {line}",
                        source.display()
                    );
                }
                if line.ends_with("};") || line.starts_with("use crate::") && line.ends_with(';') {
                    in_use = false;
                }
            }
        }
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for file in rust_files(Path::new("src")).into_iter().chain(rust_files(Path::new("tests"))) {
        let lines = fs::read_to_string(&file).expect("source text").lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines: split it at {LONGEST}", file.display());
    }
}

fn plan() -> Vec<features::Planned> {
    let config = Config::read("seaworthy.yaml".into()).expect("the project's own configuration");
    let files = features::files(std::slice::from_ref(&config.features)).expect("features");
    let suite = features::load(&config, &Vocabulary::default(), &files, &Filter::default());
    suite.unwrap_or_else(|errors| panic!("{:?}", errors.first())).plan
}

#[test]
fn every_claim_of_a_scenario_stands_in_the_architecture_document() {
    let document = fs::read_to_string("docs/ARCHITECTURE.md").expect("the document");
    let id = Regex::new(r"\[([A-Z]+-\d+)\]").expect("a pattern");
    let claims: BTreeSet<&str> = id
        .captures_iter(&document)
        .filter_map(|found| found.get(1))
        .map(|id| id.as_str())
        .collect();
    assert!(!claims.is_empty());
    for planned in plan() {
        for tag in planned.tags.iter().filter(|tag| tag.starts_with(char::is_uppercase)) {
            assert!(
                claims.contains(tag.as_str()),
                "{}:{} proves {tag}, of which the document says nothing",
                planned.source.path(),
                planned.line
            );
        }
    }
}

#[test]
fn titles_of_scenarios_are_their_own() {
    let mut titles = BTreeSet::new();
    for planned in plan() {
        assert!(titles.insert(planned.name.clone()), "two scenarios are called {:?}", planned.name);
    }
}

/// What the features say of one project's own: its services, and the keys, tables and databases of its stores.
fn own_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in ["docker-compose.yml", "docker-compose.production.yml"] {
        let text = fs::read_to_string(Path::new("docker/primehub").join(file)).expect("a file");
        let project: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
        let services = project["services"].as_mapping().expect("services");
        names.extend(services.keys().filter_map(|name| name.as_str()).map(str::to_owned));
    }
    let of_stores = r#"(?:key|key like|list|table|database|channel) "([^"]+)""#;
    let of_stores = Regex::new(of_stores).expect("a pattern");
    for planned in plan() {
        let found = of_stores.captures_iter(planned.source.text());
        names.extend(found.map(|found| found[1].to_owned()));
    }
    names
}

#[test]
fn the_vocabulary_speaks_of_nobodys_project() {
    let names = own_names();
    assert!(["queue", "db", "job_results"].iter().all(|name| names.contains(*name)), "{names:?}");
    for step in steps::all() {
        for text in [step.example, step.meaning] {
            let mut quoted = text.split('"').skip(1).step_by(2);
            let own = quoted.find(|name| names.contains(*name));
            assert_eq!(
                own, None,
                "a sentence of the vocabulary has a name of docker/primehub in it: {text}\nuse one that \
                 says what it is in any project: web, api, worker, database, cache"
            );
        }
    }
}
