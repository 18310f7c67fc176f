//! Any attribute of the files by its path, so that no rule has to wait for a sentence of its own.
//!
//! A path goes through the merged model in its long form, as `seaworthy config` prints it.
//! `*` stands for every key or item; a key with dots stands in brackets: `labels.[com.example.a]`.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::{self, point},
        exceptions::settle,
        paths::{Attribute, find},
        same::{self, number, told},
        walk,
    },
    language::arguments::{Scalar, Unit},
};
use crate::{
    compose::{
        Project,
        tree::{Node, Value},
        values::duration,
    },
    facts::Violation,
    facts::answers::{limit, size},
    run::Failure,
};

pub(crate) static STEPS: &[Step] = &[
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
        "\"services.api.image\" is \"shop-api:dev\"",
    )
    .declared(one),
];

/// What is asked of an attribute.
pub(crate) enum Test<'a> {
    Is(&'a Scalar),
    Contains(&'a str),
    AtMost((f64, Unit)),
    AtLeast((f64, Unit)),
    Set,
}

/// A node in a unit; none if it is not measured in it.
#[expect(clippy::cast_precision_loss, reason = "as above")]
fn amount(path: &str, node: &Node, unit: Unit) -> Option<f64> {
    number(node).or_else(|| match unit {
        Unit::None => None,
        Unit::Bytes if same::is_of_log(path) => {
            size::of_log(node.as_str()?).map(|bytes| bytes as f64)
        }
        Unit::Bytes => size::of_compose(node.as_str()?).map(|bytes| bytes as f64),
        Unit::Seconds => {
            duration::parse(node.as_str()?).ok().map(|nanoseconds| nanoseconds as f64 / 1e9)
        }
    })
}

impl Test<'_> {
    fn passes(&self, path: &str, node: &Node) -> bool {
        match self {
            Self::Set => true,
            Self::Is(wanted) => same::is(path, node, wanted),
            Self::Contains(wanted) => same::contains(path, node, wanted),
            Self::AtMost((limit, unit)) => {
                amount(path, node, *unit).is_some_and(|value| value <= *limit)
            }
            Self::AtLeast((limit, unit)) => {
                amount(path, node, *unit).is_some_and(|value| value >= *limit)
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

fn subjects(found: &[Attribute<'_>]) -> Vec<String> {
    let mut subjects: Vec<String> = found.iter().map(|found| found.subject.clone()).collect();
    subjects.dedup();
    subjects
}

/// Whether what stands at a path is secret if its name says so.
pub(crate) fn may_be_secret(path: &str) -> bool {
    path.split('.').any(|part| part == "environment" || part == "args")
}

/// A value that may be secret by the name of what holds it.
fn disclosed(found: &Attribute<'_>, node: &Node) -> String {
    let name = same::parts(&found.path).pop().unwrap_or_default();
    match node.as_str() {
        Some(text) if may_be_secret(&found.path) => declared::disclosed(name, text),
        _ => told(node),
    }
}

/// That a test can be put to what a path leads to at all: one that never holds would make every
/// "no …" true.
///
/// # Errors
/// Undecided, with what to say instead.
fn can_be_asked(
    project: &Project,
    path: &str,
    test: &Test<'_>,
    is_negative: bool,
    found: &[Attribute<'_>],
) -> StepResult {
    for found in found {
        let Some(node) = found.node else { continue };
        let (why, help) = match test {
            Test::Contains(_) => {
                let Some(key) = same::nested(node) else { continue };
                (
                    format!("the items of {} are mappings, and no text is one of them", found.path),
                    format!("name a key of the items: \"{path}.*.{key}\" is …"),
                )
            }
            Test::Is(_) if is_negative => match node.value {
                Value::Sequence(_) => (
                    format!("{} is a list, and no single value is one", found.path),
                    format!("say `contains`, or ask for the items: \"{path}.*\" is …"),
                ),
                Value::Mapping(_) => (
                    format!("{} is a mapping, and no single value is one", found.path),
                    format!("ask for what is in it: \"{path}.*\" is …"),
                ),
                _ => continue,
            },
            Test::AtMost((_, unit)) | Test::AtLeast((_, unit)) => {
                if node.is_null() || same::is_in(&found.path, node, *unit) {
                    continue;
                }
                let measured = match unit {
                    Unit::None => "has a unit, and the sentence names none",
                    Unit::Bytes => "is no size",
                    Unit::Seconds => "is no time",
                };
                (
                    format!("{} is {}, which {measured}", found.path, told(node)),
                    "say it in the unit of the attribute: 5 for a number, 512 MiB for a size, 10 seconds for a time".to_owned(),
                )
            }
            _ => continue,
        };
        let tried = format!("see whether \"{path}\" {}", test.told());
        return Err(point(project, found.origin, Failure::undecided(tried, why)).help(help));
    }
    Ok(())
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
    can_be_asked(&project, path, test, false, &found)?;
    let fault = |found: &Attribute<'_>| {
        let node = found.node.filter(|node| !node.is_null());
        let unbounded = matches!(test, Test::AtMost(_))
            && node
                .and_then(number)
                .is_some_and(|value| limit::is_lifted(&same::parts(&found.path), value));
        if !unbounded && node.is_some_and(|node| test.passes(&found.path, node)) {
            return None;
        }
        let mut what = node.map_or_else(|| "not set".to_owned(), |node| disclosed(found, node));
        if unbounded {
            what.push_str(", which is no limit");
        }
        Some(Violation {
            expected: expected.clone(),
            subject: found.subject.clone(),
            found: format!("{} is {what}", found.path),
            at: Some(found.origin),
            help: format!(
                "make it so that {} {}, or add an exception with its reason",
                found.path,
                test.told()
            ),
        })
    };
    let faults: Vec<Violation> = found.iter().filter_map(fault).collect();
    settle(world, &project, arguments, &expected, &subjects(&found), faults)
}

fn none(world: &mut World, arguments: &Arguments, test: &Test<'_>) -> StepResult {
    let path = arguments.text(0)?;
    let project = world.project()?;
    let found = find(&project, path)?;
    let expected = format!("no \"{path}\" {}", test.told());
    can_be_asked(&project, path, test, true, &found)?;
    let fault = |found: &Attribute<'_>| {
        let node = found.node.filter(|node| !node.is_null() && test.passes(&found.path, node))?;
        Some(Violation {
            expected: expected.clone(),
            subject: found.subject.clone(),
            found: format!("{} is {}", found.path, disclosed(found, node)),
            at: Some(found.origin),
            help: format!("remove or change {}, or add an exception with its reason", found.path),
        })
    };
    let faults: Vec<Violation> = found.iter().filter_map(fault).collect();
    settle(world, &project, arguments, &expected, &subjects(&found), faults)
}

fn one(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, wanted) = (arguments.text(0)?, arguments.scalar(1)?);
    if path.contains('*') {
        return Err(Failure::undecided(
            format!("find the one attribute \"{path}\""),
            "* stands for many",
        )
        .help(format!("say `every \"{path}\" is …`")));
    }
    let project = world.project()?;
    let found = find(&project, path)?;
    let Some(found) = found.first() else {
        let expected = format!("\"{path}\" {}", Test::Is(wanted).told());
        return Err(walk::nothing(&expected, "the path leads nowhere").place(path));
    };
    let test = Test::Is(wanted);
    if found.node.is_some_and(|node| test.passes(&found.path, node)) {
        world.evidence(path, test.told());
        return Ok(());
    }
    let is = found.node.map_or_else(|| "not set".to_owned(), |node| disclosed(found, node));
    let failure = Failure::finding(format!("\"{path}\" {}", test.told()), is)
        .help(format!("make it so that {path} {}", test.told()));
    Err(point(&project, found.origin, failure.place(path)))
}
