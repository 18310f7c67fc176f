//! How it is told that a table is not there.

use crate::{run::Failure, words::quoted_list};

/// That there is no table where it is looked for, and which schemas have one of its name.
pub(super) fn absent(table: &str, elsewhere: &[String]) -> String {
    match elsewhere {
        [] => "no such table".to_owned(),
        [one] => {
            format!("no table \"{table}\" in the search path; there is one in schema \"{one}\"")
        }
        some => {
            let schemas = quoted_list(some.iter().map(String::as_str));
            format!(
                "no table \"{table}\" in the search path; there is one in each of the schemas {schemas}"
            )
        }
    }
}

/// A finding that there is no such table.
pub(super) fn no_table(
    table: &str,
    service: &str,
    expected: String,
    elsewhere: &[String],
) -> Failure {
    let help = elsewhere.first().map_or_else(
        || "whoever makes the tables did not, or they were lost with the data".to_owned(),
        |schema| format!("if that is the one, name it with its schema: table \"{schema}.{table}\""),
    );
    Failure::finding(expected, absent(table, elsewhere))
        .place(format!("table \"{table}\" in service \"{service}\""))
        .services([service])
        .help(help)
}
