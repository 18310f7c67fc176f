//! Document and scenarios speak of the same claims, or the run says which they do not share.

use std::{fs, path::Path};

use assert_cmd::Command;

const DOCUMENT: &str =
    "# Shop\n\nThe web server is named [WEB-1]. It is fast [WEB-2].\n\n```\n[CODE-1]\n```\n";
const FEATURE: &str = "Feature: shop\n  @WEB-1\n  Scenario: named\n    Given the dev environment\n    Then exactly these services run:\n      | service |\n      | web     |\n\n  @small @EXTRA-1\n  Scenario: again\n    Given the dev environment\n    Then exactly these services run:\n      | service |\n      | web     |\n";

pub fn project(document: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    fs::create_dir(folder.path().join("features")).expect("a folder");
    write("compose.yaml", "services: {web: {image: web}}\n");
    write("features/shop.feature", FEATURE);
    let named = document.map_or("", |_| "document: shop.md\n");
    write("seaworthy.yaml", &format!("{named}environments: {{dev: {{files: [compose.yaml]}}}}\n"));
    if let Some(document) = document {
        write("shop.md", document);
    }
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("seaworthy").expect("the program");
    let output = command
        .current_dir(folder)
        .env("DOCKER_HOST", "unix:///nowhere.sock")
        .arg("check")
        .args(arguments)
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_is_not_covered_fails_where_coverage_is_required_and_is_told_elsewhere() {
    let folder = project(Some(DOCUMENT));
    let (code, said, _) = check(folder.path(), &[]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("1 claim of the document has no scenario: WEB-2 (shop.md:3:46)"),
        "{said}"
    );
    assert!(
        said.contains("1 tag is no claim of the document: @EXTRA-1 (features/shop.feature:9:10)"),
        "{said}"
    );
    assert!(!said.contains("CODE-1"), "what stands in code is an example: {said}");
    let (code, said, _) = check(folder.path(), &["--require-coverage"]);
    assert_eq!(code, 1, "{said}");
    for part in [
        "no scenario proves the claim WEB-2",
        "shop.md:3:46",
        "features/shop.feature:9:10",
        "not seaworthy",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

#[test]
fn every_report_tells_it_with_its_place() {
    let folder = project(Some(DOCUMENT));
    for (format, soft, hard) in [
        ("json", "\"severity\": \"warning\"", "\"severity\": \"error\""),
        ("github", "::warning file=shop.md,line=3,col=46", "::error file=shop.md,line=3,col=46"),
        (
            "sarif",
            "\"level\": \"warning\"",
            "\"ruleId\": \"document and scenarios state the same claims\"",
        ),
        (
            "junit",
            "warning: no scenario proves the claim WEB-2",
            "<testsuite name=\"coverage\" tests=\"2\"",
        ),
        (
            "markdown",
            "warning: no scenario proves the claim WEB-2",
            "- no scenario proves the claim WEB-2",
        ),
        ("html", "no scenario", "no scenario proves the claim WEB-2"),
    ] {
        let (code, said, errors) = check(folder.path(), &["--report", format]);
        assert_eq!(code, 0, "{errors}");
        assert!(said.contains(soft) && said.contains("WEB-2"), "{format}: no {soft:?} in\n{said}");
        assert!(!said.contains(hard), "{format}: {hard:?} in\n{said}");
        let (code, said, _) = check(folder.path(), &["--require-coverage", "--report", format]);
        assert_eq!(code, 1);
        assert!(said.contains(hard), "{format}: no {hard:?} in\n{said}");
    }
}

#[test]
fn what_was_left_out_is_covered_all_the_same() {
    let folder = project(Some("The web server [WEB-1], again [EXTRA-1].\n"));
    for arguments in [
        &["--require-coverage"][..],
        &["--require-coverage", "--tags", "@WEB-1"],
        &["--require-coverage", "-e", "dev", "--name", "named"],
        &["--require-coverage", "features/shop.feature:3"],
    ] {
        let (code, said, errors) = check(folder.path(), arguments);
        assert_eq!(code, 0, "{said}{errors}");
        assert!(!said.contains("coverage:"), "{said}");
    }
}

#[test]
fn without_a_document_nothing_can_be_required_of_it() {
    let folder = project(None);
    let (code, said, errors) = check(folder.path(), &["--require-coverage"]);
    assert_eq!(code, 3, "{said}{errors}");
    assert!(errors.contains("and there is none") && errors.contains("document: "), "{errors}");
    assert_eq!(check(folder.path(), &[]).0, 0);
    let folder = project(Some(DOCUMENT));
    fs::remove_file(folder.path().join("shop.md")).expect("a file");
    let (code, _, errors) = check(folder.path(), &["--require-coverage"]);
    assert_eq!(code, 3, "{errors}");
    assert!(errors.contains("shop.md cannot be read"), "{errors}");
}

#[test]
fn the_projects_own_document_is_covered() {
    let (code, said, errors) = check(Path::new("."), &["--require-coverage", "--quiet"]);
    assert_eq!(code, 0, "{said}{errors}");
}
