//! How many connections a service opens to another for a number of requests.

use std::{collections::BTreeSet, fmt, time::Duration};

use reqwest::Method;

use crate::steps::{
    Arguments, Need, Step, StepResult, Touch, World, judging::looks, traffic::http,
};
use crate::{
    probe::{ProbeError, connections},
    run::Failure,
    stack::engine::Container,
};

/// How often a namespace is looked at while requests are sent, so that short connections are seen too.
const LOOK: Duration = Duration::from_millis(5);

pub(crate) static STEPS: &[Step] = &[Step::then(
    "{number} requests for {path} open at most {number} connections from {service} to {service}",
    "The kernel shows no more connections than this between the two, those that are closed already included: by its tables of sockets, and by its counters of connections opened and accepted, which miss none.",
    "50 requests for \"/items\" open at most 10 connections from \"api\" to \"database\"",
)
.needs(&[Need::Root])
.touches(Touch::Visit)
.observed(|world, arguments| Box::pin(at_most(world, arguments)))];

async fn at_most(world: &mut World, arguments: &Arguments) -> StepResult {
    let (count, path) = (arguments.number(0)?, world.fill(arguments.text(1)?)?);
    let (most, from, to) = (arguments.number(2)?, arguments.text(3)?, arguments.text(4)?);
    let watched = watched(world, from, to).await?;
    // Counted before the first look and after the last: whoever is seen is counted.
    let counted = Counted::now(&watched)?;
    let before = look(&watched)?;
    let mut opened = Seen::default();
    let watch = async {
        loop {
            match look(&watched) {
                Ok(seen) => opened.add(&seen, &before),
                Err(why) => return why,
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let requests = async {
        for _ in 0..count {
            let exchange =
                http::exchange(world, Method::GET, &path, http::Body::None, http::PATIENCE).await?;
            if exchange.status >= 400 {
                return Err(http::refused(world, &exchange));
            }
        }
        Ok(())
    };
    tokio::select! {
        why = watch => return Err(why.into()),
        done = requests => done?,
    }
    opened.add(&look(&watched)?, &before);
    let bounds = Counted::now(&watched)?.since(&counted).bounds(&opened);
    let there = before.meant.len();
    let seen = format!("{bounds} opened by {count} requests, {there} there before");
    let expected = format!("at most {most} new connections from \"{from}\" to \"{to}\"");
    if bounds.most <= most {
        world.evidence(format!("connections from \"{from}\" to \"{to}\""), seen);
        return Ok(());
    }
    if bounds.least <= most {
        return Err(Failure::undecided(expected, seen)
            .place(format!("between \"{from}\" and \"{to}\""))
            .services([from, to])
            .help(format!(
                "others connect to \"{to}\" meanwhile, and the kernel does not say who: let nothing else of the stack speak to it, or ask for more requests"
            )));
    }
    Err(Failure::finding(expected, seen)
    .place(format!("between \"{from}\" and \"{to}\""))
    .services([from, to])
    .help("keep connections open (nginx: `keepalive` in the upstream and fastcgi_keep_conn on; PHP: persistent connections), and do not close them on the other side"))
}

/// The namespaces of both services, and the addresses of the one that is called.
struct Watched {
    processes: Vec<i64>,
    callers: Vec<i64>,
    answerers: Vec<i64>,
    /// Those of the stack that may call the answerers as well, they themselves among them.
    others: Vec<i64>,
    called: connections::Called,
}

async fn watched(world: &World, from: &str, to: &str) -> Result<Watched, Failure> {
    let (callers, answerers) = (world.service(from).await?, world.service(to).await?);
    for container in callers.iter().chain(&answerers) {
        if let Some(why) = container.absence() {
            let expected = format!("connections from \"{from}\" to \"{to}\" are counted");
            return Err(looks::gone(container, &expected, &why));
        }
    }
    let near: BTreeSet<&String> = answerers.iter().flat_map(|one| one.addresses.keys()).collect();
    let all = world.running()?.stack.containers().await?;
    let may_call = |one: &&Container| {
        one.pid != 0
            && one.service != from
            && (one.service == to || one.addresses.keys().any(|network| near.contains(network)))
    };
    let pids = |all: &[Container]| all.iter().map(|one| one.pid).collect::<Vec<_>>();
    let others = all.iter().filter(may_call).map(|one| one.pid).collect();
    let processes = callers.iter().chain(&answerers).map(|container| container.pid).collect();
    let addresses = |containers: &[Container]| {
        containers
            .iter()
            .flat_map(|container| container.addresses.values().flatten())
            .copied()
            .collect()
    };
    let called = connections::Called { from: addresses(&callers), to: addresses(&answerers) };
    let (callers, answerers) = (pids(&callers), pids(&answerers));
    Ok(Watched { processes, callers, answerers, others, called })
}

/// What the namespaces have opened and accepted.
#[derive(Debug, Clone, Copy)]
struct Counted {
    /// Called by those who are meant to call, whomever.
    called: u64,
    /// Accepted by those who are meant to be called, from whomever.
    accepted: u64,
    /// Called by others who may call the same.
    others: u64,
}

impl Counted {
    fn now(watched: &Watched) -> Result<Self, ProbeError> {
        Ok(Self {
            called: connections::opens(&watched.callers)?.called,
            accepted: connections::opens(&watched.answerers)?.accepted,
            others: connections::opens(&watched.others)?.called,
        })
    }

    /// What has come since an earlier look.
    const fn since(self, before: &Self) -> Self {
        Self {
            called: self.called.saturating_sub(before.called),
            accepted: self.accepted.saturating_sub(before.accepted),
            others: self.others.saturating_sub(before.others),
        }
    }

    /// How many connections there were between the two, of which some were seen, and some of others.
    fn bounds(self, seen: &Seen) -> Bounds {
        let (meant, foreign) = (seen.meant.len() as u64, seen.foreign.len() as u64);
        let least = meant.max(self.accepted.saturating_sub(self.others).min(self.called));
        let most = self.called.min(self.accepted.saturating_sub(foreign));
        Bounds { least, most: most.max(least) }
    }
}

/// Connections that the tables of the namespaces show.
#[derive(Debug, Default)]
struct Seen {
    /// Between the two.
    meant: BTreeSet<connections::Connection>,
    /// Accepted from others by those who are meant to be called.
    foreign: BTreeSet<connections::Connection>,
}

impl Seen {
    /// Adds what was not there before.
    fn add(&mut self, seen: &Self, before: &Self) {
        self.meant.extend(seen.meant.difference(&before.meant).copied());
        self.foreign.extend(seen.foreign.difference(&before.foreign).copied());
    }
}

/// How many there were: no fewer, and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    least: u64,
    most: u64,
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { least, most } if least == most => write!(f, "{least}"),
            Self { least, most } => write!(f, "{least} to {most}"),
        }
    }
}

fn look(watched: &Watched) -> Result<Seen, ProbeError> {
    let mut seen = Seen::default();
    for process in &watched.processes {
        seen.meant.extend(connections::between(*process, &watched.called)?);
    }
    for process in &watched.answerers {
        seen.foreign.extend(connections::from_others(*process, &watched.called)?);
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_table_shows_is_counted_and_others_are_told_apart() {
        let some = |count: u16| {
            let of = |port| {
                let at = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
                connections::Connection { from: at(50_000 + port), to: at(80) }
            };
            (0..count).map(of).collect()
        };
        let with = |called, accepted, others, seen, foreign| {
            let seen = Seen { meant: some(seen), foreign: some(foreign) };
            Counted { called, accepted, others }.bounds(&seen).to_string()
        };
        let bounds = |called, accepted, others, seen| with(called, accepted, others, seen, 0);
        // A health check ran a few times beside the server, and left its traces.
        assert_eq!(with(84, 12, 12, 0, 12), "0");
        assert_eq!(with(84, 13, 12, 0, 11), "1 to 2");
        // A database whose connections are reset: the tables showed eight of them.
        assert_eq!(bounds(84, 41, 1, 8), "40 to 41");
        assert_eq!(bounds(0, 1, 1, 0), "0");
        assert_eq!(bounds(40, 3, 2, 1), "1 to 3");
        // Somebody else may have opened all of them.
        assert_eq!(bounds(40, 40, 40, 2), "2 to 40");
        assert_eq!(bounds(5, 9, 0, 3), "5");
    }
}
