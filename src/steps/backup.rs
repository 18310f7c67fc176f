//! Backups: a command that makes one, what it leaves behind, and whether it restores.

use std::{collections::BTreeMap, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use testcontainers::{
    GenericImage, ImageExt as _,
    core::{AccessMode, Mount},
    runners::AsyncRunner as _,
};

use super::{Arguments, Step, StepResult, World};
use crate::{
    compose::health_command,
    probe::{sql, wait::eventually},
    run::Failure,
    stack::{
        StackError,
        engine::{Container, PROJECT_LABEL},
    },
};

/// How long an empty server may take to start, and a dump to load.
const LIMIT: Duration = Duration::from_mins(1);

pub(super) static STEPS: &[Step] = &[
    Step::given(
        "an empty folder called {text}",
        "A folder that goes with the scenario, with a name for later sentences: {name}.",
        "an empty folder called \"backups\"",
    )
    .observed(|world, arguments| Box::pin(async move { folder(world, arguments) })),
    Step::then(
        "running {text} in the project folder succeeds",
        "The shell command line, run on the host in the project's folder as an operator would, exits with 0.",
        "running \"./backup-script.sh {backups}\" in the project folder succeeds",
    )
    .observed(|world, arguments| Box::pin(script(world, arguments, true))),
    Step::then(
        "running {text} in the project folder fails",
        "The shell command line exits with something else than 0.",
        "running \"./backup-script.sh {backups}\" in the project folder fails",
    )
    .observed(|world, arguments| Box::pin(script(world, arguments, false))),
    Step::then(
        "folder {text} is empty",
        "There is no file in it, not even a half one.",
        "folder \"{backups}\" is empty",
    )
    .observed(|world, arguments| Box::pin(async move { is_empty(world, arguments) })),
    Step::then(
        "the dump {text} of database {text} restores into an empty server like {service}",
        "Loaded into a new server of the same image, the file yields every table with the same definition and rows, every view, trigger, routine and event.",
        "the dump \"{backups}/*.sql\" of database \"primehub\" restores into an empty server like \"db\"",
    )
    .observed(|world, arguments| Box::pin(dump_restores(world, arguments))),
    Step::then(
        "the archive {text} restores folder {text} byte for byte",
        "Unpacked elsewhere, the tar file yields every file of the project's folder with the same content.",
        "the archive \"{backups}/*.tar.gz\" restores folder \"storage\" byte for byte",
    )
    .observed(|world, arguments| Box::pin(archive_restores(world, arguments))),
];

fn folder(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let folder = world
        .running()?
        .stack
        .scratch_folder()
        .map_err(|why| Failure::error("make a folder", why.to_string()))?;
    world.names.insert(name.to_owned(), folder.into_string());
    Ok(())
}

async fn script(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let line = world.fill(arguments.text(0)?)?;
    let running = world.running()?;
    let (succeeded, last_words) = running.stack.run_on_host(&line).await?;
    let said = last_words.join("\n");
    if succeeded == wanted {
        world.saw(
            format!("`{line}`"),
            format!("{}\n{said}", if succeeded { "succeeded" } else { "failed" })
                .trim_end()
                .to_owned(),
        );
        return Ok(());
    }
    let expected = if wanted { "exits with 0" } else { "does not exit with 0" };
    Err(Failure::finding(
        format!("`{line}` {expected}"),
        if said.is_empty() { "it printed nothing".into() } else { said },
    )
    .place(running.stack.directory.to_string())
    .help(if wanted {
        "run it by hand in that folder"
    } else {
        "let every part that fails end it: `set -euo pipefail`, and no `|| true`"
    }))
}

fn is_empty(world: &mut World, arguments: &Arguments) -> StepResult {
    let folder = Utf8PathBuf::from(world.fill(arguments.text(0)?)?);
    let files = files(&folder)?;
    if files.is_empty() {
        world.saw(folder.as_str(), "empty");
        return Ok(());
    }
    let names: Vec<String> =
        files.iter().map(|(name, bytes)| format!("{name} ({} bytes)", bytes.len())).collect();
    Err(Failure::finding("an empty folder", names.join("\n"))
        .place(folder.to_string())
        .help("write to a temporary name and rename it when all is done; remove it on failure"))
}

/// Every file below a folder, by its path from there.
fn files(folder: &Utf8Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let failed = |why: std::io::Error| Failure::error(format!("read {folder}"), why.to_string());
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir_utf8().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(entry.path().to_owned());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string();
                found.insert(name, std::fs::read(entry.path()).map_err(failed)?);
            }
        }
    }
    Ok(found)
}

/// The one file that fits a path whose last part may hold one `*`.
fn the_file(path: &str) -> Result<Utf8PathBuf, Failure> {
    let path = Utf8Path::new(path);
    let folder = path.parent().unwrap_or(Utf8Path::new("."));
    let pattern = path.file_name().unwrap_or_default();
    let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    let all = files(folder)?;
    let fits = |name: &&String| {
        if pattern.contains('*') {
            name.starts_with(start) && name.ends_with(end)
        } else {
            *name == pattern
        }
    };
    let fitting: Vec<&String> = all.keys().filter(fits).collect();
    match fitting.as_slice() {
        [one] => Ok(folder.join(one)),
        _ => Err(Failure::finding(
            format!("exactly one file like {pattern}"),
            format!("there are: {}", all.keys().cloned().collect::<Vec<_>>().join(", ")),
        )
        .place(folder.to_string())
        .help("look at what the command before writes, and where")),
    }
}

/// Where the secrets lie that a server is started with.
const SECRETS: &str = "/run/secrets/";

async fn dump_restores(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, database, service) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, arguments.text(2)?);
    let file = the_file(&path)?;
    let dump = std::fs::read(&file)
        .map_err(|why| Failure::error(format!("read {file}"), why.to_string()))?;
    let running = world.running()?;
    let original = world.replica(service).await?;
    let network = original.addresses.keys().next().cloned().unwrap_or_default();
    let (name, tag) = original.image.rsplit_once(':').unwrap_or((&original.image, "latest"));
    let mut request = GenericImage::new(name, tag)
        .with_network(network)
        .with_label(PROJECT_LABEL, &running.stack.name)
        .with_startup_timeout(LIMIT)
        .with_copy_to("/tmp/dump.sql", dump.clone());
    for (name, value) in original
        .environment
        .iter()
        .filter(|(name, _)| name.starts_with("MYSQL_") || name.starts_with("MARIADB_"))
    {
        request = request.with_env_var(name, value);
    }
    // What those variables name by `_FILE`, and what the health check reads.
    for secret in original.mounts.iter().filter(|mount| mount.target.starts_with(SECRETS)) {
        let mount = Mount::bind_mount(secret.source.clone(), secret.target.clone());
        request = request.with_mount(mount.with_access_mode(AccessMode::ReadOnly));
    }
    let server = request.start().await.map_err(|why| {
        Failure::error("start an empty server", why.to_string())
            .help("look at the memory and the disk of this machine")
    })?;
    let restored = restore(&running.stack.engine, server.id(), &original, database)
        .await
        .map_err(|why| if why.place.is_some() { why } else { why.place(file.to_string()) });
    let after = match &restored {
        Ok(empty) => sql::contents(empty, database).await.map_err(Failure::from),
        Err(why) => Err(why.clone()),
    };
    server.rm().await.map_err(|why| Failure::error("remove the server", why.to_string()))?;
    let (before, after) = (sql::contents(&original, database).await?, after?);
    let lost = differences(&before, &after);
    if lost.is_empty() {
        let parts: Vec<String> = before.iter().map(ToString::to_string).collect();
        world.saw(format!("{file} ({} bytes), restored", dump.len()), parts.join("\n"));
        return Ok(());
    }
    Err(Failure::finding(format!("`{database}` holds all that it holds in \"{service}\""), lost.join("\n"))
        .place(file.to_string())
        .help("look at how the dump is made: all tables, their data and their definitions, --routines and --events, and the exit code of every part of a pipe"))
}

/// What is not the same of a database after a restore, a line each; a database without tables proves nothing.
pub(super) fn differences(before: &[sql::Part], after: &[sql::Part]) -> Vec<String> {
    if !before.iter().any(|part| part.kind == "table") {
        return vec!["the original database has no table".into()];
    }
    let more = after.iter().filter(|part| !before.iter().any(|other| same(part, other)));
    let more = more.map(|part| format!("{} {} is not in the original", part.kind, part.name));
    before.iter().flat_map(|part| changes(part, after)).chain(more).collect()
}

fn same(one: &sql::Part, other: &sql::Part) -> bool {
    (&one.kind, &one.name) == (&other.kind, &other.name)
}

/// What is not the same of a part.
fn changes(part: &sql::Part, after: &[sql::Part]) -> Vec<String> {
    let name = format!("{} {}", part.kind, part.name);
    let Some(restored) = after.iter().find(|other| same(part, other)) else {
        return vec![format!("{name} is missing")];
    };
    let mut lines = Vec::new();
    if restored.rows != part.rows {
        let told = |rows: Option<sql::Rows>| {
            rows.map_or_else(|| "no rows of its own".into(), |rows| rows.to_string())
        };
        lines.push(format!("{name} has {} instead of {}", told(restored.rows), told(part.rows)));
    }
    let missing = part.definition.iter().filter(|line| !restored.definition.contains(line));
    lines.extend(missing.map(|line| format!("{name} lacks: {line}")));
    let more = restored.definition.iter().filter(|line| !part.definition.contains(line));
    lines.extend(more.map(|line| format!("{name} has besides: {line}")));
    lines
}

/// Waits for the empty server and loads the dump that was copied into it.
async fn restore(
    engine: &crate::stack::engine::Engine,
    id: &str,
    original: &Container,
    database: &str,
) -> Result<Container, Failure> {
    let check = health_command(&original.health_test).unwrap_or_else(|| vec!["true".into()]);
    let server = eventually(LIMIT, || async {
        let server = engine.container(id).await.map_err(StackError::from)?;
        let done = engine.execute(&server, &check, LIMIT).await.map_err(StackError::from)?;
        if done.code == 0 {
            Ok(server)
        } else {
            Err(Failure::error("wait for the empty server", done.output))
        }
    })
    .await?;
    let load = format!(
        "MYSQL_PWD=\"${{MYSQL_ROOT_PASSWORD:-$(cat \"$MYSQL_ROOT_PASSWORD_FILE\")}}\" mysql --user=root {database} < /tmp/dump.sql"
    );
    let done = engine
        .execute(&server, &["/bin/sh".into(), "-c".into(), load], LIMIT)
        .await
        .map_err(StackError::from)?;
    if done.code == 0 {
        return Ok(server);
    }
    Err(Failure::finding("the dump loads without an error", done.output.trim().to_owned())
        .help("look at the last lines of the dump: it must end with `-- Dump completed`"))
}

async fn archive_restores(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, folder) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let running = world.running()?;
    let archive = the_file(&path)?;
    let target = running
        .stack
        .scratch_folder()
        .map_err(|why| Failure::error("make a folder", why.to_string()))?;
    let (succeeded, said) =
        running.stack.run_on_host(&format!("tar -xzf '{archive}' -C '{target}'")).await?;
    if !succeeded {
        return Err(Failure::finding("an archive that tar can unpack", said.join("\n"))
            .place(archive.to_string())
            .help("look at the exit code of whatever packs it, and at the space on the disk"));
    }
    let (before, after) =
        (files(&running.stack.directory.join(folder))?, files(&target.join(folder))?);
    if before == after && !before.is_empty() {
        world.saw(archive.as_str(), format!("{} files of {folder}, all the same", before.len()));
        return Ok(());
    }
    let mut different: Vec<String> = before
        .iter()
        .filter_map(|(name, bytes)| match after.get(name) {
            None => Some(format!("{folder}/{name} is missing")),
            Some(other) if other != bytes => Some(format!(
                "{folder}/{name} is different: {} bytes instead of {}",
                other.len(),
                bytes.len()
            )),
            Some(_) => None,
        })
        .collect();
    different.extend(
        after
            .keys()
            .filter(|name| !before.contains_key(*name))
            .map(|name| format!("{folder}/{name} is not in the original")),
    );
    if before.is_empty() {
        different.push(format!("{folder} holds no file"));
    }
    different.truncate(10);
    Err(Failure::finding(format!("every file of {folder}, byte for byte"), different.join("\n"))
        .place(archive.to_string())
        .help("pack the whole folder while nobody writes to it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: &str, name: &str, count: Option<u64>, definition: &[&str]) -> sql::Part {
        sql::Part {
            kind: kind.into(),
            name: name.into(),
            rows: count.map(|count| sql::Rows { count, checksum: count * 10 }),
            definition: definition.iter().map(ToString::to_string).collect(),
        }
    }

    fn database() -> Vec<sql::Part> {
        vec![
            part("table", "orders", Some(2), &["column 1 id", "trigger loud AFTER INSERT"]),
            part("view", "late", None, &["view select 1"]),
            part("procedure", "late", None, &["procedure select 2"]),
            part("event", "nightly", None, &["event ENABLED"]),
        ]
    }

    #[test]
    fn a_database_that_came_back_whole_has_no_differences() {
        assert!(differences(&database(), &database()).is_empty());
    }

    #[test]
    fn every_part_that_is_lost_or_changed_is_told() {
        let after = [
            part("table", "orders", Some(1), &["column 1 id"]),
            part("procedure", "late", None, &["procedure select 3"]),
            part("table", "other", Some(0), &[]),
        ];
        assert_eq!(
            differences(&database(), &after),
            [
                "table orders has 1 rows, checksum 10 instead of 2 rows, checksum 20",
                "table orders lacks: trigger loud AFTER INSERT",
                "view late is missing",
                "procedure late lacks: procedure select 2",
                "procedure late has besides: procedure select 3",
                "event nightly is missing",
                "table other is not in the original",
            ]
        );
    }

    #[test]
    fn a_database_without_tables_proves_nothing() {
        assert_eq!(differences(&[], &[]), ["the original database has no table"]);
    }
}
