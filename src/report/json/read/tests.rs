//! What is read back is told as the run itself is, and nothing else is read.

use serde_json::json;

use super::*;
use crate::report::{FORMATS, json::render, samples};

fn back(run: &Run) -> Run {
    let text = render(run, false).expect("JSON");
    read(&text).unwrap_or_else(|why| panic!("{why:?}"))
}

/// Runs of every kind, with their names.
fn runs() -> Vec<(&'static str, Run)> {
    let refused = Run { errors: samples::every_outcome().errors, ..samples::empty() };
    vec![
        ("refused", refused),
        ("run", samples::run()),
        ("every outcome", samples::every_outcome()),
        ("with facts", samples::with_facts()),
        ("everything", samples::everything()),
        ("with history", samples::with_history()),
        ("with gaps", samples::with_gaps()),
    ]
}

#[test]
fn every_format_tells_a_kept_run_as_it_told_the_run_itself() {
    for (name, run) in runs() {
        let kept = back(&run);
        for format in FORMATS {
            let told = |run: &Run| (format.render)(run, false).expect(format.name);
            let (direct, later) = (told(&run), told(&kept));
            if direct != later {
                let at = direct.bytes().zip(later.bytes()).take_while(|(a, b)| a == b).count();
                let around = |text: &str| {
                    let from = text.floor_char_boundary(at.saturating_sub(200));
                    let to = text.floor_char_boundary((at + 200).min(text.len()));
                    text[from..to].to_owned()
                };
                let (direct, later) = (around(&direct), around(&later));
                panic!("{} of {name}:\n{direct}\n--- later:\n{later}", format.name);
            }
        }
        assert_eq!(kept.exit_code(), run.exit_code(), "{name}");
    }
}

#[test]
fn a_kept_run_says_nothing_of_a_file_that_no_report_quotes() {
    let text = render(&samples::everything(), false).expect("JSON");
    assert!(!text.contains("Blau-und-Rot"), "a file outside the repository");
    assert!(!text.contains("not to be carried"), "a remark of a feature");
    assert!(text.contains("| a | b\\\\|c |"), "a table below a sentence");
}

#[test]
fn what_is_no_run_is_refused_with_its_place() {
    let text = render(&samples::everything(), false).expect("JSON");
    let cases: Vec<(String, &str)> = vec![
        (String::new(), "this is no JSON"),
        ("{\"version\": 1,\n  verdict".into(), "this is no JSON"),
        ("[1, 2]".into(), "this is no run of seaworthy"),
        ("{\"version\": \"2.1.0\", \"runs\": []}".into(), "this is no run of seaworthy"),
        ("{\"verdict\": \"sound\"}".into(), "it has no version"),
        (text.replacen("\"version\": 1", "\"version\": 2", 1), "this run has version 2"),
        (text.replacen("\"scenarios\"", "\"scenario\"", 1), "missing field `scenarios`"),
        (text[..text.len() / 2].to_owned(), "this is no JSON"),
    ];
    for (text, says) in cases {
        let why = read(&text).expect_err(says);
        assert!(why.why.contains(says), "{why:?} has no {says:?}");
        assert!(why.line > 0 && why.column > 0 && !why.help.is_empty(), "{why:?}");
    }
    let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
    let why = read(&newer).expect_err("a newer one");
    assert_eq!((why.line, why.column), (2, 14));
}

/// A run with one thing in it changed.
fn changed(pointer: &str, to: serde_json::Value) -> (String, Result<Run, Unreadable>) {
    let text = render(&samples::everything(), false).expect("JSON");
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    *value.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = to;
    let text = serde_json::to_string_pretty(&value).expect("JSON");
    let read = read(&text);
    (text, read)
}

#[test]
fn what_does_not_fit_the_rest_is_refused_at_its_line() {
    for (pointer, to, says) in [
        ("/scenarios/0/source", json!(99), "there are"),
        ("/scenarios/0/outcome", json!("fine"), "unknown variant `fine`"),
        ("/scenarios/0/seconds", json!(-1), "negative"),
        ("/seconds", json!(1e300), "seconds"),
        ("/started_ms", json!(i64::MAX), "no clock shows this"),
        ("/scenarios/3/steps/0/failure/spot/column", json!(77), "no such place"),
        ("/scenarios/3/steps/0/failure/spot/end_column", json!(1), "no such place"),
        ("/scenarios/3/steps/0/failure/spot/line", json!(0), "no such place"),
        ("/scenarios/3/steps/0/failure/violations/1/spot/source", json!(99), "there are"),
        ("/errors/2/labels/1/line", json!(77), "no such place"),
        ("/sources/0/length", json!(u64::MAX), "too many lines"),
        ("/sources/0/quoted/0/from", json!(0), "in their order"),
        ("/sources/0/quoted/0/from", json!(9_000), "in their order"),
        ("/sources/0/quoted/0/lines/0", json!("a\nb"), "ends before its end"),
        ("/facts/0/topics/0/keys/0", json!(7), "there are 2 columns"),
        ("/facts/0/topics/0/rows/0/declared/cells", json!(["one"]), "there are 2 columns"),
        ("/facts/0/topics/0/rows/1/declared/unknown", json!([]), "has no reason"),
        ("/drawings/0/drawing/edges/0/to", json!(2), "there are 2 nodes"),
        ("/difference/nodes/1/zone", json!(1), "there are 1 zones"),
        ("/difference/edges/0/kind", json!("flies"), "no such word"),
        ("/timeline/0/ended_seconds", json!(-0.5), "negative"),
        ("/timeline/1/ended_seconds", json!(0.5), "ended before it began"),
        ("/document_source", json!(99), "there are"),
        ("/stacks/0/removed_seconds", json!(-1), "negative"),
    ] {
        let (text, read) = changed(pointer, to);
        let why = read.expect_err(pointer);
        assert!(why.why.contains(says), "{pointer}: {why:?} has no {says:?}");
        // The line is that of the key, or one right behind it.
        let last = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err());
        let key = format!("\"{}\"", last.expect("a key"));
        let lines: Vec<&str> = text.lines().collect();
        let near = lines.get(why.line.saturating_sub(8)..why.line).unwrap_or_default();
        assert!(near.iter().any(|line| line.contains(&key)), "{pointer}: {why:?} in {near:#?}");
    }
}

#[test]
fn keys_of_later_versions_are_left_alone() {
    let text = render(&samples::run(), false).expect("JSON");
    let more = text.replacen('{', "{ \"later\": [1], ", 1);
    assert!(read(&more).is_ok());
}
