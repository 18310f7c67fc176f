use camino::Utf8PathBuf;

use super::*;
use crate::steps::Keyword;

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
    let filter = Filter { named: vec![file.clone()], ..filter(&file) };
    load(&config(), &Vocabulary::default(), std::slice::from_ref(&file), &filter)
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
fn a_scenario_that_states_nothing_is_an_error() {
    let given = "    Given the running development environment\n";
    for steps in [given.to_owned(), format!("{given}    When the browser requests \"/\"\n")] {
        let (said, at) = error(&format!("Feature: f\n\n  Scenario: s\n{steps}"));
        assert!(said.contains("\"s\" states nothing; add a `Then`"), "{said}");
        assert_eq!(at, 3);
    }
    let background = "Feature: f\n  Background:\n    Given the development environment\n    Then every service is healthy\n";
    let text = format!("{background}  Scenario: s\n    Given the development environment\n");
    load_text(&text, |_| Filter::default()).expect("its background states something");
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

#[test]
fn a_line_that_belongs_to_no_scenario_is_an_error_and_runs_nothing() {
    let text = format!("{SOUND}\n  # the end\n");
    let at = |line: usize| {
        let places = |file: &Utf8Path| vec![(file.to_owned(), line)];
        load_text(&text, |file| Filter { places: places(file), ..Filter::default() })
    };
    for (line, says) in [
        (1, "this line belongs to no scenario"),
        (3, "this line belongs to no scenario"),
        (9, "this line belongs to no scenario"),
        (15, "this line belongs to no scenario"),
        (16, "this line belongs to no scenario"),
        (99, "the file has 16 lines"),
        (0, "this line belongs to no scenario"),
    ] {
        let errors = at(line).expect_err("no scenario there");
        assert_eq!(errors.len(), 1, "line {line}: {errors:?}");
        assert!(errors[0].title.contains(says), "line {line}: {}", errors[0].title);
        assert!(errors[0].title.contains(&format!("a.feature:{line}:")), "{}", errors[0].title);
    }
    let help = at(9).expect_err("between the two").remove(0).help.unwrap_or_default();
    assert!(help.contains("lines 5 to 8 and 10 to 14"), "{help}");
    assert_eq!(names(&at(14).expect("the last line of the second")), ["two"]);
}

#[test]
fn a_row_of_examples_is_asked_for_by_its_line_and_all_by_the_outline() {
    let text = "Feature: f\n\n  Rule: r\n\n    @x\n    Scenario Outline: o <n>\n      Given the running development environment\n      When the browser requests \"/<n>\"\n      Then the response is 200\n\n      Examples:\n        | n |\n        # a remark\n        | a |\n\n        | b |\n";
    let at = |line: usize| {
        let places = |file: &Utf8Path| vec![(file.to_owned(), line)];
        let suite = load_text(text, |file| Filter { places: places(file), ..Filter::default() });
        suite.map(|suite| names(&suite).join(", ")).unwrap_or_default()
    };
    assert_eq!(at(14), "o a");
    assert_eq!(at(16), "o b");
    for line in [5, 6, 8, 11, 12] {
        assert_eq!(at(line), "o a, o b", "line {line}");
    }
    assert_eq!(at(3), "", "the rule itself is none");
}

#[test]
fn a_line_of_a_folder_is_an_error() {
    let filter =
        |_: &Utf8Path| Filter { places: vec![("features".into(), 3)], ..Filter::default() };
    let errors = load_text(SOUND, filter).expect_err("a folder has no lines");
    assert!(errors[0].title.contains("features is a folder"), "{}", errors[0].title);
}

#[test]
fn a_sentence_on_a_response_needs_a_request_before_it() {
    for (steps, says) in [
        ("Then the response is 200", "makes a request"),
        ("Then the request does not reach \"app\"", "makes a request"),
        ("When the browser asks whether \"/\" has changed", "makes a request"),
        ("Then the subscriber hears \"x\"", "makes a subscriber"),
        ("Then the websocket says \"connected\"", "makes a websocket"),
        ("Then these rows have 2 different values of \"a\"", "makes rows"),
        (
            "When the browser requests \"/\"\n    Given the running production environment\n    Then the response is 200",
            "makes a request",
        ),
    ] {
        let text = format!(
            "Feature: f\n\n  Scenario: s\n    Given the running development environment\n    {steps}\n    Then every service is healthy\n"
        );
        let (said, line) = error(&text);
        assert!(said.contains(says), "{steps}: {said}");
        assert!(said.contains("before"), "{said}");
        assert_eq!(line, 5 + steps.matches('\n').count(), "{steps}");
    }
}

#[test]
fn a_row_that_says_nothing_is_an_error_on_its_line_before_anything_starts() {
    let of = |sentence: &str, rows: &[&str]| {
        let table: Vec<String> = rows.iter().map(|row| format!("      {row}\n")).collect();
        let given =
            "Feature: f\n  Scenario: s\n    Given the files of the development environment\n";
        error(&format!("{given}    Then {sentence}\n{}", table.concat()))
    };
    let services = "exactly these services run:";
    let (why, line) =
        of(services, &["| service |", "| web |", "# once more:", "| app |", "| web |"]);
    assert!(why.contains("the row | web | stands there twice; remove one"), "{why}");
    assert_eq!(line, 9);
    let (why, line) = of(services, &["| service |", "| service |"]);
    assert!(why.contains("the header | service | stands below itself"), "{why}");
    assert_eq!(line, 6);
    let every = "every service has a health check, except:";
    let (why, line) = of(
        every,
        &["| service | reason | until |", "| a | it ends | 2027-03-31 |", "| b | it ends | soon |"],
    );
    assert!(why.contains("ends on \"soon\", and that is no day; write it as 2027-03-31"), "{why}");
    assert_eq!(line, 7);
}

#[test]
fn a_wrong_value_is_an_error_on_its_place_in_the_sentence() {
    let given = "Feature: f\n  Scenario: s\n    Given the files of the development environment\n";
    let sentence = "Then the restart policy of \"web\" is \"allways\"";
    let text = format!("{given}    {sentence}\n");
    let errors = load_text(&text, |_| Filter::default()).expect_err("an error");
    let label = &errors[0].labels[0];
    assert_eq!(&label.source.text()[label.span.clone()], "\"allways\"");
    let place = label.source.place(label.span.start);
    assert_eq!((place.line, place.column), (4, 5 + sentence.find("\"all").expect("it")));
    assert_eq!(errors[0].help.as_deref(), Some("did you mean \"always\"?"));
}

#[test]
fn headers_that_no_request_would_carry_are_an_error() {
    let given = "Feature: f\n  Scenario: s\n    Given the running development environment\n";
    let headers = "    When the next request has the headers:\n      | X-A | 1 |\n";
    let request = "    When the browser requests \"/\"\n";
    let then = "    Then the response is 200\n";
    let (said, line) = error(&format!("{given}{request}{headers}{then}"));
    assert!(said.contains("stands before no sentence that sends a request"), "{said}");
    assert_eq!(line, 5);
    for sent in [request, "    When \"/\" on port 80 of \"web\" is requested\n"] {
        let text = format!("{given}{headers}{sent}{then}");
        assert!(load_text(&text, |_| Filter::default()).is_ok(), "{text}");
    }
    let asked = "    Then \"/\" on port 80 of \"web\" answers 200\n";
    assert!(load_text(&format!("{given}{headers}{asked}"), |_| Filter::default()).is_ok());
}

#[test]
fn a_star_goes_on_with_the_keyword_above_it() {
    let text = "Feature: f\n  Background:\n    * the running development environment\n  Rule: r\n    Scenario: s\n      When the browser requests \"/\"\n      Then the response is 200\n      * the response is 200\n      * every service is healthy\n";
    let suite = load_text(text, |_| Filter::default()).expect("sound");
    let keywords: Vec<Keyword> =
        suite.plan[0].matches.iter().map(|found| found.step.keyword).collect();
    let (given, when, then) = (Keyword::Given, Keyword::When, Keyword::Then);
    assert_eq!(keywords, [given, when, then, then, then]);
    let wrong = "Feature: f\n  Scenario: s\n    Given the running development environment\n    * the response is 200\n";
    assert!(error(wrong).0.contains("is a Then step and stands under Given"), "{:?}", error(wrong));
}
