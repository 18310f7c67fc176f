//! The living architecture document, as people make it: of this project, and of a hostile one.

use std::{collections::BTreeSet, fs, path::Path};

use assert_cmd::Command;
use regex::Regex;

/// `check` with a page, without any program or engine at hand; its exit code, and the page.
fn check(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let report = format!("html={}", file.path().display());
    let output = Command::cargo_bin("seaworthy")
        .expect("the program")
        .current_dir(folder)
        .env("PATH", "/nowhere")
        .env("DOCKER_HOST", "unix:///nowhere.sock")
        .args(["check", "--report", &report])
        .args(arguments)
        .output()
        .expect("it runs");
    let page = fs::read_to_string(file.path()).expect("a page");
    assert!(page.ends_with("</html>\n"), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), page)
}

fn all<'t>(pattern: &str, text: &'t str) -> Vec<&'t str> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern.captures_iter(text).map(|found| found.extract::<1>().1[0]).collect()
}

#[test]
fn every_claim_of_the_document_has_its_mark_and_the_page_is_small() {
    let (code, page) = check(Path::new("."), &[]);
    assert_eq!(code, 0);
    assert!(page.len() < 2_000_000, "{}", page.len());
    let document = fs::read_to_string("docs/ARCHITECTURE.md").expect("the document");
    let claims: BTreeSet<&str> = all(r"\[([A-Z]+-\d+)\]", &document).into_iter().collect();
    assert!(claims.len() > 80);
    for claim in &claims {
        let anchor = format!(" id=\"{claim}\"");
        assert_eq!(page.matches(&anchor).count(), 1, "{claim}");
        assert!(page.contains(&format!("href=\"#{claim}\"")), "the table leads to {claim}");
    }
    // What the files prove is told apart from what nobody asked.
    for (claim, class) in [("HOST-1", "proven"), ("FLOW-1", "unasked"), ("MON-5", "excepted")] {
        let row = format!("<tr data-state=\"{class}\"><th scope=\"row\"><a href=\"#{claim}\">");
        assert!(page.contains(&row), "{claim} is not {class}");
    }
    assert!(page.contains("<p class=\"project\">PrimeHub: the architecture</p>"));
    assert!(page.contains("Seaworthy</h1>") && page.contains("The running stack was not asked."));
    for topic in ["services", "ports", "limits", "rights"] {
        assert!(page.contains(&format!("id=\"facts-{topic}\"")), "{topic}");
    }
    let ids = all(r#" id="([^"]+)""#, &page);
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an anchor stands there twice");
    for to in all(r##"href="#([^"]+)""##, &page) {
        assert!(unique.contains(to), "#{to} leads nowhere");
    }
    for odd in [" src=", "<link", "<img", "<iframe", "@import", "url("] {
        assert!(!page.contains(odd), "{odd} fetches something");
    }
    let times = Regex::new(r"(&lt;1|\d+(\.\d)?) (ms|s)\b|\d{2}:\d{2} UTC").expect("a pattern");
    let (_, again) = check(Path::new("."), &[]);
    assert_eq!(times.replace_all(&again, ""), times.replace_all(&page, ""));
}

#[test]
fn what_was_left_out_is_not_asked_and_not_without_a_scenario() {
    let (code, page) =
        check(Path::new("."), &["features/host-exposure.feature", "--tags", "@HOST-1"]);
    assert_eq!(code, 0);
    for (claim, class) in [("HOST-1", "proven"), ("HOST-2", "unasked"), ("SEC-5", "unasked")] {
        let row = format!("<tr data-state=\"{class}\"><th scope=\"row\"><a href=\"#{claim}\">");
        assert!(page.contains(&row), "{claim} is not {class}");
    }
    assert!(!page.contains("<tr data-state=\"none\">"));
}

const SECRET: &str = "Blau-und-Rot-und-2";

fn hostile(document: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    };
    write("seaworthy.yaml", "document: the.md\nenvironments:\n  dev: {files: [c.yaml]}\n");
    write(
        "c.yaml",
        &format!(
            "services:\n  web:\n    image: \"nginx:<script>alert(1)</script>\"\n    environment:\n      DB_PASSWORD: {SECRET}\n      MARKUP: \"</td><script>alert(2)</script>\"\n    ports: [\"80:80\"]\n"
        ),
    );
    write(
        "features/a.feature",
        "Feature: <script>alert(3)</script> \"' onload='x'\n\n  @NET-1\n  Scenario: <img src=x onerror=alert(4)> & more\n    Given the dev environment\n    Then exactly these ports are published:\n      | service | port | host port | host address |\n      | web     | 81   | 81        | <svg onload=alert(5)> |\n",
    );
    if let Some(text) = document {
        write("the.md", text);
    }
    folder
}

#[test]
fn nothing_that_a_hostile_project_wrote_is_markup_and_no_secret_is_told() {
    let document = format!(
        "# <script>alert(6)</script>\n\n[NET-1] [x](javascript:alert(7)) ![p](http://a/p.png) {SECRET}\n\n<iframe src=\"http://a\"></iframe>\n\n[NET-2]\n"
    );
    let folder = hostile(Some(&document));
    let (code, page) = check(folder.path(), &[]);
    assert!(matches!(code, 1 | 3), "{code}");
    assert_eq!(page.matches("<script").count(), 1, "its own alone");
    for odd in
        ["<img", "<svg onload", "<iframe", "href=\"javascript", "onerror=\"", "p.png\"", SECRET]
    {
        assert!(!page.contains(odd), "{odd}");
    }
    let outside_of_tags = Regex::new(r"<[^<>]*\son[a-z]+=").expect("a pattern");
    assert!(!outside_of_tags.is_match(&page));
}

#[test]
fn a_document_that_is_named_and_not_there_is_a_warning_and_the_features_are_the_document() {
    let folder = hostile(None);
    let (_, page) = check(folder.path(), &[]);
    assert!(page.contains("the architecture document"), "{page}");
    assert!(page.contains("cannot be read"), "{page}");
    assert!(page.contains("id=\"architecture\"") && page.contains("<h3 id=\"feature-"), "{page}");
}
