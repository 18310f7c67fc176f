//! A stack that is empty, beside the running one: what is restored into it must be as it was there.

use std::{collections::BTreeMap, sync::Arc};

use crate::probe::store::Means;
use crate::steps::{
    Arguments, Step, StepResult, Touch, World, environment,
    judging::{declared::point, walk},
    world::{Running, Undo},
};
use crate::{
    compose::{Project, journal::Origin},
    probe::{
        folder::{self, Entry},
        store::{self, differences},
    },
    run::Failure,
    stack::engine::Container,
};

pub(crate) static STEPS: &[Step] = &[
    Step::given(
        "an empty {environment} environment with service {service}",
        "A second stack of the same files is started beside the running one, with empty volumes of its own: the service and what it depends on. The scenario speaks of it from here on, and it goes with the scenario.",
        "an empty production environment with service \"archiver\"",
    )
    .disrupts()
    .touches(Touch::Everything)
    .observed(|world, arguments| Box::pin(begin(world, arguments))),
    Step::then(
        "database {text} in {service} is as in the running {environment} environment",
        "Every table has the same definition and the same rows as there, and every view, trigger, routine and event is the same.",
        "database \"shop\" in \"database\" is as in the running production environment",
    )
    .asks(Means::Database)
    .observed(|world, arguments| Box::pin(same_database(world, arguments))),
    Step::then(
        "folder {text} in {service} is as in the running {environment} environment",
        "Everything in it has the same kind, content, mode and owner as there.",
        "folder \"/srv/uploads\" in \"archiver\" is as in the running production environment",
    )
    .observed(|world, arguments| Box::pin(same_folder(world, arguments))),
];

async fn begin(world: &mut World, arguments: &Arguments) -> StepResult {
    let (environment, service) = (arguments.text(0)?, arguments.text(1)?);
    environment::go_to(world, environment).await?;
    let context = Arc::clone(world.context()?);
    let running = world.running()?;
    let all = running.stack.all_profiles()?;
    if let Some((origin, what)) = shared(&running.stack.project, &all, service) {
        let why = Failure::finding("a second stack has data of its own", what)
            .help("give the project a volume of its own there; a second stack would write to the data of the first");
        return Err(point(&all, origin, why));
    }
    let scratch = running.stack.scratch_stack(&context.config, service).await?;
    let started: Vec<String> =
        scratch.containers().await?.into_iter().map(|container| container.service).collect();
    world.evidence(
        scratch.name.clone(),
        format!(
            "{}, with empty volumes, ready after {:.1?}",
            started.join(", "),
            scratch.record.ready_after
        ),
    );
    // The browser has the addresses of the stack where it was.
    world.end_visit();
    world.scratch = Some(Arc::new(Running::new(scratch)));
    world.undos.push(Undo::new("begun", &[], |world| {
        Box::pin(async move {
            if let Some(scratch) = world.scratch.take() {
                scratch.stack.down().await?;
            }
            Ok(())
        })
    }));
    Ok(())
}

/// What both stacks would write to: a volume that is not the project's own, or a folder of the host in a
/// service that is started, or that a profile keeps for a call by hand.
fn shared(active: &Project, all: &Project, service: &str) -> Option<(Origin, String)> {
    for (name, volume) in &all.volumes {
        if volume.is_external() {
            return Some((volume.origin, format!("volume \"{name}\" is external")));
        }
        // What the local driver mounts; only a tmpfs is new each time.
        let option = |key| all.at(&["volumes", name, "driver_opts", key]);
        let is_tmpfs = option("type").is_some_and(|kind| kind.as_str() == Some("tmpfs"));
        if let Some(device) = option("device").filter(|_| !is_tmpfs) {
            return Some((
                device.origin,
                format!("volume \"{name}\" is {}", device.as_str().unwrap_or("elsewhere")),
            ));
        }
    }
    let mut started = vec![service];
    let mut at = 0;
    while let Some(service) = started.get(at).and_then(|name| active.services.get(*name)) {
        let more = service.depends_on.keys().map(String::as_str);
        let more: Vec<&str> = more
            .filter(|name| active.services.contains_key(*name) && !started.contains(name))
            .collect();
        started.extend(more);
        at += 1;
    }
    all.services
        .iter()
        .filter(|(name, _)| {
            started.contains(&name.as_str()) || !active.services.contains_key(*name)
        })
        .flat_map(|(name, service)| service.volumes.iter().map(move |mount| (name, mount)))
        .find(|(_, mount)| {
            mount.kind.as_ref().is_some_and(|kind| kind.value == "bind")
                && mount.read_only.as_ref().is_none_or(|read_only| !read_only.value)
        })
        .map(|(name, mount)| {
            let source = mount.source.as_ref().map_or("a folder", |source| source.value.as_str());
            (mount.origin, format!("service \"{name}\" may write to {source} of this host"))
        })
}

/// The stacks that a sentence compares: the one that the scenario speaks of, and the run's own.
fn both(world: &World, environment: &str) -> Result<(Arc<Running>, Arc<Running>), Failure> {
    let (here, there) = (world.running()?, world.brought_up(environment)?);
    if here.stack.name == there.stack.name {
        return Err(Failure::undecided("compare two stacks", "the scenario speaks of that one already")
            .help("start another one before: Given an empty production environment with service \"archiver\""));
    }
    Ok((here, there))
}

async fn one(running: &Running, service: &str) -> Result<Container, Failure> {
    Ok(running.stack.service(service).await?.swap_remove(0))
}

async fn same_database(world: &mut World, arguments: &Arguments) -> StepResult {
    let (database, service) = (arguments.text(0)?, arguments.text(1)?);
    let (here, there) = both(world, arguments.text(2)?)?;
    let (restored, original) = (one(&here, service).await?, one(&there, service).await?);
    let after = store::contents(&here.stack.engine, &restored, database).await?;
    let before = store::contents(&there.stack.engine, &original, database).await?;
    if before.is_empty() {
        let expected = format!("database \"{database}\" in \"{service}\" is as it was");
        let why = format!("the database is empty in {}", original.name);
        return Err(walk::nothing(&expected, &why)
            .place(format!("service \"{service}\""))
            .help("let the scenario write something that can be lost"));
    }
    let lost = differences(&before, &after);
    if lost.is_empty() {
        let parts = before.iter().map(ToString::to_string).collect::<Vec<_>>();
        world.evidence(format!("database \"{database}\" in {}", restored.name), parts.join("\n"));
        return Ok(());
    }
    Err(Failure::finding(
        format!("`{database}` holds all that it holds in {}", original.name),
        lost.join("\n"),
    )
    .place(format!("service \"{service}\""))
    .services([service])
    .help("look at how the dump is made and loaded: all tables, their data and their definitions, --routines and --events, and the exit code of every part of a pipe"))
}

/// What a folder of a container holds, by path.
async fn contents(
    running: &Running,
    container: &Container,
    path: &str,
) -> Result<BTreeMap<String, Entry>, Failure> {
    folder::contents(&running.stack.engine, container, path).await?.ok_or_else(|| {
        Failure::finding(format!("there is a folder {path}"), "there is none")
            .place(container.name.clone())
            .services([&container.service])
            .help("name the folder as the container sees it")
    })
}

async fn same_folder(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, service) = (arguments.text(0)?, arguments.text(1)?);
    let (here, there) = both(world, arguments.text(2)?)?;
    let (restored, original) = (one(&here, service).await?, one(&there, service).await?);
    let (before, after) =
        (contents(&there, &original, path).await?, contents(&here, &restored, path).await?);
    let lost = folder::changes(&before, &after);
    if lost.is_empty() {
        let bytes: u64 = before.values().map(Entry::size).sum();
        world.evidence(
            format!("{path} in {}", restored.name),
            format!("{} files and folders, {bytes} bytes, all the same", before.len()),
        );
        return Ok(());
    }
    Err(Failure::finding(format!("{path} is as in {}", original.name), lost.join("\n"))
        .place(format!("{path} in service \"{service}\""))
        .services([service])
        .help("let the backup take the whole folder, and the restore put all of it back with modes and owners"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(text: &str) -> Option<String> {
        let project: Project =
            crate::compose::project::load_text("compose.yaml", text).expect("a model").into();
        shared(&project, &project, "app").map(|(_, what)| what)
    }

    #[test]
    fn a_second_stack_has_data_of_its_own() {
        let text = "services:\n  app: {image: a, depends_on: [db], volumes: ['./conf:/conf:ro']}\n  \
             db: {image: d, volumes: ['data:/data']}\n  other: {image: o, volumes: ['./x:/x']}\n\
             volumes: {data: {driver_opts: {type: tmpfs, device: tmpfs}}}\n";
        assert_eq!(shares(text), None);
    }

    #[test]
    fn data_that_two_stacks_would_share_is_named() {
        let with = |volume: &str, mount: &str| {
            shares(&format!(
                "services:\n  app: {{image: a, depends_on: [db]}}\n  db: {{image: d, volumes: ['{mount}:/data']}}\n\
                 volumes: {{data: {volume}}}\n"
            ))
        };
        let external = with("{external: true}", "data").expect("shared");
        assert_eq!(external, "volume \"data\" is external");
        let device = with("{driver_opts: {type: none, o: bind, device: /srv/data}}", "data");
        assert_eq!(device.expect("shared"), "volume \"data\" is /srv/data");
        let folder = with("{}", "./data").expect("shared");
        assert!(
            folder.starts_with("service \"db\" may write to ")
                && folder.ends_with("data of this host"),
            "{folder}"
        );
    }
}
