//! What each service may use at most.
//!
//! Compose specification, `mem_limit`, `cpus`, `pids_limit`, `deploy.resources.limits`.

use super::{Fact, Row, Topic, answers};
use crate::compose::{Limit, Project, Service};

pub(super) const TOPIC: Topic = Topic {
    name: "limits",
    about: "memory, CPUs and processes that a service may use at most",
    columns: &["service", "memory", "CPUs", "processes"],
    keys: &[0],
    key: "deploy",
    sentence: Some("exactly these limits hold:"),
    declared: |project| declared(project).iter().map(row).collect(),
};

/// Limits in numbers; nothing is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: Option<f64>,
    /// Processors.
    pub cpus: Option<f64>,
    /// Processes and threads.
    pub processes: Option<f64>,
}

/// What can be bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Bytes of memory.
    Memory,
    /// Processors.
    Cpus,
    /// Processes and threads.
    Processes,
}

/// All of them, in the order of the table.
pub const RESOURCES: [Resource; 3] = [Resource::Memory, Resource::Cpus, Resource::Processes];

impl Resource {
    /// The word before "limit" in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpus => "CPU",
            Self::Processes => "process",
        }
    }

    /// How the files bound it, as an example.
    #[must_use]
    pub const fn write(self) -> &'static str {
        match self {
            Self::Memory => "mem_limit: 256m",
            Self::Cpus => "cpus: 1",
            Self::Processes => "pids_limit: 200",
        }
    }

    /// What the files of a service say of it.
    #[must_use]
    pub fn declared(self, service: &Service) -> Limit {
        match self {
            Self::Memory => service.memory_limit(),
            Self::Cpus => service.cpu_limit(),
            Self::Processes => service.process_limit(),
        }
    }

    /// Its limit among others.
    #[must_use]
    pub const fn of(self, limits: &Limits) -> Option<f64> {
        match self {
            Self::Memory => limits.memory,
            Self::Cpus => limits.cpus,
            Self::Processes => limits.processes,
        }
    }

    /// A limit of it in the words of tables.
    #[must_use]
    pub fn told(self, limit: Option<f64>) -> String {
        match self {
            Self::Memory => size(limit),
            Self::Cpus | Self::Processes => number(limit),
        }
    }
}

impl Limits {
    /// All three in one line.
    #[must_use]
    pub fn told(&self) -> String {
        let told = |of: Resource| format!("{}: {}", of.word(), of.told(of.of(self)));
        RESOURCES.map(told).join(", ")
    }
}

/// Where a service's limits may be written.
pub(crate) const KEYS: [&str; 4] = ["mem_limit", "cpus", "pids_limit", "deploy"];

/// The limits of one service as its files declare them, in any of the ways that Compose has.
#[must_use]
pub fn of(service: &Service) -> Limits {
    let value = |of: Resource| of.declared(service).value;
    Limits {
        memory: value(Resource::Memory),
        cpus: value(Resource::Cpus),
        processes: value(Resource::Processes),
    }
}

/// The limits of every service, as the files declare them.
#[must_use]
pub fn declared(project: &Project) -> Vec<Fact<Limits>> {
    let fact = |(name, service): (&String, &crate::compose::Located<Service>)| Fact {
        subject: name.clone(),
        value: of(service),
        shown: String::new(),
        at: Some(super::place(project, name, &KEYS)),
    };
    super::answers::services::made(project).map(fact).collect()
}

/// A fact as a row of the table.
#[must_use]
pub fn row(fact: &Fact<Limits>) -> Row {
    let Limits { memory, cpus, processes } = fact.value;
    let cells = [size(memory), number(cpus), number(processes)];
    Row { shown: fact.shown.clone(), ..Row::new(&fact.subject, cells, fact.at) }
}

/// A size in the words of tables: `256 MiB`, `none`.
#[must_use]
pub fn size(bytes: Option<f64>) -> String {
    bytes.map_or_else(|| "none".into(), answers::size::told)
}

/// A number in the words of tables; the kernel counts processors in thousandths at best.
#[must_use]
pub fn number(limit: Option<f64>) -> String {
    limit.map_or_else(|| "none".into(), |limit| format!("{}", (limit * 1000.0).round() / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_in_every_spelling() {
        let line = |text: &str| {
            let text = format!("services:\n  a: {{image: a, {text}}}\n");
            let project: Project =
                crate::compose::project::load_text("compose.yaml", &text).expect("a model").into();
            row(&declared(&project)[0]).line()
        };
        let all = "| a | 256 MiB | 0.5 | 64 |";
        assert_eq!(line("mem_limit: 256m, cpus: 0.5, pids_limit: 64"), all);
        assert_eq!(
            line("deploy: {resources: {limits: {memory: 256M, cpus: '0.5', pids: 64}}}"),
            all
        );
        assert_eq!(line("cpu_quota: 10000, cpu_period: 20000"), "| a | none | 0.5 | none |");
        assert_eq!(line("pids_limit: -1"), "| a | none | none | none |");
    }
}
