//! The variables that each service is given.
//!
//! Compose specification, `environment`, `env_file`. A value is shown unless its name says that it is
//! secret, or a secret is in it; then it is compared, and only its length is told.

use super::{
    Cell, Row, Topic,
    answers::{secret::is_secret, services},
    mounts::shown,
};
use crate::compose::Project;

pub(super) const TOPIC: Topic = Topic {
    name: "environment",
    about: "the variables that services are given; of a secret only the length is told",
    columns: &["service", "variable", "value"],
    keys: &[0, 1],
    key: "environment",
    sentence: Some("exactly these environment variables are set:"),
    declared,
};

/// A variable's value as a cell: secret by its name or its value, else as it is; paths of the project
/// from its folder.
#[must_use]
pub fn cell(folder: &str, variable: &str, value: &str) -> Cell {
    if is_secret(variable, value) {
        return Cell::secret(value);
    }
    shown(folder, value).into()
}

/// Every variable that has a value.
#[must_use]
pub fn declared(project: &Project) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, service) in services::made(project) {
        for (variable, value) in &service.environment {
            let Some(text) = &value.value else { continue };
            let at = super::at(value.origin, project, name, "environment");
            let cells = [Cell::from(variable.as_str()), cell(&project.folder, variable, text)];
            rows.push(Row::new(name, cells, Some(at)));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn a_secret_is_told_by_its_length() {
        let text = "services:\n  a: {image: a, environment: {API_TOKEN: tok-1, TZ: UTC, EMPTY: '', UNSET: , DB_PASSWORD: ''}}\n";
        assert_eq!(
            lines("environment", text),
            [
                "| a | API_TOKEN | 5 characters that are not shown |",
                "| a | TZ | UTC |",
                "| a | EMPTY |  |",
                "| a | DB_PASSWORD |  |",
            ]
        );
    }
}
