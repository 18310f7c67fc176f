//! What each service may use at most: as the files declare it, and as the kernel enforces it.

use super::{
    Arguments, Step, StepResult, World,
    arguments::{self, Unit, Value},
    closed::{Row, Subject, compare},
    declared::key_origin,
    looks::{Lack, Look, every, unreadable, with_services},
};
use crate::{
    compose::{Service, tree::Node},
    probe::cgroup,
    run::Failure,
    stack::engine::Container,
};

pub(super) static STEPS: &[Step] = &[Step::then(
    "exactly these limits hold:",
    "The files bound each service's memory, CPUs and processes so (a size, a number, or none), and the kernel enforces it on each container.",
    "exactly these limits hold:",
)
.table(&["service", "memory", "CPUs", "processes"])
.declared(by_files)
.observed(|world, arguments| Box::pin(in_force(world, arguments)))];

/// Limits in numbers: bytes, processors, processes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    memory: Option<f64>,
    cpus: Option<f64>,
    processes: Option<f64>,
}

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes of memory.
    Memory,
    /// Processors.
    Cpus,
    /// Processes and threads.
    Processes,
}

impl Kind {
    fn of(self, limits: &Limits) -> Option<f64> {
        match self {
            Self::Memory => limits.memory,
            Self::Cpus => limits.cpus,
            Self::Processes => limits.processes,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpus => "CPU",
            Self::Processes => "process",
        }
    }

    const fn write(self) -> &'static str {
        match self {
            Self::Memory => "mem_limit: 256m",
            Self::Cpus => "cpus: 1",
            Self::Processes => "pids_limit: 200",
        }
    }

    /// A limit in the words of tables.
    fn told(self, limit: Option<f64>) -> String {
        const UNITS: [(&str, f64); 3] =
            [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1024.0)];
        let Some(limit) = limit else { return "none".into() };
        if self == Self::Memory {
            let fits = |(_, bytes): &&(&str, f64)| limit >= *bytes && limit % bytes == 0.0;
            return UNITS.iter().find(fits).map_or_else(
                || format!("{limit} B"),
                |(unit, bytes)| format!("{} {unit}", limit / bytes),
            );
        }
        // The kernel counts processors in thousandths at best.
        format!("{}", (limit * 1000.0).round() / 1000.0)
    }

    /// What is in force, where it is not what the files say; reads after the container's name.
    fn otherwise(self, declared: &Limits, in_force: &Limits) -> Option<String> {
        let (says, is) = (self.told(self.of(declared)), self.told(self.of(in_force)));
        let what = self.word();
        (says != is)
            .then(|| format!("has the {what} limit {is} in force, and the files say {says}"))
    }

    /// A cell of a table in the same words.
    fn read(self, cell: &str) -> Result<String, Failure> {
        let wrong = |why: &str| {
            Failure::error(format!("read the {} limit \"{cell}\"", self.word()), why)
                .help("write a size as in \"256 MiB\", a number, or none")
        };
        if cell == "none" {
            return Ok(self.told(None));
        }
        match (self, arguments::quantity(cell)) {
            (Self::Memory, Ok(Value::Quantity(bytes, Unit::Bytes)))
            | (Self::Cpus | Self::Processes, Ok(Value::Quantity(bytes, Unit::None))) => {
                Ok(self.told(Some(bytes)))
            }
            (_, Err(why)) => Err(wrong(&why)),
            _ => Err(wrong("it is measured in something else")),
        }
    }
}

const KINDS: [Kind; 3] = [Kind::Memory, Kind::Cpus, Kind::Processes];

fn cells(name: &str, limits: &Limits) -> Vec<String> {
    let told = KINDS.iter().map(|kind| kind.told(kind.of(limits)));
    std::iter::once(name.to_owned()).chain(told).collect()
}

fn wanted(arguments: &Arguments) -> Result<Vec<Vec<String>>, Failure> {
    let row = |row: &Vec<String>| {
        let mut cells = vec![row[0].clone()];
        for (kind, cell) in KINDS.iter().zip(&row[1..]) {
            cells.push(kind.read(cell)?);
        }
        Ok(cells)
    };
    arguments.rows.iter().map(row).collect()
}

/// What the files declare, in either of the ways that Compose has.
#[expect(clippy::cast_precision_loss, reason = "limits are far below the precision of a float")]
fn declared(service: &Service, node: Option<&Node>) -> Limits {
    let deployed = service
        .deploy
        .as_ref()
        .and_then(|deploy| deploy.resources.as_ref()?.limits.as_ref().map(|limits| &limits.value));
    // Zero and less mean no limit to the engine.
    let above_none = |number: f64| (number > 0.0).then_some(number);
    let whole = |own: Option<i64>, deployed: Option<i64>| {
        own.or(deployed).and_then(|number| above_none(number as f64))
    };
    let memory = whole(
        service.mem_limit.as_ref().map(|limit| limit.value),
        deployed.and_then(|limits| limits.memory.as_ref()).map(|limit| limit.value),
    );
    let processes = whole(
        service.pids_limit.as_ref().map(|limit| limit.value),
        deployed.and_then(|limits| limits.pids.as_ref()).map(|limit| limit.value),
    );
    let period = node.and_then(|node| node.get("cpu_period")).and_then(|node| match node.value {
        crate::compose::tree::Value::Int(period) if period > 0 => Some(period),
        _ => None,
    });
    let quota = service.cpu_quota.as_ref().map(|quota| quota.value);
    let by_quota = quota.map(|quota| quota as f64 / period.unwrap_or(100_000) as f64);
    let own = service.cpus.as_ref().map(|cpus| cpus.value);
    let deployed = deployed.and_then(|limits| limits.cpus.as_ref()).map(|cpus| cpus.value);
    Limits { memory, cpus: own.or(deployed).or(by_quota).and_then(above_none), processes }
}

#[expect(clippy::cast_precision_loss, reason = "limits are far below the precision of a float")]
fn enforced(container: &Container) -> Result<(Limits, String), Failure> {
    let seen = cgroup::of_process(container.pid)
        .map_err(|why| unreadable(container, "the control group", &why))?;
    let limits = Limits {
        memory: seen.memory.map(|bytes| bytes as f64),
        cpus: seen.cpus,
        processes: seen.processes.map(|processes| processes as f64),
    };
    Ok((limits, seen.files.join(", ")))
}

const SUBJECT: Subject<'static> = Subject { what: "limits", key: "deploy", section: false };

fn helped(failure: Failure) -> Failure {
    failure.help("write `mem_limit:`, `cpus:` and `pids_limit:` (or `deploy: { resources: { limits: … } }`) as the table says, or document here what is so; what the kernel enforces otherwise than the files say was changed on the container: create it anew")
}

fn by_files(world: &mut World, arguments: &Arguments) -> StepResult {
    let (project, wanted) = (world.project()?, wanted(arguments)?);
    let row = |(name, service): (&String, &crate::compose::Located<Service>)| {
        let limits = declared(service, project.at(&["services", name]));
        let origin = KEYS.iter().find_map(|key| written(&project, name, key));
        Row {
            cells: cells(name, &limits),
            origin: origin.or_else(|| key_origin(&project, name, "")),
        }
    };
    let there: Vec<Row> = project.services.iter().map(row).collect();
    compare(world, &project, &SUBJECT, &wanted, &there).map_err(helped)
}

/// Where a service's limits may be written.
const KEYS: [&str; 4] = ["mem_limit", "cpus", "pids_limit", "deploy"];

fn written(
    project: &crate::compose::Project,
    name: &str,
    key: &str,
) -> Option<crate::compose::journal::Origin> {
    project.at(&["services", name, key])?;
    key_origin(project, name, key)
}

async fn in_force(world: &mut World, arguments: &Arguments) -> StepResult {
    let wanted = wanted(arguments)?;
    let running = world.running()?;
    let project = &running.stack.project;
    let mut there: Vec<Row> = Vec::new();
    let mut changed = Vec::new();
    for (service, container) in with_services(project, running.stack.containers().await?) {
        let name = &container.service;
        if container.pid == 0 {
            world.saw(container.name.clone(), super::looks::ended(&container).seen);
            continue;
        }
        let (limits, files) = enforced(&container)?;
        world.saw(container.name.clone(), files);
        let declared = declared(service, project.at(&["services", name]));
        let otherwise = KINDS.iter().filter_map(|kind| kind.otherwise(&declared, &limits));
        changed.extend(otherwise.map(|otherwise| format!("{} {otherwise}", container.name)));
        let cells = cells(name, &limits);
        if !there.iter().any(|row| row.cells == cells) {
            let origin = KEYS.iter().find_map(|key| written(project, name, key));
            there.push(Row { cells, origin });
        }
    }
    let told = |failure: Failure| changed.into_iter().fold(helped(failure), Failure::note);
    compare(world, project, &SUBJECT, &wanted, &there).map_err(told)
}

/// Judges by the kernel that every service has a limit, and that it is the one that the files declare.
pub(super) async fn every_service_has(
    world: &mut World,
    arguments: &Arguments,
    kind: Kind,
) -> StepResult {
    let expected = format!("every service has a {} limit", kind.word());
    let running = world.running()?;
    let project = &running.stack.project;
    let look = async |service: &Service, container: &Container| {
        let name = &container.service;
        let (limits, seen) = enforced(container)?;
        let declared = declared(service, project.at(&["services", name]));
        let unbounded = kind.of(&declared).is_none();
        let found = match kind.otherwise(&declared, &limits) {
            _ if kind.of(&limits).is_none() => {
                format!("has no {} limit in force: {seen}", kind.word())
            }
            Some(otherwise) if !unbounded => format!("{otherwise}: {seen}"),
            _ => return Ok(Look { seen, lack: None }),
        };
        let help = if unbounded {
            format!("write `{}` for service \"{name}\"", kind.write())
        } else {
            "the files bound it: something changed the container, create it anew".to_owned()
        };
        Ok(Look { seen, lack: Some(Lack { found, key: "deploy", help }) })
    };
    every(world, arguments, &expected, look).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Vec<String> {
        let text = format!("services:\n  a: {{image: a, {text}}}\n");
        let project: crate::compose::Project =
            crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
        let service = &project.services["a"];
        cells("a", &declared(service, project.at(&["services", "a"])))
    }

    #[test]
    fn limits_are_read_in_every_spelling() {
        let all = ["a", "256 MiB", "0.5", "64"];
        assert_eq!(limits("mem_limit: 256m, cpus: 0.5, pids_limit: 64"), all);
        assert_eq!(
            limits("deploy: {resources: {limits: {memory: 256M, cpus: '0.5', pids: 64}}}"),
            all
        );
        assert_eq!(limits("mem_limit: 268435456, cpu_quota: 50000, pids_limit: 64"), all);
        assert_eq!(limits("cpu_quota: 10000, cpu_period: 20000"), ["a", "none", "0.5", "none"]);
        assert_eq!(limits("pids_limit: -1"), ["a", "none", "none", "none"]);
    }

    #[test]
    fn a_cell_is_read_as_it_is_told() {
        assert_eq!(Kind::Memory.read("0.25 GiB").expect("a size"), "256 MiB");
        assert_eq!(Kind::Memory.read("1 GiB").expect("a size"), "1 GiB");
        assert_eq!(Kind::Cpus.read("0.50").expect("a number"), "0.5");
        assert_eq!(Kind::Processes.read("none").expect("none"), "none");
        assert!(Kind::Memory.read("5 seconds").is_err());
        assert!(Kind::Cpus.read("much").is_err());
    }
}
