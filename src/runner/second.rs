//! Second stacks: of which environments, and when there is room for them.
//!
//! What breaks something needs a stack to itself, so on one stack all of it runs one after the other
//! and mostly waits. A second stack of the same environment halves that. It changes no verdict:
//! without it the same scenarios run on the first.

use std::{fs, thread};

use indexmap::{IndexMap, IndexSet};

use super::{Options, durations::Durations, plan::who_gains};
use crate::{
    compose::Project, config::Config, diagnostic::Diagnostic, endpoint, features::Suite,
    run::Truth, stack::HostPorts,
};

/// How many stacks a processor carries that nobody asked for: they mostly wait, but with fewer than
/// this the deadlines of the others pass while two come up and are asked at once.
const STACKS_A_PROCESSOR: usize = 1;
/// With fewer processors there is a second stack only for who asks for it.
const ENOUGH: usize = 4;
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
fn gaining(suite: &Suite, earlier: &Durations) -> Vec<String> {
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
    projects: &IndexMap<String, std::sync::Arc<Project>>,
    options: &Options,
    earlier: &Durations,
) -> IndexSet<String> {
    if options.stacks == Some(1) || hindrance(config, options).is_some() {
        return IndexSet::new();
    }
    let gaining = gaining(suite, earlier).into_iter();
    if options.stacks.is_some() {
        return gaining.collect();
    }
    let processors = thread::available_parallelism().map_or(1, usize::from);
    if processors < ENOUGH {
        return IndexSet::new();
    }
    let room = (STACKS_A_PROCESSOR * processors).saturating_sub(firsts.len());
    let need = |name: &str| projects.get(name).map_or(UNKNOWN, |project| needs(project));
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
    let is_here = endpoint::current().is_ok_and(|endpoint| endpoint.socket().is_some());
    let known = fs::read_to_string("/proc/meminfo").ok().filter(|_| is_here);
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
