//! Images that do not start without a password or another setting.

use std::fs;

use camino::Utf8Path;

use super::Known;
use crate::{
    compose::{Project, VolumeUse, values::path::clean},
    facts::{
        answers::{path, place, stores},
        knowledge::{self, Fact, Versions},
        mounts, products,
    },
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// A container that never runs.
pub static RULE: Rule = Rule {
    id: "missing-variable",
    severity: Severity::High,
    profile: Profile::Default,
    summary: "An image does not start without a variable that is not set.",
    check,
    document: include_str!("missing_variable.md"),
};

fn check(target: &Target, found: &mut Vec<Finding>) {
    let project = &target.project;
    for known in super::servers(target) {
        if known.has_own_entrypoint() || !starts_the_server(&known) {
            continue;
        }
        // Of a version that nobody knows here, nothing is known.
        let image = known.service.image.as_ref();
        let vague = image.is_some_and(|image| place::has_unset(project, image.origin));
        for row in known.rows {
            if vague && row.versions != Versions::All {
                continue;
            }
            let Fact::Demands { one_of, or_in, first, what, remedy } = row.fact else { continue };
            if is_met(&known, one_of, or_in) || first && may_hold_data(&known) {
                continue;
            }
            let name = known.name;
            let named = one_of.first().map_or("", |one| bare(one));
            let empty = one_of.iter().find_map(|one| known.service.environment.get(bare(one)));
            let (state, at) = match empty.filter(|value| value.as_deref() == Some("")) {
                Some(empty) => (", which is empty", place::of_value(project, empty.origin)),
                None => ("", place::key(project, name, &["environment"])),
            };
            let when = if first { " on its first start" } else { "" };
            found.push(RULE.finding(
                format!("services.{name}.environment.{named}"),
                format!("the image of service \"{name}\" does not start without {named}{state}: it asks for {what}{when}"),
                remedy,
                place::or_service(project, name, Some(at)),
            ));
        }
    }
}

/// The name of a variable that is given with the value that counts.
fn bare(one: &'static str) -> &'static str {
    one.split_once('=').map_or(one, |(name, _)| name)
}

/// Whether a variable, a mounted file or the project's own image says what is asked for, or may.
fn is_met(known: &Known<'_>, one_of: &[&'static str], or_in: &[&str]) -> bool {
    let in_environment = one_of.iter().any(|one| match one.split_once('=') {
        Some((name, value)) => {
            let said = known.value(name).is_some_and(|said| said == value);
            said || known.is_set_elsewhere(name)
        }
        None => known.may_have(&[one]),
    });
    let mut mounted = known.mounted();
    let in_file = mounted
        .any(|at| or_in.iter().any(|one| path::is_within(&at, one) || path::is_within(one, &at)));
    let in_image = known.instructions().iter().any(|one| {
        let text = &one.arguments.text;
        one_of.iter().any(|variable| text.contains(bare(variable)))
            || or_in.iter().any(|file| text.contains(file))
    });
    in_environment || in_file || in_image || known.has_unread_variables()
}

/// Whether it is the server that is started, by the image's own entry point, which asks only then.
fn starts_the_server(known: &Known<'_>) -> bool {
    let words = known.words();
    let words = match words.split_first() {
        Some((first, rest)) if first.ends_with("docker-entrypoint.sh") => rest,
        _ => words.as_slice(),
    };
    let is_server = |word: &str| {
        let image = knowledge::base_of(known.project, known.name);
        let product = image.and_then(|(image, _)| products::by_image(image));
        let word = word.rsplit('/').next().unwrap_or(word);
        word.starts_with('-') || product.is_none_or(|product| product.has_server(word))
    };
    let own = known.instructions();
    let mut in_image = own.iter().filter(|one| one.keyword == "CMD");
    match words.first() {
        Some(first) => is_server(first),
        None => in_image.all(|one| products::names_server(&[&one.arguments.text])),
    }
}

/// Whether there may be data already, so that nothing is asked: in a folder of the host or a volume
/// of somebody else's, in what another service writes to, or in the project's own image.
fn may_hold_data(known: &Known<'_>) -> bool {
    let (project, name) = (known.project, known.name);
    let folders = stores::data_folders(project, name);
    let in_image = known.instructions().iter().any(|one| {
        ["ADD", "COPY", "RUN"].contains(&one.keyword)
            && folders.iter().any(|folder| one.arguments.text.contains(folder))
    });
    let taken_over = project.at(&["services", name, "volumes_from"]).is_some();
    let mut kept = stores::data_mounts(project, name, known.service);
    in_image || taken_over || kept.any(|mount| is_filled(known, mount))
}

fn is_filled(known: &Known<'_>, mount: &VolumeUse) -> bool {
    let Some(source) = mount.source.as_ref() else { return false };
    let project = known.project;
    let others = project.services.iter().filter(|(name, _)| *name != known.name);
    let mut writers = others.flat_map(|(_, service)| &service.volumes).filter(|other| {
        let read_only = other.read_only.as_ref().is_some_and(|read_only| read_only.value);
        !read_only && other.source.as_ref().is_some_and(|theirs| **theirs == **source)
    });
    if writers.next().is_some() || place::has_unset(project, source.origin) {
        return true;
    }
    if mount.kind.as_ref().is_some_and(|kind| kind.value == "bind") {
        return holds_files(project, source);
    }
    let external = project.volumes.get(source.as_str()).is_some_and(|volume| volume.is_external());
    external || mounts::bound(project, source).is_some_and(|(path, _)| holds_files(project, &path))
}

/// Whether a folder of the host has files in it, or is none of the project's: then elsewhere it may.
fn holds_files(project: &Project, folder: &str) -> bool {
    let folder = clean(folder);
    let folder = Utf8Path::new(&folder);
    if !folder.starts_with(clean(&project.folder)) {
        return true;
    }
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(why) => why.kind() != std::io::ErrorKind::NotFound,
    }
}
