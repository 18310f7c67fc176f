//! What keeps each service in bounds and up: health checks, dependencies, limits, restarts, logs, rights.

use super::{
    Arguments, Step, StepResult, World,
    closed::{Row, Subject, compare},
    declared::{self, point, point_key},
    exceptions::{Fault, settle},
    limits, looks, rights, writable,
};
use crate::{
    compose::{Project, Service, journal::Origin},
    run::Failure,
    stack::engine::Container,
    words::quoted_list,
};

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "every service has a health check",
        "The files give each service a command that tells whether it is well; one that always succeeds is none.",
        "every service has a health check",
    )
    .excepts()
    .declared(|world, arguments| {
        every(world, arguments, "every service has a health check", no_health_check)
    }),
    Step::then(
        "the health check of {service} runs {text}",
        "The files give the service exactly this command line as its health check.",
        "the health check of \"redis\" runs \"redis-cli ping | grep -q PONG\"",
    )
    .declared(health_check_runs),
    Step::then(
        "service {service} waits until {service} is {state}",
        "The first service is started only when the second is started, healthy, or completed.",
        "service \"app\" waits until \"db\" is healthy",
    )
    .declared(waits),
    Step::then(
        "exactly these services wait for others:",
        "Every dependency: who waits for whom, to be started, healthy or completed.",
        "exactly these services wait for others:",
    )
    .table(&["service", "waits for", "to be"])
    .declared(dependencies),
    Step::then(
        "every service has a memory limit",
        "The files bound the memory of each service, and the kernel enforces just that.",
        "every service has a memory limit",
    )
    .excepts()
    .declared(|world, arguments| {
        every(world, arguments, "every service has a memory limit", |service| {
            let limits = limits_of(service);
            let set = service.mem_limit.is_some() || limits.is_some_and(|limits| limits.memory.is_some());
            (!set).then(|| unset("no memory limit", "deploy", "mem_limit: 256m"))
        })
    })
    .observed(|world, arguments| {
        Box::pin(limits::every_service_has(world, arguments, limits::Kind::Memory))
    }),
    Step::then(
        "every service has a CPU limit",
        "The files bound the processor time of each service, and the kernel enforces just that.",
        "every service has a CPU limit",
    )
    .excepts()
    .declared(|world, arguments| {
        every(world, arguments, "every service has a CPU limit", |service| {
            let set = service.cpus.is_some() || limits_of(service).is_some_and(|limits| limits.cpus.is_some());
            (!set).then(|| unset("no CPU limit", "deploy", "cpus: 1"))
        })
    })
    .observed(|world, arguments| {
        Box::pin(limits::every_service_has(world, arguments, limits::Kind::Cpus))
    }),
    Step::then(
        "every service has a process limit",
        "The files bound the number of processes of each service, and the kernel enforces just that.",
        "every service has a process limit",
    )
    .excepts()
    .declared(|world, arguments| {
        every(world, arguments, "every service has a process limit", |service| {
            let set = service.pids_limit.is_some() || limits_of(service).is_some_and(|limits| limits.pids.is_some());
            (!set).then(|| unset("no process limit", "deploy", "pids_limit: 200"))
        })
    })
    .observed(|world, arguments| {
        Box::pin(limits::every_service_has(world, arguments, limits::Kind::Processes))
    }),
    Step::then(
        "every service is restarted after a failure",
        "The files state a restart policy that brings each service back.",
        "every service is restarted after a failure",
    )
    .excepts()
    .declared(|world, arguments| {
        every(world, arguments, "every service is restarted after a failure", not_restarted)
    }),
    Step::then(
        "every service has a read-only root file system",
        "No service can write outside its mounts: the kernel mounts / read-only, and a write to it fails for that reason.",
        "every service has a read-only root file system",
    )
    .excepts()
    .declared(|world, arguments| {
        every(world, arguments, "every service has a read-only root file system", |service| {
            let set = service.read_only.as_ref().is_some_and(|read_only| read_only.value);
            let lack = unset("a writable root file system", "read_only", "read_only: true");
            (!set).then_some(lack)
        })
    })
    .observed(|world, arguments| {
        Box::pin(async move {
            let expected = "every service has a read-only root file system";
            let look = async |service: &Service, container: &Container| writable::root(service, container);
            looks::every(world, arguments, expected, look).await
        })
    }),
    Step::then(
        "service {service} has the capabilities {services} and no other",
        "All capabilities are dropped and only these are given back; no process has another in any of its sets, or could get one.",
        "service \"nginx\" has the capabilities \"NET_BIND_SERVICE\" and no other",
    )
    .declared(|world, arguments| capabilities(world, arguments, arguments.names(1)?))
    .observed(|world, arguments| {
        Box::pin(async move {
            rights::exactly(world, arguments.text(0)?, arguments.names(1)?).await
        })
    }),
    Step::then(
        "service {service} has no capability",
        "All capabilities are dropped and none is given back; no process has one in any of its sets, or could get one.",
        "service \"app\" has no capability",
    )
    .declared(|world, arguments| capabilities(world, arguments, &[]))
    .observed(|world, arguments| {
        Box::pin(async move { rights::exactly(world, arguments.text(0)?, &[]).await })
    }),
];

/// What a service lacks: what is found, the key to look at, and what to write.
struct Lack {
    found: String,
    key: &'static str,
    write: &'static str,
}

fn unset(found: &str, key: &'static str, write: &'static str) -> Lack {
    Lack { found: found.to_owned(), key, write }
}

fn every(
    world: &mut World,
    arguments: &Arguments,
    expected: &str,
    lacks: impl Fn(&Service) -> Option<Lack>,
) -> StepResult {
    let project = world.project()?;
    let fault = |(name, service): (&String, &crate::compose::Located<Service>)| {
        let Lack { found, key, write } = lacks(service)?;
        Some(Fault {
            subject: name.clone(),
            found: format!("service \"{name}\" has {found}"),
            origin: declared::key_origin(&project, name, key),
            help: format!(
                "write `{write}` for service \"{name}\", or add an exception with its reason"
            ),
        })
    };
    let faults = project.services.iter().filter_map(fault).collect();
    let judged: Vec<String> = project.services.keys().cloned().collect();
    settle(world, &project, arguments, expected, &judged, faults)
}

fn limits_of(service: &Service) -> Option<&crate::compose::Limits> {
    let deploy = service.deploy.as_ref()?;
    deploy.resources.as_ref()?.limits.as_ref().map(|limits| &limits.value)
}

fn no_health_check(service: &Service) -> Option<Lack> {
    const WRITE: &str = "healthcheck: { test: [CMD, …] }";
    let Some((line, _)) = health_line(service) else {
        return Some(unset("no health check", "healthcheck", WRITE));
    };
    let line = line.trim();
    let idle = matches!(line, "true" | "/bin/true" | "exit 0" | ":")
        || line.ends_with("|| true")
        || line.ends_with("|| exit 0");
    idle.then(|| Lack {
        found: format!("a health check that always succeeds: `{line}`"),
        key: "healthcheck",
        write: WRITE,
    })
}

fn not_restarted(service: &Service) -> Option<Lack> {
    let policy = service.restart.as_ref().map(|restart| restart.as_str());
    let condition = service.deploy.as_ref().and_then(|deploy| {
        deploy.restart_policy.as_ref()?.condition.as_ref().map(|condition| condition.as_str())
    });
    let comes_back = match (policy, condition) {
        (_, Some(condition)) => condition != "none",
        (Some(policy), None) => policy != "no",
        (None, None) => false,
    };
    let found = format!("the restart policy \"{}\"", condition.or(policy).unwrap_or("no"));
    (!comes_back).then_some(Lack { found, key: "restart", write: "restart: unless-stopped" })
}

/// The command line of a health check, as its file has it after Compose read it.
fn health_line(service: &Service) -> Option<(String, Origin)> {
    let check = service.healthcheck.as_ref()?;
    let words = service.health_command()?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let line = match words[..] {
        ["/bin/sh", "-c", line] => line.to_owned(),
        ref words => words.join(" "),
    };
    let origin = check.test.get(1).map_or(check.origin, |word| word.origin);
    Some((line, origin))
}

fn health_check_runs(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, wanted) = (arguments.text(0)?, arguments.text(1)?);
    let project = world.project()?;
    let found = health_line(declared::service(&project, name)?);
    let expected = format!("the health check of \"{name}\" runs `{wanted}`");
    match found {
        Some((line, _)) if line == wanted => {
            world.saw(format!("health check of \"{name}\""), line);
            Ok(())
        }
        Some((line, origin)) => {
            let failure = Failure::finding(expected, format!("`{line}`"))
                .help(format!("set `test:` of its `healthcheck:` (service \"{name}\")"));
            let origin = declared::key_origin(&project, name, "healthcheck")
                .filter(|_| origin.place.file().is_none())
                .unwrap_or(origin);
            Err(point(&project, origin, failure))
        }
        None => {
            let failure = Failure::finding(expected, "it has no health check")
                .help(format!("declare one: `healthcheck:` of service \"{name}\""));
            Err(point_key(&project, name, "healthcheck", failure))
        }
    }
}

/// The word of the features for a condition of Compose.
fn state(condition: &str) -> &str {
    match condition {
        "service_healthy" => "healthy",
        "service_completed_successfully" => "completed",
        "service_started" => "started",
        other => other,
    }
}

fn waits(world: &mut World, arguments: &Arguments) -> StepResult {
    let (name, other, wanted) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    if !["healthy", "started", "completed"].contains(&wanted) {
        return Err(Failure::error(
            format!("understand \"{wanted}\""),
            "a service is waited for to be started, healthy or completed",
        )
        .help("write one of these words"));
    }
    let project = world.project()?;
    declared::service(&project, other)?;
    let found = declared::service(&project, name)?.depends_on.get(other);
    let is = found.map_or("", |dependency| state(dependency.condition()));
    if is == wanted {
        world.saw(format!("\"{name}\" waits for \"{other}\""), format!("to be {is}"));
        return Ok(());
    }
    let expected = format!("service \"{name}\" waits until \"{other}\" is {wanted}");
    let failure = Failure::finding(
        expected,
        if is.is_empty() {
            "it does not wait for it".to_owned()
        } else {
            format!("it waits until it is {is}")
        },
    )
    .help(format!(
        "set `depends_on: {{ {other}: {{ condition: service_{} }} }}` for service \"{name}\"",
        if wanted == "completed" { "completed_successfully" } else { wanted }
    ));
    Err(match found.filter(|found| found.origin.place.file().is_some()) {
        Some(found) => point(&project, found.origin, failure),
        None => point_key(&project, name, "depends_on", failure),
    })
}

fn dependencies(world: &mut World, arguments: &Arguments) -> StepResult {
    let project = world.project()?;
    let mut there = Vec::new();
    for (name, service) in &project.services {
        for (other, dependency) in &service.depends_on {
            let cells = [name.as_str(), other, state(dependency.condition())];
            there.push(Row::new(cells, dependency.origin));
        }
    }
    let subject = Subject { what: "dependencies", key: "depends_on", section: false };
    compare(world, &project, &subject, &arguments.rows, &there)
}

fn capabilities(world: &mut World, arguments: &Arguments, wanted: &[String]) -> StepResult {
    let name = arguments.text(0)?;
    let project = world.project()?;
    let service = declared::service(&project, name)?;
    let bare = |name: &str| name.to_uppercase().trim_start_matches("CAP_").to_owned();
    let drops_all = service.cap_drop.iter().any(|dropped| bare(dropped) == "ALL");
    let expected = if wanted.is_empty() {
        format!("service \"{name}\" has no capability")
    } else {
        let names = quoted_list(wanted.iter().map(String::as_str));
        format!("service \"{name}\" has the capabilities {names} and no other")
    };
    let fail =
        |project: &Project, origin: Option<Origin>, key: &str, found: String, help: String| {
            let failure = Failure::finding(expected.as_str(), found).help(help);
            Err(match origin {
                Some(origin) => point(project, origin, failure),
                None => point_key(project, name, key, failure),
            })
        };
    if !drops_all {
        return fail(
            &project,
            None,
            "cap_drop",
            "those of the engine's default are not dropped".into(),
            format!("write `cap_drop: [ALL]` for service \"{name}\""),
        );
    }
    let wanted: Vec<String> = wanted.iter().map(|name| bare(name)).collect();
    if let Some(more) = service.cap_add.iter().find(|added| !wanted.contains(&bare(added))) {
        let found = format!("{} is given besides", more.value);
        return fail(
            &project,
            Some(more.origin),
            "cap_add",
            found,
            format!("remove {} from `cap_add`", more.value),
        );
    }
    if let Some(fewer) =
        wanted.iter().find(|name| !service.cap_add.iter().any(|added| bare(added) == **name))
    {
        return fail(
            &project,
            None,
            "cap_add",
            format!("{fewer} is not given"),
            format!("add {fewer} to `cap_add` of service \"{name}\""),
        );
    }
    world.saw(
        format!("capabilities of \"{name}\""),
        if wanted.is_empty() { "none".into() } else { wanted.join(", ") },
    );
    Ok(())
}
