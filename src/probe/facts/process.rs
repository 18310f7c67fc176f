//! What each service's containers execute, with which variables and health check, and what they may do.
//!
//! The engine knows what a process was given and may be; the kernel knows what the first process has.
//! A process may give up more by itself, which is no other right: the kernel's word counts where it
//! shows more than the engine was asked for.

use std::collections::BTreeSet;

use super::{Look, Seen, Undecided};
use crate::{
    facts::{
        Cell, Row, command, environment, health, image,
        rights::{Capabilities, Rights, no_new_privileges, user_word},
    },
    probe::{
        facts::Kernel,
        kernel::{capability_names, ids},
    },
    stack::{engine::Check, looks::Image},
};

/// The image of a service's containers.
fn image_of<'a>(look: &'a Look, service: &str) -> Option<&'a Image> {
    let mut crew = look.crews().filter(|seen| seen.container.service == service);
    crew.find_map(|seen| seen.image.as_ref())
}

fn cells(words: &image::Command) -> Vec<Cell> {
    let told = |words: &image::Known<Vec<String>>| match words {
        Ok(words) => command::cell(words).into(),
        Err(why) => Cell::Unknown(why.clone()),
    };
    vec![told(&words.entrypoint), told(&words.command)]
}

pub(super) fn commands(look: &Look) -> Vec<Row> {
    let row = |seen: &Seen| {
        let (service, asked) = (&seen.container.service, &seen.container.asked);
        let words = image::Command {
            entrypoint: Ok(asked.entrypoint.clone()),
            command: Ok(asked.arguments.clone()),
        };
        let at = look.place(service, &["command", "entrypoint"]);
        let word = format!(
            "Entrypoint: {}, Cmd: {}",
            command::cell(&asked.entrypoint),
            command::cell(&asked.arguments)
        );
        Row { shown: seen.says(&word), ..Row::new(service, cells(&words), at) }
    };
    look.crews().map(row).collect()
}

/// What the files leave to the image is what the image says.
pub(super) fn commands_of_images(look: &Look, rows: Vec<Row>) -> Vec<Row> {
    replaced(look, rows, |service, image| {
        let words = command::over(service, || image::Command {
            entrypoint: Ok(image.entrypoint.clone()),
            command: Ok(image.command.clone()),
        });
        cells(&words)
    })
}

/// Rows with cells that come of a service and its image, where that is at hand.
fn replaced(
    look: &Look,
    rows: Vec<Row>,
    cells: impl Fn(&crate::compose::Service, &Image) -> Vec<Cell>,
) -> Vec<Row> {
    let row = |row: Row| {
        let of = look.service(&row.subject).zip(image_of(look, &row.subject));
        match of {
            Some((service, image)) => Row::new(&row.subject, cells(service, image), row.at),
            None => row,
        }
    };
    rows.into_iter().map(row).collect()
}

/// The variables that somebody gave: those of the image are the image's.
pub(super) fn environments(look: &Look) -> Vec<Row> {
    let mut rows = Vec::new();
    for seen in look.crews() {
        let service = &seen.container.service;
        let given = look.service(service).map(|service| &service.environment);
        for (name, value) in &seen.container.environment {
            let declared = given.and_then(|given| given.get(name));
            let is_declared = declared.is_some_and(|declared| declared.value.is_some());
            let of_image = seen.image.as_ref().and_then(|image| image.environment.get(name));
            if !is_declared && of_image == Some(value) {
                continue;
            }
            let at = declared.map(|declared| declared.origin);
            let at = at.filter(|origin| origin.place.file().is_some());
            let cell = environment::cell(&look.project.folder, name, value);
            let word = format!("{name}={}", cell.known().unwrap_or_default());
            let row = Row::new(
                service,
                [name.as_str().into(), cell],
                at.or_else(|| look.place(service, &["environment", "env_file"])),
            );
            rows.push(Row { shown: seen.says(&word), ..row });
        }
    }
    rows
}

fn check(of: &Check) -> image::Check {
    let nanos =
        |span: std::time::Duration| i64::try_from(span.as_nanos()).ok().filter(|nanos| *nanos > 0);
    image::Check {
        test: of.test.clone(),
        interval: nanos(of.interval),
        timeout: nanos(of.timeout),
        retries: Some(of.retries).filter(|retries| *retries > 0),
        rest: None,
    }
}

pub(super) fn checks(look: &Look) -> Vec<Row> {
    let row = |seen: &Seen| {
        let (service, health) = (&seen.container.service, &seen.container.asked.health);
        let at = look.place(service, &["healthcheck"]);
        let line = health::line(&health.test).unwrap_or_else(|| "none".to_owned());
        let row = Row::new(service, health::cells(Some(&check(health))), at);
        Row { shown: seen.says(&format!("Healthcheck: {line}")), ..row }
    };
    look.crews().map(row).collect()
}

pub(super) fn checks_of_images(look: &Look, rows: Vec<Row>) -> Vec<Row> {
    replaced(look, rows, |service, image| {
        let of_image = || Ok(Some(check(&image.health)).filter(|check| !check.test.is_empty()));
        match health::over(service, of_image) {
            Ok(check) => health::cells(check.as_ref()),
            Err(why) => vec![Cell::Unknown(why); 4],
        }
    })
}

pub(super) fn rights(look: &Look) -> Result<Vec<Row>, Undecided> {
    look.crews().map(|seen| right(look, seen)).collect()
}

fn right(look: &Look, seen: &Seen) -> Result<Row, Undecided> {
    const KEYS: [&str; 6] =
        ["user", "cap_drop", "cap_add", "privileged", "security_opt", "read_only"];
    let (service, asked) = (&seen.container.service, &seen.container.asked);
    let declared = look.service(service).and_then(|service| service.user.as_ref());
    let sealed = no_new_privileges(&asked.security_options) == Some(true);
    let mut rights = Rights {
        user: user_word(&asked.user).into(),
        capabilities: if asked.privileged {
            Capabilities::All
        } else {
            Capabilities::of(&asked.added, &asked.dropped)
        },
        privileged: asked.privileged,
        new_privileges: !sealed,
        writable: !asked.read_only,
    };
    let mut word = format!("User: \"{}\", Privileged: {}", asked.user, asked.privileged);
    if let Some(kernel) = &seen.kernel {
        let process = kernel.process.clone()?;
        let mounts = kernel.mounts.clone()?;
        let (user, group) = (process.users[0], process.groups[0]);
        let written = declared.map(|user| user.as_str());
        rights.user = user_in_force(kernel, &asked.user, written, (user, group))?.into();
        let bounding = process.capabilities.iter().find(|(set, _)| *set == "CapBnd");
        let (_, bounding) = bounding.ok_or_else(|| {
            let tried = format!("read the capabilities of {}", seen.container.name);
            Undecided::new(tried, "its status has no CapBnd")
        })?;
        let there = capability_names(*bounding);
        if let Some(more) = more_than(&rights.capabilities, &there) {
            rights.capabilities = more;
        }
        rights.new_privileges = !(sealed && process.no_new_privileges);
        let root = mounts.iter().find(|mount| mount.target == "/");
        let root = root.ok_or_else(|| {
            let tried = format!("read the mounts of {}", seen.container.name);
            Undecided::new(tried, "the kernel's list names no root")
        })?;
        rights.writable = root.is_writable();
        let status = process.shown(&["Uid", "Gid", "CapBnd", "NoNewPrivs"]);
        word = format!("{word}; {status}, {}", root.shown());
    }
    let row = Row::new(service, rights.cells(), look.place(service, &KEYS));
    Ok(Row { shown: seen.says(&word), ..row })
}

/// The user of a container in the word of the files, if they mean the same; by its numbers, if its
/// first process is somebody whom the engine was not asked for. Root may become whoever it likes.
/// Undecided where the container's own files, which tell a name's numbers, cannot be read.
fn user_in_force(
    kernel: &Kernel,
    asked: &str,
    written: Option<&str>,
    (user, group): (u32, u32),
) -> Result<String, Undecided> {
    // An image may have neither: numbers need none.
    let file = |path: &str| Ok(kernel.file(path)?.unwrap_or_default());
    let (passwd, group_file) = (file("/etc/passwd")?, file("/etc/group")?);
    let numbers = |name: &str| ids(name, &passwd, &group_file);
    let by_engine = numbers(asked);
    if by_engine.is_some_and(|(id, of)| id != 0 && (id, of) != (user, group)) {
        return Ok(format!("{user}:{group}"));
    }
    Ok(match written {
        Some(written) if by_engine.is_some() && numbers(written) == by_engine => user_word(written),
        _ => user_word(asked),
    })
}

/// What there is, where that is more than what the engine was asked for.
fn more_than(asked: &Capabilities, there: &[String]) -> Option<Capabilities> {
    let is_more = |name: &String| match asked {
        Capabilities::All => false,
        Capabilities::AllBut(names) => names.contains(name),
        Capabilities::These(names) => !names.contains(name),
    };
    there
        .iter()
        .any(is_more)
        .then(|| Capabilities::These(there.iter().cloned().collect::<BTreeSet<_>>()))
}

/// Whom the image runs as, where the files name nobody.
pub(super) fn users_of_images(look: &Look, mut rows: Vec<Row>) -> Vec<Row> {
    for row in &mut rows {
        let Some(image) = image_of(look, &row.subject) else { continue };
        if let Some(cell) = row.value.get_mut(1).filter(|cell| cell.unknown().is_some()) {
            *cell = user_word(&image.user).into();
        }
    }
    rows
}
