//! The values of one attribute as a closed list: who sets it, and to what.
//!
//! One table says of every service (secret, network, …) what a sentence each would say, and
//! that there is nothing beside.

use camino::Utf8Path;

use super::{
    Arguments, Step, StepResult, World, attributes,
    attributes::Found,
    closed::{Row, Subject, compare},
    declared,
};
use crate::{
    compose::tree::{Node, Value},
    run::Failure,
};

pub(super) static STEPS: &[Step] = &[Step::then(
    "exactly these values of {text} are set:",
    "What the attribute at this path is, for everything that * stands for and that has it: a row for each item of a list, `name=value` for each key of a mapping; \"any\" where the value is left open. Paths are seen from the project's folder; of a secret only the length is told.",
    "exactly these values of \"services.*.user\" are set:",
)
.table(&["name", "value"])
.declared(values)];

fn values(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = arguments.text(0)?;
    let (project, folder) = (world.project()?, world.folder()?);
    let mut there = Vec::new();
    for found in attributes::find(&project, path)? {
        for value in cells(&folder, path, &found)? {
            there.push(Row::new(row(&arguments.rows, &found.subject, value), found.origin));
        }
    }
    let key = path.rsplit('.').find(|part| *part != "*").unwrap_or(path);
    let what = format!("values of \"{path}\"");
    let subject = Subject { what: &what, key, section: !path.starts_with("services.") };
    compare(world, &project, &subject, &arguments.rows, &there)
}

/// A row in the table's words: what the table leaves open is `any` here too.
fn row(wanted: &[Vec<String>], name: &str, value: String) -> [String; 2] {
    let open = wanted.iter().any(|row| *row == [name, "any"]);
    [name.to_owned(), if open { "any".to_owned() } else { value }]
}

/// What an attribute says, a text for each cell.
fn cells(folder: &Utf8Path, path: &str, found: &Found<'_>) -> Result<Vec<String>, Failure> {
    let nested = || {
        Failure::error(
            format!("list the values of \"{path}\""),
            format!("{} is nested", found.path),
        )
        .help(format!("name what is in it, as in \"{path}.*.…\""))
    };
    let Some(node) = found.node else { return Ok(Vec::new()) };
    let name = found.path.rsplit('.').next().unwrap_or_default();
    let cells: Option<Vec<String>> = match &node.value {
        Value::Null => Some(Vec::new()),
        Value::Sequence(items) => {
            items.iter().map(|item| plain(folder, found, name, item)).collect()
        }
        Value::Mapping(entries) => entries
            .iter()
            .map(|(key, node)| Some(format!("{}={}", &**key, plain(folder, found, key, node)?)))
            .collect(),
        _ => plain(folder, found, name, node).map(|value| vec![value]),
    };
    cells.ok_or_else(nested)
}

/// A single value as it would be written; none if it is nested.
fn plain(folder: &Utf8Path, found: &Found<'_>, name: &str, node: &Node) -> Option<String> {
    if matches!(node.value, Value::Sequence(_) | Value::Mapping(_)) {
        return None;
    }
    if node.is_null() {
        return Some(String::new());
    }
    let Some(text) = node.as_str() else { return Some(attributes::told(node)) };
    if attributes::may_be_secret(&found.path) {
        let told = declared::disclosed(name, text);
        if told.strip_prefix('"').and_then(|told| told.strip_suffix('"')) != Some(text) {
            return Some(told);
        }
    }
    Some(declared::shown(folder, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::project::load_text;

    fn listed(path: &str) -> Result<Vec<(String, String)>, Failure> {
        let text = "services:\n  a:\n    image: a\n    user: \"33:33\"\n    cap_drop: [ALL, SETUID]\n    environment: {API_TOKEN: tok-1, TZ: UTC, EMPTY: }\n    ports: [\"80:80\"]\n  b: {image: b, init: true}\n";
        let project = load_text("compose.yaml", text).expect("a model").into();
        let mut rows = Vec::new();
        for found in attributes::find(&project, path)? {
            let cells = cells(Utf8Path::new("/project"), path, &found)?;
            rows.extend(cells.into_iter().map(|cell| (found.subject.clone(), cell)));
        }
        Ok(rows)
    }

    fn rows(path: &str) -> Vec<(String, String)> {
        listed(path).expect("rows")
    }

    fn of_a(cells: &[&str]) -> Vec<(String, String)> {
        cells.iter().map(|cell| ("a".to_owned(), (*cell).to_owned())).collect()
    }

    #[test]
    fn scalars_items_and_keys_are_rows_of_whoever_has_them() {
        assert_eq!(rows("services.*.user"), of_a(&["33:33"]));
        assert_eq!(rows("services.*.cap_drop"), of_a(&["ALL", "SETUID"]));
        assert_eq!(rows("services.*.init"), [("b".to_owned(), "true".to_owned())]);
        assert_eq!(rows("services.*.domainname"), []);
    }

    #[test]
    fn a_value_is_left_open_for_whom_the_table_says_so() {
        let wanted = [vec!["a".to_owned(), "any".to_owned()]];
        assert_eq!(row(&wanted, "a", "33:33".to_owned()), ["a", "any"]);
        assert_eq!(row(&wanted, "b", "33:33".to_owned()), ["b", "33:33"]);
    }

    #[test]
    fn a_secret_is_told_by_its_length_and_what_is_nested_by_no_row() {
        let hidden = "API_TOKEN=5 characters that are not shown";
        assert_eq!(rows("services.a.environment"), of_a(&[hidden, "TZ=UTC", "EMPTY="]));
        let alone = rows("services.a.environment.API_TOKEN");
        assert_eq!(alone, of_a(&["5 characters that are not shown"]));
        let why = listed("services.*.ports").expect_err("a list of mappings");
        assert!(why.found.contains("services.a.ports is nested"), "{why:?}");
    }
}
