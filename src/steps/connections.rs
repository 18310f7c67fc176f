//! How many connections a service opens to another for a number of requests.

use std::{collections::BTreeSet, time::Duration};

use reqwest::Method;

use super::{Arguments, Step, StepResult, World, http};
use crate::{
    probe::{ProbeError, connections},
    run::Failure,
    stack::engine::Container,
};

/// How often a namespace is looked at while requests are sent, so that short connections are seen too.
const LOOK: Duration = Duration::from_millis(5);

pub(super) static STEPS: &[Step] = &[Step::then(
    "{number} requests for {path} open at most {number} connections from {service} to {service}",
    "The kernel's tables of sockets show no more connections than this between the two, those that are closed already included.",
    "50 requests for \"/orders\" open at most 10 connections from \"app\" to \"db\"",
)
.observed(|world, arguments| Box::pin(at_most(world, arguments)))];

async fn at_most(world: &mut World, arguments: &Arguments) -> StepResult {
    let (count, path) = (arguments.number(0)?, world.fill(arguments.text(1)?)?);
    let (most, from, to) = (arguments.number(2)?, arguments.text(3)?, arguments.text(4)?);
    let watched = watched(world, from, to).await?;
    let before = look(&watched)?;
    let mut opened: BTreeSet<connections::Connection> = BTreeSet::new();
    let watch = async {
        loop {
            match look(&watched) {
                Ok(seen) => opened.extend(seen.difference(&before).copied()),
                Err(why) => return why,
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let requests = async {
        for _ in 0..count {
            let exchange = http::exchange(world, Method::GET, &path, None, http::PATIENCE).await?;
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
    opened.extend(look(&watched)?.difference(&before).copied());
    let seen =
        format!("{} opened by {count} requests, {} there before", opened.len(), before.len());
    if opened.len() as u64 <= most {
        world.saw(format!("connections from \"{from}\" to \"{to}\""), seen);
        return Ok(());
    }
    Err(Failure::finding(
        format!("at most {most} new connections from \"{from}\" to \"{to}\""),
        seen,
    )
    .place(format!("between \"{from}\" and \"{to}\""))
    .services([from, to])
    .help("keep connections open (nginx: `keepalive` in the upstream and fastcgi_keep_conn on; PHP: persistent connections), and do not close them on the other side"))
}

/// The namespaces of both services, and the addresses of the one that is called.
struct Watched {
    processes: Vec<i64>,
    called: connections::Called,
}

async fn watched(world: &World, from: &str, to: &str) -> Result<Watched, Failure> {
    let (callers, answerers) = (world.service(from).await?, world.service(to).await?);
    let processes = callers.iter().chain(&answerers).map(|container| container.pid).collect();
    let addresses = |containers: &[Container]| {
        containers
            .iter()
            .flat_map(|container| container.addresses.values().flatten())
            .copied()
            .collect()
    };
    let called = connections::Called { from: addresses(&callers), to: addresses(&answerers) };
    Ok(Watched { processes, called })
}

fn look(watched: &Watched) -> Result<BTreeSet<connections::Connection>, ProbeError> {
    let mut seen = BTreeSet::new();
    for process in &watched.processes {
        seen.extend(connections::between(*process, &watched.called)?);
    }
    Ok(seen)
}
