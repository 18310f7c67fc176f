//! What each service may use at most: as the files declare it, and as the kernel enforces it.

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::key_origin,
        every::{self, Places, Told, Witness},
        facts,
        looks::with_services,
        walk::walk,
    },
    language::arguments::{self, Unit, Value},
};
use crate::{
    compose::{Project, Service},
    facts::{
        Fact, Row, Violation,
        limits::{KEYS, Limits, RESOURCES, Resource, of, row},
    },
    probe::facts::limits_of,
    run::Failure,
    stack::engine::Container,
};

pub(crate) static STEPS: &[Step] = &[Step::then(
    "exactly these limits hold:",
    "The files bound each service's memory, CPUs and processes so (a size, a number, or none), and the kernel enforces it on each container.",
    "exactly these limits hold:",
)
.table(&["service", "memory", "CPUs", "processes"])
.declared(by_files)
.observed(|world, arguments| Box::pin(in_force(world, arguments)))];

/// A cell of a table in the words that facts are told in.
fn read(resource: Resource, cell: &str) -> Result<String, Failure> {
    let wrong = |why: &str| {
        Failure::undecided(format!("read the {} limit \"{cell}\"", resource.word()), why)
            .help("write a size as in \"256 MiB\", a number, or none")
    };
    if cell == "none" {
        return Ok(resource.told(None));
    }
    match (resource, arguments::quantity(cell)) {
        (Resource::Memory, Ok(Value::Quantity(limit, Unit::Bytes)))
        | (Resource::Cpus | Resource::Processes, Ok(Value::Quantity(limit, Unit::None))) => {
            Ok(resource.told(Some(limit)))
        }
        (_, Err(why)) => Err(wrong(&why)),
        (Resource::Memory, Ok(Value::Quantity(number, Unit::None))) => {
            Err(wrong(&format!("it has no unit: {number} MiB, or {number} bytes?"))
                .help(format!("write \"{number} MiB\" for that, or another unit")))
        }
        (Resource::Memory, _) => Err(wrong("it is no size")),
        _ => Err(wrong("it is no plain number, without a unit")),
    }
}

fn wanted(arguments: &Arguments) -> Result<Vec<Vec<String>>, Failure> {
    let row = |row: &Vec<String>| {
        let mut cells = vec![row[0].clone()];
        for (resource, cell) in RESOURCES.iter().zip(&row[1..]) {
            cells.push(read(*resource, cell)?);
        }
        Ok(cells)
    };
    arguments.rows.iter().map(row).collect()
}

/// What bounds a resource of a service, by a witness and by its files.
#[derive(Debug, Clone)]
struct Bound {
    /// The limit that the witness tells.
    limit: Option<f64>,
    /// The limit that the files state.
    declared: Option<f64>,
    /// Whether the files write a limit, be it one that bounds nothing.
    is_written: bool,
    /// The witness's own words.
    shown: String,
}

impl Bound {
    fn of(resource: Resource, service: &Service, limits: &Limits, shown: &str) -> Self {
        let declared = resource.declared(service);
        Self {
            limit: resource.of(limits),
            declared: declared.value,
            is_written: declared.written.is_some(),
            shown: shown.to_owned(),
        }
    }

    /// Which limit is in force, where it is not the one that the files state.
    fn otherwise(&self, resource: Resource) -> Option<String> {
        let (says, is) = (resource.told(self.declared), resource.told(self.limit));
        let what = resource.word();
        (says != is)
            .then(|| format!("has the {what} limit {is} in force, and the files say {says}"))
    }
}

/// Judges that a resource of each service is bounded, and by the limit that its files state.
fn bounded(resource: Resource, facts: &[Told<Bound>]) -> Vec<Violation> {
    let what = resource.word();
    let expected = expected(resource);
    let judge = |fact: &Told<Bound>| {
        let (bound, name) = (&fact.value.value, &fact.subject);
        let found = match (&fact.value.by, bound.limit, bound.otherwise(resource)) {
            (Witness::Files, None, _) if bound.is_written => {
                format!("has a {what} limit that is none")
            }
            (Witness::Files, None, _) => format!("has no {what} limit"),
            (_, None, _) => format!("has no {what} limit in force: {}", bound.shown),
            // What nobody declared and somebody enforces is a limit all the same.
            (_, Some(_), Some(otherwise)) if bound.declared.is_some() => {
                format!("{otherwise}: {}", bound.shown)
            }
            (_, Some(_), _) => return None,
        };
        let help = if bound.declared.is_some() {
            "the files bound it: something changed the container, create it anew".to_owned()
        } else {
            let write = resource.write();
            format!("write `{write}` for service \"{name}\", or add an exception with its reason")
        };
        Some(fact.violation(&expected, &found, KEY, help))
    };
    facts.iter().filter_map(judge).collect()
}

fn expected(resource: Resource) -> String {
    format!("every service has a {} limit", resource.word())
}

/// Under which a service's place has the limit that is judged.
const KEY: &str = "limit";

/// Where a limit of a service is written, else where it should be.
fn place(resource: Resource, project: &Project, name: &str) -> Places {
    let service = project.services.get(name);
    let written = service.and_then(|service| resource.declared(service).written);
    let written = written.filter(|origin| origin.place.file().is_some());
    let origin = written.or_else(|| key_origin(project, name, "deploy"));
    origin.map(|origin| (KEY, origin)).into_iter().collect()
}

/// Judges by the files that every service has a limit.
pub(crate) fn every_service_is_to_have(
    world: &mut World,
    arguments: &Arguments,
    resource: Resource,
) -> StepResult {
    let says = |project: &Project, name: &str, service: &Service| {
        let bound = Bound::of(resource, service, &of(service), "");
        (bound, place(resource, project, name))
    };
    every::by_files(world, arguments, &expected(resource), says, |facts| bounded(resource, facts))
}

/// Judges by the kernel that every service has a limit, and that it is the one that the files declare.
pub(crate) async fn every_service_has(
    world: &mut World,
    arguments: &Arguments,
    resource: Resource,
) -> StepResult {
    let ask = async |service: &Service, container: &Container| {
        let (limits, shown) = limits_of(container)?;
        Ok((Bound::of(resource, service, &limits, &shown), shown))
    };
    let places = |project: &Project, name: &str| place(resource, project, name);
    let judge = |facts: &[Told<Bound>]| bounded(resource, facts);
    every::on_stack(world, arguments, &expected(resource), ask, places, judge).await
}

fn helped(failure: Failure) -> Failure {
    failure.help("write `mem_limit:`, `cpus:` and `pids_limit:` (or `deploy: { resources: { limits: … } }`) as the table says, or document here what is so; what the kernel enforces otherwise than the files say was changed on the container: create it anew")
}

fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (project, wanted) = (world.project()?, wanted(arguments)?);
    let topic = facts::named("limits")?;
    let there = facts::declared_rows(&project, topic);
    facts::judge(world, &project, topic, &facts::written(topic, &wanted), &there).map_err(helped)
}

async fn in_force(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = wanted(arguments)?;
    let running = world.running()?;
    let walked = walk(world, "exactly these limits hold").await?;
    let project = walked.project(&running.stack);
    let mut there: Vec<Row> = Vec::new();
    let mut changed = Vec::new();
    for (service, container) in with_services(project, &walked)? {
        let name = &container.service;
        let (limits, seen) = limits_of(container)?;
        world.evidence(container.name.clone(), every::evidence(&Witness::of(container), &seen));
        let otherwise = |resource: &Resource| {
            Bound::of(*resource, service, &limits, &seen).otherwise(*resource)
        };
        let otherwise = RESOURCES.iter().filter_map(otherwise);
        changed.extend(otherwise.map(|otherwise| format!("{} {otherwise}", container.name)));
        let at = every::places(project, name, &KEYS).first().map(|(_, origin)| *origin);
        let (subject, shown) = (name.clone(), String::new());
        there.push(row(&Fact { subject, value: limits, shown, at }));
    }
    let told = |failure: Failure| changed.into_iter().fold(helped(failure), Failure::note);
    let started = |row: &Vec<String>| row.first().is_none_or(|name| !walked.idle.contains(name));
    let wanted: Vec<Vec<String>> = wanted.into_iter().filter(started).collect();
    let topic = facts::named("limits")?;
    facts::judge(world, project, topic, &facts::written(topic, &wanted), &there).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::judging::every::samples::{said, witnesses};

    #[test]
    fn a_cell_is_read_as_it_is_told() {
        assert_eq!(read(Resource::Memory, "0.25 GiB").expect("a size"), "256 MiB");
        assert_eq!(read(Resource::Memory, "1 GiB").expect("a size"), "1 GiB");
        assert_eq!(read(Resource::Cpus, "0.50").expect("a number"), "0.5");
        assert_eq!(read(Resource::Processes, "none").expect("none"), "none");
        let why = |resource, cell| read(resource, cell).expect_err("no limit");
        assert_eq!(why(Resource::Memory, "5 seconds").found, "it is no size");
        let bare = why(Resource::Memory, "64");
        assert_eq!(bare.found, "it has no unit: 64 MiB, or 64 bytes?");
        assert_eq!(bare.help, "write \"64 MiB\" for that, or another unit");
        let with_unit = why(Resource::Processes, "64 MiB");
        assert_eq!(with_unit.found, "it is no plain number, without a unit");
        assert!(read(Resource::Cpus, "much").is_err());
    }

    #[test]
    fn a_service_is_bounded_by_the_limit_that_its_files_state() {
        let [files, kernel, engine] = witnesses();
        let (some, other) = (Some(64.0), Some(32.0));
        for (by, limit, declared, is_written, found) in [
            (&files, some, some, true, None),
            (&files, None, None, false, Some("service \"a\" has no process limit")),
            (&files, None, None, true, Some("service \"a\" has a process limit that is none")),
            (&kernel, some, some, true, None),
            (&kernel, some, None, false, None),
            (&kernel, None, some, true, Some("shop-a-1 has no process limit in force: pids.max")),
            (
                &kernel,
                other,
                some,
                true,
                Some("shop-a-1 has the process limit 32 in force, and the files say 64: pids.max"),
            ),
            (
                &engine,
                None,
                None,
                true,
                Some(
                    "shop-a-1 has no process limit in force: pids.max (by its configuration: it has ended with 0)",
                ),
            ),
        ] {
            let bound = Bound { limit, declared, is_written, shown: "pids.max".into() };
            let violations = bounded(Resource::Processes, &[said(by.clone(), bound)]);
            let told: Vec<&str> = violations.iter().map(|one| one.found.as_str()).collect();
            assert_eq!(
                told,
                found.into_iter().collect::<Vec<_>>(),
                "{by:?} {limit:?} {declared:?}"
            );
            for one in violations {
                let anew = declared.is_some();
                assert_eq!(one.help.contains("create it anew"), anew, "{}", one.help);
                assert_eq!(one.help.contains("pids_limit: 200"), !anew, "{}", one.help);
            }
        }
    }
}
