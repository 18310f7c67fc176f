//! What a service may use at most, by the files: the one place that says which spelling is a limit.
//!
//! Compose hands on what is not zero, `deploy.resources.limits` before the service's own keys; the
//! engine takes what is below zero for no limit (`Resources` of its API). Sentences and rules read
//! this and nothing else.

use super::{Limits, Located, Service};
use crate::compose::journal::Origin;

/// A limit as it holds.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Bytes, processors or processes; none where what is written bounds nothing.
    pub value: Option<f64>,
    /// Where it is written, the one that holds before one that bounds nothing.
    pub written: Option<Origin>,
}

/// A way in which a limit can be written: what it comes to, and where.
type Written = Option<(f64, Origin)>;

impl Limit {
    /// The first that bounds anything; zero and less do not.
    fn first(written: &[Written]) -> Self {
        let mut all = written.iter().flatten();
        if let Some((value, origin)) = all.clone().find(|(value, _)| *value > 0.0) {
            return Self { value: Some(*value), written: Some(*origin) };
        }
        Self { value: None, written: all.next().map(|(_, origin)| *origin) }
    }

    /// Whether anything is bounded.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.value.is_some()
    }
}

/// What a period of `cpu_quota` is without `cpu_period`, in microseconds.
const PERIOD: i64 = 100_000;

#[expect(clippy::cast_precision_loss, reason = "limits are far below the precision of a float")]
fn whole(written: Option<&Located<i64>>) -> Written {
    written.map(|number| (number.value as f64, number.origin))
}

fn real(written: Option<&Located<f64>>) -> Written {
    written.map(|number| (number.value, number.origin))
}

impl Service {
    fn deployed_limits(&self) -> Option<&Limits> {
        let resources = self.deploy.as_ref()?.resources.as_ref()?;
        resources.limits.as_ref().map(|limits| &limits.value)
    }

    /// Memory in bytes: `deploy.resources.limits.memory` or `mem_limit`.
    #[must_use]
    pub fn memory_limit(&self) -> Limit {
        let deployed = self.deployed_limits().and_then(|limits| limits.memory.as_ref());
        Limit::first(&[whole(deployed), whole(self.mem_limit.as_ref())])
    }

    /// Processors: `deploy.resources.limits.cpus`, `cpus`, or `cpu_quota` of each `cpu_period`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a period are few")]
    pub fn cpu_limit(&self) -> Limit {
        let deployed = self.deployed_limits().and_then(|limits| limits.cpus.as_ref());
        let period = self.cpu_period.as_ref().map(|period| period.value);
        let period = period.filter(|period| *period > 0).unwrap_or(PERIOD);
        let quota = whole(self.cpu_quota.as_ref());
        let quota = quota.map(|(quota, origin)| (quota / period as f64, origin));
        Limit::first(&[real(deployed), real(self.cpus.as_ref()), quota])
    }

    /// Processes and threads: `deploy.resources.limits.pids` or `pids_limit`.
    #[must_use]
    pub fn process_limit(&self) -> Limit {
        let deployed = self.deployed_limits().and_then(|limits| limits.pids.as_ref());
        Limit::first(&[whole(deployed), whole(self.pids_limit.as_ref())])
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::{Project, project::load_text};

    /// Memory, processors and processes of a service that is written so.
    fn limits(text: &str) -> [Option<f64>; 3] {
        let text = format!("services:\n  a: {{image: a, {text}}}\n");
        let project: Project = load_text("compose.yaml", &text).expect("a model").into();
        let service = &project.services["a"];
        [service.memory_limit(), service.cpu_limit(), service.process_limit()]
            .map(|limit| limit.value)
    }

    #[test]
    fn a_limit_is_read_in_every_spelling() {
        let all = [Some(268_435_456.0), Some(0.5), Some(64.0)];
        for text in [
            "mem_limit: 256m, cpus: 0.5, pids_limit: 64",
            "mem_limit: \"268435456\", cpus: \"0.5\", pids_limit: \"64\"",
            "deploy: {resources: {limits: {memory: 256M, cpus: '0.5', pids: 64}}}",
            "mem_limit: 268435456, cpu_quota: 50000, pids_limit: 64",
            "mem_limit: 256m, cpu_quota: 10000, cpu_period: 20000, pids_limit: 64",
            "mem_limit: 0, cpus: 0, pids_limit: 0, deploy: {resources: {limits: {memory: 256M, cpus: '0.5', pids: 64}}}",
        ] {
            assert_eq!(limits(text), all, "{text}");
        }
    }

    #[test]
    fn zero_and_less_are_no_limit_in_any_spelling() {
        for text in [
            "init: true",
            "mem_limit: 0, cpus: 0, pids_limit: 0",
            "mem_limit: \"0\", cpus: \"0\", pids_limit: \"-1\"",
            "mem_limit: 0b, cpus: 0.0, pids_limit: -1",
            "cpu_quota: -1, cpu_period: 20000",
            "cpu_quota: 0",
            "cpuset: \"0\"",
            "memswap_limit: 256m, mem_reservation: 256m, ulimits: {nproc: 64}",
            "deploy: {resources: {limits: {memory: 0b, cpus: '0', pids: -1}}}",
            "deploy: {resources: {limits: {memory: \"0\", pids: 0}}}",
            "deploy: {resources: {reservations: {memory: 256M, cpus: '0.5'}}}",
        ] {
            assert_eq!(limits(text), [None; 3], "{text}");
        }
    }

    #[test]
    fn what_bounds_nothing_is_known_by_its_place() {
        let text = "services:\n  a: {image: a, pids_limit: -1}\n  b: {image: b}\n";
        let project: Project = load_text("compose.yaml", text).expect("a model").into();
        let place = |name: &str| {
            let written = project.services[name].process_limit().written?;
            project.journal.place(written.place)
        };
        assert_eq!(place("a").as_deref(), Some("compose.yaml:2:29"));
        assert_eq!(place("b"), None);
    }
}
