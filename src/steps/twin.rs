//! A stack that is empty, beside the running one: what is restored into it must be as it was there.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Read as _},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use super::{
    Arguments, Step, StepResult, World,
    backup::differences,
    declared::point,
    environment,
    world::{Broken, Running},
};
use crate::{
    compose::{Project, journal::Origin},
    probe::sql,
    run::Failure,
    stack::{StackError, engine::Container},
};

/// How many differences are told.
const TOLD: usize = 10;

pub(super) static STEPS: &[Step] = &[
    Step::given(
        "an empty {environment} environment with service {service}",
        "A second stack of the same files is started beside the running one, with empty volumes of its own: the service and what it depends on. The scenario speaks of it from here on, and it goes with the scenario.",
        "an empty production environment with service \"backup\"",
    )
    .disrupts()
    .observed(|world, arguments| Box::pin(begin(world, arguments))),
    Step::then(
        "database {text} in {service} is as in the running {environment} environment",
        "Every table has the same definition and the same rows as there, and every view, trigger, routine and event is the same.",
        "database \"primehub\" in \"db\" is as in the running production environment",
    )
    .observed(|world, arguments| Box::pin(same_database(world, arguments))),
    Step::then(
        "folder {text} in {service} is as in the running {environment} environment",
        "Everything in it has the same kind, content, mode and owner as there.",
        "folder \"/var/www/storage\" in \"backup\" is as in the running production environment",
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
    let twin = running.stack.empty_twin(&context.config, service).await?;
    let started: Vec<String> =
        twin.containers().await?.into_iter().map(|container| container.service).collect();
    world.saw(
        twin.name.clone(),
        format!(
            "{}, with empty volumes, ready after {:.1?}",
            started.join(", "),
            twin.record.ready_after
        ),
    );
    // The browser has the addresses of the stack where it was.
    world.end_visit();
    world.twin = Some(Arc::new(Running::new(twin)));
    world.broken.push(Broken::Begun);
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
        return Err(Failure::error("compare two stacks", "the scenario speaks of that one already")
            .help("start another one before: Given an empty production environment with service \"backup\""));
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
    let after = sql::contents(&restored, database).await?;
    let before = sql::contents(&original, database).await?;
    let lost = differences(&before, &after);
    if lost.is_empty() {
        let parts = before.iter().map(ToString::to_string).collect::<Vec<_>>();
        world.saw(format!("database \"{database}\" in {}", restored.name), parts.join("\n"));
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

/// Something in a folder, as an archive tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: tar::EntryType,
    mode: u32,
    owner: (u64, u64),
    content: Content,
}

/// What is in a file, as far as two of them can be told apart by it: a folder may be large.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// Where a link leads.
    Target(String),
    /// Bytes, and their SHA-256.
    Bytes(u64, [u8; 32]),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Target(target) => write!(out, "link to {target}")?,
            Content::Bytes(..) if self.kind.is_dir() => write!(out, "folder")?,
            Content::Bytes(size, _) => write!(out, "file of {size} bytes")?,
        }
        write!(out, ", mode {:03o}, of {}:{}", self.mode, self.owner.0, self.owner.1)
    }
}

/// What a folder of a container holds, by path.
async fn folder(
    running: &Running,
    container: &Container,
    path: &str,
) -> Result<BTreeMap<String, Entry>, Failure> {
    let archive = running.stack.engine.archive(container, path).await.map_err(StackError::from)?;
    let Some(archive) = archive else {
        return Err(Failure::finding(format!("there is a folder {path}"), "there is none")
            .place(container.name.clone())
            .services([&container.service])
            .help("name the folder as the container sees it"));
    };
    entries(&archive).map_err(|why| {
        Failure::error(format!("read {path} of {}", container.name), why.to_string())
    })
}

fn entries(archive: &[u8]) -> io::Result<BTreeMap<String, Entry>> {
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().trim_end_matches('/').to_owned();
        let header = entry.header();
        let (kind, mode) = (header.entry_type(), header.mode()? & 0o7777);
        let owner = (header.uid()?, header.gid()?);
        let content = if let Some(target) = entry.link_name()? {
            Content::Target(target.to_string_lossy().into_owned())
        } else {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            Content::Bytes(bytes.len() as u64, Sha256::digest(&bytes).into())
        };
        found.insert(path, Entry { kind, mode, owner, content });
    }
    Ok(found)
}

async fn same_folder(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, service) = (arguments.text(0)?, arguments.text(1)?);
    let (here, there) = both(world, arguments.text(2)?)?;
    let (restored, original) = (one(&here, service).await?, one(&there, service).await?);
    let (before, after) =
        (folder(&there, &original, path).await?, folder(&here, &restored, path).await?);
    let lost = changes(&before, &after);
    if lost.is_empty() {
        let size = |entry: &Entry| match entry.content {
            Content::Bytes(size, _) => size,
            Content::Target(_) => 0,
        };
        let bytes: u64 = before.values().map(size).sum();
        world.saw(
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

/// What is not the same, a line each.
fn changes(before: &BTreeMap<String, Entry>, after: &BTreeMap<String, Entry>) -> Vec<String> {
    let mut lines: Vec<String> = before
        .iter()
        .filter_map(|(name, was)| match after.get(name) {
            None => Some(format!("{name} is missing")),
            Some(is) if is.to_string() != was.to_string() => {
                Some(format!("{name} is a {is} instead of a {was}"))
            }
            Some(is) if is != was => Some(format!("{name} has another content")),
            Some(_) => None,
        })
        .collect();
    let more = after.keys().filter(|name| !before.contains_key(*name));
    lines.extend(more.map(|name| format!("{name} is not in the original")));
    if before.is_empty() {
        lines.push("the original holds nothing".into());
    }
    let count = lines.len();
    if count > TOLD {
        lines.truncate(TOLD);
        lines.push(format!("and {} more", count - TOLD));
    }
    lines
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

    fn archive(files: &[(&str, u32, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, mode, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(*mode);
            header.set_uid(33);
            header.set_gid(33);
            archive.append_data(&mut header, name, content.as_bytes()).expect("appended");
        }
        archive.into_inner().expect("an archive")
    }

    fn told(before: &[(&str, u32, &str)], after: &[(&str, u32, &str)]) -> Vec<String> {
        let read = |files| entries(&archive(files)).expect("entries");
        changes(&read(before), &read(after))
    }

    #[test]
    fn folders_with_the_same_in_them_are_the_same() {
        let files = [("storage/a", 0o640, "1"), ("storage/b", 0o600, "")];
        assert!(told(&files, &files).is_empty());
    }

    #[test]
    fn every_difference_is_told() {
        let before =
            [("a", 0o640, "1"), ("b", 0o640, "1"), ("c", 0o640, "12"), ("gone", 0o640, "")];
        let after = [("a", 0o640, "2"), ("b", 0o600, "1"), ("c", 0o640, "1"), ("new", 0o640, "")];
        assert_eq!(
            told(&before, &after),
            [
                "a has another content",
                "b is a file of 1 bytes, mode 600, of 33:33 instead of a file of 1 bytes, mode 640, of 33:33",
                "c is a file of 1 bytes, mode 640, of 33:33 instead of a file of 2 bytes, mode 640, of 33:33",
                "gone is missing",
                "new is not in the original",
            ]
        );
    }

    #[test]
    fn an_original_without_anything_proves_nothing() {
        assert_eq!(told(&[], &[]), ["the original holds nothing"]);
    }
}
