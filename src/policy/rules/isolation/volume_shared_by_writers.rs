//! A volume that two services write to.

use super::containers::{Container, containers};
use crate::{
    compose::{VolumeUse, journal::Origin},
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
    source: &'a str,
    target: &'a str,
    origin: Origin,
}

fn writer<'a>(container: Container<'a>, mount: &'a VolumeUse) -> Option<Writer<'a>> {
    let text = |kind: &str| mount.kind.as_ref().is_some_and(|found| found.value == kind);
    let read_only = mount.read_only.is_some_and(|read_only| read_only.value);
    let source = mount.source.as_ref().filter(|source| !source.value.is_empty())?;
    let target = mount.target.as_ref().map_or("", |target| target.value.as_str());
    let shares = !read_only && (text("volume") || text("bind"));
    shares.then_some(Writer { container, source: &source.value, target, origin: source.origin })
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
        if told.contains(&one.source) {
            continue;
        }
        told.push(one.source);
        let mut finding = RULE.finding(
            one.container.subject(&format!("volumes[{}]", one.target)),
            format!(
                "services \"{}\" and \"{}\" both write to \"{}\"",
                first.container.name, one.container.name, one.source
            ),
            "let one write, and add `:ro` at the others",
            one.origin,
        );
        for other in &writers {
            if other.source == one.source && other.container.name != one.container.name {
                finding =
                    finding.also(other.origin, format!("\"{}\" writes here", other.container.name));
            }
        }
        found.push(finding);
    }
}
