//! Any text as a dotenv file, in both formats.
//!
//! Nothing may panic, every span must cut the file between characters, and the
//! text at a key's place must be the key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy::compose::dotenv::{self, DotenvError, Entry};

fuzz_target!(|text: &str| {
    let mut known = |name: &str| name.len().is_multiple_of(2).then(|| name.to_lowercase());
    let mut nothing = |_: &str| None;
    check(text, dotenv::parse_after(text, &mut nothing, &mut known));
    check(text, dotenv::parse_after(text, &mut known, &mut nothing));
    let raw = dotenv::parse_raw(text, &mut known);
    if let Ok(entries) = &raw {
        for entry in entries.iter().filter(|entry| !entry.inherited) {
            assert_eq!(entry.value.as_deref(), text.get(entry.value_span.clone()));
        }
    }
    check(text, raw);
});

fn check(text: &str, result: Result<Vec<Entry>, DotenvError>) {
    let entries = match result {
        Ok(entries) => entries,
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "an error lies in the text");
            assert!(!error.span.is_empty(), "an error points at something");
            assert!(!error.to_string().is_empty() && !error.help().is_empty());
            return;
        }
    };
    let mut end = 0;
    for entry in entries {
        assert_eq!(text.get(entry.key_span.clone()), Some(entry.key.as_str()));
        assert!(text.get(entry.value_span.clone()).is_some(), "a value lies in the text");
        assert!(end <= entry.key_span.start, "entries come in the order of the file");
        assert!(entry.key_span.end <= entry.value_span.start, "a value follows its key");
        end = entry.value_span.end;
        for used in entry.uses {
            let written = text.get(used.span.clone()).expect("a use lies in the text");
            let inside =
                entry.value_span.start <= used.span.start && used.span.end <= entry.value_span.end;
            assert!(inside, "{written:?} is used outside of its value");
            assert!(written.starts_with(['$', '\\']), "a use starts with its dollar sign");
        }
    }
}
