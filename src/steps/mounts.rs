//! Mounts and volumes: what the engine mounted, and whether a write really succeeds or fails.

use std::time::Duration;

use super::{Arguments, Step, StepResult, World, declared::mounts as declared};
use crate::{
    run::Failure,
    stack::{
        StackError,
        engine::{Container, Executed, Mount},
    },
};

/// How long a look into a container may take.
const LIMIT: Duration = Duration::from_secs(10);

pub(super) static STEPS: &[Step] = &[
    Step::then(
        "service {service} mounts {text} at {path} read-only",
        "The folder of the project is mounted there, and a write fails because the file system is read-only.",
        "service \"nginx\" mounts \"./public\" at \"/var/www/public\" read-only",
    )
    .declared(|world, arguments| declared::mounts(world, arguments, false))
    .observed(|world, arguments| Box::pin(mounts(world, arguments, false))),
    Step::then(
        "service {service} mounts {text} at {path}",
        "The folder of the project is mounted there and can be written to.",
        "service \"app\" mounts \"./storage\" at \"/var/www/storage\"",
    )
    .declared(|world, arguments| declared::mounts(world, arguments, true))
    .observed(|world, arguments| Box::pin(mounts(world, arguments, true))),
    Step::then(
        "service {service} mounts volume {text} at {path}",
        "The named volume of the Compose files is mounted there and can be written to.",
        "service \"db\" mounts volume \"mysql-data\" at \"/var/lib/mysql\"",
    )
    .declared(declared::mounts_volume)
    .observed(|world, arguments| Box::pin(mounts_volume(world, arguments))),
    Step::then(
        "a file written to {text} on the host is at once in {path} of {service}",
        "A new file of the project's folder is readable in the container with the same content.",
        "a file written to \"storage\" on the host is at once in \"/var/www/storage\" of \"app\"",
    )
    .observed(|world, arguments| Box::pin(seen_in_container(world, arguments))),
];

/// What is mounted at a path, or all that is mounted elsewhere.
fn shown(container: &Container, target: &str) -> String {
    let line = |mount: &Mount| {
        let what = format!("{} {}", mount.kind, mount.source);
        let mode = if mount.writable { "rw" } else { "ro" };
        format!("{} at {} ({mode})", what.trim_end(), mount.target)
    };
    if let Some(mount) = container.mounts.iter().find(|mount| mount.target == target) {
        return line(mount);
    }
    let lines: Vec<String> = container.mounts.iter().map(line).collect();
    format!("nothing is mounted there; mounted are:\n{}", lines.join("\n"))
}

/// Where the mount at this path is written, else where the service's mounts are.
fn place(world: &World, service: &str, target: &str) -> Result<String, Failure> {
    let running = world.running()?;
    let project = &running.stack.project;
    let mounts = project.services.get(service).map(|service| &service.volumes);
    let mount = mounts.into_iter().flatten().find(|mount| {
        mount.target.as_ref().is_some_and(|written| written.trim_end_matches('/') == target)
    });
    Ok(mount
        .and_then(|mount| project.journal.place(mount.origin.place))
        .or_else(|| project.place_of(service, "volumes"))
        .unwrap_or_else(|| format!("service \"{service}\"")))
}

/// Tries to create and remove a file at a path: as root, for whom permissions do not matter, and
/// where root has no capability to pass over them, as the user that the service has.
async fn try_to_write(
    world: &World,
    container: &Container,
    path: &str,
) -> Result<Executed, Failure> {
    let file = format!("{path}/.seaworthy-{}", std::process::id());
    let line = format!("touch '{file}' && rm '{file}'");
    let words = ["/bin/sh".to_owned(), "-c".into(), line];
    let engine = &world.running()?.stack.engine;
    let tried =
        engine.execute_as(Some("0"), container, &words, LIMIT).await.map_err(StackError::from)?;
    if tried.code == 0 || !tried.output.contains("Permission denied") {
        return Ok(tried);
    }
    Ok(engine.execute_as(None, container, &words, LIMIT).await.map_err(StackError::from)?)
}

async fn judge(
    world: &mut World,
    service: &str,
    target: &str,
    expected: (&str, &str, bool),
) -> StepResult {
    let (kind, source, writable) = expected;
    let place = place(world, service, target)?;
    for container in world.service(service).await? {
        let mode = if writable { "" } else { " read-only" };
        let wrong = |found: String| {
            Failure::finding(
                format!("{kind} {source} is mounted at {target}{mode} in {}", container.name),
                found,
            )
            .place(place.clone())
        };
        let mount = container.mounts.iter().find(|mount| mount.target == target);
        let Some(mount) = mount.filter(|mount| mount.kind == kind && mount.source == source) else {
            return Err(wrong(shown(&container, target))
                .help(format!("mount it there: `volumes:` of service \"{service}\"")));
        };
        let done = try_to_write(world, &container, target).await?;
        let said = done.output.trim().to_owned();
        // EROFS alone proves a read-only mount; EACCES would prove permissions.
        let read_only = done.code != 0 && said.contains("Read-only file system");
        if writable != (done.code == 0) || !writable && (mount.writable || !read_only) {
            let found = if done.code == 0 {
                "a write succeeds".to_owned()
            } else {
                format!("a write fails: {said}")
            };
            let help = if writable {
                "remove `:ro` or `read_only: true` there"
            } else {
                "add `:ro` (or `read_only: true`) there"
            };
            return Err(wrong(found).help(help));
        }
        let write = if done.code == 0 { "a write succeeds".to_owned() } else { said };
        world.saw(format!("{} of {}", target, container.name), format!("{kind} {source}; {write}"));
    }
    Ok(())
}

async fn mounts(world: &mut World, arguments: &Arguments, writable: bool) -> StepResult {
    let (service, source, target) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let folder = world.running()?.stack.directory.join(source.trim_start_matches("./"));
    let folder = folder.canonicalize_utf8().map_err(|why| {
        Failure::finding(format!("the project has {source}"), format!("{folder}: {why}"))
            .help("the path is relative to the folder of the Compose project")
    })?;
    judge(world, service, target, ("bind", folder.as_str(), writable)).await
}

async fn mounts_volume(world: &mut World, arguments: &Arguments) -> StepResult {
    let (service, volume, target) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let name = format!("{}_{volume}", world.running()?.stack.name);
    judge(world, service, target, ("volume", &name, true)).await
}

async fn seen_in_container(world: &mut World, arguments: &Arguments) -> StepResult {
    let (folder, target, service) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let running = world.running()?;
    let container = world.replica(service).await?;
    let name = format!("seaworthy-{}.txt", std::process::id());
    let file = running.stack.directory.join(folder).join(&name);
    let content = format!("written by the host for {}", container.name);
    std::fs::write(&file, &content)
        .map_err(|why| Failure::error(format!("write {file}"), why.to_string()))?;
    let words = ["cat".to_owned(), format!("{target}/{name}")];
    let read = running.stack.engine.execute(&container, &words, LIMIT).await;
    std::fs::remove_file(&file)
        .map_err(|why| Failure::error(format!("remove {file}"), why.to_string()))?;
    let read = read.map_err(StackError::from)?;
    if read.output.trim() == content {
        world.saw(format!("{target}/{name} in \"{service}\""), content);
        return Ok(());
    }
    Err(Failure::finding(
        format!("{target}/{name} reads \"{content}\""),
        read.output.trim().to_owned(),
    )
    .place(place(world, service, target)?)
    .help(format!("bind-mount {folder} at {target} in service \"{service}\"")))
}
