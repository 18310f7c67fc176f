//! Every rule's document is its test: what it calls flagged is flagged on the lines it marks,
//! and what it calls clean is clean.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use camino::Utf8Path;
use regex::Regex;
use seaworthy::{
    findings::Findings,
    lint::{self, Asked, discover, section::Settled},
    policy::{self, Rule, Severity, own},
};

/// The mark behind a line that a finding must be on.
const MARK: &str = "# here";

/// A fenced block of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The line of its fence, from 1.
    pub(super) line: usize,
    pub(super) flagged: bool,
    /// Names and texts.
    pub(super) files: Vec<(String, String)>,
}

pub(super) fn blocks(document: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut inside = false;
    for (at, line) in document.lines().enumerate() {
        if inside && line == "```" {
            inside = false;
        } else if inside {
            let Some(block) = found.last_mut() else { continue };
            if let Some(name) = line.strip_prefix("# file: ") {
                // What stands before the first name is no file.
                block.files.retain(|(_, text)| !text.trim().is_empty());
                block.files.push((name.trim().to_owned(), String::new()));
            } else if let Some((_, text)) = block.files.last_mut() {
                text.push_str(line);
                text.push('\n');
            }
        } else if line == "```yaml flagged" || line == "```yaml clean" {
            inside = true;
            let files = vec![("compose.yaml".to_owned(), String::new())];
            found.push(Block { line: at + 1, flagged: line.ends_with("flagged"), files });
        }
    }
    found
}

fn judge(block: &Block) -> Findings {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().canonicalize().expect("a folder");
    let here = Utf8Path::from_path(&folder).expect("UTF-8").join("project");
    for (name, text) in &block.files {
        let path = here.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let rules = lint::select(true, &[], &[]).expect("rules");
    let today = "2026-01-01".parse().expect("a date");
    let plans = discover::discover(&[".".into()], &here).expect("a Compose file").plans;
    lint::run(
        &plans,
        &Asked { fail_on: Severity::Low, ..Asked::of(rules, &Settled::default(), today, here) },
    )
}

/// Everything that is wrong with a rule's document.
fn complaints(id: &str, document: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if document.lines().next() != Some(&format!("# {id}")) {
        wrong.push(format!("it starts with \"# {id}\""));
    }
    for section in ["What to do", "Fix", "Severity", "Sources"] {
        if !document.lines().any(|line| line == format!("## {section}")) {
            wrong.push(format!("it has a section \"## {section}\""));
        }
    }
    let blocks = blocks(document);
    for (flagged, kind) in [(true, "flagged"), (false, "clean")] {
        if !blocks.iter().any(|block| block.flagged == flagged) {
            wrong.push(format!("it has a block \"yaml {kind}\""));
        }
    }
    for block in &blocks {
        let findings = judge(block);
        let mut lines = BTreeSet::new();
        for found in findings.open().filter(|found| found.rule.id == id) {
            let source = &found.place.source;
            lines.insert((source.path().to_string(), source.place(found.place.span.start).line));
        }
        let marked: BTreeSet<(String, usize)> = block
            .files
            .iter()
            .flat_map(|(name, text)| {
                let marked = text.lines().enumerate().filter(|(_, line)| line.ends_with(MARK));
                marked.map(move |(at, _)| (name.clone(), at + 1))
            })
            .collect();
        let told = |what: String| format!("line {}: {what}", block.line);
        if block.flagged && lines.is_empty() {
            wrong.push(told("this block is flagged".into()));
        } else if block.flagged && !marked.is_empty() && lines != marked {
            wrong.push(told(format!("findings on {marked:?}, found them on {lines:?}")));
        } else if !block.flagged && !lines.is_empty() {
            wrong.push(told(format!("this block is clean, found {lines:?}")));
        }
        let refused = findings.found.iter().find(|found| found.rule.id == own::NOT_LOADABLE.id);
        if let Some(refused) = refused.filter(|refused| refused.rule.id != id) {
            wrong.push(told(format!("this block can be loaded, but {}", refused.message)));
        }
    }
    wrong
}

/// The sources of a document, one a line.
fn sources(document: &str) -> Vec<&str> {
    let section = document.split_once("\n## Sources\n").map_or("", |(_, section)| section);
    let section = section.split("\n```").next().unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    section.lines().filter(|line| !line.is_empty()).collect()
}

/// What is wrong with a rule's sources.
fn ill_named(document: &str) -> Vec<String> {
    let link = Regex::new(r"<https://[a-z0-9.-]+\.[a-z]+(?:/[^ <>]*)?>").expect("a pattern");
    let number = Regex::new(r"\b[1-7]\.\d{1,2}\b").expect("a pattern");
    let edition = Regex::new(r"\(1\.[678](?: to 1\.[78]| and 1\.[78])?\)").expect("a pattern");
    let with_edition = Regex::new(r"\b[1-7]\.\d{1,2} \(\)").expect("a pattern");
    let sources = sources(document);
    if sources.is_empty() {
        return vec!["it names no source".into()];
    }
    let mut wrong = Vec::new();
    for source in sources {
        if source == "seaworthy's own design." {
            continue;
        }
        if !source.starts_with("- ") || !link.is_match(source) {
            wrong.push(format!("this source has a line and a link: {source}"));
        }
        if !source.contains("CIS Docker Benchmark") {
            continue;
        }
        let bare = edition.replace_all(source, "()");
        let numbers = number.find_iter(&bare).count();
        if numbers == 0 || with_edition.find_iter(&bare).count() != numbers {
            wrong.push(format!("each number of the benchmark has its edition: {source}"));
        }
    }
    wrong
}

/// The Rust files below `src/policy` by name.
fn files_of_rules(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_of_rules(&path, found);
        } else if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            found.insert(name.to_owned());
        }
    }
}

#[test]
fn every_rule_is_named_after_its_file_and_by_itself() {
    let mut files = BTreeSet::new();
    files_of_rules(Path::new("src/policy"), &mut files);
    let mut ids = BTreeSet::new();
    let mine = |rule: &Rule| own::RULES.iter().any(|own| own.id == rule.id);
    for rule in policy::named() {
        let id = rule.id;
        let kebab = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        assert!(
            id.split('-').all(|word| !word.is_empty() && word.chars().all(kebab)),
            "{id} is not in kebab case"
        );
        assert!(ids.insert(id), "two rules are called {id}");
        let stem = id.replace('-', "_");
        assert!(files.contains(&format!("{stem}.md")), "there is no {stem}.md");
        assert!(mine(rule) || files.contains(&format!("{stem}.rs")), "there is no {stem}.rs");
        assert!(
            rule.summary.ends_with('.') && !rule.summary.contains('\n'),
            "{id}: {}",
            rule.summary
        );
        assert!(!rule.why().is_empty(), "{id} does not say why");
    }
}

#[test]
fn every_rule_does_what_its_document_says() {
    let wrong: Vec<String> = policy::named()
        .flat_map(|rule| {
            let told = |what| format!("{}.md: expected that {what}", rule.id);
            complaints(rule.id, rule.document).into_iter().map(told).collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_has_its_link_and_every_number_of_the_benchmark_its_edition() {
    let wrong: Vec<String> = policy::named()
        .flat_map(|rule| {
            let told = |what| format!("{}.md: expected that {what}", rule.id);
            ill_named(rule.document).into_iter().map(told).collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A recommendation is told in the same words wherever it is told.
#[test]
fn a_number_of_the_benchmark_means_one_thing() {
    let told =
        Regex::new(r"CIS Docker Benchmark ([0-9.]+) \(([^)]*)\), ([^<:,]+)").expect("a pattern");
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for rule in policy::named() {
        for source in sources(rule.document) {
            let Some(found) = told.captures(source) else { continue };
            let (number, means) = (found[1].to_owned(), found[3].trim().to_owned());
            let first = known.entry(number.clone()).or_insert_with(|| means.clone());
            assert_eq!(*first, means, "{}: {number}", rule.id);
        }
    }
    assert!(known.len() > 25, "{known:?}");
    let meanings: BTreeSet<&String> = known.values().collect();
    assert_eq!(meanings.len(), known.len(), "one recommendation with two numbers: {known:?}");
}

#[test]
fn a_source_without_link_or_edition_is_noticed() {
    let document =
        |source: &str| format!("# a\n\nWhy.\n\n## Sources\n\n{source}\n\n```yaml clean\n```\n");
    let link = "<https://example.com/a>";
    for source in [
        format!("- A book {link}"),
        "seaworthy's own design.".into(),
        format!("- CIS Docker Benchmark 5.5 (1.6 to 1.8), a thing {link}"),
        format!("- CIS Docker Benchmark 2.7 (1.6 and 1.7) and 2.8 (1.8), a thing {link}"),
    ] {
        assert_eq!(ill_named(&document(&source)), Vec::<String>::new(), "{source}");
    }
    for source in [
        String::new(),
        "A book.".into(),
        "- A book".into(),
        "- A book <http://example.com>".into(),
        format!("- CIS Docker Benchmark 5.5, a thing {link}"),
        format!("- CIS Docker Benchmark, a thing {link}"),
        format!("- CIS Docker Benchmark 5.5 (1.9), a thing {link}"),
        format!("- CIS Docker Benchmark 5.5 (1.6 to 1.8) and 5.6, a thing {link}"),
    ] {
        assert_eq!(ill_named(&document(&source)).len(), 1, "{source}");
    }
}

#[test]
fn a_document_that_does_not_tell_the_truth_is_noticed() {
    let rule = "privileged-container";
    let document = |blocks: &str| {
        format!(
            "# {rule}\n\nWhy.\n\n## What to do\n\n## Fix\n\nNone: why.\n\n## Severity\n\n## Sources\n\n{blocks}"
        )
    };
    let clean = "```yaml clean\nservices: {a: {image: a}}\n```\n";
    let flagged = "```yaml flagged\nservices: {a: {image: a, privileged: true}} # here\n```\n";
    let sound = format!("{flagged}{clean}");
    assert_eq!(complaints(rule, &document(&sound)), Vec::<String>::new());
    for (blocks, complaint) in [
        (clean.replace("clean", "flagged") + clean, "this block is flagged"),
        (flagged.replace("flagged", "clean") + flagged, "this block is clean"),
        (sound.replace("image: a, p", "image: a, # here\n  p"), "findings on"),
        (sound.replace("image: a, p", "p") + clean, "can be loaded, but"),
        (flagged.to_owned(), "block \"yaml clean\""),
        (clean.to_owned(), "block \"yaml flagged\""),
    ] {
        let complaints = complaints(rule, &document(&blocks));
        assert!(
            complaints.iter().any(|one| one.contains(complaint)),
            "{complaint}: {complaints:?}"
        );
    }
    let short = document(&sound).replace("## Sources", "");
    assert_eq!(complaints(rule, &short), ["it has a section \"## Sources\""]);
    assert_eq!(complaints("other", &document(clean))[0], "it starts with \"# other\"");
}

#[test]
fn a_block_may_hold_several_files() {
    let text = "```yaml flagged\n# file: compose.yaml\nservices: {a: {image: a}}\n# file: compose.override.yaml\nservices:\n  a:\n    privileged: true # here\n```\n";
    let blocks = blocks(text);
    let [block] = &blocks[..] else { panic!("{blocks:?}") };
    assert_eq!(block.files.len(), 2);
    let findings = judge(block);
    let found: Vec<_> =
        findings.open().filter(|found| found.rule.id == "privileged-container").collect();
    assert_eq!(found[0].place.source.path(), "compose.override.yaml");
    assert_eq!(found[0].file, "compose.override.yaml");
}

#[test]
fn the_page_on_other_linters_names_rules_that_are_there() {
    let page = fs::read_to_string("docs/peers.md").expect("the page");
    let mut named = 0;
    let reasons = ["style", "wrong: ", "no file: "];
    for row in page.lines().filter(|row| row.starts_with("| ") && !row.contains("| here |")) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let rules = columns[2].split_whitespace().map(|name| name.trim_matches('`'));
        for rule in rules {
            assert!(policy::named().any(|known| known.id == rule), "{row}");
            named += 1;
        }
        let has_reason = reasons.iter().any(|reason| columns[3].starts_with(reason));
        assert!(!columns[2].is_empty() || has_reason, "{row}");
    }
    assert!(named > 220, "{named}");
}
