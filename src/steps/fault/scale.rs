//! More replicas of a service, requests shared among them, and services of a profile.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::steps::{
    Arguments, Step, StepResult, Touch, World,
    fault::faults,
    service::replicas::once_only,
    traffic::{http, web},
    world::{Transport, Undo},
};
use crate::{
    run::Failure,
    stack::{Stack, StackError, engine::Container},
    words::counted,
};

/// How long a single request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long requests go on while a replica is stopped.
const STORM: Duration = Duration::from_secs(3);
/// How many senders share such a storm.
const SENDERS: usize = 4;

pub(crate) static STEPS: &[Step] = &[
    Step::when(
        "service {service} is scaled to {number}",
        "Compose creates more replicas of the service; each is started and waited for until it is healthy.",
        "service \"api\" is scaled to 3",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(scale(world, arguments))),
    Step::when(
        "profile {text} is started",
        "The services that only this profile has are created, started and waited for.",
        "profile \"debug\" is started",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(start_profile(world, arguments))),
    Step::then(
        "{number} requests for {path} succeed and come by all {number} replicas of {service}",
        "All are answered with a status below 400, and each replica's log shows at least one of them.",
        "30 requests for \"/items\" succeed and come by all 3 replicas of \"api\"",
    )
    .waits()
    .touches(Touch::Visit)
    .observed(|world, arguments| Box::pin(shared(world, arguments))),
    Step::then(
        "no request for {path} is lost while a replica of {service} is stopped",
        "Requests go on from several senders while one replica is asked to end; all are answered with a status below 400.",
        "no request for \"/items\" is lost while a replica of \"api\" is stopped",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(none_lost(world, arguments))),
];

async fn scale(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, count) = (arguments.text(0)?.to_owned(), arguments.number(1)?);
    let running = world.running()?;
    world.service(&service).await?;
    once_only(&running.stack.project, &service, count)?;
    let undo = Undo::of_service("scaled", &service, |stack, of| Box::pin(shrink(stack, of)));
    world.undos.push(undo.resizes());
    let scale = format!("{service}={count}");
    running.stack.create(&["--scale", &scale], &[&service]).await?;
    faults::start(&running.stack, &service).await?;
    let replicas = world.service(&service).await?;
    if replicas.len() as u64 != count {
        return Err(Failure::finding(
            format!("{} of \"{service}\"", counted(count, "replica")),
            format!("{} of them", replicas.len()),
        )
        .place(format!("service \"{service}\""))
        .services([&service])
        .help(format!(
            "look at what limits \"{service}\": `deploy.placement`, the memory of this machine"
        )));
    }
    let names: Vec<&str> = replicas.iter().map(|replica| replica.name.as_str()).collect();
    world.evidence(format!("replicas of \"{service}\""), names.join("\n"));
    Ok(())
}

/// Removes the replicas that the files do not ask for and proves that the rest is well.
async fn shrink(stack: &Stack, service: &str) -> StepResult {
    let wanted = stack.project.services.get(service).map_or(1, |service| service.replicas());
    let mut replicas = stack.service(service).await?;
    // Compose numbers replicas: NAME-1, NAME-2, …
    replicas.sort_by_key(number);
    for replica in replicas.iter().skip(wanted as usize) {
        stack.engine.remove(replica).await.map_err(StackError::from)?;
    }
    faults::start(stack, service).await
}

fn number(replica: &Container) -> u32 {
    replica.name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
}

async fn start_profile(world: &mut World, arguments: &Arguments) -> StepResult {
    let profile = arguments.text(0)?;
    let running = world.running()?;
    let added = running.stack.create_profile(profile).await?;
    if added.is_empty() {
        return Err(Failure::finding(
            format!("a service has the profile \"{profile}\""),
            "none has",
        )
        .place("the Compose files")
        .help(format!("set `profiles: [{profile}]` for a service")));
    }
    let services = added.clone();
    world.undos.push(Undo::new("added", &added, move |world| {
        Box::pin(async move { remove(&world.running()?.stack, &services).await })
    }));
    for service in &added {
        faults::start(&running.stack, service).await?;
    }
    world.evidence(
        format!("profile \"{profile}\""),
        format!("{} started and healthy", added.join(", ")),
    );
    Ok(())
}

/// Removes the services that a profile added.
async fn remove(stack: &Stack, services: &[String]) -> StepResult {
    for service in services {
        for container in stack.service(service).await? {
            stack.engine.remove(&container).await.map_err(StackError::from)?;
        }
    }
    Ok(())
}

async fn shared(world: &mut World, arguments: &Arguments) -> StepResult {
    let (count, path) = (arguments.number(0)?, world.fill(arguments.text(1)?)?);
    let (wanted, service) = (arguments.number(2)?, arguments.text(3)?);
    let limit = world.limit(arguments.within)?;
    let begun = Instant::now();
    // The web server learns of new replicas by asking for the name again, after a moment.
    loop {
        let (answered, idle) = round(world, count, &path, service).await?;
        if idle.is_empty() && answered.len() as u64 == wanted {
            world.evidence(format!("{count} requests for \"{path}\""), answered.join("\n"));
            return Ok(());
        }
        if begun.elapsed() > limit {
            let found = format!(
                "{}\nidle: {}",
                answered.join("\n"),
                if idle.is_empty() { "none".into() } else { idle.join(", ") }
            );
            let (web, _) = web::server(&world.running()?.stack)?;
            return Err(Failure::finding(format!("all {} of \"{service}\" answer", counted(wanted, "replica")), found)
                .place(format!("between \"{web}\" and \"{service}\""))
                .services([&web])
                .help(format!("\"{web}\" must ask for the name \"{service}\" again and again (nginx: resolver 127.0.0.11 valid=1s and a variable in the upstream address)")));
        }
    }
}

/// Sends requests and finds out which replicas answered how many, and which none.
async fn round(
    world: &mut World,
    count: u64,
    path: &str,
    service: &str,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let exchange = http::exchange(world, Method::GET, path, http::Body::None, PATIENCE).await?;
        if exchange.status >= 400 {
            return Err(http::refused(world, &exchange));
        }
        ids.push(exchange.id);
    }
    let running = world.running()?;
    let (mut answered, mut idle) = (Vec::new(), Vec::new());
    for replica in world.service(service).await? {
        let log = running.stack.engine.log(&replica.id, None).await.map_err(StackError::from)?;
        let own = ids.iter().filter(|id| log.iter().any(|line| line.contains(id.as_str()))).count();
        if own == 0 {
            idle.push(replica.name);
        } else {
            answered.push(format!("{}: {own}", replica.name));
        }
    }
    Ok((answered, idle))
}

async fn none_lost(world: &mut World, arguments: &Arguments) -> StepResult {
    const GRACE: i32 = 10;
    let (path, service) = (world.fill(arguments.text(0)?)?, arguments.text(1)?.to_owned());
    let running = world.running()?;
    let mut replicas = world.service(&service).await?;
    replicas.sort_by_key(number);
    let Some(victim) = replicas.pop().filter(|_| !replicas.is_empty()) else {
        return Err(Failure::finding(format!("several replicas of \"{service}\""), "only one")
            .place(format!("service \"{service}\""))
            .help("scale it first: When service \"api\" is scaled to 3"));
    };
    let url = web::address(&running.stack, &path, Transport::AsDeclared).await?;
    let client = web::browser(world.context()?, &running.stack).await?;
    let begun = Instant::now();
    let senders = (0..SENDERS).map(|_| async {
        let mut sent = 0_usize;
        let mut lost = Vec::new();
        while begun.elapsed() < STORM {
            sent += 1;
            match client.get(url.clone()).timeout(PATIENCE).send().await {
                Ok(response) if response.status().as_u16() < 400 => {}
                Ok(response) => lost.push(format!(
                    "status {} after {:.1?}",
                    response.status().as_u16(),
                    begun.elapsed()
                )),
                Err(why) => lost.push(format!("{why} after {:.1?}", begun.elapsed())),
            }
        }
        (sent, lost)
    });
    let stop = async {
        tokio::time::sleep(STORM / 4).await;
        running.stack.engine.stop(&victim, GRACE).await
    };
    world.undos.push(faults::stopped(&service));
    let (results, stopped) = tokio::join!(futures::future::join_all(senders), stop);
    stopped.map_err(StackError::from)?;
    let sent: usize = results.iter().map(|(sent, _)| sent).sum();
    let lost: Vec<String> = results.into_iter().flat_map(|(_, lost)| lost).collect();
    if lost.is_empty() {
        world.evidence(
            format!("requests for \"{path}\" while {} was stopped", victim.name),
            format!("{sent} sent, all answered"),
        );
        return Ok(());
    }
    let (web, _) = web::server(&running.stack)?;
    Err(Failure::finding(format!("none of {sent} requests is lost"), format!("{} lost\n{}", lost.len(), lost.iter().take(5).cloned().collect::<Vec<_>>().join("\n")))
        .place(format!("between \"{web}\" and \"{service}\""))
        .services([&web, &service])
        .help(format!("\"{web}\" must try the next replica when one is gone (nginx: fastcgi_next_upstream error timeout), and \"{service}\" must finish what it has begun when asked to end (STOPSIGNAL)")))
}
