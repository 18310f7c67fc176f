//! Any bytes as a Compose file: read alone, then loaded as a project and printed.
//!
//! Nothing may panic, and every place must lie in the text, between characters.

#![no_main]

use std::{path::PathBuf, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use seaworthy::{
    compose::{
        journal::{Journal, Origin},
        project::{self, Depth},
        request::{Request, Without},
        shape::Format,
        tree::{Node, Value},
        yaml,
    },
    source::Source,
};

/// The loader reads files. `scripts/fuzz` puts the folder for temporary ones in memory.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("seaworthy-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder in memory");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Source::new("compose.yaml", text);
    let mut journal = Journal::default();
    match yaml::read(&source, &mut journal) {
        Ok(documents) => {
            for mut document in documents {
                check(&document.root, source.text());
                document.root.visit_origins(&mut |origin| lies_in(*origin, source.text()));
                for reset in document.resets {
                    lies_in(reset.origin, source.text());
                }
            }
        }
        Err(refusal) => drop(refusal.place()),
    }
    for raw in [false, true] {
        load(bytes, raw);
    }
});

/// What the reader makes of a file holds no marks: they are taken off and noted.
fn check(node: &Node, text: &str) {
    lies_in(node.origin, text);
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| check(item, text)),
        Value::Mapping(mapping) => {
            for (key, value) in mapping.iter() {
                lies_in(key.origin, text);
                check(value, text);
            }
        }
        Value::Marked(_) => panic!("a mark stayed in the tree"),
        _ => {}
    }
}

fn lies_in(origin: Origin, text: &str) {
    assert!(origin.place.file().is_some(), "a place in no file");
    let span = origin.place.span();
    assert!(text.get(span.clone()).is_some(), "{span:?} is not in the text");
}

fn load(bytes: &[u8], raw: bool) {
    let file = FOLDER.join("compose.yaml");
    std::fs::write(&file, bytes).expect("the file is written");
    let request = Request {
        directory: FOLDER.display().to_string(),
        files: vec![file.display().to_string()],
        environment: [("HOME", "/home/nobody"), ("EMPTY", ""), ("TAG", "1.27")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        without: Without { interpolation: raw, ..Without::default() },
        ..Request::default()
    };
    let depth = if raw { Depth::Untyped } else { Depth::Whole };
    match project::load(&request, depth) {
        Ok(loaded) => {
            let _ = loaded.print(Format::Yaml, raw);
            let _ = loaded.print(Format::Json, raw);
            let _ = loaded.annotated(raw);
        }
        Err(refusal) => {
            assert!(!refusal.0.is_empty(), "a refusal without a reason");
            for diagnostic in &refusal.0 {
                let _ = diagnostic.place();
            }
        }
    }
}
