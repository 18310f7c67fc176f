//! Two environments side by side: what is the same, and what may differ.

use std::collections::BTreeMap;

use super::{
    Arguments, Step, StepResult, World,
    attributes::{find, told},
    declared::{disclosed, point, section},
};
use crate::{
    compose::{
        Project,
        journal::Origin,
        tree::{Node, Value},
    },
    run::Failure,
    words::quoted_list,
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "they have the same services",
        "Both environments have services of the same names.",
        "they have the same services",
    )
    .declared(same_services),
    Step::then(
        "they have the same services, apart from:",
        "Both environments have services of the same names; those of the table are in one of them only.",
        "they have the same services, apart from:",
    )
    .table(&["service", "only in"])
    .declared(same_services),
    Step::then(
        "{text} is the same in both",
        "The attributes at this path are the same, wherever * stands for something.",
        "\"services.*.healthcheck\" is the same in both",
    )
    .declared(same_attribute),
    Step::then(
        "they differ only in:",
        "Held against each other in full, they differ in these attributes and in no other: path (* for any part), the value in each environment (\"absent\", \"present\", or \"any\"), and why.",
        "they differ only in:",
    )
    .headed(&["what", "development", "production", "why"])
    .declared(differ_only),
];

/// Both environments: names and projects.
struct Both {
    names: [String; 2],
    projects: [std::sync::Arc<Project>; 2],
}

fn both(world: &World) -> Result<Both, Failure> {
    let projects = [world.project()?, world.other_project()?];
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    Ok(Both { names: [name(&world.environment), name(&world.other_environment)], projects })
}

fn same_services(world: &mut World, arguments: &Arguments) -> StepResult {
    let Both { names, projects } = both(world)?;
    let mut listed = arguments.rows.clone();
    for (at, other) in [(0, 1), (1, 0)] {
        for service in projects[at].services.keys() {
            if projects[other].services.contains_key(service) {
                continue;
            }
            let row = listed.iter().position(|row| row[0] == *service && row[1] == names[at]);
            if let Some(row) = row {
                listed.remove(row);
                continue;
            }
            let failure = Failure::finding(
                format!(
                    "{} and {} have the same services, apart from those listed",
                    names[0], names[1]
                ),
                format!("service \"{service}\" is in {} only", names[at]),
            )
            .help(format!(
                "add it to {}, or to the table: | {service} | {} |",
                names[other], names[at]
            ));
            return Err(super::declared::point_key(&projects[at], service, "", failure));
        }
    }
    if let Some(row) = listed.first() {
        let failure = Failure::finding(
            format!("service \"{}\" is in {} only", row[0], row[1]),
            format!(
                "the services are {} and {}",
                quoted_list(projects[0].services.keys().map(String::as_str)),
                quoted_list(projects[1].services.keys().map(String::as_str))
            ),
        )
        .help("remove the row");
        return Err(section(&projects[0], "services", failure));
    }
    world.saw("services", quoted_list(projects[0].services.keys().map(String::as_str)));
    Ok(())
}

fn same_attribute(world: &mut World, arguments: &Arguments) -> StepResult {
    let path = arguments.text(0)?;
    let Both { names, projects } = both(world)?;
    let (ours, theirs) = (find(&projects[0], path)?, find(&projects[1], path)?);
    if ours.iter().chain(&theirs).all(|found| found.node.is_none()) {
        return Err(Failure::finding(
            format!("\"{path}\" is the same in both"),
            "it is in neither",
        )
        .place(path)
        .help("`seaworthy config` shows the model that paths go through"));
    }
    for (index, found) in ours.iter().chain(&theirs).enumerate() {
        let here = usize::from(index >= ours.len());
        let others = if here == 0 { &theirs } else { &ours };
        let other = others.iter().find(|other| other.path == found.path);
        let same = match (found.node, other.and_then(|other| other.node)) {
            (None, None) => true,
            (Some(a), Some(b)) => a.value.same(&b.value),
            _ => false,
        };
        if same {
            continue;
        }
        let shown = |node: Option<&Node>| value(&found.path, node);
        let pair = [found.node, other.and_then(|other| other.node)];
        let failure = Failure::finding(
            format!("{} is the same in {} and {}", found.path, names[0], names[1]),
            format!(
                "{} in {}, {} in {}",
                shown(pair[0]),
                names[here],
                shown(pair[1]),
                names[1 - here]
            ),
        )
        .help("make them the same, or state the difference");
        return Err(point(&projects[here], found.origin, failure.place(found.path.clone())));
    }
    world.saw(path, format!("the same in {} and {}", names[0], names[1]));
    Ok(())
}

/// A value as a table has it; of what is secret nothing.
fn value(path: &str, node: Option<&Node>) -> String {
    let Some(node) = node.filter(|node| !node.is_null()) else { return "absent".into() };
    match &node.value {
        Value::Sequence(items)
            if items
                .iter()
                .all(|item| !matches!(item.value, Value::Mapping(_) | Value::Sequence(_))) =>
        {
            items.iter().map(bare).collect::<Vec<_>>().join(" ")
        }
        Value::Sequence(_) | Value::Mapping(_) => "present".into(),
        Value::String(text) if path.contains(".environment.") => {
            let name = path.rsplit('.').next().unwrap_or_default();
            disclosed(name, text).trim_matches('"').to_owned()
        }
        _ => bare(node),
    }
}

fn bare(node: &Node) -> String {
    node.as_str().map_or_else(|| told(node), str::to_owned)
}

/// One difference: its path, and both sides with their places.
struct Difference {
    path: String,
    sides: [(String, Option<Origin>); 2],
}

/// The items of a list by what makes them the same thing in both environments.
fn keyed(items: &[Node]) -> Option<BTreeMap<String, &Node>> {
    let key = |item: &Node| {
        let key = item.get("target").or_else(|| item.get("source")).or_else(|| item.get("path"))?;
        Some(bare(key))
    };
    let keyed: Option<Vec<(String, &Node)>> =
        items.iter().map(|item| Some((key(item)?, item))).collect();
    let keyed = keyed?;
    let map: BTreeMap<String, &Node> = keyed.iter().cloned().collect();
    (map.len() == keyed.len()).then_some(map)
}

fn differences(path: &str, a: Option<&Node>, b: Option<&Node>, found: &mut Vec<Difference>) {
    let there = |node: Option<&'_ Node>| node.is_some_and(|node| !node.is_null());
    let below = |key: &str| {
        let key = if key.contains('.') { format!("[{key}]") } else { key.to_owned() };
        if path.is_empty() { key } else { format!("{path}.{key}") }
    };
    match (a.map(|node| &node.value), b.map(|node| &node.value)) {
        (Some(Value::Mapping(left)), Some(Value::Mapping(right))) => {
            let more = right.iter().filter(|(key, _)| left.get(key).is_none());
            for (key, _) in left.iter().chain(more) {
                // Each environment has a name of its own, and what is named after it; an extension
                // says nothing but to whoever takes its parts over.
                let named = path.is_empty() && (&**key == "name" || key.starts_with("x-"))
                    || &**key == "name"
                        && path.matches('.').count() == 1
                        && !path.starts_with("services.");
                if !named {
                    differences(&below(key), left.get(key), right.get(key), found);
                }
            }
            return;
        }
        (Some(Value::Sequence(left)), Some(Value::Sequence(right))) => {
            if let (Some(left), Some(right)) = (keyed(left), keyed(right)) {
                let more = right.keys().filter(|key| !left.contains_key(*key));
                for key in left.keys().chain(more) {
                    differences(
                        &below(key),
                        left.get(key).copied(),
                        right.get(key).copied(),
                        found,
                    );
                }
                return;
            }
        }
        _ => {}
    }
    let same = match (a, b) {
        (Some(a), Some(b)) => a.value.same(&b.value),
        _ => !there(a) && !there(b),
    };
    if !same {
        let side = |node: Option<&Node>| (value(path, node), node.map(|node| node.origin));
        found.push(Difference { path: path.to_owned(), sides: [side(a), side(b)] });
    }
}

/// Whether a path fits what a row says: part by part, `*` for any, and everything below it.
fn fits(pattern: &str, path: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut inside = false;
        for letter in path.chars() {
            match letter {
                '[' => inside = true,
                ']' => inside = false,
                '.' if !inside => parts.push(String::new()),
                letter => parts.last_mut().into_iter().for_each(|part| part.push(letter)),
            }
        }
        parts
    };
    let (pattern, path) = (parts(pattern), parts(path));
    pattern.len() <= path.len()
        && pattern.iter().zip(&path).all(|(wanted, part)| wanted == "*" || wanted == part)
}

fn differ_only(world: &mut World, arguments: &Arguments) -> StepResult {
    let Both { names, projects } = both(world)?;
    let header: Vec<&str> = arguments.header.iter().map(String::as_str).collect();
    if header != ["what", &names[0], &names[1], "why"] {
        return Err(Failure::error(
            "read the table",
            format!("its columns are | {} |", header.join(" | ")),
        )
        .help(format!("write | what | {} | {} | why |", names[0], names[1])));
    }
    let mut found = Vec::new();
    differences("", Some(&projects[0].tree), Some(&projects[1].tree), &mut found);
    let mut used = vec![false; arguments.rows.len()];
    let (mut rows, mut first) = (Vec::new(), None);
    for Difference { path, sides } in &found {
        let listed = arguments.rows.iter().enumerate().find(|(_, row)| {
            let cell = |at: usize| row[at] == "any" || row[at] == sides[at - 1].0;
            fits(&row[0], path) && cell(1) && cell(2)
        });
        if let Some((at, _)) = listed {
            used[at] = true;
            continue;
        }
        rows.push(format!("| {path} | {} | {} |", sides[0].0, sides[1].0));
        first.get_or_insert((path, sides));
    }
    if let Some((path, sides)) = first {
        let failure = Failure::finding(
            format!("{} and {} differ only in what is listed", names[0], names[1]),
            rows.join("\n"),
        )
        .help("make them the same, or list each difference and say why");
        let written = |at: usize| sides[at].1.filter(|origin| origin.place.file().is_some());
        return Err(match (written(1), written(0)) {
            (Some(origin), _) => point(&projects[1], origin, failure),
            (None, Some(origin)) => point(&projects[0], origin, failure),
            (None, None) => failure.place(path.clone()),
        });
    }
    for (row, used) in arguments.rows.iter().zip(used) {
        let wrong = |expected: &str, found: &str, help: &str| {
            Err(Failure::finding(format!("{expected}: {}", row[0]), found)
                .place(row[0].clone())
                .help(help))
        };
        if row[3].trim().is_empty() {
            return wrong("the difference has a reason", "it has none", "say why they differ");
        }
        if !used {
            return wrong("they differ", "no such difference", "remove or correct the row");
        }
    }
    let rows = found.iter().map(|difference| difference.path.as_str());
    world.saw("differences", rows.collect::<Vec<_>>().join("\n"));
    Ok(())
}
