//! Backups: a command that makes one, what it leaves behind, and whether it restores.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::probe::store::Means;
use crate::steps::{Arguments, Step, StepResult, Touch, World};
use crate::{
    probe::store::{
        self, differences,
        dump::{self, Unrestored},
    },
    run::Failure,
    stack::ran,
};

pub(crate) static STEPS: &[Step] = &[
    Step::given(
        "an empty folder called {text}",
        "A folder that goes with the scenario, with a name for later sentences: {name}.",
        "an empty folder called \"backups\"",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { folder(world, arguments) })),
    Step::then(
        "running {text} in the project folder succeeds",
        "The shell command line, run on the host in the project's folder as an operator would, exits with 0.",
        "running \"./save.sh {backups}\" in the project folder succeeds",
    )
    .touches(Touch::Everything)
    .observed(|world, arguments| Box::pin(script(world, arguments, true))),
    Step::then(
        "running {text} in the project folder fails",
        "The shell command line exits with something else than 0.",
        "running \"./save.sh {backups}\" in the project folder fails",
    )
    .touches(Touch::Everything)
    .observed(|world, arguments| Box::pin(script(world, arguments, false))),
    Step::then(
        "folder {text} is empty",
        "There is no file in it, not even a half one.",
        "folder \"{backups}\" is empty",
    )
    .touches(Touch::Nothing)
    .observed(|world, arguments| Box::pin(async move { is_empty(world, arguments) })),
    Step::then(
        "the dump {text} of database {text} restores into an empty server like {service}",
        "Loaded into a new server of the same image, the file yields every table with the same definition and rows, every view, trigger, routine and event.",
        "the dump \"{backups}/*.sql\" of database \"shop\" restores into an empty server like \"database\"",
    )
    .asks(Means::Dump)
    .observed(|world, arguments| Box::pin(dump_restores(world, arguments))),
    Step::then(
        "the archive {text} restores folder {text} byte for byte",
        "Unpacked elsewhere, the tar file yields every file of the project's folder with the same content.",
        "the archive \"{backups}/*.tar.gz\" restores folder \"uploads\" byte for byte",
    )
    .observed(|world, arguments| Box::pin(archive_restores(world, arguments))),
];

fn folder(world: &mut World, arguments: &Arguments) -> StepResult {
    let name = arguments.text(0)?;
    let folder = world
        .running()?
        .stack
        .scratch_folder()
        .map_err(|why| Failure::undecided("make a folder", why.to_string()))?;
    world.names.insert(name.to_owned(), folder.into_string());
    Ok(())
}

/// Why a script's failure says nothing.
fn not_tried(code: Option<i64>, line: &str, said: &str) -> Option<String> {
    ran::never_ran(code, line, said).or_else(|| ran::killed(code))
}

async fn script(world: &mut World, arguments: &Arguments, wanted: bool) -> StepResult {
    let line = world.fill(arguments.text(0)?)?;
    let running = world.running()?;
    running.hear().await?;
    let deaths = running.stack.deaths.count();
    world.beside = true;
    let (code, last_words) = running.stack.run_on_host(&line).await?;
    let succeeded = code == Some(0);
    // An operator's script may stop what it needs to be still.
    if !world.is_alone {
        running.excuse_asked(deaths).await?;
    }
    let said = last_words.join("\n");
    if !wanted && let Some(why) = not_tried(code.map(i64::from), &line, &said) {
        return Err(Failure::undecided(format!("run `{line}`"), why)
            .place(running.stack.directory.to_string())
            .help("what cannot be run fails whatever it is for: correct its name, install it, or make it executable"));
    }
    if succeeded == wanted {
        world.evidence(
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
        world.evidence(folder.as_str(), "empty");
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
    let failed =
        |why: std::io::Error| Failure::undecided(format!("read {folder}"), why.to_string());
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

async fn dump_restores(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, database, service) =
        (world.fill(arguments.text(0)?)?, arguments.text(1)?, arguments.text(2)?);
    let file = the_file(&path)?;
    let dump = std::fs::read(&file)
        .map_err(|why| Failure::undecided(format!("read {file}"), why.to_string()))?;
    let running = world.running()?;
    let engine = &running.stack.engine;
    let original = world.replica(service).await?;
    let size = dump.len();
    let after = dump::restored(engine, &running.stack.name, &original, dump, database).await;
    let after = after.map_err(|why| {
        match why {
            Unrestored::Untried(why, help) => Failure::from(why).help(help),
            Unrestored::Refused(said, help) => {
                Failure::finding("the dump loads without an error", said).help(help)
            }
        }
        .place(file.to_string())
    })?;
    let before = store::contents(engine, &original, database).await?;
    let lost = differences(&before, &after);
    if lost.is_empty() {
        let parts: Vec<String> = before.iter().map(ToString::to_string).collect();
        world.evidence(format!("{file} ({size} bytes), restored"), parts.join("\n"));
        return Ok(());
    }
    Err(Failure::finding(format!("`{database}` holds all that it holds in \"{service}\""), lost.join("\n"))
        .place(file.to_string())
        .help("look at how the dump is made: all tables, their data and their definitions, --routines and --events, and the exit code of every part of a pipe"))
}

async fn archive_restores(world: &mut World, arguments: &Arguments) -> StepResult {
    let (path, folder) = (world.fill(arguments.text(0)?)?, arguments.text(1)?);
    let running = world.running()?;
    let archive = the_file(&path)?;
    let target = running
        .stack
        .scratch_folder()
        .map_err(|why| Failure::undecided("make a folder", why.to_string()))?;
    let (code, said) =
        running.stack.run_on_host(&format!("tar -xzf '{archive}' -C '{target}'")).await?;
    if code == Some(127) {
        return Err(Failure::undecided(format!("unpack {archive}"), said.join("\n"))
            .help("install tar on this machine"));
    }
    if code != Some(0) {
        return Err(Failure::finding("an archive that tar can unpack", said.join("\n"))
            .place(archive.to_string())
            .help("look at the exit code of whatever packs it, and at the space on the disk"));
    }
    let (before, after) = (
        files(&running.stack.seen(&running.stack.directory.join(folder)))?,
        files(&target.join(folder))?,
    );
    if before == after && !before.is_empty() {
        world.evidence(
            archive.as_str(),
            format!("{} files of {folder}, all the same", before.len()),
        );
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
