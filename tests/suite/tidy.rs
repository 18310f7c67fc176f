//! The order of the house: who may know whom, how long a file may be, and that documents,
//! features and vocabulary speak of the same things.

use std::{collections::BTreeSet, fs, path::Path};

use regex::Regex;
use seaworthy::{
    config::Config,
    features::{self, Filter},
    steps::Vocabulary,
};

const LONGEST: usize = 500;

/// Each module and those it may name. `source ← diagnostic ← compose ← stack ← probe ← steps ← runner`;
/// `report` sees source, diagnostic and plain data alone: runs, and findings of rules.
const ARROWS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("words", &[]),
    ("diagnostic", &["source"]),
    ("run", &["source", "diagnostic"]),
    ("config", &["source", "diagnostic", "words"]),
    ("dockerfile", &["source", "diagnostic"]),
    ("compose", &["config", "diagnostic", "dockerfile", "source", "words"]),
    ("nginx", &["diagnostic", "source"]),
    ("policy", &["compose", "diagnostic", "dockerfile", "source", "words"]),
    ("stack", &["compose", "config", "run", "words"]),
    ("probe", &["stack"]),
    (
        "steps",
        &[
            "compose",
            "config",
            "dockerfile",
            "nginx",
            "policy",
            "probe",
            "run",
            "source",
            "stack",
            "words",
        ],
    ),
    ("features", &["config", "diagnostic", "run", "source", "steps", "words"]),
    ("runner", &["compose", "config", "diagnostic", "features", "run", "stack", "steps"]),
    ("findings", &["diagnostic", "policy", "words"]),
    ("lint", &["compose", "config", "diagnostic", "findings", "policy", "source", "words"]),
    ("report", &["diagnostic", "findings", "policy", "run", "source"]),
    ("doctor", &["compose", "config", "stack"]),
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
