//! Sentences that would hold whatever the stack is: nothing in quotes where something is looked
//! for, a table without a row where each row is a question, `0 times`.
//!
//! A closed set may be empty (`exactly these volumes are declared:` with a header alone: there is
//! none), and so may a value (`is ""`); both are looked at. Everything else is refused when the
//! features are read, on its line.

use crate::steps::{Arguments, Block, Step, Value};

/// What stands before a text that may be empty: a value, not something that is looked for.
const MAY_BE_EMPTY: [&str; 4] = [" is ", " is not ", " is set to ", " accepting "];
/// Tables of which every row is a question: without a row nothing is asked.
const OPEN_TABLES: [&str; 5] =
    [" each of:", " none of:", " apart from:", " with the form:", " the headers:"];
/// What stands behind a number that may be 0, and before it.
const MAY_BE_ZERO: ([&str; 3], [&str; 3]) =
    ([" queries", " replica", " connections"], [" is scaled to ", " is at most ", " TLS 1."]);

/// The words before and behind each parameter of a sentence.
pub(super) fn surroundings(expression: &str) -> impl Iterator<Item = (&str, &str)> {
    expression.match_indices('{').filter_map(|(open, _)| {
        let close = open + expression[open..].find('}')?;
        Some((&expression[..open], &expression[close + 1..]))
    })
}

/// Refuses a sentence that would hold whatever the stack is.
pub(crate) fn refuse(step: &Step, arguments: &Arguments) -> Result<(), String> {
    for (value, (before, behind)) in arguments.values.iter().zip(surroundings(step.expression)) {
        match value {
            Value::Text(text)
                if text.is_empty() && !MAY_BE_EMPTY.iter().any(|words| before.ends_with(words)) =>
            {
                return Err(format!(
                    "nothing stands between the quotes after \"{}\": it is in every text, and so says nothing",
                    last_words(before)
                ));
            }
            Value::Number(0) => {
                let behind_allows = MAY_BE_ZERO.0.iter().any(|words| behind.starts_with(words));
                if !behind_allows && !MAY_BE_ZERO.1.iter().any(|words| before.ends_with(words)) {
                    return Err(zero(before, behind));
                }
            }
            Value::Quantity(number, _) if *number <= 0.0 && before.ends_with("at least ") => {
                return Err(
                    "\"at least 0\" holds of every amount: write the least that will do".into()
                );
            }
            Value::Duration(time)
                if time.is_zero() && (before == "for " || before.ends_with(" for ")) =>
            {
                return Err("in no time nothing can happen: write how long it must not, as in \"for 5 seconds\"".into());
            }
            Value::Statuses(statuses) if before.ends_with(" fails with ") => {
                if let Some(status) = statuses.iter().find(|status| **status < 400) {
                    return Err(format!(
                        "a request that fails has a status from 400 on, and {status} is none: write the error that is meant, or `succeeds`"
                    ));
                }
            }
            Value::Names(names)
                if behind.starts_with(" run the same image")
                    && names.iter().all(|name| Some(name) == names.first()) =>
            {
                return Err("one service always runs the same image as itself: name two".into());
            }
            Value::Names(names)
                if behind.starts_with(" share no network")
                    && names.iter().all(|name| Some(name) == names.first()) =>
            {
                return Err("one service shares nothing with itself: name two".into());
            }
            _ => {}
        }
    }
    waits_for_itself(step, arguments)?;
    refuse_table(step, arguments)
}

/// Refuses that a service comes before itself.
fn waits_for_itself(step: &Step, arguments: &Arguments) -> Result<(), String> {
    let verb = [" waits until ", " completed before "];
    let (Some(verb), [Value::Text(one), Value::Text(other), ..]) =
        (verb.iter().find(|verb| step.expression.contains(**verb)), &arguments.values[..])
    else {
        return Ok(());
    };
    if one != other {
        return Ok(());
    }
    Err(format!(
        "no service can come before itself, and \"{one}\"{verb}\"{one}\" says so: name two"
    ))
}

fn zero(before: &str, behind: &str) -> String {
    if before.ends_with("at least ") {
        return "\"at least 0\" holds of every number: write the least that will do".into();
    }
    let never = if behind.starts_with(" times") && before.contains("log of") {
        ": write `for 5 seconds the log of \"…\" never shows \"…\"`"
    } else if before.ends_with("was restarted ") {
        ": write `service \"…\" was never restarted`"
    } else if behind.starts_with(" rows with") {
        ": write `for 2 seconds table \"…\" in \"…\" has no row with:`"
    } else if ["items", "entries", "messages", "rows"].iter().any(|what| behind.trim() == *what) {
        ": write `… is empty`"
    } else {
        ", and proves nothing"
    };
    let behind = behind.split(['{', ':']).next().unwrap_or_default().trim();
    let words = format!("{} 0 {behind}", last_words(before));
    format!("\"{}\" asks for nothing{never}", words.trim())
}

fn last_words(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().rev().take(2).collect();
    words.retain(|word| !word.contains(['{', '}']));
    words.reverse();
    words.join(" ")
}

fn refuse_table(step: &Step, arguments: &Arguments) -> Result<(), String> {
    if arguments.rows.is_empty() && OPEN_TABLES.iter().any(|end| step.expression.ends_with(end)) {
        return Err(
            "the table has no row below its header, so that nothing is asked: add one".into()
        );
    }
    let blank = |cell: Option<&String>| cell.is_none_or(|cell| cell.trim().is_empty());
    let unnamed = match step.block {
        Block::None => false,
        // The first column names what the row is about.
        _ => arguments.rows.iter().any(|row| blank(row.first())),
    };
    if unnamed {
        return Err(
            "a row of the table names nothing in its first cell: fill it, or remove the row".into(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::steps::{Vocabulary, all, language::vocabulary::Misunderstood};

    fn read(text: &str) -> Result<(), String> {
        let feature = format!("Feature: f\n  Scenario: s\n    {text}\n");
        let feature =
            gherkin::Feature::parse(feature, gherkin::GherkinEnv::default()).expect("a feature");
        match Vocabulary::default().find(&feature.scenarios[0].steps[0]) {
            Ok(_) => Ok(()),
            Err(Misunderstood::Wrong { why, .. }) => Err(why),
            Err(why) => panic!("{text}: {why:?}"),
        }
    }

    #[test]
    fn what_holds_whatever_the_stack_is_is_refused() {
        for (text, says) in [
            (r#"Then the response contains """#, "nothing stands between the quotes"),
            (r#"Then the response does not contain """#, "after \"not contain\""),
            (r#"Then the response header "" is "x""#, "after \"response header\""),
            (r#"Then the log of "a" shows """#, "nothing stands between the quotes"),
            (r#"Then for 5 seconds the log of "a" never shows """#, "after \"never shows\""),
            (r#"Then for 0 seconds the log of "a" never shows "x""#, "in no time nothing"),
            (r#"Then the log of "a" shows "x" exactly 0 times"#, "never shows"),
            (r#"Then command "ls" in "a" prints """#, "after \"prints\""),
            (r#"Then command "" in "a" succeeds"#, "after \"command\""),
            (r#"Then "/" on port 80 of "a" contains """#, "after \"contains\""),
            (r#"Then a request for "/" fails with 502 or 200"#, "200 is none"),
            (r#"Then the subscriber hears """#, "after \"subscriber hears\""),
            (r#"Then list "l" in "r" has no item with """#, "after \"item with\""),
            (r#"Then no "services.*.image" contains """#, "after \"contains\""),
            (r#"Then every "services.*.cpus" is at least 0"#, "\"at least 0\" holds of every"),
            (r#"Then the response field "n" is at least 0"#, "\"at least 0\" holds of every"),
            (r#"When the browser sends POST "/" 0 times with:"#, "this step needs a table"),
            (
                "When the browser sends POST \"/\" 0 times with:\n      | a | b |",
                "asks for nothing",
            ),
            (r#"Then service "a" was restarted 0 times"#, "was never restarted"),
            (r#"Then stream "s" in "r" has exactly 0 entries"#, "write `… is empty`"),
            (r#"Then queue "q" in "r" has exactly 0 messages"#, "write `… is empty`"),
            (r#"Then table "t" in "db" has exactly 0 rows"#, "write `… is empty`"),
            (
                "Then table \"t\" in \"db\" has exactly 0 rows with:\n      | a | b |",
                "has no row with:",
            ),
            (
                r#"Then 0 requests for "/" open at most 2 connections from "a" to "b""#,
                "\"0 requests for\" asks for nothing",
            ),
            (r#"Then these rows have 0 different values of "w""#, "asks for nothing"),
            (r#"Then services "a" run the same image"#, "name two"),
            (r#"Then services "a" and "a" run the same image"#, "name two"),
            (r#"Then services "a" and "a" share no network"#, "name two"),
            (r#"Then service "a" waits until "a" is healthy"#, "no service can come before itself"),
            (r#"Then service "a" completed before service "a" started"#, "name two"),
            ("Then every service is up and stays up for 0 seconds", "in no time"),
            (r#"Then a process "" runs in "a""#, "nothing stands between the quotes"),
            ("Then command \"php -m\" in \"a\" prints each of:\n      | text |", "has no row"),
            ("Then the build of \"a\" runs none of:\n      | text |", "has no row"),
            (
                "Then command \"php -m\" in \"a\" prints each of:\n      | text |\n      |      |",
                "names nothing in its first cell",
            ),
        ] {
            let why = read(text).expect_err(text);
            assert!(why.contains(says), "{text}: {why}");
        }
    }

    #[test]
    fn what_is_looked_at_may_be_nothing() {
        for text in [
            r#"Then variable "X" in "a" is """#,
            r#"Then the response header "X" is """#,
            r#"When key "k" in "r" is set to """#,
            r#"When the browser requests "/" accepting """#,
            r#"Then the request runs 0 queries in "db""#,
            r#"Then service "a" has 0 replicas"#,
            r#"When service "a" is scaled to 0"#,
            r#"Then 3 requests for "/" open at most 0 connections from "a" to "b""#,
            "Then exactly these volumes are declared:\n      | volume | name |",
        ] {
            // The columns of a table are another matter.
            if let Err(why) = read(text) {
                assert!(why.contains("the table's columns must be"), "{text}: {why}");
            }
        }
    }

    #[test]
    fn every_table_without_a_row_is_a_closed_set_or_refused() {
        for step in all().filter(|step| !matches!(step.block, super::Block::None)) {
            let words = step.expression;
            let closed = ["exactly", "only", "declared so", "with:", "returns:"]
                .iter()
                .any(|word| words.contains(word));
            let refused = super::OPEN_TABLES.iter().any(|end| words.ends_with(end));
            assert!(closed || refused, "{words}: what does it mean without a row?");
        }
    }
}
