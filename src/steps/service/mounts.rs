//! Mounts and volumes: what the files mount, or what is mounted in the containers, and whether a write
//! there really succeeds or fails.

use std::{fmt::Write, time::Duration};

use camino::Utf8Path;

use crate::steps::{
    Arguments, Step, StepResult, World,
    judging::{
        declared::{self, key_origin},
        execute::execute,
        facts::{declared_rows, named},
        looks::{self, seen_of},
        verdict::judged,
    },
};
use crate::{
    compose::{Project, journal::Origin, values::volume},
    facts::{
        Cell, Row, Violation,
        answers::path,
        mounts::{bound, mode, resolved, shown},
    },
    probe::{
        facts::{Look, mounts_of, path_in},
        mountinfo::write_at,
    },
    run::Failure,
    stack::engine::{Container, Executed},
    words::quoted_list,
};

/// How long a look into a container may take.
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) static STEPS: &[Step] = &[
    Step::then(
        "service {service} mounts {text} at {path} read-only",
        "The folder of the project is mounted there, and a write fails because the file system is read-only.",
        "service \"web\" mounts \"./site\" at \"/srv/site\" read-only",
    )
    .declared(|world, arguments| by_files(world, &folder(world, arguments, false)?))
    .observed(|world, arguments| {
        Box::pin(async move { on_stack(world, &folder(world, arguments, false)?).await })
    }),
    Step::then(
        "service {service} mounts {text} at {path}",
        "The folder of the project is mounted there and can be written to.",
        "service \"api\" mounts \"./uploads\" at \"/srv/uploads\"",
    )
    .declared(|world, arguments| by_files(world, &folder(world, arguments, true)?))
    .observed(|world, arguments| {
        Box::pin(async move { on_stack(world, &folder(world, arguments, true)?).await })
    }),
    Step::then(
        "service {service} mounts volume {volume} at {path}",
        "The named volume of the Compose files is mounted there and can be written to.",
        "service \"database\" mounts volume \"records\" at \"/var/lib/mysql\"",
    )
    .declared(|world, arguments| by_files(world, &volume(arguments)?))
    .observed(|world, arguments| {
        Box::pin(async move { on_stack(world, &volume(arguments)?).await })
    }),
    Step::then(
        "a file written to {text} on the host is at once in {path} of {service}",
        "A new file of the project's folder is readable in the container with the same content.",
        "a file written to \"uploads\" on the host is at once in \"/srv/uploads\" of \"api\"",
    )
    .observed(|world, arguments| Box::pin(seen_in_container(world, arguments))),
];

/// A folder of the project that a sentence wants mounted.
fn folder(world: &World, arguments: &Arguments, writable: bool) -> Result<Row, Failure> {
    let (service, source, target) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let source = declared::written(&world.folder()?, source);
    Ok(Row::new(service, ["folder", &source, &resolved(target), mode(writable)], None))
}

/// A volume that a sentence wants mounted.
fn volume(arguments: &Arguments) -> Result<Row, Failure> {
    let (service, volume, target) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    Ok(Row::new(service, ["volume", volume, &resolved(target), mode(true)], None))
}

fn by_files(world: &mut World, wanted: &Row) -> StepResult {
    let (project, service) = (world.project()?, &wanted.subject);
    declared::service(&project, service)?;
    let mut there = declared_rows(&project, named("mounts")?);
    there.retain(|row| row.subject == *service);
    known(&project, &there, &format!("service \"{service}\" mounts {}", told(wanted)))?;
    let place = key_origin(&project, service, "volumes");
    judged(&project, None, unlike(&project, wanted, &there, place))?;
    let [_, kind, source, ..] = parts(wanted);
    let here = there.iter().find(|row| parts(row)[3] == parts(wanted)[3]);
    if kind == "folder" && !could_be_there(world, &world.folder()?.join(source))? {
        let expected = format!("service \"{service}\" mounts {}", told(wanted));
        let found = format!("{source} is not there, and nothing makes it");
        let failure = Failure::finding(expected, found).help(
            "correct the path, make it, or let `prepare` in seaworthy.yaml make it; the engine would make an empty folder of that name",
        );
        return Err(match here.and_then(|row| row.at) {
            Some(origin) => declared::point(&project, origin, failure),
            None => declared::point_key(&project, service, "volumes", failure),
        });
    }
    world.evidence(format!("mount of \"{service}\""), told(wanted));
    Ok(())
}

/// Sees to it that the files tell all mounts.
fn known(project: &Project, there: &[Row], expected: &str) -> StepResult {
    let open = |row: &Row| Some((row.at, row.value.get(1)?.unknown()?.to_owned()));
    let Some((at, why)) = there.iter().find_map(open) else { return Ok(()) };
    let failure = Failure::undecided(format!("see by the files whether {expected}"), why)
        .help("take the mounts over from a service of these files, or ask the running stack");
    Err(at.map_or_else(|| failure.clone(), |at| declared::point(project, at, failure.clone())))
}

/// Whether the source of a mount is there, or a preparation could make it.
fn could_be_there(world: &World, source: &Utf8Path) -> Result<bool, Failure> {
    let config = &world.context()?.config;
    let environment = world.environment.as_ref().and_then(|name| config.environments.get(name));
    if environment.is_some_and(|environment| environment.prepare.is_some()) {
        return Ok(true);
    }
    match std::fs::symlink_metadata(source) {
        Ok(_) => Ok(true),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(Failure::undecided(format!("look at {source}"), why.to_string())
            .help("make it readable for whoever runs this")),
    }
}

/// That no other service mounts a folder of the host.
pub(super) fn nobody_but(world: &mut World, allowed: &[String]) -> StepResult {
    let project = world.project()?;
    for name in allowed {
        declared::service(&project, name)?;
    }
    let mut there = declared_rows(&project, named("mounts")?);
    there.retain(|row| !allowed.contains(&row.subject));
    known(&project, &there, "no other service mounts a folder of the host")?;
    judged(&project, None, folders(allowed, &there))?;
    let names = quoted_list(allowed.iter().map(String::as_str));
    world.evidence("bind mounts", format!("of {names} alone"));
    Ok(())
}

async fn on_stack(world: &mut World, wanted: &Row) -> StepResult {
    let (running, service) = (world.running()?, &wanted.subject);
    let containers = world.service(service).await?;
    let look = Look::at(&running.stack).await?;
    let place = key_origin(&look.project, service, "volumes");
    for container in containers {
        let seen = seen_of(&look, &container)?;
        let [_, kind, source, target, mode] = parts(wanted);
        let target = path_in(seen, target);
        let wanted = Row::new(service, [kind, source, &target, mode], None);
        let mut there = mounts_of(&look, seen);
        // The kernel's answer to a write has the last word, where somebody is there to write.
        for row in there.iter_mut().filter(|row| parts(row)[3] == target && seen.kernel.is_some()) {
            borne_out(row, &write(world, &container, &target).await?);
        }
        judged(&look.project, None, unlike(&look.project, &wanted, &there, place))?;
        let here = there.iter().filter(|row| parts(row)[3] == target);
        let lines: Vec<String> = here.map(|row| format!("{}\n{}", told(row), row.shown)).collect();
        world.evidence(format!("{target} of {}", container.name), lines.join("\n"));
    }
    Ok(())
}

/// What came of a write.
#[derive(Debug, PartialEq, Eq)]
enum Written {
    /// It succeeded.
    Yes,
    /// The mount is read-only: `EROFS` alone proves that, `EACCES` would prove permissions.
    ReadOnly,
    /// It failed for another reason.
    No(String),
}

/// Tries to write at a path of a container: by a shell in it, and where it has none by ourselves.
async fn write(world: &World, container: &Container, path: &str) -> Result<Written, Failure> {
    const NO_PROGRAM: [i64; 2] = [126, 127];
    let done = try_to_write(world, container, path).await?;
    let said = done.output.trim();
    if done.code == 0 {
        return Ok(Written::Yes);
    }
    if said.contains("Read-only file system") {
        return Ok(Written::ReadOnly);
    }
    if !NO_PROGRAM.contains(&done.code) {
        return Ok(Written::No(said.to_owned()));
    }
    match write_at(container.pid, path) {
        Ok(()) => Ok(Written::Yes),
        Err(rustix::io::Errno::ROFS) => Ok(Written::ReadOnly),
        Err(why) => Err(Failure::undecided(format!("write to {path} of {}", container.name), said)
            .note(format!("from outside: {why}"))
            .help("run as root, on the engine's own machine, or give the image a shell")),
    }
}

/// Puts what came of a write into the fact of a mount: where the kernel's list and its answer are
/// not the same, it is neither read-only nor writable.
fn borne_out(row: &mut Row, written: &Written) {
    let listed = parts(row)[4].to_owned();
    let (mode, said) = match written {
        Written::Yes => (mode(true).to_owned(), "a write succeeds".to_owned()),
        Written::ReadOnly => {
            let mode = if listed == mode(false) {
                listed
            } else {
                format!("listed as {listed}, and refusing a write")
            };
            (mode, "a write fails: Read-only file system".to_owned())
        }
        Written::No(why) => {
            (format!("listed as {listed}, and refusing a write"), format!("a write fails: {why}"))
        }
    };
    if let Some(cell) = row.value.get_mut(4) {
        *cell = Cell::Known(mode);
    }
    row.shown = format!("{}; {said}", row.shown);
}

/// The parts of a row: service, kind, source, path, mode.
fn parts(row: &Row) -> [&str; 5] {
    let part = |at: usize| row.value.get(at).and_then(|cell| cell.known()).unwrap_or("?");
    [0, 1, 2, 3, 4].map(part)
}

/// `folder ./public at /var/www/public (read-only)`.
fn told(row: &Row) -> String {
    let [_, kind, source, target, mode] = parts(row);
    let what = format!("{kind} {source}");
    format!("{} at {target} ({mode})", what.trim_end())
}

/// What is not as wanted of the mounts of a service, or of one of its containers; `place` is where
/// its mounts would stand.
fn unlike(project: &Project, wanted: &Row, there: &[Row], place: Option<Origin>) -> Vec<Violation> {
    let [service, kind, source, target, mode] = parts(wanted);
    let bound = bound(project, source).filter(|_| kind == "volume");
    let bound = bound.map(|(device, _)| shown(&project.folder, &device));
    let violation = |found: String, at: Option<Origin>, help: String| Violation {
        subject: format!("services.{service}.volumes: {target}"),
        expected: format!("service \"{service}\" mounts {}", told(wanted)),
        found,
        at,
        help,
    };
    let here: Vec<&Row> = there.iter().filter(|row| parts(row)[3] == target).collect();
    if here.is_empty() {
        let lines: Vec<String> = there.iter().map(told).collect();
        let found = if lines.is_empty() {
            "nothing is mounted there, nor anywhere else".to_owned()
        } else {
            format!("nothing is mounted there; mounted are:\n{}", lines.join("\n"))
        };
        let drive = there.iter().find(|row| {
            let [_, _, source, target, _] = parts(row);
            source.is_empty() && volume::is_on_drive(target)
        });
        let help = match drive {
            Some(row) => volume::drive_help(parts(row)[3]),
            None => format!("mount it there: `volumes:` of service \"{service}\""),
        };
        return vec![violation(found, place, help)];
    }
    let others = here.into_iter().filter(|row| row.value != wanted.value);
    let told = others.map(|row| {
        let [_, other_kind, other_source, _, other_mode] = parts(row);
        // The volume is there, and is no volume but a folder by another name.
        let disguised = other_kind == "folder" && bound.as_deref() == Some(other_source);
        let mut found = told(row);
        if disguised {
            write!(found, ": volume \"{source}\" is that folder, by its `driver_opts`").ok();
        }
        if !row.shown.is_empty() {
            write!(found, "\n{}", row.shown).ok();
        }
        let help = if disguised {
            let read_only = if other_mode == "writable" { "" } else { " read-only" };
            format!(
                "say `service \"{service}\" mounts \"{other_source}\" at \"{target}\"{read_only}`, or remove `driver_opts` of volume \"{source}\", so that it is a volume"
            )
        } else if (other_kind, other_source) != (kind, source) {
            format!("mount {kind} {source} there: `volumes:` of service \"{service}\"")
        } else if mode == "writable" {
            "remove `:ro` or `read_only: true` there".to_owned()
        } else {
            "add `:ro` (or `read_only: true`) there".to_owned()
        };
        violation(found, row.at.or(place), help)
    });
    told.collect()
}

/// Where the mount at this path is written, else where the service's mounts are.
fn place(world: &World, service: &str, target: &str) -> Result<String, Failure> {
    let running = world.running()?;
    let project = &running.stack.project;
    let mounts = project.services.get(service).map(|service| &service.volumes);
    let mount = mounts
        .into_iter()
        .flatten()
        .find(|mount| mount.target.as_ref().is_some_and(|written| path::same(written, target)));
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
    let running = world.running()?;
    let said = (words.as_slice(), words[2].as_str());
    let tried = execute(&running, container, Some("0"), said, LIMIT).await?;
    if tried.code == 0 || !tried.output.contains("Permission denied") {
        return Ok(tried);
    }
    execute(&running, container, None, said, LIMIT).await
}

/// The folders of the host in services that may have none.
fn folders(allowed: &[String], there: &[Row]) -> Vec<Violation> {
    let is_folder = |row: &&Row| parts(row)[1] == "folder" && !allowed.contains(&row.subject);
    let told = there.iter().filter(is_folder).map(|row| Violation {
        subject: format!("services.{}.volumes: {}", row.subject, parts(row)[3]),
        expected: "no other service mounts a folder of the host".into(),
        found: format!("service \"{}\" mounts {}", row.subject, told(row)),
        at: row.at,
        help: "use a named volume, or put the files into the image".into(),
    });
    told.collect()
}

async fn seen_in_container(world: &mut World, arguments: &Arguments) -> StepResult {
    let (folder, target, service) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let running = world.running()?;
    let container = world.replica(service).await?;
    if let Some(why) = container.absence() {
        let expected = format!("a file of {folder} is at once in {target} of \"{service}\"");
        return Err(looks::gone(&container, &expected, &why));
    }
    let name = format!("seaworthy-{}.txt", std::process::id());
    // A link of the project may lead out of what the run has a view of.
    let file = running.stack.own(&running.stack.directory.join(folder).join(&name))?;
    let content = format!("written by the host for {}", container.name);
    std::fs::write(&file, &content)
        .map_err(|why| Failure::undecided(format!("write {file}"), why.to_string()))?;
    let words = ["cat".to_owned(), format!("{target}/{name}")];
    let line = words.join(" ");
    let read = execute(&running, &container, None, (&words, &line), LIMIT).await;
    std::fs::remove_file(&file)
        .map_err(|why| Failure::undecided(format!("remove {file}"), why.to_string()))?;
    let read = read?;
    if read.output.trim() == content {
        world.evidence(format!("{target}/{name} in \"{service}\""), content);
        return Ok(());
    }
    Err(Failure::finding(
        format!("{target}/{name} reads \"{content}\""),
        read.output.trim().to_owned(),
    )
    .place(place(world, service, target)?)
    .help(format!("bind-mount {folder} at {target} in service \"{service}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: [&str; 4] = ["folder", "./public", "/srv", "read-only"];

    fn row(cells: [&str; 4]) -> Row {
        Row::new("web", cells, None)
    }

    /// Files whose volume `bound` is a folder, and `data` a volume.
    fn volumes() -> Project {
        let text = "services: {web: {image: a, volumes: ['bound:/srv', 'data:/data']}}\nvolumes:\n  data:\n  bound: {driver_opts: {type: none, o: bind, device: ./public}}\n";
        crate::compose::project::load_text("compose.yaml", text).expect("a model").into()
    }

    fn found(wanted: [&str; 4], there: &[[&str; 4]]) -> Vec<(String, String)> {
        let there: Vec<Row> = there.iter().map(|cells| row(*cells)).collect();
        let violations = unlike(&volumes(), &row(wanted), &there, None);
        violations.into_iter().map(|one| (one.found, one.help)).collect()
    }

    #[test]
    fn a_mount_is_of_this_kind_and_source_in_this_place_and_mode() {
        let elsewhere = ["tmpfs", "", "/tmp", "writable"];
        assert_eq!(found(PUBLIC, &[elsewhere, PUBLIC]), []);
        for (there, found_help) in [
            (
                ["folder", "./public", "/srv", "writable"],
                ("folder ./public at /srv (writable)", "add `:ro`"),
            ),
            (
                ["folder", "./private", "/srv", "read-only"],
                ("folder ./private at /srv (read-only)", "mount folder ./public there"),
            ),
            (
                ["volume", "./public", "/srv", "read-only"],
                ("volume ./public at /srv (read-only)", "mount folder ./public there"),
            ),
            (["tmpfs", "", "/srv", "writable"], ("tmpfs at /srv (writable)", "mount folder")),
        ] {
            let told = found(PUBLIC, &[there]);
            let [(found, help)] = &told[..] else { panic!("{told:?}") };
            assert_eq!(found, found_help.0);
            assert!(help.contains(found_help.1), "{help}");
        }
        let writable = ["folder", "./public", "/srv", "writable"];
        assert!(found(writable, &[PUBLIC])[0].1.contains("remove `:ro`"));
        let nothing = found(PUBLIC, &[elsewhere]);
        assert_eq!(
            nothing[0].0,
            "nothing is mounted there; mounted are:\ntmpfs at /tmp (writable)"
        );
        assert_eq!(found(PUBLIC, &[]).len(), 1);
        let drive = found(
            ["volume", "a", "/archive", "writable"],
            &[["volume", "", "a:/archive", "writable"]],
        );
        assert!(drive[0].1.contains("is read as a drive"), "{drive:?}");
        assert_eq!(found(PUBLIC, &[PUBLIC, writable]).len(), 1, "one of two");
        let mut unknown = row(PUBLIC);
        unknown.value[2] = Cell::Unknown("the kernel alone lists it".into());
        let told = unlike(&volumes(), &row(PUBLIC), &[unknown], None);
        assert_eq!(told[0].found, "folder ? at /srv (read-only)");
    }

    #[test]
    fn a_volume_that_binds_a_folder_is_told_as_what_it_is() {
        let bound = ["volume", "bound", "/srv", "writable"];
        let told = found(bound, &[["folder", "./public", "/srv", "writable"]]);
        let [(what, help)] = &told[..] else { panic!("{told:?}") };
        assert_eq!(
            what,
            "folder ./public at /srv (writable): volume \"bound\" is that folder, by its `driver_opts`"
        );
        assert!(help.contains("say `service \"web\" mounts \"./public\" at \"/srv\"`"), "{help}");
        let other = found(bound, &[["folder", "./other", "/srv", "writable"]]);
        assert_eq!(other[0].0, "folder ./other at /srv (writable)");
        let plain = found(
            ["volume", "data", "/srv", "writable"],
            &[["folder", "./public", "/srv", "writable"]],
        );
        assert_eq!(plain[0].0, "folder ./public at /srv (writable)");
    }

    #[test]
    fn folders_of_the_host_are_told_of_whoever_may_have_none() {
        let there = [row(PUBLIC), row(["volume", "data", "/data", "writable"])];
        assert!(folders(&["web".to_owned()], &there).is_empty());
        let violations = folders(&["db".to_owned()], &there);
        let [one] = &violations[..] else { panic!("{violations:?}") };
        assert_eq!(one.found, "service \"web\" mounts folder ./public at /srv (read-only)");
        assert_eq!(one.subject, "services.web.volumes: /srv");
        assert!(folders(&[], &[]).is_empty());
    }

    #[test]
    fn a_write_has_the_last_word() {
        let of = |listed: &str, written: &Written| {
            let mut seen = row(["folder", "./public", "/srv", listed]);
            borne_out(&mut seen, written);
            parts(&seen)[4].to_owned()
        };
        assert_eq!(of("writable", &Written::Yes), "writable");
        assert_eq!(of("read-only", &Written::Yes), "writable");
        assert_eq!(of("read-only", &Written::ReadOnly), "read-only");
        let neither = "listed as writable, and refusing a write";
        assert_eq!(of("writable", &Written::ReadOnly), neither);
        assert_eq!(of("writable", &Written::No("Permission denied".into())), neither);
        // What permissions forbid today they may grant tomorrow.
        let refused = of("read-only", &Written::No("Permission denied".into()));
        assert_eq!(refused, "listed as read-only, and refusing a write");
    }
}
