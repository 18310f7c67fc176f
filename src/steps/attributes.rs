//! Any attribute of the files by its path, so that no rule has to wait for a sentence of its own.
//!
//! A path goes through the merged model in its long form, as `seaworthy config` prints it.
//! `*` stands for every key or item; a key with dots stands in brackets: `labels.[com.example.a]`.

use super::{
    Arguments, Step, StepResult, World,
    arguments::{Scalar, Unit},
    declared::point,
    exceptions::{Fault, settle},
};
use crate::{
    compose::{
        Project, attributes,
        journal::Origin,
        tree::{Node, Value},
        values::{duration, size},
    },
    run::Failure,
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "every {text} is {value}",
        "The attribute at this path is there and has this value, wherever * stands for something.",
        "every \"services.*.init\" is true",
    )
    .excepts()
    .declared(|world, arguments| every(world, arguments, &Test::Is(arguments.scalar(1)?))),
    Step::then(
        "every {text} contains {text}",
        "The list at this path has the item, the mapping the key, or the text the words, wherever * stands for something.",
        "every \"services.*.security_opt\" contains \"no-new-privileges:true\"",
    )
    .excepts()
    .declared(|world, arguments| every(world, arguments, &Test::Contains(arguments.text(1)?))),
    Step::then(
        "every {text} is at most {quantity}",
        "The number, size or time at this path is there and no larger.",
        "every \"services.*.mem_limit\" is at most 512 MiB",
    )
    .excepts()
    .declared(|world, arguments| every(world, arguments, &Test::AtMost(arguments.quantity(1)?))),
    Step::then(
        "every {text} is at least {quantity}",
        "The number, size or time at this path is there and no smaller.",
        "every \"services.*.healthcheck.retries\" is at least 3",
    )
    .excepts()
    .declared(|world, arguments| every(world, arguments, &Test::AtLeast(arguments.quantity(1)?))),
    Step::then(
        "no {text} is {value}",
        "Nowhere has the attribute at this path this value; it need not be there.",
        "no \"services.*.privileged\" is true",
    )
    .excepts()
    .declared(|world, arguments| none(world, arguments, &Test::Is(arguments.scalar(1)?))),
    Step::then(
        "no {text} contains {text}",
        "Nowhere does the attribute at this path contain this; it need not be there.",
        "no \"services.*.cap_add\" contains \"SYS_ADMIN\"",
    )
    .excepts()
    .declared(|world, arguments| none(world, arguments, &Test::Contains(arguments.text(1)?))),
    Step::then(
        "no {text} is set",
        "The attribute at this path is nowhere.",
        "no \"services.*.container_name\" is set",
    )
    .excepts()
    .declared(|world, arguments| none(world, arguments, &Test::Set)),
    Step::then(
        "{text} is {value}",
        "The one attribute at this path has this value.",
        "\"services.app.image\" is \"primehub-app:dev\"",
    )
    .declared(one),
];

/// What is asked of an attribute.
pub(super) enum Test<'a> {
    Is(&'a Scalar),
    Contains(&'a str),
    AtMost((f64, Unit)),
    AtLeast((f64, Unit)),
    Set,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Any,
    Key(String),
}

/// An attribute that a path leads to, or the place where it would stand.
pub(super) struct Found<'p> {
    /// The path without `*`.
    pub path: String,
    /// What the first `*` stands for, or the key below the section.
    pub subject: String,
    /// The value, if there is one.
    pub node: Option<&'p Node>,
    /// Where it, or what would hold it, is written.
    pub origin: Origin,
}

fn parts(path: &str) -> Result<Vec<Part>, Failure> {
    let mut parts = Vec::new();
    let mut rest = path;
    loop {
        let (part, after) = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((key, after)) => (key, after),
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if part.is_empty() {
            return Err(Failure::error(
                format!("read the path \"{path}\""),
                "a part of it is empty",
            )
            .help("write it like \"services.*.init\""));
        }
        parts.push(if part == "*" { Part::Any } else { Part::Key(part.to_owned()) });
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => break,
            None => {
                return Err(Failure::error(
                    format!("read the path \"{path}\""),
                    format!("a dot is missing before \"{after}\""),
                ));
            }
        }
    }
    let names: Vec<&str> = parts
        .iter()
        .map(|part| if let Part::Key(key) = part { key.as_str() } else { "*" })
        .collect();
    match attributes::unknown(&names) {
        None => Ok(parts),
        Some((part, near)) => {
            let help = near.map_or_else(
                || "`seaworthy config` shows the model; the Compose specification names every attribute".to_owned(),
                |near| format!("did you mean \"{near}\"?"),
            );
            Err(Failure::error(
                format!("find \"{path}\" in a Compose file"),
                format!("no Compose file can say \"{part}\" there"),
            )
            .help(help))
        }
    }
}

/// Everything that a path leads to.
pub(super) fn find<'p>(project: &'p Project, path: &str) -> Result<Vec<Found<'p>>, Failure> {
    let parts = parts(path)?;
    // What is not there has no attribute that could be wrong: a misspelt name would hold for ever.
    if let [Part::Key(section), Part::Key(name), _, ..] = &parts[..] {
        if section == "services" {
            super::declared::service(project, name)?;
        } else if project.at(&[section]).is_none_or(|section| {
            section.as_mapping().is_some_and(|entries| !entries.contains(name))
        }) {
            let failure = Failure::finding(
                format!("there is \"{section}.{name}\""),
                "the files that are in use have nothing of that name",
            )
            .help("correct the name: `seaworthy config` shows the model that paths go through");
            return Err(super::declared::section(project, section, failure));
        }
    }
    let mut found = Vec::new();
    let start = Found {
        path: String::new(),
        subject: String::new(),
        node: Some(&project.tree),
        origin: Origin::IMPLIED,
    };
    walk(start, &parts, &mut found);
    Ok(found)
}

fn walk<'p>(at: Found<'p>, parts: &[Part], found: &mut Vec<Found<'p>>) {
    let Some((part, rest)) = parts.split_first() else {
        found.push(at);
        return;
    };
    let mut step = |key: &str, node: Option<&'p Node>, origin: Origin| {
        let depth = at.path.matches('.').count() + usize::from(!at.path.is_empty());
        let shown = if key.contains('.') { format!("[{key}]") } else { key.to_owned() };
        let path = if depth == 0 { shown } else { format!("{}.{shown}", at.path) };
        let subject = if depth == 1 { key.to_owned() } else { at.subject.clone() };
        let written = |origin: Origin| origin.place.file().is_some();
        let origin = if written(origin) { origin } else { at.origin };
        walk(Found { path, subject, node, origin }, rest, found);
    };
    let node = at.node.filter(|node| !node.is_null());
    match (part, node.map(|node| &node.value)) {
        (Part::Any, Some(Value::Mapping(entries))) => {
            for (key, node) in entries.iter() {
                step(key, Some(node), key.origin);
            }
        }
        (Part::Any, Some(Value::Sequence(items))) => {
            for (index, node) in items.iter().enumerate() {
                step(&index.to_string(), Some(node), node.origin);
            }
        }
        (Part::Any, _) => {}
        (Part::Key(key), Some(Value::Mapping(entries))) => match entries.entry(key) {
            Some((key, node)) => {
                let scalar = !matches!(node.value, Value::Mapping(_) | Value::Sequence(_));
                let origin = if scalar && node.origin.place.file().is_some() {
                    node.origin
                } else {
                    key.origin
                };
                step(key, Some(node), origin);
            }
            None => step(key, None, at.origin),
        },
        (Part::Key(key), Some(Value::Sequence(items))) => {
            let item = key.parse::<usize>().ok().and_then(|index| items.get(index));
            step(key, item, item.map_or(at.origin, |item| item.origin));
        }
        (Part::Key(key), _) => step(key, None, at.origin),
    }
}

/// A value as people read it.
pub(super) fn told(node: &Node) -> String {
    match &node.value {
        Value::Null => "nothing".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Unsigned(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::String(text) | Value::Timestamp(text) => format!("\"{text}\""),
        Value::Sequence(items) => {
            format!("[{}]", items.iter().map(told).collect::<Vec<_>>().join(", "))
        }
        Value::Mapping(entries) => {
            let keys: Vec<&str> = entries.iter().map(|(key, _)| &**key).collect();
            format!("a mapping of {}", keys.join(", "))
        }
        Value::Marked(marked) => told(&marked.1),
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of machines fit in 52 bits")]
fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Int(value) => Some(*value as f64),
        Value::Unsigned(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A node in a unit; none if it is not measured in it.
#[expect(clippy::cast_precision_loss, reason = "as above")]
fn amount(node: &Node, unit: Unit) -> Option<f64> {
    number(node).or_else(|| match unit {
        Unit::None => None,
        Unit::Bytes => size::parse(node.as_str()?).ok().map(|bytes| bytes as f64),
        Unit::Seconds => {
            duration::parse(node.as_str()?).ok().map(|nanoseconds| nanoseconds as f64 / 1e9)
        }
    })
}

fn is(node: &Node, wanted: &Scalar) -> bool {
    match wanted {
        Scalar::Bool(wanted) => matches!(node.value, Value::Bool(value) if value == *wanted),
        Scalar::Number(wanted) => {
            number(node).is_some_and(|value| value.to_bits() == wanted.to_bits())
        }
        Scalar::Text(wanted) => node.as_str() == Some(wanted),
    }
}

impl Test<'_> {
    fn passes(&self, node: &Node) -> bool {
        match self {
            Self::Set => true,
            Self::Is(wanted) => is(node, wanted),
            Self::Contains(wanted) => match &node.value {
                Value::Sequence(items) => {
                    items.iter().any(|item| item.as_str() == Some(wanted) || told(item) == *wanted)
                }
                Value::Mapping(entries) => entries.contains(wanted),
                Value::String(text) => text.contains(wanted),
                _ => false,
            },
            Self::AtMost((limit, unit)) => amount(node, *unit).is_some_and(|value| value <= *limit),
            Self::AtLeast((limit, unit)) => {
                amount(node, *unit).is_some_and(|value| value >= *limit)
            }
        }
    }

    fn told(&self) -> String {
        let with_unit = |(number, unit): &(f64, Unit)| match unit {
            Unit::None => number.to_string(),
            Unit::Bytes => format!("{number} bytes"),
            Unit::Seconds => format!("{number} seconds"),
        };
        match self {
            Self::Is(Scalar::Bool(value)) => format!("is {value}"),
            Self::Is(Scalar::Number(value)) => format!("is {value}"),
            Self::Is(Scalar::Text(value)) => format!("is \"{value}\""),
            Self::Contains(value) => format!("contains \"{value}\""),
            Self::AtMost(limit) => format!("is at most {}", with_unit(limit)),
            Self::AtLeast(limit) => format!("is at least {}", with_unit(limit)),
            Self::Set => "is set".into(),
        }
    }
}

fn subjects(found: &[Found<'_>]) -> Vec<String> {
    let mut subjects: Vec<String> = found.iter().map(|found| found.subject.clone()).collect();
    subjects.dedup();
    subjects
}

/// Whether what stands at a path is secret if its name says so.
pub(super) fn may_be_secret(path: &str) -> bool {
    path.split('.').any(|part| part == "environment" || part == "args")
}

/// A value that may be secret by the name of what holds it.
fn disclosed(found: &Found<'_>, node: &Node) -> String {
    let name = found.path.rsplit('.').next().unwrap_or_default();
    match node.as_str() {
        Some(text) if may_be_secret(&found.path) => super::declared::disclosed(name, text),
        _ => told(node),
    }
}

fn every(world: &mut World, arguments: &Arguments, test: &Test<'_>) -> StepResult {
    let path = arguments.text(0)?;
    let project = world.project()?;
    let found = find(&project, path)?;
    let expected = format!("every \"{path}\" {}", test.told());
    if found.is_empty() {
        return Err(Failure::finding(expected, "the files have nothing that * could stand for")
            .place(path)
            .help("`seaworthy config` shows the model that paths go through"));
    }
    let fault = |found: &Found<'_>| {
        let node = found.node.filter(|node| !node.is_null());
        if node.is_some_and(|node| test.passes(node)) {
            return None;
        }
        let what = node.map_or_else(|| "not set".to_owned(), |node| disclosed(found, node));
        Some(Fault {
            subject: found.subject.clone(),
            found: format!("{} is {what}", found.path),
            origin: Some(found.origin),
            help: format!(
                "make it so that {} {}, or add an exception with its reason",
                found.path,
                test.told()
            ),
        })
    };
    let faults: Vec<Fault> = found.iter().filter_map(fault).collect();
    settle(world, &project, arguments, &expected, &subjects(&found), faults)
}

fn none(world: &mut World, arguments: &Arguments, test: &Test<'_>) -> StepResult {
    let path = arguments.text(0)?;
    let project = world.project()?;
    let found = find(&project, path)?;
    let expected = format!("no \"{path}\" {}", test.told());
    let fault = |found: &Found<'_>| {
        let node = found.node.filter(|node| !node.is_null() && test.passes(node))?;
        Some(Fault {
            subject: found.subject.clone(),
            found: format!("{} is {}", found.path, disclosed(found, node)),
            origin: Some(found.origin),
            help: format!("remove or change {}, or add an exception with its reason", found.path),
        })
    };
    let faults: Vec<Fault> = found.iter().filter_map(fault).collect();
    settle(world, &project, arguments, &expected, &subjects(&found), faults)
}

fn one(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, wanted) = (arguments.text(0)?, arguments.scalar(1)?);
    if path.contains('*') {
        return Err(Failure::error(
            format!("find the one attribute \"{path}\""),
            "* stands for many",
        )
        .help(format!("say `every \"{path}\" is …`")));
    }
    let project = world.project()?;
    let found = find(&project, path)?;
    let Some(found) = found.first() else { return Ok(()) };
    let test = Test::Is(wanted);
    if found.node.is_some_and(|node| test.passes(node)) {
        world.saw(path, test.told());
        return Ok(());
    }
    let is = found.node.map_or_else(|| "not set".to_owned(), |node| disclosed(found, node));
    let failure = Failure::finding(format!("\"{path}\" {}", test.told()), is)
        .help(format!("make it so that {path} {}", test.told()));
    Err(point(&project, found.origin, failure.place(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> Project {
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    #[test]
    fn a_path_leads_to_every_attribute_and_to_where_one_is_missing() {
        let project = project(
            "services:\n  a: {image: a, init: true}\n  b: {image: b}\n  c: {image: c, labels: {com.example.x: y}}\n",
        );
        let found = find(&project, "services.*.init").expect("a path");
        let told: Vec<_> =
            found.iter().map(|found| (found.path.as_str(), found.node.is_some())).collect();
        assert_eq!(
            told,
            [("services.a.init", true), ("services.b.init", false), ("services.c.init", false)]
        );
        let found = find(&project, "services.c.labels.[com.example.x]").expect("a path");
        assert!(found[0].node.is_some_and(|node| node.as_str() == Some("y")));
        assert_eq!(found[0].subject, "c");
    }

    #[test]
    fn a_path_that_no_file_can_have_is_an_error() {
        let project = project("services:\n  a: {image: a}\n");
        let why = find(&project, "services.*.privilegd").err().expect("an error");
        assert!(why.help.contains("privileged"), "{why:?}");
        assert!(find(&project, "services..init").is_err());
    }
}
