//! The page as people use it, in a real browser: the page of a run with every kind of outcome.
//!
//! Every check is a function that tells what it has found, and is held twice: on the page it finds
//! nothing, and on a page that is spoilt in the way it looks for it finds something.

#[path = "page/browser.rs"]
mod browser;
#[path = "page/checks.rs"]
mod checks;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use browser::Tab;
use checks::Check;

const RUN: &str = "fixtures/page/run.json";

/// The page of a kept run.
fn rendered(run: &Path) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("report")
        .arg(format!("html={}", file.display()))
        .arg("--from")
        .arg(run)
        .output()
        .expect("it runs");
    // The run is broken, and so a report of it says.
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(file).expect("a page")
}

fn page() -> &'static str {
    static PAGE: OnceLock<String> = OnceLock::new();
    PAGE.get_or_init(|| rendered(&root().join(RUN)))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What a check finds in a page.
fn found(check: Check, page: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    fs::write(&file, page).expect("a page");
    check(&mut Tab::start(), &format!("file://{}", file.display()))
}

/// The check finds nothing in the page, and something once `old` has become `new` everywhere.
#[track_caller]
fn holds(check: Check, old: &str, new: &str) {
    let faults = found(check, page());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    fails(check, old, new);
}

/// The check finds something in a page in which `old` is `new`.
#[track_caller]
fn fails(check: Check, old: &str, new: &str) {
    assert!(page().contains(old), "the page has no {old}");
    // The page's own script stays allowed when it is the script that is spoilt.
    let spoilt = page().replace(old, new).replace(" http-equiv=\"Content-Security-Policy\"", "");
    assert!(!found(check, &spoilt).is_empty(), "{old} → {new}: nothing was found");
}

#[test]
fn the_run_is_one_by_the_published_schema() {
    let read = |path: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(root().join(path)).expect(path)).expect("JSON")
    };
    let schema = jsonschema::validator_for(&read("docs/run.schema.json")).expect("a schema");
    let mut run = read(RUN);
    let faults: Vec<_> = schema.iter_errors(&run).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    run["verdict"] = "odd".into();
    assert!(!schema.is_valid(&run));
}

#[test]
fn headings_stand_in_order_and_landmarks_have_names() {
    holds(checks::structure, "<h2", "<h4");
    fails(checks::structure, "<main", "<div");
}

#[test]
fn every_verdict_stands_at_its_claim() {
    holds(checks::verdicts, "<details class=\"claim broken\"", "<details class=\"claim proven\"");
}

#[test]
fn anchors_are_unique_every_link_leads_to_one_and_opens_it() {
    holds(checks::anchors, "id=\"verdict\"", "id=\"main\"");
    fails(checks::anchors, "id=\"BROKEN-1\"", "id=\"BROKEN-1\" hidden");
}

#[test]
fn anchors_are_the_same_in_a_later_run() {
    let text = fs::read_to_string(root().join(RUN)).expect("a run");
    let mut run: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let later = run["started_ms"].as_u64().expect("a time") + 86_400_000;
    run["started_ms"] = later.into();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run.json");
    fs::write(&file, run.to_string()).expect("a run");
    let later = rendered(&file);
    assert_eq!(checks::ids(page()), checks::ids(&later));
    assert_eq!(page(), rendered(&root().join(RUN)), "one run, one page");
    let spoilt = page().replace("id=\"verdict\"", "id=\"verdict-1\"");
    assert_ne!(checks::ids(&spoilt), checks::ids(&later));
}

#[test]
fn the_filter_shows_what_fits_and_says_how_many() {
    holds(checks::filter, "row.hidden = !fits", "row.hidden = false");
}

#[test]
fn a_click_folds_and_unfolds() {
    holds(checks::folding, "<summary", "<summary inert");
}

#[test]
fn the_tab_key_reaches_everything_in_reading_order_and_shows_where_it_is() {
    holds(checks::keyboard, "class=\"skip\" href", "class=\"skip\" tabindex=\"-1\" href");
    fails(checks::keyboard, "</style>", "*:focus-visible{outline:none!important}</style>");
}

#[test]
fn a_checker_of_accessibility_finds_nothing() {
    holds(checks::accessible, "<html lang=\"en\">", "<html>");
    fails(
        checks::accessible,
        "</style>",
        "p{color:#999!important;background:#aaa!important}</style>",
    );
}

#[test]
fn nothing_is_complained_of_and_nobody_is_asked() {
    holds(checks::quiet, "</main>", "<script>console.error(1)</script></main>");
    fails(checks::quiet, "</main>", "<img src=\"http://127.0.0.1:9/a.png\" alt=\"\"></main>");
}

#[test]
fn it_is_light_by_day_and_dark_by_night() {
    holds(checks::schemes, "prefers-color-scheme", "prefers-no-scheme");
}

#[test]
fn a_narrow_screen_scrolls_down_alone() {
    holds(checks::narrow, "</main>", "<p style=\"width:600px\">wide</p></main>");
}

#[test]
fn paper_shows_what_is_folded_and_cuts_nothing() {
    holds(checks::paper, "::details-content", "::before");
    fails(checks::paper, "</main>", "<p style=\"width:3000px;background:red\">wide</p></main>");
}

#[test]
fn everything_can_be_read_without_javascript() {
    holds(checks::scriptless, "<details class=\"claim broken\"", "<details hidden");
}

/// What somebody else's script and picture came to in a page: whether the script ran, and complaints.
fn foreign(page: &str) -> (bool, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let foreign = "<script>document.documentElement.dataset.foreign = 'yes'</script>\
        <img src=\"http://127.0.0.1:9/a.png\" alt=\"\"></main>";
    fs::write(&file, page.replacen("</main>", foreign, 1)).expect("a page");
    let url = format!("file://{}", file.display());
    let mut tab = Tab::start();
    tab.open(&url);
    let ran = tab.value("document.documentElement.dataset.foreign || ''");
    (ran == "yes", checks::quiet(&mut Tab::start(), &url))
}

#[test]
fn what_is_not_of_the_page_neither_runs_nor_asks() {
    let (ran, told) = foreign(page());
    assert!(!ran, "the policy of the page lets its own script run alone");
    let stopped = told.iter().filter(|line| line.contains("Content Security Policy")).count();
    assert!(stopped >= 2, "script and picture are stopped: {told:?}");
    let (ran, _) = foreign(&page().replace(" http-equiv=\"Content-Security-Policy\"", ""));
    assert!(ran, "without the policy it would have run");
}

#[test]
fn the_page_of_this_project_is_as_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .current_dir(root())
        .args(["check", "--report", &format!("html={}", file.display())])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(file).expect("a page");
    assert!(text.len() < 2_000_000, "{} bytes", text.len());
    for (name, check) in [
        ("structure", checks::structure as Check),
        ("quiet", checks::quiet),
        ("narrow", checks::narrow),
        ("accessible", checks::accessible),
    ] {
        let faults = found(check, &text);
        assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
    }
}
