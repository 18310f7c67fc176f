//! A volume that two services write to.

use super::{
    containers::{Container, containers},
    host_paths::shown,
    known_paths::is_ones_own,
};
use crate::{
    compose::{Located, VolumeUse},
    policy::{Finding, Profile, Rule, Severity, Target},
};

/// What one writes, the other trusts.
pub static RULE: Rule = Rule {
    id: "volume-shared-by-writers",
    severity: Severity::Low,
    profile: Profile::Strict,
    summary: "Two services write to one volume.",
    check,
    document: include_str!("volume_shared_by_writers.md"),
};

struct Writer<'a> {
    container: Container<'a>,
    source: &'a Located<String>,
}

fn writer<'a>(container: Container<'a>, mount: &'a VolumeUse) -> Option<Writer<'a>> {
    let source = mount.source.as_ref().filter(|source| !source.value.is_empty())?;
    let writable = mount.read_only.is_none_or(|read_only| !read_only.value);
    let shares = match mount.kind.as_ref().map(|kind| kind.value.as_str()) {
        Some("volume") => true,
        Some("bind") => is_ones_own(&source.value),
        _ => false,
    };
    (writable && shares).then_some(Writer { container, source })
}

fn check(target: &Target, found: &mut Vec<Finding>) {
    let mut writers: Vec<Writer<'_>> = Vec::new();
    for container in containers(target) {
        let mounts = container.service.volumes.iter();
        writers.extend(mounts.filter_map(|mount| writer(container, &mount.value)));
    }
    let mut told: Vec<&str> = Vec::new();
    for one in &writers {
        let first = writers.iter().find(|other| other.source == one.source);
        let Some(first) = first.filter(|first| first.container.name != one.container.name) else {
            continue;
        };
        if told.contains(&one.source.as_str()) {
            continue;
        }
        told.push(&one.source.value);
        let mut finding = RULE.finding(
            // The same in whatever order services are written.
            format!("volumes.{}", shown(target, one.source)),
            format!(
                "services \"{}\" and \"{}\" both write to \"{}\"",
                first.container.name,
                one.container.name,
                shown(target, one.source)
            ),
            "let one write, and add `:ro` at the others",
            one.source.origin,
        );
        for other in &writers {
            if other.source == one.source && other.container.name != one.container.name {
                finding = finding
                    .also(other.source.origin, format!("\"{}\" writes here", other.container.name));
            }
        }
        found.push(finding);
    }
}
