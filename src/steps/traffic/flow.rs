//! A request on its way: at which services did its id come by?
//!
//! A store (MySQL, Redis) is asked which statements or commands carried the id; every other
//! service is asked for the lines of its log that carry it.

use std::time::Duration;

use crate::steps::{
    Arguments, Step, StepResult, World,
    traffic::{http, web},
};
use crate::{
    probe::wait::eventually,
    run::{Evidence, Failure},
    words::quoted_list,
};

/// How long a service is watched for a request that must not reach it.
const WATCH: Duration = Duration::from_millis(500);
/// How many traces are kept as evidence, a service.
const SHOWN: usize = 3;

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "the request passes through {services}",
        "The id of the last request is found at each: in the log, in an SQL statement, in a Redis command.",
        "the request passes through \"web\", \"api\", \"database\" and \"cache\"",
    )
    .waits()
    .asks_stores(services)
    .observed(|world, arguments| Box::pin(passes(world, arguments))),
    Step::then(
        "the request does not reach {services}",
        "The id of the last request, which succeeded or whose status a sentence states, is found at the web server and, for half a second more, at none of them.",
        "the request does not reach \"api\" and \"database\"",
    )
    .asks_stores(services)
    .observed(|world, arguments| Box::pin(does_not_reach(world, arguments))),
];

fn services(arguments: &Arguments) -> Vec<String> {
    arguments.names(0).map(<[String]>::to_vec).unwrap_or_default()
}

/// What carries a request's id at a service: where we looked, and what was there.
async fn traces(world: &World, service: &str, id: &str) -> Result<Evidence, Failure> {
    let running = world.running()?;
    let mut seen = Vec::new();
    // The web server is no store, and need not have been asked about.
    let is_web = web::server(&running.stack).is_ok_and(|(web, _)| web == service);
    let taps = if is_web { None } else { running.taps(service).await? };
    let what = if let Some(taps) = taps {
        for tap in &taps {
            seen.extend(tap.heard(id).await?);
        }
        format!("commands given to \"{service}\"")
    } else {
        for container in running.stack.service(service).await? {
            let log = running
                .stack
                .engine
                .log(&container.id, None)
                .await
                .map_err(crate::stack::StackError::from)?;
            seen.extend(log.into_iter().filter(|line| line.contains(id)));
        }
        format!("log of \"{service}\"")
    };
    let more = seen.len().saturating_sub(SHOWN);
    seen.truncate(SHOWN);
    if more > 0 {
        seen.push(format!("… and {more} more"));
    }
    Ok(Evidence::new(what, seen.join("\n")))
}

async fn passes(world: &mut World, arguments: &Arguments) -> StepResult {
    let id = world.exchange()?.id.clone();
    let services = arguments.names(0)?;
    let header = world.context()?.config.request_id_header.clone();
    for (at, service) in services.iter().enumerate() {
        let found = world
            .eventually(arguments.within, || async {
                let evidence = traces(world, service, &id).await?;
                if evidence.seen.is_empty() {
                    let before = at.checked_sub(1).map_or("the browser", |at| services[at].as_str());
                    return Err(Failure::finding(
                        format!("the request {id} comes by service \"{service}\""),
                        format!("no trace of it in the {}", evidence.what),
                    )
                    .place(format!("service \"{service}\", after {before}"))
                    .services(services[..=at].to_vec())
                    .help(format!("either the request never gets there (look at how {before} reaches \"{service}\"), or \"{service}\" does not write down the header {header}")));
                }
                Ok(evidence)
            })
            .await?;
        world.evidence(found.what, found.seen);
    }
    Ok(())
}

async fn does_not_reach(world: &mut World, arguments: &Arguments) -> StepResult {
    // What is refused on its way reaches nobody.
    let id = http::answer(world)?.id.clone();
    let (web, _) = web::server(&world.running()?.stack)?;
    // Once the web server has written it down, the others had their chance.
    let at_web = world
        .eventually(None, || async {
            let evidence = traces(world, &web, &id).await?;
            if evidence.seen.is_empty() {
                return Err(Failure::finding(
                    format!("the request {id} comes by \"{web}\""),
                    format!("no trace of it in the {}", evidence.what),
                )
                .place(format!("service \"{web}\", after the browser"))
                .services([&web])
                .help(format!("\"{web}\" must log every request with its id: only then it is known that the others had their chance")));
            }
            Ok(evidence)
        })
        .await?;
    world.evidence(at_web.what, at_web.seen);
    let unwanted = eventually(WATCH, || async {
        for service in arguments.names(0).map_err(Some)? {
            let evidence = traces(world, service, &id).await.map_err(Some)?;
            if !evidence.seen.is_empty() {
                return Ok((service, evidence));
            }
        }
        Err(None)
    })
    .await;
    match unwanted {
        Err(None) => {}
        Err(Some(why)) => return Err(why),
        Ok((service, evidence)) => {
            return Err(Failure::finding(
                format!("the request {id} does not reach {}", quoted_list([service.as_str()])),
                evidence.seen,
            )
            .place(evidence.what)
            .services([&web, service])
            .help(format!("look at the rule by which \"{web}\" hands such requests on")));
        }
    }
    world.evidence(
        format!("traces at {}", quoted_list(arguments.names(0)?.iter().map(String::as_str))),
        format!("none within {}", humantime::format_duration(WATCH)),
    );
    Ok(())
}
