//! Two environments side by side: what is the same, and what may differ.

use std::collections::BTreeMap;

use crate::steps::{
    Arguments, Match, Step, StepResult, World,
    judging::{
        declared::{self, disclosed, point},
        exceptions::{self, row_at_fault},
        paths::{find, item_names},
        same::{parts, told},
        violations::{self, Violations},
    },
};
use crate::{
    compose::{
        Project,
        journal::Origin,
        tree::{Mapping, Node, Value},
    },
    run::Failure,
    words::quoted_list,
};

pub(crate) static STEPS: &[Step] = &[
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
        ONLY,
        "Held against each other in full, they differ in these attributes and in no other: path (* for any part), the value in each environment (\"absent\", \"present\", or \"any\"), and why.",
        ONLY,
    )
    .headed(&["what", "development", "production", "why"])
    .declared(differ_only),
];

/// What to do about a difference that no row lists.
const DIFFERENT: &str = "make them the same, or list each difference and say why";

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
    let (mut listed, mut failures) = (arguments.rows.clone(), Vec::new());
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
            let failure = declared::point_key(&projects[at], service, "", failure);
            failures.push((format!("services.{service}"), failure));
        }
    }
    let mut wrong = Vec::new();
    for row in &listed {
        let failure = Failure::finding(
            format!("service \"{}\" is in {} only", row[0], row[1]),
            format!(
                "the services are {} and {}",
                quoted_list(projects[0].services.keys().map(String::as_str)),
                quoted_list(projects[1].services.keys().map(String::as_str))
            ),
        )
        .help("remove the row")
        .place(format!("services.{}", row[0]));
        wrong.push((format!("the row of {}", row[0]), arguments.point(row, failure)));
    }
    match violations::first(failures) {
        Ok(()) => exceptions::rows(wrong)?,
        Err(why) => return Err(why.violations(wrong.iter().map(row_at_fault))),
    }
    world.evidence("services", quoted_list(projects[0].services.keys().map(String::as_str)));
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
    let mut failures: Vec<(String, Failure)> = Vec::new();
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
        let pair = [found.node, other.and_then(|other| other.node)];
        let shown = |at: usize| beside(&found.path, pair[at], pair[1 - at]);
        let failure = Failure::finding(
            format!("{} is the same in {} and {}", found.path, names[0], names[1]),
            format!("{} in {}, {} in {}", shown(0), names[here], shown(1), names[1 - here]),
        )
        .help("make them the same, or state the difference");
        // What both have is one difference, told where the first has it.
        if failures.iter().all(|(path, _)| *path != found.path) {
            let failure = point(&projects[here], found.origin, failure.place(found.path.clone()));
            failures.push((found.path.clone(), failure));
        }
    }
    violations::first(failures)?;
    world.evidence(path, format!("the same in {} and {}", names[0], names[1]));
    Ok(())
}

/// A value as a table has it, beside what the other environment has there: a key without a value
/// is present where the other has no such key.
fn beside(path: &str, node: Option<&Node>, other: Option<&Node>) -> String {
    let bare_key = node.is_some_and(Node::is_null) && other.is_none();
    if bare_key { "present".into() } else { value(path, node) }
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
            let name = parts(path).pop().unwrap_or_default();
            disclosed(name, text).trim_matches('"').to_owned()
        }
        _ => bare(node),
    }
}

fn bare(node: &Node) -> String {
    node.as_str().map_or_else(|| told(node), str::to_owned)
}

/// What two environments differ in, at one path.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The attribute's path.
    pub path: String,
    /// The value in each, as a table has it, and where it is written.
    pub sides: [(String, Option<Origin>); 2],
}

impl Difference {
    /// Everything that two environments differ in, in the order of the first one's files.
    #[must_use]
    pub fn all(projects: [&Project; 2]) -> Vec<Self> {
        let mut found = Vec::new();
        let whole = projects.map(|project| (Some(&*project.tree), None));
        differences("", whole, &mut found);
        found
    }

    /// Whether a row of `they differ only in:` speaks of it: path, both values, reason.
    #[must_use]
    pub fn is_listed(&self, row: &[String]) -> bool {
        let cell = |at: usize| {
            row.get(at + 1).is_some_and(|cell| {
                cell == "any" || self.sides.get(at).is_some_and(|(value, _)| cell == value)
            })
        };
        // The values tell most rows apart, for less than the paths.
        cell(0) && cell(1) && row.first().is_some_and(|pattern| fits(pattern, &self.path))
    }
}

/// The two environments that a sentence holds against each other in full, and its rows; nothing for other
/// sentences.
#[must_use]
pub fn held_in_full(sentence: &Match) -> Option<([&str; 2], &[Vec<String>])> {
    let is_own = sentence.step.declared.is_some() && sentence.step.expression == ONLY;
    match sentence.arguments.header.as_slice() {
        [_, first, second, _] if is_own => Some(([first, second], &sentence.arguments.rows)),
        _ => None,
    }
}

/// The sentence that lists every difference.
const ONLY: &str = "they differ only in:";

/// The items of a list by what makes them the same thing in both environments.
fn keyed(items: &[Node]) -> Option<BTreeMap<String, &Node>> {
    Some(item_names(items)?.into_iter().zip(items).collect())
}

/// A value of both environments, each with where it is written: at itself, its key, or what it is in.
type Pair<'p> = [(Option<&'p Node>, Option<Origin>); 2];

/// Where a value is written; one that no file writes is where what it is in is written.
fn place(node: Option<&Node>, key: Option<Origin>, above: Option<Origin>) -> Option<Origin> {
    let origins = [node.map(|node| node.origin), key];
    let written = |origin: &Origin| origin.place.file().is_some();
    origins.into_iter().flatten().find(written).or(above)
}

fn differences<'p>(path: &str, pair: Pair<'p>, found: &mut Vec<Difference>) {
    let [(a, of_a), (b, of_b)] = pair;
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
                    let side = |of: &'p Mapping, above: Option<Origin>| {
                        let (key, node) = of.entry(key).unzip();
                        (node, place(node, key.map(|key| key.origin), above))
                    };
                    differences(&below(key), [side(left, of_a), side(right, of_b)], found);
                }
            }
            return;
        }
        (Some(Value::Sequence(left)), Some(Value::Sequence(right))) => {
            if let (Some(left), Some(right)) = (keyed(left), keyed(right)) {
                let more = right.keys().filter(|key| !left.contains_key(*key));
                for key in left.keys().chain(more) {
                    let side = |of: &BTreeMap<String, &'p Node>, above: Option<Origin>| {
                        let node = of.get(key).copied();
                        (node, place(node, None, above))
                    };
                    differences(&below(key), [side(&left, of_a), side(&right, of_b)], found);
                }
                return;
            }
        }
        _ => {}
    }
    let same = match (a, b) {
        (Some(a), Some(b)) => a.value.same(&b.value),
        (None, None) => true,
        // A key without a value says something where it stands: a network that a service is on.
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !same {
        // The side that has it is where it is told; what is in neither file is in what is above it.
        let side = |node: Option<&Node>, other: Option<&Node>, at: Option<Origin>| {
            (beside(path, node, other), node.and(at))
        };
        let sides = [side(a, b, of_a), side(b, a, of_b)];
        found.push(Difference { path: path.to_owned(), sides });
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
        return Err(Failure::undecided(
            "read the table",
            format!("its columns are | {} |", header.join(" | ")),
        )
        .help(format!("write | what | {} | {} | why |", names[0], names[1])));
    }
    let found = Difference::all(projects.each_ref().map(AsRef::as_ref));
    let mut used = vec![false; arguments.rows.len()];
    let (mut rows, mut first) = (Vec::new(), None);
    let mut violations = projects.each_ref().map(|project| Violations::of(project));
    for difference in &found {
        if let Some(at) = arguments.rows.iter().position(|row| difference.is_listed(row)) {
            used[at] = true;
            continue;
        }
        let Difference { path, sides } = difference;
        let row = format!("| {path} | {} | {} |", sides[0].0, sides[1].0);
        let written = |at: usize| sides[at].1.filter(|origin| origin.place.file().is_some());
        let at = usize::from(written(1).is_some());
        let expected = "no difference that is not listed";
        let place = written(at);
        violations[at].add(path.as_str(), expected, row.as_str(), place, DIFFERENT);
        rows.push(row);
        first.get_or_insert((path, sides));
    }
    let wrong = wrong_rows(arguments, &used);
    if let Some((path, sides)) = first {
        let failure = Failure::finding(
            format!("{} and {} differ only in what is listed", names[0], names[1]),
            rows.join("\n"),
        )
        .violations(violations.into_iter().rev().flat_map(Violations::all))
        .violations(wrong.iter().map(row_at_fault))
        .help(DIFFERENT);
        let written = |at: usize| sides[at].1.filter(|origin| origin.place.file().is_some());
        return Err(match (written(1), written(0)) {
            (Some(origin), _) => point(&projects[1], origin, failure),
            (None, Some(origin)) => point(&projects[0], origin, failure),
            (None, None) => failure.place(path.clone()),
        });
    }
    exceptions::rows(wrong)?;
    let rows = found.iter().map(|difference| difference.path.as_str());
    world.evidence("differences", rows.collect::<Vec<_>>().join("\n"));
    Ok(())
}

/// What is wrong with rows of the table, each with its line.
fn wrong_rows(arguments: &Arguments, used: &[bool]) -> Vec<(String, Failure)> {
    let mut wrong = Vec::new();
    for (row, used) in arguments.rows.iter().zip(used) {
        let mut add = |expected: &str, found: &str, help: &str| {
            let failure = Failure::finding(format!("{expected}: {}", row[0]), found)
                .place(row[0].clone())
                .help(help);
            wrong.push((format!("the row of {}", row[0]), arguments.point(row, failure)));
        };
        if row[3].trim().is_empty() {
            add("the difference has a reason", "it has none", "say why they differ");
        }
        if !used {
            add("they differ", "no such difference", "remove or correct the row");
        }
    }
    wrong
}
