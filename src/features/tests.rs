use camino::Utf8PathBuf;

use super::*;

fn config() -> Config {
    serde_yaml::from_str(
        "environments: {development: {files: [a.yml]}, production: {files: [b.yml]}}",
    )
    .expect("a configuration")
}

fn load_text(
    text: &str,
    filter: impl FnOnce(&Utf8Path) -> Filter,
) -> Result<Suite, Vec<Diagnostic>> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = Utf8PathBuf::from_path_buf(folder.path().join("a.feature")).expect("UTF-8");
    std::fs::write(&file, text).expect("a file");
    load(&config(), &Vocabulary::default(), std::slice::from_ref(&file), &filter(&file))
}

/// The title of the one error, and the line it points at.
fn error(text: &str) -> (String, usize) {
    let errors = load_text(text, |_| Filter::default()).expect_err("an error");
    assert_eq!(errors.len(), 1, "{errors:?}");
    let label = &errors[0].labels[0];
    (
        format!("{}; {}", errors[0].title, errors[0].help.as_deref().unwrap_or_default()),
        label.source.place(label.span.start).line,
    )
}

const SOUND: &str = "Feature: f\n\n  Some prose.\n\n  @a\n  Scenario: one\n    Given the development environment\n    Then every service is healthy\n\n  @b\n  Scenario: two\n    Given the running production environment\n    When the browser requests \"/\"\n    Then the response is 200\n";

fn names(suite: &Suite) -> Vec<&str> {
    suite.plan.iter().map(|planned| planned.name.as_str()).collect()
}

#[test]
fn prose_is_left_alone() {
    let text = SOUND.replace(
        "Some prose.",
        "They are ordinary words. Any will do.\n  Note: even with a colon.",
    );
    assert_eq!(load_text(&text, |_| Filter::default()).expect("sound").plan.len(), 2);
}

#[test]
fn a_sound_feature_is_planned() {
    let suite = load_text(SOUND, |_| Filter::default()).expect("sound");
    assert_eq!(names(&suite), ["one", "two"]);
    assert_eq!(suite.plan[0].truths, [Truth::Observed]);
    assert_eq!(suite.plan[1].environments, ["production"]);
    assert_eq!(suite.plan[1].steps[1].1, "the browser requests \"/\"");
}

#[test]
fn scenarios_are_chosen_by_tag_name_environment_and_line() {
    let chosen = |filter: &dyn Fn(&Utf8Path) -> Filter| {
        let suite = load_text(SOUND, filter).expect("sound");
        names(&suite).join(" ")
    };
    assert_eq!(
        chosen(&|_| Filter { tags: "@a and not @b".parse().ok(), ..Filter::default() }),
        "one"
    );
    assert_eq!(chosen(&|_| Filter { name: Some("tw".into()), ..Filter::default() }), "two");
    assert_eq!(
        chosen(&|_| Filter { environments: vec!["production".into()], ..Filter::default() }),
        "two"
    );
    for (line, name) in [(5, "one"), (6, "one"), (8, "one"), (10, "two"), (14, "two")] {
        assert_eq!(
            chosen(&|file| Filter { places: vec![(file.to_owned(), line)], ..Filter::default() }),
            name,
            "line {line}"
        );
    }
}

#[test]
fn a_scenario_on_two_stacks_is_chosen_where_both_are_named() {
    let text = format!(
        "{SOUND}\n  Scenario: both\n    Given the running development environment\n    When the browser requests \"/\"\n    Given the running production environment\n    When the browser requests \"/\"\n    Then the response is 200\n\n  Scenario: files\n    Given the development and production environments\n    Then they differ only in:\n      | what | development | production | why |\n      | a | b | c | d |\n"
    );
    let chosen = |environments: &[&str]| {
        let environments = environments.iter().map(|&name| name.into()).collect();
        let suite = load_text(&text, |_| Filter { environments, ..Filter::default() });
        names(&suite.expect("sound")).join(" ")
    };
    assert_eq!(chosen(&[]), "one two both files");
    assert_eq!(chosen(&["development"]), "one");
    assert_eq!(chosen(&["production"]), "two");
    assert_eq!(chosen(&["development", "production"]), "one two both files");
}

#[test]
fn a_misspelt_keyword_is_an_error_on_its_line() {
    for (line, says) in [
        ("    Thn every service is healthy", "did you mean \"Then\"?"),
        ("    then the response contains \"x\"", "did you mean \"Then\"?"),
        ("  Scenaro: two", "did you mean \"Scenario:\"?"),
        ("    every service is healthy", "begin it with Given"),
    ] {
        let (said, at) = error(&format!(
            "Feature: f\n  Scenario: s\n    Given the development environment\n{line}\n"
        ));
        assert!(said.contains(says), "{said}");
        assert_eq!(at, 4);
    }
    let (said, at) = error(
        "Feature: f\n  Scenario: s\n    Givven the development environment\n    Then every service is healthy\n",
    );
    assert!(said.contains("did you mean \"Given\"?"), "{said}");
    assert_eq!(at, 3);
}

#[test]
fn what_would_prove_nothing_is_an_error() {
    let (said, at) = error("Feature: f\n  Scenario: s\n");
    assert!(said.contains("has no steps"), "{said}");
    assert_eq!(at, 2);
    let (said, _) = error(
        "Feature: f\n  Scenario Outline: s\n    Given the <e> environment\n    Then every service is healthy\n",
    );
    assert!(said.contains("has no examples"), "{said}");
    let (said, _) = error(
        "Feature: f\n  Scenario Outline: s\n    Given the <e> environment\n    Then every service is healthy\n    Examples:\n      | e |\n",
    );
    assert!(said.contains("have no row"), "{said}");
    let (said, _) = error("Feature: f\n");
    assert!(said.contains("has no scenario"), "{said}");
}

#[test]
fn an_undefined_step_is_an_error_with_what_was_meant() {
    let (said, at) = error(
        "Feature: f\n  Scenario: s\n    Given the development environment\n    Then each service is healthy\n",
    );
    assert!(
        said.contains(
            "no step reads \"each service is healthy\"; did you mean: Then every service is healthy"
        ),
        "{said}"
    );
    assert_eq!(at, 4);
}

#[test]
fn a_scenario_names_a_known_environment() {
    let (said, _) = error(
        "Feature: f\n  Scenario: s\n    Given the developmnet environment\n    Then every service is healthy\n",
    );
    assert!(said.contains("did you mean \"development\"?"), "{said}");
    let (said, _) = error("Feature: f\n  Scenario: s\n    Then every service is healthy\n");
    assert!(said.contains("names no environment"), "{said}");
}

#[test]
fn a_scenario_that_no_truth_can_judge_names_both_steps() {
    let errors = load_text("Feature: f\n  Scenario: s\n    Given the files of the production environment\n    Then every service is healthy\n", |_| Filter::default()).expect_err("no truth");
    let lines: Vec<usize> =
        errors[0].labels.iter().map(|label| label.source.place(label.span.start).line).collect();
    assert_eq!(lines, [4, 3]);
}

#[test]
fn a_scenario_that_breaks_something_must_run_alone() {
    let (said, at) = error(
        "Feature: f\n  Scenario: s\n    Given the development environment\n    When service \"app\" is paused\n    Then every service is healthy\n",
    );
    assert!(said.contains("not tagged @disruptive"), "{said}");
    assert_eq!(at, 4);
}

#[test]
fn a_table_with_uneven_rows_is_an_error_with_a_place() {
    let (said, at) = error(
        "Feature: f\n  Scenario: s\n    Given the development environment\n    Then exactly these services run:\n      | service |\n      | a | b |\n",
    );
    assert!(said.contains("this row has 2 cells, the first row of its table has 1"), "{said}");
    assert_eq!(at, 6);
}
