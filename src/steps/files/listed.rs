//! The values of one attribute as a closed list: who sets it, and to what.
//!
//! One table says of every service (secret, network, …) what a sentence each would say, and
//! that there is nothing beside.

use camino::Utf8Path;

use crate::steps::{
    Arguments, Step, StepResult, World,
    files::attributes,
    judging::{
        closed::{self, Subject, compare, table},
        declared,
        paths::{self, Attribute},
        same,
    },
};
use crate::{
    compose::tree::{Node, Value},
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "exactly these values of {text} are set:",
    "What the attribute at this path is, for everything that * stands for and that has it: a column for each *, with what it stands for, then the value; a row for each item of a list, `name=value` for each key of a mapping; \"any\" where the value is left open. Paths are seen from the project's folder; of a secret only the length is told. By the files alone: no engine keeps the attributes of Compose files; what it shows has sentences of its own (`exactly these environment variables are set:`, …).",
    "exactly these values of \"services.*.user\" are set:",
)
.ending(&["name", "value"])
.declared(values)];

fn values(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = arguments.text(0)?;
    let (project, folder) = (world.project()?, world.folder()?);
    let attributes = paths::find(&project, path)?;
    columns(path, &arguments.header, &arguments.rows)?;
    let mut there = Vec::new();
    for found in attributes {
        for value in cells(&folder, path, &found)? {
            there.push(closed::row(row(&arguments.rows, names(&found), value), found.origin));
        }
    }
    let key = path.rsplit('.').find(|part| *part != "*").unwrap_or(path);
    let what = format!("values of \"{path}\"");
    let subject =
        Subject { what: &what, key, section: !path.starts_with("services."), topic: None };
    compare(world, &project, &subject, &table(&arguments.rows), &there)
}

/// Whether a table names all that its path leaves open: values alone can be swapped unnoticed.
fn columns(path: &str, header: &[String], rows: &[Vec<String>]) -> StepResult {
    const NAMES: [&str; 3] = ["name", "key", "part"];
    let stars = paths::stars(path)?;
    let wanted = stars.max(1) + 1;
    let wrong = rows.iter().map(Vec::len).chain([header.len()]).find(|length| *length != wanted);
    let Some(length) = wrong else { return Ok(()) };
    let names = (0..wanted - 1).map(|at| NAMES[at.min(NAMES.len() - 1)]);
    let names: Vec<&str> = names.chain(["value"]).collect();
    let says = match stars {
        0 => format!("\"{path}\" has no *: its rows are a name and a value"),
        1 => format!("\"{path}\" has one *: its rows are a name and a value"),
        _ => {
            format!("\"{path}\" has {stars} *: its rows name what each stands for, then the value")
        }
    };
    let row = format!("a row of the table has {length} cells, and {wanted} are needed");
    Err(Failure::undecided("read the table", format!("{row}: {says}"))
        .place(path)
        .help(format!("write | {} |", names.join(" | "))))
}

/// What each `*` stands for; without one, what the attribute is of.
fn names(found: &Attribute<'_>) -> Vec<String> {
    if found.stars.is_empty() { vec![found.subject.clone()] } else { found.stars.clone() }
}

/// A row in the table's words: what the table leaves open is `any` here too.
fn row(wanted: &[Vec<String>], mut names: Vec<String>, value: String) -> Vec<String> {
    let open = |row: &Vec<String>| {
        row.split_last().is_some_and(|(last, first)| last == "any" && *first == names[..])
    };
    let value = if wanted.iter().any(open) { "any".to_owned() } else { value };
    names.push(value);
    names
}

/// What an attribute says, a text for each cell.
fn cells(folder: &Utf8Path, path: &str, found: &Attribute<'_>) -> Result<Vec<String>, Failure> {
    let nested = || {
        Failure::undecided(
            format!("list the values of \"{path}\""),
            format!("{} is nested", found.path),
        )
        .help(format!("name what is in it, as in \"{path}.*.…\""))
    };
    let Some(node) = found.node else { return Ok(Vec::new()) };
    let name = same::parts(&found.path).pop().unwrap_or_default();
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
fn plain(folder: &Utf8Path, found: &Attribute<'_>, name: &str, node: &Node) -> Option<String> {
    if matches!(node.value, Value::Sequence(_) | Value::Mapping(_)) {
        return None;
    }
    if node.is_null() {
        return Some(String::new());
    }
    let Some(text) = node.as_str() else { return Some(same::told(node)) };
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
        for found in paths::find(&project, path)? {
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
        let of = |name: &str| row(&wanted, vec![name.to_owned()], "33:33".to_owned());
        assert_eq!(of("a"), ["a", "any"]);
        assert_eq!(of("b"), ["b", "33:33"]);
    }

    #[test]
    fn every_star_has_a_column() {
        let text = "services:\n  a: {image: a, environment: {X: '1', Y: '2'}, volumes: [{type: volume, source: d, target: /e}, {type: volume, source: d, target: /f}]}\nvolumes: {d: }\n";
        let project = load_text("compose.yaml", text).expect("a model").into();
        let named = |path: &str| -> Vec<Vec<String>> {
            paths::find(&project, path).expect("a path").iter().map(names).collect()
        };
        assert_eq!(named("services.*.environment.*"), [["a", "X"], ["a", "Y"]]);
        assert_eq!(named("services.a.environment.*"), [["X"], ["Y"]]);
        assert_eq!(named("services.*.volumes.*.source"), [["a", "/e"], ["a", "/f"]]);
        assert_eq!(named("services.a.image"), [["a"]]);
    }

    #[test]
    fn a_table_with_too_few_columns_is_refused() {
        let cells =
            |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let path = "services.*.environment.*";
        let (two, three) = (cells(&["name", "value"]), cells(&["service", "variable", "value"]));
        assert!(columns(path, &three, &[cells(&["a", "X", "1"])]).is_ok());
        assert!(columns("services.*.image", &two, &[]).is_ok());
        assert!(columns("services.a.image", &two, &[]).is_ok());
        for (path, header, says) in [
            (path, &two, "has 2 *: its rows name what each stands for, then the value"),
            ("services.*.image", &three, "has one *: its rows are a name and a value"),
        ] {
            let why = columns(path, header, &[]).expect_err("columns that do not fit");
            assert!(why.found.contains(says), "{}", why.found);
        }
        let why = columns(path, &three, &[cells(&["a", "1"])]).expect_err("a short row");
        assert_eq!(why.help, "write | name | key | value |");
    }

    #[test]
    fn a_secret_is_told_by_its_length_and_what_is_nested_by_no_row() {
        let hidden = "API_TOKEN=5 characters that are not shown";
        assert_eq!(rows("services.a.environment"), of_a(&[hidden, "TZ=UTC", "EMPTY="]));
        let alone = rows("services.a.environment.API_TOKEN");
        assert_eq!(alone, of_a(&["5 characters that are not shown"]));
        let text = "services:\n  a: {image: a, environment: {my.password: hunter2, password.hint: blue}}\n";
        let project = load_text("compose.yaml", text).expect("a model").into();
        let found = paths::find(&project, "services.a.environment.*").expect("a path");
        let told = |found: &Attribute<'_>| cells(Utf8Path::new("/"), "", found).expect("a value");
        let told: Vec<_> = found.iter().flat_map(told).collect();
        assert_eq!(told, ["7 characters that are not shown", "blue"]);
        let why = listed("services.*.ports").expect_err("a list of mappings");
        assert!(why.found.contains("services.a.ports is nested"), "{why:?}");
    }
}
