//! Places are true: what stands in the file where the loader says a value is, is that value.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;
use seaworthy::{
    compose::{
        journal::{Journal, Place, Step},
        project::{self, Depth},
        request::Request,
        tree::{Node, Value},
        yaml,
    },
    source::Source,
};

/// Every YAML file below a folder, the facts of the cases included: they are YAML too.
fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            yaml_files(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            files.push(path);
        }
    }
}

/// Every file that the fixtures and PrimeHub hold and that the reader accepts.
fn for_each_tree(mut act: impl FnMut(&Journal, &Node)) -> usize {
    let mut files = Vec::new();
    yaml_files(Path::new("fixtures/loader"), &mut files);
    let mut primehub = fs::read_dir("docker/primehub").expect("a folder").flatten();
    files.extend(primehub.by_ref().map(|entry| entry.path()).filter(|path| {
        path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
    }));
    let mut read = 0;
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let mut journal = Journal::default();
        let source = Source::new(file.to_string_lossy().into_owned(), text);
        let Ok(documents) = yaml::read(&source, &mut journal) else { continue };
        read += 1;
        for document in &documents {
            act(&journal, &document.root);
        }
    }
    read
}

/// Every scalar and every key below a node, and what it is.
fn scalars<'a>(node: &'a Node, act: &mut impl FnMut(&'a Value, Place)) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| scalars(item, act)),
        Value::Mapping(mapping) => mapping.iter().for_each(|(_, value)| scalars(value, act)),
        value => act(value, node.origin.place),
    }
}

fn keys<'a>(node: &'a Node, act: &mut impl FnMut(&'a str, Place)) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| keys(item, act)),
        Value::Mapping(mapping) => {
            for (key, value) in mapping.iter() {
                act(key.text.as_str(), key.origin.place);
                keys(value, act);
            }
        }
        _ => {}
    }
}

/// A scalar as it is written, read by another reader than ours.
fn read_apart(written: &str) -> Option<String> {
    serde_yaml::from_str(written).ok()
}

/// Whether a text is written so: plain as it is, quoted without quotes and escapes.
fn is_written_as(text: &str, written: &str) -> bool {
    let first = written.chars().next().unwrap_or_default();
    match first {
        '"' | '\'' if !written[1..].ends_with(first) => false,
        '"' | '\'' => read_apart(written).as_deref() == Some(text),
        // A line break within a plain scalar is folded.
        _ if written.contains('\n') => read_apart(written).as_deref() == Some(text),
        _ => written == text,
    }
}

/// The `|` or `>` of the block scalar whose content starts where this text ends.
fn block_header(before: &str) -> Option<usize> {
    static HEADER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[\s-])([|>][-+0-9]*)[ \t]*(?:#[^\n]*)?\r?\n\s*$").expect("a pattern")
    });
    let header = HEADER.captures(before)?.get(1)?;
    let line = before[..header.start()].rsplit('\n').next()?;
    (!line.trim_start().starts_with('#')).then(|| header.start())
}

/// Whether a text is the content of a block scalar, header and content as they are written.
fn is_block(text: &str, written: &str) -> bool {
    let header = written.lines().next().unwrap_or_default();
    if !header.contains(|c: char| c.is_ascii_digit()) {
        return read_apart(written).as_deref() == Some(text);
    }
    // A digit counts from the indentation of what is around the block.
    (0..8).any(|indentation| {
        let around = format!("a:\n{:indentation$}b: {written}", "");
        let found = serde_yaml::from_str::<serde_yaml::Value>(&around).ok();
        let found = found.as_ref().and_then(|whole| match indentation {
            0 => whole.get("b"),
            _ => whole.get("a")?.get("b"),
        });
        found.and_then(serde_yaml::Value::as_str) == Some(text)
    })
}

/// A whole number as YAML writes it: with a sign, a prefix for the base, and `_` between digits.
fn whole(written: &str) -> Option<i128> {
    let written = written.replace('_', "");
    let unsigned = written.strip_prefix(['-', '+']).unwrap_or(&written);
    let (base, digits) = match unsigned.to_ascii_lowercase() {
        text if text.starts_with("0x") => (16, text[2..].to_owned()),
        text if text.starts_with("0b") => (2, text[2..].to_owned()),
        text if text.starts_with("0o") => (8, text[2..].to_owned()),
        text if text.starts_with('0') => (8, text),
        text => (10, text),
    };
    let value = i128::from_str_radix(&digits, base).ok()?;
    Some(if written.starts_with('-') { -value } else { value })
}

fn number(written: &str) -> Option<f64> {
    let written = written.replace('_', "").to_ascii_lowercase();
    match written.strip_prefix(['-', '+']).unwrap_or(&written) {
        ".inf" if written.starts_with('-') => Some(f64::NEG_INFINITY),
        ".inf" => Some(f64::INFINITY),
        ".nan" => Some(f64::NAN),
        _ => written.parse().ok(),
    }
}

/// Whether a value is what stands at its place; `before` is what stands before it.
fn agrees(value: &Value, written: &str, before: &str) -> bool {
    let tag = before.split_whitespace().next_back().filter(|word| word.starts_with('!'));
    let inner = match tag {
        Some("!!binary") => return true,
        // The tag says what the quotes hold.
        Some("!!int" | "!!float" | "!!bool" | "!!null") => written.trim_matches(['"', '\'']),
        _ => written,
    };
    if let (Some(header), Value::String(text)) = (block_header(before), value) {
        let first = written.lines().next().unwrap_or_default();
        let starts_with_content = text.trim_start_matches('\n').starts_with(first);
        return starts_with_content && is_block(text, &format!("{}{written}", &before[header..]));
    }
    match value {
        Value::Null => matches!(inner, "" | "~" | "null" | "Null" | "NULL"),
        Value::Bool(value) => inner.to_ascii_lowercase() == value.to_string(),
        Value::Int(value) => whole(inner) == Some(i128::from(*value)),
        Value::Unsigned(value) => whole(inner) == Some(i128::from(*value)),
        Value::Float(value) => number(inner).is_some_and(|number| {
            number.to_bits() == value.to_bits() || number.is_nan() && value.is_nan()
        }),
        Value::Timestamp(text) => text.as_str() == inner,
        Value::String(text) => is_written_as(text, written),
        Value::Sequence(_) | Value::Mapping(_) | Value::Marked(_) => false,
    }
}

fn before(journal: &Journal, place: Place) -> &str {
    let file = place.file().expect("a file");
    &journal.file(file).text()[..place.span().start]
}

#[test]
fn the_text_at_the_place_of_a_scalar_is_the_scalar() {
    let mut wrong = Vec::new();
    let mut count = 0;
    let files = for_each_tree(|journal, root| {
        scalars(root, &mut |value, place| {
            count += 1;
            let written = journal.text(place);
            if !agrees(value, written, before(journal, place)) {
                let at = journal.place(place).expect("a place");
                wrong.push(format!("{at}: {written:?} is not {value:?}"));
            }
        });
    });
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(files > 900 && count > 5000, "{count} scalars in {files} files");
}

#[test]
fn the_text_at_the_place_of_a_key_is_the_key() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for_each_tree(|journal, root| {
        keys(root, &mut |key, place| {
            count += 1;
            if !is_written_as(key, journal.text(place)) {
                let at = journal.place(place).expect("a place");
                wrong.push(format!("{at}: {:?} is not {key:?}", journal.text(place)));
            }
        });
    });
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 5000, "{count} keys");
}

#[test]
fn a_value_that_is_left_out_stands_on_the_line_of_its_key() {
    fn look(journal: &Journal, node: &Node, wrong: &mut Vec<String>) {
        match &node.value {
            Value::Sequence(items) => items.iter().for_each(|item| look(journal, item, wrong)),
            Value::Mapping(mapping) => {
                for (key, value) in mapping.iter() {
                    look(journal, value, wrong);
                    let place = value.origin.place;
                    if !place.span().is_empty() {
                        continue;
                    }
                    let text = before(journal, place);
                    let between = text.get(key.origin.place.span().end..);
                    if between.is_none_or(|between| between.contains('\n')) {
                        let [of, at] = [key.origin.place, place]
                            .map(|place| journal.place(place).expect("a place"));
                        wrong.push(format!("the value of {:?} at {of} is at {at}", key.text));
                    }
                }
            }
            _ => {}
        }
    }
    let mut wrong = Vec::new();
    for_each_tree(|journal, root| look(journal, root, &mut wrong));
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_place_of_a_collection_holds_what_is_written_in_it() {
    fn look(journal: &Journal, node: &Node, wrong: &mut Vec<String>) {
        let outer = node.origin.place.span();
        let mut inside = |place: Place, moved: bool| {
            // The line break at the end of a block scalar is its own; what it stands in ends before it.
            let written = journal.text(place).trim_end();
            let span = place.span().start..place.span().start + written.len();
            if !moved && !span.is_empty() && (span.start < outer.start || span.end > outer.end) {
                let at = journal.place(place).expect("a place");
                wrong.push(format!("{at} is outside of {outer:?}"));
            }
        };
        let moved = |child: &Node| {
            let mine = journal.steps(node.origin).len();
            let copied = |step: &&Step| matches!(step, Step::Alias { .. } | Step::MergeKey { .. });
            journal.steps(child.origin).iter().filter(|step| copied(step)).count() > mine
        };
        match &node.value {
            Value::Sequence(items) => {
                for item in items {
                    inside(item.origin.place, moved(item));
                }
                for item in items {
                    look(journal, item, wrong);
                }
            }
            Value::Mapping(mapping) => {
                mapping.iter().for_each(|(_, value)| inside(value.origin.place, moved(value)));
                mapping.iter().for_each(|(_, value)| look(journal, value, wrong));
            }
            _ => {}
        }
    }
    let mut wrong = Vec::new();
    for_each_tree(|journal, root| look(journal, root, &mut wrong));
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// A project of a test: files with their text, the first of them the Compose file.
struct Written {
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

fn written(files: &[(&str, &str)]) -> Written {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    Written { folder, arguments: Vec::new(), environment: Vec::new() }
}

impl Written {
    fn files(mut self, files: &[&str]) -> Self {
        self.arguments = files.iter().map(|&file| file.into()).collect();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The line of the annotated model that starts like this.
    fn says(&self, start: &str) -> String {
        let request = Request {
            directory: self.folder.path().display().to_string(),
            files: self.arguments.clone(),
            environment: self.environment.iter().cloned().collect(),
            ..Request::default()
        };
        let loaded = project::load(&request, Depth::Whole).map_err(|refusal| refusal.to_string());
        let text = loaded.expect("a sound project").annotated(false).expect("YAML");
        let line = text.lines().map(str::trim).find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("no {start:?} in\n{text}")).to_owned()
    }

    /// What stands at `file:line:column`, to the end of the line.
    fn at(&self, place: &str) -> String {
        let [file, line, column] = place.split(':').collect::<Vec<_>>()[..] else {
            panic!("{place} is no place")
        };
        let number = |text: &str| text.parse::<usize>().expect("a number") - 1;
        let text = fs::read_to_string(self.folder.path().join(file)).expect("a file");
        let line = text.lines().nth(number(line)).expect("a line");
        line.chars().skip(number(column)).collect()
    }

    /// Asserts a line of the annotated model, and what stands at each of the places it names.
    #[track_caller]
    fn expect(&self, line: &str, places: &[(&str, &str)]) {
        let start = &line[..line.find(' ').expect("a value")];
        assert_eq!(self.says(start), line);
        for (place, text) in places {
            assert!(line.contains(place), "{place} is not in {line}");
            assert_eq!(self.at(place), *text, "at {place}");
        }
    }
}

#[test]
fn a_value_names_the_variable_that_was_put_in() {
    written(&[("compose.yaml", "services:\n  web:\n    image: nginx:${TAG}\n")])
        .variable("TAG", "1.27")
        .expect(
            "image: \"nginx:1.27\"  # compose.yaml:3:12, with TAG from the environment",
            &[("compose.yaml:3:12", "nginx:${TAG}")],
        );
}

#[test]
fn a_value_names_the_line_of_the_env_file_that_sets_its_variable() {
    written(&[
        ("compose.yaml", "services:\n  web:\n    image: nginx:${TAG:-latest}\n"),
        (".env", "# tags\nTAG=1.27\n"),
    ])
    .expect(
        "image: \"nginx:1.27\"  # compose.yaml:3:12, with TAG from .env:2:1",
        &[("compose.yaml:3:12", "nginx:${TAG:-latest}"), (".env:2:1", "TAG=1.27")],
    );
}

#[test]
fn a_default_of_a_template_and_a_variable_without_a_value_are_told() {
    let project = written(&[(
        "compose.yaml",
        "services:\n  web:\n    image: nginx:${TAG:-latest}\n    hostname: 'é${NAME}'\n",
    )]);
    project.expect(
        "image: \"nginx:latest\"  # compose.yaml:3:12, with the default of TAG",
        &[("compose.yaml:3:12", "nginx:${TAG:-latest}")],
    );
    project.expect(
        "hostname: \"é\"  # compose.yaml:4:15, with NAME, which is not set",
        &[("compose.yaml:4:15", "'é${NAME}'")],
    );
}

#[test]
fn a_value_behind_an_alias_names_the_anchor_and_the_alias() {
    written(&[(
        "compose.yaml",
        "x-image: &image nginx:alpine\nservices:\n  web:\n    image: *image\n",
    )])
    .expect(
        "image: \"nginx:alpine\"  # compose.yaml:1:17, through the alias *image at compose.yaml:4:12",
        &[("compose.yaml:1:17", "nginx:alpine"), ("compose.yaml:4:12", "*image")],
    );
}

#[test]
fn a_value_from_a_merge_key_names_the_alias_and_the_merge_key() {
    written(&[(
        "compose.yaml",
        "x-base: &base\n  restart: always\nservices:\n  web:\n    <<: *base\n    image: a\n",
    )])
    .expect(
        "restart: always  # compose.yaml:2:12, through the alias *base at compose.yaml:5:9, \
         through the merge key at compose.yaml:5:5",
        &[
            ("compose.yaml:2:12", "always"),
            ("compose.yaml:5:9", "*base"),
            ("compose.yaml:5:5", "<<: *base"),
        ],
    );
}

#[test]
fn a_value_of_an_extended_service_names_its_own_file_and_the_extends() {
    written(&[
        (
            "compose.yaml",
            "services:\n  web:\n    extends:\n      file: base/common.yaml\n      service: app\n",
        ),
        ("base/common.yaml", "services:\n  app:\n    image: nginx\n    init: true\n"),
    ])
    .expect(
        "init: true  # base/common.yaml:4:11, through extends at compose.yaml:4:7",
        &[("base/common.yaml:4:11", "true"), ("compose.yaml:4:7", "file: base/common.yaml")],
    );
}

#[test]
fn a_value_of_an_included_file_names_it_and_the_entry() {
    written(&[
        ("compose.yaml", "include:\n  - sub/other.yaml\nservices: {}\n"),
        ("sub/other.yaml", "services:\n  web:\n    image: nginx\n"),
    ])
    .expect(
        "image: nginx  # sub/other.yaml:3:12, through include at compose.yaml:2:5",
        &[("sub/other.yaml:3:12", "nginx"), ("compose.yaml:2:5", "sub/other.yaml")],
    );
}

#[test]
fn a_value_of_an_override_file_names_what_it_replaces() {
    written(&[
        ("compose.yaml", "services:\n  web:\n    image: nginx\n    restart: always\n"),
        ("over.yaml", "services:\n  web:\n    restart: \"no\"\n"),
    ])
    .files(&["compose.yaml", "over.yaml"])
    .expect(
        "restart: \"no\"  # over.yaml:3:14, overrides compose.yaml:4:14",
        &[("over.yaml:3:14", "\"no\""), ("compose.yaml:4:14", "always")],
    );
}

#[test]
fn parts_of_a_short_form_have_the_place_of_the_short_form() {
    let project = written(&[(
        "compose.yaml",
        "services:\n  web:\n    image: a\n    ports:\n      - \"127.0.0.1:8080:80\"\n",
    )]);
    for line in [
        "host_ip: \"127.0.0.1\"  # compose.yaml:5:9",
        "target: 80  # compose.yaml:5:9",
        "protocol: tcp  # compose.yaml:5:9",
    ] {
        let (value, _) = line.split_once("  # ").expect("a place");
        let said = project.says(value);
        assert!(said.starts_with(line), "{said} is not {line}");
        assert_eq!(project.at("compose.yaml:5:9"), "\"127.0.0.1:8080:80\"");
    }
}
