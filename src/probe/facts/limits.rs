//! Limits that the kernel enforces; of a container that has ended, those it was created with.

use super::{Look, Undecided};
use crate::{
    facts::{
        Fact, Row,
        limits::{self, Limits},
    },
    probe::cgroup,
    stack::engine::{Asked, Container},
};

/// What to do where the kernel does not let us look.
const HELP: &str = "run as root, on the engine's own machine";

#[expect(clippy::cast_precision_loss, reason = "limits are far below the precision of a float")]
fn in_force(seen: &cgroup::Limits) -> Limits {
    Limits {
        memory: seen.memory.map(|bytes| bytes as f64),
        cpus: seen.cpus,
        processes: seen.processes.map(|processes| processes as f64),
    }
}

#[expect(clippy::cast_precision_loss, reason = "limits are far below the precision of a float")]
fn asked_for(asked: &Asked) -> Limits {
    Limits {
        memory: asked.memory.map(|bytes| bytes as f64),
        cpus: asked.cpus,
        processes: asked.processes.map(|processes| processes as f64),
    }
}

/// The limits of a container, with the files of its control group that say so; of one that has ended
/// those that the engine was asked for.
///
/// # Errors
/// Undecided when the control group cannot be read.
pub fn limits_of(container: &Container) -> Result<(Limits, String), Undecided> {
    if container.absence().is_some() {
        let limits = asked_for(&container.asked);
        return Ok((limits, limits.told()));
    }
    let seen = cgroup::of_process(container.pid).map_err(|why| {
        let tried = format!("read the control group of {}", container.name);
        Undecided::new(tried, why.to_string()).help(HELP)
    })?;
    Ok((in_force(&seen), seen.files.join(", ")))
}

pub(super) fn rows(look: &Look) -> Result<Vec<Row>, Undecided> {
    let fact = |seen: &super::Seen| {
        let container = &seen.container;
        let (value, shown) = if let Some(kernel) = &seen.kernel {
            let limits = kernel.limits.clone()?;
            (in_force(&limits), limits.files.join(", "))
        } else {
            (asked_for(&container.asked), "what the engine was asked for".to_owned())
        };
        Ok(limits::row(&Fact {
            subject: container.service.clone(),
            value,
            shown: seen.says(&shown),
            at: look.place(&container.service, &limits::KEYS),
        }))
    };
    look.crews().map(fact).collect()
}
