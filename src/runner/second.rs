//! Second stacks: of which environments, and when there is room for them.
//!
//! What breaks something needs a stack to itself, so on one stack all of it runs one after the other
//! and mostly waits. A second stack of the same environment halves that. It changes no verdict:
//! without it the same scenarios run on the first.

use std::{
    fs,
    sync::{Arc, PoisonError, RwLockWriteGuard},
    thread,
    time::Duration,
};

use indexmap::{IndexMap, IndexSet};

use super::{
    Options, Progress, Report, chain, declared,
    durations::Durations,
    hiding::{self, Secrets},
    lanes::Lanes,
    look_last,
    plan::who_gains,
    stack_diagnostic,
};
use crate::{
    compose::Project,
    config::Config,
    diagnostic::Diagnostic,
    features::Suite,
    run::{StackRun, Truth},
    stack::{self, HostPorts, Stack, StackError},
    steps::{Context, world::Running},
};

/// How many stacks a processor carries that nobody asked for: they mostly wait, but where there are
/// more, the deadlines of some pass while others come up.
const STACKS_A_PROCESSOR: usize = 1;
/// With fewer processors there is a second stack only for who asks for it.
const ENOUGH: usize = 2;
/// How much time a second stack must be expected to save before one is started unasked.
const WORTH: Duration = Duration::from_secs(20);
/// What a container without a limit is taken to need, in bytes.
const UNLIMITED: f64 = 512.0 * 1024.0 * 1024.0;
/// Of the memory that the first stacks leave free, as much may go to second ones.
const SHARE: f64 = 0.5;
/// What a stack whose files cannot be read yet is taken to need, in bytes.
const UNKNOWN: f64 = 4.0 * 1024.0 * 1024.0 * 1024.0;

/// What a second stack of an environment is called where people read it.
pub(super) fn title(environment: &str) -> String {
    format!("{environment} (second stack)")
}

/// What second stacks need that come up while the first are asked already.
pub(super) struct Late<'l> {
    pub(super) config: &'l Config,
    pub(super) context: &'l Arc<Context>,
    pub(super) lanes: &'l Lanes,
    pub(super) secrets: &'l Secrets,
    pub(super) report: &'l Report,
}

/// What came of a second stack.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) remarks: Vec<Diagnostic>,
    pub(super) findings: Vec<Diagnostic>,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) stacks: Vec<StackRun>,
}

impl Late<'_> {
    /// Brings up the second stacks of some environments, lets scenarios onto them, and removes each
    /// when nothing is left that would run there.
    pub(super) async fn come_and_go<U>(
        &self,
        doubled: &IndexSet<String>,
        begin: impl Fn(&str) -> U,
    ) -> Vec<Ended>
    where
        U: Future<Output = Result<Stack, StackError>>,
    {
        let ups = doubled.iter().map(|name| self.one(name, begin(name)));
        futures::future::join_all(ups).await
    }

    async fn one(&self, name: &str, up: impl Future<Output = Result<Stack, StackError>>) -> Ended {
        let title = title(name);
        let mut ended = Ended::default();
        let stack = match up.await {
            Ok(stack) => stack,
            // The first is up and says nothing of it: there was no room for another.
            Err(why) => {
                self.lanes.shut(name);
                ended.remarks.push(
                    Diagnostic::warning(format!("{title} did not come up: {}", chain(&why)))
                        .help("one stack gives the same verdicts; `--stacks 1` asks for no other"),
                );
                return ended;
            }
        };
        (self.report)(Progress::Up(&stack.record));
        let running = Arc::new(Running::new(stack));
        // Before anything is told of it.
        let known = IndexMap::new();
        let own = hiding::of_stacks(self.config, &[], &[], [&running].into_iter(), &known).await;
        self.secrets.add(own);
        self.seconds().insert(name.to_owned(), Arc::clone(&running));
        self.lanes.open(name);

        self.lanes.second_is_over(name).await;
        self.seconds().shift_remove(name);
        (ended.findings, ended.errors) = look_last(&title, &running).await;
        let mut record = running.stack.record.clone();
        match running.stack.down().await {
            Ok(after) => record.removed_after = Some(after),
            Err(why) => ended.errors.push(stack_diagnostic(&title, &why)),
        }
        ended.stacks.push(record);
        ended
    }

    fn seconds(&self) -> RwLockWriteGuard<'_, IndexMap<String, Arc<Running>>> {
        self.context.seconds.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a run has one stack of each environment, however many are asked for.
fn hindrance(config: &Config, options: &Options) -> Option<&'static str> {
    let shared = &config.shared;
    let is_shared = !shared.volumes.is_empty()
        || !shared.networks.is_empty()
        || !shared.folders.is_empty()
        || !shared.containers.is_empty();
    if options.wish.ports == HostPorts::Declared {
        Some("declared host ports can be bound once")
    } else if options.keep || options.keep_on_failure {
        Some("a stack that is kept is for looking at, and there is one to look at")
    } else if is_shared {
        Some("two stacks of one environment would meet in what `shared:` names")
    } else {
        None
    }
}

/// Refuses a second stack that is asked for and cannot be.
///
/// # Errors
/// Why not.
pub fn refuse(config: &Config, options: &Options) -> Result<(), Box<Diagnostic>> {
    let asked = options.stacks.is_some_and(|stacks| stacks > 1);
    match hindrance(config, options).filter(|_| asked) {
        Some(why) => Err(Box::new(
            Diagnostic::error(format!("there can be no second stack: {why}"))
                .help("leave out `--stacks`: one stack gives the same verdicts"),
        )),
        None => Ok(()),
    }
}

/// The environments for which a second stack would do something, most first.
fn gaining(suite: &Suite, earlier: &Durations) -> IndexMap<String, Duration> {
    let observed = suite.plan.iter().filter(|planned| planned.truths.contains(&Truth::Observed));
    who_gains(observed, earlier)
}

/// Whether a second stack would do anything for a suite.
pub(super) fn would_help(suite: &Suite, earlier: &Durations) -> bool {
    !gaining(suite, earlier).is_empty()
}

/// The environments that get a second stack.
pub(super) fn environments(
    config: &Config,
    suite: &Suite,
    firsts: &[&str],
    projects: &IndexMap<String, Arc<Project>>,
    options: &Options,
    earlier: &Durations,
) -> IndexSet<String> {
    if options.stacks == Some(1) || hindrance(config, options).is_some() {
        return IndexSet::new();
    }
    let gaining = gaining(suite, earlier);
    if options.stacks.is_some() {
        return gaining.into_keys().collect();
    }
    let gaining = gaining.into_iter().filter(|(_, gain)| *gain >= WORTH).map(|(name, _)| name);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    if processors < ENOUGH {
        return IndexSet::new();
    }
    let room = (STACKS_A_PROCESSOR * processors).saturating_sub(firsts.len());
    let need = |name: &str| match projects.get(name) {
        Some(project) => needs(project),
        None => declared::load_one(config, name, &options.wish.overlays, None)
            .map_or(UNKNOWN, |project| needs(&project)),
    };
    let mut left = (free() - firsts.iter().map(|name| need(name)).sum::<f64>()) * SHARE;
    let mut chosen = IndexSet::new();
    for name in gaining.take(room) {
        left -= need(&name);
        if left < 0.0 {
            break;
        }
        chosen.insert(name);
    }
    chosen
}

/// How much memory the containers of a project may use, in bytes.
fn needs(project: &Project) -> f64 {
    let services = project.services.values();
    let each = services.map(|service| {
        f64::from(service.replicas()) * service.memory_limit().value.unwrap_or(UNLIMITED)
    });
    each.sum()
}

/// How much memory the engine's machine has free, in bytes; none if it is another machine.
fn free() -> f64 {
    let known = fs::read_to_string("/proc/meminfo").ok().filter(|_| stack::is_here());
    known.as_deref().and_then(available).unwrap_or_default()
}

/// `MemAvailable` of `/proc/meminfo` (`proc_meminfo(5)`), in bytes.
fn available(meminfo: &str) -> Option<f64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_what_may_be_had_without_swapping() {
        let text = "MemTotal:       24684092 kB\nMemFree:         4422256 kB\nMemAvailable:   23914452 kB\n";
        assert_eq!(available(text), Some(23_914_452.0 * 1024.0));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }
}
