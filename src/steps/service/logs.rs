//! What a service logs: lines that are there, so many of them, or none.

use std::time::Duration;

use crate::steps::{Arguments, StepResult, World, judging::declared};
use crate::{
    compose::Project,
    probe::wait::{eventually, never},
    run::{Failure, FailureKind},
    stack::{StackError, engine::Container, logging::Kept},
};

/// What is kept of a service's logs.
pub(super) struct Log {
    pub lines: Vec<String>,
    /// That the beginning of one may be gone.
    pub cut: Option<Failure>,
}

impl Log {
    fn with(&self, text: &str) -> Vec<String> {
        self.lines.iter().filter(|line| line.contains(text)).cloned().collect()
    }
}

/// Everything that the replicas of a service have logged.
pub(super) async fn read(world: &World, service: &str) -> Result<Log, Failure> {
    let stack = &world.running()?.stack;
    let mut log = Log { lines: Vec::new(), cut: None };
    for container in world.service(service).await? {
        let lines = stack.engine.log(&container.id, None).await.map_err(StackError::from)?;
        let mut kept = Kept::default();
        for line in &lines {
            kept.add(format!("{line}\n").as_bytes());
        }
        log.cut = log.cut.or_else(|| cut(&stack.project, &container, kept));
        log.lines.extend(lines);
    }
    Ok(log)
}

/// That nobody knows what a container logged at first, if the engine may have removed it.
pub(crate) fn cut(project: &Project, container: &Container, kept: Kept) -> Option<Failure> {
    let why = container.log_may_be_cut(kept)?;
    let service = &container.service;
    let tried = format!("read everything that service \"{service}\" logged");
    let failure = Failure::undecided(tried, why).services([service]).help(format!(
        "let `logging:` of \"{service}\" keep more in this environment, as in options: {{max-size: 10m, max-file: \"3\"}}; with fewer than two files nobody can tell whether lines were lost"
    ));
    Some(declared::point_key(project, service, "logging", failure))
}

pub(super) fn log_failure(service: &str, expected: String, found: String) -> Failure {
    Failure::finding(expected, found)
        .place(format!("log of service \"{service}\""))
        .services([service])
        .help(format!("the last lines of \"{service}\" tell what it does instead"))
}

pub(crate) async fn log_shows(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, text) = (arguments.text(0)?, world.fill(arguments.text(1)?)?);
    // Of a service that has no container nothing will ever be logged.
    world.service(service).await?;
    let line = world
        .eventually(arguments.within, || async {
            let log = read(world, service).await?;
            if let Some(line) = log.with(&text).into_iter().next() {
                return Ok(line);
            }
            if let Some(cut) = log.cut {
                return Err(cut);
            }
            let expected = format!("a line with \"{text}\"");
            if log.lines.is_empty() {
                let found = "no such line, and no other: the log is empty".into();
                return Err(log_failure(service, expected, found).help(format!(
                    "let \"{service}\" log to its standard output or error, not to a file"
                )));
            }
            Err(log_failure(service, expected, "no such line".into()))
        })
        .await?;
    world.evidence(format!("log of \"{service}\""), line);
    Ok(())
}

pub(crate) async fn log_shows_times(world: &mut World, arguments: &Arguments) -> StepResult {
    const SETTLE: Duration = Duration::from_secs(1);
    let (service, text) = (arguments.text(0)?, world.fill(arguments.text(1)?)?);
    let wanted = usize::try_from(arguments.number(2)?).unwrap_or(usize::MAX);
    let expected = || format!("exactly {wanted} lines with \"{text}\"");
    // Of a service that has no container nothing will ever be logged.
    world.service(service).await?;
    let lines = world
        .eventually(arguments.within, || async {
            let log = read(world, service).await?;
            let lines = log.with(&text);
            if lines.len() >= wanted {
                return Ok(lines);
            }
            if let Some(cut) = log.cut {
                return Err(cut);
            }
            Err(log_failure(
                service,
                expected(),
                format!("{} lines\n{}", lines.len(), lines.join("\n")).trim_end().to_owned(),
            ))
        })
        .await?;
    let more = eventually(SETTLE, || async {
        let lines = read(world, service).await.map_err(Some)?.with(&text);
        if lines.len() > wanted { Ok(lines) } else { Err(None) }
    })
    .await;
    match more {
        Err(None) => {
            if let Some(cut) = read(world, service).await?.cut {
                return Err(cut);
            }
            world.evidence(format!("log of \"{service}\""), lines.join("\n"));
            Ok(())
        }
        Err(Some(why)) => Err(why),
        Ok(lines) => Err(log_failure(
            service,
            expected(),
            format!("{} lines\n{}", lines.len(), lines.join("\n")),
        )),
    }
}

pub(crate) async fn log_never_shows(world: &mut World, arguments: &Arguments) -> StepResult {
    let (window, service, text) =
        (arguments.duration(0)?, arguments.text(1)?, world.fill(arguments.text(2)?)?);
    let told = humantime::format_duration(window);
    let line = never(window, || async {
        let log = read(world, service).await.map_err(|why| nobody_logs(service, why))?;
        let line = log.with(&text);
        if line.is_empty() {
            can_log(world, service).await?;
        }
        Ok::<_, Failure>(line.into_iter().next())
    })
    .await?;
    let log = read(world, service).await.map_err(|why| nobody_logs(service, why))?;
    if let Some(line) = line.or_else(|| log.with(&text).into_iter().next()) {
        return Err(log_failure(service, format!("for {told} no line with \"{text}\""), line));
    }
    // What is lost in the meantime is known at the end as well.
    if let Some(cut) = log.cut {
        return Err(cut);
    }
    let lines = log.lines.len();
    world.evidence(
        format!("log of \"{service}\""),
        format!("{lines} lines, none with \"{text}\", and none came within {told}"),
    );
    Ok(())
}

/// Without a container there is no log: that nothing stands in it says nothing.
fn nobody_logs(service: &str, why: Failure) -> Failure {
    if why.kind != FailureKind::Finding {
        return why;
    }
    Failure::undecided(format!("read the log of service \"{service}\""), why.found)
        .place(format!("log of service \"{service}\""))
        .services([service])
        .help(if why.help.is_empty() {
            format!("let a container of \"{service}\" run while its log is watched")
        } else {
            why.help
        })
}

/// A container that is not at work logs nothing, whatever is wrong with it. One that has done its
/// work, and said so by its exit code, has told everything.
async fn can_log(world: &World, service: &str) -> StepResult {
    for container in world.service(service).await.map_err(|why| nobody_logs(service, why))? {
        let done = container.state == "exited" && container.exit_code == 0;
        if container.state != "running" && !done {
            return Err(Failure::undecided(
                format!("watch the log of service \"{service}\""),
                format!(
                    "{} is {}, exit code {}",
                    container.name, container.state, container.exit_code
                ),
            )
            .place(format!("log of service \"{service}\""))
            .services([service])
            .help(format!(
                "what does not run logs nothing: let \"{service}\" run while its log is watched"
            )));
        }
    }
    Ok(())
}
